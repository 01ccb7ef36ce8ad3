/* mustache_render.c - walks the tree over a stack of JSON values. Keeps no state between calls. */
#include "http/mustache.h"
#include "http/mustache_tree.h"

#include <string.h>

struct context {
    const json_t *value;
    size_t position; /* in the list being shown, from 1; 0 = in none */
};

struct render {
    struct context stack[TD_MUSTACHE_DEPTH + 1];
    int depth;
    int partials; /* nesting of partials */
    const struct indent *indent;
    const struct td_mustache_ways *ways;
    struct td_strbuf *out;
    size_t limit;
    struct td_error *reterr;
};

/* Indentation of the partial being rendered: the outer one's, then its own. */
struct indent {
    const struct indent *outer;
    const char *text;
};

static void add_indent(struct td_strbuf *out, const struct indent *indent)
{
    if (!indent)
        return;
    add_indent(out, indent->outer);
    td_strbuf_adds(out, indent->text);
}

static const json_t *member(const struct render *render, const json_t *object, size_t position,
                            const char *name)
{
    const struct td_mustache_ways *ways = render->ways;
    return ways->member ? ways->member(ways->arg, object, position, name)
                        : json_object_get(object, name);
}

static const json_t *lookup(const struct render *render, const struct td_mustache_node *node)
{
    if (node->segments == 0)
        return render->stack[render->depth - 1].value;
    const json_t *value = NULL;
    for (int i = render->depth - 1; i >= 0 && !value; i--)
        value = member(render, render->stack[i].value, render->stack[i].position, node->text);
    const char *segment = node->text;
    for (int i = 1; i < node->segments && value; i++) {
        segment += strlen(segment) + 1;
        value = member(render, value, 0, segment);
    }
    return value;
}

static bool is_false(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0);
}

static void add_value(struct td_strbuf *out, const json_t *value, bool escape)
{
    if (json_is_string(value)) {
        const char *text = json_string_value(value);
        size_t length = json_string_length(value);
        if (escape)
            td_strbuf_add_html(out, text, length);
        else
            td_strbuf_add(out, text, length);
    } else if (json_is_integer(value)) {
        td_strbuf_addf(out, "%lld", (long long)json_integer_value(value));
    } else if (json_is_real(value)) {
        td_strbuf_addf(out, "%.15g", json_real_value(value));
    } else if (json_is_boolean(value)) {
        td_strbuf_adds(out, json_is_true(value) ? "true" : "false");
    }
}

static void add_text(const struct render *render, const struct td_mustache_node *node)
{
    if (!render->indent) {
        td_strbuf_add(render->out, node->text, node->length);
        return;
    }
    const char *from = node->text, *end = node->text + node->length;
    while (from < end) {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        const char *until = newline ? newline + 1 : end;
        td_strbuf_add(render->out, from, (size_t)(until - from));
        if (until < end)
            add_indent(render->out, render->indent);
        from = until;
    }
}

static int render_range(struct render *render, const struct td_mustache *template, size_t from,
                        size_t until);

static int render_partial(struct render *render, const struct td_mustache_node *node)
{
    const struct td_mustache_ways *ways = render->ways;
    const struct td_mustache *partial = ways->find ? ways->find(ways->arg, node->text) : NULL;
    if (!partial)
        return 0;
    if (render->partials == TD_MUSTACHE_DEPTH)
        return td_error_set(render->reterr, TD_ETOOLARGE, "partial %s nests too deep", node->text);
    const struct indent *keep = render->indent;
    struct indent own = {.outer = keep, .text = node->indent};
    if (!node->indent) /* in the middle of a line: its lines are not indented */
        render->indent = NULL;
    else if (*node->indent)
        render->indent = &own;
    render->partials++;
    int r = render_range(render, partial, 0, partial->count);
    render->partials--;
    render->indent = keep;
    return r;
}

static int render_over(struct render *render, const struct td_mustache *template, size_t section,
                       struct context context)
{
    if (render->depth > TD_MUSTACHE_DEPTH)
        return td_error_set(render->reterr, TD_ETOOLARGE, "sections nest too deep");
    render->stack[render->depth++] = context;
    int r = render_range(render, template, section + 1, template->nodes[section].next);
    render->depth--;
    return r;
}

static int render_section(struct render *render, const struct td_mustache *template, size_t index)
{
    const struct td_mustache_node *node = &template->nodes[index];
    const json_t *value = lookup(render, node);
    if (node->kind == TD_MUSTACHE_INVERTED)
        return is_false(value) ? render_range(render, template, index + 1, node->next) : 0;
    if (is_false(value))
        return 0;
    if (!json_is_array(value))
        return render_over(render, template, index, (struct context){value, 0});
    int r = 0;
    for (size_t i = 0; i < json_array_size(value) && r == 0; i++)
        r = render_over(render, template, index, (struct context){json_array_get(value, i), i + 1});
    return r;
}

static int render_node(struct render *render, const struct td_mustache *template, size_t index)
{
    const struct td_mustache_node *node = &template->nodes[index];
    if (node->line)
        add_indent(render->out, render->indent);
    switch ((enum td_mustache_kind)node->kind) {
    case TD_MUSTACHE_TEXT: add_text(render, node); break;
    case TD_MUSTACHE_ESCAPED: add_value(render->out, lookup(render, node), true); break;
    case TD_MUSTACHE_RAW: add_value(render->out, lookup(render, node), false); break;
    case TD_MUSTACHE_SECTION:
    case TD_MUSTACHE_INVERTED: return render_section(render, template, index);
    case TD_MUSTACHE_PARTIAL: return render_partial(render, node);
    }
    if (render->out->failed)
        return TD_ENOMEM;
    if (render->out->length > render->limit)
        return td_error_set(render->reterr, TD_ETOOLARGE, "the page is longer than %zu bytes",
                            render->limit);
    return 0;
}

static int render_range(struct render *render, const struct td_mustache *template, size_t from,
                        size_t until)
{
    int r = 0;
    for (size_t i = from; i < until && r == 0;) {
        const struct td_mustache_node *node = &template->nodes[i];
        bool section = node->kind == TD_MUSTACHE_SECTION || node->kind == TD_MUSTACHE_INVERTED;
        r = render_node(render, template, i);
        i = section ? node->next : i + 1;
    }
    return r;
}

int td_mustache_render(const struct td_mustache *template, const json_t *root,
                       const struct td_mustache_ways *ways, size_t limit, struct td_strbuf *out,
                       struct td_error *reterr)
{
    static const struct td_mustache_ways plain = {0};
    struct render render = {.stack = {{root, 0}},
                            .depth = 1,
                            .ways = ways ? ways : &plain,
                            .out = out,
                            .limit = limit,
                            .reterr = reterr};
    return render_range(&render, template, 0, template->count);
}
