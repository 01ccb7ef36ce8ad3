/* starter_test.c - which files a worker is started with, and that whoever asked is told exactly
 * once.
 */
#include "scoring/starter.c"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
/* after the four above */
#include <cmocka.h>

struct told {
    int times, result;
    json_t *found;
    char detail[512];
};

static struct event_base *base;
static char root[64], shelf[96];

static int set_up(void **state)
{
    (void)state;
    base = event_base_new();
    strcpy(root, "/tmp/td-starter-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(shelf, sizeof(shelf), "%s/shelf", root);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof(command), "rm -r '%s'", root);
    event_base_free(base);
    return system(command);
}

static struct td_starter *starter(bool shelved)
{
    struct td_starter *made = NULL;
    const struct td_pool_options options = {.base = base,
                                            .executable = "/nonexistent/scorer",
                                            .plugin_folder = root,
                                            .shelf_folder = shelved ? shelf : NULL,
                                            .job_ms = 500};
    assert_int_equal(td_starter_new(&options, &made, NULL), 0);
    return made;
}

static void on_told(void *arg, int result, const struct td_error *error)
{
    struct told *told = arg;
    told->times++;
    told->result = result;
    snprintf(told->detail, sizeof(told->detail), "%s", error->detail);
}

static void on_found(void *arg, int result, json_t *found, const struct td_error *error)
{
    on_told(arg, result, error);
    ((struct told *)arg)->found = json_incref(found);
}

static void expect_list(const char *files, const char *left_out, const char *names)
{
    json_t *these = files ? json_loads(files, 0, NULL) : NULL,
           *those = json_loads(left_out, 0, NULL), *list = list_files(these, those);
    char *text = json_dumps(list, JSON_COMPACT);
    assert_string_equal(text, names);
    free(text);
    json_decref(list);
    json_decref(those);
    json_decref(these);
}

/* Of the shelf a worker is told what to load, of a plugin folder what not to. */
static void files_left_out(void **state)
{
    (void)state;
    expect_list("[\"a@1.so\", \"b@2.so\"]", "[]", "[\"a@1.so\",\"b@2.so\"]");
    expect_list("[\"a@1.so\", \"b@2.so\"]", "[{\"file\": \"a@1.so\"}]", "[\"b@2.so\"]");
    expect_list("[]", "[{\"file\": \"a@1.so\"}]", "[]");
    expect_list(NULL, "[{\"file\": \"a.so\"}]", "[\"a.so\"]");
    expect_list(NULL, "[]", "[]");
}

static void ignore_frame(void *arg, const json_t *message)
{
    (void)arg;
    (void)message;
}

static void ignore_end(void *arg, const struct td_process_end *end)
{
    (void)arg;
    (void)end;
}

static void what_cannot_be_executed_is_told(void **state)
{
    (void)state;
    static const struct td_process_events events = {ignore_frame, ignore_end};
    struct td_starter *one = starter(false);
    struct td_process *process = NULL;
    struct told told = {0};
    json_t *left_out = json_array();
    assert_int_equal(td_process_new(base, &events, NULL, &process, NULL), 0);
    assert_int_equal(td_starter_exec(one, process, NULL, left_out, on_told, &told), 0);
    json_decref(left_out);
    assert_int_equal(told.times, 0); /* never from inside */
    while (!told.times)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(told.result, TD_EINTERNAL);
    assert_non_null(strstr(told.detail, "/nonexistent/scorer cannot be started"));
    td_process_free(process);
    td_starter_free(one);
    assert_int_equal(told.times, 1);
}

static void looks_are_told_until_the_end(void **state)
{
    (void)state;
    struct td_starter *one = starter(true);
    struct told told[3] = {{0}, {0}, {0}};
    assert_non_null(td_starter_look(one, NULL, on_found, &told[0]));
    while (!told[0].times)
        event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(told[0].result, 0);
    assert_int_equal(json_array_size(json_object_get(told[0].found, "files")), 0);
    td_look_forget(td_starter_look(one, NULL, on_found, &told[1]));
    assert_non_null(td_starter_look(one, NULL, on_found, &told[2]));
    td_starter_free(one);
    assert_int_equal(told[0].times, 1);
    assert_int_equal(told[1].times, 0); /* forgotten */
    assert_int_equal(told[2].times, 1);
    json_decref(told[0].found);
    json_decref(told[2].found);
}

static void without_a_shelf_there_is_no_look(void **state)
{
    (void)state;
    struct td_starter *one = starter(false);
    struct told told = {0};
    assert_null(td_starter_look(one, NULL, on_found, &told));
    td_starter_free(one);
    assert_int_equal(told.times, 0);
}

static void served_files_are_marked(void **state)
{
    (void)state;
    static const struct timespec never[2] = {{0}, {0}};
    struct td_starter *one = starter(true);
    struct stat status;
    char path[128];
    snprintf(path, sizeof(path), "%s/a.so", shelf);
    assert_int_equal(mkdir(shelf, 0700), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(futimens(fileno(file), never), 0);
    fclose(file);
    td_starter_served(one, json_pack("[s]", "a.so"));
    td_starter_free(one);
    assert_int_equal(stat(path, &status), 0);
    assert_true(status.st_mtim.tv_sec > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(files_left_out),
        TEST(what_cannot_be_executed_is_told),
        TEST(looks_are_told_until_the_end),
        TEST(without_a_shelf_there_is_no_look),
        TEST(served_files_are_marked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
