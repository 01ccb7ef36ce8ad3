/* expert.h - expert pools: from whom committees and panels are drawn.
 *
 *     a pool:   drafted --submit--> (submitted) --approve--> approved, for at most three years
 *     an entry: proposed --with the pool's approval--> active <--suspend / resume--> suspended
 *
 * A series has a senior pool, approved by the region, and a general one, approved by the city (the
 * seed notice on filing; 人社部令第40号, article 11). Who joins or changes an approved pool is proposed
 * until the pool is approved again; what is handed in stays as it is until it is decided on (TD_ECONFLICT
 * "committee_submitted"). An entry lasts at most three years (article 10), names the level of
 * the person's title and his specialties, and counts once the person has confirmed it himself. Who is
 * barred from judging (review/integrity.h) is refused. The office keeps the pools of its series. */
#ifndef TD_REVIEW_EXPERT_H
#define TD_REVIEW_EXPERT_H

#include "base/id.h"
#include "review/committee.h"
#include "review/review.h"

enum { TD_EXPERT_TERM_YEARS = 3, TD_EXPERT_IMPORT_ROWS = 2000 };

/* Levels from 1 (junior) to 4 (full_senior); 0 for what is none. */
int td_expert_level(const char *level);

/* The pool that judges a level of a series: its row. TD_ENOTFOUND. */
int td_expert_pool_for(struct td_tx *tx, const char *series, const char *level, json_t **ret_pool);

/* 0 when the pool (a row) is approved and not over on a day; else TD_ECONFLICT "pool_not_approved". */
int td_expert_pool_check_valid(const json_t *pool, const char *today, struct td_error *reterr);

/* Pools of the caller's scope: {"items": [row + "pool_state", "approver", "entries", "active"], "next": null}. */
int td_expert_pool_list(struct td_review *review, json_t **ret_page);

struct td_expert_filter {
    const char *specialty, *level, *state, *query, *cursor; /* "" = any; query is part of a name or login */
};

/* The pool with "can" and its entries: "items" [{"id", "name", "login", "unit_name", "title_level",
 * "specialties", "term_from", "term_until", "expert_state", "outside", "confirmed_at", "remark"}], "next".
 * TD_ENOTFOUND outside the caller's scope. */
int td_expert_pool_view(struct td_review *review, const char *pool_id, const struct td_expert_filter *filter,
                 json_t **ret_pool, struct td_error *reterr);

int td_expert_pool_create(struct td_review *review, const char *series, const char *tier,
                   char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Who decides: "region" on the senior pool, "city" on the other. */
const char *td_expert_pool_approver(const json_t *pool);

/* The office hands in what is proposed; the bureau (or the system, for the region) decides. */
int td_expert_pool_submit(struct td_review *review, const char *pool_id, struct td_error *reterr);
int td_expert_pool_approve(struct td_review *review, const char *pool_id, const struct td_committee_approval *approval,
                           struct td_error *reterr);
int td_expert_pool_refuse(struct td_review *review, const char *pool_id, const char *reason,
                   struct td_error *reterr);

/* Adds or changes an entry from {"login", "title_level", "specialties": [ids], "term_from",
 * "term_until", "employer", "outside"}: proposed, to be confirmed. TD_EFIELDS names what is wrong, with
 * `prefix` before the names ("" or "rows.3."). */
int td_expert_put(struct td_review *review, const char *pool_id, const json_t *entry,
                  const char *prefix, struct td_error *reterr);

/* Entries of a table as text: a heading with those names, then a line each, commas or tabs between,
 * quotes as in RFC 4180, specialties with ';' or '、' between. All or none are taken: every mistake of every row is in
 * reterr as "rows.<n>.<name>", n counting from 1 after the heading. */
int td_expert_import(struct td_review *review, const char *pool_id, const char *text,
                     int64_t *ret_count, struct td_error *reterr);

/* The office takes an active entry out for a while, with the reason, and back. */
int td_expert_suspend(struct td_review *review, const char *expert_id, const char *reason,
                      struct td_error *reterr);
int td_expert_resume(struct td_review *review, const char *expert_id, struct td_error *reterr);

/* The caller's own entries: {"items": [...]}; and that one of them is right. */
int td_expert_mine(struct td_review *review, json_t **ret_page);
int td_expert_confirm(struct td_review *review, const char *expert_id, struct td_error *reterr);

#endif
