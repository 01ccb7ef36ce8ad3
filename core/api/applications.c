/* applications.c - dossiers as resources: lists, beginning one, looking at one, its timeline and
 * print-out, withdrawing it. Content is in drafts.c, submission in submissions.c, what officials do
 * in verification.c. */
#include "api/api.h"
#include "api/dossier.h"
#include "base/json.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/draft.h"
#include "review/evaluation.h"
#include "review/form.h"
#include "review/queue.h"
#include "review/integrity.h"
#include "review/row.h"
#include "review/timeline.h"
#include "review/unit.h"
#include "review/verification.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

#define OFFICIALS                                                                                  \
    (TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE |             \
     TD_ROLE_BUREAU)
#define READERS (TD_ROLE_APPLICANT | OFFICIALS | TD_ROLE_SUPERVISOR)

static json_t *options(const char *const *values, const char *chosen)
{
    json_t *list = json_array();
    for (; *values; values++)
        json_array_append_new(
            list, json_pack("{s:s, s:b}", "level", *values, "selected", !strcmp(*values, chosen)));
    return list;
}

static json_t *state_options(const char *chosen)
{
    json_t *list = json_array();
    for (int i = 1; i < TD_STATE_COUNT; i++) {
        const char *name = td_state_name((enum td_state)i);
        json_array_append_new(
            list, json_pack("{s:s, s:b}", "state", name, "selected", !strcmp(name, chosen)));
    }
    return list;
}

static int list_applications(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior", NULL};
    struct td_review review;
    json_t *page = NULL, *divisions = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_list(&review, call->query, &page);
    if (!result)
        result = td_unit_divisions(review.tx, &divisions);
    if (result) {
        json_decref(page);
        return td_error_set(reterr, result, "listing dossiers");
    }
    size_t i;
    json_t *division;
    json_array_foreach(divisions, i, division)
        json_object_set_new(
            division, "selected",
            json_boolean(td_row_equals(division, "code", td_call_query(call, "division"))));
    json_object_set_new(page, "divisions", divisions);
    json_object_set_new(page, "states", state_options(td_call_query(call, "state")));
    json_object_set_new(page, "levels", options(levels, td_call_query(call, "level")));
    json_object_set_new(page, "searches",
                        json_boolean(td_row_is(&review, OFFICIALS | TD_ROLE_SUPERVISOR)));
    json_object_set_new(page, "declares", json_boolean(td_row_is(&review, TD_ROLE_APPLICANT)));
    reply->value = page;
    return 0;
}

/* The specialties of a branch; of none with "". */
static json_t *specialties_of(const json_t *descriptor, const char *branch)
{
    json_t *own = json_array(), *specialty;
    size_t i;
    json_array_foreach(json_object_get(descriptor, "specialties"), i, specialty)
        if (!strcmp(td_row_text(specialty, "branch"), branch))
            json_array_append(own, specialty);
    return own;
}

/* The branches, each with its own specialties: a long list is read by groups. */
static json_t *branches(const json_t *descriptor)
{
    json_t *groups = json_deep_copy(json_object_get(descriptor, "branches")), *branch;
    size_t i;
    json_array_foreach(groups, i, branch)
        json_object_set_new(branch, "specialties",
                            specialties_of(descriptor, td_row_text(branch, "id")));
    return groups ? groups : json_array();
}

/* What there is to choose between, [{"track"}]; nothing when the cycle takes one only. */
static json_t *tracks(const json_t *cycle)
{
    json_t *taken = td_cycle_tracks(cycle), *offered = json_array(), *track;
    size_t i;
    json_array_foreach(taken, i, track)
        if (json_array_size(taken) > 1)
            json_array_append_new(offered, json_pack("{s:O}", "track", track));
    json_decref(taken);
    return offered;
}

