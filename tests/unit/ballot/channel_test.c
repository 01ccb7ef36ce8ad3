/* channel_test.c - a message is by one and for one. It includes the .c under test, to seal what a
 * thief would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ballot/channel.c"

static struct td_group *group;
static struct td_channel_party anna, bao, chen;
static json_t *sent; /* by Anna to Bao */

static int start(void **state)
{
    struct td_channel_party *const parties[] = {&anna, &bao, &chen};
    (void)state;
    group = td_group_new();
    td_group_start(group);
    for (int i = 0; i < 3; i++) {
        char seed[TD_CHANNEL_SEED + 1];
        td_channel_seed(seed);
        td_channel_derive(group, seed, parties[i]);
    }
    sent = td_channel_send(group, &anna, bao.encryption, json_pack("{s:s}", "secret", "1"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_decref(sent);
    td_group_end(group);
    td_group_free(group);
    return 0;
}

static void arrives(void **state)
{
    (void)state;
    json_t *got = td_channel_receive(group, &bao, anna.verification, sent);
    assert_string_equal(td_json_text(got, "secret"), "1");
    assert_null(strstr(json_string_value(sent), "secret"));
    json_decref(got);
}

static void for_nobody_else_and_by_nobody_else(void **state)
{
    (void)state;
    assert_null(td_channel_receive(group, &chen, anna.verification, sent));
    assert_null(td_channel_receive(group, &bao, chen.verification, sent));
    assert_null(td_channel_receive(group, &bao, anna.verification, NULL));
}

static void changed_is_nothing(void **state)
{
    (void)state;
    char *text = strdup(json_string_value(sent));
    size_t length = strlen(text);
    for (size_t back = 3; back < 200; back += 17) { /* from the tag into the text */
        text[length - back] ^= 1;
        json_t *changed = json_string(text);
        assert_null(td_channel_receive(group, &bao, anna.verification, changed));
        json_decref(changed);
        text[length - back] ^= 1;
    }
    free(text);
}

/* Bao opens what Anna sent him and seals it for Chen: the signature is Anna's, the words were not
 * for him. */
static void passed_on_is_not_for_the_next(void **state)
{
    (void)state;
    json_t *value = json_loads(json_string_value(sent), 0, NULL);
    char *opened = unseal(group, &bao, value);
    assert_non_null(opened);
    json_t *passed_on = seal(group, chen.encryption, opened);
    assert_null(td_channel_receive(group, &chen, anna.verification, passed_on));
    json_decref(passed_on);
    json_decref(value);
    free(opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrives),
        cmocka_unit_test(for_nobody_else_and_by_nobody_else),
        cmocka_unit_test(changed_is_nothing),
        cmocka_unit_test(passed_on_is_not_for_the_next),
    };
    return cmocka_run_group_tests(tests, start, end);
}
