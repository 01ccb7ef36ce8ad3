/* schema_check.h - the tables, indexes, triggers and views of the records against those that titled's
 * own migrations make. Internal to store/.
 *
 * Who can write to the file can plant a trigger that changes records whenever titled writes, put a view
 * in a table's place or take a table away; no entry of the ledger would show it. Names are compared,
 * and of triggers and views their text. What the engine keeps for itself (sqlite_stat1 after analyze)
 * is not looked at. */
#ifndef TD_STORE_SCHEMA_CHECK_H
#define TD_STORE_SCHEMA_CHECK_H

#include "base/error.h"

struct td_sqlite;

/* Told once for each difference, as a sentence without its end. */
typedef void (*td_schema_difference_fn)(void *arg, const char *words);

/* Of a database that has been migrated. Costs the same however many records there are. */
int td_schema_compare(struct td_sqlite *db, td_schema_difference_fn each, void *arg,
                      struct td_error *reterr);

/* TD_ECONFLICT with the differences in words. */
int td_schema_check(struct td_sqlite *db, struct td_error *reterr);

#endif
