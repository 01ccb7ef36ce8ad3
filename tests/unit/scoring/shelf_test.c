/* shelf_test.c - what is taken from a plugin folder, in which order it is loaded, and what goes.
 * Objects are made of this program's own library, with bytes behind their end. */
#include "scoring/shelf.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* after the four above */
#include <cmocka.h>
#include <link.h>

static char root[64], plugins[96], shelf[96];

static int keep_path(struct dl_phdr_info *one, size_t size, void *arg)
{
    (void)size;
    if (strstr(one->dlpi_name, "libjansson"))
        snprintf(arg, 512, "%s", one->dlpi_name);
    return 0;
}

static void run(const char *format, const char *a, const char *b)
{
    char command[2048];
    snprintf(command, sizeof(command), format, a, b); /* NOLINT: formats are below */
    assert_int_equal(system(command), 0);
}

/* An object of its own content in the plugin folder. */
static void drop(const char *file, const char *tail)
{
    char library[512] = "", path[256];
    dl_iterate_phdr(keep_path, library);
    snprintf(path, sizeof(path), "%s/%s", plugins, file);
    run("cp '%s' '%s'", library, path);
    run("printf '%s' >>'%s'", tail, path);
    assert_int_equal(chmod(path, 0644), 0);
}

static json_t *look(const json_t *used)
{
    json_t *found = NULL;
    struct td_error error = TD_ERROR_INIT;
    assert_int_equal(td_shelf_look(plugins, shelf, used, &found, &error), 0);
    return found;
}

/* How many files of the look begin with this. */
static int count(const json_t *found, const char *list, const char *start)
{
    int n = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(found, list), i, one)
        n += !strncmp(json_string_value(one), start, strlen(start));
    return n;
}

static const char *first(const json_t *found, const char *list)
{
    return json_string_value(json_array_get(json_object_get(found, list), 0));
}

static const char *reason(const json_t *found, const char *file)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(found, "refused"), i, one)
        if (!strcmp(json_string_value(json_object_get(one, "file")), file))
            return json_string_value(json_object_get(one, "message"));
    return "";
}

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/td-shelf-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(plugins, sizeof(plugins), "%s/plugins", root);
    snprintf(shelf, sizeof(shelf), "%s/shelf", root);
    return mkdir(plugins, 0755);
}

static int tear_down(void **state)
{
    (void)state;
    run("rm -r '%s'%s", root, "");
    return 0;
}

