/* standard_diff.h - what is other in a standard: its script line by line, and its table as people
 * read it. Pure functions of two sources and two outlines. */
#ifndef TD_REVIEW_STANDARD_DIFF_H
#define TD_REVIEW_STANDARD_DIFF_H

#include <jansson.h>

/* {"hunks": [{"lines": [LINE]}], "lines_gone": count, "lines_new": count}, three lines around each
 * change. LINE is {"kind": "same|gone|new", that word: true, "before_line", "after_line" (where it has
 * one, from 1), "parts": [{"text", "marked"}]}: what is other within a line that takes another's place is marked. A new reference, NULL
 * when memory is short. */
json_t *td_standard_diff_lines(const char *from, const char *to);

/* Rows of the table that were added, removed or changed, in its order: [{"part": "head|condition|veto|
 * section|item", "id", "name", "section_name" (of an item), "change": "added|removed|changed",
 * "fields": [{"field", "before": [{"text", "marked"}], "after": [...]}]}]. Points stand as texts
 * ("15.00"). A new reference, NULL when memory is short. */
json_t *td_standard_diff_table(const json_t *from_outline, const json_t *to_outline);

#endif
