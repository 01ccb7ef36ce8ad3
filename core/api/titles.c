/* titles.c - certificates: the holder's, the printed page with its QR code, and the public check.
 */
#include "api/api.h"
#include "base/strbuf.h"
#include "printing/printer.h"
#include "review/certificate.h"
#include "review/qr.h"
#include "review/row.h"
#include "review/title.h"
#include "store/checkpoint.h"
#include "store/ledger.h"

#include <string.h>

static int mine_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_title_mine(&review, &reply->value);
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc
                  : td_title_view(&review, td_call_param(call, "title"), &reply->value, reterr);
}

/* The form of the public check, and its answer when it was filled in. */
static int check_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *number = td_call_query(call, "number"), *code = td_call_query(call, "code");
    const char *name = td_call_query(call, "name");
    json_t *certificate = NULL;
    int rc = td_api_review(call, &review);
    if (rc < 0)
        return rc;
    if (*number)
        rc = td_title_check(&review, number, code, name, &certificate, reterr);
    if (rc < 0 && rc != TD_ENOTFOUND)
        return rc;
    td_error_done(reterr);
    reply->value = json_pack("{s:b, s:b, s:o?, s:s, s:s, s:s}", "searched", *number != 0, "found",
                             certificate != NULL, "certificate", certificate, "number", number,
                             "code", code, "holder", name);
    return reply->value ? 0 : TD_ENOMEM;
}

static int certificate_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *certificate = NULL;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_title_check(&review, td_call_param(call, "number"), td_call_query(call, "code"),
                            td_call_query(call, "name"), &certificate, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:o}", "certificate", certificate);
    return reply->value ? 0 : TD_ENOMEM;
}

/* The picture holds the check code, so only who has the code gets it. */
static int qr_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *certificate = NULL;
    struct td_strbuf svg;
    const char *number = td_call_param(call, "number"), *code = td_call_query(call, "code");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_title_check(&review, number, code, "", &certificate, reterr);
    if (rc < 0)
        return rc;
    json_decref(certificate);
    const char *text;
    rc = td_title_qr_text(&review, number, code, &text);
    if (rc < 0)
        return rc;
    td_strbuf_init(&svg);
    rc = td_qr_svg(text, &svg);
    if (rc == 0) {
        reply->bytes = td_arena_strndup(call->arena, svg.bytes, svg.length);
        reply->length = svg.length;
        reply->type = "image/svg+xml";
    }
    td_strbuf_done(&svg);
    return rc == 0 && !reply->bytes ? TD_ENOMEM : rc;
}

/* The key that signs certificates, for who checks them offline: `titlectl certificate verify`. */
static int published_key(struct td_tx *tx, json_t **ret_key)
{
    json_t *keys = NULL;
    char fingerprint[65];
    int rc = td_checkpoint_keys(tx, &keys);
    if (rc < 0)
        return rc;
    const char *pem = td_row_text(json_object_get(keys, "sm2"), "public_key");
    rc = td_ledger_sm3(pem, strlen(pem), fingerprint);
    if (rc == 0)
        *ret_key = json_pack("{s:s, s:s, s:s, s:s}", "public_key", pem, "fingerprint", fingerprint,
                             "algorithm", "SM2-SM3", "identity", "1234567812345678");
    json_decref(keys);
    return rc == 0 && !*ret_key ? TD_ENOMEM : rc;
}

static int key_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return published_key(call->tx, &reply->value);
}

/* --- the certificate as PDF ------------------------------------------------------------------- */

static const char *level_name(const char *level)
{
    static const char *const levels[][2] = {{"junior", "初级"},
                                            {"intermediate", "中级"},
                                            {"senior", "副高级"},
                                            {"full_senior", "正高级"}};
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (!strcmp(levels[i][0], level))
            return levels[i][1];
    return level;
}

