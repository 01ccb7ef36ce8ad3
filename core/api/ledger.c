/* ledger.c - reading the account of every change, its signed checkpoints and its proofs.
 * Checkpoints and proofs are public: they hold hashes only, of leaves with a nonce, and say how
 * many changes there were in all. The list of checkpoints, which shows when the office works, is
 * for who oversees. Recomputing it all is titlectl's. */
#include "api/api.h"
#include "base/strbuf.h"
#include "review/qr.h"
#include "review/row.h"
#include "store/checkpoint.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

enum { HASH_SHORT = 12 };

/* Newest first; ?cursor= is the sequence number to continue below, ?subject= and ?actor= filter. */
static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *cursor = td_call_query(call, "cursor");
    const char *subject = td_call_query(call, "subject"), *actor = td_call_query(call, "actor");
    char *end;
    long long below = *cursor ? strtoll(cursor, &end, 10) : INT64_MAX;
    json_t *rows = NULL;
    if (*cursor && (*end || below <= 0))
        return td_error_field(reterr, "cursor", "range", "a cursor is a sequence number");
    const char *sql = td_arena_printf(
        call->arena,
        "select l.sequence, l.at, l.actor, coalesce(c.name, '') as actor_name, l.action,"
        " l.subject, l.payload, l.hash from ledger l left join account c on c.id = l.actor"
        " where l.sequence < $1 and %s and ($3 = '' or l.actor = $3)"
        " order by l.sequence desc limit $4",
        *subject ? "l.subject = $2" : "$2 = ''"); /* so that the index on subjects serves */
    int rc = !sql ? TD_ENOMEM
                  : td_tx_rows(call->tx, &rows, sql, "issi", (int64_t)below, subject, actor,
                               (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    size_t i, size = json_array_size(rows);
    json_t *row, *next = json_null();
    if (size > TD_ROW_PAGE) {
        json_array_remove(rows, TD_ROW_PAGE);
        next = json_sprintf(
            "%lld", (long long)td_row_int(json_array_get(rows, TD_ROW_PAGE - 1), "sequence"));
    }
    json_array_foreach(rows, i, row) {
        char *text = json_dumps(json_object_get(row, "payload"), JSON_COMPACT | JSON_ENCODE_ANY);
        json_object_set_new(row, "payload_text", json_string(text ? text : ""));
        free(text);
        json_object_set(row, "when_at", json_object_get(row, "at"));
        json_object_set_new(
            row, "hash_short",
            json_stringn(td_row_text(row, "hash"), strnlen(td_row_text(row, "hash"), HASH_SHORT)));
    }
    reply->value = json_pack("{s:o, s:o, s:s, s:s}", "items", rows, "next", next, "subject",
                             subject, "actor", actor);
    return reply->value ? 0 : TD_ENOMEM;
}

static int head_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    int rc = td_tx_row(call->tx, &reply->value,
                       "select sequence, hash, at from ledger order by sequence desc limit 1", "");
    if (rc != TD_ENOTFOUND)
        return rc;
    reply->value = json_pack("{s:i, s:s, s:s}", "sequence", 0, "hash", "", "at", "");
    return reply->value ? 0 : TD_ENOMEM;
}

/* --- checkpoints ----------------------------------------------------------------------------- */

/* A whole number from 1; false for anything else. */
static bool to_number(const char *text, int64_t *ret_number)
{
    char *end;
    *ret_number = strtoll(text, &end, 10);
    return *text >= '1' && *text <= '9' && !*end && *ret_number < INT64_MAX;
}

/* The one of {size}, or the newest. */
static int find_checkpoint(struct td_call *call, json_t **ret_checkpoint)
{
    int64_t size;
    const char *named = td_call_param(call, "size");
    if (!*named)
        return td_checkpoint_latest(call->tx, ret_checkpoint);
    return to_number(named, &size) ? td_checkpoint_of_size(call->tx, size, ret_checkpoint)
                                   : TD_ENOTFOUND;
}

static int checkpoint_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *checkpoint = NULL, *keys = NULL;
    (void)reterr;
    int rc = find_checkpoint(call, &checkpoint);
    if (rc == 0 && call->face == TD_FACE_PAGE)
        rc = td_checkpoint_keys(call->tx, &keys);
    if (rc < 0) {
        json_decref(checkpoint);
        return rc;
    }
    if (keys)
        json_object_set_new(checkpoint, "keys", keys);
    reply->value = checkpoint;
    return 0;
}

/* As note tools want it. */
static int note_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *checkpoint = NULL;
    (void)reterr;
    int rc = find_checkpoint(call, &checkpoint);
    if (rc < 0)
        return rc;
    const char *note = td_row_text(checkpoint, "note");
    reply->length = strlen(note);
    reply->bytes = td_arena_strndup(call->arena, note, reply->length);
    reply->type = "text/plain; charset=utf-8";
    json_decref(checkpoint);
    return reply->bytes ? 0 : TD_ENOMEM;
}

