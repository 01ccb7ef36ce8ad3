/* session.c - logging in and out, and a person's own account: profile, password, where it is logged
 * in.
 *
 * Who has a second factor logs in in two steps: after the password the session is pending, in which
 * nobody is logged in and only the code can follow.
 *
 * An unknown login, a wrong password and a disabled account give the same answer after the same
 * time. The session itself is made and ended by the frame (td_reply.session), because handlers
 * never touch Redis. */
#include "api/api.h"

#include "base/log.h"
#include "http/text.h"
#include "redis/session.h"
#include "review/account.h"
#include "review/password.h"
#include "review/policy.h"
#include "review/review.h"
#include "review/row.h"
#include "review/second_factor.h"

#include <string.h>

/* What follows a login must not lead elsewhere. */
static const char *local_path(const char *path)
{
    return td_text_is_local_path(path) ? path : "/";
}

static int need_row(const struct td_call *call, struct td_error *reterr)
{
    if (strcmp(call->who->id, td_account_console()->id))
        return 0;
    return td_error_set(reterr, TD_ENOTFOUND, "the console has no account of its own");
}

/* --- login ------------------------------------------------------------------------------------ */

static int login_page(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->value = json_pack("{s:s, s:b}", "next", local_path(td_call_query(call, "next")), "ended",
                             *td_call_query(call, "ended"));
    return reply->value ? 0 : TD_ENOMEM;
}

/* Leaves the account in `kept`; an unknown one leaves {} and is told apart only after the hash. */
static int login_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *row = NULL;
    const struct td_account *account = NULL;
    (void)reply;
    int result = td_account_find(call->tx, td_call_text(call, "login"), &row);
    if (result == 0)
        result = td_account_load(call->tx, call->arena, td_row_text(row, "id"), &account);
    if (result == 0)
        json_object_set_new(row, "account", td_account_describe(account));
    if (result == TD_ENOTFOUND)
        result = 0;
    call->kept = td_arena_json(call->arena, row ? row : json_object());
    if (result < 0)
        return td_error_set(reterr, result, "reading the account failed");
    return call->kept ? 0 : TD_ENOMEM;
}

/* Where a login leads: to what must be done first, or on. */
static const char *place_after(const json_t *account, const char *next)
{
    if (td_row_bool(account, "must_change"))
        return "/account/password";
    return td_row_bool(account, "must_enrol") ? "/account/second-factor" : local_path(next);
}

/* The page that asks for the code, which goes on to `next`. */
static const char *code_place(struct td_call *call, const char *next)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    td_strbuf_adds(&text, "/session/code?next=");
    td_text_add_form(&text, next, strlen(next));
    const char *place = td_arena_strndup(call->arena, text.bytes, text.length);
    td_strbuf_done(&text);
    return place;
}

static int login_check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const json_t *row = call->kept, *account = json_object_get(row, "account");
    const char *id = td_row_text(row, "id"), *next = td_call_text(call, "next");
    bool right =
        td_password_verify(td_row_text(row, "password_hash"), td_call_text(call, "password"));
    bool proves = td_row_bool(account, "second_factor");
    TD_LOG(TD_LOG_INFO,
           !right   ? "session.login_failed"
           : proves ? "session.login_half"
                    : "session.login",
           TD_S("account", id), TD_S("address", call->address));
    if (!right)
        return td_error_key(reterr, TD_ELOGIN, "login_failed", NULL);
    call->proven = true;
    reply->session = proves ? TD_SESSION_START_PENDING : TD_SESSION_START;
    reply->session_account = id;
    reply->location = proves ? code_place(call, local_path(next)) : place_after(account, next);
    reply->value = proves ? json_pack("{s:n}", "account") : json_pack("{s:O}", "account", account);
    return reply->value && reply->location ? 0 : TD_ENOMEM;
}

static int record(struct td_call *call, const char *account_id)
{
    char place[TD_SESSION_ADDRESS_TEXT];
    td_session_place(call->address, place);
    return td_account_record_login(call->tx, account_id, place, call->failures);
}

