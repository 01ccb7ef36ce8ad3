/* integrity.c - see integrity.h. Owns the tables `integrity_record` and `integrity_answer`. */
#include "review/integrity.h"

#include "config.h"
#include "review/message.h"
#include "review/panel.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static const struct td_integrity_kind kinds[] = {
    {"false_material", "applicant", true, true}, {"plagiarism", "applicant", true, true},
    {"improper_means", "applicant", true, true}, {"expert_violation", "expert", false, true},
    {"staff_violation", "staff", false, true},   {"unit_failure", "unit", false, false},
};

enum { ANSWERS_MAX = 20 }; /* to one record */

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const struct td_integrity_kind *td_integrity_kinds(size_t *ret_count)
{
    *ret_count = KIND_COUNT;
    return kinds;
}

static const struct td_integrity_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

/* --- the bar ---------------------------------------------------------------------------------- */

/* The same day so many years later; where that month has no such day, its last one. */
static td_date years_later(td_date date, int years)
{
    int year, month, day;
    td_date_split(date, &year, &month, &day);
    if (month == 2 && day == 29)
        return td_date_from(year + years, 3, 1) - 1;
    return td_date_from(year + years, month, day);
}

int td_integrity_period(const struct td_review *review, const char *decided_on,
                        char from_on[TD_DATE_TEXT], char until_on[TD_DATE_TEXT])
{
    td_date decided, last;
    int year, month, day;
    int result = td_date_parse(decided_on, &decided);
    if (result)
        return result;
    td_date_split(decided, &year, &month, &day);
    bool next_year = review->config && !strcmp(review->config->integrity_bar, "next_year");
    last = next_year ? td_date_from(year + TD_INTEGRITY_YEARS, 12, 31)
                     : years_later(decided, TD_INTEGRITY_YEARS);
    td_date_format(decided, from_on);
    td_date_format(last, until_on);
    return 0;
}

static void add_again(json_t *record)
{
    td_date last;
    char again[TD_DATE_TEXT] = "";
    if (!td_date_parse(td_row_text(record, "until_on"), &last))
        td_date_format(last + 1, again);
    json_object_set_new(record, "again_on", json_string(again));
}

int td_integrity_barred(struct td_tx *tx, const char *account_id, const char *today,
                        enum td_integrity_from from, json_t **ret_record)
{
    json_t *record = NULL;
    int result = td_tx_row(tx, &record,
                           "select id, integrity_kind, decision_number, decided_on, from_on, "
                           "until_on from integrity_record where account_id = $1 "
                           "and integrity_state = 'in_force' and from_on <= $2 and until_on >= $2 "
                           "and case when $3 = 0 then bars_applying else bars_judging end "
                           "order by until_on desc, id desc limit 1",
                           "ssi", account_id, today, (int64_t)(from == TD_INTEGRITY_JUDGING));
    if (result && result != TD_ENOTFOUND)
        return result;
    if (record)
        add_again(record);
    *ret_record = record;
    return 0;
}

