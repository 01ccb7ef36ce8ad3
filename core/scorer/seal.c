/* seal.c - see seal.h. Holds nothing. Freezing is the interpreter's own: it then refuses new
 * methods, constants and variables with a FrozenError that names the line. */
#include "scorer/seal.h"

#include <mruby/array.h>
#include <mruby/class.h>
#include <mruby/hash.h>
#include <mruby/proc.h>
#include <mruby/string.h>
#include <mruby/variable.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 64 };

static void refuse(mrb_state *mrb, const char *problem, const char *what)
{
    struct RClass *titled = mrb_module_get(mrb, "Titled");
    mrb_raisef(mrb, mrb_class_get_under(mrb, titled, "ScriptError"), problem, what);
}

/* --- the language ----------------------------------------------------------------------------- */

static int seal_member(mrb_state *mrb, mrb_sym name, mrb_value value, void *arg);

static int seal_pair(mrb_state *mrb, mrb_value key, mrb_value value, void *arg)
{
    (void)key; /* texts of keys are copies, frozen already */
    return seal_member(mrb, 0, value, arg);
}

/* A constant or variable of a module: the prelude's own tables, classes in classes. */
static int seal_member(mrb_state *mrb, mrb_sym name, mrb_value value, void *arg)
{
    (void)name;
    if (mrb_immediate_p(value) || mrb_basic_ptr(value) == arg || MRB_FROZEN_P(mrb_basic_ptr(value)))
        return 0;
    enum mrb_vtype type = mrb_type(value);
    if (type != MRB_TT_CLASS && type != MRB_TT_MODULE && type != MRB_TT_ARRAY &&
        type != MRB_TT_HASH && type != MRB_TT_STRING)
        return 0;
    mrb_obj_freeze(mrb, value);
    if (type == MRB_TT_CLASS || type == MRB_TT_MODULE)
        mrb_iv_foreach(mrb, value, seal_member, arg);
    else if (type == MRB_TT_HASH)
        mrb_hash_foreach(mrb, mrb_hash_ptr(value), seal_pair, arg);
    for (mrb_int i = 0; type == MRB_TT_ARRAY && i < RARRAY_LEN(value); i++)
        seal_member(mrb, 0, RARRAY_PTR(value)[i], arg);
    return 0;
}

void td_seal_language(mrb_state *mrb, struct td_seal *ret_seal)
{
    struct RClass *object = mrb->object_class;
    *ret_seal = (struct td_seal){mrb_module_get(mrb, "Titled"), object->super};
    mrb_iv_foreach(mrb, mrb_obj_value(object), seal_member, object);
}

/* --- the standard ----------------------------------------------------------------------------- */

struct sealing {
    const char *word; /* of the language, in whose place the script put another */
    struct RClass *others[2];
    mrb_value label; /* of the rule that is looked at */
    int depth;
};

static int find_replaced(mrb_state *mrb, mrb_sym name, mrb_method_t method, void *arg)
{
    (void)method;
    struct sealing *sealing = arg;
    for (size_t i = 0; i < 2; i++) {
        struct RClass *other = sealing->others[i];
        if (other && !MRB_METHOD_UNDEF_P(mrb_method_search_vm(mrb, &other, name)))
            sealing->word = mrb_sym_name(mrb, name);
    }
    return sealing->word != NULL;
}

/* Has `own` a method that one of the others has? */
static void check_methods(mrb_state *mrb, struct RClass *own, struct RClass *first,
                          struct RClass *second)
{
    struct sealing sealing = {.others = {first, second}};
    mrb_mt_foreach(mrb, own, find_replaced, &sealing);
    if (sealing.word)
        refuse(mrb, "脚本不能改写语言里已有的 %s", sealing.word);
}

static void seal_value(mrb_state *mrb, mrb_value value, struct sealing *sealing);

static int seal_variable(mrb_state *mrb, mrb_sym name, mrb_value value, void *arg)
{
    (void)name;
    seal_value(mrb, value, arg);
    return 0;
}

static int seal_entry(mrb_state *mrb, mrb_value key, mrb_value value, void *arg)
{
    seal_value(mrb, key, arg);
    seal_value(mrb, value, arg);
    return 0;
}

