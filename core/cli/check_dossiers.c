/* check_dossiers.c - see check.h: the same dossiers in two workers.
 *
 * The first worker takes them in order, each twice in a row; the second has its memory filled with
 * a pattern and takes them from the last to the first. Answers must agree to the byte. Then a
 * worker takes some of them again and again, and the memory it uses must stop growing. */
#include "cli/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEATHS_MOST    5  /* workers that may be lost before the rest is not tried */
#define LEAK_REPEAT    20 /* calls with one dossier; the first 2 do not count */
#define ROUNDS         4
#define LEAK_ODD       20 /* improper dossiers among those looked at one by one */
#define ROUND_DOSSIERS 100
#define ROUND_BYTES    16384

struct run {
    struct td_check *check;
    struct td_check_worker *worker;
    bool perturb; /* which of the two workers */
    int deaths;
    json_t *types;
    char **answers; /* by number, malloc'd; NULL where there was none */
};

static const char odd_fix[] = "dossiers are drafts, imports and old versions too: look at the type "
                              "of every value before using it, and at "
                              "lists before their first item. titlectl plugin check X.so --seed S "
                              "--dossier N prints the dossier";
static const char slow_fix[] = "the server allows this much processor time: look for a loop that a "
                               "long list makes quadratic or endless";
static const char forbidden_fix[] =
    "leave the call out: a plugin computes from its arguments and nothing else";
static const char double_fix[] = "signal 6 is often memory released twice: arguments are borrowed, "
                                 "do not json_decref them or what "
                                 "json_object_get gave";

static const char *fix_for(const char *reason)
{
    if (strstr(reason, "ran longer") || strstr(reason, "in time"))
        return slow_fix;
    if (strstr(reason, "forbidden system call"))
        return forbidden_fix;
    if (strstr(reason, "signal 6"))
        return double_fix;
    return odd_fix;
}

/* One dossier; a new reference, or NULL after the worker was lost, which is said and mended. */
static json_t *probe(struct run *run, const struct td_forged *forged, int number, int repeat)
{
    struct td_check *check = run->check;
    json_t *job = json_pack("{s:s, s:s, s:O, s:i}", "op", "probe", "series", check->series,
                            "dossier", forged->dossier, "repeat", repeat);
    json_t *answer = td_check_worker_ask(run->worker, job);
    if (answer || run->worker->pid)
        return answer;
    char reason[sizeof(run->worker->reason)];
    snprintf(reason, sizeof(reason), "%s", run->worker->reason);
    td_check_error(check, fix_for(reason), "%s, with dossier %d: %s", reason, number, forged->what);
    run->deaths++;
    if (run->deaths < DEATHS_MOST &&
        !td_check_worker_start(run->worker, check->scorer, check->folder, check->job_ms,
                               run->perturb))
        run->deaths = DEATHS_MOST;
    return NULL;
}

/* --- what the answers are like ---------------------------------------------------------------- */

static void check_failure(struct td_check *check, const struct td_forged *forged,
                          const char *failure, const char *where)
{
    if (!failure || strstr(failure, "it gave no reason"))
        td_check_error(
            check,
            "call host->fail(host, \"...\") once with a sentence in UTF-8, or better: answer with "
            "null facts and a problem",
            "fails and gives no reason, with %s", where);
    else if (forged->proper)
        td_check_error(
            check,
            "answer every dossier that the form allows; what is missing is a fact with value null, "
            "what does not fit is a problem",
            "refuses a dossier that the form allows: %s (%s)", failure, where);
}

static void check_behaviour(struct td_check *check, const json_t *probed, const char *where)
{
    const char *stage = check->stage;
    check->stage = "purity";
    if (json_is_true(json_object_get(probed, "differs")))
        td_check_error(
            check,
            "keep nothing between two calls (static and global variables), and write every byte "
            "before reading it",
            "two calls in a row with the same dossier gave different answers, with %s", where);
    if (json_is_true(json_object_get(probed, "dossier_changed")))
        td_check_error(
            check,
            "arguments are borrowed and constant: copy what you want to change (json_deep_copy)",
            "changes the dossier that it was lent, with %s", where);
    if (json_is_true(json_object_get(probed, "dossier_kept")))
        td_check_error(
            check,
            "pair every json_incref with a json_decref; never json_decref an argument or what "
            "json_object_get gave",
            "keeps references to parts of the dossier, or releases them, with %s", where);
    check->stage = stage;
}