/* What the paper shows is what was signed, and around it how to check it. */
static int fill_paper(struct td_review *review, const json_t *title, const char *fingerprint,
                      json_t **ret_paper, struct td_error *reterr)
{
    struct td_certificate *certificate = td_arena_alloc(review->arena, sizeof(*certificate));
    const char *code = td_row_text(title, "check_code"), *qr = "", *token = "";
    int rc = certificate ? td_title_token(review, td_row_text(title, "number"), &token) : TD_ENOMEM;
    if (rc == 0)
        rc = td_title_qr_text(review, td_row_text(title, "number"), code, &qr);
    if (rc == 0)
        rc = td_certificate_find(token, strlen(token), certificate, reterr);
    json_t *paper = rc == 0 ? td_certificate_content(certificate) : NULL;
    if (!paper)
        return rc < 0 ? rc : TD_EINTERNAL;
    const char *level = level_name(td_row_text(paper, "level"));
    json_object_set_new(paper, "level", json_string(level));
    json_object_set_new(paper, "directed", json_boolean(!td_row_equals(paper, "track", "general")));
    json_object_set(paper, "title_en",
                    json_object_get(json_object_get(title, "listed"), "title_name_en"));
    json_object_set(paper, "check_url", json_object_get(title, "check_url"));
    json_object_set_new(paper, "check_code", json_string(code));
    json_object_set_new(paper, "qr", json_string(qr));
    json_object_set_new(paper, "key", json_string(fingerprint));
    json_object_set_new(paper, "token", json_string(token));
    *ret_paper = paper;
    return 0;
}

static int pdf_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *title = NULL, *key = NULL, *paper = NULL;
    (void)reply;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_title_view(&review, td_call_param(call, "title"), &title, reterr);
    if (rc == 0)
        rc = published_key(call->tx, &key);
    if (rc == 0)
        rc = fill_paper(&review, title, td_row_text(key, "fingerprint"), &paper, reterr);
    json_decref(key);
    json_decref(title);
    if (rc < 0)
        return rc;
    call->kept = td_arena_json(call->arena, paper);
    return call->kept ? 0 : TD_ENOMEM;
}

static int pdf_draw(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_strbuf pdf;
    td_strbuf_init(&pdf);
    int rc = td_printer_run(call->kept, &pdf);
    if (rc == 0) {
        reply->bytes = td_arena_strndup(call->arena, pdf.bytes, pdf.length);
        reply->length = pdf.length;
        reply->type = "application/pdf";
        rc = reply->bytes ? 0 : TD_ENOMEM;
    }
    td_strbuf_done(&pdf);
    return rc == TD_EINTERNAL ? td_error_set(reterr, rc, "titled-paper made no certificate") : rc;
}

#define HOLDERS                                                                                    \
    (TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |          \
     TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)
#define ALL (TD_ROLE_PUBLIC | TD_ROLE_ANY)

const struct td_route td_titles_routes[] = {
    {TD_GET, "/titles", TD_ROLE_APPLICANT, "The caller's titles", .read = mine_read,
     .page = "titles"},
    {TD_GET, "/titles/{title}", HOLDERS, "A title with its certificate", .read = view_read,
     .page = "title"},
    {TD_GET, "/titles/{title}/print", HOLDERS, "The certificate for print", .read = view_read,
     .page = "certificate_print"},
    {TD_GET, "/titles/{title}/pdf", HOLDERS, "The certificate as PDF, signed", .read = pdf_read,
     .work = TD_WORK_CPU, .work_fn = pdf_draw},
    {TD_GET, "/certificates/key", ALL, "The public key that signs certificates", .read = key_read},
    {TD_GET, "/certificates", ALL,
     "Check a certificate by number and check code, or number and name",
     .query = "number code name", .read = check_read, .page = "certificates"},
    {TD_GET, "/certificates/{number}", ALL, "What a certificate says, for who has the check code",
     .query = "code name", .read = certificate_read, .page = "certificate"},
    {TD_GET, "/certificates/{number}/qr", ALL, "The certificate's QR code", .query = "code",
     .read = qr_read},
    {0},
};
