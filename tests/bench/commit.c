/* Bare SQLite committing the rows that saved drafts make: one thread, prepared statements, the same
 * settings, and the batch sizes that titled formed.
 *
 *   bench_commit DATABASE SECONDS < SIZES
 *
 * DATABASE is titled's own, at rest; its drafts are edited. SIZES are lines "size count"; batches
 * of these sizes take turns in proportion until SECONDS are over. Prints one JSON line. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZES_MAX = 4096, DRAFTS_MAX = 1024, CONTENT_MAX = 1 << 20 };

struct draft {
    char id[32];
    char *content;
};

static sqlite3 *db;
static struct draft drafts[DRAFTS_MAX];
static int draft_count;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench commit: %s: %s\n", what, db ? sqlite3_errmsg(db) : "");
    exit(EXIT_FAILURE);
}

static double now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void run_sql(const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(text);
}

static sqlite3_stmt *prepare(const char *text)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die(text);
    return statement;
}

static void finish(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE)
        die(sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static void load_drafts(void)
{
    sqlite3_stmt *rows = prepare("select id, content from application where state = 'draft'");
    while (draft_count < DRAFTS_MAX && sqlite3_step(rows) == SQLITE_ROW) {
        struct draft *draft = &drafts[draft_count++];
        snprintf(draft->id, sizeof(draft->id), "%s", (const char *)sqlite3_column_text(rows, 0));
        draft->content = strdup((const char *)sqlite3_column_text(rows, 1));
    }
    sqlite3_finalize(rows);
    if (draft_count == 0)
        die("there are no drafts");
}

/* As many "size" as "count" says, stirred so that long and short batches take turns. */
static int read_sizes(int *list)
{
    int count = 0, size, times, total = 0;
    static int all[1 << 20];
    while (scanf("%d %d", &size, &times) == 2)
        while (times-- > 0 && total < (1 << 20))
            all[total++] = size;
    for (int i = 0; i < total && count < SIZES_MAX; i++)
        list[count++] = all[(int)((long long)i * 7919 % total)];
    if (count == 0)
        die("there are no sizes");
    return count;
}

static void edit(sqlite3_stmt *save, sqlite3_stmt *log, sqlite3_stmt *node, long long sequence)
{
    static const char hash[] = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    static const char at[] = "2026-09-01T00:00:00.000Z";
    const struct draft *draft = &drafts[sequence % draft_count];
    char subject[64], payload[128];
    snprintf(subject, sizeof(subject), "application/%s", draft->id);
    snprintf(payload, sizeof(payload), "{\"hash\":\"%s\",\"section\":\"summary\"}", hash);
    sqlite3_bind_text(save, 1, draft->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(save, 2, draft->content, -1, SQLITE_STATIC);
    sqlite3_bind_text(save, 3, at, -1, SQLITE_STATIC);
    finish(save);
    sqlite3_bind_int64(log, 1, sequence);
    sqlite3_bind_text(log, 2, at, -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 3, draft->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 4, "application.save", -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 5, subject, -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 6, payload, -1, SQLITE_STATIC);
    for (int i = 7; i <= 10; i++)
        sqlite3_bind_text(log, i, hash, -1, SQLITE_STATIC);
    sqlite3_bind_text(log, 11, hash, 32, SQLITE_STATIC);
    finish(log);
    if (sequence % 16 == 0) { /* the tree over the ledger keeps every fourth level */
        sqlite3_bind_int64(node, 1, sequence / 16);
        sqlite3_bind_text(node, 2, hash, -1, SQLITE_STATIC);
        finish(node);
    }
}

static long long last_sequence(void)
{
    sqlite3_stmt *query = prepare("select coalesce(max(sequence), 0) from ledger");
    long long last = sqlite3_step(query) == SQLITE_ROW ? sqlite3_column_int64(query, 0) : 0;
    sqlite3_finalize(query);
    return last;
}

int main(int argc, char **argv)
{
    static int sizes[SIZES_MAX];
    if (argc != 3 || sqlite3_open(argv[1], &db) != SQLITE_OK)
        die("the database cannot be opened");
    run_sql("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;"
            "pragma cache_size = -16000; pragma temp_store = memory");
    int count = read_sizes(sizes);
    load_drafts();
    sqlite3_stmt *save = prepare("update application set content = $2, updated_at = $3,"
                                 " version = version + 1 where id = $1");
    sqlite3_stmt *log =
        prepare("insert into ledger(sequence, at, actor, action, subject, payload, payload_hash,"
                " previous_hash, hash, leaf, nonce)"
                " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    sqlite3_stmt *node = prepare("insert or replace into ledger_node(level, position, hash)"
                                 " values (4, $1, $2)");
    long long first = last_sequence(), sequence = first;
    double started = now(CLOCK_MONOTONIC), worked = now(CLOCK_PROCESS_CPUTIME_ID);
    double seconds = atof(argv[2]), spent = 0;
    for (int batch = 0; spent < seconds; batch++) {
        run_sql("begin immediate");
        for (int i = 0; i < sizes[batch % count]; i++)
            edit(save, log, node, ++sequence);
        run_sql("commit");
        spent = now(CLOCK_MONOTONIC) - started;
    }
    worked = now(CLOCK_PROCESS_CPUTIME_ID) - worked;
    printf("{\"edits\": %lld, \"seconds\": %.4f, \"cpu_us\": %.0f}\n", sequence - first, spent,
           worked * 1e6);
    sqlite3_finalize(save);
    sqlite3_finalize(log);
    sqlite3_finalize(node);
    sqlite3_close(db);
    return 0;
}
