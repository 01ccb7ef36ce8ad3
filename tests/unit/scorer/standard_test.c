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

/* The points of every item of the section, "300 0 250". */
static void assert_points(const char *items, const char *values, const char *points)
{
    char found[200] = "";
    json_t *answer = score("", items, values, "{}"), *item;
    size_t i;
    json_array_foreach(
        json_object_get(json_array_get(json_object_get(answer, "sections"), 0), "items"), i, item)
        snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%d", i ? " " : "",
                 (int)json_integer_value(json_object_get(item, "points")));
    assert_string_equal(found, points);
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

static void sheets_make_a_mean(void **state)
{
    (void)state;
    static const struct {
        const char *options, *sheets, *because;
        int points;
    } rows[] = {
        {"", "[700, 400, 500]", "3 名专家评分，去掉 1 个最高分和 1 个最低分，取均值 = 5.00", 500},
        {"", "[0, 450, 451, 800]", "4 名专家评分，去掉 1 个最高分和 1 个最低分，取均值 = 4.51",
         451},
        {"", "[0, 1]", "2 名专家评分，取均值 = 0.01", 1},
        {"", "[650]", "1 名专家评分，取均值 = 6.50", 650},
        {"", "[0, 0, 0, 800]", "4 名专家评分，去掉 1 个最高分和 1 个最低分，取均值 = 0.00", 0},
        {", mean: :plain", "[700, 400, 500]", "3 名专家评分，取均值 = 5.33", 533},
        {", mean: :trimmed, trim_from: 5", "[700, 400, 500]", "3 名专家评分，取均值 = 5.33", 533},
        {", range: 1..6", "[700, 0]", "2 名专家评分，取均值（超出 1—6 分的按边界计） = 3.50", 350},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char item[120], expert[80];
        snprintf(item, sizeof(item), "expert 'X', 'T', cap: 8%s", rows[i].options);
        snprintf(expert, sizeof(expert), "{'X': %s}", rows[i].sheets);
        json_t *answer = score("", item, "{}", expert), *found = only_item(answer);
        assert_string_equal(json_string_value(json_object_get(found, "because")), rows[i].because);
        assert_int_equal(json_integer_value(json_object_get(found, "points")), rows[i].points);
        json_decref(answer);
    }
    json_t *answer = score("", "expert 'X', 'T', cap: 8", "{}", "{'X': []}");
    assert_true(json_is_true(json_object_get(only_item(answer), "pending")));
    json_decref(answer);
}

static void rankings(void **state)
{
    (void)state;
#define PLACES "ranking 'X', 'T', cap: 20, of: :r, places: [20, 17, 14.5], rest: 8"
    assert_item(PLACES, "{'r': 2}", 1700, "第 2 名 = 17.00");
    assert_item(PLACES, "{'r': 4}", 800, "第 4 名 = 8.00");
    assert_item(PLACES, "{'r': 0}", 0, "名次 0 无效，计 0 分");
#define SHARES "ranking 'X', 'T', cap: 6, of: :r, among: :n, shares: [[30, 6], [70, 4], [100, 2]]"
    assert_item(SHARES, "{'r': 6, 'n': 20}", 600, "20 人中第 6 名，在前 30%（6 名）以内 = 6.00");
    assert_item(SHARES, "{'r': 7, 'n': 20}", 400, "20 人中第 7 名，在前 70%（14 名）以内 = 4.00");
    assert_item(SHARES, "{'r': 3, 'n': 9}", 400, "9 人中第 3 名，在前 70%（6 名）以内 = 4.00");
    assert_item(SHARES, "{'r': 21, 'n': 20}", 0, "20 人中第 21 名，名次无效，计 0 分");
}

