/* Transactions, rows and conversions as store.h promises them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fixture.h"

#include "base/clock.h"
#include "store/files.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

struct fixture {
    char *folder;
    struct td_store *store;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->folder = fixture_folder();
    fixture->store = fixture_open(fixture->folder);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    td_store_close(fixture->store);
    fixture_remove(fixture->folder);
    free(fixture);
    return 0;
}

static struct td_store *store_of(void **state)
{
    return ((struct fixture *)*state)->store;
}

static int64_t count_settings(struct td_tx *tx)
{
    int64_t count = -1;
    assert_int_equal(td_tx_int(tx, &count, "select count(*) from setting", ""), 0);
    return count;
}

static int put_setting(struct td_tx *tx, const char *name, const char *value)
{
    return td_tx_exec(tx, NULL, "insert into setting(name, value) values ($1, $2)", "ss", name,
                      value);
}

/* --- parameters and columns ------------------------------------------------------------------ */

static int conversions(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    json_t *person = json_pack("{s:s, s:[i,i]}", "sex", "女", "list", 1, 2), *row = NULL;
    assert_int_equal(
        td_tx_exec(
            tx, NULL,
            "insert into account(id, login, name, password_hash, person, must_change, disabled,"
            " created_at, id_number_key) values ($1, $2, $2, '', $3, $4, $5, $6, $7)",
            "ssjbbsx", "A", "li", person, 1, 0, "now", "\0\x01\xff", (size_t)3),
        0);
    assert_int_equal(
        td_tx_row(tx, &row,
                  "select person, must_change, disabled, unit_id, name, id_number_key,"
                  " 7 as seven, 1.5 as real, length(person) as n from account where id = $1",
                  "s", "A"),
        0);
    assert_true(json_equal(json_object_get(row, "person"), person));
    assert_true(json_is_true(json_object_get(row, "must_change")));
    assert_true(json_is_false(json_object_get(row, "disabled")));
    assert_true(json_is_null(json_object_get(row, "unit_id")));
    assert_string_equal(json_string_value(json_object_get(row, "name")), "li");
    assert_string_equal(json_string_value(json_object_get(row, "id_number_key")), "AAH/");
    assert_int_equal(json_integer_value(json_object_get(row, "seven")), 7);
    assert_true(json_real_value(json_object_get(row, "real")) == 1.5);
    json_decref(row);
    json_decref(person);
    return 0;
}

static void test_conversions(void **state)
{
    assert_int_equal(td_store_write_wait(store_of(state), conversions, NULL, NULL), 0);
}

static int scalar_json(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    json_t *values = json_pack("[i, s, f, b, n, s]", 5, "5", 2.5, 1, "x\"y");
    size_t index;
    json_t *value, *row;
    json_array_foreach(values, index, value) {
        assert_int_equal(td_tx_exec(tx, NULL, "delete from outbox", ""), 0);
        assert_int_equal(td_tx_outbox(tx, "k", value), 0);
        assert_int_equal(td_tx_row(tx, &row, "select payload from outbox", ""), 0);
        assert_true(json_equal(json_object_get(row, "payload"), value));
        json_decref(row);
    }
    json_decref(values);
    return TD_ECONFLICT;
}

/* A JSON column may hold any value; the engine's number affinity must not show. */
static void test_scalar_json(void **state)
{
    assert_int_equal(td_store_write_wait(store_of(state), scalar_json, NULL, NULL), TD_ECONFLICT);
}

static int returning(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    json_t *row = NULL;
    assert_int_equal(
        td_tx_row(tx, &row,
                  "insert into account(id, login, name, password_hash, must_change, created_at)"
                  " values ('A', 'a', 'n', '', true, 't') returning person, must_change, name",
                  ""),
        0);
    assert_true(json_is_object(json_object_get(row, "person")));
    assert_true(json_is_true(json_object_get(row, "must_change")));
    json_decref(row);
    assert_int_equal(td_tx_row(tx, &row,
                               "update account set disabled = $1 where id = $2 returning disabled",
                               "bs", 1, "A"),
                     0);
    assert_true(json_is_true(json_object_get(row, "disabled")));
    json_decref(row);
    return 0;
}