/* A cycle with what may be declared in it. */
static json_t *choice(const struct td_review *review, json_t *cycle)
{
    const json_t *descriptor = json_object_get(review->catalog, td_row_text(cycle, "series"));
    json_t *offer = json_pack(
        "{s:O, s:O, s:O, s:O, s:O, s:O?, s:O?, s:O?, s:O?}", "id", json_object_get(cycle, "id"),
        "name", json_object_get(cycle, "name"), "series", json_object_get(cycle, "series"),
        "closes_on", json_object_get(cycle, "closes_on"), "cutoff_date",
        json_object_get(cycle, "cutoff_date"), "series_name", json_object_get(descriptor, "name"),
        "series_name_en", json_object_get(descriptor, "name_en"), "levels",
        json_object_get(descriptor, "levels"), "specialties",
        json_object_get(descriptor, "specialties"));
    json_object_set_new(offer, "branches", branches(descriptor));
    json_object_set_new(offer, "unbranched", specialties_of(descriptor, ""));
    json_object_set_new(offer, "tracks", tracks(cycle));
    return offer;
}

/* What keeps the caller from submitting, told before he begins and while he prepares. */
static int add_barred(struct td_review *review, json_t *value)
{
    json_t *record = NULL;
    int result = td_integrity_barred(review->tx, review->who->id, review->today,
                                     TD_INTEGRITY_APPLYING, &record);
    if (!result)
        json_object_set_new(value, "barred", record ? record : json_null());
    return result;
}

static int offer_cycles(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *cycles = NULL, *cycle, *offers = json_array();
    size_t i;
    const char *wanted = td_call_query(call, "cycle");
    char division[16];
    int result = td_api_review(call, &review);
    if (!result)
        result = td_cycle_division(&review, division);
    if (!result)
        result = td_cycle_open_ones(review.tx, "", &cycles);
    json_array_foreach(cycles, i, cycle) {
        bool declared_for = !*wanted || td_row_equals(cycle, "id", wanted);
        if (declared_for && !td_cycle_check_open(&review, cycle, division, NULL) &&
            td_application_takes(&review, td_row_text(cycle, "series")))
            json_array_append_new(offers, choice(&review, cycle));
    }
    json_decref(cycles);
    if (result) {
        json_decref(offers);
        return td_error_set(reterr, result, "listing open cycles");
    }
    /* One cycle: its levels and specialties at once; several: first choose the series. */
    json_t *only = json_array_size(offers) == 1 ? json_array_get(offers, 0) : json_null();
    reply->value = json_pack("{s:O, s:o}", "cycle", only, "cycles", offers);
    return reply->value ? add_barred(&review, reply->value) : TD_ENOMEM;
}

static int create(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_create(
            &review, td_call_text(call, "cycle"), td_call_text(call, "level"),
            td_call_text(call, "specialty"),
            *td_call_text(call, "track") ? td_call_text(call, "track") : "directed", id, reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->location = td_arena_printf(call->arena, "/applications/%s", id);
    reply->value = json_pack("{s:s, s:s, s:i}", "id", id, "state", "draft", "version", 1);
    reply->version = 1;
    return 0;
}

/* The first open request of an official to the applicant, for the top of the page. */
static void add_open_order(json_t *value, const json_t *orders)
{
    size_t i;
    json_t *order;
    json_array_foreach((json_t *)orders, i, order) {
        if (!td_row_bool(order, "open"))
            continue;
        json_object_set(value, "open_order", order);
        return;
    }
}

/* The row of td_application_load_head gets its content here: what asks for it finds it there. */
static int view_own(struct td_review *review, json_t *application, json_t *value)
{
    json_t *content = NULL, *check = NULL, *timeline = NULL, *change = NULL;
    int result = td_application_content(review, application, &content);
    if (!result)
        json_object_set_new(application, "content", content);
    if (!result)
        result = td_draft_completeness(review, application, &check);
    if (!result)
        result = td_draft_change(review, application, &change);
    if (!result)
        result = td_timeline(review, application, &timeline);
    if (result) {
        json_decref(check);
        json_decref(change);
        return result;
    }
    json_object_set_new(value, "own", json_true());
    json_object_set_new(value, "check", check);
    json_object_set_new(value, "form_change", change ? change : json_null());
    add_open_order(value, json_object_get(timeline, "orders"));
    json_object_set_new(value, "timeline", timeline);
    return td_row_equals(application, "state", "draft") ? add_barred(review, value) : 0;
}

static int may_verify(struct td_review *review, const json_t *application, const char *stage)
{
    static const struct {
        const char *stage;
        enum td_role role;
    } roles[] = {{"unit", TD_ROLE_UNIT},
                 {"district_industry", TD_ROLE_DISTRICT_INDUSTRY},
                 {"district_hr", TD_ROLE_DISTRICT_HR},
                 {"office", TD_ROLE_OFFICE}};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        struct td_error ignored = TD_ERROR_INIT;
        bool may = !strcmp(stage, roles[i].stage) &&
                   td_workflow_role(review, roles[i].role, application, &ignored);
        td_error_done(&ignored);
        if (may)
            return true;
    }
    return false;
}