int td_integrity_check(struct td_review *review, const char *account_id,
                       enum td_integrity_from from, struct td_error *reterr)
{
    json_t *record = NULL;
    int result = td_integrity_barred(review->tx, account_id, review->today, from, &record);
    if (result || !record)
        return result;
    json_t *words = json_pack(
        "{s:O, s:O, s:O, s:O, s:O}", "integrity_kind", json_object_get(record, "integrity_kind"),
        "decision", json_object_get(record, "decision_number"), "decided_on",
        json_object_get(record, "decided_on"), "until_on", json_object_get(record, "until_on"),
        "again_on", json_object_get(record, "again_on"));
    json_decref(record);
    if (from == TD_INTEGRITY_JUDGING)
        return td_error_key(reterr, TD_ECONFLICT, "barred_judging", words);
    return td_error_key(reterr, TD_ECONFLICT, "barred_applying", words);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int tell(struct td_review *review, const json_t *record, const char *kind)
{
    const char *account = td_row_text(record, "account_id");
    if (!*account)
        return 0;
    json_t *words =
        json_pack("{s:O, s:O, s:O}", "integrity_kind", json_object_get(record, "integrity_kind"),
                  "decision", json_object_get(record, "decision_number"), "until_on",
                  json_object_get(record, "until_on"));
    int result = td_message_send(review, account, NULL, kind, words);
    json_decref(words);
    return result;
}

/* What a record in force brings at once: the person is told, and judges nothing any more. */
static int take_effect(struct td_review *review, const json_t *record)
{
    const char *account = td_row_text(record, "account_id");
    json_t *bar = NULL;
    int result = tell(review, record, "integrity_recorded");
    if (!result && *account)
        result =
            td_integrity_barred(review->tx, account, review->today, TD_INTEGRITY_JUDGING, &bar);
    if (!result && bar)
        result = td_panel_release(review, account);
    json_decref(bar);
    return result;
}

static int check_fields(struct td_review *review, const struct td_integrity_decision *decision,
                        struct td_error *reterr)
{
    const struct td_integrity_kind *kind = find_kind(decision->kind);
    int result = 0;
    if (!kind)
        return td_error_field(reterr, "kind", "choice", "there is no such kind");
    bool unit = !strcmp(kind->role, "unit");
    if (unit ? !*decision->unit_id : !*decision->account_id)
        result = td_error_field(reterr, unit ? "unit" : "person", "required", "whom it is about");
    if (unit ? *decision->account_id : *decision->unit_id)
        result = td_error_field(reterr, unit ? "person" : "unit", "unknown_field",
                                "this kind is not about one");
    if (strcmp(decision->decided_on, review->today) > 0)
        result = td_error_field(reterr, "decided_on", "future", "this day is still to come");
    return result;
}

/* A record in this state, by `author`; in force, the caller is who confirmed it. */
static int insert(struct td_review *review, const struct td_integrity_decision *decision,
                  const char *state, const char *author, char id[TD_ID_TEXT],
                  struct td_error *reterr)
{
    char from_on[TD_DATE_TEXT], until_on[TD_DATE_TEXT];
    const struct td_integrity_kind *kind = find_kind(decision->kind);
    bool now = !strcmp(state, "in_force");
    int result = check_fields(review, decision, reterr);
    if (!result && td_integrity_period(review, decision->decided_on, from_on, until_on))
        result = td_error_field(reterr, "decided_on", "date", "a date is YYYY-MM-DD");
    if (result)
        return result;
    td_id_new(id);
    return td_tx_exec(
        review->tx, NULL,
        "insert into integrity_record (id, account_id, unit_id, integrity_role, integrity_kind, "
        "decision_number, decided_on, from_on, until_on, bars_applying, bars_judging, finding, "
        "application_id, integrity_state, recorded_by, recorded_at, confirmed_by, confirmed_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        "sssssssssbbsssssss", id, *decision->account_id ? decision->account_id : NULL,
        *decision->unit_id ? decision->unit_id : NULL, kind->role, kind->name,
        decision->decision_number, decision->decided_on, from_on, until_on,
        (int)kind->bars_applying, (int)kind->bars_judging, decision->finding,
        *decision->application_id ? decision->application_id : NULL, state, author, review->now,
        now ? review->who->id : NULL, now ? review->now : NULL);
}

static int log_record(struct td_review *review, const char *action, const char *id)
{
    json_t *record = NULL;
    int result = td_tx_row(review->tx, &record,
                           "select account_id, unit_id, integrity_kind, decision_number, "
                           "decided_on, until_on, recorded_by from integrity_record where id = $1",
                           "s", id);
    return result ? result : td_row_log(review, action, "integrity", id, record);
}

int td_integrity_propose(struct td_review *review, const struct td_integrity_decision *decision,
                         char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    if (!td_row_is(review, TD_ROLE_BUREAU))
        return td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!strcmp(decision->account_id, review->who->id))
        return td_error_key(reterr, TD_EFORBIDDEN, "own_record", NULL);
    int result = insert(review, decision, "proposed", review->who->id, ret_id, reterr);
    return result ? result : log_record(review, "integrity.propose", ret_id);
}

int td_integrity_write(struct td_review *review, const struct td_integrity_decision *decision,
                       const char *proposed_by, char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *record = NULL;
    int result = insert(review, decision, "in_force", proposed_by, ret_id, reterr);
    if (!result)
        result = log_record(review, "integrity.confirm", ret_id);
    if (!result)
        result = td_tx_row(review->tx, &record, "select * from integrity_record where id = $1", "s",
                           ret_id);
    if (!result)
        result = take_effect(review, record);
    json_decref(record);
    return result;
}

