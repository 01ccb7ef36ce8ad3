/* mustache_parse.c - turns template text into the tree of mustache_tree.h.
 *
 * One pass over the source. `text_from` is the start of text not yet emitted; a tag that stands
 * alone on its line takes the line's white space and newline with it. Owns nothing after
 * td_mustache_parse. */
#include "http/mustache.h"
#include "http/mustache_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DELIMITER_MAX = 16 };

struct parser {
    struct td_mustache *template;
    const char *source, *end;
    const char *text_from;
    size_t room;
    char *name; /* free place in template->names */
    char open[DELIMITER_MAX + 1], close[DELIMITER_MAX + 1];
    uint32_t sections[TD_MUSTACHE_DEPTH];
    int depth;
    bool at_line_start;
    struct td_error *reterr;
};

struct tag {
    const char *begin, *after; /* including delimiters */
    const char *inner, *inner_end;
    char sigil; /* 0 for a plain name */
};

static int complain(struct parser *parser, const char *at, const char *what)
{
    int line = 1;
    for (const char *c = parser->source; c < at; c++)
        line += *c == '\n';
    return td_error_set(parser->reterr, TD_EINVALID, "line %d: %s", line, what);
}

static struct td_mustache_node *add_node(struct parser *parser, enum td_mustache_kind kind)
{
    struct td_mustache *template = parser->template;
    if (template->count == parser->room) {
        size_t room = parser->room ? parser->room * 2 : 32;
        void *grown = reallocarray(template->nodes, room, sizeof(*template->nodes));
        if (!grown)
            return NULL;
        template->nodes = grown;
        parser->room = room;
    }
    struct td_mustache_node *node = &template->nodes[template->count++];
    *node = (struct td_mustache_node){.kind = (uint8_t)kind, .line = parser->at_line_start};
    parser->at_line_start = false;
    return node;
}

