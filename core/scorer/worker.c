/* worker.c - see worker.h. Blocking reads and writes on one descriptor; one job at a time. */
#include "scorer/worker.h"

#include "sandbox/sandbox.h"
#include "scorer/compiled.h"
#include "scorer/guard.h"
#include "scorer/job.h"
#include "scorer/plugins.h"
#include "scorer/vm.h"
#include "scoring/protocol.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ADDRESS_SPACE ((size_t)512 << 20)

static int socket_fd;

static bool read_all(void *bytes, size_t length)
{
    for (size_t got = 0; got < length;) {
        ssize_t n = read(socket_fd, (char *)bytes + got, length - got);
        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        got += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* Takes the message over. */
static bool send_message(json_t *message)
{
    size_t length = 0;
    unsigned char *frame = message ? td_protocol_encode(message, &length) : NULL;
    bool sent = frame != NULL;
    for (size_t done = 0; sent && done < length;) {
        ssize_t n = write(socket_fd, frame + done, length - done);
        sent = n > 0 || (n < 0 && errno == EINTR);
        done += n > 0 ? (size_t)n : 0;
    }
    free(frame);
    json_decref(message);
    return sent;
}

static json_t *fitting(json_t *answer)
{
    if (answer && json_dumpb(answer, NULL, 0, JSON_COMPACT) <= TD_PROTOCOL_FRAME_MAX)
        return answer;
    json_decref(answer);
    return json_pack("{s:{s:s, s:s}}", "error", "code", "plugin", "message",
                     "the answer is larger than a frame may be");
}

static void announce(const char *file)
{
    send_message(json_pack("{s:s}", "loading", file));
}

static bool start(struct td_plugins *plugins, const struct td_worker_options *options)
{
    const struct td_sandbox_options walls = {
        .fd = options->fd, .trap = true, .address_space = ADDRESS_SPACE};
    char why[256] = "";
    plugins->before = announce;
    if (options->files)
        td_plugins_load_files(plugins, options->plugin_folder, options->files, options->rebuilt);
    else
        td_plugins_load(plugins, options->plugin_folder, options->skip);
    if (td_sandbox_enter(&walls, why, sizeof(why)) < 0) {
        send_message(json_pack("{s:b, s:s}", "ready", 0, "message", why));
        return false;
    }
    td_plugins_describe(plugins);
    td_vm_declare(plugins->catalog);
    return send_message(json_pack("{s:b, s:O, s:O}", "ready", 1, "catalog", plugins->catalog,
                                  "refused", plugins->refused));
}

/* The bytes of the next frame, which the caller frees, or NULL when the server is gone. */
static char *next_frame(size_t *ret_length)
{
    unsigned char header[TD_PROTOCOL_HEADER];
    size_t length = read_all(header, sizeof(header)) ? td_protocol_length(header) : 0;
    char *text = length ? malloc(length) : NULL;
    if (text && read_all(text, length)) {
        *ret_length = length;
        return text;
    }
    free(text);
    return NULL;
}

/* False when the server is gone or sends no JSON: both end the worker. */
static bool do_job(const struct td_plugins *plugins, int job_ms)
{
    size_t length;
    struct td_slice dossiers;
    char *text = next_frame(&length);
    json_t *job = text ? td_job_parse(text, length, &dossiers) : NULL;
    bool done = job && send_message(fitting(td_job_answer(plugins, job, &dossiers, job_ms)));
    json_decref(job);
    free(text);
    return done;
}

int td_worker_run(const struct td_worker_options *options)
{
    static struct td_plugins plugins;
    socket_fd = options->fd;
    json_object_seed(0); /* reads the kernel's random source, which the sandbox forbids */
    if (sodium_init() < 0)
        return 1;
    td_guard_init(options->fd);
    bool started = start(&plugins, options);
    while (started && do_job(&plugins, options->job_ms))
        ;
    td_compiled_done();
    json_decref(plugins.catalog);
    json_decref(plugins.refused);
    return started ? 0 : 1;
}
