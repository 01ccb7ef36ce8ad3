/* account_admin.c - creating accounts and changing what they may do; see account.h.
 *
 * A person's numbers are sealed before they reach the store, and a keyed fingerprint of the
 * identity number makes sure that one person has one account. The ledger gets ids, roles and scopes
 * only. */
#include "review/account.h"
#include "review/code.h"

#include "base/id.h"
#include "base/seal.h"
#include "review/id_number.h"
#include "review/password.h"
#include "review/policy.h"
#include "review/review.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LOGIN_MIN = 3, LOGIN_MAX = 64, GRANTS_MAX = 50 };

/* Each holds no other role: whoever watches must not act, and no two of the three administrators
 * are one person. */
#define LONE_ROLES (TD_ROLE_SUPERVISOR | TD_ROLE_ADMIN | TD_ROLE_SECURITY | TD_ROLE_AUDIT)

int td_account_need(const struct td_review *review, enum td_role role, struct td_error *reterr)
{
    if (td_row_is(review, role))
        return 0;
    return td_error_set(reterr, TD_EFORBIDDEN, "this needs the role %s", td_role_name(role));
}

static bool is_lone(const char *role)
{
    enum td_role parsed;
    return td_role_parse(role, &parsed) == 0 && (parsed & LONE_ROLES);
}

static bool is_console(const struct td_review *review)
{
    return review->who && !strcmp(review->who->id, td_account_console()->id);
}

int td_account_need_other(const struct td_review *review, const char *account_id, const char *key,
                          struct td_error *reterr)
{
    if (is_console(review) || strcmp(review->who->id, account_id))
        return 0;
    return td_error_key(reterr, TD_EFORBIDDEN, key, NULL);
}

static int need_account(struct td_review *review, const char *account_id, struct td_error *reterr)
{
    int64_t count = 0;
    int result = td_tx_int(review->tx, &count, "select count(*) from account where id = $1", "s",
                           account_id);
    if (result == 0 && count == 0)
        result = td_error_set(reterr, TD_ENOTFOUND, "there is no account %s", account_id);
    return result;
}

/* Whoever gives an account a password can be that account, and whoever disables it is not watched
 * by it any more. */
int td_account_need_unwatched(struct td_review *review, const char *account_id,
                              struct td_error *reterr)
{
    int64_t count = 0;
    if (is_console(review))
        return 0;
    int result = td_tx_int(review->tx, &count,
                           "select count(*) from account_grant where account_id = $1"
                           " and role in ('security', 'audit', 'supervisor')",
                           "s", account_id);
    return count > 0 ? td_error_key(reterr, TD_EFORBIDDEN, "watcher", NULL) : result;
}

/* --- scopes ----------------------------------------------------------------------------------- */

static bool exists(struct td_review *review, const char *sql, const char *key)
{
    int64_t count = 0;
    return td_tx_int(review->tx, &count, sql, "s", key) == 0 && count > 0;
}

static bool is_division(struct td_review *review, const char *code)
{
    return exists(review, "select count(*) from division where code = $1", code);
}

/* A series may be granted before its plugin is there; its name must be possible. */
static bool is_series(const char *text)
{
    return *text >= 'a' && *text <= 'z' && strlen(text) <= 32 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(text);
}

static bool is_division_and_series(struct td_review *review, const char *scope)
{
    char code[7];
    if (strlen(scope) < 8 || scope[6] != '/')
        return false;
    snprintf(code, sizeof(code), "%.6s", scope);
    return is_division(review, code) && is_series(scope + 7);
}

static bool scope_fits(struct td_review *review, enum td_role role, const char *scope)
{
    switch (role) {
    case TD_ROLE_UNIT: return exists(review, "select count(*) from unit where id = $1", scope);
    case TD_ROLE_DISTRICT_INDUSTRY: return is_division_and_series(review, scope);
    case TD_ROLE_DISTRICT_HR: return is_division(review, scope);
    case TD_ROLE_OFFICE:
    case TD_ROLE_EXPERT: return is_series(scope);
    default: return *scope == 0;
    }
}

/* Checks one grant; problems name `prefix` + "role" or "scope". */
static int check_grant(struct td_review *review, const char *prefix, const char *role,
                       const char *scope, struct td_error *reterr)
{
    char field[64];
    enum td_role parsed;
    if (td_role_parse(role, &parsed) < 0) {
        snprintf(field, sizeof(field), "%srole", prefix);
        return td_error_field(reterr, field, "choice", "no such role");
    }
    if (scope_fits(review, parsed, scope))
        return 0;
    snprintf(field, sizeof(field), "%sscope", prefix);
    return td_error_field(reterr, field, "scope", "not a scope of the role %s", role);
}

