/* target.c - see target.h. Holds no state. */
#include "http/target.h"

#include "base/utf8.h"
#include "http/text.h"

#include <string.h>
#include <strings.h>

static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

static int refuse(int status, const char *reason, const char **ret_reason)
{
    *ret_reason = reason;
    return status;
}

static const char *method_named(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (strlen(methods[i]) == length && memcmp(methods[i], name, length) == 0)
            return methods[i];
    return NULL;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static int read_version(const char *text, size_t length, bool *ret_1_0, const char **ret_reason)
{
    if (length != 8 || memcmp(text, "HTTP/", 5) != 0 || !digit(text[5]) || text[6] != '.' ||
        !digit(text[7]))
        return refuse(400, "The request line is not proper.", ret_reason);
    if (text[5] != '1' || (text[7] != '0' && text[7] != '1'))
        return refuse(400, "Only HTTP/1.1 and HTTP/1.0 are spoken here.", ret_reason);
    *ret_1_0 = text[7] == '0';
    return 0;
}

/* Cuts "http://authority" off an absolute target (RFC 9112, 3.2.2). */
static int read_form(const char *text, size_t length, struct td_target *target,
                     const char **ret_reason)
{
    target->origin = text;
    target->origin_length = length;
    size_t scheme = length > 7 && strncasecmp(text, "http://", 7) == 0    ? 7
                    : length > 8 && strncasecmp(text, "https://", 8) == 0 ? 8
                                                                          : 0;
    if (scheme) {
        size_t end = scheme;
        while (end < length && text[end] != '/' && text[end] != '?')
            end++;
        target->authority = text + scheme;
        target->authority_length = end - scheme;
        target->origin = end < length ? text + end : "/";
        target->origin_length = end < length ? length - end : 1;
    }
    if (target->origin[0] != '/' ||
        (target->authority && !td_target_is_host(target->authority, target->authority_length)))
        return refuse(400, "The request target is not proper.", ret_reason);
    const char *mark = memchr(target->origin, '?', target->origin_length);
    target->path_length = mark ? (size_t)(mark - target->origin) : target->origin_length;
    return 0;
}

int td_target_read(const char *line, size_t length, struct td_target *ret_target,
                   const char **ret_reason)
{
    const char *first = memchr(line, ' ', length);
    const char *last = memrchr(line, ' ', length);
    if (!first || last == first || !td_text_is_token(line, (size_t)(first - line)))
        return refuse(400, "The request line is not proper.", ret_reason);
    struct td_target target = {0};
    int rc =
        read_version(last + 1, length - (size_t)(last + 1 - line), &target.http_1_0, ret_reason);
    if (rc != 0)
        return rc;
    for (const char *c = first + 1; c < last; c++)
        if ((unsigned char)*c <= 0x20 || (unsigned char)*c >= 0x7f || *c == '#')
            return refuse(400, "The request target contains a character that must be encoded.",
                          ret_reason);
    target.method = method_named(line, (size_t)(first - line));
    if (!target.method)
        return refuse(501, "That method is not known here.", ret_reason);
    rc = read_form(first + 1, (size_t)(last - first - 1), &target, ret_reason);
    if (rc == 0)
        *ret_target = target;
    return rc;
}

static bool has_dot_segment(const char *path)
{
    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        size_t length = strcspn(slash + 1, "/");
        if ((length == 1 && slash[1] == '.') || (length == 2 && slash[1] == '.' && slash[2] == '.'))
            return true;
    }
    return false;
}

int td_target_path(const struct td_target *target, char *path, const char **ret_reason)
{
    for (size_t i = 0; i + 2 < target->path_length; i++)
        if (target->origin[i] == '%' && target->origin[i + 1] == '2' &&
            (target->origin[i + 2] | 0x20) == 'f')
            return refuse(400, "The path contains an encoded slash.", ret_reason);
    long length = td_text_percent_decode(target->origin, target->path_length, path);
    if (length < 0 || !td_utf8_is(path, (size_t)length) ||
        td_text_has_controls(path, (size_t)length))
        return refuse(400, "The path is not properly encoded.", ret_reason);
    if (has_dot_segment(path))
        return refuse(400, "The path contains a dot segment.", ret_reason);
    return 0;
}

static bool is_port(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!digit(text[i]))
            return false;
    return length <= 5;
}

static bool name_char(char c)
{
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("-._~!$&'()*+,;=%", c));
}

bool td_target_is_host(const char *text, size_t length)
{
    size_t at = 0;
    if (length && text[0] == '[') {
        for (at = 1; at < length && text[at] != ']'; at++)
            if (td_text_hex(text[at]) < 0 && text[at] != ':' && text[at] != '.')
                return false;
        if (at < 3 || at >= length) /* "[::]" is the shortest */
            return false;
        at++;
    } else {
        while (at < length && name_char(text[at]))
            at++;
    }
    if (at == 0)
        return false;
    return at == length || (text[at] == ':' && is_port(text + at + 1, length - at - 1));
}
