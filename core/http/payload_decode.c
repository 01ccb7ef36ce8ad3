/* payload_decode.c - bytes of a client to JSON values. Nothing here knows rows or fields. */
#include "http/payload.h"

#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

/* One decoded pair: NUL-terminated, in the caller's scratch memory. */
struct pair {
    char *name, *value;
    size_t value_length;
};

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Decodes [from, end) in place of `to`; *to ends behind the NUL. False for a bad escape or a NUL.
 */
static bool unescape(const char *from, const char *end, char **to)
{
    char *out = *to;
    while (from < end) {
        char c = *from++;
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = end - from >= 2 ? hex(from[0]) : -1, low = high >= 0 ? hex(from[1]) : -1;
            if (low < 0)
                return false;
            c = (char)(high << 4 | low);
            from += 2;
        }
        if (!c)
            return false;
        if (c == '\n' && out > *to && out[-1] == '\r')
            out--;
        *out++ = c;
    }
    *out++ = 0;
    *to = out;
    return true;
}

typedef int (*pair_fn)(json_t *root, const struct pair *pair, struct td_error *reterr);

static int each_pair(const char *bytes, size_t length, json_t *root, pair_fn add,
                     struct td_error *reterr)
{
    char *scratch = malloc(length + 2);
    if (!scratch)
        return TD_ENOMEM;
    const char *end = bytes + length;
    int r = 0, count = 0;
    while (bytes < end && r == 0) {
        const char *stop = memchr(bytes, '&', (size_t)(end - bytes));
        stop = stop ? stop : end;
        const char *equals = memchr(bytes, '=', (size_t)(stop - bytes));
        char *to = scratch;
        struct pair pair = {.name = to};
        bool fine = unescape(bytes, equals ? equals : stop, &to);
        pair.value = to;
        fine = fine && unescape(equals ? equals + 1 : stop, stop, &to);
        pair.value_length = fine ? (size_t)(to - pair.value) - 1 : 0;
        if (!fine)
            r = td_error_set(reterr, TD_EINVALID, "a form or query that is not properly encoded");
        else if (++count > TD_PAYLOAD_MEMBERS_MAX)
            r = td_error_set(reterr, TD_ETOOLARGE, "more than %d members", TD_PAYLOAD_MEMBERS_MAX);
        else if (strlen(pair.name) > TD_PAYLOAD_NAME_MAX)
            r = td_error_set(reterr, TD_ETOOLARGE, "a member name above %d bytes",
                             TD_PAYLOAD_NAME_MAX);
        else if (*pair.name)
            r = add(root, &pair, reterr);
        bytes = stop + 1;
    }
    free(scratch);
    return r;
}

static int make_text(const struct pair *pair, json_t **ret_text, struct td_error *reterr)
{
    *ret_text = json_stringn(pair->value, pair->value_length);
    if (!*ret_text)
        return td_error_set(reterr, TD_EINVALID, "text that is not valid UTF-8");
    return 0;
}

static int set_member(json_t *object, const char *name, json_t *value, struct td_error *reterr)
{
    if (json_object_set_new(object, name, value) < 0)
        return td_error_set(reterr, TD_EINVALID, "a member name that is not valid UTF-8");
    return 0;
}

static int add_query(json_t *root, const struct pair *pair, struct td_error *reterr)
{
    if (json_object_get(root, pair->name))
        return 0;
    json_t *text;
    int r = make_text(pair, &text, reterr);
    return r < 0 ? r : set_member(root, pair->name, text, reterr);
}

int td_payload_decode_query(const char *query, json_t **ret_query, struct td_error *reterr)
{
    json_t *root = json_object();
    int r = root ? each_pair(query, strlen(query), root, add_query, reterr) : TD_ENOMEM;
    if (r < 0)
        json_decref(root);
    else
        *ret_query = root;
    return r;
}

/* Puts `text` under the last segment; the second of a name makes an array. Owns `text`. */
static int put_leaf(json_t *object, const char *segment, json_t *text, struct td_error *reterr)
{
    json_t *present = json_object_get(object, segment);
    if (!present)
        return set_member(object, segment, text, reterr);
    if (json_is_object(present)) {
        json_decref(text);
        return td_error_set(reterr, TD_EINVALID, "a member is both a text and an object");
    }
    if (json_is_array(present))
        return json_array_append_new(present, text) < 0 ? TD_ENOMEM : 0;
    json_t *array = json_array();
    if (json_array_append(array, present) < 0 || json_array_append_new(array, text) < 0) {
        json_decref(array);
        return TD_ENOMEM;
    }
    return set_member(object, segment, array, reterr);
}

