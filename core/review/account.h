/* account.h - who acts: accounts, their roles and the scope of each role.
 *
 * An account holds any number of grants; each grant is a role within a scope. Nothing is allowed that
 * no grant allows. Being panel lead, chair or deputy is a property of panel and committee membership,
 * not a role. Role names are stored and shown as the words below. */
#ifndef TD_REVIEW_ACCOUNT_H
#define TD_REVIEW_ACCOUNT_H

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct td_tx;

/*      role                        bit   name                 scope of a grant                 */
#define TD_ROLES(X)                                                                              \
    X(TD_ROLE_APPLICANT,             0, "applicant")          /* own dossiers */                  \
    X(TD_ROLE_UNIT,                  1, "unit")               /* unit id */                       \
    X(TD_ROLE_DISTRICT_INDUSTRY,     2, "district_industry")  /* "<division code>/<series>" */    \
    X(TD_ROLE_DISTRICT_HR,           3, "district_hr")        /* division code */                 \
    X(TD_ROLE_OFFICE,                4, "office")             /* series */                        \
    X(TD_ROLE_EXPERT,                5, "expert")             /* series */                        \
    X(TD_ROLE_BUREAU,                6, "bureau")             /* "" = the city */                 \
    X(TD_ROLE_ADMIN,                 7, "admin")              /* "" */                            \
    X(TD_ROLE_SUPERVISOR,            8, "supervisor")         /* "" ; reads everything, writes nothing */

enum td_role {
#define X(role, bit, name) role = 1 << (bit),
    TD_ROLES(X)
#undef X
    TD_ROLE_PUBLIC = 1 << 16,  /* route rows only: also without a session */
    TD_ROLE_ANY = (1 << 9) - 1 /* route rows only: anybody logged in */
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
    bool must_change;    /* may do nothing but change the password */
    uint32_t roles;      /* union of the grants' roles */
    const struct td_grant *grants;
    size_t grant_count;
};

const char *td_role_name(enum td_role role);              /* NULL when unknown */
int td_role_parse(const char *name, enum td_role *ret_role); /* TD_EINVALID when unknown */

/* True when a grant of `role` has exactly this scope, or the role is city-wide. */
bool td_account_has(const struct td_account *who, enum td_role role, const char *scope);

/* Loads account and grants. TD_ENOTFOUND when there is none or it is disabled. */
int td_account_load(struct td_tx *tx, struct td_arena *arena, const char *account_id,
                    const struct td_account **ret_account);

#endif
