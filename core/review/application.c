/* application.c - see application.h. Owns the creation of rows in `application`; states belong to
 * workflow.c, content to draft.c. */
#include "review/application.h"

#include "review/cycle.h"
#include "review/integrity.h"
#include "review/ladder.h"
#include "review/form.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

int td_application_row(struct td_review *review, const char *id, json_t **ret_application,
                       struct td_error *reterr)
{
    int result =
        td_tx_row(review->tx, ret_application,
                  "select a.*, p.name as applicant_name, u.name as unit_name, "
                  "d.name as division_name, c.name as cycle_name from application a "
                  "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "
                  "join division d on d.code = a.division_code join cycle c on c.id = a.cycle_id "
                  "where a.id = $1",
                  "s", id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "application_unknown", NULL);
    return result;
}

/* All columns but the content, which is long; "revision" counts changes of what belongs to the
 * dossier (schema/008_dossier_revision.sql). */
#define HEAD_COLUMNS                                                                               \
    "a.id, a.number, a.cycle_id, a.account_id, a.unit_id, a.division_code, a.series, a.level, "    \
    "a.specialty, a.track, a.year, a.state, a.returned_to, a.supplemented, a.due_at, "             \
    "a.pledge_at, a.snapshot_id, a.score_id, a.created_at, a.updated_at, a.submitted_at, "         \
    "a.state_at, a.version, a.plugin_version, a.plugin_hash, a.form_version"

static int load_head(struct td_review *review, const char *id, json_t **ret_head)
{
    return td_tx_row(
        review->tx, ret_head,
        "select " HEAD_COLUMNS ", p.name as applicant_name, u.name as unit_name, "
        "d.name as division_name, c.name as cycle_name, r.number as revision from application a "
        "join account p on p.id = a.account_id join unit u on u.id = a.unit_id "
        "join division d on d.code = a.division_code join cycle c on c.id = a.cycle_id "
        "left join dossier_revision r on r.application_id = a.id where a.id = $1",
        "s", id);
}

bool td_application_visible(const struct td_review *review, const json_t *application)
{
    const struct td_account *who = review->who;
    if (!who)
        return true;
    if (td_row_equals(application, "account_id", who->id))
        return true;
    if (!*td_row_text(application, "submitted_at"))
        return false;
    if (who->roles & (TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR))
        return true;
    const char *division = td_row_text(application, "division_code");
    const char *series = td_row_text(application, "series");
    char scope[64];
    snprintf(scope, sizeof(scope), "%s/%s", division, series);
    return td_account_has(who, TD_ROLE_UNIT, td_row_text(application, "unit_id")) ||
           td_account_has(who, TD_ROLE_DISTRICT_INDUSTRY, scope) ||
           td_account_has(who, TD_ROLE_DISTRICT_HR, division) ||
           td_account_has(who, TD_ROLE_OFFICE, series);
}

int td_application_load(struct td_review *review, const char *id, json_t **ret_application,
                        struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_row(review, id, &application, reterr);
    if (result)
        return result;
    if (!td_application_visible(review, application)) {
        json_decref(application);
        return td_error_key(reterr, TD_ENOTFOUND, "application_unknown", NULL);
    }
    *ret_application = application;
    return 0;
}

int td_application_load_head(struct td_review *review, const char *id, json_t **ret_head,
                             struct td_error *reterr)
{
    json_t *head = NULL;
    int result = load_head(review, id, &head);
    if (!result && td_application_visible(review, head)) {
        *ret_head = head;
        return 0;
    }
    json_decref(head);
    return result && result != TD_ENOTFOUND
               ? result
               : td_error_key(reterr, TD_ENOTFOUND, "application_unknown", NULL);
}

int td_application_content(struct td_review *review, const json_t *application,
                           json_t **ret_content)
{
    json_t *row = NULL, *content = json_object_get(application, "content");
    int result = content
                     ? 0
                     : td_tx_row(review->tx, &row, "select content from application where id = $1",
                                 "s", td_row_text(application, "id"));
    if (!result)
        *ret_content = json_incref(content ? content : json_object_get(row, "content"));
    json_decref(row);
    return result;
}

