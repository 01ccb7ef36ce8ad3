/* challenge.c - see challenge.h. Writes `challenge`. */
#include "review/challenge.h"

#include "review/committee.h"
#include "review/message.h"
#include "review/panel.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

enum { CHALLENGES_MAX = 20 }; /* of one person about one dossier, decided ones among them */

/* The dossier of who may ask about it: {"state", "account_id"}. */
static int load_dossier(struct td_review *review, const char *application_id, bool expert,
                        json_t **ret_dossier, struct td_error *reterr)
{
    json_t *dossier = NULL;
    bool sees = false;
    int rc = td_tx_row(review->tx, &dossier,
                       "select id, state, account_id from application where id = $1", "s",
                       application_id);
    if (rc < 0)
        return rc;
    if (!expert)
        sees = td_row_equals(dossier, "account_id", review->who->id);
    else if (td_row_is(review, TD_ROLE_EXPERT))
        rc = td_panel_sees(review, application_id, &sees);
    if (rc == 0 && !sees)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not a dossier of the caller");
    if (rc < 0)
        json_decref(dossier);
    else
        *ret_dossier = dossier;
    return rc;
}

/* Before the experts are done with it; a draft may never come to them. */
static int check_in_time(struct td_review *review, const json_t *dossier, struct td_error *reterr)
{
    static const char *const closed[] = {
        "draft",      "passed",    "failed",    "result_notice", "objection_hold", "confirmed",
        "filed",      "certified", "appointed", "suspended",     "converted",      "revoked",
        "superseded", "retired",   "withdrawn", "abandoned",     "rejected"};
    int64_t put = 0;
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
        if (td_row_equals(dossier, "state", closed[i]))
            return td_error_key(reterr, TD_ECONFLICT, "challenge_too_late", NULL);
    int rc =
        td_tx_int(review->tx, &put,
                  "select count(*) from motion where application_id = $1 and state <> 'waiting'",
                  "s", td_row_text(dossier, "id"));
    return rc == 0 && put > 0 ? td_error_key(reterr, TD_ECONFLICT, "challenge_too_late", NULL) : rc;
}

static int check_count(struct td_review *review, const char *application_id,
                       struct td_error *reterr)
{
    int64_t count = 0;
    int rc = td_tx_int(review->tx, &count,
                       "select count(*) from challenge where application_id = $1"
                       " and account_id = $2",
                       "ss", application_id, review->who->id);
    if (rc == 0 && count >= CHALLENGES_MAX)
        rc = td_error_field(reterr, "name", "too_many", "at most %d challenges", CHALLENGES_MAX);
    return rc;
}

int td_challenge_ask(struct td_review *review, const char *application_id, bool expert,
                     const char *name, const char *reason, char ret_id[TD_ID_TEXT],
                     struct td_error *reterr)
{
    json_t *dossier = NULL;
    int rc = load_dossier(review, application_id, expert, &dossier, reterr);
    if (rc < 0)
        return rc;
    rc = check_in_time(review, dossier, reterr);
    json_decref(dossier);
    if (rc == 0)
        rc = check_count(review, application_id, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into challenge (id, application_id, account_id, name, reason, at)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    "ssssss", ret_id, application_id, review->who->id, name, reason, review->now);
    if (rc == 0)
        rc = td_row_log(review, "challenge.ask", "application", application_id,
                        json_pack("{s:s, s:s}", "challenge", ret_id, "by", review->who->id));
    return rc < 0 ? rc : td_recusal_record_dossier(review, application_id);
}

