/* expert.c - entries of the expert pools: put, imported, suspended, confirmed. Writes `pool_expert`
 * and `pool_expert_specialty`; the pools themselves are expert_pool.c's. */
#include "review/expert.h"

#include "base/json.h"
#include "base/table.h"
#include "review/committee.h"
#include "review/form.h"
#include "review/integrity.h"
#include "review/message.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS = 16 };

int td_expert_level(const char *level)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(level, levels[i]))
            return i + 1;
    return 0;
}

/* --- one entry -------------------------------------------------------------------------------- */

static int wrong(struct td_error *reterr, const char *prefix, const char *name, const char *code)
{
    char field[64];
    snprintf(field, sizeof(field), "%s%s", prefix, name);
    return td_error_field(reterr, field, code, "see the rules of the pool");
}

static int check_term(const json_t *entry, const char *prefix, struct td_error *reterr)
{
    const char *until = td_row_text(entry, "term_until");
    td_date from, end;
    char last[TD_DATE_TEXT];
    if (td_date_parse(td_row_text(entry, "term_from"), &from) < 0)
        return wrong(reterr, prefix, "term_from", "date");
    if (td_date_parse(until, &end) < 0)
        return wrong(reterr, prefix, "term_until", "date");
    td_committee_term_end(from, TD_EXPERT_TERM_YEARS, last);
    if (end < from)
        return wrong(reterr, prefix, "term_until", "order");
    return strcmp(until, last) > 0 ? wrong(reterr, prefix, "term_until", "term_too_long") : 0;
}

static int check_entry(const struct td_review *review, const json_t *pool, const json_t *entry,
                       const char *prefix, struct td_error *reterr)
{
    const json_t *series = json_object_get(review->catalog, td_row_text(pool, "series"));
    const json_t *specialties = json_object_get(entry, "specialties");
    int level = td_expert_level(td_row_text(entry, "title_level"));
    int rc = check_term(entry, prefix, reterr);
    if (!level)
        rc = wrong(reterr, prefix, "title_level", "choice");
    else if (td_row_equals(pool, "tier", "senior") && level < td_expert_level("senior"))
        rc = wrong(reterr, prefix, "title_level", "below_pool");
    if (json_array_size(specialties) == 0)
        rc = wrong(reterr, prefix, "specialties", "required");
    size_t i;
    json_t *one = NULL;
    json_array_foreach((json_t *)specialties, i, one)
        if (!json_is_string(one) || !td_form_specialty(series, json_string_value(one)))
            rc = wrong(reterr, prefix, "specialties", "choice");
    return rc;
}

/* The account of an entry: an expert of the series whom nothing bars. */
static int find_person(struct td_review *review, const json_t *pool, const json_t *entry,
                       const char *prefix, json_t **ret_account, struct td_error *reterr)
{
    json_t *account = NULL, *record = NULL;
    bool expert = false;
    int rc =
        td_tx_row(review->tx, &account, "select id from account where login = $1 and not disabled",
                  "s", td_row_text(entry, "login"));
    if (rc == TD_ENOTFOUND)
        return wrong(reterr, prefix, "login", "unknown");
    if (rc == 0)
        rc = td_committee_is_expert(review->tx, td_row_text(account, "id"),
                                    td_row_text(pool, "series"), &expert);
    if (rc == 0 && !expert)
        rc = wrong(reterr, prefix, "login", "not_an_expert");
    if (rc == 0)
        rc = td_integrity_barred(review->tx, td_row_text(account, "id"), review->today,
                                 TD_INTEGRITY_JUDGING, &record);
    if (rc == 0 && record)
        rc = wrong(reterr, prefix, "login", "barred");
    json_decref(record);
    if (rc < 0)
        json_decref(account);
    else
        *ret_account = account;
    return rc;
}

/* It counts once the person has confirmed it himself. */
static int ask_to_confirm(struct td_review *review, const json_t *pool, const char *account_id)
{
    json_t *words = json_object();
    json_object_set(words, "series", json_object_get(pool, "series"));
    td_row_name_series(review, words);
    int rc = td_message_send(review, account_id, NULL, "pool_confirm", words);
    json_decref(words);
    return rc;
}

