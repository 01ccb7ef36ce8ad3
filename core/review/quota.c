/* quota.c - see quota.h. Owns `quota_entry`, which only grows. A pot's balance is in its last row;
 * rows are written by the store's one writer, so that what was read holds until the row is there.
 */
#include "review/quota.h"

#include "review/row.h"
#include "review/unit.h"
#include "store/store.h"

#include <string.h>

bool td_quota_controlled(const char *level)
{
    return strcmp(level, "junior") != 0;
}

struct balance {
    int64_t granted, reserved, consumed, base;
};

static int64_t free_posts(const struct balance *balance)
{
    return balance->granted - balance->reserved - balance->consumed;
}

static int load_balance(struct td_tx *tx, const struct td_quota_pot *pot, struct balance *ret)
{
    json_t *row = NULL;
    *ret = (struct balance){0};
    int rc = td_tx_row(tx, &row,
                       "select granted, reserved, consumed, base_posts from quota_entry"
                       " where year = $1 and division_code = $2 and series = $3 and level = $4"
                       " and pool = $5 order by sequence desc limit 1",
                       "issss", pot->year, pot->division, pot->series, pot->level, pot->pool);
    if (rc == TD_ENOTFOUND)
        return 0;
    if (rc < 0)
        return rc;
    *ret = (struct balance){td_row_int(row, "granted"), td_row_int(row, "reserved"),
                            td_row_int(row, "consumed"), td_row_int(row, "base_posts")};
    json_decref(row);
    return 0;
}

int td_quota_available(struct td_tx *tx, const struct td_quota_pot *pot, int64_t *ret_posts)
{
    struct balance balance;
    if (!td_quota_controlled(pot->level)) {
        *ret_posts = INT64_MAX;
        return 0;
    }
    int rc = load_balance(tx, pot, &balance);
    if (rc == 0)
        *ret_posts = free_posts(&balance);
    return rc;
}

/* --- one entry -------------------------------------------------------------------------------- */

struct entry {
    const char *kind;
    int64_t posts;
    struct balance change;      /* of granted, reserved, consumed; base as it is from now on */
    const char *application_id; /* NULL when it is nobody's */
    const char *document, *note;
};

json_t *td_quota_payload(const json_t *row)
{
    static const char *const members[] = {
        "year",    "division_code", "series",         "level",    "pool",
        "kind",    "posts",         "application_id", "document", "note",
        "granted", "reserved",      "base_posts",     "consumed"};
    json_t *payload = json_object();
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(row, members[i]);
        json_object_set(payload, members[i], value ? value : json_null());
    }
    return payload;
}

static int log_entry(struct td_review *review, int64_t sequence)
{
    json_t *row = NULL;
    int rc =
        td_tx_row(review->tx, &row, "select * from quota_entry where sequence = $1", "i", sequence);
    const char *id = td_arena_printf(review->arena, "%lld", (long long)sequence);
    const char *action = td_arena_printf(review->arena, "quota.%s", td_row_text(row, "kind"));
    if (rc == 0)
        rc = id && action ? td_row_log(review, action, "quota", id, td_quota_payload(row))
                          : TD_ENOMEM;
    json_decref(row);
    return rc;
}

/* Adds an entry to a pot whose balance is `before`. The caller has checked what it means. */
static int append(struct td_review *review, const struct td_quota_pot *pot,
                  const struct balance *before, const struct entry *entry, int64_t *ret_sequence)
{
    int64_t sequence = 0;
    struct balance after = {before->granted + entry->change.granted,
                            before->reserved + entry->change.reserved,
                            before->consumed + entry->change.consumed, entry->change.base};
    if (after.reserved < 0 || after.consumed < 0 || free_posts(&after) < 0)
        return TD_EINTERNAL;
    int rc = td_tx_int(review->tx, &sequence,
                       "select coalesce(max(sequence), 0) + 1 from quota_entry", "");
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into quota_entry (sequence, year, division_code, series, level,"
                        " pool, kind, posts, application_id, document, note, base_posts, granted,"
                        " reserved, consumed, account_id, at) values ($1, $2, $3, $4, $5, $6, $7,"
                        " $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
                        "iisssssisssiiiiss", sequence, pot->year, pot->division, pot->series,
                        pot->level, pot->pool, entry->kind, entry->posts, entry->application_id,
                        entry->document, entry->note, after.base, after.granted, after.reserved,
                        after.consumed, td_row_actor(review), review->now);
    if (rc == 0)
        rc = log_entry(review, sequence);
    if (rc == 0 && ret_sequence)
        *ret_sequence = sequence;
    return rc;
}

