/* bench_score_loop SCRIPT DOSSIERS.json SECONDS: the bare loop that `ops/bench score` compares
 * with.
 *
 * The interpreter with the worker's gems, prelude and script, and nothing else of the worker: no
 * sandbox, frames, limits of time or memory, and no JSON, for the inputs are made Ruby objects
 * before the clock starts and results are dropped. Prints {"count", "us" (processor time)} and, for
 * the comparison, "scores", those of one round as JSON. */
#include "scorer/numbers.h"
#include "scorer/prelude.h"
#include "scorer/value.h"

#include <mruby.h>
#include <mruby/array.h>
#include <mruby/compile.h>
#include <mruby/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int fail(const char *what)
{
    fprintf(stderr, "bench_score_loop: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void must(mrb_state *mrb)
{
    if (!mrb->exc)
        return;
    mrb_print_error(mrb);
    fail("the script failed");
}

static void run(mrb_state *mrb, const char *name, const char *text, size_t length)
{
    mrbc_context *context = mrbc_context_new(mrb);
    mrbc_filename(mrb, context, name);
    mrb_load_nstring_cxt(mrb, text, length, context);
    must(mrb);
    mrbc_context_free(mrb, context);
}

static void run_file(mrb_state *mrb, const char *path)
{
    static char text[1 << 17];
    FILE *file = fopen(path, "rb");
    size_t length = file ? fread(text, 1, sizeof(text), file) : 0;
    if (!length)
        fail("cannot read the script");
    fclose(file);
    run(mrb, path, text, length);
}

static mrb_value score(mrb_state *mrb, mrb_value titled, mrb_value standard, mrb_value dossiers,
                       mrb_int i)
{
    mrb_value result = mrb_funcall(mrb, titled, "score", 2, standard, RARRAY_PTR(dossiers)[i]);
    must(mrb);
    return result;
}

static json_t *all_scores(mrb_state *mrb, mrb_value titled, mrb_value standard, mrb_value dossiers)
{
    json_t *scores = json_array();
    for (mrb_int i = 0; i < RARRAY_LEN(dossiers); i++) {
        int arena = mrb_gc_arena_save(mrb);
        const char *problem = NULL;
        json_t *one = td_value_to_json(mrb, score(mrb, titled, standard, dossiers, i),
                                       (size_t)1 << 20, &problem);
        if (!one)
            fail(problem);
        json_array_append_new(scores, one);
        mrb_gc_arena_restore(mrb, arena);
    }
    return scores;
}

static json_t *timed(mrb_state *mrb, mrb_value titled, mrb_value standard, mrb_value dossiers,
                     double seconds)
{
    double began = cpu_us(), end = began + seconds * 1e6;
    long count = 0;
    while (cpu_us() < end) {
        for (mrb_int i = 0; i < RARRAY_LEN(dossiers); i++, count++) {
            int arena = mrb_gc_arena_save(mrb);
            score(mrb, titled, standard, dossiers, i);
            mrb_gc_arena_restore(mrb, arena);
        }
    }
    return json_pack("{s:I, s:f}", "count", (json_int_t)count, "us", cpu_us() - began);
}

int main(int argc, char **argv)
{
    json_t *inputs = argc == 4 ? json_load_file(argv[2], 0, NULL) : NULL;
    mrb_state *mrb = mrb_open();
    const struct td_prelude_file *file;
    if (!json_is_array(inputs) || !mrb)
        fail("usage: bench_score_loop SCRIPT DOSSIERS.json SECONDS");
    td_numbers_define(mrb, mrb_define_module(mrb, "Titled"));
    for (size_t i = 0; (file = td_prelude(i)); i++)
        run(mrb, file->name, file->text, file->length);
    run_file(mrb, argv[1]);
    mrb_value titled = mrb_obj_value(mrb_module_get(mrb, "Titled"));
    mrb_value standard = mrb_funcall(mrb, titled, "take", 0);
    mrb_value dossiers = td_value_from_json(mrb, inputs);
    must(mrb);
    mrb_gc_register(mrb, standard);
    mrb_gc_register(mrb, dossiers);
    json_t *scores = all_scores(mrb, titled, standard, dossiers);
    json_t *result = timed(mrb, titled, standard, dossiers, strtod(argv[3], NULL));
    json_object_set_new(result, "scores", scores);
    json_dumpf(result, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(result);
    json_decref(inputs);
    mrb_close(mrb);
    return 0;
}
