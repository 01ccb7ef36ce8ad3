/* minutes.h - the record of a closed meeting (人社部令第40号, article 23): attendance, recusals,
 * the result of each motion, the policy that was in force and the head of the ledger with a signed
 * checkpoint of it. It holds no ballot and no name of who voted what: there is none to hold.
 *
 * Who keeps out of a dossier is not told what became of it here either, chair or not: what a member reads has the place
 * of such a motion and nothing else of it. The digest that chair and supervisor sign is of the whole; a random salt in it
 * keeps anybody from trying which result it was made of. A chair may sign what he was not shown (the signature names
 * those motions) or leave it to a deputy. */
#ifndef TD_REVIEW_MINUTES_H
#define TD_REVIEW_MINUTES_H

#include "review/review.h"

#include <stdint.h>

/* {"meeting": {...}, "quorum": {"members", "present", "needed"}, "attendance": [...], "absent": [...],
 * "acting_chairs": [{"name", "named_at", "named_by_name"}] (named before the end), "motions":
 * [{"sequence", "number", "name", "unit_name", "specialty", "level", "total", "present", "yes", "no", "abstain",
 * "missing", "voters", "passed", "recused": [names]}], "elections": [{"number", "state", "uuid", "fingerprint",
 * "credentials", "head", "voters", "papers", "opened_by": [{"seat"}], "announced_at", "reason"}], "summary":
 * {"motions", "passed", "failed"}, "policy": {"recused_count_present"}, "ledger": {"sequence", "hash"}, "checkpoint"
 * (td_checkpoint_make: everything up to the minutes; the entry of the minutes themselves is the next), "made_at",
 * "salt"}: a new reference. */
int td_minutes_make(struct td_review *review, const json_t *meeting, json_t **ret_minutes);

/* Takes out of minutes (a copy) what the caller, a member, may not read: such a motion is {"sequence", "withheld": true},
 * "summary" counts the others, "withheld_count" is how many they are, as *ret_withheld; absent when 0. */
int td_minutes_withhold(struct td_review *review, const char *meeting_id, json_t *minutes, int64_t *ret_withheld);

/* The chair (or deputy) and the supervisor confirm the minutes of a closed meeting, each once. TD_EFORBIDDEN
 * "signers_only", "chair_barred", TD_ECONFLICT "already_signed". */
int td_minutes_sign(struct td_review *review, const char *meeting_id, struct td_error *reterr);
/* [{"trustee_seat", "acting" (as acting chair), "name", "signed_at", "minutes_hash", "unread": [{"sequence"}]}]. */
int td_minutes_signatures(struct td_review *review, const char *meeting_id, json_t **ret_signatures);

#endif
