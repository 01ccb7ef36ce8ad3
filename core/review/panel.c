/* panel.c - panels and their members, and what becomes of their dossiers. Writes `panel` and
 * `panel_member`; who reads what is panel_assign.c's, the sheets are sheet.c's, the state of a
 * dossier the workflow's. */
#include "review/panel.h"

#include "base/json.h"
#include "review/application.h"
#include "review/challenge.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/discussion.h"
#include "review/integrity.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

int td_panel_sees(struct td_review *review, const char *application_id, bool *ret_sees)
{
    int64_t count = 0;
    int rc = td_tx_int(
        review->tx, &count,
        "select count(*) from application a where a.id = $1 and " TD_PANEL_OPEN_SQL
        " and not " TD_INTEGRITY_BARRED_SQL("$2", "$3") " and not " TD_RECUSAL_SQL(
            "$2") " and (exists (select 1 from panel_reader m where m.application_id = a.id"
                  " and m.account_id = $2)"
                  " or exists (select 1 from motion o join meeting g on g.id = o.meeting_id"
                  " join committee_member k on k.committee_id = g.committee_id"
                  " where o.application_id = a.id and k.account_id = $2))",
        "sss", application_id, review->who->id, review->today);
    if (rc == 0)
        *ret_sees = count > 0;
    return rc;
}

int td_panel_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select p.*, k.name as committee_name, k.level, k.series, y.name as cycle_name,"
        " (select count(*) from panel_member m where m.panel_id = p.id) as size,"
        " (select count(*) from panel_assignment s where s.panel_id = p.id) as assigned,"
        " (select count(*) from panel_assignment s join application a"
        " on a.id = s.application_id where s.panel_id = p.id and a.state <> 'panel_review')"
        " as finished"
        " from panel p join committee k on k.id = p.committee_id"
        " join cycle y on y.id = p.cycle_id where " TD_COMMITTEE_SCOPE_SQL(
            "$1", "k.series") " and ($2 = '' or p.id < $2) order by p.id desc limit $3",
        "ssi", td_committee_scope(review->who), cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static int load(struct td_tx *tx, const char *panel_id, json_t **ret_panel)
{
    return td_tx_row(tx, ret_panel,
                     "select p.*, k.name as committee_name, k.series, k.level, y.name as cycle_name"
                     " from panel p join committee k on k.id = p.committee_id"
                     " join cycle y on y.id = p.cycle_id where p.id = $1",
                     "s", panel_id);
}

int td_panel_minimum(struct td_tx *tx, const char *cycle_id, int64_t *ret_minimum)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load(tx, cycle_id, &cycle);
    if (rc < 0)
        return rc;
    *ret_minimum = td_cycle_parameter(cycle, "panel_minimum", TD_PANEL_MINIMUM);
    json_decref(cycle);
    return 0;
}

int td_panel_members(struct td_review *review, const char *panel_id, json_t **ret_members)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select m.account_id, c.name, m.lead, coalesce(u.name, '') as unit_name,"
        " case when " TD_INTEGRITY_BARRED_SQL(
            "m.account_id",
            "$2") " then 1 else 0"
                  " end as barred from panel_member m join account c on c.id = m.account_id"
                  " left join unit u on u.id = c.unit_id where m.panel_id = $1"
                  " order by case when m.lead then 0 else 1 end, c.name",
        "ss", panel_id, review->today);
    json_array_foreach(rows, i, row)
        json_object_set_new(row, "barred", json_boolean(td_row_int(row, "barred")));
    if (rc == 0)
        *ret_members = rows;
    return rc;
}

bool td_panel_all_in(const json_t *row, int64_t least)
{
    int64_t eligible = td_row_int(row, "eligible");
    return eligible >= least && td_row_int(row, "submitted") >= eligible;
}

/* "readers" of each dossier: [{"account_id", "name", "submitted", "barred"}], those who keep out
 * left out. */
