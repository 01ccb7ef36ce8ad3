/* ballot_test.c - elections in a real store, with real papers and trustees: who may vote, what is
 * stored, what passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/audit.h"
#include "ballot/count.h"
#include "ballot/trustee.h"
#include "dossier_fixture.h"
#include "review/ballot.h"
#include "review/ballot_work.h"
#include "review/meeting.h"
#include "review/row.h"

#define MEETING "01MEE000000000000000000000"
#define MOTION  "01MOT000000000000000000000"
#define DOSSIER "01APP000000000000000000000"

enum { TRUSTEES = 3, MEMBERS_MAX = 16 };

static struct td_group *group;
static struct td_channel_party parties[TRUSTEES];
static json_t *certificates, *dealt, *outputs;
static char *joined;
static json_t *public_key;

/* One election: of `members`, `present` came; the first `recused` of them must recuse. Votes are
 * cast in the order of `votes` ('y', 'n', 'a', '-' = takes a code and does not vote, '.' = takes
 * none). */
struct election {
    struct fixture *fixture;
    int members, present, recused;
    bool lenient, early, forge;
    const char *votes;
    /* what was seen */
    int cast, count; /* results */
    char key[48];
    json_t *motion, *election, *papers, *leaks, *application;
    json_t *codes[MEMBERS_MAX];
};

static int run(struct td_tx *tx, const char *sql)
{
    return td_tx_exec(tx, NULL, sql, "");
}

static int add_account(struct td_tx *tx, const char *id, const char *role, const char *unit)
{
    int r = td_tx_exec(tx, NULL,
                       "insert into account (id, login, name, password_hash, unit_id, created_at)"
                       " values ($1, $1, $1, '', $2, 'now')",
                       "ss", id, unit);
    return r ? r
             : td_tx_exec(tx, NULL,
                          "insert into account_grant (account_id, role, scope, granted_by, "
                          "granted_at) values ($1, $2, 'sample', 'test', 'now')",
                          "ss", id, role);
}

static int add_member(struct td_tx *tx, int n, const struct election *election)
{
    char id[16];
    snprintf(id, sizeof(id), "m%02d", n);
    int r = add_account(tx, id, "expert", n < election->recused ? "U1" : "U2");
    if (!r)
        r = td_tx_exec(tx, NULL,
                       "insert into committee_member (committee_id, account_id, position)"
                       " values ('K', $1, $2)",
                       "ss", id, n ? "member" : "chair");
    if (!r && n < election->present)
        r = td_tx_exec(tx, NULL, "insert into attendance values ('" MEETING "', $1, 'now')", "s",
                       id);
    return r;
}

static int add_trustee(struct td_tx *tx, int number, const char *account)
{
    return td_tx_exec(tx, NULL,
                      "insert into trustee (meeting_id, number, account_id, certificate)"
                      " values ('" MEETING "', $1, $2, '')",
                      "is", (int64_t)number, account);
}

static int set_up(struct td_tx *tx, const struct election *election)
{
    int r = run(tx, "insert into committee (id, series, level, name, founding_unit, created_at)"
                    " values ('K', 'sample', 'junior', 'K', 'F', 'now')");
    if (!r && election->lenient)
        r = run(tx, "update cycle set parameters = '{\"recused_count_present\": false}'");
    if (!r)
        r = run(tx,
                "insert into application (id, number, cycle_id, account_id, unit_id, "
                "division_code, series, level, specialty, year, state, created_at, updated_at, "
                "state_at) values ('" DOSSIER "', 'N1', '" CYCLE "', 'applicant', 'U1', '" DIVISION
                "', 'sample', 'junior', 'one', 2025, 'committee_vote', 'now', 'now', 'now')");
    if (!r)
        r = td_tx_exec(tx, NULL,
                       "insert into meeting (id, committee_id, cycle_id, name, held_on, state, "
                       "members, present, created_by, created_at, trustees, public_key) values "
                       "('" MEETING "', 'K', '" CYCLE
                       "', 'M', '2025-09-10', 'open', $1, $2, 'office', 'now', $3, $4)",
                       "iiss", (int64_t)election->members, (int64_t)election->present, joined,
                       json_string_value(public_key));
    if (!r)
        r = run(tx, "insert into motion (id, meeting_id, application_id, sequence) values ('" MOTION
                    "', '" MEETING "', '" DOSSIER "', 1)");
    for (int n = 0; !r && n < election->members; n++)
        r = add_member(tx, n, election);
    if (!r)
        r = add_account(tx, "clerk", "office", "U2");
    if (!r)
        r = add_trustee(tx, 1, "m00");
    return r ? r : add_trustee(tx, 3, "clerk");
}

