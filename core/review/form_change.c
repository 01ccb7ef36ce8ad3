/* form_change.c - see form_change.h. */
#include "review/form_change.h"

#include "review/form.h"
#include "review/row.h"

#include <string.h>

struct parting {
    const json_t *before;
    json_t *left;
};

static void leave(struct parting *parting, const char *section_id, const char *item,
                  const char *field_id, json_t *value)
{
    const json_t *section = td_form_section(parting->before, section_id);
    const json_t *field = section ? td_form_field(section, field_id) : NULL;
    const char *name = field ? td_row_text(field, "name") : field_id;
    const char *name_en = field ? td_row_text(field, "name_en") : field_id;
    json_array_append_new(parting->left,
                          json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "section", section_id, "item",
                                    item, "field", field_id, "name", name, "name_en",
                                    *name_en ? name_en : name, "value", value));
}

/* The fields of one object; all of them are left when `section` is NULL. */
static json_t *part_fields(struct parting *parting, const json_t *section, const char *section_id,
                           const json_t *value)
{
    json_t *asked = json_object(), *one;
    const char *id;
    json_object_foreach((json_t *)value, id, one) {
        if (!strcmp(id, "id"))
            json_object_set(asked, id, one);
        else if (section && td_form_field(section, id))
            json_object_set(asked, id, one);
        else
            leave(parting, section_id, td_row_text(value, "id"), id, one);
    }
    return asked;
}

static json_t *part_section(struct parting *parting, const json_t *section, const char *id,
                            const json_t *value)
{
    if (!json_is_array(value))
        return part_fields(parting, section, id, value);
    json_t *items = json_array(), *item;
    size_t i;
    json_array_foreach((json_t *)value, i, item)
        json_array_append_new(items, part_fields(parting, section, id, item));
    return items;
}

/* A section that became repeated, or no longer is, is another section. */
static bool fits(const json_t *section, const json_t *value)
{
    return section && !strcmp(td_form_section_by(section), "applicant") &&
           td_form_section_repeats(section) == json_is_array(value);
}

void td_form_change_part(const json_t *form, const json_t *before, const json_t *content,
                         json_t **ret_asked, json_t **ret_left)
{
    struct parting parting = {before, json_array()};
    json_t *asked = json_object(), *value;
    const char *id;
    json_object_foreach((json_t *)content, id, value) {
        const json_t *section = td_form_section(form, id);
        bool same = fits(section, value);
        json_t *part = part_section(&parting, same ? section : NULL, id, value);
        if (same)
            json_object_set(asked, id, part);
        json_decref(part);
    }
    *ret_asked = asked;
    *ret_left = parting.left;
}
