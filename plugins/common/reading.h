/* common/reading.h - how every series of this tree derives facts: what one call works with, and the
 * parts that are the same for teachers, farming and health.
 *
 * A series describes itself once in a constant `struct series`: the words of its form's options,
 * the numbers that a notice may change. A call reads the dossier into `struct reading`; the parts
 * then set facts and problems (titled/facts.h). Every fact that form.json lists is always in the
 * answer: with value null when the applicant or an official has not given it yet. The words in
 * values are the option names of form.json, so that a standard reads like the regulation. */
#ifndef TITLED_PLUGINS_COMMON_READING_H
#define TITLED_PLUGINS_COMMON_READING_H

#include <titled/dates.h>
#include <titled/facts.h>

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* An option of form.json whose name facts carry. */
struct word_row {
    const char *kind, *value, *word;
};

struct series {
    const struct word_row
        *words; /* the series' own, the last without a kind; common ones are known */
    const char *const
        *exam_based; /* specialties whose titles come from an examination; NULL ends */

    const char *practice;       /* yes/no field of employment: spent in the profession */
    const char *practice_words; /* "从教时间" */
    const char *post_words;     /* "基层教学一线岗位" */
    /* Whether an entry of employment is a post that the directed track is made for. */
    bool (*at_grassroots)(const json_t *job);

    /* Time on secondment away counts by this share towards years at the grassroots and in harder
     * posts (借调减半); it never counts as being there continuously. */
    int seconded_percent;
    int education_held_months; /* a qualification counts once it has been held this long */
    int gap_months;            /* gaps between jobs this long are pointed out */
    /* Continuing education: hours a year, of these in general subjects, and over how many full
     * years they are averaged. */
    int ce_hours, ce_public_hours;
    int ce_years_junior, ce_years_intermediate, ce_years_senior;
};

struct reading {
    const struct series *series;
    const json_t *dossier;
    const json_t *content;
    const json_t *assessments;
    int cutoff;         /* the day itself counts */
    int birth;          /* DAY_NONE when unknown */
    int last_full_year; /* the newest year whose yearly results exist at the cut-off date */
    const char *level;
    struct titled_facts found; /* the answer under construction */
};

/* --- the frame (reading.c) -----------------------------------------------------------------------
 */

/* Starts an answer: every fact of form.json (`form`, the series' own in every call) with value null,
 * then cutoff_date, last_full_year, age, track and unit_tier. False when the dossier has no usable cut-off
 * date. */
bool reading_init(struct reading *reading, const struct series *series, const char *form,
                  size_t size, const json_t *dossier);
/* {"facts", "problems"}: what facts() answers. */
json_t *reading_answer(struct reading *reading);

/* Members of form answers; DAY_NONE / false when absent. Texts: titled_text. */
int answer_day(const json_t *object, const char *field);
bool flag(const json_t *object, const char *field);
const json_t *section_of(const struct reading *reading, const char *section);

/* The word for an option's value as form.json has it; "" for a value it does not have. */
const char *word_of(const struct series *series, const char *kind, const char *value);

/* --- time (service.c) ----------------------------------------------------------------------------
 */

/* What the entries of employment amount to, merged. Secondments are kept apart. */
struct service {
    struct periods all;
    struct periods practice;
    struct periods held; /* in the profession, or seconded from a post in it: a title stays held */
    struct periods grassroots, grassroots_away;
    struct periods hardship, hardship_away;
    struct periods tenure; /* appointed at the level of the present title: read_title */
};

/* Puts grassroots_months, recent_grassroots_months, at_grassroots and hardship_months (which the
 * section hardship_recognition may deny), and the problems of the entries. */
void read_employment(struct reading *reading, struct service *ret_service);
/* The entry's days up to the cut-off date; an open end lasts until then. False when there are none.
 */
bool served(const struct reading *reading, const json_t *item, struct period *ret_period);
/* The merged periods of a section's items; each item becomes a source of `fact`. */
struct periods read_periods(struct reading *reading, const char *section, const char *fact);

/* What is wrong with the first and last day of an item: out of order, after the cut-off date, too young. */
void check_days(struct reading *reading, const char *section, const json_t *item, int index);

/* --- the present title (tenure.c) ----------------------------------------------------------------
 */

/* current_title, title_since and tenure_months: the time in the profession on appointments at the level of the
 * present title, of both ladders: stated, declared and on record, each day once; secondments included,
 * gaps and other work not; as the calendar has it when no employment is entered. Sets service->tenure.
 * Without a title, the time in the profession. */
void read_title(struct reading *reading, struct service *service);

/* --- what the applicant lists (record.c) ---------------------------------------------------------
 */

/* education; answers the index of the entry that counts, -1 when none does. */
int read_education(struct reading *reading);
/* Yearly results of a section as [{"year", "grade"}], sorted. */
void read_years(struct reading *reading, const char *section, const char *fact);
void read_continuing_education(struct reading *reading); /* ce_years, ce_hours_average, ... */
void read_exam(struct reading *reading);                 /* exam_result */

/* Which members of an item go into a list fact, and with which words. */
struct listing {
    const char *section, *fact;
    const char *name;                                  /* the item's title */
    const char *level_words, *kind_words, *role_words; /* NULL: the item has no such member */
};

/* A list fact. Items dated after the cut-off date stay out; `wanted` (may be NULL) chooses among
 * the others. */
void read_list(struct reading *reading, const struct listing *listing,
               bool (*wanted)(const json_t *item));

/* --- what unit and district have given (assessed.c) ----------------------------------------------
 */

struct word_fact {
    const char *section, *field, *words, *fact;
};

struct yesno_fact {
    const char *section, *field, *fact, *yes, *no;
};

/* A section not given yet leaves its facts at null. */
void read_assessed_words(struct reading *reading, const struct word_fact *rows, size_t count);
void read_assessed_yesno(struct reading *reading, const struct yesno_fact *rows, size_t count);
/* A number as it stands; the sentence is "before number after". */
void read_assessed_number(struct reading *reading, const char *section, const char *field,
                          const char *fact, const char *before, const char *after);
/* satisfaction_percent and satisfaction_quorum of the section democratic_appraisal. */
void read_satisfaction(struct reading *reading);

#endif
