/* vm.c - see vm.h. With value.c the only place that knows mruby.
 *
 * The interpreter starts from the bare core and adds the gems listed in `mrb_init_mrbgems` below,
 * which takes the place of the library's own: gems that are not listed (io, socket, eval, time,
 * random, objectspace ...) are not even linked. What the core itself offers too much of is taken
 * away before the prelude runs. Life: td_vm_new compiles prelude and standard and keeps what
 * `Titled.take` answers; each call runs under mrb_protect_error with the GC arena put back
 * afterwards. */
#include "scorer/vm.h"

#include "scorer/numbers.h"
#include "scorer/prelude.h"
#include "scorer/seal.h"
#include "scorer/statement.h"
#include "scorer/twice.h"
#include "scorer/value.h"

#include <malloc.h>
#include <mruby.h>
#include <mruby/array.h>
#include <mruby/compile.h>
#include <mruby/irep.h> /* before debug.h, which uses its types */

#include <mruby/debug.h>
#include <mruby/error.h>
#include <mruby/proc.h>
#include <mruby/string.h>
#include <mruby/variable.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct td_vm {
    mrb_state *mrb;
    mrb_value standard;
    struct td_seal seal;
    size_t memory;  /* bytes the interpreter holds */
    int refusals;   /* allocations refused one after the other: 2 means that collecting did not help
                     */
    bool exhausted; /* that happened */
    int exhausted_at; /* on this line: mruby's error for it remembers none */
    char name[128];
    char rule[64]; /* last Titled.mark */
    bool loading;  /* the standard's source runs: marks tell where rules are written */
    struct written {
        char rule[64];
        int line;
    } * written;
    size_t written_count;
    bool planned;               /* `plan` was asked for */
    struct td_tally_plan *plan; /* NULL: it has none */
};

/* The VM that runs now, for td_vm_place. */
static struct td_vm *volatile running;

static const json_t *declared; /* td_vm_declare */

/* clang-format off */
#define GEMS(X)                                                                                    \
    X(compar_ext) X(enum_ext) X(string_ext) X(numeric_ext) X(array_ext) X(hash_ext) X(range_ext)   \
    X(proc_ext) X(symbol_ext) X(object_ext) X(kernel_ext) X(class_ext) X(sprintf) X(math)
/* clang-format on */

#define X(gem) void GENERATED_TMP_mrb_mruby_##gem##_gem_init(mrb_state *mrb);
GEMS(X)
#undef X

void mrb_init_mrbgems(mrb_state *mrb);
void mrb_final_mrbgems(mrb_state *mrb);

void mrb_init_mrbgems(mrb_state *mrb)
{
#define X(gem) GENERATED_TMP_mrb_mruby_##gem##_gem_init(mrb);
    GEMS(X)
#undef X
}

void mrb_final_mrbgems(mrb_state *mrb)
{
    (void)mrb;
}

/* --- memory ----------------------------------------------------------------------------------- */

static int line_now(const struct td_vm *vm);

/* mruby's allocator: on NULL it collects garbage, asks once more and then raises NoMemoryError. */
static void *allocate(mrb_state *mrb, void *old, size_t size, void *arg)
{
    (void)mrb;
    struct td_vm *vm = arg;
    size_t before = old ? malloc_usable_size(old) : 0;
    if (!size) {
        vm->memory -= before;
        free(old);
        return NULL;
    }
    if (size > before && vm->memory + (size - before) > TD_VM_MEMORY_MAX) {
        if (!vm->exhausted && ++vm->refusals >= 2) {
            vm->exhausted = true;
            vm->exhausted_at = line_now(vm);
        }
        return NULL;
    }
    void *bytes = realloc(old, size);
    if (bytes) {
        vm->memory += malloc_usable_size(bytes) - before;
        vm->refusals = 0;
    }
    return bytes;
}

/* --- what scripts may not do ------------------------------------------------------------------ */

static mrb_value object_to_s(mrb_state *mrb, mrb_value self)
{
    return mrb_format(mrb, "#<%s>", mrb_obj_classname(mrb, self));
}