/* The whole note as a picture, so that paper holds all that is needed to check it. */
static int note_qr_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *checkpoint = NULL;
    struct td_strbuf svg;
    (void)reterr;
    int rc = find_checkpoint(call, &checkpoint);
    if (rc < 0)
        return rc;
    td_strbuf_init(&svg);
    rc = td_qr_svg(td_row_text(checkpoint, "note"), &svg);
    if (rc == 0) {
        reply->bytes = td_arena_strndup(call->arena, svg.bytes, svg.length);
        reply->length = svg.length;
        reply->type = "image/svg+xml";
    }
    td_strbuf_done(&svg);
    json_decref(checkpoint);
    return rc == 0 && !reply->bytes ? TD_ENOMEM : rc;
}

static int checkpoints_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *cursor = td_call_query(call, "cursor");
    int64_t below = INT64_MAX;
    json_t *list = NULL;
    if (*cursor && !to_number(cursor, &below))
        return td_error_field(reterr, "cursor", "range", "a cursor is a number of entries");
    int rc = td_checkpoint_list(call->tx, below, TD_ROW_PAGE + 1, &list);
    if (rc < 0)
        return rc;
    json_t *next = json_null();
    if (json_array_size(list) > TD_ROW_PAGE) {
        json_array_remove(list, TD_ROW_PAGE);
        next = json_sprintf("%lld",
                            (long long)td_row_int(json_array_get(list, TD_ROW_PAGE - 1), "size"));
    }
    reply->value = json_pack("{s:o, s:o}", "items", list, "next", next);
    return reply->value ? 0 : TD_ENOMEM;
}

static int key_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return td_checkpoint_keys(call->tx, &reply->value);
}

/* --- proofs ---------------------------------------------------------------------------------- */

static int number_of(struct td_call *call, const char *name, int64_t *ret_number,
                     struct td_error *reterr)
{
    const char *text = td_call_query(call, name);
    if (to_number(text, ret_number))
        return 0;
    return td_error_field(reterr, name, *text ? "range" : "required", "a number from 1");
}

/* `size` may be left out: the newest checkpoint's. */
static int inclusion_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int64_t sequence = 0, size = 0;
    json_t *latest = NULL;
    int rc = number_of(call, "sequence", &sequence, reterr);
    if (rc == 0 && *td_call_query(call, "size"))
        rc = number_of(call, "size", &size, reterr);
    else if (rc == 0 && (rc = td_checkpoint_latest(call->tx, &latest)) == 0)
        size = td_row_int(latest, "size");
    json_decref(latest);
    if (rc < 0)
        return rc;
    rc = td_checkpoint_inclusion(call->tx, sequence, size, &reply->value);
    if (rc == TD_ENOTFOUND)
        return td_error_field(reterr, sequence > size ? "sequence" : "size", "range",
                              "there is no entry of this number in a ledger of this size");
    return rc;
}

static int consistency_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int64_t first = 0, second = 0;
    int rc = number_of(call, "first", &first, reterr);
    if (rc == 0)
        rc = number_of(call, "second", &second, reterr);
    if (rc < 0)
        return rc;
    rc = td_checkpoint_consistency(call->tx, first, second, &reply->value);
    if (rc == TD_ENOTFOUND)
        return td_error_field(reterr, first > second ? "first" : "second", "range",
                              "first is at most second, second at most the size of the ledger");
    return rc;
}

#define READERS (TD_ROLE_SUPERVISOR | TD_ROLE_AUDIT | TD_ROLE_BUREAU)
#define ALL     (TD_ROLE_PUBLIC | TD_ROLE_ANY)

const struct td_route td_ledger_routes[] = {
    {TD_GET, "/ledger", READERS, "Ledger entries, newest first", .query = "subject actor cursor",
     .read = list_read, .page = "ledger"},
    {TD_GET, "/ledger/head", READERS, "The newest entry's number and hash", .read = head_read},
    {TD_GET, "/ledger/checkpoint", ALL, "The newest signed checkpoint", .read = checkpoint_read,
     .page = "ledger_checkpoint"},
    {TD_GET, "/ledger/checkpoint/note", ALL, "The same as a signed note, in plain text",
     .read = note_read},
    {TD_GET, "/ledger/checkpoints", READERS, "Signed checkpoints, newest first", .query = "cursor",
     .read = checkpoints_read, .page = "ledger_checkpoints"},
    {TD_GET, "/ledger/checkpoints/{size}", ALL, "The checkpoint over that many entries",
     .read = checkpoint_read, .page = "ledger_checkpoint"},
    {TD_GET, "/ledger/checkpoints/{size}/note", ALL, "The same as a signed note, in plain text",
     .read = note_read},
    {TD_GET, "/ledger/checkpoints/{size}/qr", ALL, "The same as a QR code", .read = note_qr_read},
    {TD_GET, "/ledger/key", ALL, "The public keys that sign checkpoints", .read = key_read},
    {TD_GET, "/ledger/proofs/inclusion", ALL,
     "That an entry is in the tree of that many entries (RFC 6962)", .query = "sequence size",
     .read = inclusion_read},
    {TD_GET, "/ledger/proofs/consistency", ALL,
     "That the larger tree begins with the smaller (RFC 6962)", .query = "first second",
     .read = consistency_read},
    {0},
};
