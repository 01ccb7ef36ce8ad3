/* recusal.h - who must keep out of which dossier (人社部令第40号, article 25).
 *
 * Kinds: "own" (the applicant), "same_unit" (works where the applicant works), "declared" (the
 * expert said so, with the reason). The first two are found by the system, are never lifted, and
 * hold from the moment they are true, recorded or not; recording them makes them part of the
 * minutes. */
#ifndef TD_REVIEW_RECUSAL_H
#define TD_REVIEW_RECUSAL_H

#include "review/review.h"

#include <stdbool.h>

/* A condition in SQL that is true when account `account` must keep out of the application with
 * alias `a` (columns id, account_id, unit_id): for lists that must not show such dossiers.
 * `account` is an SQL expression. */
#define TD_RECUSAL_SQL(account)                                                                    \
    "(a.account_id = " account " or exists (select 1 from account c0 where c0.id = " account       \
    " and c0.unit_id = a.unit_id)"                                                                 \
    " or exists (select 1 from recusal r0 where r0.application_id = a.id"                          \
    " and r0.account_id = " account "))"

/* True in *ret_recused when the account must keep out of the application. */
int td_recusal_check(struct td_tx *tx, const char *account_id, const char *application_id,
                     bool *ret_recused);

/* Records the automatic recusals of these accounts (an array of {"account_id"}) for a dossier. */
int td_recusal_record(struct td_review *review, const char *application_id, const json_t *members);

/* An expert declares an interest. Refused after the own sheet was submitted; drops a sheet in
 * draft. */
int td_recusal_declare(struct td_review *review, const char *application_id, const char *reason,
                       struct td_error *reterr);

#endif
