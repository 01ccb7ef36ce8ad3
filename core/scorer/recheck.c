/* recheck.c - see recheck.h. Facts from the dossier, points from the stored facts: what differs in
 * one does not make the other differ. */
#include "scorer/recheck.h"

#include "base/json.h"
#include "scorer/compiled.h"
#include "scorer/facts.h"
#include "scorer/purity.h"

#include <stdio.h>
#include <string.h>

enum { DIFFERENCES_MAX = 1000 };

static void differ(json_t *differences, const json_t *result, const char *what, const char *id,
                   json_t *stored, json_t *recomputed)
{
    if (json_array_size(differences) >= DIFFERENCES_MAX)
        return;
    json_array_append_new(differences, json_pack("{s:s, s:s, s:s, s:O?, s:O?}", "score",
                                                 td_json_text(result, "id"), "what", what, "id", id,
                                                 "stored", stored, "recomputed", recomputed));
}

static void fail(json_t *differences, const json_t *result, const char *what,
                 const struct td_fault *fault)
{
    json_t *words = fault->line > 0
                        ? json_sprintf("%s:%d: %s", fault->file, fault->line, fault->message)
                        : json_string(fault->message);
    differ(differences, result, what, "failed", NULL, words);
    json_decref(words);
}

/* What of one of two that differ is shown: a member, or all of it when that is the same in both. */
static json_t *telling(const json_t *one, const json_t *other, const char *member)
{
    json_t *value = json_object_get(one, member);
    return json_equal(value, json_object_get(other, member)) ? (json_t *)one : value;
}

static void compare_facts(json_t *differences, const json_t *result, const json_t *found)
{
    json_t *stored = json_object_get(result, "facts"), *derived = json_object_get(found, "facts");
    json_t *value;
    const char *id;
    json_object_foreach(stored, id, value) {
        const json_t *now = json_object_get(derived, id);
        if (!json_equal(value, now))
            differ(differences, result, "fact", id, telling(value, now, "value"),
                   telling(now, value, "value"));
    }
    json_object_foreach(derived, id, value)
        if (!json_object_get(stored, id))
            differ(differences, result, "fact", id, NULL, json_object_get(value, "value"));
}

static void compare_gates(json_t *differences, const json_t *result, const json_t *found)
{
    const json_t *stored = json_object_get(result, "gates"),
                 *derived = json_object_get(found, "gates");
    size_t most = json_array_size(stored), i;
    if (json_array_size(derived) > most)
        most = json_array_size(derived);
    for (i = 0; i < most; i++) {
        json_t *a = json_array_get(stored, i), *b = json_array_get(derived, i);
        if (!json_equal(a, b))
            differ(differences, result, "gate", td_json_text(a ? a : b, "id"), telling(a, b, "met"),
                   telling(b, a, "met"));
    }
}

static void check_facts(const struct td_plugins *plugins, const json_t *job, const json_t *result,
                        int job_ms, json_t *differences)
{
    struct td_fault fault = TD_FAULT_INIT;
    json_t *asked = json_pack("{s:O?, s:O?, s:O?}", "series", json_object_get(job, "series"),
                              "plugin", json_object_get(result, "plugin_version"), "dossier",
                              json_object_get(result, "dossier"));
    json_t *found = td_facts_of(plugins, asked, job_ms, &fault);
    json_decref(asked);
    if (!found) {
        fail(differences, result, "fact", &fault);
        return;
    }
    compare_facts(differences, result, found);
    compare_gates(differences, result, found);
    json_decref(found);
}

/* As differences of this op what purity.h finds between the two. */
static void compare_points(json_t *differences, const json_t *result, const json_t *score,
                           const char *source)
{
    json_t *findings = json_array(), *finding;
    size_t i;
    char id[160];
    td_purity_compare(td_json_text(result, "id"), json_object_get(result, "breakdown"), score,
                      source, DIFFERENCES_MAX, findings);
    json_array_foreach(findings, i, finding) {
        snprintf(id, sizeof(id), "%.64s%s%.64s", td_json_text(finding, "id"),
                 *td_json_text(finding, "id") ? " " : "", td_json_text(finding, "member"));
        differ(differences, result, td_json_text(finding, "what"), id,
               json_object_get(finding, "forward"), json_object_get(finding, "reverse"));
    }
    json_decref(findings);
}

static void check_points(const json_t *job, const json_t *result, int job_ms, json_t *differences)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_compiled_standard standard;
    const json_t *standards = json_object_get(job, "standards");
    json_t *named = json_pack("{s:O?}", "standard",
                              json_object_get(standards, td_json_text(result, "standard")));
    json_t *score = NULL;
    if (td_compiled_read(named, "standard", &standard, &fault) == 0)
        score =
            td_compiled_score(&standard, "", td_json_text(result, "id"), result, job_ms, &fault);
    if (score)
        compare_points(differences, result, score, standard.source);
    else
        fail(differences, result, "total", &fault);
    json_decref(score);
    json_decref(named);
}

json_t *td_recheck(const struct td_plugins *plugins, const json_t *job, int job_ms,
                   struct td_fault *fault)
{
    const json_t *results = json_object_get(job, "scores");
    json_t *result, *differences;
    size_t i;
    if (!json_is_array(results)) {
        td_fault_set(fault, "invalid", "the job needs an array \"scores\"");
        return NULL;
    }
    differences = json_array();
    json_array_foreach(results, i, result) {
        if (json_is_object(json_object_get(result, "dossier")))
            check_facts(plugins, job, result, job_ms, differences);
        check_points(job, result, job_ms, differences);
    }
    return json_pack("{s:o}", "differences", differences);
}
