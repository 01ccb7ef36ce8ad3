/* trial.c - titlectl standard trial: what a standard would do, told on the terminal while it runs.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 200 };

static long long number(const json_t *value, const char *name)
{
    return (long long)json_integer_value(json_object_get(value, name));
}

static void pause_a_little(void)
{
    const struct timespec wait = {.tv_nsec = LOOK_MS * 1000000L};
    nanosleep(&wait, NULL);
}

/* Looks until it does not run any more. */
static int follow(struct td_cli *cli, const char *path, json_t **ret_trial, struct td_error *reterr)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    for (;;) {
        json_t *trial = NULL;
        int result = td_cli_call(cli, "GET", path, NULL, &trial, reterr);
        if (result < 0)
            return result;
        bool over = strcmp(td_cli_text(trial, "state"), "running") != 0;
        if (terminal)
            fprintf(stderr, "\r%lld / %lld%s", number(trial, "done"), number(trial, "total"),
                    over ? "\n" : "");
        if (over) {
            *ret_trial = trial;
            return 0;
        }
        json_decref(trial);
        pause_a_little();
    }
}

static void print_points(const char *name, long long before, long long after)
{
    printf("  %-8s %.2f -> %.2f\n", name, (double)before / 100, (double)after / 100);
}

static void print_findings(const json_t *refusal)
{
    size_t i;
    json_t *finding;
    const char *message = td_cli_text(refusal, "message");
    printf("refused: %s%s%s\n", td_cli_text(refusal, "reason"), *message ? ": " : "", message);
    json_array_foreach(json_object_get(refusal, "findings"), i, finding) {
        char *forward = json_dumps(json_object_get(finding, "forward"), JSON_ENCODE_ANY);
        char *reverse = json_dumps(json_object_get(finding, "reverse"), JSON_ENCODE_ANY);
        printf("  %s", td_cli_text(finding, "kind"));
        if (number(finding, "line") > 0)
            printf(" line %lld", number(finding, "line"));
        printf(" %s %s %s %s %s", td_cli_text(finding, "dossier"), td_cli_text(finding, "word"),
               td_cli_text(finding, "what"), td_cli_text(finding, "id"),
               td_cli_text(finding, "message"));
        if (forward && reverse)
            printf(": %s in one order, %s in the other", forward, reverse);
        putchar('\n');
        free(forward);
        free(reverse);
    }
}

