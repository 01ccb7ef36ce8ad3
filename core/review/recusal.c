/* recusal.c - who keeps out of which dossier. Writes `recusal`; the lists that must not show such
 * dossiers use TD_RECUSAL_SQL in their own query. How names and units are compared is in
 * recusal_match.c. */
#include "review/recusal.h"

#include "review/application.h"
#include "review/challenge.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/panel.h"
#include "review/recusal_match.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

int td_recusal_check(struct td_tx *tx, const char *account_id, const char *application_id,
                     bool *ret_recused)
{
    int64_t count = 0;
    int rc = td_tx_int(
        tx, &count, "select count(*) from application a where a.id = $1 and " TD_RECUSAL_SQL("$2"),
        "ss", application_id, account_id);
    if (rc == 0)
        *ret_recused = count > 0;
    return rc;
}

/* --- what a person and a dossier have to do with whom ----------------------------------------- */

/* {"name", "people", "units"} of somebody: what the register of ties, the present unit and those
 * left say. `units` holds what was left on or after `since`. */
static int read_ties(struct td_tx *tx, const char *account_id, const char *since, json_t *side)
{
    json_t *rows = NULL, *row;
    size_t i;
    json_t *people = json_object_get(side, "people"), *units = json_object_get(side, "units");
    int rc = td_tx_rows(
        tx, &rows,
        "select kind, name, until_on from tie where account_id = $1 and removed_at is null"
        " union all select 'unit', u.name, '' from account c join unit u on u.id = c.unit_id"
        " where c.id = $1"
        " union all select 'unit', u.name, l.until_on from unit_left l"
        " join unit u on u.id = l.unit_id where l.account_id = $1",
        "s", account_id);
    json_array_foreach(rows, i, row) {
        const char *kind = td_row_text(row, "kind"), *name = td_row_text(row, "name");
        if (!strcmp(kind, "unit"))
            td_recusal_add_unit(units, name, td_row_text(row, "until_on"), since);
        else
            td_recusal_add_people(people, name, strcmp(kind, "kin") ? "named" : "kin");
    }
    json_decref(rows);
    return rc;
}

static int read_person(struct td_tx *tx, const char *account_id, const char *since,
                       json_t **ret_side)
{
    json_t *row = NULL;
    int rc = td_tx_row(
        tx, &row, "select id, name, coalesce(unit_id, '') as unit_id from account where id = $1",
        "s", account_id);
    if (rc < 0)
        return rc;
    json_object_set_new(row, "people", json_object());
    json_object_set_new(row, "units", json_object());
    rc = read_ties(tx, account_id, since, row);
    if (rc < 0)
        json_decref(row);
    else
        *ret_side = row;
    return rc;
}

static int read_challenges(struct td_tx *tx, const char *application_id, json_t *challenged)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(
        tx, &rows,
        "select name from challenge where application_id = $1 and outcome <> 'dismissed'", "s",
        application_id);
    json_array_foreach(rows, i, row)
        td_recusal_add_people(challenged, td_row_text(row, "name"), "challenged");
    json_decref(rows);
    return rc;
}

/* A dossier as the other side; "since" is the day from which on units count, by its cycle. */
static int read_dossier(struct td_review *review, const char *application_id, json_t **ret_side)
{
    json_t *side = NULL, *cycle = NULL;
    char since[TD_DATE_TEXT];
    int rc = td_tx_row(
        review->tx, &side,
        "select a.id, a.account_id, a.unit_id, a.cycle_id, a.series, a.plugin_version, a.content,"
        " c.name, u.name as unit_name from application a join account c on c.id = a.account_id"
        " join unit u on u.id = a.unit_id where a.id = $1",
        "s", application_id);
    if (rc == 0)
        rc = td_cycle_load(review->tx, td_row_text(side, "cycle_id"), &cycle);
    if (rc < 0) {
        json_decref(side);
        return rc;
    }
    td_recusal_since(review->today, (int)td_cycle_parameter(cycle, "recusal_years", 3), since);
    json_decref(cycle);
    json_t *people = json_object(), *units = json_object(), *challenged = json_object();
    json_object_set_new(side, "people", people);
    json_object_set_new(side, "units", units);
    json_object_set_new(side, "challenged", challenged);
    json_object_set_new(side, "since", json_string(since));
    td_recusal_add_unit(units, td_row_text(side, "unit_name"), "", since);
    td_recusal_read(td_application_form(review, side), json_object_get(side, "content"), since,
                    people, units);
    json_object_del(side, "content");
    rc = read_ties(review->tx, td_row_text(side, "account_id"), since, side);
    if (rc == 0)
        rc = read_challenges(review->tx, application_id, challenged);
    if (rc < 0)
        json_decref(side);
    else
        *ret_side = side;
    return rc;
}

