/* filing.h - filing (备案) before, during and after the review, through the region's platform.
 *
 *     kind        who decides                                  what it is, and when
 *     plan        nobody: it is filed                          work plan, 15 working days before the review
 *     committee   region (senior levels), city (others)        a committee that its office submitted
 *     pool        region (the senior one), city (the other)    an expert pool that its office submitted
 *     results     region                                       everybody confirmed; certificates need it
 *     report      nobody: it is filed                          totals, within 15 working days after the review
 *
 *     prepared --send--> sent --receipt--> received --approve--> approved --certify--> titles issued
 *         |                \--------------------\-----refuse--> refused (prepared again from the data)
 *         '---approve (the city's own)---> approved --send--> for the record
 *
 * Sending posts a delivery (review/delivery.h): over HTTP, or as a file for an upload by hand. The platform's decision is
 * asked for while it is open, or recorded by the bureau: that it has come to the region proves that it arrived, so
 * that its delivery is over then. Results of a series for which the setting results_consent names
 * an authority (teachers: the region's education department) are not sent before its consent is recorded with number, day
 * and document. Nothing is certified before the approval is recorded with its number and day
 * (人社部令第40号, articles 8, 11 and 26; the seed notice, 2 (2) and 2 (5)). The bureau does all of it; the office of the
 * series and the supervisor read. A package names people, units and results, never numbers of persons; its SM3
 * hash is on the ledger. */
#ifndef TD_REVIEW_FILING_H
#define TD_REVIEW_FILING_H

#include "base/id.h"
#include "review/evidence.h"
#include "review/review.h"

/* Confirms every dossier of a result notice whose time is over and that nobody objected to.
 * *ret_confirmed is how many; *ret_kept_back is how many an objection holds, those in objection_hold
 * not counted. TD_ECONFLICT while the notice runs, or when there is none to confirm. */
int td_filing_confirm(struct td_review *review, const char *notice_id, int64_t *ret_confirmed,
                      int64_t *ret_kept_back, struct td_error *reterr);

int td_filing_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* The row with its package, its "dossiers", its "delivery" (as td_delivery_list has it, or null), "needs_consent" (the
 * authority's name, or ""), "is_late" and "can": {"send", "decide", "consent", "certify", "ask"}. */
int td_filing_view(struct td_review *review, const char *filing_id, json_t **ret_filing,
                   struct td_error *reterr);

/* --- filing_prepare.c ------------------------------------------------------------------------------------- */

struct td_filing_order {
    const char *cycle_id, *kind;
    const char *committee_id; /* of a committee; else "" */
    const char *pool_id;      /* of a pool; else "" */
};

/* Makes the package from the data as they are now (review/package.h). TD_ECONFLICT: "nothing_to_file" (results: no
 * confirmed dossier that is in no other filing; report: no decision yet), "filing_open" (one of the kind
 * is under way), "committee_state", "pool_not_submitted" (the office has not handed it in). */
int td_filing_prepare(struct td_review *review, const struct td_filing_order *order,
                      char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* --- sending and deciding ----------------------------------------------------------------------------------- */

/* TD_ECONFLICT "consent_missing" {authority}, "filing_state". */
int td_filing_send(struct td_review *review, const char *filing_id, struct td_error *reterr);

/* Records the consent of the authority that the series asks for. */
struct td_filing_consent {
    const char *number, *given_on;
    const struct td_evidence_upload *document;
};
int td_filing_consent_check(struct td_review *review, const char *filing_id,
                            const struct td_filing_consent *consent, const char **ret_type,
                            struct td_error *reterr);
int td_filing_consent(struct td_review *review, const char *filing_id,
                      const struct td_filing_consent *consent, struct td_error *reterr);

int td_filing_refuse(struct td_review *review, const char *filing_id, const char *reason,
                     struct td_error *reterr);

/* Records the approval: dossiers of the results become filed, the committee is approved. */
int td_filing_approve(struct td_review *review, const char *filing_id, const char *reference,
                      const char *approved_on, struct td_error *reterr);

/* Issues the titles of an approved filing of results. *ret_issued is how many. */
int td_filing_certify(struct td_review *review, const char *filing_id, int64_t *ret_issued,
                      struct td_error *reterr);

/* --- filing_platform.c: what the platform says (rows of review/delivery_kinds.c) ------------------------------ */

int td_filing_received(struct td_review *review, const json_t *delivery, const json_t *answer,
                       struct td_error *reterr);
int td_filing_rejected(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr);

/* Asks for the decision on a filing that the platform has: {"state": "pending" | "approved" | "refused", "reference",
 * "approved_on", "reason"}, now or, from the tick, of all that were not asked for an hour. */
int td_filing_ask(struct td_review *review, const char *filing_id, struct td_error *reterr);
int td_filing_ask_due(struct td_review *review, int64_t *changed);
int td_filing_decided(struct td_review *review, const json_t *delivery, const json_t *answer,
                      struct td_error *reterr);
int td_filing_undecided(struct td_review *review, const json_t *delivery, const char *reason,
                        struct td_error *reterr);

/* Asks for the platform's list of a year, {"items": [{"key" (the delivery), "hash", "receipt"}]}, and compares. */
int td_filing_reconcile(struct td_review *review, int64_t year, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr);
int td_filing_listed(struct td_review *review, const json_t *delivery, const json_t *answer,
                     struct td_error *reterr);
int td_filing_unlisted(struct td_review *review, const json_t *delivery, const char *reason,
                       struct td_error *reterr);

/* The newest comparisons first: {"items": [{"id", "year", "reconciliation_state", "result", "reason", "asked_at",
 * "settled_at"}], "next"}. */
int td_filing_reconciliations(struct td_review *review, const char *cursor, json_t **ret_page);

#endif
