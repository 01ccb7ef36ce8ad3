/* sqlite_statement.c - prepared statements: kept by their text, bound by number, read as JSON.
 *
 * A statement that is in use when the same text is asked for again (a query inside the rows of
 * itself) is prepared a second time and thrown away afterwards. When the shelf is full, the one
 * unused for the longest goes. */
#include "store/sqlite_internal.h"

#include "base/json.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum column_kind { COLUMN_PLAIN, COLUMN_JSON, COLUMN_BOOLEAN };

/* A column of the result. The name is a copy: the engine's own goes when it prepares the statement
 * anew. */
struct column {
    char *name;
    size_t length;
    enum column_kind kind;
};

struct td_sqlite_statement {
    struct td_sqlite *db;
    struct td_sqlite_statement *next; /* in its bucket */
    sqlite3_stmt *handle;
    uint64_t used;
    bool busy;
    bool shelved; /* false: finalised on release */
    int parameters;
    int columns;
    struct column *result;
    char sql[];
};

static unsigned bucket_of(const char *sql)
{
    uint32_t hash = 2166136261u;
    for (; *sql; sql++)
        hash = (hash ^ (unsigned char)*sql) * 16777619u;
    return hash % STATEMENT_BUCKETS;
}

static void destroy(struct td_sqlite_statement *statement)
{
    sqlite3_finalize(statement->handle);
    for (int i = 0; statement->result && i < statement->columns; i++)
        free(statement->result[i].name);
    free(statement->result);
    free(statement);
}

void td_sqlite_finalize_all(struct td_sqlite *db)
{
    for (int i = 0; i < STATEMENT_BUCKETS; i++)
        while (db->buckets[i]) {
            struct td_sqlite_statement *statement = db->buckets[i];
            db->buckets[i] = statement->next;
            destroy(statement);
        }
    db->statement_count = 0;
}

static void drop_oldest(struct td_sqlite *db)
{
    struct td_sqlite_statement **oldest = NULL;
    for (int i = 0; i < STATEMENT_BUCKETS; i++)
        for (struct td_sqlite_statement **at = &db->buckets[i]; *at; at = &(*at)->next)
            if (!(*at)->busy && (!oldest || (*at)->used < (*oldest)->used))
                oldest = at;
    if (!oldest)
        return;
    struct td_sqlite_statement *statement = *oldest;
    *oldest = statement->next;
    db->statement_count--;
    destroy(statement);
}

/* The engine knows no declared type for the columns of `returning`; then the table named by the
 * statement ("insert into T", "update T", "delete from T") is asked. */
static const char *returned_type(struct td_sqlite_statement *statement, int column)
{
    char verb[8], word[64], table[64] = "";
    int fields =
        sscanf(statement->sql, " %7[A-Za-z] %63[A-Za-z_0-9] %63[A-Za-z_0-9]", verb, word, table);
    const char *name = NULL;
    if (fields >= 2 && strcasecmp(verb, "update") == 0)
        name = word;
    else if (fields == 3 && (strcasecmp(verb, "insert") == 0 || strcasecmp(verb, "delete") == 0))
        name = table;
    const char *type = NULL;
    if (name)
        sqlite3_table_column_metadata(statement->db->handle, NULL, name,
                                      sqlite3_column_name(statement->handle, column), &type, NULL,
                                      NULL, NULL, NULL);
    return type;
}

static int note_columns(struct td_sqlite_statement *statement)
{
    int count = sqlite3_column_count(statement->handle);
    statement->columns = count;
    statement->result = calloc((size_t)count + 1, sizeof(*statement->result));
    if (!statement->result)
        return td_sqlite_fail(statement->db, SQLITE_NOMEM);
    bool writes = td_sqlite_writes(statement);
    for (int i = 0; i < count; i++) {
        const char *type = sqlite3_column_decltype(statement->handle, i);
        if (!type && writes)
            type = returned_type(statement, i);
        struct column *column = &statement->result[i];
        const char *name = sqlite3_column_name(statement->handle, i);
        column->name = name ? strdup(name) : NULL;
        if (!column->name)
            return td_sqlite_fail(statement->db, SQLITE_NOMEM);
        column->length = strlen(name);
        if (type && strcasecmp(type, "json") == 0)
            column->kind = COLUMN_JSON;
        else if (type && strcasecmp(type, "boolean") == 0)
            column->kind = COLUMN_BOOLEAN;
    }
    return 0;
}

