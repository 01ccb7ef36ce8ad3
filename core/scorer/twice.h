/* twice.h - finds a key that is written twice in one place of a script.
 *
 * Ruby lets the last one win without a word: {"优秀" => 6, "优秀" => 5}, or cap: 6, ..., cap: 8. In a table
 * of points that is somebody's mistake. */
#ifndef TD_SCORER_TWICE_H
#define TD_SCORER_TWICE_H

#include <stddef.h>

/* The line of the first key that its hash or its list of arguments has already, with the key as written
 * in `key`; 0 when there is none. `source` is a script that compiles. Reads text, not meaning: nothing
 * is looked at from a here-document or a %-literal on. */
int td_twice(const char *source, size_t length, char *key, size_t size);

#endif
