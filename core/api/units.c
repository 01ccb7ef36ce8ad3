/* units.c - the register of units and the divisions they lie in. Anybody logged in reads, the
 * bureau writes. */
#include "api/api.h"
#include "api/place.h"
#include "review/row.h"
#include "review/unit.h"

#include <string.h>

static int divisions_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *rows = NULL;
    (void)reterr;
    int rc = td_unit_divisions(call->tx, &rows);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:o, s:n}", "items", rows, "next");
    return reply->value ? 0 : TD_ENOMEM;
}

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *divisions = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_unit_list(&review, td_call_query(call, "division"), td_call_query(call, "q"),
                          td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        rc = td_unit_divisions(call->tx, &divisions);
    if (rc < 0)
        return rc;
    json_object_set_new(reply->value, "divisions", divisions);
    json_object_set_new(reply->value, "q", json_string(td_call_query(call, "q")));
    json_object_set_new(reply->value, "can_write",
                        json_boolean(call->who && (call->who->roles & TD_ROLE_BUREAU)));
    return 0;
}

/* The words, which "|" separates, with the chosen one marked. */
static json_t *choices(const char *member, const char *words, const char *chosen)
{
    json_t *list = json_array();
    for (size_t length; *words; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        bool selected = strlen(chosen) == length && !strncmp(words, chosen, length);
        json_array_append_new(
            list, json_pack("{s:s%, s:b}", member, words, length, "selected", (int)selected));
    }
    return list;
}

static int add_choices(struct td_call *call, json_t *unit)
{
    json_t *divisions = NULL, *division = NULL;
    size_t i;
    int rc = td_unit_divisions(call->tx, &divisions);
    if (rc < 0)
        return rc;
    json_array_foreach(divisions, i, division)
        json_object_set_new(division, "selected",
                            json_boolean(!strcmp(td_row_text(division, "code"),
                                                 td_row_text(unit, "division_code"))));
    json_object_set_new(unit, "divisions", divisions);
    json_object_set_new(unit, "kinds", choices("kind", TD_UNIT_KINDS, td_row_text(unit, "kind")));
    json_object_set_new(unit, "grassroots_types",
                        choices("grassroots", TD_UNIT_GRASSROOTS, td_row_text(unit, "grassroots")));
    return 0;
}

static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    reply->value = json_pack("{s:b}", "editing", 0);
    return reply->value ? add_choices(call, reply->value) : TD_ENOMEM;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    int rc = td_unit_load(call->tx, td_call_param(call, "unit"), &reply->value);
    if (rc < 0)
        return rc;
    const char *doubt = td_unit_uscc_doubt(reply->value);
    json_object_set_new(reply->value, "editing", json_true());
    json_object_set_new(reply->value, "uscc_suspicious",
                        json_boolean(doubt && !strcmp(doubt, "uscc_checksum")));
    json_object_set_new(reply->value, "uscc_unusual",
                        json_boolean(doubt && !strcmp(doubt, "uscc_kind")));
    json_object_set_new(reply->value, "can_write",
                        json_boolean(call->who && (call->who->roles & TD_ROLE_BUREAU)));
    return add_choices(call, reply->value);
}

static int save_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const char *warning = NULL, *present = td_call_param(call, "unit");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_unit_save(&review, present, call->body, id, &warning, reterr);
    if (rc < 0)
        return rc;
    reply->value = json_pack("{s:s, s:s?}", "id", id, "warning", warning);
    return *present ? td_place_at(call, reply, "units", id)
                    : td_place_created(call, reply, "units", id);
}

static const struct td_field unit_body[] = {
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name"},
    {"uscc", TD_FIELD_TEXT, false, 0, 18, NULL, "Unified social credit code (GB 32100)"},
    {"uscc_confirmed", TD_FIELD_BOOL, false, 0, 0, NULL,
     "The certificate says so although the check character is wrong"},
    {"division_code", TD_FIELD_TEXT, true, 6, 6, NULL, "GB/T 2260 code of the district or county"},
    {"town", TD_FIELD_TEXT, false, 0, 60, NULL, "Township or street"},
    {"kind", TD_FIELD_CHOICE, true, 0, 0, TD_UNIT_KINDS, "Kind of unit"},
    {"grassroots", TD_FIELD_CHOICE, true, 0, 0, TD_UNIT_GRASSROOTS, "Grassroots type"},
    {"hardship", TD_FIELD_BOOL, false, 0, 0, NULL,
     "Village school, teaching point or pastoral area"},
    {0},
};

const struct td_route td_units_routes[] = {
    {TD_GET, "/divisions", TD_ROLE_PUBLIC | TD_ROLE_ANY, "Districts and counties",
     .read = divisions_read},
    {TD_GET, "/units", TD_ROLE_ANY, "Units by division and name", .query = "division q cursor",
     .read = list_read, .page = "units"},
    {TD_GET, "/units/new", TD_ROLE_BUREAU, "What a new unit needs", .read = new_read,
     .page = "unit_form"},
    {TD_POST, "/units", TD_ROLE_BUREAU, "Register a unit", .write = save_write, .body = unit_body},
    {TD_GET, "/units/{unit}", TD_ROLE_ANY, "One unit", .read = view_read, .page = "unit_form"},
    {TD_PUT, "/units/{unit}", TD_ROLE_BUREAU, "Change a unit", .write = save_write,
     .body = unit_body},
    {0},
};
