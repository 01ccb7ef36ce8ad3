/* router.c - a tree by path segment. Rows are borrowed from the resources' tables; the tree is
 * built once and never changes, so every thread may read it. */
#include "http/router.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHODS (TD_DELETE + 1)

enum { SEGMENTS_MAX = 12 };

struct node {
    const char *segment; /* NULL for a parameter */
    size_t length;
    struct node *next; /* sibling; the parameter comes last */
    struct node *child;
    const struct td_route *rows[METHODS];
};

struct td_router {
    struct node root;
    const struct td_route **rows;
    size_t count;
};

struct segment {
    const char *text;
    size_t length;
};

static const char *const method_names[METHODS] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

const char *td_method_name(enum td_method method)
{
    return method_names[method];
}

int td_method_parse(const char *name, enum td_method *ret_method)
{
    if (strcmp(name, "HEAD") == 0)
        name = "GET";
    for (int i = 0; i < METHODS; i++)
        if (strcmp(name, method_names[i]) == 0) {
            *ret_method = (enum td_method)i;
            return 0;
        }
    return TD_EMETHOD;
}

/* Segments of "/a/b"; "/" has none. -1 when there are too many. */
static int split(const char *path, struct segment segments[SEGMENTS_MAX])
{
    int count = 0;
    if (strcmp(path, "/") == 0)
        return 0;
    while (*path == '/') {
        if (count == SEGMENTS_MAX)
            return -1;
        const char *end = strchrnul(++path, '/');
        segments[count++] = (struct segment){path, (size_t)(end - path)};
        path = end;
    }
    return count;
}

static bool is_param(const struct segment *segment)
{
    return segment->length > 2 && segment->text[0] == '{' &&
           segment->text[segment->length - 1] == '}';
}

static int refuse(struct td_error *reterr, const struct td_route *row, const char *why,
                  const char *what)
{
    return td_error_set(reterr, TD_EINVALID, "route %s %s: %s%s",
                        row->method < METHODS ? method_names[row->method] : "?", row->path, why,
                        what);
}

static bool word(const char *text, size_t length, bool param)
{
    for (size_t i = 0; i < length; i++)
        if (!(text[i] >= 'a' && text[i] <= 'z') && !(text[i] >= '0' && text[i] <= '9') &&
            text[i] != '_' && (param || !strchr("-.", text[i])))
            return false;
    return length > 0;
}

static int check_path(const struct td_route *row, struct td_error *reterr)
{
    struct segment segments[SEGMENTS_MAX];
    int count = row->path[0] == '/' ? split(row->path, segments) : -1;
    if (count < 0)
        return refuse(reterr, row, "the path must begin with / and be short", "");
    for (int i = 0; i < count; i++) {
        bool param = is_param(&segments[i]);
        if (!word(segments[i].text + param, segments[i].length - 2 * param, param))
            return refuse(reterr, row, "segments are lower-case words or {parameters}", "");
        for (int j = 0; param && j < i; j++)
            if (segments[j].length == segments[i].length &&
                memcmp(segments[j].text, segments[i].text, segments[i].length) == 0)
                return refuse(reterr, row, "a parameter stands there twice", "");
    }
    return 0;
}

bool td_work_needs_job(enum td_work work)
{
    return work == TD_WORK_SCORER || work == TD_WORK_CHECK || work == TD_WORK_TAKE ||
           work == TD_WORK_HOLDERS || work == TD_WORK_RELEASE || work == TD_WORK_PLUGINS;
}

static int check_row(const struct td_route *row, td_router_has_page_fn has_page, void *arg,
                     struct td_error *reterr)
{
    if (row->method >= METHODS)
        return refuse(reterr, row, "unknown method", "");
    int r = check_path(row, reterr);
    if (r < 0)
        return r;
    if (row->roles == 0)
        return refuse(reterr, row, "no role may call it", "");
    if (!row->summary || !*row->summary)
        return refuse(reterr, row, "a summary is missing", "");
    if (!row->read && !row->work_fn && !row->write &&
        (row->work == TD_WORK_NONE || td_work_needs_job(row->work)))
        return refuse(reterr, row, "no step", "");
    if (row->method == TD_GET && (row->write || row->body))
        return refuse(reterr, row, "GET has neither a write step nor a body", "");
    if (row->work == TD_WORK_CPU ? !row->work_fn : row->work == TD_WORK_NONE && row->work_fn)
        return refuse(reterr, row, "work and work_fn do not fit", "");
    if (td_work_needs_job(row->work) && !row->read)
        return refuse(reterr, row, "this work needs a read step that sets the job", "");
    if ((row->flags & TD_ROUTE_STREAM) && row->method != TD_GET)
        return refuse(reterr, row, "a stream is a GET", "");
    if ((row->flags & TD_ROUTE_LEASE) &&
        (row->method == TD_GET || !strstr(row->path, "{application}")))
        return refuse(reterr, row, "a lease needs a write and {application}", "");
    if (row->page && has_page && !has_page(arg, row->page))
        return refuse(reterr, row, "unknown page template ", row->page);
    return 0;
}

