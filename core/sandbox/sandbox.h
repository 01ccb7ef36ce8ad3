/* sandbox.h - takes everything away from a worker process that its jobs do not need. */
#ifndef TD_SANDBOX_SANDBOX_H
#define TD_SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct td_sandbox_options {
    int fd;               /* stays open for reading and writing; every higher descriptor is closed */
    bool files;           /* standard input may be read and standard output written; else both, like
                           * standard error in any case, go nowhere */
    bool trap;            /* a forbidden call raises SIGSYS, for a handler that reports it and ends;
                           * else the kernel ends the process at once */
    size_t address_space; /* bytes */
    size_t file_bytes;    /* standard output may grow to */
    int cpu_seconds;      /* 0 = no limit */
};

/* After this the process can compute, use the descriptors named above, get memory that is not
 * executable, and end. Every other system call ends it. Returns 0, or a negative errno with `why`
 * naming the step that failed: the caller must then exit. */
int td_sandbox_enter(const struct td_sandbox_options *options, char *why, size_t room);

#endif
