/* embed.c - writes the C file that holds the schema: schema-embed OUTPUT NNN_name.sql...
 *
 * Runs when titled is built. Besides the files themselves, as td_schemas[], it holds what they come
 * to in an empty database, as td_schema_whole: an `alter table` reads the whole schema again, so
 * that a new database by way of the files takes many times as long as one that is made as it will
 * be. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "schema-embed: %s: %s\n", what, why);
    exit(1);
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die(path, "cannot be read");
    long size = ftell(file);
    char *text = size >= 0 ? malloc((size_t)size + 1) : NULL;
    rewind(file);
    if (!text || fread(text, 1, (size_t)size, file) != (size_t)size)
        die(path, "cannot be read");
    text[size] = '\0';
    fclose(file);
    return text;
}

/* As numbers: a string constant may not be as long as a schema. */
static void write_bytes(FILE *output, const char *text)
{
    for (; *text; text++)
        fprintf(output, "%d,", (unsigned char)*text);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
    return statement;
}

/* Each row of `sql` has one text, which is a statement. */
static void write_statements(FILE *output, sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = prepare(db, sql);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        write_bytes(output, (const char *)sqlite3_column_text(statement, 0));
        write_bytes(output, ";\n");
    }
    if (sqlite3_finalize(statement) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
}

/* For each table the query that writes its rows as statements. */
#define ROWS                                                                                       \
    "select format('select ''insert into \"%w\" values ('' || %s || '')'' from \"%w\"', t.name,"   \
    " (select group_concat(format('quote(\"%w\")', c.name), ' || '','' || ')"                      \
    "  from pragma_table_info(t.name) c), t.name)"                                                 \
    " from sqlite_schema t where t.type = 'table' order by t.rowid"

/* Triggers come after the rows, which they have seen. */
static void write_whole(FILE *output, sqlite3 *db)
{
    fprintf(output, "static const char whole[] = {");
    write_statements(output, db,
                     "select sql from sqlite_schema where type = 'table' order by rowid");
    sqlite3_stmt *tables = prepare(db, ROWS);
    while (sqlite3_step(tables) == SQLITE_ROW)
        write_statements(output, db, (const char *)sqlite3_column_text(tables, 0));
    sqlite3_finalize(tables);
    write_statements(output, db,
                     "select sql from sqlite_schema where type <> 'table' and sql is not null"
                     " order by rowid");
    fprintf(output, "0};\nconst char *const td_schema_whole = whole;\n");
}

/* The number that a file's name begins with. */
static int number(const char *name)
{
    return (int)strtol(name, NULL, 10);
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
    FILE *output = argc > 2 ? fopen(argv[1], "wb") : NULL;
    sqlite3 *db;
    if (!output || sqlite3_open(":memory:", &db) != SQLITE_OK)
        die(argc > 1 ? argv[1] : "OUTPUT", "cannot be written");
    fprintf(output, "/* Generated from core/store/schema. */\n#include \"store/migrate.h\"\n\n");
    for (int i = 2; i < argc; i++) {
        char *sql = read_file(argv[i]);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
            die(argv[i], sqlite3_errmsg(db));
        fprintf(output, "static const char sql_%d[] = {", number(name_of(argv[i])));
        write_bytes(output, sql);
        fprintf(output, "0};\n");
        free(sql);
    }
    write_whole(output, db);
    fprintf(output, "const struct td_schema td_schemas[] = {\n");
    for (int i = 2; i < argc; i++) {
        const char *name = name_of(argv[i]);
        fprintf(output, "    {%d, \"%s\", sql_%d},\n", number(name), name, number(name));
    }
    fprintf(output, "};\nconst int td_schema_count = %d;\n", argc - 2);
    sqlite3_close(db);
    if (fclose(output) != 0)
        die(argv[1], "cannot be written");
    return 0;
}