static int add_readers(struct td_review *review, const char *panel_id, json_t *dossiers)
{
    json_t *rows = NULL, *row, *dossier, *by_id = json_object();
    size_t i;
    json_array_foreach(dossiers, i, dossier) {
        json_object_set_new(dossier, "readers", json_array());
        json_object_set(by_id, td_row_text(dossier, "id"), json_object_get(dossier, "readers"));
    }
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id as application_id, m.account_id, c.name, h.submitted_at, case "
        "when " TD_INTEGRITY_BARRED_SQL(
            "m.account_id",
            "$2") " then 1 else 0 end as barred"
                  " from panel_reader m"
                  " join application a on a.id = m.application_id join account c on c.id = "
                  "m.account_id"
                  " left join sheet h on h.application_id = a.id and h.account_id = m.account_id"
                  " where m.panel_id = $1 and not " TD_RECUSAL_SQL(
                      "m.account_id") " order by c.name, c.id",
        "ss", panel_id, review->today);
    json_array_foreach(rows, i, row)
        json_array_append_new(
            json_object_get(by_id, td_row_text(row, "application_id")),
            json_pack("{s:s, s:s, s:b, s:b}", "account_id", td_row_text(row, "account_id"), "name",
                      td_row_text(row, "name"), "submitted", *td_row_text(row, "submitted_at") != 0,
                      "barred", (int)td_row_int(row, "barred")));
    json_decref(rows);
    json_decref(by_id);
    return rc;
}

static int dossiers(struct td_review *review, const char *panel_id, int64_t least,
                    json_t **ret_dossiers)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id, a.number, c.name, u.name as unit_name, a.series, a.level, "
        "a.specialty, a.state,"
        " s.sequence, s.reviews,"
        " (select count(*) from panel_opinion o where o.application_id = a.id) as recorded,"
        " case when a.account_id = $2 then 1 else 0 end as "
        "own," TD_PANEL_PROGRESS_SQL " from panel_assignment s"
        " join application a on a.id = s.application_id"
        " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
        " where s.panel_id = $1 order by s.sequence",
        "ss", panel_id, review->who->id);
    if (rc < 0)
        return rc;
    size_t i;
    json_t *row = NULL;
    rc = add_readers(review, panel_id, rows);
    json_array_foreach(rows, i, row) {
        int64_t eligible = td_row_int(row, "eligible");
        td_application_name(review, row);
        bool waits = !strcmp(td_row_text(row, "state"), "panel_review");
        bool full = td_panel_all_in(row, least);
        json_object_set_new(row, "ready", json_boolean(waits && full && !td_row_int(row, "own")));
        json_object_del(row, "own");
        json_object_set_new(row, "recorded", json_boolean(td_row_int(row, "recorded") > 0));
        json_object_set_new(row, "short_of_experts", json_boolean(waits && eligible < least));
    }
    if (rc < 0)
        json_decref(rows);
    else
        *ret_dossiers = rows;
    return rc;
}

/* Dossiers that have fewer readers than were wanted, by how many were: [{"reviews", "dossiers":
 * [{"id"}]}]. Those that all of the panel read want another member instead. */
static json_t *find_lacking(const json_t *dossiers)
{
    json_t *groups = json_array(), *row, *group, *found;
    size_t i, j;
    json_array_foreach((json_t *)dossiers, i, row) {
        int64_t reviews = td_row_int(row, "reviews");
        if (!td_row_equals(row, "state", "panel_review") || td_row_int(row, "eligible") >= reviews)
            continue;
        found = NULL;
        json_array_foreach(groups, j, group)
            if (td_row_int(group, "reviews") == reviews)
                found = group;
        if (!found) {
            found = json_pack("{s:I, s:[]}", "reviews", (json_int_t)reviews, "dossiers");
            json_array_append_new(groups, found);
        }
        json_array_append_new(json_object_get(found, "dossiers"),
                              json_pack("{s:s}", "id", td_row_text(row, "id")));
    }
    return groups;
}

