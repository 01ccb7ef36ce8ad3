/* refill.c - see refill.h. Templates fill text again themselves ({{page.form.x}}); of a choice they
 * would have to ask for each option. It reads what our templates write: attributes in double
 * quotes, values escaped. No state. */
#include "http/refill.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct span {
    const char *at; /* NULL = none */
    size_t length;
};

struct refill {
    const char *page, *stop;
    const char *method, *action;
    const json_t *form;
    struct td_strbuf *out;
    bool inside;        /* of the form that was sent */
    const json_t *list; /* what was sent of the list whose options follow; NULL = leave them */
};

static bool begins(const char *tag, const char *end, const char *with)
{
    size_t length = strlen(with);
    return (size_t)(end - tag) >= length && memcmp(tag, with, length) == 0;
}

/* Behind the '>' that closes the tag. */
static const char *tag_end(const char *tag, const char *stop)
{
    bool quoted = false;
    for (const char *c = tag; c < stop; c++) {
        quoted ^= *c == '"';
        if (*c == '>' && !quoted)
            return c + 1;
    }
    return stop;
}

/* Where ` word` stands in the tag, outside of quotes and followed by one of `after`; NULL. */
static const char *find_word(const char *tag, const char *end, const char *word, const char *after)
{
    size_t length = strlen(word);
    bool quoted = false;
    for (const char *c = tag; c + 1 + length < end; c++) {
        quoted ^= *c == '"';
        if (!quoted && *c == ' ' && memcmp(c + 1, word, length) == 0 && c[1 + length] &&
            strchr(after, c[1 + length]))
            return c;
    }
    return NULL;
}

static struct span attribute(const char *tag, const char *end, const char *name)
{
    const char *word = find_word(tag, end, name, "=");
    const char *value = word ? word + 1 + strlen(name) + 2 : NULL; /* behind =" */
    const char *close = value && value < end ? memchr(value, '"', (size_t)(end - value)) : NULL;
    return close ? (struct span){value, (size_t)(close - value)} : (struct span){NULL, 0};
}

static bool is_text(struct span span, const char *text)
{
    return span.at && span.length == strlen(text) && memcmp(span.at, text, span.length) == 0;
}

/* Are the rows of `prefix` in the page, counted from 0, those that were sent? Where one was not,
 * those after it have taken its place in the array. */
static bool has_rows(const struct refill *refill, struct span prefix, size_t rows)
{
    enum { ROWS_MAX = 8 };
    char name[128];
    size_t at[] = {0, rows - 1, rows};
    if (!rows || rows > ROWS_MAX || prefix.length > 64)
        return false;
    for (size_t i = 0; i < 3; i++) {
        int length =
            snprintf(name, sizeof(name), " name=\"%.*s%zu.", (int)prefix.length, prefix.at, at[i]);
        bool found =
            memmem(refill->page, (size_t)(refill->stop - refill->page), name, (size_t)length);
        if (found != (i < 2))
            return false;
    }
    return true;
}

/* The member `part` of what was sent; `before` is the name as far as it. False: it cannot be told.
 */
static bool step_into(const struct refill *refill, struct span before, struct span part,
                      const json_t **sent)
{
    if (json_is_array(*sent) && part.length == 1 && part.at[0] >= '0' && part.at[0] <= '9' &&
        has_rows(refill, before, json_array_size(*sent))) {
        *sent = json_array_get(*sent, (size_t)(part.at[0] - '0'));
        return true;
    }
    if (!json_is_object(*sent))
        return false;
    *sent = json_object_getn(*sent, part.at, part.length);
    return true;
}

/* What was sent under a dotted name. False: it cannot be told. */
static bool find_sent(const struct refill *refill, struct span name, const json_t **ret_sent)
{
    const json_t *sent = refill->form;
    if (!name.at || !name.length || *name.at == '_')
        return false;
    for (const char *part = name.at, *end = name.at + name.length; sent && part < end;) {
        const char *dot = memchr(part, '.', (size_t)(end - part));
        struct span one = {part, (size_t)((dot ? dot : end) - part)};
        if (!step_into(refill, (struct span){name.at, (size_t)(part - name.at)}, one, &sent))
            return false;
        part = dot ? dot + 1 : end;
    }
    *ret_sent = sent;
    return true;
}

