/* prelude.c - see prelude.h. */
#include "scorer/prelude.h"

#include <titled/embed.h>

TITLED_EMBED(values, "prelude/values.rb");
TITLED_EMBED(rules, "prelude/rules.rb");
TITLED_EMBED(amounts, "prelude/amounts.rb");
TITLED_EMBED(experts, "prelude/experts.rb");
TITLED_EMBED(lists, "prelude/lists.rb");
TITLED_EMBED(questions, "prelude/questions.rb");
TITLED_EMBED(relations, "prelude/relations.rb");
TITLED_EMBED(standard, "prelude/standard.rb");
TITLED_EMBED(scoring, "prelude/scoring.rb");
TITLED_EMBED(tally, "prelude/tally.rb");

/* clang-format off */
#define FILES(X)                                                                                   \
    X(values) X(rules) X(amounts) X(experts) X(lists) X(questions) X(relations) X(standard)        \
    X(scoring) X(tally)
/* clang-format on */

const struct td_prelude_file *td_prelude(size_t number)
{
    static struct td_prelude_file files[] = {
#define X(file) {"prelude/" #file ".rb", file, 0},
        FILES(X)
#undef X
    };
    static size_t (*const sizes[])(void) = {
#define X(file) file##_size,
        FILES(X)
#undef X
    };
    if (number >= sizeof(files) / sizeof(files[0]))
        return NULL;
    files[number].length = sizes[number]();
    return &files[number];
}
