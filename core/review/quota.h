/* quota.h - the ledger of directed posts: 总量控制、比例单列, outside each unit's own structure (seed notice, part 3).
 *
 * Posts lie in pots, one for each year, district, series, level and pool. The pool is "" for the posts that all
 * units of the district share, or the id of the one unit that they are set aside for. The pot of division "" is the
 * city's total: what is granted to districts and units stays within it, and nothing is granted before it.
 * Junior titles need no post from here.
 *
 *     grant, adjust   the bureau, each with the number of its document
 *     reserve         when the certificate is issued: who gets a title has a post (直评直聘), and what the region
 *                     refuses in between never held one; none for who has left the grassroots by then
 *     consume         when the unit appoints; takes a post that is free where none is reserved
 *     release         a reserved or consumed post becomes free: superseded by the appointment to another title
 *                     (nobody holds two posts of a series), suspended, converted, revoked, retired
 *
 * Each is one row with the balance after it, checked and written in the caller's transaction with its entry in the
 * ledger; granted >= reserved + consumed >= 0 holds after every row. */
#ifndef TD_REVIEW_QUOTA_H
#define TD_REVIEW_QUOTA_H

#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

struct td_quota_pot {
    int64_t year;
    const char *division; /* "" = the city's total */
    const char *series;
    const char *level;
    const char *pool; /* "" = shared by the district's units */
};

/* True for the levels whose posts are controlled: intermediate and above. */
bool td_quota_controlled(const char *level);

/* How many posts of a pot are neither reserved nor consumed; 0 when nothing was granted; INT64_MAX for a level
 * that is not controlled. */
int td_quota_available(struct td_tx *tx, const struct td_quota_pot *pot, int64_t *ret_posts);

/* "grant" adds posts, "adjust" adds or takes: {"kind", "year", "division_code", "series", "level", "unit_id", "posts",
 * "base_posts", "document", "note"}. TD_EFORBIDDEN for others than the bureau, TD_EFIELDS, TD_ECONFLICT when the
 * city's total is exceeded or more is taken than is free. */
int td_quota_grant(struct td_review *review, const json_t *entry, int64_t *ret_sequence,
                   struct td_error *reterr);

/* For a dossier's row (td_application_row): its unit's own pot first, then the district's shared one.
 * `unit_id` and `division` are where the post is, as a rule the row's own. Reserving twice is a success.
 * TD_ECONFLICT "quota_exhausted" when nothing is free. */
int td_quota_reserve(struct td_review *review, const json_t *application, struct td_error *reterr);
int td_quota_consume(struct td_review *review, const json_t *application, const char *unit_id,
                     const char *division, struct td_error *reterr);

/* Frees what this dossier holds; 0 also when it holds nothing. */
int td_quota_release(struct td_review *review, const char *application_id, const char *note,
                     struct td_error *reterr);

/* Pots the caller may see, by year (newest first), series, level, district: {"items": [{"year", "division_code",
 * "division_name", "series", "level", "pool", "unit_name", "base_posts", "granted", "reserved", "consumed",
 * "available", "is_total"}], "next": null}. `filter` may hold "year", "series", "level", "division"; empty texts are
 * no filter. Bureau and supervisor see all, an office its series, a district its own, a unit its district's
 * shared pots and its own. */
int td_quota_list(struct td_review *review, const json_t *filter, json_t **ret_page);

/* The entries of one pot, newest first, none for who may not see it. {"items": [{"sequence", "kind", "posts",
 * "number"?, "document", "note", "granted", "reserved", "consumed", "at"}], "next"}; whose post it is ("number",
 * "application_id") is not shown to units. */
int td_quota_entries(struct td_review *review, const struct td_quota_pot *pot, const char *cursor,
                     json_t **ret_page);

/* --- quota_verify.c -------------------------------------------------------------------------------------- */

/* Plays every entry again: balances, rules, totals, who holds what against the dossiers' states, and each row
 * against its entry in the ledger. {"entries", "pots", "found", "findings": [{"kind", "words"}]} (at most 50 findings);
 * a new reference. */
int td_quota_verify(struct td_tx *tx, json_t **ret_report);

/* What the ledger keeps of an entry's row: payload of action "quota.<kind>", subject "quota/<sequence>". A new
 * reference. */
json_t *td_quota_payload(const json_t *row);

#endif
