/* record.c - what the applicant lists: education, licence, yearly results, continuing education,
 * honours, lessons, mentoring, research, examination. */
#include "facts.h"
#include "rules.h"

/* From the highest down. */
static const char *const degrees[] = {"doctor",  "master",    "bachelor",
                                      "college", "secondary", "high_school"};
enum { DEGREES = sizeof(degrees) / sizeof(degrees[0]) };

static int rank_of(const char *degree)
{
    int rank = 0;
    while (rank < DEGREES && strcmp(degrees[rank], degree) != 0)
        rank++;
    return rank;
}

/* --- education -----------------------------------------------------------------------------------
 */

static void check_education(struct reading *reading, const json_t *item, int index)
{
    int start = answer_day(item, "start"), end = answer_day(item, "end");
    if (start != DAY_NONE && end != DAY_NONE && end < start)
        put_problem(reading, "education", index, "end", "end_before_start", true,
                    "毕业日期早于入学日期");
    if (end != DAY_NONE && end > reading->cutoff)
        put_problem(reading, "education", index, "end", "after_cutoff", false,
                    "截止日尚未毕业，这一学历不计算");
    if (reading->birth != DAY_NONE && start != DAY_NONE && start <= reading->birth)
        put_problem(reading, "education", index, "start", "before_birth", true,
                    "入学日期不晚于出生日期");
}

static bool is_held(const struct reading *reading, const json_t *item)
{
    int end = answer_day(item, "end");
    return end != DAY_NONE && day_add_months(end, EDUCATION_HELD_MONTHS) <= reading->cutoff;
}

static void read_education(struct reading *reading)
{
    const json_t *items = section_of(reading, "education");
    int best = DEGREES, newest = DEGREES, best_index = -1, newest_index = -1;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        int rank = rank_of(answer(item, "degree")), end = answer_day(item, "end");
        check_education(reading, item, (int)i);
        if (is_held(reading, item) && rank < best)
            best = rank, best_index = (int)i;
        else if (end != DAY_NONE && end <= reading->cutoff && rank < newest)
            newest = rank, newest_index = (int)i;
    }
    if (best == DEGREES)
        return;
    const char *word = word_of("degree", degrees[best]);
    const char *since = answer(json_array_get(items, (size_t)best_index), "end");
    put_source(reading, FACT_EDUCATION, "education", best_index);
    if (newest < best)
        put_fact(reading, FACT_EDUCATION, json_string(word),
                 "%s；%s于 %s 取得，至截止日不满 1 年，按原学历", word,
                 word_of("degree", degrees[newest]),
                 answer(json_array_get(items, (size_t)newest_index), "end"));
    else
        put_fact(reading, FACT_EDUCATION, json_string(word), "%s，%s 取得", word, since);
}

static void read_licence(struct reading *reading)
{
    const json_t *licence = section_of(reading, "qualification");
    const char *word = word_of("licence", answer(licence, "kind"));
    int obtained = answer_day(licence, "obtained");
    if (!*word)
        return;
    put_fact(reading, FACT_TEACHER_LICENCE, json_string(word), "%s，%s 取得", word,
             answer(licence, "obtained"));
    put_source(reading, FACT_TEACHER_LICENCE, "qualification", -1);
    if (obtained != DAY_NONE && obtained > reading->cutoff)
        put_problem(reading, "qualification", -1, "obtained", "after_cutoff", true,
                    "取得日期晚于截止日");
}

/* --- yearly results ------------------------------------------------------------------------------
 */

static bool has_year(const json_t *years, json_int_t year)
{
    size_t index;
    json_t *entry;
    json_array_foreach(years, index, entry)
    {
        if (json_integer_value(json_object_get(entry, "year")) == year)
            return true;
    }
    return false;
}

/* Keeps the list sorted by year. */
static void insert_year(json_t *years, json_int_t year, const char *word)
{
    size_t at = json_array_size(years);
    while (at > 0 &&
           json_integer_value(json_object_get(json_array_get(years, at - 1), "year")) > year)
        at--;
    json_array_insert_new(years, at, json_pack("{sI ss}", "year", year, "grade", word));
}

