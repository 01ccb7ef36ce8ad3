/* tx.h - what the files of store/ know of a transaction and of the store. Internal to store/. */
#ifndef TD_STORE_TX_H
#define TD_STORE_TX_H

#include "store/store.h"

struct td_sqlite;

struct td_tx {
    struct td_store *store;
    struct td_sqlite *db;
    bool writable;
    bool outbox;     /* the job added outbox rows */
    bool checkpoint; /* the job made a checkpoint of the ledger */
};

struct td_witness *td_store_witness(const struct td_store *store); /* NULL when none was set */
const char *td_store_folder(const struct td_store *store);

/* files.c: makes files/ and files/incoming, and empties the latter of what a crash left. */
int td_files_prepare(const char *folder, struct td_error *reterr);

#endif
