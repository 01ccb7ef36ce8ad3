/* prelude.h - the text of prelude.rb, embedded when the worker is built. */
#ifndef TD_SCORER_PRELUDE_H
#define TD_SCORER_PRELUDE_H

#include <stddef.h>

const char *td_prelude(size_t *ret_length);

#endif
