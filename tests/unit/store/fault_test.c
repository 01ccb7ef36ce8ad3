/* Disks that fail and processes that die: a VFS that refuses on command, and a writer killed at
 * work.
 *
 * What must hold: an acknowledged write is there afterwards; a failed fsync stops all further
 * writing while reads go on; a full disk refuses the write and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/wait.h>

/* --- a VFS whose files pass everything on to the real ones, until told not to
 * --------------------- */

enum { FAULT_NONE, FAULT_SYNC, FAULT_FULL, FAULT_WRITE };
static atomic_int fault;

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real;
    sqlite3_io_methods methods;
};

static sqlite3_vfs *real_vfs;

#define REAL(file) (((struct faulty_file *)(file))->real)

static int faulty_close(sqlite3_file *file)
{
    int rc = REAL(file)->pMethods ? REAL(file)->pMethods->xClose(REAL(file)) : SQLITE_OK;
    free(REAL(file));
    return rc;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 at)
{
    if (atomic_load(&fault) == FAULT_FULL)
        return SQLITE_FULL;
    if (atomic_load(&fault) == FAULT_WRITE)
        return SQLITE_IOERR_WRITE;
    return REAL(file)->pMethods->xWrite(REAL(file), bytes, count, at);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return atomic_load(&fault) == FAULT_SYNC ? SQLITE_IOERR_FSYNC
                                             : REAL(file)->pMethods->xSync(REAL(file), flags);
}

static int pass_read(sqlite3_file *f, void *b, int n, sqlite3_int64 at)
{
    return REAL(f)->pMethods->xRead(REAL(f), b, n, at);
}

static int pass_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return REAL(f)->pMethods->xTruncate(REAL(f), n);
}

static int pass_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return REAL(f)->pMethods->xFileSize(REAL(f), n);
}

static int pass_lock(sqlite3_file *f, int l)
{
    return REAL(f)->pMethods->xLock(REAL(f), l);
}

static int pass_unlock(sqlite3_file *f, int l)
{
    return REAL(f)->pMethods->xUnlock(REAL(f), l);
}

static int pass_reserved(sqlite3_file *f, int *r)
{
    return REAL(f)->pMethods->xCheckReservedLock(REAL(f), r);
}

