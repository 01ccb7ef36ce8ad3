/* diff.c - see diff.h. The furthest points of every step are kept, so that the way can be walked
 * back; that is quadratic in the number of differences, which TD_DIFF_MOST bounds (4 MB). */
#include "base/diff.h"

#include "base/error.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct sides {
    const struct td_diff_piece *a, *b;
    int n, m,
        first; /* what is left between equal beginning and end, and how long the beginning is */
    td_diff_fn each;
    void *arg;
};

static bool same(const struct td_diff_piece *one, const struct td_diff_piece *other)
{
    return one->length == other->length && !memcmp(one->text, other->text, one->length);
}

/* Step d reaches diagonals -d ... d; its row of furthest x begins at d * d. */
static int *row_of(int *trace, int d)
{
    return trace + (size_t)d * (size_t)d + d;
}

/* Where step `d` begins on diagonal k, from the row before. */
static bool comes_down(const int *before, int d, int k)
{
    return k == -d || (k != d && before[k - 1] < before[k + 1]);
}

static int start_of(const int *before, int d, int k)
{
    if (d == 0)
        return 0;
    return comes_down(before, d, k) ? before[k + 1] : before[k - 1] + 1;
}

/* Number of differences, or -1 when they are too many. Fills `trace`. */
static int search(const struct sides *s, int *trace, int most)
{
    for (int d = 0; d <= most; d++) {
        int *row = row_of(trace, d);
        const int *before = d ? row_of(trace, d - 1) : NULL;
        for (int k = -d; k <= d; k += 2) {
            int x = start_of(before, d, k), y = x - k;
            while (x < s->n && y < s->m && x >= 0 && y >= 0 && same(&s->a[x], &s->b[y]))
                x++, y++;
            row[k] = x;
            if (k == s->n - s->m && x >= s->n)
                return d;
        }
    }
    return -1;
}

/* Marks what is gone and what is new, from the end to the beginning. */
static void walk_back(const struct sides *s, int *trace, int d, bool *gone, bool *fresh)
{
    int k = s->n - s->m;
    for (; d > 0; d--) {
        const int *before = row_of(trace, d - 1);
        if (comes_down(before, d, k)) {
            int x = before[k + 1];
            k++;
            fresh[x - k] = true;
        } else {
            int x = before[k - 1];
            k--;
            gone[x] = true;
        }
    }
}

static int say(const struct sides *s, const bool *gone, const bool *fresh)
{
    int x = 0, y = 0, rc = 0;
    while (rc == 0 && (x < s->n || y < s->m)) {
        if (x < s->n && gone[x]) {
            rc = s->each(s->arg, TD_DIFF_GONE, s->first + x, -1);
            x++;
        } else if (y < s->m && fresh[y]) {
            rc = s->each(s->arg, TD_DIFF_NEW, -1, s->first + y);
            y++;
        } else {
            rc = s->each(s->arg, TD_DIFF_SAME, s->first + x, s->first + y);
            x++, y++;
        }
    }
    return rc;
}

static int between(const struct sides *s)
{
    int most = s->n + s->m < TD_DIFF_MOST ? s->n + s->m : TD_DIFF_MOST;
    size_t rows = (size_t)(most + 1) * (size_t)(most + 1);
    int *trace = malloc(rows * sizeof(int));
    bool *marks = calloc((size_t)s->n + (size_t)s->m + 1, sizeof(bool));
    int rc = TD_ENOMEM;
    if (trace && marks) {
        bool *gone = marks, *fresh = marks + s->n;
        int d = search(s, trace, most);
        if (d < 0)
            memset(marks, true, (size_t)s->n + (size_t)s->m);
        else
            walk_back(s, trace, d, gone, fresh);
        rc = say(s, gone, fresh);
    }
    free(trace);
    free(marks);
    return rc;
}

int td_diff(const struct td_diff_piece *a, size_t a_count, const struct td_diff_piece *b,
            size_t b_count, td_diff_fn each, void *arg)
{
    size_t first = 0, last = 0, least = a_count < b_count ? a_count : b_count;
    int rc = 0;
    while (first < least && same(&a[first], &b[first]))
        first++;
    while (last < least - first && same(&a[a_count - 1 - last], &b[b_count - 1 - last]))
        last++;
    for (size_t i = 0; i < first && rc == 0; i++)
        rc = each(arg, TD_DIFF_SAME, (int)i, (int)i);
    struct sides sides = {a + first,
                          b + first,
                          (int)(a_count - first - last),
                          (int)(b_count - first - last),
                          (int)first,
                          each,
                          arg};
    if (rc == 0 && sides.n + sides.m > 0)
        rc = between(&sides);
    for (size_t i = last; i > 0 && rc == 0; i--)
        rc = each(arg, TD_DIFF_SAME, (int)(a_count - i), (int)(b_count - i));
    return rc;
}

/* --- cutting ---------------------------------------------------------------------------------- */

static bool in_word(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '.';
}

static size_t word_at(const char *text, size_t length)
{
    size_t size = 1;
    if (in_word((unsigned char)*text))
        while (size < length && in_word((unsigned char)text[size]))
            size++;
    else
        while (size < length && ((unsigned char)text[size] & 0xc0) == 0x80)
            size++;
    return size;
}

static size_t line_at(const char *text, size_t length)
{
    const char *end = memchr(text, '\n', length);
    return end ? (size_t)(end - text) + 1 : length;
}

int td_diff_cut(const char *text, size_t length, int words, struct td_diff_piece **ret_pieces,
                size_t *ret_count)
{
    size_t count = 0, size;
    for (size_t at = 0; at < length; at += size, count++)
        size = words ? word_at(text + at, length - at) : line_at(text + at, length - at);
    struct td_diff_piece *pieces = malloc((count + 1) * sizeof(*pieces));
    if (!pieces)
        return TD_ENOMEM;
    count = 0;
    for (size_t at = 0; at < length; at += size) {
        size = words ? word_at(text + at, length - at) : line_at(text + at, length - at);
        bool ends = !words && text[at + size - 1] == '\n';
        pieces[count++] = (struct td_diff_piece){text + at, size - (ends ? 1 : 0)};
    }
    *ret_pieces = pieces;
    *ret_count = count;
    return 0;
}
