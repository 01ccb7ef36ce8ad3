/* ballot.c - the secret vote. Writes `motion`, `ballot_cast` and `ballot`; see ballot.h for what
 * must never be written. */
#include "review/ballot.h"

#include "base/id.h"
#include "base/seal.h"
#include "review/application.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/meeting.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

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

/* --- putting to the vote ---------------------------------------------------------------------- */

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

/* --- voting ----------------------------------------------------------------------------------- */

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
    char *choice; /* sealed */
};

static int by_id(const void *left, const void *right)
{
    return strcmp(((const struct paper *)left)->id, ((const struct paper *)right)->id);
}

/* The letter that stands for a choice in the store, sealed: all choices have one length, and no two
 * sealed ones are alike, so whoever follows the store vote by vote learns nothing. */
static char *seal_letter(const struct td_seal_key *key, char letter)
{
    char text[2] = {letter, 0};
    return td_seal(key, text);
}

/* 'y', 'n' or 'a'; 0 when it was not sealed with this key. */
static char open_letter(const struct td_seal_key *key, const json_t *ballot)
{
    char *text = td_unseal(key, td_row_text(ballot, "choice"));
    char letter = text ? text[0] : 0;
    free(text);
    return letter;
}

static int lost_key(struct td_error *reterr)
{
    return td_error_set(reterr, TD_EINTERNAL, "a ballot does not open with this server's key");
}

/* One paper for each ballot of before and one for the new letter, all sealed anew. */
static int make_papers(struct td_review *review, const json_t *before, char letter,
                       struct paper *papers, struct td_error *reterr)
{
    size_t count = json_array_size(before) + 1;
    for (size_t i = 0; i < count; i++) {
        char each = letter;
        if (i + 1 < count && !(each = open_letter(review->seal, json_array_get(before, i))))
            return lost_key(reterr);
        td_id_random_hex(papers[i].id, 16);
        papers[i].choice = seal_letter(review->seal, each);
        if (!papers[i].choice)
            return TD_ENOMEM;
    }
    qsort(papers, count, sizeof(*papers), by_id);
    return 0;
}

static int replace_papers(struct td_tx *tx, const char *motion_id, const struct paper *papers,
                          size_t count)
{
    int rc = td_tx_exec(tx, NULL, "delete from ballot where motion_id = $1", "s", motion_id);
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = td_tx_exec(tx, NULL, "insert into ballot (id, motion_id, choice) values ($1, $2, $3)",
                        "sss", papers[i].id, motion_id, papers[i].choice);
    return rc;
}

/* Writes all ballots of a motion anew, with the new choice among them, sealed again and in the
 * order of fresh random ids. */
static int shuffle_in(struct td_review *review, const char *motion_id, const char *choice,
                      struct td_error *reterr)
{
    enum { ROOM = 512 };
    json_t *before = NULL;
    int rc = td_tx_rows(review->tx, &before, "select choice from ballot where motion_id = $1", "s",
                        motion_id);
    if (rc < 0)
        return rc;
    size_t count = json_array_size(before) + 1;
    struct paper *papers = count <= ROOM ? calloc(count, sizeof(*papers)) : NULL;
    rc = papers ? make_papers(review, before, choice[0], papers, reterr) : TD_ENOMEM;
    if (rc == 0)
        rc = replace_papers(review->tx, motion_id, papers, count);
    for (size_t i = 0; papers && i < count; i++)
        free(papers[i].choice);
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
    return rc < 0 ? rc : shuffle_in(review, motion_id, choice, reterr);
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
    if (!seat.member || !seat.attends)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "not_present", NULL);
    else
        rc = td_committee_check_voter(review->who, td_row_text(meeting, "series"), reterr);
    json_decref(meeting);
    if (rc < 0)
        return rc;
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

/* --- counting --------------------------------------------------------------------------------- */

struct tally {
    int64_t present, voters, cast, yes, no, abstain;
};

static int tally_up(struct td_review *review, const json_t *meeting, const json_t *motion,
                    bool strict, struct tally *tally, struct td_error *reterr)
{
    const char *id = td_row_text(motion, "id");
    json_t *ballots = NULL, *ballot = NULL;
    size_t i;
    int rc = td_tx_int(review->tx, &tally->voters,
                       "select " TD_BALLOT_VOTERS_SQL " from motion o join application a"
                       " on a.id = o.application_id where o.id = $1",
                       "s", id);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &ballots, "select choice from ballot where motion_id = $1", "s",
                        id);
    if (rc < 0)
        return rc;
    tally->cast = (int64_t)json_array_size(ballots);
    tally->present = strict ? td_row_int(meeting, "present") : tally->voters;
    json_array_foreach(ballots, i, ballot) {
        char letter = open_letter(review->seal, ballot);
        tally->yes += letter == 'y';
        tally->no += letter == 'n';
        tally->abstain += letter == 'a';
    }
    json_decref(ballots);
    return tally->yes + tally->no + tally->abstain == tally->cast ? 0 : lost_key(reterr);
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
        rc = tally_up(review, meeting, row, strict, &tally, reterr);
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
