/* facts.h - the part of a job that asks the series' plugin. */
#ifndef TD_SCORER_FACTS_H
#define TD_SCORER_FACTS_H

#include "scorer/plugins.h"

/* {"facts", "problems", "gates"} of `job` = {"series", "plugin", "dossier"} as scoring/protocol.h has them: a
 * new reference, or NULL and `fault`. `job_ms` as in guard.h. */
json_t *td_facts_of(const struct td_plugins *plugins, const json_t *job, int job_ms,
                    struct td_fault *fault);

#endif
