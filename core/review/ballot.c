/* ballot.c - the secret vote. Writes `motion`, `ballot_cast` and `ballot`; see ballot.h for what
 * must never be written. */
#include "review/ballot.h"

#include "base/id.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/meeting.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

/* A member of the committee who was here when the meeting opened; alias t of attendance, g of
 * meeting. */
#define PRESENT_SQL                                                                                \
    " attendance t join meeting g on g.id = t.meeting_id join committee_member k"                  \
    " on k.committee_id = g.committee_id and k.account_id = t.account_id "

static int load_open(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                     struct td_meeting_seat *seat, struct td_error *reterr)
{
    json_t *meeting = NULL;
    int rc = td_meeting_load(review, meeting_id, &meeting, seat, reterr);
    if (rc < 0)
        return rc;
    if (strcmp(td_row_text(meeting, "state"), "open")) {
        rc = td_error_key(reterr, TD_ECONFLICT, "meeting_state",
                          json_pack("{s:s}", "meeting_state", td_row_text(meeting, "state")));
        json_decref(meeting);
        return rc;
    }
    *ret_meeting = meeting;
    return 0;
}

static bool listed(const json_t *motions, const char *id)
{
    size_t i;
    json_t *one = NULL;
    json_array_foreach((json_t *)motions, i, one)
        if (json_is_string(one) && !strcmp(json_string_value(one), id))
            return true;
    return false;
}

int td_ballot_voters(struct td_tx *tx, const char *motion_id, int64_t *ret_voters)
{
    return td_tx_int(
        tx, ret_voters,
        "select count(*) from motion o join application a on a.id = o.application_id"
        ", " PRESENT_SQL
        " where o.id = $1 and g.id = o.meeting_id and not " TD_RECUSAL_SQL("t.account_id"),
        "s", motion_id);
}

/* --- putting to the vote
 * -------------------------------------------------------------------------- */

int td_ballot_open(struct td_review *review, const char *meeting_id, const json_t *motions,
                   int64_t *ret_opened, struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL;
    struct td_meeting_seat seat;
    size_t i;
    int rc = load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    if (!seat.leads && !seat.office)
        return td_error_key(reterr, TD_EFORBIDDEN, "chair_or_office", NULL);
    rc = td_tx_rows(
        review->tx, &rows,
        "select id from motion where meeting_id = $1 and state = 'waiting' order by sequence", "s",
        meeting_id);
    *ret_opened = 0;
    json_array_foreach(rows, i, row) {
        if (rc < 0 || (motions && !listed(motions, td_row_text(row, "id"))))
            continue;
        rc = td_tx_exec(review->tx, NULL, "update motion set state = 'voting' where id = $1", "s",
                        td_row_text(row, "id"));
        ++*ret_opened;
    }
    json_decref(rows);
    if (rc == 0 && *ret_opened == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_vote", NULL);
    if (rc == 0)
        rc = td_row_log(review, "motion.open", "meeting", meeting_id,
                        json_pack("{s:I}", "count", *ret_opened));
    if (rc == 0)
        rc = td_row_live(review->tx, "meeting", meeting_id);
    return rc;
}

/* --- voting
 * --------------------------------------------------------------------------------------- */

int td_ballot_mine(struct td_review *review, const char *meeting_id, json_t **ret_motions,
                   struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    if (!seat.attends || !seat.member) {
        *ret_motions = json_array();
        return 0;
    }
    json_t *rows = NULL, *row = NULL;
    size_t i;
    rc = td_tx_rows(
        review->tx, &rows,
        "select o.id, o.sequence, a.id as application_id, a.number, c.name, u.name as unit_name,"
        " a.series, a.specialty, a.level, s.total, case when b.motion_id is null then 0 else 1 end "
        "as voted"
        " from motion o join application a on a.id = o.application_id"
        " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
        " left join score s on s.id = a.score_id"
        " left join ballot_cast b on b.motion_id = o.id and b.account_id = $2"
        " where o.meeting_id = $1 and o.state = 'voting' and not " TD_RECUSAL_SQL(
            "$2") " order by o.sequence",
        "ss", meeting_id, review->who->id);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        json_object_set_new(row, "cast", json_boolean(td_row_int(row, "voted")));
        json_object_del(row, "voted");
        td_application_name(review, row);
    }
    *ret_motions = rows;
    return 0;
}