/* --- the fields of a new account -------------------------------------------------------------- */

static void check_login(const char *login, struct td_error *reterr)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(login);
    if (length < LOGIN_MIN || length > LOGIN_MAX || strspn(login, allowed) != length ||
        login[0] < '0' || !strcmp(login, "console") || !strcmp(login, "system"))
        td_error_field(reterr, "login", "login",
                       "3 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit");
}

static void check_person(const json_t *person, struct td_error *reterr)
{
    static const char *const known[] = {"sex",      "birth_date", "ethnicity",
                                        "politics", "in_service", NULL};
    const char *name;
    json_t *value;
    td_date date;
    json_object_foreach((json_t *)person, name, value) {
        char field[128];
        bool ok = false;
        if (td_row_equals(person, name, "") && json_is_string(value))
            continue; /* left empty in a form */
        for (size_t i = 0; known[i]; i++)
            ok |= !strcmp(known[i], name);
        if (ok && !strcmp(name, "in_service"))
            ok = json_is_boolean(value) || json_is_string(value);
        else if (ok && !strcmp(name, "sex"))
            ok = td_row_equals(person, "sex", "female") || td_row_equals(person, "sex", "male");
        else if (ok && !strcmp(name, "birth_date"))
            ok = td_date_parse(td_row_text(person, "birth_date"), &date) == 0;
        else if (ok)
            ok = td_code_find(!strcmp(name, "politics") ? TD_CODE_POLITICS : TD_CODE_ETHNICITY,
                              td_row_text(person, name)) != NULL;
        snprintf(field, sizeof(field), "person.%.100s", name);
        if (!ok)
            td_error_field(reterr, field, "invalid", "not a value of this member");
    }
}

/* The number must be right, and say the same as sex and birth date where those are given. */
static void check_id_number(const json_t *fields, struct td_error *reterr)
{
    struct td_id_number number;
    td_date birth_date;
    const char *text = td_row_text(fields, "id_number");
    const json_t *person = json_object_get(fields, "person");
    if (!*text)
        return;
    if (td_id_number_parse(text, &number) < 0) {
        td_error_field(reterr, "id_number", "id_number", "not a GB 11643 number");
        return;
    }
    const char *sex = td_row_text(person, "sex");
    if (*sex && strcmp(sex, number.female ? "female" : "male"))
        td_error_field(reterr, "person.sex", "id_number_mismatch",
                       "differs from the identity number");
    if (td_date_parse(td_row_text(person, "birth_date"), &birth_date) == 0 &&
        birth_date != number.birth_date)
        td_error_field(reterr, "person.birth_date", "id_number_mismatch",
                       "differs from the identity number");
}

static void check_phone(const char *phone, struct td_error *reterr)
{
    size_t length = strlen(phone);
    if (length && (length < 7 || length > 20 || strspn(phone, "0123456789+- ") != length))
        td_error_field(reterr, "phone", "phone", "not a telephone number");
}

static int check_grants(struct td_review *review, const json_t *grants, struct td_error *reterr)
{
    bool lone = false;
    size_t i, count = 0;
    json_t *grant;
    if (json_array_size(grants) > GRANTS_MAX)
        return td_error_field(reterr, "grants", "too_many", "at most %d grants", GRANTS_MAX);
    json_array_foreach((json_t *)grants, i, grant) {
        char prefix[32];
        if (!*td_row_text(grant, "role"))
            continue; /* left empty in a form */
        snprintf(prefix, sizeof(prefix), "grants.%zu.", i);
        check_grant(review, prefix, td_row_text(grant, "role"), td_row_text(grant, "scope"),
                    reterr);
        lone |= is_lone(td_row_text(grant, "role"));
        count++;
    }
    if (lone && count > 1)
        td_error_field(reterr, "grants", "grant_conflict",
                       "an administrator or a supervisor holds no other role");
    if (count && !td_row_is(review, TD_ROLE_SECURITY))
        td_error_field(reterr, "grants", "security_grants",
                       "roles are given by the security administrator");
    return 0;
}

