/* multipart.c - see multipart.h. A state machine over single bytes; the content of a part is handed
 * on in runs.
 *
 * The delimiter is CR LF "--" boundary. Its CR is the only one in it, so after a mismatch a new
 * match can only begin at the present byte, and what was held back is a prefix of the delimiter
 * itself: nothing is buffered. */
#include "http/multipart.h"

#include "http/parameter.h"
#include "base/utf8.h"
#include "http/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum state {
    FIRST,      /* the delimiter at the very start, without its CR LF */
    AFTER,      /* behind a delimiter: CR or the first '-' */
    AFTER_LF,   /* LF: a part begins */
    AFTER_DASH, /* the second '-' */
    HEAD,       /* headers of a part */
    CONTENT,
    FINAL, /* behind the closing delimiter: nothing, or one CR LF */
    FINAL_LF,
    OVER
};

struct td_multipart {
    struct td_multipart_events events;
    void *arg;
    enum state state;
    char delimiter[4 + TD_MULTIPART_BOUNDARY_MAX + 1];
    size_t delimiter_length;
    size_t matched; /* bytes of the delimiter that have matched */
    size_t parts;
    char head[TD_MULTIPART_HEAD_MAX + 1];
    size_t head_length;
};

static int malformed(struct td_error *reterr, const char *what)
{
    return td_error_set(reterr, TD_EINVALID, "The form is not proper: %s.", what);
}

bool td_multipart_is_form(const char *type)
{
    return td_parameter_leads(type, "multipart/form-data");
}

static bool proper_boundary(const char *text, long length)
{
    for (long i = 0; i < length; i++)
        if (!(text[i] >= '0' && text[i] <= '9') &&
            !((text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z') &&
            !strchr("'()+_,-./:=? ", text[i]))
            return false;
    return length > 0 && text[length - 1] != ' ';
}

int td_multipart_new(const char *type, const struct td_multipart_events *events, void *arg,
                     struct td_multipart **ret_multipart, struct td_error *reterr)
{
    char boundary[TD_MULTIPART_BOUNDARY_MAX + 1];
    long length = td_parameter_find(type, "boundary", boundary, sizeof(boundary));
    if (!proper_boundary(boundary, length))
        return malformed(reterr, "its Content-Type has no proper boundary");
    struct td_multipart *multipart = calloc(1, sizeof(*multipart));
    if (!multipart)
        return td_error_set(reterr, TD_ENOMEM, "no memory for a form");
    multipart->events = *events;
    multipart->arg = arg;
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary, (size_t)length);
    multipart->delimiter_length = 4 + (size_t)length;
    multipart->matched = 2;
    *ret_multipart = multipart;
    return 0;
}

void td_multipart_free(struct td_multipart *multipart)
{
    free(multipart);
}

/* One "Name: value" line of a part, NUL-terminated. Values are kept where they are. */
static int read_line(char *line, const char **ret_disposition, struct td_multipart_part *part,
                     struct td_error *reterr)
{
    char *colon = strchr(line, ':');
    if (!colon || !td_text_is_token(line, (size_t)(colon - line)))
        return malformed(reterr, "a part has a broken header");
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " \t");
    if (strcasecmp(line, "Content-Disposition") == 0) {
        if (*ret_disposition)
            return malformed(reterr, "a part has two Content-Dispositions");
        *ret_disposition = value;
    } else if (strcasecmp(line, "Content-Type") == 0) {
        part->type = value;
    } else if (strcasecmp(line, "Content-Transfer-Encoding") == 0 &&
               strcasecmp(value, "7bit") != 0 && strcasecmp(value, "8bit") != 0 &&
               strcasecmp(value, "binary") != 0) {
        return malformed(reterr, "a part has a transfer encoding");
    }
    return 0;
}

static int begin_part(struct td_multipart *multipart, struct td_error *reterr)
{
    struct td_multipart_part part = {.type = ""};
    const char *disposition = NULL;
    multipart->head[multipart->head_length] = 0;
    for (char *line = multipart->head, *end; (end = strstr(line, "\r\n")) && end != line;
         line = end + 2) {
        *end = 0;
        int rc = read_line(line, &disposition, &part, reterr);
        if (rc != 0)
            return rc;
    }
    char name[TD_MULTIPART_NAME_MAX + 1], filename[1024];
    if (!disposition || !td_parameter_leads(disposition, "form-data"))
        return malformed(reterr, "a part is not form-data");
    long length = td_parameter_find(disposition, "name", name, sizeof(name));
    if (length <= 0 || !td_utf8_is(name, (size_t)length))
        return malformed(reterr, "a part has no proper name");
    long extended = td_parameter_find_extended(disposition, "filename", filename, sizeof(filename));
    long plain = extended == -1
                     ? td_parameter_find(disposition, "filename", filename, sizeof(filename))
                     : -1;
    if (extended == -2 || plain == -2)
        return malformed(reterr, "a file name is not proper");
    part.name = name;
    part.filename = extended >= 0 || plain >= 0 ? filename : NULL;
    if (++multipart->parts > TD_MULTIPART_PARTS_MAX)
        return malformed(reterr, "it has too many parts");
    return multipart->events.on_part(multipart->arg, &part, reterr);
}

