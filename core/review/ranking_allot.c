/* ranking_allot.c - posts to places: the pure part of ranking.h. */
#include "review/ranking.h"
#include "review/row.h"

#include <string.h>

/* What is left while the places are walked down. */
struct posts {
    int64_t shared; /* -1 = not controlled */
    json_t *pools;  /* {unit id: posts} */
};

static int64_t pool_of(const struct posts *posts, const char *unit)
{
    return td_row_int(posts->pools, unit);
}

static void set_pool(struct posts *posts, const char *unit, int64_t left)
{
    json_object_set_new(posts->pools, unit, json_integer(left));
}

/* One post for somebody of this unit: his unit's own first. */
static void take(struct posts *posts, const char *unit)
{
    int64_t own = pool_of(posts, unit);
    if (own > 0)
        set_pool(posts, unit, own - 1);
    else if (posts->shared > 0)
        posts->shared--;
}

static int64_t sum_of(const json_t *pools)
{
    const char *unit;
    json_t *count;
    int64_t sum = 0;
    json_object_foreach((json_t *)pools, unit, count)
        sum += json_integer_value(count);
    return sum;
}

static bool equal(const json_t *left, const json_t *right)
{
    return td_row_int(left, "yes") == td_row_int(right, "yes") &&
           td_row_int(left, "total") == td_row_int(right, "total");
}

static void set_outcome(json_t *entry, const char *outcome)
{
    json_object_set_new(entry, "ranking_outcome", json_string(outcome));
}

/* Entries from..to of one unit, those not decided yet; with `chosen` only the bureau's choice. */
static int64_t count_of(const json_t *entries, size_t from, size_t to, const char *unit,
                        bool chosen)
{
    int64_t count = 0;
    for (size_t i = from; i < to; i++) {
        const json_t *entry = json_array_get(entries, i);
        count += td_row_equals(entry, "unit_id", unit) &&
                 (!chosen || json_is_true(json_object_get(entry, "chosen")));
    }
    return count;
}

/* Is this the first of its unit in the block? */
static bool first_of_unit(const json_t *entries, size_t from, size_t at)
{
    const char *unit = td_row_text(json_array_get(entries, at), "unit_id");
    return count_of(entries, from, at, unit, false) == 0;
}

/* How many of the block need a shared post; `chosen`: of those chosen. */
static int64_t overflow(const struct posts *posts, const json_t *entries, size_t from, size_t to,
                        bool chosen)
{
    int64_t need = 0;
    for (size_t i = from; i < to; i++) {
        const char *unit = td_row_text(json_array_get(entries, i), "unit_id");
        int64_t beyond = count_of(entries, from, to, unit, chosen) - pool_of(posts, unit);
        if (first_of_unit(entries, from, i) && beyond > 0)
            need += beyond;
    }
    return need;
}

/* A unit whose own posts suffice for all of its people in the block is out of the contest. */
static bool contests(const struct posts *posts, const json_t *entries, size_t from, size_t to,
                     const char *unit)
{
    return count_of(entries, from, to, unit, false) > pool_of(posts, unit);
}

/* Did the bureau give exactly the posts that there are? Every contested pool is used up, and the
 * shared ones are. */
static bool choice_fits(const struct posts *posts, const json_t *entries, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const json_t *entry = json_array_get(entries, i);
        const char *unit = td_row_text(entry, "unit_id");
        if (!contests(posts, entries, from, to, unit))
            continue;
        if (!json_is_boolean(json_object_get(entry, "chosen")) ||
            count_of(entries, from, to, unit, true) < pool_of(posts, unit))
            return false;
    }
    return overflow(posts, entries, from, to, true) == posts->shared;
}

/* More equals than posts: whoever's unit has enough of its own is in, the others are in as chosen,
 * or tied. */