static void test_returning_converts(void **state)
{
    assert_int_equal(td_store_write_wait(store_of(state), returning, NULL, NULL), 0);
}

static int parameter_order(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    json_t *row = NULL;
    assert_int_equal(
        td_tx_row(
            tx, &row,
            "select $3 as c, $1 as a, $2 as b, $3 as again, $10 as ten, $4+$5+$6+$7+$8+$9 as rest",
            "ssssssssss", "one", "two", "three", "4", "5", "6", "7", "8", "9", "ten"),
        0);
    assert_string_equal(json_string_value(json_object_get(row, "a")), "one");
    assert_string_equal(json_string_value(json_object_get(row, "b")), "two");
    assert_string_equal(json_string_value(json_object_get(row, "c")), "three");
    assert_string_equal(json_string_value(json_object_get(row, "again")), "three");
    assert_string_equal(json_string_value(json_object_get(row, "ten")), "ten");
    assert_int_equal(json_integer_value(json_object_get(row, "rest")), 39);
    json_decref(row);
    row = NULL;
    assert_int_equal(td_tx_row(tx, &row, "select $1 as a", "ss", "x", "y"), TD_EINTERNAL);
    assert_int_equal(td_tx_row(tx, &row, "select $1 as a, $3 as c", "ss", "x", "y"), TD_EINTERNAL);
    assert_int_equal(td_tx_row(tx, &row, "select $1 as a; select 2", "s", "x"), TD_EINTERNAL);
    assert_int_equal(td_tx_row(tx, &row, "selekt", ""), TD_EINTERNAL);
    assert_null(row);
    return 0;
}

static void test_parameter_order(void **state)
{
    assert_int_equal(td_store_read_wait(store_of(state), parameter_order, NULL, NULL), 0);
}

static int bad_json(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    json_t *row = NULL;
    assert_int_equal(td_tx_exec(tx, NULL,
                                "insert into outbox(id, kind, payload, created_at)"
                                " values ('o', 'k', '{broken', 't')",
                                ""),
                     0);
    assert_int_equal(td_tx_row(tx, &row, "select payload from outbox where id = 'o'", ""),
                     TD_EINTERNAL);
    assert_non_null(strstr(td_tx_failure(tx), "payload"));
    assert_null(row);
    return TD_ECONFLICT;
}

static void test_bad_json_is_an_error(void **state)
{
    assert_int_equal(td_store_write_wait(store_of(state), bad_json, NULL, NULL), TD_ECONFLICT);
}

static int visit_nested(json_t *row, void *arg)
{
    struct td_tx *tx = arg;
    json_t *rows = NULL;
    assert_int_equal(td_tx_rows(tx, &rows, "select name from setting order by name", ""), 0);
    assert_int_equal(json_array_size(rows), 3);
    json_decref(rows);
    return strcmp(json_string_value(json_object_get(row, "name")), "b") == 0 ? TD_ELEASED : 0;
}

static int streaming(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    assert_int_equal(
        put_setting(tx, "a", "1") | put_setting(tx, "b", "2") | put_setting(tx, "c", "3"), 0);
    /* The same text inside its own rows, and an early end. */
    assert_int_equal(td_tx_each(tx, visit_nested, tx, "select name from setting order by name", ""),
                     TD_ELEASED);
    int64_t changed = 0;
    assert_int_equal(
        td_tx_exec(tx, &changed, "update setting set value = 'x' where name < $1", "s", "c"), 0);
    assert_int_equal(changed, 2);
    json_t *row = NULL;
    assert_int_equal(td_tx_row(tx, &row, "select * from setting where name = 'zz'", ""),
                     TD_ENOTFOUND);
    int64_t number = 9;
    assert_int_equal(
        td_tx_int(tx, &number, "select sum(length(value)) from setting where name = 'zz'", ""), 0);
    assert_int_equal(number, 0);
    return 0;
}

static void test_streaming(void **state)
{
    assert_int_equal(td_store_write_wait(store_of(state), streaming, NULL, NULL), 0);
}

