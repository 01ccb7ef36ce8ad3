/* package.c - the package of results. Writes nothing. */
#include "review/package.h"

#include "review/application.h"
#include "review/code.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>

static int committees(struct td_tx *tx, const char *cycle_id, json_t **ret_committees)
{
    json_t *rows = NULL, *row = NULL, *meetings = NULL;
    size_t i;
    int rc = td_tx_rows(
        tx, &rows,
        "select k.id, k.name, k.founding_unit, k.level, (select count(*) from committee_member m"
        " where m.committee_id = k.id) as members from committee k where exists"
        " (select 1 from meeting g where g.committee_id = k.id and g.cycle_id = $1) order by k.id",
        "s", cycle_id);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        rc =
            td_tx_rows(tx, &meetings,
                       "select name, held_on, members, present from meeting where committee_id = $1"
                       " and cycle_id = $2 and state = 'closed' order by held_on, id",
                       "ss", td_row_text(row, "id"), cycle_id);
        if (rc < 0) {
            json_decref(rows);
            return rc;
        }
        json_object_set_new(row, "meetings", meetings);
        json_object_del(row, "id");
    }
    *ret_committees = rows;
    return 0;
}

static int counts(struct td_tx *tx, const char *cycle_id, json_t **ret_counts)
{
    return td_tx_row(
        tx, ret_counts,
        "select (select count(*) from application where cycle_id = $1 and submitted_at is not null)"
        " as declared, (select count(distinct t.application_id) from transition t"
        " join application a on a.id = t.application_id where a.cycle_id = $1"
        " and t.to_state = 'accepted') as accepted,"
        " (select count(*) from motion o join meeting g on g.id = o.meeting_id"
        " where g.cycle_id = $1 and o.state = 'counted') as voted,"
        " (select count(*) from motion o join meeting g on g.id = o.meeting_id"
        " where g.cycle_id = $1 and o.passed) as passed,"
        " (select count(*) from motion o join meeting g on g.id = o.meeting_id"
        " where g.cycle_id = $1 and not o.passed) as failed",
        "s", cycle_id);
}

/* A word of the person's and its code. */
static void add_coded(json_t *person, const char *member, enum td_code_list list, const char *word)
{
    char name[40];
    const struct td_code *found = td_code_find(list, word);
    snprintf(name, sizeof(name), "%s_code", member);
    json_object_set_new(person, member, json_string(found ? found->name : word));
    json_object_set_new(person, name, json_string(found ? found->code : ""));
}

/* What account, unit and facts say about who the dossier is of. */
static void add_codes(const struct td_review *review, const json_t *application, json_t *person)
{
    char internal[200];
    const char *series = td_row_text(application, "series"),
               *level = td_row_text(application, "level"),
               *specialty = td_row_text(application, "specialty");
    const json_t *account = json_object_get(application, "person");
    add_coded(person, "sex", TD_CODE_SEX, td_row_text(account, "sex"));
    add_coded(person, "ethnicity", TD_CODE_ETHNICITY, td_row_text(account, "ethnicity"));
    add_coded(person, "politics", TD_CODE_POLITICS, td_row_text(account, "politics"));
    add_coded(person, "education", TD_CODE_EDUCATION, td_row_text(application, "education"));
    json_object_set(person, "unit_uscc", json_object_get(application, "uscc"));
    snprintf(internal, sizeof(internal), "%.60s.%.60s.%.60s", series, specialty, level);
    json_object_set_new(person, "title_internal", json_string(internal));
    json_object_set_new(
        person, "title_code",
        json_string(td_code_title(td_application_form(review, application), level, specialty)));
}

static json_t *describe_person(const json_t *application)
{
    static const char *const members[] = {"number",        "unit_name", "division_name",
                                          "division_code", "specialty", "specialty_name",
                                          "level",         "title_name"};
    json_t *person = json_pack("{s:s}", "name", td_row_text(application, "applicant_name"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set_new(person, members[i], json_string(td_row_text(application, members[i])));
    return person;
}

static json_t *people(const struct td_review *review, const json_t *dossiers)
{
    json_t *list = json_array(), *dossier;
    size_t i;
    json_array_foreach((json_t *)dossiers, i, dossier) {
        td_application_name(review, dossier);
        json_t *person = describe_person(dossier);
        add_codes(review, dossier, person);
        json_array_append_new(list, person);
    }
    return list;
}

json_t *td_package_cycle(const json_t *cycle)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "id", td_row_text(cycle, "id"),
                     "series", td_row_text(cycle, "series"), "year", td_row_int(cycle, "year"),
                     "name", td_row_text(cycle, "name"), "notice_number",
                     td_row_text(cycle, "notice_number"), "notice_date",
                     td_row_text(cycle, "notice_date"), "cutoff_date",
                     td_row_text(cycle, "cutoff_date"));
}

int td_package_make(struct td_review *review, const json_t *cycle, const json_t *dossiers,
                    json_t **ret_package)
{
    const char *cycle_id = td_row_text(cycle, "id");
    json_t *package = json_pack("{s:s, s:o, s:s}", "format", "titled.results.1", "cycle",
                                td_package_cycle(cycle), "prepared_on", review->today);
    json_t *part = NULL;
    int rc = committees(review->tx, cycle_id, &part);
    if (rc == 0)
        json_object_set_new(package, "committees", part);
    if (rc == 0 && (rc = counts(review->tx, cycle_id, &part)) == 0)
        json_object_set_new(package, "counts", part);
    if (rc == 0)
        json_object_set_new(package, "people", people(review, dossiers));
    if (rc < 0)
        json_decref(package);
    else
        *ret_package = package;
    return rc;
}
