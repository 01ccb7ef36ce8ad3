/* Sealing: what is sealed opens with the same key only, and a key file is what it should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/seal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[96];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/seal-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/key", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when anything else was left behind */
}

static void write_key(const char *bytes, size_t length, mode_t mode)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static struct td_seal_key *load(void)
{
    struct td_seal_key *key = NULL;
    struct td_error err = TD_ERROR_INIT;
    if (td_seal_load(path, &key, &err) < 0)
        fail_msg("%s", err.detail);
    return key;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct td_seal_key *key = load();
    static const char *const texts[] = {"110105194912310021", "", "#", "阿依古丽·买买提",
                                        "13999999999"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *sealed = td_seal(key, texts[i]), *again = td_seal(key, texts[i]);
        char *plain = td_unseal(key, sealed);
        assert_string_equal(plain, texts[i]);
        if (texts[i][0]) {
            assert_null(strstr(sealed, texts[i]));
            assert_string_not_equal(sealed, again); /* equal values must not look equal */
        }
        free(plain);
        free(sealed);
        free(again);
    }
    td_seal_free(key);
}

static void test_key_file_is_made_once(void **state)
{
    (void)state;
    struct td_seal_key *key = load(), *same = load();
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 32);
    char *sealed = td_seal(key, "secret"), *plain = td_unseal(same, sealed);
    assert_string_equal(plain, "secret");
    free(sealed);
    free(plain);
    td_seal_free(key);
    td_seal_free(same);
}

static void test_changed_text_does_not_open(void **state)
{
    (void)state;
    struct td_seal_key *key = load();
    char *sealed = td_seal(key, "110105194912310021");
    size_t length = strlen(sealed);
    for (size_t i = 0; i < length; i++) {
        char kept = sealed[i];
        sealed[i] = kept == 'A' ? 'B' : 'A';
        char *plain = td_unseal(key, sealed);
        assert_null(plain);
        sealed[i] = kept;
    }
    for (size_t cut = 1; cut < length; cut++) {
        char kept = sealed[cut];
        sealed[cut] = 0;
        assert_null(td_unseal(key, sealed));
        sealed[cut] = kept;
    }
    assert_null(td_unseal(key, "not base64!"));
    write_key("another key, 32 bytes, all ascii", 32, 0600);
    struct td_seal_key *other = load();
    assert_null(td_unseal(other, sealed));
    free(sealed);
    td_seal_free(other);
    td_seal_free(key);
    td_seal_free(NULL);
}

static void test_fingerprint(void **state)
{
    (void)state;
    char one[TD_SEAL_FINGERPRINT_TEXT], two[TD_SEAL_FINGERPRINT_TEXT];
    write_key("0123456789abcdef0123456789abcdef", 32, 0600);
    struct td_seal_key *key = load();
    td_seal_fingerprint(key, "110105194912310021", one);
    td_seal_fingerprint(key, "110105194912310021", two);
    assert_string_equal(one, two);
    assert_int_equal(strspn(one, "0123456789abcdef"), 64);
    assert_int_equal(strlen(one), 64);
    td_seal_fingerprint(key, "110105194912310022", two);
    assert_string_not_equal(one, two);
    write_key("another key, 32 bytes, all ascii", 32, 0600);
    struct td_seal_key *other = load();
    td_seal_fingerprint(other, "110105194912310021", two);
    assert_string_not_equal(one, two);
    td_seal_free(key);
    td_seal_free(other);
}

static void expect_refused(const char *word)
{
    struct td_seal_key *key = NULL;
    struct td_error err = TD_ERROR_INIT;
    assert_true(td_seal_load(path, &key, &err) < 0);
    assert_null(key);
    if (!strstr(err.detail, word))
        fail_msg("\"%s\" does not say \"%s\"", err.detail, word);
}

static void test_bad_key_files(void **state)
{
    (void)state;
    write_key("0123456789abcdef0123456789abcdef", 32, 0640);
    expect_refused("0640");
    write_key("0123456789abcdef0123456789abcdef", 32, 0604);
    expect_refused("0604");
    write_key("short", 5, 0600);
    expect_refused("32 bytes");
    write_key("0123456789abcdef0123456789abcdef!", 33, 0600);
    expect_refused("32 bytes");
    unlink(path);
    assert_int_equal(symlink("/dev/zero", path), 0);
    expect_refused("key file");
    unlink(path);
    char missing[128];
    snprintf(missing, sizeof(missing), "%s/none/key", folder);
    struct td_seal_key *key = NULL;
    assert_int_equal(td_seal_load(missing, &key, NULL), TD_EIO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_round_trip), TEST(test_key_file_is_made_once),
                                       TEST(test_changed_text_does_not_open),
                                       TEST(test_fingerprint), TEST(test_bad_key_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
