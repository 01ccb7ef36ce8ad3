/* standard_test.c - the language of scoring standards (core/scorer/prelude/), in the real
 * interpreter: what each kind of item is worth, what it says, and which mistakes of an author are
 * named. */
#include "scorer/vm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* JSON with single quotes, to be readable in C. */
static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *p = copy; *p; p++) {
        if (*p == '\'')
            *p = '"';
    }
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value)
        fail_msg("%s at %d of %s", error.text, error.position, text);
    free(copy);
    return value;
}

/* A standard with one section A of 20 points that holds `items`; `rest` comes before the section.
 */
static struct td_vm *load(const char *rest, const char *items, struct td_fault *fault)
{
    char source[4000];
    int length = snprintf(
        source, sizeof(source),
        "standard 'x', 'junior' do\nname 'N'\n%s\nsection 'A', 'S', cap: 20 do\n%s\nend\nend\n",
        rest, items);
    *fault = (struct td_fault){0};
    return td_vm_new("x/junior.rb", source, (size_t)length, fault);
}

/* The score for facts given as {name: value}. */
static json_t *score(const char *rest, const char *items, const char *values, const char *expert)
{
    struct td_fault fault;
    struct td_vm *vm = load(rest, items, &fault);
    if (!vm)
        fail_msg("%s (line %d)", fault.message, fault.line);
    json_t *given = parse(values), *facts = json_object(), *value;
    const char *name;
    json_object_foreach(given, name, value)
        json_object_set_new(facts, name, json_pack("{sO}", "value", value));
    json_t *input = json_pack("{so s[] so}", "facts", facts, "gates", "expert", parse(expert));
    json_t *answer = td_vm_score(vm, input, &fault);
    if (!answer)
        fail_msg("%s", fault.message);
    json_decref(input);
    json_decref(given);
    td_vm_free(vm);
    return answer;
}

static json_t *only_item(json_t *answer)
{
    json_t *section = json_array_get(json_object_get(answer, "sections"), 0);
    return json_array_get(json_object_get(section, "items"), 0);
}

static void assert_item(const char *item, const char *values, int points, const char *because)
{
    json_t *answer = score("", item, values, "{'X': 650}");
    json_t *found = only_item(answer);
    assert_string_equal(json_string_value(json_object_get(found, "because")), because);
    assert_int_equal(json_integer_value(json_object_get(found, "points")), points);
    json_decref(answer);
}

static void assert_refused(const char *rest, const char *items, const char *says)
{
    struct td_fault fault;
    struct td_vm *vm = load(rest, items, &fault);
    assert_null(vm);
    assert_string_equal(fault.code, "script");
    if (!strstr(fault.message, says))
        fail_msg("\"%s\" does not say \"%s\"", fault.message, says);
}

static void tiers(void **state)
{
    (void)state;
#define TIER                                                                                          \
    "tier 'X', 'T', cap: 6, of: :g, table: {'优' => 6, '良' => 4.25}, proportional: {'差' => [3, " \
    ":p]}"
    assert_item(TIER, "{'g': '良'}", 425, "良 = 4.25");
    assert_item(TIER, "{'g': '无'}", 0, "「无」不在赋分表内，计 0 分");
    assert_item(TIER, "{'g': '差', 'p': 33.33}", 100, "差：33.33% × 3.00 = 1.00");
    assert_item(TIER, "{'g': '差', 'p': 150}", 300, "差：100% × 3.00 = 3.00");
    assert_item("tier 'X', 'T', cap: 5, of: :g, table: {'优' => 6}", "{'g': '优'}", 500,
                "优 = 6.00，封顶 5");
    assert_item("tier_ratio 'X', 'T', cap: 5, of: :g, table: {'大专' => 75}", "{'g': '大专'}", 375,
                "大专 75% × 5.00 = 3.75");
}

