/* ballot.c - elections put up, registered in, begun and annulled. Owns `election`, `election_voter`
 * and `credential`. */
#include "review/ballot.h"

#include "ballot/credential.h"
#include "ballot/election.h"
#include "base/id.h"
#include "base/json.h"
#include "review/ballot_rows.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/integrity.h"
#include "review/meeting.h"
#include "review/row.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

int td_ballot_load_open(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
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

int td_ballot_load_run(struct td_review *review, const char *meeting_id, bool chair_only,
                       json_t **ret_meeting, struct td_error *reterr)
{
    struct td_meeting_seat seat;
    json_t *meeting = NULL;
    int rc = td_ballot_load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_meeting_check_lead(review, &seat, !chair_only, reterr);
    if (rc < 0)
        json_decref(meeting);
    else
        *ret_meeting = meeting;
    return rc;
}

int td_ballot_load_voter(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                         struct td_error *reterr)
{
    struct td_meeting_seat seat;
    json_t *meeting = NULL;
    int rc = td_ballot_load_open(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    if (!seat.member || !seat.attends)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "not_present", NULL);
    else
        rc = td_committee_check_voter(review->who, td_row_text(meeting, "series"), reterr);
    if (rc == 0)
        rc = td_integrity_check(review, review->who->id, TD_INTEGRITY_JUDGING, reterr);
    if (rc < 0)
        json_decref(meeting);
    else
        *ret_meeting = meeting;
    return rc;
}

/* --- putting to the vote ---------------------------------------------------------------------- */

/* Dossiers that the same accounts may vote on. */
struct party {
    json_t *voters; /* their ids, sorted */
    json_t *motions, *titles;
};

struct hall {
    struct td_review *review;
    const json_t *meeting, *motions; /* motions: chosen ids, NULL = all */
    struct party *parties;
    size_t count;
    int64_t opened;
};

static void party_done(struct party *party)
{
    json_decref(party->voters);
    json_decref(party->motions);
    json_decref(party->titles);
}

static int voters_of(struct hall *hall, const char *application_id, json_t **ret_voters)
{
    json_t *rows = NULL, *row = NULL, *ids = json_array();
    size_t i;
    int rc =
        td_tx_rows(hall->review->tx, &rows,
                   "select t.account_id from attendance t join meeting g on g.id = t.meeting_id"
                   " join committee_member k on k.committee_id = g.committee_id and k.account_id = "
                   "t.account_id join application a on a.id = $2"
                   " where g.id = $1 and not " TD_INTEGRITY_BARRED_SQL(
                       "t.account_id",
                       "$3") " and not " TD_RECUSAL_SQL("t.account_id") " order by t.account_id",
                   "sss", td_row_text(hall->meeting, "id"), application_id, hall->review->today);
    json_array_foreach(rows, i, row)
        json_array_append(ids, json_object_get(row, "account_id"));
    json_decref(rows);
    *ret_voters = ids;
    return rc;
}

/* The party of these voters with room for one more dossier; takes over `voters`. */
static struct party *party_of(struct hall *hall, json_t *voters)
{
    for (size_t i = 0; i < hall->count; i++) {
        struct party *party = &hall->parties[i];
        if (json_array_size(party->motions) < TD_BALLOT_QUESTIONS &&
            json_equal(party->voters, voters)) {
            json_decref(voters);
            return party;
        }
    }
    struct party *grown = reallocarray(hall->parties, hall->count + 1, sizeof(*grown));
    if (!grown) {
        json_decref(voters);
        return NULL;
    }
    hall->parties = grown;
    grown[hall->count] = (struct party){voters, json_array(), json_array()};
    return &grown[hall->count++];
}

static int seat_motion(json_t *row, struct hall *hall, struct td_error *reterr)
{
    json_t *voters = NULL;
    if (hall->motions && !td_json_lists(hall->motions, td_row_text(row, "id")))
        return 0;
    int rc = voters_of(hall, td_row_text(row, "application_id"), &voters);
    if (rc == 0 && json_array_size(voters) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "no_voters",
                          json_pack("{s:O}", "sequence", json_object_get(row, "sequence")));
    if (rc < 0) {
        json_decref(voters);
        return rc;
    }
    struct party *party = party_of(hall, voters);
    if (!party)
        return TD_ENOMEM;
    json_array_append(party->motions, json_object_get(row, "id"));
    json_array_append_new(party->titles, json_sprintf("%d. %s", (int)td_row_int(row, "sequence"),
                                                      td_row_text(row, "number")));
    hall->opened++;
    return 0;
}

static int seat_motions(struct hall *hall, struct td_error *reterr)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(hall->review->tx, &rows,
                        "select o.id, o.sequence, o.application_id, a.number from motion o"
                        " join application a on a.id = o.application_id"
                        " where o.meeting_id = $1 and o.state = 'waiting' order by o.sequence",
                        "s", td_row_text(hall->meeting, "id"));
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = seat_motion(row, hall, reterr);
    json_decref(rows);
    return rc;
}

