/* store.c - opening and closing the store, its threads, and how jobs get to them.
 *
 * The folder holds titled.db (with its write-ahead log), files/ and lock. The lock is held for the
 * life of the process, so that two servers never write one store. Each thread owns its connection.
 * Threads are joined in td_store_close, readers first: the writer's connection closes last and
 * checkpoints. */
#include "store/store.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/batch.h"
#include "store/ledger.h"
#include "store/migrate.h"
#include "store/queue.h"
#include "store/schema_check.h"
#include "store/sqlite.h"
#include "store/tx.h"
#include "store/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READERS_DEFAULT = 4,
    READERS_MAX = 64,
    QUEUE_DEFAULT = 1024,
    BATCH_DEFAULT = 256,
    SLOW_READ_MS = 200
};

struct reader {
    struct td_store *store;
    struct td_sqlite *db;
    pthread_t thread;
    bool running;
};

struct td_store {
    char folder[4000];
    int lock;
    bool read_only;
    int batch_limit;
    struct td_job_queue writes;
    struct td_job_queue reads;
    struct td_sqlite *db; /* the writer's */
    struct td_batch *batch;
    struct td_witness *witness; /* borrowed; NULL = checkpoints are not made */
    pthread_t writer;
    bool writing; /* the writer thread runs */
    atomic_bool stopped;
    pthread_mutex_t notify_mutex;
    void (*notify)(void *arg);
    void *notify_arg;
    int reader_count;
    struct reader readers[READERS_MAX];
};

const char *td_store_folder(const struct td_store *store)
{
    return store->folder;
}

struct td_witness *td_store_witness(const struct td_store *store)
{
    return store->witness;
}

void td_store_set_witness(struct td_store *store, struct td_witness *witness)
{
    store->witness = witness;
}

/* --- threads --------------------------------------------------------------------------------- */

static void *write_loop(void *arg)
{
    struct td_store *store = arg;
    int count;
    struct td_job *jobs;
    while ((jobs = td_job_queue_take(&store->writes, store->batch_limit, &count))) {
        unsigned left = td_batch_run(store->batch, jobs, count);
        if (left & TD_BATCH_CHECKPOINT) {
            struct td_tx tx = {.store = store, .db = store->db};
            td_witness_catch_up(store->witness, &tx);
        }
        if (left & TD_BATCH_OUTBOX) {
            pthread_mutex_lock(&store->notify_mutex);
            if (store->notify)
                store->notify(store->notify_arg);
            pthread_mutex_unlock(&store->notify_mutex);
        }
        if (td_sqlite_checkpoint(store->db) < 0) {
            TD_LOG(TD_LOG_ERROR, "store.checkpoint", TD_S("failure", td_sqlite_failure(store->db)));
            atomic_store(&store->stopped, td_sqlite_broken(store->db));
        }
    }
    return NULL;
}

static int run_read(struct reader *reader, struct td_job *job, struct td_error *error)
{
    struct td_tx tx = {.store = reader->store, .db = reader->db};
    int result = td_sqlite_command(reader->db, "begin");
    if (result < 0)
        return td_error_set(error, result, "%s", td_error_text(result));
    result = td_job_run(job, &tx, error);
    if (td_sqlite_in_transaction(reader->db))
        td_sqlite_command(reader->db, "rollback"); /* nothing was written */
    if (result >= 0)
        return 0;
    if (error->code == 0)
        td_error_set(error, result, "%s", td_error_text(result));
    error->code = result;
    return result;
}

static void *read_loop(void *arg)
{
    struct reader *reader = arg;
    int count;
    struct td_job *job;
    while ((job = td_job_queue_take(&reader->store->reads, 1, &count))) {
        struct td_error error = TD_ERROR_INIT;
        int64_t started = td_clock_mono_ms();
        int result = run_read(reader, job, &error);
        int64_t spent = td_clock_mono_ms() - started;
        if (spent > SLOW_READ_MS)
            TD_LOG(TD_LOG_WARNING, "store.slow_read", TD_I("ms", spent));
        td_job_queue_finish(&reader->store->reads, job);
        job->done(job->arg, result, &error);
        td_error_done(&error);
        free(job);
    }
    return NULL;
}

/* --- opening --------------------------------------------------------------------------------- */

static int make_folder(const char *folder, struct td_error *reterr)
{
    char path[4096];
    size_t length = (size_t)snprintf(path, sizeof(path), "%s", folder);
    while (length > 1 &&
           path[length - 1] == '/') /* else the last one would be one for all to read */
        path[--length] = 0;
    if (length == 0)
        return td_error_set(reterr, TD_EINVALID, "the store needs a folder");
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0755) < 0 && errno != EEXIST)
            return td_error_set(reterr, TD_EIO, "%s cannot be made: %s", path, strerror(errno));
        *slash = '/';
    }
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return td_error_set(reterr, TD_EIO, "%s cannot be made: %s", path, strerror(errno));
    return 0;
}

