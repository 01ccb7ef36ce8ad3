/* assignment.c - see assignment.h. Pure: no store, no clock, no chance but the seed. */
#include "review/assignment.h"

#include "base/json.h"
#include "review/row.h"
#include "store/ledger.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 40, READERS_MAX = 64, BALANCE_ROUNDS = 64, FAR = 2 };

struct expert {
    const char *id;
    const json_t *specialties;
    int load;
};

/* What one dossier and one expert have to do with each other. */
struct pair {
    uint64_t lot;
    bool barred, reads,
        foreign; /* must keep out; has it, before or by the plan; not of his specialty */
    bool joins;  /* by the plan: can still be moved */
};

struct dossier {
    const char *id;
    struct pair *pairs; /* one for each expert */
    int wanted;         /* readers to add */
    int eligible;       /* experts to choose from, those who read it already among them */
    uint64_t lot;
};

struct desk {
    struct expert *experts;
    struct dossier *dossiers;
    struct pair *pairs;
    struct dossier **order;
    int expert_count, dossier_count;
    int share; /* of one expert, when all read equally much */
    unsigned char key[crypto_shorthash_KEYBYTES];
};

void td_assignment_seed(char seed[TD_ASSIGNMENT_SEED_TEXT])
{
    unsigned char key[crypto_shorthash_KEYBYTES];
    randombytes_buf(key, sizeof(key));
    sodium_bin2hex(seed, TD_ASSIGNMENT_SEED_TEXT, key, sizeof(key));
}

static uint64_t draw_lot(const struct desk *desk, const char *dossier, const char *expert)
{
    unsigned char hash[crypto_shorthash_BYTES];
    char text[2 * ID_MAX + 2];
    int length = snprintf(text, sizeof(text), "%.40s/%.40s", dossier, expert);
    uint64_t lot = 0;
    crypto_shorthash(hash, (const unsigned char *)text, (unsigned long long)length, desk->key);
    for (size_t i = 0; i < sizeof(hash); i++)
        lot = lot << 8 | hash[i];
    return lot;
}

/* --- reading the inputs ----------------------------------------------------------------------- */

/* Who reads or is barred and is no expert of the inputs does not concern the plan. */
static void mark(const struct desk *desk, struct dossier *dossier, const json_t *ids, bool barred)
{
    size_t i;
    json_t *id;
    json_array_foreach((json_t *)ids, i, id)
        for (int e = 0; e < desk->expert_count; e++)
            if (json_is_string(id) && !strcmp(desk->experts[e].id, json_string_value(id))) {
                if (barred)
                    dossier->pairs[e].barred = true;
                else
                    dossier->pairs[e].reads = true;
            }
}

static void read_dossier(struct desk *desk, const json_t *inputs, const json_t *row, int reviews,
                         struct dossier *dossier)
{
    const char *specialty = td_row_text(row, "specialty");
    int reading = 0;
    dossier->id = td_row_text(row, "id");
    dossier->lot = draw_lot(desk, dossier->id, "");
    mark(desk, dossier, json_object_get(json_object_get(inputs, "barred"), dossier->id), true);
    mark(desk, dossier, json_object_get(row, "readers"), false);
    for (int e = 0; e < desk->expert_count; e++) {
        struct pair *pair = &dossier->pairs[e];
        pair->lot = draw_lot(desk, dossier->id, desk->experts[e].id);
        pair->foreign = !td_json_lists(desk->experts[e].specialties, specialty);
        dossier->eligible += !pair->barred;
        reading += pair->reads && !pair->barred;
    }
    dossier->wanted = reviews > reading ? reviews - reading : 0;
}

static int by_choice(const void *left, const void *right)
{
    const struct dossier *a = *(struct dossier *const *)left, *b = *(struct dossier *const *)right;
    if (a->eligible != b->eligible)
        return a->eligible < b->eligible ? -1 : 1;
    if (a->lot != b->lot)
        return a->lot < b->lot ? -1 : 1;
    return strcmp(a->id, b->id);
}

