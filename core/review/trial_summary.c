/* trial_summary.c - see trial_summary.h. One pass over the rows; what it keeps does not grow with
 * them but for two counters per possible total. */
#include "review/trial_summary.h"

#include "base/json.h"
#include "review/row.h"
#include "store/store.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TOTAL_MAX = 100000, GROUPS_MAX = 512, DIMENSIONS = 4 };

static const char *const dimensions[DIMENSIONS] = {"district", "sex", "ethnicity", "unit_tier"};

struct tally {
    int64_t n; /* compared ones only */
    int64_t before, after, above_before, above_after, up, down;
    double change_squares;
};

struct group {
    int dimension;
    char key[64], name[256];
    bool small;
    struct tally tally;
};

struct summary {
    int64_t dossiers, gain, loss, same, newly_vetoed, no_longer_vetoed, newly_failing,
        newly_passing, vetoed_before, vetoed_after, after, above_after;
    struct tally all;
    int32_t *before_at, *after_at; /* how many have this total */
    int64_t highest;
    json_t *conditions; /* {id: {counts}} */
    struct group groups[GROUPS_MAX];
    size_t group_count;
};

static void count_into(struct tally *tally, const json_t *row)
{
    int64_t change = td_row_int(row, "change");
    tally->n++;
    tally->before += td_row_int(row, "before_total");
    tally->after += td_row_int(row, "after_total");
    tally->above_before += td_row_bool(row, "before_above");
    tally->above_after += td_row_bool(row, "after_above");
    tally->up += td_row_int(row, "crosses") > 0;
    tally->down += td_row_int(row, "crosses") < 0;
    tally->change_squares += (double)change * (double)change;
}

static void count_group(struct summary *summary, int dimension, const char *key, const char *name,
                        const json_t *row)
{
    struct group *group = summary->groups;
    struct group *end = group + summary->group_count;
    while (group < end &&
           (group->dimension != dimension || strncmp(group->key, key, sizeof(group->key) - 1) != 0))
        group++;
    if (group == end && summary->group_count == GROUPS_MAX)
        return;
    if (group == end) {
        *group = (struct group){.dimension = dimension};
        snprintf(group->key, sizeof(group->key), "%s", key);
        snprintf(group->name, sizeof(group->name), "%s", name);
        summary->group_count++;
    }
    count_into(&group->tally, row);
}

static void add(json_t *counts, const char *id, const char *member)
{
    json_t *of = json_object_get(counts, id);
    if (!of) {
        of = json_object();
        json_object_set_new(counts, id, of);
    }
    json_object_set_new(of, member, json_integer(td_row_int(of, member) + 1));
}

static void count_conditions(struct summary *summary, const json_t *row)
{
    const json_t *before = json_object_get(row, "before_failed"),
                 *after = json_object_get(row, "after_failed");
    bool known = json_is_integer(json_object_get(row, "before_total"));
    size_t i;
    json_t *id;
    json_array_foreach((json_t *)before, i, id) {
        add(summary->conditions, json_string_value(id), "failing_before");
        if (!td_json_lists(after, json_string_value(id)))
            add(summary->conditions, json_string_value(id), "newly_passing");
    }
    json_array_foreach((json_t *)after, i, id) {
        add(summary->conditions, json_string_value(id), "failing_after");
        if (known && !td_json_lists(before, json_string_value(id)))
            add(summary->conditions, json_string_value(id), "newly_failing");
    }
}

static void count_total(struct summary *summary, int32_t *at, int64_t total)
{
    int64_t place = total < 0 ? 0 : total > TOTAL_MAX ? TOTAL_MAX : total;
    at[place]++;
    if (place > summary->highest)
        summary->highest = place;
}

