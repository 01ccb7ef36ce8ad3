/* job.c - see job.h. A VM that failed is thrown away, since it may hold anything; compiled.c keeps
 * the others. */
#include "scorer/job.h"

#include "scorer/compiled.h"
#include "scorer/facts.h"
#include "scorer/guard.h"
#include "scorer/probe.h"
#include "scorer/recheck.h"
#include "scorer/trial.h"
#include "scorer/vm.h"

#include <stdio.h>
#include <string.h>

/* --- the operations --------------------------------------------------------------------------- */

struct task {
    const struct td_plugins *plugins;
    const json_t *job;
    const struct td_slice *dossiers;
    int job_ms;
};

static json_t *invalid(struct td_fault *fault, const char *message)
{
    td_fault_set(fault, "invalid", "%s", message);
    return NULL;
}

static json_t *facts(const struct task *task, struct td_fault *fault)
{
    return td_facts_of(task->plugins, task->job, task->job_ms, fault);
}

static json_t *probe(const struct task *task, struct td_fault *fault)
{
    const char *series = json_string_value(json_object_get(task->job, "series"));
    const json_t *dossier = json_object_get(task->job, "dossier");
    json_int_t repeat = json_integer_value(json_object_get(task->job, "repeat"));
    int index = series ? td_plugins_find(task->plugins, series, NULL) : -1;
    if (index < 0 || !json_is_object(dossier) || repeat < 1 || repeat > TD_PROBE_REPEAT_MAX)
        return invalid(fault, "the job needs a series that is loaded, a dossier and a repeat");
    return td_probe_answer(task->plugins, index, dossier, (int)repeat, task->job_ms);
}

/* A SCORE; `found` has the "facts" and "gates": the job itself, or the answer of facts(). */
static json_t *points_of(const struct task *task, const json_t *found, struct td_fault *fault)
{
    struct td_compiled_standard standard;
    const json_t *expert = json_object_get(task->job, "expert");
    const json_t *known = json_object_get(found, "facts"), *gates = json_object_get(found, "gates");
    if (td_compiled_read(task->job, "standard", &standard, fault) < 0)
        return NULL;
    if (!json_is_object(known) || (gates && !json_is_array(gates)) ||
        (expert && !json_is_object(expert)))
        return invalid(
            fault,
            "the job needs an object \"facts\", an array \"gates\" and an object \"expert\"");
    json_t *input =
        json_pack("{s:O, s:O*, s:O*}", "facts", known, "gates", gates, "expert", expert);
    json_t *points = td_compiled_score(&standard, "", NULL, input, task->job_ms, fault);
    json_decref(input);
    return points;
}

static json_t *score(const struct task *task, struct td_fault *fault)
{
    json_t *points = points_of(task, task->job, fault);
    return points ? json_pack("{s:o}", "score", points) : NULL;
}

static json_t *evaluate(const struct task *task, struct td_fault *fault)
{
    json_t *answer = facts(task, fault);
    json_t *points = answer ? points_of(task, answer, fault) : NULL;
    if (points) {
        json_object_set_new(answer, "score", points);
        return answer;
    }
    json_decref(answer);
    return NULL;
}

static json_t *golden(const struct task *task, struct td_fault *fault)
{
    return td_trial_golden(task->plugins, task->job, task->job_ms, fault);
}

static json_t *check(const struct task *task, struct td_fault *fault)
{
    struct td_compiled_standard standard;
    if (td_compiled_read(task->job, "standard", &standard, fault) < 0)
        return NULL;
    td_guard_begin(TD_GUARD_SCRIPT, standard.name, task->job_ms);
    struct td_vm *vm = td_vm_new(standard.name, standard.source, standard.length, fault);
    json_t *table = vm ? td_vm_table(vm, fault) : NULL;
    td_vm_free(vm);
    td_guard_end();
    if (!table)
        return NULL;
    json_t *answer = json_pack("{s:o}", "table", table);
    json_t *passed = json_object_get(task->job, "cases") ? golden(task, fault) : NULL;
    if (passed)
        json_object_set_new(answer, "golden", passed);
    return answer;
}

static json_t *trial(const struct task *task, struct td_fault *fault)
{
    return td_trial_batch(task->job, task->dossiers, task->job_ms, fault);
}

static json_t *compare(const struct task *task, struct td_fault *fault)
{
    return td_trial_compare(task->job, task->job_ms, fault);
}

static json_t *recheck(const struct task *task, struct td_fault *fault)
{
    return td_recheck(task->plugins, task->job, task->job_ms, fault);
}

static const struct {
    const char *op;
    json_t *(*answer)(const struct task *task, struct td_fault *fault);
} operations[] = {
    {"facts", facts},   {"score", score},     {"evaluate", evaluate},
    {"check", check},   {"trial", trial},     {"compare", compare},
    {"golden", golden}, {"recheck", recheck}, {"probe", probe},
};

enum { OPERATIONS = sizeof(operations) / sizeof(operations[0]) };

static json_t *refuse_op(struct td_fault *fault)
{
    char known[128] = "";
    size_t length = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s", i ? ", " : "",
                                   operations[i].op);
    td_fault_set(fault, "invalid", "the job's op is none of %s", known);
    return NULL;
}

static json_t *operate(const struct task *task, struct td_fault *fault)
{
    const char *op = json_string_value(json_object_get(task->job, "op"));
    if (!op)
        return invalid(fault, "the job has no op");
    for (size_t i = 0; i < OPERATIONS; i++)
        if (!strcmp(op, operations[i].op))
            return operations[i].answer(task, fault);
    return refuse_op(fault);
}

/* --- requests and answers --------------------------------------------------------------------- */

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
    static const char begins[] = "{\"op\":\"trial\",";
    *ret_dossiers = (struct td_slice){0};
    if (length >= sizeof(begins) - 1 && !memcmp(text, begins, sizeof(begins) - 1))
        return trial_job(text, length, ret_dossiers);
    return json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
}

json_t *td_job_answer(const struct td_plugins *plugins, const json_t *job,
                      const struct td_slice *dossiers, int job_ms)
{
    const struct task task = {plugins, job, dossiers, job_ms};
    struct td_fault fault = TD_FAULT_INIT;
    json_t *answer = operate(&task, &fault);
    if (!answer && !fault.code)
        td_fault_memory(&fault);
    if (!fault.code)
        return answer;
    json_decref(answer);
    return error_answer(&fault);
}