/* --- steps: read, work, write, as a route takes them ------------------------------------------ */

struct step {
    struct election *election;
    struct td_tx *tx;
    struct td_arena *arena;
};

static int as(struct step *step, const char *id, struct td_review *ret)
{
    return fixture_review(step->election->fixture, step->tx, step->arena, id, ret);
}

static void note(struct step *step, int r, struct td_error *err)
{
    if (r < 0)
        snprintf(step->election->key, sizeof(step->election->key), "%s", err->key);
    td_error_done(err);
}

static int take_code(struct step *step, int n)
{
    struct td_review review;
    struct td_error err = TD_ERROR_INIT;
    json_t *kept = NULL, *made = NULL;
    char id[16];
    snprintf(id, sizeof(id), "m%02d", n);
    int r = as(step, id, &review);
    if (!r)
        r = td_ballot_prepare_keys(&review, MEETING, &kept, &err);
    if (!r)
        r = td_ballot_work_code(kept, &made, &err);
    if (!r)
        r = td_ballot_register(&review, MEETING, json_object_get(made, "keys"), &err);
    if (!r)
        step->election->codes[n] = json_incref(json_object_get(made, "voting_code"));
    json_decref(made);
    json_decref(kept);
    note(step, r, &err);
    return r;
}

static int cast(struct step *step, int n, char vote)
{
    struct td_review review;
    struct td_error err = TD_ERROR_INIT;
    json_t *kept = NULL, *papers = NULL;
    char id[16];
    snprintf(id, sizeof(id), "m%02d", n);
    json_t *choices = json_pack("{s:s}", MOTION,
                                vote == 'y'   ? "yes"
                                : vote == 'n' ? "no"
                                : vote == 'a' ? "abstain"
                                              : "maybe");
    int r = as(step, id, &review);
    if (!r)
        r = td_ballot_prepare_cast(&review, MEETING, &kept, &err);
    if (!r)
        r = td_ballot_work_choices(kept, step->election->codes[n], choices, &papers, &err);
    if (!r)
        r = td_ballot_cast(&review, MEETING, papers, &err);
    json_decref(papers);
    json_decref(choices);
    json_decref(kept);
    note(step, r, &err);
    return r;
}

static int close_vote(struct step *step)
{
    struct td_review review;
    struct td_error err = TD_ERROR_INIT;
    json_t *kept = NULL, *sums = NULL;
    int64_t closed;
    if (step->election->forge) /* a paper more than voters */
        run(step->tx, "insert into paper select election_id, '1', paper from paper limit 1");
    int r = as(step, "m00", &review);
    if (!r)
        r = td_ballot_prepare_close(&review, MEETING, step->election->early, &kept, &err);
    if (!r)
        r = td_ballot_work_sums(kept, &sums, &err);
    if (!r)
        r = td_ballot_close(&review, MEETING, sums, &closed, &err);
    json_decref(sums);
    json_decref(kept);
    note(step, r, &err);
    return r;
}

/* What a trustee does on his own machine. */
static char *factors_of(const char *bytes, size_t length, int trustee, struct td_error *err)
{
    json_t *factors = NULL;
    int owner;
    if (td_audit_open(group, bytes, length, &parties[trustee], json_array_get(outputs, trustee),
                      &factors, &owner, err))
        return NULL;
    char *text = json_dumps(factors, JSON_COMPACT);
    json_decref(factors);
    return text;
}

static int open_sums(struct step *step, const char *account, int trustee)
{
    struct td_review review;
    struct td_error err = TD_ERROR_INIT;
    json_t *kept = NULL, *checked = NULL;
    char *bytes = NULL, uuid[65];
    size_t length = 0;
    int r = as(step, account, &review);
    if (!r)
        r = td_ballot_archive(&review, MEETING, 1, &bytes, &length, uuid, &err);
    char *factors = r ? NULL : factors_of(bytes, length, trustee, &err);
    if (!r)
        r = td_ballot_prepare_factors(&review, MEETING, 1, &kept, &err);
    if (!r)
        r = td_ballot_work_factors(kept, factors, &checked, &err);
    if (!r)
        r = td_ballot_open_sums(&review, MEETING, 1, checked, &err);
    free(factors);
    free(bytes);
    json_decref(checked);
    json_decref(kept);
    note(step, r, &err);
    return r;
}

