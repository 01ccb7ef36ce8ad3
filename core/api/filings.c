/* filings.c - confirmation after the result notice, filing with the region, certificates. */
#include "api/api.h"
#include "api/attachment.h"
#include "api/place.h"
#include "review/cycle.h"
#include "review/filing.h"
#include "review/row.h"
#include "store/files.h"
#include "store/store.h"

#include <stdlib.h>

static void name_series(const struct td_review *review, json_t *pools)
{
    size_t i;
    json_t *pool;
    json_array_foreach(pools, i, pool)
        td_row_name_series(review, pool);
}

/* What the bureau chooses from when it prepares one. */
static int add_choices(struct td_call *call, struct td_review *review, json_t *page)
{
    json_t *cycles = NULL, *committees = NULL, *pools = NULL;
    int rc = td_cycle_list(review, "", "", "", &cycles);
    if (rc == 0)
        rc = td_tx_rows(call->tx, &committees,
                        "select id, name from committee where submitted_at is not null order by id",
                        "");
    if (rc == 0)
        rc = td_tx_rows(call->tx, &pools,
                        "select id, series, tier from expert_pool where submitted_at is not null"
                        " order by id",
                        "");
    name_series(review, pools);
    json_object_set(page, "cycles", json_object_get(cycles, "items"));
    json_object_set_new(page, "committees", committees ? committees : json_array());
    json_object_set_new(page, "pools", pools ? pools : json_array());
    json_decref(cycles);
    return rc;
}

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc < 0)
        return rc;
    bool bureau = td_row_is(&review, TD_ROLE_BUREAU);
    json_object_set_new(reply->value, "can_write", json_boolean(bureau));
    json_object_set_new(reply->value, "can_compare",
                        json_boolean(td_row_is(&review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)));
    return bureau ? add_choices(call, &review, reply->value) : 0;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_view(&review, td_call_param(call, "filing"), &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "today", json_string(review.today));
    return rc;
}

/* The roll of a filing: what the region's platform takes as a table. */
static int people_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *filing = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_view(&review, td_call_param(call, "filing"), &filing, reterr);
    if (rc < 0)
        return rc;
    json_t *people = json_object_get(json_object_get(filing, "package"), "people");
    reply->value = json_pack("{s:O?, s:n}", "items", people, "next");
    json_decref(filing);
    return reply->value ? 0 : TD_ENOMEM;
}

static int confirm_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t confirmed = 0, kept_back = 0;
    const char *id = td_call_param(call, "notice");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_confirm(&review, id, &confirmed, &kept_back, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I, s:I}", "id", id, "confirmed", (json_int_t)confirmed,
                             "kept_back", (json_int_t)kept_back);
    return td_place_at(call, reply, "notices", id);
}

static int prepare_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const char *kind = td_call_text(call, "kind");
    const struct td_filing_order order = {.cycle_id = td_call_text(call, "cycle_id"),
                                          .kind = *kind ? kind : "results",
                                          .committee_id = td_call_text(call, "committee_id"),
                                          .pool_id = td_call_text(call, "pool_id")};
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_prepare(&review, &order, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "filings", id);
}

static int send_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_send(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int approve_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_approve(&review, id, td_call_text(call, "reference"),
                               td_call_text(call, "approved_on"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int refuse_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_refuse(&review, id, td_call_text(call, "reason"), reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int certify_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t issued = 0;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_certify(&review, id, &issued, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:I}", "id", id, "issued", (json_int_t)issued);
    return td_place_at(call, reply, "filings", id);
}

static int ask_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_ask(&review, id, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

/* --- consent ---------------------------------------------------------------------------------- */

static int consent_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *type = NULL;
    (void)reply;
    struct td_evidence_upload upload;
    const struct td_filing_consent consent = {td_call_text(call, "number"),
                                              td_call_text(call, "given_on"), &upload};
    int rc = td_attachment_of(call, &upload, reterr);
    if (rc == 0)
        rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_consent_check(&review, td_call_param(call, "filing"), &consent, &type,
                                     reterr);
    return rc < 0 ? rc : td_attachment_examine(call, type);
}

static int consent_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "filing");
    struct td_evidence_upload upload;
    const struct td_filing_consent consent = {td_call_text(call, "number"),
                                              td_call_text(call, "given_on"), &upload};
    int rc = td_attachment_of(call, &upload, reterr);
    if (rc == 0)
        rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_consent(&review, id, &consent, reterr);
    return rc < 0 ? rc : td_place_at(call, reply, "filings", id);
}

static int document_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *filing = NULL;
    char path[4200];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_view(&review, td_call_param(call, "filing"), &filing, reterr);
    if (rc < 0)
        return rc;
    const char *hash = td_row_text(filing, "consent_hash");
    rc = *hash ? td_files_path(td_tx_store(review.tx), hash, path, sizeof(path)) : TD_ENOTFOUND;
    json_t *document = json_pack("{s:s, s:s, s:O?, s:O?}", "path", rc == 0 ? path : "", "hash",
                                 hash, "type", json_object_get(filing, "consent_type"), "name",
                                 json_object_get(filing, "consent_name"));
    if (rc == 0)
        rc = td_attachment_reply(call, reply, document);
    json_decref(document);
    json_decref(filing);
    return rc;
}

