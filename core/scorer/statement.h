/* statement.h - where a statement of a script begins.
 *
 * The interpreter names the last line of a call that goes over several: the line of its last argument,
 * or the `end` of its block. People look for a mistake where the rule begins. */
#ifndef TD_SCORER_STATEMENT_H
#define TD_SCORER_STATEMENT_H

#include <stddef.h>

/* The first line of the statement that goes on in, or ends with, `line` (from 1); `line` itself when it
 * stands alone or is none of the source. Reads text, not meaning: a line that ends with a comma goes on in
 * the next one, and an `end` belongs to the nearest line before it that is indented no deeper. */
int td_statement_line(const char *source, size_t length, int line);

#endif
