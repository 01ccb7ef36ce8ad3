/* draw_commit.c - what a draw commits to: criteria, candidates, the hash of a sealed seed. Writes
 * the row of `draw` once; its life afterwards is draw.c's. */
#include "review/draw.h"

#include "base/seal.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/draw_file.h"
#include "review/expert.h"
#include "review/integrity.h"
#include "review/panel.h"
#include "review/row.h"
#include "store/store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static json_t *texts_of(const json_t *body, const char *name)
{
    json_t *list = json_array(), *one = NULL;
    size_t i;
    json_array_foreach(json_object_get(body, name), i, one)
        if (json_is_string(one) && *json_string_value(one))
            json_array_append(list, one);
    return list;
}

static json_t *criteria_of(const json_t *body)
{
    return json_pack(
        "{s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:b}", "size", td_row_int(body, "size"), "reserves",
        td_row_int(body, "reserves"), "specialties", texts_of(body, "specialties"), "max_per_unit",
        td_row_int(body, "max_per_unit"), "outside_percent", td_row_int(body, "outside_percent"),
        "new_percent", td_row_int(body, "new_percent"), "exclude_units",
        texts_of(body, "exclude_units"), "exclude_applicant_units",
        (int)td_row_bool(body, "exclude_applicant_units"));
}

#define CANDIDATES_SQL                                                                             \
    "select e.account_id as id, coalesce(a.unit_id, e.employer) as unit, e.outside,"               \
    " e.title_level, e.term_from, e.term_until, e.id as expert,"                                   \
    " case when exists (select 1 from committee_member m join committee k"                         \
    " on k.id = m.committee_id where m.account_id = e.account_id and k.series = $3"                \
    " and k.level = $4 and k.id <> $5) then 0 else 1 end as fresh"                                 \
    " from pool_expert e join account a on a.id = e.account_id"                                    \
    " where e.pool_id = $1 and e.state = 'active' and e.confirmed_at is not null"                  \
    " and e.term_from <= $2 and e.term_until >= $2 and not a.disabled"                             \
    " and exists (select 1 from account_grant g where g.account_id = a.id and g.role = 'expert'"   \
    " and g.scope = $3) and not exists (select 1 from account_grant g where g.account_id = a.id"   \
    " and g.role = 'office') and not " TD_INTEGRITY_BARRED_SQL(                                    \
        "e.account_id",                                                                            \
        "$2") " and ($7 = 'panel' or not exists (select 1 from committee_member m"                 \
              " where m.committee_id = $5 and m.account_id = e.account_id))"                       \
              " and not exists (select 1 from application p where p.cycle_id = $6"                 \
              " and p.account_id = a.id and p.state not in ('withdrawn', 'abandoned', 'draft'))"   \
              " and (not $8 or not exists (select 1 from application p where p.cycle_id = $6"      \
              " and p.unit_id = a.unit_id)) order by e.account_id limit $9"

/* A row as the file has it. `specialties` of everybody in the pool: {entry: [ids]}. */
static json_t *to_candidate(const json_t *row, const json_t *specialties)
{
    json_t *held = json_object_get(specialties, td_row_text(row, "expert"));
    return json_pack("{s:s, s:s, s:b, s:b, s:s, s:o, s:s, s:s}", "id", td_row_text(row, "id"),
                     "unit", td_row_text(row, "unit"), "outside", (int)td_row_bool(row, "outside"),
                     "new", (int)(td_row_int(row, "fresh") != 0), "title_level",
                     td_row_text(row, "title_level"), "specialties",
                     held ? json_incref(held) : json_array(), "term_from",
                     td_row_text(row, "term_from"), "term_until", td_row_text(row, "term_until"));
}

static int take_specialty(json_t *row, void *arg)
{
    json_t *by_entry = arg, *list = json_object_get(by_entry, td_row_text(row, "expert_id"));
    if (!list) {
        list = json_array();
        json_object_set_new(by_entry, td_row_text(row, "expert_id"), list);
    }
    return json_array_append(list, json_object_get(row, "specialty")) < 0 ? TD_ENOMEM : 0;
}

