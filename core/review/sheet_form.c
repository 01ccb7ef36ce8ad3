/* sheet_form.c - see sheet_form.h. Writes nothing itself: sheets are saved by sheet.c, as the page
 * saves them. */
#include "review/sheet_form.h"

#include "base/table.h"
#include "base/utf8.h"
#include "review/row.h"
#include "review/sheet.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The columns, in the order in which td_sheet_form_make names them. */
enum column {
    KEY,
    VERSION,
    SEQUENCE,
    NUMBER,
    NAME,
    SPECIALTY,
    ITEM,
    ITEM_NAME,
    RULE,
    LEAST,
    MOST,
    FILLED,
    COLUMNS
};

enum { COMMENT_MAX = 4000 };

static const struct {
    const char *word, *name;
} opinions[] = {{"recommend", "推荐"}, {"reserve", "保留"}, {"against", "不推荐"}};

static const char opinion_rule[] = "推荐 recommend / 保留 reserve / 不推荐 against";

static const char *opinion_name(const char *word)
{
    for (size_t i = 0; i < sizeof(opinions) / sizeof(opinions[0]); i++)
        if (!strcmp(word, opinions[i].word))
            return opinions[i].name;
    return "";
}

/* NULL for what is none. */
static const char *opinion_word(const char *text)
{
    for (size_t i = 0; i < sizeof(opinions) / sizeof(opinions[0]); i++)
        if (!strcmp(text, opinions[i].name) || !strcasecmp(text, opinions[i].word))
            return opinions[i].word;
    return NULL;
}

/* --- making ----------------------------------------------------------------------------------- */

static json_t *points_text(json_int_t points)
{
    return json_sprintf("%lld.%02lld", (long long)points / 100, (long long)points % 100);
}

static void add_row(json_t *items, const json_t *dossier, const json_t *sheet, const char *item,
                    const char *name, const char *rule, json_t *least, json_t *most, json_t *filled)
{
    json_array_append_new(
        items,
        json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "sheet_key",
                  td_row_text(dossier, "id"), "sheet_version", td_row_int(sheet, "version"),
                  "sequence", td_row_int(dossier, "sequence"), "application_number",
                  td_row_text(dossier, "number"), "applicant_name", td_row_text(dossier, "name"),
                  "specialty_name", td_row_text(dossier, "specialty_name"), "item", item,
                  "item_name", name, "rule", rule, "least", least, "most", most, "filled", filled));
}

/* The indicators of a dossier's standard, read once for each of `known`: {"series/level": [...]}.
 */
static int indicators_of(struct td_review *review, const json_t *dossier, json_t *known,
                         const json_t **ret_indicators)
{
    const char *series = td_row_text(dossier, "series"), *level = td_row_text(dossier, "level");
    json_t *read = NULL;
    char key[80];
    snprintf(key, sizeof(key), "%.38s/%.38s", series, level);
    int rc = 0;
    if (!json_object_get(known, key) &&
        (rc = td_sheet_indicators(review->tx, series, level, &read)) == 0)
        json_object_set_new(known, key, read);
    *ret_indicators = json_object_get(known, key);
    return rc;
}

static int add_dossier(struct td_review *review, const json_t *dossier, json_t *known,
                       json_t *items)
{
    const json_t *indicators = NULL;
    json_t *sheet = NULL, *one;
    size_t i;
    int rc = td_sheet_load(review, td_row_text(dossier, "id"), &sheet, NULL);
    if (rc == 0)
        rc = indicators_of(review, dossier, known, &indicators);
    if (rc < 0) {
        json_decref(sheet);
        return rc == TD_ENOTFOUND ? 0 : rc;
    }
    json_array_foreach((json_t *)indicators, i, one) {
        const json_t *given =
            json_object_get(json_object_get(sheet, "points"), td_row_text(one, "id"));
        add_row(items, dossier, sheet, td_row_text(one, "id"), td_row_text(one, "name"),
                td_row_text(one, "rule"), points_text(td_row_int(one, "min")),
                points_text(td_row_int(one, "max")),
                given ? points_text(json_integer_value(given)) : json_string(""));
    }
    add_row(items, dossier, sheet, "opinion", "评议意见 Opinion", opinion_rule, json_string(""),
            json_string(""), json_string(opinion_name(td_row_text(sheet, "opinion"))));
    add_row(items, dossier, sheet, "comment", "评语 Comment", "", json_string(""), json_string(""),
            json_string(td_row_text(sheet, "comment")));
    json_decref(sheet);
    return 0;
}

