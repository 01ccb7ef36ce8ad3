/* job.c - see job.h. Keeps the compiled standards of the last jobs, one VM each; a VM that failed
 * is thrown away, since it may hold anything. */
#include "scorer/job.h"

#include "scorer/guard.h"
#include "scorer/score.h"
#include "scorer/vm.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_SIZE 8

struct standard {
    const char *name;
    const char *source;
    size_t length;
};

static struct cached {
    struct td_vm *vm; /* NULL: free */
    char *name;
    char *source;
    size_t length;
    uint64_t used;
} cache[CACHE_SIZE];

static uint64_t uses;

/* --- compiled standards ----------------------------------------------------------------------- */

static void forget(struct cached *entry)
{
    td_vm_free(entry->vm);
    free(entry->name);
    free(entry->source);
    *entry = (struct cached){0};
}

void td_job_done(void)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        forget(&cache[i]);
}

static struct cached *find_compiled(const struct standard *standard)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (cache[i].vm && cache[i].length == standard->length &&
            !strcmp(cache[i].name, standard->name) &&
            !memcmp(cache[i].source, standard->source, standard->length))
            return &cache[i];
    return NULL;
}

static struct cached *free_entry(void)
{
    struct cached *oldest = &cache[0];
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (cache[i].used < oldest->used)
            oldest = &cache[i];
    forget(oldest);
    return oldest;
}

static struct cached *compiled(const struct standard *standard, struct td_fault *fault)
{
    struct cached *entry = find_compiled(standard);
    if (!entry) {
        struct td_vm *vm = td_vm_new(standard->name, standard->source, standard->length, fault);
        if (!vm)
            return NULL;
        entry = free_entry();
        *entry = (struct cached){vm, strdup(standard->name), malloc(standard->length + 1),
                                 standard->length, 0};
        if (!entry->name || !entry->source) {
            forget(entry);
            *fault = (struct td_fault){.code = "limit", .message = "the worker is short of memory"};
            return NULL;
        }
        memcpy(entry->source, standard->source, standard->length);
    }
    entry->used = ++uses;
    return entry;
}

/* --- the operations --------------------------------------------------------------------------- */

static json_t *invalid(struct td_fault *fault, const char *message)
{
    fault->code = "invalid";
    snprintf(fault->message, sizeof(fault->message), "%s", message);
    return NULL;
}

/* Names become part of error lines and of a signal handler's answer: plain characters only. */
static int read_standard(const json_t *job, struct standard *standard, struct td_fault *fault)
{
    const json_t *object = json_object_get(job, "standard"),
                 *source = json_object_get(object, "source");
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@";
    standard->name = json_string_value(json_object_get(object, "name"));
    standard->source = json_string_value(source);
    standard->length = json_string_length(source);
    if (!standard->name || !standard->source) {
        invalid(fault, "the job needs a standard with name and source");
        return -1;
    }
    size_t length = strlen(standard->name);
    if (!length || length > 100 || strspn(standard->name, plain) != length) {
        invalid(fault, "the standard's name must be 1 to 100 plain characters");
        return -1;
    }
    return 0;
}

static json_t *facts(const struct td_plugins *plugins, const json_t *job, int job_ms,
                     struct td_fault *fault)
{
    const char *series = json_string_value(json_object_get(job, "series"));
    const json_t *dossier = json_object_get(job, "dossier");
    if (!series || !json_is_object(dossier))
        return invalid(fault, "the job needs a series and a dossier");
    int index = td_plugins_find(plugins, series);
    if (index < 0) {
        fault->code = "plugin";
        snprintf(fault->message, sizeof(fault->message),
                 "no plugin for the series \"%.60s\" is loaded", series);
        return NULL;
    }
    td_guard_begin(TD_GUARD_PLUGIN, plugins->loaded[index].file, job_ms);
    json_t *answer = td_plugins_facts(plugins, index, dossier, fault);
    td_guard_end();
    return answer;
}

/* `found` has the "facts" and "gates": the job itself, or the answer of facts(). */
static json_t *score(const json_t *job, const json_t *found, int job_ms, struct td_fault *fault)
{
    struct standard standard;
    const json_t *expert = json_object_get(job, "expert");
    const json_t *known = json_object_get(found, "facts"), *gates = json_object_get(found, "gates");
    if (read_standard(job, &standard, fault) < 0)
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
    struct cached *entry = compiled(&standard, fault);
    json_t *points = entry ? td_vm_score(entry->vm, input, fault) : NULL;
    if (entry && !points)
        forget(entry);
    td_guard_end();
    json_decref(input);
    if (points && td_score_check(points, standard.name, fault) < 0) {
        forget(entry);
        json_decref(points);
        points = NULL;
    }
    return points;
}

static json_t *check(const json_t *job, int job_ms, struct td_fault *fault)
{
    struct standard standard;
    if (read_standard(job, &standard, fault) < 0)
        return NULL;
    td_guard_begin(TD_GUARD_SCRIPT, standard.name, job_ms);
    struct td_vm *vm = td_vm_new(standard.name, standard.source, standard.length, fault);
    json_t *table = vm ? td_vm_table(vm, fault) : NULL;
    td_vm_free(vm);
    td_guard_end();
    return table;
}

static json_t *wrap(const char *name, json_t *value)
{
    return value ? json_pack("{s:o}", name, value) : NULL;
}

static json_t *evaluate(const struct td_plugins *plugins, const json_t *job, int job_ms,
                        struct td_fault *fault)
{
    json_t *answer = facts(plugins, job, job_ms, fault);
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

json_t *td_job_answer(const struct td_plugins *plugins, const json_t *job, int job_ms)
{
    struct td_fault fault = TD_FAULT_INIT;
    const char *op = json_string_value(json_object_get(job, "op"));
    json_t *answer = NULL;
    if (!op)
        invalid(&fault, "the job has no op");
    else if (!strcmp(op, "facts"))
        answer = facts(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "score"))
        answer = wrap("score", score(job, job, job_ms, &fault));
    else if (!strcmp(op, "evaluate"))
        answer = evaluate(plugins, job, job_ms, &fault);
    else if (!strcmp(op, "check"))
        answer = wrap("table", check(job, job_ms, &fault));
    else
        invalid(&fault, "the job's op is none of facts, score, evaluate, check");
    if (!answer && !fault.code)
        fault = (struct td_fault){.code = "limit", .message = "the worker is short of memory"};
    if (!fault.code)
        return answer;
    json_decref(answer);
    return error_answer(&fault);
}
