/* twice.c - see twice.h. One pass over the characters. A level is what one pair of brackets holds;
 * the outermost level and those of blocks are cut into statements at ends of lines, as Ruby does.
 */
#include "scorer/twice.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { LEVELS_MAX = 32, KEYS_MAX = 128 };

struct key {
    const char *text;
    size_t length;
};

struct scan {
    const char *at, *end;
    int line;
    char last; /* the last character that is no space: a statement goes on after some */
    int depth;
    struct level {
        struct key keys[KEYS_MAX];
        size_t count;
    } levels[LEVELS_MAX];
};

/* True when the key was there. */
static bool add_key(struct scan *scan, const char *text, size_t length)
{
    if (scan->depth >= LEVELS_MAX)
        return false;
    struct level *level = &scan->levels[scan->depth];
    for (size_t i = 0; i < level->count; i++)
        if (level->keys[i].length == length && !memcmp(level->keys[i].text, text, length))
            return true;
    if (level->count < KEYS_MAX)
        level->keys[level->count++] = (struct key){text, length};
    return false;
}

static void forget_keys(struct scan *scan)
{
    if (scan->depth < LEVELS_MAX)
        scan->levels[scan->depth].count = 0;
}

static void open_level(struct scan *scan)
{
    scan->depth++;
    forget_keys(scan);
}

static void close_level(struct scan *scan)
{
    if (scan->depth > 0)
        scan->depth--;
}

static void end_of_line(struct scan *scan)
{
    scan->line++;
    if (!strchr(",([{.+-*/=<>&?", scan->last))
        forget_keys(scan);
}

/* Past a text; its escapes are passed over. Nested texts in "#{}" end it early, which is harmless:
 * the rest is read as code that holds no keys. */
static void skip_text(struct scan *scan)
{
    char quote = *scan->at++;
    for (; scan->at < scan->end && *scan->at != quote; scan->at++) {
        if (*scan->at == '\\' && scan->at + 1 < scan->end)
            scan->at++;
        scan->line += *scan->at == '\n';
    }
    if (scan->at < scan->end)
        scan->at++;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

static bool arrow_follows(const struct scan *scan)
{
    const char *at = scan->at;
    while (at < scan->end && (*at == ' ' || *at == '\t'))
        at++;
    return scan->end - at >= 2 && at[0] == '=' && at[1] == '>';
}

/* "name:" of an argument, not "a ? b : c" and not "A::B". */
static bool label_ends(const struct scan *scan)
{
    return scan->at < scan->end && *scan->at == ':' &&
           (scan->at + 1 == scan->end || scan->at[1] == ' ' || scan->at[1] == '\n');
}

/* A word, number, symbol or text; true when it is a key that was there before. */
static bool read_token(struct scan *scan, struct key *ret_key)
{
    const char *start = scan->at;
    bool text = *start == '"' || *start == '\'', symbol = *start == ':';
    if (text) {
        skip_text(scan);
    } else {
        scan->at++;
        while (scan->at < scan->end && (is_word(*scan->at) || (!symbol && *scan->at == '.')))
            scan->at++;
    }
    scan->last = 'x';
    *ret_key = (struct key){start, (size_t)(scan->at - start)};
    bool is_key = arrow_follows(scan) || (!text && !symbol && label_ends(scan));
    return is_key && add_key(scan, start, ret_key->length);
}

/* From here on nothing can be told. */
static bool is_opaque(const struct scan *scan)
{
    const char *at = scan->at;
    if (scan->end - at < 3)
        return false;
    if (at[0] == '<' && at[1] == '<')
        return at[2] == '~' || at[2] == '-' || isupper((unsigned char)at[2]);
    return at[0] == '%' && strchr("wWiIqQ", at[1]) && ispunct((unsigned char)at[2]);
}

static void read_mark(struct scan *scan)
{
    char c = *scan->at++;
    if (c == '(' || c == '[' || c == '{')
        open_level(scan);
    else if (c == ')' || c == ']' || c == '}')
        close_level(scan);
    else if (c == ';')
        forget_keys(scan);
    if (c == '\n')
        end_of_line(scan);
    else if (!isspace((unsigned char)c))
        scan->last = c;
}

int td_twice(const char *source, size_t length, char *key, size_t size)
{
    struct scan scan = {.at = source, .end = source + length, .line = 1};
    while (scan.at < scan.end && !is_opaque(&scan)) {
        struct key found;
        int line = scan.line;
        char c = *scan.at;
        bool symbol = c == ':' && scan.at + 1 < scan.end && is_word(scan.at[1]);
        if (c == '#') {
            while (scan.at < scan.end && *scan.at != '\n')
                scan.at++;
        } else if (!symbol && c != '"' && c != '\'' && !is_word(c)) {
            read_mark(&scan);
        } else if (read_token(&scan, &found)) {
            snprintf(key, size, "%.*s", (int)found.length, found.text);
            return line;
        }
    }
    return 0;
}
