/* checkpoint.c - see checkpoint.h. Writes `ledger_checkpoint`. */
#include "store/checkpoint.h"

#include "base/json.h"
#include "store/ledger.h"
#include "store/signer.h"
#include "store/store.h"
#include "store/tx.h"
#include "store/witness.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIANT = sodium_base64_VARIANT_ORIGINAL, ROOT_TEXT = 45, FINGERPRINT = 8 };

#define KEYS_SUBJECT "ledger/keys"

static void to_base64(const struct td_merkle_hash *hash, char text[ROOT_TEXT])
{
    sodium_bin2base64(text, ROOT_TEXT, hash->bytes, TD_MERKLE_BYTES, VARIANT);
}

static json_t *base64(const struct td_merkle_hash *hash)
{
    char text[ROOT_TEXT];
    to_base64(hash, text);
    return json_string(text);
}

/* --- notes ----------------------------------------------------------------------------------- */

/* The next line of the text without its newline; false at the end or when it is longer than `room`.
 */
static bool line_of(const char **text, char *line, size_t room)
{
    size_t length = strcspn(*text, "\n");
    if (length >= room || (*text)[length] != '\n')
        return false;
    memcpy(line, *text, length);
    line[length] = 0;
    *text += length + 1;
    return true;
}

int td_checkpoint_parse(const char *note, struct td_checkpoint *ret_checkpoint)
{
    struct td_checkpoint checkpoint;
    char origin[128], size[24], again[24], root[ROOT_TEXT], time[64];
    size_t length;
    if (!line_of(&note, origin, sizeof(origin)) || !*origin ||
        !line_of(&note, size, sizeof(size)) || !line_of(&note, root, sizeof(root)) ||
        !line_of(&note, time, sizeof(time)) || *note != '\n')
        return TD_EINVALID;
    checkpoint.size = strtoll(size, NULL, 10);
    snprintf(again, sizeof(again), "%lld", (long long)checkpoint.size);
    if (checkpoint.size < 0 || strcmp(size, again) != 0 ||
        sodium_base642bin(checkpoint.root.bytes, TD_MERKLE_BYTES, root, strlen(root), NULL, &length,
                          NULL, VARIANT) < 0 ||
        length != TD_MERKLE_BYTES || strncmp(time, "time ", 5) != 0 ||
        strlen(time + 5) != TD_TIME_TEXT - 1)
        return TD_EINVALID;
    memcpy(checkpoint.at, time + 5, TD_TIME_TEXT);
    *ret_checkpoint = checkpoint;
    return 0;
}

static json_t *value_of(const char *note)
{
    struct td_checkpoint checkpoint;
    unsigned char digest[crypto_hash_sha256_BYTES];
    char fingerprint[2 * FINGERPRINT + 1];
    if (td_checkpoint_parse(note, &checkpoint) < 0)
        return NULL;
    crypto_hash_sha256(digest, (const unsigned char *)note, strlen(note));
    sodium_bin2hex(fingerprint, sizeof(fingerprint), digest, FINGERPRINT);
    return json_pack("{s:I, s:o, s:s, s:s, s:s}", "size", checkpoint.size, "root",
                     base64(&checkpoint.root), "signed_at", checkpoint.at, "note", note,
                     "fingerprint", fingerprint);
}

static int found(int r, json_t *row, json_t **ret_checkpoint)
{
    if (r < 0)
        return r;
    *ret_checkpoint = value_of(td_json_text(row, "note"));
    json_decref(row);
    return *ret_checkpoint ? 0 : TD_EINTERNAL;
}

int td_checkpoint_latest(struct td_tx *tx, json_t **ret_checkpoint)
{
    json_t *row = NULL;
    int r =
        td_tx_row(tx, &row, "select note from ledger_checkpoint order by size desc limit 1", "");
    return found(r, row, ret_checkpoint);
}

int td_checkpoint_covering(struct td_tx *tx, int64_t sequence, json_t **ret_checkpoint)
{
    json_t *row = NULL;
    int r = td_tx_row(tx, &row,
                      "select note from ledger_checkpoint where size >= $1 order by size limit 1",
                      "i", sequence);
    return found(r, row, ret_checkpoint);
}

