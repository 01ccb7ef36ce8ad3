/* filing.h - after the vote: confirmation, the filing of results with the region, certificates.
 *
 *     prepared --send--> sent --> received --approve--> approved --certify--> titles issued
 *                          \----------\-----refuse--> refused (its dossiers can be filed again)
 *
 * Sending posts a delivery to the region's platform (review/delivery.h); its receipt makes it received.
 *
 * Nothing is certified before the region's approval is recorded with its number and day
 * (人社部令第40号, article 26; the seed notice on filing). The bureau does all of it; the office of
 * the series and the supervisor read. A package names people, units and results, never numbers of
 * persons; its SM3 hash is on the ledger. */
#ifndef TD_REVIEW_FILING_H
#define TD_REVIEW_FILING_H

#include "base/id.h"
#include "review/review.h"

/* Confirms every dossier of a result notice whose time is over and that nobody objected to.
 * *ret_confirmed is how many; *ret_kept_back is how many an objection holds, those in objection_hold
 * not counted. TD_ECONFLICT while the notice runs, or when there is none to confirm. */
int td_filing_confirm(struct td_review *review, const char *notice_id, int64_t *ret_confirmed,
                      int64_t *ret_kept_back, struct td_error *reterr);

int td_filing_list(struct td_review *review, const char *cursor, json_t **ret_page);
int td_filing_view(struct td_review *review, const char *filing_id, json_t **ret_filing,
                   struct td_error *reterr);

/* Packs all confirmed dossiers of a cycle that are in no other filing. TD_ECONFLICT when there is
 * none. */
int td_filing_prepare(struct td_review *review, const char *cycle_id, char ret_id[TD_ID_TEXT],
                      struct td_error *reterr);

int td_filing_send(struct td_review *review, const char *filing_id, struct td_error *reterr);
int td_filing_refuse(struct td_review *review, const char *filing_id, const char *reason,
                     struct td_error *reterr);

/* Records the approval; every dossier of the filing becomes filed. */
int td_filing_approve(struct td_review *review, const char *filing_id, const char *reference,
                      const char *approved_on, struct td_error *reterr);

/* What came of its delivery (review/delivery.h): the platform's receipt, or that it would not take it. */
int td_filing_received(struct td_review *review, const json_t *delivery, const json_t *answer,
                       struct td_error *reterr);
int td_filing_rejected(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr);

/* Issues the titles of an approved filing. *ret_issued is how many. */
int td_filing_certify(struct td_review *review, const char *filing_id, int64_t *ret_issued,
                      struct td_error *reterr);

#endif
