/* job.h - one job of a worker: from the request's JSON to the answer's. */
#ifndef TD_SCORER_JOB_H
#define TD_SCORER_JOB_H

#include "scorer/dossier.h"
#include "scorer/plugins.h"

/* The job in a frame's text, or NULL when it is no JSON object. The "dossiers" of a trial stay text: they are left out of the
 * job, and `ret_dossiers` borrows them ({NULL} when there are none). */
json_t *td_job_parse(const char *text, size_t length, struct td_slice *ret_dossiers);

/* Does `job` (scoring/protocol.h) and returns its answer, an {"error": ...} when it failed; a new
 * reference, never NULL unless memory is gone. `job_ms` as in worker.h. */
json_t *td_job_answer(const struct td_plugins *plugins, const json_t *job,
                      const struct td_slice *dossiers, int job_ms);

#endif
