/* A template that is its own partial: parsing refuses it or rendering stays within its limits. */
#include "http/mustache.h"

#include "base/strbuf.h"

#include <stdint.h>
#include <stdlib.h>

enum { LIMIT = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct td_mustache *itself(void *arg, const char *name)
{
    (void)name;
    return arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct td_mustache *template = NULL;
    struct td_strbuf out;
    if (length > 4096 || td_mustache_parse((const char *)bytes, length, &template, NULL) < 0)
        return 0;
    json_t *root = json_pack("{s:s, s:i, s:[{s:s}, {s:b}], s:{s:{s:s}}, s:n}", "a", "<&>", "b", 7, "c", "a", "x",
                             "d", 0, "e", "a", "b", "deep", "n");
    td_strbuf_init(&out);
    struct td_mustache_ways ways = {.find = itself, .arg = template};
    int r = td_mustache_render(template, root, &ways, LIMIT, &out, NULL);
    if (r == 0 && out.length > LIMIT)
        abort();
    if (r != 0 && r != TD_ETOOLARGE)
        abort();
    td_strbuf_done(&out);
    json_decref(root);
    td_mustache_free(template);
    return 0;
}
