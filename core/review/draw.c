/* draw.c - the life of a draw: committed, witnessed, revealed, answered, closed. Writes `draw` and
 * `draw_invitation`; the arithmetic is draw_file.c's, what people see draw_view.c's. */
#include "review/draw.h"

#include "base/json.h"
#include "base/seal.h"
#include "review/committee.h"
#include "review/draw_file.h"
#include "review/expert.h"
#include "review/integrity.h"
#include "review/message.h"
#include "review/panel.h"
#include "review/row.h"
#include "store/store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static int store(struct td_review *review, const char *id, const char *state, const json_t *file)
{
    return td_tx_exec(review->tx, NULL, "update draw set state = $2, file = $3 where id = $1",
                      "ssj", id, state, file);
}

/* A draw of the office's series in a state. */
static int load_own(struct td_review *review, const char *draw_id, const char *state,
                    json_t **ret_draw, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw,
                       "select w.*, k.series, k.level from draw w join committee k"
                       " on k.id = w.committee_id where w.id = $1",
                       "s", draw_id);
    if (rc == 0 && td_committee_may_run(review, td_row_text(draw, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    if (rc == 0 && state && !td_row_equals(draw, "state", state))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    if (rc < 0)
        json_decref(draw);
    else
        *ret_draw = draw;
    return rc;
}

/* --- commitment ------------------------------------------------------------------------------- */

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

/* A row as the file has it. */
static int to_candidate(struct td_review *review, const json_t *row, json_t **ret_candidate)
{
    json_t *rows = NULL, *one = NULL, *specialties = json_array();
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select specialty from pool_expert_specialty where expert_id = $1"
                        " order by specialty",
                        "s", td_row_text(row, "expert"));
    json_array_foreach(rows, i, one)
        json_array_append(specialties, json_object_get(one, "specialty"));
    json_decref(rows);
    *ret_candidate =
        json_pack("{s:s, s:s, s:b, s:b, s:s, s:o, s:s, s:s}", "id", td_row_text(row, "id"), "unit",
                  td_row_text(row, "unit"), "outside", (int)td_row_bool(row, "outside"), "new",
                  (int)(td_row_int(row, "fresh") != 0), "title_level",
                  td_row_text(row, "title_level"), "specialties", specialties, "term_from",
                  td_row_text(row, "term_from"), "term_until", td_row_text(row, "term_until"));
    return rc;
}

/* Sets "candidates" of a file that has draw and criteria. */
static int find_candidates(struct td_review *review, const char *pool_id, const char *cycle_id,
                           json_t *file)
{
    const json_t *draw = json_object_get(file, "draw"),
                 *criteria = json_object_get(file, "criteria");
    json_t *rows = NULL, *row = NULL, *candidates = json_array();
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows, CANDIDATES_SQL, "sssssssbi", pool_id, td_row_text(draw, "day"),
        td_row_text(draw, "series"), td_row_text(draw, "level"), td_row_text(draw, "committee_id"),
        cycle_id, td_row_text(draw, "kind"), (int)td_row_bool(criteria, "exclude_applicant_units"),
        (int64_t)TD_DRAW_CANDIDATES);
    json_array_foreach(rows, i, row) {
        json_t *candidate = NULL;
        if (rc == 0)
            rc = to_candidate(review, row, &candidate);
        if (rc == 0 && !td_draw_misfit(file, candidate))
            json_array_append(candidates, candidate);
        json_decref(candidate);
    }
    json_decref(rows);
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
    if (td_row_equals(body, "kind", "panel") &&
        (!*td_row_text(body, "cycle_id") || !*td_row_text(body, "name")))
        return td_error_field(reterr, *td_row_text(body, "name") ? "cycle_id" : "name", "required",
                              "a panel has a name and a cycle");
    return 0;
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
        rc = make_file(review, committee, body, ret_id, seed, &file, reterr);
    if (rc == 0)
        rc = insert(review, ret_id, body, seed, file);
    sodium_memzero(seed, sizeof(seed));
    json_decref(file);
    json_decref(committee);
    return rc;
}

/* --- witness, reveal -------------------------------------------------------------------------- */

