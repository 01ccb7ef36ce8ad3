/* diff.h - the shortest way from one sequence of texts to another (E. Myers, "An O(ND) Difference
 * Algorithm and Its Variations", 1986, greedy form). Used for lines, and for the words of a line. */
#ifndef TD_BASE_DIFF_H
#define TD_BASE_DIFF_H

#include <stddef.h>

/* Not NUL-terminated; borrowed. */
struct td_diff_piece {
    const char *text;
    size_t length;
};

enum td_diff_kind { TD_DIFF_SAME, TD_DIFF_GONE, TD_DIFF_NEW };

/* Called in order, the gone before the new ones that take their place. `a` and `b` are indices, -1
 * where there is none. Non-zero stops. */
typedef int (*td_diff_fn)(void *arg, enum td_diff_kind kind, int a, int b);

/* 0, what `each` answered, or TD_ENOMEM. Two sequences that differ in more than TD_DIFF_MOST pieces,
 * equal beginnings and ends aside, are taken as wholly different there. */
enum { TD_DIFF_MOST = 1000 };
int td_diff(const struct td_diff_piece *a, size_t a_count, const struct td_diff_piece *b,
            size_t b_count, td_diff_fn each, void *arg);

/* Cuts a text into lines without their ends (`words` false), or into words: runs of letters, digits,
 * '_' and '.', each other character alone. *ret_pieces is malloc'd and points into `text`. TD_ENOMEM. */
int td_diff_cut(const char *text, size_t length, int words, struct td_diff_piece **ret_pieces,
                size_t *ret_count);

#endif
