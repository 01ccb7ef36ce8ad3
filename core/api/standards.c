/* standards.c - scoring standards: public tables, and their way into force and out of it. Drafts
 * are standard_drafts.c's. */
#include "api/api.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/standard_diff.h"
#include "store/store.h"

#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *offers = NULL;
    const char *cursor = td_call_query(call, "cursor");
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_list(&review, td_call_query(call, "series"), td_call_query(call, "level"),
                              cursor, &reply->value);
    if (rc == 0 && !*cursor && td_standard_writer(&review))
        rc = td_standard_offers(&review, &offers);
    if (rc < 0)
        return rc;
    json_object_set_new(reply->value, "can_import", json_boolean(td_standard_writer(&review)));
    if (offers)
        json_object_set_new(reply->value, "offers", offers);
    return 0;
}

static int offers_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *offers = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_offers(&review, &offers);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:o, s:n}", "items", offers, "next");
    return reply->value ? 0 : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_view(&review, td_call_param(call, "standard"), &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "excerpt",
                            td_standard_excerpt(td_row_text(reply->value, "source"),
                                                json_object_get(reply->value, "fault")));
    return rc;
}

static int live_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_seen(&review, td_call_param(call, "standard"), &standard, reterr);
    if (rc < 0)
        return rc;
    const char *own = td_arena_printf(call->arena, "standard/%s", td_row_text(standard, "id"));
    const char *both =
        td_arena_printf(call->arena, "standard/%s/%s", td_row_text(standard, "series"),
                        td_row_text(standard, "level"));
    json_decref(standard);
    reply->value = own && both ? json_pack("{s:[s, s]}", "topics", own, both) : NULL;
    return reply->value ? 0 : TD_ENOMEM;
}

/* --- what is other ---------------------------------------------------------------------------- */

/* The version that this one is compared with: the one asked for, else the active one, else (of the
 * active one itself) the one it replaced. TD_ENOTFOUND when there is none. */
static int load_other(struct td_call *call, struct td_review *review, const json_t *standard,
                      json_t **ret_other, struct td_error *reterr)
{
    const char *wanted = td_call_query(call, "with");
    if (!*wanted && td_row_equals(standard, "state", "active"))
        wanted = td_row_text(standard, "replaces");
    else if (!*wanted)
        return td_standard_active(review->tx, td_row_text(standard, "series"),
                                  td_row_text(standard, "level"), ret_other);
    return *wanted ? td_standard_load_seen(review, wanted, ret_other, reterr) : TD_ENOTFOUND;
}

/* An earlier source of the same standard; insiders only, as they see the list of them. */
static int load_revision(struct td_review *review, const json_t *standard, const char *revision,
                         json_t **ret_other)
{
    if (!td_cycle_insider(review->who, td_row_text(standard, "series")) ||
        strspn(revision, "0123456789") != strlen(revision))
        return TD_ENOTFOUND;
    return td_tx_row(review->tx, ret_other,
                     "select source, revision, hash from standard_source where standard_id = $1"
                     " and cast(revision as text) = $2",
                     "ss", td_row_text(standard, "id"), revision);
}

static json_t *short_name(const json_t *standard)
{
    return json_pack("{s:O?, s:O?, s:O?, s:O?}", "id", json_object_get(standard, "id"), "version",
                     json_object_get(standard, "version"), "standard_state",
                     json_object_get(standard, "state"), "hash", json_object_get(standard, "hash"));
}

/* The others that a page lets choose from. */
static int add_versions(struct td_review *review, const json_t *from, const json_t *to,
                        json_t *value)
{
    json_t *page = NULL, *one;
    size_t i;
    int rc =
        td_standard_list(review, td_row_text(to, "series"), td_row_text(to, "level"), "", &page);
    json_array_foreach(json_object_get(page, "items"), i, one)
        json_object_set_new(one, "chosen",
                            json_boolean(td_row_equals(one, "id", td_row_text(from, "id"))));
    if (rc == 0)
        json_object_set(value, "versions", json_object_get(page, "items"));
    json_decref(page);
    return rc;
}