static void look_at(struct run *run, const struct td_forged *forged, int number,
                    const json_t *probed)
{
    char where[320];
    const json_t *answer = json_object_get(probed, "answer");
    snprintf(where, sizeof(where), "dossier %d: %s", number, forged->what);
    if (answer)
        td_check_answer(run->check, run->check->descriptor, forged->dossier, answer, run->types,
                        where);
    else
        check_failure(run->check, forged, json_string_value(json_object_get(probed, "failure")),
                      where);
    check_behaviour(run->check, probed, where);
    run->answers[number] = json_dumps(answer ? answer : json_object_get(probed, "failure"),
                                      JSON_COMPACT | JSON_ENCODE_ANY);
}

static void first_pass(struct run *run)
{
    struct td_check *check = run->check;
    int proper = td_forge_proper(check->descriptor);
    for (int number = 0; number < check->dossiers && run->deaths < DEATHS_MOST; number++) {
        if (number == 0 || number == proper) {
            check->stage = number == 0 ? "facts" : "hostile";
            check->kept = 0;
        }
        struct td_forged forged = td_forge(check->descriptor, check->seed, number);
        json_t *probed = probe(run, &forged, number, 2);
        if (probed)
            look_at(run, &forged, number, probed);
        json_decref(probed);
        json_decref(forged.dossier);
    }
}

/* --- purity ----------------------------------------------------------------------------------- */

/* Where two answers part: "facts.tenure_months.value". */
static void find_difference(const json_t *a, const json_t *b, char *path, size_t room)
{
    const char *key;
    json_t *part;
    size_t length = strlen(path);
    json_object_foreach((json_t *)a, key, part) {
        const json_t *other = json_object_get(b, key);
        if (json_equal(part, other))
            continue;
        snprintf(path + length, room - length, "%s%.60s", length ? "." : "", key);
        find_difference(part, other, path, room);
        return;
    }
    for (size_t i = 0; i < json_array_size(a); i++) {
        if (json_equal(json_array_get(a, i), json_array_get(b, i)))
            continue;
        snprintf(path + length, room - length, ".%zu", i);
        find_difference(json_array_get(a, i), json_array_get(b, i), path, room);
        return;
    }
}

static void compare(struct run *run, const struct td_forged *forged, int number,
                    const json_t *probed)
{
    const json_t *value = json_object_get(probed, "answer");
    char *text = json_dumps(value ? value : json_object_get(probed, "failure"),
                            JSON_COMPACT | JSON_ENCODE_ANY);
    if (text && run->answers[number] && strcmp(text, run->answers[number]) != 0) {
        char path[300] = "";
        json_t *before = json_loads(run->answers[number], JSON_DECODE_ANY, NULL);
        find_difference(before, value, path, sizeof(path));
        json_decref(before);
        td_check_error(run->check,
                       "the answer may depend on the dossier alone: not on the dossiers before it "
                       "(static and global "
                       "variables), not on memory that was never written, not on addresses",
                       "another process and another order of dossiers gave another answer: %s "
                       "(dossier %d: %s)",
                       *path ? path : "the whole", number, forged->what);
    }
    free(text);
}

/* From the last to the first, but beginning with the one that is least like the first of all: the
 * most of the last level. */
static void second_pass(struct run *run)
{
    struct td_check *check = run->check;
    int ordered = td_forge_ordered(check->descriptor), count = check->dossiers;
    for (int turn = 1; turn <= count && run->deaths < DEATHS_MOST; turn++) {
        int number = ordered < count ? (ordered - turn + count) % count : count - turn;
        if (!run->answers[number])
            continue;
        struct td_forged forged = td_forge(check->descriptor, check->seed, number);
        json_t *probed = probe(run, &forged, number, 1);
        if (probed)
            compare(run, &forged, number, probed);
        json_decref(probed);
        json_decref(forged.dossier);
    }
}

/* --- leaks ------------------------------------------------------------------------------------ */

/* Bytes that each of `repeat` calls did not give back, and the blocks of jansson among them; 0 when
 * it was less than the smallest piece of memory for each call: the allocator's own ups and downs.
 */
