/* plugins_test.c - broken and hostile plugins: refused with both values, or contained to one job.
 */
#include "drive.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A plugin folder of this test's own. */
static char folder[] = "/tmp/td-plugins-XXXXXX";

static void put(const char *source, const char *name)
{
    char command[1024];
    snprintf(command, sizeof(command), "cp '%s/%s.so' '%s/%s.so' && chmod 0755 '%s/%s.so'",
             BAD_PLUGINS, source, folder, name, folder, name);
    assert_int_equal(system(command), 0);
}

static void empty_folder(void)
{
    char command[256];
    snprintf(command, sizeof(command), "rm -rf '%s'/*", folder);
    assert_int_equal(system(command), 0);
}

static struct drive start(int workers, int job_ms, int start_ms)
{
    struct drive drive;
    drive_start(&drive, &(struct td_pool_options){.executable = TD_SCORER,
                                                  .plugin_folder = folder,
                                                  .workers = workers,
                                                  .job_ms = job_ms,
                                                  .deadline_ms = DRIVE_DEADLINE_MS,
                                                  .start_ms = start_ms});
    return drive;
}

static void expect_refusal(struct drive *drive, const char *file, const char *says)
{
    json_t *refusals = td_pool_refusals(drive->pool), *refusal;
    size_t i;
    bool found = false;
    json_array_foreach(refusals, i, refusal) {
        found = found || (!strcmp(json_string_value(json_object_get(refusal, "file")), file) &&
                          strstr(json_string_value(json_object_get(refusal, "message")), says));
    }
    if (!found) {
        char *text = json_dumps(refusals, JSON_INDENT(1));
        print_error("no refusal of %s that says \"%s\" in %s\n", file, says, text);
        free(text);
    }
    json_decref(refusals);
    assert_true(found);
}

static json_t *facts_job(const char *series)
{
    return json_pack("{s:s, s:s, s:{s:s}}", "op", "facts", "series", series, "dossier", "level",
                     "junior");
}

static void expect_good(struct drive *drive)
{
    struct drive_answer answer = drive_job(drive, facts_job("good"));
    assert_int_equal(answer.code, 0);
    const json_t *fine = json_object_get(json_object_get(answer.answer, "facts"), "fine");
    assert_true(json_is_true(json_object_get(fine, "value")));
    assert_true(json_is_array(json_object_get(answer.answer, "gates")));
    assert_true(json_is_array(json_object_get(answer.answer, "problems")));
    drive_answer_done(&answer);
}

static void broken_ones_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *says;
    } rows[] = {
        {"wrong_major", "is built for ABI major 7; this server speaks 1"},
        {"short_struct", "has 16 bytes; this server needs at least "},
        {"other_major", "exports titled_plugin_v2; this server looks for titled_plugin_v1"},
        {"no_symbol", "exports no symbol titled_plugin_v1"},
        {"wrong_id", "has the id \"somebody_else\"; its file name says \"wrong_id\""},
        {"empty_member", "leaves a member"},
        {"bad_form", "describe() is not accepted: form.json: "},
    };
    put("good", "good");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put(rows[i].kind, rows[i].kind);
    put("good", "zgood");
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char file[64];
        snprintf(file, sizeof(file), "%s.so", rows[i].kind);
        expect_refusal(&drive, file, rows[i].says);
    }
    expect_refusal(&drive, "zgood.so", "has the id \"good\", which good.so has already");
    json_t *catalog = td_pool_catalog(drive.pool);
    assert_int_equal(json_object_size(catalog), 1);
    const json_t *good = json_object_get(catalog, "good");
    assert_string_equal(json_string_value(json_object_get(good, "plugin_version")), "1");
    assert_int_equal(json_string_length(json_object_get(good, "plugin_hash")), 64);
    json_decref(catalog);
    expect_good(&drive);
    drive_stop(&drive);
}