static int login_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return reply->session == TD_SESSION_START ? record(call, reply->session_account) : 0;
}

/* --- the code --------------------------------------------------------------------------------- */

static int code_page(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->value =
        json_pack("{s:s, s:s, s:b}", "next", local_path(td_call_query(call, "next")), "csrf",
                  call->csrf ? call->csrf : "", "second_factor", call->pending != NULL);
    return reply->value ? 0 : TD_ENOMEM;
}

static int code_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const struct td_account *account = NULL;
    const char *next = td_call_text(call, "next");
    if (!call->pending)
        return td_error_key(reterr, TD_ELOGIN, "login_again", NULL);
    int result = td_account_load(call->tx, call->arena, call->pending, &account);
    if (result == TD_ENOTFOUND) /* disabled meanwhile */
        return td_error_key(reterr, TD_ELOGIN, "login_again", NULL);
    if (result == 0)
        result = td_api_review(call, &review);
    if (result == 0) {
        review.who = account; /* on the ledger a recovery code is its owner's act */
        result = td_second_factor_take(&review, account->id, td_call_text(call, "one_time_code"));
    }
    if (result == 0 || result == TD_EINVALID)
        TD_LOG(TD_LOG_INFO, result == 0 ? "session.login" : "session.code_failed",
               TD_S("account", account->id), TD_S("address", call->address));
    if (result == TD_EINVALID)
        return td_error_field(reterr, "one_time_code", "code_wrong", "not the present code");
    if (result == 0)
        result = record(call, account->id);
    if (result < 0)
        return result;
    reply->value = json_pack("{s:o}", "account", td_account_describe(account));
    reply->session = TD_SESSION_START;
    reply->session_account = account->id;
    reply->location = place_after(json_object_get(reply->value, "account"), next);
    return reply->value ? 0 : TD_ENOMEM;
}

/* --- the session ------------------------------------------------------------------------------ */

static int session_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    json_t *account = call->who ? td_account_describe(call->who) : json_null();
    reply->value = json_pack("{s:o, s:s?, s:b}", "account", account, "csrf", call->csrf,
                             "second_factor", call->pending != NULL);
    return reply->value ? 0 : TD_ENOMEM;
}

static int session_end(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call, (void)reterr;
    reply->status = 204;
    reply->session = TD_SESSION_END;
    reply->location = "/";
    return 0;
}

/* --- proving again who one is ----------------------------------------------------------------- */

static int proof_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *row = NULL;
    (void)reply;
    int result = need_row(call, reterr);
    if (result == 0)
        result = td_account_find(call->tx, call->who->login, &row);
    if (result < 0)
        return result;
    call->kept = td_arena_json(call->arena, row);
    return call->kept ? 0 : TD_ENOMEM;
}

static int wrong_proof(const struct td_call *call, const char *code, struct td_error *reterr)
{
    TD_LOG(TD_LOG_INFO, "session.proof_failed", TD_S("account", call->who->id),
           TD_S("address", call->address));
    return td_error_field(reterr, "proof", code, "not the present password or code");
}

/* A password; whoever has a second factor proves a code, in the write step. */
static int proof_check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    if (call->who->second_factor ||
        td_password_verify(td_row_text(call->kept, "password_hash"), td_call_text(call, "proof")))
        return 0;
    return wrong_proof(call, "password_wrong", reterr);
}

static int proof_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *to = td_call_text(call, "to");
    int result = td_api_review(call, &review);
    if (result == 0 && call->who->second_factor)
        result = td_second_factor_take(&review, call->who->id, td_call_text(call, "proof"));
    if (result == TD_EINVALID)
        return wrong_proof(call, "code_wrong", reterr);
    bool goes_on = td_text_is_local_path(to) && call->face == TD_FACE_PAGE;
    reply->session = TD_SESSION_PROVE;
    reply->status = goes_on ? 307 : 204; /* with the form that it interrupted */
    reply->location = goes_on ? td_arena_strdup(call->arena, to) : "/";
    return result == 0 && !reply->location ? TD_ENOMEM : result;
}

/* --- the own account -------------------------------------------------------------------------- */