static void count_compared(struct summary *summary, const json_t *row)
{
    int64_t change = td_row_int(row, "change");
    bool was = td_row_bool(row, "before_vetoed"), is = td_row_bool(row, "after_vetoed");
    const json_t *person = json_object_get(row, "person");
    summary->gain += change > 0;
    summary->loss += change < 0;
    summary->same += change == 0;
    summary->vetoed_before += was;
    summary->newly_vetoed += is && !was;
    summary->no_longer_vetoed += was && !is;
    summary->newly_failing += td_row_int(row, "fails") > 0;
    summary->newly_passing += td_row_int(row, "passes") > 0;
    count_into(&summary->all, row);
    count_total(summary, summary->before_at, td_row_int(row, "before_total"));
    count_group(summary, 0, td_row_text(row, "division_code"), td_row_text(row, "division_name"),
                row);
    count_group(summary, 1, td_row_text(person, "sex"), "", row);
    count_group(summary, 2, td_row_text(person, "ethnicity"), td_row_text(person, "ethnicity"),
                row);
    count_group(summary, 3, td_row_text(row, "grassroots"), "", row);
}

static int count_row(json_t *row, void *arg)
{
    struct summary *summary = arg;
    summary->dossiers++;
    summary->after += td_row_int(row, "after_total");
    summary->above_after += td_row_bool(row, "after_above");
    summary->vetoed_after += td_row_bool(row, "after_vetoed");
    count_total(summary, summary->after_at, td_row_int(row, "after_total"));
    count_conditions(summary, row);
    if (json_is_integer(json_object_get(row, "before_total")))
        count_compared(summary, row);
    return 0;
}

/* --- groups ----------------------------------------------------------------------------------- */

static void merge(struct tally *into, const struct tally *from)
{
    into->n += from->n;
    into->before += from->before;
    into->after += from->after;
    into->above_before += from->above_before;
    into->above_after += from->above_after;
    into->up += from->up;
    into->down += from->down;
    into->change_squares += from->change_squares;
}

static struct group *smallest(struct summary *summary, int dimension)
{
    struct group *least = NULL;
    for (size_t i = 0; i < summary->group_count; i++) {
        struct group *group = &summary->groups[i];
        if (group->dimension == dimension && !group->small && group->tally.n > 0 &&
            (!least || group->tally.n < least->tally.n))
            least = group;
    }
    return least;
}

/* Adds the small ones up; what it leaves empty is not shown. */
static void hide_small(struct summary *summary, int dimension)
{
    struct group hidden = {.dimension = dimension, .small = true}, *least;
    while ((least = smallest(summary, dimension)) &&
           (least->tally.n < TD_TRIAL_GROUP_MIN ||
            (hidden.tally.n > 0 && hidden.tally.n < TD_TRIAL_GROUP_MIN))) {
        merge(&hidden.tally, &least->tally);
        least->tally.n = 0;
    }
    if (hidden.tally.n == 0)
        return;
    size_t place = 0; /* of one that is empty now */
    while (summary->groups[place].dimension != dimension || summary->groups[place].tally.n > 0)
        place++;
    summary->groups[place] = hidden;
}

struct moments {
    double mean, variance;
};

static struct moments of_change(const struct tally *tally)
{
    double n = (double)tally->n, mean = (double)(tally->after - tally->before) / n;
    return (struct moments){mean, (tally->change_squares / n - mean * mean) * n / (n - 1)};
}

static struct moments of_crossing(const struct tally *tally)
{
    double n = (double)tally->n, mean = (double)(tally->up - tally->down) / n;
    return (struct moments){mean,
                            ((double)(tally->up + tally->down) / n - mean * mean) * n / (n - 1)};
}

/* 1 or -1 when a is that far above or below b and it is hardly chance. */
static int apart(struct moments a, int64_t n, struct moments b, int64_t m, double gap)
{
    double difference = a.mean - b.mean,
           error = sqrt(a.variance / (double)n + b.variance / (double)m);
    if (fabs(difference) < gap || fabs(difference) <= 3 * error)
        return 0;
    return difference > 0 ? 1 : -1;
}

