/* starter.c - see starter.h. One record for each thing asked: made on the loop, worked on by the
 * thread and, unless nobody waits for it, posted back. What the thread touches of a record is the
 * record's own, counts of JSON references included. */
#include "scoring/starter.h"

#include "base/json.h"
#include "base/memory.h"
#include "http/cpu.h"
#include "http/mailbox.h"
#include "scoring/process.h"
#include "scoring/shelf.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct td_starter {
    char *executable;
    char *plugin_folder;
    char *shelf_folder; /* may be NULL */
    const char *list;   /* what a list of files is announced with */
    char job_ms[16];
    struct td_cpu *cpu;
    struct td_mailbox *mailbox;
};

struct start {
    struct td_cpu_job job;
    struct td_letter letter;
    struct td_mailbox *mailbox;
    struct td_process *process;
    int result;
    struct td_error error;
    td_started_fn done;
    void *arg;
    json_t *files; /* what `argv` ends with */
    const char *argv[];
};

struct td_look {
    struct td_cpu_job job;
    struct td_letter letter;
    const struct td_starter *starter;
    json_t *used, *found;
    int result;
    struct td_error error;
    td_looked_fn done; /* NULL: forgotten */
    void *arg;
};

struct mark {
    struct td_cpu_job job;
    const char *shelf_folder;
    json_t *files;
};

/* --- executing -------------------------------------------------------------------------------- */

static void free_start(struct start *start)
{
    json_decref(start->files);
    td_error_done(&start->error);
    free(start);
}

static void on_started(struct td_letter *letter)
{
    struct start *start = (struct start *)((char *)letter - offsetof(struct start, letter));
    if (start->result == 0)
        start->result = td_process_watch(start->process, &start->error);
    start->done(start->arg, start->result, &start->error);
    free_start(start);
}

/* On the thread. */
static void execute(struct td_cpu_job *job)
{
    struct start *start = (struct start *)((char *)job - offsetof(struct start, job));
    const struct td_process_command command = {.argv = start->argv, .input = -1, .output = -1};
    start->result = td_process_spawn(start->process, &command, &start->error);
    td_mailbox_post(start->mailbox, &start->letter);
}

static bool is_left_out(const json_t *left_out, const char *file)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)left_out, i, one)
        if (!strcmp(td_json_text(one, "file"), file))
            return true;
    return false;
}

/* The names a worker is given: what it loads of the shelf, or what it leaves of the folder. */
static json_t *list_files(const json_t *files, const json_t *left_out)
{
    size_t i;
    json_t *one, *list = json_array();
    json_array_foreach((json_t *)files, i, one)
        if (!is_left_out(left_out, json_string_value(one)))
            json_array_append(list, one);
    if (!files)
        json_array_foreach((json_t *)left_out, i, one)
            json_array_append(list, json_object_get(one, "file"));
    return list;
}

int td_starter_exec(struct td_starter *starter, struct td_process *process, const json_t *files,
                    const json_t *left_out, td_started_fn done, void *arg)
{
    json_t *list = list_files(files, left_out), *one;
    struct start *start =
        td_memory_record(sizeof(*start) + (json_array_size(list) + 6) * sizeof(*start->argv));
    size_t i, count = 0;
    start->job.run = execute;
    start->letter.open = on_started;
    start->mailbox = starter->mailbox;
    start->process = process;
    start->done = done;
    start->arg = arg;
    start->files = list;
    start->argv[count++] = starter->executable;
    start->argv[count++] = "--worker";
    start->argv[count++] = files ? starter->shelf_folder : starter->plugin_folder;
    start->argv[count++] = starter->job_ms;
    if (files)
        start->argv[count++] = starter->list;
    json_array_foreach(list, i, one)
        start->argv[count++] = json_string_value(one);
    int result = td_cpu_submit(starter->cpu, &start->job);
    if (result < 0)
        free_start(start);
    return result;
}