static int64_t contest(struct posts *posts, json_t *entries, size_t from, size_t to)
{
    json_t *before = json_deep_copy(posts->pools);
    const struct posts start = {posts->shared, before};
    int64_t capacity = posts->shared, tied = 0;
    for (size_t i = from; i < to; i++) {
        const char *unit = td_row_text(json_array_get(entries, i), "unit_id");
        if (first_of_unit(entries, from, i) && contests(&start, entries, from, to, unit))
            capacity += pool_of(&start, unit);
    }
    bool chosen = capacity > 0 && choice_fits(&start, entries, from, to);
    for (size_t i = from; i < to; i++) {
        json_t *entry = json_array_get(entries, i);
        const char *unit = td_row_text(entry, "unit_id");
        bool safe = !contests(&start, entries, from, to, unit);
        bool in = safe || (chosen && json_is_true(json_object_get(entry, "chosen")));
        set_outcome(entry, in ? "in" : capacity && !chosen ? "tied" : "out");
        if (in)
            take(posts, unit);
        else if (capacity && !chosen && ++tied)
            set_pool(posts, unit, 0);
    }
    if (tied)
        posts->shared = 0;
    json_decref(before);
    return tied ? capacity : 0;
}

/* A block of equals; *ret_contested grows by the posts that they wait for. */
static void settle(struct posts *posts, json_t *entries, size_t from, size_t to,
                   int64_t *ret_contested)
{
    if (posts->shared >= 0 && overflow(posts, entries, from, to, false) > posts->shared) {
        *ret_contested += contest(posts, entries, from, to);
        return;
    }
    for (size_t i = from; i < to; i++) {
        json_t *entry = json_array_get(entries, i);
        set_outcome(entry, "in");
        take(posts, td_row_text(entry, "unit_id"));
    }
}

static void set_places(json_t *entries, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        json_t *entry = json_array_get(entries, i);
        json_object_set_new(entry, "place", json_integer((json_int_t)from + 1));
        json_object_set_new(entry, "tied", json_boolean(to - from > 1));
    }
}

static int64_t count_outcome(const json_t *entries, const char *outcome)
{
    size_t i;
    json_t *entry;
    int64_t count = 0;
    json_array_foreach((json_t *)entries, i, entry)
        count += td_row_equals(entry, "ranking_outcome", outcome);
    return count;
}

static void set_all(json_t *entries, const char *outcome)
{
    size_t i;
    json_t *entry;
    json_array_foreach(entries, i, entry)
        set_outcome(entry, outcome);
}

void td_ranking_allot(json_t *group)
{
    json_t *entries = json_object_get(group, "entries"), *unit;
    struct posts posts = {td_row_int(group, "shared"),
                          json_deep_copy(json_object_get(group, "pools"))};
    int64_t contested = 0;
    size_t i, count = json_array_size(entries);
    json_array_foreach(json_object_get(group, "promised"), i, unit)
        take(&posts, json_string_value(unit));
    int64_t free_posts = posts.shared < 0 ? -1 : posts.shared + sum_of(posts.pools);
    for (size_t from = 0, to; from < count; from = to) {
        const json_t *first = json_array_get(entries, from);
        for (to = from + 1; to < count && equal(first, json_array_get(entries, to));)
            to++;
        set_places(entries, from, to);
        settle(&posts, entries, from, to, &contested);
    }
    int64_t tied = count_outcome(entries, "tied");
    bool over = tied || count_outcome(entries, "out");
    if (td_row_equals(group, "policy", "all"))
        set_all(entries, "in");
    else if (over && !td_row_bool(group, "granted"))
        set_all(entries, "no_posts");
    else if (over && td_row_equals(group, "policy", "revote"))
        set_all(entries, "revote");
    json_object_set_new(group, "posts", json_integer(free_posts));
    json_object_set_new(group, "over", json_boolean(over));
    json_object_set_new(group, "tied_count", json_integer(count_outcome(entries, "tied")));
    json_object_set_new(group, "contested", json_integer(contested));
    json_decref(posts.pools);
}
