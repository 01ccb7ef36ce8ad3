/* account.h - who acts: accounts, their roles and the scope of each role.
 *
 * An account holds any number of grants; each grant is a role within a scope. Nothing is allowed that
 * no grant allows. The three administrators of GB/T 22239 (三员: system, security, audit) are kept apart:
 * who creates an account cannot give it rights, who gives rights cannot create one, and who reads what
 * both did changes nothing. Being panel lead, chair or deputy is a property of panel and committee membership,
 * not a role. Role names are stored and shown as the words below. */
#ifndef TD_REVIEW_ACCOUNT_H
#define TD_REVIEW_ACCOUNT_H

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct td_review;
struct td_tx;
struct td_seal_key;

/*      role                        bit   name                 scope of a grant                 */
#define TD_ROLES(X)                                                                              \
    X(TD_ROLE_APPLICANT,             0, "applicant")          /* own dossiers */                  \
    X(TD_ROLE_UNIT,                  1, "unit")               /* unit id */                       \
    X(TD_ROLE_DISTRICT_INDUSTRY,     2, "district_industry")  /* "<division code>/<series>" */    \
    X(TD_ROLE_DISTRICT_HR,           3, "district_hr")        /* division code */                 \
    X(TD_ROLE_OFFICE,                4, "office")             /* series */                        \
    X(TD_ROLE_EXPERT,                5, "expert")             /* series */                        \
    X(TD_ROLE_BUREAU,                6, "bureau")             /* "" = the city */                 \
    X(TD_ROLE_ADMIN,                 7, "admin")              /* "" ; runs the system: accounts, jobs */ \
    X(TD_ROLE_SUPERVISOR,            8, "supervisor")         /* "" ; reads everything, writes nothing */ \
    X(TD_ROLE_SECURITY,              9, "security")           /* "" ; gives and takes roles, unlocks */ \
    X(TD_ROLE_AUDIT,                10, "audit")              /* "" ; reads ledger and accounts */

enum td_role {
#define X(role, bit, name) role = 1 << (bit),
    TD_ROLES(X)
#undef X
    TD_ROLE_PUBLIC = 1 << 16,  /* route rows only: also without a session */
    TD_ROLE_ANY = (1 << 11) - 1 /* route rows only: anybody logged in */
};

struct td_grant {
    enum td_role role;
    const char *scope;
};

/* A snapshot for one request; every pointer lives in the arena it was loaded into. */
struct td_account {
    const char *id;
    const char *login;
    const char *name;
    const char *unit_id; /* "" when none */
    bool must_change;    /* may do nothing but change the password: a one-time or an expired one */
    bool expired;        /* must_change because the password is too old */
    bool second_factor;  /* proves a code beside the password, review/second_factor.h */
    bool must_enrol;     /* may do nothing but set a second factor up */
    uint32_t roles;      /* union of the grants' roles */
    const struct td_grant *grants;
    size_t grant_count;
};

const char *td_role_name(enum td_role role);              /* NULL when unknown */
int td_role_parse(const char *name, enum td_role *ret_role); /* TD_EINVALID when unknown */

/* True when a grant of `role` has exactly this scope, or the role is city-wide. */
bool td_account_has(const struct td_account *who, enum td_role role, const char *scope);

/* --- account.c: reading ----------------------------------------------------------------------- */

/* Loads account and grants, and judges it by td_policy. TD_ENOTFOUND when there is none or it is disabled. */
int td_account_load(struct td_tx *tx, struct td_arena *arena, const char *account_id,
                    const struct td_account **ret_account);

/* Who acts through the control socket: id "console", roles admin, security, audit and bureau; no row in the store.
 */
const struct td_account *td_account_console(void);

/* For a login attempt: {"id", "login", "password_hash", "must_change"} of an enabled account, a new
 * reference. TD_ENOTFOUND. The hash must not leave the server. */
int td_account_find(struct td_tx *tx, const char *login, json_t **ret_row);

/* What a client may know about who it is: {"id", "login", "name", "unit_id", "must_change",
 * "second_factor", "must_enrol", "roles": [...], "grants": [{"role", "scope"}]}. A new reference. */
json_t *td_account_describe(const struct td_account *account);

/* One account for its administrators and for itself: describe's members and "unit_name", "person",
 * "id_number" and "phone" (masked, "" when not given), "disabled", "created_at", "second_factor_at" ("" without),
 * "login_at", "login_address", "last_login_at", "last_login_address", "login_failures", grants with "granted_at" and
 * "scope_name". A new reference. TD_ENOTFOUND. Disabled accounts too. */
