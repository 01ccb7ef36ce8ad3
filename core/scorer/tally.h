/* tally.h - a dossier's points as a trial needs them: added up from what the rules answered, without making its SCORE.
 *
 * The rules themselves are the script's, in the interpreter (prelude/). Only a question that no dossier has asked before
 * goes there: see recall.h. Standards whose items bear on each other, or whose line depends on a fact, have no plan;
 * they are scored whole (td_vm_score). */
#ifndef TD_SCORER_TALLY_H
#define TD_SCORER_TALLY_H

#include "scorer/dossier.h"
#include "scorer/fault.h"
#include "scorer/recall.h"

#include <jansson.h>

struct td_tally {
    int64_t total;
    bool vetoed, eligible;
    uint64_t digest; /* of all points, sentences and findings: equal for equal SCOREs */
    struct td_answer **answers; /* by place in the plan */
    size_t count;
};

struct td_tally_plan;

/* `plan` is what Titled.plan (prelude/tally.rb) answers; NULL when memory is short. */
struct td_tally_plan *td_tally_plan_new(const json_t *plan);
void td_tally_plan_free(struct td_tally_plan *plan);

/* Asks the standard's rule number `rule` about `facts` and `expert`: its answer, with one reference, or NULL and `fault`. */
typedef struct td_answer *td_tally_ask_fn(void *arg, size_t rule, const json_t *facts,
                                          const json_t *expert, struct td_fault *fault);

/* 0 with `ret` (free with td_tally_done), or -1 and `fault`. `file` is the standard's name. */
int td_tally(struct td_tally_plan *plan, const struct td_dossier *dossier, const char *file,
             td_tally_ask_fn *ask, void *arg, struct td_tally *ret, struct td_fault *fault);
void td_tally_done(struct td_tally *tally);

/* The ids of the conditions that are not met, as a JSON array; a new reference. */
json_t *td_tally_failed(const struct td_tally_plan *plan, const struct td_tally *tally);

/* The reference line, in hundredths, or null; borrowed. */
json_t *td_tally_line(const struct td_tally_plan *plan);

/* The SCORE of scoring/protocol.h without "tie_break"; a new reference. */
json_t *td_tally_score(const struct td_tally_plan *plan, const struct td_tally *tally);

#endif
