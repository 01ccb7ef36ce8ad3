/* audit.h - everything that an election's archive claims, computed again. */
#ifndef TD_BALLOT_AUDIT_H
#define TD_BALLOT_AUDIT_H

#include "base/error.h"

#include <stddef.h>

/* Checks the archive's bytes: the chain of events, the trustees' keys and threshold, the list of credentials, the
 * quorum, every ballot's proofs and signature, which ballots count, their sums, every trustee's factors and the result.
 * The first thing that does not hold is refused with its place: "ballot 2: question 1, answer 3: ...".
 *
 * *ret_report is a new reference: {"name", "uuid", "fingerprint", "credentials": their fingerprint, "head": the last
 * event's hash, "stage": "open" | "closed" | "summed" | "counted", "voters", "ballots", "tallied", "trustees",
 * "threshold", "trackers": [SHA-256 of each ballot that counts, in base64, as its voter got it], "opened_by": [numbers], "rule": {"members", "present", "required"} or null, "questions": [{"question",
 * "counts": [...] or null, "required": number or null, "passed": bool or null}]}.
 *
 * An archive cannot say that another was put in its place: compare fingerprint and head with what was announced. */
int td_audit(const char *bytes, size_t length, json_t **ret_report, struct td_error *reterr);

/* A trustee's part in opening the sums of an archive that holds, never of anything else: refused while the vote is open,
 * after the result, and for who is no trustee of it. `output` is what td_trustee_accept made. *ret_factors is a new
 * reference for td_count_result, *ret_owner the trustee's number. */
struct td_channel_party;
struct td_group;
int td_audit_open(struct td_group *group, const char *bytes, size_t length, const struct td_channel_party *party,
                  const json_t *output, json_t **ret_factors, int *ret_owner, struct td_error *reterr);

#endif
