/* reference.c - titlectl standard reference: the page for authors of scoring standards, made from
 * the comments beside the rules themselves (core/scorer/prelude/).
 *
 * A comment that begins with "# === NUMBER TITLE" opens a group (the same number continues it), one
 * that begins with "# == WORD TITLE" describes a word of the language. Until the first line that is
 * no comment:
 *
 *     # also: WORD                       another name of it
 *     # - NAME | TYPE | DEFAULT | TEXT   an option
 *     #   CODE                           the example, three spaces in
 *     # facts: JSON    # expert: JSON    the example's dossier: {name: value}, {item: [points]}
 *     # gives: ID POINTS SENTENCE        what the scorer answers (conditions: 符合, 不符合)
 *     # reads: ID WORDS                  how the public table says it
 *     # anything else                    prose
 *
 * tests/integration/language.test.mjs runs every example through the scorer. */
#include "cli/command.h"

#include "base/strbuf.h"
#include "scorer/prelude.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

struct reading {
    json_t *groups; /* [{"number", "title", "text", "words": [...]}], borrowed below */
    json_t *group;
    json_t *block; /* the group or word that lines belong to; NULL outside */
};

static void append_text(json_t *block, const char *member, const char *line)
{
    const char *before = json_string_value(json_object_get(block, member));
    json_object_set_new(block, member,
                        before && *before ? json_sprintf("%s\n%s", before, line)
                                          : json_string(line));
}

static void open_group(struct reading *reading, const char *line)
{
    char *title;
    long number = strtol(line, &title, 10);
    size_t i;
    json_t *group = NULL;
    title += strspn(title, " ");
    json_array_foreach(reading->groups, i, group) {
        if (json_integer_value(json_object_get(group, "number")) == number)
            break;
    }
    if (i == json_array_size(reading->groups)) {
        group = json_pack("{s:I, s:s, s:s, s:[]}", "number", (json_int_t)number, "title", title,
                          "text", "", "words");
        json_array_append_new(reading->groups, group);
    } else if (*title) {
        json_object_set_new(group, "title", json_string(title));
    }
    reading->group = reading->block = group;
}

static void open_word(struct reading *reading, const char *line)
{
    size_t length = strcspn(line, " ");
    const char *title = line + length + strspn(line + length, " ");
    json_t *word =
        json_pack("{s:s%, s:s, s:s, s:[], s:s, s:[], s:[]}", "word", line, length, "title", title,
                  "text", "", "options", "example", "", "gives", "reads");
    json_array_append_new(json_object_get(reading->group, "words"), word);
    reading->block = word;
}

/* "a | b | c | d" as an object with these names; what is missing is "". */
static json_t *columns(const char *line, const char *between, const char *const *names,
                       size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) {
        const char *end = i + 1 < count ? strstr(line, between) : NULL;
        size_t length = end ? (size_t)(end - line) : strlen(line);
        json_object_set_new(object, names[i], json_stringn(line, length));
        line += length + (end ? strlen(between) : 0);
    }
    return object;
}

static bool take(const char *line, const char *label, const char **ret_rest)
{
    size_t length = strlen(label);
    if (strncmp(line, label, length) != 0)
        return false;
    *ret_rest = line + length;
    return true;
}

static void read_comment(struct reading *reading, const char *line)
{
    static const char *const option[] = {"name", "type", "default", "text"};
    static const char *const given[] = {"id", "points", "because"};
    static const char *const read[] = {"id", "rule"};
    const char *rest;
    json_t *block = reading->block;
    if (!*line)
        return;
    if (take(line, "- ", &rest))
        json_array_append_new(json_object_get(block, "options"), columns(rest, " | ", option, 4));
    else if (take(line, "  ", &rest))
        append_text(block, "example", rest);
    else if (take(line, "gives: ", &rest))
        json_array_append_new(json_object_get(block, "gives"), columns(rest, " ", given, 3));
    else if (take(line, "reads: ", &rest))
        json_array_append_new(json_object_get(block, "reads"), columns(rest, " ", read, 2));
    else if (take(line, "also: ", &rest))
        json_object_set_new(block, "also", json_string(rest));
    else if (take(line, "facts: ", &rest))
        json_object_set_new(block, "facts", json_loads(rest, 0, NULL));
    else if (take(line, "expert: ", &rest))
        json_object_set_new(block, "expert", json_loads(rest, 0, NULL));
    else
        append_text(block, "text", line);
}

static void read_line(struct reading *reading, const char *line)
{
    const char *rest;
    line += strspn(line, " ");
    if (*line != '#')
        reading->block = NULL;
    else if (take(line, "# === ", &rest))
        open_group(reading, rest);
    else if (take(line, "# == ", &rest) && reading->group)
        open_word(reading, rest);
    else if (reading->block)
        read_comment(reading, line[1] == ' ' ? line + 2 : line + 1);
}

