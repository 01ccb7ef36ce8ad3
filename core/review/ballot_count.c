/* ballot_count.c - the end of the vote, the trustees' factors and what follows from the result.
 * Owns `factor`. */
#include "review/ballot.h"
#include "review/ballot_rows.h"
#include "review/ballot_work.h"
#include "review/ceremony.h"
#include "review/meeting.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include "base/clock.h"
#include "base/json.h"

#include <string.h>

/* --- closing ---------------------------------------------------------------------------------- */

#define VOTED_SQL "(select count(*) from election_voter v where v.election_id = e.id and v.voted)"
#define LISTED_SQL                                                                                 \
    "(select count(*) from election_voter v where v.election_id = e.id and v.registered)"

static int refuse_close(struct td_tx *tx, const char *meeting_id, struct td_error *reterr)
{
    int64_t voted = 0, voters = 0;
    int rc = td_tx_int(tx, &voted,
                       "select sum(" VOTED_SQL ") from election e where meeting_id = $1"
                       " and state = 'voting'",
                       "s", meeting_id);
    if (rc == 0)
        rc = td_tx_int(tx, &voters,
                       "select sum(" LISTED_SQL ") from election e where meeting_id = $1"
                       " and state = 'voting'",
                       "s", meeting_id);
    if (rc < 0)
        return rc;
    if (voters == 0)
        return td_error_key(reterr, TD_ECONFLICT, "nothing_to_count", NULL);
    return td_error_key(reterr, TD_ECONFLICT, "votes_missing",
                        json_pack("{s:I, s:I}", "cast", voted, "voters", voters));
}

