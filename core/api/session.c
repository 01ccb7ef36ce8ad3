/* session.c - logging in and out, and a person's own account: profile, password, where it is logged
 * in.
 *
 * An unknown login, a wrong password and a disabled account give the same answer after the same
 * time. The session itself is made and ended by the frame (td_reply.session), because handlers
 * never touch Redis. */
#include "api/api.h"

#include "base/log.h"
#include "review/account.h"
#include "review/password.h"
#include "review/review.h"
#include "review/row.h"

#include <string.h>

/* A path of this server: what follows a login must not lead elsewhere. */
static const char *local_path(const char *path)
{
    bool local = path[0] == '/' && path[1] != '/' && !strpbrk(path, "\\\r\n\t");
    return local ? path : "/";
}

/* --- login ------------------------------------------------------------------------------------ */

static int login_page(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->value = json_pack("{s:s}", "next", local_path(td_call_query(call, "next")));
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

static int login_check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const json_t *row = call->kept;
    const char *id = td_row_text(row, "id");
    bool right =
        td_password_verify(td_row_text(row, "password_hash"), td_call_text(call, "password"));
    TD_LOG(TD_LOG_INFO, right ? "session.login" : "session.login_failed", TD_S("account", id),
           TD_S("address", call->address));
    if (!right)
        return td_error_key(reterr, TD_ELOGIN, "login_failed", NULL);
    reply->value = json_pack("{s:O}", "account", json_object_get(row, "account"));
    reply->session = TD_SESSION_START;
    reply->session_account = id;
    reply->location = td_row_bool(row, "must_change") ? "/account/password"
                                                      : local_path(td_call_text(call, "next"));
    return reply->value ? 0 : TD_ENOMEM;
}

/* --- the session ------------------------------------------------------------------------------ */

static int session_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    json_t *account = call->who ? td_account_describe(call->who) : json_null();
    reply->value = json_pack("{s:o, s:s?}", "account", account, "csrf", call->csrf);
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

/* --- the own account -------------------------------------------------------------------------- */

static int need_row(const struct td_call *call, struct td_error *reterr)
{
    if (strcmp(call->who->id, td_account_console()->id))
        return 0;
    return td_error_set(reterr, TD_ENOTFOUND, "the console has no account of its own");
}

static int account_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *account = NULL;
    int result = need_row(call, reterr);
    if (result == 0)
        result = td_account_view(call->tx, call->who->id, &account);
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
        json_pack("{s:b, s:i}", "must_change", call->who->must_change, "minimum", TD_PASSWORD_MIN);
    return reply->value ? 0 : TD_ENOMEM;
}

static int password_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
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

static int password_check(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    char hash[TD_PASSWORD_HASH_TEXT];
    const char *password = td_call_text(call, "new_password"),
               *again = td_call_text(call, "new_password_again");
    (void)reply;
    if (!td_password_verify(td_row_text(call->kept, "password_hash"),
                            td_call_text(call, "password")))
        return td_error_field(reterr, "password", "password_wrong", "not the present password");
    if (*again && strcmp(again, password))
        return td_error_field(reterr, "new_password_again", "password_differs",
                              "not the same as above");
    if (!strcmp(password, td_call_text(call, "password")))
        return td_error_field(reterr, "new_password", "password_same",
                              "the same as the present password");
    int result = td_password_check(password, call->who->login, "new_password", reterr);
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
     .query = "next",
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
     .body = login_body,
     .limit = TD_LIMIT_LOGIN,
     .flags = TD_ROUTE_NO_CSRF | TD_ROUTE_SECRET},
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
