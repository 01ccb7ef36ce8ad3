/* draw_seat.c - who sits, by the order of a draw, its criteria and what those asked have answered.
 * Pure, as draw_file.c is. See draw_file.h. */
#include "review/draw_file.h"

#include "review/row.h"

#include <stdlib.h>

const char *td_draw_odd_number(const json_t *criteria)
{
    static const struct {
        const char *member;
        int64_t least, most;
    } bounds[] = {{"size", 1, TD_DRAW_SIZE},
                  {"reserves", 0, TD_DRAW_SIZE},
                  {"max_per_unit", 0, TD_DRAW_SIZE},
                  {"outside_percent", 0, 100},
                  {"new_percent", 0, 100}};
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        int64_t number = td_row_int(criteria, bounds[i].member);
        if (number < bounds[i].least || number > bounds[i].most)
            return bounds[i].member;
    }
    return NULL;
}

/* A candidate. Whom a seat shuts out depends on no more than this. */
struct person {
    size_t unit; /* its number */
    bool outside, fresh;
    json_t *seat; /* of seating.seats; NULL = was never asked */
};

/* Counted as seats are taken and left, so that thousands who decline cost no more than they are. */
struct seating {
    struct person *people;
    json_t *numbers;       /* {id: a person's} */
    const json_t *order;   /* ids */
    struct person **queue; /* the same; NULL for nobody */
    size_t first;          /* before it everybody was asked */
    int64_t *of_unit;      /* taken seats, by unit */
    int64_t taken, outside, fresh;
    int64_t size, per_unit, outside_due, fresh_due; /* the criteria: how many of each */
    json_t *seats;
    bool failed; /* without memory */
};

static int64_t share(const json_t *criteria, const char *percent)
{
    return (td_row_int(criteria, "size") * td_row_int(criteria, percent) + 99) / 100;
}

static struct person *find_person(const struct seating *seating, const char *id)
{
    const json_t *number = id ? json_object_get(seating->numbers, id) : NULL;
    return number ? &seating->people[json_integer_value(number)] : NULL;
}

/* The number of a name, given when it comes first. */
static size_t number_of(json_t *numbers, const char *name, bool *failed)
{
    const json_t *known = json_object_get(numbers, name);
    size_t next = json_object_size(numbers);
    if (known)
        return (size_t)json_integer_value(known);
    *failed |= json_object_set_new(numbers, name, json_integer((json_int_t)next)) < 0;
    return next;
}

static void count_seat(struct seating *seating, const struct person *person, int by)
{
    seating->taken += by;
    seating->outside += by * person->outside;
    seating->fresh += by * person->fresh;
    seating->of_unit[person->unit] += by;
}

static int64_t positive(int64_t number)
{
    return number > 0 ? number : 0;
}

/* The seats that are taken leave room for this one. */
static bool admits(const struct seating *seating, const struct person *person)
{
    if (seating->taken >= seating->size ||
        (seating->per_unit && seating->of_unit[person->unit] >= seating->per_unit))
        return false;
    return seating->size - seating->taken - 1 >=
           positive(seating->outside_due - seating->outside - person->outside) +
               positive(seating->fresh_due - seating->fresh - person->fresh);
}

/* Whoever comes first of those who were not asked and whom the taken seats admit; the end for
 * nobody. */
static size_t find_next(struct seating *seating)
{
    size_t count = json_array_size(seating->order), i = seating->first;
    while (i < count && (!seating->queue[i] || seating->queue[i]->seat))
        i++;
    for (seating->first = i; i < count; i++)
        if (seating->queue[i] && !seating->queue[i]->seat && admits(seating, seating->queue[i]))
            return i;
    return count;
}

/* Seats whoever comes next until the seats are full or nobody fits. */
static void fill(struct seating *seating, int64_t round)
{
    while (!seating->failed && seating->taken < seating->size) {
        size_t i = find_next(seating);
        if (i == json_array_size(seating->order))
            return;
        struct person *person = seating->queue[i];
        person->seat = json_pack("{s:O, s:I, s:I, s:s}", "id", json_array_get(seating->order, i),
                                 "rank", (json_int_t)i + 1, "round", round, "answer", "");
        seating->failed = json_array_append_new(seating->seats, person->seat) < 0;
        count_seat(seating, person, 1);
    }
}

static void start_seating(struct seating *seating, const json_t *file)
{
    const json_t *criteria = json_object_get(file, "criteria"), *one;
    const json_t *candidates = json_object_get(file, "candidates");
    json_t *units = json_object();
    size_t i, count = json_array_size(candidates);
    *seating = (struct seating){.people = calloc(count + 1, sizeof(struct person)),
                                .numbers = json_object(),
                                .order = json_object_get(file, "order"),
                                .of_unit = calloc(count + 1, sizeof(int64_t)),
                                .size = td_row_int(criteria, "size"),
                                .per_unit = td_row_int(criteria, "max_per_unit"),
                                .outside_due = share(criteria, "outside_percent"),
                                .fresh_due = share(criteria, "new_percent"),
                                .seats = json_array()};
    size_t asked = json_array_size(seating->order);
    seating->queue = calloc(asked + 1, sizeof(struct person *));
    seating->failed = !seating->people || !seating->of_unit || !seating->queue;
    for (i = 0; i < count && !seating->failed; i++) {
        one = json_array_get(candidates, i);
        size_t number = number_of(seating->numbers, td_row_text(one, "id"), &seating->failed);
        seating->people[number] =
            (struct person){.unit = number_of(units, td_row_text(one, "unit"), &seating->failed),
                            .outside = td_row_bool(one, "outside"),
                            .fresh = td_row_bool(one, "new")};
    }
    for (i = 0; i < asked && !seating->failed; i++)
        seating->queue[i] =
            find_person(seating, json_string_value(json_array_get(seating->order, i)));
    json_decref(units);
}

static void end_seating(struct seating *seating)
{
    json_decref(seating->numbers);
    free(seating->people);
    free(seating->queue);
    free(seating->of_unit);
}

/* What somebody answered; TD_EINVALID for who was not asked or has answered. */
static int take_answer(struct seating *seating, const json_t *answer)
{
    struct person *person = find_person(seating, td_row_text(answer, "id"));
    json_t *given = json_object_get(answer, "answer");
    if (!person || !person->seat || !given || *td_row_text(person->seat, "answer"))
        return TD_EINVALID;
    seating->failed |= json_object_set(person->seat, "answer", given) < 0;
    if (!td_row_equals(answer, "answer", "declined"))
        return 0;
    count_seat(seating, person, -1);
    fill(seating, td_row_int(person->seat, "round") + 1);
    return 0;
}

int td_draw_seat(json_t *file)
{
    struct seating seating;
    size_t i;
    json_t *one = NULL;
    int rc = 0;
    if (td_draw_odd_number(json_object_get(file, "criteria")))
        return TD_EINVALID;
    start_seating(&seating, file);
    fill(&seating, 1);
    json_array_foreach(json_object_get(file, "answers"), i, one)
        if (rc == 0 && !seating.failed)
            rc = take_answer(&seating, one);
    end_seating(&seating);
    if (seating.failed)
        rc = TD_ENOMEM;
    if (rc < 0)
        json_decref(seating.seats);
    else if (json_object_set_new(file, "seats", seating.seats) < 0)
        rc = TD_ENOMEM;
    return rc;
}