/* A year's result counts once; results of years that have not begun by the cut-off date do not. */
static void read_years(struct reading *reading, const char *section, enum fact fact)
{
    const json_t *items = section_of(reading, section);
    json_t *years = json_array();
    int this_year = ymd_of(reading->cutoff).year;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        json_int_t year = json_integer_value(json_object_get(item, "year"));
        const char *word = word_of("grade", answer(item, "grade"));
        if (!year || !*word)
            continue;
        if (year > this_year) {
            put_problem(reading, section, (int)i, "year", "after_cutoff", true, "%d 年晚于截止日",
                        (int)year);
        } else if (has_year(years, year)) {
            put_problem(reading, section, (int)i, "year", "twice", true, "%d 年填写了两次",
                        (int)year);
        } else {
            insert_year(years, year, word);
            put_source(reading, fact, section, (int)i);
        }
    }
    if (json_array_size(years))
        put_fact(reading, fact, years, "共 %zu 个年度", json_array_size(years));
    else
        json_decref(years);
}

/* --- continuing education ------------------------------------------------------------------------
 */

static int first_teaching_year(const struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    int first = DAY_NONE;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        int start = answer_day(job, "start");
        if (start != DAY_NONE && json_is_true(json_object_get(job, "teaching")) &&
            (first == DAY_NONE || start < first))
            first = start;
    }
    return first == DAY_NONE ? 0 : ymd_of(first).year;
}

/* Full calendar years that count: what the level asks, fewer for who teaches for less long. */
static int ce_window(const struct reading *reading)
{
    int window = CE_YEARS_SENIOR;
    if (!strcmp(reading->level, "junior"))
        window = CE_YEARS_JUNIOR;
    else if (!strcmp(reading->level, "intermediate"))
        window = CE_YEARS_INTERMEDIATE;
    int first = first_teaching_year(reading);
    int taught = first ? reading->last_full_year - first : window;
    return taught < 1 ? 1 : taught < window ? taught : window;
}

/* Two decimals. What is far beyond any real number of hours stays as it is. */
static double average(double sum, int years)
{
    double exact = sum / years;
    return exact > 0 && exact < 1e9 ? (double)(long)(exact * 100 + 0.5) / 100 : exact;
}

static void put_average(struct reading *reading, enum fact fact, double sum, int years)
{
    int from = reading->last_full_year - years + 1;
    put_fact(reading, fact, json_real(average(sum, years)),
             "%d—%d 年共 %.10g 学时，年均 %.10g 学时", from, reading->last_full_year, sum,
             average(sum, years));
}

static void read_continuing_education(struct reading *reading)
{
    const json_t *items = section_of(reading, "continuing_education");
    int window = ce_window(reading);
    int from = reading->last_full_year - window + 1;
    double hours = 0, public_hours = 0;
    json_t *seen = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        json_int_t year = json_integer_value(json_object_get(item, "year"));
        double all = json_number_value(json_object_get(item, "hours"));
        double general = json_number_value(json_object_get(item, "public_hours"));
        if (general > all)
            put_problem(reading, "continuing_education", (int)i, "public_hours", "more_than_all",
                        true, "公需科目学时多于总学时");
        if (has_year(seen, year)) {
            put_problem(reading, "continuing_education", (int)i, "year", "twice", true,
                        "%d 年填写了两次", (int)year);
            continue;
        }
        insert_year(seen, year, "");
        if (year < from || year > reading->last_full_year)
            continue;
        hours += all;
        public_hours += general;
        put_source(reading, FACT_CE_HOURS, "continuing_education", (int)i);
    }
    json_decref(seen);
    put_fact(reading, FACT_CE_YEARS, json_integer(window), "%d—%d 年", from,
             reading->last_full_year);
    if (json_array_size(items)) {
        put_average(reading, FACT_CE_HOURS, hours, window);
        put_average(reading, FACT_CE_PUBLIC, public_hours, window);
    }
}

/* --- achievements --------------------------------------------------------------------------------
 */

