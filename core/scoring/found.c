/* found.c - see found.h. */
#include "scoring/found.h"

#include "base/json.h"
#include "scoring/shelf.h"

#include <string.h>

static bool is_of(const char *file, const char *series)
{
    size_t length = strlen(series);
    return td_shelf_id_length(file) == length && !strncmp(file, series, length);
}

/* One that was refused is there all the same. */
static bool has_file(const json_t *found, const char *series)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(found, "dropped"), i, one)
        if (is_of(json_string_value(one), series))
            return true;
    json_array_foreach(json_object_get(found, "refused"), i, one)
        if (is_of(td_json_text(one, "file"), series))
            return true;
    return false;
}

void td_found_mark_retired(const json_t *found, json_t *catalog)
{
    const char *series;
    json_t *descriptor;
    if (!json_is_true(json_object_get(found, "readable")))
        return;
    json_object_foreach(catalog, series, descriptor)
        if (!has_file(found, series))
            json_object_set_new(descriptor, "retired", json_true());
}

bool td_found_same_folder(const json_t *one, const json_t *other)
{
    return json_equal(json_object_get(one, "dropped"), json_object_get(other, "dropped")) &&
           json_equal(json_object_get(one, "refused"), json_object_get(other, "refused"));
}

void td_found_add_refusals(const json_t *found, const json_t *refused, json_t *all)
{
    size_t i;
    json_t *entry;
    json_array_foreach((json_t *)refused, i, entry) {
        const char *file = td_json_text(entry, "file");
        json_t *shown = json_copy(entry);
        if (td_json_lists(json_object_get(found, "dropped"), file))
            json_object_set_new(shown, "file",
                                json_sprintf("%.*s.so", (int)td_shelf_id_length(file), file));
        json_array_append_new(all, shown);
    }
}
