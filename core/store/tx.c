/* tx.c - queries inside a transaction: parameters in, JSON rows out. Knows no engine words. */
#include "store/tx.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/files.h"
#include "store/sqlite.h"

#include <stdarg.h>
#include <string.h>

/* A conflict is the caller's to explain; the rest is logged here, where the engine's words are. */
static int failed(struct td_tx *tx, int code, const char *sql)
{
    if (code != TD_ECONFLICT)
        TD_LOG(TD_LOG_ERROR, "store.failure", TD_S("code", td_error_name(code)),
               TD_S("failure", td_sqlite_failure(tx->db)), TD_S("sql", sql));
    return code;
}

static int bind(struct td_sqlite_statement *statement, const char *types, va_list ap)
{
    int result = 0;
    for (int number = 1; result == 0 && *types; types++, number++) {
        switch (*types) {
        case 'i': result = td_sqlite_bind_int(statement, number, va_arg(ap, int64_t)); break;
        case 'b': result = td_sqlite_bind_int(statement, number, va_arg(ap, int) != 0); break;
        case 's':
        case 'd': result = td_sqlite_bind_text(statement, number, va_arg(ap, const char *)); break;
        case 'j':
            result = td_sqlite_bind_json(statement, number, va_arg(ap, const json_t *));
            break;
        case 'x': {
            const void *bytes = va_arg(ap, const void *);
            result = td_sqlite_bind_bytes(statement, number, bytes, va_arg(ap, size_t));
            break;
        }
        default: return TD_EINTERNAL;
        }
    }
    return result;
}

static int start(struct td_tx *tx, const char *sql, const char *types, va_list ap,
                 struct td_sqlite_statement **ret_statement)
{
    struct td_sqlite_statement *statement;
    int result = td_sqlite_prepare(tx->db, sql, &statement);
    if (result < 0)
        return failed(tx, result, sql);
    if (td_sqlite_parameters(statement) != (int)strlen(types) ||
        (td_sqlite_writes(statement) && !tx->writable)) {
        TD_LOG(TD_LOG_ERROR, "store.misuse", TD_S("sql", sql), TD_S("types", types),
               TD_I("parameters", td_sqlite_parameters(statement)), TD_I("writable", tx->writable));
        td_sqlite_release(statement);
        return TD_EINTERNAL;
    }
    result = bind(statement, types, ap);
    if (result < 0) {
        td_sqlite_release(statement);
        return failed(tx, result, sql);
    }
    *ret_statement = statement;
    return 0;
}

int td_tx_exec(struct td_tx *tx, int64_t *ret_changed, const char *sql, const char *types, ...)
{
    struct td_sqlite_statement *statement = NULL;
    va_list ap;
    va_start(ap, types);
    int result = start(tx, sql, types, ap, &statement);
    va_end(ap);
    if (result < 0)
        return result;
    do
        result = td_sqlite_step(statement);
    while (result > 0);
    if (result == 0 && ret_changed)
        *ret_changed = td_sqlite_writes(statement) ? td_sqlite_changes(tx->db) : 0;
    td_sqlite_release(statement);
    return result < 0 ? failed(tx, result, sql) : 0;
}

static int each_row(struct td_tx *tx, struct td_sqlite_statement *statement, td_tx_each_fn each,
                    void *arg, const char *sql)
{
    int result;
    while ((result = td_sqlite_step(statement)) > 0) {
        json_t *row = td_sqlite_row(statement);
        if (!row)
            return failed(tx, TD_EINTERNAL, sql);
        result = each(row, arg);
        json_decref(row);
        if (result < 0)
            return result;
    }
    return result < 0 ? failed(tx, result, sql) : 0;
}

