/* ballot_cast.c - voting. Owns `paper` and `election_voter.voted`; see ballot.h for what must never
 * be written. */
#include "review/application.h"
#include "review/ballot.h"
#include "review/ballot_rows.h"
#include "review/integrity.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

/* --- what the caller votes on ----------------------------------------------------------------- */

static int motions_of(struct td_review *review, const char *election_id, bool cast,
                      json_t **ret_motions)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select o.id, o.sequence, a.id as application_id, a.number, c.name, u.name as unit_name,"
        " a.series, a.specialty, a.level, s.total from motion o"
        " join application a on a.id = o.application_id join account c on c.id = a.account_id"
        " join unit u on u.id = a.unit_id left join score s on s.id = a.score_id"
        " where o.election_id = $1 order by o.question",
        "s", election_id);
    json_array_foreach(rows, i, row) {
        json_object_set_new(row, "cast", json_boolean(cast));
        td_application_name(review, row);
    }
    if (rc == 0)
        *ret_motions = rows;
    return rc;
}

int td_ballot_mine(struct td_review *review, const char *meeting_id, json_t **ret_elections,
                   struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL, *barred = NULL;
    struct td_meeting_seat seat;
    size_t i;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    json_decref(rc < 0 ? NULL : meeting);
    if (rc == 0)
        rc = td_integrity_barred(review->tx, review->who->id, review->today, TD_INTEGRITY_JUDGING,
                                 &barred);
    if (rc == 0 && seat.member && seat.attends && !barred)
        rc = td_tx_rows(review->tx, &rows,
                        "select e.id, e.number, e.state as election_state, e.uuid, e.election,"
                        " e.trustees, e.fingerprint, v.registered, v.voted from election e"
                        " join election_voter v on v.election_id = e.id and v.account_id = $2"
                        " where e.meeting_id = $1 and e.state in ('registering', 'voting')"
                        " and " TD_BALLOT_FREE_SQL " order by e.number",
                        "ss", meeting_id, review->who->id);
    json_array_foreach(rows, i, row) {
        json_t *list = NULL;
        bool cast = td_row_int(row, "voted") || td_row_bool(row, "voted"),
             registered = td_row_int(row, "registered") || td_row_bool(row, "registered");
        if (rc == 0)
            rc = motions_of(review, td_row_text(row, "id"), cast, &list);
        json_object_set_new(row, "motions", list ? list : json_array());
        json_object_set_new(row, "cast", json_boolean(cast));
        json_object_set_new(row, "registered", json_boolean(registered));
        json_object_del(row, "voted");
        bool voting = !strcmp(td_row_text(row, "election_state"), "voting");
        json_object_set_new(row, "can_register", json_boolean(!voting && !registered));
        json_object_set_new(row, "can_vote", json_boolean(voting && registered && !cast));
        json_object_set_new(row, "left_out", json_boolean(voting && !registered));
    }
    if (rc == 0)
        *ret_elections = rows ? rows : json_array();
    else
        json_decref(rows);
    json_decref(barred);
    return rc;
}

/* --- casting ---------------------------------------------------------------------------------- */

static int count_mine(struct td_review *review, const char *meeting_id, const char *sql,
                      int64_t *ret_count)
{
    return td_tx_int(review->tx, ret_count, sql, "ss", meeting_id, review->who->id);
}

/* Why the caller has nothing to vote on. */
static int refuse(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    int64_t voted = 0, any = 0, voting = 0;
    int rc = count_mine(review, meeting_id,
                        "select count(*) from election e join election_voter v"
                        " on v.election_id = e.id and v.account_id = $2"
                        " where e.meeting_id = $1 and e.state = 'voting' and v.voted",
                        &voted);
    if (rc == 0)
        rc = count_mine(review, meeting_id,
                        "select count(*) from election e join election_voter v"
                        " on v.election_id = e.id and v.account_id = $2 where e.meeting_id = $1"
                        " and e.state in ('registering', 'voting') and " TD_BALLOT_FREE_SQL,
                        &any);
    if (rc == 0)
        rc = td_tx_int(review->tx, &voting,
                       "select count(*) from election where meeting_id = $1"
                       " and state in ('registering', 'voting')",
                       "s", meeting_id);
    if (rc < 0)
        return rc;
    if (voted > 0)
        return td_error_key(reterr, TD_ECONFLICT, "already_voted", NULL);
    if (voting > 0 && any == 0)
        return td_error_key(reterr, TD_EFORBIDDEN, "recused", NULL);
    return td_error_key(reterr, TD_ECONFLICT, "not_voting", NULL);
}

