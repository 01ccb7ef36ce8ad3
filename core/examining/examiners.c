/* examiners.c - see examiners.h. scoring/process.c knows the processes. A thread of its own starts
 * them; everything else is on the loop. */
#include "examining/examiners.h"

#include "base/json.h"
#include "base/log.h"
#include "examiner/finding.h"
#include "http/cpu.h"
#include "http/mailbox.h"
#include "scoring/process.h"

#include <event2/event.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#define CLOCK_FACTOR  3 /* on a busy machine processor time takes longer */
#define RETRY_SECONDS 5
#define OUTPUT_FACTOR 2 /* a picture written anew may be larger than it was */

struct examination {
    TAILQ_ENTRY(examination) entry;
    struct td_examiners *examiners;
    char type[32], owner[32];
    int input, output;
    td_examiners_done_fn done;
    void *arg;
    struct td_process *process;
    json_t *verdict;
    struct td_cpu_job job; /* starting it */
    struct td_letter letter;
    int started; /* how that went */
    struct td_error error;
};
TAILQ_HEAD(examinations, examination);

struct td_examiners {
    struct td_examiners_options options;
    char *executable;
    struct td_cpu *starter;
    struct examinations running, waiting;
    struct td_examiners_stats stats;
};

static void close_files(struct examination *one)
{
    if (one->input >= 0)
        close(one->input);
    if (one->output >= 0)
        close(one->output);
    one->input = one->output = -1;
}

static void drop(struct examination *one)
{
    close_files(one);
    td_process_free(one->process);
    json_decref(one->verdict);
    td_error_done(&one->error);
    free(one);
}

/* --- verdicts ------------------------------------------------------------------------------- */

static bool is_known(const char *finding)
{
    static const char *const keys[] = {
#define X(name, key) key,
        TD_FINDINGS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(keys[i], finding))
            return true;
    return false;
}

static int say_unexaminable(struct td_error *error, const char *key, const char *reason)
{
    TD_LOG(TD_LOG_WARNING, "examiner.lost", TD_S("reason", reason));
    return td_error_field(error, "file", key, "the file could not be examined: %s", reason);
}

static int read_failure(const json_t *verdict, struct td_error *error)
{
    const char *code = td_json_text(verdict, "failure");
    const char *message = td_json_text(verdict, "message");
    TD_LOG(TD_LOG_ERROR, "examiner.failed", TD_S("code", code), TD_S("reason", message));
    if (!strcmp(code, "full"))
        return td_error_set(error, TD_EFULL, "%s", td_error_text(TD_EFULL));
    if (!strcmp(code, "io"))
        return td_error_set(error, TD_EIO, "%s", td_error_text(TD_EIO));
    return td_error_key(error, TD_EBUSY, "examiner_absent", NULL);
}

/* Images are; PDF files are not, because a signature must stay valid, but for blind review. */
bool td_examiners_rewrites(const char *type)
{
    return strncmp(type, "image/", 6) == 0 || strcmp(type, TD_EXAMINE_PDF_ANEW) == 0;
}

static int read_verdict(const struct examination *one, bool *ret_rewritten, struct td_error *error)
{
    const json_t *verdict = one->verdict;
    const json_t *findings = json_object_get(verdict, "findings");
    size_t i;
    json_t *finding;
    int result = 0;
    if (json_object_get(verdict, "failure"))
        return read_failure(verdict, error);
    if (!json_is_array(findings))
        return say_unexaminable(error, "file_unexaminable", "its verdict is none");
    json_array_foreach((json_t *)findings, i, finding) {
        const char *key = json_string_value(finding);
        if (!key || !is_known(key))
            return say_unexaminable(error, "file_unexaminable", "its verdict is unknown");
        result = td_error_field(error, "file", key, "not accepted: %s", key);
    }
    bool rewritten = json_is_true(json_object_get(verdict, "rewritten"));
    if (result == 0 && rewritten != td_examiners_rewrites(one->type))
        return say_unexaminable(error, "file_unexaminable", "its verdict does not fit the type");
    *ret_rewritten = rewritten;
    return result;
}