int td_tx_each(struct td_tx *tx, td_tx_each_fn each, void *arg, const char *sql, const char *types,
               ...)
{
    struct td_sqlite_statement *statement = NULL;
    va_list ap;
    va_start(ap, types);
    int result = start(tx, sql, types, ap, &statement);
    va_end(ap);
    if (result < 0)
        return result;
    result = each_row(tx, statement, each, arg, sql);
    td_sqlite_release(statement);
    return result;
}

static int append(json_t *row, void *arg)
{
    return json_array_append(arg, row) < 0 ? TD_ENOMEM : 0;
}

int td_tx_rows(struct td_tx *tx, json_t **ret_rows, const char *sql, const char *types, ...)
{
    struct td_sqlite_statement *statement = NULL;
    va_list ap;
    va_start(ap, types);
    int result = start(tx, sql, types, ap, &statement);
    va_end(ap);
    if (result < 0)
        return result;
    json_t *rows = json_array();
    result = rows ? each_row(tx, statement, append, rows, sql) : TD_ENOMEM;
    td_sqlite_release(statement);
    if (result < 0)
        json_decref(rows);
    else
        *ret_rows = rows;
    return result;
}

int td_tx_row(struct td_tx *tx, json_t **ret_row, const char *sql, const char *types, ...)
{
    struct td_sqlite_statement *statement = NULL;
    va_list ap;
    va_start(ap, types);
    int result = start(tx, sql, types, ap, &statement);
    va_end(ap);
    if (result < 0)
        return result;
    json_t *row = NULL;
    result = td_sqlite_step(statement);
    if (result > 0) {
        row = td_sqlite_row(statement);
        result = row ? 0 : TD_EINTERNAL;
    } else if (result == 0) {
        td_sqlite_release(statement);
        return TD_ENOTFOUND;
    }
    while (result == 0 && td_sqlite_writes(statement) && (result = td_sqlite_step(statement)) > 0)
        result = 0; /* a change with `returning` takes effect as a whole only when it has run to its
                       end */
    td_sqlite_release(statement);
    if (result < 0) {
        json_decref(row);
        return failed(tx, result, sql);
    }
    *ret_row = row;
    return 0;
}

int td_tx_int(struct td_tx *tx, int64_t *ret_value, const char *sql, const char *types, ...)
{
    struct td_sqlite_statement *statement = NULL;
    va_list ap;
    va_start(ap, types);
    int result = start(tx, sql, types, ap, &statement);
    va_end(ap);
    if (result < 0)
        return result;
    result = td_sqlite_step(statement);
    if (result >= 0)
        *ret_value = result > 0 ? td_sqlite_first_int(statement) : 0;
    td_sqlite_release(statement);
    return result < 0 ? failed(tx, result, sql) : 0;
}

const char *td_tx_failure(const struct td_tx *tx)
{
    return td_sqlite_failure(tx->db);
}

bool td_tx_writable(const struct td_tx *tx)
{
    return tx->writable;
}

struct td_store *td_tx_store(struct td_tx *tx)
{
    return tx->store;
}

int td_tx_outbox(struct td_tx *tx, const char *kind, const json_t *payload)
{
    char id[TD_ID_TEXT], now[TD_TIME_TEXT];
    td_id_new(id);
    td_time_format(td_clock_now_ms(), now);
    int result = td_tx_exec(
        tx, NULL, "insert into outbox(id, kind, payload, created_at) values ($1, $2, $3, $4)",
        "ssjs", id, kind, payload, now);
    if (result == 0)
        tx->outbox = true;
    return result;
}

int td_tx_outbox_once(struct td_tx *tx, const char *kind)
{
    char id[TD_ID_TEXT], now[TD_TIME_TEXT];
    td_id_new(id);
    td_time_format(td_clock_now_ms(), now);
    int result = td_tx_exec(tx, NULL,
                            "insert into outbox(id, kind, payload, created_at)"
                            " values ($1, $2, '{}', $3) on conflict do nothing",
                            "sss", id, kind, now);
    if (result == 0)
        tx->outbox = true;
    return result;
}
