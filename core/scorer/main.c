/* main.c - titled-scorer: the only process that runs scoring scripts and series plugins.
 *
 *   titled-scorer --try STANDARD.rb INPUT.json
 *       scores INPUT ({"facts": {...}, "gates": [...], "expert": {...}}) with the standard and prints
 *       the SCORE, or "file:line: message"; for people who write standards. No sandbox. */
#include "scorer/vm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const char *path, size_t *ret_length)
{
    FILE *file = fopen(path, "rb");
    char *text = file ? malloc(TD_VM_SOURCE_MAX + 1) : NULL;
    if (text)
        *ret_length = fread(text, 1, TD_VM_SOURCE_MAX + 1, file);
    if (file)
        fclose(file);
    return text;
}

static int say_fault(const struct td_fault *fault)
{
    fprintf(stderr, "%s", fault->file);
    if (fault->line)
        fprintf(stderr, ":%d", fault->line);
    fprintf(stderr, ": %s%s%s [%s]\n", fault->message, fault->rule[0] ? ", in rule " : "", fault->rule, fault->code);
    return 1;
}

static int try_standard(const char *standard, const char *input_path)
{
    struct td_fault fault = TD_FAULT_INIT;
    json_error_t error;
    size_t length = 0;
    char *source = read_text(standard, &length);
    json_t *input = json_load_file(input_path, 0, &error);
    if (!source || !input) {
        if (source)
            fprintf(stderr, "%s:%d: %s\n", input_path, error.line, error.text);
        else
            perror(standard);
        free(source);
        json_decref(input);
        return 1;
    }
    struct td_vm *vm = td_vm_new(standard, source, length, &fault);
    json_t *score = vm ? td_vm_score(vm, input, &fault) : NULL;
    if (score && json_dumpf(score, stdout, JSON_INDENT(1)) == 0)
        putchar('\n');
    td_vm_free(vm);
    free(source);
    json_decref(input);
    json_decref(score);
    return score ? 0 : say_fault(&fault);
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "--try"))
        return try_standard(argv[2], argv[3]);
    fprintf(stderr, "usage: titled-scorer --try STANDARD.rb INPUT.json\n");
    return 2;
}