int td_account_check(struct td_review *review, const json_t *fields, struct td_error *reterr)
{
    struct td_error problems = TD_ERROR_INIT;
    if (!reterr)
        reterr = &problems;
    int result = td_account_need(review, TD_ROLE_ADMIN, reterr);
    if (result < 0)
        return result;
    const char *login = td_row_text(fields, "login"), *name = td_row_text(fields, "name");
    const char *unit = td_row_text(fields, "unit_id");
    check_login(login, reterr);
    if (!*name || strlen(name) > 200)
        td_error_field(reterr, "name", "required", "a name of at most 200 bytes");
    if (*unit && !exists(review, "select count(*) from unit where id = $1", unit))
        td_error_field(reterr, "unit_id", "unknown", "no such unit");
    check_person(json_object_get(fields, "person"), reterr);
    check_id_number(fields, reterr);
    check_phone(td_row_text(fields, "phone"), reterr);
    check_grants(review, json_object_get(fields, "grants"), reterr);
    if (exists(review, "select count(*) from account where login = $1", login))
        td_error_field(reterr, "login", "taken", "this login exists");
    result = reterr->fields ? TD_EFIELDS : 0;
    td_error_done(&problems);
    return result;
}

/* --- creating --------------------------------------------------------------------------------- */

struct sealed {
    char *id_number, *phone;
    char fingerprint[TD_SEAL_FINGERPRINT_TEXT];
    const char *fingerprint_or_null;
};

static int seal_numbers(struct td_review *review, const json_t *fields, struct sealed *sealed,
                        struct td_error *reterr)
{
    struct td_id_number number = {.text = ""};
    td_id_number_parse(td_row_text(fields, "id_number"), &number);
    const char *phone = td_row_text(fields, "phone");
    if ((*number.text || *phone) && !review->seal)
        return td_error_set(reterr, TD_EINTERNAL, "there is no key to seal personal numbers with");
    sealed->id_number = *number.text ? td_seal(review->seal, number.text) : strdup("");
    sealed->phone = *phone ? td_seal(review->seal, phone) : strdup("");
    if (!sealed->id_number || !sealed->phone)
        return TD_ENOMEM;
    if (*number.text) {
        td_seal_fingerprint(review->seal, number.text, sealed->fingerprint);
        sealed->fingerprint_or_null = sealed->fingerprint;
    }
    return 0;
}

static void sealed_done(struct sealed *sealed)
{
    free(sealed->id_number);
    free(sealed->phone);
}

/* A code or a word of it as the word that records keep. */
static void keep_word(json_t *person, const char *member, enum td_code_list list)
{
    const struct td_code *found = td_code_find(list, td_row_text(person, member));
    if (found)
        json_object_set_new(person, member, json_string(found->name));
}

/* The person as plugins expect it: nothing empty, and in_service a boolean also when a form sent
 * text. */
static json_t *person_of(const json_t *fields)
{
    const char *name;
    json_t *value, *person = json_object();
    json_object_foreach(json_object_get(fields, "person"), name, value)
        if (!json_is_string(value) || json_string_length(value))
            json_object_set(person, name, value);
    const json_t *in_service = json_object_get(person, "in_service");
    const char *text = json_string_value(in_service);
    bool yes =
        json_is_true(in_service) || (text && strcmp(text, "false") && strcmp(text, "0") && *text);
    if (person)
        json_object_set_new(person, "in_service", json_boolean(yes));
    keep_word(person, "ethnicity", TD_CODE_ETHNICITY);
    keep_word(person, "politics", TD_CODE_POLITICS);
    return person;
}

static int add_grant(struct td_review *review, const char *account_id, const char *role,
                     const char *scope)
{
    int64_t changed = 0;
    int result =
        td_tx_exec(review->tx, &changed,
                   "insert into account_grant (account_id, role, scope, granted_by, granted_at)"
                   " values ($1, $2, $3, $4, $5) on conflict do nothing",
                   "sssss", account_id, role, scope, td_row_actor(review), review->now);
    if (result < 0 || changed == 0)
        return result;
    return td_row_log(review, "account.grant", "account", account_id,
                      json_pack("{s:s, s:s}", "role", role, "scope", scope));
}

static int add_grants(struct td_review *review, const char *account_id, const json_t *grants)
{
    size_t i;
    json_t *grant;
    json_array_foreach((json_t *)grants, i, grant) {
        const char *role = td_row_text(grant, "role");
        int result = *role ? add_grant(review, account_id, role, td_row_text(grant, "scope")) : 0;
        if (result < 0)
            return result;
    }
    return 0;
}

