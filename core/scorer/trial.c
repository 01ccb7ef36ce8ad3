/* trial.c - see trial.h. Holds nothing between jobs but the VMs that compiled.c keeps. */
#include "scorer/trial.h"

#include "base/json.h"
#include "scorer/compiled.h"
#include "scorer/facts.h"
#include "scorer/guard.h"
#include "scorer/purity.h"
#include "scorer/score.h"
#include "scorer/vm.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINDINGS_MAX = 10 };

/* One standard in one VM of the trial. */
struct side {
    struct td_compiled_standard standard;
    char use[80];     /* which VM, compiled.h */
    struct td_vm *vm; /* once it was found: comparing sources takes longer than scoring */
    bool broken;      /* it does not load: no use in trying again with the next dossier */
    int job_ms;
};

static int read_side(const json_t *job, const char *member, const char *order, int job_ms,
                     struct side *side, struct td_fault *fault)
{
    side->job_ms = job_ms;
    side->vm = NULL;
    side->broken = false;
    snprintf(side->use, sizeof(side->use), "%.64s%s", td_json_text(job, "trial"), order);
    return td_compiled_read(job, member, &side->standard, fault);
}

/* `input` is {"id", "facts", "gates", "expert"}; a SCORE, or NULL and `fault`. */
static json_t *score_one(const struct side *side, const char *id, const json_t *input,
                         struct td_fault *fault)
{
    return td_compiled_score(&side->standard, side->use, id, input, side->job_ms, fault);
}

/* Why the worker refused what a script did: "Time" is no constant here. */
static const char *kind_of(const struct td_fault *fault)
{
    static const struct {
        const char *word, *kind;
    } words[] = {{"constant Time", "clock"},
                 {"constant Process", "clock"},
                 {"constant Random", "random"},
                 {"method 'rand'", "random"},
                 {"method 'srand'", "random"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(fault->message, words[i].word))
            return words[i].kind;
    return !strcmp(fault->code, "limit") ? "limit" : "script";
}

static void note_fault(json_t *findings, const char *dossier, const struct td_fault *fault)
{
    json_array_append_new(findings,
                          json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "kind", kind_of(fault),
                                    "dossier", dossier, "message", fault->message, "file",
                                    fault->file, "line", fault->line, "rule", fault->rule));
}

static json_t *failed_conditions(const json_t *score)
{
    json_t *failed = json_array(), *condition;
    size_t i;
    json_array_foreach(json_object_get(score, "conditions"), i, condition)
        if (!json_is_true(json_object_get(condition, "met")))
            json_array_append(failed, json_object_get(condition, "id"));
    return failed;
}

/* What a trial stores of a score. */
static json_t *outcome(const json_t *score)
{
    return json_pack("{s:O, s:O, s:O, s:O?, s:o}", "total", json_object_get(score, "total"),
                     "vetoed", json_object_get(score, "vetoed"), "eligible",
                     json_object_get(score, "eligible"), "line",
                     json_object_get(score, "reference_line"), "failed", failed_conditions(score));
}

/* --- dossiers --------------------------------------------------------------------------------- */

/* A dossier under one standard: a tally, or the whole SCORE of a standard that has no tallies. */
struct scored {
    const struct td_tally_plan *plan; /* of the tally; NULL: there is a SCORE */
    struct td_tally tally;
    json_t *score;
};

struct tried {
    struct td_dossier dossier;
    char id[64];
    struct scored forward;
};

struct batch {
    struct side forward, reverse, base;
    bool based;
    struct tried *tried;
    size_t count;
    json_t *results, *findings;
};

static void scored_done(struct scored *scored)
{
    td_tally_done(&scored->tally);
    json_decref(scored->score);
    *scored = (struct scored){0};
}

static json_t *whole_score(struct td_vm *vm, const struct side *side,
                           const struct td_dossier *dossier, struct td_fault *fault)
{
    json_t *input = json_loadb(dossier->whole.text, dossier->whole.length, 0, NULL);
    json_t *score = input ? td_vm_score(vm, input, fault) : NULL;
    if (!input) {
        td_fault_set(fault, "invalid", "the dossier is no JSON");
    } else if (score && td_score_check(score, side->standard.name, fault) < 0) {
        json_decref(score);
        score = NULL;
    }
    json_decref(input);
    return score;
}

