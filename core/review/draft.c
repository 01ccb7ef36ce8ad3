/* draft.c - see draft.h. Owns application.content. */
#include "review/draft.h"

#include "review/application.h"
#include "review/cycle.h"
#include "review/form_change.h"
#include "review/ladder.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- another version of the form -------------------------------------------------------------- */

/* Does the draft follow a form that may have changed since? What was submitted does not. */
static bool follows(const json_t *application)
{
    return !*td_row_text(application, "plugin_version") &&
           *td_row_text(application, "form_version");
}

static bool changed(const struct td_review *review, const json_t *application)
{
    const json_t *form = td_application_form(review, application);
    return form && follows(application) &&
           !td_row_equals(form, "plugin_version", td_row_text(application, "form_version"));
}

/* What the present form asks for of the answers, and what it does not; the latter is NULL when they
 * were given to it. */
static int part(struct td_review *review, const json_t *application, json_t **ret_asked,
                json_t **ret_left)
{
    json_t *content = NULL;
    int result = td_application_content(review, application, &content);
    if (result || !changed(review, application)) {
        *ret_asked = content;
        return result;
    }
    const json_t *form = td_application_form(review, application);
    const char *from = td_row_text(application, "form_version");
    td_form_change_part(form, json_object_get(json_object_get(form, "kept"), from), content,
                        ret_asked, ret_left);
    json_decref(content);
    return 0;
}

static int load_aside(struct td_review *review, const json_t *application, json_t **ret_aside)
{
    json_t *row = NULL;
    int result = td_tx_row(review->tx, &row, "select set_aside from application where id = $1", "s",
                           td_row_text(application, "id"));
    json_t *aside = json_deep_copy(json_object_get(row, "set_aside"));
    json_decref(row);
    if (!result)
        *ret_aside = json_is_array(aside) ? aside : json_array();
    return result;
}

static void show_left(json_t *left)
{
    size_t i;
    json_t *one;
    json_array_foreach(left, i, one) {
        const json_t *value = json_object_get(one, "value");
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        json_object_set_new(one, "shown", json_string(text ? text : json_string_value(value)));
        free(text);
    }
}

int td_draft_change(struct td_review *review, const json_t *application, json_t **ret_change)
{
    json_t *asked = NULL, *left = NULL, *all = NULL;
    *ret_change = NULL;
    int result = load_aside(review, application, &all);
    if (!result)
        result = part(review, application, &asked, &left);
    json_array_extend(all, left);
    show_left(all);
    if (!result && (left || json_array_size(all)) &&
        !(*ret_change = json_pack(
              "{s:s, s:s, s:O, s:b, s:b}", "from", td_row_text(application, "form_version"), "to",
              td_row_text(td_application_form(review, application), "plugin_version"), "left", all,
              "changed", (int)(left != NULL), "any", (int)(json_array_size(all) > 0))))
        result = TD_ENOMEM;
    json_decref(asked);
    json_decref(left);
    json_decref(all);
    return result;
}

static int set_aside(struct td_review *review, const json_t *application, const json_t *asked,
                     const json_t *left, const char *to)
{
    json_t *aside = NULL;
    const char *id = td_row_text(application, "id");
    int result = load_aside(review, application, &aside);
    json_array_extend(aside, (json_t *)left);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update application set content = $2, set_aside = $3, "
                            "form_version = $4 where id = $1",
                            "sjjs", id, asked, aside, to);
    if (!result)
        result = td_row_log(review, "application.form_changed", "application", id,
                            json_pack("{s:s, s:s, s:i}", "from",
                                      td_row_text(application, "form_version"), "to", to,
                                      "set_aside", (int)json_array_size(left)));
    json_decref(aside);
    return result;
}

int td_draft_settle(struct td_review *review, json_t *application)
{
    json_t *asked = NULL, *left = NULL;
    if (!changed(review, application))
        return 0;
    const char *to = td_row_text(td_application_form(review, application), "plugin_version");
    int result = part(review, application, &asked, &left);
    if (!result)
        result = set_aside(review, application, asked, left, to);
    if (!result) {
        json_object_set(application, "content", asked);
        json_object_set_new(application, "form_version", json_string(to));
    }
    json_decref(asked);
    json_decref(left);
    return result;
}

/* The section when it is the applicant's to fill in. */
static const json_t *own_section(const struct td_review *review, const json_t *application,
                                 const char *id)
{
    const json_t *descriptor = td_application_form(review, application);
    const json_t *section = td_form_section(descriptor, id);
    return section && !strcmp(td_form_section_by(section), "applicant") ? section : NULL;
}

static int no_section(struct td_error *reterr, const char *section)
{
    return td_error_key(reterr, TD_ENOTFOUND, "section_unknown",
                        json_pack("{s:s}", "section", section));
}

