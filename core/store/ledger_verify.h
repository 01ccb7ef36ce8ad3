/* ledger_verify.h - recomputes everything the ledger claims and says what was done to it, and where.
 *
 * The entries are streamed once, in constant memory: each one's payload hash, chain hash and leaf, and
 * every stored part of the tree. Then the checkpoints of the records, of the witness file and one that
 * was given are held against the tree: their signatures, and the root at their size. What is found:
 *
 *   changed      an entry's content, payload, hash or leaf is not what it was
 *   missing      entries are not there, whether the rest was renumbered or not
 *   added        entries stand between others that were not there
 *   swapped      two entries, or a part of them, were exchanged
 *   unlinked     an entry does not follow the one before it, both being whole: one was written anew
 *   tree         a stored hash of the tree is not that of its entries
 *   truncated    the records end before what their own checkpoints say
 *   rolled_back  they end before what a checkpoint outside of them says: an older backup
 *   rewritten    all fits together, but a signed root says that it was something else
 *   forged       a checkpoint is not signed by the ledger's keys, or was changed
 *   unwitnessed  the records have checkpoints, the witness file has none or cannot be read
 *   schema       a table, index, trigger or view was added or taken away, one of the last three changed */
#ifndef TD_STORE_LEDGER_VERIFY_H
#define TD_STORE_LEDGER_VERIFY_H

#include "base/clock.h"
#include "base/error.h"
#include "store/ledger.h"

#include <jansson.h>
#include <stdint.h>

struct td_signer;
struct td_tx;

struct td_ledger_claim {
    const struct td_signer *signer; /* NULL = only the keys that the ledger itself names */
    const char *witness;            /* path of the witness file; NULL = none */
    const char *checkpoint;         /* one more note; NULL = none */
    int64_t since; /* entries and checkpoints up to this size are taken as they are */
};

struct td_ledger_report {
    int64_t entries;              /* the number of the last one */
    char head[TD_LEDGER_HEX];     /* its hash; zeros for none */
    char root[TD_MERKLE_HEX];     /* of the whole tree; "" when damaged */
    int64_t checkpoints;          /* of the records, that hold */
    int64_t witnessed;            /* notes of the witness file, that hold; -1 = there is no file */
    int64_t covered;              /* entries up to here are under a checkpoint that holds */
    char covered_at[TD_TIME_TEXT]; /* of that checkpoint */
    int64_t accepted;             /* rollbacks that the ledger says were accepted */
    json_t *findings; /* [{"kind", "entry", "until", "words"}], at most 100 of them; the caller's */
    int64_t found;    /* how many there were */
};

/* 0 when everything holds; TD_ECONFLICT with the first finding in words. The report is filled in both
 * cases; `findings` is a new reference, also on failure NULL or owned by the caller. */
int td_ledger_verify(struct td_tx *tx, const struct td_ledger_claim *claim,
                     struct td_ledger_report *ret_report, struct td_error *reterr);

#endif