static int compile(struct td_sqlite *db, const char *sql,
                   struct td_sqlite_statement **ret_statement)
{
    size_t length = strlen(sql);
    struct td_sqlite_statement *statement = calloc(1, sizeof(*statement) + length + 1);
    if (!statement) {
        td_sqlite_fail(db, SQLITE_NOMEM);
        return TD_ENOMEM;
    }
    memcpy(statement->sql, sql, length + 1);
    statement->db = db;
    const char *tail = "";
    int rc = sqlite3_prepare_v3(db->handle, sql, (int)length, SQLITE_PREPARE_PERSISTENT,
                                &statement->handle, &tail);
    int result = td_sqlite_fail(db, rc);
    while (result == 0 && (isspace((unsigned char)*tail) || *tail == ';'))
        tail++;
    if (result == 0 && (!statement->handle || *tail))
        result = td_sqlite_complain(db, TD_EINTERNAL, "not exactly one statement: %.120s", sql);
    if (result == 0)
        result = note_columns(statement);
    if (result < 0) {
        destroy(statement);
        return result;
    }
    statement->parameters = sqlite3_bind_parameter_count(statement->handle);
    *ret_statement = statement;
    return 0;
}

int td_sqlite_prepare(struct td_sqlite *db, const char *sql,
                      struct td_sqlite_statement **ret_statement)
{
    unsigned bucket = bucket_of(sql);
    struct td_sqlite_statement *statement = db->buckets[bucket];
    while (statement && strcmp(statement->sql, sql) != 0)
        statement = statement->next;
    bool known = statement;
    if (!known || statement->busy) {
        int result = compile(db, sql, &statement);
        if (result < 0)
            return result;
    }
    if (!known) {
        if (db->statement_count >= STATEMENTS_MAX)
            drop_oldest(db);
        statement->shelved = true;
        statement->next = db->buckets[bucket];
        db->buckets[bucket] = statement;
        db->statement_count++;
    }
    statement->busy = true;
    statement->used = ++db->uses;
    *ret_statement = statement;
    return 0;
}

void td_sqlite_release(struct td_sqlite_statement *statement)
{
    if (!statement)
        return;
    if (!statement->shelved) {
        destroy(statement);
        return;
    }
    sqlite3_reset(statement->handle);
    sqlite3_clear_bindings(statement->handle);
    statement->busy = false;
}

bool td_sqlite_writes(const struct td_sqlite_statement *statement)
{
    return !sqlite3_stmt_readonly(statement->handle);
}

int td_sqlite_parameters(const struct td_sqlite_statement *statement)
{
    return statement->parameters;
}

/* "$2" is a name to SQLite, numbered by first appearance: its place, counted from 1, is found by
 * that name. */
static int place(struct td_sqlite_statement *statement, int number)
{
    char name[16];
    snprintf(name, sizeof(name), "$%d", number);
    int index = sqlite3_bind_parameter_index(statement->handle, name);
    if (index == 0)
        return td_sqlite_complain(statement->db, TD_EINTERNAL, "no parameter %s in: %.120s", name,
                                  statement->sql);
    return index;
}

int td_sqlite_bind_int(struct td_sqlite_statement *statement, int number, int64_t value)
{
    int index = place(statement, number);
    if (index <= 0)
        return index;
    return td_sqlite_fail(statement->db, sqlite3_bind_int64(statement->handle, index, value));
}

int td_sqlite_bind_text(struct td_sqlite_statement *statement, int number, const char *text)
{
    int index = place(statement, number);
    if (index <= 0)
        return index;
    return td_sqlite_fail(statement->db,
                          sqlite3_bind_text(statement->handle, index, text, -1, SQLITE_STATIC));
}