int td_checkpoint_of_size(struct td_tx *tx, int64_t size, json_t **ret_checkpoint)
{
    json_t *row = NULL;
    int r = td_tx_row(tx, &row, "select note from ledger_checkpoint where size = $1", "i", size);
    return found(r, row, ret_checkpoint);
}

/* --- making ---------------------------------------------------------------------------------- */

static int sign(struct td_tx *tx, const struct td_signer *signer, int64_t size, const char *reason,
                json_t **ret_checkpoint)
{
    struct td_merkle_hash root;
    char text[256], root_text[ROOT_TEXT], now[TD_TIME_TEXT];
    int r = td_ledger_root(tx, size, &root);
    if (r < 0)
        return r;
    to_base64(&root, root_text);
    td_time_format(td_clock_now_ms(), now);
    snprintf(text, sizeof(text), "%s\n%lld\n%s\ntime %s\n", td_signer_name(signer), (long long)size,
             root_text, now);
    char *note = td_signer_sign(signer, text);
    if (!note)
        return TD_EINTERNAL;
    r = td_tx_exec(tx, NULL,
                   "insert into ledger_checkpoint(size, at, reason, note) values ($1, $2, $3, $4)",
                   "isss", size, now, reason, note);
    if (r == 0) {
        tx->checkpoint = true;
        *ret_checkpoint = value_of(note);
    }
    free(note);
    return r == 0 && !*ret_checkpoint ? TD_EINTERNAL : r;
}

int td_checkpoint_make(struct td_tx *tx, const char *reason, json_t **ret_checkpoint)
{
    const struct td_signer *signer = td_witness_signer(td_store_witness(tx->store));
    int64_t size = 0;
    int r = td_ledger_size(tx, &size);
    if (r < 0)
        return r;
    if (!signer || size == 0) {
        *ret_checkpoint = json_null();
        return 0;
    }
    r = td_checkpoint_of_size(tx, size, ret_checkpoint);
    return r == TD_ENOTFOUND ? sign(tx, signer, size, reason, ret_checkpoint) : r;
}

int td_checkpoint_tick(struct td_tx *tx, int64_t seconds)
{
    char since[TD_TIME_TEXT];
    int64_t recent = 0;
    json_t *made = NULL;
    td_time_format(td_clock_now_ms() - seconds * 1000, since);
    int r = td_tx_int(tx, &recent,
                      "select count(*) from ledger_checkpoint where at > $1 and size ="
                      " (select max(size) from ledger_checkpoint)",
                      "s", since);
    if (r < 0 || recent)
        return r;
    r = td_checkpoint_make(tx, "grown", &made);
    json_decref(made);
    return r;
}

/* --- proofs ---------------------------------------------------------------------------------- */

static json_t *hashes_of(const struct td_merkle_proof *proof)
{
    json_t *hashes = json_array();
    for (int i = 0; i < proof->count; i++)
        json_array_append_new(hashes, base64(&proof->hashes[i]));
    return hashes;
}

int td_checkpoint_inclusion(struct td_tx *tx, int64_t sequence, int64_t size, json_t **ret_proof)
{
    struct td_merkle_proof proof;
    struct td_merkle_hash leaf, root;
    int r = td_ledger_inclusion(tx, sequence, size, &proof);
    if (r == 0)
        r = td_ledger_node(tx, 0, sequence - 1, &leaf);
    if (r == 0)
        r = td_ledger_root(tx, size, &root);
    if (r < 0)
        return r;
    *ret_proof = json_pack("{s:I, s:I, s:o, s:o, s:o}", "sequence", sequence, "size", size, "leaf",
                           base64(&leaf), "proof", hashes_of(&proof), "root", base64(&root));
    return *ret_proof ? 0 : TD_ENOMEM;
}

int td_checkpoint_prove(struct td_tx *tx, int64_t sequence, int64_t size, json_t **ret_proof)
{
    json_t *row = NULL, *proof = NULL;
    int r = td_checkpoint_inclusion(tx, sequence, size, &proof);
    if (r == 0)
        r = td_tx_row(tx, &row, "select " TD_LEDGER_COLUMNS " from ledger where sequence = $1", "i",
                      sequence);
    char *text = r == 0 ? td_ledger_leaf_text(row) : NULL;
    if (r == 0 && !text)
        r = TD_ENOMEM;
    if (r == 0) {
        json_object_set_new(proof, "entry", json_string(text));
        json_object_set(proof, "payload", json_object_get(row, "payload"));
    }
    free(text);
    json_decref(row);
    if (r < 0)
        json_decref(proof);
    else
        *ret_proof = proof;
    return r;
}

