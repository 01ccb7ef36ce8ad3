/* Loading assets: names, versions, refusals. How they are sent is seen on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/static.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
};

static void put(const struct folder *folder, const char *name, const char *text, size_t length)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    fclose(file);
}

static int set_up(void **state)
{
    struct folder *folder = calloc(1, sizeof(*folder));
    char inner[128];
    strcpy(folder->path, "/tmp/static-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(inner, sizeof(inner), "%s/img", folder->path);
    assert_int_equal(mkdir(inner, 0700), 0);
    put(folder, "b.css", "abc", 3);
    put(folder, "a.js", "", 0);
    put(folder, "img/seal.svg", "<svg/>", 6);
    put(folder, ".hidden.css", "x", 1);
    snprintf(inner, sizeof(inner), "%s/link.css", folder->path);
    assert_int_equal(symlink("/etc/passwd", inner), 0);
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", folder->path);
    int rc = system(command);
    free(folder);
    return rc;
}

static void collect(void *arg, const char *name, const char *url)
{
    (void)url;
    strcat(strcat(arg, name), " ");
}

static void loads_files_with_versions(void **state)
{
    struct folder *folder = *state;
    struct td_static *assets;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_static_load(folder->path, &assets, &err), 0);
    assert_string_equal(td_static_url(assets, "b.css"), "/assets/b.css?v=ba7816bf8f01cfea");
    assert_string_equal(td_static_url(assets, "a.js"), "/assets/a.js?v=e3b0c44298fc1c14");
    assert_null(td_static_url(assets, "none.css"));
    assert_null(td_static_url(assets, "img"));
    char names[100] = "";
    td_static_each(assets, collect, names);
    assert_string_equal(names, "a.js b.css img/seal.svg ");
    td_static_free(assets);
}

static void refuses_what_it_cannot_serve(void **state)
{
    struct folder *folder = *state;
    struct td_static *assets;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_static_load("/nonexistent", &assets, &err), TD_ENOTFOUND);
    put(folder, "img/x.exe", "x", 1);
    assert_int_equal(td_static_load(folder->path, &assets, &err), TD_EINVALID);
    assert_non_null(strstr(err.detail, "img/x.exe"));
    char path[128];
    snprintf(path, sizeof(path), "%s/img/x.exe", folder->path);
    unlink(path);
    snprintf(path, sizeof(path), "%s/huge.css", folder->path);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(ftruncate(fd, (4 << 20) + 1), 0);
    close(fd);
    assert_int_equal(td_static_load(folder->path, &assets, &err), TD_ETOOLARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loads_files_with_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_it_cannot_serve, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
