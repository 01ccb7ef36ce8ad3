/* credential_test.c - codes and what derives from them, against those that belenios-tool 2.0 made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/credential.h"
#include "ballot/election.h"

#include <string.h>

static void derived_as_elsewhere(void **state)
{
    /* belenios-tool setup generate-credentials --derive CODE --uuid ZFqCNMAuDUR1w7 */
    static const char *const codes[] = {"Che-s3v-mzK-geQ-o4f", "1AW-ifR-5CM-4t2-UXi"};
    static const char *const begin[] = {"5953416953358257863276050515920998251628",
                                        "6870206010090136206804395821555359179429"};
    (void)state;
    struct td_group *group = td_group_new();
    for (int i = 0; i < 2; i++) {
        td_group_start(group);
        BIGNUM *secret = td_group_number(group);
        assert_true(td_credential_is(codes[i]));
        td_credential_secret(group, codes[i], "ZFqCNMAuDUR1w7", secret);
        td_group_power_secret(group, secret, group->g, secret);
        json_t *key = td_group_json(group, secret);
        assert_memory_equal(json_string_value(key), begin[i], 40);
        json_decref(key);
        td_group_end(group);
    }
    td_group_free(group);
}

static void one_wrong_character_is_noticed(void **state)
{
    (void)state;
    char code[TD_CREDENTIAL_ROOM];
    for (int run = 0; run < 200; run++) {
        td_credential_make(code);
        assert_true(td_credential_is(code));
        int at = (run * 4 + run % 3) % (TD_CREDENTIAL_ROOM - 1);
        char before = code[at];
        code[at] = before == '-' ? '1' : before == 'z' ? 'y' : before == '9' ? '8' : before + 1;
        assert_false(td_credential_is(code));
    }
    assert_false(td_credential_is(""));
    assert_false(td_credential_is("Che-s3v-mzK-geQ-o4"));
    assert_false(td_credential_is("Che-s3v-mzK-geQ-o4f-"));
}

static void codes_and_ids_differ(void **state)
{
    (void)state;
    char a[TD_CREDENTIAL_ROOM], b[TD_CREDENTIAL_ROOM], id[TD_CREDENTIAL_UUID_ROOM];
    td_credential_make(a);
    td_credential_make(b);
    assert_string_not_equal(a, b);
    td_credential_uuid(id);
    assert_int_equal(strlen(id), 14);
    td_credential_wipe(a);
    for (int i = 0; i < TD_CREDENTIAL_ROOM; i++)
        assert_int_equal(a[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derived_as_elsewhere),
        cmocka_unit_test(one_wrong_character_is_noticed),
        cmocka_unit_test(codes_and_ids_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