/* Accepted dossiers that could be assigned, by specialty: what the office chooses from. */
static int waiting(struct td_review *review, const json_t *panel, json_t **ret_waiting)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select series, level, specialty, count(*) as waiting from application"
        " where state = 'accepted' and cycle_id = $1 and series = $2 and level = $3"
        " and " TD_COMMITTEE_TAKES_SQL(
            "$4", "application.specialty") " group by series, level, specialty order by specialty",
        "ssss", td_row_text(panel, "cycle_id"), td_row_text(panel, "series"),
        td_row_text(panel, "level"), td_row_text(panel, "committee_id"));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        td_application_name(review, row);
    *ret_waiting = rows;
    return 0;
}

int td_panel_view(struct td_review *review, const char *panel_id, json_t **ret_panel,
                  struct td_error *reterr)
{
    json_t *panel = NULL, *part = NULL, *member;
    int64_t least = 0, challenges = 0;
    size_t i;
    bool barred = false;
    int rc = load(review->tx, panel_id, &panel);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(panel, "series"), reterr);
    if (rc == 0)
        rc = td_panel_minimum(review->tx, td_row_text(panel, "cycle_id"), &least);
    if (rc == 0 && (rc = td_panel_members(review, panel_id, &part)) == 0)
        json_object_set_new(panel, "members", part);
    if (rc == 0 && (rc = dossiers(review, panel_id, least, &part)) == 0)
        json_object_set_new(panel, "dossiers", part);
    if (rc == 0)
        json_object_set_new(panel, "lacking", find_lacking(part));
    if (rc == 0)
        rc = td_challenge_count(review, td_row_text(panel, "series"), &challenges);
    if (challenges)
        json_object_set_new(panel, "open_challenges", json_integer(challenges));
    if (rc == 0 && (rc = waiting(review, panel, &part)) == 0)
        json_object_set_new(panel, "waiting", part);
    if (rc == 0 &&
        (rc = td_committee_experts(review->tx, td_row_text(panel, "series"), &part)) == 0)
        json_object_set_new(panel, "experts", part);
    json_array_foreach(json_object_get(panel, "members"), i, member)
        barred |= td_row_bool(member, "barred");
    json_object_set_new(panel, "some_barred", json_boolean(barred));
    json_object_set_new(panel, "panel_minimum", json_integer(least));
    if (rc < 0)
        json_decref(panel);
    else
        *ret_panel = panel;
    return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int seat(struct td_review *review, const char *panel_id, const char *series,
                const char *account_id, bool lead, struct td_error *reterr)
{
    int rc = td_committee_check_person(review, account_id, series, reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into panel_member (panel_id, account_id, lead) values ($1, $2, $3)",
                        "ssb", panel_id, account_id, (int)lead);
    if (rc == TD_ECONFLICT && reterr && !*reterr->key)
        rc = td_error_key(reterr, TD_ECONFLICT, "already_on_panel", NULL);
    if (rc == 0)
        rc = td_row_log(review, "panel.seat", "panel", panel_id,
                        json_pack("{s:s, s:b}", "account", account_id, "lead", (int)lead));
    return rc;
}

static int check_size(const json_t *panel, int64_t least, struct td_error *reterr)
{
    const json_t *chosen = json_object_get(panel, "members");
    const char *lead = td_row_text(panel, "lead");
    if ((int64_t)json_array_size(chosen) < least)
        return td_error_key(reterr, TD_ECONFLICT, "panel_too_small",
                            json_pack("{s:I}", "minimum", least));
    if (!td_json_lists(chosen, lead))
        return td_error_field(reterr, "lead", "choice", "the lead is one of the members");
    return 0;
}

