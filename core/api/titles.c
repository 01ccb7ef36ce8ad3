/* titles.c - certificates: the holder's, the printed page with its QR code, and the public check.
 */
#include "api/api.h"
#include "base/strbuf.h"
#include "review/qr.h"
#include "review/row.h"
#include "review/title.h"

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
    char *url = td_title_check_url(&review, number, code);
    if (!url)
        return TD_ENOMEM;
    td_strbuf_init(&svg);
    rc = td_qr_svg(url, &svg);
    if (rc == 0) {
        reply->bytes = td_arena_strndup(call->arena, svg.bytes, svg.length);
        reply->length = svg.length;
        reply->type = "image/svg+xml";
    }
    td_strbuf_done(&svg);
    return rc == 0 && !reply->bytes ? TD_ENOMEM : rc;
}

#define HOLDERS                                                                                    \
    (TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR |          \
     TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)
#define ALL     (TD_ROLE_PUBLIC | TD_ROLE_ANY)

const struct td_route td_titles_routes[] = {
    {TD_GET, "/titles", TD_ROLE_APPLICANT, "The caller's titles", .read = mine_read,
     .page = "titles"},
    {TD_GET, "/titles/{title}", HOLDERS, "A title with its certificate", .read = view_read,
     .page = "title"},
    {TD_GET, "/titles/{title}/print", HOLDERS, "The certificate for print", .read = view_read,
     .page = "certificate_print"},
    {TD_GET, "/certificates", ALL,
     "Check a certificate by number and check code, or number and name",
     .query = "number code name", .read = check_read, .page = "certificates"},
    {TD_GET, "/certificates/{number}", ALL, "What a certificate says, for who has the check code",
     .query = "code name", .read = certificate_read, .page = "certificate"},
    {TD_GET, "/certificates/{number}/qr", ALL, "The certificate's QR code", .query = "code",
     .read = qr_read},
    {0},
};