/* Is the value, as it stands in the page, one of those sent? */
static bool was_sent(const json_t *sent, struct span value)
{
    bool is = false;
    for (size_t i = 0; json_is_array(sent) && !is && i < json_array_size(sent); i++)
        is = was_sent(json_array_get(sent, i), value);
    if (!json_is_string(sent))
        return is;
    struct td_strbuf escaped;
    td_strbuf_init(&escaped);
    td_strbuf_add_html(&escaped, json_string_value(sent), json_string_length(sent));
    is = !escaped.failed && escaped.length == value.length &&
         (!value.length || memcmp(escaped.bytes, value.at, value.length) == 0);
    td_strbuf_done(&escaped);
    return is;
}

static struct span option_value(const struct refill *refill, const char *tag, const char *end)
{
    struct span value = attribute(tag, end, "value");
    const char *close = value.at ? NULL : memchr(end, '<', (size_t)(refill->stop - end));
    return close ? (struct span){end, (size_t)(close - end)} : value;
}

/* Copies the tag with the word or without it. */
static void put_chosen(struct refill *refill, const char *tag, const char *end, const char *word,
                       bool chosen)
{
    const char *now = find_word(tag, end, word, " />");
    if (chosen == (now != NULL)) {
        td_strbuf_add(refill->out, tag, (size_t)(end - tag));
        return;
    }
    const char *rest = now ? now + 1 + strlen(word) : end - 1;
    td_strbuf_add(refill->out, tag, (size_t)((now ? now : rest) - tag));
    if (chosen) {
        td_strbuf_addc(refill->out, ' ');
        td_strbuf_adds(refill->out, word);
    }
    td_strbuf_add(refill->out, rest, (size_t)(end - rest));
}

/* Disabled, or nobody's to keep. */
static bool is_apart(const char *tag, const char *end)
{
    return find_word(tag, end, "data-secret", " />") || find_word(tag, end, "disabled", " />");
}

/* What was sent of this list, if one of its options says it. */
static const json_t *sent_of_list(const struct refill *refill, const char *tag, const char *end)
{
    const json_t *sent = NULL;
    if (is_apart(tag, end) || !find_sent(refill, attribute(tag, end, "name"), &sent) || !sent)
        return NULL;
    for (const char *at = end; (at = memchr(at, '<', (size_t)(refill->stop - at)));) {
        end = tag_end(at, refill->stop);
        if (begins(at, end, "</select"))
            break;
        if (begins(at, end, "<option") && was_sent(sent, option_value(refill, at, end)))
            return sent;
        at = end;
    }
    return NULL;
}

/* Is this the form that was sent? Rows of a list have the same, told apart by what they hide. */
static bool was_posted(const struct refill *refill, const char *tag, const char *end)
{
    if (!is_text(attribute(tag, end, "method"), refill->method) ||
        !is_text(attribute(tag, end, "action"), refill->action))
        return false;
    for (const char *at = end; (at = memchr(at, '<', (size_t)(refill->stop - at))); at = end) {
        const json_t *sent = NULL;
        end = tag_end(at, refill->stop);
        if (begins(at, end, "</form"))
            break;
        if (begins(at, end, "<input ") && is_text(attribute(at, end, "type"), "hidden") &&
            find_sent(refill, attribute(at, end, "name"), &sent) &&
            !was_sent(sent, attribute(at, end, "value")))
            return false;
    }
    return true;
}

static bool takes_text(struct span type)
{
    static const char *const types[] = {"text", "date", "number", "tel", "email"};
    for (size_t i = 0; type.at && i < sizeof(types) / sizeof(*types); i++)
        if (is_text(type, types[i]))
            return true;
    return !type.at;
}