/* Age of a file on the shelf, in seconds. */
static void age(const char *file, time_t seconds)
{
    char path[400];
    time_t then = time(NULL) - seconds;
    struct timespec times[2] = {{.tv_sec = then}, {.tv_sec = then}};
    snprintf(path, sizeof(path), "%s/%s", shelf, file);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool on_shelf(const char *file)
{
    char path[400];
    snprintf(path, sizeof(path), "%s/%s", shelf, file);
    return access(path, F_OK) == 0;
}

static void names(void **state)
{
    (void)state;
    char kept[128];
    snprintf(kept, sizeof(kept), "teacher@%064d.so", 7);
    assert_int_equal(td_shelf_id_length("teacher.so"), 7);
    assert_int_equal(td_shelf_id_length(kept), 7);
    assert_int_equal(td_shelf_id_length("teacher@12.so"), 0);
    assert_int_equal(td_shelf_id_length(".teacher.so"), 0);
    assert_int_equal(td_shelf_id_length("teacher.so.part"), 0);
    assert_int_equal(td_shelf_id_length(".so"), 0);
}

static void bad_files_are_not_taken(void **state)
{
    (void)state;
    drop("good.so", "1");
    drop("cut.so", "");
    drop("open.so", "2");
    run("truncate -s -40 '%s/%s'", plugins, "cut.so");
    run("chmod 0666 '%s/%s'", plugins, "open.so");
    run("ln -s good.so '%s/%s'", plugins, "link.so");
    run("printf x >'%s/%s'", plugins, "text.so");
    run("mkdir '%s/%s'", plugins, "folder.so");
    json_t *found = look(NULL);
    assert_int_equal(json_array_size(json_object_get(found, "files")), 1);
    assert_int_equal(count(found, "files", "good@"), 1);
    assert_non_null(strstr(reason(found, "cut.so"), "cut short"));
    assert_non_null(strstr(reason(found, "open.so"), "has mode 0666"));
    assert_non_null(strstr(reason(found, "link.so"), "symbolic link"));
    assert_non_null(strstr(reason(found, "text.so"), "no shared object"));
    assert_non_null(strstr(reason(found, "folder.so"), "not a regular file"));
    json_decref(found);
}

static void former_versions_are_kept_while_they_are_of_use(void **state)
{
    (void)state;
    char one[256], two[256];
    drop("tree.so", "1");
    json_t *found = look(NULL);
    snprintf(one, sizeof(one), "%s", first(found, "dropped"));
    td_shelf_served(shelf, json_object_get(found, "dropped"));
    json_decref(found);

    /* The new one first, the former for requests under way. */
    drop("tree.so", "2");
    found = look(NULL);
    snprintf(two, sizeof(two), "%s", first(found, "dropped"));
    assert_int_equal(json_array_size(json_object_get(found, "files")), 2);
    assert_string_equal(first(found, "files"), two);
    td_shelf_served(shelf, json_object_get(found, "dropped"));
    json_decref(found);

    /* Long after, only when a dossier names it. */
    age(one, RECENT_SECONDS + 100);
    drop("tree.so", "3");
    json_t *used = json_pack("{s:{s#:s}, s:{}}", "hashes", one + 5, HASH, "tree", "series");
    found = look(used);
    assert_int_equal(json_array_size(json_object_get(found, "files")), 3);
    json_decref(found);
    json_decref(used);
    used = json_pack("{s:{s#:s}, s:{}}", "hashes", one + 5, HASH, "other", "series");
    found = look(used);
    assert_int_equal(json_array_size(json_object_get(found, "files")), 2);
    json_decref(found);
    json_decref(used);
    assert_false(on_shelf(one));
    assert_true(on_shelf(two));
}

static void series_without_a_file_goes_on_when_it_is_named(void **state)
{
    (void)state;
    char never[256];
    drop("tree.so", "1");
    json_t *found = look(NULL);
    td_shelf_served(shelf, json_object_get(found, "dropped"));
    json_decref(found);
    drop("tree.so", "2"); /* turns out bad: never served */
    found = look(NULL);
    snprintf(never, sizeof(never), "%s", first(found, "dropped"));
    json_decref(found);
    run("rm '%s/%s'", plugins, "tree.so");
    json_t *used = json_pack("{s:{}, s:{s:b}}", "hashes", "series", "tree", 1);
    found = look(used);
    assert_int_equal(json_array_size(json_object_get(found, "dropped")), 0);
    assert_int_equal(json_array_size(json_object_get(found, "files")), 1);
    assert_string_not_equal(first(found, "files"), never);
    assert_false(on_shelf(never));
    json_decref(found);
    json_decref(used);
    found = look(NULL);
    assert_int_equal(json_array_size(json_object_get(found, "files")), 0);
    json_decref(found);

    /* A folder that cannot be used says nothing about what is gone. */
    assert_int_equal(chmod(plugins, 0777), 0);
    found = look(NULL);
    assert_true(json_is_false(json_object_get(found, "readable")));
    assert_int_equal(json_array_size(json_object_get(found, "files")), 1);
    json_decref(found);
}

static void too_many_are_refused(void **state)
{
    (void)state;
    char name[128];
    json_t *hashes = json_object();
    drop("tree.so", "1");
    json_decref(look(NULL));
    for (int i = 0; i < TD_SHELF_FILES_MAX + 3; i++) {
        snprintf(name, sizeof(name), "tree@%064d.so", i);
        run("printf x >'%s/%s'", shelf, name);
        json_object_setn_new(hashes, name + 5, HASH, json_string("tree"));
    }
    json_t *used = json_pack("{s:o, s:{}}", "hashes", hashes, "series");
    json_t *found = look(used);
    assert_int_equal(json_array_size(json_object_get(found, "files")), TD_SHELF_FILES_MAX);
    assert_string_equal(first(found, "files"), first(found, "dropped"));
    assert_int_equal(json_array_size(json_object_get(found, "refused")), 4);
    json_decref(found);
    json_decref(used);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(names),
        TEST(bad_files_are_not_taken),
        TEST(former_versions_are_kept_while_they_are_of_use),
        TEST(series_without_a_file_goes_on_when_it_is_named),
        TEST(too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
