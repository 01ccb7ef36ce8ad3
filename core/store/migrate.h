/* migrate.h - brings a database to the schema this program was built with. Internal to store/. */
#ifndef TD_STORE_MIGRATE_H
#define TD_STORE_MIGRATE_H

#include "base/error.h"

struct td_sqlite;

/* schema/NNN_name.sql, in order; schema/embed.c writes them when titled is built. */
struct td_schema {
    int number;
    const char *name;
    const char *sql;
};

extern const struct td_schema td_schemas[];
extern const int td_schema_count;

/* What all of them come to in an empty database, as one script. */
extern const char *const td_schema_whole;

/* Applies what is missing, all files in one transaction; an empty database is made as they would leave it.
 * TD_ECONFLICT when the database is newer than the program, or belongs to something else. */
int td_migrate(struct td_sqlite *db, struct td_error *reterr);

/* The same for a new, empty one, without a word in the log. */
int td_migrate_empty(struct td_sqlite *db, struct td_error *reterr);

/* For readers in another process: TD_ECONFLICT unless the schema is exactly the program's. */
int td_migrate_check(struct td_sqlite *db, struct td_error *reterr);

#endif
