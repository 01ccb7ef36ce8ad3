/* record.c - what applicants of every series list: education, yearly results, continuing education,
 * things won or made, the examination. */
#include "reading.h"

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
        titled_problem(&reading->found, "education", index, "end", "end_before_start", true,
                       "毕业日期早于入学日期");
    if (end != DAY_NONE && end > reading->cutoff)
        titled_problem(&reading->found, "education", index, "end", "after_cutoff", false,
                       "截止日尚未毕业，这一学历不计算");
    if (reading->birth != DAY_NONE && start != DAY_NONE && start <= reading->birth)
        titled_problem(&reading->found, "education", index, "start", "before_birth", true,
                       "入学日期不晚于出生日期");
}

static bool is_held(const struct reading *reading, const json_t *item)
{
    int end = answer_day(item, "end");
    return end != DAY_NONE &&
           day_add_months(end, reading->series->education_held_months) <= reading->cutoff;
}

/* The first day of the first job; DAY_NONE before any. */
static int first_working_day(const struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    int first = DAY_NONE;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        int start = answer_day(json_array_get(jobs, i), "start");
        if (start != DAY_NONE && (first == DAY_NONE || start < first))
            first = start;
    }
    return first;
}

/* How the qualification that counts was obtained: standards give more for full-time study and less
 * for one that was added later. */
static void put_study(struct reading *reading, const json_t *item, int index)
{
    const char *form = word_of(reading->series, "study", titled_text(item, "study_form"));
    int first = first_working_day(reading), end = answer_day(item, "end");
    if (*form) {
        titled_fact_set(&reading->found, "study_form", json_string(form), "%s", form);
        titled_fact_source(&reading->found, "study_form", "education", index);
    }
    if (first == DAY_NONE)
        return;
    char day[DAY_TEXT];
    day_format(first, day);
    titled_fact_set(&reading->found, "later_degree", json_boolean(end > first),
                    "%s 取得，%s 参加工作", titled_text(item, "end"), day);
    titled_fact_source(&reading->found, "later_degree", "education", index);
}

int read_education(struct reading *reading)
{
    const json_t *items = section_of(reading, "education");
    int best = DEGREES, newest = DEGREES, best_index = -1, newest_index = -1;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        int rank = rank_of(titled_text(item, "degree")), end = answer_day(item, "end");
        check_education(reading, item, (int)i);
        if (is_held(reading, item) && rank < best)
            best = rank, best_index = (int)i;
        else if (end != DAY_NONE && end <= reading->cutoff && rank < newest)
            newest = rank, newest_index = (int)i;
    }
    if (best == DEGREES)
        return -1;
    const char *word = word_of(reading->series, "degree", degrees[best]);
    const char *since = titled_text(json_array_get(items, (size_t)best_index), "end");
    titled_fact_source(&reading->found, "education", "education", best_index);
    put_study(reading, json_array_get(items, (size_t)best_index), best_index);
    if (newest < best)
        titled_fact_set(&reading->found, "education", json_string(word),
                        "%s；%s于 %s 取得，至截止日不满 1 年，按原学历", word,
                        word_of(reading->series, "degree", degrees[newest]),
                        titled_text(json_array_get(items, (size_t)newest_index), "end"));
    else
        titled_fact_set(&reading->found, "education", json_string(word), "%s，%s 取得", word,
                        since);
    return best_index;
}

/* --- yearly results ------------------------------------------------------------------------------
 */

