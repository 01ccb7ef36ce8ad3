/* sqlite.h - the engine behind store.h: one connection, its prepared statements, and nothing else.
 *
 * Internal to store/. A connection belongs to one thread at a time. Results are TD_E* codes; the
 * engine's own words stay in td_sqlite_failure for the log. Statements are kept prepared per
 * connection, found by their text; td_sqlite_release gives one back, also after a failure. */
#ifndef TD_STORE_SQLITE_H
#define TD_STORE_SQLITE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_sqlite;
struct td_sqlite_statement;

enum td_sqlite_mode {
    TD_SQLITE_WRITER, /* creates the file; the only connection that checkpoints */
    TD_SQLITE_READER, /* query_only */
    TD_SQLITE_GUEST   /* query_only, in another process than the writer: waits a little for locks */
};

int td_sqlite_open(const char *path, enum td_sqlite_mode mode, struct td_sqlite **ret_db,
                   struct td_error *reterr);
/* `keep_log` leaves the write-ahead log for the next start, as after a failed write.
 * NULL is fine. */
void td_sqlite_close(struct td_sqlite *db, bool keep_log);

/* Runs any number of statements without parameters and rows. */
int td_sqlite_script(struct td_sqlite *db, const char *sql);

/* Runs one such statement, kept prepared: begin, savepoint, commit and the like. */
int td_sqlite_command(struct td_sqlite *db, const char *sql);

/* True between begin and commit; false also when the engine itself gave a transaction up. */
bool td_sqlite_in_transaction(const struct td_sqlite *db);

/* Moves the log into the database when it has grown enough; after a commit, when nobody waits. */
int td_sqlite_checkpoint(struct td_sqlite *db);

/* The last failure in the engine's words; "" when none. */
const char *td_sqlite_failure(const struct td_sqlite *db);

/* True once a write, fsync or page of this connection failed in a way that leaves the state of the
 * disk unknown: nothing may be written any more. */
bool td_sqlite_broken(const struct td_sqlite *db);

int td_sqlite_prepare(struct td_sqlite *db, const char *sql,
                      struct td_sqlite_statement **ret_statement);
void td_sqlite_release(struct td_sqlite_statement *statement);
bool td_sqlite_writes(const struct td_sqlite_statement *statement);

/* Parameters are numbered from 1, as in $1. Values are borrowed until release. TD_EINTERNAL when
 * the statement has no such parameter. */
int td_sqlite_bind_int(struct td_sqlite_statement *statement, int number, int64_t value);
int td_sqlite_bind_text(struct td_sqlite_statement *statement, int number,
                        const char *text); /* NULL = null */
int td_sqlite_bind_bytes(struct td_sqlite_statement *statement, int number, const void *bytes,
                         size_t length);
int td_sqlite_bind_json(struct td_sqlite_statement *statement, int number,
                        const json_t *value);                          /* NULL = null */
int td_sqlite_parameters(const struct td_sqlite_statement *statement); /* how many different ones */

/* 1 when there is a row, 0 at the end, negative on failure. */
int td_sqlite_step(struct td_sqlite_statement *statement);
/* The present row as store.h says; NULL with a failure text when a column does not convert. */
json_t *td_sqlite_row(struct td_sqlite_statement *statement);
int64_t td_sqlite_first_int(struct td_sqlite_statement *statement); /* 0 when null */
int64_t td_sqlite_changes(const struct td_sqlite *db); /* of the last statement that ran */

#endif