static void years_and_rounding(void **state)
{
    (void)state;
#define LINEAR(rounding) "linear 'X', 'T', cap: 9, of: years(:m, " rounding "), per: 1.5"
    assert_item(LINEAR(":full_year"), "{'m': 23}", 150,
                "1 年 11 个月计 1 年 × 1.50 = 1.50，封顶 9");
    assert_item(LINEAR(":half_year_up"), "{'m': 18}", 300,
                "1 年 6 个月计 2 年 × 1.50 = 3.00，封顶 9");
    assert_item(LINEAR(":half_year_up"), "{'m': 17}", 150,
                "1 年 5 个月计 1 年 × 1.50 = 1.50，封顶 9");
    assert_item(LINEAR(":nine_months"), "{'m': 9}", 150, "9 个月计 1 年 × 1.50 = 1.50，封顶 9");
    assert_item(LINEAR(":nine_months"), "{'m': 8}", 0, "8 个月计 0 年 × 1.50 = 0.00");
    assert_item(LINEAR(":exact"), "{'m': 114}", 900, "9 年 6 个月计 9.5 年 × 1.50 = 14.25，封顶 9");
    assert_item("linear 'X', 'T', cap: 5, of: years(:m), above: lookup(:e, '本科' => 4), per: 1",
                "{'m': 84, 'e': '本科'}", 300,
                "7 年，超过 4 年（本科）的部分 3 年 × 1.00 = 3.00，封顶 5");
    assert_item("linear 'X', 'T', cap: 5, of: :n, above: 2, per: 0.5", "{'n': 1}", 0,
                "1，超过 2的部分 0 × 0.50 = 0.00");
    assert_item(
        "piecewise 'X', 'T', cap: 15, of: years(:m), segments: [[10, 1.0], [20, 0.5], [nil, 0.2]]",
        "{'m': 300}", 1500, "25 年：10 年 × 1.00 + 10 年 × 0.50 + 5 年 × 0.20 = 16.00，封顶 15");
    assert_item("step 'X', 'T', cap: 15, of: years(:m), steps: [[3, 5], [12, 15], [10, 14]]",
                "{'m': 131}", 1400, "10 年 11 个月计 10 年，达到 10 年 = 14.00");
    assert_item("step 'X', 'T', cap: 15, of: :n, steps: [[3, 5]]", "{'n': 2}", 0,
                "2，未达最低档，计 0 分");
}

static void windows(void **state)
{
    (void)state;
#define WINDOW                                                                                     \
    "tier_sum_avg 'X', 'T', cap: 10, of: :a, window: 5, up_to: :y, skip: '不定等次', table: "  \
    "{'优秀' => 2, '合格' => 1.5}"
    assert_item(WINDOW,
                "{'y': 2025, 'a': [{'year': 2020, 'grade': '优秀'}, {'year': 2024, 'grade': "
                "'合格'}, {'year': 2026, 'grade': '优秀'}]}",
                750, "近 5 年实有 1 年：合格 1 次 × 1.50 = 1.50，÷ 1 × 5 = 7.50，封顶 10");
    assert_item(
        WINDOW,
        "{'y': 2025, 'a': [{'year': 2023, 'grade': '不定等次'}, {'year': 2024, 'grade': '合格'}, "
        "{'year': 2025, 'grade': '差'}]}",
        375, "近 5 年实有 2 年：合格 1 次 × 1.50 + 差 1 次 × 0.00 = 1.50，÷ 2 × 5 = 3.75，封顶 10");
    assert_item(WINDOW, "{'y': 2025, 'a': []}", 0, "近 5 年无考核记录，计 0 分");
}

static void shares(void **state)
{
    (void)state;
#define BAND                                                                                           \
    "pct_band 'X', 'T', cap: 3, of: :p, valid: :ok, invalid: '人数不足', bands: [[90, 1.0], [80, " \
    "0.8], [60, 0.3]]"
    assert_item(BAND, "{'p': 89.99, 'ok': true}", 240, "89.99%，80% 以上档：80% × 3.00 = 2.40");
    assert_item(BAND, "{'p': 59, 'ok': true}", 0, "59%，未达最低档，计 0 分");
    assert_item(BAND, "{'p': 99, 'ok': false}", 0, "人数不足，计 0 分");
#define RATIO "ratio 'X', 'T', cap: 3, of: {a: 90, b: 30}"
    assert_item(RATIO, "{'a': 120, 'b': 30}", 300, "120/90，30/30，达标 = 3.00");
    assert_item(RATIO, "{'a': 60, 'b': 29}", 200, "60/90，29/30，按最低比例 66.67% × 3.00 = 2.00");
}