static int look(struct election *election, struct td_tx *tx)
{
    int r = td_tx_row(tx, &election->motion, "select * from motion", "");
    if (!r)
        r = td_tx_row(tx, &election->election, "select * from election", "");
    if (!r)
        r = td_tx_rows(tx, &election->papers, "select credential, paper from paper order by rowid",
                       "");
    if (!r)
        r = td_tx_row(tx, &election->application, "select state from application", "");
    if (!r)
        r = td_tx_rows(tx, &election->leaks,
                       "select action as trace from ledger where action like 'ballot%'"
                       " or (actor like 'm%' and action not in ('election.close',"
                       " 'election.factors', 'election.count', 'motion.count', 'election.open'))"
                       " union all select payload from outbox where payload like '%\"m0%'",
                       "");
    return r;
}

static int vote_all(struct step *step)
{
    struct election *election = step->election;
    int r = 0;
    for (int n = 0; !r && election->votes[n]; n++)
        if (n >= election->recused && election->votes[n] != '.')
            r = take_code(step, n);
    if (!r && strchr(election->votes, '.')) {
        struct td_review review;
        int64_t begun;
        r = as(step, "m00", &review);
        if (!r)
            r = td_ballot_begin(&review, MEETING, &begun, NULL);
    }
    for (int n = 0; !r && election->votes[n]; n++)
        if (!strchr("-.", election->votes[n]) && !election->cast)
            election->cast = cast(step, n, election->votes[n]);
    return r;
}

static int hold(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct election *election = arg;
    struct td_review review;
    struct step step = {election, tx, td_arena_new(1 << 20)};
    int64_t opened;
    int r = set_up(tx, election);
    if (!r)
        r = as(&step, "m00", &review);
    if (!r)
        r = td_ballot_open(&review, MEETING, NULL, &opened, reterr);
    if (!r)
        r = vote_all(&step);
    if (!r)
        election->count = close_vote(&step);
    if (!r && !election->count)
        election->count = open_sums(&step, "m00", 0);
    if (!r && !election->count)
        election->count = open_sums(&step, "clerk", 2);
    if (!r)
        r = look(election, tx);
    td_arena_free(step.arena);
    return r;
}

static void elect(struct election *election)
{
    struct fixture fixture;
    struct td_error err = TD_ERROR_INIT;
    fixture_make(&fixture);
    election->fixture = &fixture;
    if (td_store_write_wait(fixture.store, hold, election, &err))
        fail_msg("election: %s %s", err.detail, election->key);
    fixture_drop(&fixture);
}

