/* parameter.c - see parameter.h. Holds no state. */
#include "http/parameter.h"

#include "base/utf8.h"
#include "http/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *skip_space(const char *text)
{
    return text + strspn(text, " \t");
}

bool td_parameter_leads(const char *text, const char *word)
{
    text = skip_space(text);
    size_t length = strcspn(text, "; \t");
    const char *after = skip_space(text + length);
    return length == strlen(word) && strncasecmp(text, word, length) == 0 &&
           (!*after || *after == ';');
}

/* Reads a quoted value; `text` is after the quote. Where it goes on, or NULL. */
static const char *read_quoted(const char *text, char *value, size_t size, long *ret_length)
{
    size_t n = 0;
    for (; *text && *text != '"'; text++) {
        if (text[0] == '\\' && (text[1] == '"' || text[1] == '\\'))
            text++;
        if (n + 1 >= size)
            return NULL;
        value[n++] = *text;
    }
    if (*text != '"')
        return NULL;
    value[n] = 0;
    *ret_length = (long)n;
    return text + 1;
}

static const char *read_value(const char *text, char *value, size_t size, long *ret_length)
{
    if (*text == '"')
        return read_quoted(text + 1, value, size, ret_length);
    size_t length = strcspn(text, "; \t");
    if (!td_text_is_token(text, length) || length >= size)
        return NULL;
    memcpy(value, text, length);
    value[length] = 0;
    *ret_length = (long)length;
    return text + length;
}

long td_parameter_find(const char *text, const char *name, char *value, size_t size)
{
    char other[1024] = "";
    long found = -1;
    text += strcspn(text, ";");
    while (*text == ';') {
        text = skip_space(text + 1);
        size_t length = strcspn(text, "=; \t\"");
        if (length == 0 && !*text)
            break; /* a trailing ';' is common */
        bool wanted = length == strlen(name) && strncasecmp(text, name, length) == 0;
        if (text[length] != '=' || !td_text_is_token(text, length) || (wanted && found >= 0))
            return -2;
        long ignored;
        text = read_value(text + length + 1, wanted ? value : other, wanted ? size : sizeof(other),
                          wanted ? &found : &ignored);
        if (!text)
            return -2;
        text = skip_space(text);
    }
    return *text ? -2 : found;
}

long td_parameter_find_extended(const char *text, const char *name, char *value, size_t size)
{
    char full[32], raw[1024];
    snprintf(full, sizeof(full), "%s*", name);
    long length = td_parameter_find(text, full, raw, sizeof(raw));
    if (length < 0)
        return length;
    if (strncasecmp(raw, "UTF-8'", 6) != 0)
        return -2;
    const char *encoded = strchr(raw + 6, '\'');
    if (!encoded || strlen(encoded) > size)
        return -2;
    length = td_text_percent_decode(encoded + 1, strlen(encoded + 1), value);
    return length >= 0 && td_utf8_is(value, (size_t)length) && strlen(value) == (size_t)length
               ? length
               : -2;
}
