/* tally_test.c - tests core/scorer/dossier.c, recall.c and tally.c: a dossier cut as text, and one
 * answer for all equal questions, give the SCORE that the standard gives. The series' own
 * standards: tests/scorer/tallies.c. */
#include "scorer/dossier.h"
#include "scorer/fault.h"
#include "scorer/tally.h"
#include "scorer/vm.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STANDARD                                                                                   \
    "standard 'x', 'junior' do\n"                                                                  \
    "  condition 'c', 'C', of: :g, one_of: ['a', 5, true], basis: 'b'\n"                           \
    "  section 'A', '甲', cap: 40 do\n"                                                           \
    "    best_of 'A1', '荣誉', cap: 6, of: :l, where: {kind: ['k', '德']},\n"                   \
    "            table: {'a' => 5, 'b' => 2, '省级' => 3}\n"                                     \
    "    tier 'A2', '档', cap: 6, of: :g, table: {'1' => 5, '1.0' => 2, 'a' => 1}\n"              \
    "    expert 'D\"2', '专', cap: 8\n"                                                           \
    "    linear 'A3', '年', cap: 9, of: :n, per: 0.33\n"                                          \
    "    modify 'A3', '半', of: :g, is: 'a', times: 0.5\n"                                        \
    "    adjust('A3', '调') { |points, facts| facts[:other] ? points + 1 : points }\n"            \
    "    pct_band 'A4', '测', cap: 3, of: :n, valid: :v, invalid: '不足', bands: [[1, 1]]\n"    \
    "    pct_band 'A5', '评', cap: 3, of: :n, valid: :v, bands: [[1, 1]]\n"                       \
    "    linear 'A6', '龄', cap: 3, of: :n, per: 1\n"                                             \
    "    modify 'A6', '半', of: :g, is: 'a', times: 0.5\n"                                        \
    "  end\n"                                                                                      \
    "end\n"

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): long ones are cut */
static const char *const dossiers[] = {
    /* names with an escape: of a field, of an expert's item */
    "{\"facts\":{\"l\":{\"value\":[{\"le\\u0076el\":\"a\",\"kind\":\"k\"}]}}}",
    "{\"facts\":{\"l\":{\"value\":[{\"le\\u0076el\":\"b\",\"kind\":\"k\"}]}}}",
    "{\"facts\":{},\"expert\":{\"D\\\"2\":[300]}}",
    "{\"facts\":{\"l\":{\"value\":[{\"level\":\"\\u7701\\u7ea7\",\"kind\":\"德\"}]}}}",
    /* a member twice: the last one counts */
    "{\"facts\":{\"l\":{\"value\":[{\"level\":\"b\",\"level\":\"a\",\"kind\":\"k\"}]}}}",
    "{\"facts\":{\"g\":{\"value\":\"1\",\"value\":\"a\"}}}",
    /* brackets and quotes in texts, white space */
    "{\"facts\":{\"l\":{\"value\":[ { \"level\" : \"a\\\"}]{\" } , {\"kind\":\"k\"}\n]}}}",
    /* numbers that look alike */
    "{\"facts\":{\"g\":{\"value\":1},\"n\":{\"value\":-0}}}",
    "{\"facts\":{\"g\":{\"value\":1.0},\"n\":{\"value\":1e1}}}",
    "{\"facts\":{\"g\":{\"value\":\"1\"},\"n\":{\"value\":1.005}}}",
    "{\"facts\":{\"g\":{\"value\":true},\"n\":{\"value\":0.5}}}",
    "{\"facts\":{\"g\":{\"value\":\"true\"},\"n\":{\"value\":5}}}",
    /* no value, in each way, with somebody who owes it and without */
    "{\"facts\":{}}",
    "{\"facts\":{\"g\":null,\"n\":7,\"l\":\"x\"}}",
    "{\"facts\":{\"g\":{\"value\":null,\"by\":\"unit\"},\"n\":{\"by\":\"district\"},\"l\":{"
    "\"value\":[]}}}",
    "{\"facts\":{\"g\":{\"value\":null},\"n\":{\"by\":\"expert\"}},\"expert\":{\"D\\\"2\":350}}",
    /* a reason, which only some rules quote; a fact that only a block reads */
    "{\"facts\":{\"g\":{\"value\":\"a\",\"because\":\"r\"},\"n\":{\"value\":3,\"because\":\"x\"}}}",
    "{\"facts\":{\"g\":{\"value\":\"a\",\"because\":\"s\"},\"n\":{\"value\":3},\"other\":{"
    "\"value\":1}}}",
    "{\"facts\":{\"g\":{\"value\":\"a\"},\"n\":{\"value\":3}}}",
    "{\"facts\":{\"n\":{\"value\":3},\"v\":{\"value\":false,\"because\":\"r\"}}}",
    "{\"facts\":{\"n\":{\"value\":3},\"v\":{\"value\":false,\"because\":\"s\"}}}",
    "{\"facts\":{\"n\":{\"value\":3},\"v\":{\"value\":false}}}",
    /* gates */
    "{\"facts\":{\"g\":{\"value\":\"a\"}},\"gates\":[{\"met\":true},{\"met\":false}]}",
    "{\"facts\":{\"g\":{\"value\":\"a\"}},\"gates\":[{\"met\" : true }]}",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static struct td_vm *vm_of(void)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_vm *vm = td_vm_new("x/junior.rb", STANDARD, strlen(STANDARD), &fault);
    if (!vm)
        print_error("%d: %s\n", fault.line, fault.message);
    assert_non_null(vm);
    return vm;
}

