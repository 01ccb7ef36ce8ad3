/* ledger.c - see ledger.h: what an entry is and how one is added. Canonical JSON is jansson's with
 * sorted keys, no spaces, UTF-8 unescaped and '/' as it is; numbers in payloads are integers, so
 * that every writer gives the same text. The head is read from the table each time: a cached one
 * would survive the roll-back of a savepoint. */
#include "store/ledger.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/store.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

enum { HASH_TEXT = TD_LEDGER_HEX };

int td_ledger_sm3(const void *bytes, size_t length, char hex[HASH_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(bytes, length, digest, &size, EVP_sm3(), NULL) || size != 32)
        return TD_ENOMEM;
    sodium_bin2hex(hex, HASH_TEXT, digest, size);
    return 0;
}

static char *canonical(const json_t *value)
{
    return json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

int td_ledger_hash_json(const json_t *value, char hex[HASH_TEXT])
{
    char *text = canonical(value);
    if (!text)
        return TD_ENOMEM;
    int result = td_ledger_sm3(text, strlen(text), hex);
    free(text);
    return result;
}

static int hash_payload(const json_t *payload, char hex[HASH_TEXT])
{
    if (payload && !json_is_null(payload))
        return td_ledger_hash_json(payload, hex);
    return td_ledger_sm3("null", 4, hex);
}

static int hash_entry(const char *previous, const json_t *entry, char hex[HASH_TEXT])
{
    char *text = canonical(entry);
    if (!text)
        return TD_ENOMEM;
    size_t length = strlen(text);
    char *whole = malloc(HASH_TEXT - 1 + length);
    int result = TD_ENOMEM;
    if (whole) {
        memcpy(whole, previous, HASH_TEXT - 1);
        memcpy(whole + HASH_TEXT - 1, text, length);
        result = td_ledger_sm3(whole, HASH_TEXT - 1 + length, hex);
    }
    free(whole);
    free(text);
    return result;
}

static json_t *entry_value(int64_t sequence, const char *at, const char *actor, const char *action,
                           const char *subject, const char *payload_hash)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)sequence, "at", at,
                     "actor", actor, "action", action, "subject", subject, "payload_hash",
                     payload_hash);
}

static int head(struct td_tx *tx, int64_t *ret_sequence, char hash[HASH_TEXT])
{
    json_t *row;
    int result =
        td_tx_row(tx, &row, "select sequence, hash from ledger order by sequence desc limit 1", "");
    if (result == TD_ENOTFOUND) {
        *ret_sequence = 0;
        memcpy(hash, GENESIS, HASH_TEXT);
        return 0;
    }
    if (result < 0)
        return result;
    *ret_sequence = json_integer_value(json_object_get(row, "sequence"));
    const char *text = json_string_value(json_object_get(row, "hash"));
    if (text && strlen(text) == HASH_TEXT - 1)
        memcpy(hash, text, HASH_TEXT);
    else
        result = TD_EINTERNAL;
    json_decref(row);
    return result;
}

void td_ledger_nonce(char nonce[TD_LEDGER_NONCE])
{
    unsigned char random[(TD_LEDGER_NONCE - 1) / 2];
    randombytes_buf(random, sizeof(random));
    sodium_bin2hex(nonce, TD_LEDGER_NONCE, random, sizeof(random));
}

/* The leaf's members are the entry's and two more. */
static int leaf_of(json_t *entry, const char *hash, const char *nonce,
                   struct td_merkle_hash *ret_leaf)
{
    json_object_set_new(entry, "hash", json_string(hash));
    json_object_set_new(entry, "nonce", json_string(nonce));
    char *text = canonical(entry);
    if (!text)
        return TD_ENOMEM;
    *ret_leaf = td_merkle_leaf(text, strlen(text));
    free(text);
    return 0;
}

int td_ledger_append(struct td_tx *tx, const char *actor, const char *action, const char *subject,
                     const json_t *payload)
{
    char previous[HASH_TEXT], payload_hash[HASH_TEXT], hash[HASH_TEXT], now[TD_TIME_TEXT];
    char nonce[TD_LEDGER_NONCE], leaf_text[TD_MERKLE_HEX];
    struct td_merkle_hash leaf;
    int64_t sequence;
    int result = head(tx, &sequence, previous);
    if (result == 0)
        result = hash_payload(payload, payload_hash);
    if (result < 0)
        return result;
    sequence++;
    td_time_format(td_clock_now_ms(), now);
    td_ledger_nonce(nonce);
    json_t *entry = entry_value(sequence, now, actor, action, subject, payload_hash);
    result =
        entry ? hash_entry(previous, entry, hash) : TD_EINVALID; /* NULL: a text is not UTF-8 */
    if (result == 0)
        result = leaf_of(entry, hash, nonce, &leaf);
    json_decref(entry);
    if (result < 0)
        return result;
    td_merkle_hex(&leaf, leaf_text);
    result = td_tx_exec(
        tx, NULL,
        "insert into ledger(sequence, at, actor, action, subject, payload, payload_hash,"
        " previous_hash, hash, nonce, leaf) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        "issssjsssss", sequence, now, actor, action, subject, payload, payload_hash, previous, hash,
        nonce, leaf_text);
    return result == 0 ? td_ledger_grow(tx, sequence) : result;
}

int td_ledger_size(struct td_tx *tx, int64_t *ret_size)
{
    return td_tx_int(tx, ret_size, "select max(sequence) from ledger", "");
}

/* --- rows ------------------------------------------------------------------------------------ */

int td_ledger_payload_hash(const json_t *row, char hex[HASH_TEXT])
{
    return hash_payload(json_object_get(row, "payload"), hex);
}

static json_t *entry_of(const json_t *row, int64_t sequence)
{
    return entry_value(sequence, td_json_text(row, "at"), td_json_text(row, "actor"),
                       td_json_text(row, "action"), td_json_text(row, "subject"),
                       td_json_text(row, "payload_hash"));
}

/* No text goes on behind a NUL, where hashing does not look. */
static bool is_plain(const json_t *row)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)row, name, value)
        if (json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value))
            return false;
    return true;
}

int td_ledger_entry_hash(const json_t *row, int64_t sequence, char hex[HASH_TEXT])
{
    const char *previous = td_json_text(row, "previous_hash");
    if (strlen(previous) != HASH_TEXT - 1 || !is_plain(row)) {
        memcpy(hex, "", 1); /* fits no entry */
        return 0;
    }
    json_t *entry = entry_of(row, sequence);
    int result = entry ? hash_entry(previous, entry, hex) : TD_ENOMEM;
    json_decref(entry);
    return result;
}

char *td_ledger_leaf_text(const json_t *row)
{
    json_t *entry = entry_of(row, json_integer_value(json_object_get(row, "sequence")));
    if (!entry)
        return NULL;
    json_object_set_new(entry, "hash", json_string(td_json_text(row, "hash")));
    json_object_set_new(entry, "nonce", json_string(td_json_text(row, "nonce")));
    char *text = canonical(entry);
    json_decref(entry);
    return text;
}

int td_ledger_leaf_hash(const json_t *row, struct td_merkle_hash *ret_leaf)
{
    char *text = td_ledger_leaf_text(row);
    if (!text)
        return TD_ENOMEM;
    *ret_leaf = td_merkle_leaf(text, strlen(text));
    free(text);
    return 0;
}