/* --- the platform's list ---------------------------------------------------------------------- */

static int reconciliations_read(struct td_call *call, struct td_reply *reply,
                                struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_reconciliations(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc < 0)
        return rc;
    json_object_set_new(reply->value, "can_write",
                        json_boolean(td_row_is(&review, TD_ROLE_BUREAU)));
    json_object_set_new(reply->value, "year", json_integer(strtol(review.today, NULL, 10)));
    return 0;
}

static int reconcile_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_filing_reconcile(&review, json_integer_value(json_object_get(call->body, "year")),
                                 id, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s}", "id", id);
    reply->location = "/filings/reconciliations";
    return 0;
}

static const struct td_field prepare_body[] = {
    {"cycle_id", TD_FIELD_ID, true, 0, 0, NULL, "Cycle that it belongs to"},
    {"kind", TD_FIELD_CHOICE, false, 0, 0, "plan|committee|pool|results|report",
     "What is filed; results when absent"},
    {"committee_id", TD_FIELD_ID, false, 0, 0, NULL, "Of a committee: which"},
    {"pool_id", TD_FIELD_ID, false, 0, 0, NULL, "Of a pool: which"},
    {0},
};

static const struct td_field consent_body[] = {
    {"number", TD_FIELD_TEXT, true, 1, 80, NULL, "Document number of the consent"},
    {"given_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the consent"},
    {0},
};

static const struct td_field reconcile_body[] = {
    {"year", TD_FIELD_INT, true, 2000, 2199, NULL, "Whose filings are compared"},
    {0},
};

static const struct td_field approve_body[] = {
    {"reference", TD_FIELD_TEXT, true, 1, 80, NULL, "Document number of the approval"},
    {"approved_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the approval"},
    {0},
};

static const struct td_field refuse_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why it was refused"},
    {0},
};

#define READERS (TD_ROLE_BUREAU | TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR)

const struct td_route td_filings_routes[] = {
    {TD_POST, "/notices/{notice}/confirm", TD_ROLE_BUREAU,
     "Confirm the dossiers of a result notice that is over", .write = confirm_write},
    {TD_GET, "/filings", READERS, "Filings, newest first", .query = "cursor", .read = list_read,
     .page = "filings"},
    {TD_POST, "/filings", TD_ROLE_BUREAU, "Prepare a filing from the data", .write = prepare_write,
     .body = prepare_body},
    {TD_GET, "/filings/reconciliations", TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     "Our filings beside the platform's list", .query = "cursor", .read = reconciliations_read,
     .page = "filing_reconciliations"},
    {TD_POST, "/filings/reconciliations", TD_ROLE_BUREAU, "Ask the platform for its list",
     .write = reconcile_write, .body = reconcile_body},
    {TD_GET, "/filings/{filing}", READERS, "One filing with its package", .read = view_read,
     .page = "filing"},
    {TD_GET, "/filings/{filing}/people", READERS, "Its people with national codes; ?format=csv",
     .read = people_read},
    {TD_GET, "/filings/{filing}/print", READERS, "The filing as a form on A4", .read = view_read,
     .page = "filing_print"},
    {TD_POST, "/filings/{filing}/consent", TD_ROLE_BUREAU,
     "Record the consent that comes before: number, day and the document", .read = consent_read,
     .work = TD_WORK_EXAMINE, .write = consent_write, .body = consent_body,
     .limit = TD_LIMIT_UPLOAD},
    {TD_GET, "/filings/{filing}/consent", READERS, "The document of the consent",
     .read = document_read},
    {TD_POST, "/filings/{filing}/send", TD_ROLE_BUREAU,
     "Send it to the region's platform, or into the folder", .write = send_write},
    {TD_POST, "/filings/{filing}/ask", TD_ROLE_BUREAU, "Ask the platform for the decision now",
     .write = ask_write},
    {TD_POST, "/filings/{filing}/approve", TD_ROLE_BUREAU, "Record the approval",
     .write = approve_write, .body = approve_body},
    {TD_POST, "/filings/{filing}/refuse", TD_ROLE_BUREAU, "Record a refusal", .write = refuse_write,
     .body = refuse_body},
    {TD_POST, "/filings/{filing}/certify", TD_ROLE_BUREAU, "Issue the titles of an approved filing",
     .write = certify_write},
    {0},
};