static int many_statements(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            char sql[64];
            int64_t value = -1;
            snprintf(sql, sizeof(sql), "select %d + $1", i);
            assert_int_equal(td_tx_int(tx, &value, sql, "i", (int64_t)1), 0);
            assert_int_equal(value, i + 1);
        }
    return 0;
}

/* More texts than are kept prepared. */
static void test_many_statements(void **state)
{
    assert_int_equal(td_store_read_wait(store_of(state), many_statements, NULL, NULL), 0);
}

/* --- transactions ---------------------------------------------------------------------------- */

static int write_then_fail(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    assert_int_equal(put_setting(tx, arg, "v"), 0);
    return td_error_key(reterr, TD_EFORBIDDEN, "not_yours", json_pack("{s:s}", "who", "x"));
}

static int read_count(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    assert_false(td_tx_writable(tx));
    *(int64_t *)arg = count_settings(tx);
    return 0;
}

static void test_failure_rolls_back(void **state)
{
    struct td_error err = TD_ERROR_INIT;
    int64_t count = -1;
    assert_int_equal(td_store_write_wait(store_of(state), write_then_fail, "a", &err),
                     TD_EFORBIDDEN);
    assert_string_equal(err.key, "not_yours");
    assert_string_equal(json_string_value(json_object_get(err.parameters, "who")), "x");
    td_error_done(&err);
    assert_int_equal(td_store_read_wait(store_of(state), read_count, &count, NULL), 0);
    assert_int_equal(count, 0);
}

static int conflicts(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    assert_int_equal(put_setting(tx, "a", "1"), 0);
    assert_int_equal(put_setting(tx, "a", "2"), TD_ECONFLICT);
    assert_int_equal(td_tx_exec(tx, NULL,
                                "insert into unit(id, name, division_code, kind, grassroots)"
                                " values ('u', 'n', 'nowhere', 'school', 'none')",
                                ""),
                     TD_ECONFLICT); /* a foreign key that points nowhere */
    assert_int_equal(put_setting(tx, "b", "1"), 0);
    return 0;
}

/* A violated constraint undoes its statement only; the job decides what it means. */
static void test_conflict(void **state)
{
    int64_t count = -1;
    assert_int_equal(td_store_write_wait(store_of(state), conflicts, NULL, NULL), 0);
    assert_int_equal(td_store_read_wait(store_of(state), read_count, &count, NULL), 0);
    assert_int_equal(count, 2);
}

static int write_in_read(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    assert_int_equal(put_setting(tx, "a", "1"), TD_EINTERNAL);
    json_t *row = NULL;
    assert_int_equal(
        td_tx_row(tx, &row, "insert into setting values ('a', 'b') returning name", ""),
        TD_EINTERNAL);
    return 0;
}

static void test_read_cannot_write(void **state)
{
    int64_t count = -1;
    assert_int_equal(td_store_read_wait(store_of(state), write_in_read, NULL, NULL), 0);
    assert_int_equal(td_store_read_wait(store_of(state), read_count, &count, NULL), 0);
    assert_int_equal(count, 0);
}

/* Holds a store thread until told to go on. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool entered, open;
};

#define GATE_INIT                                                                                  \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false                          \
    }

static int wait_at_gate(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct gate *gate = arg;
    assert_non_null(tx);
    pthread_mutex_lock(&gate->mutex);
    gate->entered = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
    return 0;
}

static void wait_entered(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    while (!gate->entered)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    pthread_mutex_unlock(&gate->mutex);
}

static void open_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

enum { BATCH = 9 };

struct member {
    int number;
    int result;
    bool called;
    char detail[64];
};

static atomic_int outstanding;

static int batch_member(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct member *member = arg;
    char name[16];
    snprintf(name, sizeof(name), "m%d", member->number);
    int result = put_setting(tx, name, "v");
    if (result < 0)
        return result;
    if (member->number % 3 == 1)
        return td_error_set(reterr, TD_ESTALE, "member %d", member->number);
    if (member->number % 3 == 2) /* takes back what it did, but stays */
        return td_tx_exec(tx, NULL, "delete from setting where name = $1", "s", name);
    return 0;
}

