/* numbers.c - see numbers.h. */
#include "scorer/numbers.h"

#include <mruby/error.h>
#include <mruby/string.h>
#include <stdbool.h>
#include <stdio.h>

static mrb_value range_error(mrb_state *mrb)
{
    mrb_raise(mrb, mrb_class_get(mrb, "RangeError"), "the number is too large");
    return mrb_nil_value();
}

static int64_t floored(int64_t numerator, int64_t denominator)
{
    int64_t quotient = numerator / denominator;
    return numerator % denominator != 0 && (numerator < 0) != (denominator < 0) ? quotient - 1
                                                                                : quotient;
}

static mrb_value divide(mrb_state *mrb, mrb_value self)
{
    (void)self;
    mrb_int numerator, denominator;
    int64_t doubled, sum, twice;
    mrb_get_args(mrb, "ii", &numerator, &denominator);
    if (denominator == 0)
        mrb_raise(mrb, mrb_class_get(mrb, "ZeroDivisionError"), "divided by 0");
    if (__builtin_mul_overflow((int64_t)numerator, 2, &doubled) ||
        __builtin_add_overflow(doubled, (int64_t)denominator, &sum) ||
        __builtin_mul_overflow((int64_t)denominator, 2, &twice))
        return range_error(mrb);
    return mrb_int_value(mrb, floored(sum, twice));
}

/* Writes 950 as "9.50"; `short_form` drops zeros, and the point with them, at the end. */
static mrb_value text_of(mrb_state *mrb, bool short_form)
{
    mrb_int hundredths;
    char text[32];
    mrb_get_args(mrb, "i", &hundredths);
    uint64_t size = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;
    int length = snprintf(text, sizeof(text), "%s%llu.%02u", hundredths < 0 ? "-" : "",
                          (unsigned long long)(size / 100), (unsigned)(size % 100));
    for (int i = 0; short_form && i < 2 && text[length - 1] == '0'; i++)
        length--;
    if (text[length - 1] == '.')
        length--;
    return mrb_str_new(mrb, text, length);
}

static mrb_value points_text(mrb_state *mrb, mrb_value self)
{
    (void)self;
    return text_of(mrb, false);
}

static mrb_value number_text(mrb_state *mrb, mrb_value self)
{
    (void)self;
    return text_of(mrb, true);
}

void td_numbers_define(mrb_state *mrb, struct RClass *titled)
{
    mrb_define_module_function(mrb, titled, "divide", divide, MRB_ARGS_REQ(2));
    mrb_define_module_function(mrb, titled, "points_text", points_text, MRB_ARGS_REQ(1));
    mrb_define_module_function(mrb, titled, "number_text", number_text, MRB_ARGS_REQ(1));
}