/* The lock goes with the process, however it ends; its text only helps a person to
 * find the holder. */
static int take_lock(struct td_store *store, struct td_error *reterr)
{
    char path[4096], holder[32] = "";
    snprintf(path, sizeof(path), "%s/lock", store->folder);
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        return td_error_set(reterr, TD_EIO, "%s: %s", path, strerror(errno));
    if (flock(store->lock, LOCK_EX | LOCK_NB) < 0) {
        ssize_t length = read(store->lock, holder, sizeof(holder) - 1);
        holder[length > 0 ? strcspn(holder, "\n") : 0] = 0;
        return td_error_set(reterr, TD_ECONFLICT,
                            "the store in %s is in use by another process (%s)", store->folder,
                            holder[0] ? holder : "unknown");
    }
    int length = snprintf(holder, sizeof(holder), "%ld\n", (long)getpid());
    if (ftruncate(store->lock, 0) < 0 || write(store->lock, holder, (size_t)length) != length)
        return td_error_set(reterr, errno == ENOSPC ? TD_EFULL : TD_EIO, "%s: %s", path,
                            strerror(errno));
    return 0;
}

/* SQLite would make it readable by all, and the files beside it after it. */
static int make_private(const char *path, struct td_error *reterr)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return td_error_set(reterr, TD_EIO, "%s: %s", path, strerror(errno));
    close(fd);
    return 0;
}

/* Entries from before the tree get their leaves, some thousand in a transaction. */
static int plant(struct td_store *store, struct td_error *reterr)
{
    struct td_tx tx = {.store = store, .db = store->db, .writable = true};
    int64_t after = 0;
    bool more = true;
    int result = 0;
    while (result == 0 && more) {
        result = td_sqlite_command(store->db, "begin immediate");
        if (result == 0)
            result = td_ledger_plant(&tx, &after, &more);
        if (result == 0)
            result = td_sqlite_command(store->db, "commit");
    }
    if (result < 0)
        return td_error_set(reterr, result, "the ledger's tree cannot be made: %s",
                            td_sqlite_failure(store->db));
    return 0;
}

static int open_writer(struct td_store *store, const char *path, struct td_error *reterr)
{
    int result = make_folder(store->folder, reterr);
    if (result == 0)
        result = take_lock(store, reterr);
    if (result == 0)
        result = td_files_prepare(store->folder, reterr);
    if (result == 0)
        result = make_private(path, reterr);
    if (result == 0)
        result = td_sqlite_open(path, TD_SQLITE_WRITER, &store->db, reterr);
    if (result == 0)
        result = td_migrate(store->db, reterr);
    if (result == 0)
        result = td_schema_check(store->db, reterr);
    if (result == 0)
        result = plant(store, reterr);
    if (result < 0)
        return result;
    store->batch = td_batch_new(store, store->db, store->batch_limit, &store->stopped);
    if (!store->batch || pthread_create(&store->writer, NULL, write_loop, store) != 0)
        return td_error_set(reterr, TD_ENOMEM, "the writer thread does not start");
    store->writing = true;
    return 0;
}

static int open_reader(struct td_store *store, const char *path, struct td_error *reterr)
{
    struct reader *reader = &store->readers[store->reader_count];
    enum td_sqlite_mode mode = store->read_only ? TD_SQLITE_GUEST : TD_SQLITE_READER;
    reader->store = store;
    int result = td_sqlite_open(path, mode, &reader->db, reterr);
    if (result < 0)
        return result;
    store->reader_count++;
    if (store->read_only)
        result = td_migrate_check(reader->db, reterr);
    if (result == 0 && pthread_create(&reader->thread, NULL, read_loop, reader) != 0)
        result = td_error_set(reterr, TD_ENOMEM, "a reader thread does not start");
    reader->running = result == 0;
    return result;
}

static int either(int given, int otherwise)
{
    return given > 0 ? given : otherwise;
}

int td_store_open(const struct td_store_options *options, struct td_store **ret_store,
                  struct td_error *reterr)
{
    struct td_store *store = calloc(1, sizeof(*store));
    if (!store)
        return td_error_set(reterr, TD_ENOMEM, "memory is short");
    store->lock = -1;
    store->read_only = options->read_only;
    store->batch_limit = either(options->batch_limit, BATCH_DEFAULT);
    pthread_mutex_init(&store->notify_mutex, NULL);
    td_job_queue_init(&store->writes, either(options->queue_limit, QUEUE_DEFAULT));
    td_job_queue_init(&store->reads, either(options->queue_limit, QUEUE_DEFAULT));
    int result = 0;
    if (snprintf(store->folder, sizeof(store->folder), "%s", options->folder) >=
        (int)sizeof(store->folder))
        result = td_error_set(reterr, TD_EINVALID, "the path of the store is too long");
    char path[4096];
    snprintf(path, sizeof(path), "%s/titled.db", store->folder);
    if (result == 0 && !store->read_only)
        result = open_writer(store, path, reterr);
    int readers = either(options->readers, READERS_DEFAULT);
    store->reads.long_limit = readers > 1 ? readers / 2 : 1;
    for (int i = 0; result == 0 && i < readers && i < READERS_MAX; i++)
        result = open_reader(store, path, reterr);
    if (result < 0)
        td_store_close(store);
    else
        *ret_store = store;
    return result;
}

