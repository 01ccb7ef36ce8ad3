/* vm_test.c - tests core/scorer/vm.c and value.c: values across the border, repeated use, faults.
 * What hostile scripts do is tested through a worker: tests/scorer/scripts_test.c. */
#include "scorer/seal.h"

/* These standards answer by a Titled.score of their own. */
#define td_seal_language(mrb, seal)           ((void)(mrb), (void)(seal))
#define td_seal_standard(mrb, seal, standard) ((void)(mrb), (void)(seal), (void)(standard))

#include "scorer/vm.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define STANDARD                                                                                   \
    "standard 'x', 'junior' do\n  section 'A', '甲', cap: 10 do\n"                                \
    "    linear 'A1', '年', cap: 10, of: :years, per: 1\n  end\nend\n"

static struct td_vm *vm_of(const char *source)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_vm *vm = td_vm_new("x/junior.rb", source, strlen(source), &fault);
    if (!vm)
        print_error("%s:%d: %s\n", fault.file, fault.line, fault.message);
    assert_non_null(vm);
    return vm;
}

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, JSON_ALLOW_NUL, NULL);
    assert_non_null(json);
    return json;
}

static void values_survive_the_border(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "[]",
        "{\"a\": null, \"b\": true, \"c\": false}",
        "[0, 1, -1, 4611686018427387904, -9223372036854775808]",
        "[9223372036854775807, 9007199254740993]",
        "[0.5, -2.25, 1e300, 1.0]",
        "[\"\", \"中文\", \"a\\u0000b\", \"\\\"\\\\\"]",
        "{\"\": {\"k\": [{\"v\": [[]]}]}}",
        "{\"中\": 1, \"a b\": 2}",
    };
    struct td_vm *vm = vm_of("def Titled.score(standard, input)\n  input\nend\n" STANDARD);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct td_fault fault = TD_FAULT_INIT;
        json_t *input = json_of(texts[i]), *output = td_vm_score(vm, input, &fault);
        if (!output || !json_equal(input, output))
            print_error("%s: %s\n", texts[i], fault.message);
        assert_true(output && json_equal(input, output));
        json_decref(input);
        json_decref(output);
    }
    td_vm_free(vm);
}

static void types_are_as_documented(void **state)
{
    (void)state;
    struct td_vm *vm = vm_of("def Titled.score(standard, input)\n"
                             "  {kinds: input['v'].map { |v| v.class.to_s }, :sym => :word, 'keys' "
                             "=> input.keys}\nend\n" STANDARD);
    struct td_fault fault = TD_FAULT_INIT;
    json_t *input = json_of("{\"v\": [1, 1.5, \"a\", null, true, [], {}]}");
    json_t *output = td_vm_score(vm, input, &fault);
    json_t *expected = json_of(
        "{\"kinds\": [\"Integer\", \"Float\", \"String\", \"NilClass\", \"TrueClass\", \"Array\","
        " \"Hash\"], \"sym\": \"word\", \"keys\": [\"v\"]}");
    assert_true(json_equal(output, expected));
    json_decref(input);
    json_decref(output);
    json_decref(expected);
    td_vm_free(vm);
}