/* --- the folders ------------------------------------------------------------------------------ */

static void free_look(struct td_look *look)
{
    json_decref(look->used);
    json_decref(look->found);
    td_error_done(&look->error);
    free(look);
}

static void on_looked(struct td_letter *letter)
{
    struct td_look *look = (struct td_look *)((char *)letter - offsetof(struct td_look, letter));
    if (look->done)
        look->done(look->arg, look->result, look->found, &look->error);
    free_look(look);
}

/* On the thread. */
static void look_around(struct td_cpu_job *job)
{
    struct td_look *look = (struct td_look *)((char *)job - offsetof(struct td_look, job));
    const struct td_starter *starter = look->starter;
    look->result = td_shelf_look(starter->plugin_folder, starter->shelf_folder, look->used,
                                 &look->found, &look->error);
    td_mailbox_post(starter->mailbox, &look->letter);
}

struct td_look *td_starter_look(struct td_starter *starter, const json_t *used, td_looked_fn done,
                                void *arg)
{
    if (!starter->shelf_folder)
        return NULL;
    struct td_look *look = td_memory_record(sizeof(*look));
    *look = (struct td_look){.job.run = look_around,
                             .letter.open = on_looked,
                             .starter = starter,
                             .used = json_deep_copy(used),
                             .error = TD_ERROR_INIT,
                             .done = done,
                             .arg = arg};
    if (td_cpu_submit(starter->cpu, &look->job) < 0) {
        free_look(look);
        return NULL;
    }
    return look;
}

void td_look_forget(struct td_look *look)
{
    if (look)
        look->done = NULL;
}

static void free_mark(struct mark *mark)
{
    json_decref(mark->files);
    free(mark);
}

/* On the thread. */
static void mark_served(struct td_cpu_job *job)
{
    struct mark *mark = (struct mark *)((char *)job - offsetof(struct mark, job));
    td_shelf_served(mark->shelf_folder, mark->files);
    free_mark(mark);
}

void td_starter_served(struct td_starter *starter, json_t *files)
{
    struct mark *mark = td_memory_record(sizeof(*mark));
    *mark = (struct mark){
        .job.run = mark_served, .shelf_folder = starter->shelf_folder, .files = files};
    if (td_cpu_submit(starter->cpu, &mark->job) < 0)
        free_mark(mark);
}

/* --- life ------------------------------------------------------------------------------------- */

int td_starter_new(const struct td_pool_options *options, struct td_starter **ret_starter,
                   struct td_error *reterr)
{
    struct td_starter *starter = calloc(1, sizeof(*starter));
    if (!starter)
        return td_error_set(reterr, TD_ENOMEM, "no memory for starting scorer workers");
    starter->executable = strdup(options->executable);
    starter->plugin_folder = strdup(options->plugin_folder);
    starter->shelf_folder = options->shelf_folder ? strdup(options->shelf_folder) : NULL;
    starter->list = options->rebuilt ? "--rebuilt" : "--files";
    snprintf(starter->job_ms, sizeof(starter->job_ms), "%d", options->job_ms);
    starter->mailbox = td_mailbox_new(options->base);
    int result = td_cpu_new(1, INT_MAX, &starter->cpu, reterr);
    if (result == 0 && (!starter->executable || !starter->plugin_folder || !starter->mailbox ||
                        (options->shelf_folder && !starter->shelf_folder)))
        result = td_error_set(reterr, TD_ENOMEM, "no memory for starting scorer workers");
    if (result < 0) {
        td_starter_free(starter);
        return result;
    }
    *ret_starter = starter;
    return 0;
}

void td_starter_free(struct td_starter *starter)
{
    if (!starter)
        return;
    td_cpu_free(starter->cpu);
    td_mailbox_free(starter->mailbox);
    free(starter->executable);
    free(starter->plugin_folder);
    free(starter->shelf_folder);
    free(starter);
}
