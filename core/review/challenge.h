/* challenge.h - somebody asks that a person keep out of a dossier.
 *
 *     asked --uphold--> upheld      the person stays out
 *           --dismiss-> dismissed   the person comes back in, unless another ground holds
 *
 * An applicant asks about his own dossier, an expert about one that he himself has a say on. The person is named as
 * people know him: the list of experts is not public (人社部令第40号, article 24), so the answer is the same whether
 * there is such an expert or not. From the asking on everybody of that name is out, until the office of the series or
 * the supervisor decides, with the reason. Too late once the dossier is put to the vote. */
#ifndef TD_REVIEW_CHALLENGE_H
#define TD_REVIEW_CHALLENGE_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

int td_challenge_ask(struct td_review *review, const char *application_id, bool expert, const char *name,
                     const char *reason, char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* What the caller, as the applicant or as an expert, asked about a dossier: {"items": [{"id", "name", "reason", "at",
 * "outcome", "because", "decided_at"}], "next": null}. */
int td_challenge_mine(struct td_review *review, const char *application_id, bool expert, json_t **ret_page,
                      struct td_error *reterr);

/* Challenges of the caller's scope, those of his own dossier left out, open ones or all: {"items": [challenge +
 * "application_id", "number", "applicant_name", "asked_by", "concerned": how many experts with a say have that name,
 * "can_decide"], "next"}. */
int td_challenge_list(struct td_review *review, bool all, const char *cursor, json_t **ret_page);

/* How many wait for a decision, of a series or ("") all of the caller's scope. */
int td_challenge_count(struct td_review *review, const char *series, int64_t *ret_count);

/* `outcome` is upheld or dismissed; TD_ECONFLICT "challenge_decided" the second time. */
int td_challenge_decide(struct td_review *review, const char *challenge_id, const char *outcome,
                        const char *because, struct td_error *reterr);

#endif
