/* elections.c - the secret vote of a meeting: the trustees' key, elections, codes, papers, the
 * opening of sums.
 *
 * What takes powers of the group runs on the CPU pool between a read and a write; the write checks
 * that nothing moved. */
#include "api/api.h"
#include "api/place.h"
#include "review/ballot.h"
#include "review/ballot_work.h"
#include "review/ceremony.h"
#include "review/meeting.h"
#include "review/row.h"

#include <stdlib.h>
#include <string.h>

static const char *meeting_of(const struct td_call *call)
{
    return td_call_param(call, "meeting");
}

/* The election's number in the path; 0 when it is none. `archive`: "3.bel" is. */
static int number_of(const struct td_call *call, bool *ret_archive)
{
    const char *text = td_call_param(call, "election");
    char *end = NULL;
    long number = strtol(text, &end, 10);
    bool archive = !strcmp(end, ".bel");
    if (ret_archive)
        *ret_archive = archive;
    return end != text && number > 0 && number < 100000 && (!*end || (archive && ret_archive))
               ? (int)number
               : 0;
}

static int keep(struct td_call *call, int rc, json_t *kept)
{
    if (rc == 0)
        call->kept = td_arena_json(call->arena, kept);
    return rc < 0 ? rc : call->kept ? 0 : TD_ENOMEM;
}

/* Back to the meeting, with a count of what was done under `member`. */
static int done(struct td_call *call, struct td_reply *reply, int rc, const char *member,
                int64_t count)
{
    if (rc < 0)
        return rc;
    reply->value = member ? json_pack("{s:s, s:I}", "id", meeting_of(call), member, count) : NULL;
    return td_place_at(call, reply, "meetings", meeting_of(call));
}

/* --- the key ---------------------------------------------------------------------------------- */

static int trustees_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_ceremony_view(&review, meeting_of(call), &reply->value, reterr);
}

static int message_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *kept = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ceremony_prepare(&review, meeting_of(call), &kept, reterr);
    return keep(call, rc, kept);
}

static int message_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *checked = NULL;
    (void)reply;
    int rc = td_ceremony_check(call->kept, td_call_text(call, "message"), &checked, reterr);
    return keep(call, rc, checked);
}

static int to_trustees(struct td_call *call, struct td_reply *reply, int rc)
{
    if (rc < 0)
        return rc;
    reply->location = td_arena_printf(call->arena, "/meetings/%s/trustees", meeting_of(call));
    reply->value = json_pack("{s:s}", "id", meeting_of(call));
    return reply->location && reply->value ? 0 : TD_ENOMEM;
}

static int message_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ceremony_give(&review, meeting_of(call), call->kept, reterr);
    return to_trustees(call, reply, rc);
}

static int restart_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ceremony_restart(&review, meeting_of(call), td_call_text(call, "reason"), reterr);
    return to_trustees(call, reply, rc);
}

/* --- putting to the vote ---------------------------------------------------------------------- */

static int put_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t opened = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_open(&review, meeting_of(call), td_call_json(call, "motions"), &opened,
                            reterr);
    return done(call, reply, rc, "opened", opened);
}

static int begin_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t begun = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_begin(&review, meeting_of(call), &begun, reterr);
    return done(call, reply, rc, "begun", begun);
}

static int annul_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_annul(&review, meeting_of(call), number_of(call, NULL),
                             td_call_text(call, "reason"), reterr);
    return done(call, reply, rc, NULL, 0);
}

static int announce_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_announce(&review, meeting_of(call), number_of(call, NULL), reterr);
    return done(call, reply, rc, NULL, 0);
}

/* Somebody took a code or voted: heard by who looks on now, written nowhere. */
static int announce(const struct td_call *call, struct td_reply *reply)
{
    reply->announce = td_arena_printf(call->arena, "meeting/%s", meeting_of(call));
    return reply->announce ? 0 : TD_ENOMEM;
}

/* --- codes ------------------------------------------------------------------------------------ */

static int keys_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *kept = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_prepare_keys(&review, meeting_of(call), &kept, reterr);
    return keep(call, rc, kept);
}

/* Keys of the voter's own device are checked; without, a code is made, answered and forgotten. */
static int keys_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *made = NULL, *keys = td_call_json(call, "keys");
    int rc = 0;
    if (keys)
        rc = td_ballot_work_keys(call->kept, keys, reterr);
    else
        rc = td_ballot_work_code(call->kept, &made, reterr);
    if (rc < 0)
        return rc;
    if (keys)
        made = json_pack("{s:O}", "keys", keys);
    reply->value = json_pack("{s:s, s:s}", "id", meeting_of(call), "meeting_id", meeting_of(call));
    if (!made || !reply->value)
        return TD_ENOMEM;
    json_t *code = json_object_get(made, "voting_code");
    if (code)
        json_object_set(reply->value, "voting_code", code);
    json_object_del(made, "voting_code");
    return keep(call, 0, made);
}

static int keys_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_register(&review, meeting_of(call), json_object_get(call->kept, "keys"),
                                reterr);
    return rc < 0 ? rc : announce(call, reply);
}

