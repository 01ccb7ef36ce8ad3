/* recheck.h - stored results computed again. */
#ifndef TD_SCORER_RECHECK_H
#define TD_SCORER_RECHECK_H

#include "scorer/plugins.h"

/* The op "recheck" of scoring/protocol.h; a new reference, or NULL and `fault`. What a plugin or a script does
 * wrong with one result is a difference in the answer. `job_ms` counts for each of them. */
json_t *td_recheck(const struct td_plugins *plugins, const json_t *job, int job_ms,
                   struct td_fault *fault);

#endif
