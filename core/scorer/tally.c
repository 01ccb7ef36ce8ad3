/* tally.c - see tally.h. A rule's key in the memory is its number and the slices of the dossier
 * that it reads; of lists only the fields that it reads. What it is then asked about holds nothing
 * else, so that equal keys mean equal questions. */
#include "scorer/tally.h"

#include "scorer/score.h"

#include <stdlib.h>
#include <string.h>

/* A fact that a rule reads. */
struct reading {
    const char *fact;
    size_t length;
    json_t *fields; /* of the entries of a list; NULL: all of the value */
    bool quotes;    /* reads "because" too */
    size_t hint;    /* td_dossier_find */
};

struct rule {
    const char *id;
    json_t *head;       /* what its item or finding always has */
    int64_t cap;        /* of an item */
    const char *expert; /* the member of "expert" that it reads, or NULL */
    bool remembers;
    struct reading *readings;
    size_t reading_count;
};

struct section {
    json_t *head; /* {"id", "name", "cap"} */
    int64_t cap;
    size_t items;
};

/* Grows; used for one key at a time. */
struct bytes {
    unsigned char *at;
    size_t length, space;
    bool short_of_memory;
};

struct td_tally_plan {
    json_t *source; /* holds the texts */
    size_t condition_count, veto_count, rule_count, section_count;
    struct rule *rules; /* conditions, vetoes, items of the sections in turn */
    struct section *sections;
    int64_t cap;
    struct td_recall *recall;
    struct bytes key;
};

/* --- the plan --------------------------------------------------------------------------------- */

/* Is it written in JSON as it is? Slices are found by the text between their quotes. */
static bool is_plain(const char *name)
{
    for (; name && *name; name++)
        if (*name == '"' || *name == '\\' || (unsigned char)*name < 0x20)
            return false;
    return true;
}

static bool are_plain(const struct rule *rule)
{
    size_t k;
    json_t *field;
    bool plain = is_plain(rule->expert);
    for (size_t i = 0; i < rule->reading_count; i++) {
        plain = plain && is_plain(rule->readings[i].fact);
        json_array_foreach(rule->readings[i].fields, k, field)
            plain = plain && is_plain(json_string_value(field));
    }
    return plain;
}

static bool read_reading(struct reading *reading, const json_t *from)
{
    const json_t *fact = json_array_get(from, 0), *fields = json_array_get(from, 1);
    reading->fact = json_string_value(fact);
    reading->length = json_string_length(fact);
    reading->fields = json_is_array(fields) ? (json_t *)fields : NULL;
    reading->quotes = json_is_true(json_array_get(from, 2));
    return reading->fact != NULL;
}

static bool read_rule(struct rule *rule, const json_t *from)
{
    const json_t *readings = json_object_get(from, "readings");
    rule->id = json_string_value(json_object_get(from, "id"));
    rule->head = json_object_get(from, "head");
    rule->cap = json_integer_value(json_object_get(rule->head, "cap"));
    rule->expert = json_string_value(json_object_get(from, "expert"));
    rule->remembers = json_is_true(json_object_get(from, "remembers"));
    rule->reading_count = json_array_size(readings);
    rule->readings = calloc(rule->reading_count + 1, sizeof(*rule->readings));
    for (size_t i = 0; rule->readings && i < rule->reading_count; i++)
        if (!read_reading(&rule->readings[i], json_array_get(readings, i)))
            return false;
    if (!rule->readings || !rule->id || !json_is_object(rule->head))
        return false;
    rule->remembers = rule->remembers && are_plain(rule);
    return true;
}

static bool read_section(struct section *section, const json_t *from)
{
    section->head = (json_t *)from;
    section->cap = json_integer_value(json_object_get(from, "cap"));
    section->items = (size_t)json_integer_value(json_object_get(from, "items"));
    return json_is_object(from);
}

static bool read_plan(struct td_tally_plan *plan, const json_t *from)
{
    const json_t *rules = json_object_get(from, "rules"),
                 *sections = json_object_get(from, "sections");
    size_t items = 0;
    plan->condition_count = (size_t)json_integer_value(json_object_get(from, "conditions"));
    plan->veto_count = (size_t)json_integer_value(json_object_get(from, "vetoes"));
    plan->cap = json_integer_value(json_object_get(from, "cap"));
    plan->rule_count = json_array_size(rules);
    plan->section_count = json_array_size(sections);
    plan->rules = calloc(plan->rule_count + 1, sizeof(*plan->rules));
    plan->sections = calloc(plan->section_count + 1, sizeof(*plan->sections));
    plan->recall = td_recall_new();
    if (!plan->rules || !plan->sections || !plan->recall)
        return false;
    for (size_t i = 0; i < plan->rule_count; i++)
        if (!read_rule(&plan->rules[i], json_array_get(rules, i)))
            return false;
    for (size_t i = 0; i < plan->section_count; items += plan->sections[i++].items)
        if (!read_section(&plan->sections[i], json_array_get(sections, i)))
            return false;
    return plan->condition_count + plan->veto_count + items == plan->rule_count;
}