/* Does an item wait for a verdict here? */
static bool asks_verdict(const json_t *sections)
{
    size_t i, j;
    json_t *section, *item;
    json_array_foreach((json_t *)sections, i, section)
        json_array_foreach(json_object_get(section, "items"), j, item)
            if (td_row_bool(item, "checks"))
                return true;
    return false;
}

/* What an official reads of a dossier, whoever he is: the row of td_application_load_head, whether
 * he verifies at its stage, and whether he knows the experts' points. */
struct reading {
    const json_t *head;
    bool verifies, knows;
};

static json_t *reading_value(json_t *sections, json_t *assessments, json_t *evaluation,
                             json_t *timeline)
{
    return json_pack("{s:b, s:O, s:O, s:O, s:O, s:o}", "verifies",
                     asks_verdict(sections) || asks_verdict(assessments), "sections", sections,
                     "assessments", assessments, "evaluation", evaluation, "timeline", timeline,
                     "codes", td_verification_codes());
}

/* Made as for somebody without any right and at no time, so that it cannot differ between readers.
 */
static int make_reading(struct td_call *call, const void *arg, json_t **ret_value,
                        struct td_error *reterr)
{
    static const struct td_account anybody = {.id = "-", .login = "", .name = "", .unit_id = ""};
    const struct reading *reading = arg;
    struct td_review review = {
        .tx = call->tx, .arena = call->arena, .who = &anybody, .catalog = call->catalog};
    const char *stage =
        reading->verifies ? td_verification_stage(td_row_text(reading->head, "state")) : "";
    json_t *application = NULL, *content = NULL, *sections = NULL, *assessments = NULL;
    json_t *evaluation = NULL, *timeline = NULL;
    int result =
        td_application_row(&review, td_row_text(reading->head, "id"), &application, reterr);
    if (!result)
        result = td_dossier_content(&review, application, &content);
    if (!result)
        result = td_dossier_views(&review, application, content, stage, &sections, &assessments);
    if (!result)
        result = td_evaluation_load_as(&review, application, reading->knows, &evaluation);
    if (!result)
        result = td_timeline(&review, application, &timeline);
    if (!result && !(*ret_value = reading_value(sections, assessments, evaluation, timeline)))
        result = TD_ENOMEM;
    json_decref(application);
    json_decref(content);
    json_decref(sections);
    json_decref(assessments);
    json_decref(evaluation);
    json_decref(timeline);
    return result;
}

/* The key is all that make_reading is given: the whole row, and the form by its address, which is
 * kept as long as the text. */
static int share(const struct td_review *review, const struct reading *reading,
                 struct td_shared *ret_shared)
{
    static const char *const partials[] = {"dossier_asks", "dossier_material", "dossier_findings",
                                           "reason_codes", "reason_places",    NULL};
    const json_t *form = td_application_form(review, reading->head);
    struct td_strbuf key;
    td_strbuf_init(&key);
    td_strbuf_addf(&key, "reading %p %d %d ", (const void *)form, reading->verifies,
                   reading->knows);
    td_json_write(reading->head, &key);
    char *copy = key.failed ? NULL : td_arena_strndup(review->arena, key.bytes, key.length);
    *ret_shared = (struct td_shared){.key = copy,
                                     .length = key.length,
                                     .holds = form,
                                     .make = make_reading,
                                     .arg = reading,
                                     .partials = partials};
    td_strbuf_done(&key);
    return copy ? 0 : TD_ENOMEM;
}