static int insert(struct td_review *review, const char *id, const json_t *fields,
                  const char *password_hash, bool must_change, const struct sealed *sealed)
{
    const char *unit = td_row_text(fields, "unit_id");
    json_t *person = person_of(fields);
    int result = td_tx_exec(
        review->tx, NULL,
        "insert into account (id, login, name, password_hash, unit_id, person, id_number_sealed,"
        " id_number_key, phone_sealed, must_change, created_at, password_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        "sssssjsssbs", id, td_row_text(fields, "login"), td_row_text(fields, "name"), password_hash,
        *unit ? unit : NULL, person, sealed->id_number, sealed->fingerprint_or_null, sealed->phone,
        (int)must_change, review->now);
    json_decref(person);
    if (result == 0)
        result = td_row_log(review, "account.create", "account", id,
                            json_pack("{s:s}", "unit_id", unit));
    return result;
}

static int already(struct td_review *review, const struct sealed *sealed, struct td_error *reterr)
{
    if (sealed->fingerprint_or_null &&
        exists(review, "select count(*) from account where id_number_key = $1",
               sealed->fingerprint))
        return td_error_field(reterr, "id_number", "person_exists", "this person has an account");
    return 0;
}

int td_account_create(struct td_review *review, const json_t *fields, const char *password_hash,
                      bool must_change, const char **ret_id, struct td_error *reterr)
{
    struct sealed sealed = {0};
    char *id = td_arena_alloc(review->arena, TD_ID_TEXT);
    int result = td_account_check(review, fields, reterr);
    if (result == 0 && !id)
        result = TD_ENOMEM;
    if (result == 0)
        result = seal_numbers(review, fields, &sealed, reterr);
    if (result == 0)
        result = already(review, &sealed, reterr);
    if (result == 0) {
        td_id_new(id);
        result = insert(review, id, fields, password_hash, must_change, &sealed);
    }
    if (result == 0)
        result = add_grants(review, id, json_object_get(fields, "grants"));
    if (result == 0)
        *ret_id = id;
    sealed_done(&sealed);
    return result;
}

/* --- changing --------------------------------------------------------------------------------- */

static int check_conflict(struct td_review *review, const char *account_id, const char *role,
                          struct td_error *reterr)
{
    json_t *rows = NULL, *row;
    size_t i;
    bool conflict = false;
    int result = td_tx_rows(review->tx, &rows,
                            "select distinct role from account_grant where account_id = $1"
                            " and role <> $2",
                            "ss", account_id, role);
    json_array_foreach(rows, i, row)
        conflict |= is_lone(role) || is_lone(td_row_text(row, "role"));
    json_decref(rows);
    return conflict ? td_error_key(reterr, TD_ECONFLICT, "grant_conflict", NULL) : result;
}

int td_account_grant(struct td_review *review, const char *account_id, const char *role,
                     const char *scope, struct td_error *reterr)
{
    int result = td_account_need(review, TD_ROLE_SECURITY, reterr);
    if (result == 0)
        result = need_account(review, account_id, reterr);
    if (result == 0)
        result = td_account_need_other(review, account_id, "own_grant", reterr);
    if (result == 0)
        result = check_grant(review, "", role, scope, reterr);
    if (result == 0)
        result = check_conflict(review, account_id, role, reterr);
    return result < 0 ? result : add_grant(review, account_id, role, scope);
}

int td_account_revoke(struct td_review *review, const char *account_id, const char *role,
                      const char *scope, struct td_error *reterr)
{
    int64_t changed = 0;
    int result = td_account_need(review, TD_ROLE_SECURITY, reterr);
    if (result == 0)
        result = td_account_need_other(review, account_id, "own_grant", reterr);
    if (result == 0)
        result = td_tx_exec(
            review->tx, &changed,
            "delete from account_grant where account_id = $1 and role = $2 and scope = $3", "sss",
            account_id, role, scope);
    if (result < 0)
        return result;
    if (changed == 0)
        return td_error_set(reterr, TD_ENOTFOUND, "there is no such grant");
    return td_row_log(review, "account.revoke", "account", account_id,
                      json_pack("{s:s, s:s}", "role", role, "scope", scope));
}