/* Which members of an item go into a list fact, and with which words. */
struct listing {
    const char *section;
    enum fact fact;
    const char *name;                                  /* the item's title */
    const char *level_words, *kind_words, *role_words; /* NULL: the item has no such member */
};

static json_t *list_entry(const json_t *item, const struct listing *listing)
{
    json_t *entry =
        json_pack("{ss ss}", "name", answer(item, listing->name), "date", answer(item, "date"));
    const char *const members[][2] = {{"level", listing->level_words},
                                      {"kind", listing->kind_words},
                                      {"role", listing->role_words}};
    for (size_t i = 0; i < 3; i++) {
        if (members[i][1])
            json_object_set_new(entry, members[i][0],
                                json_string(word_of(members[i][1], answer(item, members[i][0]))));
    }
    return entry;
}

/* Items dated after the cut-off date stay out. `wanted` (may be NULL) chooses among the others. */
static void read_list(struct reading *reading, const struct listing *listing,
                      bool (*wanted)(const json_t *item))
{
    const json_t *items = section_of(reading, listing->section);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        int day = answer_day(item, "date");
        if (wanted && !wanted(item))
            continue;
        if (day != DAY_NONE && day > reading->cutoff) {
            put_problem(reading, listing->section, (int)i, "date", "after_cutoff", false,
                        "日期晚于截止日，不计算");
            continue;
        }
        json_array_append_new(list, list_entry(item, listing));
        put_source(reading, listing->fact, listing->section, (int)i);
    }
    put_fact(reading, listing->fact, list, "共 %zu 项", json_array_size(list));
}

static bool is_general(const json_t *honour)
{
    return !strcmp(answer(honour, "kind"), "general");
}

static bool is_ethics(const json_t *honour)
{
    return !is_general(honour);
}

static void read_mentoring(struct reading *reading)
{
    const json_t *items = section_of(reading, "mentoring");
    json_int_t years = 0;
    for (size_t i = 0; i < json_array_size(items); i++) {
        years += json_integer_value(json_object_get(json_array_get(items, i), "years"));
        put_source(reading, FACT_MENTORING_YEARS, "mentoring", (int)i);
    }
    put_fact(reading, FACT_MENTORING_YEARS, json_integer(years), "指导 %zu 人，共 %d 人·学年",
             json_array_size(items), (int)years);
}

static void read_exam(struct reading *reading)
{
    const json_t *exam = section_of(reading, "exam");
    const char *result = answer(exam, "result"), *word = word_of("exam", result);
    if (!*word)
        return;
    put_fact(reading, FACT_EXAM_RESULT, json_string(word), "%s", word);
    put_source(reading, FACT_EXAM_RESULT, "exam", -1);
    if (!strcmp(result, "exempt") && !*answer(exam, "basis"))
        put_problem(reading, "exam", -1, "basis", "required", true, "按规定免试的必须填写免试依据");
}

void read_record(struct reading *reading)
{
    static const struct listing honours = {"honours",      FACT_HONOURS,  "name",
                                           "honour_level", "honour_kind", NULL};
    static const struct listing ethics = {"honours",      FACT_ETHICS_HONOURS, "name",
                                          "honour_level", "honour_kind",       NULL};
    static const struct listing lessons = {"open_lessons", FACT_OPEN_LESSONS, "name",
                                           "lesson_level", "lesson_kind",     NULL};
    static const struct listing awards = {
        "student_awards", FACT_STUDENT_AWARDS, "name", "lesson_level", NULL, NULL};
    static const struct listing research = {"research",       FACT_RESEARCH,   "title",
                                            "research_level", "research_kind", "research_role"};
    read_education(reading);
    read_licence(reading);
    read_years(reading, "annual_assessment", FACT_ANNUAL_ASSESSMENTS);
    read_years(reading, "ethics_assessment", FACT_ETHICS_ASSESSMENTS);
    read_continuing_education(reading);
    read_list(reading, &honours, is_general);
    read_list(reading, &ethics, is_ethics);
    read_list(reading, &lessons, NULL);
    read_list(reading, &awards, NULL);
    read_list(reading, &research, NULL);
    read_mentoring(reading);
    read_exam(reading);
}
