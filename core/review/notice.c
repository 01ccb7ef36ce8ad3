/* notice.c - see notice.h. Owns the tables `public_notice` and `public_notice_entry`; objections
 * are in objection.c. */
#include "review/notice.h"

#include "review/application.h"
#include "review/calendar.h"
#include "review/cycle.h"
#include "review/form.h"
#include "review/row.h"
#include "review/unit.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static int last_day(struct td_review *review, const json_t *cycle, char ends_on[TD_DATE_TEXT],
                    int64_t *ret_days, bool *ret_confirmed, struct td_error *reterr)
{
    td_date date;
    int64_t days = td_cycle_parameter(cycle, "notice_days", TD_NOTICE_MIN_DAYS);
    if (days < TD_NOTICE_MIN_DAYS)
        days = TD_NOTICE_MIN_DAYS;
    int result = td_date_parse(review->today, &date);
    if (!result)
        result = td_calendar_add(review->calendar, date, (int)days, &date, ret_confirmed, reterr);
    if (!result) {
        td_date_format(date, ends_on);
        *ret_days = days;
    }
    return result;
}

/* What the public may see of a dossier: never a number, a birthday or an address. */
static json_t *listing(struct td_review *review, json_t *application)
{
    td_application_name(review, application);
    return json_pack("{s:O, s:O, s:O?, s:O?, s:O?, s:O?, s:O}", "name",
                     json_object_get(application, "applicant_name"), "unit_name",
                     json_object_get(application, "unit_name"), "specialty_name",
                     json_object_get(application, "specialty_name"), "specialty_name_en",
                     json_object_get(application, "specialty_name_en"), "title_name",
                     json_object_get(application, "title_name"), "title_name_en",
                     json_object_get(application, "title_name_en"), "level",
                     json_object_get(application, "level"));
}

static int insert_notice(struct td_review *review, const char *kind, const json_t *cycle,
                         const char *unit_id, const char *ends_on, int64_t days, bool confirmed,
                         char id[TD_ID_TEXT])
{
    json_t *unit = NULL;
    int result = *unit_id ? td_unit_load(review->tx, unit_id, &unit) : 0;
    if (result)
        return result;
    char title[512];
    snprintf(title, sizeof(title), "%s%s%s", td_row_text(unit, "name"), unit ? " · " : "",
             td_row_text(cycle, "name"));
    json_decref(unit);
    td_id_new(id);
    return td_tx_exec(
        review->tx, NULL,
        "insert into public_notice (id, kind, cycle_id, unit_id, title, starts_on, ends_on, "
        "working_days, calendar_confirmed, created_by, created_at) "
        "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        "sssssssibss", id, kind, td_row_text(cycle, "id"), *unit_id ? unit_id : NULL, title,
        review->today, ends_on, days, (int)confirmed, td_row_actor(review), review->now);
}

struct publication {
    const char *notice_id, *kind, *cycle_id, *unit_id;
    char due[TD_TIME_TEXT];
};

static const char *action_of(const char *kind)
{
    if (!strcmp(kind, "unit"))
        return "publicise";
    return strcmp(kind, "revocation") ? "publicise_result" : "revoke";
}

static int publish_one(struct td_review *review, const struct publication *publication,
                       const char *id, struct td_error *reterr)
{
    json_t *application = NULL;
    bool unit = !strcmp(publication->kind, "unit");
    int result = td_application_load(review, id, &application, reterr);
    if (!result && (!td_row_equals(application, "cycle_id", publication->cycle_id) ||
                    (unit && !td_row_equals(application, "unit_id", publication->unit_id))))
        result = td_error_key(reterr, TD_ECONFLICT, "notice_mixed", NULL);
    if (!result) {
        json_t *listed = listing(review, application);
        result = td_tx_exec(review->tx, NULL,
                            "insert into public_notice_entry (notice_id, application_id, listed) "
                            "values ($1, $2, $3)",
                            "ssj", publication->notice_id, id, listed);
        json_decref(listed);
    }
    json_decref(application);
    if (!result)
        result = td_workflow_apply(review, id, action_of(publication->kind), NULL, NULL, reterr);
    if (!result && strcmp(publication->kind, "revocation") != 0) /* after that nobody waits */
        result = td_tx_exec(review->tx, NULL, "update application set due_at = $2 where id = $1",
                            "ss", id, publication->due);
    return result;
}

static int publish_all(struct td_review *review, struct publication *publication,
                       const char *ends_on, const json_t *applications, struct td_error *reterr)
{
    td_date date;
    size_t i;
    json_t *id;
    int result = td_date_parse(ends_on, &date);
    if (!result)
        td_time_format(td_clock_day_end_ms(date) - 1, publication->due);
    json_array_foreach((json_t *)applications, i, id)
        if (!result)
            result = publish_one(review, publication,
                                 json_string_value(id) ? json_string_value(id) : "", reterr);
    return result;
}