int td_sqlite_bind_bytes(struct td_sqlite_statement *statement, int number, const void *bytes,
                         size_t length)
{
    int index = place(statement, number);
    if (index <= 0)
        return index;
    return td_sqlite_fail(
        statement->db,
        sqlite3_bind_blob64(statement->handle, index, bytes ? bytes : "", length, SQLITE_STATIC));
}

int td_sqlite_bind_json(struct td_sqlite_statement *statement, int number, const json_t *value)
{
    int index = place(statement, number);
    if (index <= 0)
        return index;
    if (!value)
        return td_sqlite_fail(statement->db, sqlite3_bind_null(statement->handle, index));
    struct td_strbuf out;
    td_strbuf_init(&out);
    td_json_write(value, &out);
    char *text = td_strbuf_take(&out, NULL);
    if (!text)
        return td_sqlite_complain(statement->db, TD_ENOMEM, "a value cannot be written as JSON");
    return td_sqlite_fail(statement->db,
                          sqlite3_bind_text(statement->handle, index, text, -1, free));
}

int td_sqlite_step(struct td_sqlite_statement *statement)
{
    int rc = sqlite3_step(statement->handle);
    if (rc == SQLITE_ROW)
        return 1;
    return rc == SQLITE_DONE ? 0 : td_sqlite_fail(statement->db, rc);
}

static json_t *bytes_value(sqlite3_stmt *handle, int column)
{
    const unsigned char *bytes = sqlite3_column_blob(handle, column);
    size_t length = (size_t)sqlite3_column_bytes(handle, column);
    size_t room = sodium_base64_ENCODED_LEN(length, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (!text)
        return NULL;
    sodium_bin2base64(text, room, bytes, length, sodium_base64_VARIANT_ORIGINAL);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static json_t *text_value(sqlite3_stmt *handle, int column, enum column_kind kind)
{
    const char *text = (const char *)sqlite3_column_text(handle, column);
    size_t length = (size_t)sqlite3_column_bytes(handle, column);
    if (!text)
        return NULL;
    if (kind == COLUMN_JSON)
        return td_json_read(text, length);
    return td_json_string(text, length);
}

static json_t *column_value(sqlite3_stmt *handle, int column, enum column_kind kind)
{
    switch (sqlite3_column_type(handle, column)) {
    case SQLITE_NULL: return json_null();
    case SQLITE_INTEGER:
        if (kind == COLUMN_BOOLEAN)
            return json_boolean(sqlite3_column_int64(handle, column));
        return json_integer(sqlite3_column_int64(handle, column));
    case SQLITE_FLOAT: return json_real(sqlite3_column_double(handle, column));
    case SQLITE_TEXT: return text_value(handle, column, kind);
    default: return bytes_value(handle, column);
    }
}

json_t *td_sqlite_row(struct td_sqlite_statement *statement)
{
    json_t *row = json_object();
    for (int i = 0; row && i < statement->columns; i++) {
        const struct column *column = &statement->result[i];
        json_t *value = column_value(statement->handle, i, column->kind);
        if (json_object_setn_new_nocheck(row, column->name, column->length, value) < 0) {
            td_sqlite_complain(statement->db, TD_EINTERNAL, "column %s does not convert in: %.120s",
                               column->name, statement->sql);
            json_decref(row);
            row = NULL;
        }
    }
    return row;
}

int64_t td_sqlite_first_int(struct td_sqlite_statement *statement)
{
    return statement->columns > 0 ? sqlite3_column_int64(statement->handle, 0) : 0;
}

int td_sqlite_command(struct td_sqlite *db, const char *sql)
{
    struct td_sqlite_statement *statement;
    int result = td_sqlite_prepare(db, sql, &statement);
    if (result < 0)
        return result;
    result = td_sqlite_step(statement);
    td_sqlite_release(statement);
    return result > 0 ? 0 : result;
}
