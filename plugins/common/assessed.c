/* assessed.c - what unit and district have given, by the series' tables. */
#include "reading.h"

void read_assessed_words(struct reading *reading, const struct word_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct word_fact *row = &rows[i];
        const json_t *given = json_object_get(reading->assessments, row->section);
        const char *word = word_of(reading->series, row->words, titled_text(given, row->field));
        if (!*word)
            continue;
        titled_fact_set(&reading->found, row->fact, json_string(word), "%s", word);
        titled_fact_source(&reading->found, row->fact, row->section, -1);
    }
}

void read_assessed_yesno(struct reading *reading, const struct yesno_fact *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct yesno_fact *row = &rows[i];
        const json_t *given = json_object_get(reading->assessments, row->section);
        const json_t *value = json_object_get(given, row->field);
        if (!json_is_boolean(value))
            continue;
        bool yes = json_is_true(value);
        titled_fact_set(&reading->found, row->fact, json_boolean(yes), "%s",
                        yes ? row->yes : row->no);
        titled_fact_source(&reading->found, row->fact, row->section, -1);
    }
}

void read_assessed_number(struct reading *reading, const char *section, const char *field,
                          const char *fact, const char *before, const char *after)
{
    const json_t *given = json_object_get(reading->assessments, section);
    const json_t *number = json_object_get(given, field);
    if (!json_is_number(number))
        return;
    double value = json_number_value(number);
    titled_fact_set(&reading->found, fact, json_real(value), "%s %.10g%s", before, value, after);
    titled_fact_source(&reading->found, fact, section, -1);
}

void read_satisfaction(struct reading *reading)
{
    const json_t *given = json_object_get(reading->assessments, "democratic_appraisal");
    const json_t *percent = json_object_get(given, "satisfied_percent");
    json_int_t expected = json_integer_value(json_object_get(given, "expected"));
    json_int_t attended = json_integer_value(json_object_get(given, "attended"));
    if (!json_is_number(percent) || expected <= 0)
        return;
    bool quorum = (double)attended * 3 >= (double)expected * 2; /* whatever numbers are sent */
    titled_fact_set(&reading->found, "satisfaction_percent", json_real(json_number_value(percent)),
                    "满意率 %.10g%%", json_number_value(percent));
    titled_fact_set(&reading->found, "satisfaction_quorum", json_boolean(quorum),
                    "应到 %d 人，参加 %d 人，%s三分之二", (int)expected, (int)attended,
                    quorum ? "达到" : "不足");
    titled_fact_source(&reading->found, "satisfaction_percent", "democratic_appraisal", -1);
    titled_fact_source(&reading->found, "satisfaction_quorum", "democratic_appraisal", -1);
}