static void modifiers(void **state)
{
    (void)state;
#define MODIFIED(lines) "tier 'X', 'T', cap: 8, of: :g, table: {'本' => 6, '专' => 0}\n" lines
    assert_item(MODIFIED("modify 'X', '全日制', of: :full, is: true, add: 1"),
                "{'g': '本', 'full': true}", 700, "本 = 6.00；全日制 +1，得 7.00");
    assert_item(MODIFIED("modify 'X', '全日制', of: :full, is: true, add: 1"),
                "{'g': '本', 'full': false}", 600, "本 = 6.00");
    assert_item(MODIFIED("modify 'X', '全日制', of: :full, is: true, add: 1"),
                "{'g': '专', 'full': true}", 0, "专 = 0.00");
    assert_item(MODIFIED("modify 'X', '后取', of: :m, at_most: 36, add: -2.5\nmodify 'X', "
                         "'借调减半', of: :away, is: true, times: 0.5"),
                "{'g': '本', 'm': 12, 'away': true}", 175,
                "本 = 6.00；后取 −2.5，借调减半 ×0.5，得 1.75");
    assert_item(MODIFIED("modify('X', '代码块', times: 3) { |facts| facts[:n] > 1 }"),
                "{'g': '本', 'n': 2}", 800, "本 = 6.00；代码块 ×3，得 18.00，封顶 8");
    assert_item(MODIFIED("modify 'X', '扣光', of: :full, is: true, add: -9"),
                "{'g': '本', 'full': true}", 0, "本 = 6.00；扣光 −9，得 0.00");
    /* 1.01 × 0.33 × 0.45 = 0.149985, rounded once. */
    assert_item("linear 'X', 'T', cap: 9, of: :n, per: 1\nmodify 'X', 'a', of: :t, is: true, "
                "times: 0.33\nmodify 'X', 'b', of: :t, is: true, times: 0.45",
                "{'n': 1.01, 't': true}", 15,
                "1.01 × 1.00 = 1.01；a ×0.33，b ×0.45，得 0.15，封顶 9");
    json_t *facts = parse("{'facts': {'g': {'value': '本'}, 'full': {'value': null, 'by': 'unit'}},"
                          " 'gates': [], 'expert': {}}");
    struct td_fault fault;
    struct td_vm *vm =
        load("", MODIFIED("modify 'X', '全日制', of: :full, is: true, add: 1"), &fault);
    json_t *answer = td_vm_score(vm, facts, &fault);
    assert_true(json_is_true(json_object_get(only_item(answer), "pending")));
    assert_int_equal(json_integer_value(json_object_get(only_item(answer), "points")), 600);
    json_decref(answer);
    json_decref(facts);
    td_vm_free(vm);
}

#define TWO                                                                                        \
    "linear 'X', 'T', cap: 9, of: :n, per: 1\nlinear 'Y', 'U', cap: 9, of: :m, per: 1\nlinear "    \
    "'Z', 'V', cap: 9, of: :o, per: 1\n"

static void exclusions(void **state)
{
    (void)state;
    assert_points(TWO "exclusive 'X', 'Y'", "{'n': 3, 'm': 5, 'o': 1}", "0 500 100");
    assert_points(TWO "exclusive 'X', 'Y'", "{'n': 3, 'm': 3, 'o': 1}", "300 0 100");
    assert_points(TWO "exclusive 'X', 'Y'", "{'n': 3, 'o': 1}", "300 0 100");
    assert_points(TWO "exclusive 'X', 'Y', 'Z', keep: :first", "{'m': 3, 'o': 5}", "0 300 0");
    assert_item(TWO "exclusive 'X', 'Y'", "{'n': 3, 'm': 5}", 0,
                "3 × 1.00 = 3.00，封顶 9；与 Y 不重复计分，3.00 → 0.00");
    json_t *answer = score("", TWO "exclusive 'X', 'Y'", "{'n': 3, 'm': 5, 'o': 1}", "{}");
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 600);
    json_decref(answer);
    assert_refused("", TWO "exclusive 'X', 'Y'\nexclusive 'Y', 'Z'\nexclusive 'Z', 'X'",
                   "exclusive：Y 已在 X、Y 的互斥里");
    assert_refused("", TWO "exclusive 'X', 'X'", "exclusive：同一个项目写了两次");
    assert_refused("", TWO "exclusive 'X'", "exclusive：至少写两个项目");
    assert_refused("", TWO "exclusive 'X', 'Q'", "exclusive：没有项目 Q");
    assert_refused("", TWO "exclusive 'X', 'Y', keep: :lower", "应为 :higher 或 :first");
}

