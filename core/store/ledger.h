/* ledger.h - the append-only account of every change, chained with SM3 (GB/T 32905).
 *
 * An entry is written in the transaction that makes the change:
 *   hash = SM3(prev_hash || canonical JSON of {seq, at, actor, action, subject, payload_hash})
 * where payload_hash = SM3 of the payload's canonical JSON (sorted keys, compact). Payloads name
 * ids and codes, never a person's data. */
#ifndef TD_STORE_LEDGER_H
#define TD_STORE_LEDGER_H

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

struct td_tx;

/* Appends. `actor` is an account id or "system"; `action` is "application.submit" and the like;
 * `subject` is "application/01J..."; `payload` is borrowed and may be NULL. */
int td_ledger_append(struct td_tx *tx, const char *actor, const char *action, const char *subject,
                     const json_t *payload);

/* Recomputes the whole chain. On damage TD_ECONFLICT with the first bad sequence
 * number in words. */
int td_ledger_verify(struct td_tx *tx, int64_t *ret_entries, char ret_head[65],
                     struct td_error *reterr);

/* SM3 of bytes, 64 hex digits and a NUL. */
void td_ledger_sm3(const void *bytes, size_t length, char hex[65]);

/* SM3 of a JSON value's canonical text. TD_ENOMEM when it cannot be serialised. */
int td_ledger_hash_json(const json_t *value, char hex[65]);

#endif