/* The text that was sent for a control; NULL: it stays as it is, like all that is not to be kept.
 */
static const char *sent_text(const struct refill *refill, const char *tag, const char *end)
{
    const json_t *sent = NULL;
    bool own = attribute(tag, end, "autocomplete").at &&
               !is_text(attribute(tag, end, "inputmode"), "decimal"); /* a number is no secret */
    return !own && !is_apart(tag, end) && find_sent(refill, attribute(tag, end, "name"), &sent)
               ? json_string_value(sent)
               : NULL;
}

static void put_value(struct refill *refill, const char *tag, const char *end, const char *text)
{
    struct span now = attribute(tag, end, "value");
    const char *rest = now.at ? now.at + now.length : end - 1;
    td_strbuf_add(refill->out, tag, (size_t)((now.at ? now.at : rest) - tag));
    td_strbuf_adds(refill->out, now.at ? "" : " value=\"");
    td_strbuf_add_html(refill->out, text, strlen(text));
    td_strbuf_adds(refill->out, now.at ? "" : "\"");
    td_strbuf_add(refill->out, rest, (size_t)(end - rest));
}

/* Nothing is sent of a box that was left empty. */
static bool put_input(struct refill *refill, const char *tag, const char *end)
{
    struct span type = attribute(tag, end, "type"), value = attribute(tag, end, "value");
    const json_t *sent = NULL;
    bool box = is_text(type, "checkbox"), radio = is_text(type, "radio");
    const char *text = takes_text(type) ? sent_text(refill, tag, end) : NULL;
    if (text)
        put_value(refill, tag, end, text);
    if (text)
        return true;
    if ((!box && !radio) || is_apart(tag, end) ||
        !find_sent(refill, attribute(tag, end, "name"), &sent) || (radio && !sent))
        return false;
    put_chosen(refill, tag, end, "checked",
               was_sent(sent, value.at ? value : (struct span){"on", 2}));
    return true;
}

/* Behind what the page has in its text area, of which what was sent takes the place. */
static const char *put_area(struct refill *refill, const char *tag, const char *end)
{
    const char *text = sent_text(refill, tag, end);
    const char *close = text ? memchr(end, '<', (size_t)(refill->stop - end)) : NULL;
    td_strbuf_add(refill->out, tag, (size_t)(end - tag));
    if (close)
        td_strbuf_add_html(refill->out, text, strlen(text));
    return close ? close : end;
}

/* Answers what is to be read next. */
static const char *put_tag(struct refill *refill, const char *tag, const char *end)
{
    if (begins(tag, end, "<form ") || begins(tag, end, "</form"))
        refill->inside = begins(tag, end, "<form ") && was_posted(refill, tag, end);
    else if (refill->inside && begins(tag, end, "<select "))
        refill->list = sent_of_list(refill, tag, end);
    else if (begins(tag, end, "</select"))
        refill->list = NULL;
    if (refill->inside && begins(tag, end, "<textarea "))
        return put_area(refill, tag, end);
    if (refill->list && begins(tag, end, "<option"))
        put_chosen(refill, tag, end, "selected",
                   was_sent(refill->list, option_value(refill, tag, end)));
    else if (!refill->inside || !begins(tag, end, "<input ") || !put_input(refill, tag, end))
        td_strbuf_add(refill->out, tag, (size_t)(end - tag));
    return end;
}

void td_refill(const char *html, size_t length, const char *method, const char *action,
               const json_t *form, struct td_strbuf *out)
{
    struct refill refill = {.page = html,
                            .stop = html + length,
                            .method = method,
                            .action = action,
                            .form = form,
                            .out = out};
    const char *at = html;
    for (const char *tag; (tag = memchr(at, '<', (size_t)(refill.stop - at)));) {
        td_strbuf_add(out, at, (size_t)(tag - at));
        at = put_tag(&refill, tag, tag_end(tag, refill.stop));
    }
    td_strbuf_add(out, at, (size_t)(refill.stop - at));
}
