/* compiled.h - the standards that jobs have compiled lately, one VM each.
 *
 * A VM is known by name, source and `use`: a trial asks for VMs of its own, so that what a script keeps
 * from one dossier to the next meets nobody but that trial. */
#ifndef TD_SCORER_COMPILED_H
#define TD_SCORER_COMPILED_H

#include "scorer/fault.h"

#include <jansson.h>
#include <stddef.h>

struct td_vm;

struct td_compiled_standard {
    const char *name; /* all borrowed */
    const char *source;
    size_t length;
};

/* The member `member` of a job, {"name", "source"}: 0, or -1 and `fault` (code "invalid"). Names become part
 * of error lines and of a signal handler's answer: plain characters only. */
int td_compiled_read(const json_t *job, const char *member, struct td_compiled_standard *ret_standard,
                     struct td_fault *fault);

/* Its VM, made when there is none; NULL and `fault`. Good until it is forgotten or eight others were asked
 * for. `use` is "" for ordinary jobs. */
struct td_vm *td_compiled_vm(const struct td_compiled_standard *standard, const char *use,
                             struct td_fault *fault);

/* The SCORE of scoring/protocol.h for the "facts", "gates" and "expert" of `from`, which may have any other
 * members; a new reference, checked (score.h), or NULL and `fault`. `item` is what the guard calls it, or NULL;
 * `job_ms` as in guard.h. A VM that failed is forgotten. */
json_t *td_compiled_score(const struct td_compiled_standard *standard, const char *use,
                          const char *item, const json_t *from, int job_ms, struct td_fault *fault);

/* After a failure: it may hold anything. */
void td_compiled_forget(const struct td_vm *vm);

void td_compiled_done(void); /* forgets all */

#endif
