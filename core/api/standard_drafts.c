/* standard_drafts.c - drafts of scoring standards: where they come from, the editor, and the check
 * that answers while somebody types. Every source goes through a scorer worker before it is kept.
 */
#include "api/api.h"
#include "api/place.h"
#include "review/application.h"
#include "review/golden.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/trial.h"

#include <stdlib.h>
#include <string.h>

/* Has the scorer check `source` (owned, freed here); `kept` remembers it and what else is in there.
 */
static int check_job(struct td_call *call, const char *series, const char *level, char *source,
                     json_t *kept)
{
    call->job = td_arena_json(call->arena, td_standard_check_job(series, level, source));
    call->kept = td_arena_json(call->arena, kept);
    if (call->kept)
        json_object_set_new(call->kept, "source", json_string(source));
    free(source);
    return call->job && call->kept ? 0 : TD_ENOMEM;
}

/* --- a new draft ------------------------------------------------------------------------------ */

static json_t *series_options(const struct td_call *call)
{
    json_t *series = json_array(), *descriptor;
    const char *id;
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        json_array_append_new(series, json_pack("{s:s, s:s, s:s, s:O?}", "series", id, "name",
                                                td_row_text(descriptor, "name"), "name_en",
                                                td_row_text(descriptor, "name_en"), "levels",
                                                json_object_get(descriptor, "levels")));
    return series;
}

/* Series and level must be ones that are reviewed here. */
static int check_place(const struct td_call *call, const char *series, const char *level,
                       struct td_error *reterr)
{
    const json_t *descriptor = json_object_get(call->catalog, series);
    json_t *one;
    size_t i;
    json_array_foreach(json_object_get(descriptor, "levels"), i, one)
        if (td_row_equals(one, "id", level) && !td_row_bool(one, "exam_based"))
            return 0;
    return td_error_field(reterr, "level", "not_a_choice", "no series reviews this level");
}

/* Which levels there are, or the form for one of them. */
static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *series = td_call_query(call, "series"), *level = td_call_query(call, "level");
    int rc = td_api_review(call, &review);
    if (rc == 0 && *level)
        rc = check_place(call, series, level, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:o}", "series_list", series_options(call));
    if (*level) {
        json_t *place = json_pack("{s:s, s:s}", "series", series, "level", level);
        td_application_name(&review, place);
        json_object_set_new(reply->value, "place", place);
    }
    return reply->value ? 0 : TD_ENOMEM;
}

static int copy_read(struct td_call *call, const char *base, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_seen(&review, base, &standard, reterr);
    if (rc < 0)
        return rc;
    const char *series = td_row_text(standard, "series"), *level = td_row_text(standard, "level");
    char *source = strdup(td_row_text(standard, "source"));
    rc = source ? check_job(call, series, level, source,
                            json_pack("{s:s, s:s, s:s, s:s}", "series", series, "level", level,
                                      "origin", "version", "based_on", base))
                : TD_ENOMEM;
    json_decref(standard);
    return rc;
}

/* The golden cases, for the amendments that the draft takes over; none when they cannot be read,
 * which its next trial says. Where no trial follows they must be read and are run with the check,
 * as the files have them: a level without a standard has none amended. */
static int add_cases(struct td_call *call, bool run, struct td_error *reterr)
{
    json_t *cases = NULL;
    int rc = td_golden_cases(call->config, td_row_text(call->kept, "series"),
                             td_row_text(call->kept, "level"), &cases, run ? reterr : NULL);
    if (rc == 0 && run)
        json_object_set(call->job, "cases", cases);
    json_object_set_new(call->kept, "cases", cases);
    return run ? rc : 0;
}

static int text_read(struct td_call *call, struct td_error *reterr)
{
    const char *series = td_call_text(call, "series"), *level = td_call_text(call, "level");
    const char *text = td_call_text(call, "source");
    char *source = NULL;
    if (!*series || !*level)
        return td_error_field(reterr, *series ? "level" : "series", "required",
                              "name series and level, or the version it is based on");
    int rc = *text ? check_place(call, series, level, reterr) : 0;
    if (rc == 0)
        rc = *text ? td_standard_clean(text, &source, reterr)
                   : td_standard_read_script(call->config, series, level, &source, reterr);
    if (rc == 0)
        rc = check_job(call, series, level, source,
                       json_pack("{s:s, s:s, s:s}", "series", series, "level", level, "origin",
                                 *text ? "text" : "file"));
    return rc;
}

