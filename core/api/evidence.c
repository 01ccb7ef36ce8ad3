/* evidence.c - files of a dossier: attaching, listing, reading, taking off. */
#include "api/api.h"
#include "api/attachment.h"
#include "examiner/finding.h"
#include "review/application.h"
#include "review/evidence.h"
#include "review/row.h"

#include <string.h>

#define READERS                                                                                    \
    (TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |          \
     TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)

static int list_evidence(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL, *rows = NULL;
    const char *id = td_call_param(call, "application");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_application_load(&review, id, &application, reterr);
    if (!result)
        result = td_evidence_list(&review, id, td_call_query(call, "section"), &rows);
    if (!result)
        reply->value = json_pack("{s:o, s:n}", "items", rows, "next");
    json_decref(application);
    return result;
}

/* Before the examiner is asked: whether the file could be attached at all. */
static int check_attach(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    struct td_review review;
    const char *type = NULL;
    bool blind = false;
    struct td_evidence_upload upload;
    int result = td_attachment_of(call, &upload, reterr);
    if (!result)
        result = td_api_review(call, &review);
    if (!result)
        result = td_evidence_check(&review, td_call_param(call, "application"),
                                   td_call_text(call, "section"), td_call_text(call, "item"),
                                   &upload, &type, &blind, reterr);
    if (result)
        return result;
    if (blind && !strcmp(type, "application/pdf"))
        type = TD_EXAMINE_PDF_ANEW;
    return td_attachment_examine(call, type);
}

static int attach(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char evidence[TD_ID_TEXT];
    const char *id = td_call_param(call, "application"), *section = td_call_text(call, "section");
    struct td_evidence_upload upload;
    int result = td_attachment_of(call, &upload, reterr);
    if (!result)
        result = td_api_review(call, &review);
    if (!result)
        result = td_evidence_add(&review, id, section, td_call_text(call, "item"), &upload,
                                 evidence, reterr);
    if (result)
        return result;
    reply->status = 201;
    reply->value =
        json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", evidence, "name", upload.name, "hash",
                  upload.hash, "sent_hash", upload.sent_hash, "rewritten", *upload.sent_hash != 0);
    reply->location = td_arena_printf(call->arena, "/applications/%s/sections/%s", id, section);
    return 0;
}

static int read_file(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *evidence = NULL;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_evidence_open(&review, td_call_param(call, "application"),
                                  td_call_param(call, "evidence"), &evidence, reterr);
    if (!result)
        result = td_attachment_reply(call, reply, evidence);
    json_decref(evidence);
    return result;
}

static int take_off(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *evidence = NULL;
    const char *id = td_call_param(call, "application");
    int result = td_api_review(call, &review);
    if (!result)
        result = td_evidence_open(&review, id, td_call_param(call, "evidence"), &evidence, reterr);
    if (!result)
        result = td_evidence_remove(&review, id, td_call_param(call, "evidence"), reterr);
    if (!result) {
        reply->value = json_pack("{s:O}", "id", json_object_get(evidence, "id"));
        reply->location = td_arena_printf(call->arena, "/applications/%s/sections/%s", id,
                                          td_row_text(evidence, "section"));
    }
    json_decref(evidence);
    return result;
}

static const struct td_field attach_body[] = {
    {"section", TD_FIELD_TEXT, true, 1, 60, NULL, "section of the form"},
    {"item", TD_FIELD_TEXT, false, 0, 20, NULL, "item of a repeated section"},
    {0},
};

const struct td_route td_evidence_routes[] = {
    {.method = TD_GET,
     .path = "/applications/{application}/evidence",
     .roles = READERS,
     .summary = "Files of a dossier, or of one section",
     .query = "section",
     .read = list_evidence},
    {.method = TD_POST,
     .path = "/applications/{application}/evidence",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Attach a PDF, JPEG or PNG to a section or item",
     .read = check_attach,
     .work = TD_WORK_EXAMINE,
     .write = attach,
     .body = attach_body,
     .limit = TD_LIMIT_UPLOAD},
    {.method = TD_GET,
     .path = "/applications/{application}/evidence/{evidence}",
     .roles = READERS | TD_ROLE_EXPERT,
     .summary = "The file itself, as an attachment",
     .read = read_file},
    {.method = TD_DELETE,
     .path = "/applications/{application}/evidence/{evidence}",
     .roles = TD_ROLE_APPLICANT,
     .summary = "Take a file off an editable dossier",
     .write = take_off},
    {0},
};
