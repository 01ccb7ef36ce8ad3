/* drive.h - a pool on its own event loop, driven step by step: what the tests of the scorer share.
 */
#ifndef TD_TESTS_SCORER_DRIVE_H
#define TD_TESTS_SCORER_DRIVE_H

#include "scoring/pool.h"

/* Processor time for a job, and a deadline that a machine busy with other tests keeps. */
#define DRIVE_JOB_MS      300
#define DRIVE_LIMIT       "300 ms"
#define DRIVE_DEADLINE_MS 30000

struct drive {
    struct event_base *base;
    struct td_pool *pool;
    int ready; /* what `ready` was called with; 1 = not yet */
};

struct drive_answer {
    int done; /* how often the callback came */
    int code;
    json_t *answer; /* a reference of its own, or NULL */
    char key[48];
    char detail[512];
};

/* Starts a pool and waits until it is ready or has given up: see drive->ready. Ends the test
 * program when nothing happens for a minute, as every wait here does. */
void drive_start(struct drive *drive, const struct td_pool_options *options);
void drive_stop(struct drive *drive);

/* A new generation, waited for; what `ready` was called with. */
int drive_reload(struct drive *drive);
/* The same by td_pool_look. */
int drive_look(struct drive *drive);

/* Submits without waiting; `answer` must live until done. */
void drive_submit(struct drive *drive, const json_t *job, struct drive_answer *answer);
void drive_submit_background(struct drive *drive, const json_t *job, struct drive_answer *answer);
void drive_wait(struct drive *drive, const struct drive_answer *answer);

/* Submits, waits; takes the reference to `job`. */
struct drive_answer drive_job(struct drive *drive, json_t *job);
void drive_answer_done(struct drive_answer *answer);

/* Waits until `check(arg)` is true. */
void drive_until(struct drive *drive, int (*check)(void *arg), void *arg);

#endif
