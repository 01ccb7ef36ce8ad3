/* Evidence files: the order of the steps that make one durable, and what is left when
 * a step fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every step that changes the disk is written down; one of them can be made to fail. */
static char steps[256];
static const char *failing;

static int step(const char *name)
{
    strncat(steps, steps[0] ? " " : "", sizeof(steps) - strlen(steps) - 1);
    strncat(steps, name, sizeof(steps) - strlen(steps) - 1);
    if (failing && strcmp(failing, name) == 0) {
        errno = strcmp(name, "link") == 0 ? ENOSPC : EIO;
        return -1;
    }
    return 0;
}

static int step_fsync(int fd)
{
    struct stat st;
    fstat(fd, &st);
    return step(S_ISDIR(st.st_mode) ? "sync-folder" : "sync-file") < 0 ? -1 : fsync(fd);
}

static int step_link(const char *from, const char *to)
{
    return step("link") < 0 ? -1 : link(from, to);
}

static int step_unlink(const char *path)
{
    return step("unlink") < 0 ? -1 : unlink(path);
}

static int step_mkdir(const char *path, mode_t mode)
{
    return step("mkdir") < 0 ? -1 : mkdir(path, mode);
}

#define fsync  step_fsync
#define link   step_link
#define unlink step_unlink
#define mkdir  step_mkdir
#include "store/files.c"
#undef fsync
#undef link
#undef unlink
#undef mkdir

#include "fixture.h"

#define HASH "ab5df625bc76dbd4e163bed2dd888df828f90159bb93556525c31821b6541d46"

/* files.c asks its store for the folder only. */
struct td_store {
    char *folder;
};

const char *td_store_folder(const struct td_store *store)
{
    return store->folder;
}

static struct td_store store;

static int set_up(void **state)
{
    (void)state;
    store.folder = fixture_folder();
    failing = NULL;
    assert_int_equal(td_files_prepare(store.folder, NULL), 0);
    steps[0] = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_remove(store.folder);
    return 0;
}

static void receive(char *path, size_t size, const char *text)
{
    int fd = -1;
    assert_int_equal(td_files_create(&store, &fd, path, size, NULL), 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void test_order(void **state)
{
    (void)state;
    char path[4200], place[4200], text[32] = "";
    receive(path, sizeof(path), "certificate");
    assert_int_equal(td_files_adopt(&store, path, HASH, NULL), 0);
    assert_string_equal(steps, "sync-file mkdir sync-folder link unlink sync-folder");
    assert_int_equal(td_files_path(&store, HASH, place, sizeof(place)), 0);
    assert_false(exists(path));
    struct stat st;
    assert_int_equal(stat(place, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    int fd = open(place, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof(text)), 11);
    close(fd);
    assert_string_equal(text, "certificate");
    assert_non_null(strstr(place, "/files/ab/" HASH));
}

static void test_same_content_twice(void **state)
{
    (void)state;
    char one[4200], two[4200], place[4200];
    struct stat before, after;
    receive(one, sizeof(one), "same");
    receive(two, sizeof(two), "same");
    assert_string_not_equal(one, two);
    assert_int_equal(td_files_adopt(&store, one, HASH, NULL), 0);
    td_files_path(&store, HASH, place, sizeof(place));
    assert_int_equal(stat(place, &before), 0);
    assert_int_equal(td_files_adopt(&store, two, HASH, NULL), 0);
    assert_int_equal(stat(place, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino); /* the first stays: nothing is overwritten */
    assert_false(exists(two));
}

/* Until the content is on disk there is no name; until everything is on disk there is
 * no success. */
static void test_failures(void **state)
{
    (void)state;
    static const struct {
        const char *failing;
        int code;
        bool named;
    } cases[] = {{"sync-file", TD_EIO, false},
                 {"mkdir", TD_EIO, false},
                 {"link", TD_EFULL, false},
                 {"sync-folder", TD_EIO, false},
                 {"unlink", TD_EIO, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[4200], place[4200];
        struct td_error err = TD_ERROR_INIT;
        receive(path, sizeof(path), "certificate");
        failing = cases[i].failing;
        assert_int_equal(td_files_adopt(&store, path, HASH, &err), cases[i].code);
        failing = NULL;
        td_files_path(&store, HASH, place, sizeof(place));
        assert_int_equal(exists(place), cases[i].named);
        assert_true(exists(path));
        assert_null(strstr(err.detail, store.folder)); /* a user may see the words */
        assert_int_equal(td_files_adopt(&store, path, HASH, NULL),
                         0); /* and the second try works */
        remove(place);
        td_error_done(&err);
    }
}

static void test_stale_uploads_go(void **state)
{
    (void)state;
    char stale[4200], adopted[4200], place[4200];
    receive(stale, sizeof(stale), "half");
    receive(adopted, sizeof(adopted), "whole");
    assert_int_equal(td_files_adopt(&store, adopted, HASH, NULL), 0);
    assert_int_equal(td_files_prepare(store.folder, NULL), 0);
    td_files_path(&store, HASH, place, sizeof(place));
    assert_false(exists(stale));
    assert_true(exists(place));
}

static void test_names(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "ab",
        "../../../../etc/passwd",
        "AB5DF625BC76DBD4E163BED2DD888DF828F90159BB93556525C31821B6541D46",
        "ab5df625bc76dbd4e163bed2dd888df828f90159bb93556525c31821b6541d4",
        "ab5df625bc76dbd4e163bed2dd888df828f90159bb93556525c31821b6541d461",
        "ab/df625bc76dbd4e163bed2dd888df828f90159bb93556525c31821b6541d46"};
    char place[4200], upload[4200];
    receive(upload, sizeof(upload), "x");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(td_files_path(&store, bad[i], place, sizeof(place)), TD_EINVALID);
        assert_int_equal(td_files_adopt(&store, upload, bad[i], NULL), TD_EINVALID);
    }
    assert_true(exists(upload));
    volatile size_t short_of_room = 20; /* not a constant: the compiler would see that it cannot fit */
    assert_int_equal(td_files_path(&store, HASH, place, short_of_room), TD_EINTERNAL);
    int fd;
    assert_int_equal(td_files_create(&store, &fd, place, short_of_room, NULL), TD_EINTERNAL);
    assert_int_equal(td_files_adopt(&store, "/nonexistent", HASH, NULL), TD_EIO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_order), TEST(test_same_content_twice),
                                       TEST(test_failures), TEST(test_stale_uploads_go),
                                       TEST(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