static json_int_t growth(struct run *run, const struct td_forged *forged, int number, int repeat,
                         json_int_t *ret_values)
{
    json_t *probed = probe(run, forged, number, repeat);
    json_int_t bytes = json_integer_value(json_object_get(probed, "bytes")) / (repeat - 2);
    *ret_values = json_integer_value(json_object_get(probed, "values")) / (repeat - 2);
    json_int_t grain = json_integer_value(json_object_get(probed, "grain"));
    json_decref(probed);
    return bytes >= grain ? bytes : 0;
}

/* The same dossier over and over: a leak is what grows with the number of calls. */
static bool leaks_with(struct run *run, const struct td_forged *forged, int number)
{
    static const int repeats[] = {LEAK_REPEAT, 4 * LEAK_REPEAT, 20 * LEAK_REPEAT};
    json_int_t values = 0, bytes = 1;
    for (size_t i = 0; i < sizeof(repeats) / sizeof(repeats[0]) && bytes; i++)
        bytes = growth(run, forged, number, repeats[i], &values); /* does it go on? */
    if (!bytes)
        return false;
    if (values > 0)
        td_check_error(
            run->check,
            "release what json_object(), json_array(), json_pack() ... gave when it does not go "
            "into the "
            "answer; use the _new functions (json_object_set_new) to hand a reference over, and no "
            "json_incref without its json_decref",
            "keeps %lld bytes with every call, %lld blocks of them jansson's (dossier %d: %s)",
            (long long)bytes, (long long)values, number, forged->what);
    else
        td_check_error(
            run->check,
            "free what malloc, strdup, json_dumps ... gave, on every way out of a function",
            "keeps %lld bytes with every call, none of them jansson's (dossier %d: %s)",
            (long long)bytes, number, forged->what);
    return true;
}

/* Some of all dossiers, round after round: what is kept for each new dossier shows here. */
static void go_round(struct run *run)
{
    struct td_check *check = run->check;
    int most = check->dossiers < ROUND_DOSSIERS ? check->dossiers : ROUND_DOSSIERS;
    json_int_t heap[ROUNDS] = {0};
    for (int round = 0; round < ROUNDS; round++)
        for (int i = most - 1; i >= 0 && run->deaths < DEATHS_MOST;
             i--) { /* each round ends with dossier 0 */
            if (!run->answers[i])
                continue;
            struct td_forged forged = td_forge(check->descriptor, check->seed, i);
            json_t *probed = probe(run, &forged, i, 1);
            heap[round] = json_integer_value(json_object_get(probed, "heap"));
            json_decref(probed);
            json_decref(forged.dossier);
        }
    if (heap[2] - heap[1] > ROUND_BYTES && heap[3] - heap[2] > ROUND_BYTES)
        td_check_error(check,
                       "keep nothing between two calls, and free on every way out of a function",
                       "memory goes on growing: %lld bytes more with every %d dossiers",
                       (long long)(heap[3] - heap[2]), most);
}

static void look_for_leaks(struct run *run)
{
    struct td_check *check = run->check;
    int most = td_forge_proper(check->descriptor) + LEAK_ODD;
    bool found = false;
    for (int number = 0;
         number < most && number < check->dossiers && !found && run->deaths < DEATHS_MOST;
         number++) {
        struct td_forged forged = td_forge(check->descriptor, check->seed, number);
        if (run->answers[number])
            found = leaks_with(run, &forged, number);
        json_decref(forged.dossier);
    }
    if (!found)
        go_round(run);
}

/* --- all -------------------------------------------------------------------------------------- */

void td_check_dossiers(struct td_check *check, struct td_check_worker *worker)
{
    struct td_check_worker second;
    struct run run = {.check = check,
                      .worker = worker,
                      .types = json_object(),
                      .answers = calloc((size_t)check->dossiers + 1, sizeof(char *))};
    if (!run.answers)
        abort();
    first_pass(&run);
    check->stage = "purity";
    if (td_check_worker_start(&second, check->scorer, check->folder, check->job_ms, true)) {
        struct run again = run;
        again.worker = &second;
        again.perturb = true;
        second_pass(&again);
        td_check_worker_stop(&second);
    }
    check->stage = "leaks";
    check->kept = 0;
    if (worker->pid)
        look_for_leaks(&run);
    for (int i = 0; i < check->dossiers; i++)
        free(run.answers[i]);
    free(run.answers);
    json_decref(run.types);
}