static int by_number(const void *left, const void *right)
{
    const json_t *const *a = left, *const *b = right;
    json_int_t x = json_integer_value(json_object_get(*a, "number")),
               y = json_integer_value(json_object_get(*b, "number"));
    return (x > y) - (x < y);
}

static json_t *sorted(json_t *groups)
{
    enum { GROUPS_MAX = 32 };
    json_t *list[GROUPS_MAX], *group;
    size_t i, count = 0;
    json_array_foreach(groups, i, group) {
        if (count < GROUPS_MAX)
            list[count++] = group;
    }
    if (count)
        qsort(list, count, sizeof(list[0]), by_number);
    json_t *ordered = json_array();
    for (i = 0; i < count; i++)
        json_array_append(ordered, list[i]);
    json_decref(groups);
    return ordered;
}

static json_t *read_prelude(void)
{
    struct reading reading = {.groups = json_array()};
    const struct td_prelude_file *file;
    for (size_t i = 0; (file = td_prelude(i)); i++) {
        char *copy = strndup(file->text, file->length), *next = copy, *line;
        reading.group = reading.block = NULL;
        while ((line = strsep(&next, "\n")))
            read_line(&reading, line);
        free(copy);
    }
    return sorted(reading.groups);
}

/* --- printing --------------------------------------------------------------------------------- */

/* A cell of a Markdown table. */
static void print_cell(const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            putchar('\\');
        putchar(*text);
    }
}

static void print_options(const json_t *options)
{
    static const char *const members[] = {"name", "type", "default", "text"};
    size_t i;
    json_t *option;
    if (!json_array_size(options))
        return;
    puts("\n| 参数 option | 类型 type | 默认 default | 说明 |\n|---|---|---|---|");
    json_array_foreach(options, i, option) {
        putchar('|');
        for (size_t k = 0; k < 4; k++) {
            fputs(k == 0 ? " `" : " ", stdout);
            print_cell(td_cli_text(option, members[k]));
            fputs(k == 0 ? "` |" : " |", stdout);
        }
        putchar('\n');
    }
}

static void print_given(const char *heading, const json_t *word, const char *member)
{
    const json_t *values = json_object_get(word, member);
    char *text = values ? json_dumps(values, JSON_SORT_KEYS) : NULL;
    if (text)
        printf("%s `%s`\n\n", heading, text);
    free(text);
}

static void print_example(const json_t *word)
{
    size_t i;
    json_t *row;
    if (!*td_cli_text(word, "example"))
        return;
    printf("\n```ruby\n%s\n```\n\n", td_cli_text(word, "example"));
    print_given("事实 facts:", word, "facts");
    print_given("专家评分 expert:", word, "expert");
    json_array_foreach(json_object_get(word, "gives"), i, row)
        printf("* 得分 gives: **%s %s** %s\n", td_cli_text(row, "id"), td_cli_text(row, "points"),
               td_cli_text(row, "because"));
    json_array_foreach(json_object_get(word, "reads"), i, row)
        printf("* 公开表 table: %s %s\n", td_cli_text(row, "id"), td_cli_text(row, "rule"));
}

static void print_word(const json_t *word)
{
    const char *also = td_cli_text(word, "also");
    printf("\n### `%s`%s%s%s %s\n", td_cli_text(word, "word"), *also ? "、`" : "", also,
           *also ? "`" : "", td_cli_text(word, "title"));
    if (*td_cli_text(word, "text"))
        printf("\n%s\n", td_cli_text(word, "text"));
    print_options(json_object_get(word, "options"));
    print_example(word);
}

static void print_markdown(const json_t *groups)
{
    size_t i, k;
    json_t *group, *word;
    puts("# 量化赋分标准的语言 / The language of scoring standards");
    json_array_foreach((json_t *)groups, i, group) {
        printf("\n## %s\n", td_cli_text(group, "title"));
        if (*td_cli_text(group, "text"))
            printf("\n%s\n", td_cli_text(group, "text"));
        json_array_foreach(json_object_get(group, "words"), k, word)
            print_word(word);
    }
}

static int reference(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)arguments;
    (void)reterr;
    if (count != 0)
        return TD_EINVALID;
    json_t *groups = read_prelude();
    if (cli->json)
        td_cli_print_json(groups);
    else
        print_markdown(groups);
    json_decref(groups);
    return 0;
}

const struct td_command td_reference_commands[] = {
    {"standard reference", "", "the language of standards for authors, as Markdown or --json",
     reference},
    {0},
};
