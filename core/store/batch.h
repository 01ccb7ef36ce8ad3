/* batch.h - group commit: many writes, one transaction, one fsync. Internal to store/. */
#ifndef TD_STORE_BATCH_H
#define TD_STORE_BATCH_H

#include "store/queue.h"

#include <stdatomic.h>
#include <stdint.h>

struct td_sqlite;
struct td_batch;

/* Working room for batches of up to `limit` jobs on the writer's connection; NULL when memory is
 * short. *stopped becomes true, before anybody is told, when the disk is in doubt. */
struct td_batch *td_batch_new(struct td_store *store, struct td_sqlite *db, int limit,
                              atomic_bool *stopped);
void td_batch_free(struct td_batch *batch);

/* How many transactions of exactly `size` writes were committed. From any thread. */
int64_t td_batch_commits(const struct td_batch *batch, int size);

/* Runs the `count` jobs of the list in one transaction, commits, reports each and frees the list.
 * Answers what was committed that somebody waits for. */
enum { TD_BATCH_OUTBOX = 1, TD_BATCH_CHECKPOINT = 2 };
unsigned td_batch_run(struct td_batch *batch, struct td_job *jobs, int count);

#endif