/* Points as people write them; anything else as it is. */
static void print_value(const json_t *value)
{
    if (json_is_integer(value)) {
        printf("%.2f", (double)json_integer_value(value) / 100);
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    fputs(text ? text : "nothing", stdout);
    free(text);
}

static void print_golden(const json_t *golden)
{
    size_t i, k;
    json_t *one, *difference;
    const json_t *failed = json_object_get(golden, "failed");
    printf("golden cases: %lld, failed %zu", number(golden, "cases"), json_array_size(failed));
    if (number(golden, "amended") > 0)
        printf(", amended %lld", number(golden, "amended"));
    putchar('\n');
    json_array_foreach(failed, i, one)
        json_array_foreach(json_object_get(one, "differences"), k, difference) {
            printf("  %s: %s %s: expected ", td_cli_text(one, "file"),
                   td_cli_text(difference, "what"), td_cli_text(difference, "id"));
            print_value(json_object_get(difference, "expected"));
            printf(", is ");
            print_value(json_object_get(difference, "got"));
            printf(" %s\n", td_cli_text(difference, "because"));
        }
}

static void print_flags(const json_t *groups)
{
    size_t i, k;
    json_t *dimension, *group;
    json_array_foreach(groups, i, dimension)
        json_array_foreach(json_object_get(dimension, "groups"), k, group)
            if (*td_cli_text(group, "flag"))
                printf("  look: %s %s %s: %s (%lld dossiers, %+.2f points on average)\n",
                       td_cli_text(dimension, "by"), td_cli_text(group, "key"),
                       td_cli_text(group, "name"), td_cli_text(group, "flag"), number(group, "n"),
                       (double)number(group, "mean_change") / 100);
}

static void print_summary(const json_t *summary)
{
    const json_t *before = json_object_get(summary, "before"),
                 *after = json_object_get(summary, "after");
    size_t i;
    json_t *condition;
    printf("dossiers: %lld; gain %lld, lose %lld, same %lld\n", number(summary, "dossiers"),
           number(summary, "gain"), number(summary, "loss"), number(summary, "same"));
    printf("reference line: %lld come above it, %lld fall below it\n",
           number(summary, "crosses_up"), number(summary, "crosses_down"));
    printf("conditions: %lld dossiers fail one anew, %lld pass one anew; vetoed anew %lld\n",
           number(summary, "newly_failing"), number(summary, "newly_passing"),
           number(summary, "newly_vetoed"));
    if (json_is_object(before) && json_is_object(after)) {
        print_points("mean", number(before, "mean"), number(after, "mean"));
        print_points("median", number(before, "median"), number(after, "median"));
    }
    json_array_foreach(json_object_get(summary, "conditions"), i, condition)
        if (number(condition, "newly_failing") || number(condition, "newly_passing"))
            printf("  condition %s %s: %lld fail it anew, %lld pass it anew\n",
                   td_cli_text(condition, "id"), td_cli_text(condition, "name"),
                   number(condition, "newly_failing"), number(condition, "newly_passing"));
    print_flags(json_object_get(summary, "groups"));
}

static void print_trial(const struct td_cli *cli, const json_t *trial)
{
    if (cli->json) {
        td_cli_print_json(trial);
        return;
    }
    printf("trial %s: %s, %lld of %lld dossiers\n", td_cli_text(trial, "id"),
           td_cli_text(trial, "state"), number(trial, "done"), number(trial, "total"));
    if (json_is_object(json_object_get(trial, "golden")))
        print_golden(json_object_get(trial, "golden"));
    if (json_is_object(json_object_get(trial, "refusal")))
        print_findings(json_object_get(trial, "refusal"));
    if (json_is_object(json_object_get(trial, "summary")))
        print_summary(json_object_get(trial, "summary"));
}

/* Fails when the standard could not be approved with it, so that scripts notice. */
static int judge(const json_t *trial, struct td_error *reterr)
{
    const json_t *verdict = json_object_get(trial, "verdict");
    if (json_is_true(json_object_get(verdict, "passed")))
        return 0;
    return td_error_set(reterr, TD_ECONFLICT,
                        "this trial does not let the standard be approved: %s",
                        td_cli_text(verdict, "reason"));
}

static int run(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *begun = NULL, *trial = NULL;
    if (count < 1 || count > 2)
        return TD_EINVALID;
    json_t *body = count == 2 ? json_pack("{s:s}", "cycle", arguments[1]) : json_object();
    char *path = td_client_path("/api/v1/standards/%s/trials", arguments[0]);
    int result = td_cli_call(cli, "POST", path, body, &begun, reterr);
    free(path);
    if (result < 0)
        return result;
    path = td_client_path("/api/v1/trials/%s", td_cli_text(begun, "id"));
    json_decref(begun);
    result = follow(cli, path, &trial, reterr);
    free(path);
    if (result == 0) {
        print_trial(cli, trial);
        result = judge(trial, reterr);
    }
    json_decref(trial);
    return result;
}

static int list(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static const char *const members[] = {"id",       "trial_state", "cycle_name", "done",
                                          "dossiers", "created_at",  NULL};
    json_t *items = NULL;
    if (count != 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/standards/%s/trials?", arguments[0]);
    int result = td_cli_list(cli, path, &items, reterr);
    free(path);
    if (result == 0)
        td_cli_table(cli, items, members);
    json_decref(items);
    return result;
}

static int show(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_t *trial = NULL;
    if (count != 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/trials/%s", arguments[0]);
    int result = td_cli_call(cli, "GET", path, NULL, &trial, reterr);
    free(path);
    if (result == 0)
        print_trial(cli, trial);
    json_decref(trial);
    return result;
}

static int cancel(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    if (count != 1)
        return TD_EINVALID;
    char *path = td_client_path("/api/v1/trials/%s/cancel", arguments[0]);
    int result = td_cli_call(cli, "POST", path, NULL, NULL, reterr);
    free(path);
    return result;
}

const struct td_command td_trial_commands[] = {
    {"standard trial", "ID [CYCLE]",
     "try a standard on every dossier of a cycle (the newest of its series), and say who gains and "
     "loses",
     run},
    {"trial list", "STANDARD", "trials of a standard", list},
    {"trial show", "TRIAL", "what a trial found", show},
    {"trial cancel", "TRIAL", "stop a trial", cancel},
    {0},
};