static void forget(struct election *election)
{
    json_decref(election->motion);
    json_decref(election->election);
    json_decref(election->papers);
    json_decref(election->leaks);
    json_decref(election->application);
    for (int i = 0; i < MEMBERS_MAX; i++)
        json_decref(election->codes[i]);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void results(void **state)
{
    (void)state;
    static const struct {
        struct election election;
        int64_t present, yes, no, abstain;
        bool passed;
    } cases[] = {
        {{.members = 4, .present = 3, .votes = "yyn"}, 3, 2, 1, 0, true},
        {{.members = 4, .present = 3, .votes = "yna"}, 3, 1, 1, 1, false},
        /* the recused stay in the denominator unless the cycle says otherwise; the chair is one,
           and opens the sums */
        {{.members = 5, .present = 4, .recused = 1, .votes = "-yyn"}, 4, 2, 1, 0, false},
        {{.members = 5, .present = 4, .recused = 1, .lenient = true, .votes = "-yyn"},
         3,
         2,
         1,
         0,
         true},
        /* who does not vote, or has taken no code, is not in favour */
        {{.members = 4, .present = 4, .early = true, .lenient = true, .votes = "yy-."},
         4,
         2,
         0,
         0,
         false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct election election = cases[i].election;
        elect(&election);
        assert_string_equal(election.key, "");
        assert_int_equal(election.cast, 0);
        assert_int_equal(election.count, 0);
        assert_int_equal(td_row_int(election.motion, "present"), cases[i].present);
        assert_int_equal(td_row_int(election.motion, "yes"), cases[i].yes);
        assert_int_equal(td_row_int(election.motion, "no"), cases[i].no);
        assert_int_equal(td_row_int(election.motion, "abstain"), cases[i].abstain);
        assert_int_equal(td_row_int(election.motion, "voters"),
                         election.present - election.recused);
        assert_int_equal(td_row_bool(election.motion, "passed"), cases[i].passed);
        assert_string_equal(td_row_text(election.application, "state"),
                            cases[i].passed ? "passed" : "failed");
        assert_int_equal(json_array_size(election.leaks), 0);
        forget(&election);
    }
}

static void refusals(void **state)
{
    (void)state;
    static const struct {
        struct election election;
        int cast, count;
        const char *key;
    } cases[] = {
        {{.members = 3, .present = 3, .recused = 1, .votes = "y--"},
         TD_EFORBIDDEN,
         TD_ECONFLICT,
         "votes_missing"},
        {{.members = 3, .present = 3, .votes = "yy-"}, 0, TD_ECONFLICT, "votes_missing"},
        {{.members = 3, .present = 3, .votes = "x--"}, TD_EFIELDS, TD_ECONFLICT, "votes_missing"},
        {{.members = 2, .present = 2, .forge = true, .votes = "yy"}, 0, TD_EINTERNAL, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct election election = cases[i].election;
        elect(&election);
        assert_int_equal(election.cast, cases[i].cast);
        assert_int_equal(election.count, cases[i].count);
        assert_string_equal(election.key, cases[i].key);
        forget(&election);
    }
}

/* Papers lie in the order of their keys, whoever voted first; code and choices are wiped where they
 * were. */
static void place_says_nothing(void **state)
{
    (void)state;
    struct election election = {.members = 6, .present = 5, .votes = "yynna"};
    elect(&election);
    size_t i;
    json_t *paper;
    const char *last = "";
    assert_int_equal(json_array_size(election.papers), 5);
    json_array_foreach(election.papers, i, paper) {
        assert_true(strcmp(last, td_row_text(paper, "credential")) < 0);
        last = td_row_text(paper, "credential");
    }
    for (int n = 0; n < 5; n++)
        for (size_t k = 0; k < json_string_length(election.codes[n]); k++)
            assert_int_equal(json_string_value(election.codes[n])[k], 0);
    forget(&election);
}

static int setup(void **state)
{
    struct td_trustees trustees;
    struct td_error err = TD_ERROR_INIT;
    (void)state;
    group = td_group_new();
    td_group_start(group);
    certificates = json_array();
    dealt = json_array();
    outputs = json_array();
    for (int i = 0; i < TRUSTEES; i++) {
        char seed[TD_CHANNEL_SEED + 1];
        td_channel_seed(seed);
        td_channel_derive(group, seed, &parties[i]);
        json_array_append_new(certificates, td_trustee_certificate(group, &parties[i]));
    }
    for (int i = 0; i < TRUSTEES; i++) {
        json_t *one = NULL;
        assert_int_equal(td_trustee_deal(group, &parties[i], certificates, 2, &one, &err), 0);
        json_array_append_new(dealt, one);
    }
    for (int i = 0; i < TRUSTEES; i++) {
        json_t *one = NULL;
        assert_int_equal(td_trustee_accept(group, &parties[i], certificates, dealt, &one, &err), 0);
        json_array_append_new(outputs, one);
    }
    joined = td_trustee_join(certificates, dealt, outputs);
    assert_int_equal(td_trustees_read(group, joined, strlen(joined), &trustees, &err), 0);
    public_key = td_group_json(group, trustees.y);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    json_decref(certificates);
    json_decref(dealt);
    json_decref(outputs);
    json_decref(public_key);
    free(joined);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

/* A record that was damaged is no want of memory, and no mistake of who asks. */
static void damaged(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *made = NULL;
    json_t *vote = json_pack("{s:[{s:s, s:s, s:s, s:[s]}]}", "elections", "id", "E", "election",
                             "{\"version\":", "credentials", "[]", "papers", "{}");
    json_t *papers = json_pack("{s:s}", "E", "{}");
    assert_int_equal(td_ballot_work_papers(vote, papers, &made, &err), TD_EINTERNAL);
    assert_string_equal(err.key, "vote_unreadable");
    td_error_done(&err);
    assert_int_equal(td_ballot_work_sums(vote, &made, &err), TD_EINTERNAL);
    td_error_done(&err);
    json_t *opening = json_pack("{s:i, s:s, s:s, s:s, s:[]}", "owner", 1, "trustees", joined,
                                "sums", "[[", "election", "", "factors");
    assert_int_equal(td_ballot_work_factors(opening, "{}", &made, &err), TD_EINTERNAL);
    td_error_done(&err);
    json_object_set_new(opening, "sums", json_string("[]"));
    json_object_set_new(opening, "trustees", json_string("[["));
    assert_int_equal(td_ballot_work_factors(opening, "{}", &made, &err), TD_EINTERNAL);
    assert_string_equal(err.key, "vote_unreadable");
    td_error_done(&err);
    json_decref(opening);
    json_decref(papers);
    json_decref(vote);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),
        cmocka_unit_test(refusals),
        cmocka_unit_test(place_says_nothing),
        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