/* 3·yes >= 2·of. Strict: who must recuse himself is present and has not agreed. */
static int rule_of(struct hall *hall, int voters, struct td_election_rule *ret)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load(hall->review->tx, td_row_text(hall->meeting, "cycle_id"), &cycle);
    if (rc < 0)
        return rc;
    bool strict = td_cycle_parameter(cycle, "recused_count_present", 1) != 0;
    int present = (int)td_row_int(hall->meeting, "present");
    json_decref(cycle);
    *ret = (struct td_election_rule){.members = (int)td_row_int(hall->meeting, "members"),
                                     .present = present,
                                     .of = strict ? present : voters,
                                     .quorum = {TD_MEETING_PARTS, TD_MEETING_WHOLE},
                                     .majority = {TD_MEETING_PARTS, TD_MEETING_WHOLE}};
    return 0;
}

static char *election_text(const json_t *meeting, const struct td_election_rule *rule,
                           const char *uuid, int64_t number, const json_t *titles)
{
    struct td_group *group = td_group_new();
    char *text = NULL;
    if (!group)
        return NULL;
    td_group_start(group);
    BIGNUM *y = td_group_number(group);
    json_t *name = json_sprintf("%s %s %d", td_row_text(meeting, "committee_name"),
                                td_row_text(meeting, "name"), (int)number);
    if (td_group_read_again(group, y, json_object_get(meeting, "public_key")) && name)
        text = td_election_make(group, uuid, json_string_value(name), rule, y, titles);
    json_decref(name);
    td_group_end(group);
    td_group_free(group);
    return text;
}

static int add_voters(struct td_tx *tx, const char *id, const struct party *party)
{
    size_t i;
    json_t *voter = NULL, *motion = NULL;
    int rc = 0;
    json_array_foreach(party->voters, i, voter)
        if (rc == 0)
            rc = td_tx_exec(tx, NULL,
                            "insert into election_voter (election_id, account_id) values ($1, $2)",
                            "ss", id, json_string_value(voter));
    json_array_foreach(party->motions, i, motion)
        if (rc == 0)
            rc = td_tx_exec(tx, NULL,
                            "update motion set state = 'voting', election_id = $2, question = $3"
                            " where id = $1",
                            "ssi", json_string_value(motion), id, (int64_t)i);
    return rc;
}

static int put_up(struct hall *hall, const struct party *party, int64_t number)
{
    struct td_review *review = hall->review;
    struct td_election_rule rule;
    char id[TD_ID_TEXT], uuid[TD_CREDENTIAL_UUID_ROOM], fingerprint[TD_ELECTION_FINGERPRINT + 1];
    int rc = rule_of(hall, (int)json_array_size(party->voters), &rule);
    if (rc < 0)
        return rc;
    td_id_new(id);
    td_credential_uuid(uuid);
    char *text = election_text(hall->meeting, &rule, uuid, number, party->titles);
    if (!text)
        return TD_ENOMEM;
    td_election_fingerprint(text, strlen(text), fingerprint);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into election (id, meeting_id, number, uuid, election, trustees, "
                    "fingerprint) values ($1, $2, $3, $4, $5, $6, $7)",
                    "ssissss", id, td_row_text(hall->meeting, "id"), number, uuid, text,
                    td_row_text(hall->meeting, "trustees"), fingerprint);
    free(text);
    if (rc == 0)
        rc = add_voters(review->tx, id, party);
    if (rc == 0)
        rc = td_row_log(review, "election.open", "election", id,
                        json_pack("{s:O, s:I, s:s, s:I, s:I}", "meeting",
                                  json_object_get(hall->meeting, "id"), "number", number,
                                  "fingerprint", fingerprint, "voters",
                                  (json_int_t)json_array_size(party->voters), "motions",
                                  (json_int_t)json_array_size(party->motions)));
    return rc;
}