static int read_inputs(struct desk *desk, const json_t *inputs, const char *seed,
                       struct td_error *reterr)
{
    const json_t *experts = json_object_get(inputs, "experts"),
                 *dossiers = json_object_get(inputs, "dossiers");
    int reviews = (int)td_row_int(inputs, "reviews");
    size_t length = 0;
    if (strlen(seed) != TD_ASSIGNMENT_SEED_TEXT - 1 ||
        sodium_hex2bin(desk->key, sizeof(desk->key), seed, strlen(seed), NULL, &length, NULL) ||
        length != sizeof(desk->key))
        return td_error_set(reterr, TD_EINVALID, "the seed is 32 hex digits");
    if (!json_is_array(experts) || !json_is_array(dossiers) || reviews < 1 || reviews > READERS_MAX)
        return td_error_set(reterr, TD_EINVALID, "not the inputs of an assignment");
    desk->expert_count = (int)json_array_size(experts);
    desk->dossier_count = (int)json_array_size(dossiers);
    size_t e_count = (size_t)desk->expert_count, d_count = (size_t)desk->dossier_count;
    desk->experts = calloc(e_count + 1, sizeof(*desk->experts));
    desk->dossiers = calloc(d_count + 1, sizeof(*desk->dossiers));
    desk->pairs = calloc(e_count * d_count + 1, sizeof(*desk->pairs));
    desk->order = calloc(d_count + 1, sizeof(struct dossier *));
    if (!desk->experts || !desk->dossiers || !desk->pairs || !desk->order)
        return TD_ENOMEM;
    int work = 0;
    for (size_t e = 0; e < e_count; e++) {
        const json_t *row = json_array_get(experts, e);
        desk->experts[e] =
            (struct expert){td_row_text(row, "id"), json_object_get(row, "specialties"),
                            (int)td_row_int(row, "load")};
        work += desk->experts[e].load;
    }
    for (size_t d = 0; d < d_count; d++) {
        struct dossier *dossier = &desk->dossiers[d];
        dossier->pairs = desk->pairs + d * e_count;
        read_dossier(desk, inputs, json_array_get(dossiers, d), reviews, dossier);
        if (dossier->eligible >= reviews)
            work += dossier->wanted;
        desk->order[d] = dossier;
    }
    desk->share = e_count ? (int)(((size_t)work + e_count - 1) / e_count) : 0;
    qsort(desk->order, d_count, sizeof(struct dossier *), by_choice);
    return 0;
}

/* --- choosing --------------------------------------------------------------------------------- */

/* True when expert `e` is the better next reader of the dossier than `than`. */
static bool is_better(const struct desk *desk, const struct dossier *dossier, int e, int than)
{
    const struct pair *one = &dossier->pairs[e], *other = &dossier->pairs[than];
    const struct expert *a = &desk->experts[e], *b = &desk->experts[than];
    bool full = a->load >= desk->share, other_full = b->load >= desk->share;
    if (full != other_full)
        return !full;
    if (one->foreign != other->foreign)
        return !one->foreign;
    if (a->load != b->load)
        return a->load < b->load;
    if (one->lot != other->lot)
        return one->lot < other->lot;
    return strcmp(a->id, b->id) < 0;
}

static bool is_free(const struct pair *pair)
{
    return !pair->barred && !pair->reads;
}

static void fill(struct desk *desk, struct dossier *dossier)
{
    for (int n = 0; n < dossier->wanted; n++) {
        int best = -1;
        for (int e = 0; e < desk->expert_count; e++)
            if (is_free(&dossier->pairs[e]) && (best < 0 || is_better(desk, dossier, e, best)))
                best = e;
        if (best < 0)
            return;
        dossier->pairs[best].reads = dossier->pairs[best].joins = true;
        desk->experts[best].load++;
    }
}

/* Moves one dossier from `from` to `to`, when one may: of several that whose lot is least. Out of
 * its specialty only where the two are far apart. */
