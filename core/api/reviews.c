/* reviews.c - the expert's desk: dossiers of his panels, the material beside the score sheet. */
#include "api/api.h"
#include "api/attachment.h"
#include "api/material.h"
#include "api/place.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/sheet.h"
#include "review/sheet_form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_sheet_list(&review, &reply->value);
}

/* What was typed into a sheet that was refused stands in it again. */
static void put_back(json_t *page, const json_t *typed)
{
    json_t *points = json_object_get(typed, "points"), *sheet = json_object_get(page, "sheet");
    json_t *one, *text;
    size_t i;
    json_array_foreach(json_object_get(page, "indicators"), i, one)
        if (json_is_string(text = json_object_get(points, td_row_text(one, "id"))))
            json_object_set(one, "given", text);
    if (json_is_string(text = json_object_get(typed, "comment")))
        json_object_set(sheet, "comment", text);
    const char *opinion = json_string_value(json_object_get(typed, "opinion"));
    json_array_foreach(json_object_get(sheet, "opinions"), i, one)
        if (opinion)
            json_object_set_new(one, "chosen",
                                json_boolean(!strcmp(td_row_text(one, "opinion"), opinion)));
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_sheet_view(&review, id, &reply->value, reterr);
    if (rc < 0)
        return rc;
    if (call->typed)
        put_back(reply->value, call->typed);
    reply->version = td_row_int(json_object_get(reply->value, "sheet"), "version");
    return td_material_add(&review, id, reply->value, reterr);
}

/* 412 unless the caller saw the sheet as it is; version 0 before the first save. */
static int check_version(struct td_call *call, struct td_review *review, struct td_error *reterr)
{
    json_t *sheet = NULL;
    int rc = td_sheet_load(review, td_call_param(call, "application"), &sheet, reterr);
    if (rc < 0)
        return rc;
    rc = td_call_check_version(call, td_row_int(sheet, "version"), reterr);
    json_decref(sheet);
    return rc;
}

static int save_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = check_version(call, &review, reterr);
    if (rc == 0)
        rc = td_sheet_save(&review, id, call->body, &reply->version, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I}", "id", id, "version", (json_int_t)reply->version);
    return td_place_at(call, reply, "reviews", id);
}

/* What the form holds is saved first, so that a page without scripts submits what it shows. */
static int submit_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "application");
    int64_t version;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = check_version(call, &review, reterr);
    if (rc == 0 && call->body && json_object_size(call->body) > 0)
        rc = td_sheet_save(&review, id, call->body, &version, reterr);
    if (rc == 0)
        rc = td_sheet_submit(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "reviews", id);
}

static int recuse_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_recusal_declare(&review, td_call_param(call, "application"),
                                td_call_text(call, "reason"), reterr);
    reply->location = "/reviews";
    return rc;
}

/* --- the table that is filled in without a connection ----------------------------------------- */

static int form_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_sheet_form_make(&review, &reply->value);
}

enum { FORM_BYTES = 4 * 1024 * 1024 };

/* The upload's bytes, malloc'd. */
static int read_upload(const struct td_call *call, char **ret_bytes, struct td_error *reterr)
{
    struct td_evidence_upload upload;
    int rc = td_attachment_of(call, &upload, reterr);
    if (rc == 0 && upload.size > FORM_BYTES)
        rc = td_error_field(reterr, "file", "too_long", "at most %d bytes", FORM_BYTES);
    if (rc < 0)
        return rc;
    char *bytes = malloc(upload.size);
    if (!bytes)
        return TD_ENOMEM;
    FILE *file = fopen(upload.path, "rb");
    bool read = file && fread(bytes, 1, upload.size, file) == upload.size;
    if (file)
        fclose(file);
    if (!read) {
        free(bytes);
        return TD_EIO;
    }
    *ret_bytes = bytes;
    return 0;
}

static int form_parse(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    char *bytes = NULL;
    json_t *rows = NULL;
    (void)reply;
    int rc = read_upload(call, &bytes, reterr);
    if (rc == 0)
        rc = td_sheet_form_read(bytes, call->upload->size, &rows, reterr);
    free(bytes);
    if (rc < 0)
        return rc;
    call->kept = td_arena_json(call->arena, rows);
    return call->kept ? 0 : TD_ENOMEM;
}

static int form_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_sheet_form_take(&review, call->kept, &reply->value);
}

static const struct td_field sheet_body[] = {
    {"points", TD_FIELD_OBJECT, false, 0, 0, NULL,
     "{indicator: hundredths as an integer, or points as typed: \"6.5\"}; \"\" clears one"},
    {"comment", TD_FIELD_TEXT, false, 0, 4000, NULL, "Comment"},
    {"opinion", TD_FIELD_TEXT, false, 0, 20, NULL, "recommend, reserve or against"},
    {0},
};

static const struct td_field recuse_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "What the interest is"},
    {0},
};

const struct td_route td_reviews_routes[] = {
    {TD_GET, "/reviews", TD_ROLE_EXPERT, "The expert's dossiers with progress", .read = list_read,
     .page = "reviews"},
    {TD_GET, "/reviews/form", TD_ROLE_EXPERT, "Score sheets as a table, to fill in offline",
     .query = "format", .read = form_read, .page = "review_form"},
    {TD_POST, "/reviews/form", TD_ROLE_EXPERT, "Save what a filled-in table holds",
     .read = form_parse, .write = form_write, .page = "review_form_report",
     .limit = TD_LIMIT_UPLOAD},
    {TD_GET, "/reviews/{application}", TD_ROLE_EXPERT, "A dossier beside its score sheet",
     .read = view_read, .page = "review"},
    {TD_PUT, "/reviews/{application}/sheet", TD_ROLE_EXPERT, "Save the score sheet",
     .write = save_write, .body = sheet_body, .flags = TD_ROUTE_IF_MATCH},
    {TD_POST, "/reviews/{application}/sheet/submit", TD_ROLE_EXPERT,
     "Submit the score sheet for good", .write = submit_write, .body = sheet_body,
     .flags = TD_ROUTE_IF_MATCH},
    {TD_POST, "/reviews/{application}/recusal", TD_ROLE_EXPERT, "Declare an interest",
     .write = recuse_write, .body = recuse_body},
    {0},
};
