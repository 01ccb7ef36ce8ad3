/* job.c - see job.h. A VM that failed is thrown away, since it may hold anything; compiled.c keeps
 * the others. */
#include "scorer/job.h"

#include "scorer/compiled.h"
#include "scorer/guard.h"
#include "scorer/probe.h"
#include "scorer/recheck.h"
#include "scorer/score.h"
#include "scorer/trial.h"
#include "scorer/vm.h"

#include <string.h>

/* --- the operations --------------------------------------------------------------------------- */

static json_t *invalid(struct td_fault *fault, const char *message)
{
    td_fault_set(fault, "invalid", "%s", message);
    return NULL;
}

json_t *td_job_facts(const struct td_plugins *plugins, const json_t *job, int job_ms,
                     struct td_fault *fault)
{
    const char *series = json_string_value(json_object_get(job, "series"));
    const json_t *dossier = json_object_get(job, "dossier");
    if (!series || !json_is_object(dossier))
        return invalid(fault, "the job needs a series and a dossier");
    const char *version = json_string_value(json_object_get(job, "plugin"));
    int index = td_plugins_find(plugins, series, version);
    if (index < 0) {
        td_fault_set(fault, "plugin", "no plugin for the series \"%.60s\"%s%.40s is loaded", series,
                     version && *version ? ", version " : "", version ? version : "");
        return NULL;
    }
    td_guard_begin(TD_GUARD_PLUGIN, plugins->loaded[index].file, job_ms);
    json_t *answer = td_plugins_facts(plugins, index, dossier, fault);
    td_guard_end();
    return answer;
}

static json_t *probe(const struct td_plugins *plugins, const json_t *job, int job_ms,
                     struct td_fault *fault)
{
    const char *series = json_string_value(json_object_get(job, "series"));
    const json_t *dossier = json_object_get(job, "dossier");
    json_int_t repeat = json_integer_value(json_object_get(job, "repeat"));
    int index = series ? td_plugins_find(plugins, series, NULL) : -1;
    if (index < 0 || !json_is_object(dossier) || repeat < 1 || repeat > TD_PROBE_REPEAT_MAX)
        return invalid(fault, "the job needs a series that is loaded, a dossier and a repeat");
    return td_probe_answer(plugins, index, dossier, (int)repeat, job_ms);
}

/* `found` has the "facts" and "gates": the job itself, or the answer of facts(). */
static json_t *score(const json_t *job, const json_t *found, int job_ms, struct td_fault *fault)
{
    struct td_compiled_standard standard;
    const json_t *expert = json_object_get(job, "expert");
    const json_t *known = json_object_get(found, "facts"), *gates = json_object_get(found, "gates");
    if (td_compiled_read(job, "standard", &standard, fault) < 0)
        return NULL;
    if (!json_is_object(known) || (gates && !json_is_array(gates)) ||
        (expert && !json_is_object(expert)))
        return invalid(
            fault,
            "the job needs an object \"facts\", an array \"gates\" and an object \"expert\"");
    json_t *input = json_object();
    json_object_set_new(input, "facts", json_incref((json_t *)known));
    json_object_set_new(input, "gates", gates ? json_incref((json_t *)gates) : json_array());
    json_object_set_new(input, "expert", expert ? json_incref((json_t *)expert) : json_object());
    td_guard_begin(TD_GUARD_SCRIPT, standard.name, job_ms);
    struct td_vm *vm = td_compiled_vm(&standard, "", fault);
    json_t *points = vm ? td_vm_score(vm, input, fault) : NULL;
    if (!points)
        td_compiled_forget(vm);
    td_guard_end();
    json_decref(input);
    if (points && td_score_check(points, standard.name, fault) < 0) {
        td_compiled_forget(vm);
        json_decref(points);
        points = NULL;
    }
    return points;
}