/* --- recording -------------------------------------------------------------------------------- */

/* The score without the sheets of who is out, or with those of who is back. */
static int score_again(struct td_review *review, const char *application_id, const char *account_id)
{
    int64_t sheets = 0;
    int rc = td_tx_int(review->tx, &sheets,
                       "select count(*) from sheet where application_id = $1 and account_id = $2"
                       " and submitted_at is not null",
                       "ss", application_id, account_id);
    if (rc < 0 || !sheets)
        return rc;
    json_t *payload = json_pack("{s:s}", "application", application_id);
    rc = td_tx_outbox(review->tx, "score", payload);
    json_decref(payload);
    return rc;
}

/* A ground that was lifted stays lifted: it is found again by the same name. Another challenge is
 * another one. */
static int record_ground(struct td_review *review, const json_t *person, const json_t *dossier,
                         const char *kind, const char *word)
{
    const char *application_id = td_row_text(dossier, "id"),
               *account_id = td_row_text(person, "id");
    int64_t changed = 0;
    int rc = td_tx_exec(
        review->tx, &changed,
        "insert into recusal (account_id, application_id, kind, reason, at)"
        " values ($1, $2, $3, $4, $5) on conflict (account_id, application_id, kind)"
        " do update set at = excluded.at, lifted_at = null, lifted_by = null, lifted_because = ''"
        " where recusal.kind = 'challenged' and recusal.lifted_at is not null",
        "sssss", account_id, application_id, kind, word, review->now);
    if (rc < 0 || !changed)
        return rc;
    rc = td_row_log(review, "recusal.record", "application", application_id,
                    json_pack("{s:s, s:s}", "account", account_id, "kind", kind));
    return rc < 0 ? rc : score_again(review, application_id, account_id);
}

static int record_pair(struct td_review *review, const json_t *person, const json_t *dossier)
{
    const char *kind, *word, *id = td_row_text(person, "id"),
                             *unit = td_row_text(person, "unit_id");
    if (td_row_equals(dossier, "account_id", id))
        return record_ground(review, person, dossier, "own", "");
    bool together = *unit && td_row_equals(dossier, "unit_id", unit);
    int rc = together ? record_ground(review, person, dossier, "same_unit", "") : 0;
    for (int again = 0; rc == 0 && td_recusal_match(person, dossier, again, &kind, &word); again++)
        if (!together || strcmp(kind, "former_unit"))
            rc = record_ground(review, person, dossier, kind, word);
    return rc;
}

/* Persons as sides, read once for each `since`: dossiers of one call are of one cycle but for a
 * person's own. */
static int read_people(struct td_tx *tx, const json_t *accounts, const char *since,
                       json_t **ret_people)
{
    json_t *people = json_array(), *account, *side;
    size_t i;
    int rc = 0;
    json_array_foreach((json_t *)accounts, i, account)
        if (rc == 0 &&
            (rc = read_person(tx, td_row_text(account, "account_id"), since, &side)) == 0)
            json_array_append_new(people, side);
    if (rc < 0)
        json_decref(people);
    else
        *ret_people = people;
    return rc;
}

int td_recusal_record(struct td_review *review, const json_t *applications, const json_t *accounts)
{
    json_t *people = NULL, *id, *dossier, *person;
    char since[TD_DATE_TEXT] = "";
    size_t i, j;
    int rc = 0;
    json_array_foreach((json_t *)applications, i, id) {
        if ((rc = read_dossier(review, json_string_value(id), &dossier)) < 0)
            break;
        if (strcmp(since, td_row_text(dossier, "since"))) {
            snprintf(since, sizeof(since), "%s", td_row_text(dossier, "since"));
            json_decref(people);
            people = NULL;
            rc = read_people(review->tx, accounts, since, &people);
        }
        json_array_foreach(people, j, person)
            if (rc == 0)
                rc = record_pair(review, person, dossier);
        json_decref(dossier);
        if (rc < 0)
            break;
    }
    json_decref(people);
    return rc;
}

static json_t *ids_of(json_t *rows)
{
    json_t *ids = json_array(), *row;
    size_t i;
    json_array_foreach(rows, i, row)
        json_array_append(ids, json_object_get(row, "id"));
    json_decref(rows);
    return ids;
}

