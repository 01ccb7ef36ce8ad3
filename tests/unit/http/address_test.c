/* Counting connections per client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static struct td_address_key key_of(const char *text, const char *shown)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    struct td_address_key key;
    char back[46];
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
        td_address_read((struct sockaddr *)&four, &key, back, sizeof(back));
    } else {
        assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
        td_address_read((struct sockaddr *)&six, &key, back, sizeof(back));
    }
    assert_string_equal(back, shown);
    return key;
}

static void keys(void **state)
{
    (void)state;
    struct td_address_key four = key_of("192.0.2.1", "192.0.2.1");
    struct td_address_key mapped = key_of("::ffff:192.0.2.1", "192.0.2.1");
    assert_memory_equal(&four, &mapped, sizeof(four));
    struct td_address_key other = key_of("192.0.2.2", "192.0.2.2");
    assert_memory_not_equal(&four, &other, sizeof(four));
    struct td_address_key one = key_of("2001:db8::1", "2001:db8::1"),
                          two = key_of("2001:db8::ffff:2", "2001:db8::ffff:2");
    assert_memory_equal(&one, &two, sizeof(one));
    struct td_address_key next = key_of("2001:db8:0:1::1", "2001:db8:0:1::1");
    assert_memory_not_equal(&one, &next, sizeof(one));
}

static void parses_numeric_ones_only(void **state)
{
    (void)state;
    struct td_address_key key, four = key_of("192.0.2.1", "192.0.2.1");
    char text[46] = "untouched";
    static const char *const wrong[] = {"",        "a",     "192.0.2.1 ", "192.0.2.1:80",
                                        "192.0.2", "[::1]", "::1%lo",     "192.0.2.256"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(td_address_parse(wrong[i], &key, text, sizeof(text)));
        assert_string_equal(text, "untouched");
    }
    assert_true(td_address_parse("::FFFF:192.0.2.1", &key, text, sizeof(text)));
    assert_string_equal(text, "192.0.2.1");
    assert_memory_equal(&key, &four, sizeof(key));
    assert_true(td_address_parse("2001:DB8::1", &key, text, sizeof(text)));
    assert_string_equal(text, "2001:db8::1");
}

static void counts(void **state)
{
    (void)state;
    struct td_address_table table = {0};
    struct td_address_key key = {{0}};
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2000; i++) { /* more than buckets: chains */
            memcpy(key.bytes, &i, sizeof(i));
            assert_true(td_address_enter(&table, &key, 2));
        }
    }
    assert_false(td_address_enter(&table, &key, 2));
    td_address_leave(&table, &key);
    assert_true(td_address_enter(&table, &key, 2));
    for (unsigned i = 0; i < 4000; i++) {
        unsigned place = i % 2000;
        memcpy(key.bytes, &place, sizeof(place));
        td_address_leave(&table, &key);
    }
    for (size_t i = 0; i < sizeof(table.buckets) / sizeof(table.buckets[0]); i++)
        assert_null(table.buckets[i]);
}

static void groups(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"192.0.2.1", "192.0.2.1"},
                                           {"::ffff:192.0.2.1", "192.0.2.1"},
                                           {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
                                           {"2001:db8:1:2::", "2001:db8:1:2::"},
                                           {"2001:db8:1:3::1", "2001:db8:1:3::"},
                                           {"control", "control"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char group[TD_ADDRESS_GROUP_TEXT];
        td_address_group(cases[i][0], group);
        assert_string_equal(group, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups), cmocka_unit_test(keys),
                                       cmocka_unit_test(parses_numeric_ones_only),
                                       cmocka_unit_test(counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
