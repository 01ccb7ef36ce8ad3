/* code.h - national codes of what dossiers and accounts say in words.
 *
 * Records keep the words that people read ("female", "维吾尔族", "本科"); what goes to other systems carries the
 * code beside them. Codes of titles (GB/T 8561-2001) and of the options of a form stand in the series' form.json
 * ("code"): the core knows no series. Districts (GB/T 2260) are the table `division`. */
#ifndef TD_REVIEW_CODE_H
#define TD_REVIEW_CODE_H

#include "review/review.h"

enum td_code_list {
    TD_CODE_SEX,       /* GB/T 2261.1 */
    TD_CODE_ETHNICITY, /* GB/T 3304 */
    TD_CODE_POLITICS,  /* GB/T 4762 */
    TD_CODE_EDUCATION, /* GB/T 4658-2006 */
    TD_CODE_DEGREE,    /* GB/T 6864 */
    TD_CODE_LISTS
};

struct td_code {
    const char *code, *name, *name_en;
    const char *word; /* what records here say instead of the name; NULL = the name */
};

/* The entry whose code, name or word this is; NULL when there is none. */
const struct td_code *td_code_find(enum td_code_list list, const char *text);

/* One list with the chosen entry marked, for a page to choose from: [{"value" (the name), "code", "name",
 * "name_en", "selected"}]. A new reference. */
json_t *td_code_options(enum td_code_list list, const char *chosen);

/* Every list: [{"standard": "GB/T 3304-1991", "name", "name_en", "codes": [{"code", "name", "name_en"}]}], the
 * districts of the register and the titles of the catalog among them; these have "internal" =
 * "series.branch.level" ("" where a series has no branches: "teacher..senior"), and "code" "" where the
 * standard of 2001 has no such title. A new reference. */
int td_code_lists(struct td_review *review, json_t **ret_lists);

/* The code of a title (GB/T 8561) for a level in a specialty of a series; "" when the standard has none. */
const char *td_code_title(const json_t *descriptor, const char *level, const char *specialty);

#endif