static void refuse_value(mrb_state *mrb, mrb_value value, const struct sealing *sealing)
{
    if (mrb_string_p(sealing->label))
        mrb_funcall(mrb, mrb_obj_value(mrb_module_get(mrb, "Titled")), "mark", 1, sealing->label);
    refuse(mrb, "参数只能是文字、数字、是否、列表和表，写的是 %s", mrb_obj_classname(mrb, value));
}

/* One of Titled's own classes; methods that the script has given to this one object are new ones.
 */
static void check_object(mrb_state *mrb, mrb_value value, const struct sealing *sealing)
{
    struct RClass *class = mrb_class(mrb, value), *real = mrb_obj_class(mrb, value);
    const char *name = mrb_class_name(mrb, real);
    if (!name || strncmp(name, "Titled::", strlen("Titled::")) != 0)
        refuse_value(mrb, value, sealing);
    if (class != real)
        check_methods(mrb, class, real, NULL);
}

static void seal_object(mrb_state *mrb, mrb_value value, struct sealing *sealing)
{
    check_object(mrb, value, sealing);
    if (MRB_FROZEN_P(mrb_basic_ptr(value)))
        return;
    mrb_value outer = sealing->label, label = mrb_iv_get(mrb, value, mrb_intern_lit(mrb, "@label"));
    mrb_obj_freeze(mrb, value);
    sealing->label = mrb_string_p(label) ? label : outer;
    mrb_iv_foreach(mrb, value, seal_variable, sealing);
    sealing->label = outer;
}

static void seal_plain(mrb_state *mrb, mrb_value value, const struct RClass *class,
                       struct sealing *sealing)
{
    if (mrb_class(mrb, value) != class)
        refuse_value(mrb, value, sealing);
    mrb_obj_freeze(mrb, value);
}

static void seal_value(mrb_state *mrb, mrb_value value, struct sealing *sealing)
{
    if (++sealing->depth > DEPTH_MAX)
        refuse(mrb, "%s", "列表和表套得太深");
    switch (mrb_type(value)) {
    case MRB_TT_FALSE:
    case MRB_TT_TRUE:
    case MRB_TT_INTEGER:
    case MRB_TT_FLOAT:
    case MRB_TT_SYMBOL: break;
    case MRB_TT_STRING: seal_plain(mrb, value, mrb->string_class, sealing); break;
    case MRB_TT_PROC: seal_plain(mrb, value, mrb->proc_class, sealing); break;
    case MRB_TT_RANGE: seal_plain(mrb, value, mrb->range_class, sealing); break;
    case MRB_TT_ARRAY:
        seal_plain(mrb, value, mrb->array_class, sealing);
        for (mrb_int i = 0; i < RARRAY_LEN(value); i++)
            seal_value(mrb, RARRAY_PTR(value)[i], sealing);
        break;
    case MRB_TT_HASH:
        seal_plain(mrb, value, mrb->hash_class, sealing);
        mrb_hash_foreach(mrb, mrb_hash_ptr(value), seal_entry, sealing);
        break;
    case MRB_TT_OBJECT: seal_object(mrb, value, sealing); break;
    default: refuse_value(mrb, value, sealing);
    }
    sealing->depth--;
}

void td_seal_standard(mrb_state *mrb, const struct td_seal *seal, mrb_value standard)
{
    struct sealing sealing = {.label = mrb_nil_value()};
    struct RClass *object = mrb->object_class;
    mrb_value titled = mrb_const_get(mrb, mrb_obj_value(object), mrb_intern_lit(mrb, "Titled"));
    if (mrb_immediate_p(titled) || mrb_basic_ptr(titled) != (struct RBasic *)seal->titled)
        mrb_raise(mrb, E_RUNTIME_ERROR, "脚本不能改写语言里已有的 Titled");
    if (object->super != seal->above_object)
        refuse(mrb, "脚本不能改写语言里已有的 %s", "Object");
    check_methods(mrb, object, mrb->kernel_module, mrb_class_get(mrb, "BasicObject"));
    seal_value(mrb, standard, &sealing);
    mrb_obj_freeze(mrb, mrb_obj_value(object));
}
