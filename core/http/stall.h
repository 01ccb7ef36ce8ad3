/* stall.h - how long the event loop was kept from its events.
 *
 * A timer is due every TD_STALL_TICK_MS. What it is late by is how long any event then waited. A loop may
 * be late because code on it worked or slept in a system call: that is a stall, a defect. Or because the
 * machine had no processor for the thread, or for another of ours that the loop waited for at a lock: that
 * is load, and the kernel counts it per thread (/proc/self/task/N/schedstat, second number). A stall is
 * lateness without the loop's own wait and, where the loop did not run, without the longest wait of another
 * thread. So a stall on a machine that is short of processors may look shorter than it was; one on a
 * machine that is not, does not. Where the kernel does not count, and for time that a hypervisor takes
 * away, lateness is the stall. */
#ifndef TD_HTTP_STALL_H
#define TD_HTTP_STALL_H

#include <jansson.h>
#include <stdint.h>

enum { TD_STALL_TICK_MS = 10 };

struct event_base;
struct td_stall;

/* Begins to measure when `base` next runs; on its thread from then on. Stalls of `warn_ms` and more
 * are logged as loop.stalled. NULL when memory is short. */
struct td_stall *td_stall_new(struct event_base *base, int64_t warn_ms);
/* NULL is fine. */
void td_stall_free(struct td_stall *stall);

/* Since the start, in milliseconds: {"longest_ms", "count" (of warn_ms and more), "late_ms" (the
 * longest, the wait for a processor included)}. A new reference. On the loop. */
json_t *td_stall_status(const struct td_stall *stall);

/* The stall in a gap between two ticks: all in nanoseconds; `waited` is the wait for a processor in
 * it. Never negative. */
int64_t td_stall_of(int64_t gap, int64_t waited);

#endif
