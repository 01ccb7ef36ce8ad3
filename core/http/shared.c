/* shared.c - the part of a reply that others get too (struct td_shared of route.h): from the memo,
 * or made and put there. */
#include "http/memo.h"
#include "http/serving.h"

#include "base/json.h"
#include "base/memory.h"
#include "store/store.h"

#include <assert.h>

/* The whole key: the handler's, after the face or the page's templates and language. */
static void write_key(const struct td_serving *serving, bool page, struct td_strbuf *key)
{
    const struct td_shared *shared = &serving->reply.shared;
    if (page)
        td_strbuf_addf(key, "page %lu %s ", td_views_serial(serving->views), serving->locale->lang);
    else
        td_strbuf_adds(key, "json ");
    td_strbuf_add(key, shared->key, shared->length);
}

static json_t *take_text(struct td_strbuf *out)
{
    json_t *text = out->failed ? NULL : json_stringn_nocheck(out->bytes, out->length);
    td_strbuf_done(out);
    return text;
}

/* The members of `value` as JSON text, without the braces. */
static int write_members(const json_t *value, json_t **ret_text, size_t *ret_size)
{
    struct td_strbuf out;
    td_strbuf_init(&out);
    td_json_write_members(value, &out);
    *ret_size = out.length;
    *ret_text = take_text(&out);
    return *ret_text ? 0 : TD_ENOMEM;
}

static int render_partials(const struct td_serving *serving, const json_t *value,
                           json_t **ret_texts, size_t *ret_size, struct td_error *reterr)
{
    json_t *texts = json_object();
    int r = texts ? 0 : TD_ENOMEM;
    *ret_size = 0;
    for (const char *const *name = serving->reply.shared.partials; r == 0 && *name; name++) {
        struct td_strbuf out;
        td_strbuf_init(&out);
        r = td_views_render_partial(serving->views, serving->locale, *name, value, &out, reterr);
        *ret_size += out.length;
        json_t *text = take_text(&out);
        if (json_object_set_new(texts, *name, text) < 0 && r == 0)
            r = TD_ENOMEM;
    }
    if (r < 0)
        json_decref(texts);
    else
        *ret_texts = texts;
    return r;
}

static int make(struct td_serving *serving, bool page, json_t **ret_made, size_t *ret_size,
                struct td_error *reterr)
{
    const struct td_shared *shared = &serving->reply.shared;
    json_t *value = NULL;
    int r = shared->make(&serving->call, shared->arg, &value, reterr);
    if (r == 0)
        r = page ? render_partials(serving, value, ret_made, ret_size, reterr)
                 : write_members(value, ret_made, ret_size);
    json_decref(value);
    return r;
}

static int find_or_make(struct td_serving *serving, bool page, json_t **ret_made,
                        struct td_error *reterr)
{
    struct td_memo *memo = serving->frame->memo;
    struct td_strbuf key;
    size_t size = 0;
    int r = 0;
    assert(serving->call.tx && !td_tx_writable(serving->call.tx));
    td_strbuf_init(&key);
    write_key(serving, page, &key);
    json_t *made = key.failed ? NULL : td_memo_find(memo, key.bytes, key.length);
    if (!made) {
        r = key.failed ? TD_ENOMEM : make(serving, page, &made, &size, reterr);
        if (td_memory_was_short())
            td_memory_note(); /* a part may be missing: for whoever asks at the end of this step */
        else if (r == 0)
            td_memo_keep(memo, key.bytes, key.length, made, size, serving->reply.shared.holds);
    }
    td_strbuf_done(&key);
    if (r == 0)
        *ret_made = made;
    return r;
}

int td_shared_json(struct td_serving *serving, json_t **ret_text, struct td_error *reterr)
{
    return find_or_make(serving, false, ret_text, reterr);
}

int td_shared_page(struct td_serving *serving, json_t **ret_texts, struct td_error *reterr)
{
    return find_or_make(serving, true, ret_texts, reterr);
}
