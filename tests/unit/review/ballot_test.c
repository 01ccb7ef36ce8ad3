/* ballot_test.c - elections in a real store: who may vote, what is stored, what passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/seal.h"
#include "dossier_fixture.h"
#include "review/ballot.h"
#include "review/meeting.h"
#include "review/row.h"

#define MEETING "01MEE000000000000000000000"
#define MOTION  "01MOT000000000000000000000"
#define DOSSIER "01APP000000000000000000000"

static struct td_seal_key *key;

/* One election: of `members`, `present` came; the first `recused` of them must recuse. Votes are
 * cast in the order of `votes` ('y', 'n', 'a', '-' = does not vote). */
struct election {
    struct fixture *fixture;
    int members, present, recused;
    bool lenient, early;
    const char *votes;
    /* what was seen */
    int cast, count; /* results */
    char key[48];
    json_t *motion, *ballots, *leaks, *application;
};

static int run(struct td_tx *tx, const char *sql)
{
    return td_tx_exec(tx, NULL, sql, "");
}

static int add_member(struct td_tx *tx, int n, const struct election *election)
{
    char id[16];
    snprintf(id, sizeof(id), "m%02d", n);
    bool recused = n < election->recused;
    int r = td_tx_exec(tx, NULL,
                       "insert into account (id, login, name, password_hash, unit_id, created_at)"
                       " values ($1, $1, $1, '', $2, 'now')",
                       "ss", id, recused ? "U1" : "U2");
    if (!r)
        r = td_tx_exec(tx, NULL,
                       "insert into account_grant (account_id, role, scope, granted_by, granted_at)"
                       " values ($1, 'expert', 'sample', 'test', 'now')",
                       "s", id);
    if (!r)
        r = td_tx_exec(tx, NULL, "insert into committee_member values ('K', $1, $2)", "ss", id,
                       n ? "member" : "chair");
    if (!r && n < election->present)
        r = td_tx_exec(tx, NULL, "insert into attendance values ('" MEETING "', $1, 'now')", "s",
                       id);
    return r;
}

static int set_up(struct td_tx *tx, const struct election *election)
{
    int r = run(tx, "insert into committee (id, series, level, name, founding_unit, created_at) "
                    "values ('K', 'sample', 'junior', 'K', 'F', 'now')");
    if (!r && election->lenient)
        r = run(tx, "update cycle set parameters = '{\"recused_count_present\": false}'");
    if (!r)
        r = run(
            tx,
            "insert into application (id, number, cycle_id, account_id, unit_id, division_code, "
            "series,"
            " level, specialty, year, state, created_at, updated_at, state_at) values ('" DOSSIER
            "', 'N1',"
            " '" CYCLE "', 'applicant', 'U1', '" DIVISION "', 'sample', 'junior', 'one', 2025,"
            " 'committee_vote', 'now', 'now', 'now')");
    if (!r)
        r = td_tx_exec(tx, NULL,
                       "insert into meeting (id, committee_id, cycle_id, name, held_on, state, "
                       "members, present,"
                       " created_by, created_at) values ('" MEETING "', 'K', '" CYCLE
                       "', 'M', '2025-09-10', 'open',"
                       " $1, $2, 'office', 'now')",
                       "ii", (int64_t)election->members, (int64_t)election->present);
    if (!r)
        r = run(
            tx,
            "insert into motion (id, meeting_id, application_id, sequence, state) values ('" MOTION
            "',"
            " '" MEETING "', '" DOSSIER "', 1, 'voting')");
    for (int n = 0; !r && n < election->members; n++)
        r = add_member(tx, n, election);
    return r;
}

static int cast(struct election *election, struct td_tx *tx, struct td_arena *arena, int n,
                char vote)
{
    struct td_review review;
    struct td_error err = TD_ERROR_INIT;
    char id[16];
    snprintf(id, sizeof(id), "m%02d", n);
    int r = fixture_review(election->fixture, tx, arena, id, &review);
    review.seal = key;
    json_t *choices = json_pack("{s:s}", MOTION,
                                vote == 'y'   ? "yes"
                                : vote == 'n' ? "no"
                                : vote == 'a' ? "abstain"
                                              : "maybe");
    if (!r)
        r = td_ballot_cast(&review, MEETING, choices, &err);
    if (r < 0)
        snprintf(election->key, sizeof(election->key), "%s", err.key);
    json_decref(choices);
    td_error_done(&err);
    return r;
}

static int look(struct election *election, struct td_tx *tx)
{
    int r = td_tx_row(tx, &election->motion, "select * from motion", "");
    if (!r)
        r = td_tx_rows(tx, &election->ballots, "select id, choice from ballot order by rowid", "");
    if (!r)
        r = td_tx_row(tx, &election->application, "select state from application", "");
    if (!r)
        r = td_tx_rows(tx, &election->leaks,
                       "select action as trace from ledger where action like 'ballot%'"
                       " union all select payload from outbox where payload like '%\"m0%'",
                       "");
    return r;
}

static int hold(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct election *election = arg;
    struct td_review review;
    struct td_arena *arena = td_arena_new(1 << 20);
    int64_t counted;
    (void)reterr;
    int r = set_up(tx, election);
    for (int n = 0; !r && election->votes[n]; n++)
        if (election->votes[n] != '-')
            election->cast =
                election->cast ? election->cast : cast(election, tx, arena, n, election->votes[n]);
    if (!r)
        r = fixture_review(election->fixture, tx, arena, "m00", &review);
    review.seal = key;
    if (!r) {
        struct td_error err = TD_ERROR_INIT;
        json_t *named = json_pack("[s]", MOTION);
        election->count = td_ballot_count(&review, MEETING, named, election->early, &counted, &err);
        if (election->count < 0)
            snprintf(election->key, sizeof(election->key), "%s", err.key);
        td_error_done(&err);
        json_decref(named);
    }
    if (!r)
        r = look(election, tx);
    td_arena_free(arena);
    return r;
}