/* A record for a change of state: by the bureau, never by whom it is about; `fresh` = not by its
 * author. */
static int load_for(struct td_review *review, const char *id, bool fresh, json_t **ret_record,
                    struct td_error *reterr)
{
    json_t *record = NULL;
    int result = td_row_is(review, TD_ROLE_BUREAU)
                     ? td_integrity_load(review, id, &record, reterr)
                     : td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result && td_row_equals(record, "account_id", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "own_record", NULL);
    if (!result && fresh && td_row_equals(record, "recorded_by", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "integrity_second_person", NULL);
    if (result)
        json_decref(record);
    else
        *ret_record = record;
    return result;
}

static int wrong_state(struct td_error *reterr, const json_t *record)
{
    return td_error_key(
        reterr, TD_ECONFLICT, "integrity_state_wrong",
        json_pack("{s:s}", "integrity_state", td_row_text(record, "integrity_state")));
}

int td_integrity_confirm(struct td_review *review, const char *record_id, struct td_error *reterr)
{
    json_t *record = NULL;
    int result = load_for(review, record_id, true, &record, reterr);
    if (!result && !td_row_equals(record, "integrity_state", "proposed"))
        result = wrong_state(reterr, record);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update integrity_record set integrity_state = 'in_force', "
                            "confirmed_by = $2, confirmed_at = $3 where id = $1",
                            "sss", record_id, review->who->id, review->now);
    if (!result)
        result = log_record(review, "integrity.confirm", record_id);
    if (!result)
        result = take_effect(review, record);
    json_decref(record);
    return result;
}

int td_integrity_withdraw(struct td_review *review, const char *record_id, const char *reason,
                          struct td_error *reterr)
{
    json_t *record = NULL;
    int result = load_for(review, record_id, false, &record, reterr);
    bool in_force = td_row_equals(record, "integrity_state", "in_force");
    if (!result && in_force && td_row_equals(record, "recorded_by", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "integrity_second_person", NULL);
    if (!result && !in_force && !td_row_equals(record, "integrity_state", "proposed"))
        result = wrong_state(reterr, record);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update integrity_record set integrity_state = 'withdrawn', "
                            "withdrawn_by = $2, withdrawn_at = $3, withdrawn_reason = $4 "
                            "where id = $1",
                            "ssss", record_id, review->who->id, review->now, reason);
    if (!result)
        result = log_record(review, "integrity.withdraw", record_id);
    if (!result && in_force)
        result = tell(review, record, "integrity_withdrawn");
    json_decref(record);
    return result;
}

int td_integrity_answer(struct td_review *review, const char *record_id, const char *text,
                        struct td_error *reterr)
{
    json_t *record = NULL;
    int64_t count = 0;
    int result = td_integrity_load(review, record_id, &record, reterr);
    if (!result && !td_row_equals(record, "account_id", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "integrity_not_own", NULL);
    if (!result && !td_row_equals(record, "integrity_state", "in_force"))
        result = wrong_state(reterr, record);
    json_decref(record);
    if (!result)
        result =
            td_tx_int(review->tx, &count,
                      "select count(*) from integrity_answer where record_id = $1", "s", record_id);
    if (!result && count >= ANSWERS_MAX)
        result = td_error_field(reterr, "text", "too_many", "at most %d answers", ANSWERS_MAX);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "insert into integrity_answer (record_id, sequence, text, answered_at) "
                            "values ($1, $2, $3, $4)",
                            "siss", record_id, count + 1, text, review->now);
    return result ? result
                  : td_row_log(review, "integrity.answer", "integrity", record_id,
                               json_pack("{s:I}", "sequence", (json_int_t)count + 1));
}

/* --- reading ---------------------------------------------------------------------------------- */

#define RECORD_SQL                                                                                 \
    "select r.*, p.name as person_name, p.login as person_login, u.name as unit_name, "            \
    "a.number as application_number, b.name as recorded_by_name, c.name as confirmed_by_name "     \
    "from integrity_record r left join account p on p.id = r.account_id "                          \
    "left join unit u on u.id = coalesce(r.unit_id, p.unit_id) "                                   \
    "left join application a on a.id = r.application_id "                                          \
    "left join account b on b.id = r.recorded_by left join account c on c.id = r.confirmed_by "