/* --- grant and adjust ------------------------------------------------------------------------- */

/* What is granted of this year, series and level: to the city, and to all districts and units. */
static int sums(struct td_tx *tx, const struct td_quota_pot *pot, int64_t *ret_total,
                int64_t *ret_given)
{
    json_t *row = NULL;
    int rc = td_tx_row(tx, &row,
                       "select coalesce(sum(case when division_code = '' then posts else 0 end), 0)"
                       " as total, coalesce(sum(case when division_code <> '' then posts else 0"
                       " end), 0) as given from quota_entry where year = $1 and series = $2"
                       " and level = $3 and kind in ('grant', 'adjust')",
                       "iss", pot->year, pot->series, pot->level);
    if (rc < 0)
        return rc;
    *ret_total = td_row_int(row, "total");
    *ret_given = td_row_int(row, "given");
    json_decref(row);
    return 0;
}

static int check_total(struct td_review *review, const struct td_quota_pot *pot, int64_t posts,
                       struct td_error *reterr)
{
    int64_t total = 0, given = 0;
    int rc = sums(review->tx, pot, &total, &given);
    if (rc < 0)
        return rc;
    *(*pot->division ? &given : &total) += posts;
    return given <= total
               ? 0
               : td_error_key(reterr, TD_ECONFLICT, "quota_total",
                              json_pack("{s:I, s:I, s:I, s:s}", "total", (json_int_t)total, "given",
                                        (json_int_t)given, "year", (json_int_t)pot->year, "level",
                                        pot->level));
}

static int check_place(struct td_review *review, struct td_quota_pot *pot, const json_t *entry,
                       struct td_error *reterr)
{
    int64_t known = 0;
    json_t *unit = NULL;
    if (*pot->pool) {
        if (td_unit_load(review->tx, pot->pool, &unit) < 0)
            return td_error_field(reterr, "unit_id", "unknown", "there is no such unit");
        pot->division = td_arena_printf(review->arena, "%s", td_row_text(unit, "division_code"));
        bool served = strcmp(td_row_text(unit, "grassroots"), "none") != 0;
        json_decref(unit);
        if (!pot->division)
            return TD_ENOMEM;
        return served ? 0
                      : td_error_field(reterr, "unit_id", "not_grassroots",
                                       "directed posts are for grassroots units");
    }
    (void)entry;
    if (!*pot->division)
        return 0;
    int rc = td_tx_int(review->tx, &known, "select count(*) from division where code = $1", "s",
                       pot->division);
    if (rc == 0 && !known)
        rc = td_error_field(reterr, "division_code", "unknown", "there is no such division");
    return rc;
}