static int put_all_up(struct hall *hall)
{
    int64_t last = 0;
    int rc =
        td_tx_int(hall->review->tx, &last, "select max(number) from election where meeting_id = $1",
                  "s", td_row_text(hall->meeting, "id"));
    for (size_t i = 0; i < hall->count && rc == 0; i++)
        rc = put_up(hall, &hall->parties[i], last + 1 + (int64_t)i);
    return rc;
}

int td_ballot_open(struct td_review *review, const char *meeting_id, const json_t *motions,
                   int64_t *ret_opened, struct td_error *reterr)
{
    json_t *meeting = NULL;
    int rc = td_ballot_load_run(review, meeting_id, false, &meeting, reterr);
    if (rc < 0)
        return rc;
    struct hall hall = {.review = review, .meeting = meeting, .motions = motions};
    rc = seat_motions(&hall, reterr);
    if (rc == 0 && hall.opened == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_vote", NULL);
    if (rc == 0 && !*td_row_text(meeting, "public_key"))
        rc = td_error_key(reterr, TD_ECONFLICT, "no_key", NULL);
    if (rc == 0)
        rc = put_all_up(&hall);
    for (size_t i = 0; i < hall.count; i++)
        party_done(&hall.parties[i]);
    free(hall.parties);
    json_decref(meeting);
    *ret_opened = hall.opened;
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}

/* --- credentials ------------------------------------------------------------------------------ */

int td_ballot_prepare_keys(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                           struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL;
    int64_t done = 0;
    int rc = td_ballot_load_voter(review, meeting_id, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_rows(review->tx, &rows,
                    "select e.id, e.uuid from election e join election_voter v"
                    " on v.election_id = e.id and v.account_id = $2 where e.meeting_id = $1"
                    " and e.state = 'registering' and not v.registered and " TD_BALLOT_FREE_SQL
                    " order by e.number",
                    "ss", meeting_id, review->who->id);
    if (rc == 0)
        rc = td_tx_int(review->tx, &done,
                       "select count(*) from election e join election_voter v"
                       " on v.election_id = e.id and v.account_id = $2 where e.meeting_id = $1"
                       " and e.state in ('registering', 'voting') and v.registered",
                       "ss", meeting_id, review->who->id);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, done > 0 ? "already_registered" : "not_registering",
                          NULL);
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    *ret_kept = json_pack("{s:o}", "elections", rows);
    return *ret_kept ? 0 : TD_ENOMEM;
}

/* Writes the list anew with the key among the others, in the order of the keys: neither the order
 * of rows nor their age says which came last. */
static int list_key(struct td_tx *tx, const char *election_id, const char *key,
                    struct td_error *reterr)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_exec(tx, NULL, "insert into credential (election_id, key) values ($1, $2)", "ss",
                        election_id, key);
    if (rc == TD_ECONFLICT)
        return td_error_field(reterr, "keys", "credential_key", "this key is on the list already");
    if (rc == 0)
        rc = td_tx_rows(tx, &rows, "select key from credential where election_id = $1 order by key",
                        "s", election_id);
    if (rc == 0)
        rc =
            td_tx_exec(tx, NULL, "delete from credential where election_id = $1", "s", election_id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = td_tx_exec(tx, NULL, "insert into credential (election_id, key) values ($1, $2)",
                            "ss", election_id, td_row_text(row, "key"));
    json_decref(rows);
    return rc;
}

/* Fixes the list: from here on the election has these voters. */
static int begin_vote(struct td_review *review, const char *id)
{
    json_t *rows = NULL, *row = NULL, *list = json_array();
    char fingerprint[TD_ELECTION_FINGERPRINT + 1];
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select key from credential where election_id = $1 order by key", "s", id);
    json_array_foreach(rows, i, row)
        json_array_append(list, json_object_get(row, "key"));
    char *text = rc == 0 ? json_dumps(list, JSON_COMPACT) : NULL;
    if (rc == 0 && !text)
        rc = TD_ENOMEM;
    if (rc == 0) {
        td_election_fingerprint(text, strlen(text), fingerprint);
        rc = td_tx_exec(review->tx, NULL,
                        "update election set state = 'voting', credentials = $2 where id = $1",
                        "ss", id, text);
    }
    struct td_review as_system =
        *review; /* the last to register must not be told from the others */
    as_system.who = NULL;
    if (rc == 0)
        rc = td_row_log(&as_system, "election.begin", "election", id,
                        json_pack("{s:s, s:I}", "credentials", fingerprint, "voters",
                                  (json_int_t)json_array_size(list)));
    free(text);
    json_decref(list);
    json_decref(rows);
    return rc;
}

static int register_one(struct td_review *review, const char *id, const char *key,
                        struct td_error *reterr)
{
    int64_t missing = 0;
    int rc = td_tx_exec(review->tx, NULL,
                        "update election_voter set registered = true"
                        " where election_id = $1 and account_id = $2",
                        "ss", id, review->who->id);
    if (rc == 0)
        rc = list_key(review->tx, id, key, reterr);
    if (rc == 0)
        rc = td_tx_int(review->tx, &missing,
                       "select count(*) from election_voter where election_id = $1"
                       " and not registered",
                       "s", id);
    return rc == 0 && missing == 0 ? begin_vote(review, id) : rc;
}

int td_ballot_register(struct td_review *review, const char *meeting_id, const json_t *keys,
                       struct td_error *reterr)
{
    json_t *kept = NULL, *one = NULL;
    size_t i;
    int rc = td_ballot_prepare_keys(review, meeting_id, &kept, reterr);
    const json_t *elections = json_object_get(kept, "elections");
    if (rc == 0 && json_array_size(elections) != json_object_size(keys))
        rc = td_error_key(reterr, TD_ESTALE, "elections_moved", NULL);
    json_array_foreach((json_t *)elections, i, one) {
        const char *id = td_row_text(one, "id"), *key = td_row_text(keys, id);
        if (rc == 0 && !*key)
            rc = td_error_key(reterr, TD_ESTALE, "elections_moved", NULL);
        if (rc == 0)
            rc = register_one(review, id, key, reterr);
    }
    json_decref(kept);
    return rc;
}

int td_ballot_begin(struct td_review *review, const char *meeting_id, int64_t *ret_begun,
                    struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_ballot_load_run(review, meeting_id, true, &meeting, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_rows(review->tx, &rows,
                    "select id from election e where meeting_id = $1 and state = 'registering'"
                    " and exists (select 1 from credential c where c.election_id = e.id)"
                    " order by number",
                    "s", meeting_id);
    *ret_begun = (int64_t)json_array_size(rows);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = begin_vote(review, td_row_text(row, "id"));
    json_decref(rows);
    if (rc == 0 && *ret_begun == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nobody_registered", NULL);
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}

/* --- annulling -------------------------------------------------------------------------------- */

int td_ballot_annul(struct td_review *review, const char *meeting_id, int number,
                    const char *reason, struct td_error *reterr)
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
    const char *id = td_row_text(election, "id"), *state = td_row_text(election, "state");
    if (!strcmp(state, "counted") || !strcmp(state, "annulled"))
        rc = td_error_key(reterr, TD_ECONFLICT, "election_state",
                          json_pack("{s:s}", "election_state", state));
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "delete from factor where election_id = $1", "s", id);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update election set state = 'annulled', reason = $2 where id = $1", "ss",
                        id, reason);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update motion set state = 'waiting', election_id = null, question = 0"
                        " where election_id = $1",
                        "s", id);
    if (rc == 0)
        rc = td_row_log(review, "election.annul", "election", id,
                        json_pack("{s:s, s:s}", "was", state, "reason", reason));
    json_decref(election);
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}
