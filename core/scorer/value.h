/* value.h - JSON to mruby values and back. Part of the interpreter side: only vm.c calls it.
 *
 * Objects are hashes with String keys, null is nil, whole numbers are Integer, others Float. */
#ifndef TD_SCORER_VALUE_H
#define TD_SCORER_VALUE_H

#include <jansson.h>
#include <mruby.h>
#include <stdbool.h>
#include <stdint.h>

#define TD_VALUE_DEPTH_MAX 40

/* Hundredths of the decimal that people wrote for this number, half up (0.145 is 15, -0.005 is 0): of
 * its first 14 digits, so that binary fractions do not show. False when it is no number or beyond
 * 10^10. */
bool td_value_hundredths(double number, int64_t *ret_hundredths);

/* May raise (memory, depth); call it under protection. */
mrb_value td_value_from_json(mrb_state *mrb, const json_t *json);

/* A new reference, or NULL with `*ret_problem` a literal that says why: too deep, more than `limit`
 * bytes as JSON, not UTF-8, or an object that has no JSON form. Symbols become strings. Never
 * raises and never calls into the script. */
json_t *td_value_to_json(mrb_state *mrb, mrb_value value, size_t limit, const char **ret_problem);

#endif
