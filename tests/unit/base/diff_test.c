/* diff_test.c - what is gone and new between two sequences, against a plain table of longest common
 * subsequences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/base/diff.c"

#include <stdio.h>

struct heard {
    char text[4096]; /* "=a-b+c" */
    const struct td_diff_piece *a, *b;
    int gone, fresh, last_a, last_b;
};

static int hear(void *arg, enum td_diff_kind kind, int a, int b)
{
    struct heard *heard = arg;
    const struct td_diff_piece *piece = kind == TD_DIFF_NEW ? &heard->b[b] : &heard->a[a];
    size_t at = strlen(heard->text);
    snprintf(heard->text + at, sizeof(heard->text) - at, "%c%.*s", "=-+"[kind],
             (int)piece -> length, piece -> text);
    heard->gone += kind == TD_DIFF_GONE;
    heard->fresh += kind == TD_DIFF_NEW;
    if (kind != TD_DIFF_NEW)
        assert_int_equal(a, ++heard->last_a);
    if (kind != TD_DIFF_GONE)
        assert_int_equal(b, ++heard->last_b);
    return 0;
}

static struct heard diff(const char *from, const char *to, int words)
{
    struct td_diff_piece *a = NULL, *b = NULL;
    size_t n = 0, m = 0;
    assert_int_equal(td_diff_cut(from, strlen(from), words, &a, &n), 0);
    assert_int_equal(td_diff_cut(to, strlen(to), words, &b, &m), 0);
    struct heard heard = {.a = a, .b = b, .last_a = -1, .last_b = -1};
    assert_int_equal(td_diff(a, n, b, m, hear, &heard), 0);
    assert_int_equal(heard.last_a + 1, n);
    assert_int_equal(heard.last_b + 1, m);
    free(a);
    free(b);
    return heard;
}

static void lines(void **state)
{
    (void)state;
    assert_string_equal(diff("a\nb\nc\n", "a\nx\nc\n", 0).text, "=a-b+x=c");
    assert_string_equal(diff("", "a\n", 0).text, "+a");
    assert_string_equal(diff("a\n", "", 0).text, "-a");
    assert_string_equal(diff("", "", 0).text, "");
    assert_string_equal(diff("a\n", "a", 0).text,
                        "=a"); /* the end of the last line is no difference */
    assert_string_equal(diff("a\nb\n", "b\na\n", 0).text, "-a=b+a");
}

static void words(void **state)
{
    (void)state;
    assert_string_equal(diff("cap: 15, of", "cap: 12.5, of", 1).text, "=cap=:= -15+12.5=,= =of");
    assert_string_equal(diff("“优” 6", "“良” 6", 1).text, "=“-优+良=”= =6");
}

static int longest(const char *a, const char *b)
{
    static int table[64][64];
    size_t n = strlen(a), m = strlen(b);
    memset(table, 0, sizeof(table));
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            int up = table[i - 1][j], left = table[i][j - 1];
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 : up > left ? up : left;
        }
    return table[n][m];
}

/* Of letters with blanks between, so that each is a word of its own. */
static void shortest(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        char plain[2][32], spaced[2][64];
        for (int side = 0; side < 2; side++) {
            seed = seed * 1664525 + 1013904223;
            int length = (int)(seed >> 24) % 24;
            for (int i = 0; i < length; i++) {
                seed = seed * 1664525 + 1013904223;
                plain[side][i] = (char)('a' + (seed >> 28) % 4);
                spaced[side][2 * i] = plain[side][i];
                spaced[side][2 * i + 1] = '\n';
            }
            plain[side][length] = 0;
            spaced[side][2 * length] = 0;
        }
        int common = longest(plain[0], plain[1]);
        struct heard heard = diff(spaced[0], spaced[1], 0);
        assert_int_equal(heard.gone, (int)strlen(plain[0]) - common);
        assert_int_equal(heard.fresh, (int)strlen(plain[1]) - common);
    }
}

static int count(void *arg, enum td_diff_kind kind, int a, int b)
{
    (void)a;
    (void)b;
    ((int *)arg)[kind]++;
    return 0;
}

/* What differs too much is exchanged as a whole, in bounded time and memory. */
static void hostile(void **state)
{
    (void)state;
    enum { LINES = 30000 };
    char *text[2];
    struct td_diff_piece *pieces[2];
    size_t counts[2];
    for (int side = 0; side < 2; side++) {
        char *at = text[side] = malloc(LINES * 8);
        for (int i = 0; i < LINES; i++)
            at += sprintf(at, "%c%d\n", "ab"[side], i % 1000);
        assert_int_equal(
            td_diff_cut(text[side], strlen(text[side]), 0, &pieces[side], &counts[side]), 0);
    }
    int kinds[3] = {0};
    assert_int_equal(td_diff(pieces[0], counts[0], pieces[1], counts[1], count, kinds), 0);
    assert_int_equal(kinds[TD_DIFF_SAME], 0);
    assert_int_equal(kinds[TD_DIFF_GONE], LINES);
    assert_int_equal(kinds[TD_DIFF_NEW], LINES);
    for (int side = 0; side < 2; side++) {
        free(text[side]);
        free(pieces[side]);
    }
}

static int stop(void *arg, enum td_diff_kind kind, int a, int b)
{
    (void)a;
    (void)b;
    (void)arg;
    return kind == TD_DIFF_NEW ? 7 : 0;
}

static void stops(void **state)
{
    (void)state;
    struct td_diff_piece a[] = {{"a", 1}}, b[] = {{"b", 1}};
    assert_int_equal(td_diff(a, 1, b, 1, stop, NULL), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),   cmocka_unit_test(words), cmocka_unit_test(shortest),
        cmocka_unit_test(hostile), cmocka_unit_test(stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