int td_application_load_editable(struct td_review *review, const char *id, json_t **ret_application,
                                 struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_load(review, id, &application, reterr);
    if (result)
        return result;
    enum td_state state = TD_STATE_COUNT;
    td_state_parse(td_row_text(application, "state"), &state);
    if (!review->who || !td_row_equals(application, "account_id", review->who->id))
        result = td_error_key(reterr, TD_EFORBIDDEN, "not_own_dossier", NULL);
    else if (!td_state_editable(state))
        result = td_error_key(reterr, TD_ECONFLICT, "not_editable",
                              json_pack("{s:s}", "state", td_row_text(application, "state")));
    if (result)
        json_decref(application);
    else
        *ret_application = application;
    return result;
}

#define GRANTED(role)                                                                              \
    "(select scope from account_grant where account_id = $1 and role = '" role "')"

const char *td_application_filter(const struct td_review *review)
{
    uint32_t roles = review->who->roles;
    if (roles & (TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR))
        return "(a.submitted_at is not null or a.account_id = $1)";
    return td_arena_printf(
        review->arena, "(a.account_id = $1%s%s%s%s)",
        roles & TD_ROLE_UNIT
            ? " or (a.submitted_at is not null and a.unit_id in " GRANTED("unit") ")"
            : "",
        roles & TD_ROLE_DISTRICT_INDUSTRY
            ? " or (a.submitted_at is not null and a.division_code || '/' || "
              "a.series in " GRANTED("district_industry") ")"
            : "",
        roles & TD_ROLE_DISTRICT_HR
            ? " or (a.submitted_at is not null and a.division_code in " GRANTED("district_hr") ")"
            : "",
        roles & TD_ROLE_OFFICE
            ? " or (a.submitted_at is not null and a.series in " GRANTED("office") ")"
            : "");
}

static void name_from(json_t *application, const char *as, const json_t *source, const char *member)
{
    char name[64], english[64];
    snprintf(name, sizeof(name), "%s_name", as);
    snprintf(english, sizeof(english), "%s_name_en", as);
    json_object_set(application, name, json_object_get(source, member));
    char member_en[32];
    snprintf(member_en, sizeof(member_en), "%s_en", member);
    const json_t *text = json_object_get(source, member_en);
    json_object_set(application, english,
                    (json_t *)(text ? text : json_object_get(source, member)));
}

const json_t *td_application_form(const struct td_review *review, const json_t *application)
{
    const json_t *present = json_object_get(review->catalog, td_row_text(application, "series"));
    const char *version = td_row_text(application, "plugin_version");
    if (!*version || td_row_equals(present, "plugin_version", version))
        return present;
    const json_t *kept = json_object_get(json_object_get(present, "kept"), version);
    return kept ? kept : present;
}

const char *td_application_plugin_version(const struct td_review *review, const json_t *application)
{
    const char *own = td_row_text(application, "plugin_version");
    return *own ? own : td_row_text(td_application_form(review, application), "plugin_version");
}

bool td_application_takes(const struct td_review *review, const char *series)
{
    const json_t *present = json_object_get(review->catalog, series);
    return present && !td_row_bool(present, "retired");
}

void td_application_name(const struct td_review *review, json_t *application)
{
    const json_t *descriptor = td_application_form(review, application);
    const char *specialty = td_row_text(application, "specialty");
    name_from(application, "series", descriptor, "name");
    name_from(application, "title",
              td_form_title(descriptor, td_row_text(application, "level"), specialty), "title");
    name_from(application, "specialty", td_form_specialty(descriptor, specialty), "name");
}

static int refuse_exam(const char *key, const json_t *chosen, struct td_error *reterr)
{
    return td_error_key(reterr, TD_ECONFLICT, key,
                        json_pack("{s:O, s:O?, s:O?, s:O?}", "name",
                                  json_object_get(chosen, "name"), "name_en",
                                  json_object_get(chosen, "name_en"), "reason",
                                  json_object_get(chosen, "exam_reason"), "reason_en",
                                  json_object_get(chosen, "exam_reason_en")));
}

/* Level and specialty must be the series' own; what is won by a national examination is not
 * reviewed (seed notice, section 1). */
