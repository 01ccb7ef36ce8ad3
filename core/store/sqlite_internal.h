/* sqlite_internal.h - what sqlite.c and sqlite_statement.c share; nobody else includes it. */
#ifndef TD_STORE_SQLITE_INTERNAL_H
#define TD_STORE_SQLITE_INTERNAL_H

#include "store/sqlite.h"

#include <sqlite3.h>

enum { STATEMENT_BUCKETS = 256, STATEMENTS_MAX = 400 };

struct td_sqlite {
    sqlite3 *handle;
    struct td_sqlite_statement *buckets[STATEMENT_BUCKETS];
    int statement_count;
    uint64_t uses; /* counts prepare calls: the age of a statement is when it was last used */
    int log_pages; /* pages in the write-ahead log after the last commit */
    bool broken;
    char failure[256];
};

/* Keeps the engine's words, notes damage, and answers the TD_E* for `rc`. */
int td_sqlite_fail(struct td_sqlite *db, int rc);
/* The same with words of our own. */
int td_sqlite_complain(struct td_sqlite *db, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void td_sqlite_finalize_all(struct td_sqlite *db);

#endif
