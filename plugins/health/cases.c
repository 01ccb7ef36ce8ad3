/* cases.c - cases, care reports and studies for blind review: they must not tell who the patient
 * is. What a person declares is checked against the text: a number of a patient left in it is
 * found. */
#include "facts.h"
#include "rules.h"

/* Whether the text has a row of digits that is long enough for a telephone or an identity number.
 */
static bool has_personal_number(const char *text)
{
    while (*text) {
        size_t digits = strspn(text, "0123456789");
        if (digits >= PERSONAL_NUMBER_DIGITS)
            return true;
        text += digits ? digits : 1;
    }
    return false;
}

static bool check_case(struct reading *reading, const json_t *item, int index)
{
    static const char *const texts[] = {"title", "summary"};
    bool clean = flag(item, "deidentified");
    if (!clean && json_object_get(item, "deidentified"))
        titled_problem(&reading->found, "case_records", index, "deidentified", "not_deidentified",
                       true,
                       "须先去标识化：删去患者姓名、证件号、电话、住址、病案号和本人、单位名称");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (!has_personal_number(titled_text(item, texts[i])))
            continue;
        titled_problem(&reading->found, "case_records", index, texts[i], "personal_number", true,
                       "含有 %d 位以上的连续数字，疑为证件号或电话号码，请删去",
                       PERSONAL_NUMBER_DIGITS);
        clean = false;
    }
    return clean;
}

void read_cases(struct reading *reading)
{
    const json_t *items = section_of(reading, "case_records");
    int clean = 0, count = (int)json_array_size(items);
    for (int i = 0; i < count; i++) {
        const json_t *item = json_array_get(items, (size_t)i);
        int day = answer_day(item, "date");
        bool usable = check_case(reading, item, i);
        if (day != DAY_NONE && day > reading->cutoff) {
            titled_problem(&reading->found, "case_records", i, "date", "after_cutoff", false,
                           "日期晚于截止日，不计算");
            continue;
        }
        if (!usable)
            continue;
        clean++;
        titled_fact_source(&reading->found, "case_records", "case_records", i);
    }
    if (items)
        titled_fact_set(&reading->found, "case_records", json_integer(clean),
                        "填写 %d 份，其中 %d 份去标识化", count, clean);
}
