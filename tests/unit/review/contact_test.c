/* Tests of review/contact.h: how to reach somebody who wrote it down in words of his own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "review/contact.h"

static void what_takes_messages_is_found_in_words(void **state)
{
    static const struct {
        const char *contact, *channel, *to;
    } cases[] = {
        {"13900000000", "sms", "13900000000"},
        {"139-0000-0000", "sms", "13900000000"},
        {"+86 139 0000 0000", "sms", "13900000000"},
        {"008613900000000", "sms", "13900000000"},
        {"张三13900000000，晚上", "sms", "13900000000"},
        {"2026-01-01 13900000000", "sms", "13900000000"},
        {"0991-4600000 或 13900000000", "sms", "13900000000"},
        {"+7 701 123 4567", "sms", "+77011234567"},
        {"a@b.cn 13900000000", "sms", "13900000000"},
        {"邮箱：san.zhang+1@example.org。", "email", "san.zhang+1@example.org"},
        {"write to a@b.cn.", "email", "a@b.cn"},
        {"", NULL, ""},
        {"张三，邻村", NULL, ""},
        {"0991-4600000", NULL, ""},
        {"12300000000", NULL, ""},
        {"139000000001", NULL, ""},
        {"650102199001011234", NULL, ""},
        {"1390000000013900000000139000000001390000", NULL, ""},
        {"+", NULL, ""},
        {"a@b", NULL, ""},
        {"@b.cn", NULL, ""},
        {"a@@b.cn", NULL, ""},
        {"a@.cn", NULL, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char to[TD_CONTACT_TO_TEXT] = "";
        const char *channel = td_contact_find(cases[i].contact, to);
        if (!channel != !cases[i].channel)
            fail_msg("%s: %s %s", cases[i].contact, channel ? channel : "none", to);
        if (channel)
            assert_string_equal(channel, cases[i].channel);
        assert_string_equal(to, cases[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_takes_messages_is_found_in_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