int td_ballot_prepare_close(struct td_review *review, const char *meeting_id, bool early,
                            json_t **ret_kept, struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_ballot_load_run(review, meeting_id, early, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_rows(review->tx, &rows,
                    "select e.id, e.election from election e where e.meeting_id = $1"
                    " and e.state = 'voting' and ($2 or " VOTED_SQL " = " LISTED_SQL ")"
                    " order by e.number",
                    "sb", meeting_id, (int)early);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = refuse_close(review->tx, meeting_id, reterr);
    json_array_foreach(rows, i, row) {
        json_t *papers = NULL;
        if (rc == 0)
            rc = td_ballot_papers(review->tx, td_row_text(row, "id"), &papers);
        json_object_set_new(row, "papers", papers ? papers : json_array());
    }
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    *ret_kept = json_pack("{s:o}", "elections", rows);
    return *ret_kept ? 0 : TD_ENOMEM;
}

static int close_one(struct td_review *review, const json_t *one, struct td_error *reterr)
{
    const char *id = td_row_text(one, "id");
    int64_t papers = 0, voted = 0, changed = 0;
    int rc = td_tx_int(review->tx, &papers, "select count(*) from paper where election_id = $1",
                       "s", id);
    if (rc == 0)
        rc = td_tx_int(review->tx, &voted,
                       "select count(*) from election_voter where election_id = $1 and voted", "s",
                       id);
    if (rc == 0 && papers != td_row_int(one, "papers"))
        return td_error_key(reterr, TD_ESTALE, "elections_moved", NULL);
    if (rc == 0 && papers != voted) /* more papers than voters, or fewer: not an election */
        return td_error_set(reterr, TD_EINTERNAL, "election %s: %lld papers of %lld voters", id,
                            (long long)papers, (long long)voted);
    if (rc == 0)
        rc = td_tx_exec(review->tx, &changed,
                        "update election set state = 'closed', sums = $2, archived_at = $3"
                        " where id = $1 and state = 'voting'",
                        "ssi", id, td_row_text(one, "sums"), td_clock_now_ms() / 1000);
    if (rc == 0 && changed != 1)
        rc = td_error_key(reterr, TD_ESTALE, "elections_moved", NULL);
    return rc < 0 ? rc
                  : td_row_log(review, "election.close", "election", id,
                               json_pack("{s:I}", "papers", (json_int_t)papers));
}

int td_ballot_close(struct td_review *review, const char *meeting_id, const json_t *sums,
                    int64_t *ret_closed, struct td_error *reterr)
{
    json_t *meeting = NULL, *one = NULL;
    size_t i;
    int rc = td_ballot_load_run(review, meeting_id, false, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    json_array_foreach((json_t *)sums, i, one)
        if (rc == 0)
            rc = close_one(review, one, reterr);
    *ret_closed = (int64_t)json_array_size(sums);
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}

/* --- factors ---------------------------------------------------------------------------------- */

static int load_factors(struct td_tx *tx, const char *election_id, json_t **ret_factors)
{
    return td_tx_rows(tx, ret_factors,
                      "select number, factors from factor where election_id = $1 order by number",
                      "s", election_id);
}

static bool gave(const json_t *factors, int owner)
{
    size_t i;
    json_t *one = NULL;
    json_array_foreach((json_t *)factors, i, one)
        if (td_row_int(one, "number") == owner)
            return true;
    return false;
}

static int refuse_factors(const json_t *election, const json_t *factors, int owner,
                          struct td_error *reterr)
{
    if (owner == 0)
        return td_error_key(reterr, TD_EFORBIDDEN, "trustees_only", NULL);
    if (strcmp(td_row_text(election, "state"), "closed") != 0)
        return td_error_key(reterr, TD_ECONFLICT, "election_state",
                            json_pack("{s:s}", "election_state", td_row_text(election, "state")));
    return gave(factors, owner) ? td_error_key(reterr, TD_ECONFLICT, "factors_given", NULL) : 0;
}

/* The election and who has opened it so far, when the caller may do his part now. */
static int load_for_factors(struct td_review *review, const char *meeting_id, int number,
                            json_t **ret_election, struct td_error *reterr)
{
    json_t *meeting = NULL, *election = NULL, *factors = NULL;
    struct td_meeting_seat seat;
    int owner = 0;
    int rc = td_ballot_load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_row(review->tx, &election,
                   "select * from election where meeting_id = $1 and number = $2", "si", meeting_id,
                   (int64_t)number);
    if (rc == 0)
        rc = td_ceremony_number(review->tx, meeting_id, review->who->id, &owner);
    if (rc == 0)
        rc = load_factors(review->tx, td_row_text(election, "id"), &factors);
    if (rc == 0)
        rc = refuse_factors(election, factors, owner, reterr);
    if (rc == 0) {
        json_object_set_new(election, "owner", json_integer(owner));
        json_object_set(election, "factors", factors);
        *ret_election = json_incref(election);
    }
    json_decref(factors);
    json_decref(election);
    return rc;
}

int td_ballot_prepare_factors(struct td_review *review, const char *meeting_id, int number,
                              json_t **ret_kept, struct td_error *reterr)
{
    json_t *election = NULL, *papers = NULL;
    int rc = load_for_factors(review, meeting_id, number, &election, reterr);
    if (rc == 0)
        rc = td_ballot_papers(review->tx, td_row_text(election, "id"), &papers);
    if (rc < 0) {
        json_decref(election);
        return rc;
    }
    json_object_set_new(election, "papers", papers);
    *ret_kept = election;
    return 0;
}

/* --- the result ------------------------------------------------------------------------------- */

/* The result is the committee's, so the workflow's row belongs to the system, not to who opened it.
 */
static int decide(struct td_review *review, const char *application_id, bool passed,
                  struct td_error *reterr)
{
    struct td_review as_system = *review;
    as_system.who = NULL;
    return td_workflow_apply(&as_system, application_id, passed ? "pass" : "fail", NULL, NULL,
                             reterr);
}

static int count_motion(struct td_review *review, const json_t *motion, const json_t *counts,
                        int64_t of, int64_t voters, struct td_error *reterr)
{
    int64_t yes = json_integer_value(json_array_get(counts, 0)),
            no = json_integer_value(json_array_get(counts, 1)),
            abstain = json_integer_value(json_array_get(counts, 2));
    bool passed = td_meeting_passes(of, yes);
    int rc = td_tx_exec(
        review->tx, NULL,
        "update motion set state = 'counted', present = $2, yes = $3, no = $4, abstain = $5,"
        " passed = $6, counted_at = $7, voters = $8 where id = $1",
        "siiiibsi", td_row_text(motion, "id"), of, yes, no, abstain, (int)passed, review->now,
        voters);
    if (rc == 0)
        rc = td_row_log(review, "motion.count", "motion", td_row_text(motion, "id"),
                        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "application",
                                  td_row_text(motion, "application_id"), "present", of, "cast",
                                  yes + no + abstain, "yes", yes, "no", no, "abstain", abstain,
                                  "passed", (int)passed));
    return rc < 0 ? rc : decide(review, td_row_text(motion, "application_id"), passed, reterr);
}

/* How many the majority is of, as the election itself says. */
static int64_t denominator(const json_t *election)
{
    json_t *value = json_loads(td_row_text(election, "election"), 0, NULL);
    json_t *rule = json_loads(td_row_text(value, "description"), 0, NULL);
    int64_t of = td_row_int(rule, "of");
    json_decref(rule);
    json_decref(value);
    return of;
}

static int count_motions(struct td_review *review, const json_t *election, const char *result,
                         struct td_error *reterr)
{
    const char *id = td_row_text(election, "id");
    json_t *rows = NULL, *row = NULL, *value = json_loads(result, 0, NULL);
    int64_t voters = 0, of = denominator(election);
    size_t i;
    int rc = td_tx_int(review->tx, &voters,
                       "select count(*) from election_voter where election_id = $1", "s", id);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &rows,
                        "select * from motion where election_id = $1 order by question", "s", id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = count_motion(review, row, json_array_get(json_object_get(value, "result"), i), of,
                              voters, reterr);
    json_decref(rows);
    json_decref(value);
    return rc;
}

static int publish(struct td_review *review, const json_t *election, const json_t *checked,
                   struct td_error *reterr)
{
    const char *id = td_row_text(election, "id"), *result = td_row_text(checked, "result");
    int rc = td_tx_exec(review->tx, NULL,
                        "update election set state = 'counted', result = $2, head = $3"
                        " where id = $1",
                        "sss", id, result, td_row_text(checked, "head"));
    if (rc == 0)
        rc = td_row_log(
            review, "election.count", "election", id,
            json_pack("{s:s, s:O}", "result", result, "head", json_object_get(checked, "head")));
    return rc < 0 ? rc : count_motions(review, election, result, reterr);
}

int td_ballot_open_sums(struct td_review *review, const char *meeting_id, int number,
                        const json_t *checked, struct td_error *reterr)
{
    json_t *election = NULL;
    int owner = (int)td_row_int(checked, "owner");
    int rc = load_for_factors(review, meeting_id, number, &election, reterr);
    if (rc < 0)
        return rc;
    if (owner != td_row_int(election, "owner") ||
        (int64_t)json_array_size(json_object_get(election, "factors")) !=
            td_row_int(checked, "before"))
        rc = td_error_key(reterr, TD_ESTALE, "elections_moved", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into factor (election_id, number, factors) values ($1, $2, $3)",
                        "sis", td_row_text(election, "id"), (int64_t)owner,
                        td_row_text(checked, "factors"));
    if (rc == 0)
        rc = td_row_log(review, "election.factors", "election", td_row_text(election, "id"),
                        json_pack("{s:i}", "trustee", owner));
    if (rc == 0 && *td_row_text(checked, "result"))
        rc = publish(review, election, checked, reterr);
    json_decref(election);
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}

int td_ballot_announce(struct td_review *review, const char *meeting_id, int number,
                       struct td_error *reterr)
{
    json_t *meeting = NULL, *election = NULL;
    int rc = td_ballot_load_run(review, meeting_id, true, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_row(review->tx, &election,
                   "select * from election where meeting_id = $1 and number = $2", "si", meeting_id,
                   (int64_t)number);
    if (rc < 0)
        return rc;
    if (strcmp(td_row_text(election, "state"), "counted") != 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "election_state",
                          json_pack("{s:s}", "election_state", td_row_text(election, "state")));
    else if (*td_row_text(election, "announced_at"))
        rc = td_error_key(reterr, TD_ECONFLICT, "already_announced", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update election set announced_at = $2 where id = $1",
                        "ss", td_row_text(election, "id"), review->now);
    if (rc == 0)
        rc = td_row_log(review, "election.announce", "election", td_row_text(election, "id"),
                        json_pack("{s:O}", "head", json_object_get(election, "head")));
    json_decref(election);
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}