static const char *flag_of(const struct summary *summary, const struct tally *own)
{
    struct tally rest = summary->all;
    struct tally less = {-own->n,           -own->before, -own->after, -own->above_before,
                         -own->above_after, -own->up,     -own->down,  -own->change_squares};
    merge(&rest, &less);
    if (own->n < TD_TRIAL_GROUP_MIN || rest.n < TD_TRIAL_GROUP_MIN)
        return NULL;
    int points = apart(of_change(own), own->n, of_change(&rest), rest.n, TD_TRIAL_GAP);
    int line = apart(of_crossing(own), own->n, of_crossing(&rest), rest.n, 0.05);
    int way = points ? points : line;
    return way > 0 ? "gains" : way < 0 ? "loses" : NULL;
}

static json_int_t rounded(double value)
{
    return (json_int_t)llround(value);
}

static json_t *show_group(const struct summary *summary, const struct group *group)
{
    const struct tally *tally = &group->tally;
    double n = (double)tally->n;
    return json_pack(
        "{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s?}", "key", group->key, "name",
        group->name, "small", group->small, "n", (json_int_t)tally->n, "mean_before",
        rounded((double)tally->before / n), "mean_after", rounded((double)tally->after / n),
        "mean_change", rounded((double)(tally->after - tally->before) / n), "above_before",
        rounded(10000 * (double)tally->above_before / n), "above_after",
        rounded(10000 * (double)tally->above_after / n), "crosses_up", (json_int_t)tally->up,
        "crosses_down", (json_int_t)tally->down, "flag", flag_of(summary, tally));
}

static int by_size(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    if (x->small != y->small)
        return x->small ? 1 : -1;
    return x->tally.n != y->tally.n ? (x->tally.n < y->tally.n ? 1 : -1) : strcmp(x->key, y->key);
}

static json_t *show_groups(struct summary *summary)
{
    json_t *all = json_array();
    for (int dimension = 0; dimension < DIMENSIONS; dimension++)
        hide_small(summary, dimension);
    qsort(summary->groups, summary->group_count, sizeof(struct group), by_size);
    for (int dimension = 0; dimension < DIMENSIONS; dimension++) {
        json_t *groups = json_array();
        for (size_t i = 0; i < summary->group_count; i++) {
            const struct group *group = &summary->groups[i];
            if (group->dimension == dimension && group->tally.n > 0)
                json_array_append_new(groups, show_group(summary, group));
        }
        json_array_append_new(
            all, json_pack("{s:s, s:o}", "by", dimensions[dimension], "groups", groups));
    }
    return all;
}

/* --- distributions ---------------------------------------------------------------------------- */

/* The middle one, or the lower of the two in the middle. */
static int64_t median(const int32_t *at, int64_t n)
{
    int64_t seen = 0, total = 0;
    for (; total < TOTAL_MAX; total++)
        if ((seen += at[total]) * 2 >= n)
            break;
    return total;
}

static json_t *show_side(const int32_t *at, int64_t n, int64_t sum, int64_t above, int64_t vetoed)
{
    if (n == 0)
        return json_null();
    return json_pack("{s:I, s:I, s:I, s:I}", "mean", rounded((double)sum / (double)n), "median",
                     (json_int_t)median(at, n), "above", (json_int_t)above, "vetoed",
                     (json_int_t)vetoed);
}

static json_t *show_histogram(const struct summary *summary)
{
    json_t *bars = json_array();
    int64_t top = summary->highest > 10000 ? summary->highest : 10000;
    for (int64_t from = 0; from < top; from += TD_TRIAL_BUCKET) {
        int64_t to = from + TD_TRIAL_BUCKET, before = 0, after = 0;
        for (int64_t total = from; total < to + (to >= top) && total <= TOTAL_MAX; total++) {
            before += summary->before_at[total];
            after += summary->after_at[total];
        }
        json_array_append_new(bars, json_pack("{s:I, s:I, s:I, s:I}", "from", (json_int_t)from,
                                              "to", (json_int_t)to, "before", (json_int_t)before,
                                              "after", (json_int_t)after));
    }
    return bars;
}

