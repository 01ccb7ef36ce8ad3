/* committee.h - review committees: registry, members and their positions.
 *
 * A committee reviews one series and level (人社部令第40号, article 6: no committee across series).
 * The office of the series keeps it; bureau and supervisor read. Who sits on it is not public
 * (article 24). */
#ifndef TD_REVIEW_COMMITTEE_H
#define TD_REVIEW_COMMITTEE_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* 0 when the caller runs committees of this series (its office); else TD_EFORBIDDEN. */
int td_committee_may_run(const struct td_review *review, const char *series,
                         struct td_error *reterr);

/* 0 when the caller may see the inside of this series' committees; else TD_ENOTFOUND. */
int td_committee_may_read(const struct td_review *review, const char *series,
                          struct td_error *reterr);

/* For lists: a condition in SQL on a series, whose parameter is td_committee_scope(who): "*" for
 * who reads all, else the account whose office grants decide ("" for nobody). */
#define TD_COMMITTEE_SCOPE_SQL(parameter, series)                                                  \
    "(" parameter                                                                                  \
    " = '*' or exists (select 1 from account_grant g0 where g0.account_id = " parameter            \
    " and g0.role = 'office' and g0.scope = " series "))"
const char *td_committee_scope(const struct td_account *who);

/* The committee's row, a new reference. TD_ENOTFOUND. */
int td_committee_load(struct td_tx *tx, const char *committee_id, json_t **ret_committee);

/* The same for who runs it; TD_ENOTFOUND for everybody else. */
int td_committee_load_own(struct td_review *review, const char *committee_id,
                          json_t **ret_committee);

/* Members: [{"account_id", "name", "login", "position", "unit_name"}], chair first. */
int td_committee_members(struct td_tx *tx, const char *committee_id, json_t **ret_members);

/* Experts of a series: [{"account_id", "name", "unit_name"}], for choosing. */
int td_committee_experts(struct td_tx *tx, const char *series, json_t **ret_experts);

/* 0 when this member votes. A seat lasts only as long as what it needs: still an expert of the series,
 * and no office (its staff prepares the meeting and does not vote). */
int td_committee_check_voter(const struct td_account *who, const char *series,
                             struct td_error *reterr);

/* "chair" | "deputy" | "member" | "" (not on it): a constant. */
int td_committee_position(struct td_tx *tx, const char *committee_id, const char *account_id,
                          const char **ret_position);

int td_committee_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* The row with "members", "experts" (who could be added) and "warnings": [{"code"}]: no_chair,
 * even_members (article 9), few_members (a senior committee by series has at least 25, by specialty
 * 11). */
int td_committee_view(struct td_review *review, const char *committee_id, json_t **ret_committee,
                      struct td_error *reterr);

/* From {"series", "level", "name", "founding_unit", "members": [{"account_id", "position"}]}. */
int td_committee_create(struct td_review *review, const json_t *committee, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr);

/* Seats an expert of the series, or changes the position. A second chair and an account of the
 * office are refused; nothing changes while a meeting of the committee is open. */
int td_committee_seat(struct td_review *review, const char *committee_id, const char *account_id,
                      const char *position, struct td_error *reterr);
int td_committee_unseat(struct td_review *review, const char *committee_id, const char *account_id,
                        struct td_error *reterr);

/* True when the account is an expert of the series. */
int td_committee_is_expert(struct td_tx *tx, const char *account_id, const char *series,
                           bool *ret_is);

#endif