int td_checkpoint_consistency(struct td_tx *tx, int64_t first, int64_t second, json_t **ret_proof)
{
    struct td_merkle_proof proof;
    struct td_merkle_hash first_root, second_root;
    int r = td_ledger_consistency(tx, first, second, &proof);
    if (r == 0)
        r = td_ledger_root(tx, first, &first_root);
    if (r == 0)
        r = td_ledger_root(tx, second, &second_root);
    if (r < 0)
        return r;
    *ret_proof = json_pack("{s:I, s:I, s:o, s:o, s:o}", "first", first, "second", second,
                           "first_root", base64(&first_root), "second_root", base64(&second_root),
                           "proof", hashes_of(&proof));
    return *ret_proof ? 0 : TD_ENOMEM;
}

int td_checkpoint_list(struct td_tx *tx, int64_t below, int64_t limit, json_t **ret_checkpoints)
{
    json_t *rows = NULL, *row, *list = json_array();
    size_t i;
    int r = td_tx_rows(tx, &rows,
                       "select note, reason as occasion from ledger_checkpoint where size < $1"
                       " order by size desc limit $2",
                       "ii", below, limit);
    json_array_foreach(rows, i, row) {
        json_t *value = value_of(td_json_text(row, "note"));
        if (!value)
            continue; /* damaged: verification says so */
        json_object_set(value, "occasion", json_object_get(row, "occasion"));
        json_array_append_new(list, value);
    }
    json_decref(rows);
    if (r < 0)
        json_decref(list);
    else
        *ret_checkpoints = list;
    return r;
}

/* --- keys ------------------------------------------------------------------------------------ */

static int known_keys(struct td_tx *tx, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select payload from ledger where subject = $1 and action = 'ledger.key'"
                      " order by sequence",
                      "s", KEYS_SUBJECT);
}

int td_checkpoint_record_keys(struct td_tx *tx, const struct td_signer *signer)
{
    json_t *rows = NULL, *row, *keys = td_signer_public(signer);
    size_t i;
    bool known = false;
    int r = keys ? known_keys(tx, &rows) : TD_ENOMEM;
    json_array_foreach(rows, i, row)
        known = known || json_equal(json_object_get(row, "payload"), keys);
    if (r == 0 && !known)
        r = td_ledger_append(tx, "system", "ledger.key", KEYS_SUBJECT, keys);
    json_decref(rows);
    json_decref(keys);
    return r;
}

int td_checkpoint_keys(struct td_tx *tx, json_t **ret_keys)
{
    const struct td_signer *signer = td_witness_signer(td_store_witness(tx->store));
    if (!signer)
        return TD_ENOTFOUND;
    *ret_keys = td_signer_public(signer);
    return *ret_keys ? 0 : TD_ENOMEM;
}

int td_checkpoint_check(struct td_tx *tx, const struct td_signer *signer, const char *note)
{
    json_t *rows = NULL, *row;
    size_t i;
    if (signer && td_signer_check(signer, note))
        return 0;
    int r = known_keys(tx, &rows);
    bool holds = false;
    json_array_foreach(rows, i, row) {
        struct td_signer *earlier = NULL;
        if (td_signer_from_public(json_object_get(row, "payload"), &earlier) == 0)
            holds = holds || td_signer_check(earlier, note);
        td_signer_free(earlier);
    }
    json_decref(rows);
    return r < 0 ? r : holds ? 0 : TD_ENOTFOUND;
}

int td_checkpoint_sign(struct td_tx *tx, const char *text, size_t length,
                       unsigned char ret_signature[64])
{
    const struct td_signer *signer = td_witness_signer(td_store_witness(tx->store));
    if (!signer)
        return TD_ENOTFOUND;
    return td_signer_sm2(signer, text, length, ret_signature) ? 0 : TD_EINTERNAL;
}