static int create_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *base = td_call_text(call, "based_on");
    (void)reply;
    int rc = *base ? copy_read(call, base, reterr) : text_read(call, reterr);
    return rc < 0 ? rc : add_cases(call, !*base && td_call_bool(call, "bootstrap"), reterr);
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const char *base = td_row_text(call->kept, "based_on");
    struct td_standard_draft draft = {.series = td_row_text(call->kept, "series"),
                                      .level = td_row_text(call->kept, "level"),
                                      .origin = td_row_text(call->kept, "origin"),
                                      .based_on = *base ? base : NULL,
                                      .source = td_row_text(call->kept, "source"),
                                      .note = td_call_text(call, "note"),
                                      .answer = call->result,
                                      .cases = json_object_get(call->kept, "cases"),
                                      .bootstrap = td_call_bool(call, "bootstrap")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_trial_check_golden(json_object_get(call->result, "golden"), reterr);
    if (rc == 0)
        rc = td_standard_create(&review, &draft, id, reterr);
    if (rc == 0)
        rc = td_place_created(call, reply, "standards", id);
    if (rc == 0 && call->face == TD_FACE_PAGE && strcmp(draft.origin, "file"))
        reply->location = td_arena_printf(call->arena, "/standards/%s/edit", id);
    return rc;
}

/* --- the editor ------------------------------------------------------------------------------- */

static int edit_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_to_write(&review, id, TD_STANDARD_EDITABLE, &standard, reterr);
    json_decref(standard);
    if (rc == 0)
        rc = td_standard_view(&review, id, &reply->value, reterr);
    if (rc < 0)
        return rc;
    json_t *value = reply->value;
    reply->version = td_row_int(value, "revision");
    json_object_set_new(value, "is_draft", json_boolean(td_row_equals(value, "state", "draft")));
    json_object_set_new(
        value, "excerpt",
        td_standard_excerpt(td_row_text(value, "source"), json_object_get(value, "fault")));
    json_t *typed = json_object_get(call->typed, "source");
    if (json_is_string(typed))
        json_object_set(value, "stored", json_object_get(value, "source"));
    if (json_is_string(typed))
        json_object_set_new(value, "typed",
                            json_pack("{s:O, s:O?}", "source", typed, "note",
                                      json_object_get(call->typed, "note")));
    return 0;
}

static int save_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL;
    char *source = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_to_write(&review, td_call_param(call, "standard"),
                                       TD_STANDARD_EDITABLE, &standard, reterr);
    if (rc == 0)
        rc = td_call_check_version(call, td_row_int(standard, "revision"), reterr);
    if (rc == 0)
        rc = td_standard_clean(td_call_text(call, "source"), &source, reterr);
    if (rc == 0)
        rc = check_job(call, td_row_text(standard, "series"), td_row_text(standard, "level"),
                       source, json_object());
    json_decref(standard);
    return rc;
}

static json_t *saved(const struct td_review *review, int64_t revision, const json_t *fault)
{
    return json_pack("{s:I, s:s, s:[], s:O}", "version", (json_int_t)revision, "saved_at",
                     review->now, "problems", "fault", fault);
}

static int save_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL, *outline = NULL, *fault = NULL;
    const char *id = td_call_param(call, "standard");
    const char *note =
        call->body && json_object_get(call->body, "note") ? td_call_text(call, "note") : NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_to_write(&review, id, TD_STANDARD_EDITABLE, &standard, reterr);
    if (rc == 0)
        rc = td_call_check_version(call, td_row_int(standard, "revision"), reterr);
    if (rc == 0)
        rc = td_standard_save(&review, standard, td_row_text(call->kept, "source"), note,
                              call->result, &reply->version, reterr);
    if (rc == 0)
        rc = td_standard_checked(call->result, td_row_text(standard, "series"),
                                 td_row_text(standard, "level"), &outline, &fault);
    if (rc == 0) {
        reply->value = saved(&review, reply->version, fault);
        reply->location = td_arena_printf(call->arena, "/standards/%s/edit", id);
    }
    json_decref(standard);
    json_decref(outline);
    json_decref(fault);
    return rc;
}