static void elect(struct election *election)
{
    struct fixture fixture;
    struct td_error err = TD_ERROR_INIT;
    fixture_make(&fixture);
    election->fixture = &fixture;
    if (td_store_write_wait(fixture.store, hold, election, &err))
        fail_msg("election: %s", err.detail);
    fixture_drop(&fixture);
}

static void forget(struct election *election)
{
    json_decref(election->motion);
    json_decref(election->ballots);
    json_decref(election->leaks);
    json_decref(election->application);
}

static void results(void **state)
{
    (void)state;
    static const struct {
        struct election election;
        int64_t present, yes, no, abstain;
        bool passed;
    } cases[] = {
        {{.members = 11, .present = 8, .votes = "yyyyynnn"}, 8, 5, 3, 0, false},
        {{.members = 11, .present = 8, .votes = "yyyyyynn"}, 8, 6, 2, 0, true},
        {{.members = 11, .present = 8, .votes = "yyyyyaaa"}, 8, 5, 0, 3, false},
        {{.members = 11, .present = 9, .votes = "nyyyyyyaa"}, 9, 6, 1, 2, true},
        /* the recused stay in the denominator unless the cycle says otherwise */
        {{.members = 11, .present = 9, .recused = 1, .votes = "-yyyyynnn"}, 9, 5, 3, 0, false},
        {{.members = 11, .present = 9, .recused = 1, .lenient = true, .votes = "-yyyyyynn"},
         8,
         6,
         2,
         0,
         true},
        {{.members = 11, .present = 9, .recused = 1, .lenient = true, .votes = "-yyyyynnn"},
         8,
         5,
         3,
         0,
         false},
        /* who does not vote is not in favour */
        {{.members = 11, .present = 8, .early = true, .votes = "yyyyy---"}, 8, 5, 0, 0, false},
        {{.members = 11, .present = 8, .early = true, .votes = "yyyyyy--"}, 8, 6, 0, 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct election election = cases[i].election;
        elect(&election);
        assert_int_equal(election.cast, 0);
        assert_int_equal(election.count, 0);
        assert_int_equal(td_row_int(election.motion, "present"), cases[i].present);
        assert_int_equal(td_row_int(election.motion, "yes"), cases[i].yes);
        assert_int_equal(td_row_int(election.motion, "no"), cases[i].no);
        assert_int_equal(td_row_int(election.motion, "abstain"), cases[i].abstain);
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
        {{.members = 11, .present = 8, .recused = 1, .votes = "yyyyyyyy"},
         TD_EFORBIDDEN,
         TD_ECONFLICT,
         "votes_missing"},
        {{.members = 11, .present = 8, .votes = "yyyyyyyyy"}, TD_EFORBIDDEN, 0, "not_present"},
        {{.members = 11, .present = 8, .votes = "yyyyyyy-"}, 0, TD_ECONFLICT, "votes_missing"},
        {{.members = 11, .present = 8, .votes = "x"}, TD_EFIELDS, TD_ECONFLICT, "votes_missing"},
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

/* The first vote's place among the stored rows is anywhere: each of eight is met in enough
 * elections. */
static void place_says_nothing(void **state)
{
    (void)state;
    int met[8] = {0};
    for (int round = 0; round < 100; round++) {
        struct election election = {.members = 11, .present = 8, .votes = "ynnnnnnn"};
        elect(&election);
        size_t i;
        json_t *ballot;
        const char *last = "";
        assert_int_equal(json_array_size(election.ballots), 8);
        json_array_foreach(election.ballots, i, ballot) {
            assert_true(strcmp(last, td_row_text(ballot, "id")) < 0);
            last = td_row_text(ballot, "id");
            char *choice = td_unseal(key, td_row_text(ballot, "choice"));
            assert_non_null(choice);
            met[i] += *choice == 'y';
            free(choice);
        }
        forget(&election);
    }
    for (int i = 0; i < 8; i++)
        assert_true(met[i] > 0); /* missing one: 8 · (7/8)^100 < 2 in 10^5 */
}

/* Equal votes are stored unlike each other and unequal ones are equally long: the rows and the log
 * of the store say nothing to who follows them vote by vote. */
static void rows_say_nothing(void **state)
{
    (void)state;
    struct election election = {.members = 11, .present = 8, .votes = "yynnaayn"};
    elect(&election);
    json_t *seen = json_object(), *ballot;
    size_t i, length = 0;
    json_array_foreach(election.ballots, i, ballot) {
        const char *choice = td_row_text(ballot, "choice");
        length = length ? length : strlen(choice);
        assert_true(length > 40);
        assert_int_equal(strlen(choice), length);
        json_object_set_new(seen, choice, json_true());
    }
    assert_int_equal(json_object_size(seen), 8);
    json_decref(seen);
    forget(&election);
}

static int setup(void **state)
{
    char folder[] = "/tmp/titled-ballot-XXXXXX", path[64];
    struct td_error error = TD_ERROR_INIT;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    assert_int_equal(td_seal_load(path, &key, &error), 0);
    return unlink(path) || rmdir(folder);
}

static int teardown(void **state)
{
    (void)state;
    td_seal_free(key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results),
        cmocka_unit_test(refusals),
        cmocka_unit_test(place_says_nothing),
        cmocka_unit_test(rows_say_nothing),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
