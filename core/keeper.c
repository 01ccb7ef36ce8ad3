/* keeper.c - see keeper.h. One round at a time: read what is used, have the pool look, write what
 * changed. What is asked for meanwhile makes one more round. */
#include "keeper.h"

#include "base/log.h"
#include "lane.h"
#include "redis/live.h"
#include "review/plugin.h"
#include "scoring/pool.h"
#include "store/store.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>

struct td_keeper {
    struct td_step step; /* first: resume casts back */
    struct td_keeper_options options;
    struct td_lane lane;
    struct td_live_subscription *subscription;
    bool running, again;
    bool always, again_always; /* also when the plugin folder is as it was */
    int generation;            /* that served when the round began */
    json_t *used, *catalog;
};

static void begin(struct td_keeper *keeper, bool always);

/* --- on store threads ------------------------------------------------------------------------- */

static int read_used(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_keeper *keeper = arg;
    (void)reterr;
    return td_plugin_used(tx, &keeper->used);
}

static int write_present(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    const struct td_keeper *keeper = arg;
    struct td_review review = {.tx = tx, .catalog = keeper->catalog};
    json_t *changes = NULL;
    (void)reterr;
    td_review_now(&review);
    int result = td_plugin_present(&review, &changes);
    json_decref(changes);
    return result;
}

/* The answer of the last step, which is on the log when it failed. */
static int answer(const struct td_keeper *keeper)
{
    int result = keeper->step.result;
    if (result < 0)
        TD_LOG(TD_LOG_ERROR, "plugins.records", TD_S("code", td_error_name(result)),
               TD_S("detail", keeper->step.failure));
    return result;
}

/* --- the round, on the loop ------------------------------------------------------------------- */

static void end_round(struct td_keeper *keeper)
{
    bool again = keeper->again, always = keeper->again_always;
    json_decref(keeper->catalog);
    keeper->catalog = NULL;
    keeper->running = keeper->again = keeper->again_always = false;
    if (again)
        begin(keeper, always);
}

static void noted(struct td_step *step)
{
    struct td_keeper *keeper = (struct td_keeper *)step;
    answer(keeper);
    end_round(keeper);
}

static void note_present(struct td_keeper *keeper)
{
    keeper->catalog = td_pool_catalog(keeper->options.pool);
    td_lane_go(&keeper->step, true, write_present, noted);
}

static void on_reloaded(void *arg, int result)
{
    struct td_keeper *keeper = arg;
    int generation = td_pool_stats(keeper->options.pool).generation;
    bool changed = generation != keeper->generation;
    if (result < 0 || changed)
        TD_LOG(result < 0 ? TD_LOG_WARNING : TD_LOG_INFO, "plugins.reloaded",
               TD_S("result", result < 0 ? td_error_name(result) : "ok"),
               TD_I("generation", generation));
    if (result < 0 || !changed)
        end_round(keeper);
    else
        note_present(keeper);
}

/* Without the list of what is used, the one of last time holds. */
static void look(struct td_step *step)
{
    struct td_keeper *keeper = (struct td_keeper *)step;
    if (answer(keeper) == 0)
        td_pool_use(keeper->options.pool, keeper->used);
    keeper->used = NULL;
    keeper->generation = td_pool_stats(keeper->options.pool).generation;
    if (keeper->always)
        td_pool_reload(keeper->options.pool, on_reloaded, keeper);
    else
        td_pool_look(keeper->options.pool, on_reloaded, keeper);
}

static void begin(struct td_keeper *keeper, bool always)
{
    if (keeper->lane.closing)
        return;
    if (keeper->running) {
        keeper->again = true;
        keeper->again_always |= always;
        return;
    }
    keeper->running = true;
    keeper->always = always;
    td_lane_go(&keeper->step, false, read_used, look);
}

void td_keeper_reload(struct td_keeper *keeper)
{
    begin(keeper, true);
}

void td_keeper_started(struct td_keeper *keeper)
{
    if (keeper->running || keeper->lane.closing)
        return;
    keeper->running = true;
    note_present(keeper);
}

/* --- life ------------------------------------------------------------------------------------- */

static void on_live(void *arg, const json_t *message, const char *id)
{
    (void)message;
    (void)id;
    begin(arg, false);
}

struct td_keeper *td_keeper_new(const struct td_keeper_options *options)
{
    struct td_keeper *keeper = calloc(1, sizeof(*keeper));
    if (!keeper)
        return NULL;
    keeper->options = *options;
    keeper->lane = (struct td_lane){.store = options->store, .mailbox = options->mailbox};
    keeper->step.lane = &keeper->lane;
    keeper->subscription = td_live_subscribe(options->live, TD_PLUGIN_TOPIC, on_live, keeper);
    if (!keeper->subscription) {
        free(keeper);
        return NULL;
    }
    return keeper;
}

void td_keeper_stop(struct td_keeper *keeper)
{
    if (keeper)
        keeper->lane.closing = true;
}

void td_keeper_free(struct td_keeper *keeper)
{
    if (!keeper)
        return;
    json_decref(keeper->used);
    json_decref(keeper->catalog);
    free(keeper);
}