static int check_grant(struct td_review *review, struct td_quota_pot *pot, const json_t *entry,
                       struct td_error *reterr)
{
    static const char *const levels[] = {"intermediate", "senior", "full_senior"};
    bool grant = td_row_equals(entry, "kind", "grant"), known = false;
    int64_t posts = td_row_int(entry, "posts");
    for (size_t i = 0; i < 3; i++)
        known |= !strcmp(levels[i], pot->level);
    if (!td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau grants posts");
    if (!json_object_get(review->catalog, pot->series))
        return td_error_field(reterr, "series", "unknown", "there is no such series");
    if (!known)
        return td_error_field(reterr, "level", "unknown", "posts of this level are not controlled");
    if (posts == 0 || (grant && posts < 0))
        return td_error_field(reterr, "posts", "too_small", "a grant adds at least one post");
    if (!grant && !*td_row_text(entry, "note"))
        return td_error_field(reterr, "note", "required", "say why it is adjusted");
    return check_place(review, pot, entry, reterr);
}

int td_quota_grant(struct td_review *review, const json_t *entry, int64_t *ret_sequence,
                   struct td_error *reterr)
{
    struct td_quota_pot pot = {td_row_int(entry, "year"), td_row_text(entry, "division_code"),
                               td_row_text(entry, "series"), td_row_text(entry, "level"),
                               td_row_text(entry, "unit_id")};
    struct balance before;
    int64_t posts = td_row_int(entry, "posts"), base = td_row_int(entry, "base_posts");
    int rc = check_grant(review, &pot, entry, reterr);
    if (rc == 0)
        rc = check_total(review, &pot, posts, reterr);
    if (rc == 0)
        rc = load_balance(review->tx, &pot, &before);
    if (rc != 0)
        return rc;
    if (free_posts(&before) + posts < 0)
        return td_error_key(reterr, TD_ECONFLICT, "quota_in_use",
                            json_pack("{s:I}", "available", (json_int_t)free_posts(&before)));
    struct entry added = {td_row_text(entry, "kind"),
                          posts,
                          {posts, 0, 0, base ? base : before.base},
                          NULL,
                          td_row_text(entry, "document"),
                          td_row_text(entry, "note")};
    return append(review, &pot, &before, &added, ret_sequence);
}

/* --- reserve, consume, release ---------------------------------------------------------------- */

/* The last entry of a dossier: *ret_kind "reserve", "consume" or "" (nothing held) and the pot it
 * is in. */
static int holding(struct td_review *review, const char *application_id,
                   struct td_quota_pot *ret_pot, const char **ret_kind)
{
    json_t *row = NULL;
    *ret_kind = "";
    int rc = td_tx_row(review->tx, &row,
                       "select year, division_code, series, level, pool, kind from quota_entry"
                       " where application_id = $1 order by sequence desc limit 1",
                       "s", application_id);
    if (rc == TD_ENOTFOUND)
        return 0;
    if (rc < 0)
        return rc;
    row = td_arena_json(review->arena, row);
    if (!row)
        return TD_ENOMEM;
    *ret_pot = (struct td_quota_pot){td_row_int(row, "year"), td_row_text(row, "division_code"),
                                     td_row_text(row, "series"), td_row_text(row, "level"),
                                     td_row_text(row, "pool")};
    if (strcmp(td_row_text(row, "kind"), "release") != 0)
        *ret_kind = td_row_text(row, "kind");
    return 0;
}

static int exhausted(struct td_review *review, const json_t *application, const char *division,
                     struct td_error *reterr)
{
    json_t *row = NULL;
    int rc =
        td_tx_row(review->tx, &row, "select name from division where code = $1", "s", division);
    if (rc < 0 && rc != TD_ENOTFOUND)
        return rc;
    json_t *parameters =
        json_pack("{s:O, s:O, s:s}", "year", json_object_get(application, "year"), "level",
                  json_object_get(application, "level"), "division", td_row_text(row, "name"));
    json_decref(row);
    return td_error_key(reterr, TD_ECONFLICT, "quota_exhausted", parameters);
}

static int take(struct td_review *review, const json_t *application, const char *unit_id,
                const char *division, struct td_quota_pot *ret_pot, struct td_error *reterr)
{
    struct td_quota_pot pots[] = {
        {td_row_int(application, "year"), division, td_row_text(application, "series"),
         td_row_text(application, "level"), unit_id},
        {td_row_int(application, "year"), division, td_row_text(application, "series"),
         td_row_text(application, "level"), ""}};
    for (size_t i = *unit_id ? 0 : 1; i < 2; i++) {
        struct balance before;
        int rc = load_balance(review->tx, &pots[i], &before);
        if (rc < 0)
            return rc;
        if (free_posts(&before) < 1)
            continue;
        struct entry added = {"reserve", 1, {0, 1, 0, before.base}, td_row_text(application, "id"),
                              "",        ""};
        *ret_pot = pots[i];
        return append(review, &pots[i], &before, &added, NULL);
    }
    return exhausted(review, application, division, reterr);
}

static int reserve_at(struct td_review *review, const json_t *application, const char *unit_id,
                      const char *division, struct td_quota_pot *pot, const char **kind,
                      struct td_error *reterr)
{
    int rc = holding(review, td_row_text(application, "id"), pot, kind);
    if (rc < 0 || **kind)
        return rc;
    return take(review, application, unit_id, division, pot, reterr);
}

int td_quota_reserve(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    struct td_quota_pot pot;
    const char *kind;
    if (!td_quota_controlled(td_row_text(application, "level")))
        return 0;
    return reserve_at(review, application, td_row_text(application, "unit_id"),
                      td_row_text(application, "division_code"), &pot, &kind, reterr);
}

int td_quota_consume(struct td_review *review, const json_t *application, const char *unit_id,
                     const char *division, struct td_error *reterr)
{
    struct td_quota_pot pot;
    struct balance before;
    const char *kind;
    if (!td_quota_controlled(td_row_text(application, "level")))
        return 0;
    int rc = reserve_at(review, application, unit_id, division, &pot, &kind, reterr);
    if (rc == 0 && !strcmp(kind, "consume"))
        return 0;
    if (rc == 0)
        rc = load_balance(review->tx, &pot, &before);
    if (rc < 0)
        return rc;
    struct entry added = {"consume", 1, {0, -1, 1, before.base}, td_row_text(application, "id"),
                          "",        ""};
    return append(review, &pot, &before, &added, NULL);
}

int td_quota_release(struct td_review *review, const char *application_id, const char *note,
                     struct td_error *reterr)
{
    struct td_quota_pot pot;
    struct balance before;
    const char *kind;
    (void)reterr;
    int rc = holding(review, application_id, &pot, &kind);
    if (rc < 0 || !*kind)
        return rc;
    rc = load_balance(review->tx, &pot, &before);
    bool consumed = !strcmp(kind, "consume");
    struct entry added = {
        "release",      1,  {0, consumed ? 0 : -1, consumed ? -1 : 0, before.base},
        application_id, "", note};
    return rc < 0 ? rc : append(review, &pot, &before, &added, NULL);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Which pots $1 may see ('*' = all), on alias q. */
#define SCOPE_SQL                                                                                  \
    " ($1 = '*' or exists (select 1 from account_grant g where g.account_id = $1 and ("            \
    "(g.role = 'district_hr' and g.scope = q.division_code)"                                       \
    " or (g.role = 'district_industry' and g.scope = q.division_code || '/' || q.series)"          \
    " or (g.role = 'office' and g.scope = q.series)"                                               \
    " or (g.role = 'unit' and q.pool in ('', g.scope) and exists (select 1 from unit w"            \
    " where w.id = g.scope and w.division_code = q.division_code)))))"

static const char *scope(const struct td_review *review)
{
    return td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR) ? "*" : review->who->id;
}

int td_quota_list(struct td_review *review, const json_t *filter, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select q.year, q.division_code, coalesce(d.name, '') as division_name, q.series, q.level,"
        " q.pool, coalesce(u.name, '') as unit_name, q.base_posts, q.granted, q.reserved,"
        " q.consumed, q.granted - q.reserved - q.consumed as available from quota_entry q"
        " join (select max(sequence) as last from quota_entry"
        " group by year, division_code, series, level, pool) l on l.last = q.sequence"
        " left join division d on d.code = q.division_code left join unit u on u.id = q.pool"
        " where" SCOPE_SQL " and ($2 = '' or cast(q.year as text) = $2)"
        " and ($3 = '' or q.series = $3) and ($4 = '' or q.level = $4)"
        " and ($5 = '' or q.division_code = $5)"
        " order by q.year desc, q.series, q.level, q.division_code, u.name limit 1000",
        "sssss", scope(review), td_row_text(filter, "year"), td_row_text(filter, "series"),
        td_row_text(filter, "level"), td_row_text(filter, "division"));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        int64_t base = td_row_int(row, "base_posts");
        td_row_name_series(review, row);
        json_object_set_new(row, "is_total", json_boolean(!*td_row_text(row, "division_code")));
        if (base > 0)
            json_object_set_new(row, "ratio_points",
                                json_integer(td_row_int(row, "granted") * 10000 / base));
    }
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_quota_entries(struct td_review *review, const struct td_quota_pot *pot, const char *cursor,
                     json_t **ret_page)
{
    json_t *rows = NULL;
    bool names = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR | TD_ROLE_DISTRICT_HR |
                                       TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_OFFICE);
    int rc = td_tx_rows(review->tx, &rows,
                        "select q.sequence, cast(q.sequence as text) as place, q.kind, q.kind as"
                        " entry_kind, q.posts, case when $2 then a.number end as number,"
                        " case when $2 then q.application_id end as application_id, q.document,"
                        " q.note, q.base_posts, q.granted, q.reserved, q.consumed, q.at as"
                        " entered_at from quota_entry q left join application a"
                        " on a.id = q.application_id where" SCOPE_SQL
                        " and q.year = $3 and q.division_code = $4 and q.series = $5"
                        " and q.level = $6 and q.pool = $7"
                        " and ($8 = '' or q.sequence < cast($8 as bigint))"
                        " order by q.sequence desc limit $9",
                        "sbisssssi", scope(review), (int)names, pot->year, pot->division,
                        pot->series, pot->level, pot->pool, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "place");
    return *ret_page ? 0 : TD_ENOMEM;
}