int td_sheet_form_make(struct td_review *review, json_t **ret_form)
{
    json_t *list = NULL, *dossier, *items = json_array(), *known = json_object();
    size_t i;
    int rc = td_sheet_list(review, &list);
    json_array_foreach(json_object_get(list, "items"), i, dossier)
        if (rc == 0 && td_row_bool(dossier, "open"))
            rc = add_dossier(review, dossier, known, items);
    json_decref(known);
    json_decref(list);
    *ret_form = json_pack("{s:o, s:n}", "items", items, "next");
    return rc < 0 ? rc : *ret_form ? 0 : TD_ENOMEM;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int refuse(struct td_error *reterr, const char *code)
{
    return td_error_field(reterr, "file", code, "not the table that was fetched here");
}

int td_sheet_form_read(const char *bytes, size_t length, json_t **ret_rows, struct td_error *reterr)
{
    char *text = NULL;
    int result = td_table_text(bytes, length, &text);
    const char *at = text;
    if (result == TD_ENOMEM)
        return result;
    if (result < 0)
        return td_error_field(reterr, "file", "no_table", "save it as CSV, UTF-8 or GB 18030");
    char separator = td_table_separator(text);
    json_t *rows = json_array(), *heading = td_table_line(&at, separator, COLUMNS);
    int rc = json_array_size(heading) == COLUMNS ? 0 : refuse(reterr, "other_table");
    json_decref(heading);
    while (rc == 0 && *at) {
        if (json_array_size(rows) >= TD_SHEET_FORM_ROWS)
            rc = refuse(reterr, "too_long");
        else
            json_array_append_new(rows, td_table_line(&at, separator, COLUMNS));
    }
    free(text);
    if (rc < 0)
        json_decref(rows);
    else
        *ret_rows = rows;
    return rc;
}

static const char *cell(const json_t *row, enum column column)
{
    const char *text = json_string_value(json_array_get(row, column));
    return text ? text : "";
}

/* What was filled in: without the apostrophe that keeps a spreadsheet from running it
 * (http/table.h).
 */
static const char *filled_in(const json_t *row)
{
    const char *text = cell(row, FILLED);
    return *text == '\'' && td_table_runs(text + 1) ? text + 1 : text;
}

/* --- taking ----------------------------------------------------------------------------------- */

struct taking {
    struct td_review *review;
    json_t *problems;
    int64_t saved, unchanged, values;
};

static void add_problem(struct taking *taking, const json_t *row, const char *code)
{
    json_array_append_new(taking->problems,
                          json_pack("{s:O, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "row",
                                    json_array_get(row, COLUMNS), "sequence", cell(row, SEQUENCE),
                                    "number", cell(row, NUMBER), "least", cell(row, LEAST), "most",
                                    cell(row, MOST), "item", cell(row, ITEM), "item_name",
                                    cell(row, ITEM_NAME), "filled", cell(row, FILLED),
                                    "form_problem", code));
}

static bool is_same(const json_t *sheet, const char *item, const char *text)
{
    char shown[32];
    const json_t *given = json_object_get(json_object_get(sheet, "points"), item);
    if (!strcmp(item, "opinion") || !strcmp(item, "comment"))
        return !strcmp(td_row_text(sheet, item), text);
    if (!given)
        return false;
    long long points = (long long)json_integer_value(given);
    snprintf(shown, sizeof(shown), "%lld.%02lld", points / 100, points % 100);
    return strtod(shown, NULL) == strtod(text, NULL) && *text && isdigit((unsigned char)*text);
}

static bool is_empty_in(const json_t *sheet, const char *item)
{
    if (!strcmp(item, "opinion") || !strcmp(item, "comment"))
        return !*td_row_text(sheet, item);
    return !json_object_get(json_object_get(sheet, "points"), item);
}

/* Why a row must not replace what the sheet has; NULL when it may. */
static const char *clash(const json_t *sheet, const json_t *row)
{
    char *end = NULL;
    const char *text = cell(row, VERSION);
    long long version = strtoll(text, &end, 10);
    if (!*text || *end)
        return "no_version";
    return version == td_row_int(sheet, "version") ? NULL : "stale";
}

/* Puts a row's value where td_sheet_save takes it; false when it is empty, what the sheet has, or
 * not to be taken: then it is named. */
static bool put_value(struct taking *taking, const json_t *sheet, const json_t *row, json_t *sent)
{
    const char *item = cell(row, ITEM), *text = filled_in(row), *because = NULL;
    bool opinion = !strcmp(item, "opinion"), comment = !strcmp(item, "comment");
    const char *value = opinion ? opinion_word(text) : text;
    if (!*text || (value && is_same(sheet, item, value)))
        return false;
    if (!value)
        because = "opinion";
    else if (comment && td_utf8_count(text, strlen(text)) > COMMENT_MAX)
        because = "too_long";
    else if (comment && td_utf8_has_controls(text, strlen(text)))
        because = "not_text";
    else if (!is_empty_in(sheet, item))
        because = clash(sheet, row);
    if (because) {
        add_problem(taking, row, because);
        return false;
    }
    json_t *place = opinion || comment ? sent : json_object_get(sent, "points");
    return json_object_set_new(place, item, json_string(value)) == 0;
}

/* The first row of each item: an expert's table may have as many items as it has rows. */
static json_t *by_item(const json_t *rows)
{
    size_t i;
    json_t *row, *index = json_object();
    json_array_foreach((json_t *)rows, i, row)
        if (!json_object_get(index, cell(row, ITEM)))
            json_object_set(index, cell(row, ITEM), row);
    return index;
}

/* Names the values that the sheet refused and takes them out of `sent`; how many. */
static size_t take_out(struct taking *taking, const struct td_error *refusal, const json_t *rows,
                       json_t *sent)
{
    static const char prefix[] = "points.";
    size_t i, count = 0;
    json_t *field, *index = by_item(rows);
    json_array_foreach(refusal->fields, i, field) {
        const char *name = td_row_text(field, "field"), *code = td_row_text(field, "code");
        const char *item = strncmp(name, prefix, strlen(prefix)) ? name : name + strlen(prefix);
        const json_t *row = json_object_get(index, item);
        if (json_object_del(json_object_get(sent, "points"), item) < 0)
            continue;
        if (row)
            add_problem(taking, row, code);
        count++;
    }
    json_decref(index);
    return count;
}

static bool is_empty(const json_t *sent)
{
    return json_object_size(sent) == 1 && json_object_size(json_object_get(sent, "points")) == 0;
}

/* Saves what holds; what the sheet refuses is taken out and the rest saved. */
static int save(struct taking *taking, const char *id, const json_t *rows, json_t *sent)
{
    int64_t version;
    struct td_error refusal = TD_ERROR_INIT;
    int rc = td_sheet_save(taking->review, id, sent, &version, &refusal);
    bool again = rc == TD_EFIELDS && take_out(taking, &refusal, rows, sent) > 0;
    td_error_done(&refusal);
    if (again && is_empty(sent))
        return 0;
    if (again)
        rc = td_sheet_save(taking->review, id, sent, &version, NULL);
    if (rc == 0) {
        taking->saved++;
        taking->values += (int64_t)json_object_size(json_object_get(sent, "points")) +
                          (int64_t)json_object_size(sent) - 1;
    }
    return rc;
}

/* Why no value of the dossier can be taken; NULL when they can. */
static const char *obstacle(const json_t *sheet)
{
    if (!sheet)
        return "not_yours";
    return *td_row_text(sheet, "submitted_at") ? "submitted" : NULL;
}

static int take_dossier(struct taking *taking, const char *id, const json_t *rows)
{
    json_t *sheet = NULL, *row, *sent = json_pack("{s:{}}", "points");
    size_t i, given = 0, before = json_array_size(taking->problems);
    int rc = td_sheet_load(taking->review, id, &sheet, NULL);
    if (rc < 0 && rc != TD_ENOTFOUND) {
        json_decref(sent);
        return rc;
    }
    rc = 0;
    json_array_foreach((json_t *)rows, i, row)
        given += put_value(taking, sheet, row, sent);
    bool speaks = given > 0 || json_array_size(taking->problems) > before;
    const char *because = speaks || !sheet ? obstacle(sheet) : NULL;
    if (because) {
        while (json_array_size(taking->problems) > before)
            json_array_remove(taking->problems, before);
        add_problem(taking, json_array_get(rows, 0), because);
    } else if (given) {
        rc = save(taking, id, rows, sent);
        if (rc == TD_ECONFLICT) {
            add_problem(taking, json_array_get(rows, 0), "closed");
            rc = 0;
        }
    } else {
        taking->unchanged += !speaks;
    }
    json_decref(sent);
    json_decref(sheet);
    return rc;
}

int td_sheet_form_take(struct td_review *review, const json_t *rows, json_t **ret_report)
{
    struct taking taking = {.review = review, .problems = json_array()};
    json_t *by_key = json_object(), *row, *list;
    const char *key;
    size_t i;
    int rc = 0;
    json_array_foreach((json_t *)rows, i, row) {
        key = cell(row, KEY);
        if (json_array_size(row) != COLUMNS || !*key)
            continue; /* an empty line */
        json_t *numbered = json_copy(row);
        json_array_append_new(numbered, json_integer((json_int_t)i + 2));
        if (!json_object_get(by_key, key))
            json_object_set_new(by_key, key, json_array());
        json_array_append_new(json_object_get(by_key, key), numbered);
    }
    json_object_foreach(by_key, key, list)
        if (rc == 0)
            rc = take_dossier(&taking, key, list);
    json_decref(by_key);
    *ret_report = json_pack("{s:I, s:I, s:I, s:o}", "saved", taking.saved, "unchanged",
                            taking.unchanged, "values", taking.values, "problems", taking.problems);
    return rc < 0 ? rc : *ret_report ? 0 : TD_ENOMEM;
}