static int check_motion(struct td_review *review, const char *meeting_id, const char *motion_id,
                        struct td_error *reterr)
{
    json_t *motion = NULL;
    int rc =
        td_tx_row(review->tx, &motion, "select * from motion where id = $1 and meeting_id = $2",
                  "ss", motion_id, meeting_id);
    if (rc < 0)
        return rc;
    if (strcmp(td_row_text(motion, "state"), "voting"))
        rc = td_error_key(reterr, TD_ECONFLICT, "motion_state",
                          json_pack("{s:s}", "motion_state", td_row_text(motion, "state")));
    bool recused = false;
    if (rc == 0)
        rc = td_recusal_check(review->tx, review->who->id, td_row_text(motion, "application_id"),
                              &recused);
    json_decref(motion);
    if (rc == 0 && recused)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "recused", NULL);
    return rc;
}

struct paper {
    char id[33];
    const char *choice;
};

static int by_id(const void *left, const void *right)
{
    return strcmp(((const struct paper *)left)->id, ((const struct paper *)right)->id);
}

/* Writes all ballots of a motion anew, with the new choice among them, in the order of fresh random
 * ids. */
static int shuffle_in(struct td_tx *tx, const char *motion_id, const char *choice)
{
    enum { ROOM = 512 };
    json_t *before = NULL;
    int rc =
        td_tx_rows(tx, &before, "select choice from ballot where motion_id = $1", "s", motion_id);
    if (rc < 0)
        return rc;
    size_t count = json_array_size(before) + 1;
    struct paper *papers = count <= ROOM ? calloc(count, sizeof(*papers)) : NULL;
    if (!papers) {
        json_decref(before);
        return TD_ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        td_id_random_hex(papers[i].id, 16);
        papers[i].choice =
            i + 1 < count ? td_row_text(json_array_get(before, i), "choice") : choice;
    }
    qsort(papers, count, sizeof(*papers), by_id);
    rc = td_tx_exec(tx, NULL, "delete from ballot where motion_id = $1", "s", motion_id);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = td_tx_exec(tx, NULL, "insert into ballot (id, motion_id, choice) values ($1, $2, $3)",
                        "sss", papers[i].id, motion_id, papers[i].choice);
    free(papers);
    json_decref(before);
    return rc;
}