static int account_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *account = NULL;
    int result = need_row(call, reterr);
    if (result == 0)
        result = td_account_view(call->tx, call->seal, call->who->id, &account);
    if (result < 0)
        return result;
    reply->value = json_pack("{s:o}", "account", account);
    return reply->value ? 0 : TD_ENOMEM;
}

static int account_sessions(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return json_object_set(reply->value, "sessions", call->result) < 0 ? TD_ENOMEM : 0;
}

static int end_one(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->status = 204;
    reply->session = TD_SESSION_END;
    reply->session_id = td_call_param(call, "session");
    reply->location = "/account";
    return 0;
}

static int end_others(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)call, (void)reterr;
    reply->status = 204;
    reply->session = TD_SESSION_END_OTHERS;
    reply->location = "/account";
    return 0;
}

/* --- the own password ------------------------------------------------------------------------- */

static int password_page(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int result = need_row(call, reterr);
    if (result < 0)
        return result;
    reply->value =
        json_pack("{s:b, s:b, s:b, s:i}", "must_change",
                  call->who->must_change && !call->who->expired, "expired", call->who->expired,
                  "mixed", td_policy()->password_classes > 1, "minimum", TD_PASSWORD_MIN);
    return reply->value ? 0 : TD_ENOMEM;
}

/* The row and, under "former", the hashes that must not come back. */
static int password_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *former = NULL;
    int result = proof_read(call, reply, reterr);
    if (result == 0)
        result = td_account_former_passwords(call->tx, call->who->id, &former);
    if (result == 0)
        json_object_set_new(call->kept, "former", former);
    return result;
}

static bool was_used(const json_t *kept, const char *password)
{
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(kept, "former"), i, row)
        if (td_password_verify(td_row_text(row, "password_hash"), password))
            return true;
    return false;
}

static int password_check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    char hash[TD_PASSWORD_HASH_TEXT];
    const char *password = td_call_text(call, "new_password"),
               *again = td_call_text(call, "new_password_again");
    (void)reply;
    if (!td_password_verify(td_row_text(call->kept, "password_hash"),
                            td_call_text(call, "password")))
        return td_error_field(reterr, "password", "password_wrong", "not the present password");
    call->proven = true;
    if (*again && strcmp(again, password))
        return td_error_field(reterr, "new_password_again", "password_differs",
                              "not the same as above");
    if (!strcmp(password, td_call_text(call, "password")))
        return td_error_field(reterr, "new_password", "password_same",
                              "the same as the present password");
    if (was_used(call->kept, password))
        return td_error_field(reterr, "new_password", "password_former",
                              "one of the former passwords");
    int result =
        td_password_check(password, call->who->login, call->who->name, "new_password", reterr);
    if (result == 0)
        result = td_password_hash(password, hash);
    if (result == 0)
        result = json_object_set_new(call->kept, "new_hash", json_string(hash)) < 0 ? TD_ENOMEM : 0;
    return result;
}

static int password_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result =
            td_account_set_password(&review, call->who->id, td_row_text(call->kept, "new_hash"),
                                    false, call->session_id, reterr);
    reply->status = 204;
    reply->location = "/account";
    return result;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const struct td_field login_body[] = {
    {"login", TD_FIELD_TEXT, true, 1, 64, NULL, "The account's login name"},
    {"password", TD_FIELD_TEXT, true, 1, 1000, NULL, "Its password"},
    {"next", TD_FIELD_TEXT, false, 0, 1000, NULL, "A path of this server to go on to"},
    {0},
};

static const struct td_field code_body[] = {
    {"one_time_code", TD_FIELD_TEXT, true, 1, 40, NULL,
     "Six digits of the authenticator, or a recovery code"},
    {"next", TD_FIELD_TEXT, false, 0, 1000, NULL, "A path of this server to go on to"},
    {0},
};

static const struct td_field proof_body[] = {
    {"proof", TD_FIELD_TEXT, true, 1, 1000, NULL,
     "The password; of an account with a second factor, a code"},
    {"to", TD_FIELD_TEXT, false, 0, 2000, NULL,
     "For forms: the path that the others are meant for"},
    {0},
};