static int view_official(struct td_review *review, json_t *head, json_t *value,
                         struct td_shared *ret_shared)
{
    const char *stage = td_verification_stage(td_row_text(head, "state"));
    struct reading *reading = td_arena_alloc(review->arena, sizeof(*reading));
    json_t *to_assess = NULL;
    if (!reading)
        return TD_ENOMEM;
    *reading = (struct reading){.head = td_arena_json(review->arena, json_incref(head)),
                                .verifies = *stage && may_verify(review, head, stage)};
    int result = td_evaluation_knows(review, head, &reading->knows);
    if (!result)
        result = share(review, reading, ret_shared);
    if (!result && reading->verifies)
        result = td_dossier_forms(review, head, stage, &to_assess);
    json_object_set_new(value, "official", json_true());
    json_object_set_new(value, "stage", json_string(stage));
    json_object_set_new(value, "to_assess", to_assess ? to_assess : json_array());
    return result;
}

/* Ready actions with what each form asks for; the page shows those that change something here. */
static void add_actions(struct td_review *review, const json_t *application, json_t *value)
{
    json_t *actions = td_workflow_actions(review, application), *action;
    json_t *plain = json_array(), *with_reasons = json_array();
    size_t i;
    json_array_foreach(actions, i, action) {
        bool own = td_row_equals(action, "action", "submit") ||
                   td_row_equals(action, "action", "withdraw");
        if (td_row_bool(action, "asks_reasons"))
            json_array_append(with_reasons, action);
        else if (!own && td_dossier_offers(td_row_text(action, "action")))
            json_array_append(plain, action);
        if (td_row_equals(action, "action", "withdraw"))
            json_object_set_new(value, "withdrawable", json_true());
        if (td_row_equals(action, "action", "publicise"))
            json_object_set(value, "publicise", action);
        if (td_row_equals(action, "action", "record_fee"))
            json_object_set_new(value, "takes_fee", json_true());
        if (td_row_equals(action, "say", "facts_pending"))
            json_object_set_new(value, "waits_for_facts", json_true());
    }
    json_object_set_new(value, "actions", actions);
    json_object_set_new(value, "plain_actions", plain);
    json_object_set_new(value, "reason_actions", with_reasons);
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *head = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load_head(&review, td_call_param(call, "application"), &head, reterr);
    if (result)
        return result;
    json_t *value = json_pack("{s:o}", "application", td_dossier_head(&review, head));
    bool own = td_row_equals(head, "account_id", call->who->id);
    result =
        own ? view_own(&review, head, value) : view_official(&review, head, value, &reply->shared);
    if (!result)
        add_actions(&review, head, value);
    reply->version = td_dossier_version(&review, head);
    json_decref(head);
    if (result)
        json_decref(value);
    else
        reply->value = value;
    return result;
}

static int show_timeline(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *timeline = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result)
        result = td_timeline(&review, application, &timeline);
    if (!result)
        reply->value = json_pack("{s:o, s:o}", "application", td_dossier_head(&review, application),
                                 "timeline", timeline);
    json_decref(application);
    return result;
}

static int show_receipt(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *snapshot = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result && !*td_row_text(application, "number"))
        result = td_error_key(reterr, TD_ECONFLICT, "not_submitted", NULL);
    if (!result)
        result = td_tx_row(review.tx, &snapshot,
                           "select sequence, hash, created_at from snapshot where id = $1", "s",
                           td_row_text(application, "snapshot_id"));
    if (!result)
        reply->value = json_pack("{s:o, s:o}", "application", td_dossier_head(&review, application),
                                 "snapshot", snapshot);
    json_decref(application);
    return result;
}

