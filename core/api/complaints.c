/* complaints.c - complaints and petitions: the public's form, and the cases for those who handle
 * them. What a receipt opens is in receipts.c. */
#include "api/api.h"
#include "api/attachment.h"
#include "api/place.h"
#include "base/seal.h"
#include "config.h"
#include "review/complaint.h"
#include "review/evidence.h"
#include "review/integrity.h"
#include "review/row.h"

#include <stdlib.h>
#include <string.h>

/* --- the public ------------------------------------------------------------------------------- */

static int show_form(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    static const char *const abouts[] = {"dossier", "person", "committee", "official", "procedure"};
    json_t *options = json_array();
    (void)call;
    (void)reterr;
    for (size_t i = 0; i < sizeof(abouts) / sizeof(abouts[0]); i++)
        json_array_append_new(options, json_pack("{s:s}", "about", abouts[i]));
    reply->value = json_pack("{s:o, s:i, s:i}", "abouts", options, "accept_days",
                             (int)call->config->complaint_accept_days, "answer_days",
                             (int)call->config->complaint_answer_days);
    return reply->value ? 0 : TD_ENOMEM;
}

static int file(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    struct td_complaint_receipt receipt;
    char *sealed = td_seal(call->seal, td_call_text(call, "contact"));
    struct td_complaint complaint = {td_call_text(call, "about"), td_call_text(call, "whom"),
                                     td_call_text(call, "text"), sealed, call->language};
    int result = sealed ? td_api_review(call, &review) : TD_ENOMEM;
    if (!result)
        result = td_complaint_file(&review, &complaint, &receipt, reterr);
    free(sealed);
    if (result)
        return result;
    reply->status = 201;
    reply->value = td_receipt_json(&review, TD_RECEIPT_COMPLAINT, &receipt.receipt,
                                   receipt.accept_by, receipt.answer_by);
    return reply->value ? 0 : TD_ENOMEM;
}

/* --- those who handle cases ------------------------------------------------------------------- */

static int list(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_list(&review, !all, td_call_query(call, "cursor"), &reply->value);
    if (!result)
        json_object_set_new(reply->value, "all", json_boolean(all));
    return result;
}

static int show(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *one = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_load(&review, td_call_param(call, "complaint"), &one, reterr);
    if (result)
        return result;
    char *contact = td_unseal(call->seal, td_row_text(one, "contact_sealed"));
    json_object_set_new(one, "contact", json_string(contact ? contact : ""));
    json_object_del(one, "contact_sealed");
    free(contact);
    reply->value = json_pack("{s:o}", "complaint", one);
    return reply->value ? 0 : TD_ENOMEM;
}

typedef int (*step_fn)(struct td_review *review, const char *id, const char *words,
                       struct td_error *reterr);

static int step(struct td_call *call, struct td_reply *reply, step_fn run, const char *member,
                struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "complaint");
    int result = td_api_review(call, &review);
    if (!result)
        result = run(&review, id, td_call_text(call, member), reterr);
    return result ? result : td_place_at(call, reply, "complaints", id);
}

static int accept(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return step(call, reply, td_complaint_accept, "note", reterr);
}

static int refer(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return step(call, reply, td_complaint_refer, "answer", reterr);
}

static int answer(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return step(call, reply, td_complaint_answer, "answer", reterr);
}

static int close_case(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return step(call, reply, td_complaint_close, "note", reterr);
}

static int hold(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return step(call, reply, td_complaint_hold, "note", reterr);
}

static int investigate(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "complaint");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_investigate(&review, id, td_call_text(call, "outcome"),
                                          td_call_text(call, "finding"), reterr);
    return result ? result : td_place_at(call, reply, "complaints", id);
}

static int assign(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "complaint"), *account = NULL;
    json_t *seen = NULL;
    int result = td_api_review(call, &review);
    if (!result) /* who may not see the case learns nothing of accounts either */
        result = td_complaint_load(&review, id, &seen, reterr);
    json_decref(seen);
    if (!result)
        result =
            td_integrity_person(&review, "person", td_call_text(call, "person"), &account, reterr);
    if (!result)
        result = td_complaint_assign(&review, id, account, td_call_text(call, "note"), reterr);
    return result ? result : td_place_at(call, reply, "complaints", id);
}

/* --- files ------------------------------------------------------------------------------------ */

static int check_file(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *type = NULL;
    (void)reply;
    struct td_evidence_upload upload;
    int result = td_attachment_of(call, &upload, reterr);
    if (!result)
        result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_check_file(&review, td_call_param(call, "complaint"), &upload, &type,
                                         reterr);
    return result ? result : td_attachment_examine(call, type);
}