static void refused_answers_say_why(void **state)
{
    (void)state;
    static const struct {
        const char *answer, *code, *says;
    } rows[] = {
        {"Object.new", "script", "no text, number, list or hash"},
        {"proc { }", "script", "no text, number, list or hash"},
        {"(1..2)", "script", "no text, number, list or hash"},
        {"{1 => 2}", "script", "key that is no text"},
        {"0.0 / 0.0", "script", "not finite"},
        {"\"\\xe4\\xb8\"", "script", "not UTF-8"},
        {"{\"\\xff\" => 1}", "script", "not UTF-8"},
        {"a = []\na << a", "script", "nested too deeply"},
        {"a = {}\na['a'] = a", "script", "nested too deeply"},
        {"'x' * 1048576", "limit", "larger than allowed"},
        {"[0] * 131073", "limit", "larger than allowed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char source[1024];
        struct td_fault fault = TD_FAULT_INIT;
        snprintf(source, sizeof(source), "def Titled.score(standard, input)\n  %s\nend\n" STANDARD,
                 rows[i].answer);
        struct td_vm *vm = vm_of(source);
        json_t *input = json_object();
        assert_null(td_vm_score(vm, input, &fault));
        if (strcmp(fault.code, rows[i].code) != 0 || !strstr(fault.message, rows[i].says))
            print_error("%s: %s \"%s\"\n", rows[i].answer, fault.code, fault.message);
        assert_string_equal(fault.code, rows[i].code);
        assert_non_null(strstr(fault.message, rows[i].says));
        assert_string_equal(fault.file, "x/junior.rb");
        json_decref(input);
        td_vm_free(vm);
    }
}

static void deep_input_is_refused(void **state)
{
    (void)state;
    struct td_vm *vm = vm_of(STANDARD);
    struct td_fault fault = TD_FAULT_INIT;
    json_t *deep = json_array();
    for (int i = 0; i < TD_VALUE_DEPTH_MAX + 1; i++)
        deep = json_pack("[o]", deep);
    assert_null(td_vm_score(vm, deep, &fault));
    assert_non_null(strstr(fault.message, "nested too deeply"));
    json_decref(deep);
    td_vm_free(vm);
}

/* Nothing may pile up: neither in the interpreter's arena nor in its memory. */
static void one_vm_scores_many(void **state)
{
    (void)state;
    struct td_vm *vm = vm_of(STANDARD);
    size_t settled = 0;
    for (int i = 0; i < 3000; i++) {
        struct td_fault fault = TD_FAULT_INIT;
        json_t *input = json_pack("{s:{s:{s:i}}}", "facts", "years", "value", i % 12);
        json_t *score = td_vm_score(vm, input, &fault);
        assert_non_null(score);
        assert_int_equal(json_integer_value(json_object_get(score, "total")),
                         i % 12 < 10 ? i % 12 * 100 : 1000);
        json_decref(input);
        json_decref(score);
        if (i == 1000)
            settled = vm->memory;
    }
    assert_true(vm->memory < settled + (1 << 20));
    td_vm_free(vm);
}

static void vms_share_nothing(void **state)
{
    (void)state;
    static const char source[] = "$n = ($n || 0) + 1\nclass String\n  N = 1\nend\n"
                                 "def Titled.score(s, i)\n  [$n, $n += 1]\nend\n" STANDARD;
    struct td_vm *first = vm_of(source), *second = vm_of(source);
    struct td_fault fault = TD_FAULT_INIT;
    json_t *input = json_object(), *expected = json_of("[1, 2]");
    json_t *one = td_vm_score(first, input, &fault), *two = td_vm_score(second, input, &fault);
    assert_true(json_equal(one, expected));
    assert_true(json_equal(two, expected));
    json_decref(input);
    json_decref(expected);
    json_decref(one);
    json_decref(two);
    td_vm_free(first);
    td_vm_free(second);
}

static void memory_is_given_back(void **state)
{
    (void)state;
    struct td_vm *vm = vm_of(STANDARD);
    assert_true(vm->memory > 100000 && vm->memory < TD_VM_MEMORY_MAX / 8);
    mrb_close(vm->mrb);
    vm->mrb = NULL;
    assert_int_equal(vm->memory, 0);
    td_vm_free(vm);
}

static void place_is_empty_outside_of_calls(void **state)
{
    (void)state;
    struct td_vm *vm = vm_of(STANDARD);
    struct td_fault fault = TD_FAULT_INIT;
    td_vm_place(&fault);
    assert_string_equal(fault.file, "");
    assert_int_equal(fault.line, 0);
    td_vm_free(vm);
}

static void unknown_facts_are_refused_once_declared(void **state)
{
    (void)state;
    struct td_fault fault = TD_FAULT_INIT;
    json_t *catalog = json_of("{\"x\": {\"facts\": [{\"id\": \"months\", \"name\": \"月\"}]}}");
    td_vm_declare(catalog);
    assert_null(td_vm_new("x/junior.rb", STANDARD, strlen(STANDARD), &fault));
    assert_non_null(strstr(fault.message, "years"));
    assert_int_equal(fault.line, 3);
    td_vm_declare(NULL);
    json_decref(catalog);
    td_vm_free(vm_of(STANDARD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_survive_the_border),
        cmocka_unit_test(types_are_as_documented),
        cmocka_unit_test(refused_answers_say_why),
        cmocka_unit_test(deep_input_is_refused),
        cmocka_unit_test(one_vm_scores_many),
        cmocka_unit_test(vms_share_nothing),
        cmocka_unit_test(memory_is_given_back),
        cmocka_unit_test(place_is_empty_outside_of_calls),
        cmocka_unit_test(unknown_facts_are_refused_once_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
