/* store.h - records: transactions on store threads, group commit, and queries as JSON rows.
 *
 * Only store/sqlite.c knows the engine. SQL here and in callers stays portable to PostgreSQL:
 * standard types, $1 ... $9 parameters, `on conflict do`, `returning`, no rowid, no pragma.
 *
 * One writer thread takes every write that waits, runs each in its own savepoint inside one
 * transaction, commits once (fsync) and only then reports the results. A failed one is rolled back
 * alone. N reader threads run read transactions on snapshots of committed data. */
#ifndef TD_STORE_STORE_H
#define TD_STORE_STORE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct td_store;
struct td_tx;
struct td_witness;

struct td_store_options {
    const char *folder; /* holds titled.db and files/; created when missing */
    int readers;        /* reader threads; 0 = 4 */
    int queue_limit;    /* waiting jobs per kind before TD_EBUSY; 0 = 1024 */
    int batch_limit;    /* writes per commit; 0 = 256 */
    bool read_only;     /* for titlectl beside a running server: no lock, no migration, no writes */
};

/* Opens, migrates (schema/NNN_*.sql compiled in) and starts the threads. A store that another
 * process writes, a newer schema, one that something else changed (store/schema_check.h) or a damaged
 * file is refused with the reason. */
int td_store_open(const struct td_store_options *options, struct td_store **ret_store,
                  struct td_error *reterr);
/* Finishes what waits, stops the threads, closes. NULL is fine. */
void td_store_close(struct td_store *store);

/* Runs on a store thread. Returns 0 to keep its changes, negative to roll them back. */
typedef int (*td_store_fn)(struct td_tx *tx, void *arg, struct td_error *reterr);
/* Runs on a store thread after commit or roll-back, once per accepted job, and must not block: it
 * hands the result to its own loop. `result` is 0 or TD_E*; when 0 for a write, it is durable.
 * `error` is the store's; to keep its content, copy the struct and set *error to TD_ERROR_INIT. */
typedef void (*td_store_done_fn)(void *arg, int result, struct td_error *error);

/* Queues a job; TD_EBUSY when the queue is full or the store closes, TD_EIO for a write once it has
 * stopped writing (then `done` is not called). Thread-safe. */
int td_store_read(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg);
int td_store_write(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg);

/* The same for a read that may take seconds: at most half of the reader threads (of one, that one) are at such reads
 * at once, so that the others' do not wait for them, and at most half of the queue is theirs. */
int td_store_read_long(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg);

/* The same, waiting for the result: for start-up, titlectl and tests, never on the event loop. */
int td_store_read_wait(struct td_store *store, td_store_fn run, void *arg, struct td_error *reterr);
int td_store_write_wait(struct td_store *store, td_store_fn run, void *arg,
                        struct td_error *reterr);

/* True after a failed write or fsync left the disk in doubt: every further write answers TD_EIO,
 * reads go on, and only a new process may write again. Thread-safe. */
bool td_store_stopped(const struct td_store *store);

/* How writes were grouped since the start: {"commits": 3, "writes": 70, "sizes": {"1": 1, "64": 1, "5": 1}},
 * sizes by the number of writes in a commit. NULL when memory is short. Thread-safe. */
json_t *td_store_batches(const struct td_store *store);

/* Called on the writer thread after each commit that added outbox rows; must not block. */
void td_store_on_outbox(struct td_store *store, void (*notify)(void *arg), void *arg);

/* Who signs and witnesses the checkpoints that writes make (store/witness.h): borrowed, outlives the
 * store; set before the first write that makes one. Without, none are made. */
void td_store_set_witness(struct td_store *store, struct td_witness *witness);

/* --- inside a transaction ------------------------------------------------------------------------
 * `types` has one letter per parameter: s const char * (NULL = null), i int64_t, d td_date-like
 * text as s, b int (boolean), j const json_t * (stored as JSON text; NULL = null), x const void * +
 * size_t (bytes). Pass int64_t for i, always. The same $n may stand in several places, in any
 * order; each of $1 ... $n must stand somewhere. Result columns become JSON members by column name:
 * integer, real, text; a column declared JSON in the schema is parsed; one declared BOOLEAN is
 * true/false; bytes come as base64 text; null is null. An expression has no declared type:
 * coalesce(content, '{}') is text. Errors: TD_ECONFLICT for a violated constraint, TD_EFULL,
 * TD_EIO, TD_ENOMEM, TD_EINTERNAL. */

/* Runs a statement that returns no rows; *ret_changed (may be NULL) is the number of
 * rows changed. */
int td_tx_exec(struct td_tx *tx, int64_t *ret_changed, const char *sql, const char *types, ...);

/* All rows as an array of objects: a new reference. For lists that are already
 * bounded by `limit`. */
int td_tx_rows(struct td_tx *tx, json_t **ret_rows, const char *sql, const char *types, ...);

/* The only row as an object, a new reference; TD_ENOTFOUND when there is none (further rows are
 * ignored). */
int td_tx_row(struct td_tx *tx, json_t **ret_row, const char *sql, const char *types, ...);

/* One integer (count, sum, exists); *ret_value is 0 when there is no row or it is null. */
int td_tx_int(struct td_tx *tx, int64_t *ret_value, const char *sql, const char *types, ...);

/* Streams rows to `each` (a borrowed object per row); stops at the first negative answer and
 * returns it. */
typedef int (*td_tx_each_fn)(json_t *row, void *arg);
int td_tx_each(struct td_tx *tx, td_tx_each_fn each, void *arg, const char *sql, const char *types,
               ...);

/* The last failure's engine text, for the log only; "" when none. */
const char *td_tx_failure(const struct td_tx *tx);
bool td_tx_writable(const struct td_tx *tx);

/* An effect to happen after commit, at least once: kind is "score", "notice", "live", "file" ...;
 * `payload` is borrowed. */
int td_tx_outbox(struct td_tx *tx, const char *kind, const json_t *payload);

/* The same without payload for a kind of which the schema allows one open row: a call to somebody who then looks for
 * himself. While one is open, another adds nothing. */
int td_tx_outbox_once(struct td_tx *tx, const char *kind);

#endif