static void writable_ones_are_refused(void **state)
{
    (void)state;
    char path[128], target[128];
    put("good", "good");
    put("crash_load", "crash_load");
    snprintf(path, sizeof(path), "%s/crash_load.so", folder);
    chmod(path, 0775);
    snprintf(path, sizeof(path), "%s/link.so", folder);
    snprintf(target, sizeof(target), "%s/good.so", folder);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof(path), "%s/pipe.so", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(path, sizeof(path), "%s/folder.so", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof(path), "%s/text.so", folder);
    FILE *text = fopen(path, "w");
    fputs("no object", text);
    fclose(text);
    chmod(path, 0644);
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    expect_refusal(&drive, "crash_load.so", "has mode 0775: others may write to it; at most 0755");
    expect_refusal(&drive, "link.so", "is a symbolic link");
    expect_refusal(&drive, "pipe.so", "is not a regular file");
    expect_refusal(&drive, "folder.so", "is not a regular file");
    expect_refusal(&drive, "text.so", "cannot be loaded");
    expect_good(&drive);
    drive_stop(&drive);
}

static void writable_folder_is_refused(void **state)
{
    (void)state;
    put("good", "good");
    chmod(folder, 0777);
    struct drive drive = start(1, 0, 0);
    chmod(folder, 0755);
    assert_int_equal(drive.ready, 0);
    expect_refusal(&drive, "", "has mode 0777: others may write to it");
    json_t *catalog = td_pool_catalog(drive.pool);
    assert_int_equal(json_object_size(catalog), 0);
    json_decref(catalog);
    drive_stop(&drive);
}

/* What the shelf holds was hashed when it was taken: a byte more, and it is not that any longer. */
static void changed_on_the_shelf_is_refused(void **state)
{
    (void)state;
    char shelf[128], command[512], pattern[160];
    snprintf(shelf, sizeof(shelf), "%s/shelf", folder);
    const struct td_pool_options options = {.executable = TD_SCORER,
                                            .plugin_folder = folder,
                                            .shelf_folder = shelf,
                                            .workers = 1,
                                            .deadline_ms = DRIVE_DEADLINE_MS};
    struct drive drive;
    glob_t found;
    put("good", "good");
    put("fail_facts", "fail_facts");
    drive_start(&drive, &options);
    assert_int_equal(drive.ready, 0);
    json_t *refusals = td_pool_refusals(drive.pool);
    assert_int_equal(json_array_size(refusals), 0);
    json_decref(refusals);
    drive_stop(&drive);

    snprintf(pattern, sizeof(pattern), "%s/fail_facts@*.so", shelf);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(found.gl_pathc, 1);
    snprintf(command, sizeof(command), "chmod 0700 '%s' && printf x >> '%s' && chmod 0500 '%s'",
             found.gl_pathv[0], found.gl_pathv[0], found.gl_pathv[0]);
    assert_int_equal(system(command), 0);
    drive_start(&drive, &options);
    assert_int_equal(drive.ready, 0);
    snprintf(pattern, sizeof(pattern), "has changed on the shelf: %s has the SHA-256 ",
             strrchr(found.gl_pathv[0], '/') + 1);
    expect_refusal(&drive, "fail_facts.so", pattern);
    expect_good(&drive);
    drive_stop(&drive);

    assert_int_equal(unlink(found.gl_pathv[0]), 0); /* as the refusal advises */
    drive_start(&drive, &options);
    refusals = td_pool_refusals(drive.pool);
    assert_int_equal(json_array_size(refusals), 0);
    json_decref(refusals);
    drive_stop(&drive);
    globfree(&found);
}

static void crash_while_loading_is_left_out(void **state)
{
    (void)state;
    put("good", "good");
    put("crash_load", "crash_load");
    put("crash_describe", "crash_describe");
    put("hang_describe", "hang_describe");
    struct drive drive = start(2, 0, 3000);
    assert_int_equal(drive.ready, 0);
    expect_refusal(&drive, "crash_load.so", "ended by signal 11");
    expect_refusal(&drive, "crash_describe.so", "ended by signal 11");
    expect_refusal(&drive, "hang_describe.so", "took too long");
    expect_good(&drive);
    drive_stop(&drive);
}