static int discard_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_discard(&review, td_call_param(call, "standard"), reterr);
    if (rc == 0 && call->face == TD_FACE_PAGE)
        reply->location = "/standards";
    else if (rc == 0)
        reply->status = 204;
    return rc;
}

/* --- while somebody types --------------------------------------------------------------------- */

static int check_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    char *source = NULL;
    const char *series = td_call_text(call, "series"), *level = td_call_text(call, "level");
    int rc = check_place(call, series, level, reterr);
    if (rc == 0)
        rc = td_standard_clean(td_call_text(call, "source"), &source, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:s}", "series", series, "level", level);
    return check_job(call, series, level, source, json_object());
}

static int check_answer(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *outline = NULL, *fault = NULL;
    (void)reterr;
    int rc = td_standard_checked(call->result, td_row_text(reply->value, "series"),
                                 td_row_text(reply->value, "level"), &outline, &fault);
    if (rc < 0)
        return rc;
    json_object_set_new(reply->value, "outline", outline);
    json_object_set_new(reply->value, "excerpt",
                        td_standard_excerpt(td_row_text(call->kept, "source"), fault));
    json_object_set_new(reply->value, "fault", fault);
    td_standard_split_outline(reply->value);
    return 0;
}

static const struct td_field create_body[] = {
    {"series", TD_FIELD_TEXT, false, 1, 32, NULL, "Series id; not with based_on"},
    {"level", TD_FIELD_TEXT, false, 1, 32, NULL, "Level id; not with based_on"},
    {"source", TD_FIELD_TEXT, false, 1, TD_STANDARD_SOURCE_MAX, NULL,
     "The script; without, it is read from the script folder"},
    {"based_on", TD_FIELD_ID, false, 0, 0, NULL, "A copy of this version instead"},
    {"note", TD_FIELD_TEXT, false, 0, 500, NULL, "What is changed and why"},
    {"bootstrap", TD_FIELD_BOOL, false, 0, 0, NULL,
     "First installation only, from the console: put it in force in one step"},
    {0},
};

static const struct td_field save_body[] = {
    {"source", TD_FIELD_TEXT, true, 1, TD_STANDARD_SOURCE_MAX, NULL, "The whole script"},
    {"note", TD_FIELD_TEXT, false, 0, 500, NULL, "What is changed and why"},
    {0},
};

static const struct td_field check_body[] = {
    {"series", TD_FIELD_TEXT, true, 1, 32, NULL, "Series id"},
    {"level", TD_FIELD_TEXT, true, 1, 32, NULL, "Level id"},
    {"source", TD_FIELD_TEXT, true, 1, TD_STANDARD_SOURCE_MAX, NULL, "The whole script"},
    {0},
};

const struct td_route td_standard_drafts_routes[] = {
    {TD_POST, "/standards", TD_STANDARD_WRITERS,
     "A new draft: from the script folder, from a text, or from an earlier version",
     .read = create_read, .write = create_write, .work = TD_WORK_CHECK, .body = create_body},
    {TD_GET, "/standards/new", TD_STANDARD_WRITERS, "A form for a new standard's text",
     .query = "series level", .read = new_read, .page = "standard_new"},
    {TD_POST, "/standards/check", TD_STANDARD_WRITERS,
     "Whether a script loads, and its table; nothing is kept", .read = check_read,
     .work_fn = check_answer, .work = TD_WORK_CHECK, .body = check_body, .page = "standard_check"},
    {TD_GET, "/standards/{standard}/edit", TD_STANDARD_WRITERS, "A draft for editing",
     .read = edit_read, .page = "standard_edit"},
    {TD_PUT, "/standards/{standard}", TD_STANDARD_WRITERS,
     "Keep another source; what was tried or approved is a draft again", .read = save_read,
     .write = save_write, .work = TD_WORK_CHECK, .body = save_body, .flags = TD_ROUTE_IF_MATCH},
    {TD_DELETE, "/standards/{standard}", TD_STANDARD_WRITERS, "Discard what was never in force",
     .write = discard_write},
    {0},
};
