/* numbers.h - points as the prelude calculates and writes them, in C since every sentence of every rule needs them. With vm.c
 * and value.c part of the interpreter side. */
#ifndef TD_SCORER_NUMBERS_H
#define TD_SCORER_NUMBERS_H

#include <mruby.h>

/* Gives module Titled its functions about hundredths:
 *   divide(numerator, denominator)  half up: -0.5 becomes 0
 *   points_text(950)                "9.50"
 *   number_text(950)                "9.5"; 1500 is "15" */
void td_numbers_define(mrb_state *mrb, struct RClass *titled);

#endif