int td_integrity_list(struct td_review *review, const char *state, const char *cursor,
                      json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            RECORD_SQL "where ($1 = '' or r.integrity_state = $1) "
                                       "and ($2 = '' or r.id < $2) "
                                       "and coalesce(r.account_id, '') <> $3 "
                                       "order by r.id desc limit $4",
                            "sssi", state, cursor, review->who->id, (int64_t)TD_ROW_PAGE + 1);
    json_array_foreach(rows, i, row)
        add_again(row);
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

/* Which official wrote it is the bureau's and the supervisor's to know. */
static void hide_officials(json_t *record)
{
    static const char *const members[] = {"recorded_by", "recorded_by_name", "confirmed_by",
                                          "withdrawn_by", "confirmed_by_name"};
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_del(record, members[i]);
}

/* Only what was in force once is told to whom it is about. */
#define TOLD "r.account_id = $1 and r.confirmed_at is not null "

int td_integrity_mine(struct td_review *review, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows, RECORD_SQL "where " TOLD "order by r.id desc limit 50", "s",
                   review->who->id);
    json_array_foreach(rows, i, row) {
        add_again(row);
        hide_officials(row);
    }
    if (!result)
        *ret_rows = rows;
    return result;
}

static void add_can(struct td_review *review, json_t *record, bool own)
{
    bool bureau = td_row_is(review, TD_ROLE_BUREAU) && !own;
    bool author = td_row_equals(record, "recorded_by", review->who->id);
    bool proposed = td_row_equals(record, "integrity_state", "proposed");
    bool in_force = td_row_equals(record, "integrity_state", "in_force");
    bool ended = strcmp(td_row_text(record, "until_on"), review->today) < 0;
    bool bars = td_row_bool(record, "bars_applying") || td_row_bool(record, "bars_judging");
    json_object_set_new(record, "can_confirm", json_boolean(bureau && proposed && !author));
    json_object_set_new(record, "waits_for_second", json_boolean(bureau && proposed && author));
    json_object_set_new(record, "can_withdraw",
                        json_boolean(bureau && (proposed || (in_force && !author))));
    json_object_set_new(record, "can_answer", json_boolean(own && in_force));
    json_object_set_new(record, "barred_now", json_boolean(in_force && bars && !ended));
    json_object_set_new(record, "own", json_boolean(own));
}

int td_integrity_load(struct td_review *review, const char *record_id, json_t **ret_record,
                      struct td_error *reterr)
{
    json_t *record = NULL, *answers = NULL;
    bool reads = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    int result = td_tx_row(review->tx, &record,
                           RECORD_SQL "where r.id = $2 and ($3 = 1 and coalesce(r.account_id, '') "
                                      "<> $1 or " TOLD ")",
                           "ssi", review->who->id, record_id, (int64_t)reads);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "integrity_unknown", NULL);
    if (!result)
        result = td_tx_rows(review->tx, &answers,
                            "select text, answered_at from integrity_answer where record_id = $1 "
                            "order by sequence",
                            "s", record_id);
    if (result) {
        json_decref(record);
        return result;
    }
    bool own = td_row_equals(record, "account_id", review->who->id);
    add_again(record);
    add_can(review, record, own);
    if (own)
        hide_officials(record);
    json_object_set_new(record, "answers", answers);
    *ret_record = record;
    return 0;
}

int td_integrity_person(struct td_review *review, const char *field, const char *word,
                        const char **ret_account, struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_tx_row(review->tx, &row, "select id from account where login = $1 or id = $1",
                           "s", word);
    if (result == TD_ENOTFOUND)
        return td_error_field(reterr, field, "unknown", "there is no account with this login");
    if (!result && !(*ret_account = td_arena_strdup(review->arena, td_row_text(row, "id"))))
        result = TD_ENOMEM;
    json_decref(row);
    return result;
}

int td_integrity_unit(struct td_review *review, const char *field, const char *word,
                      const char **ret_unit, struct td_error *reterr)
{
    json_t *row = NULL;
    int result =
        td_tx_row(review->tx, &row,
                  "select id from unit where id = $1 or uscc = $1 or name = $1 order by id "
                  "limit 1",
                  "s", word);
    if (result == TD_ENOTFOUND)
        return td_error_field(reterr, field, "unknown", "there is no such unit");
    if (!result && !(*ret_unit = td_arena_strdup(review->arena, td_row_text(row, "id"))))
        result = TD_ENOMEM;
    json_decref(row);
    return result;
}