static int add_dotted(json_t *root, const struct pair *pair, struct td_error *reterr)
{
    json_t *at = root;
    char *segment = pair->name;
    for (int depth = 1;; depth++) {
        char *dot = strchr(segment, '.');
        if (!*segment || dot == segment || depth > TD_PAYLOAD_SEGMENTS_MAX)
            return td_error_set(reterr, TD_EINVALID, "a dotted member name that cannot be used");
        if (!dot)
            break;
        *dot = 0;
        json_t *child = json_object_get(at, segment);
        if (child && !json_is_object(child))
            return td_error_set(reterr, TD_EINVALID, "a member is both a text and an object");
        int r = child ? 0 : set_member(at, segment, json_object(), reterr);
        if (r < 0)
            return r;
        at = json_object_get(at, segment);
        segment = dot + 1;
    }
    json_t *text;
    int r = make_text(pair, &text, reterr);
    return r < 0 ? r : put_leaf(at, segment, text, reterr);
}

/* The index a segment stands for, or -1. */
static int array_index(const char *segment)
{
    size_t length = strlen(segment);
    if (length == 0 || length > 3 || strspn(segment, "0123456789") != length)
        return -1;
    return length > 1 && segment[0] == '0' ? -1 : (int)strtol(segment, NULL, 10);
}

static json_t *settle(json_t *value);

/* An object whose members are all numbers, as an array; NULL when it is none. */
static json_t *as_array(json_t *object)
{
    json_t *slots[TD_PAYLOAD_INDEX_MAX + 1] = {0};
    const char *name;
    json_t *member;
    if (json_object_size(object) == 0)
        return NULL;
    json_object_foreach(object, name, member) {
        int index = array_index(name);
        if (index < 0)
            return NULL;
        slots[index] = member;
    }
    json_t *array = json_array();
    for (int i = 0; i <= TD_PAYLOAD_INDEX_MAX; i++)
        if (slots[i])
            json_array_append_new(array, settle(slots[i]));
    return array;
}

/* A new value in which number-keyed objects are arrays; depth is bounded by the dotted names. */
static json_t *settle(json_t *value)
{
    if (!json_is_object(value))
        return json_incref(value);
    json_t *array = as_array(value);
    if (array)
        return array;
    json_t *copy = json_object(), *member;
    const char *name;
    json_object_foreach(value, name, member)
        json_object_set_new(copy, name, settle(member));
    return copy;
}

int td_payload_decode_form(const char *bytes, size_t length, json_t **ret_form,
                           struct td_error *reterr)
{
    json_t *root = json_object();
    int r = root ? each_pair(bytes, length, root, add_dotted, reterr) : TD_ENOMEM;
    json_t *form = r == 0 ? json_object() : NULL;
    json_t *member;
    const char *name;
    if (form)
        json_object_foreach(root, name, member) /* the root itself stays an object */
            json_object_set_new(form, name, settle(member));
    json_decref(root);
    if (r == 0)
        *ret_form = form;
    return r;
}

/* Depth of brackets outside texts: checked before jansson recurses. */
static bool too_deep(const char *bytes, size_t length)
{
    int depth = 0;
    bool text = false;
    for (size_t i = 0; i < length; i++) {
        if (text && bytes[i] == '\\') {
            i++; /* the escaped character never ends the text */
            continue;
        }
        if (bytes[i] == '"')
            text = !text;
        if (text)
            continue;
        depth += (bytes[i] == '{' || bytes[i] == '[') - (bytes[i] == '}' || bytes[i] == ']');
        if (depth > TD_PAYLOAD_DEPTH_MAX)
            return true;
    }
    return false;
}

int td_payload_decode_json(const char *bytes, size_t length, json_t **ret_value,
                           struct td_error *reterr)
{
    if (too_deep(bytes, length))
        return td_error_set(reterr, TD_ETOOLARGE, "JSON nested deeper than %d",
                            TD_PAYLOAD_DEPTH_MAX);
    json_error_t fault;
    json_t *value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &fault);
    if (!value)
        return td_error_set(reterr, TD_EINVALID, "JSON, line %d: %s", fault.line, fault.text);
    if (!json_is_object(value)) {
        json_decref(value);
        return td_error_set(reterr, TD_EINVALID, "the body must be a JSON object");
    }
    *ret_value = value;
    return 0;
}