int td_account_view(struct td_tx *tx, const struct td_seal_key *seal, const char *account_id,
                    json_t **ret_account);

/* The hashes that a new password must not match: the former ones that the policy remembers, as an
 * array of {"password_hash"}; a new reference. They must not leave the server. */
int td_account_former_passwords(struct td_tx *tx, const char *account_id, json_t **ret_rows);

/* {"items": [{"id", "login", "name", "unit_id", "unit_name", "disabled", "must_change",
 * "grants": [{"role", "scope"}]}], "next"}
 * by id from `cursor` on; `query` is a part of login or name, or "". */
int td_account_list(struct td_review *review, const char *query, const char *cursor,
                    json_t **ret_page);

/* --- account_admin.c: writing; each checks the actor, appends to the ledger ------------------- */

/* Checks everything about a new account but the password: {"login", "name", "unit_id"?, "person"?:
 * {"sex", "birth_date", "ethnicity", "politics", "in_service"} (ethnicity and politics by name or code of GB/T
 * 3304 and 4762; names are kept), "id_number"?, "phone"?, "grants"?: [{"role",
 * "scope"}]}. TD_EFIELDS with all problems; TD_EFORBIDDEN for others than the system administrator. Grants only
 * from the console: roles are the security administrator's ("security_grants"). */
int td_account_check(struct td_review *review, const json_t *fields, struct td_error *reterr);

/* Checks again and creates. `password_hash` may be "". TD_EFIELDS also when login or person exist.
 */
int td_account_create(struct td_review *review, const json_t *fields, const char *password_hash,
                      bool must_change, const char **ret_id, struct td_error *reterr);

/* Grants or revokes a role, as security administrator. Nobody does either to himself ("own_grant") but
 * the console; an administrator or a supervisor holds no other role ("grant_conflict"). Granting twice is a success. TD_ENOTFOUND,
 * TD_EFIELDS. */
int td_account_grant(struct td_review *review, const char *account_id, const char *role,
                     const char *scope, struct td_error *reterr);
int td_account_revoke(struct td_review *review, const char *account_id, const char *role,
                      const char *scope, struct td_error *reterr);

/* Notes a login that is complete: when (real time), from which place, and how many attempts were
 * refused since the one before. By nobody in particular: it is the proof that was checked. */
int td_account_record_login(struct td_tx *tx, const char *account_id, const char *place,
                            int failures);

/* Writes to the ledger that waits for this login end; *ret_login is in the arena. As security
 * administrator. TD_ENOTFOUND. */
int td_account_unlock(struct td_review *review, const char *account_id, const char **ret_login,
                      struct td_error *reterr);

/* A disabled account keeps its history, loses its sessions and cannot log in. Not on oneself, nor on
 * who watches the system administrator ("watcher"). */
int td_account_set_disabled(struct td_review *review, const char *account_id, bool disabled,
                            struct td_error *reterr);

/* Ends all sessions of an account after commit, as security administrator. TD_ENOTFOUND. */
int td_account_end_sessions(struct td_review *review, const char *account_id,
                            struct td_error *reterr);

/* 0 when who acts holds the role, or TD_EFORBIDDEN; when `account_id` is another, or TD_EFORBIDDEN with
 * `key` (the console is always another). Has the sessions but `keep` (or NULL) end after commit. */
int td_account_need(const struct td_review *review, enum td_role role, struct td_error *reterr);
int td_account_need_other(const struct td_review *review, const char *account_id, const char *key,
                          struct td_error *reterr);
/* TD_EFORBIDDEN ("watcher") when the account is a security or audit administrator or a supervisor: only the
 * console gives those a password or disables them. */
int td_account_need_unwatched(struct td_review *review, const char *account_id,
                              struct td_error *reterr);
int td_account_drop_sessions(struct td_review *review, const char *account_id, const char *keep);

/* Stores a new hash, and remembers the one before as long as the policy says; the account's sessions end after commit, but for `keep_session` (NULL = none
 * is kept). By the account itself or the system administrator, who may not with a "watcher". */
int td_account_set_password(struct td_review *review, const char *account_id,
                            const char *password_hash, bool must_change, const char *keep_session,
                            struct td_error *reterr);

#endif