/* Where the present rule is written, 0 when it is none of the standard's. Reads only. */
static int line_of_rule(const struct td_vm *vm)
{
    for (size_t i = 0; i < vm->written_count; i++)
        if (!strcmp(vm->written[i].rule, vm->rule))
            return vm->written[i].line;
    return 0;
}

enum { RULES_MAX = 1000 };

static void remember_line(struct td_vm *vm)
{
    int line = line_now(vm);
    if (!line || !vm->rule[0] || vm->written_count >= RULES_MAX || line_of_rule(vm))
        return;
    struct written *more = realloc(vm->written, (vm->written_count + 1) * sizeof(*more));
    if (!more)
        return;
    vm->written = more;
    struct written *last = &more[vm->written_count++];
    memcpy(last->rule, vm->rule, sizeof(last->rule));
    last->line = line;
}

/* Titled.mark(text): the rule that is read or evaluated, named in errors; "" is none. */
static mrb_value mark(mrb_state *mrb, mrb_value self)
{
    (void)self;
    struct td_vm *vm = mrb->allocf_ud;
    const char *text;
    mrb_get_args(mrb, "z", &text);
    snprintf(vm->rule, sizeof(vm->rule), "%s", text);
    td_fault_keep_utf8(vm->rule);
    if (vm->loading)
        remember_line(vm);
    return mrb_nil_value();
}

/* Titled.decimal(number): see td_value_hundredths. */
static mrb_value decimal(mrb_state *mrb, mrb_value self)
{
    (void)self;
    mrb_float number;
    int64_t hundredths;
    mrb_get_args(mrb, "f", &number);
    if (!td_value_hundredths(number, &hundredths))
        mrb_raise(mrb, mrb_class_get(mrb, "RangeError"), "the number is too large");
    return mrb_int_value(mrb, hundredths);
}

/* The library's own versions of these use object_id or show an address. */
static const char listings[] =
    "class Array\n"
    "  def inspect; '[' + map { |v| v.inspect }.join(', ') + ']'; end\n"
    "  alias to_s inspect\n"
    "end\n"
    "class Hash\n"
    "  def inspect; '{' + map { |k, v| k.inspect + '=>' + v.inspect }.join(', ') + '}'; end\n"
    "  alias to_s inspect\n"
    "end\n"
    "class Module\n"
    "  def inspect; name || '#<Class>'; end\n"
    "  alias to_s inspect\n"
    "end\n"
    "class Proc\n"
    "  def inspect; '#<Proc>'; end\n"
    "  alias to_s inspect\n"
    "end\n"
    "class FrozenError\n"
    "  def message\n"
    "    '冻结的值不能改动：语言和读入后的标准都是冻结的，脚本不能在两份材料之间保留什么'\n"
    "  end\n"
    "  alias to_s message\n"
    "  alias inspect message\n"
    "end\n";

/* Output, the collector's controls, and everything that shows an address (the same dossier must
 * give the same points in every process). */
static void take_away(mrb_state *mrb)
{
    static const char *const methods[] = {"p",         "print",  "puts", "printf",
                                          "object_id", "__id__", "hash", "caller",
                                          "srand",     "rand",   "exit", "abort"};
    static const char *const constants[] = {"GC",     "ObjectSpace", "IO",  "File", "Time",
                                            "Random", "Process",     "ENV", "ARGV", "RUBY_ENGINE"};
    struct RClass *kernel = mrb->kernel_module;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (mrb_obj_respond_to(mrb, mrb->object_class, mrb_intern_cstr(mrb, methods[i])))
            mrb_undef_method(mrb, kernel, methods[i]);
    mrb_value object = mrb_obj_value(mrb->object_class);
    for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
        if (mrb_const_defined(mrb, object, mrb_intern_cstr(mrb, constants[i])))
            mrb_const_remove(mrb, object, mrb_intern_cstr(mrb, constants[i]));
    mrb_define_method(mrb, kernel, "to_s", object_to_s, MRB_ARGS_NONE());
    mrb_define_method(mrb, kernel, "inspect", object_to_s, MRB_ARGS_NONE());
}

/* --- errors ----------------------------------------------------------------------------------- */

/* Finds the innermost line of the standard in "file:line:in method" entries. The outermost one is
 * the end of the source for as long as the VM lives: it tells something only while the source runs.
 */