static bool try_one(struct side *side, const struct tried *tried, struct scored *ret,
                    struct td_fault *fault)
{
    *ret = (struct scored){0};
    td_guard_begin(TD_GUARD_SCRIPT, side->standard.name, side->job_ms);
    td_guard_item(tried->id);
    struct td_vm *vm = side->vm ? side->vm : td_compiled_vm(&side->standard, side->use, fault);
    side->vm = vm;
    side->broken = !vm;
    int rc = vm ? td_vm_tally(vm, &tried->dossier, &ret->tally, fault) : -1;
    if (rc == 0)
        ret->plan = td_vm_plan(vm);
    else if (rc > 0)
        ret->score = whole_score(vm, side, &tried->dossier, fault);
    td_guard_end();
    if (ret->plan || ret->score)
        return true;
    td_compiled_forget(vm);
    side->vm = NULL;
    return false;
}

static json_t *outcome_of(const struct scored *scored)
{
    if (!scored->plan)
        return outcome(scored->score);
    const struct td_tally *tally = &scored->tally;
    return json_pack("{s:I, s:b, s:b, s:O, s:o}", "total", (json_int_t)tally->total, "vetoed",
                     tally->vetoed, "eligible", tally->eligible, "line",
                     td_tally_line(scored->plan), "failed", td_tally_failed(scored->plan, tally));
}

static json_t *score_of(const struct scored *scored)
{
    return scored->plan ? td_tally_score(scored->plan, &scored->tally) : json_incref(scored->score);
}

/* The standard in force may fail where its successor does not: then nothing is compared. */
static json_t *base_outcome(struct batch *batch, const struct tried *tried)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct scored scored;
    if (!batch->based || batch->base.broken || !try_one(&batch->base, tried, &scored, &fault))
        return json_null();
    json_t *known = outcome_of(&scored);
    scored_done(&scored);
    return known;
}

static bool go_forward(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct tried *tried = &batch->tried[i];
        struct td_fault fault = TD_FAULT_INIT;
        if (!try_one(&batch->forward, tried, &tried->forward, &fault)) {
            note_fault(batch->findings, tried->id, &fault);
            return false;
        }
        json_array_append_new(batch->results, json_pack("{s:s, s:o, s:o}", "id", tried->id,
                                                        "before", base_outcome(batch, tried),
                                                        "after", outcome_of(&tried->forward)));
    }
    return true;
}

static void compare_orders(struct batch *batch, const struct tried *tried,
                           const struct scored *reverse)
{
    const struct scored *forward = &tried->forward;
    if (forward->plan && reverse->plan && forward->tally.digest == reverse->tally.digest)
        return;
    json_t *one = score_of(forward), *other = score_of(reverse);
    td_purity_compare(tried->id, one, other, batch->forward.standard.source, FINDINGS_MAX,
                      batch->findings);
    json_decref(one);
    json_decref(other);
}

static void go_back(struct batch *batch)
{
    for (size_t i = batch->count; i-- > 0;) {
        struct td_fault fault = TD_FAULT_INIT;
        struct scored scored;
        if (!try_one(&batch->reverse, &batch->tried[i], &scored, &fault)) {
            note_fault(batch->findings, batch->tried[i].id, &fault);
            return;
        }
        compare_orders(batch, &batch->tried[i], &scored);
        scored_done(&scored);
        if (json_array_size(batch->findings) >= FINDINGS_MAX)
            return;
    }
}

static bool add_dossier(struct batch *batch, size_t *space)
{
    if (batch->count == *space) {
        size_t more = *space ? *space * 2 : 128;
        struct tried *larger = realloc(batch->tried, more * sizeof(*larger));
        if (!larger)
            return false;
        batch->tried = larger;
        *space = more;
    }
    batch->tried[batch->count++] = (struct tried){0};
    return true;
}

/* Cuts the list into its dossiers; false when it is none. */
static bool read_dossiers(struct batch *batch, const struct td_slice *list)
{
    size_t space = 0;
    if (!list->text || *list->text != '[')
        return false;
    const char *at = list->text, *end = at + list->length;
    while (td_slice_enter(&at, end, NULL)) {
        if (!add_dossier(batch, &space))
            return false;
        struct tried *tried = &batch->tried[batch->count - 1];
        at = td_dossier_read(&tried->dossier, at, end);
        if (!at || tried->dossier.id.length >= sizeof(tried->id))
            return false;
        if (tried->dossier.id.length)
            memcpy(tried->id, tried->dossier.id.text, tried->dossier.id.length);
    }
    return at != NULL;
}

