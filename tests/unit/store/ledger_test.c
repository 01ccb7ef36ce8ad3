/* The chain and its tree: what they hash, that they survive roll-backs, and that every kind of
 * damage to an entry is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/clock.h"
#include "store/ledger_verify.h"

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

static int verify(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct td_ledger_claim claim = {0};
    return td_ledger_verify(tx, &claim, arg, reterr);
}

static struct td_ledger_report check(int expected, struct td_error *reterr)
{
    struct td_ledger_report report;
    assert_int_equal(td_store_read_wait(store, verify, &report, reterr), expected);
    json_decref(report.findings);
    report.findings = NULL;
    return report;
}

static void test_whole_chain(void **state)
{
    (void)state;
    struct td_ledger_report report = check(0, NULL);
    assert_int_equal(report.entries, 0);
    assert_int_equal(strspn(report.head, "0"), 64);
    assert_string_equal(report.root,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fill();
    report = check(0, NULL);
    assert_int_equal(report.entries, ENTRIES);
    assert_int_equal(strspn(report.head, "0123456789abcdef"), 64);
    assert_int_equal(report.witnessed, -1);
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
    struct td_error err = TD_ERROR_INIT;
    fill();
    assert_int_equal(td_store_write_wait(store, run_sql, (char *)sql, &err), 0);
    struct td_ledger_report report = check(TD_ECONFLICT, &err);
    snprintf(number, sizeof(number), "entry %d:", sequence);
    if (!strstr(err.detail, number) || !strstr(err.detail, word) || report.found != 1)
        fail_msg("\"%s\" (%d) does not say \"%s %s\"", err.detail, (int)report.found, number, word);
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
    expect_broken("delete from ledger where sequence = 4", 4, "it is missing");
}

static void test_first_deleted(void **state)
{
    (void)state;
    expect_broken("delete from ledger where sequence = 1", 1, "it is missing");
}

static void test_cut_in_the_middle(void **state)
{
    (void)state;
    expect_broken("delete from ledger where sequence in (3, 4)", 3,
                  "it and the entries up to 4 are missing");
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
    struct td_error err = TD_ERROR_INIT;
    check(TD_ECONFLICT, &err);
    assert_non_null(strstr(err.detail, "entry 1: it is missing, with what followed up to 4"));
    td_error_done(&err);
}

static void test_swapped(void **state)
{
    (void)state;
    expect_broken("update ledger set subject = case sequence when 3 then 'application/4' else"
                  " 'application/3' end where sequence in (3, 4)",
                  3, "its subject and that of entry 4 were swapped");
}

/* Whole rows exchanged, neighbours and far apart. */
static void test_exchanged(void **state)
{
    (void)state;
    fill();
    assert_int_equal(td_store_write_wait(
                         store, run_sql,
                         "update ledger set sequence = -sequence where sequence in (2, 5)", NULL),
                     0);
    assert_int_equal(
        td_store_write_wait(store, run_sql,
                            "update ledger set sequence = 7 + sequence where sequence < 0", NULL),
        0);
    struct td_error err = TD_ERROR_INIT;
    struct td_ledger_report report = check(TD_ECONFLICT, &err);
    assert_non_null(strstr(err.detail, "entry 2: it and entry 5 were swapped"));
    assert_int_equal(report.found, 1);
    td_error_done(&err);
}

static void test_changed_nonce(void **state)
{
    (void)state;
    expect_broken(
        "update ledger set nonce = 'f' || substr(nonce, 1, 31) || nonce where sequence = 6", 6,
        "another leaf");
}

static void test_changed_leaf(void **state)
{
    (void)state;
    expect_broken("update ledger set leaf = payload_hash where sequence = 1", 1, "another leaf");
}

/* What is read as a C string ends at the first NUL; lists and lookups see more. */
static void test_changed_behind_nul(void **state)
{
    (void)state;
    expect_broken("update ledger set subject = subject || char(0) || 'x' where sequence = 3", 3,
                  "changed");
}

static void test_put_in_before_the_first(void **state)
{
    (void)state;
    expect_broken("insert into ledger select 0, at, actor, action, subject, payload, payload_hash,"
                  " previous_hash, hash, nonce, leaf from ledger where sequence = 1",
                  0, "number");
}

static void test_put_in_after_all_numbers(void **state)
{
    (void)state;
    fill();
    assert_int_equal(
        td_store_write_wait(store, run_sql,
                            "insert into ledger select 9223372036854775807, at, actor, action,"
                            " subject, payload, payload_hash, previous_hash, hash, nonce, leaf"
                            " from ledger where sequence = 1",
                            NULL),
        0);
    struct td_error err = TD_ERROR_INIT;
    struct td_ledger_report report = check(TD_ECONFLICT, &err);
    assert_non_null(strstr(err.detail, "entry 9223372036854775807: it was put in"));
    assert_int_equal(report.found, 1);
    td_error_done(&err);
}

static void test_unreadable(void **state)
{
    (void)state;
    expect_broken("update ledger set payload = '[[' where sequence = 4", 4, "cannot be read");
}

/* --- the tree ----------------------------------------------------------------------------------
 */