/* Has the dispatcher end the account's sessions after commit. */
int td_account_drop_sessions(struct td_review *review, const char *account_id, const char *keep)
{
    json_t *payload = json_pack("{s:s, s:s?}", "account", account_id, "keep", keep);
    int result = payload ? td_tx_outbox(review->tx, "session", payload) : TD_ENOMEM;
    json_decref(payload);
    return result;
}

int td_account_end_sessions(struct td_review *review, const char *account_id,
                            struct td_error *reterr)
{
    int result = td_account_need(review, TD_ROLE_SECURITY, reterr);
    if (result == 0)
        result = need_account(review, account_id, reterr);
    if (result == 0)
        result = td_row_log(review, "account.sessions_end", "account", account_id, NULL);
    return result == 0 ? td_account_drop_sessions(review, account_id, NULL) : result;
}

int td_account_record_login(struct td_tx *tx, const char *account_id, const char *place,
                            int failures)
{
    char now[TD_TIME_TEXT];
    td_time_format((int64_t)time(NULL) * 1000, now);
    return td_tx_exec(tx, NULL,
                      "update account set last_login_at = login_at,"
                      " last_login_address = login_address, login_at = $1, login_address = $2,"
                      " login_failures = $3 where id = $4",
                      "ssis", now, place, (int64_t)failures, account_id);
}

int td_account_unlock(struct td_review *review, const char *account_id, const char **ret_login,
                      struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_account_need(review, TD_ROLE_SECURITY, reterr);
    if (result == 0)
        result =
            td_tx_row(review->tx, &row, "select login from account where id = $1", "s", account_id);
    if (result < 0)
        return result;
    *ret_login = td_arena_strdup(review->arena, td_row_text(row, "login"));
    json_decref(row);
    return *ret_login ? td_row_log(review, "account.unlock", "account", account_id, NULL)
                      : TD_ENOMEM;
}

int td_account_set_disabled(struct td_review *review, const char *account_id, bool disabled,
                            struct td_error *reterr)
{
    int result = td_account_need(review, TD_ROLE_ADMIN, reterr);
    if (result == 0)
        result = need_account(review, account_id, reterr);
    if (result == 0)
        result = td_account_need_other(review, account_id, "own_disable", reterr);
    if (result == 0)
        result = td_account_need_unwatched(review, account_id, reterr);
    if (result == 0)
        result = td_tx_exec(review->tx, NULL, "update account set disabled = $1 where id = $2",
                            "bs", (int)disabled, account_id);
    if (result == 0)
        result = td_row_log(review, disabled ? "account.disable" : "account.enable", "account",
                            account_id, NULL);
    return result == 0 && disabled ? td_account_drop_sessions(review, account_id, NULL) : result;
}

/* Keeps the present hash among the former ones, and of those the latest that the policy wants. */
static int remember_password(struct td_review *review, const char *account_id)
{
    int64_t count = td_policy()->password_history;
    int result = td_tx_exec(review->tx, NULL,
                            "insert into former_password (account_id, password_hash, set_at)"
                            " select id, password_hash, $1 from account where id = $2"
                            " and password_hash <> '' and $3 > 0 on conflict do nothing",
                            "ssi", review->now, account_id, count);
    if (result < 0)
        return result;
    return td_tx_exec(review->tx, NULL,
                      "delete from former_password where account_id = $1 and password_hash not in"
                      " (select password_hash from former_password where account_id = $1"
                      " order by set_at desc limit $2)",
                      "si", account_id, count);
}

int td_account_set_password(struct td_review *review, const char *account_id,
                            const char *password_hash, bool must_change, const char *keep_session,
                            struct td_error *reterr)
{
    bool own = review->who && !strcmp(review->who->id, account_id);
    int result = own ? 0 : td_account_need(review, TD_ROLE_ADMIN, reterr);
    if (result == 0)
        result = need_account(review, account_id, reterr);
    if (result == 0 && !own)
        result = td_account_need_unwatched(review, account_id, reterr);
    if (result == 0)
        result = remember_password(review, account_id);
    if (result == 0)
        result = td_tx_exec(review->tx, NULL,
                            "update account set password_hash = $1, must_change = $2,"
                            " password_at = $3 where id = $4",
                            "sbss", password_hash, (int)must_change, review->now, account_id);
    if (result == 0)
        result = td_row_log(review, "account.password", "account", account_id,
                            json_pack("{s:b}", "own", own));
    return result == 0 ? td_account_drop_sessions(review, account_id, keep_session) : result;
}