static bool move_one(struct desk *desk, int from, int to)
{
    bool far = desk->experts[from].load > desk->experts[to].load + FAR;
    struct dossier *best = NULL;
    for (int d = 0; d < desk->dossier_count; d++) {
        struct dossier *dossier = &desk->dossiers[d];
        const struct pair *here = &dossier->pairs[from], *there = &dossier->pairs[to];
        if (!here->joins || !is_free(there) || (!far && there->foreign && !here->foreign))
            continue;
        if (!best || there->lot < best->pairs[to].lot)
            best = dossier;
    }
    if (!best)
        return false;
    best->pairs[from].reads = best->pairs[from].joins = false;
    best->pairs[to].reads = best->pairs[to].joins = true;
    desk->experts[from].load--;
    desk->experts[to].load++;
    return true;
}

static void balance(struct desk *desk)
{
    bool moved = true;
    for (int round = 0; moved && round < BALANCE_ROUNDS; round++) {
        moved = false;
        for (int from = 0; from < desk->expert_count; from++)
            for (int to = 0; to < desk->expert_count; to++)
                while (desk->experts[from].load > desk->experts[to].load + 1 &&
                       move_one(desk, from, to))
                    moved = true;
    }
}

/* --- the plan --------------------------------------------------------------------------------- */

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static json_t *joining(const struct desk *desk, const struct dossier *dossier)
{
    const char *ids[READERS_MAX];
    size_t count = 0;
    json_t *list = json_array();
    for (int e = 0; e < desk->expert_count && count < READERS_MAX; e++)
        if (dossier->pairs[e].joins)
            ids[count++] = desk->experts[e].id;
    if (count)
        qsort(ids, count, sizeof(ids[0]), by_text);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(ids[i]));
    return list;
}

static json_t *describe(const struct desk *desk, int reviews)
{
    json_t *readers = json_object(), *few = json_array();
    for (int d = 0; d < desk->dossier_count; d++) {
        const struct dossier *dossier = &desk->dossiers[d];
        if (dossier->eligible < reviews)
            json_array_append_new(
                few, json_pack("{s:s, s:i}", "id", dossier->id, "eligible", dossier->eligible));
        else
            json_object_set_new(readers, dossier->id, joining(desk, dossier));
    }
    return json_pack("{s:o, s:o}", "readers", readers, "short", few);
}

int td_assignment_plan(const json_t *inputs, const char *seed, json_t **ret_plan,
                       struct td_error *reterr)
{
    struct desk desk = {0};
    int reviews = (int)td_row_int(inputs, "reviews");
    int rc = read_inputs(&desk, inputs, seed, reterr);
    if (rc == 0) {
        for (int d = 0; d < desk.dossier_count; d++)
            if (desk.order[d]->eligible >= reviews)
                fill(&desk, desk.order[d]);
        balance(&desk);
        *ret_plan = describe(&desk, reviews);
        rc = *ret_plan ? 0 : TD_ENOMEM;
    }
    free(desk.order);
    free(desk.pairs);
    free(desk.dossiers);
    free(desk.experts);
    return rc;
}

int td_assignment_verify(const json_t *run, struct td_error *reterr)
{
    char hash[TD_ASSIGNMENT_HASH_TEXT];
    const json_t *inputs = json_object_get(run, "inputs");
    json_t *plan = NULL;
    int rc = td_ledger_hash_json(inputs, hash);
    if (rc == 0 && strcmp(hash, td_row_text(run, "inputs_hash")))
        return td_error_set(reterr, TD_ECONFLICT,
                            "assignment %s: the inputs have the hash %s, not %s",
                            td_row_text(run, "id"), hash, td_row_text(run, "inputs_hash"));
    if (rc == 0)
        rc = td_assignment_plan(inputs, td_row_text(run, "seed"), &plan, reterr);
    if (rc == 0)
        rc = td_ledger_hash_json(plan, hash);
    if (rc == 0 && strcmp(hash, td_row_text(run, "plan_hash")))
        rc = td_error_set(reterr, TD_ECONFLICT,
                          "assignment %s: seed and inputs give another plan: %s, not %s",
                          td_row_text(run, "id"), hash, td_row_text(run, "plan_hash"));
    json_decref(plan);
    return rc;
}
