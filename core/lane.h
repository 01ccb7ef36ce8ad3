/* lane.h - work that goes from the loop to a store thread and back.
 *
 * A lane belongs to one owner on the loop. A step of it is embedded, first, in whatever it works for: its function
 * runs in a transaction on a store thread and gets the step; then `resume` gets it on the loop. Until then
 * nobody else touches it. */
#ifndef TD_LANE_H
#define TD_LANE_H

#include "http/mailbox.h"
#include "store/store.h"

#include <stdbool.h>

struct td_lane {
    struct td_store *store;
    struct td_mailbox *mailbox; /* the owner's: freed before what its steps are in */
    bool closing;               /* nothing is resumed any more */
};

struct td_step {
    struct td_letter letter; /* first: opening it casts back */
    struct td_lane *lane;
    void (*resume)(struct td_step *step);
    int result;
    char failure[512]; /* why, "" when it is 0 */
};

/* Runs `run(tx, step)` in a transaction, then resumes; when the store refuses it, resumes with the reason. */
void td_lane_go(struct td_step *step, bool writes, td_store_fn run,
                void (*resume)(struct td_step *step));

/* Notes how a piece of work ended that no step did. */
void td_lane_keep(struct td_step *step, int result, const struct td_error *error);

#endif
