/* accounts.c - administration of accounts: list, create, grant, disable, reset passwords.
 *
 * The system administrator creates, disables and gives new passwords, but not to those who watch
 * him; the security administrator gives and takes roles and ends sessions; the audit administrator
 * and supervisors read. A password is never stored readable and never asked back: one that the
 * server generates is in the reply once, and must be changed at the first login. */
#include "api/api.h"

#include "review/account.h"
#include "review/code.h"
#include "review/password.h"
#include "review/review.h"
#include "review/row.h"
#include "review/second_factor.h"
#include "store/store.h"

#include <string.h>

enum { UNITS_MAX = 500 };

#define READERS         (TD_ROLE_ADMIN | TD_ROLE_SECURITY | TD_ROLE_AUDIT | TD_ROLE_SUPERVISOR)
#define SESSION_READERS (TD_ROLE_SECURITY | TD_ROLE_AUDIT)

/* --- reading ---------------------------------------------------------------------------------- */

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_list(&review, td_call_query(call, "q"), td_call_query(call, "cursor"),
                                 &reply->value);
    if (result == 0 && call->face == TD_FACE_PAGE)
        json_object_set_new(reply->value, "q", json_string(td_call_query(call, "q")));
    return result;
}

/* What a form of roles offers: names in the order of TD_ROLES. */
static json_t *role_options(void)
{
    static const char *const names[] = {
#define X(role, bit, name) name,
        TD_ROLES(X)
#undef X
    };
    json_t *options = json_array();
    for (size_t i = 0; options && i < sizeof(names) / sizeof(names[0]); i++)
        json_array_append_new(options, json_pack("{s:s}", "role", names[i]));
    return options;
}

static int add_option(json_t *row, void *options)
{
    return json_array_append(options, row) < 0 ? TD_ENOMEM : 0;
}

/* Series, and each with every division, as far as plugins are loaded. */
static int add_series(const struct td_call *call, json_t *options, const json_t *divisions)
{
    const char *series;
    json_t *descriptor, *division;
    size_t i;
    int result = 0;
    json_object_foreach((json_t *)call->catalog, series, descriptor) {
        const char *name = td_row_text(descriptor, "name");
        result |=
            json_array_append_new(options, json_pack("{s:s, s:s}", "scope", series, "name", name));
        json_array_foreach((json_t *)divisions, i, division) {
            const char *code = td_row_text(division, "scope");
            const char *scope = td_arena_printf(call->arena, "%s/%s", code, series);
            const char *both =
                td_arena_printf(call->arena, "%s %s", td_row_text(division, "name"), name);
            result |=
                json_array_append_new(options, json_pack("{s:s, s:s}", "scope", scope ? scope : "",
                                                         "name", both ? both : ""));
        }
    }
    return result < 0 ? TD_ENOMEM : 0;
}

/* What the scope of a grant may be, for a page to choose from by name: [{"scope", "name"}]. */
static int scope_options(const struct td_call *call, json_t **ret_options)
{
    json_t *options = NULL;
    int result = td_tx_rows(call->tx, &options,
                            "select code as scope, name from division order by code", "");
    if (result < 0)
        return result;
    json_t *divisions = json_copy(options);
    result = add_series(call, options, divisions);
    json_decref(divisions);
    if (result == 0)
        result = td_tx_each(call->tx, add_option, options,
                            "select id as scope, name from unit order by name limit $1", "i",
                            (int64_t)UNITS_MAX);
    if (result < 0)
        json_decref(options);
    else
        *ret_options = options;
    return result;
}

/* Adds to a page's value what its form of grants offers. */
static int add_choices(const struct td_call *call, struct td_reply *reply)
{
    json_t *options = NULL;
    int result = scope_options(call, &options);
    if (result < 0)
        return result;
    json_object_set_new(reply->value, "scope_options", options);
    json_object_set_new(reply->value, "role_options", role_options());
    return 0;
}

