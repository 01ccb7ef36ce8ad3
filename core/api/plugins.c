/* plugins.c - which plugins there are, for administrators, and the way of a new one into the
 * running server. The file itself comes by titlectl on the server's machine, never through a
 * browser. */
#include "api/api.h"
#include "config.h"
#include "review/plugin.h"
#include "review/row.h"

#include <stdlib.h>
#include <string.h>

#define READERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)
#define WRITERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU)

/* --- the list --------------------------------------------------------------------------------- */

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *items = NULL;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_plugin_list(&review, &items);
    if (result < 0)
        return result;
    reply->value = json_pack("{s:o, s:n, s:b}", "items", items, "next", "can_look",
                             (int)td_row_is(&review, WRITERS));
    return reply->value ? 0 : TD_ENOMEM;
}

/* Whole paths for titlectl, which may stand in another folder than the server. */
static void add_folder(json_t *value, const char *name, const char *folder)
{
    char *whole = realpath(folder, NULL);
    json_object_set_new(value, name, json_string(whole ? whole : folder));
    free(whole);
}

static int list_work(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const json_t *status = call->result, *workers = json_object_get(status, "workers");
    (void)reterr;
    json_object_set(reply->value, "refused", json_object_get(status, "refused"));
    json_object_set(reply->value, "generation", json_object_get(workers, "generation"));
    add_folder(reply->value, "plugin_folder", call->config->plugin_folder);
    add_folder(reply->value, "script_folder", call->config->script_folder);
    return 0;
}

/* --- a new generation ------------------------------------------------------------------------- */

static int look_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *used = NULL;
    (void)reply;
    (void)reterr;
    int result = td_plugin_used(call->tx, &used);
    if (result == 0 && !(call->job = td_arena_json(call->arena, used)))
        result = TD_ENOMEM;
    return result;
}

/* Why the file of this series was not taken. */
static int refuse(const struct td_call *call, const char *series, struct td_error *reterr)
{
    char file[80];
    size_t i;
    json_t *entry;
    snprintf(file, sizeof(file), "%.64s.so", series);
    json_array_foreach(json_object_get(call->result, "refused"), i, entry)
        if (td_row_equals(entry, "file", file) || td_row_equals(entry, "file", ""))
            return td_error_key(
                reterr, TD_ECONFLICT, "plugin_refused",
                json_pack("{s:s, s:s}", "file", file, "message", td_row_text(entry, "message")));
    return td_error_key(reterr, TD_ECONFLICT, "plugin_absent", json_pack("{s:s}", "file", file));
}

/* Is the series as the caller has left its file? */
static int check_wish(const struct td_call *call, struct td_error *reterr)
{
    const char *series = td_call_text(call, "series"), *hash = td_call_text(call, "hash");
    const json_t *present = json_object_get(json_object_get(call->result, "catalog"), series);
    bool serves = present && !td_row_bool(present, "retired");
    if (!*series)
        return 0;
    if (*hash)
        return serves && td_row_equals(present, "plugin_hash", hash) ? 0
                                                                     : refuse(call, series, reterr);
    return serves ? td_error_key(reterr, TD_ECONFLICT, "plugin_still_there",
                                 json_pack("{s:s}", "series", series))
                  : 0;
}

static int look_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *series = td_call_text(call, "series");
    const json_t *catalog = json_object_get(call->result, "catalog");
    json_t *changes = NULL, *needs = NULL;
    int result = td_api_review(call, &review);
    review.catalog = catalog;
    if (result == 0)
        result = check_wish(call, reterr);
    if (result == 0)
        result = td_plugin_present(&review, &changes);
    if (result == 0 && *series)
        result = td_plugin_needs(&review, series, &needs);
    if (result < 0) {
        json_decref(changes);
        return result;
    }
    reply->value =
        json_pack("{s:O, s:o, s:O, s:s, s:s, s:o?}", "generation",
                  json_object_get(call->result, "generation"), "changes", changes, "refused",
                  json_object_get(call->result, "refused"), "series", series, "version",
                  td_row_text(json_object_get(catalog, series), "plugin_version"), "needs", needs);
    reply->location = "/plugins";
    return reply->value ? 0 : TD_ENOMEM;
}

static const struct td_field look_body[] = {
    {"series", TD_FIELD_TEXT, false, 0, 64, NULL,
     "A series whose file was put into or taken out of the plugin folder; without: just look"},
    {"hash", TD_FIELD_TEXT, false, 0, 64, NULL,
     "SHA-256 of the file that must serve it now; without: it must take no new dossiers any more"},
    {0},
};

const struct td_route td_plugins_routes[] = {
    {.method = TD_GET,
     .path = "/plugins",
     .roles = READERS,
     .summary = "Plugins with their versions, dossiers on each, and what was refused",
     .read = list_read,
     .work = TD_WORK_STATUS,
     .work_fn = list_work,
     .page = "plugins"},
    {.method = TD_POST,
     .path = "/plugins",
     .roles = WRITERS,
     .summary =
         "Look at the plugin folder and serve what is in it, with a new generation of workers",
     .read = look_read,
     .write = look_write,
     .work = TD_WORK_PLUGINS,
     .body = look_body,
     .flags = TD_ROUTE_STEP_UP},
    {0},
};