static int store_entry(struct td_review *review, const json_t *pool, const char *account_id,
                       const json_t *entry)
{
    const char *pool_id = td_row_text(pool, "id");
    char id[TD_ID_TEXT];
    json_t *stored = NULL, *one = NULL;
    size_t i;
    td_id_new(id);
    int rc = td_tx_row(
        review->tx, &stored,
        "insert into pool_expert (id, pool_id, account_id, title_level, employer, outside,"
        " term_from, term_until, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        " on conflict (pool_id, account_id) do update set title_level = excluded.title_level,"
        " employer = excluded.employer, outside = excluded.outside,"
        " term_from = excluded.term_from, term_until = excluded.term_until, state = 'proposed',"
        " confirmed_at = null returning id",
        "sssssbsss", id, pool_id, account_id, td_row_text(entry, "title_level"),
        td_row_text(entry, "employer"), (int)td_row_bool(entry, "outside"),
        td_row_text(entry, "term_from"), td_row_text(entry, "term_until"), review->now);
    const char *expert = td_row_text(stored, "id");
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "delete from pool_expert_specialty where expert_id = $1",
                        "s", expert);
    json_array_foreach(json_object_get(entry, "specialties"), i, one)
        if (rc == 0)
            rc = td_tx_exec(review->tx, NULL,
                            "insert into pool_expert_specialty (expert_id, specialty)"
                            " values ($1, $2) on conflict do nothing",
                            "ss", expert, json_string_value(one));
    if (rc == 0)
        rc = td_row_log(review, "expert.put", "expert", expert,
                        json_pack("{s:s, s:s, s:s, s:s}", "pool", pool_id, "account", account_id,
                                  "title_level", td_row_text(entry, "title_level"), "term_until",
                                  td_row_text(entry, "term_until")));
    if (rc == 0)
        rc = ask_to_confirm(review, pool, account_id);
    json_decref(stored);
    return rc;
}

/* A pool of the caller's office, not while its approver looks at it: what he approves is what he
 * was handed. */