int td_draw_witness(struct td_review *review, const char *draw_id, const char *number,
                    struct td_error *reterr)
{
    json_t *draw = NULL;
    if (!td_row_is(review, TD_ROLE_SUPERVISOR))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the supervisor witnesses");
    size_t length = strlen(number);
    if (length < 1 || length > 40 || strspn(number, "0123456789") != length)
        return td_error_field(reterr, "number", "draw_number", "1 to 40 digits");
    int rc = td_tx_row(review->tx, &draw, "select * from draw where id = $1", "s", draw_id);
    if (rc < 0)
        return rc;
    if (!td_row_equals(draw, "state", "committed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    json_t *file = json_object_get(draw, "file");
    json_object_set_new(
        file, "witness",
        json_pack("{s:s, s:s, s:s}", "by", review->who->id, "number", number, "at", review->now));
    if (rc == 0)
        rc = store(review, draw_id, "witnessed", file);
    if (rc == 0)
        rc = td_row_log(review, "draw.witness", "draw", draw_id,
                        json_pack("{s:s, s:O}", "number", number, "commitment",
                                  json_object_get(draw, "commitment")));
    json_decref(draw);
    return rc;
}

/* Whoever sits and was not asked yet is asked. */
static int invite(struct td_review *review, const json_t *draw, const json_t *file)
{
    const char *id = td_row_text(draw, "id");
    const json_t *series = json_object_get(review->catalog, td_row_text(draw, "series"));
    size_t i;
    json_t *seat = NULL;
    json_array_foreach(json_object_get(file, "seats"), i, seat) {
        int64_t inserted = 0;
        const char *account = td_row_text(seat, "id");
        int rc = td_tx_exec(review->tx, &inserted,
                            "insert into draw_invitation (draw_id, account_id, invited_at)"
                            " values ($1, $2, $3) on conflict do nothing",
                            "sss", id, account, review->now);
        if (rc == 0 && inserted) {
            json_t *words = json_pack("{s:s, s:s, s:s}", "series_name", td_row_text(series, "name"),
                                      "series_name_en", td_row_text(series, "name_en"), "draw", id);
            rc = td_message_send(review, account, NULL, "draw_invitation", words);
            json_decref(words);
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

int td_draw_reveal(struct td_review *review, const char *draw_id, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, "witnessed", &draw, reterr);
    if (rc < 0)
        return rc;
    json_t *file = json_object_get(draw, "file");
    char *seed = td_unseal(review->seal, td_row_text(draw, "seed_sealed"));
    char hash[TD_DRAW_HEX] = "";
    if (seed)
        td_draw_hash(seed, hash);
    if (!td_row_equals(file, "seed_hash", hash)) /* the key or the records are not what they were */
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_seed_lost", NULL);
    json_object_set_new(file, "seed", json_string(seed ? seed : ""));
    json_object_set_new(file, "revealed_at", json_string(review->now));
    json_object_set_new(file, "answers", json_array());
    free(seed);
    if (rc == 0)
        rc = td_draw_shuffle(file);
    if (rc == 0)
        rc = td_draw_seat(file);
    if (rc == 0)
        rc = store(review, draw_id, "revealed", file);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update draw set seed_sealed = '' where id = $1", "s",
                        draw_id);
    if (rc == 0)
        rc = invite(review, draw, file);
    if (rc == 0)
        rc = td_row_log(review, "draw.reveal", "draw", draw_id,
                        json_pack("{s:O}", "seed", json_object_get(file, "seed")));
    json_decref(draw);
    return rc;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* `account_id` answers in a loaded, revealed draw. */
static int answer(struct td_review *review, json_t *draw, const char *account_id,
                  const char *answered, const char *reason, struct td_error *reterr)
{
    const char *id = td_row_text(draw, "id");
    json_t *file = json_object_get(draw, "file");
    json_array_append_new(
        json_object_get(file, "answers"),
        json_pack("{s:s, s:s, s:s}", "id", account_id, "answer", answered, "at", review->now));
    int rc = td_draw_seat(file);
    if (rc == TD_EINVALID)
        return td_error_key(reterr, TD_ECONFLICT, "draw_answered", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update draw_invitation set answer = $3, reason = $4, answered_at = $5"
                        " where draw_id = $1 and account_id = $2",
                        "sssss", id, account_id, answered, reason, review->now);
    if (rc == 0)
        rc = store(review, id, "revealed", file);
    if (rc == 0)
        rc = invite(review, draw, file);
    if (rc == 0)
        rc = td_row_log(review, "draw.answer", "draw", id, json_pack("{s:s}", "answer", answered));
    return rc;
}

int td_draw_answer(struct td_review *review, const char *draw_id, const char *answered,
                   const char *reason, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw,
                       "select w.*, k.series from draw w join committee k on k.id = w.committee_id"
                       " join draw_invitation v on v.draw_id = w.id"
                       " where w.id = $1 and v.account_id = $2",
                       "ss", draw_id, review->who->id);
    if (rc < 0)
        return rc;
    if (!td_row_equals(draw, "state", "revealed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    else if (!strcmp(answered, "declined") && !*reason)
        rc = td_error_field(reterr, "reason", "required", "why");
    if (rc == 0)
        rc = answer(review, draw, review->who->id, answered, reason, reterr);
    json_decref(draw);
    return rc;
}

int td_draw_no_answer(struct td_review *review, const char *draw_id, const char *account_id,
                      const char *reason, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, "revealed", &draw, reterr);
    if (rc < 0)
        return rc;
    rc = answer(review, draw, account_id, "declined", reason, reterr);
    json_decref(draw);
    return rc;
}

/* --- end -------------------------------------------------------------------------------------- */

/* The confirmed ones, first drawn first; TD_ECONFLICT while somebody has not answered. */
static int find_confirmed(const json_t *file, json_t **ret_ids, struct td_error *reterr)
{
    json_t *ids = json_array(), *seat = NULL;
    size_t i;
    int64_t open = 0;
    json_array_foreach(json_object_get(file, "seats"), i, seat) {
        if (td_row_equals(seat, "answer", "confirmed"))
            json_array_append(ids, json_object_get(seat, "id"));
        open += td_row_equals(seat, "answer", "");
    }
    if (open > 0 || json_array_size(ids) == 0) {
        json_decref(ids);
        return td_error_key(reterr, TD_ECONFLICT, "draw_open", json_pack("{s:I}", "count", open));
    }
    *ret_ids = ids;
    return 0;
}

static int take_seats(struct td_review *review, const json_t *draw, const json_t *ids,
                      struct td_error *reterr)
{
    const char *committee = td_row_text(draw, "committee_id");
    char panel_id[TD_ID_TEXT];
    size_t i;
    json_t *id = NULL;
    int rc = 0;
    if (td_row_equals(draw, "kind", "panel")) {
        json_t *panel =
            json_pack("{s:s, s:s, s:s, s:O, s:O}", "committee_id", committee, "cycle_id",
                      td_row_text(draw, "cycle_id"), "name", td_row_text(draw, "name"), "members",
                      ids, "lead", json_array_get(ids, 0));
        rc = td_panel_create(review, panel, panel_id, reterr);
        json_decref(panel);
        return rc;
    }
    json_array_foreach((json_t *)ids, i, id)
        if (rc == 0)
            rc = td_committee_seat(review, committee, json_string_value(id), "member", reterr);
    return rc;
}

int td_draw_close(struct td_review *review, const char *draw_id, struct td_error *reterr)
{
    json_t *draw = NULL, *ids = NULL;
    int rc = load_own(review, draw_id, "revealed", &draw, reterr);
    if (rc < 0)
        return rc;
    json_t *file = json_object_get(draw, "file");
    rc = find_confirmed(file, &ids, reterr);
    if (rc == 0)
        rc = take_seats(review, draw, ids, reterr);
    json_object_set_new(file, "closed_at", json_string(review->now));
    if (rc == 0)
        rc = td_draw_seal(file);
    if (rc == 0)
        rc = store(review, draw_id, "closed", file);
    if (rc == 0)
        rc = td_row_log(review, "draw.close", "draw", draw_id,
                        json_pack("{s:O}", "record", json_object_get(file, "record")));
    json_decref(ids);
    json_decref(draw);
    return rc;
}

int td_draw_cancel(struct td_review *review, const char *draw_id, const char *reason,
                   struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, NULL, &draw, reterr);
    if (rc < 0)
        return rc;
    if (td_row_equals(draw, "state", "closed") || td_row_equals(draw, "state", "cancelled"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    json_decref(draw);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update draw set state = 'cancelled', remark = $2, seed_sealed = ''"
                        " where id = $1",
                        "ss", draw_id, reason);
    return rc < 0 ? rc
                  : td_row_log(review, "draw.cancel", "draw", draw_id,
                               json_pack("{s:s}", "reason", reason));
}
