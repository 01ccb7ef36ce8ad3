/* compiled.c - see compiled.h. The one used least lately goes first. */
#include "scorer/compiled.h"

#include "scorer/guard.h"
#include "scorer/score.h"
#include "scorer/vm.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_SIZE 8

static struct cached {
    struct td_vm *vm; /* NULL: free */
    char *name;
    char *use;
    char *source;
    size_t length;
    uint64_t used;
} cache[CACHE_SIZE];

static uint64_t uses;

static void forget(struct cached *entry)
{
    td_vm_free(entry->vm);
    free(entry->name);
    free(entry->use);
    free(entry->source);
    *entry = (struct cached){0};
}

void td_compiled_done(void)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        forget(&cache[i]);
}

void td_compiled_forget(const struct td_vm *vm)
{
    for (size_t i = 0; vm && i < CACHE_SIZE; i++)
        if (cache[i].vm == vm)
            forget(&cache[i]);
}

int td_compiled_read(const json_t *job, const char *member,
                     struct td_compiled_standard *ret_standard, struct td_fault *fault)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./@";
    const json_t *object = json_object_get(job, member),
                 *source = json_object_get(object, "source");
    const char *name = json_string_value(json_object_get(object, "name"));
    if (!name || !json_is_string(source))
        return td_fault_set(fault, "invalid",
                            "the job needs a standard with name and source in the member \"%s\"",
                            member);
    size_t length = strlen(name);
    if (!length || length > 100 || strspn(name, plain) != length)
        return td_fault_set(
            fault, "invalid",
            "a standard's name must be 1 to 100 plain characters in the member \"%s\"", member);
    *ret_standard =
        (struct td_compiled_standard){name, json_string_value(source), json_string_length(source)};
    return 0;
}

static struct cached *find(const struct td_compiled_standard *standard, const char *use)
{
    for (size_t i = 0; i < CACHE_SIZE; i++)
        if (cache[i].vm && cache[i].length == standard->length && !strcmp(cache[i].use, use) &&
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

struct td_vm *td_compiled_vm(const struct td_compiled_standard *standard, const char *use,
                             struct td_fault *fault)
{
    struct cached *entry = find(standard, use);
    if (!entry) {
        struct td_vm *vm = td_vm_new(standard->name, standard->source, standard->length, fault);
        if (!vm)
            return NULL;
        entry = free_entry();
        *entry = (struct cached){
            vm, strdup(standard->name), strdup(use), malloc(standard->length + 1), standard->length,
            0};
        if (!entry->name || !entry->use || !entry->source) {
            forget(entry);
            td_fault_memory(fault);
            return NULL;
        }
        memcpy(entry->source, standard->source, standard->length);
    }
    entry->used = ++uses;
    return entry->vm;
}

/* What a standard may read, and pays for. */
static json_t *input_of(const json_t *from)
{
    return json_pack("{s:O*, s:O*, s:O*}", "facts", json_object_get(from, "facts"), "gates",
                     json_object_get(from, "gates"), "expert", json_object_get(from, "expert"));
}

json_t *td_compiled_score(const struct td_compiled_standard *standard, const char *use,
                          const char *item, const json_t *from, int job_ms, struct td_fault *fault)
{
    json_t *input = input_of(from);
    if (!input) {
        td_fault_memory(fault);
        return NULL;
    }
    td_guard_begin(TD_GUARD_SCRIPT, standard->name, job_ms);
    td_guard_item(item);
    struct td_vm *vm = td_compiled_vm(standard, use, fault);
    json_t *score = vm ? td_vm_score(vm, input, fault) : NULL;
    td_guard_end();
    json_decref(input);
    if (score && td_score_check(score, standard->name, fault) < 0) {
        json_decref(score);
        score = NULL;
    }
    if (!score)
        td_compiled_forget(vm);
    return score;
}
