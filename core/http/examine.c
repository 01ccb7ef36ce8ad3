/* examine.c - the work step of a row that takes a file: the sandboxed examiner looks at it, then a
 * thread of the CPU pool hashes what is to be kept and makes it durable, so that the writer only
 * has to give it its name. Such a thread opens the files, too: the loop never waits for the disk.
 * What either leaves behind is unlinked with the serving. */
#include "http/serving.h"

#include "examining/examiners.h"
#include "store/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct td_serving *serving_of(struct td_cpu_job *job)
{
    return (struct td_serving *)((char *)job - offsetof(struct td_serving, job));
}

static void keep(struct td_cpu_job *job)
{
    struct td_serving *serving = serving_of(job);
    struct td_upload *upload = &serving->upload;
    char hash[65];
    if (upload->path == serving->output_path)
        unlink(serving->upload_path); /* here: to free a large file takes the disk a while */
    size_t size = 0;
    serving->result = td_files_measure(upload->path, hash, &size, &serving->error);
    if (serving->result == 0 && strcmp(hash, upload->hash) != 0) {
        memcpy(upload->sent_hash, upload->hash, sizeof(hash));
        memcpy(upload->hash, hash, sizeof(hash));
        upload->size = size;
    }
    td_serving_post(serving, serving->then);
}

static void on_examined(void *arg, int result, bool rewritten, struct td_error *error)
{
    struct td_serving *serving = arg;
    serving->result = result;
    if (result < 0) {
        td_error_done(&serving->error);
        serving->error = *error;
        *error = (struct td_error)TD_ERROR_INIT;
        serving->then(serving);
        return;
    }
    if (rewritten)
        serving->upload.path = serving->output_path;
    serving->job.run = keep;
    int r = td_cpu_submit(serving->frame->options.cpu, &serving->job);
    if (r == 0)
        return; /* the result is that thread's to write now */
    serving->result = r;
    serving->then(serving);
}

static int open_output(struct td_serving *serving)
{
    char path[4096];
    int result = td_files_create(serving->frame->options.store, &serving->output, path,
                                 sizeof(path), &serving->error);
    if (result < 0)
        return result;
    serving->output_path = td_arena_strdup(serving->arena, path);
    if (serving->output_path)
        return 0;
    unlink(path);
    return TD_ENOMEM;
}

static void close_files(struct td_serving *serving)
{
    if (serving->input >= 0)
        close(serving->input);
    if (serving->output >= 0)
        close(serving->output);
}

static const char *type_of(const struct td_serving *serving)
{
    return json_string_value(serving->call.job);
}

static void submit(struct td_serving *serving)
{
    const char *owner = serving->call.who ? serving->call.who->id : "";
    if (serving->result == 0)
        serving->result = td_examiners_submit(serving->frame->options.examiners, owner,
                                              type_of(serving), serving->input, serving->output,
                                              on_examined, serving, &serving->error);
    if (serving->result < 0)
        serving->then(serving);
}

static void open_files(struct td_cpu_job *job)
{
    struct td_serving *serving = serving_of(job);
    serving->input = serving->output = -1;
    serving->result = td_examiners_rewrites(type_of(serving)) ? open_output(serving) : 0;
    if (serving->result == 0) {
        serving->input = open(serving->upload.path, O_RDONLY | O_CLOEXEC);
        serving->result = serving->input < 0 ? TD_EIO : 0;
    }
    if (serving->result < 0)
        close_files(serving);
    td_serving_post(serving, submit);
}

int td_examine_begin(struct td_serving *serving, td_serving_fn next)
{
    if (!serving->frame->options.examiners)
        return TD_EBUSY;
    serving->then = next;
    serving->job.run = open_files;
    return td_cpu_submit(serving->frame->options.cpu, &serving->job);
}
