/* guard.h - the last word of a worker whose job does not come back.
 *
 * While a job runs, a timer counts the processor time it uses. When it is used up, when the process
 * crashes or when the sandbox refuses a system call, a signal handler writes the job's answer
 * itself (code, message, and for scripts file, line and rule) and ends the process; the pool starts
 * another. */
#ifndef TD_SCORER_GUARD_H
#define TD_SCORER_GUARD_H

enum td_guard_stage { TD_GUARD_PLUGIN, TD_GUARD_SCRIPT };

/* Installs the handlers; answers go to `fd`. Call before the sandbox: it forbids sigaction. */
void td_guard_init(int fd);

/* From here `name` (a plugin file or a standard; kept by the caller) is to blame, for at most `ms`
 * of processor time. */
void td_guard_begin(enum td_guard_stage stage, const char *name, int ms);
/* Which of the job's dossiers it is about from here, until the end: the answer's "item". Kept by the caller. */
void td_guard_item(const char *id);
void td_guard_end(void);

#endif
