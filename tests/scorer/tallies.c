/* tallies.c - see tallies.h. The VM that tallies answers later questions from its memory, the one
 * that scores never does. */
#include "tallies.h"

#include "scorer/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MIXED = 60 };

struct pair {
    struct td_vm *tallies, *scores;
    int tallied;
};

static struct td_vm *vm_of(const char *name, const char *source)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_vm *vm = td_vm_new(name, source, strlen(source), &fault);
    if (!vm) {
        fprintf(stderr, "%s: %s\n", name, fault.message);
        exit(2);
    }
    return vm;
}

/* A reference to the SCORE, without what a tally leaves to it. */
static json_t *score(struct td_vm *vm, const json_t *input)
{
    struct td_fault fault = TD_FAULT_INIT;
    json_t *score = td_vm_score(vm, input, &fault);
    json_object_del(score, "tie_break");
    return score ? score : json_string(fault.message);
}

/* NULL: this standard is only scored whole. */
static json_t *tally(struct td_vm *vm, const json_t *input)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_dossier dossier = {0};
    struct td_tally tally;
    char *text = json_dumps(input, JSON_COMPACT);
    json_t *found = NULL;
    if (!text || td_dossier_read(&dossier, text, text + strlen(text)) != text + strlen(text)) {
        found = json_string("the dossier was not read to its end");
    } else {
        int rc = td_vm_tally(vm, &dossier, &tally, &fault);
        if (rc < 0)
            found = json_string(fault.message);
        else if (rc == 0)
            found = td_tally_score(td_vm_plan(vm), &tally);
        if (rc == 0)
            td_tally_done(&tally);
    }
    td_dossier_done(&dossier);
    free(text);
    return found;
}

static int differs(const char *name, struct pair *vm, const json_t *input)
{
    json_t *have = tally(vm->tallies, input), *want = have ? score(vm->scores, input) : NULL;
    vm->tallied += have != NULL;
    int differs = have && !json_equal(want, have);
    if (differs) {
        char *one = json_dumps(want, JSON_SORT_KEYS | JSON_ENCODE_ANY);
        char *other = json_dumps(have, JSON_SORT_KEYS | JSON_ENCODE_ANY);
        printf("%s: the score is %s\n    and the tally %s\n", name, one, other);
        free(one);
        free(other);
    }
    json_decref(want);
    json_decref(have);
    return differs;
}

/* Each fact, the gates and the experts' points from one of the inputs, the same ones in every run.
 */
static json_t *mixed(const json_t *inputs, size_t seed)
{
    size_t count = json_array_size(inputs);
    json_t *facts = json_object(), *fact;
    const char *name;
    json_object_foreach(json_object_get(json_array_get(inputs, 0), "facts"), name, fact) {
        seed = seed * 2862933555777941757u + 3037000493u;
        const json_t *from = json_array_get(inputs, (seed >> 33) % count);
        json_object_set(facts, name, json_object_get(json_object_get(from, "facts"), name));
    }
    const json_t *rest = json_array_get(inputs, (seed >> 40) % count);
    return json_pack("{s:o, s:O, s:O}", "facts", facts, "gates", json_object_get(rest, "gates"),
                     "expert", json_object_get(rest, "expert"));
}

int tallies_differ(const char *name, const char *source, const json_t *inputs)
{
    struct pair vm = {vm_of(name, source), vm_of(name, source), 0};
    int differences = 0;
    size_t i;
    json_t *input;
    json_array_foreach(inputs, i, input)
        differences += differs(name, &vm, input);
    for (i = 0; i < MIXED && vm.tallied && !differences; i++) {
        input = mixed(inputs, i + 1);
        differences += differs(name, &vm, input);
        json_decref(input);
    }
    printf("%s: %d tallied\n", name, vm.tallied);
    if (!vm.tallied) {
        printf("%s: nothing was tallied; is it scored whole?\n", name);
        differences++;
    }
    td_vm_free(vm.tallies);
    td_vm_free(vm.scores);
    return differences;
}