static int add_questions(struct td_tx *tx, json_t *election)
{
    json_t *rows = NULL, *row = NULL, *ids = json_array();
    size_t i;
    int rc = td_tx_rows(tx, &rows, "select id from motion where election_id = $1 order by question",
                        "s", td_row_text(election, "id"));
    json_array_foreach(rows, i, row)
        json_array_append(ids, json_object_get(row, "id"));
    json_object_set_new(election, "motions", ids);
    json_decref(rows);
    return rc;
}

int td_ballot_prepare_cast(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                           struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_ballot_load_voter(review, meeting_id, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_rows(review->tx, &rows,
                    "select e.id, e.number, e.election, e.credentials from election e"
                    " join election_voter v on v.election_id = e.id and v.account_id = $2"
                    " where e.meeting_id = $1 and e.state = 'voting' and v.registered"
                    " and not v.voted and " TD_BALLOT_FREE_SQL " order by e.number",
                    "ss", meeting_id, review->who->id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = add_questions(review->tx, row);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = refuse(review, meeting_id, reterr);
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    *ret_kept = json_pack("{s:o}", "elections", rows);
    return *ret_kept ? 0 : TD_ENOMEM;
}

int td_ballot_papers(struct td_tx *tx, const char *election_id, json_t **ret_texts)
{
    json_t *rows = NULL, *row = NULL, *texts = json_array();
    size_t i;
    int rc =
        td_tx_rows(tx, &rows, "select paper from paper where election_id = $1 order by credential",
                   "s", election_id);
    json_array_foreach(rows, i, row)
        json_array_append(texts, json_object_get(row, "paper"));
    json_decref(rows);
    if (rc < 0)
        json_decref(texts);
    else
        *ret_texts = texts;
    return rc;
}

static int insert(struct td_tx *tx, const char *election_id, const json_t *row)
{
    return td_tx_exec(
        tx, NULL, "insert into paper (election_id, credential, paper) values ($1, $2, $3)", "sss",
        election_id, td_row_text(row, "credential"), td_row_text(row, "paper"));
}

/* Writes all papers of an election anew with this one among them. */
static int shuffle_in(struct td_tx *tx, const char *id, const json_t *paper,
                      struct td_error *reterr)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = insert(tx, id, paper);
    if (rc == TD_ECONFLICT)
        return td_error_key(reterr, TD_ECONFLICT, "code_used", NULL);
    if (rc == 0)
        rc = td_tx_rows(tx, &rows,
                        "select credential, paper from paper where election_id = $1"
                        " order by credential",
                        "s", id);
    if (rc == 0)
        rc = td_tx_exec(tx, NULL, "delete from paper where election_id = $1", "s", id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = insert(tx, id, row);
    json_decref(rows);
    return rc;
}

/* `kept` is what the caller may vote in now: since the paper was made he may have been challenged.
 */
static int cast_one(struct td_review *review, const json_t *kept, const json_t *paper,
                    struct td_error *reterr)
{
    const char *id = td_row_text(paper, "id");
    int64_t changed = 0;
    if (!td_ballot_find(kept, id))
        return td_error_key(reterr, TD_ECONFLICT, "not_voting", NULL);
    int rc = td_tx_exec(review->tx, &changed,
                        "update election_voter set voted = true where election_id = $1"
                        " and account_id = $2 and registered and not voted and exists"
                        " (select 1 from election e where e.id = $1 and e.state = 'voting')",
                        "ss", id, review->who->id);
    if (rc == 0 && changed != 1)
        rc = td_error_key(reterr, TD_ECONFLICT, "not_voting", NULL);
    return rc < 0 ? rc : shuffle_in(review->tx, id, paper, reterr);
}

int td_ballot_cast(struct td_review *review, const char *meeting_id, const json_t *papers,
                   struct td_error *reterr)
{
    json_t *kept = NULL, *paper = NULL;
    size_t i;
    int rc = td_ballot_prepare_cast(review, meeting_id, &kept, reterr);
    if (rc == 0 && json_array_size(papers) == 0)
        rc = td_error_field(reterr, "papers", "required", "no vote was given");
    json_array_foreach((json_t *)papers, i, paper)
        if (rc == 0)
            rc = cast_one(review, kept, paper, reterr);
    json_decref(kept);
    return rc;
}