static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *units = NULL;
    (void)reterr;
    int result = td_tx_rows(call->tx, &units, "select id, name from unit order by name limit $1",
                            "i", (int64_t)UNITS_MAX);
    if (result < 0)
        return result;
    const json_t *typed = json_object_get(call->typed, "person");
    reply->value =
        json_pack("{s:o, s:o, s:o}", "units", units, "ethnicities",
                  td_code_options(TD_CODE_ETHNICITY, td_row_text(typed, "ethnicity")), "politics",
                  td_code_options(TD_CODE_POLITICS, td_row_text(typed, "politics")));
    return reply->value ? 0 : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *account = NULL;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_view(call->tx, call->seal, td_call_param(call, "account"), &account);
    if (result < 0)
        return td_error_set(reterr, result, "there is no such account");
    const char *id = td_row_text(account, "id");
    bool other = strcmp(call->who->id, id) != 0;
    bool may_change = other && (call->who->roles & TD_ROLE_ADMIN) &&
                      td_account_need_unwatched(&review, id, NULL) == 0;
    bool may_grant = other && (call->who->roles & TD_ROLE_SECURITY);
    bool sees_sessions = call->who->roles & SESSION_READERS;
    reply->value = json_pack("{s:o, s:b, s:b, s:b}", "account", account, "may_change", may_change,
                             "may_grant", may_grant, "sees_sessions", sees_sessions);
    if (!reply->value)
        return TD_ENOMEM;
    return may_grant && call->face == TD_FACE_PAGE ? add_choices(call, reply) : 0;
}

/* --- passwords -------------------------------------------------------------------------------- */

/* Hashes the body's password, or a new one; both go to `kept`: {"password": "" or generated,
 * "hash"}. */
static int hash_password(struct td_call *call, const char *login, const char *name,
                         struct td_error *reterr)
{
    char hash[TD_PASSWORD_HASH_TEXT], generated[TD_PASSWORD_GENERATED_TEXT] = "";
    const char *password = td_call_text(call, "password");
    int result = 0;
    if (*password)
        result = td_password_check(password, login, name, "password", reterr);
    else
        td_password_generate(generated);
    if (result == 0)
        result = td_password_hash(*password ? password : generated, hash);
    if (result < 0)
        return result;
    call->kept =
        td_arena_json(call->arena, json_pack("{s:s, s:s}", "password", generated, "hash", hash));
    return call->kept ? 0 : TD_ENOMEM;
}

/* The reply that shows a generated password, once. A page stays here; without one it goes to the
 * account. */
static int reply_password(struct td_call *call, struct td_reply *reply, const char *account_id)
{
    const char *password = td_row_text(call->kept, "password");
    json_t *account = NULL;
    int result = td_account_view(call->tx, call->seal, account_id, &account);
    if (result < 0)
        return result;
    reply->value = json_pack("{s:o}", "account", account);
    if (!reply->value)
        return TD_ENOMEM;
    if (*password)
        json_object_set_new(reply->value, "password", json_string(password));
    if (!*password || call->face == TD_FACE_JSON)
        reply->location = td_arena_printf(call->arena, "/accounts/%s", account_id);
    return 0;
}

/* --- creating --------------------------------------------------------------------------------- */

static int create_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reply;
    int result = td_api_review(call, &review);
    return result < 0 ? result : td_account_check(&review, call->body, reterr);
}

static int create_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    return hash_password(call, td_call_text(call, "login"), td_call_text(call, "name"), reterr);
}

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = NULL;
    bool must_change = td_call_bool(call, "must_change") || *td_row_text(call->kept, "password");
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_create(&review, call->body, td_row_text(call->kept, "hash"),
                                   must_change, &id, reterr);
    if (result == 0)
        result = reply_password(call, reply, id);
    reply->status = 201;
    return result;
}

/* --- changing --------------------------------------------------------------------------------- */

static const char *to_account(struct td_call *call)
{
    return td_arena_printf(call->arena, "/accounts/%s", td_call_param(call, "account"));
}

/* Names the account whose sessions the loop lists. */
static int sessions_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *account = NULL;
    int result = td_account_view(call->tx, call->seal, td_call_param(call, "account"), &account);
    if (result < 0)
        return td_error_set(reterr, result, "there is no such account");
    call->job = td_arena_json(call->arena, json_string(td_row_text(account, "id")));
    reply->value = json_pack("{s:o, s:b}", "account", account, "may_end",
                             call->who->roles & TD_ROLE_SECURITY ? 1 : 0);
    return reply->value && call->job ? 0 : TD_ENOMEM;
}