static int cast_one(struct td_review *review, const char *meeting_id, const char *motion_id,
                    const char *choice, struct td_error *reterr)
{
    if (strcmp(choice, "yes") && strcmp(choice, "no") && strcmp(choice, "abstain"))
        return td_error_field(reterr, "choices", "choice", "yes, no or abstain");
    int rc = check_motion(review, meeting_id, motion_id, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(review->tx, NULL,
                    "insert into ballot_cast (motion_id, account_id) values ($1, $2)", "ss",
                    motion_id, review->who->id);
    if (rc == TD_ECONFLICT)
        return td_error_key(reterr, TD_ECONFLICT, "already_voted", NULL);
    return rc < 0 ? rc : shuffle_in(review->tx, motion_id, choice);
}

int td_ballot_cast(struct td_review *review, const char *meeting_id, const json_t *choices,
                   struct td_error *reterr)
{
    json_t *meeting = NULL, *choice = NULL;
    struct td_meeting_seat seat;
    const char *motion_id;
    int rc = load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    if (!seat.member || !seat.attends)
        return td_error_key(reterr, TD_EFORBIDDEN, "not_present", NULL);
    int64_t cast = 0;
    json_object_foreach((json_t *)choices, motion_id, choice) {
        const char *word = json_string_value(choice);
        if (word && !*word)
            continue; /* a form sends every motion, also those not chosen yet */
        rc = cast_one(review, meeting_id, motion_id, word ? word : "", reterr);
        if (rc < 0)
            return rc;
        cast++;
    }
    if (cast == 0)
        return td_error_field(reterr, "choices", "required", "no vote was given");
    return td_row_live(review->tx, "meeting", meeting_id);
}

/* --- counting
 * ------------------------------------------------------------------------------------- */

struct tally {
    int64_t present, voters, cast, yes, no, abstain;
};

static int tally_up(struct td_review *review, const json_t *meeting, const json_t *motion,
                    bool strict, struct tally *tally)
{
    const char *id = td_row_text(motion, "id");
    json_t *row = NULL;
    int rc = td_ballot_voters(review->tx, id, &tally->voters);
    if (rc == 0)
        rc = td_tx_row(
            review->tx, &row,
            "select count(*) as votes, coalesce(sum(case choice when 'yes' then 1 else 0 end), 0)"
            " as yes, coalesce(sum(case choice when 'no' then 1 else 0 end), 0) as no,"
            " coalesce(sum(case choice when 'abstain' then 1 else 0 end), 0) as abstain"
            " from ballot where motion_id = $1",
            "s", id);
    if (rc < 0)
        return rc;
    tally->cast = td_row_int(row, "votes");
    tally->yes = td_row_int(row, "yes");
    tally->no = td_row_int(row, "no");
    tally->abstain = td_row_int(row, "abstain");
    tally->present = strict ? td_row_int(meeting, "present") : tally->voters;
    json_decref(row);
    return 0;
}

/* The result is the committee's, so the workflow's row belongs to the system, not to who counts. */
static int decide(struct td_review *review, const char *application_id, bool passed,
                  struct td_error *reterr)
{
    struct td_review as_system = *review;
    as_system.who = NULL;
    return td_workflow_apply(&as_system, application_id, passed ? "pass" : "fail", NULL, NULL,
                             reterr);
}

static int count_one(struct td_review *review, const json_t *motion, const struct tally *tally,
                     struct td_error *reterr)
{
    bool passed = td_meeting_passes(tally->present, tally->yes);
    int rc = td_tx_exec(
        review->tx, NULL,
        "update motion set state = 'counted', present = $2, yes = $3, no = $4, abstain = $5,"
        " passed = $6, counted_at = $7 where id = $1",
        "siiiibs", td_row_text(motion, "id"), tally->present, tally->yes, tally->no, tally->abstain,
        (int)passed, review->now);
    if (rc == 0)
        rc = td_row_log(review, "motion.count", "motion", td_row_text(motion, "id"),
                        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "application",
                                  td_row_text(motion, "application_id"), "present", tally->present,
                                  "cast", tally->cast, "yes", tally->yes, "no", tally->no,
                                  "abstain", tally->abstain, "passed", (int)passed));
    return rc < 0 ? rc : decide(review, td_row_text(motion, "application_id"), passed, reterr);
}

static int count_all(struct td_review *review, const json_t *meeting, const json_t *rows,
                     const json_t *motions, bool early, int64_t *ret_counted,
                     struct td_error *reterr)
{
    json_t *cycle = NULL, *row = NULL;
    size_t i;
    int rc = td_cycle_load(review->tx, td_row_text(meeting, "cycle_id"), &cycle);
    if (rc < 0)
        return rc;
    bool strict = td_cycle_parameter(cycle, "recused_count_present", 1);
    json_decref(cycle);
    json_array_foreach((json_t *)rows, i, row) {
        struct tally tally = {0};
        if (motions && !listed(motions, td_row_text(row, "id")))
            continue;
        rc = tally_up(review, meeting, row, strict, &tally);
        if (rc == 0 && tally.cast < tally.voters && !early) {
            if (!motions)
                continue;
            rc = td_error_key(reterr, TD_ECONFLICT, "votes_missing",
                              json_pack("{s:I, s:I}", "cast", tally.cast, "voters", tally.voters));
        }
        if (rc == 0)
            rc = count_one(review, row, &tally, reterr);
        if (rc < 0)
            return rc;
        ++*ret_counted;
    }
    return 0;
}

int td_ballot_count(struct td_review *review, const char *meeting_id, const json_t *motions,
                    bool early, int64_t *ret_counted, struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL;
    struct td_meeting_seat seat;
    int rc = load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    if (!seat.leads && (early || !seat.office))
        rc = td_error_key(reterr, TD_EFORBIDDEN, early ? "chair_only" : "chair_or_office", NULL);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows,
            "select * from motion where meeting_id = $1 and state = 'voting' order by sequence",
            "s", meeting_id);
    *ret_counted = 0;
    if (rc == 0)
        rc = count_all(review, meeting, rows, motions, early, ret_counted, reterr);
    if (rc == 0 && *ret_counted == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_count", NULL);
    if (rc == 0)
        rc = td_row_live(review->tx, "meeting", meeting_id);
    json_decref(rows);
    json_decref(meeting);
    return rc;
}
