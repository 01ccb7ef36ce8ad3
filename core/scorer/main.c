/* main.c - titled-scorer: the only process that runs scoring scripts and series plugins.
 *
 *   titled-scorer --worker FOLDER JOB_MS [SKIPPED.so ...]
 *   titled-scorer --worker FOLDER JOB_MS --files|--rebuilt FILE.so ...
 *       answers jobs on descriptor 3; the server starts it so (scoring/pool.h).
 *   titled-scorer --try STANDARD.rb [INPUT.json [FORM.json]]
 *       scores INPUT ({"facts": {...}, "gates": [...], "expert": {...}}) with the standard and
 * prints the SCORE, without INPUT the standard's table, or "file:line: message"; for people who
 * write standards. With the series' FORM.json the names of facts are checked. No sandbox, no time
 * limit. */
#include "scorer/score.h"
#include "scorer/vm.h"
#include "scorer/worker.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET 3

#ifdef __SANITIZE_ADDRESS__
/* The sandbox keeps the leak checker from stopping threads; a worker that ends has nothing to leak.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0:handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_"
           "sigill=0";
}
#endif

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

static void say_fault(const struct td_fault *fault)
{
    fprintf(stderr, "%s", fault->file);
    if (fault->line)
        fprintf(stderr, ":%d", fault->line);
    fprintf(stderr, ": %s%s%s [%s]\n", fault->message, fault->rule[0] ? ", in rule " : "",
            fault->rule, fault->code);
}

static int try_standard(const char *path, const char *source, size_t length, const json_t *input)
{
    struct td_fault fault = TD_FAULT_INIT;
    struct td_vm *vm = td_vm_new(path, source, length, &fault);
    json_t *answer = NULL;
    if (vm)
        answer = input ? td_vm_score(vm, input, &fault) : td_vm_table(vm, &fault);
    if (answer && json_dumpf(answer, stdout, JSON_INDENT(1)) == 0)
        putchar('\n');
    if (answer && input)
        td_score_check(answer, path, &fault);
    td_vm_free(vm);
    json_decref(answer);
    if (fault.code)
        say_fault(&fault);
    return fault.code ? 1 : 0;
}

static json_t *read_json(const char *path)
{
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (!json)
        fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
    return json;
}

static int try_files(const char *path, const char *input_path, const char *form_path)
{
    size_t length = 0;
    char *source = read_text(path, &length);
    json_t *input = input_path ? read_json(input_path) : NULL,
           *form = form_path ? read_json(form_path) : NULL;
    const char *series = json_string_value(json_object_get(form, "series"));
    json_t *catalog = series ? json_pack("{s:O}", series, form) : NULL;
    int status = 1;
    td_vm_declare(catalog);
    if (!source)
        perror(path);
    else if ((input || !input_path) && (form || !form_path))
        status = try_standard(path, source, length, input);
    free(source);
    json_decref(input);
    json_decref(form);
    json_decref(catalog);
    return status;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && argc <= 5 && !strcmp(argv[1], "--try"))
        return try_files(argv[2], argv[3], argc == 5 ? argv[4] : NULL);
    if (argc >= 4 && !strcmp(argv[1], "--worker") && strtol(argv[3], NULL, 10) > 0) {
        bool rebuilt = argc >= 5 && !strcmp(argv[4], "--rebuilt");
        bool named = rebuilt || (argc >= 5 && !strcmp(argv[4], "--files"));
        const char *const *rest = (const char *const *)argv + 4;
        const struct td_worker_options options = {.fd = SOCKET,
                                                  .plugin_folder = argv[2],
                                                  .job_ms = (int)strtol(argv[3], NULL, 10),
                                                  .skip = rest,
                                                  .files = named ? rest + 1 : NULL,
                                                  .rebuilt = rebuilt};
        return td_worker_run(&options);
    }
    fprintf(stderr, "usage: titled-scorer --try STANDARD.rb [INPUT.json [FORM.json]]\n"
                    "       titled-scorer --worker FOLDER JOB_MS [SKIPPED.so ... | "
                    "--files|--rebuilt FILE.so ...]\n"
                    "           (jobs on descriptor 3)\n");
    return 2;
}
