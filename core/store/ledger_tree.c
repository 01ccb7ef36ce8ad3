/* ledger_tree.c - the hash tree over the ledger: which hashes are kept and how the others come from
 * them. Leaves are in `ledger`, subtrees of level 4, 8, 12 ... in `ledger_node`; a subtree between
 * two kept levels is folded from at most 8 of the lower one. Everything is read in the caller's
 * transaction, so that a savepoint rolled back takes its part of the tree with it. */
#include "store/ledger.h"

#include "base/json.h"
#include "store/store.h"

#include <assert.h>
#include <stdlib.h>

enum { WIDTH = 1 << TD_LEDGER_STRIDE, PLANTED = 5000 };

struct row_of_nodes {
    struct td_merkle_hash hashes[WIDTH];
    int count;
};

static int collect(json_t *row, void *arg)
{
    struct row_of_nodes *nodes = arg;
    if (nodes->count == WIDTH ||
        !td_merkle_from_hex(td_json_text(row, "hash"), &nodes->hashes[nodes->count]))
        return TD_EINTERNAL;
    nodes->count++;
    return 0;
}

/* `count` neighbours of a kept level, from `position` on. */
static int read_kept(struct td_tx *tx, int level, int64_t position, int count,
                     struct row_of_nodes *nodes)
{
    nodes->count = 0;
    int64_t end = position + count;
    int r =
        level == 0
            ? td_tx_each(tx, collect, nodes,
                         "select leaf as hash from ledger where sequence > $1 and sequence <= $2"
                         " order by sequence",
                         "ii", position, end)
            : td_tx_each(tx, collect, nodes,
                         "select hash from ledger_node where level = $1 and position >= $2"
                         " and position < $3 order by position",
                         "iii", (int64_t)level, position, end);
    return r == 0 && nodes->count != count ? TD_EINTERNAL : r;
}

/* `count` is a power of two. */
static struct td_merkle_hash fold(struct td_merkle_hash *hashes, int count)
{
    for (; count > 1; count /= 2)
        for (int i = 0; i < count / 2; i++)
            hashes[i] = td_merkle_join(&hashes[2 * i], &hashes[2 * i + 1]);
    return hashes[0];
}

int td_ledger_node(void *tx, int level, int64_t position, struct td_merkle_hash *ret_hash)
{
    struct row_of_nodes nodes;
    int above = level % TD_LEDGER_STRIDE, count = 1 << above;
    int r = read_kept(tx, level - above, position << above, count, &nodes);
    if (r == 0)
        *ret_hash = fold(nodes.hashes, count);
    return r;
}

static int insert_node(struct td_tx *tx, int level, int64_t position,
                       const struct td_merkle_hash *hash)
{
    char hex[TD_MERKLE_HEX];
    td_merkle_hex(hash, hex);
    return td_tx_exec(tx, NULL,
                      "insert into ledger_node(level, position, hash) values ($1, $2, $3)", "iis",
                      (int64_t)level, position, hex);
}

int td_ledger_grow(struct td_tx *tx, int64_t sequence)
{
    int r = 0;
    struct row_of_nodes nodes;
    for (int level = TD_LEDGER_STRIDE; r == 0 && (sequence & ((INT64_C(1) << level) - 1)) == 0;
         level += TD_LEDGER_STRIDE) {
        int64_t position = (sequence >> level) - 1;
        r = read_kept(tx, level - TD_LEDGER_STRIDE, position * WIDTH, WIDTH, &nodes);
        if (r < 0)
            return r;
        struct td_merkle_hash hash = fold(nodes.hashes, WIDTH);
        r = insert_node(tx, level, position, &hash);
    }
    return r;
}

/* --- roots and proofs ------------------------------------------------------------------------ */

static int reaches(struct td_tx *tx, int64_t size)
{
    int64_t present = 0;
    int r = td_ledger_size(tx, &present);
    return r == 0 && size > present ? TD_ENOTFOUND : r;
}

int td_ledger_root(struct td_tx *tx, int64_t size, struct td_merkle_hash *ret_root)
{
    int r = size < 0 ? TD_ENOTFOUND : reaches(tx, size);
    return r == 0 ? td_merkle_root(size, td_ledger_node, tx, ret_root) : r;
}

int td_ledger_inclusion(struct td_tx *tx, int64_t sequence, int64_t size,
                        struct td_merkle_proof *ret_proof)
{
    int r = sequence < 1 || sequence > size ? TD_ENOTFOUND : reaches(tx, size);
    return r == 0 ? td_merkle_inclusion(sequence - 1, size, td_ledger_node, tx, ret_proof) : r;
}

int td_ledger_consistency(struct td_tx *tx, int64_t first, int64_t second,
                          struct td_merkle_proof *ret_proof)
{
    int r = first < 1 || first > second ? TD_ENOTFOUND : reaches(tx, second);
    return r == 0 ? td_merkle_consistency(first, second, td_ledger_node, tx, ret_proof) : r;
}

/* --- entries from before the tree ------------------------------------------------------------ */

static int plant_entry(struct td_tx *tx, json_t *row)
{
    char nonce[TD_LEDGER_NONCE], hex[TD_MERKLE_HEX];
    struct td_merkle_hash leaf;
    int64_t sequence = json_integer_value(json_object_get(row, "sequence"));
    td_ledger_nonce(nonce);
    json_object_set_new(row, "nonce", json_string(nonce));
    int r = td_ledger_leaf_hash(row, &leaf);
    if (r < 0)
        return r;
    td_merkle_hex(&leaf, hex);
    r = td_tx_exec(tx, NULL, "update ledger set nonce = $2, leaf = $3 where sequence = $1", "iss",
                   sequence, nonce, hex);
    return r == 0 ? td_ledger_grow(tx, sequence) : r;
}

int td_ledger_plant(struct td_tx *tx, int64_t *after, bool *ret_more)
{
    int64_t bare = 0;
    json_t *rows = NULL, *row;
    size_t i;
    /* Planting goes upwards, so the newest entry tells whether it is done. */
    int r = td_tx_int(tx, &bare,
                      "select count(*) from ledger where leaf = '' and sequence ="
                      " (select max(sequence) from ledger)",
                      "");
    *ret_more = false;
    if (r < 0 || !bare)
        return r;
    r = td_tx_rows(tx, &rows,
                   "select " TD_LEDGER_COLUMNS " from ledger where leaf = '' and sequence > $1"
                   " order by sequence limit $2",
                   "ii", *after, (int64_t)PLANTED);
    if (r < 0)
        return r;
    json_array_foreach(rows, i, row) {
        *after = json_integer_value(json_object_get(row, "sequence"));
        if ((r = plant_entry(tx, row)) < 0)
            break;
    }
    *ret_more = json_array_size(rows) == PLANTED;
    json_decref(rows);
    return r;
}