static void lists(void **state)
{
    (void)state;
#define HONOURS                                                                                      \
    "{'h': [{'level': '县', 'kind': 'a'}, {'level': '省', 'kind': 'b'}, {'level': '县', 'kind': " \
    "'a'}, {'level': '国', 'kind': 'a'}]}"
#define TABLE "key: 'level', table: {'省' => 4, '县' => 2}"
    assert_item("best_of 'X', 'T', cap: 5, of: :h, " TABLE, HONOURS, 400,
                "4 项取最高 1 项：省 4.00");
    assert_item("top_n 'X', 'T', cap: 9, of: :h, top: 2, " TABLE, HONOURS, 600,
                "4 项取最高 2 项：省 4.00 + 县 2.00 = 6.00");
    assert_item("sum_of 'X', 'T', cap: 5, of: :h, where: {kind: 'a'}, " TABLE, HONOURS, 400,
                "县 2.00 + 县 2.00 + 国 0.00（未列入） = 4.00，封顶 5");
    assert_item("sum_of 'X', 'T', cap: 5, of: :h, " TABLE, "{'h': []}", 0, "未填报");
    assert_item(
        "matrix 'X', 'T', cap: 5, of: :r, table: {'课题' => {'省' => 4}, '案例' => {'省' => 1.5}}, "
        "factor: {'课题' => {'主持' => 1, '参与' => 0.5}}",
        "{'r': [{'kind': '课题', 'level': '省', 'role': '参与'}, {'kind': '案例', 'level': '省', "
        "'role': '参与'}, {'kind': '课题', 'level': '省', 'role': '旁观'}]}",
        350, "课题 省 4.00 × 0.5（参与） + 案例 省 1.50 + 课题 省 4.00 × 0（旁观） = 3.50，封顶 5");
}

static void items_of_items(void **state)
{
    (void)state;
#define PARTS                                                                                      \
    " 'X', 'T', cap: 3 do\n best_of '表彰', of: :h, table: {'县' => 1.5}\n step '驻村', of: " \
    "years(:m), steps: [[1, 2]]\nend"
    assert_item("best_of" PARTS, "{'h': [{'level': '县'}], 'm': 12}", 200,
                "表彰：县 1.50；驻村：1 年，达到 1 年 = 2.00；取高 2.00");
    assert_item("sum_of" PARTS, "{'h': [{'level': '县'}], 'm': 12}", 300,
                "表彰：县 1.50；驻村：1 年，达到 1 年 = 2.00；合计 3.50，封顶 3");
    assert_item("best_of" PARTS, "{'m': 12}", 200,
                "表彰：未填报；驻村：1 年，达到 1 年 = 2.00；取高 2.00");
}

static void experts_and_deductions(void **state)
{
    (void)state;
    assert_item("expert 'X', 'T', cap: 8, range: 0..8", "{}", 650, "专家评分 = 6.50");
    assert_item("deduct 'X', 'T', cap: 3, of: :n, each: 0.5", "{'n': 2}", 200,
                "3.00 − 2 次 × 0.50 = 2.00");
    assert_item("deduct 'X', 'T', cap: 3, of: :n, each: 0.5", "{'n': 9}", 0,
                "3.00 − 9 次 × 0.50 = 0.00");
}

static void what_is_missing(void **state)
{
    (void)state;
    static const struct {
        const char *by, *because;
        bool pending;
    } rows[] = {{"unit", "待单位填写", true},
                {"district", "待区县主管部门填写", true},
                {"system", "未填报", false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char item[200];
        snprintf(item, sizeof(item), "tier 'X', 'T', cap: 6, of: :g, table: {'优' => 6}, by: '%s'",
                 rows[i].by);
        json_t *answer = score("", item, "{'g': null}", "{}"), *found = only_item(answer);
        assert_string_equal(json_string_value(json_object_get(found, "because")), rows[i].because);
        assert_int_equal(json_is_true(json_object_get(found, "pending")), rows[i].pending);
        json_decref(answer);
    }
    json_t *answer = score("", "expert 'X', 'T', cap: 8", "{}", "{}");
    assert_true(json_is_true(json_object_get(only_item(answer), "pending")));
    json_decref(answer);
}

static void adjusting(void **state)
{
    (void)state;
#define ADJUSTED(block)                                                                            \
    "tier 'X', 'T', cap: 6, of: :g, table: {'优' => 5}\nadjust('X', '双语教学') { |got, "     \
    "facts| " block " }"
    assert_item(ADJUSTED("facts[:bi] ? got + points(0.5) : got"), "{'g': '优', 'bi': true}", 550,
                "优 = 5.00；双语教学：5.00 → 5.50");
    assert_item(ADJUSTED("facts[:bi] ? got + points(0.5) : got"), "{'g': '优'}", 500, "优 = 5.00");
    assert_item(ADJUSTED("got + points(9)"), "{'g': '优'}", 600,
                "优 = 5.00；双语教学：5.00 → 6.00");
    assert_item(ADJUSTED("got - points(9)"), "{'g': '优'}", 0, "优 = 5.00；双语教学：5.00 → 0.00");
}

static void caps_nest(void **state)
{
    (void)state;
    json_t *answer =
        score("total_cap 20",
              "linear 'X', 'T', cap: 15, of: :n, per: 1\nlinear 'Y', 'U', cap: 15, of: :n, per: 1",
              "{'n': 99}", "{}");
    json_t *section = json_array_get(json_object_get(answer, "sections"), 0);
    assert_int_equal(json_integer_value(json_object_get(section, "points")), 2000);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 2000);
    json_decref(answer);
}