/* Sets "candidates" of a file that has draw and criteria. */
static int find_candidates(struct td_review *review, const char *pool_id, const char *cycle_id,
                           json_t *file)
{
    const json_t *draw = json_object_get(file, "draw"),
                 *criteria = json_object_get(file, "criteria");
    json_t *rows = NULL, *row = NULL, *candidates = json_array(), *specialties = json_object();
    size_t i;
    int rc = td_tx_each(review->tx, take_specialty, specialties,
                        "select s.expert_id, s.specialty from pool_expert_specialty s join"
                        " pool_expert e on e.id = s.expert_id where e.pool_id = $1"
                        " order by s.expert_id, s.specialty",
                        "s", pool_id);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows, CANDIDATES_SQL, "sssssssbi", pool_id, td_row_text(draw, "day"),
            td_row_text(draw, "series"), td_row_text(draw, "level"),
            td_row_text(draw, "committee_id"), cycle_id, td_row_text(draw, "kind"),
            (int)td_row_bool(criteria, "exclude_applicant_units"), (int64_t)TD_DRAW_CANDIDATES);
    json_array_foreach(rows, i, row) {
        json_t *candidate = to_candidate(row, specialties);
        if (!td_draw_misfit(file, candidate))
            json_array_append(candidates, candidate);
        json_decref(candidate);
    }
    json_decref(rows);
    json_decref(specialties);
    json_object_set_new(file, "candidates", candidates);
    return rc;
}

/* Candidates who could sit together and stand by: of each unit no more than may sit. */
static int check_enough(const json_t *file, struct td_error *reterr)
{
    const json_t *criteria = json_object_get(file, "criteria");
    int64_t size = td_row_int(criteria, "size"), most = td_row_int(criteria, "max_per_unit");
    int64_t found = 0, outside = 0, fresh = 0;
    json_t *units = json_object(), *one = NULL;
    size_t i;
    json_array_foreach(json_object_get(file, "candidates"), i, one) {
        const char *unit = td_row_text(one, "unit");
        int64_t colleagues = td_row_int(units, unit) + 1;
        json_object_set_new(units, unit, json_integer(colleagues));
        found += !most || colleagues <= most;
        outside += td_row_bool(one, "outside");
        fresh += td_row_bool(one, "new");
    }
    json_decref(units);
    int64_t needed = size + td_row_int(criteria, "reserves");
    if (found < needed)
        return td_error_key(reterr, TD_ECONFLICT, "draw_too_few",
                            json_pack("{s:I, s:I}", "found", found, "needed", needed));
    if (100 * outside < size * td_row_int(criteria, "outside_percent") ||
        100 * fresh < size * td_row_int(criteria, "new_percent"))
        return td_error_key(reterr, TD_ECONFLICT, "draw_too_few_of_kind",
                            json_pack("{s:I, s:I}", "outside", outside, "new", fresh));
    return 0;
}

static int check_body(const json_t *body, struct td_error *reterr)
{
    const char *seed = td_row_text(body, "seed");
    if (*seed && (strlen(seed) != 64 || strspn(seed, "0123456789abcdef") != 64))
        return td_error_field(reterr, "seed", "draw_seed", "64 hexadecimal digits, small letters");
    if (td_row_int(body, "outside_percent") + td_row_int(body, "new_percent") > 100)
        return td_error_field(reterr, "new_percent", "range", "together at most 100");
    if (td_row_equals(body, "kind", "panel") && !*td_row_text(body, "name"))
        return td_error_field(reterr, "name", "required", "a panel has a name");
    if (!*td_row_text(body, "cycle_id") &&
        (td_row_equals(body, "kind", "panel") || td_row_bool(body, "exclude_applicant_units")))
        return td_error_field(reterr, "cycle_id", "required", "the cycle of the dossiers");
    return 0;
}

/* What would refuse the seats at the end refuses the draw: a cycle of another series, a panel
 * smaller than its cycle allows. */
static int check_cycle(struct td_review *review, const json_t *committee, const json_t *body,
                       struct td_error *reterr)
{
    const char *cycle_id = td_row_text(body, "cycle_id");
    json_t *cycle = NULL;
    if (!*cycle_id)
        return 0;
    int rc = td_cycle_load(review->tx, cycle_id, &cycle);
    int64_t least = td_cycle_parameter(cycle, "panel_minimum", TD_PANEL_MINIMUM);
    if (rc == TD_ENOTFOUND ||
        (rc == 0 && !td_row_equals(cycle, "series", td_row_text(committee, "series"))))
        rc = td_error_field(reterr, "cycle_id", "choice", "not a cycle of the committee's series");
    else if (rc == 0 && td_row_equals(body, "kind", "panel") && td_row_int(body, "size") < least)
        rc = td_error_field(reterr, "size", "too_small", "a panel has at least %lld",
                            (long long)least);
    json_decref(cycle);
    return rc;
}

