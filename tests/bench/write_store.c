/* Durable small edits through the store against bare SQLite.
 *
 * Ours: 64 clients save a dossier's draft over and over; each sends the next edit when its last one
 * is acknowledged, as autosaving browsers do. One thread plays the event loop: it hears of finished
 * writes and submits the next ones. The batches that form are written down. Reference: one thread,
 * one prepared statement, the same edits of the same table in the same batches, one commit (fsync)
 * each, with the same settings. The two take turns and the median of each counts. */
#include "base/clock.h"
#include "store/store.h"

#include <ftw.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 64, DOSSIERS = 1000, EDITS = 20000, ROUNDS = 5 };

static const char edit_sql[] =
    "update application set content = $1, updated_at = $2, version = version + 1 where id = $3";

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench write_store: %s\n", what);
    exit(EXIT_FAILURE);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), by_value);
    return values[ROUNDS / 2];
}

static void dossier_id(int number, char id[27])
{
    snprintf(id, 27, "01BENCH%019d", number);
}

/* --- ours
 * ------------------------------------------------------------------------------------------- */

struct client {
    struct client *next; /* in the list of finished ones */
    struct bench *bench;
    json_t *content;
    int dossier;
};

struct bench {
    struct td_store *store;
    pthread_mutex_t mutex;
    pthread_cond_t some;
    struct client *finished;
    /* Touched by the writer thread only: a batch begins with the first run after a report. */
    int batches[EDITS];
    int batch_count;
    int edited[EDITS]; /* which dossier, in the order of the writes */
    int edit_count;
    bool reporting;
};

static int save(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct client *client = arg;
    struct bench *bench = client->bench;
    char id[27], at[TD_TIME_TEXT];
    int64_t changed = 0;
    if (bench->reporting || bench->batch_count == 0)
        bench->batches[bench->batch_count++] = 0;
    bench->reporting = false;
    bench->batches[bench->batch_count - 1]++;
    bench->edited[bench->edit_count++] = client->dossier;
    dossier_id(client->dossier, id);
    td_time_format(td_clock_now_ms(), at);
    int result = td_tx_exec(tx, &changed, edit_sql, "jss", client->content, at, id);
    return result == 0 && changed != 1 ? TD_ENOTFOUND : result;
}

static void saved(void *arg, int result, struct td_error *error)
{
    (void)error;
    struct client *client = arg;
    struct bench *bench = client->bench;
    if (result < 0)
        die("a write failed");
    bench->reporting = true;
    pthread_mutex_lock(&bench->mutex);
    client->next = bench->finished;
    bench->finished = client;
    pthread_cond_signal(&bench->some);
    pthread_mutex_unlock(&bench->mutex);
}

static double run_ours(struct bench *bench, struct client *clients)
{
    int sent = 0, done = 0;
    bench->batch_count = bench->edit_count = 0;
    bench->reporting = false;
    double started = now();
    for (int i = 0; i < CLIENTS; i++, sent++)
        if (td_store_write(bench->store, save, saved, &clients[i]) < 0)
            die("the queue is full");
    while (done < EDITS) {
        pthread_mutex_lock(&bench->mutex);
        while (!bench->finished)
            pthread_cond_wait(&bench->some, &bench->mutex);
        struct client *list = bench->finished;
        bench->finished = NULL;
        pthread_mutex_unlock(&bench->mutex);
        while (list) {
            struct client *client = list;
            list = client->next;
            done++;
            client->dossier = (client->dossier + 1) % DOSSIERS;
            if (sent < EDITS && td_store_write(bench->store, save, saved, client) < 0)
                die("the queue is full");
            sent++;
        }
    }
    return EDITS / (now() - started);
}

/* --- bare SQLite
 * ------------------------------------------------------------------------------------ */

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
}

static double run_reference(const char *path, const struct bench *bench, const char *content)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        die("the reference cannot be opened");
    sql(db, "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;"
            "pragma cache_size = -16000; pragma temp_store = memory");
    if (sqlite3_prepare_v2(db, edit_sql, -1, &statement, NULL) != SQLITE_OK)
        die(sqlite3_errmsg(db));
    int edit = 0;
    double started = now();
    for (int batch = 0; batch < bench->batch_count; batch++) {
        sql(db, "begin immediate");
        for (int i = 0; i < bench->batches[batch]; i++) {
            char id[27], at[TD_TIME_TEXT];
            dossier_id(bench->edited[edit++], id);
            td_time_format(td_clock_now_ms(), at);
            sqlite3_bind_text(statement, 1, content, -1, SQLITE_STATIC);
            sqlite3_bind_text(statement, 2, at, -1, SQLITE_STATIC);
            sqlite3_bind_text(statement, 3, id, -1, SQLITE_STATIC);
            if (sqlite3_step(statement) != SQLITE_DONE)
                die(sqlite3_errmsg(db));
            sqlite3_reset(statement);
        }
        sql(db, "commit");
    }
    double rate = EDITS / (now() - started);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return rate;
}