/* met of the one condition, and its sentence. */
static void assert_condition(const char *condition, const char *values, bool met,
                             const char *because)
{
    json_t *answer = score(condition, "linear 'X', 'T', cap: 5, of: :n, per: 1", values, "{}");
    json_t *found = json_array_get(json_object_get(answer, "conditions"), 0);
    assert_string_equal(json_string_value(json_object_get(found, "because")), because);
    assert_int_equal(json_is_true(json_object_get(found, "met")), met);
    assert_int_equal(json_is_true(json_object_get(answer, "eligible")), met);
    json_decref(answer);
}

static void conditions(void **state)
{
    (void)state;
#define AT_LEAST "condition 'c', 'C', of: years(:m), at_least: lookup(:e, '本科' => 4)"
    assert_condition(AT_LEAST, "{'m': 48, 'e': '本科'}", true, "4 年，要求 4 年（本科）");
    assert_condition(AT_LEAST, "{'m': 47, 'e': '本科'}", false,
                     "3 年 11 个月计 3 年，要求 4 年（本科）");
    assert_condition(AT_LEAST, "{'m': 480, 'e': '高中'}", false, "（高中）未列入，不能申报");
    assert_condition(AT_LEAST, "{'e': '本科'}", false, "未填报");
    assert_condition("condition 'c', 'C', of: :t, one_of: ['甲', '乙']", "{'t': '乙'}", true, "乙");
    assert_condition("condition 'c', 'C', of: :a, none: '差', window: 2, up_to: :y",
                     "{'y': 2025, 'a': [{'year': 2023, 'grade': '差'}]}", true, "没有差的记录");
    assert_condition("condition 'c', 'C', of: :a, none: '差', window: 2, up_to: :y",
                     "{'y': 2025, 'a': [{'year': 2024, 'grade': '差'}]}", false, "2024 年差");
    assert_condition("condition('c', 'C') { |facts| [facts[:n] > 3, '须多于 3'] }", "{'n': 3}",
                     false, "须多于 3");
    assert_condition("condition('c', 'C') { |facts| facts.list(:none).empty? }", "{}", true,
                     "符合");
}

static void vetoes_and_gates(void **state)
{
    (void)state;
    json_t *answer =
        score("veto 'v', 'V', of: :bad, is: true, by: 'unit'\ntie_break 'A', 'X', :n",
              "linear 'X', 'T', cap: 5, of: :n, per: 1", "{'n': 3, 'bad': true}", "{}");
    assert_true(json_is_true(json_object_get(answer, "vetoed")));
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 0);
    assert_int_equal(json_integer_value(json_object_get(only_item(answer), "points")), 300);
    json_t *ties = parse("[300, 300, 3]");
    assert_true(json_equal(json_object_get(answer, "tie_break"), ties));
    json_decref(ties);
    json_decref(answer);
    answer = score("veto 'v', 'V', of: :bad, is: true, by: 'unit'",
                   "linear 'X', 'T', cap: 5, of: :n, per: 1", "{'n': 3}", "{}");
    assert_false(json_is_true(json_object_get(answer, "vetoed")));
    json_decref(answer);
}