/* The child for a segment, made when missing; literals stay before the parameter. */
static struct node *descend(struct node *parent, const struct segment *segment)
{
    bool param = is_param(segment);
    struct node **link = &parent->child;
    for (; *link; link = &(*link)->next) {
        struct node *node = *link;
        if (!node->segment) {
            if (param)
                return node;
            break;
        }
        if (!param && node->length == segment->length &&
            memcmp(node->segment, segment->text, segment->length) == 0)
            return node;
    }
    struct node *node = calloc(1, sizeof(*node));
    if (!node)
        return NULL;
    node->segment = param ? NULL : segment->text;
    node->length = segment->length;
    node->next = *link;
    *link = node;
    return node;
}

static int add_row(struct td_router *router, const struct td_route *row, struct td_error *reterr)
{
    struct segment segments[SEGMENTS_MAX];
    int count = split(row->path, segments);
    struct node *node = &router->root;
    for (int i = 0; i < count && node; i++)
        node = descend(node, &segments[i]);
    if (!node)
        return TD_ENOMEM;
    if (node->rows[row->method])
        return refuse(reterr, row, "the same requests as ", node->rows[row->method]->path);
    node->rows[row->method] = row;
    router->rows[router->count++] = row;
    return 0;
}

static int by_path(const void *a, const void *b)
{
    const struct td_route *left = *(const struct td_route *const *)a;
    const struct td_route *right = *(const struct td_route *const *)b;
    int order = strcmp(left->path, right->path);
    return order ? order : (int)left->method - (int)right->method;
}

int td_router_new(const struct td_route *const *resources, td_router_has_page_fn has_page,
                  void *arg, struct td_router **ret_router, struct td_error *reterr)
{
    size_t total = 0;
    for (const struct td_route *const *rows = resources; *rows; rows++)
        for (const struct td_route *row = *rows; row->path; row++)
            total++;
    struct td_router *router = calloc(1, sizeof(*router));
    if (!router)
        return TD_ENOMEM;
    int r = 0;
    router->rows = calloc(total + 1, sizeof(*router->rows));
    if (!router->rows)
        r = TD_ENOMEM;
    for (const struct td_route *const *rows = resources; *rows && r == 0; rows++)
        for (const struct td_route *row = *rows; row->path && r == 0; row++) {
            r = check_row(row, has_page, arg, reterr);
            if (r == 0)
                r = add_row(router, row, reterr);
        }
    if (r < 0) {
        td_router_free(router);
        return r;
    }
    qsort(router->rows, router->count, sizeof(*router->rows), by_path);
    *ret_router = router;
    return 0;
}

static void free_nodes(struct node *node)
{
    while (node) {
        struct node *next = node->next;
        free_nodes(node->child);
        free(node);
        node = next;
    }
}

void td_router_free(struct td_router *router)
{
    if (!router)
        return;
    free_nodes(router->root.child);
    free(router->rows);
    free(router);
}

const struct td_route *const *td_router_rows(const struct td_router *router, size_t *ret_count)
{
    *ret_count = router->count;
    return router->rows;
}

/* The first node that fits the segments and has the method; nodes that fit without it add to
 * *methods. */
static const struct node *match(const struct node *node, const struct segment *segments, int count,
                                enum td_method method, unsigned *methods)
{
    if (count == 0) {
        for (int i = 0; i < METHODS; i++)
            if (node->rows[i])
                *methods |= 1u << i;
        return node->rows[method] ? node : NULL;
    }
    for (const struct node *child = node->child; child; child = child->next) {
        if (child->segment && (child->length != segments->length ||
                               memcmp(child->segment, segments->text, child->length) != 0))
            continue;
        if (!child->segment && segments->length == 0)
            continue;
        const struct node *found = match(child, segments + 1, count - 1, method, methods);
        if (found)
            return found;
    }
    return NULL;
}

static json_t *make_params(const struct td_route *route, const struct segment *segments)
{
    struct segment names[SEGMENTS_MAX] = {{0}};
    int count = split(route->path, names);
    json_t *params = json_object();
    for (int i = 0; i < count && params; i++) {
        if (!is_param(&names[i]))
            continue;
        char name[64];
        size_t length = names[i].length - 2 < sizeof(name) ? names[i].length - 2 : sizeof(name) - 1;
        memcpy(name, names[i].text + 1, length);
        name[length] = 0;
        if (json_object_set_new(params, name, json_stringn(segments[i].text, segments[i].length)) <
            0) {
            json_decref(params);
            return NULL;
        }
    }
    return params;
}

int td_router_find(const struct td_router *router, enum td_method method, const char *path,
                   struct td_match *ret_match)
{
    *ret_match = (struct td_match){0};
    struct segment segments[SEGMENTS_MAX] = {{0}};
    int count = split(path, segments);
    if (count < 0)
        return TD_ENOTFOUND;
    const struct node *node = match(&router->root, segments, count, method, &ret_match->methods);
    if (!node)
        return ret_match->methods ? TD_EMETHOD : TD_ENOTFOUND;
    ret_match->params = make_params(node->rows[method], segments);
    if (!ret_match->params)
        return TD_ENOMEM;
    ret_match->route = node->rows[method];
    return 0;
}

void td_router_allow(unsigned methods, char text[TD_ALLOW_TEXT])
{
    size_t length = 0;
    for (int i = 0; i < METHODS; i++)
        if (methods & 1u << i)
            length += (size_t)snprintf(text + length, TD_ALLOW_TEXT - length, "%s%s",
                                       method_names[i], i == TD_GET ? ", HEAD, " : ", ");
    snprintf(text + length, TD_ALLOW_TEXT - length, "OPTIONS");
}