static int conclude(const struct examination *one, const struct td_process_end *end,
                    bool *ret_rewritten, struct td_error *error)
{
    if (one->verdict)
        return read_verdict(one, ret_rewritten, error);
    return say_unexaminable(error, end->timed_out ? "file_takes_long" : "file_unexaminable",
                            end->reason);
}

/* --- running -------------------------------------------------------------------------------- */

static void run_waiting(struct td_examiners *examiners);

/* The one verdict; whatever comes after it counts for nothing. */
static void on_frame(void *arg, const json_t *message)
{
    struct examination *one = arg;
    if (!one->verdict)
        one->verdict = json_incref((json_t *)message);
}

static void finish(struct examination *one, int result, bool rewritten, struct td_error *error)
{
    td_examiners_done_fn done = one->done;
    void *arg = one->arg;
    drop(one);
    done(arg, result, rewritten, error);
    td_error_done(error);
}

/* Its slot is free again. */
static void leave(struct examination *one, int result, bool rewritten, struct td_error *error)
{
    struct td_examiners *examiners = one->examiners;
    TAILQ_REMOVE(&examiners->running, one, entry);
    examiners->stats.running--;
    finish(one, result, rewritten, error);
    run_waiting(examiners);
}

static void on_ended(void *arg, const struct td_process_end *end)
{
    struct examination *one = arg;
    struct td_error error = TD_ERROR_INIT;
    bool rewritten = false;
    int result = conclude(one, end, &rewritten, &error);
    leave(one, result, rewritten, &error);
}

static void on_started(struct td_letter *letter)
{
    struct examination *one =
        (struct examination *)((char *)letter - offsetof(struct examination, letter));
    struct td_error error = TD_ERROR_INIT;
    if (one->started == 0)
        one->started = td_process_watch(one->process, &one->error);
    if (one->started == 0)
        return;
    TD_LOG(TD_LOG_ERROR, "examiner.start_failed", TD_S("reason", one->error.detail));
    td_error_key(&error, TD_EBUSY, "examiner_absent", NULL);
    leave(one, TD_EBUSY, false, &error);
}

/* On the starter's thread. */
static void start(struct td_cpu_job *job)
{
    struct examination *one =
        (struct examination *)((char *)job - offsetof(struct examination, job));
    const struct td_examiners *examiners = one->examiners;
    const struct td_examiners_options *options = &examiners->options;
    char input_max[32], output_max[32], seconds[16];
    snprintf(input_max, sizeof(input_max), "%zu", options->file_max);
    snprintf(output_max, sizeof(output_max), "%zu", OUTPUT_FACTOR * options->file_max);
    snprintf(seconds, sizeof(seconds), "%d", options->seconds);
    const char *argv[] = {examiners->executable, one->type, input_max, output_max, seconds, NULL};
    const struct td_process_command command = {argv, one->input, one->output};
    one->started = td_process_spawn(one->process, &command, &one->error);
    close_files(one);
    td_mailbox_post(options->mailbox, &one->letter);
}

static int run(struct examination *one)
{
    static const struct td_process_events events = {.frame = on_frame, .ended = on_ended};
    struct td_examiners *examiners = one->examiners;
    one->job.run = start;
    one->letter.open = on_started;
    int result = td_process_new(examiners->options.base, &events, one, &one->process, NULL);
    if (result == 0)
        result = td_cpu_submit(examiners->starter, &one->job);
    if (result < 0)
        return TD_EBUSY;
    td_process_deadline(one->process, CLOCK_FACTOR * examiners->options.seconds * 1000);
    TAILQ_INSERT_TAIL(&examiners->running, one, entry);
    examiners->stats.running++;
    return 0;
}