static int store_section(struct td_review *review, const json_t *application, const char *section,
                         json_t *value, int64_t *ret_version, struct td_error *reterr)
{
    int64_t changed = 0, version = td_row_int(application, "version");
    json_t *content = json_copy(json_object_get(application, "content"));
    json_object_set(content, section, value);
    int result =
        td_tx_exec(review->tx, &changed,
                   "update application set content = $2, updated_at = $3, version = version + 1, "
                   "form_version = $5 where id = $1 and version = $4",
                   "sjsis", td_row_text(application, "id"), content, review->now, version,
                   td_row_text(td_application_form(review, application), "plugin_version"));
    json_decref(content);
    if (!result && changed != 1)
        result = td_error_key(reterr, TD_ESTALE, "changed_meanwhile", NULL);
    char hash[65];
    if (!result)
        result = td_ledger_hash_json(value, hash);
    if (!result)
        result =
            td_row_log(review, "application.save", "application", td_row_text(application, "id"),
                       json_pack("{s:s, s:s}", "section", section, "hash", hash));
    if (!result)
        *ret_version = version + 1;
    return result;
}

/* Takes the member that a field error names ("content.education.0.degree") out of the section's
 * value. False when the error is not about one member, so nothing can be saved without it. */
static bool prune(const json_t *section, json_t *value, const char *field)
{
    const char *member = strrchr(field, '.');
    if (!member)
        return false;
    member++;
    if (!td_form_section_repeats(section))
        return json_is_object(value) && !json_object_del(value, member);
    char *end = NULL;
    const char *number = member - 1;
    while (number > field && number[-1] != '.')
        number--;
    unsigned long index = strtoul(number, &end, 10);
    if (end == number || *end != '.')
        return false;
    json_t *item = json_array_get(value, index);
    return item && strcmp(member, "id") && !json_object_del(item, member);
}

/* Checks `value` as a draft and takes out what is wrong. On success *ret_problems says what was. */
static int check_draft(const json_t *section, json_t *value, json_t **ret_problems,
                       struct td_error *reterr)
{
    struct td_error found = TD_ERROR_INIT;
    int result = td_form_check(section, value, "content", false, &found);
    if (result && result != TD_EFIELDS) {
        td_error_done(&found);
        return result;
    }
    size_t i;
    json_t *problem;
    bool bad = result && !json_array_size(found.fields);
    json_array_foreach(found.fields, i, problem)
        bad |= !prune(section, value, td_row_text(problem, "field"));
    if (bad) {
        if (reterr) {
            td_error_done(reterr);
            *reterr = found;
        } else {
            td_error_done(&found);
        }
        return TD_EFIELDS;
    }
    *ret_problems = found.fields ? json_incref(found.fields) : json_array();
    td_error_done(&found);
    return 0;
}

int td_draft_save(struct td_review *review, const json_t *application, const char *section_id,
                  const json_t *sent, struct td_draft_saved *ret_saved, struct td_error *reterr)
{
    const json_t *section = own_section(review, application, section_id);
    if (!section)
        return no_section(reterr, section_id);
    struct td_draft_saved saved = {.typed = td_form_coerce(section, sent)};
    saved.value = json_deep_copy(saved.typed);
    int result =
        saved.value ? check_draft(section, saved.value, &saved.problems, reterr) : TD_ENOMEM;
    if (!result)
        result =
            store_section(review, application, section_id, saved.value, &saved.version, reterr);
    if (result)
        td_draft_saved_done(&saved);
    else
        *ret_saved = saved;
    return result;
}

void td_draft_saved_done(struct td_draft_saved *saved)
{
    json_decref(saved->value);
    json_decref(saved->typed);
    json_decref(saved->problems);
    *saved = (struct td_draft_saved){0};
}

static void new_item_id(char id[TD_DRAFT_ITEM_TEXT])
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
    for (int i = 0; i < TD_FORM_ITEM_ID_LENGTH; i++)
        id[i] = alphabet[randombytes_uniform(32)];
    id[TD_FORM_ITEM_ID_LENGTH] = 0;
}

int td_draft_add(struct td_review *review, const json_t *application, const char *section_id,
                 const json_t *sent, char item[TD_DRAFT_ITEM_TEXT], int64_t *ret_version,
                 struct td_error *reterr)
{
    const json_t *section = own_section(review, application, section_id);
    if (!section || !td_form_section_repeats(section))
        return no_section(reterr, section_id);
    json_t *items = json_object_get(json_object_get(application, "content"), section_id);
    json_t *all = json_is_array(items) ? json_deep_copy(items) : json_array();
    json_t *entry = json_is_object(sent) ? json_deep_copy(sent) : json_object();
    new_item_id(item);
    json_object_set_new(entry, "id", json_string(item));
    json_array_append_new(all, entry);
    json_t *value = NULL;
    int result = td_form_accept(section, all, "content", false, &value, reterr);
    if (!result &&
        json_array_size(value) < json_array_size(all)) /* the form model drops empty items */
        result = td_error_field(reterr, "content", "required", "the item has no answer yet");
    if (!result)
        result = store_section(review, application, section_id, value, ret_version, reterr);
    json_decref(value);
    json_decref(all);
    return result;
}