static int answer_diff(struct td_call *call, struct td_review *review, const json_t *from,
                       const json_t *to, struct td_reply *reply)
{
    json_t *lines = td_standard_diff_lines(td_row_text(from, "source"), td_row_text(to, "source"));
    json_t *table = json_is_array(json_object_get(from, "outline"))
                        ? td_standard_diff_table(json_object_get(from, "outline"),
                                                 json_object_get(to, "outline"))
                        : json_array();
    reply->value = json_pack("{s:o, s:o, s:o, s:o, s:b}", "to", short_name(to), "from",
                             short_name(from), "lines", lines, "changes", table, "whole",
                             (int)json_is_array(json_object_get(from, "outline")));
    if (*td_call_query(call, "revision"))
        json_object_set(reply->value, "revision", json_object_get(from, "revision"));
    json_object_set(reply->value, "level", json_object_get(to, "level"));
    json_object_set(reply->value, "series", json_object_get(to, "series"));
    json_object_set_new(reply->value, "same",
                        json_boolean(td_row_equals(from, "hash", td_row_text(to, "hash"))));
    if (!reply->value)
        return TD_ENOMEM;
    return call->face == TD_FACE_PAGE ? add_versions(review, from, to, reply->value) : 0;
}

static int diff_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *standard = NULL, *other = NULL;
    const char *revision = td_call_query(call, "revision");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_load_seen(&review, td_call_param(call, "standard"), &standard, reterr);
    if (rc == 0)
        rc = *revision ? load_revision(&review, standard, revision, &other)
                       : load_other(call, &review, standard, &other, reterr);
    if (rc == TD_ENOTFOUND && standard && !*revision && !*td_call_query(call, "with")) {
        other = json_pack("{s:s, s:[]}", "source", "", "outline"); /* the first one of its level */
        rc = 0;
    }
    if (rc == 0)
        rc = answer_diff(call, &review, other, standard, reply);
    json_decref(standard);
    json_decref(other);
    return rc;
}

/* --- acts ------------------------------------------------------------------------------------- */

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_approve(
            &review, id,
            &(struct td_standard_approval){
                .hash = td_call_text(call, "hash"),
                .cases = json_object_get(call->body, "cases") ? td_call_int(call, "cases") : -1,
                .consent_reference = td_call_text(call, "consent_reference"),
                .consented_on = td_call_text(call, "consented_on")},
            reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static int activate_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_activate(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static int rollback_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char before[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_rollback(&review, td_call_param(call, "standard"),
                                  td_call_text(call, "reason"), before, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", before);
}

static int release_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "standard");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_standard_release(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "standards", id);
}

static const struct td_field approve_body[] = {
    {"hash", TD_FIELD_TEXT, false, 64, 64, NULL,
     "Of the script that was read: 412 when it is another"},
    {"cases", TD_FIELD_INT, false, 0, INT32_MAX, NULL,
     "The cases_revision that was read: 412 when golden cases were amended since"},
    {"consent_reference", TD_FIELD_TEXT, false, 1, 80, NULL,
     "Number of the region's industry department's consent"},
    {"consented_on", TD_FIELD_DATE, false, 0, 0, NULL, "Its day"},
    {0},
};

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 2, 500, NULL, "Why; kept on the ledger"},
    {0},
};

const struct td_route td_standards_routes[] = {
    {TD_GET, "/standards", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "Scoring standards; the public sees those in force and before", .query = "series level cursor",
     .read = list_read, .page = "standards"},
    {TD_GET, "/standards/offers", TD_STANDARD_WRITERS,
     "Scripts of the script folder that are none of their level's newest version",
     .read = offers_read},
    {TD_GET, "/standards/{standard}", TD_ROLE_PUBLIC | TD_ROLE_ANY, "One standard as a table",
     .read = view_read, .page = "standard"},
    {TD_GET, "/standards/{standard}/live", TD_ROLE_ANY,
     "An event whenever it, or what is in force for its level, changes", .read = live_read,
     .flags = TD_ROUTE_STREAM},
    {TD_GET, "/standards/{standard}/diff", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "What is other than in another version (`with`), the active one, or an earlier `revision`",
     .query = "with revision", .read = diff_read, .page = "standard_diff"},
    {TD_POST, "/standards/{standard}/approve", TD_STANDARD_WRITERS, "Approve as a second person",
     .write = approve_write, .body = approve_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/standards/{standard}/activate", TD_STANDARD_WRITERS,
     "Put an approved standard in force", .write = activate_write, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/standards/{standard}/rollback", TD_STANDARD_WRITERS,
     "Put the version that was in force before this active one back", .write = rollback_write,
     .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/standards/{standard}/release", TD_ROLE_SUPERVISOR,
     "Let this standard be put in force once although standards are frozen", .write = release_write,
     .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
