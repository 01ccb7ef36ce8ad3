/* Settings: defaults, file, command line, and what is refused with which words. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/config-test-XXXXXX";

static void put(const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct td_config *load(int argc, char **argv)
{
    struct td_config *config = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_config_load(argc, argv, &config, &err) < 0)
        fail_msg("%s", err.detail);
    return config;
}

static void assert_refused(int argc, char **argv, const char *words)
{
    struct td_config *config = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_config_load(argc, argv, &config, &err), TD_EINVALID);
    assert_null(config);
    if (!strstr(err.detail, words))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, words);
}

static void test_defaults(void **state)
{
    (void)state;
    struct td_config *config = load(1, (char *[]){"titled"});
    assert_string_equal(config->listen_address, "127.0.0.1");
    assert_int_equal(config->listen_port, 8080);
    assert_int_equal(config->limit_body, 1 << 20);
    assert_int_equal(config->limit_upload, 20 << 20);
    assert_false(config->demo);
    td_config_free(config);
}

static void test_order(void **state)
{
    (void)state;
    put("# a comment\n\n  listen_port =  9000 \ndemo = true\nweb_folder = /a b/c\n");
    struct td_config *config =
        load(5, (char *[]){"titled", "--listen_port", "9001", "--config", path});
    assert_int_equal(config->listen_port,
                     9001); /* the command line wins wherever --config stands */
    assert_true(config->demo);
    assert_string_equal(config->web_folder, "/a b/c");
    td_config_free(config);
}

static void test_password_file(void **state)
{
    (void)state;
    char *const file[] = {"titled", "--redis_password_file", path, "--redis_password", "also"};
    put("of the file \nnot this line\n");
    struct td_config *config = load(3, (char **)file);
    assert_string_equal(config->redis_password, "of the file");
    td_config_free(config);
    assert_refused(5, (char **)file, "both set");
    put("");
    assert_refused(3, (char **)file, "it is empty");
}

/* What an installation begins with, as cmake --install puts it there. */
static void test_installed(void **state)
{
    (void)state;
    struct td_config *config = NULL;
    struct td_error err = TD_ERROR_INIT;
    char *arguments[] = {"titled", "--config", TD_INSTALLED_CONFIG};
    assert_int_equal(td_config_load(3, arguments, &config, &err), TD_EINVALID);
    if (!strstr(err.detail, "redis_password_file /var/lib/titled-redis"))
        fail_msg("%s", err.detail); /* all else in it is understood */
    td_error_done(&err);
}

static void test_refuses(void **state)
{
    (void)state;
    assert_refused(3, (char *[]){"titled", "--listen_prt", "1"}, "no setting \"listen_prt\"");
    assert_refused(3, (char *[]){"titled", "--listen_port", "65536"},
                   "not a number from 0 to 65535");
    assert_refused(3, (char *[]){"titled", "--listen_port", "80x"}, "\"80x\"");
    assert_refused(3, (char *[]){"titled", "--demo", "perhaps"}, "neither true nor false");
    assert_refused(2, (char *[]){"titled", "--demo"}, "write --name value");
    assert_refused(3, (char *[]){"titled", "demo", "true"}, "write --name value");
    assert_refused(3, (char *[]){"titled", "--config", "/no/such/file"}, "/no/such/file");
    put("demo = true\nwhat is this\n");
    assert_refused(3, (char *[]){"titled", "--config", path}, "line 2: \"what is this\" is not");
    assert_refused(3, (char *[]){"titled", "--redis_password_file", "/no/such/file"},
                   "/no/such/file: No such file");
    for (const char *const *url =
             (const char *const[]){"", "ftp://x", "https://", "https://x/", "https://x/titles",
                                   "https://X", "http://a b", "https://u@x", "titles.test", NULL};
         *url; url++)
        assert_refused(3, (char *[]){"titled", "--public_url", (char *)*url}, "public_url");
    assert_refused(3, (char *[]){"titled", "--password_cost", "least"}, "needs demo = true");
    assert_refused(3, (char *[]){"titled", "--step_up_most_seconds", "599"},
                   "step_up_most_seconds (599) is below step_up_seconds (600)");
    put("readers = 0\n");
    assert_refused(3, (char *[]){"titled", "--config", path}, "line 1: readers");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_order),
        cmocka_unit_test(test_password_file), cmocka_unit_test(test_installed),
        cmocka_unit_test(test_refuses)};
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
