/* cpu.h - a few threads for work that is neither a transaction nor a scorer job: hashing a
 * password, making a file. */
#ifndef TD_HTTP_CPU_H
#define TD_HTTP_CPU_H

#include "base/error.h"

struct td_cpu;

/* Embedded in what is submitted. `run` is called on a thread of the pool; it hands its result on
 * itself (mailbox.h) and may free the job. */
struct td_cpu_job {
    struct td_cpu_job *next;
    void (*run)(struct td_cpu_job *job);
};

int td_cpu_new(int threads, int queue_limit, struct td_cpu **ret_cpu, struct td_error *reterr);
/* Finishes what waits, ends the threads. NULL is fine. */
void td_cpu_free(struct td_cpu *cpu);

/* TD_EBUSY when the queue is full: `run` is not called. */
int td_cpu_submit(struct td_cpu *cpu, struct td_cpu_job *job);

#endif
