/* series.c - what the present plugins serve, for everybody: series, levels, specialties, the form.
 */
#include "api/api.h"
#include "review/row.h"

static json_t *summary(const char *id, const json_t *descriptor)
{
    return json_pack("{s:s, s:s, s:s, s:O?, s:s}", "id", id, "name",
                     td_row_text(descriptor, "name"), "name_en", td_row_text(descriptor, "name_en"),
                     "levels", json_object_get(descriptor, "levels"), "plugin_version",
                     td_row_text(descriptor, "plugin_version"));
}

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *items = json_array(), *descriptor;
    const char *id;
    (void)reterr;
    json_object_foreach((json_t *)call->catalog, id, descriptor)
        if (!td_row_bool(descriptor, "retired"))
            json_array_append_new(items, summary(id, descriptor));
    reply->value = json_pack("{s:o, s:n}", "items", items, "next");
    return reply->value ? 0 : TD_ENOMEM;
}

/* The present version and those that dossiers were submitted under. */
static json_t *version_list(const json_t *descriptor)
{
    json_t *list = json_array(), *kept;
    const char *version;
    json_array_append_new(list, json_pack("{s:s, s:b}", "version",
                                          td_row_text(descriptor, "plugin_version"), "present",
                                          (int)!td_row_bool(descriptor, "retired")));
    json_object_foreach(json_object_get(descriptor, "kept"), version, kept)
        json_array_append_new(list, json_pack("{s:s, s:b}", "version", version, "present", 0));
    return list;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    const char *id = td_call_param(call, "series");
    const json_t *descriptor = json_object_get(call->catalog, id);
    if (!descriptor)
        return td_error_set(reterr, TD_ENOTFOUND, "no plugin serves this series");
    json_t *own = json_copy((json_t *)descriptor);
    json_object_del(own, "kept"); /* older versions are read through their dossiers */
    json_object_del(own, "retired");
    reply->value = json_deep_copy(own);
    json_decref(own);
    if (!reply->value || json_object_set_new(reply->value, "id", json_string(id)) < 0)
        return TD_ENOMEM;
    json_object_set_new(reply->value, "retired", json_boolean(td_row_bool(descriptor, "retired")));
    return json_object_set_new(reply->value, "versions", version_list(descriptor)) < 0 ? TD_ENOMEM
                                                                                       : 0;
}

const struct td_route td_series_routes[] = {
    {TD_GET, "/series", TD_ROLE_PUBLIC | TD_ROLE_ANY, "Series that this server reviews",
     .read = list_read, .page = "series_list"},
    {TD_GET, "/series/{series}", TD_ROLE_PUBLIC | TD_ROLE_ANY,
     "Levels, specialties and form of a series", .read = view_read, .page = "series"},
    {0},
};