static const struct td_field password_body[] = {
    {"password", TD_FIELD_TEXT, true, 1, 1000, NULL, "The present password"},
    {"new_password", TD_FIELD_TEXT, true, 1, 1000, NULL, "The new one: 10 to 200 characters"},
    {"new_password_again", TD_FIELD_TEXT, false, 0, 1000, NULL, "The new one once more, for forms"},
    {0},
};

const struct td_route td_session_routes[] = {
    {.method = TD_GET,
     .path = "/login",
     .roles = TD_ROLE_PUBLIC,
     .summary = "The page to log in",
     .query = "next ended",
     .read = login_page,
     .page = "login"},
    {.method = TD_GET,
     .path = "/session",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Who is logged in",
     .read = session_read,
     .flags = TD_ROUTE_ANYTIME},
    {.method = TD_POST,
     .path = "/session",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Log in",
     .read = login_read,
     .work = TD_WORK_CPU,
     .work_fn = login_check,
     .write = login_write,
     .body = login_body,
     .limit = TD_LIMIT_LOGIN,
     .flags = TD_ROUTE_NO_CSRF | TD_ROUTE_SECRET},
    {.method = TD_GET,
     .path = "/session/code",
     .roles = TD_ROLE_PUBLIC,
     .summary = "The page that asks for the code after the password",
     .query = "next",
     .read = code_page,
     .page = "session_code"},
    {.method = TD_POST,
     .path = "/session/code",
     .roles = TD_ROLE_PUBLIC,
     .summary = "Complete a login with a code of the authenticator, or a recovery code",
     .write = code_write,
     .body = code_body,
     .limit = TD_LIMIT_LOGIN,
     .flags = TD_ROUTE_SECRET},
    {.method = TD_POST,
     .path = "/session/step-up",
     .roles = TD_ROLE_ANY,
     .summary = "Prove again who is logged in, for what asks for it (x-step-up)",
     .read = proof_read,
     .work = TD_WORK_CPU,
     .work_fn = proof_check,
     .write = proof_write,
     .body = proof_body,
     .limit = TD_LIMIT_LOGIN,
     .flags = TD_ROUTE_SECRET | TD_ROUTE_CARRIES | TD_ROUTE_ENROL},
    {.method = TD_DELETE,
     .path = "/session",
     .roles = TD_ROLE_ANY,
     .summary = "Log out",
     .read = session_end,
     .flags = TD_ROUTE_ANYTIME},
    {.method = TD_POST,
     .path = "/session/end",
     .roles = TD_ROLE_ANY,
     .summary = "Log out, from a form",
     .read = session_end,
     .flags = TD_ROUTE_ANYTIME},
    {.method = TD_GET,
     .path = "/account",
     .roles = TD_ROLE_ANY,
     .summary = "The own account, its roles and where it is logged in",
     .read = account_read,
     .work = TD_WORK_SESSIONS,
     .work_fn = account_sessions,
     .page = "account"},
    {.method = TD_DELETE,
     .path = "/account/sessions/{session}",
     .roles = TD_ROLE_ANY,
     .summary = "End one of the own sessions",
     .read = end_one},
    {.method = TD_DELETE,
     .path = "/account/sessions",
     .roles = TD_ROLE_ANY,
     .summary = "End all own sessions but this one",
     .read = end_others},
    {.method = TD_GET,
     .path = "/account/password",
     .roles = TD_ROLE_ANY,
     .summary = "The page to change the own password",
     .read = password_page,
     .page = "account_password",
     .flags = TD_ROUTE_ANYTIME},
    {.method = TD_POST,
     .path = "/account/password",
     .roles = TD_ROLE_ANY,
     .summary = "Change the own password",
     .read = password_read,
     .work = TD_WORK_CPU,
     .work_fn = password_check,
     .write = password_write,
     .body = password_body,
     .limit = TD_LIMIT_LOGIN,
     .flags = TD_ROUTE_ANYTIME | TD_ROUTE_SECRET},
    {0},
};