struct td_tally_plan *td_tally_plan_new(const json_t *from)
{
    struct td_tally_plan *plan = calloc(1, sizeof(*plan));
    if (!plan)
        return NULL;
    plan->source = json_incref((json_t *)from);
    if (read_plan(plan, from))
        return plan;
    td_tally_plan_free(plan);
    return NULL;
}

void td_tally_plan_free(struct td_tally_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; plan->rules && i < plan->rule_count; i++)
        free(plan->rules[i].readings);
    free(plan->rules);
    free(plan->sections);
    free(plan->key.at);
    td_recall_free(plan->recall);
    json_decref(plan->source);
    free(plan);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void put(struct bytes *bytes, const void *from, size_t length)
{
    if (bytes->length + length > bytes->space) {
        size_t space = (bytes->length + length) * 2 + 256;
        unsigned char *more = realloc(bytes->at, space);
        if (!more) {
            bytes->short_of_memory = true;
            return;
        }
        bytes->at = more;
        bytes->space = space;
    }
    memcpy(bytes->at + bytes->length, from, length);
    bytes->length += length;
}

/* JSON values hold no zero bytes: one separates them. */
static void put_slice(struct bytes *bytes, const struct td_slice *slice)
{
    if (slice->text)
        put(bytes, slice->text, slice->length);
    put(bytes, "", 1);
}

/* The value of a member of the object, absent when there is none. */
static struct td_slice member(const struct td_slice *object, const char *name)
{
    struct td_slice key, value, found = {0};
    const char *at = object->text, *end = at + object->length;
    size_t length = strlen(name);
    while (td_slice_next(&at, end, &key, &value))
        if (key.length == length && !memcmp(key.text, name, length))
            found = value;
    return found;
}

/* Is it a list of objects, of which fields can be taken? Not with an escape in it, which might be
 * in a name. */
static bool has_fields(const struct td_slice *list)
{
    struct td_slice entry;
    const char *at = list->text, *end = at + list->length;
    if (*at != '[' || memchr(at, '\\', list->length))
        return false;
    while (td_slice_next(&at, end, NULL, &entry))
        if (*entry.text != '{')
            return false;
    return at != NULL;
}

static void put_fields(struct bytes *bytes, const struct td_slice *list, const json_t *fields)
{
    struct td_slice entry;
    const char *at = list->text, *end = at + list->length;
    while (td_slice_next(&at, end, NULL, &entry)) {
        size_t i;
        json_t *field;
        put(bytes, "{", 1);
        json_array_foreach(fields, i, field) {
            struct td_slice value = member(&entry, json_string_value(field));
            put_slice(bytes, &value);
        }
    }
    put(bytes, "]", 2);
}

static void put_reading(struct bytes *bytes, const struct td_dossier *dossier,
                        struct reading *reading)
{
    const struct td_dossier_fact *fact =
        td_dossier_find(dossier, reading->fact, reading->length, &reading->hint);
    if (!fact) {
        put(bytes, "-", 2);
        return;
    }
    if (fact->value.text && reading->fields && has_fields(&fact->value))
        put_fields(bytes, &fact->value, reading->fields);
    else
        put_slice(bytes, &fact->value);
    put_slice(bytes, &fact->by);
    if (reading->quotes)
        put_slice(bytes, &fact->because);
}

static struct td_slice expert_of(const struct td_dossier *dossier, const struct rule *rule)
{
    if (!rule->expert || !dossier->expert.text || *dossier->expert.text != '{')
        return (struct td_slice){0};
    return member(&dossier->expert, rule->expert);
}

/* Leaves the key of the rule's question in plan->key; false when memory is short. */
static bool make_key(struct td_tally_plan *plan, size_t number, const struct td_dossier *dossier)
{
    struct rule *rule = &plan->rules[number];
    struct bytes *key = &plan->key;
    struct td_slice expert = expert_of(dossier, rule);
    key->length = 0;
    key->short_of_memory = false;
    put(key, &number, sizeof(number));
    for (size_t i = 0; i < rule->reading_count; i++)
        put_reading(key, dossier, &rule->readings[i]);
    put_slice(key, &expert);
    return !key->short_of_memory;
}

/* --- questions -------------------------------------------------------------------------------- */

