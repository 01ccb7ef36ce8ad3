/* worker.h - a worker's life: load plugins, enter the sandbox, describe them, answer jobs until the
 * server closes the socket. Frames and jobs are those of scoring/protocol.h. */
#ifndef TD_SCORER_WORKER_H
#define TD_SCORER_WORKER_H

#include <stdbool.h>

struct td_worker_options {
    int fd; /* the socket */
    const char *plugin_folder;
    const char *const *skip; /* plugin files not to touch; NULL-terminated */
    const char *const *files; /* or those to load, of a shelf; NULL: all of the folder but `skip` */
    bool rebuilt; /* of two of the same version the first counts, not the last */
    int job_ms;              /* processor time a plugin or a script may use for one job */
};

/* Returns the exit status, when the server has closed the socket or the worker cannot start. */
int td_worker_run(const struct td_worker_options *options);

#endif