int td_recusal_record_dossier(struct td_review *review, const char *application_id)
{
    json_t *accounts = NULL, *ids = json_pack("[s]", application_id);
    int rc = td_tx_rows(
        review->tx, &accounts,
        "select m.account_id from panel_assignment p join panel_member m on m.panel_id = p.panel_id"
        " where p.application_id = $1 union select k.account_id from motion o"
        " join meeting g on g.id = o.meeting_id"
        " join committee_member k on k.committee_id = g.committee_id where o.application_id = $1",
        "s", application_id);
    if (rc == 0)
        rc = td_recusal_record(review, ids, accounts);
    json_decref(accounts);
    json_decref(ids);
    return rc;
}

int td_recusal_record_account(struct td_review *review, const char *account_id)
{
    json_t *rows = NULL, *id, *account = json_pack("[{s:s}]", "account_id", account_id);
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select a.id from panel_member m join panel_assignment p on p.panel_id = m.panel_id"
        " join application a on a.id = p.application_id where m.account_id = $1"
        " and " TD_PANEL_OPEN_SQL " union select a.id from committee_member k"
        " join meeting g on g.committee_id = k.committee_id join motion o on o.meeting_id = g.id"
        " join application a on a.id = o.application_id where k.account_id = $1"
        " and " TD_PANEL_OPEN_SQL,
        "s", account_id);
    if (rc == 0) {
        json_t *ids = ids_of(rows);
        rc = td_recusal_record(review, ids, account);
        json_decref(ids);
    }
    json_decref(account);
    rows = NULL;
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows,
            "select a.id from application a where a.account_id = $1 and " TD_PANEL_OPEN_SQL, "s",
            account_id);
    json_t *own = ids_of(rows);
    json_array_foreach(own, i, id)
        if (rc == 0)
            rc = td_recusal_record_dossier(review, json_string_value(id));
    json_decref(own);
    return rc;
}

/* --- declared by the expert himself ----------------------------------------------------------- */

/* The expert has a say on this dossier: on its panel, or on a committee that has it on an agenda.
 */
static int check_concerned(struct td_review *review, const char *application_id,
                           struct td_error *reterr)
{
    int64_t seats = 0;
    int rc =
        td_tx_int(review->tx, &seats,
                  "select (select count(*) from panel_assignment p join panel_member m"
                  " on m.panel_id = p.panel_id where p.application_id = $1 and m.account_id = $2)"
                  " + (select count(*) from motion o join meeting g on g.id = o.meeting_id"
                  " join committee_member k on k.committee_id = g.committee_id"
                  " where o.application_id = $1 and k.account_id = $2)",
                  "ss", application_id, review->who->id);
    if (rc == 0 && seats == 0)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not a dossier of this expert");
    return rc;
}

static int check_undecided(struct td_review *review, const char *application_id,
                           struct td_error *reterr)
{
    int64_t acted = 0;
    int rc = td_tx_int(
        review->tx, &acted,
        "select (select count(*) from sheet where application_id = $1 and account_id = $2"
        " and submitted_at is not null)"
        " + (select count(*) from motion where application_id = $1 and state <> 'waiting')",
        "ss", application_id, review->who->id);
    if (rc == 0 && acted > 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "recusal_too_late", NULL);
    return rc;
}

int td_recusal_declare(struct td_review *review, const char *application_id, const char *reason,
                       struct td_error *reterr)
{
    if (!td_row_is(review, TD_ROLE_EXPERT))
        return td_error_set(reterr, TD_EFORBIDDEN, "only experts recuse themselves");
    int rc = check_concerned(review, application_id, reterr);
    if (rc == 0 && !*reason)
        rc = td_error_field(reterr, "reason", "required", "a recusal states its reason");
    if (rc == 0)
        rc = check_undecided(review, application_id, reterr);
    if (rc < 0)
        return rc;
    bool already;
    rc = td_recusal_check(review->tx, review->who->id, application_id, &already);
    if (rc == 0 && already)
        rc = td_error_set(reterr, TD_ENOTFOUND, "already recused");
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into recusal (account_id, application_id, kind, reason, at)"
                        " values ($1, $2, 'declared', $3, $4)",
                        "ssss", review->who->id, application_id, reason, review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "delete from sheet where application_id = $1 and account_id = $2", "ss",
                        application_id, review->who->id);
    if (rc == 0)
        rc = td_row_log(review, "recusal.declare", "application", application_id,
                        json_pack("{s:s}", "account", review->who->id));
    return rc;
}

