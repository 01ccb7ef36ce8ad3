/* prelude.h - the text of prelude.rb, embedded when the worker is built. */
#ifndef TD_SCORER_PRELUDE_H
#define TD_SCORER_PRELUDE_H

#include <stddef.h>

extern const char td_prelude[];
extern const size_t td_prelude_length;

#endif
