/* statement.c - see statement.h. */
#include "scorer/statement.h"

#include <stdbool.h>
#include <string.h>

struct text {
    const char *at; /* after the indentation */
    size_t length;  /* without space at the end */
    size_t indent;
};

/* The line before the one that begins at *from, which moves there; false at the first line. */
static bool before(const char *source, const char **from, struct text *line)
{
    if (*from == source)
        return false;
    const char *end = *from - 1, *begin = end;
    while (begin > source && begin[-1] != '\n')
        begin--;
    *from = begin;
    for (line->at = begin; line->at < end && (*line->at == ' ' || *line->at == '\t');)
        line->at++;
    line->indent = (size_t)(line->at - begin);
    while (end > line->at && strchr(" \t\r", end[-1]))
        end--;
    line->length = (size_t)(end - line->at);
    return true;
}

int td_statement_line(const char *source, size_t length, int line)
{
    const char *from = source;
    for (int n = 0; n < line; n++) {
        const char *newline = memchr(from, '\n', length - (size_t)(from - source));
        if (!newline && n + 1 < line)
            return line;
        from = newline ? newline + 1 : source + length + 1;
    }
    struct text own, above;
    if (line < 1 || !before(source, &from, &own))
        return line;
    bool block = own.length == 3 && !strncmp(own.at, "end", 3);
    int at = line, first = line;
    while (before(source, &from, &above)) {
        at--;
        bool goes_on = above.length > 0 && above.at[above.length - 1] == ',' && *above.at != '#';
        if (block && above.length > 0 && *above.at != '#' && above.indent <= own.indent) {
            block = false; /* where the block begins */
            first = at;
        } else if (!block && goes_on) {
            first = at;
        } else if (!block) {
            break;
        }
    }
    return first;
}