static json_t *score_of(const char *source, const char *facts)
{
    struct td_fault fault = {0};
    struct td_vm *vm = td_vm_new("x/junior.rb", source, strlen(source), &fault);
    json_t *input = parse(facts), *answer = vm ? td_vm_score(vm, input, &fault) : NULL;
    if (!answer)
        fail_msg("%s (line %d)", fault.message, fault.line);
    json_decref(input);
    td_vm_free(vm);
    return answer;
}

#define WEIGHED(material, defence)                                                                 \
    "standard 'x', 'junior' do\n"                                                                  \
    "  component 'M', '材料', weight: " material " do\n"                                           \
    "    section('A', 'S', cap: 60) { linear 'A1', 'T', cap: 60, of: :a, per: 1 }\n"               \
    "    section('B', 'S', cap: 40) { linear 'B1', 'T', cap: 40, of: :b, per: 1 }\n"               \
    "  end\n"                                                                                      \
    "  component 'D', '答辩', weight: " defence " do\n"                                            \
    "    section('C', 'S', cap: 100) { linear 'C1', 'T', cap: 100, of: :c, per: 1 }\n"             \
    "  end\nend\n"

static void components_weigh(void **state)
{
    (void)state;
    json_t *answer =
        score_of(WEIGHED("70", "30"), "{'facts': {'a': {'value': 55.55}, 'b': {'value': 99}, 'c': "
                                      "{'value': 81.01}}}");
    /* 95.55 × 70% = 66.885, 81.01 × 30% = 24.303 */
    json_t *components = json_object_get(answer, "components"),
           *first = json_array_get(components, 0);
    assert_int_equal(json_integer_value(json_object_get(first, "points")), 6689);
    assert_int_equal(json_integer_value(json_object_get(first, "cap")), 7000);
    assert_string_equal(json_string_value(json_object_get(first, "because")),
                        "95.55 × 70% = 66.89");
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 6689 + 2430);
    json_decref(answer);
    struct td_fault fault = {0};
    assert_null(td_vm_new("x/junior.rb", WEIGHED("70", "20"), strlen(WEIGHED("70", "20")), &fault));
    assert_non_null(strstr(fault.message, "权重合计 90，应为 100"));
}