/* --- both
 * ------------------------------------------------------------------------------------------- */

static int fill(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    static const char *const base[] = {
        "insert into division values ('999999', 'd')",
        "insert into unit(id, name, division_code, kind, grassroots) values ('u', 'u', '999999', "
        "'school', 'township')",
        "insert into account(id, login, name, password_hash, created_at) values ('a', 'a', 'a', "
        "'', 't')",
        "insert into cycle(id, series, year, name, notice_number, notice_text, notice_date, "
        "cutoff_date, opens_on,"
        " closes_on, created_by, created_at) values ('c', 's', 2026, 'n', 'n', 'n', 'd', 'd', 'd', "
        "'d', 'a', 't')",
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(base) / sizeof(base[0]); i++)
        result = td_tx_exec(tx, NULL, base[i], "");
    for (int i = 0; result == 0 && i < DOSSIERS; i++) {
        char id[27];
        dossier_id(i, id);
        result = td_tx_exec(
            tx, NULL,
            "insert into application(id, cycle_id, account_id, unit_id, division_code, series, "
            "level,"
            " specialty, year, state, created_at, updated_at, state_at)"
            " values ($1, 'c', 'a', 'u', '999999', 's', 'l', 'x', $2, 'draft', 't', 't', 't')",
            "si", id, (int64_t)i);
    }
    return result;
}

static struct td_store *open_filled(const char *folder)
{
    struct td_store *store;
    struct td_error err = TD_ERROR_INIT;
    if (td_store_open(&(struct td_store_options){.folder = folder}, &store, &err) < 0 ||
        td_store_write_wait(store, fill, NULL, &err) < 0)
        die(err.detail);
    return store;
}

static json_t *draft(void)
{
    json_t *posts = json_array();
    for (int i = 0; i < 8; i++)
        json_array_append_new(posts,
                              json_pack("{s:s, s:s, s:s, s:b}", "id", "k3v9q2xm", "start",
                                        "2014-09-01", "post", "乡镇中学语文教师", "grassroots", 1));
    return json_pack("{s:o, s:{s:s}}", "employment", posts, "summary", "text",
                     "在乡村学校任教十二年。");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                 .some = PTHREAD_COND_INITIALIZER};
    struct client clients[CLIENTS] = {0};
    double ours[ROUNDS], reference[ROUNDS];
    char folder[512], one[600], two[600], path[700];
    snprintf(folder, sizeof(folder), "%s/bench-XXXXXX", argc > 1 ? argv[1] : ".");
    if (!mkdtemp(folder))
        die("no folder to work in");
    snprintf(one, sizeof(one), "%s/ours", folder);
    snprintf(two, sizeof(two), "%s/reference", folder);
    snprintf(path, sizeof(path), "%s/titled.db", two);
    td_store_close(open_filled(two));
    bench.store = open_filled(one);
    json_t *content = draft();
    char *text = json_dumps(content, JSON_COMPACT);
    for (int i = 0; i < CLIENTS; i++)
        clients[i] = (struct client){
            .bench = &bench, .content = content, .dossier = i * (DOSSIERS / CLIENTS)};
    for (int round = 0; round < ROUNDS; round++) {
        ours[round] = run_ours(&bench, clients);
        reference[round] = run_reference(path, &bench, text);
    }
    double our_rate = median(ours), reference_rate = median(reference);
    printf("{\"bench\": \"write_store\", \"what\": \"durable draft edits, %d clients\", \"unit\": "
           "\"edits/s\", \"ours\": %.0f,"
           " \"reference\": %.0f, \"ratio\": %.3f, \"mean_batch\": %.1f, \"bytes\": %zu}\n",
           CLIENTS, our_rate, reference_rate, our_rate / reference_rate,
           (double)EDITS / bench.batch_count, strlen(text));
    td_store_close(bench.store);
    free(text);
    json_decref(content);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
