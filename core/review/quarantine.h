/* quarantine.h - standards whose scripts take workers down.
 *
 * A score that ended because the script used up its time or memory, or crashed the worker, is a kill; an error
 * of the script is none. A kill is made good when the same dossier is scored by the same standard after all.
 * Three kills, none of them made good, put the standard in force into quarantine: three in a row do, and so
 * does one dossier that never comes back, however many others are scored meanwhile. The last good one of its
 * series and level serves in its place, dossiers not yet with the committee are scored by that, the
 * administrators, the bureau and the supervisors are told, and the ledger says so. While standards are frozen
 * nothing takes its place before the supervisor's release: scores already given stay. Kills are counted in the
 * records: a restart forgets none. */
#ifndef TD_REVIEW_QUARANTINE_H
#define TD_REVIEW_QUARANTINE_H

#include "review/review.h"

enum { TD_QUARANTINE_KILLS = 3 };

/* A job for the scorer (td_evaluation_prepare) failed with these parameters of its error (scoring/answer.h).
 * Counts a kill when it was one; a kill of a standard that is in force no more counts for nothing. */
int td_quarantine_failed(struct td_review *review, const json_t *payload, const json_t *job,
                         const json_t *blame, struct td_error *reterr);

/* It went well. */
int td_quarantine_passed(struct td_review *review, const json_t *payload, const json_t *job);

/* Lets a quarantined standard be put in force again (it is retired then). By the administrator, with a reason
 * for the ledger. TD_ECONFLICT "standard_state" when it is in none. */
int td_quarantine_lift(struct td_review *review, const char *standard_id, const char *reason,
                       struct td_error *reterr);

#endif