/* --- papers ----------------------------------------------------------------------------------- */

/* True while an election of the list waits for the caller. */
static bool waits(const json_t *elections, const char *flag)
{
    size_t i;
    json_t *one = NULL;
    json_array_foreach((json_t *)elections, i, one)
        if (td_row_bool(one, flag))
            return true;
    return false;
}

static int ballots_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *elections = NULL, *meeting = NULL;
    struct td_meeting_seat seat;
    const char *id = meeting_of(call);
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_load(&review, id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_ballot_mine(&review, id, &elections, reterr);
    if (rc == 0)
        reply->value = json_pack("{s:s, s:s, s:O, s:O, s:b, s:b, s:o, s:n}", "id", id, "meeting_id",
                                 id, "meeting_name", json_object_get(meeting, "name"),
                                 "committee_name", json_object_get(meeting, "committee_name"),
                                 "codes_open", (int)waits(elections, "can_register"), "votes_open",
                                 (int)waits(elections, "can_vote"), "items", elections, "next");
    json_decref(meeting);
    return rc;
}

static int cast_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *kept = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_prepare_cast(&review, meeting_of(call), &kept, reterr);
    return keep(call, rc, kept);
}

static int cast_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *papers = NULL;
    (void)reply;
    int rc = 0;
    if (td_call_json(call, "papers"))
        rc = td_ballot_work_papers(call->kept, td_call_json(call, "papers"), &papers, reterr);
    else
        rc = td_ballot_work_choices(call->kept, json_object_get(call->body, "voting_code"),
                                    td_call_json(call, "choices"), &papers, reterr);
    return keep(call, rc, papers);
}

/* Receipts only: what was voted is not in the answer, and it is kept nowhere. */
static int cast_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *receipts = json_array(), *paper = NULL;
    size_t i;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_cast(&review, meeting_of(call), call->kept, reterr);
    json_array_foreach(call->kept, i, paper)
        json_array_append_new(receipts,
                              json_pack("{s:O, s:O}", "election", json_object_get(paper, "number"),
                                        "tracker", json_object_get(paper, "tracker")));
    if (rc == 0)
        reply->value = json_pack("{s:s, s:s, s:I, s:O}", "id", meeting_of(call), "meeting_id",
                                 meeting_of(call), "cast", (json_int_t)json_array_size(receipts),
                                 "receipts", receipts);
    json_decref(receipts);
    if (rc == 0)
        rc = announce(call, reply);
    return rc < 0 ? rc : reply->value ? 0 : TD_ENOMEM;
}

/* --- counting --------------------------------------------------------------------------------- */

static int close_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *kept = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_prepare_close(&review, meeting_of(call), td_call_bool(call, "early"), &kept,
                                     reterr);
    return keep(call, rc, kept);
}

static int close_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *sums = NULL;
    (void)reply;
    int rc = td_ballot_work_sums(call->kept, &sums, reterr);
    return keep(call, rc, sums);
}

static int close_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t closed = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_close(&review, meeting_of(call), call->kept, &closed, reterr);
    return done(call, reply, rc, "closed", closed);
}

static int factors_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *kept = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_prepare_factors(&review, meeting_of(call), number_of(call, NULL), &kept,
                                       reterr);
    return keep(call, rc, kept);
}

static int factors_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *checked = NULL;
    (void)reply;
    int rc = td_ballot_work_factors(call->kept, td_call_text(call, "factors"), &checked, reterr);
    return keep(call, rc, checked);
}

static int factors_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_ballot_open_sums(&review, meeting_of(call), number_of(call, NULL), call->kept,
                                 reterr);
    if (rc < 0)
        return rc;
    reply->location = td_arena_printf(call->arena, "/meetings/%s/elections/%d", meeting_of(call),
                                      number_of(call, NULL));
    reply->value = json_pack("{s:b}", "counted", (int)(*td_row_text(call->kept, "result") != 0));
    return reply->location && reply->value ? 0 : TD_ENOMEM;
}

/* --- one election ----------------------------------------------------------------------------- */

static int archive_read(struct td_call *call, struct td_review *review, int number,
                        struct td_reply *reply, struct td_error *reterr)
{
    char uuid[65], *bytes = NULL;
    size_t length = 0;
    int rc = td_ballot_archive(review, meeting_of(call), number, &bytes, &length, uuid, reterr);
    if (rc < 0)
        return rc;
    char *copy = td_arena_alloc(call->arena, length + 1);
    if (copy)
        memcpy(copy, bytes, length);
    free(bytes);
    reply->bytes = copy;
    reply->length = length;
    reply->type = "application/x-tar";
    reply->filename = td_arena_printf(call->arena, "%s.bel", uuid);
    return copy && reply->filename ? 0 : TD_ENOMEM;
}

static int election_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool archive = false;
    int number = number_of(call, &archive), rc = td_api_review(call, &review);
    if (rc < 0)
        return rc;
    return archive ? archive_read(call, &review, number, reply, reterr)
                   : td_ballot_view(&review, meeting_of(call), number, &reply->value, reterr);
}

