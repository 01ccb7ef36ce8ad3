/* trial_view.c - see trial_view.h. */
#include "api/trial_view.h"

#include "base/error.h"
#include "review/row.h"

#include <stdbool.h>
#include <string.h>

/* --- the distribution as a picture ------------------------------------------------------------ */

enum { CHART_WIDTH = 640, CHART_HEIGHT = 200, CHART_LEFT = 40, CHART_TOP = 12 };

static int64_t highest_bar(const json_t *histogram)
{
    int64_t most = 1;
    size_t i;
    json_t *bar;
    json_array_foreach((json_t *)histogram, i, bar) {
        most = td_row_int(bar, "before") > most ? td_row_int(bar, "before") : most;
        most = td_row_int(bar, "after") > most ? td_row_int(bar, "after") : most;
    }
    return most;
}

/* One of a bar's two columns, standing on the axis. */
static json_t *column(int64_t x, int64_t width, int64_t count, int64_t most)
{
    int64_t height = (count * CHART_HEIGHT + most - 1) / most;
    return json_pack("{s:I, s:I, s:I, s:I}", "x", (json_int_t)x, "y",
                     (json_int_t)(CHART_TOP + CHART_HEIGHT - height), "width", (json_int_t)width,
                     "height", (json_int_t)height);
}

json_t *td_trial_view_chart(const json_t *histogram)
{
    int64_t most = highest_bar(histogram), bars = (int64_t)json_array_size(histogram);
    int64_t step = bars > 0 ? (CHART_WIDTH - CHART_LEFT) / bars : 0, half = step / 2 - 1;
    json_t *columns = json_array(), *bar;
    size_t i;
    json_array_foreach((json_t *)histogram, i, bar) {
        int64_t x = CHART_LEFT + (int64_t)i * step;
        json_t *one = json_pack(
            "{s:o, s:o, s:O, s:O, s:O, s:O}", "before_column",
            column(x, half, td_row_int(bar, "before"), most), "after_column",
            column(x + half, half, td_row_int(bar, "after"), most), "from_points",
            json_object_get(bar, "from"), "to_points", json_object_get(bar, "to"), "before",
            json_object_get(bar, "before"), "after", json_object_get(bar, "after"));
        if (i % 4 == 0)
            json_object_set_new(one, "tick",
                                json_pack("{s:I, s:I, s:I}", "x", (json_int_t)x, "y",
                                          (json_int_t)CHART_TOP + CHART_HEIGHT + 18, "score",
                                          td_row_int(bar, "from") / 100));
        json_array_append_new(columns, one);
    }
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:I, s:o}", "width", CHART_WIDTH, "height",
                     CHART_TOP + CHART_HEIGHT + 28, "left", CHART_LEFT, "top", CHART_TOP, "base",
                     CHART_TOP + CHART_HEIGHT, "most", (json_int_t)most, "bars", columns);
}

/* --- groups ----------------------------------------------------------------------------------- */

void td_trial_view_groups(json_t *summary)
{
    size_t i, k;
    json_t *by, *group;
    json_array_foreach(json_object_get(summary, "groups"), i, by) {
        const char *kind = td_row_text(by, "by");
        const char *member = !strcmp(kind, "unit_tier") ? "grassroots" : kind;
        json_array_foreach(json_object_get(by, "groups"), k, group)
            if (!strcmp(kind, "sex") || !strcmp(kind, "unit_tier"))
                json_object_set(group, member, json_object_get(group, "key"));
    }
}

/* --- two breakdowns --------------------------------------------------------------------------- */

/* The row of `id`; a new one with its name when there is none. */
static json_t *row_of(json_t *rows, json_t *places, const json_t *entry)
{
    const char *id = td_row_text(entry, "id");
    json_t *row = json_object_get(places, id);
    if (row)
        return row;
    row = json_pack("{s:s, s:s}", "id", id, "name", td_row_text(entry, "name"));
    json_array_append_new(rows, row);
    json_object_set(places, id, row);
    return row;
}

/* Puts entries' `member` and sentence into their rows, as <side>_<member> and <side>_because. */
static void take_side(json_t *rows, json_t *places, const json_t *entries, const char *side,
                      const char *member)
{
    size_t i;
    json_t *entry;
    char name[32];
    json_array_foreach((json_t *)entries, i, entry) {
        json_t *row = row_of(rows, places, entry);
        snprintf(name, sizeof(name), "%s_%s", side, member);
        json_object_set(row, name, json_object_get(entry, member));
        snprintf(name, sizeof(name), "%s_because", side);
        json_object_set(row, name, json_object_get(entry, "because"));
        snprintf(name, sizeof(name), "%s_known", side);
        json_object_set_new(row, name, json_true());
    }
}

static void mark_differences(const json_t *rows, const char *before, const char *after)
{
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row) {
        const json_t *was = json_object_get(row, before), *is = json_object_get(row, after);
        json_object_set_new(row, "differs", json_boolean(!was || !is || !json_equal(was, is)));
        json_object_set_new(row, "reworded",
                            json_boolean(was && is &&
                                         strcmp(td_row_text(row, "before_because"),
                                                td_row_text(row, "after_because")) != 0));
        if (json_is_integer(was) || json_is_integer(is))
            json_object_set_new(row, "change",
                                json_integer(td_row_int(row, after) - td_row_int(row, before)));
    }
}

static void take_items(json_t *rows, json_t *places, const json_t *score, const char *side)
{
    size_t i;
    json_t *section;
    json_array_foreach(json_object_get(score, "sections"), i, section) {
        json_t *own = json_pack("[O]", section);
        take_side(rows, places, own, side, "points");
        take_side(rows, places, own, side, "cap");
        take_side(rows, places, json_object_get(section, "items"), side, "points");
        json_decref(own);
    }
}

int td_trial_view_sides(json_t *dossier)
{
    static const char *const sides[] = {"before", "after"};
    json_t *rows = json_array(), *questions = json_array(), *vetoes = json_array();
    json_t *places = json_object(), *asked = json_object();
    for (size_t i = 0; i < 2; i++) {
        const json_t *score = json_object_get(dossier, sides[i]);
        take_items(rows, places, score, sides[i]);
        take_side(questions, asked, json_object_get(score, "conditions"), sides[i], "met");
    }
    for (size_t i = 0; i < 2; i++) {
        const json_t *score = json_object_get(dossier, sides[i]);
        take_side(vetoes, asked, json_object_get(score, "vetoes"), sides[i], "met");
    }
    mark_differences(rows, "before_points", "after_points");
    mark_differences(questions, "before_met", "after_met");
    mark_differences(vetoes, "before_met", "after_met");
    json_decref(places);
    json_decref(asked);
    json_object_set_new(dossier, "rows", rows);
    json_object_set_new(dossier, "questions", questions);
    return json_object_set_new(dossier, "refusals", vetoes) < 0 ? TD_ENOMEM : 0;
}
