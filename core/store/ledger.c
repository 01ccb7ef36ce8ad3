/* ledger.c - see ledger.h. Canonical JSON is jansson's with sorted keys, no spaces, UTF-8 unescaped
 * and
 * '/' as it is; numbers in payloads are integers, so that every writer gives the same text. The
 * head is read from the table each time: a cached one would survive the roll-back of
 * a savepoint. */
#include "store/ledger.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "store/store.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

enum { HASH_TEXT = 65 };

void td_ledger_sm3(const void *bytes, size_t length, char hex[HASH_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(bytes, length, digest, &size, EVP_sm3(), NULL) || size != 32) {
        TD_LOG(TD_LOG_ERROR, "ledger.sm3", TD_S("failure", "this OpenSSL has no SM3"));
        abort(); /* a chain without its hash must not grow */
    }
    for (unsigned int i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
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
    td_ledger_sm3(text, strlen(text), hex);
    free(text);
    return 0;
}

static int hash_payload(const json_t *payload, char hex[HASH_TEXT])
{
    if (payload && !json_is_null(payload))
        return td_ledger_hash_json(payload, hex);
    td_ledger_sm3("null", 4, hex);
    return 0;
}

static int hash_entry(const char *previous, const json_t *entry, char hex[HASH_TEXT])
{
    char *text = canonical(entry);
    if (!text)
        return TD_ENOMEM;
    size_t length = strlen(text);
    char *whole = malloc(HASH_TEXT - 1 + length);
    if (whole) {
        memcpy(whole, previous, HASH_TEXT - 1);
        memcpy(whole + HASH_TEXT - 1, text, length);
        td_ledger_sm3(whole, HASH_TEXT - 1 + length, hex);
    }
    free(whole);
    free(text);
    return whole ? 0 : TD_ENOMEM;
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

int td_ledger_append(struct td_tx *tx, const char *actor, const char *action, const char *subject,
                     const json_t *payload)
{
    char previous[HASH_TEXT], payload_hash[HASH_TEXT], hash[HASH_TEXT], now[TD_TIME_TEXT];
    int64_t sequence;
    int result = head(tx, &sequence, previous);
    if (result == 0)
        result = hash_payload(payload, payload_hash);
    if (result < 0)
        return result;
    sequence++;
    td_time_format(td_clock_now_ms(), now);
    json_t *entry = entry_value(sequence, now, actor, action, subject, payload_hash);
    result =
        entry ? hash_entry(previous, entry, hash) : TD_EINVALID; /* NULL: a text is not UTF-8 */
    json_decref(entry);
    if (result < 0)
        return result;
    return td_tx_exec(
        tx, NULL,
        "insert into ledger(sequence, at, actor, action, subject, payload, payload_hash,"
        " previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        "issssjsss", sequence, now, actor, action, subject, payload, payload_hash, previous, hash);
}

struct walk {
    int64_t sequence;
    char previous[HASH_TEXT];
    const char *complaint;
};

static const char *complaint_about(const struct walk *walk, const json_t *row, char hash[HASH_TEXT])
{
    if (json_integer_value(json_object_get(row, "sequence")) != walk->sequence)
        return "an entry is missing before it";
    if (strcmp(td_json_text(row, "previous_hash"), walk->previous) != 0)
        return "it does not follow the entry before it";
    char payload_hash[HASH_TEXT];
    if (hash_payload(json_object_get(row, "payload"), payload_hash) < 0 ||
        strcmp(payload_hash, td_json_text(row, "payload_hash")) != 0)
        return "its payload was changed";
    json_t *entry =
        entry_value(walk->sequence, td_json_text(row, "at"), td_json_text(row, "actor"),
                    td_json_text(row, "action"), td_json_text(row, "subject"), payload_hash);
    int result = entry ? hash_entry(walk->previous, entry, hash) : TD_EINTERNAL;
    json_decref(entry);
    return result < 0 || strcmp(hash, td_json_text(row, "hash")) != 0 ? "it was changed" : NULL;
}

static int check_entry(json_t *row, void *arg)
{
    struct walk *walk = arg;
    char hash[HASH_TEXT];
    walk->sequence++;
    walk->complaint = complaint_about(walk, row, hash);
    if (walk->complaint) {
        walk->sequence = json_integer_value(json_object_get(row, "sequence"));
        return TD_ECONFLICT;
    }
    memcpy(walk->previous, hash, HASH_TEXT);
    return 0;
}

int td_ledger_verify(struct td_tx *tx, int64_t *ret_entries, char ret_head[HASH_TEXT],
                     struct td_error *reterr)
{
    struct walk walk = {.previous = GENESIS};
    int result = td_tx_each(tx, check_entry, &walk,
                            "select sequence, at, actor, action, subject, payload, payload_hash,"
                            " previous_hash, hash from ledger order by sequence",
                            "");
    if (walk.complaint)
        return td_error_set(reterr, TD_ECONFLICT, "the ledger is broken at entry %lld: %s",
                            (long long)walk.sequence, walk.complaint);
    if (result < 0)
        return td_error_set(reterr, result, "the ledger cannot be read: %s", td_tx_failure(tx));
    *ret_entries = walk.sequence;
    memcpy(ret_head, walk.previous, HASH_TEXT);
    return 0;
}
