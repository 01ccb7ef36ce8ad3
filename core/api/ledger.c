/* ledger.c - reading the account of every change. Proving its chain is titlectl's. */
#include "api/api.h"
#include "review/row.h"
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

#define READERS (TD_ROLE_SUPERVISOR | TD_ROLE_AUDIT | TD_ROLE_BUREAU)

const struct td_route td_ledger_routes[] = {
    {TD_GET, "/ledger", READERS, "Ledger entries, newest first", .query = "subject actor cursor",
     .read = list_read, .page = "ledger"},
    {TD_GET, "/ledger/head", READERS, "The newest entry's number and hash", .read = head_read},
    {0},
};