static void place_of(mrb_state *mrb, struct td_vm *vm, mrb_value exception, struct td_fault *fault)
{
    mrb_value backtrace = mrb_funcall(mrb, exception, "backtrace", 0);
    size_t length = strlen(vm->name);
    mrb_int count = mrb_array_p(backtrace) ? RARRAY_LEN(backtrace) - !vm->loading : 0;
    for (mrb_int i = 0; i < count; i++) {
        mrb_value entry = mrb_ary_entry(backtrace, i);
        if (!mrb_string_p(entry) || strncmp(RSTRING_CSTR(mrb, entry), vm->name, length) != 0)
            continue;
        const char *rest = RSTRING_CSTR(mrb, entry) + length;
        if (rest[0] == ':') {
            fault->line = (int)strtol(rest + 1, NULL, 10);
            return;
        }
    }
}

struct telling {
    struct td_vm *vm;
    mrb_value exception;
    struct td_fault *fault;
};

static mrb_value tell_exception(mrb_state *mrb, void *arg)
{
    struct telling *telling = arg;
    mrb_value text = mrb_funcall(mrb, telling->exception, "message", 0);
    const char *class = mrb_obj_classname(mrb, telling->exception);
    bool prelude = class && !strcmp(class, "Titled::ScriptError"); /* says all itself */
    snprintf(telling->fault->message, sizeof(telling->fault->message), prelude ? "%s" : "%s (%s)",
             mrb_string_p(text) ? RSTRING_CSTR(mrb, text) : "", class);
    place_of(mrb, telling->vm, telling->exception, telling->fault);
    return mrb_nil_value();
}

static void fail(struct td_vm *vm, struct td_fault *fault, const char *code, const char *message)
{
    fault->code = code;
    snprintf(fault->file, sizeof(fault->file), "%s", vm->name);
    snprintf(fault->rule, sizeof(fault->rule), "%s", vm->rule);
    if (!fault->line)
        fault->line = line_of_rule(vm);
    if (message)
        snprintf(fault->message, sizeof(fault->message), "%s", message);
    td_fault_keep_utf8(fault->message);
}

static void fail_with_exception(struct td_vm *vm, mrb_value exception, struct td_fault *fault)
{
    mrb_state *mrb = vm->mrb;
    bool exhausted = vm->exhausted;
    struct telling telling = {vm, exception, fault};
    mrb_bool again = FALSE;
    fault->message[0] = 0;
    mrb_protect_error(mrb, tell_exception, &telling, &again);
    if (exhausted) {
        char text[128];
        snprintf(text, sizeof(text), "the script used more than %zu MB of memory",
                 TD_VM_MEMORY_MAX >> 20);
        fail(vm, fault, "limit", text);
        if (!fault->line)
            fault->line = vm->exhausted_at;
        return;
    }
    bool deep = strcmp(mrb_obj_classname(mrb, exception), "SystemStackError") == 0;
    fail(vm, fault, deep ? "limit" : "script",
         deep    ? "the script calls itself too deeply"
         : again ? "the script raised a broken exception"
                 : NULL);
}

/* --- compiling -------------------------------------------------------------------------------- */

struct source {
    struct td_vm *vm;
    const char *name;
    const char *text;
    size_t length;
    struct td_fault *fault;
    bool ran; /* what is wrong then was found in a whole statement */
};

static mrb_value run_source(mrb_state *mrb, void *arg)
{
    struct source *source = arg;
    mrbc_context *context = mrbc_context_new(mrb);
    context->capture_errors = TRUE;
    mrbc_filename(mrb, context, source->name);
    struct mrb_parser_state *parser = mrb_parse_nstring(mrb, source->text, source->length, context);
    struct RProc *proc = NULL;
    if (parser && parser->nerr > 0) {
        fail(source->vm, source->fault, "script",
             parser->error_buffer[0].message ? parser->error_buffer[0].message : "syntax error");
        source->fault->line = parser->error_buffer[0].lineno;
    } else if (parser) {
        proc = mrb_generate_code(mrb, parser);
    }
    if (parser)
        mrb_parser_free(parser);
    mrbc_context_free(mrb, context);
    if (proc) {
        source->ran = true;
        MRB_PROC_SET_TARGET_CLASS(proc, mrb->object_class);
        mrb_top_run(mrb, proc, mrb_top_self(mrb), 0);
    } else if (!source->fault->code && !source->vm->exhausted) {
        fail(source->vm, source->fault, "limit", "the script is too complex to compile");
    }
    if (!proc && source->vm->exhausted)
        mrb_raise(mrb, mrb_class_get(mrb, "NoMemoryError"), "out of memory");
    return mrb_nil_value();
}