int td_challenge_mine(struct td_review *review, const char *application_id, bool expert,
                      json_t **ret_page, struct td_error *reterr)
{
    json_t *dossier = NULL, *rows = NULL;
    int rc = load_dossier(review, application_id, expert, &dossier, reterr);
    if (rc < 0)
        return rc;
    bool in_time = check_in_time(review, dossier, NULL) == 0;
    json_decref(dossier);
    rc = td_tx_rows(
        review->tx, &rows,
        "select id, name, reason, at, outcome, outcome as challenge_outcome, because, decided_at"
        " from challenge where application_id = $1 and account_id = $2 order by id limit 100",
        "ss", application_id, review->who->id);
    if (rc < 0)
        return rc;
    *ret_page = json_pack("{s:s, s:o, s:n, s:b}", "application_id", application_id, "items", rows,
                          "next", "can_ask", (int)in_time);
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_challenge_list(struct td_review *review, bool all, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select h.id, h.application_id, a.number, c.name as applicant_name, e.name "
                        "as asked_by, h.name, h.reason,"
                        " h.at, h.outcome, h.outcome as challenge_outcome, h.because, h.decided_at,"
                        " (select count(*) from recusal r where r.application_id = a.id and r.kind "
                        "= 'challenged') as concerned"
                        " from challenge h join application a on a.id = h.application_id join "
                        "account c on c.id = a.account_id"
                        " join account e on e.id = h.account_id where " TD_COMMITTEE_SCOPE_SQL(
                            "$1", "a.series") " and a.account_id <> $2 and (h.outcome = '' or $3) "
                                              "and ($4 = '' or h.id < $4)"
                                              " order by h.id desc limit $5",
                        "ssbsi", td_committee_scope(review->who), review->who->id, (int)all, cursor,
                        (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        json_object_set_new(row, "can_decide",
                            json_boolean(td_row_is(review, TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR) &&
                                         !*td_row_text(row, "outcome")));
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_challenge_count(struct td_review *review, const char *series, int64_t *ret_count)
{
    return td_tx_int(
        review->tx, ret_count,
        "select count(*) from challenge h join application a on"
        " a.id = h.application_id where h.outcome = '' and a.account_id <> $2"
        " and ($3 = '' or a.series = $3) and " TD_COMMITTEE_SCOPE_SQL("$1", "a.series"),
        "sss", td_committee_scope(review->who), review->who->id, series);
}

/* --- deciding --------------------------------------------------------------------------------- */

static int load_for_decision(struct td_review *review, const char *challenge_id,
                             json_t **ret_challenge, struct td_error *reterr)
{
    json_t *challenge = NULL;
    int rc = td_tx_row(review->tx, &challenge,
                       "select h.*, a.series, a.account_id as applicant from challenge h"
                       " join application a on a.id = h.application_id where h.id = $1",
                       "s", challenge_id);
    if (rc < 0)
        return rc;
    if (!td_row_is(review, TD_ROLE_SUPERVISOR) &&
        td_committee_may_run(review, td_row_text(challenge, "series"), NULL) < 0)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not within this account's scope");
    else if (td_row_equals(challenge, "applicant", review->who->id) ||
             td_row_equals(challenge, "account_id", review->who->id))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
    else if (*td_row_text(challenge, "outcome"))
        rc = td_error_key(reterr, TD_ECONFLICT, "challenge_decided", NULL);
    if (rc < 0)
        json_decref(challenge);
    else
        *ret_challenge = challenge;
    return rc;
}

static int tell(struct td_review *review, const json_t *challenge, const char *outcome)
{
    json_t *parameters = json_pack("{s:s}", "challenge_outcome", outcome);
    bool own = td_row_equals(challenge, "account_id", td_row_text(challenge, "applicant"));
    /* Not the dossier's number to an expert: he may judge it blindly. */
    int rc = td_message_send(review, td_row_text(challenge, "account_id"),
                             own ? td_row_text(challenge, "application_id") : NULL,
                             "challenge_decided", parameters);
    json_decref(parameters);
    return rc;
}

int td_challenge_decide(struct td_review *review, const char *challenge_id, const char *outcome,
                        const char *because, struct td_error *reterr)
{
    json_t *challenge = NULL;
    int rc = load_for_decision(review, challenge_id, &challenge, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(
        review->tx, NULL,
        "update challenge set outcome = $2, because = $3, decided_by = $4, decided_at = $5"
        " where id = $1",
        "sssss", challenge_id, outcome, because, review->who->id, review->now);
    if (rc == 0 && !strcmp(outcome, "dismissed"))
        rc = td_recusal_release(review, td_row_text(challenge, "application_id"), because);
    if (rc == 0)
        rc = td_row_log(review, "challenge.decide", "application",
                        td_row_text(challenge, "application_id"),
                        json_pack("{s:s, s:s, s:s}", "challenge", challenge_id, "outcome", outcome,
                                  "because", because));
    if (rc == 0)
        rc = tell(review, challenge, outcome);
    json_decref(challenge);
    return rc;
}