static int read_batch(const json_t *job, const struct td_slice *dossiers, int job_ms,
                      struct batch *batch, struct td_fault *fault)
{
    const json_t *base = json_object_get(job, "base");
    batch->based = json_is_object(base);
    if (!read_dossiers(batch, dossiers))
        return td_fault_set(fault, "invalid",
                            "the job needs an array \"dossiers\" of objects with facts");
    if (read_side(job, "standard", "+", job_ms, &batch->forward, fault) < 0 ||
        read_side(job, "standard", "-", job_ms, &batch->reverse, fault) < 0)
        return -1;
    return batch->based ? read_side(job, "base", "=", job_ms, &batch->base, fault) : 0;
}

static void batch_done(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        scored_done(&batch->tried[i].forward);
        td_dossier_done(&batch->tried[i].dossier);
    }
    free(batch->tried);
    json_decref(batch->results);
    json_decref(batch->findings);
}

json_t *td_trial_batch(const json_t *job, const struct td_slice *dossiers, int job_ms,
                       struct td_fault *fault)
{
    struct batch batch = {.results = json_array(), .findings = json_array()};
    json_t *answer = NULL;
    if (read_batch(job, dossiers, job_ms, &batch, fault) == 0) {
        if (go_forward(&batch))
            go_back(&batch);
        answer = json_pack("{s:O, s:O}", "results", batch.results, "findings", batch.findings);
    }
    batch_done(&batch);
    return answer;
}

/* --- one dossier ------------------------------------------------------------------------------ */

json_t *td_trial_compare(const json_t *job, int job_ms, struct td_fault *fault)
{
    struct side side, base;
    const json_t *dossier = json_object_get(job, "dossier");
    bool based = json_is_object(json_object_get(job, "base"));
    struct td_fault ignored = TD_FAULT_INIT;
    if (read_side(job, "standard", "", job_ms, &side, fault) < 0 ||
        (based && read_side(job, "base", "", job_ms, &base, fault) < 0))
        return NULL;
    json_t *after = score_one(&side, td_json_text(dossier, "id"), dossier, fault);
    if (!after)
        return NULL;
    json_t *before =
        based ? score_one(&base, td_json_text(dossier, "id"), dossier, &ignored) : NULL;
    return json_pack("{s:o?, s:o}", "before", before, "after", after);
}

/* --- golden cases ----------------------------------------------------------------------------- */

static void differ(json_t *differences, const char *what, const char *id, const json_t *expected,
                   const json_t *found, const char *because)
{
    json_array_append_new(differences,
                          json_pack("{s:s, s:s, s:O?, s:O?, s:s}", "what", what, "id", id,
                                    "expected", expected, "got", found, "because", because));
}

static void compare_member(json_t *differences, const json_t *expected, const json_t *score,
                           const char *name)
{
    json_t *want = json_object_get(expected, name), *have = json_object_get(score, name);
    if (!want || !json_equal(want, have))
        differ(differences, name, "", want, have, "");
}

/* `found` = [{"id", member}] against {id: value}; what `expected` does not name differs when `all`.
 */
static void compare_list(json_t *differences, const char *what, const json_t *expected,
                         const json_t *found, const char *member, bool all)
{
    size_t i;
    json_t *entry, *value, *seen = json_object();
    const char *id;
    json_array_foreach(found, i, entry) {
        const char *because = td_json_text(entry, "because");
        id = td_json_text(entry, "id");
        json_t *want = json_object_get(expected, id), *have = json_object_get(entry, member);
        json_object_set_new(seen, id, json_true());
        if ((want || all) && !json_equal(want, have))
            differ(differences, what, id, want, have, because);
    }
    json_object_foreach((json_t *)expected, id, value) {
        if (!json_object_get(seen, id))
            differ(differences, what, id, value, NULL, "");
    }
    json_decref(seen);
}

static json_t *all_items(const json_t *score)
{
    json_t *items = json_array(), *section;
    size_t i;
    json_array_foreach(json_object_get(score, "sections"), i, section)
        json_array_extend(items, json_object_get(section, "items"));
    return items;
}

