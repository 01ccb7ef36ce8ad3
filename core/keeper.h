/* keeper.h - has the scorer's pool load the plugins that are needed, and tells the ledger what changed.
 *
 * What must be kept stands in the records, what is new in the plugin folder. The keeper looks at both on
 * SIGHUP and whenever another node says on the live channel that plugins changed; the route of the console
 * (api/plugins.c) does the same within its own request. */
#ifndef TD_KEEPER_H
#define TD_KEEPER_H

#include "base/error.h"

struct td_keeper;
struct td_live;
struct td_mailbox;
struct td_pool;
struct td_store;

/* All borrowed; they outlive the keeper. NULL when memory is short. */
struct td_keeper_options {
    struct td_store *store;
    struct td_mailbox *mailbox;
    struct td_pool *pool;
    struct td_live *live; /* freed before the keeper, with its subscription */
};
struct td_keeper *td_keeper_new(const struct td_keeper_options *options);
/* From here on it begins nothing more: before the pool and the store go. NULL is fine. */
void td_keeper_stop(struct td_keeper *keeper);
/* After td_pool_free and td_store_close, which answer what is still running. NULL is fine. */
void td_keeper_free(struct td_keeper *keeper);

/* A new generation with what is in the plugin folder now. On the loop. */
void td_keeper_reload(struct td_keeper *keeper);

/* The pool serves for the first time: what changed while the server was down is noted. */
void td_keeper_started(struct td_keeper *keeper);

#endif
