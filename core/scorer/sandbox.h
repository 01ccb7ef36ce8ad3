/* sandbox.h - takes everything away from a worker that jobs do not need. */
#ifndef TD_SCORER_SANDBOX_H
#define TD_SCORER_SANDBOX_H

#include <stddef.h>

/* After this the process can compute, read and write `fd`, get memory that is not executable, and
 * end. Standard input, output and error go nowhere. Every other system call ends it. Returns 0, or
 * a negative errno with `why` naming the step that failed: the caller must then exit. */
int td_sandbox_enter(int fd, char *why, size_t room);

#endif
