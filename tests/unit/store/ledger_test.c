/* The chain: what it hashes, that it survives roll-backs, and that every kind of
 * damage is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/clock.h"
#include "store/ledger.h"

enum { ENTRIES = 6 };

static char *folder;
static struct td_store *store;

static int set_up(void **state)
{
    (void)state;
    folder = fixture_folder();
    store = fixture_open(folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    td_store_close(store);
    fixture_remove(folder);
    return 0;
}

static void test_sm3(void **state)
{
    (void)state;
    char hex[65];
    td_ledger_sm3("abc", 3, hex); /* GB/T 32905, examples 1 and 2 */
    assert_string_equal(hex, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    td_ledger_sm3("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd", 64, hex);
    assert_string_equal(hex, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* The text that is hashed is fixed for ever: sorted, compact, UTF-8 as it is. */
static void test_canonical(void **state)
{
    (void)state;
    char one[65], two[65], text[65];
    json_t *a =
        json_loads("{\"b\": [1, 2, {\"z\": null, \"y\": true}], \"a\": \"教师/x\"}", 0, NULL);
    json_t *b = json_loads("{ \"a\":\"\\u6559\\u5e08\\/x\", \"b\":[1,2,{\"y\":true,\"z\":null}] }",
                           0, NULL);
    static const char canonical[] = "{\"a\":\"教师/x\",\"b\":[1,2,{\"y\":true,\"z\":null}]}";
    assert_int_equal(td_ledger_hash_json(a, one), 0);
    assert_int_equal(td_ledger_hash_json(b, two), 0);
    td_ledger_sm3(canonical, strlen(canonical), text);
    assert_string_equal(one, two);
    assert_string_equal(one, text);
    json_decref(a);
    json_decref(b);
}

static int append(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    int number = *(int *)arg;
    char subject[32];
    snprintf(subject, sizeof(subject), "application/%d", number);
    json_t *payload = number % 2 ? json_pack("{s:s, s:i}", "to", "submitted", "n", number) : NULL;
    int result = td_ledger_append(tx, "A", "application.submit", subject, payload);
    json_decref(payload);
    return result;
}

static int append_and_fail(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    int result = append(tx, arg, reterr);
    return result < 0 ? result : TD_ECONFLICT;
}

static void fill(void)
{
    for (int i = 1; i <= ENTRIES; i++) {
        assert_int_equal(td_store_write_wait(store, append_and_fail, &i, NULL), TD_ECONFLICT);
        assert_int_equal(td_store_write_wait(store, append, &i, NULL), 0);
    }
}

struct proof {
    int64_t entries;
    char head[65];
};

static int verify(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct proof *proof = arg;
    return td_ledger_verify(tx, &proof->entries, proof->head, reterr);
}

static void test_whole_chain(void **state)
{
    (void)state;
    struct proof proof = {.entries = -1};
    assert_int_equal(td_store_read_wait(store, verify, &proof, NULL), 0);
    assert_int_equal(proof.entries, 0);
    assert_int_equal(strspn(proof.head, "0"), 64);
    fill();
    assert_int_equal(td_store_read_wait(store, verify, &proof, NULL), 0);
    assert_int_equal(proof.entries, ENTRIES);
    assert_int_equal(strspn(proof.head, "0123456789abcdef"), 64);
}

static int last_row(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_row(tx, arg, "select * from ledger order by sequence desc limit 1", "");
}

/* Computed here once more, by hand, from the words of ledger.h. */
static void test_entry_hash(void **state)
{
    (void)state;
    fill();
    json_t *row = NULL;
    assert_int_equal(td_store_read_wait(store, last_row, &row, NULL), 0);
    char text[512], hex[65];
    int length =
        snprintf(text, sizeof(text),
                 "%s{\"action\":\"application.submit\",\"actor\":\"A\",\"at\":\"%s\",\"payload_"
                 "hash\":\"%s\","
                 "\"seq\":%d,\"subject\":\"application/%d\"}",
                 json_string_value(json_object_get(row, "previous_hash")),
                 json_string_value(json_object_get(row, "at")),
                 json_string_value(json_object_get(row, "payload_hash")), ENTRIES, ENTRIES);
    td_ledger_sm3(text, (size_t)length, hex);
    assert_string_equal(hex, json_string_value(json_object_get(row, "hash")));
    json_decref(row);
}

static int run_sql(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_exec(tx, NULL, arg, "");
}

static void expect_broken(const char *sql, int sequence, const char *word)
{
    char number[32];
    struct proof proof;
    struct td_error err = TD_ERROR_INIT;
    fill();
    assert_int_equal(td_store_write_wait(store, run_sql, (char *)sql, &err), 0);
    assert_int_equal(td_store_read_wait(store, verify, &proof, &err), TD_ECONFLICT);
    snprintf(number, sizeof(number), "entry %d:", sequence);
    if (!strstr(err.detail, number) || !strstr(err.detail, word))
        fail_msg("\"%s\" does not say \"%s %s\"", err.detail, number, word);
    td_error_done(&err);
}

static void test_changed_actor(void **state)
{
    (void)state;
    expect_broken("update ledger set actor = 'B' where sequence = 3", 3, "changed");
}

static void test_changed_time(void **state)
{
    (void)state;
    expect_broken("update ledger set at = '2020-01-01T00:00:00.000Z' where sequence = 1", 1,
                  "changed");
}

static void test_changed_payload(void **state)
{
    (void)state;
    expect_broken("update ledger set payload = '{\"to\":\"submitted\",\"n\":4}' where sequence = 3",
                  3, "payload");
}

static void test_removed_payload(void **state)
{
    (void)state;
    expect_broken("update ledger set payload = null where sequence = 5", 5, "payload");
}

static void test_changed_hash(void **state)
{
    (void)state;
    expect_broken("update ledger set hash = upper(hash) where sequence = 2", 2, "changed");
}

static void test_deleted(void **state)
{
    (void)state;
    expect_broken("delete from ledger where sequence = 4", 5, "missing");
}

static void test_first_deleted(void **state)
{
    (void)state;
    expect_broken("delete from ledger where sequence = 1", 2, "missing");
}

static void test_cut_in_the_middle(void **state)
{
    (void)state;
    expect_broken("delete from ledger where sequence in (3, 4)", 5, "missing");
}

/* Closing the gap by renumbering does not help. */
static void test_renumbered(void **state)
{
    (void)state;
    fill();
    assert_int_equal(
        td_store_write_wait(store, run_sql, "delete from ledger where sequence <= 4", NULL), 0);
    assert_int_equal(
        td_store_write_wait(store, run_sql, "update ledger set sequence = sequence - 4", NULL), 0);
    struct proof proof;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_store_read_wait(store, verify, &proof, &err), TD_ECONFLICT);
    assert_non_null(strstr(err.detail, "entry 1: it does not follow"));
    td_error_done(&err);
}

static void test_swapped(void **state)
{
    (void)state;
    expect_broken("update ledger set subject = (select subject from ledger o where o.sequence = 7 "
                  "- ledger.sequence)"
                  " where sequence in (3, 4)",
                  3, "changed");
}

static int append_bad_text(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    return td_ledger_append(tx, "A", "x", "\xff\xfe", NULL);
}

static void test_text_must_be_utf8(void **state)
{
    (void)state;
    assert_int_equal(td_store_write_wait(store, append_bad_text, NULL, NULL), TD_EINVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sm3),   cmocka_unit_test(test_canonical),
        TEST(test_whole_chain),       TEST(test_entry_hash),
        TEST(test_changed_actor),     TEST(test_changed_time),
        TEST(test_changed_payload),   TEST(test_removed_payload),
        TEST(test_changed_hash),      TEST(test_deleted),
        TEST(test_first_deleted),     TEST(test_cut_in_the_middle),
        TEST(test_renumbered),        TEST(test_swapped),
        TEST(test_text_must_be_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
