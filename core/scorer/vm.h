/* vm.h - one scoring standard, compiled, in an interpreter of its own.
 *
 * A VM holds the prelude (the language of standards, prelude/) and one standard. It has no way out:
 * no files, processes, clock, randomness, eval or object addresses, and a cap on its memory. Time
 * is not watched here: guard.h ends a worker whose script does not come back.
 *
 * After any failure the VM may hold half-changed state: free it and make a new one. */
#ifndef TD_SCORER_VM_H
#define TD_SCORER_VM_H

#include "scorer/fault.h"
#include "scorer/tally.h"

#include <jansson.h>
#include <stddef.h>

#define TD_VM_SOURCE_MAX ((size_t)64 << 10)
#define TD_VM_OUTPUT_MAX ((size_t)1 << 20)
#define TD_VM_MEMORY_MAX ((size_t)64 << 20)

struct td_vm;

/* Tells VMs made from now on which facts each series has, so that a standard that asks for another
 * one is refused: `catalog` = {series: {"facts": [{"id", "name"}], ...}}, kept by the caller as
 * long as VMs are made. Without it names of facts are not checked. */
void td_vm_declare(const json_t *catalog);

/* Compiles `source`; `name` is what errors call it ("teacher/intermediate.rb"). NULL and `fault`
 * when the source is wrong, too long or defines no standard. */
struct td_vm *td_vm_new(const char *name, const char *source, size_t length,
                        struct td_fault *fault);
void td_vm_free(struct td_vm *vm);

/* Points for `input` = {"facts": {...}, "gates": [...], "expert": {...}}: a new reference to the
 * SCORE of scoring/protocol.h, or NULL and `fault`. */
json_t *td_vm_score(struct td_vm *vm, const json_t *input, struct td_fault *fault);

/* The same in brief, for trials: 0 with `ret` (free with td_tally_done), -1 and `fault`, or 1 when this standard has to be
 * scored whole. `plan` is the VM's and good while it lives. */
int td_vm_tally(struct td_vm *vm, const struct td_dossier *dossier, struct td_tally *ret,
                struct td_fault *fault);
const struct td_tally_plan *td_vm_plan(const struct td_vm *vm);

/* The standard as people read it; a new reference, or NULL and `fault`. */
json_t *td_vm_table(struct td_vm *vm, struct td_fault *fault);

/* Where the interpreter is at this moment, for a signal handler: fills rule, and file and line as
 * far as they can be told, by reading only. Best effort: the innermost line may be that of the last
 * call. */
void td_vm_place(struct td_fault *fault);

#endif