static int load_pool(struct td_review *review, const char *pool_id, json_t **ret_pool,
                     struct td_error *reterr)
{
    json_t *pool = NULL;
    int rc = td_tx_row(review->tx, &pool, "select * from expert_pool where id = $1", "s", pool_id);
    if (rc == 0 && td_committee_may_run(review, td_row_text(pool, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    if (rc == 0 && *td_row_text(pool, "submitted_at"))
        rc = td_error_key(reterr, TD_ECONFLICT, "committee_submitted", NULL);
    if (rc < 0)
        json_decref(pool);
    else
        *ret_pool = pool;
    return rc;
}

static int put(struct td_review *review, const json_t *pool, const json_t *entry,
               const char *prefix, struct td_error *reterr)
{
    json_t *account = NULL;
    int rc = check_entry(review, pool, entry, prefix, reterr);
    int found = find_person(review, pool, entry, prefix, &account, reterr);
    if (rc == 0 && found == 0)
        rc = store_entry(review, pool, td_row_text(account, "id"), entry);
    json_decref(account);
    return rc < 0 ? rc : found;
}

int td_expert_put(struct td_review *review, const char *pool_id, const json_t *entry,
                  const char *prefix, struct td_error *reterr)
{
    json_t *pool = NULL;
    int rc = load_pool(review, pool_id, &pool, reterr);
    if (rc < 0)
        return rc;
    rc = put(review, pool, entry, prefix, reterr);
    json_decref(pool);
    return rc;
}

/* --- a table ---------------------------------------------------------------------------------- */

static json_t *split_specialties(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        const char *dot = strstr(text, "、");
        size_t length = strcspn(text, "; ");
        if (dot && (size_t)(dot - text) < length)
            length = (size_t)(dot - text);
        if (length)
            json_array_append_new(list, json_stringn(text, length));
        text += length;
        if (*text)
            text += !strncmp(text, "、", strlen("、")) ? strlen("、") : 1;
    }
    return list;
}

/* Cells under their heading's names, as td_expert_put takes them. */
static json_t *to_entry(const json_t *heading, const json_t *cells)
{
    json_t *entry = json_object(), *name = NULL;
    size_t i;
    json_array_foreach((json_t *)heading, i, name) {
        const char *member = json_string_value(name);
        const char *text = json_string_value(json_array_get(cells, i));
        text = text ? text : "";
        if (!strcmp(member, "specialties"))
            json_object_set_new(entry, member, split_specialties(text));
        else if (!strcmp(member, "outside"))
            json_object_set_new(
                entry, member,
                json_boolean(!strcmp(text, "1") || !strcmp(text, "true") || !strcmp(text, "是")));
        else if (*member)
            json_object_set_new(entry, member, json_string(text));
    }
    return entry;
}

static int import_rows(struct td_review *review, const json_t *pool, const char *text,
                       int64_t *ret_count, struct td_error *reterr)
{
    const char *at = text + (!strncmp(text, "\xef\xbb\xbf", 3) ? 3 : 0);
    char separator = td_table_separator(at);
    json_t *heading = td_table_line(&at, separator, COLUMNS);
    int64_t row = 0;
    int rc = 0;
    if (!td_json_lists(heading, "login"))
        rc = td_error_field(reterr, "table", "no_heading", "the first line names the columns");
    while (rc != TD_EIO && *at && row < TD_EXPERT_IMPORT_ROWS) {
        char prefix[32];
        json_t *cells = td_table_line(&at, separator, COLUMNS);
        if (json_array_size(cells) < 2) { /* an empty line */
            json_decref(cells);
            continue;
        }
        json_t *entry = to_entry(heading, cells);
        snprintf(prefix, sizeof(prefix), "rows.%lld.", (long long)++row);
        int result = put(review, pool, entry, prefix, reterr);
        rc = result < 0 ? result : rc;
        json_decref(entry);
        json_decref(cells);
    }
    if (rc == 0 && *at)
        rc = td_error_field(reterr, "table", "too_long", "at most %d rows", TD_EXPERT_IMPORT_ROWS);
    if (rc == 0 && row == 0)
        rc = td_error_field(reterr, "table", "required", "there is no row");
    json_decref(heading);
    *ret_count = row;
    return rc;
}

int td_expert_import(struct td_review *review, const char *pool_id, const char *text,
                     int64_t *ret_count, struct td_error *reterr)
{
    json_t *pool = NULL;
    int rc = load_pool(review, pool_id, &pool, reterr);
    if (rc < 0)
        return rc;
    rc = import_rows(review, pool, text, ret_count, reterr);
    json_decref(pool);
    return rc;
}

/* --- states ----------------------------------------------------------------------------------- */

static int set_state(struct td_review *review, const char *expert_id, const char *from,
                     const char *to, const char *reason, struct td_error *reterr)
{
    json_t *expert = NULL;
    int64_t changed = 0;
    int rc = td_tx_row(review->tx, &expert,
                       "select e.id, p.series from pool_expert e join expert_pool p"
                       " on p.id = e.pool_id where e.id = $1",
                       "s", expert_id);
    if (rc == 0 && td_committee_may_run(review, td_row_text(expert, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    json_decref(expert);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, &changed,
            "update pool_expert set state = $3, remark = $4 where id = $1 and state = $2", "ssss",
            expert_id, from, to, reason);
    if (rc == 0 && !changed)
        return td_error_key(reterr, TD_ECONFLICT, "expert_state", NULL);
    return rc < 0 ? rc
                  : td_row_log(review, "expert.state", "expert", expert_id,
                               json_pack("{s:s, s:s}", "state", to, "reason", reason));
}

int td_expert_suspend(struct td_review *review, const char *expert_id, const char *reason,
                      struct td_error *reterr)
{
    return set_state(review, expert_id, "active", "suspended", reason, reterr);
}

int td_expert_resume(struct td_review *review, const char *expert_id, struct td_error *reterr)
{
    return set_state(review, expert_id, "suspended", "active", "", reterr);
}

int td_expert_confirm(struct td_review *review, const char *expert_id, struct td_error *reterr)
{
    int64_t changed = 0;
    int rc = td_tx_exec(review->tx, &changed,
                        "update pool_expert set confirmed_at = coalesce(confirmed_at, $3)"
                        " where id = $1 and account_id = $2",
                        "sss", expert_id, review->who->id, review->now);
    if (rc == 0 && !changed)
        return td_error_set(reterr, TD_ENOTFOUND, "not an entry of this account");
    return rc < 0 ? rc : td_row_log(review, "expert.confirm", "expert", expert_id, NULL);
}