/* --- rows ------------------------------------------------------------------------------------- */

static const struct td_field message_body[] = {
    {"message", TD_FIELD_TEXT, true, 1, 100000, NULL,
     "JSON: this trustee's certificate, deal or output, as the round asks"},
    {0},
};

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Reason, for the minutes"},
    {0},
};

static const struct td_field put_body[] = {
    {"motions", TD_FIELD_ARRAY, false, 0, 0, NULL, "Ids of motions; all that wait when absent"},
    {0},
};

static const struct td_field keys_body[] = {
    {"keys", TD_FIELD_OBJECT, false, 0, 0, NULL,
     "{election id: public key} of a code made on the own device; without, a code is made and "
     "answered, once"},
    {0},
};

static const struct td_field cast_body[] = {
    {"papers", TD_FIELD_OBJECT, false, 0, 0, NULL,
     "{election id: paper} made on the own device; or else:"},
    {"voting_code", TD_FIELD_TEXT, false, 0, 40, NULL, "The own voting code"},
    {"choices", TD_FIELD_OBJECT, false, 0, 0, NULL, "{motion id: \"yes\" | \"no\" | \"abstain\"}"},
    {0},
};

static const struct td_field close_body[] = {
    {"early", TD_FIELD_BOOL, false, 0, 0, NULL, "Chair only: close although votes are missing"},
    {0},
};

static const struct td_field factors_body[] = {
    {"factors", TD_FIELD_TEXT, true, 1, 900000, NULL,
     "JSON: this trustee's part in opening the sums"},
    {0},
};

#define READERS  (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR | TD_ROLE_EXPERT)
#define LEADERS  (TD_ROLE_OFFICE | TD_ROLE_EXPERT)
#define TRUSTEES (TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR | TD_ROLE_EXPERT)

const struct td_route td_elections_routes[] = {
    {TD_GET, "/meetings/{meeting}/trustees", READERS,
     "The making of the key: round, who has given what, what the caller has to give",
     .read = trustees_read, .page = "trustees"},
    {TD_POST, "/meetings/{meeting}/trustees", TRUSTEES,
     "Give this round's message of a trustee: certificate, deal or output", .read = message_read,
     .work = TD_WORK_CPU, .work_fn = message_work, .write = message_write, .body = message_body},
    {TD_POST, "/meetings/{meeting}/trustees/restart", TD_ROLE_EXPERT,
     "Begin the making of the key again", .write = restart_write, .body = reason_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/meetings/{meeting}/motions/open", LEADERS, "Put motions to the vote",
     .write = put_write, .body = put_body},
    {TD_POST, "/meetings/{meeting}/credentials", TD_ROLE_EXPERT,
     "Put the own public keys on the lists of voters", .read = keys_read, .work = TD_WORK_CPU,
     .work_fn = keys_work, .write = keys_write, .page = "ballot_code", .body = keys_body,
     .flags = TD_ROUTE_STEP_UP | TD_ROUTE_SECRET | TD_ROUTE_UNTOLD},
    {TD_POST, "/meetings/{meeting}/elections/begin", TD_ROLE_EXPERT,
     "Begin the vote although not everybody has a code", .write = begin_write},
    {TD_GET, "/meetings/{meeting}/ballots", TD_ROLE_EXPERT,
     "Elections that the caller registers or votes in", .read = ballots_read, .page = "ballots",
     .flags = TD_ROUTE_UNTOLD}, /* who votes looks here before and after */
    {TD_POST, "/meetings/{meeting}/ballots", TD_ROLE_EXPERT, "Cast secret ballots",
     .read = cast_read, .work = TD_WORK_CPU, .work_fn = cast_work, .write = cast_write,
     .page = "ballot_receipt", .body = cast_body,
     .flags = TD_ROUTE_STEP_UP | TD_ROUTE_SECRET | TD_ROUTE_UNTOLD},
    {TD_POST, "/meetings/{meeting}/elections/close", LEADERS,
     "End the vote where everybody has voted", .read = close_read, .work = TD_WORK_CPU,
     .work_fn = close_work, .write = close_write, .body = close_body},
    {TD_GET, "/meetings/{meeting}/elections/{election}", READERS,
     "An election by number; as 3.bel its archive, once the vote has ended", .read = election_read,
     .page = "election"},
    {TD_POST, "/meetings/{meeting}/elections/{election}/factors", TRUSTEES,
     "A trustee's part in opening the sums", .read = factors_read, .work = TD_WORK_CPU,
     .work_fn = factors_work, .write = factors_write, .body = factors_body},
    {TD_POST, "/meetings/{meeting}/elections/{election}/announce", TD_ROLE_EXPERT,
     "The chair has read out the result", .write = announce_write},
    {TD_POST, "/meetings/{meeting}/elections/{election}/annul", TD_ROLE_EXPERT,
     "The chair's motion to vote again", .write = annul_write, .body = reason_body,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
