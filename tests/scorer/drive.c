/* drive.c - see drive.h. */
#include "drive.h"

#include "scoring/protocol.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_stuck(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    fprintf(stderr, "nothing happened for a minute\n");
    abort();
}

void drive_until(struct drive *drive, int (*check)(void *arg), void *arg)
{
    struct timeval minute = {.tv_sec = 60};
    struct event *stuck = evtimer_new(drive->base, on_stuck, NULL);
    event_add(stuck, &minute);
    while (!check(arg))
        event_base_loop(drive->base, EVLOOP_ONCE);
    event_free(stuck);
}

static void on_ready(void *arg, int result)
{
    *(int *)arg = result;
}

static int is_ready(void *arg)
{
    return *(int *)arg != 1;
}

void drive_start(struct drive *drive, const struct td_pool_options *options)
{
    struct td_pool_options own = *options;
    struct td_error error = TD_ERROR_INIT;
    drive->base = own.base = event_base_new();
    drive->ready = 1;
    if (td_pool_new(&own, on_ready, &drive->ready, &drive->pool, &error) < 0) {
        fprintf(stderr, "%s\n", error.detail);
        abort();
    }
    drive_until(drive, is_ready, &drive->ready);
}

void drive_stop(struct drive *drive)
{
    td_pool_free(drive->pool);
    event_base_free(drive->base);
}

int drive_reload(struct drive *drive)
{
    drive->ready = 1;
    td_pool_reload(drive->pool, on_ready, &drive->ready);
    drive_until(drive, is_ready, &drive->ready);
    return drive->ready;
}

int drive_look(struct drive *drive)
{
    drive->ready = 1;
    td_pool_look(drive->pool, on_ready, &drive->ready);
    drive_until(drive, is_ready, &drive->ready);
    return drive->ready;
}

static void on_done(void *arg, int result, json_t *answer, struct td_error *error)
{
    struct drive_answer *target = arg;
    target->done++;
    target->code = result;
    target->answer = json_incref(answer);
    snprintf(target->key, sizeof(target->key), "%s", error->key);
    snprintf(target->detail, sizeof(target->detail), "%s", error->detail);
}

void drive_submit(struct drive *drive, const json_t *job, struct drive_answer *answer)
{
    memset(answer, 0, sizeof(*answer));
    td_pool_submit(drive->pool, job, on_done, answer);
}

void drive_submit_background(struct drive *drive, const json_t *job, struct drive_answer *answer)
{
    size_t length = 0;
    unsigned char *frame = td_protocol_encode(job, &length);
    memset(answer, 0, sizeof(*answer));
    td_pool_submit_background(drive->pool, frame, length, on_done, answer);
}

static int is_done(void *arg)
{
    return ((const struct drive_answer *)arg)->done;
}

void drive_wait(struct drive *drive, const struct drive_answer *answer)
{
    drive_until(drive, is_done, (void *)answer);
}

struct drive_answer drive_job(struct drive *drive, json_t *job)
{
    struct drive_answer answer;
    if (!job) {
        fprintf(stderr, "the test's job is no JSON\n");
        abort();
    }
    drive_submit(drive, job, &answer);
    json_decref(job);
    drive_wait(drive, &answer);
    return answer;
}

void drive_answer_done(struct drive_answer *answer)
{
    json_decref(answer->answer);
    answer->answer = NULL;
}
