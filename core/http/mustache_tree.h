/* mustache_tree.h - the parsed template, shared by mustache_parse.c (makes it) and
 * mustache_render.c. */
#ifndef TD_HTTP_MUSTACHE_TREE_H
#define TD_HTTP_MUSTACHE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum td_mustache_kind {
    TD_MUSTACHE_TEXT,
    TD_MUSTACHE_ESCAPED,
    TD_MUSTACHE_RAW,
    TD_MUSTACHE_SECTION,
    TD_MUSTACHE_INVERTED,
    TD_MUSTACHE_PARTIAL
};

/* Nodes lie in source order; a section's children are the nodes between it and `next`. */
struct td_mustache_node {
    const char *text;   /* TEXT: the bytes. Else the name's segments, each ended by a NUL */
    size_t length;      /* of TEXT in bytes */
    const char *indent; /* PARTIAL on a line of its own: its indentation; else NULL */
    uint32_t next;      /* SECTION, INVERTED: index after the last child */
    uint16_t segments;  /* of the name; 0 for the implicit iterator "." */
    uint8_t kind;
    bool line; /* begins a line: an indented partial puts its indentation before it */
};

struct td_mustache {
    char *source; /* copy; node texts point into it and into `names` */
    char *names;
    struct td_mustache_node *nodes;
    size_t count;
};

enum { TD_MUSTACHE_DEPTH = 100 };

#endif