int td_draft_remove(struct td_review *review, const json_t *application, const char *section_id,
                    const char *item, int64_t *ret_version, struct td_error *reterr)
{
    const json_t *section = own_section(review, application, section_id);
    if (!section || !td_form_section_repeats(section))
        return no_section(reterr, section_id);
    json_t *items = json_object_get(json_object_get(application, "content"), section_id), *entry;
    json_t *rest = json_array();
    size_t i;
    json_array_foreach(items, i, entry)
        if (!td_row_equals(entry, "id", item))
            json_array_append(rest, entry);
    int result = 0;
    if (json_array_size(rest) == json_array_size(items))
        result = td_error_key(reterr, TD_ENOTFOUND, "item_unknown", NULL);
    if (!result)
        result = store_section(review, application, section_id, rest, ret_version, reterr);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "update evidence set removed_at = $4 where application_id = $1 and section = $2 "
            "and item = $3 and removed_at is null",
            "ssss", td_row_text(application, "id"), section_id, item, review->now);
    json_decref(rest);
    return result;
}

struct counting {
    json_t *counts; /* either may be NULL */
    json_t *files;
};

static int count_file(json_t *row, void *arg)
{
    struct counting *counting = arg;
    char key[128];
    const char *item = td_row_text(row, "item");
    snprintf(key, sizeof(key), "%s%s%s", td_row_text(row, "section"), *item ? "/" : "", item);
    json_object_set_new(counting->counts, key, json_integer(td_row_int(counting->counts, key) + 1));
    if (counting->files) {
        if (!json_object_get(counting->files, key))
            json_object_set_new(counting->files, key, json_array());
        json_array_append(json_object_get(counting->files, key), json_object_get(row, "hash"));
    }
    return 0;
}

static int count_files(struct td_review *review, const char *application_id,
                       struct counting *counting)
{
    return td_tx_each(review->tx, count_file, counting,
                      "select section, item, hash from evidence where application_id = $1 "
                      "and removed_at is null order by id",
                      "s", application_id);
}

int td_draft_evidence_counts(struct td_review *review, const char *application_id,
                             json_t **ret_counts)
{
    struct counting counting = {json_object(), NULL};
    int result = count_files(review, application_id, &counting);
    if (result)
        json_decref(counting.counts);
    else
        *ret_counts = counting.counts;
    return result;
}

static json_t *only(const json_t *row, const char *const *names)
{
    json_t *copy = json_object();
    for (; *names; names++)
        if (json_object_get(row, *names) && !json_is_null(json_object_get(row, *names)))
            json_object_set(copy, *names, json_object_get(row, *names));
    return copy;
}

int td_draft_dossier(struct td_review *review, const json_t *application, json_t **ret_dossier)
{
    static const char *const person_names[] = {"sex", "birth_date", "in_service", "retired", NULL};
    static const char *const unit_names[] = {"id",         "name",     "kind",          "town",
                                             "grassroots", "hardship", "division_code", NULL};
    json_t *cycle = NULL, *account = NULL, *unit = NULL, *asked = NULL, *left = NULL;
    json_t *appointments = NULL;
    struct counting counting = {json_object(), json_object()};
    const char *id = td_row_text(application, "id"),
               *account_id = td_row_text(application, "account_id");
    int result = part(review, application, &asked, &left);
    if (!result)
        result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (!result)
        result = td_tx_row(review->tx, &account, "select person from account where id = $1", "s",
                           account_id);
    if (!result)
        result = td_ladder_appointments(review, account_id, td_row_text(application, "series"),
                                        &appointments);
    if (!result)
        result = td_tx_row(review->tx, &unit, "select * from unit where id = $1", "s",
                           td_row_text(application, "unit_id"));
    if (!result)
        result = count_files(review, id, &counting);
    if (!result)
        *ret_dossier = json_pack(
            "{s:s, s:s, s:s, s:s, s:o, s:o, s:O, s:{}, s:O, s:O, s:o, s:O}", "cutoff_date",
            td_row_text(cycle, "cutoff_date"), "level", td_row_text(application, "level"),
            "specialty", td_row_text(application, "specialty"), "track",
            td_row_text(application, "track"), "person",
            only(json_object_get(account, "person"), person_names), "unit", only(unit, unit_names),
            "content", asked, "assessments", "evidence", counting.counts, "files", counting.files,
            "tracks", td_cycle_tracks(cycle), "appointments", appointments);
    json_decref(appointments);
    json_decref(asked);
    json_decref(left);
    json_decref(cycle);
    json_decref(account);
    json_decref(unit);
    json_decref(counting.counts);
    json_decref(counting.files);
    return result ? result : *ret_dossier ? 0 : TD_ENOMEM;
}

int td_draft_completeness(struct td_review *review, const json_t *application, json_t **ret_check)
{
    json_t *counts = NULL, *asked = NULL, *left = NULL;
    int result = td_draft_evidence_counts(review, td_row_text(application, "id"), &counts);
    if (!result)
        result = part(review, application, &asked, &left);
    if (!result)
        *ret_check = td_form_completeness(td_application_form(review, application), "applicant",
                                          asked, counts);
    json_decref(counts);
    json_decref(asked);
    json_decref(left);
    return result ? result : *ret_check ? 0 : TD_ENOMEM;
}
