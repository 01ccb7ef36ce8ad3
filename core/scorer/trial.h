/* trial.h - many dossiers under a standard that does not count yet, and its golden cases.
 *
 * What makes a script impure is found, not believed: every dossier is scored twice, in the order given by
 * one VM and in the reverse order by another, both made for this trial and used by its jobs alone. Points,
 * sentences and conditions must be equal. The source is read for words that can only serve that purpose,
 * too (purity.h). */
#ifndef TD_SCORER_TRIAL_H
#define TD_SCORER_TRIAL_H

#include "scorer/dossier.h"
#include "scorer/plugins.h"

/* The ops "trial", "compare" and "golden" of scoring/protocol.h; a new reference, or NULL and `fault`. What a script
 * does wrong with one dossier is a finding in the answer; `fault` is for jobs that cannot be done. `job_ms`
 * counts for each dossier. `dossiers` is the list as text: its dossiers are cut, not parsed (dossier.h). */
json_t *td_trial_batch(const json_t *job, const struct td_slice *dossiers, int job_ms,
                       struct td_fault *fault);
json_t *td_trial_compare(const json_t *job, int job_ms, struct td_fault *fault);
json_t *td_trial_golden(const struct td_plugins *plugins, const json_t *job, int job_ms,
                        struct td_fault *fault);

#endif