int td_application_check_choice(const json_t *descriptor, const char *level_id,
                                const char *specialty_id, struct td_error *reterr)
{
    const json_t *level = td_form_level(descriptor, level_id);
    const json_t *specialty = td_form_specialty(descriptor, specialty_id);
    if (!level)
        td_error_field(reterr, "level", "choice", "this series has no such level");
    if (!specialty)
        td_error_field(reterr, "specialty", "choice", "this series has no such specialty");
    if (!level || !specialty)
        return TD_EFIELDS;
    if (td_row_bool(level, "exam_based"))
        return refuse_exam("exam_based_level", level, reterr);
    if (td_row_bool(specialty, "exam_based"))
        return refuse_exam("exam_based", specialty, reterr);
    return 0;
}

static int check_once(struct td_review *review, int64_t year, struct td_error *reterr)
{
    json_t *other = NULL;
    int result =
        td_tx_row(review->tx, &other,
                  "select id, number, state from application where account_id = $1 and year = $2 "
                  "and state not in ('withdrawn', 'abandoned', 'rejected')",
                  "si", review->who->id, year);
    if (result == TD_ENOTFOUND)
        return 0;
    if (!result)
        result = td_error_key(reterr, TD_ECONFLICT, "one_per_year",
                              json_pack("{s:I, s:s}", "year", (json_int_t)year, "application",
                                        td_row_text(other, "id")));
    json_decref(other);
    return result;
}

static int insert(struct td_review *review, const char *cycle_id, const char *level,
                  const char *specialty, const char *track, char id[TD_ID_TEXT],
                  struct td_error *reterr)
{
    int64_t changed = 0;
    td_id_new(id);
    int result = td_tx_exec(
        review->tx, &changed,
        "insert into application (id, cycle_id, account_id, unit_id, division_code, series, level, "
        "specialty, track, year, created_at, updated_at, state_at) "
        "select $1, c.id, p.id, u.id, u.division_code, c.series, $4, $5, $7, c.year, $6, "
        "$6, $6 "
        "from cycle c, account p join unit u on u.id = p.unit_id where c.id = $2 and p.id = $3",
        "sssssss", id, cycle_id, review->who->id, level, specialty, review->now, track);
    if (!result && !changed)
        return td_error_key(reterr, TD_ECONFLICT, "no_unit", NULL);
    return result;
}

/* Who is barred until submission has ended need not begin; who is free before that may prepare. */
static int check_barred(struct td_review *review, const json_t *cycle, struct td_error *reterr)
{
    json_t *record = NULL;
    int result = td_integrity_barred(review->tx, review->who->id, review->today,
                                     TD_INTEGRITY_APPLYING, &record);
    bool to_the_end =
        record && strcmp(td_row_text(record, "again_on"), td_row_text(cycle, "closes_on")) > 0;
    json_decref(record);
    if (!result && to_the_end)
        result = td_integrity_check(review, review->who->id, TD_INTEGRITY_APPLYING, reterr);
    return result;
}

int td_application_create(struct td_review *review, const char *cycle_id, const char *level,
                          const char *specialty, const char *track, char ret_id[TD_ID_TEXT],
                          struct td_error *reterr)
{
    if (!review->who || !(review->who->roles & TD_ROLE_APPLICANT))
        return td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    json_t *cycle = NULL;
    char division[16];
    int result = td_cycle_load(review->tx, cycle_id, &cycle);
    if (result == TD_ENOTFOUND || (!result && td_row_equals(cycle, "state", "planned"))) {
        json_decref(cycle);
        return td_error_field(reterr, "cycle", "choice", "there is no such cycle");
    }
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(cycle, "series"));
    if (!result)
        result = td_cycle_division(review, division);
    if (!result)
        result = td_cycle_check_open(review, cycle, division, reterr);
    if (!result)
        result = td_application_takes(review, td_row_text(cycle, "series"))
                     ? td_application_check_choice(descriptor, level, specialty, reterr)
                     : td_error_key(reterr, TD_ECONFLICT, "series_retired", NULL);
    if (!result)
        result = td_ladder_check(review, cycle, review->who->id, level, track, NULL, reterr);
    if (!result)
        result = check_once(review, td_row_int(cycle, "year"), reterr);
    if (!result)
        result = check_barred(review, cycle, reterr);
    if (!result)
        result = insert(review, cycle_id, level, specialty, track, ret_id, reterr);
    if (!result)
        result = td_row_log(review, "application.create", "application", ret_id,
                            json_pack("{s:s, s:s, s:s, s:s}", "cycle", cycle_id, "level", level,
                                      "specialty", specialty, "track", track));
    json_decref(cycle);
    return result;
}
