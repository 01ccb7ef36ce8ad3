/* prelude.c - see prelude.h. */
#include "scorer/prelude.h"

#include <titled/embed.h>

TITLED_EMBED(prelude, "prelude.rb");

const char *td_prelude(size_t *ret_length)
{
    *ret_length = (size_t)(prelude_end - prelude);
    return prelude;
}
