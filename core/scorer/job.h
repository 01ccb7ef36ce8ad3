/* job.h - one job of a worker: from the request's JSON to the answer's. */
#ifndef TD_SCORER_JOB_H
#define TD_SCORER_JOB_H

#include "scorer/plugins.h"

/* Does `job` (scoring/protocol.h) and returns its answer, an {"error": ...} when it failed; a new
 * reference, never NULL unless memory is gone. `job_ms` as in worker.h. */
json_t *td_job_answer(const struct td_plugins *plugins, const json_t *job, int job_ms);

/* Frees the compiled standards that jobs have left. */
void td_job_done(void);

#endif