/* With the names that the outlines of both standards have for them. */
static json_t *show_conditions(const struct summary *summary, const json_t *outlines)
{
    json_t *list = json_array(), *outline, *row, *seen = json_object();
    size_t i, k;
    json_array_foreach((json_t *)outlines, i, outline)
        json_array_foreach(json_object_get(outline, "outline"), k, row) {
            const char *id = td_row_text(row, "id");
            const json_t *of = json_object_get(summary->conditions, id);
            if (!td_row_equals(row, "part", "condition") || json_object_get(seen, id))
                continue;
            json_object_set_new(seen, id, json_true());
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "id", id, "name",
                                td_row_text(row, "name"), "failing_before",
                                (json_int_t)td_row_int(of, "failing_before"), "failing_after",
                                (json_int_t)td_row_int(of, "failing_after"), "newly_failing",
                                (json_int_t)td_row_int(of, "newly_failing"), "newly_passing",
                                (json_int_t)td_row_int(of, "newly_passing")));
        }
    json_decref(seen);
    return list;
}

static json_t *show(struct summary *summary, const json_t *outlines)
{
    json_t *shown = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "dossiers",
        (json_int_t)summary->dossiers, "compared", (json_int_t)summary->all.n, "gain",
        (json_int_t)summary->gain, "loss", (json_int_t)summary->loss, "same",
        (json_int_t)summary->same, "crosses_up", (json_int_t)summary->all.up, "crosses_down",
        (json_int_t)summary->all.down, "newly_vetoed", (json_int_t)summary->newly_vetoed,
        "no_longer_vetoed", (json_int_t)summary->no_longer_vetoed, "newly_failing",
        (json_int_t)summary->newly_failing, "newly_passing", (json_int_t)summary->newly_passing,
        "before",
        show_side(summary->before_at, summary->all.n, summary->all.before,
                  summary->all.above_before, summary->vetoed_before),
        "after",
        show_side(summary->after_at, summary->dossiers, summary->after, summary->above_after,
                  summary->vetoed_after));
    json_object_set_new(shown, "histogram", show_histogram(summary));
    json_object_set_new(shown, "conditions", show_conditions(summary, outlines));
    json_object_set_new(shown, "groups", show_groups(summary));
    return shown;
}

int td_trial_summarise(struct td_tx *tx, const char *trial_id, json_t **ret_summary)
{
    json_t *outlines = NULL;
    struct summary *summary = calloc(1, sizeof(*summary));
    int32_t *counters = calloc(2 * (TOTAL_MAX + 1), sizeof(*counters));
    int rc = summary && counters ? 0 : TD_ENOMEM;
    if (rc == 0) {
        summary->before_at = counters;
        summary->after_at = counters + TOTAL_MAX + 1;
        summary->conditions = json_object();
        rc = td_tx_rows(tx, &outlines,
                        "select s.outline from trial t join standard s on s.id in (t.standard_id,"
                        " t.base_standard_id) where t.id = $1 order by s.id = t.standard_id desc",
                        "s", trial_id);
    }
    if (rc == 0)
        rc = td_tx_each(tx, count_row, summary,
                        "select d.division_code, v.name as division_name, d.before_total,"
                        " d.after_total, d.before_vetoed, d.after_vetoed, d.before_above,"
                        " d.after_above, d.before_failed, d.after_failed, d.change, d.crosses,"
                        " d.fails, d.passes, u.grassroots, p.person from trial_dossier d"
                        " join application a on a.id = d.application_id join unit u on"
                        " u.id = a.unit_id join account p on p.id = a.account_id"
                        " join division v on v.code = d.division_code where d.trial_id = $1",
                        "s", trial_id);
    if (rc == 0)
        *ret_summary = show(summary, outlines);
    if (summary)
        json_decref(summary->conditions);
    json_decref(outlines);
    free(counters);
    free(summary);
    return rc == 0 && !*ret_summary ? TD_ENOMEM : rc;
}