static int insert(struct td_review *review, const json_t *panel, const char *id, const char *series,
                  struct td_error *reterr)
{
    const char *lead = td_row_text(panel, "lead");
    int rc =
        td_tx_exec(review->tx, NULL,
                   "insert into panel (id, committee_id, cycle_id, name, created_by, created_at)"
                   " values ($1, $2, $3, $4, $5, $6)",
                   "ssssss", id, td_row_text(panel, "committee_id"), td_row_text(panel, "cycle_id"),
                   td_row_text(panel, "name"), review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "panel.create", "panel", id,
                        json_pack("{s:s, s:s}", "committee", td_row_text(panel, "committee_id"),
                                  "cycle", td_row_text(panel, "cycle_id")));
    size_t i;
    json_t *member = NULL;
    json_array_foreach(json_object_get(panel, "members"), i, member) {
        const char *account_id = json_string_value(member);
        if (rc == 0)
            rc = seat(review, id, series, account_id ? account_id : "",
                      account_id && !strcmp(account_id, lead), reterr);
    }
    return rc;
}

int td_panel_create(struct td_review *review, const json_t *panel, char ret_id[TD_ID_TEXT],
                    struct td_error *reterr)
{
    json_t *committee = NULL, *cycle = NULL;
    int rc = td_committee_load_own(review, td_row_text(panel, "committee_id"), &committee);
    if (rc < 0)
        return rc == TD_ENOTFOUND
                   ? td_error_field(reterr, "committee_id", "choice", "no such committee")
                   : rc;
    const char *series = td_row_text(committee, "series");
    rc = td_committee_check_valid(review, td_row_text(committee, "id"), reterr);
    if (rc == 0)
        rc = td_cycle_load(review->tx, td_row_text(panel, "cycle_id"), &cycle);
    if (rc == TD_ENOTFOUND || (rc == 0 && strcmp(td_row_text(cycle, "series"), series)))
        rc = td_error_field(reterr, "cycle_id", "choice", "not a cycle of the committee's series");
    if (rc == 0)
        rc =
            check_size(panel, td_cycle_parameter(cycle, "panel_minimum", TD_PANEL_MINIMUM), reterr);
    if (rc == 0) {
        td_id_new(ret_id);
        rc = insert(review, panel, ret_id, series, reterr);
    }
    json_decref(cycle);
    json_decref(committee);
    return rc;
}