static void member_done(void *arg, int result, struct td_error *error)
{
    struct member *member = arg;
    member->result = result;
    member->called = true;
    snprintf(member->detail, sizeof(member->detail), "%.60s", error->detail);
    atomic_fetch_sub(&outstanding, 1);
}

static void gate_done(void *arg, int result, struct td_error *error)
{
    (void)arg, (void)error;
    assert_int_equal(result, 0);
}

/* Jobs that gather behind a slow one are committed together, yet each stands for itself. */
static void test_batch_members_stand_alone(void **state)
{
    struct gate gate = GATE_INIT;
    struct member members[BATCH] = {0};
    assert_int_equal(td_store_write(store_of(state), wait_at_gate, gate_done, &gate), 0);
    wait_entered(&gate);
    atomic_store(&outstanding, BATCH);
    for (int i = 0; i < BATCH; i++) {
        members[i].number = i;
        assert_int_equal(td_store_write(store_of(state), batch_member, member_done, &members[i]),
                         0);
    }
    open_gate(&gate);
    int64_t count = -1;
    struct member last = {.number = BATCH};
    assert_int_equal(td_store_write_wait(store_of(state), batch_member, &last, NULL), 0);
    assert_int_equal(td_store_read_wait(store_of(state), read_count, &count, NULL), 0);
    assert_int_equal(count, BATCH / 3 + 1);
    assert_int_equal(atomic_load(&outstanding), 0);
    for (int i = 0; i < BATCH; i++) {
        assert_true(members[i].called);
        assert_int_equal(members[i].result, i % 3 == 1 ? TD_ESTALE : 0);
    }
    assert_string_equal(members[4].detail, "member 4");
    /* the gate alone, the members that waited meanwhile together, the last one with them or alone
     */
    json_t *batches = td_store_batches(store_of(state));
    const json_t *sizes = json_object_get(batches, "sizes");
    char all[16], and_last[16];
    snprintf(all, sizeof(all), "%d", BATCH);
    snprintf(and_last, sizeof(and_last), "%d", BATCH + 1);
    json_int_t with_last = json_integer_value(json_object_get(sizes, and_last));
    assert_int_equal(json_integer_value(json_object_get(sizes, all)) + with_last, 1);
    assert_int_equal(json_integer_value(json_object_get(batches, "writes")),
                     json_integer_value(json_object_get(sizes, "1")) + BATCH + with_last);
    json_decref(batches);
}

static int nothing(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)tx, (void)arg, (void)reterr;
    return 0;
}

static void count_done(void *arg, int result, struct td_error *error)
{
    (void)error;
    if (result == 0)
        atomic_fetch_add((atomic_int *)arg, 1);
}

/* Full queues refuse; what was accepted is finished by td_store_close. */
static void test_bounded_queue_and_close(void **state)
{
    (void)state;
    char *folder = fixture_folder();
    struct td_store *store;
    struct td_store_options options = {.folder = folder, .readers = 1, .queue_limit = 3};
    assert_int_equal(td_store_open(&options, &store, NULL), 0);
    struct gate writes = GATE_INIT, reads = GATE_INIT;
    atomic_int finished = 0;
    assert_int_equal(td_store_write(store, wait_at_gate, gate_done, &writes), 0);
    assert_int_equal(td_store_read(store, wait_at_gate, gate_done, &reads), 0);
    wait_entered(&writes);
    wait_entered(&reads);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(td_store_write(store, nothing, count_done, &finished),
                         i < 3 ? 0 : TD_EBUSY);
        assert_int_equal(td_store_read(store, nothing, count_done, &finished),
                         i < 3 ? 0 : TD_EBUSY);
    }
    open_gate(&writes);
    open_gate(&reads);
    td_store_close(store);
    assert_int_equal(atomic_load(&finished), 6);
    fixture_remove(folder);
}

/* Reads that take long leave threads to the others, go on in their turn and fill half of the queue.
 */
