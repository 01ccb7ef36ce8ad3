/* account.c - reading accounts; see account.h. Writing is in account_admin.c. */
#include "review/account.h"

#include "base/seal.h"
#include "review/id_number.h"
#include "review/policy.h"
#include "review/review.h"
#include "review/row.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum td_role role;
    const char *name;
} roles[] = {
#define X(role, bit, name) {role, name},
    TD_ROLES(X)
#undef X
};

enum { ROLE_COUNT = sizeof(roles) / sizeof(roles[0]) };

/* City-wide roles ignore the scope of their grant. */
#define CITY_ROLES                                                                                 \
    (TD_ROLE_BUREAU | TD_ROLE_ADMIN | TD_ROLE_SUPERVISOR | TD_ROLE_SECURITY | TD_ROLE_AUDIT)

const char *td_role_name(enum td_role role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (roles[i].role == role)
            return roles[i].name;
    return NULL;
}

int td_role_parse(const char *name, enum td_role *ret_role)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (!strcmp(roles[i].name, name)) {
            *ret_role = roles[i].role;
            return 0;
        }
    return TD_EINVALID;
}

bool td_account_has(const struct td_account *who, enum td_role role, const char *scope)
{
    if (!who || !(who->roles & role))
        return false;
    if (role & CITY_ROLES)
        return true;
    for (size_t i = 0; i < who->grant_count; i++)
        if (who->grants[i].role == role && !strcmp(who->grants[i].scope, scope))
            return true;
    return false;
}

const struct td_account *td_account_console(void)
{
    static const struct td_grant grants[] = {
        {TD_ROLE_BUREAU, ""}, {TD_ROLE_ADMIN, ""}, {TD_ROLE_SECURITY, ""}, {TD_ROLE_AUDIT, ""}};
    static const struct td_account console = {.id = "console",
                                              .login = "console",
                                              .name = "console",
                                              .unit_id = "",
                                              .roles = TD_ROLE_BUREAU | TD_ROLE_ADMIN |
                                                       TD_ROLE_SECURITY | TD_ROLE_AUDIT,
                                              .grants = grants,
                                              .grant_count = 4};
    return &console;
}

static int load_grants(struct td_arena *arena, const json_t *rows, struct td_account *account)
{
    struct td_grant *grants = td_arena_alloc(arena, (json_array_size(rows) + 1) * sizeof(*grants));
    if (!grants)
        return TD_ENOMEM;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        struct td_grant *grant = &grants[account->grant_count];
        if (td_role_parse(td_row_text(row, "role"), &grant->role) < 0)
            continue; /* a role of a newer version: grants nothing here */
        grant->scope = td_arena_strdup(arena, td_row_text(row, "scope"));
        if (!grant->scope)
            return TD_ENOMEM;
        account->roles |= grant->role;
        account->grant_count++;
    }
    account->grants = grants;
    return 0;
}

/* Applicants have rights over their own dossier only; everybody else acts for others. */
static void judge(struct td_account *account, bool proves)
{
    enum td_second_factor_policy policy = td_policy()->second_factor;
    account->second_factor = proves && policy != TD_SECOND_FACTOR_OFF;
    account->must_enrol = policy == TD_SECOND_FACTOR_REQUIRED && !proves &&
                          (account->roles & ~(uint32_t)TD_ROLE_APPLICANT);
}

int td_account_load(struct td_tx *tx, struct td_arena *arena, const char *account_id,
                    const struct td_account **ret_account)
{
    json_t *row = NULL, *rows = NULL;
    struct td_account *account = td_arena_alloc(arena, sizeof(*account));
    if (!account)
        return TD_ENOMEM;
    int result =
        td_tx_row(tx, &row,
                  "select a.id, a.login, a.name, a.unit_id, a.must_change, a.password_at,"
                  " case when coalesce(f.confirmed_at, '') = '' then 0 else 1 end as proves"
                  " from account a left join second_factor f on f.account_id = a.id"
                  " where a.id = $1 and not a.disabled",
                  "s", account_id);
    if (result == 0)
        result = td_tx_rows(tx, &rows,
                            "select role, scope from account_grant where account_id = $1"
                            " order by role, scope",
                            "s", account_id);
    if (result < 0)
        goto out;
    account->id = td_arena_strdup(arena, td_row_text(row, "id"));
    account->login = td_arena_strdup(arena, td_row_text(row, "login"));
    account->name = td_arena_strdup(arena, td_row_text(row, "name"));
    account->unit_id = td_arena_strdup(arena, td_row_text(row, "unit_id"));
    account->expired = td_policy_expired(td_row_text(row, "password_at"));
    account->must_change = td_row_bool(row, "must_change") || account->expired;
    result = account->id && account->login && account->name && account->unit_id
                 ? load_grants(arena, rows, account)
                 : TD_ENOMEM;
    if (result == 0) {
        judge(account, td_row_int(row, "proves"));
        *ret_account = account;
    }
out:
    json_decref(row);
    json_decref(rows);
    return result;
}