static void harm_in_a_job_is_contained(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *says;
    } rows[] = {
        {"crash_facts", "crash_facts.so: the plugin crashed with signal 11"},
        {"hang_facts", "hang_facts.so: the plugin ran longer than " DRIVE_LIMIT},
        {"fork_facts", "fork_facts.so: the plugin used a forbidden system call, number "},
        {"loud_facts", "larger than a frame"},
        {"fail_facts", "fail_facts.so: facts() failed: 任职年限缺少起始日期"},
        {"wrong_facts", "wrong_facts.so: facts() "},
#if !defined __SANITIZE_ADDRESS__ &&                                                               \
    !defined __SANITIZE_THREAD__ /* its runtime may open files: for its reports */
        {"open_facts", "open_facts.so: the plugin used a forbidden system call, number "},
#endif
    };
    put("good", "good");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put(rows[i].kind, rows[i].kind);
    struct drive drive = start(1, DRIVE_JOB_MS, 0);
    assert_int_equal(drive.ready, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct drive_answer answer = drive_job(&drive, facts_job(rows[i].kind));
        if (!strstr(answer.detail, rows[i].says))
            print_error("%s: %s \"%s\"\n", rows[i].kind, td_error_name(answer.code), answer.detail);
        assert_int_equal(answer.code, TD_EPLUGIN);
        assert_string_equal(answer.key, "plugin_failed");
        assert_non_null(strstr(answer.detail, rows[i].says));
        drive_answer_done(&answer);
        expect_good(&drive);
    }
    struct drive_answer answer = drive_job(&drive, facts_job("nobody"));
    assert_int_equal(answer.code, TD_EPLUGIN);
    assert_non_null(strstr(answer.detail, "no plugin for the series \"nobody\""));
    drive_answer_done(&answer);
    drive_stop(&drive);
}

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
/* describe() runs inside the sandbox too. */
static void describing_is_sandboxed(void **state)
{
    (void)state;
    put("good", "good");
    put("open_describe", "open_describe");
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    expect_refusal(&drive, "open_describe.so", "ended by signal 31");
    expect_good(&drive);
    drive_stop(&drive);
}
#endif

static void reload_brings_new_series(void **state)
{
    (void)state;
    put("good", "good");
    struct drive drive = start(2, 0, 0);
    assert_int_equal(drive.ready, 0);
    assert_int_equal(td_pool_stats(drive.pool).generation, 1);
    json_t *before = td_pool_catalog(drive.pool);
    put("fail_facts", "fail_facts");
    assert_int_equal(drive_reload(&drive), 0);
    json_t *after = td_pool_catalog(drive.pool);
    assert_int_equal(td_pool_stats(drive.pool).generation, 2);
    assert_int_equal(json_object_size(before), 1);
    assert_int_equal(json_object_size(after), 2);
    json_decref(before);
    json_decref(after);
    expect_good(&drive);
    drive_stop(&drive);
}

static int generation(const struct drive *drive)
{
    return td_pool_stats(drive->pool).generation;
}

