/* value.c - see value.h. */
#include "scorer/value.h"

#include <math.h>
#include <mruby/array.h>
#include <mruby/hash.h>
#include <mruby/string.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* 14 digits and the power of ten of the last one: 0.145 is 14500000000000 and -14. More would show
 * that the interpreter keeps 50 bits of a double. */
static int64_t digits_of(double number, int *ret_power)
{
    char text[40];
    int64_t digits = 0;
    const char *at = text;
    snprintf(text, sizeof(text), "%.13e", number);
    for (; *at && *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            digits = digits * 10 + (*at - '0');
    *ret_power = (int)strtol(at + (*at == 'e'), NULL, 10) - 13;
    return digits;
}

bool td_value_hundredths(double number, int64_t *ret_hundredths)
{
    static const double largest = 1e10;
    int power;
    if (!(fabs(number) <= largest))
        return false;
    int64_t digits = digits_of(fabs(number), &power), unit = 1;
    for (power += 2; power < 0 && unit <= digits; power++)
        unit *= 10;
    int64_t rest = digits % unit;
    bool up = power == 0 && (number < 0 ? rest * 2 > unit : rest * 2 >= unit) && unit > 1;
    digits = digits / unit + up;
    *ret_hundredths = number < 0 ? -digits : digits;
    return true;
}

static mrb_value from_json(mrb_state *mrb, const json_t *json, int depth)
{
    if (depth > TD_VALUE_DEPTH_MAX)
        mrb_raise(mrb, mrb_class_get(mrb, "RangeError"), "the input is nested too deeply");
    switch (json_typeof(json)) {
    case JSON_OBJECT: {
        mrb_value hash = mrb_hash_new_capa(mrb, (mrb_int)json_object_size(json));
        const char *key;
        json_t *member;
        json_object_foreach((json_t *)json, key, member) {
            int arena = mrb_gc_arena_save(mrb);
            mrb_hash_set(mrb, hash, mrb_str_new_cstr(mrb, key), from_json(mrb, member, depth + 1));
            mrb_gc_arena_restore(mrb, arena);
        }
        return hash;
    }
    case JSON_ARRAY: {
        mrb_value array = mrb_ary_new_capa(mrb, (mrb_int)json_array_size(json));
        size_t i;
        json_t *element;
        json_array_foreach(json, i, element) {
            int arena = mrb_gc_arena_save(mrb);
            mrb_ary_push(mrb, array, from_json(mrb, element, depth + 1));
            mrb_gc_arena_restore(mrb, arena);
        }
        return array;
    }
    case JSON_STRING:
        return mrb_str_new(mrb, json_string_value(json), (mrb_int)json_string_length(json));
    case JSON_INTEGER: return mrb_int_value(mrb, json_integer_value(json));
    case JSON_REAL: return mrb_float_value(mrb, json_real_value(json));
    case JSON_TRUE: return mrb_true_value();
    case JSON_FALSE: return mrb_false_value();
    case JSON_NULL: break;
    }
    return mrb_nil_value();
}

mrb_value td_value_from_json(mrb_state *mrb, const json_t *json)
{
    return from_json(mrb, json, 0);
}

/* What one conversion has left to spend, and what stopped it. */
struct writer {
    size_t left;
    int depth;
    const char *problem;
    json_t *object; /* being filled by add_member */
};

static json_t *to_json(mrb_state *mrb, mrb_value value, struct writer *writer);

static json_t *refuse(struct writer *writer, const char *problem)
{
    if (!writer->problem)
        writer->problem = problem;
    return NULL;
}

static bool spend(struct writer *writer, size_t bytes)
{
    if (bytes > writer->left) {
        refuse(writer, "the script's answer is larger than allowed");
        return false;
    }
    writer->left -= bytes;
    return true;
}

static json_t *text_to_json(struct writer *writer, const char *text, mrb_int length)
{
    if (!spend(writer, (size_t)length + 3))
        return NULL;
    json_t *json = json_stringn(text, (size_t)length);
    return json ? json : refuse(writer, "the script's answer has a text that is not UTF-8");
}

static json_t *symbol_to_json(mrb_state *mrb, struct writer *writer, mrb_sym symbol)
{
    mrb_int length;
    const char *text = mrb_sym_name_len(mrb, symbol, &length);
    return text_to_json(writer, text, length);
}

static int add_member(mrb_state *mrb, mrb_value key, mrb_value value, void *arg)
{
    struct writer *writer = arg;
    json_t *object = writer->object;
    json_t *name = NULL;
    if (mrb_string_p(key))
        name = text_to_json(writer, RSTRING_PTR(key), RSTRING_LEN(key));
    else if (mrb_symbol_p(key))
        name = symbol_to_json(mrb, writer, mrb_symbol(key));
    else
        refuse(writer, "the script's answer has a hash key that is no text");
    json_t *member = name ? to_json(mrb, value, writer) : NULL;
    writer->object = object;
    if (member &&
        json_object_setn_new(object, json_string_value(name), json_string_length(name), member))
        refuse(writer, "the worker is short of memory");
    json_decref(name);
    return writer->problem != NULL;
}

static json_t *hash_to_json(mrb_state *mrb, mrb_value hash, struct writer *writer)
{
    json_t *outer = writer->object;
    json_t *object = json_object();
    writer->object = object;
    mrb_hash_foreach(mrb, mrb_hash_ptr(hash), add_member, writer);
    writer->object = outer;
    if (!writer->problem)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *array_to_json(mrb_state *mrb, mrb_value array, struct writer *writer)
{
    json_t *json = json_array();
    for (mrb_int i = 0; i < RARRAY_LEN(array) && !writer->problem; i++) {
        json_t *element = to_json(mrb, RARRAY_PTR(array)[i], writer);
        if (element && json_array_append_new(json, element))
            refuse(writer, "the worker is short of memory");
    }
    if (!writer->problem)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *to_json(mrb_state *mrb, mrb_value value, struct writer *writer)
{
    if (!spend(writer, 8))
        return NULL;
    if (mrb_nil_p(value))
        return json_null();
    switch (mrb_type(value)) {
    case MRB_TT_FALSE: return json_false();
    case MRB_TT_TRUE: return json_true();
    case MRB_TT_INTEGER: return json_integer(mrb_integer(value));
    case MRB_TT_FLOAT:
        if (!isfinite(mrb_float(value)))
            return refuse(writer, "the script's answer has a number that is not finite");
        return json_real(mrb_float(value));
    case MRB_TT_STRING: return text_to_json(writer, RSTRING_PTR(value), RSTRING_LEN(value));
    case MRB_TT_SYMBOL: return symbol_to_json(mrb, writer, mrb_symbol(value));
    case MRB_TT_ARRAY:
    case MRB_TT_HASH: {
        if (writer->depth >= TD_VALUE_DEPTH_MAX)
            return refuse(writer, "the script's answer is nested too deeply");
        writer->depth++;
        json_t *json = mrb_array_p(value) ? array_to_json(mrb, value, writer)
                                          : hash_to_json(mrb, value, writer);
        writer->depth--;
        return json;
    }
    default:
        return refuse(writer,
                      "the script's answer has a value that is no text, number, list or hash");
    }
}

json_t *td_value_to_json(mrb_state *mrb, mrb_value value, size_t limit, const char **ret_problem)
{
    struct writer writer = {.left = limit};
    json_t *json = to_json(mrb, value, &writer);
    if (!json)
        *ret_problem = writer.problem ? writer.problem : "the worker is short of memory";
    return json;
}