/* Everything on paper: what the review form of the field holds, without ballots. */
static int print(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *sections = NULL, *assessments = NULL, *evaluation = NULL;
    json_t *timeline = NULL, *content = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result =
            td_application_load(&review, td_call_param(call, "application"), &application, reterr);
    if (!result)
        result = td_dossier_content(&review, application, &content);
    if (!result)
        result = td_dossier_views(&review, application, content, "", &sections, &assessments);
    if (!result)
        result = td_evaluation_load(&review, application, &evaluation);
    if (!result)
        result = td_timeline(&review, application, &timeline);
    if (!result)
        reply->value =
            json_pack("{s:o, s:O, s:O, s:O, s:O}", "application",
                      td_dossier_head(&review, application), "sections", sections, "assessments",
                      assessments, "evaluation", evaluation, "timeline", timeline);
    json_decref(application);
    json_decref(content);
    json_decref(sections);
    json_decref(assessments);
    json_decref(evaluation);
    json_decref(timeline);
    return result;
}

static int withdraw(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    json_t *application = NULL;
    int result = td_api_review(call, &review);
    if (!result && !td_call_bool(call, "sure"))
        result = td_error_field(reterr, "sure", "required",
                                "confirm that the dossier is to be withdrawn");
    if (!result)
        result = td_workflow_apply(&review, id, "withdraw", td_call_text(call, "note"),
                                   &application, reterr);
    if (result)
        return result;
    reply->value =
        json_pack("{s:s, s:O}", "id", id, "state", json_object_get(application, "state"));
    reply->version = td_row_int(application, "version");
    reply->location = "/applications";
    json_decref(application);
    return 0;
}

static const struct td_field create_body[] = {
    {"cycle", TD_FIELD_ID, true, 0, 0, NULL, "an open cycle"},
    {"level", TD_FIELD_TEXT, true, 1, 40, NULL, "a level of the series"},
    {"specialty", TD_FIELD_TEXT, true, 1, 40, NULL,
     "a specialty of the series that is not examined"},
    {"track", TD_FIELD_CHOICE, false, 0, 0, "directed|general",
     "directed when not said; general only where the cycle takes it"},
    {0},
};

static const struct td_field withdraw_body[] = {
    {"sure", TD_FIELD_BOOL, false, 0, 0, NULL, "must be true"},
    {"note", TD_FIELD_TEXT, false, 0, 500, NULL, "why"},
    {0},
};

const struct td_route td_applications_routes[] = {
    {.method = TD_GET,
     .path = "/applications",
     .roles = READERS,
     .summary = "Dossiers the caller may see; filters state, level, division, q; cursor",
     .query = "state level division q cursor",
     .read = list_applications,
     .page = "applications"},
    {.method = TD_GET,
     .path = "/applications/new",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Open cycles with what may be declared in them",
     .query = "cycle",
     .read = offer_cycles,
     .page = "application_new"},
    {.method = TD_POST,
     .path = "/applications",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Begin a dossier",
     .write = create,
     .page = "application_new",
     .body = create_body},
    {.method = TD_GET,
     .path = "/applications/{application}",
     .roles = READERS,
     .summary = "One dossier: the applicant's task list, or what an official checks",
     .read = show,
     .page = "application"},
    {.method = TD_GET,
     .path = "/applications/{application}/timeline",
     .roles = READERS,
     .summary = "Stages, holder, due date, reasons",
     .read = show_timeline,
     .page = "application_timeline"},
    {.method = TD_GET,
     .path = "/applications/{application}/receipt",
     .roles = READERS,
     .summary = "The receipt of the last submission",
     .read = show_receipt,
     .page = "application_receipt"},
    {.method = TD_GET,
     .path = "/applications/{application}/print",
     .roles = READERS,
     .summary = "The review form for printing",
     .read = print,
     .page = "application_print"},
    {.method = TD_POST,
     .path = "/applications/{application}/withdraw",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Withdraw the own dossier before it is accepted",
     .write = withdraw,
     .body = withdraw_body},
    {0},
};