/* Runs `body` as the running VM. False and `fault` when it raised or noted a fault itself. */
static bool run(struct td_vm *vm, mrb_protect_error_func *body, void *arg, struct td_fault *fault)
{
    mrb_state *mrb = vm->mrb;
    int arena = mrb_gc_arena_save(mrb);
    mrb_bool raised = FALSE;
    vm->rule[0] = 0;
    running = vm;
    mrb_value result = mrb_protect_error(mrb, body, arg, &raised);
    if (mrb->exc) { /* raised at the outermost level, where the interpreter returns instead of
                       throwing */
        result = mrb_obj_value(mrb->exc);
        mrb->exc = NULL;
        raised = TRUE;
    }
    if (raised)
        fail_with_exception(vm, result, fault);
    else if (vm->exhausted && !fault->code)
        fail(vm, fault, "limit", "the script used more memory than allowed");
    running = NULL;
    mrb_gc_arena_restore(mrb, arena);
    return !fault->code;
}

static mrb_value titled(mrb_state *mrb)
{
    return mrb_obj_value(mrb_module_get(mrb, "Titled"));
}

static mrb_value take_standard(mrb_state *mrb, void *arg)
{
    struct td_vm *vm = arg;
    vm->standard = mrb_funcall(mrb, titled(mrb), "take", 0);
    mrb_gc_register(mrb, vm->standard);
    return mrb_nil_value();
}

static mrb_value seal_standard(mrb_state *mrb, void *arg)
{
    struct td_vm *vm = arg;
    if (!mrb_nil_p(vm->standard))
        td_seal_standard(mrb, &vm->seal, vm->standard);
    return mrb_nil_value();
}

static mrb_value declare_facts(mrb_state *mrb, void *arg)
{
    (void)arg;
    const char *series;
    json_t *descriptor;
    json_object_foreach((json_t *)declared, series, descriptor) {
        int arena = mrb_gc_arena_save(mrb);
        const json_t *facts = json_object_get(descriptor, "facts");
        mrb_funcall(mrb, titled(mrb), "declare", 2, mrb_str_new_cstr(mrb, series),
                    facts ? td_value_from_json(mrb, facts) : mrb_nil_value());
        mrb_gc_arena_restore(mrb, arena);
    }
    return mrb_nil_value();
}

static mrb_value seal_language(mrb_state *mrb, void *arg)
{
    struct td_vm *vm = arg;
    td_seal_language(mrb, &vm->seal);
    return mrb_nil_value();
}

static mrb_value prepare(mrb_state *mrb, void *arg)
{
    (void)arg;
    take_away(mrb);
    struct RClass *module = mrb_define_module(mrb, "Titled");
    mrb_define_module_function(mrb, module, "mark", mark, MRB_ARGS_REQ(1));
    mrb_define_module_function(mrb, module, "decimal", decimal, MRB_ARGS_REQ(1));
    td_numbers_define(mrb, module);
    return mrb_nil_value();
}

static bool run_prelude(struct td_vm *vm, struct td_fault *fault)
{
    const struct td_prelude_file *file;
    for (size_t i = 0; (file = td_prelude(i)); i++) {
        struct source part = {vm, file->name, file->text, file->length, fault, false};
        if (!run(vm, run_source, &part, fault))
            return false;
    }
    return true;
}

/* What the interpreter itself would pass over. */
static void check_twice(const struct source *source)
{
    char key[64], text[128];
    int line = td_twice(source->text, source->length, key, sizeof(key));
    if (!line)
        return;
    snprintf(text, sizeof(text), "%s 在同一处写了两次，后一个会顶替前一个", key);
    fail(source->vm, source->fault, "script", text);
    source->fault->line = line;
}

