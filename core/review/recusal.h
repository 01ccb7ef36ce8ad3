/* recusal.h - who must keep out of which dossier (人社部令第40号, article 25).
 *
 *     own          the applicant
 *     same_unit    works where the applicant works
 *     former_unit  both worked in one unit within the cycle's last recusal_years
 *     kin          one of them has declared the other as a relative (review/tie.h)
 *     named        one has declared the other as co-author or supervisor, or the dossier names the expert as such
 *     declared     the expert said so, with the reason
 *     challenged   somebody asked for it (review/challenge.h); until it is decided, too
 *
 * `own` and `same_unit` hold from the moment they are true, recorded or not. The others hold when they stand in the
 * table `recusal`: they are looked for whenever somebody gets a say on a dossier, and whenever what they come from
 * changes, so that no list has to. Recording any of them makes it part of the minutes. What was found by a name can
 * be another person's: the office or the supervisor lifts it, with the reason. */
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
    " and r0.account_id = " account " and r0.lifted_at is null))"

/* True in *ret_recused when the account must keep out of the application. */
int td_recusal_check(struct td_tx *tx, const char *account_id, const char *application_id,
                     bool *ret_recused);

/* Looks for every ground between these dossiers (an array of ids) and these accounts (an array of {"account_id"})
 * and records what is new. Call it before they get a say: assigned to a panel, put on an agenda, seated. */
int td_recusal_record(struct td_review *review, const json_t *applications, const json_t *accounts);

/* The same between an account and all open dossiers that its say or its own application concern, and between a
 * dossier and all who have a say on it: after a tie, a unit or a challenge has changed. */
int td_recusal_record_account(struct td_review *review, const char *account_id);
int td_recusal_record_dossier(struct td_review *review, const char *application_id);

/* An expert declares an interest. Refused after the own sheet was submitted; drops a sheet in
 * draft. */
int td_recusal_declare(struct td_review *review, const char *application_id, const char *reason,
                       struct td_error *reterr);

/* Lets back in whom only challenges that are dismissed by now kept out of a dossier. */
int td_recusal_release(struct td_review *review, const char *application_id, const char *because);

/* The ground was another person's of that name, or another unit's: the office of the series or the supervisor lets
 * the expert back in. `kind` is former_unit, kin or named; TD_ECONFLICT "recusal_stands" for the others. */
int td_recusal_lift(struct td_review *review, const char *application_id, const char *account_id,
                    const char *kind, const char *because, struct td_error *reterr);

/* Recusals of the caller's scope, newest first, without those of his own dossier: {"items": [{"application_id",
 * "number", "applicant_name", "account_id", "name", "kind", "reason", "at", "lifted_at", "lifted_because",
 * "can_lift"}], "next", "open_challenges": n, absent when 0}. */
int td_recusal_list(struct td_review *review, const char *cursor, json_t **ret_page);

#endif