static void test_long_reads(void **state)
{
    (void)state;
    char *folder = fixture_folder();
    struct td_store *store;
    struct td_store_options options = {.folder = folder, .readers = 2, .queue_limit = 4};
    assert_int_equal(td_store_open(&options, &store, NULL), 0);
    struct gate first = GATE_INIT, second = GATE_INIT;
    atomic_int finished = 0;
    int64_t count = -1;
    assert_int_equal(td_store_read_long(store, wait_at_gate, gate_done, &first), 0);
    wait_entered(&first);
    assert_int_equal(td_store_read_long(store, wait_at_gate, gate_done, &second), 0);
    assert_int_equal(td_store_read_long(store, nothing, count_done, &finished), 0);
    assert_int_equal(td_store_read_long(store, nothing, count_done, &finished), TD_EBUSY);
    for (int i = 0; i < 3; i++) /* one thread is theirs */
        assert_int_equal(td_store_read_wait(store, read_count, &count, NULL), 0);
    open_gate(&first);
    wait_entered(&second); /* nobody but the end of the first one says that it may */
    assert_int_equal(td_store_read_long(store, nothing, count_done, &finished), 0);
    open_gate(&second);
    td_store_close(store);
    assert_int_equal(atomic_load(&finished), 2);
    fixture_remove(folder);
}

static int add_outbox(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    json_t *payload = json_pack("{s:s}", "application", "X");
    assert_int_equal(td_tx_outbox(tx, "score", payload), 0);
    json_decref(payload);
    return arg ? TD_ECONFLICT : 0;
}

static void count_notice(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void test_outbox_notice(void **state)
{
    struct td_store *store = store_of(state);
    atomic_int notices = 0;
    int64_t value = -1;
    td_store_on_outbox(store, count_notice, &notices);
    assert_int_equal(td_store_write_wait(store, add_outbox, "fails", NULL), TD_ECONFLICT);
    assert_int_equal(td_store_write_wait(store, nothing, NULL, NULL), 0);
    assert_int_equal(atomic_load(&notices), 0);
    assert_int_equal(td_store_write_wait(store, add_outbox, NULL, NULL), 0);
    assert_int_equal(td_store_write_wait(store, nothing, NULL, NULL),
                     0); /* the notice comes before this one */
    assert_int_equal(atomic_load(&notices), 1);
    td_store_on_outbox(store, NULL, NULL);
    assert_int_equal(td_store_read_wait(store, read_count, &value, NULL), 0);
}

enum { SUBMITTERS = 8, EACH = 50 };

static int increment(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    return td_tx_exec(tx, NULL,
                      "insert into setting(name, value) values ('n', '1') on conflict (name)"
                      " do update set value = setting.value + 1",
                      "");
}

static void *submit_many(void *arg)
{
    for (int i = 0; i < EACH; i++) {
        int64_t before = -1, after = -1;
        assert_int_equal(td_store_read_wait(arg, read_count, &before, NULL), 0);
        assert_int_equal(td_store_write_wait(arg, increment, NULL, NULL), 0);
        assert_int_equal(td_store_read_wait(arg, read_count, &after, NULL), 0);
        assert_int_equal(after, 1); /* what was acknowledged is visible to every later read */
    }
    return NULL;
}

static int read_n(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_int(tx, arg, "select cast(value as integer) from setting where name = 'n'", "");
}

static void test_many_submitters(void **state)
{
    pthread_t threads[SUBMITTERS];
    for (int i = 0; i < SUBMITTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit_many, store_of(state)), 0);
    for (int i = 0; i < SUBMITTERS; i++)
        pthread_join(threads[i], NULL);
    int64_t n = 0;
    assert_int_equal(td_store_read_wait(store_of(state), read_n, &n, NULL), 0);
    assert_int_equal(n, SUBMITTERS * EACH);
}

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_conversions),
        TEST(test_scalar_json),
        TEST(test_returning_converts),
        TEST(test_parameter_order),
        TEST(test_bad_json_is_an_error),
        TEST(test_streaming),
        TEST(test_many_statements),
        TEST(test_failure_rolls_back),
        TEST(test_conflict),
        TEST(test_read_cannot_write),
        TEST(test_batch_members_stand_alone),
        cmocka_unit_test(test_bounded_queue_and_close),
        cmocka_unit_test(test_long_reads),
        TEST(test_outbox_notice),
        TEST(test_many_submitters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
