/* view.h - pages: the templates and languages of the web folder, and the context a page is rendered
 * in.
 *
 * A `struct td_views` is an immutable, counted snapshot: every request holds the one it began with,
 * so files may change under a demo server without a page made of two halves. */
#ifndef TD_HTTP_VIEW_H
#define TD_HTTP_VIEW_H

#include "base/error.h"
#include "base/strbuf.h"
#include "http/locale.h"
#include "review/account.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_views;

/* Loads folder/templates/{,partials/}*.mustache and folder/locales/{lang}/. Refused with file and
 * line: a template that does not parse, a partial that does not exist, no Chinese. */
int td_views_load(const char *folder, struct td_views **ret_views, struct td_error *reterr);
struct td_views *td_views_ref(struct td_views *views);
void td_views_unref(struct td_views *views); /* NULL is fine */

/* True when a file of the folder is newer, more or gone since it was loaded. */
bool td_views_changed(const struct td_views *views);

/* Tells these views from all others that this process has loaded or will. */
unsigned long td_views_serial(const struct td_views *views);

bool td_views_has(const struct td_views *views, const char *page);

/* The language of a request: `wanted` (a cookie's value, may be NULL) when there is such a
 * language, else the best of an Accept-Language header (may be NULL), else Chinese. */
const struct td_locale *td_views_locale(const struct td_views *views, const char *wanted,
                                        const char *accept_language);
const struct td_locale *td_views_language(const struct td_views *views,
                                          const char *lang); /* NULL = none */

/* What `page` in the context says; everything borrowed, NULL where there is nothing to say. */
struct td_page {
    const char *name; /* template */
    const char *path, *query; /* query: as sent */
    const json_t *asked;      /* the query's parameters, decoded */
    const char *csrf;
    const char *heard; /* where the page's streams begin: `after` */
    const struct td_account *who;
    bool demo;
    int64_t clock_ms;
    int64_t unread;        /* messages */
    const json_t *asset;   /* {"app_js": "/assets/app.js?v=..."} */
    const json_t *problem; /* problem.h */
    const json_t *form;    /* what was sent, on an error */
};

/* Appends the page. `value` (may be NULL) is the handler's object and is not changed. */
int td_views_render(const struct td_views *views, const struct td_locale *locale,
                    const struct td_page *page, const json_t *value, struct td_strbuf *out,
                    struct td_error *reterr);

/* Appends the partial of this name, which sees `value` and the texts, but no page. */
int td_views_render_partial(const struct td_views *views, const struct td_locale *locale,
                            const char *name, const json_t *value, struct td_strbuf *out,
                            struct td_error *reterr);

#endif