static bool load(struct td_vm *vm, const char *source, size_t length, struct td_fault *fault)
{
    struct source core = {vm, "core.rb", listings, sizeof(listings) - 1, fault, false};
    struct source standard = {vm, vm->name, source, length, fault, false};
    if (!run(vm, prepare, NULL, fault) || !run(vm, run_source, &core, fault) ||
        !run_prelude(vm, fault) || !run(vm, declare_facts, NULL, fault) ||
        !run(vm, seal_language, vm, fault))
        return false;
    vm->loading = true;
    bool read = run(vm, run_source, &standard, fault) && run(vm, take_standard, vm, fault);
    vm->loading = false;
    if (!read && standard.ran && !strcmp(fault->code, "script"))
        fault->line = td_statement_line(source, length, fault->line);
    if (!read || !run(vm, seal_standard, vm, fault))
        return false;
    vm->rule[0] = 0;
    check_twice(&standard);
    if (!fault->code && mrb_nil_p(vm->standard))
        fail(vm, fault, "script", "the source defines no standard");
    return !fault->code;
}

void td_vm_declare(const json_t *catalog)
{
    declared = catalog;
}

struct td_vm *td_vm_new(const char *name, const char *source, size_t length, struct td_fault *fault)
{
    struct td_vm *vm = calloc(1, sizeof(*vm));
    if (!vm) {
        td_fault_memory(fault);
        return NULL;
    }
    snprintf(vm->name, sizeof(vm->name), "%s", name);
    if (length > TD_VM_SOURCE_MAX) {
        char text[128];
        snprintf(text, sizeof(text), "the source has %zu bytes; at most %zu are allowed", length,
                 TD_VM_SOURCE_MAX);
        fail(vm, fault, "limit", text);
    } else if (!(vm->mrb = mrb_open_allocf(allocate, vm))) {
        fail(vm, fault, "limit", "the worker is short of memory");
    } else {
        load(vm, source, length, fault);
    }
    if (!fault->code)
        return vm;
    td_vm_free(vm);
    return NULL;
}

void td_vm_free(struct td_vm *vm)
{
    if (!vm)
        return;
    if (vm->mrb)
        mrb_close(vm->mrb);
    free(vm->written);
    td_tally_plan_free(vm->plan);
    free(vm);
}

/* --- calls ------------------------------------------------------------------------------------ */

struct call {
    struct td_vm *vm;
    const char *method;
    const json_t *input; /* NULL: the method takes the standard alone */
    json_t *answer;
    struct td_fault *fault;
};

static mrb_value call_method(mrb_state *mrb, void *arg)
{
    struct call *call = arg;
    mrb_value arguments[2] = {call->vm->standard};
    if (call->input)
        arguments[1] = td_value_from_json(mrb, call->input);
    mrb_value result = mrb_funcall_argv(mrb, titled(mrb), mrb_intern_cstr(mrb, call->method),
                                        call->input ? 2 : 1, arguments);
    const char *problem = NULL;
    call->vm->rule[0] = 0; /* the answer as a whole is no rule's fault */
    call->answer = td_value_to_json(mrb, result, TD_VM_OUTPUT_MAX, &problem);
    if (!call->answer)
        fail(call->vm, call->fault, strstr(problem, "larger") ? "limit" : "script", problem);
    return mrb_nil_value();
}

static json_t *call(struct td_vm *vm, const char *method, const json_t *input,
                    struct td_fault *fault)
{
    struct call call = {vm, method, input, NULL, fault};
    if (run(vm, call_method, &call, fault))
        return call.answer;
    json_decref(call.answer);
    return NULL;
}

json_t *td_vm_score(struct td_vm *vm, const json_t *input, struct td_fault *fault)
{
    return call(vm, "score", input, fault);
}

json_t *td_vm_table(struct td_vm *vm, struct td_fault *fault)
{
    return call(vm, "table", NULL, fault);
}

/* --- tallies ---------------------------------------------------------------------------------- */

struct question {
    struct td_vm *vm;
    size_t rule;
    const json_t *facts, *expert;
    struct td_answer *answer;
    struct td_fault *fault;
};