int td_notice_publish(struct td_review *review, const char *kind, const char *cycle_id,
                      const char *unit_id, const json_t *applications, json_t **ret_notice,
                      struct td_error *reterr)
{
    json_t *cycle = NULL;
    char ends_on[TD_DATE_TEXT], id[TD_ID_TEXT];
    int64_t days = 0;
    bool confirmed = false;
    if (!json_array_size(applications))
        return td_error_field(reterr, "applications", "required", "choose at least one dossier");
    int result = td_cycle_load(review->tx, cycle_id, &cycle);
    if (!result)
        result = last_day(review, cycle, ends_on, &days, &confirmed, reterr);
    if (!result)
        result = insert_notice(review, kind, cycle, unit_id, ends_on, days, confirmed, id);
    struct publication publication = {id, kind, cycle_id, unit_id, ""};
    if (!result)
        result = publish_all(review, &publication, ends_on, applications, reterr);
    if (!result)
        result = td_row_log(review, "notice.publish", "notice", id,
                            json_pack("{s:s, s:s, s:O, s:b}", "kind", kind, "ends_on", ends_on,
                                      "applications", applications, "calendar_confirmed",
                                      (int)confirmed));
    json_decref(cycle);
    return result ? result : td_notice_load(review, id, ret_notice, reterr);
}

int td_notice_list(struct td_review *review, const char *kind, const char *cursor,
                   json_t **ret_page)
{
    json_t *rows = NULL;
    int result = td_tx_rows(
        review->tx, &rows,
        "select n.id, n.kind, n.title, n.starts_on, n.ends_on, n.state, u.name as unit_name, "
        "c.name as cycle_name, (select count(*) from public_notice_entry e where "
        "e.notice_id = n.id) as entries from public_notice n join cycle c on c.id = n.cycle_id "
        "left join unit u on u.id = n.unit_id where ($1 = '' or n.kind = $1) "
        "and ($2 = '' or n.id < $2) order by n.id desc limit $3",
        "ssi", kind, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (!result)
        *ret_page = td_row_page(rows, "id");
    return result;
}

/* After the period the names are taken down for the public; an official still sees those whose
 * dossiers he may see. */
static bool sees_entry(const struct td_review *review, const json_t *notice, const json_t *row)
{
    bool official =
        td_row_is(review, TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |
                              TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    return td_row_equals(notice, "state", "open") ||
           (official && td_application_visible(review, row));
}

static int load_entries(struct td_review *review, const json_t *notice, json_t **ret_entries)
{
    json_t *rows = NULL, *row, *entries = json_array();
    size_t i;
    int result = td_tx_rows(review->tx, &rows,
                            "select e.application_id, e.listed, a.account_id, a.unit_id, a.series, "
                            "a.division_code, a.submitted_at from public_notice_entry e "
                            "join application a on a.id = e.application_id where e.notice_id = $1 "
                            "and a.state not in ('withdrawn', 'abandoned', 'rejected') "
                            "order by e.application_id",
                            "s", td_row_text(notice, "id"));
    json_array_foreach(rows, i, row) {
        if (!sees_entry(review, notice, row))
            continue;
        json_t *entry = json_copy(json_object_get(row, "listed"));
        json_object_set(entry, "application_id", json_object_get(row, "application_id"));
        json_array_append_new(entries, entry);
    }
    json_decref(rows);
    if (result)
        json_decref(entries);
    else
        *ret_entries = entries;
    return result;
}

int td_notice_load(struct td_review *review, const char *notice_id, json_t **ret_notice,
                   struct td_error *reterr)
{
    json_t *notice = NULL, *entries = NULL;
    int result = td_tx_row(
        review->tx, &notice,
        "select n.id, n.kind, n.title, n.starts_on, n.ends_on, n.working_days, "
        "n.calendar_confirmed, n.state, n.unit_id, u.name as unit_name, c.name as cycle_name, "
        "c.notice_number from public_notice n join cycle c on c.id = n.cycle_id "
        "left join unit u on u.id = n.unit_id where n.id = $1",
        "s", notice_id);
    if (result)
        return result == TD_ENOTFOUND ? td_error_key(reterr, TD_ENOTFOUND, "notice_unknown", NULL)
                                      : result;
    bool open = td_row_equals(notice, "state", "open");
    json_object_set_new(notice, "open", json_boolean(open));
    json_object_set_new(notice, "takes_objections",
                        json_boolean(open && !td_row_equals(notice, "kind", "revocation")));
    json_object_set_new(notice, "calendar_unconfirmed",
                        json_boolean(!td_row_bool(notice, "calendar_confirmed")));
    result = load_entries(review, notice, &entries);
    if (result) {
        json_decref(notice);
        return result;
    }
    json_object_set_new(notice, "entries", entries ? entries : json_array());
    *ret_notice = notice;
    return 0;
}

int td_notice_candidates(struct td_review *review, json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   "select a.*, p.name as applicant_name, u.name as unit_name from application a "
                   "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "
                   "where a.state = 'unit_review' and a.account_id <> $1 and a.unit_id in "
                   "(select scope from account_grant where account_id = $1 and role = 'unit') "
                   "order by a.id limit 200",
                   "s", review->who->id);
    json_array_foreach(rows, i, row) {
        json_t *actions = td_workflow_actions(review, row), *action;
        size_t j;
        json_array_foreach(actions, j, action) {
            if (!td_row_equals(action, "action", "publicise"))
                continue;
            json_object_set(row, "ready", json_object_get(action, "ready"));
            json_object_set(row, "say", json_object_get(action, "say"));
            json_object_set(row, "parameters", json_object_get(action, "parameters"));
        }
        json_decref(actions);
        td_application_name(review, row);
        json_object_del(row, "content");
    }
    if (!result)
        *ret_rows = rows;
    return result;
}
