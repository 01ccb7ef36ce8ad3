/* sqlite.c - connections to SQLite: how they are opened, how they fail, when the log is
 * checkpointed.
 *
 * With sqlite_statement.c the only code that knows the engine. */
#include "store/sqlite_internal.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHECKPOINT_PAGES = 1000, GUEST_WAIT_MS = 2000 };

static int code_of(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK: return 0;
    case SQLITE_CONSTRAINT: return TD_ECONFLICT;
    case SQLITE_FULL: return TD_EFULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return TD_EBUSY;
    case SQLITE_NOMEM: return TD_ENOMEM;
    case SQLITE_TOOBIG: return TD_ETOOLARGE;
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM: return TD_EIO;
    default: return TD_EINTERNAL;
    }
}

int td_sqlite_fail(struct td_sqlite *db, int rc)
{
    int primary = rc & 0xff;
    if (primary == SQLITE_OK)
        return 0;
    /* Out of memory inside an I/O routine is reported as an I/O error, but harms nothing. */
    if (rc == SQLITE_IOERR_NOMEM)
        primary = SQLITE_NOMEM;
    if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        db->broken = true;
    snprintf(db->failure, sizeof(db->failure), "%s (%s, %d)",
             db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc), sqlite3_errstr(rc),
             db->handle ? sqlite3_extended_errcode(db->handle) : rc);
    if (primary == SQLITE_NOMEM)
        td_memory_note(); /* not every caller passes on why it has no row */
    return code_of(primary);
}

int td_sqlite_complain(struct td_sqlite *db, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(db->failure, sizeof(db->failure), fmt, ap);
    va_end(ap);
    return code;
}

int td_sqlite_script(struct td_sqlite *db, const char *sql)
{
    return td_sqlite_fail(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

static int note_log(void *arg, sqlite3 *handle, const char *name, int pages)
{
    (void)handle;
    (void)name;
    ((struct td_sqlite *)arg)->log_pages = pages;
    return SQLITE_OK;
}

/* Checkpoints are run by td_sqlite_checkpoint, after the answers are out, never inside a commit. */
static int configure(struct td_sqlite *db, enum td_sqlite_mode mode)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, mode == TD_SQLITE_GUEST ? GUEST_WAIT_MS : 0);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, mode != TD_SQLITE_WRITER, NULL);
    int result = td_sqlite_script(db, "pragma foreign_keys = on; pragma mmap_size = 0;"
                                      "pragma cache_size = -16000; pragma temp_store = memory;"
                                      "pragma cell_size_check = on;");
    if (result < 0)
        return result;
    if (mode != TD_SQLITE_WRITER) /* reads the schema too: a broken file shows here */
        return td_sqlite_script(db, "pragma query_only = on; select count(*) from sqlite_schema;");
    result = td_sqlite_script(db, "pragma journal_mode = wal; pragma synchronous = full;"
                                  "pragma journal_size_limit = 67108864;"
                                  "select count(*) from sqlite_schema;");
    sqlite3_wal_hook(db->handle, note_log, db);
    return result;
}

int td_sqlite_open(const char *path, enum td_sqlite_mode mode, struct td_sqlite **ret_db,
                   struct td_error *reterr)
{
    struct td_sqlite *db = calloc(1, sizeof(*db));
    if (!db)
        return td_error_set(reterr, TD_ENOMEM, "memory is short");
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (mode == TD_SQLITE_WRITER)
        flags |= SQLITE_OPEN_CREATE;
    int rc = sqlite3_open_v2(path, &db->handle, flags, NULL);
    int result = rc == SQLITE_OK ? configure(db, mode) : td_sqlite_fail(db, rc);
    if (result < 0) {
        td_error_set(reterr, result, "%s: %s", path, db->failure);
        td_sqlite_close(db, true);
        return result;
    }
    *ret_db = db;
    return 0;
}

void td_sqlite_close(struct td_sqlite *db, bool keep_log)
{
    if (!db)
        return;
    td_sqlite_finalize_all(db);
    if (db->handle && (keep_log || db->broken))
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db->handle);
    free(db);
}

bool td_sqlite_in_transaction(const struct td_sqlite *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

int td_sqlite_checkpoint(struct td_sqlite *db)
{
    if (db->log_pages < CHECKPOINT_PAGES || db->broken)
        return 0;
    int rc = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    db->log_pages = 0; /* the next commit says how long it really is */
    return (rc & 0xff) == SQLITE_BUSY ? 0 : td_sqlite_fail(db, rc);
}

const char *td_sqlite_failure(const struct td_sqlite *db)
{
    return db->failure;
}

bool td_sqlite_broken(const struct td_sqlite *db)
{
    return db->broken;
}

int64_t td_sqlite_changes(const struct td_sqlite *db)
{
    return sqlite3_changes64(db->handle);
}