/* Everything that is committed to; `seed` gets the seed's text. */
static int make_file(struct td_review *review, const json_t *committee, const json_t *body,
                     const char *id, char seed[TD_DRAW_HEX], json_t **ret_file,
                     struct td_error *reterr)
{
    const char *series = td_row_text(committee, "series"), *level = td_row_text(committee, "level");
    unsigned char bytes[32];
    char hash[TD_DRAW_HEX];
    json_t *pool = NULL;
    int rc = td_expert_pool_for(review->tx, series, level, &pool);
    if (rc == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ECONFLICT, "pool_not_approved",
                            json_pack("{s:s}", "pool_state", "drafted"));
    if (rc == 0)
        rc = td_expert_pool_check_valid(pool, review->today, reterr);
    if (rc < 0) {
        json_decref(pool);
        return rc;
    }
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(seed, TD_DRAW_HEX, bytes, sizeof(bytes));
    if (*td_row_text(body, "seed"))
        memcpy(seed, td_row_text(body, "seed"), TD_DRAW_HEX);
    td_draw_hash(seed, hash);
    json_t *file =
        json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}, s:o, s:s}", "format",
                  TD_DRAW_FORMAT, "algorithm", td_draw_algorithm, "draw", "id", id, "committee_id",
                  td_row_text(committee, "id"), "kind", td_row_text(body, "kind"), "series", series,
                  "level", level, "pool_id", td_row_text(pool, "id"), "committed_at", review->now,
                  "day", review->today, "criteria", criteria_of(body), "seed_hash", hash);
    rc = find_candidates(review, td_row_text(pool, "id"), td_row_text(body, "cycle_id"), file);
    json_decref(pool);
    if (rc == 0)
        rc = check_enough(file, reterr);
    if (rc == 0 && (rc = td_draw_commitment(file, hash)) == 0)
        json_object_set_new(file, "commitment", json_string(hash));
    if (rc < 0)
        json_decref(file);
    else
        *ret_file = file;
    return rc;
}

static int insert(struct td_review *review, const char *id, const json_t *body, const char *seed,
                  const json_t *file)
{
    const char *cycle = td_row_text(body, "cycle_id");
    const char *commitment = td_row_text(file, "commitment");
    char *sealed = td_seal(review->seal, seed);
    if (!sealed)
        return TD_ENOMEM;
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into draw (id, committee_id, cycle_id, kind, name, seed_sealed,"
                        " file, commitment, created_by, created_at)"
                        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                        "ssssssjsss", id, td_row_text(body, "committee_id"), *cycle ? cycle : NULL,
                        td_row_text(body, "kind"), td_row_text(body, "name"), sealed, file,
                        commitment, review->who->id, review->now);
    free(sealed);
    return rc < 0 ? rc
                  : td_row_log(review, "draw.commit", "draw", id,
                               json_pack("{s:s, s:s}", "commitment", commitment, "seed_hash",
                                         td_row_text(file, "seed_hash")));
}

int td_draw_create(struct td_review *review, const json_t *body, char ret_id[TD_ID_TEXT],
                   struct td_error *reterr)
{
    json_t *committee = NULL, *file = NULL;
    char seed[TD_DRAW_HEX];
    int rc = check_body(body, reterr);
    if (rc < 0)
        return rc;
    rc = td_committee_load_own(review, td_row_text(body, "committee_id"), &committee);
    if (rc == TD_ENOTFOUND)
        return td_error_field(reterr, "committee_id", "choice", "no such committee");
    td_id_new(ret_id);
    if (rc == 0)
        rc = check_cycle(review, committee, body, reterr);
    if (rc == 0)
        rc = make_file(review, committee, body, ret_id, seed, &file, reterr);
    if (rc == 0)
        rc = insert(review, ret_id, body, seed, file);
    sodium_memzero(seed, sizeof(seed));
    json_decref(file);
    json_decref(committee);
    return rc;
}