/* What Titled.answer gave, [points or met, because, pending]; NULL when it is something else. */
static struct td_answer *answer_of(mrb_value given)
{
    if (!mrb_array_p(given) || RARRAY_LEN(given) != 3)
        return NULL;
    const mrb_value *part = RARRAY_PTR(given);
    bool item = mrb_integer_p(part[0]);
    if (!(item || mrb_true_p(part[0]) || mrb_false_p(part[0])) || !mrb_string_p(part[1]))
        return NULL;
    const char *because = RSTRING_PTR(part[1]);
    size_t length = (size_t)RSTRING_LEN(part[1]);
    json_t *text = length <= TD_VM_OUTPUT_MAX ? json_stringn(because, length) : NULL;
    json_decref(text);
    return text ? td_answer_new(item ? mrb_integer(part[0]) : 0, mrb_true_p(part[0]),
                                mrb_true_p(part[2]), because, length)
                : NULL;
}

static mrb_value ask_rule(mrb_state *mrb, void *arg)
{
    struct question *question = arg;
    mrb_value arguments[] = {question->vm->standard, mrb_int_value(mrb, (mrb_int)question->rule),
                             td_value_from_json(mrb, question->facts),
                             td_value_from_json(mrb, question->expert)};
    question->answer =
        answer_of(mrb_funcall_argv(mrb, titled(mrb), mrb_intern_lit(mrb, "answer"), 4, arguments));
    if (!question->answer)
        fail(question->vm, question->fault, "script",
             "the rule's answer is no points or finding with a sentence");
    return mrb_nil_value();
}

static struct td_answer *ask(void *arg, size_t rule, const json_t *facts, const json_t *expert,
                             struct td_fault *fault)
{
    struct td_vm *vm = arg;
    struct question question = {vm, rule, facts, expert, NULL, fault};
    if (run(vm, ask_rule, &question, fault))
        return question.answer;
    td_answer_unref(question.answer);
    return NULL;
}

static int make_plan(struct td_vm *vm, struct td_fault *fault)
{
    json_t *plan = call(vm, "plan", NULL, fault);
    vm->planned = plan != NULL;
    if (json_is_object(plan) && !(vm->plan = td_tally_plan_new(plan)))
        fail(vm, fault, "limit", "the worker is short of memory");
    json_decref(plan);
    return fault->code ? -1 : 0;
}

int td_vm_tally(struct td_vm *vm, const struct td_dossier *dossier, struct td_tally *ret,
                struct td_fault *fault)
{
    if (!vm->planned && make_plan(vm, fault) < 0)
        return -1;
    return vm->plan ? td_tally(vm->plan, dossier, vm->name, ask, vm, ret, fault) : 1;
}

const struct td_tally_plan *td_vm_plan(const struct td_vm *vm)
{
    return vm->plan;
}

/* --- where it is, also for the signal handler ------------------------------------------------ */

/* The innermost line of the standard that is being run, 0 when none is. Allocates nothing. */
static int line_now(const struct td_vm *vm)
{
    mrb_state *mrb = vm->mrb;
    if (!mrb || !mrb->c || !mrb->c->ci)
        return 0;
    const mrb_callinfo *outermost = mrb->c->cibase + !vm->loading;
    for (const mrb_callinfo *ci = mrb->c->ci; ci >= outermost; ci--) {
        if (!ci->proc || MRB_PROC_CFUNC_P(ci->proc) || !ci->proc->body.irep)
            continue;
        const mrb_irep *irep = ci->proc->body.irep;
        uint32_t pc = ci->pc > irep->iseq && ci->pc <= irep->iseq + irep->ilen
                          ? (uint32_t)(ci->pc - irep->iseq) - 1
                          : 0;
        const char *file = mrb_debug_get_filename(mrb, irep, pc);
        if (file && strcmp(file, vm->name) == 0)
            return mrb_debug_get_line(mrb, irep, pc);
    }
    return 0;
}

void td_vm_place(struct td_fault *fault)
{
    struct td_vm *vm = running;
    if (!vm)
        return;
    memcpy(fault->file, vm->name, sizeof(fault->file));
    memcpy(fault->rule, vm->rule, sizeof(fault->rule));
    int line = line_now(vm);
    if (line <= 0)
        line = line_of_rule(vm);
    if (line > 0)
        fault->line = line;
}
