/* lane.c - see lane.h. */
#include "lane.h"

#include <stdio.h>

static void step_back(struct td_letter *letter)
{
    struct td_step *step = (struct td_step *)letter;
    if (!step->lane->closing)
        step->resume(step);
}

void td_lane_keep(struct td_step *step, int result, const struct td_error *error)
{
    const char *words = error && *error->detail ? error->detail : td_error_text(result);
    step->result = result;
    snprintf(step->failure, sizeof(step->failure), "%s", result ? words : "");
}

static void on_step_done(void *arg, int result, struct td_error *error)
{
    struct td_step *step = arg;
    td_lane_keep(step, result, error);
    td_mailbox_post(step->lane->mailbox, &step->letter);
}

void td_lane_go(struct td_step *step, bool writes, td_store_fn run,
                void (*resume)(struct td_step *step))
{
    struct td_store *store = step->lane->store;
    step->letter.open = step_back;
    step->resume = resume;
    int result = writes ? td_store_write(store, run, on_step_done, step)
                        : td_store_read(store, run, on_step_done, step);
    if (result < 0)
        on_step_done(step, result, NULL);
}