static json_t *check(const struct td_plugins *plugins, const json_t *job, int job_ms,
                     struct td_fault *fault)
{
    struct td_compiled_standard standard;
    if (td_compiled_read(job, "standard", &standard, fault) < 0)
        return NULL;
    td_guard_begin(TD_GUARD_SCRIPT, standard.name, job_ms);
    struct td_vm *vm = td_vm_new(standard.name, standard.source, standard.length, fault);
    json_t *table = vm ? td_vm_table(vm, fault) : NULL;
    td_vm_free(vm);
    td_guard_end();
    if (!table)
        return NULL;
    json_t *answer = json_pack("{s:o}", "table", table);
    json_t *golden =
        json_object_get(job, "cases") ? td_trial_golden(plugins, job, job_ms, fault) : NULL;
    if (golden)
        json_object_set_new(answer, "golden", golden);
    return answer;
}

static json_t *wrap(const char *name, json_t *value)
{
    return value ? json_pack("{s:o}", name, value) : NULL;
}

static json_t *evaluate(const struct td_plugins *plugins, const json_t *job, int job_ms,
                        struct td_fault *fault)
{
    json_t *answer = td_job_facts(plugins, job, job_ms, fault);
    json_t *points = answer ? score(job, answer, job_ms, fault) : NULL;
    if (points) {
        json_object_set_new(answer, "score", points);
        return answer;
    }
    json_decref(answer);
    return NULL;
}

static json_t *error_answer(const struct td_fault *fault)
{
    return json_pack("{s:{s:s, s:s, s:s, s:i, s:s}}", "error", "code", fault->code, "message",
                     fault->message, "file", fault->file, "line", fault->line, "rule", fault->rule);
}

/* The members of the trial's job but its dossiers; NULL when one of them is no JSON. */
static json_t *trial_job(const char *text, size_t length, struct td_slice *dossiers)
{
    struct td_slice name, value;
    const char *at = text;
    json_t *job = json_object();
    while (td_slice_next(&at, text + length, &name, &value)) {
        static const char many[] = "dossiers";
        if (name.length == sizeof(many) - 1 && !memcmp(name.text, many, sizeof(many) - 1)) {
            *dossiers = value;
            continue;
        }
        json_t *member =
            json_loadb(value.text, value.length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
        if (!member || json_object_setn_new(job, name.text, name.length, member)) {
            at = NULL;
            break;
        }
    }
    if (at)
        return job;
    json_decref(job);
    return NULL;
}

json_t *td_job_parse(const char *text, size_t length, struct td_slice *ret_dossiers)
{
    /* As the server writes it (review/trial_run.c); written otherwise it is parsed whole, and
     * refused. */
    static const char trial[] = "{\"op\":\"trial\",";
    *ret_dossiers = (struct td_slice){0};
    if (length >= sizeof(trial) - 1 && !memcmp(text, trial, sizeof(trial) - 1))
        return trial_job(text, length, ret_dossiers);
    return json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
}

json_t *td_job_answer(const struct td_plugins *plugins, const json_t *job,
                      const struct td_slice *dossiers, int job_ms)
{
    struct td_fault fault = TD_FAULT_INIT;
    const char *op = json_string_value(json_object_get(job, "op"));
    json_t *answer = NULL;
    if (!op)
        invalid(&fault, "the job has no op");
    else if (!strcmp(op, "facts"))
        answer = td_job_facts(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "score"))
        answer = wrap("score", score(job, job, job_ms, &fault));
    else if (!strcmp(op, "evaluate"))
        answer = evaluate(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "probe"))
        answer = probe(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "check"))
        answer = check(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "trial"))
        answer = td_trial_batch(job, dossiers, job_ms, &fault);
    else if (!strcmp(op, "recheck"))
        answer = td_recheck(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "compare"))
        answer = td_trial_compare(job, job_ms, &fault);
    else if (!strcmp(op, "golden"))
        answer = td_trial_golden(plugins, job, job_ms, &fault);
    else
        invalid(&fault, "the job's op is none of facts, score, evaluate, check, trial, compare, "
                        "golden, probe, recheck");
    if (!answer && !fault.code)
        td_fault_memory(&fault);
    if (!fault.code)
        return answer;
    json_decref(answer);
    return error_answer(&fault);
}