/* Most values are plain texts, which need no parser. */
static json_t *parse(const struct td_slice *slice)
{
    if (slice->text && *slice->text == '"' && !memchr(slice->text, '\\', slice->length))
        return json_stringn(slice->text + 1, slice->length - 2);
    return slice->text ? json_loadb(slice->text, slice->length, JSON_DECODE_ANY, NULL) : NULL;
}

/* True when there is none; false when it is no JSON. */
static bool set_parsed(json_t *object, const char *name, const struct td_slice *slice)
{
    return !slice->text || json_object_set_new(object, name, parse(slice)) == 0;
}

static json_t *with_fields(json_t *list, const json_t *fields)
{
    json_t *kept = json_array(), *entry, *field;
    size_t i, j;
    json_array_foreach(list, i, entry) {
        json_t *object = json_object();
        json_array_foreach(fields, j, field) {
            json_t *value = json_object_get(entry, json_string_value(field));
            if (value)
                json_object_set(object, json_string_value(field), value);
        }
        json_array_append_new(kept, object);
    }
    json_decref(list);
    return kept;
}

/* False when a part of the fact is no JSON. */
static bool add_question(json_t *facts, const struct td_dossier *dossier, struct reading *reading)
{
    const struct td_dossier_fact *found =
        td_dossier_find(dossier, reading->fact, reading->length, &reading->hint);
    if (!found)
        return true;
    json_t *fact = json_object(), *value = parse(&found->value);
    if (value && reading->fields && has_fields(&found->value))
        value = with_fields(value, reading->fields);
    bool good = !found->value.text || json_object_set_new(fact, "value", value) == 0;
    good = good && set_parsed(fact, "by", &found->by);
    if (reading->quotes)
        good = good && set_parsed(fact, "because", &found->because);
    json_object_set_new(facts, reading->fact, fact);
    return good;
}

/* What the rule is asked about: all that it might read, or all that it says it reads. */
static json_t *question(const struct td_dossier *dossier, const struct rule *rule)
{
    if (!rule->remembers)
        return parse(&dossier->facts);
    json_t *facts = json_object();
    bool good = true;
    for (size_t i = 0; i < rule->reading_count; i++)
        good = good && add_question(facts, dossier, &rule->readings[i]);
    if (good)
        return facts;
    json_decref(facts);
    return NULL;
}

