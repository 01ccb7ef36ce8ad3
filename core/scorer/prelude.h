/* prelude.h - the files of prelude/, embedded when the worker is built: the language of standards.
 */
#ifndef TD_SCORER_PRELUDE_H
#define TD_SCORER_PRELUDE_H

#include <stddef.h>

struct td_prelude_file {
    const char *name; /* what errors call it: "prelude/rules.rb" */
    const char *text;
    size_t length;
};

/* The file with this number, in the order in which they are loaded, from 0; NULL after the last. */
const struct td_prelude_file *td_prelude(size_t number);

#endif