/* --- decided by the office -------------------------------------------------------------------- */

/* The dossier's series and applicant, for who decides on it: never on the own. */
static int check_decides(struct td_review *review, const char *application_id,
                         struct td_error *reterr)
{
    json_t *row = NULL;
    int rc = td_tx_row(review->tx, &row, "select series, account_id from application where id = $1",
                       "s", application_id);
    if (rc < 0)
        return rc;
    if (!td_row_is(review, TD_ROLE_SUPERVISOR) &&
        td_committee_may_run(review, td_row_text(row, "series"), NULL) < 0)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not within this account's scope");
    else if (td_row_equals(row, "account_id", review->who->id))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
    json_decref(row);
    return rc;
}

static bool may_be_mistaken(const char *kind)
{
    return !strcmp(kind, "former_unit") || !strcmp(kind, "kin") || !strcmp(kind, "named");
}

static int lift_row(struct td_review *review, const char *application_id, const char *account_id,
                    const char *kind, const char *because, int64_t *ret_changed)
{
    int rc = td_tx_exec(
        review->tx, ret_changed,
        "update recusal set lifted_at = $4, lifted_by = $5, lifted_because = $6"
        " where application_id = $1 and account_id = $2 and kind = $3 and lifted_at is null",
        "ssssss", application_id, account_id, kind, review->now, review->who->id, because);
    if (rc < 0 || !*ret_changed)
        return rc;
    rc = td_row_log(
        review, "recusal.lift", "application", application_id,
        json_pack("{s:s, s:s, s:s}", "account", account_id, "kind", kind, "because", because));
    return rc < 0 ? rc : score_again(review, application_id, account_id);
}

int td_recusal_release(struct td_review *review, const char *application_id, const char *because)
{
    json_t *rows = NULL, *row, *challenged = json_object();
    size_t i;
    int64_t changed;
    int rc = read_challenges(review->tx, application_id, challenged);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows,
            "select r.account_id, c.name from recusal r join account c on c.id = r.account_id"
            " where r.application_id = $1 and r.kind = 'challenged' and r.lifted_at is null",
            "s", application_id);
    json_array_foreach(rows, i, row)
        if (rc == 0 && !json_object_get(challenged, td_row_text(row, "name")))
            rc = lift_row(review, application_id, td_row_text(row, "account_id"), "challenged",
                          because, &changed);
    json_decref(challenged);
    json_decref(rows);
    return rc;
}

int td_recusal_lift(struct td_review *review, const char *application_id, const char *account_id,
                    const char *kind, const char *because, struct td_error *reterr)
{
    int64_t changed = 0;
    int rc = check_decides(review, application_id, reterr);
    if (rc < 0)
        return rc;
    if (!may_be_mistaken(kind))
        return td_error_key(reterr, TD_ECONFLICT, "recusal_stands", NULL);
    rc = lift_row(review, application_id, account_id, kind, because, &changed);
    if (rc == 0 && !changed)
        rc = td_error_set(reterr, TD_ENOTFOUND, "no such recusal");
    return rc;
}

int td_recusal_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int64_t challenges = 0;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select r.application_id, a.number, c.name as applicant_name, r.account_id, e.name, "
        "r.kind, r.reason, r.at,"
        " r.lifted_at, r.lifted_because, r.at || '_' || r.application_id || r.account_id || r.kind "
        "as place"
        " from recusal r join application a on a.id = r.application_id join account c on c.id = "
        "a.account_id"
        " join account e on e.id = r.account_id where " TD_COMMITTEE_SCOPE_SQL(
            "$1", "a.series") " and a.account_id <> $2 and ($3 = '' or"
                              " r.at || '_' || r.application_id || r.account_id || r.kind < $3)"
                              " order by place desc limit $4",
        "sssi", td_committee_scope(review->who), review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        json_object_set_new(row, "can_lift",
                            json_boolean(td_row_is(review, TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR) &&
                                         may_be_mistaken(td_row_text(row, "kind")) &&
                                         !*td_row_text(row, "lifted_at")));
    rc = td_challenge_count(review, "", &challenges);
    json_t *page = td_row_page(rows, "place");
    if (challenges)
        json_object_set_new(page, "open_challenges", json_integer(challenges));
    if (rc < 0)
        json_decref(page);
    else
        *ret_page = page;
    return rc < 0 ? rc : page ? 0 : TD_ENOMEM;
}