static json_t *expert_question(const struct td_dossier *dossier, const struct rule *rule)
{
    if (!rule->remembers) {
        json_t *all = parse(&dossier->expert);
        return json_is_object(all) ? all : json_object();
    }
    json_t *expert = json_object();
    struct td_slice given = expert_of(dossier, rule);
    if (set_parsed(expert, rule->expert, &given))
        return expert;
    json_decref(expert);
    return NULL;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool is_item(const struct td_tally_plan *plan, size_t number)
{
    return number >= plan->condition_count + plan->veto_count;
}

/* The item or finding of a SCORE; a new reference. */
static json_t *written(const struct td_tally_plan *plan, size_t number,
                       const struct td_answer *answer)
{
    json_t *entry = json_copy(plan->rules[number].head);
    if (is_item(plan, number))
        json_object_set_new(entry, "points", json_integer(answer->points));
    else
        json_object_set_new(entry, "met", json_boolean(answer->met));
    json_object_set_new(entry, "because", json_stringn(answer->because, answer->length));
    json_object_set_new(entry, "pending", json_boolean(answer->pending));
    return entry;
}

/* Is it what a SCORE may have there? Takes it over, and gives it back when it is. */
static struct td_answer *checked(const struct td_tally_plan *plan, size_t number,
                                 struct td_answer *answer, const char *file, struct td_fault *fault)
{
    if (!answer || !is_item(plan, number) ||
        (answer->points >= 0 && answer->points <= plan->rules[number].cap))
        return answer;
    json_t *item = written(plan, number, answer);
    td_score_check_item(item, file, fault);
    json_decref(item);
    td_answer_unref(answer);
    return NULL;
}

/* From the memory, or from the script; a reference of the caller's. NULL and `fault`. */
static struct td_answer *answer_of(struct td_tally_plan *plan, size_t number,
                                   const struct td_dossier *dossier, const char *file,
                                   td_tally_ask_fn *ask, void *arg, struct td_fault *fault)
{
    const struct rule *rule = &plan->rules[number];
    bool keyed = rule->remembers && make_key(plan, number, dossier);
    struct td_answer *answer =
        keyed ? td_recall_find(plan->recall, plan->key.at, plan->key.length) : NULL;
    if (answer)
        return td_answer_ref(answer);
    json_t *facts = question(dossier, rule), *expert = expert_question(dossier, rule);
    if (facts && expert)
        answer = checked(plan, number, ask(arg, number, facts, expert, fault), file, fault);
    json_decref(facts);
    json_decref(expert);
    if (answer && keyed)
        td_recall_keep(plan->recall, plan->key.at, plan->key.length, answer);
    if (!answer && !fault->code)
        td_fault_set(fault, "invalid", "the dossier is no JSON");
    return answer;
}

static void mix(uint64_t *digest, uint64_t value)
{
    *digest = (*digest ^ value) * 0x9e3779b97f4a7c15u;
    *digest ^= *digest >> 29;
}

static int64_t section_points(const struct td_tally *tally, const struct section *section,
                              size_t first)
{
    int64_t sum = 0;
    for (size_t i = 0; i < section->items; i++)
        sum += tally->answers[first + i]->points;
    return sum > section->cap ? section->cap : sum;
}

static void add_up(const struct td_tally_plan *plan, const struct td_dossier *dossier,
                   struct td_tally *tally)
{
    size_t number = plan->condition_count + plan->veto_count;
    int64_t sum = 0;
    tally->eligible = dossier->gates_met;
    tally->vetoed = false;
    for (size_t i = 0; i < tally->count; i++) {
        const struct td_answer *answer = tally->answers[i];
        if (i < plan->condition_count)
            tally->eligible = tally->eligible && answer->met;
        else if (!is_item(plan, i))
            tally->vetoed = tally->vetoed || answer->met;
        mix(&tally->digest, answer->digest);
    }
    for (size_t i = 0; i < plan->section_count; number += plan->sections[i++].items)
        sum += section_points(tally, &plan->sections[i], number);
    tally->total = tally->vetoed ? 0 : sum > plan->cap ? plan->cap : sum;
    mix(&tally->digest, (uint64_t)tally->total);
    mix(&tally->digest, (tally->vetoed ? 2u : 0u) + (tally->eligible ? 1u : 0u));
}

int td_tally(struct td_tally_plan *plan, const struct td_dossier *dossier, const char *file,
             td_tally_ask_fn *ask, void *arg, struct td_tally *ret, struct td_fault *fault)
{
    struct td_tally tally = {.answers = calloc(plan->rule_count + 1, sizeof(*tally.answers))};
    if (!tally.answers) {
        return td_fault_memory(fault);
    }
    for (; tally.count < plan->rule_count; tally.count++) {
        tally.answers[tally.count] = answer_of(plan, tally.count, dossier, file, ask, arg, fault);
        if (!tally.answers[tally.count]) {
            td_tally_done(&tally);
            return -1;
        }
    }
    add_up(plan, dossier, &tally);
    *ret = tally;
    return 0;
}

void td_tally_done(struct td_tally *tally)
{
    for (size_t i = 0; i < tally->count; i++)
        td_answer_unref(tally->answers[i]);
    free(tally->answers);
    *tally = (struct td_tally){0};
}

/* --- what it amounts to ----------------------------------------------------------------------- */

json_t *td_tally_failed(const struct td_tally_plan *plan, const struct td_tally *tally)
{
    json_t *failed = json_array();
    for (size_t i = 0; i < plan->condition_count; i++)
        if (!tally->answers[i]->met)
            json_array_append_new(failed, json_string(plan->rules[i].id));
    return failed;
}

json_t *td_tally_line(const struct td_tally_plan *plan)
{
    return json_object_get(plan->source, "reference_line");
}

static json_t *written_all(const struct td_tally_plan *plan, const struct td_tally *tally,
                           size_t from, size_t count)
{
    json_t *list = json_array();
    for (size_t i = from; i < from + count; i++)
        json_array_append_new(list, written(plan, i, tally->answers[i]));
    return list;
}

static json_t *section_score(const struct td_tally_plan *plan, const struct td_tally *tally,
                             const struct section *section, size_t first)
{
    json_t *score = json_copy(section->head);
    json_object_set_new(score, "points", json_integer(section_points(tally, section, first)));
    json_object_set_new(score, "items", written_all(plan, tally, first, section->items));
    return score;
}

json_t *td_tally_score(const struct td_tally_plan *plan, const struct td_tally *tally)
{
    size_t number = plan->condition_count + plan->veto_count;
    json_t *sections = json_array();
    for (size_t i = 0; i < plan->section_count; number += plan->sections[i++].items)
        json_array_append_new(sections, section_score(plan, tally, &plan->sections[i], number));
    return json_pack("{s:I, s:I, s:b, s:b, s:O, s:o, s:o, s:o}", "total", (json_int_t)tally->total,
                     "cap", (json_int_t)plan->cap, "vetoed", tally->vetoed, "eligible",
                     tally->eligible, "reference_line", td_tally_line(plan), "conditions",
                     written_all(plan, tally, 0, plan->condition_count), "vetoes",
                     written_all(plan, tally, plan->condition_count, plan->veto_count), "sections",
                     sections);
}