int td_panel_load_own(struct td_review *review, const char *panel_id, json_t **ret_panel)
{
    json_t *panel = NULL;
    int rc = load(review->tx, panel_id, &panel);
    if (rc < 0)
        return rc;
    if (td_committee_may_run(review, td_row_text(panel, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    if (rc < 0)
        json_decref(panel);
    else
        *ret_panel = panel;
    return rc;
}

/* A new member reads what all of the panel read, and what has fewer readers than it wants. */
static int read_what_is_short(struct td_review *review, const char *panel_id,
                              const char *account_id)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into panel_reader (panel_id, application_id, account_id, at)"
                      " select s.panel_id, a.id, $2, $3 from panel_assignment s"
                      " join application a on a.id = s.application_id"
                      " where s.panel_id = $1 and a.state = 'panel_review'"
                      " and (s.reviews = 0 or (s.reviews >"
                      " (select count(*) from panel_reader m where m.application_id = a.id"
                      " and not " TD_RECUSAL_SQL("m.account_id") "))) on conflict do nothing",
                      "sss", panel_id, account_id, review->now);
}

static int set_lead(struct td_review *review, const char *panel_id, const char *account_id)
{
    int rc = td_tx_exec(review->tx, NULL,
                        "update panel_member set lead = (account_id = $2) where panel_id = $1",
                        "ss", panel_id, account_id);
    return rc < 0 ? rc
                  : td_row_log(review, "panel.lead", "panel", panel_id,
                               json_pack("{s:s}", "account", account_id));
}

/* A member may come to lead: what bars from a seat bars from that, too. */
static int promote(struct td_review *review, const json_t *panel, const char *account_id,
                   bool *ret_member, struct td_error *reterr)
{
    int64_t seats = 0;
    int rc = td_committee_check_person(review, account_id, td_row_text(panel, "series"), reterr);
    if (rc == 0)
        rc = td_tx_int(review->tx, &seats,
                       "select count(*) from panel_member where panel_id = $1 and account_id = $2",
                       "ss", td_row_text(panel, "id"), account_id);
    *ret_member = seats > 0;
    return rc == 0 && seats ? set_lead(review, td_row_text(panel, "id"), account_id) : rc;
}

/* What comes with a new seat: recusals, the lead, what there is to read. */
static int admit(struct td_review *review, const json_t *panel, const char *account_id, bool lead)
{
    const char *panel_id = td_row_text(panel, "id");
    int rc = td_recusal_record_account(review, account_id);
    if (rc == 0 && lead)
        rc = set_lead(review, panel_id, account_id);
    if (rc == 0)
        rc = read_what_is_short(review, panel_id, account_id);
    return rc < 0 ? rc : td_panel_tell_readers(review, panel);
}

int td_panel_add(struct td_review *review, const char *panel_id, const char *account_id, bool lead,
                 struct td_error *reterr)
{
    json_t *panel = NULL;
    bool member = false;
    int rc = td_panel_load_own(review, panel_id, &panel);
    if (rc < 0)
        return rc;
    if (lead)
        rc = promote(review, panel, account_id, &member, reterr);
    if (rc == 0 && !member)
        rc = seat(review, panel_id, td_row_text(panel, "series"), account_id, false, reterr);
    if (rc == 0 && !member)
        rc = admit(review, panel, account_id, lead);
    json_decref(panel);
    return rc;
}

int td_panel_check_sheets(struct td_tx *tx, const char *application_id, struct td_error *reterr)
{
    json_t *row = NULL;
    int64_t least = 0;
    int rc = td_tx_row(tx, &row,
                       "select a.cycle_id, " TD_PANEL_PROGRESS_SQL " from panel_assignment s"
                       " join application a on a.id = s.application_id where a.id = $1",
                       "s", application_id);
    if (rc < 0)
        return rc == TD_ENOTFOUND ? td_error_key(reterr, TD_ECONFLICT, "no_panel", NULL) : rc;
    rc = td_panel_minimum(tx, td_row_text(row, "cycle_id"), &least);
    if (rc == 0 && !td_panel_all_in(row, least))
        rc = td_error_key(reterr, TD_ECONFLICT, "sheets_missing",
                          json_pack("{s:I, s:I, s:I}", "submitted", td_row_int(row, "submitted"),
                                    "eligible", td_row_int(row, "eligible"), "minimum", least));
    json_decref(row);
    return rc;
}

int td_panel_check_complete(struct td_tx *tx, const char *application_id, struct td_error *reterr)
{
    int rc = td_panel_check_sheets(tx, application_id, reterr);
    return rc < 0 ? rc : td_discussion_check_recorded(tx, application_id, reterr);
}

int td_panel_close(struct td_review *review, const char *panel_id, const char *application_id,
                   json_t **ret_result, struct td_error *reterr)
{
    json_t *panel = NULL, *rows = NULL, *row = NULL;
    int64_t least = 0, closed = 0;
    size_t i;
    int rc = td_panel_load_own(review, panel_id, &panel);
    if (rc < 0)
        return rc;
    rc = td_panel_minimum(review->tx, td_row_text(panel, "cycle_id"), &least);
    if (rc == 0)
        rc = dossiers(review, panel_id, least, &rows);
    json_array_foreach(rows, i, row) {
        const char *id = td_row_text(row, "id");
        bool chosen = *application_id ? !strcmp(application_id, id) : td_row_bool(row, "ready");
        if (rc < 0 || !chosen)
            continue;
        rc = td_panel_check_complete(review->tx, id, reterr);
        if (rc == 0)
            rc = td_workflow_apply(review, id, "close_panel", NULL, NULL, reterr);
        closed++;
    }
    if (rc == 0 && closed == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_ready", NULL);
    if (rc == 0)
        *ret_result = json_pack("{s:I}", "closed", closed);
    json_decref(rows);
    json_decref(panel);
    return rc;
}