int td_account_find(struct td_tx *tx, const char *login, json_t **ret_row)
{
    return td_tx_row(tx, ret_row,
                     "select id, login, password_hash, must_change from account"
                     " where login = $1 and not disabled",
                     "s", login);
}

json_t *td_account_describe(const struct td_account *account)
{
    json_t *names = json_array(), *grants = json_array();
    for (size_t i = 0; i < ROLE_COUNT; i++)
        if (account->roles & roles[i].role)
            json_array_append_new(names, json_string(roles[i].name));
    for (size_t i = 0; i < account->grant_count; i++)
        json_array_append_new(grants,
                              json_pack("{s:s, s:s}", "role", td_role_name(account->grants[i].role),
                                        "scope", account->grants[i].scope));
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:o}", "id", account->id, "login",
                     account->login, "name", account->name, "unit_id", account->unit_id,
                     "must_change", account->must_change, "second_factor", account->second_factor,
                     "must_enrol", account->must_enrol, "roles", names, "grants", grants);
}

/* Puts the masked text of a sealed member in its place. */
static void mask(const struct td_seal_key *seal, json_t *row, const char *name,
                 void (*masked)(const char *text, char *out))
{
    char sealed_name[32], out[TD_MASKED_TEXT] = "";
    snprintf(sealed_name, sizeof(sealed_name), "%s_sealed", name);
    const char *sealed = td_row_text(row, sealed_name);
    char *text = *sealed && seal ? td_unseal(seal, sealed) : NULL;
    if (text)
        masked(text, out);
    else if (*sealed)
        snprintf(out, sizeof(out), "****"); /* sealed with another key */
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
    json_object_set_new(row, name, json_string(out));
    json_object_del(row, sealed_name);
}

int td_account_former_passwords(struct td_tx *tx, const char *account_id, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select password_hash from former_password where account_id = $1"
                      " order by set_at desc limit $2",
                      "si", account_id, td_policy()->password_history);
}

int td_account_view(struct td_tx *tx, const struct td_seal_key *seal, const char *account_id,
                    json_t **ret_account)
{
    json_t *row = NULL, *grants = NULL;
    int result = td_tx_row(
        tx, &row,
        "select a.id, a.login, a.name, coalesce(a.unit_id, '') as unit_id,"
        " coalesce(u.name, '') as unit_name, a.person, a.disabled, a.must_change, a.created_at,"
        " a.id_number_sealed, a.phone_sealed,"
        " a.login_at, a.login_address, a.last_login_at, a.last_login_address, a.login_failures,"
        " coalesce(f.confirmed_at, '') as second_factor_at"
        " from account a left join unit u on u.id = a.unit_id"
        " left join second_factor f on f.account_id = a.id where a.id = $1",
        "s", account_id);
    if (result < 0)
        return result;
    result = td_tx_rows(
        tx, &grants,
        "select g.role, g.scope, g.granted_at, coalesce(u.name, d.name, '') as scope_name"
        " from account_grant g left join unit u on u.id = g.scope"
        " left join division d on d.code = substr(g.scope, 1, 6)"
        " where g.account_id = $1 order by g.role, g.scope",
        "s", account_id);
    if (result < 0) {
        json_decref(row);
        return result;
    }
    mask(seal, row, "id_number", td_id_number_mask);
    mask(seal, row, "phone", td_phone_mask);
    json_object_set_new(row, "grants", grants);
    *ret_account = row;
    return 0;
}

/* `query` as a pattern of like ... escape '\'. NULL when memory is short. */
static char *pattern_of(struct td_arena *arena, const char *query)
{
    char *pattern = td_arena_alloc(arena, 2 * strlen(query) + 3);
    if (!pattern)
        return NULL;
    char *to = pattern;
    *to++ = '%';
    for (; *query; query++) {
        if (strchr("%_\\", *query))
            *to++ = '\\';
        *to++ = *query;
    }
    *to = '%';
    return pattern;
}

int td_account_list(struct td_review *review, const char *query, const char *cursor,
                    json_t **ret_page)
{
    json_t *rows = NULL;
    const char *pattern = pattern_of(review->arena, query);
    if (!pattern)
        return TD_ENOMEM;
    int result = td_tx_rows(
        review->tx, &rows,
        "select a.id, a.login, a.name, coalesce(a.unit_id, '') as unit_id,"
        " coalesce(u.name, '') as unit_name, a.disabled, a.must_change"
        " from account a left join unit u on u.id = a.unit_id"
        " where a.id > $1 and (a.login like $2 escape '\\' or a.name like $2 escape '\\')"
        " order by a.id limit $3",
        "ssi", cursor, pattern, (int64_t)TD_ROW_PAGE + 1);
    size_t i;
    json_t *row;
    if (result == 0)
        json_array_foreach(rows, i, row) {
            json_t *grants = NULL;
            result = td_tx_rows(
                review->tx, &grants,
                "select role, scope from account_grant where account_id = $1 order by role, scope",
                "s", td_row_text(row, "id"));
            if (result < 0)
                break;
            json_object_set_new(row, "grants", grants);
        }
    if (result < 0) {
        json_decref(rows);
        return result;
    }
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}