static int sessions_done(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return json_object_set(reply->value, "sessions", call->result) < 0 ? TD_ENOMEM : 0;
}

static int sessions_end(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_end_sessions(&review, td_call_param(call, "account"), reterr);
    reply->status = 204;
    reply->location = to_account(call);
    return result;
}

static int reply_account(struct td_call *call, struct td_reply *reply)
{
    json_t *account = NULL;
    int result = td_account_view(call->tx, call->seal, td_call_param(call, "account"), &account);
    if (result < 0)
        return result;
    reply->value = json_pack("{s:o}", "account", account);
    reply->location = to_account(call);
    return reply->value ? 0 : TD_ENOMEM;
}

/* The loop lifts the wait once the ledger has it. */
static int unlock_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_unlock(&review, td_call_param(call, "account"), &reply->session_account,
                                   reterr);
    reply->status = 204;
    reply->session = TD_SESSION_UNLOCK;
    reply->location = to_account(call);
    return result;
}

static int second_factor_reset(struct td_call *call, struct td_reply *reply,
                               struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_second_factor_reset(&review, td_call_param(call, "account"), reterr);
    return result == 0 ? reply_account(call, reply) : result;
}

static int grant_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_grant(&review, td_call_param(call, "account"),
                                  td_call_text(call, "role"), td_call_text(call, "scope"), reterr);
    return result == 0 ? reply_account(call, reply) : result;
}

static int revoke_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result =
            td_account_revoke(&review, td_call_param(call, "account"), td_call_param(call, "role"),
                              td_call_query(call, "scope"), reterr);
    return result == 0 ? reply_account(call, reply) : result;
}

static int set_disabled(struct td_call *call, struct td_reply *reply, bool disabled,
                        struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_set_disabled(&review, td_call_param(call, "account"), disabled, reterr);
    return result == 0 ? reply_account(call, reply) : result;
}

static int disable_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return set_disabled(call, reply, true, reterr);
}

static int enable_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    return set_disabled(call, reply, false, reterr);
}

/* Leaves the login in `kept` for the rules of passwords. */
static int reset_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *account = NULL;
    (void)reply;
    int result = td_account_view(call->tx, call->seal, td_call_param(call, "account"), &account);
    if (result < 0)
        return td_error_set(reterr, result, "there is no such account");
    call->kept = td_arena_json(call->arena, account);
    return call->kept ? 0 : TD_ENOMEM;
}

static int reset_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reply;
    return hash_password(call, td_row_text(call->kept, "login"), td_row_text(call->kept, "name"),
                         reterr);
}

static int reset_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "account");
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_account_set_password(&review, id, td_row_text(call->kept, "hash"), true, NULL,
                                         reterr);
    return result == 0 ? reply_password(call, reply, id) : result;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const struct td_field create_body[] = {
    {"login", TD_FIELD_TEXT, true, 1, 64, NULL, "3 to 64 of a-z, 0-9, '.', '_', '-'"},
    {"name", TD_FIELD_TEXT, true, 1, 60, NULL, "The person's name"},
    {"password", TD_FIELD_TEXT, false, 0, 1000, NULL,
     "10 to 200 characters; one is generated when absent"},
    {"must_change", TD_FIELD_BOOL, false, 0, 0, NULL,
     "Must be changed at the first login; a generated one always"},
    {"unit_id", TD_FIELD_TEXT, false, 0, 26, NULL, "The unit the person works for"},
    {"person", TD_FIELD_OBJECT, false, 0, 0, NULL,
     "sex, birth_date, ethnicity (GB/T 3304), politics (GB/T 4762), in_service"},
    {"id_number", TD_FIELD_TEXT, false, 0, 18, NULL, "GB 11643 identity number; stored sealed"},
    {"phone", TD_FIELD_TEXT, false, 0, 20, NULL, "Telephone number; stored sealed"},
    {"grants", TD_FIELD_ARRAY, false, 0, 0, NULL, "[{\"role\", \"scope\"}]; from the console only"},
    {0},
};