enum { MANY = 600 }; /* two levels of kept subtrees above the leaves */

static int append_many(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    int r = 0;
    for (int i = 1; r == 0 && i <= MANY; i++)
        r = append(tx, &i, reterr);
    return r == 0 && arg ? TD_ECONFLICT : r;
}

static int check_trees(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    static struct td_merkle_hash roots[MANY + 1];
    struct td_merkle_edge edge = {0};
    struct td_merkle_hash leaf, whole;
    struct td_merkle_proof proof;
    assert_int_equal(td_ledger_root(tx, MANY, &whole), 0);
    for (int size = 1; size <= MANY; size++) {
        assert_int_equal(td_ledger_node(tx, 0, size - 1, &leaf), 0);
        td_merkle_push(&edge, &leaf, NULL, NULL);
        assert_int_equal(td_ledger_root(tx, size, &roots[size]), 0);
        for (int level = 0; level < 10; level++) { /* the edge of that tree has its hashes */
            struct td_merkle_hash peak;
            if (!(size >> level & 1))
                continue;
            assert_int_equal(td_ledger_node(tx, level, (size >> (level + 1)) << 1, &peak), 0);
            assert_true(td_merkle_same(&peak, &edge.peaks[level]));
        }
        assert_int_equal(td_ledger_inclusion(tx, size, MANY, &proof), 0);
        assert_true(td_merkle_check_inclusion(&leaf, size - 1, MANY, &proof, &whole));
        assert_int_equal(td_ledger_consistency(tx, size, MANY, &proof), 0);
        assert_true(td_merkle_check_consistency(size, MANY, &proof, &roots[size], &whole));
    }
    assert_int_equal(td_ledger_root(tx, MANY + 1, &whole), TD_ENOTFOUND);
    assert_int_equal(td_ledger_inclusion(tx, 0, MANY, &proof), TD_ENOTFOUND);
    assert_int_equal(td_ledger_inclusion(tx, MANY + 1, MANY, &proof), TD_ENOTFOUND);
    assert_int_equal(td_ledger_consistency(tx, 0, MANY, &proof), TD_ENOTFOUND);
    assert_int_equal(td_ledger_consistency(tx, MANY + 1, MANY, &proof), TD_ENOTFOUND);
    return 0;
}

/* What a job appended before it failed is not in the tree either. */
static void test_tree(void **state)
{
    (void)state;
    assert_int_equal(td_store_write_wait(store, append_many, "fail", NULL), TD_ECONFLICT);
    assert_int_equal(td_store_write_wait(store, append_many, NULL, NULL), 0);
    assert_int_equal(td_store_read_wait(store, check_trees, NULL, NULL), 0);
    assert_int_equal(check(0, NULL).entries, MANY);
}

static void test_changed_tree(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    assert_int_equal(td_store_write_wait(store, append_many, NULL, NULL), 0);
    assert_int_equal(td_store_write_wait(store, run_sql,
                                         "update ledger_node set hash = (select hash from ledger"
                                         " where sequence = 1) where level = 4 and position = 3",
                                         NULL),
                     0);
    assert_int_equal(check(TD_ECONFLICT, &err).found, 1);
    assert_non_null(strstr(err.detail, "tree is broken over entries 49 to 64"));
    td_error_done(&err);
    assert_int_equal(
        td_store_write_wait(store, run_sql, "delete from ledger_node where level = 8", NULL), 0);
    assert_int_equal(check(TD_ECONFLICT, &err).found, 3);
    td_error_done(&err);
}

/* A ledger from before the tree gets one when the store opens, and is the same ledger. */
static void test_planting(void **state)
{
    (void)state;
    assert_int_equal(td_store_write_wait(store, append_many, NULL, NULL), 0);
    struct td_ledger_report before = check(0, NULL);
    assert_int_equal(
        td_store_write_wait(store, run_sql, "update ledger set leaf = '', nonce = ''", NULL), 0);
    assert_int_equal(td_store_write_wait(store, run_sql, "delete from ledger_node", NULL), 0);
    td_store_close(store);
    store = fixture_open(folder);
    assert_string_equal(check(0, NULL).head, before.head);
    assert_int_equal(td_store_read_wait(store, check_trees, NULL, NULL), 0);
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
        cmocka_unit_test(test_sm3),
        cmocka_unit_test(test_canonical),
        TEST(test_whole_chain),
        TEST(test_entry_hash),
        TEST(test_changed_actor),
        TEST(test_changed_time),
        TEST(test_changed_payload),
        TEST(test_removed_payload),
        TEST(test_changed_hash),
        TEST(test_deleted),
        TEST(test_first_deleted),
        TEST(test_cut_in_the_middle),
        TEST(test_renumbered),
        TEST(test_swapped),
        TEST(test_exchanged),
        TEST(test_changed_nonce),
        TEST(test_changed_leaf),
        TEST(test_tree),
        TEST(test_changed_tree),
        TEST(test_planting),
        TEST(test_text_must_be_utf8),
        TEST(test_changed_behind_nul),
        TEST(test_put_in_before_the_first),
        TEST(test_put_in_after_all_numbers),
        TEST(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