void td_store_close(struct td_store *store)
{
    if (!store)
        return;
    td_job_queue_close(&store->writes);
    td_job_queue_close(&store->reads);
    for (int i = 0; i < store->reader_count; i++) {
        if (store->readers[i].running)
            pthread_join(store->readers[i].thread, NULL);
        td_sqlite_close(store->readers[i].db, true);
    }
    if (store->writing)
        pthread_join(store->writer, NULL);
    td_batch_free(store->batch);
    td_sqlite_close(store->db, false);
    td_job_queue_done(&store->writes);
    td_job_queue_done(&store->reads);
    pthread_mutex_destroy(&store->notify_mutex);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

/* --- jobs ------------------------------------------------------------------------------------ */

int td_store_read(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg)
{
    return td_job_queue_put(&store->reads, &(struct td_job){.run = run, .done = done, .arg = arg});
}

int td_store_read_long(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg)
{
    return td_job_queue_put(
        &store->reads, &(struct td_job){.run = run, .done = done, .arg = arg, .is_long = true});
}

int td_store_write(struct td_store *store, td_store_fn run, td_store_done_fn done, void *arg)
{
    if (store->read_only || atomic_load(&store->stopped))
        return TD_EIO;
    return td_job_queue_put(&store->writes, &(struct td_job){.run = run, .done = done, .arg = arg});
}

bool td_store_stopped(const struct td_store *store)
{
    return atomic_load(&store->stopped);
}

json_t *td_store_batches(const struct td_store *store)
{
    json_t *sizes = json_object();
    int64_t commits = 0, writes = 0;
    for (int size = 1; store->batch && size <= store->batch_limit; size++) {
        char name[16];
        int64_t count = td_batch_commits(store->batch, size);
        commits += count;
        writes += count * size;
        snprintf(name, sizeof(name), "%d", size);
        if (count > 0)
            json_object_set_new(sizes, name, json_integer(count));
    }
    return json_pack("{s:I, s:I, s:o}", "commits", (json_int_t)commits, "writes",
                     (json_int_t)writes, "sizes", sizes);
}

void td_store_on_outbox(struct td_store *store, void (*notify)(void *arg), void *arg)
{
    pthread_mutex_lock(&store->notify_mutex);
    store->notify = notify;
    store->notify_arg = arg;
    pthread_mutex_unlock(&store->notify_mutex);
}

struct waiter {
    td_store_fn run;
    void *arg;
    struct td_error *reterr;
    pthread_mutex_t mutex;
    pthread_cond_t finished;
    bool done;
    int result;
};

static int run_waiter(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct waiter *waiter = arg;
    return waiter->run(tx, waiter->arg, reterr);
}

static void wake_waiter(void *arg, int result, struct td_error *error)
{
    struct waiter *waiter = arg;
    pthread_mutex_lock(&waiter->mutex);
    if (result < 0 && waiter->reterr) {
        td_error_done(waiter->reterr);
        *waiter->reterr = *error;
        *error = (struct td_error)TD_ERROR_INIT;
    }
    waiter->result = result;
    waiter->done = true;
    pthread_cond_signal(&waiter->finished);
    pthread_mutex_unlock(&waiter->mutex);
}

static int submit_and_wait(struct td_store *store, td_store_fn run, void *arg,
                           struct td_error *reterr,
                           int (*submit)(struct td_store *, td_store_fn, td_store_done_fn, void *))
{
    struct waiter waiter = {.run = run, .arg = arg, .reterr = reterr};
    pthread_mutex_init(&waiter.mutex, NULL);
    pthread_cond_init(&waiter.finished, NULL);
    int result = submit(store, run_waiter, wake_waiter, &waiter);
    if (result < 0) {
        td_error_set(reterr, result, "%s", td_error_text(result));
    } else {
        pthread_mutex_lock(&waiter.mutex);
        while (!waiter.done)
            pthread_cond_wait(&waiter.finished, &waiter.mutex);
        pthread_mutex_unlock(&waiter.mutex);
        result = waiter.result;
    }
    pthread_cond_destroy(&waiter.finished);
    pthread_mutex_destroy(&waiter.mutex);
    return result;
}

int td_store_read_wait(struct td_store *store, td_store_fn run, void *arg, struct td_error *reterr)
{
    return submit_and_wait(store, run, arg, reterr, td_store_read);
}

int td_store_write_wait(struct td_store *store, td_store_fn run, void *arg, struct td_error *reterr)
{
    return submit_and_wait(store, run, arg, reterr, td_store_write);
}