static const struct td_field grant_body[] = {
    {"role", TD_FIELD_TEXT, true, 1, 32, NULL, "Role"},
    {"scope", TD_FIELD_TEXT, false, 0, 64, NULL,
     "Unit id, division code, division/series, series, or empty"},
    {0},
};

static const struct td_field reset_body[] = {
    {"password", TD_FIELD_TEXT, false, 0, 1000, NULL,
     "10 to 200 characters; one is generated when absent"},
    {0},
};

const struct td_route td_accounts_routes[] = {
    {.method = TD_GET,
     .path = "/accounts",
     .roles = READERS,
     .summary = "Accounts by login or name",
     .query = "q cursor",
     .read = list_read,
     .page = "accounts"},
    {.method = TD_GET,
     .path = "/accounts/new",
     .roles = TD_ROLE_ADMIN,
     .summary = "The page for a new account",
     .read = new_read,
     .page = "account_new"},
    {.method = TD_POST,
     .path = "/accounts",
     .roles = TD_ROLE_ADMIN,
     .summary = "Create an account",
     .read = create_read,
     .work = TD_WORK_CPU,
     .work_fn = create_work,
     .write = create_write,
     .page = "account_created",
     .body = create_body,
     .flags = TD_ROUTE_SECRET},
    {.method = TD_GET,
     .path = "/accounts/{account}",
     .roles = READERS,
     .summary = "One account and its grants",
     .read = view_read,
     .page = "account_view"},
    {.method = TD_GET,
     .path = "/accounts/{account}/sessions",
     .roles = SESSION_READERS,
     .summary = "Where an account is logged in",
     .read = sessions_read,
     .work = TD_WORK_SESSIONS,
     .work_fn = sessions_done,
     .page = "account_sessions"},
    {.method = TD_DELETE,
     .path = "/accounts/{account}/sessions",
     .roles = TD_ROLE_SECURITY,
     .summary = "End all sessions of an account",
     .write = sessions_end},
    {.method = TD_POST,
     .path = "/accounts/{account}/grants",
     .roles = TD_ROLE_SECURITY,
     .summary = "Grant a role",
     .flags = TD_ROUTE_STEP_UP,
     .write = grant_write,
     .body = grant_body},
    {.method = TD_DELETE,
     .path = "/accounts/{account}/grants/{role}",
     .roles = TD_ROLE_SECURITY,
     .summary = "Revoke a role within the scope that ?scope= names",
     .query = "scope",
     .flags = TD_ROUTE_STEP_UP,
     .write = revoke_write},
    {.method = TD_POST,
     .path = "/accounts/{account}/unlock",
     .roles = TD_ROLE_SECURITY,
     .summary = "End the wait that wrong passwords or codes have brought upon a login",
     .write = unlock_write},
    {.method = TD_DELETE,
     .path = "/accounts/{account}/second-factor",
     .roles = TD_ROLE_SECURITY,
     .summary = "Remove the second factor of who has lost it, and end all sessions",
     .flags = TD_ROUTE_STEP_UP,
     .write = second_factor_reset},
    {.method = TD_POST,
     .path = "/accounts/{account}/disable",
     .roles = TD_ROLE_ADMIN,
     .summary = "Disable an account and end its sessions",
     .write = disable_write},
    {.method = TD_POST,
     .path = "/accounts/{account}/enable",
     .roles = TD_ROLE_ADMIN,
     .summary = "Enable a disabled account",
     .write = enable_write},
    {.method = TD_POST,
     .path = "/accounts/{account}/password",
     .roles = TD_ROLE_ADMIN,
     .summary = "Give an account a new password that must be changed, and end its sessions",
     .read = reset_read,
     .work = TD_WORK_CPU,
     .work_fn = reset_work,
     .write = reset_write,
     .page = "account_created",
     .body = reset_body,
     .flags = TD_ROUTE_SECRET | TD_ROUTE_STEP_UP},
    {0},
};