static struct examination *take_waiting(struct td_examiners *examiners)
{
    struct examination *one = TAILQ_FIRST(&examiners->waiting);
    if (one) {
        TAILQ_REMOVE(&examiners->waiting, one, entry);
        examiners->stats.waiting--;
    }
    return one;
}

static void run_waiting(struct td_examiners *examiners)
{
    while (examiners->stats.waiting && examiners->stats.running < examiners->options.slots) {
        struct examination *one = take_waiting(examiners);
        struct td_error error = TD_ERROR_INIT;
        if (run(one) < 0)
            finish(one, td_error_key(&error, TD_EBUSY, "examiner_absent", NULL), false, &error);
    }
}

static int count_of(const struct td_examiners *examiners, const char *owner)
{
    int count = 0;
    const struct examination *one;
    TAILQ_FOREACH(one, &examiners->running, entry)
    {
        count += !strcmp(one->owner, owner);
    }
    TAILQ_FOREACH(one, &examiners->waiting, entry)
    {
        count += !strcmp(one->owner, owner);
    }
    return count;
}

/* Starts it, or lets it wait. */
static int admit(struct td_examiners *examiners, struct examination *one, struct td_error *reterr)
{
    const struct td_examiners_options *options = &examiners->options;
    if (count_of(examiners, one->owner) >= options->per_owner)
        return td_error_key(reterr, TD_ETHROTTLED, "too_many_requests",
                            json_pack("{s:i}", "seconds", RETRY_SECONDS));
    if (examiners->stats.running < options->slots)
        return run(one) < 0 ? td_error_key(reterr, TD_EBUSY, "examiner_absent", NULL) : 0;
    if (examiners->stats.waiting >= options->queue_limit)
        return td_error_key(reterr, TD_EBUSY, "examiner_busy", NULL);
    TAILQ_INSERT_TAIL(&examiners->waiting, one, entry);
    examiners->stats.waiting++;
    return 0;
}

int td_examiners_submit(struct td_examiners *examiners, const char *owner, const char *type,
                        int input, int output, td_examiners_done_fn done, void *arg,
                        struct td_error *reterr)
{
    struct examination *one = calloc(1, sizeof(*one));
    if (!one) {
        close(input);
        if (output >= 0)
            close(output);
        return TD_ENOMEM;
    }
    *one = (struct examination){
        .examiners = examiners, .input = input, .output = output, .done = done, .arg = arg};
    snprintf(one->type, sizeof(one->type), "%s", type);
    snprintf(one->owner, sizeof(one->owner), "%s", owner);
    int result = admit(examiners, one, reterr);
    if (result < 0)
        drop(one);
    return result;
}

struct td_examiners_stats td_examiners_stats(const struct td_examiners *examiners)
{
    return examiners->stats;
}

int td_examiners_new(const struct td_examiners_options *options,
                     struct td_examiners **ret_examiners, struct td_error *reterr)
{
    struct td_examiners *examiners = calloc(1, sizeof(*examiners));
    if (!examiners)
        return td_error_set(reterr, TD_ENOMEM, "no memory for the examiners");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    examiners->options = *options;
    if (examiners->options.slots <= 0)
        examiners->options.slots = cores > 0 ? (int)cores : 1;
    TAILQ_INIT(&examiners->running);
    TAILQ_INIT(&examiners->waiting);
    examiners->executable = strdup(options->executable);
    int result = examiners->executable
                     ? td_cpu_new(1, examiners->options.slots, &examiners->starter, reterr)
                     : td_error_set(reterr, TD_ENOMEM, "no memory for the examiners");
    if (result < 0) {
        td_examiners_free(examiners);
        return result;
    }
    *ret_examiners = examiners;
    return 0;
}

void td_examiners_free(struct td_examiners *examiners)
{
    if (!examiners)
        return;
    td_cpu_free(examiners->starter);
    free(examiners->executable);
    free(examiners);
}
