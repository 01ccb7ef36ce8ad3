/* check_form.c - see check.h: beyond what the core refuses (review/form_descriptor.c), what people
 * would miss who read the form in either language. */
#include "cli/check.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

/* "title" has a "title_en" beside it. */
static void check_pair(struct td_check *check, const json_t *object, const char *member,
                       const char *place)
{
    char english[48];
    snprintf(english, sizeof(english), "%s_en", member);
    bool chinese = *td_json_text(object, member), other = *td_json_text(object, english);
    if (chinese && !other)
        td_check_error(check, "say it in English, too: every page is complete in both languages",
                       "form.json: %s has \"%s\" and no \"%s\"", place, member, english);
    else if (other && !chinese)
        td_check_error(check, "say it in Chinese, too: every page is complete in both languages",
                       "form.json: %s has \"%s\" and no \"%s\"", place, english, member);
}

static void check_named(struct td_check *check, const json_t *owner, const char *list,
                        const char *key, const char *outer)
{
    static const char *const members[] = {"name", "title", "approval", "exam_reason", NULL};
    const json_t *entries = json_object_get(owner, list);
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const json_t *entry = json_array_get(entries, i);
        char place[200];
        snprintf(place, sizeof(place), "%s%s.%.60s", outer, list, td_json_text(entry, key));
        for (const char *const *member = members; *member; member++)
            check_pair(check, entry, *member, place);
    }
}

static void check_branches(struct td_check *check, const json_t *descriptor)
{
    const json_t *branches = json_object_get(descriptor, "branches");
    check_named(check, descriptor, "branches", "id", "");
    for (size_t i = 0; i < json_array_size(branches); i++) {
        char outer[80];
        const json_t *branch = json_array_get(branches, i);
        snprintf(outer, sizeof(outer), "branches.%.60s.", td_json_text(branch, "id"));
        check_named(check, branch, "titles", "level", outer);
    }
}

static void check_field(struct td_check *check, const json_t *field, const char *section)
{
    char place[140];
    snprintf(place, sizeof(place), "sections.%.50s.%.50s", section, td_json_text(field, "id"));
    check_pair(check, field, "name", place);
    check_pair(check, field, "hint", place);
    snprintf(place + strlen(place), 2, ".");
    check_named(check, field, "options", "value", place);
    if (!json_is_boolean(json_object_get(field, "required")))
        td_check_error(check, "write \"required\": true or false",
                       "form.json: %s does not say whether it is required", place);
}

static bool is_official(const char *who)
{
    return !strcmp(who, "unit") || !strcmp(who, "district_industry");
}

static void check_section(struct td_check *check, const json_t *section)
{
    char place[80];
    const char *id = td_json_text(section, "id"), *by = td_json_text(section, "by");
    const json_t *verifiers = json_object_get(section, "verifier"),
                 *fields = json_object_get(section, "fields");
    snprintf(place, sizeof(place), "sections.%.60s", id);
    check_pair(check, section, "name", place);
    check_pair(check, section, "hint", place);
    check_pair(check, section, "evidence_hint", place);
    if (!json_is_array(verifiers))
        td_check_error(check, "write \"verifier\": [\"unit\"], or [] when nobody has to look at it",
                       "form.json: %s does not say who verifies it", place);
    for (size_t i = 0; i < json_array_size(verifiers); i++)
        if (!json_string_value(json_array_get(verifiers, i)) ||
            !is_official(json_string_value(json_array_get(verifiers, i))))
            td_check_error(check, "verifiers are \"unit\" and \"district_industry\"",
                           "form.json: %s names a verifier that does not exist", place);
    if (!strcmp(by, "applicant") && json_array_size(verifiers) == 0)
        td_check_advice(check,
                        "let the unit or the district verify what an applicant says of himself",
                        "form.json: nobody verifies %s", place);
    if (!strcmp(td_json_text(section, "evidence"), "required") &&
        !*td_json_text(section, "evidence_hint"))
        td_check_advice(check, "say in \"evidence_hint\" which papers are meant",
                        "form.json: %s asks for evidence and does not say which", place);
    for (size_t i = 0; i < json_array_size(fields); i++)
        check_field(check, json_array_get(fields, i), id);
}

static void check_facts(struct td_check *check, const json_t *descriptor)
{
    const json_t *facts = json_object_get(descriptor, "facts");
    if (json_array_size(facts) == 0)
        td_check_error(
            check,
            "list every fact: {\"id\", \"name\", \"unit\", \"by\"}; a standard that asks for "
            "another one is then refused when it is written, not when it is used",
            "form.json: has no list \"facts\"");
    for (size_t i = 0; i < json_array_size(facts); i++) {
        const char *by = td_json_text(json_array_get(facts, i), "by");
        if (strcmp(by, "applicant") != 0 && strcmp(by, "system") != 0 && !is_official(by))
            td_check_error(
                check,
                "\"by\" is applicant, unit, district_industry or system: who gives the value",
                "form.json: facts.%.60s says \"by\": \"%.40s\"",
                td_json_text(json_array_get(facts, i), "id"), by);
    }
}

/* 1.2.3 */
static bool is_version(const char *text)
{
    int parts = 0;
    while (parts < 3) {
        size_t digits = strspn(text, "0123456789");
        if (digits == 0 || digits > 6)
            return false;
        parts++;
        text += digits;
        if (parts < 3 && *text++ != '.')
            return false;
    }
    return *text == 0;
}

void td_check_form(struct td_check *check, const json_t *descriptor)
{
    const json_t *sections = json_object_get(descriptor, "sections");
    if (!is_version(td_json_text(descriptor, "version")))
        td_check_error(check,
                       "three numbers, such as \"1.0.0\", in form.json and in the plugin; raise "
                       "them with every "
                       "change that reaches a server",
                       "the version \"%.40s\" is not of the form 1.2.3",
                       td_json_text(descriptor, "version"));
    check_pair(check, descriptor, "name", "the series");
    check_named(check, descriptor, "levels", "id", "");
    check_named(check, descriptor, "specialties", "id", "");
    check_branches(check, descriptor);
    check_facts(check, descriptor);
    for (size_t i = 0; i < json_array_size(sections); i++)
        check_section(check, json_array_get(sections, i));
}