static void the_line_follows_the_unit(void **state)
{
    (void)state;
    static const struct {
        const char *line, *values, *because;
        json_int_t points;
    } rows[] = {
        {"reference_line 60, of: :tier, table: {'乡镇级' => 50, '市级' => 70}",
         "{'tier': '乡镇级'}", "tier：乡镇级", 5000},
        {"reference_line 60, of: :tier, table: {'乡镇级' => 50}", "{'tier': '村级'}",
         "tier：村级，不在表内", 6000},
        {"reference_line 60, of: :tier, table: {'乡镇级' => 50}", "{}", "tier未填报", 6000},
        {"reference_line 60", "{}", NULL, 6000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rest[200];
        snprintf(rest, sizeof(rest), "total_cap 100\n%s", rows[i].line);
        json_t *answer =
            score(rest, "linear 'X', 'T', cap: 5, of: :n, per: 1", rows[i].values, "{}");
        assert_int_equal(json_integer_value(json_object_get(answer, "reference_line")),
                         rows[i].points);
        const char *because = json_string_value(json_object_get(answer, "reference_line_because"));
        if (rows[i].because)
            assert_string_equal(because, rows[i].because);
        else
            assert_null(because);
        json_decref(answer);
    }
    assert_refused("reference_line 60, of: :tier", "linear 'X', 'T', cap: 5, of: :n, per: 1",
                   "of: 和 table: 要一起写");
    assert_refused("reference_line 101", "linear 'X', 'T', cap: 5, of: :n, per: 1",
                   "参考线超过总分 100");
}

static void categories_and_windows(void **state)
{
    (void)state;
#define LIST(options) "sum_of 'X', 'T', cap: 9, of: :h, " options "table: {'省' => 4, '县' => 2}"
#define DATED                                                                                      \
    "{'y': 2025, 'd': '2022-05-01', 'h': [{'level': '县', 'kind': 'a', 'date': '2020-12-31'}, "   \
    "{'level': '省', 'kind': 'a', 'date': '2022-05-01'}, {'level': '县', 'kind': 'b', 'date': "  \
    "'2022-04-30'}]}"
    assert_item(LIST("category: 'kind', "), DATED, 600,
                "3 项同类取高：省 4.00 + 县 2.00 = 6.00，封顶 9");
    assert_item(LIST("window: 5, up_to: :y, "), DATED, 600, "省 4.00 + 县 2.00 = 6.00，封顶 9");
    assert_item(LIST("since: :d, "), DATED, 400, "省 4.00，封顶 9");
    assert_item("linear 'X', 'T', cap: 20, of: years(:m), per: lookup(:e, '专' => 0.9, '本' => "
                "1.1)",
                "{'m': 84, 'e': '本'}", 770, "7 年 × 1.10（本） = 7.70，封顶 20");
    assert_refused("", LIST("up_to: :y, "), "X T：up_to: 只和 window: 一起用");
    assert_refused("", LIST("window: 0, up_to: :y, "), "X T：window: 应为年数");
}

/* Decimals round as people wrote them, half up; products are exact until their one rounding. */
static void decimals_are_exact(void **state)
{
    (void)state;
#define TIMES(per) "linear 'X', 'T', cap: 900000, of: :n, per: " per
    static const struct {
        const char *per, *value, *counted;
        json_int_t points;
    } rows[] = {
        {"1", "0.145", "0.15", 15},     {"1", "1.005", "1.01", 101},
        {"1", "2.675", "2.68", 268},    {"1", "8.345", "8.35", 835},
        {"1", "0.1449999", "0.14", 14}, {"1", "0.005", "0.01", 1},
        {"1", "1e-9", "0", 0},          {"1", "99999.995", "100000", 10000000},
        {"0.5", "0.01", "0.01", 1},   /* 0.005 */
        {"0.33", "0.5", "0.5", 17},   /* 0.165 */
        {"0.15", "0.1", "0.1", 2},    /* 0.015 */
        {"1.15", "1.15", "1.15", 132} /* 1.3225 */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char item[100], values[60], because[100];
        snprintf(item, sizeof(item), TIMES("%s"), rows[i].per);
        snprintf(values, sizeof(values), "{'n': %s}", rows[i].value);
        snprintf(because, sizeof(because), "%s × ", rows[i].counted);
        json_t *answer = score("total_cap 900000", item, values, "{}");
        json_t *found = only_item(answer);
        const char *says = json_string_value(json_object_get(found, "because"));
        if (strncmp(says, because, strlen(because)) != 0)
            fail_msg("%s: %s", rows[i].value, says);
        assert_int_equal(json_integer_value(json_object_get(found, "points")), rows[i].points);
        json_decref(answer);
    }
    assert_points("step 'X', 'T', cap: 9, of: :n, steps: [[-0.5, 1]]", "{'n': -0.5}", "100");
    assert_points("step 'X', 'T', cap: 9, of: :n, steps: [[-0.5, 1]]", "{'n': -0.506}", "0");
    assert_refused("", TIMES("0.145"), "X T 的每单位分值 per：0.145 多于两位小数");
    assert_refused("", TIMES("1.005"), "多于两位小数");
    assert_refused("", TIMES("1e9"), "太大");
    assert_refused("", TIMES("(0.0 / 0.0)"), "太大");
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
    assert_refused("", "tier 'X', 'T', cap: 6, of: :g, table: {'优' => -6}",
                   "「优」的分值不能为负");
    assert_refused("", "tier 'X', 5, cap: 6, of: :g, table: {'优' => 6}", "X 5：名称应为文字");
    assert_refused("", GOOD ", by: 'me'", "X T：by: 应为 system、unit");
    assert_refused("", GOOD ", evidence: [1]", "X T：evidence: 应为文字");
    assert_refused("", "step 'X', 'T', cap: 5, of: :n, steps: [[1]]", "X T：steps:");
    assert_refused("", "step 'X', 'T', cap: 5, of: :n, steps: [[1, 2], [1, 3]]", "1 写了两次");
    assert_refused("", "pct_band 'X', 'T', cap: 5, of: :n, bands: 5", "X T：bands:");
    assert_refused("", "expert 'X', 'T', cap: 8, range: 8", "X T：range: 应为 下限..上限");
    assert_refused("", "expert 'X', 'T', cap: 8, mean: :middle", "X T：mean: 应为");
    assert_refused("", "best_of 'X', 'T', cap: 8 do\nexpert '专', cap: 3\nend",
                   "专：专家评分要单独成项");
    assert_refused("",
                   "sum_of 'X', 'T', cap: 8 do\nstep '甲', of: :n, steps: [[1, 1]]\nstep "
                   "'甲', of: :n, steps: [[1, 1]]\nend",
                   "组成部分「甲」写了两次");
    assert_refused("", "ranking 'X', 'T', cap: 8, of: :n", "places: 和 shares:");
    assert_refused("", "ranking 'X', 'T', cap: 8, of: :n, among: :m, shares: [[70, 1], [30, 2]]",
                   "逐档增大");
    assert_refused("", GOOD "\nmodify 'X', '甲', of: :n, is: 1", "X 甲：add: 和 times:");
    assert_refused("", GOOD "\nmodify 'Y', '甲', of: :n, is: 1, add: 1",
                   "Y：modify 的项目还没有定义");
    assert_refused("", GOOD "\nadjust('X', nil) { 1 }", "X：adjust 要写明原因");
    assert_refused("condition 'c', 'C', of: :n, at_least: 1, window: 3", GOOD,
                   "c C：window: 和 up_to: 要一起写");
    assert_refused("condition 'c', 'C', of: :n, at_least: 1, basis: 5", GOOD,
                   "c C：basis: 应为文字");
    assert_refused("condition 'c', 'C', of: :n, at_least: 1, except: :m", GOOD,
                   "c C：except: 应写成 {事实 => 值}，只写一个");
    assert_refused("condition 'c', 'C', of: :n, at_least: 1, except: {m: 1, n: 2}", GOOD,
                   "c C：except: 应写成 {事实 => 值}，只写一个");
    assert_refused("total_cap 90\ntotal_cap 100", GOOD, "total_cap 写了两次");
    assert_refused("name 'M'", GOOD, "name 写了两次");
    assert_refused("tie_break 'X', 'X'", GOOD, "tie_break：同一项写了两次");
    assert_refused("", "teir 'X', 'T', cap: 6",
                   "没有“teir”这个词，也没有这个名字（undefined method 'teir'）；可用的有 name、");
    assert_refused("condition 'c', 'C', of: years(:m), at_least: tenur", GOOD, "没有“tenur”这个词");
}

static void assert_place(const char *source, const char *facts, int line, const char *rule,
                         const char *says)
{
    struct td_fault fault = {0};
    struct td_vm *vm = td_vm_new("x/junior.rb", source, strlen(source), &fault);
    json_t *input = parse(facts), *answer = vm ? td_vm_score(vm, input, &fault) : NULL;
    assert_null(answer);
    assert_string_equal(fault.file, "x/junior.rb");
    if (!strstr(fault.message, says))
        fail_msg("\"%s\" does not say \"%s\"", fault.message, says);
    assert_string_equal(fault.rule, rule);
    assert_int_equal(fault.line, line);
    json_decref(input);
    td_vm_free(vm);
}

#define LINES(third, fourth)                                                                       \
    "standard 'x', 'junior' do\n  section 'A', 'S', cap: 9 do\n" third "\n" fourth "\n  "          \
    "end\nend\n"

/* File, line and rule: of mistakes that loading finds, and of those that only a dossier shows. */
static void mistakes_have_a_place(void **state)
{
    (void)state;
#define NO_FACTS "{'facts': {}}"
    assert_place(LINES("linear 'X', 'T', cap: 5, of: :n, per: 1", "tier 'Y', 'U', cap: 5, of: :g"),
                 NO_FACTS, 4, "Y U", "table: 应为");
    assert_place(LINES("linear 'X', 'T', cap: 5, of: :n, per: 1", "teir 'Y', 'U', cap: 5"),
                 NO_FACTS, 4, "", "没有“teir”这个词");
    assert_place(LINES("linear 'X', 'T', cap: 5, of: :n, per: 1", "1 + nil"), NO_FACTS, 4, "",
                 "TypeError");
    assert_place(LINES("best_of 'X', 'T', cap: 5 do", "step '甲', of: :n, steps: 3\nend"), NO_FACTS,
                 4, "甲", "steps: 应为");
    /* while scoring, in no block: where the rule is written */
    assert_place(LINES("", "linear 'X', 'T', cap: 5, of: :n, per: 1"),
                 "{'facts': {'n': {'value': 'three'}}}", 4, "X T", "事实 n 不是数字");
    assert_place(LINES("", "sum_of 'X', 'T', cap: 5, of: :n, table: {'a' => 1}"),
                 "{'facts': {'n': {'value': [1]}}}", 4, "X T", "事实 n 不是列表");
    assert_place(
        LINES("linear 'X', 'T', cap: 5, of: :n, per: 1", "adjust('X', 'r') { |got, f| 0.5 }"),
        "{'facts': {'n': {'value': 3}}}", 3, "X T", "adjust 应返回整数");
    /* in blocks: their own line */
    assert_place(LINES("linear 'X', 'T', cap: 5, of: :n, per: 1",
                       "adjust('X', 'r') { |got, f|\ngot + nil }"),
                 "{'facts': {'n': {'value': 3}}}", 5, "X T", "TypeError");
    assert_place(LINES("linear 'X', 'T', cap: 5, of: :n, per: 1",
                       "modify('X', 'm', add: 1) { |f|\nf[:n].foo }"),
                 "{'facts': {'n': {'value': 3}}}", 5, "X T", "undefined method 'foo'");
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
    assert_refused("reference_line 5, of: :q, table: {'a' => 5}", GOOD,
                   "reference_line：没有事实 q");
    assert_refused("", GOOD "\nmodify 'X', 'm', of: :q, is: 1, add: 1", "X m：没有事实 q");
    vm = load("", GOOD "\nadjust('X', 'r') { |got, facts| facts[:q] ? 0 : got }", &fault);
    json_t *input = parse("{'facts': {'n': {'value': 1}}}");
    assert_null(td_vm_score(vm, input, &fault));
    assert_string_equal(fault.message, "没有事实 q");
    assert_int_equal(fault.line, 6);
    json_decref(input);
    td_vm_free(vm);
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
        cmocka_unit_test(sheets_make_a_mean),
        cmocka_unit_test(rankings),
        cmocka_unit_test(modifiers),
        cmocka_unit_test(exclusions),
        cmocka_unit_test(components_weigh),
        cmocka_unit_test(the_line_follows_the_unit),
        cmocka_unit_test(categories_and_windows),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(what_is_missing),
        cmocka_unit_test(adjusting),
        cmocka_unit_test(caps_nest),
        cmocka_unit_test(conditions),
        cmocka_unit_test(vetoes_and_gates),
        cmocka_unit_test(mistakes_name_the_rule),
        cmocka_unit_test(mistakes_have_a_place),
        cmocka_unit_test(unknown_facts_are_mistakes),
        cmocka_unit_test(failures_while_scoring_name_the_rule),
        cmocka_unit_test(the_table_reads_like_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