static int attach(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char file_id[TD_ID_TEXT];
    const char *id = td_call_param(call, "complaint");
    struct td_evidence_upload upload;
    int result = td_attachment_of(call, &upload, reterr);
    if (!result)
        result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_attach(&review, id, &upload, file_id, reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->value =
        json_pack("{s:s, s:s, s:s}", "id", file_id, "name", upload.name, "hash", upload.hash);
    return td_place_at(call, reply, "complaints", id);
}

static int read_file(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *file = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_complaint_open_file(&review, td_call_param(call, "complaint"),
                                        td_call_param(call, "file"), &file, reterr);
    if (!result)
        result = td_attachment_reply(call, reply, file);
    json_decref(file);
    return result;
}

static const struct td_field file_body[] = {
    {"about", TD_FIELD_CHOICE, true, 0, 0, "dossier|person|committee|official|procedure",
     "What it is about"},
    {"whom", TD_FIELD_TEXT, false, 0, 200, NULL, "Receipt number, name or office"},
    {"text", TD_FIELD_TEXT, true, 10, 8000, NULL, "What happened, with facts that can be checked"},
    {"contact", TD_FIELD_TEXT, false, 0, 100, NULL,
     "Name and how to reach you; kept encrypted; empty = anonymous"},
    {0},
};

static const struct td_field note_body[] = {
    {"note", TD_FIELD_TEXT, false, 0, 2000, NULL, "For those who handle the case"},
    {0},
};

static const struct td_field answer_body[] = {
    {"answer", TD_FIELD_TEXT, true, 5, 8000, NULL, "What the complainant is told"},
    {0},
};

static const struct td_field investigate_body[] = {
    {"outcome", TD_FIELD_CHOICE, true, 0, 0, "founded|partly|unfounded", "What it comes to"},
    {"finding", TD_FIELD_TEXT, true, 10, 8000, NULL, "What was found"},
    {0},
};

static const struct td_field assign_body[] = {
    {"person", TD_FIELD_TEXT, true, 1, 64, NULL, "Login or id of an official"},
    {"note", TD_FIELD_TEXT, false, 0, 2000, NULL, "For him"},
    {0},
};

static const struct td_field attach_body[] = {{0}};

#define HANDLERS (TD_ROLE_SUPERVISOR | TD_ROLE_BUREAU | TD_ROLE_OFFICE)

const struct td_route td_complaints_routes[] = {
    {TD_GET, "/complaints/new", TD_ROLE_PUBLIC, "The form for a complaint", .read = show_form,
     .page = "complaint_new"},
    {TD_POST, "/complaints", TD_ROLE_PUBLIC, "File a complaint or petition", .write = file,
     .body = file_body, .page = "receipt", .flags = TD_ROUTE_ONCE},
    {TD_GET, "/complaints", HANDLERS, "Cases of the caller; show=all, cursor",
     .query = "show cursor", .read = list, .page = "complaints"},
    {TD_GET, "/complaints/{complaint}", HANDLERS, "One case", .read = show, .page = "complaint"},
    {TD_POST, "/complaints/{complaint}/accept", HANDLERS, "Accept a case", .write = accept,
     .body = note_body},
    {TD_POST, "/complaints/{complaint}/refer", HANDLERS, "Not ours: say where to go",
     .write = refer, .body = answer_body},
    {TD_POST, "/complaints/{complaint}/assign", HANDLERS, "Hand a case to another official",
     .write = assign, .body = assign_body},
    {TD_POST, "/complaints/{complaint}/investigate", HANDLERS, "Record what was found",
     .write = investigate, .body = investigate_body},
    {TD_POST, "/complaints/{complaint}/answer", HANDLERS, "Answer the complainant", .write = answer,
     .body = answer_body},
    {TD_POST, "/complaints/{complaint}/close", HANDLERS, "Close a case", .write = close_case,
     .body = note_body},
    {TD_POST, "/complaints/{complaint}/files", HANDLERS, "Add a PDF, JPEG or PNG to a case",
     .read = check_file, .work = TD_WORK_EXAMINE, .write = attach, .body = attach_body,
     .limit = TD_LIMIT_UPLOAD},
    {TD_GET, "/complaints/{complaint}/files/{file}", HANDLERS, "A file of a case, as an attachment",
     .read = read_file},
    {TD_POST, "/complaints/{complaint}/hold", TD_ROLE_BUREAU,
     "Have the dossier's result wait for the outcome", .write = hold, .body = note_body,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