static int pass_control(sqlite3_file *f, int op, void *arg)
{
    return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int pass_sector(sqlite3_file *f)
{
    return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int pass_device(sqlite3_file *f)
{
    return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int pass_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret_memory)
{
    return REAL(f)->pMethods->xShmMap(REAL(f), page, size, extend, ret_memory);
}

static int pass_shm_lock(sqlite3_file *f, int o, int n, int l)
{
    return REAL(f)->pMethods->xShmLock(REAL(f), o, n, l);
}

static void pass_barrier(sqlite3_file *f)
{
    REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int pass_unmap(sqlite3_file *f, int d)
{
    return REAL(f)->pMethods->xShmUnmap(REAL(f), d);
}

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *ret_flags)
{
    (void)vfs;
    struct faulty_file *faulty = (struct faulty_file *)file;
    memset(faulty, 0, sizeof(*faulty));
    faulty->real = calloc(1, (size_t)real_vfs->szOsFile);
    int rc = real_vfs->xOpen(real_vfs, name, faulty->real, flags, ret_flags);
    if (rc != SQLITE_OK) {
        free(faulty->real);
        return rc;
    }
    faulty->methods = (sqlite3_io_methods){
        2,           faulty_close, pass_read,     faulty_write,  pass_truncate, faulty_sync,
        pass_size,   pass_lock,    pass_unlock,   pass_reserved, pass_control,  pass_sector,
        pass_device, pass_map,     pass_shm_lock, pass_barrier,  pass_unmap,    NULL,
        NULL};
    faulty->base.pMethods = &faulty->methods;
    return SQLITE_OK;
}

static void install_vfs(void)
{
    static sqlite3_vfs vfs;
    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = sizeof(struct faulty_file);
    vfs.xOpen = faulty_open;
    vfs.pNext = NULL;
    assert_int_equal(sqlite3_vfs_register(&vfs, 1), SQLITE_OK);
}

/* --- jobs
 * ----------------------------------------------------------------------------------------- */

static int put(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(tx, NULL, "insert into setting(name, value) values ($1, 'v')", "s", arg);
}

static int count(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_int(tx, arg, "select count(*) from setting", "");
}

static int64_t settings(struct td_store *store)
{
    int64_t found = -1;
    assert_int_equal(td_store_read_wait(store, count, &found, NULL), 0);
    return found;
}

static void expect_stops(int kind)
{
    char *folder = fixture_folder();
    struct td_store *store = fixture_open(folder);
    assert_int_equal(td_store_write_wait(store, put, "before", NULL), 0);
    assert_false(td_store_stopped(store));
    struct td_error err = TD_ERROR_INIT;
    atomic_store(&fault, kind);
    assert_int_equal(td_store_write_wait(store, put, "lost", &err), TD_EIO);
    assert_int_equal(err.code, TD_EIO);
    atomic_store(&fault, FAULT_NONE);
    td_error_done(&err);
    assert_true(td_store_stopped(store));
    assert_int_equal(td_store_write_wait(store, put, "after", NULL),
                     TD_EIO); /* although the disk is well again */
    assert_int_equal(settings(store), 1);
    td_store_close(store);
    store = fixture_open(folder); /* a new start reads what the disk holds and may write */
    assert_int_equal(td_store_write_wait(store, put, "again", NULL), 0);
    assert_true(settings(store) >= 2);
    td_store_close(store);
    fixture_remove(folder);
}

static void test_failed_fsync_stops_writing(void **state)
{
    (void)state;
    expect_stops(FAULT_SYNC);
}

static void test_failed_write_stops_writing(void **state)
{
    (void)state;
    expect_stops(FAULT_WRITE);
}

static void test_full_disk_refuses_only(void **state)
{
    (void)state;
    char *folder = fixture_folder();
    struct td_store *store = fixture_open(folder);
    assert_int_equal(td_store_write_wait(store, put, "before", NULL), 0);
    atomic_store(&fault, FAULT_FULL);
    assert_int_equal(td_store_write_wait(store, put, "a", NULL), TD_EFULL);
    assert_int_equal(td_store_write_wait(store, put, "b", NULL), TD_EFULL);
    assert_int_equal(settings(store), 1);
    atomic_store(&fault, FAULT_NONE);
    assert_false(td_store_stopped(store));
    assert_int_equal(td_store_write_wait(store, put, "c", NULL), 0); /* room was made */
    assert_int_equal(settings(store), 2);
    td_store_close(store);
    fixture_remove(folder);
}

/* Every member of a batch that could not be committed hears of it; one that failed by itself keeps
 * its reason. */
struct member {
    pthread_mutex_t *mutex;
    bool fails;
    bool first; /* waits until the others are queued, then breaks the disk */
    pthread_cond_t *queued;
    bool *go;
    char name[8];
    int result;
};

static int member_run(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct member *member = arg;
    if (member->first) {
        pthread_mutex_lock(member->mutex);
        while (!*member->go)
            pthread_cond_wait(member->queued, member->mutex);
        pthread_mutex_unlock(member->mutex);
        return 0;
    }
    int result = put(tx, member->name, reterr);
    atomic_store(&fault, FAULT_SYNC);
    return member->fails ? td_error_set(reterr, TD_EFORBIDDEN, "own reason") : result;
}

static void member_done(void *arg, int result, struct td_error *error)
{
    (void)error;
    ((struct member *)arg)->result = result;
}

static void test_lost_batch(void **state)
{
    (void)state;
    char *folder = fixture_folder();
    struct td_store *store = fixture_open(folder);
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t queued = PTHREAD_COND_INITIALIZER;
    bool go = false;
    struct member members[4] = {
        {.first = true}, {.fails = false}, {.fails = true}, {.fails = false}};
    for (int i = 0; i < 4; i++) {
        members[i].mutex = &mutex;
        members[i].queued = &queued;
        members[i].go = &go;
        members[i].result = 1;
        snprintf(members[i].name, sizeof(members[i].name), "m%d", i);
        assert_int_equal(td_store_write(store, member_run, member_done, &members[i]), 0);
    }
    pthread_mutex_lock(&mutex);
    go = true;
    pthread_cond_broadcast(&queued);
    pthread_mutex_unlock(&mutex);
    td_store_close(store);
    atomic_store(&fault, FAULT_NONE);
    assert_int_equal(members[1].result, TD_EIO);
    assert_int_equal(members[2].result, TD_EFORBIDDEN);
    assert_int_equal(members[3].result, TD_EIO);
    fixture_remove(folder);
}

/* --- kill -9
 * --------------------------------------------------------------------------------------- */

enum { WRITERS = 4 };

struct writer {
    struct td_store *store;
    int out;
    int number;
};

static void *write_for_ever(void *arg)
{
    struct writer *writer = arg;
    for (int i = 0;; i++) {
        char name[32];
        int length = snprintf(name, sizeof(name), "w%d-%d", writer->number, i);
        if (td_store_write_wait(writer->store, put, name, NULL) != 0)
            _exit(3);
        name[length] = '\n';
        if (write(writer->out, name, (size_t)length + 1) < 0)
            _exit(4);
    }
    return NULL;
}

/* The child: acknowledges each write on standard output once the store did. */
static int be_writer(const char *folder)
{
    struct td_store *store;
    pthread_t threads[WRITERS];
    struct writer writers[WRITERS];
    if (td_store_open(&(struct td_store_options){.folder = folder}, &store, NULL) < 0)
        return 2;
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){store, STDOUT_FILENO, i};
        pthread_create(&threads[i], NULL, write_for_ever, &writers[i]);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

static int has(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    int64_t found = 0;
    int result = td_tx_int(tx, &found, "select count(*) from setting where name = $1", "s", arg);
    return result < 0 ? result : found == 1 ? 0 : TD_ENOTFOUND;
}

static void kill_after(const char *folder, int lines)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/proc/self/exe", "fault_test", "writer", folder, (char *)NULL);
        _exit(5);
    }
    close(ends[1]);
    FILE *acknowledged = fdopen(ends[0], "r");
    char(*names)[32] = calloc((size_t)lines + 4096, sizeof(*names));
    int known = 0;
    while (known < lines + 4096 && fgets(names[known], sizeof(names[0]), acknowledged)) {
        names[known][strcspn(names[known], "\n")] = 0;
        if (++known == lines)
            kill(child, SIGKILL);
    }
    fclose(acknowledged);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(known >= lines);
    struct td_store *store = fixture_open(folder); /* the lock went with the process */
    for (int i = 0; i < known; i++)
        if (td_store_read_wait(store, has, names[i], NULL) != 0)
            fail_msg("%s was acknowledged and is lost", names[i]);
    td_store_close(store);
    free(names);
}

static void test_killed_writer_loses_nothing(void **state)
{
    (void)state;
    static const int when[] = {1, 2, 40, 333};
    for (size_t i = 0; i < sizeof(when) / sizeof(when[0]); i++) {
        char *folder = fixture_folder();
        kill_after(folder, when[i]);
        fixture_remove(folder);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "writer") == 0)
        return be_writer(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_writer_loses_nothing),
        cmocka_unit_test(test_failed_fsync_stops_writing),
        cmocka_unit_test(test_failed_write_stops_writing),
        cmocka_unit_test(test_full_disk_refuses_only),
        cmocka_unit_test(test_lost_batch),
    };
    install_vfs();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