static int add_text(struct parser *parser, const char *until)
{
    const char *from = parser->text_from;
    if (from >= until)
        return 0;
    struct td_mustache_node *node = add_node(parser, TD_MUSTACHE_TEXT);
    if (!node)
        return TD_ENOMEM;
    node->text = from;
    node->length = (size_t)(until - from);
    parser->at_line_start = until[-1] == '\n';
    return 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void trim(const char **begin, const char **end)
{
    while (*begin < *end && is_space(**begin))
        ++*begin;
    while (*begin < *end && is_space((*end)[-1]))
        --*end;
}

/* Copies the name's dotted segments into `names`. */
static int take_name(struct parser *parser, const struct tag *tag, bool dotted,
                     struct td_mustache_node *node)
{
    const char *from = tag->inner, *end = tag->inner_end;
    if (from == end)
        return complain(parser, tag->begin, "a tag without a name");
    node->text = parser->name;
    if (end - from == 1 && *from == '.') {
        node->segments = 0;
        return 0;
    }
    node->segments = 1;
    for (; from < end; from++) {
        if (is_space(*from))
            return complain(parser, tag->begin, "a name with white space in it");
        node->segments += dotted && *from == '.';
        *parser->name++ = dotted && *from == '.' ? 0 : *from;
    }
    *parser->name++ = 0;
    return 0;
}

/* Finds the next tag from text_from on: 0 when there is none, 1 when there is, negative on error.
 */
static int next_tag(struct parser *parser, struct tag *tag)
{
    size_t open = strlen(parser->open);
    const char *begin =
        memmem(parser->text_from, (size_t)(parser->end - parser->text_from), parser->open, open);
    if (!begin)
        return 0;
    *tag = (struct tag){.begin = begin, .inner = begin + open};
    if (tag->inner < parser->end && strchr("#^/!>&={", *tag->inner) && *tag->inner)
        tag->sigil = *tag->inner++;
    char closing[DELIMITER_MAX + 3];
    snprintf(closing, sizeof(closing), "%s%s",
             tag->sigil == '{'   ? "}"
             : tag->sigil == '=' ? "="
                                 : "",
             parser->close);
    const char *close =
        memmem(tag->inner, (size_t)(parser->end - tag->inner), closing, strlen(closing));
    if (!close)
        return complain(parser, begin, "a tag is not closed");
    tag->inner_end = close;
    tag->after = close + strlen(closing);
    trim(&tag->inner, &tag->inner_end);
    return 1;
}

/* True when only white space shares the tag's line; then *ret_line is where the line begins and
 * *ret_after where the next one does. */
static bool stands_alone(const struct parser *parser, const struct tag *tag, const char **ret_line,
                         const char **ret_after)
{
    if (!tag->sigil || !strchr("#^/!>=", tag->sigil))
        return false;
    const char *line = tag->begin, *after = tag->after;
    while (line > parser->source && (line[-1] == ' ' || line[-1] == '\t'))
        line--;
    if (line > parser->source && line[-1] != '\n')
        return false;
    while (after < parser->end && (*after == ' ' || *after == '\t' || *after == '\r'))
        after++;
    if (after < parser->end && *after != '\n')
        return false;
    *ret_line = line;
    *ret_after = after < parser->end ? after + 1 : after;
    return true;
}

static int set_delimiters(struct parser *parser, const struct tag *tag)
{
    const char *space = tag->inner;
    while (space < tag->inner_end && !is_space(*space))
        space++;
    const char *second = space;
    while (second < tag->inner_end && is_space(*second))
        second++;
    size_t open = (size_t)(space - tag->inner), close = (size_t)(tag->inner_end - second);
    bool bad = !open || !close || open > DELIMITER_MAX || close > DELIMITER_MAX;
    for (const char *c = second; c < tag->inner_end; c++)
        bad = bad || is_space(*c) || *c == '=';
    if (bad)
        return complain(parser, tag->begin, "set-delimiter tag: write {{=<% %>=}}");
    memcpy(parser->open, tag->inner, open);
    parser->open[open] = 0;
    memcpy(parser->close, second, close);
    parser->close[close] = 0;
    return 0;
}

static int open_section(struct parser *parser, const struct tag *tag)
{
    if (parser->depth == TD_MUSTACHE_DEPTH)
        return complain(parser, tag->begin, "sections nest too deep");
    parser->sections[parser->depth++] = (uint32_t)parser->template->count;
    struct td_mustache_node *node =
        add_node(parser, tag->sigil == '#' ? TD_MUSTACHE_SECTION : TD_MUSTACHE_INVERTED);
    return node ? take_name(parser, tag, true, node) : TD_ENOMEM;
}

static int close_section(struct parser *parser, const struct tag *tag)
{
    if (parser->depth == 0)
        return complain(parser, tag->begin, "a closing tag without its section");
    struct td_mustache_node *section =
        &parser->template->nodes[parser->sections[parser->depth - 1]];
    struct td_mustache_node named = {0};
    char *keep = parser->name;
    int r = take_name(parser, tag, true, &named);
    size_t length = (size_t)(parser->name - keep);
    parser->name = keep;
    if (r < 0)
        return r;
    if (named.segments != section->segments || memcmp(section->text, keep, length) != 0)
        return complain(parser, tag->begin, "this closes another section than the open one");
    section->next = (uint32_t)parser->template->count;
    parser->depth--;
    return 0;
}

static int add_partial(struct parser *parser, const struct tag *tag, const char *line)
{
    struct td_mustache_node *node = add_node(parser, TD_MUSTACHE_PARTIAL);
    if (!node)
        return TD_ENOMEM;
    int r = take_name(parser, tag, false, node);
    if (r < 0 || !line)
        return r;
    size_t length = (size_t)(tag->begin - line);
    node->indent = parser->name;
    memcpy(parser->name, line, length);
    parser->name[length] = 0;
    parser->name += length + 1;
    return 0;
}

static int add_tag(struct parser *parser, const struct tag *tag, const char *line)
{
    struct td_mustache_node *node;
    switch (tag->sigil) {
    case '!': return 0;
    case '=': return set_delimiters(parser, tag);
    case '#':
    case '^': return open_section(parser, tag);
    case '/': return close_section(parser, tag);
    case '>': return add_partial(parser, tag, line);
    default:
        node = add_node(parser, tag->sigil ? TD_MUSTACHE_RAW : TD_MUSTACHE_ESCAPED);
        return node ? take_name(parser, tag, true, node) : TD_ENOMEM;
    }
}

static int parse_all(struct parser *parser)
{
    struct tag tag;
    int r;
    while ((r = next_tag(parser, &tag)) > 0) {
        const char *line = NULL, *after = tag.after;
        bool alone = stands_alone(parser, &tag, &line, &after);
        r = add_text(parser, alone ? line : tag.begin);
        bool line_start = parser->at_line_start;
        if (alone) /* the line goes with the tag, so there is nothing to indent */
            parser->at_line_start = false;
        if (r == 0)
            r = add_tag(parser, &tag, alone ? line : NULL);
        if (r < 0)
            return r;
        if (alone)
            parser->at_line_start = true;
        else if (tag.sigil == '!' || tag.sigil == '=' || tag.sigil == '/')
            parser->at_line_start = line_start;
        parser->text_from = after;
    }
    if (r == 0)
        r = add_text(parser, parser->end);
    if (r == 0 && parser->depth)
        return complain(parser, parser->end, "a section is not closed");
    return r;
}

int td_mustache_parse(const char *source, size_t length, struct td_mustache **ret_template,
                      struct td_error *reterr)
{
    if (length > UINT32_MAX / 4)
        return td_error_set(reterr, TD_ETOOLARGE, "the template is too large");
    struct td_mustache *template = calloc(1, sizeof(*template));
    if (!template)
        return TD_ENOMEM;
    template->source = malloc(length + 1);
    /* A name and its indentation are shorter than the line they stand on. */
    template->names = malloc(2 * length + 2);
    int r = TD_ENOMEM;
    if (template->source && template->names) {
        memcpy(template->source, source, length);
        template->source[length] = 0;
        struct parser parser = {.template = template,
                                .source = template->source,
                                .end = template->source + length,
                                .text_from = template->source,
                                .name = template->names,
                                .open = "{{",
                                .close = "}}",
                                .at_line_start = true,
                                .reterr = reterr};
        r = parse_all(&parser);
    }
    if (r < 0) {
        td_mustache_free(template);
        return r;
    }
    *ret_template = template;
    return 0;
}

void td_mustache_free(struct td_mustache *template)
{
    if (!template)
        return;
    free(template->nodes);
    free(template->names);
    free(template->source);
    free(template);
}

void td_mustache_partials(const struct td_mustache *template,
                          void (*each)(void *arg, const char *name), void *arg)
{
    for (size_t i = 0; i < template->count; i++)
        if (template->nodes[i].kind == TD_MUSTACHE_PARTIAL)
            each(arg, template->nodes[i].text);
}
