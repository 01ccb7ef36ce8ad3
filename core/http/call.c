/* call.c - what handlers ask of their call (route.h). */
#include "http/route.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

bool td_route_reads(const struct td_route *route, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = route->query; at && *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        if (size == length && memcmp(at, name, length) == 0)
            return true;
        at += size;
    }
    return strcmp(name, "format") == 0; /* the frame's own */
}

const char *td_call_param(const struct td_call *call, const char *name)
{
    return text_of(call->params, name);
}

const char *td_call_query(const struct td_call *call, const char *name)
{
    assert(!call->route || td_route_reads(call->route, name)); /* else the document would lie */
    return text_of(call->query, name);
}

const char *td_call_text(const struct td_call *call, const char *name)
{
    return text_of(call->body, name);
}

int64_t td_call_int(const struct td_call *call, const char *name)
{
    return json_integer_value(json_object_get(call->body, name));
}

bool td_call_bool(const struct td_call *call, const char *name)
{
    return json_is_true(json_object_get(call->body, name));
}

json_t *td_call_json(const struct td_call *call, const char *name)
{
    return json_object_get(call->body, name);
}

/* `tags` is the header between its first quotation mark and its last: 5", "6 for two of them. */
static bool names_version(const char *tags, const char *version)
{
    static const char between[] = "\", ";
    size_t length = strlen(version);
    for (tags += strspn(tags, between); *tags; tags += strspn(tags, between)) {
        size_t here = strcspn(tags, between);
        if (here == length && memcmp(tags, version, length) == 0)
            return true;
        tags += here;
    }
    return false;
}

int td_call_check_version(const struct td_call *call, int64_t version, struct td_error *reterr)
{
    char present[24];
    snprintf(present, sizeof(present), "%lld", (long long)version);
    if (!call->if_match)
        return td_error_key(reterr, TD_EPRECOND, "precondition", NULL);
    if (names_version(call->if_match, present))
        return 0;
    return td_error_key(reterr, TD_ESTALE, "changed_meanwhile",
                        json_pack("{s:s, s:s}", "sent", call->if_match, "present", present));
}