/* One byte of a part's headers. The block ends with an empty line. */
static int head_byte(struct td_multipart *multipart, char c, struct td_error *reterr)
{
    size_t n = multipart->head_length;
    char *head = multipart->head;
    char before = n ? head[n - 1] : '\n';
    bool control = (unsigned char)c < 0x20 && c != '\t' && c != '\r' && c != '\n';
    if ((before == '\r') != (c == '\n') || control || c == 0x7f ||
        (before == '\n' && (c == ' ' || c == '\t')))
        return malformed(reterr, "a part has a broken header");
    if (n == TD_MULTIPART_HEAD_MAX)
        return malformed(reterr, "the headers of a part are too long");
    head[multipart->head_length++] = c;
    if (c != '\n' || !(n == 1 || (n >= 3 && head[n - 2] == '\n')))
        return 0;
    multipart->state = CONTENT;
    multipart->matched = 0;
    return begin_part(multipart, reterr);
}

static int give(struct td_multipart *multipart, const char *bytes, size_t length,
                struct td_error *reterr)
{
    return length ? multipart->events.on_bytes(multipart->arg, bytes, length, reterr) : 0;
}

/* Reads content up to the end of a delimiter or of the bytes; moves *at. */
static int read_content(struct td_multipart *multipart, const char *bytes, size_t length,
                        size_t *at, struct td_error *reterr)
{
    while (*at < length) {
        if (multipart->matched == 0) {
            const char *cr = memchr(bytes + *at, '\r', length - *at);
            size_t run = cr ? (size_t)(cr - bytes) - *at : length - *at;
            int rc = give(multipart, bytes + *at, run, reterr);
            *at += run;
            if (rc != 0 || !cr)
                return rc;
        }
        if (bytes[*at] == multipart->delimiter[multipart->matched]) {
            (*at)++;
            if (++multipart->matched == multipart->delimiter_length) {
                multipart->state = AFTER;
                return multipart->events.on_part_end(multipart->arg, reterr);
            }
        } else { /* what had matched was content; the present byte is looked at again */
            size_t held = multipart->matched;
            multipart->matched = 0;
            int rc = give(multipart, multipart->delimiter, held, reterr);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

static int expect(struct td_multipart *multipart, char c, char wanted, enum state next,
                  struct td_error *reterr)
{
    if (c != wanted)
        return malformed(reterr, "a boundary is not followed by a line end");
    multipart->state = next;
    return 0;
}

static int one_byte(struct td_multipart *multipart, char c, struct td_error *reterr)
{
    switch (multipart->state) {
    case FIRST:
        if (c != multipart->delimiter[multipart->matched])
            return malformed(reterr, "it does not begin with its boundary");
        if (++multipart->matched == multipart->delimiter_length)
            multipart->state = AFTER;
        return 0;
    case AFTER:
        multipart->head_length = 0;
        return expect(multipart, c, c == '-' ? '-' : '\r', c == '-' ? AFTER_DASH : AFTER_LF,
                      reterr);
    case AFTER_LF: return expect(multipart, c, '\n', HEAD, reterr);
    case AFTER_DASH: return expect(multipart, c, '-', FINAL, reterr);
    case HEAD: return head_byte(multipart, c, reterr);
    case FINAL: return expect(multipart, c, '\r', FINAL_LF, reterr);
    case FINAL_LF: return expect(multipart, c, '\n', OVER, reterr);
    default: return malformed(reterr, "bytes follow its end");
    }
}

int td_multipart_read(struct td_multipart *multipart, const char *bytes, size_t length,
                      struct td_error *reterr)
{
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < length;) {
        if (multipart->state == CONTENT)
            rc = read_content(multipart, bytes, length, &at, reterr);
        else
            rc = one_byte(multipart, bytes[at++], reterr);
    }
    return rc;
}

int td_multipart_end(const struct td_multipart *multipart, struct td_error *reterr)
{
    if (multipart->state == FINAL || multipart->state == OVER)
        return 0;
    return malformed(reterr, "it ends before its closing boundary");
}
