/* installation.h - that the records and the key that seals them belong together. */
#ifndef TD_REVIEW_INSTALLATION_H
#define TD_REVIEW_INSTALLATION_H

#include "base/error.h"

struct td_seal_key;
struct td_store;

/* Records remember a word that was sealed for them when they were new. TD_ECONFLICT when `seal` does not open
 * it: with another key every identity number, telephone, second factor and vote is lost, and what is sealed
 * from now on would be lost with the right one. `key_file` is for the words. Waits for the store; before the
 * loop runs. */
int td_installation_check(struct td_store *store, const struct td_seal_key *seal, const char *key_file,
                          struct td_error *reterr);

#endif