static json_t *tally(struct td_vm *vm, const char *text)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_dossier dossier = {0};
    struct td_tally tally;
    assert_ptr_equal(td_dossier_read(&dossier, text, text + strlen(text)), text + strlen(text));
    assert_int_equal(td_vm_tally(vm, &dossier, &tally, &fault), 0);
    json_t *score = td_tally_score(td_vm_plan(vm), &tally);
    td_tally_done(&tally);
    td_dossier_done(&dossier);
    return score;
}

static json_t *score(struct td_vm *vm, const char *text)
{
    struct td_fault fault = TD_FAULT_INIT;
    json_t *input = json_loads(text, 0, NULL), *score = td_vm_score(vm, input, &fault);
    json_object_del(score, "tie_break");
    json_decref(input);
    return score;
}

static void tallies_are_scores(void **state)
{
    (void)state;
    struct td_vm *tallies = vm_of(), *scores = vm_of();
    size_t count = sizeof(dossiers) / sizeof(dossiers[0]);
    for (size_t i = 0; i < 2 * count; i++) { /* forwards, then back: from the memory */
        const char *text = dossiers[i < count ? i : 2 * count - 1 - i];
        json_t *have = tally(tallies, text), *want = score(scores, text);
        if (!want || !json_equal(have, want)) {
            char *one = json_dumps(have, JSON_SORT_KEYS), *other = json_dumps(want, JSON_SORT_KEYS);
            print_error("%s:\n  tally %s\n  score %s\n", text, one, other ? other : "failed");
            free(one);
            free(other);
        }
        assert_true(json_equal(have, want));
        json_decref(have);
        json_decref(want);
    }
    td_vm_free(tallies);
    td_vm_free(scores);
}

/* A reason that the sentence leaves out makes no second question: the answer is the same one. */
static void only_what_is_quoted_is_asked_again(void **state)
{
    (void)state;
    static const char dossier[] =
        "{\"facts\":{\"n\":{\"value\":3},\"g\":{\"value\":\"a\","
        "\"because\":\"%s\"},\"v\":{\"value\":false,\"because\":\"%s\"}}}";
    static const struct {
        size_t rule; /* in the order of the plan */
        bool quotes;
    } rows[] = {{0, true} /* c */, {5, false} /* A4 */, {6, true} /* A5 */, {7, false} /* A6 */};
    struct td_vm *vm = vm_of();
    struct td_tally tallies[2];
    for (int i = 0; i < 2; i++) {
        char text[256];
        struct td_dossier read = {0};
        struct td_fault fault = TD_FAULT_INIT;
        snprintf(text, sizeof(text), dossier, i ? "s" : "r", i ? "s" : "r"); /* NOLINT: ours */
        assert_non_null(td_dossier_read(&read, text, text + strlen(text)));
        assert_int_equal(td_vm_tally(vm, &read, &tallies[i], &fault), 0);
        td_dossier_done(&read);
    }
    assert_int_equal(tallies[0].count, 8);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool same = tallies[0].answers[rows[i].rule] == tallies[1].answers[rows[i].rule];
        if (same == rows[i].quotes)
            fail_msg("rule %zu %s", rows[i].rule, same ? "forgets the reason" : "asks again");
    }
    td_tally_done(&tallies[0]);
    td_tally_done(&tallies[1]);
    td_vm_free(vm);
}

/* The score finds no JSON either. */
static void values_that_are_no_json_are_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "{\"facts\":{\"g\":{\"value\":\"x\\ud800\"}}}",
        "{\"facts\":{\"n\":{\"value\":12345678901234567890}}}",
        "{\"facts\":{\"n\":{\"value\":1,\"by\":tru}}}",
    };
    struct td_vm *vm = vm_of();
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct td_fault fault = TD_FAULT_INIT;
        struct td_dossier dossier = {0};
        struct td_tally ignored;
        const char *end = broken[i] + strlen(broken[i]);
        assert_ptr_equal(td_dossier_read(&dossier, broken[i], end), end);
        assert_int_equal(td_vm_tally(vm, &dossier, &ignored, &fault), -1);
        assert_string_equal(fault.code, "invalid");
        td_dossier_done(&dossier);
    }
    td_vm_free(vm);
}

static void what_is_no_dossier_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"facts\":[]}",
        "{\"facts\":{\"a\":{\"value\":}}}",
        "{\"facts\":{\"a\":{\"value\":1}",
        "{\"facts\":{\"a\":{\"value\":\"x}}}",
        "{\"facts\":{\"\\u0061\":{}}}",
    };
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        struct td_dossier dossier = {0};
        if (td_dossier_read(&dossier, broken[i], broken[i] + strlen(broken[i])))
            fail_msg("read: %s", broken[i]);
        td_dossier_done(&dossier);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tallies_are_scores),
        cmocka_unit_test(only_what_is_quoted_is_asked_again),
        cmocka_unit_test(values_that_are_no_json_are_refused),
        cmocka_unit_test(what_is_no_dossier_is_refused),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