/* A file that is refused changes nothing for the workers, but people look for the reason. */
static void a_look_sees_what_comes_and_goes(void **state)
{
    (void)state;
    char shelf[] = "/tmp/td-shelf-XXXXXX", command[512];
    struct drive drive;
    assert_non_null(mkdtemp(shelf));
    put("good", "good");
    drive_start(&drive, &(struct td_pool_options){.executable = TD_SCORER,
                                                  .plugin_folder = folder,
                                                  .shelf_folder = shelf,
                                                  .workers = 1,
                                                  .deadline_ms = DRIVE_DEADLINE_MS});
    assert_int_equal(drive.ready, 0);
    assert_int_equal(drive_look(&drive), 0);
    assert_int_equal(generation(&drive), 1);

    snprintf(command, sizeof(command), "printf x >'%s/text.so' && chmod 0644 '%s/text.so'", folder,
             folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(drive_look(&drive), 0);
    int second = generation(&drive);
    assert_int_not_equal(second, 1);
    expect_refusal(&drive, "text.so", "no shared object");
    assert_int_equal(drive_look(&drive), 0);
    assert_int_equal(generation(&drive), second);

    snprintf(command, sizeof(command), "rm '%s/text.so'", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(drive_look(&drive), 0);
    assert_int_not_equal(generation(&drive), second);
    json_t *refusals = td_pool_refusals(drive.pool);
    assert_int_equal(json_array_size(refusals), 0);
    json_decref(refusals);
    expect_good(&drive);
    drive_stop(&drive);
    snprintf(command, sizeof(command), "rm -r '%s'", shelf);
    assert_int_equal(system(command), 0);
}

static int is_second_generation(void *arg)
{
    return td_pool_stats(arg).generation == 2;
}

/* A worker that is replaced meets other plugins: its whole generation is replaced. */
static void changed_folder_makes_a_generation(void **state)
{
    (void)state;
    put("good", "good");
    put("crash_facts", "crash_facts");
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    put("fail_facts", "fail_facts");
    struct drive_answer answer = drive_job(&drive, facts_job("crash_facts"));
    assert_int_equal(answer.code, TD_EPLUGIN);
    drive_answer_done(&answer);
    drive_until(&drive, is_second_generation, drive.pool);
    json_t *catalog = td_pool_catalog(drive.pool);
    assert_int_equal(json_object_size(catalog), 3);
    json_decref(catalog);
    expect_good(&drive);
    drive_stop(&drive);
}

#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__ /* they need the address space   \
                                                                   */
/* Each call forgets 64 MB. The call that finds no more costs its job and its worker, nothing else.
 */
static void leaks_cost_one_worker_now_and_then(void **state)
{
    enum { CALLS = 60 };
    int failed = 0, fine = 0;
    (void)state;
    put("good", "good");
    put("leak_facts", "leak_facts");
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    for (int i = 0; i < CALLS; i++) {
        struct drive_answer answer = drive_job(&drive, facts_job("leak_facts"));
        assert_true(answer.code == 0 || answer.code == TD_EPLUGIN);
        failed += answer.code != 0;
        fine += answer.code == 0;
        drive_answer_done(&answer);
        expect_good(&drive);
    }
    assert_true(failed > 0);
    assert_true(fine > failed);
    drive_stop(&drive);
}

static void a_leak_while_describing_leaves_the_plugin_out(void **state)
{
    (void)state;
    put("good", "good");
    put("leak_describe", "leak_describe");
    struct drive drive = start(1, 0, 0);
    assert_int_equal(drive.ready, 0);
    json_t *refusals = td_pool_refusals(drive.pool);
    assert_int_equal(json_array_size(refusals), 1);
    json_decref(refusals);
    expect_good(&drive);
    drive_stop(&drive);
}
#endif

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && chmod(folder, 0755) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

static int clean(void **state)
{
    (void)state;
    empty_folder();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup(name, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_ones_are_refused),
        TEST(writable_ones_are_refused),
        TEST(writable_folder_is_refused),
        TEST(changed_on_the_shelf_is_refused),
        TEST(crash_while_loading_is_left_out),
        TEST(harm_in_a_job_is_contained),
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
        TEST(describing_is_sandboxed),
        TEST(leaks_cost_one_worker_now_and_then),
        TEST(a_leak_while_describing_leaves_the_plugin_out),
#endif
        TEST(reload_brings_new_series),
        TEST(a_look_sees_what_comes_and_goes),
        TEST(changed_folder_makes_a_generation),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
