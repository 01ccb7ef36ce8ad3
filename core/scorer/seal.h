/* seal.h - what a script may not change: the language, and its standard once it was read.
 *
 * A trial asks a rule once for all dossiers that are equal in what the rule reads (tally.h), and a score is never
 * asked twice. Both are right only when nothing of the script's own runs inside of a rule, blocks apart, and when no
 * rule changes from one dossier to the next. */
#ifndef TD_SCORER_SEAL_H
#define TD_SCORER_SEAL_H

#include <mruby.h>

struct td_seal {
    struct RClass *titled, *above_object; /* as they were when the language was sealed */
};

/* Freezes the interpreter's classes and all of Titled, before the script is read. It may still define classes, methods
 * and constants of its own. */
void td_seal_language(mrb_state *mrb, struct td_seal *ret_seal);

/* Freezes the standard with everything in it, and what the script has defined at the top. Raises Titled::ScriptError for
 * a standard that holds other things than texts, numbers, lists, hashes, blocks and what Titled itself makes, and
 * for a script that has put a word of its own in the place of one of the language. */
void td_seal_standard(mrb_state *mrb, const struct td_seal *seal, mrb_value standard);

#endif