static void mistakes_name_the_rule(void **state)
{
    (void)state;
#define GOOD "linear 'X', 'T', cap: 5, of: :n, per: 1"
    assert_refused("", "tier 'X', 'T', of: :g, table: {'优' => 6}", "X T：缺少 cap");
    assert_refused("", "tier 'X', 'T', cap: 6, of: :g", "X T：table:");
    assert_refused("", "tier 'X', 'T', cap: 6, table: {'优' => 6}", "X T：缺少 of:");
    assert_refused("", "tier 'X', 'T', cap: '6', of: :g, table: {'优' => 6}",
                   "X T 的封顶 cap：应为数字，写的是 \"6\"");
    assert_refused("", "tier 'X', 'T', cap: 6, of: :g, table: {'优' => 1.234}",
                   "X T 的「优」：1.234 多于两位小数");
    assert_refused("", "tier 'X', 'T', cap: 6, of: :g, tabel: {'优' => 6}", "X T：没有参数 tabel:");
    assert_refused("", GOOD "\n" GOOD, "X：编号重复");
    assert_refused("", "linear 'X', 'T', cap: 5, of: years(:m, :third), per: 1",
                   "没有取整方式 :third");
    assert_refused("", "linear 'X', 'T', cap: 5, of: 3, per: 1", "X T：of:");
    assert_refused("", "piecewise 'X', 'T', cap: 5, of: :n, segments: [[10, 1], [5, 1]]",
                   "X T：分段上限");
    assert_refused("", "expert 'X', 'T', cap: 8, range: 0..9", "X T：评分范围 0..9 超过封顶");
    assert_refused("", "ratio 'X', 'T', cap: 3, of: {a: 0}", "X T：标准应大于 0");
    assert_refused("", "sum_of 'X', 'T', cap: 3 do\nend", "X T：没有内容");
    assert_refused("total_cap 19", GOOD, "各部分封顶合计 20，超过总分 19");
    assert_refused("tie_break 'Q'", GOOD, "tie_break：没有 \"Q\"");
    assert_refused("condition 'c', 'C', of: :n", GOOD, "c C：要有且只有一种判断");
    assert_refused(GOOD, GOOD, "X：要写在 section 里");
    assert_refused("adjust('X', 'r') { 1 }", GOOD, "X：adjust 的项目还没有定义");
}

static void unknown_facts_are_mistakes(void **state)
{
    (void)state;
    json_t *catalog = parse("{'x': {'facts': [{'id': 'n', 'name': '次数'}]}}");
    struct td_fault fault;
    td_vm_declare(catalog);
    struct td_vm *vm = load("", GOOD, &fault);
    assert_non_null(vm);
    td_vm_free(vm);
    assert_refused("", "linear 'X', 'T', cap: 5, of: :m, per: 1", "X T：没有事实 m");
    assert_refused("condition 'c', 'C', of: :n, at_least: lookup(:q, '本科' => 4)", GOOD,
                   "c C：没有事实 q");
    assert_refused("tie_break :q", GOOD, "tie_break：没有 :q");
    td_vm_declare(NULL);
    json_decref(catalog);
}

static void failures_while_scoring_name_the_rule(void **state)
{
    (void)state;
    struct td_fault fault;
    struct td_vm *vm = load("",
                            "tier 'X', 'T', cap: 6, of: :g, table: {'优' => 6}\nadjust('X', 'r') { "
                            "|got, f| got + f[:none] }",
                            &fault);
    json_t *input = parse("{'facts': {'g': {'value': '优'}}, 'gates': [], 'expert': {}}");
    assert_null(td_vm_score(vm, input, &fault));
    assert_string_equal(fault.rule, "X T");
    assert_int_equal(fault.line, 6);
    json_decref(input);
    td_vm_free(vm);
}

static void the_table_reads_like_the_rules(void **state)
{
    (void)state;
    struct td_fault fault;
    struct td_vm *vm =
        load("condition 'c', 'C', of: years(:m), at_least: 3, basis: '法'\nveto 'v', 'V', of: "
             ":bad, is: true",
             "expert 'X', 'T', cap: 8, range: 1..8, evidence: '案例'\npiecewise 'Y', 'U', cap: 5, "
             "of: years(:m), segments: [[10, 1.0], [nil, 0.5]], note: '注'",
             &fault);
    json_t *table = td_vm_table(vm, &fault);
    assert_int_equal(json_array_size(table), 4);
    json_t *items = json_object_get(json_array_get(table, 3), "items");
    assert_string_equal(json_string_value(json_object_get(json_array_get(table, 1), "rule")),
                        "至少 3 年");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(items, 0), "min")), 100);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(items, 0), "max")), 800);
    assert_string_equal(json_string_value(json_object_get(json_array_get(items, 1), "rule")),
                        "到 10 年的部分每年 1 分、超过 10 年的部分每年 0.5 分，按满年计；注");
    assert_int_equal(json_array_size(json_object_get(json_array_get(table, 0), "warnings")), 1);
    json_decref(table);
    td_vm_free(vm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiers),
        cmocka_unit_test(years_and_rounding),
        cmocka_unit_test(windows),
        cmocka_unit_test(shares),
        cmocka_unit_test(lists),
        cmocka_unit_test(items_of_items),
        cmocka_unit_test(experts_and_deductions),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(adjusting),
        cmocka_unit_test(caps_nest),
        cmocka_unit_test(conditions),
        cmocka_unit_test(vetoes_and_gates),
        cmocka_unit_test(mistakes_name_the_rule),
        cmocka_unit_test(unknown_facts_are_mistakes),
        cmocka_unit_test(failures_while_scoring_name_the_rule),
        cmocka_unit_test(the_table_reads_like_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