static void compare_case(json_t *differences, const json_t *expected, const json_t *score,
                         const json_t *gates)
{
    json_t *items = all_items(score);
    compare_member(differences, expected, score, "total");
    compare_member(differences, expected, score, "eligible");
    compare_member(differences, expected, score, "vetoed");
    compare_list(differences, "item", json_object_get(expected, "items"), items, "points", true);
    compare_list(differences, "condition", json_object_get(expected, "conditions"),
                 json_object_get(score, "conditions"), "met", false);
    compare_list(differences, "veto", json_object_get(expected, "vetoes"),
                 json_object_get(score, "vetoes"), "met", false);
    compare_list(differences, "gate", json_object_get(expected, "gates"), gates, "met", false);
    json_decref(items);
}

/* The case's facts as a dossier of a trial: {"id", "facts", "gates", "expert"}, or NULL and
 * `fault`. */
static json_t *case_input(const struct td_plugins *plugins, const json_t *job,
                          const json_t *golden_case, int job_ms, struct td_fault *fault)
{
    const json_t *expert = json_object_get(golden_case, "expert");
    json_t *asked = json_pack("{s:O?, s:O?}", "series", json_object_get(job, "series"), "dossier",
                              json_object_get(golden_case, "dossier"));
    json_t *input = td_facts_of(plugins, asked, job_ms, fault);
    json_decref(asked);
    if (!input)
        return NULL;
    json_object_set(input, "id", json_object_get(golden_case, "file"));
    json_object_set_new(input, "expert", expert ? json_incref((json_t *)expert) : json_object());
    return input;
}

struct golden {
    struct side forward, reverse;
    json_t *scored, *results, *findings;
};

static json_t *run_case(struct golden *golden, const struct td_plugins *plugins, const json_t *job,
                        const json_t *golden_case)
{
    struct td_fault fault = TD_FAULT_INIT;
    json_t *differences = json_array(), *score = NULL;
    json_t *input = case_input(plugins, job, golden_case, golden->forward.job_ms, &fault);
    if (input)
        score = score_one(&golden->forward, td_json_text(input, "id"), input, &fault);
    if (score) {
        compare_case(differences, json_object_get(golden_case, "expected"), score,
                     json_object_get(input, "gates"));
        json_array_append_new(golden->scored,
                              json_pack("{s:O, s:o}", "input", input, "score", score));
    } else {
        char place[256];
        snprintf(place, sizeof(place), fault.line > 0 ? "%s:%d" : "%s", fault.file, fault.line);
        differ(differences, "failed", place, NULL, NULL, fault.message);
        if (input && strcmp(kind_of(&fault), "script") != 0)
            note_fault(golden->findings, td_json_text(input, "id"), &fault);
    }
    json_decref(input);
    return json_pack("{s:O?, s:O?, s:b, s:o}", "file", json_object_get(golden_case, "file"), "name",
                     json_object_get(golden_case, "name"), "passed",
                     json_array_size(differences) == 0, "differences", differences);
}

static void reverse_cases(struct golden *golden)
{
    for (size_t i = json_array_size(golden->scored); i-- > 0;) {
        const json_t *pair = json_array_get(golden->scored, i);
        const json_t *input = json_object_get(pair, "input");
        struct td_fault fault = TD_FAULT_INIT;
        json_t *score = score_one(&golden->reverse, td_json_text(input, "id"), input, &fault);
        if (score)
            td_purity_compare(td_json_text(input, "id"), json_object_get(pair, "score"), score,
                              golden->forward.standard.source, FINDINGS_MAX, golden->findings);
        else
            note_fault(golden->findings, td_json_text(input, "id"), &fault);
        json_decref(score);
    }
}

json_t *td_trial_golden(const struct td_plugins *plugins, const json_t *job, int job_ms,
                        struct td_fault *fault)
{
    struct golden golden = {0};
    size_t i;
    json_t *golden_case;
    if (read_side(job, "standard", "g+", job_ms, &golden.forward, fault) < 0 ||
        read_side(job, "standard", "g-", job_ms, &golden.reverse, fault) < 0)
        return NULL;
    golden.results = json_array();
    golden.findings = json_array();
    golden.scored = json_array();
    td_purity_read(golden.forward.standard.source, golden.forward.standard.length, golden.findings);
    /* One that took too much is enough: all of them would take longer than a job may. */
    size_t known = json_array_size(golden.findings);
    json_array_foreach(json_object_get(job, "cases"), i, golden_case)
        if (json_array_size(golden.findings) == known)
            json_array_append_new(golden.results, run_case(&golden, plugins, job, golden_case));
    reverse_cases(&golden);
    json_decref(golden.scored);
    return json_pack("{s:o, s:o}", "cases", golden.results, "findings", golden.findings);
}