static bool has_year(const json_t *years, json_int_t year)
{
    size_t index;
    json_t *entry;
    json_array_foreach(years, index, entry) {
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
void read_years(struct reading *reading, const char *section, const char *fact)
{
    const json_t *items = section_of(reading, section);
    json_t *years = json_array();
    int this_year = ymd_of(reading->cutoff).year;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        json_int_t year = json_integer_value(json_object_get(item, "year"));
        const char *word = word_of(reading->series, "grade", titled_text(item, "grade"));
        if (!year || !*word)
            continue;
        if (year > this_year) {
            titled_problem(&reading->found, section, (int)i, "year", "after_cutoff", true,
                           "%d 年晚于截止日", (int)year);
        } else if (has_year(years, year)) {
            titled_problem(&reading->found, section, (int)i, "year", "twice", true,
                           "%d 年填写了两次", (int)year);
        } else {
            insert_year(years, year, word);
            titled_fact_source(&reading->found, fact, section, (int)i);
        }
    }
    if (json_array_size(years))
        titled_fact_set(&reading->found, fact, years, "共 %zu 个年度", json_array_size(years));
    else
        json_decref(years);
}

/* --- continuing education ------------------------------------------------------------------------
 */

static int first_practice_year(const struct reading *reading)
{
    const json_t *jobs = section_of(reading, "employment");
    int first = DAY_NONE;
    for (size_t i = 0; i < json_array_size(jobs); i++) {
        const json_t *job = json_array_get(jobs, i);
        int start = answer_day(job, "start");
        if (start != DAY_NONE && json_is_true(json_object_get(job, reading->series->practice)) &&
            (first == DAY_NONE || start < first))
            first = start;
    }
    return first == DAY_NONE ? 0 : ymd_of(first).year;
}

/* Full calendar years that count: what the level asks, fewer for who has worked for less long. */
static int ce_window(const struct reading *reading)
{
    const struct series *series = reading->series;
    int window = series->ce_years_senior;
    if (!strcmp(reading->level, "junior"))
        window = series->ce_years_junior;
    else if (!strcmp(reading->level, "intermediate"))
        window = series->ce_years_intermediate;
    int first = first_practice_year(reading);
    int worked = first ? reading->last_full_year - first : window;
    return worked < 1 ? 1 : worked < window ? worked : window;
}

/* Two decimals. What is far beyond any real number of hours stays as it is. */
static double average(double sum, int years)
{
    double exact = sum / years;
    return exact > 0 && exact < 1e9 ? (double)(long)(exact * 100 + 0.5) / 100 : exact;
}

static void put_average(struct reading *reading, const char *fact, double sum, int years)
{
    int from = reading->last_full_year - years + 1;
    titled_fact_set(&reading->found, fact, json_real(average(sum, years)),
                    "%d—%d 年共 %.10g 学时，年均 %.10g 学时", from, reading->last_full_year, sum,
                    average(sum, years));
}

void read_continuing_education(struct reading *reading)
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
            titled_problem(&reading->found, "continuing_education", (int)i, "public_hours",
                           "more_than_all", true, "公需科目学时多于总学时");
        if (has_year(seen, year)) {
            titled_problem(&reading->found, "continuing_education", (int)i, "year", "twice", true,
                           "%d 年填写了两次", (int)year);
            continue;
        }
        insert_year(seen, year, "");
        if (year < from || year > reading->last_full_year)
            continue;
        hours += all;
        public_hours += general;
        titled_fact_source(&reading->found, "ce_hours_average", "continuing_education", (int)i);
    }
    json_decref(seen);
    titled_fact_set(&reading->found, "ce_years", json_integer(window), "%d—%d 年", from,
                    reading->last_full_year);
    if (json_array_size(items)) {
        put_average(reading, "ce_hours_average", hours, window);
        put_average(reading, "ce_public_average", public_hours, window);
    }
}

/* --- achievements --------------------------------------------------------------------------------
 */

static json_t *list_entry(const struct reading *reading, const json_t *item,
                          const struct listing *listing)
{
    json_t *entry = json_pack("{ss ss}", "name", titled_text(item, listing->name), "date",
                              titled_text(item, "date"));
    const char *const members[][2] = {{"level", listing->level_words},
                                      {"kind", listing->kind_words},
                                      {"role", listing->role_words}};
    for (size_t i = 0; i < 3; i++) {
        if (members[i][1])
            json_object_set_new(entry, members[i][0],
                                json_string(word_of(reading->series, members[i][1],
                                                    titled_text(item, members[i][0]))));
    }
    return entry;
}

void read_list(struct reading *reading, const struct listing *listing,
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
            titled_problem(&reading->found, listing->section, (int)i, "date", "after_cutoff", false,
                           "日期晚于截止日，不计算");
            continue;
        }
        json_array_append_new(list, list_entry(reading, item, listing));
        titled_fact_source(&reading->found, listing->fact, listing->section, (int)i);
    }
    titled_fact_set(&reading->found, listing->fact, list, "共 %zu 项", json_array_size(list));
}

void read_exam(struct reading *reading)
{
    const json_t *exam = section_of(reading, "exam");
    const char *result = titled_text(exam, "result"),
               *word = word_of(reading->series, "exam", result);
    if (!*word)
        return;
    titled_fact_set(&reading->found, "exam_result", json_string(word), "%s", word);
    titled_fact_source(&reading->found, "exam_result", "exam", -1);
    if (!strcmp(result, "exempt") && !*titled_text(exam, "basis"))
        titled_problem(&reading->found, "exam", -1, "basis", "required", true,
                       "按规定免试的必须填写免试依据");
}
