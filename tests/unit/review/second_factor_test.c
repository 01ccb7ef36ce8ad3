/* second_factor_test.c - which codes are taken, and that none is taken twice. */
#include "review/second_factor.h"

#include "base/log.h"
#include "base/seal.h"
#include "base/totp.h"
#include "review/policy.h"
#include "review/review.h"
#include "store/store.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { THEN = 1800000000 }; /* the first second of a step */

static char folder[64];
static struct td_store *store;
static struct td_seal_key *key;

struct step {
    int (*run)(struct td_review *review, struct step *step, struct td_error *reterr);
    const char *who, *code;
    int64_t seconds;
    json_t *value;
    struct td_error error;
};

static int in_transaction(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct step *step = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review = {
        .tx = tx, .arena = arena, .seal = key, .now = "2026-10-01T00:00:00.000Z"};
    int result = td_account_load(tx, arena, step->who, &review.who);
    if (result == 0)
        result = step->run(&review, step, &step->error);
    if (result < 0)
        td_error_set(reterr, result, "%s", step->error.detail);
    td_arena_free(arena);
    return result;
}

static int run(struct step *step)
{
    struct td_error error = TD_ERROR_INIT;
    int result = td_store_write_wait(store, in_transaction, step, &error);
    td_error_done(&error);
    td_error_done(&step->error);
    return result;
}

static int do_insert(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    const char *id = arg;
    int result = td_tx_exec(tx, NULL,
                            "insert into account (id, login, name, password_hash, created_at)"
                            " values ($1, $1, $1, '', 'now')",
                            "s", id);
    return result ? result
                  : td_tx_exec(tx, NULL,
                               "insert into account_grant (account_id, role, scope, granted_by,"
                               " granted_at) values ($1, 'office', 'teacher', 'test', 'now')",
                               "s", id);
}

static int do_offer(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)step;
    return td_second_factor_offer(review, reterr);
}

static int do_view(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_second_factor_view(review, &step->value);
}

static int do_confirm(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_second_factor_confirm(review, step->code, NULL, &step->value, reterr);
}

static int do_take(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_second_factor_take_at(review, step->who, step->code, step->seconds);
}

static int take(const char *who, const char *code, int64_t seconds)
{
    struct step step = {.run = do_take, .who = who, .code = code, .seconds = seconds};
    return run(&step);
}

/* The bytes of a shown secret. */
static void bytes_of(const char *groups, unsigned char secret[TD_TOTP_SECRET_BYTES])
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    unsigned bits = 0;
    int count = 0;
    size_t size = 0;
    for (; *groups; groups++) {
        if (*groups == ' ')
            continue;
        bits = bits << 5 | (unsigned)(strchr(alphabet, *groups) - alphabet);
        count += 5;
        if (count >= 8)
            secret[size++] = (unsigned char)(bits >> (count -= 8));
    }
    assert_int_equal(size, TD_TOTP_SECRET_BYTES);
}

/* Makes an account, sets its second factor up, and has its last step forgotten, so that tests
 * choose their own time. */
static json_t *enrol(const char *who, unsigned char secret[TD_TOTP_SECRET_BYTES])
{
    struct td_error error = TD_ERROR_INIT;
    char code[TD_TOTP_DIGITS + 1];
    assert_int_equal(td_store_write_wait(store, do_insert, (void *)who, &error), 0);
    struct step offer = {.run = do_offer, .who = who}, view = {.run = do_view, .who = who};
    assert_int_equal(run(&offer), 0);
    assert_int_equal(run(&view), 0);
    bytes_of(json_string_value(json_object_get(view.value, "secret")), secret);
    json_decref(view.value);
    td_totp_code(TD_TOTP_SHA1, secret, TD_TOTP_SECRET_BYTES,
                 (uint64_t)time(NULL) / TD_TOTP_STEP_SECONDS, TD_TOTP_DIGITS, code);
    struct step confirm = {.run = do_confirm, .who = who, .code = code};
    assert_int_equal(run(&confirm), 0);
    return confirm.value;
}

static const char *code_at(const unsigned char *secret, int64_t seconds)
{
    static char code[TD_TOTP_DIGITS + 1];
    td_totp_code(TD_TOTP_SHA1, secret, TD_TOTP_SECRET_BYTES,
                 (uint64_t)(seconds / TD_TOTP_STEP_SECONDS), TD_TOTP_DIGITS, code);
    return code;
}

static int setup(void **state)
{
    (void)state;
    char path[96];
    struct td_error error = TD_ERROR_INIT;
    struct td_store_options options = {.folder = folder, .readers = 1};
    assert_true(sodium_init() >= 0);
    td_log_set_level(TD_LOG_ERROR + 1);
    td_policy_set(&(struct td_policy){.second_factor = TD_SECOND_FACTOR_REQUIRED});
    snprintf(folder, sizeof(folder), "/tmp/titled-second-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/key", folder);
    assert_int_equal(td_seal_load(path, &key, &error), 0);
    assert_int_equal(td_store_open(&options, &store, &error), 0);
    return 0;
}

static int teardown(void **state)
{
    char command[96];
    (void)state;
    td_store_close(store);
    td_seal_free(key);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

/* Steps far in the future of the one that enrolment used up, because steps only go forward. */
static void one_step_early_or_late_and_never_twice(void **state)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    int64_t now = (int64_t)time(NULL) + 100 * TD_TOTP_STEP_SECONDS;
    (void)state;
    json_decref(enrol("wang", secret));
    now -= now % TD_TOTP_STEP_SECONDS;
    assert_int_equal(take("wang", code_at(secret, now - 60), now), TD_EINVALID);
    assert_int_equal(take("wang", code_at(secret, now + 60), now), TD_EINVALID);
    assert_int_equal(take("wang", code_at(secret, now - 30), now), 0);
    assert_int_equal(take("wang", code_at(secret, now - 30), now), TD_EINVALID);
    assert_int_equal(take("wang", code_at(secret, now), now), 0);
    assert_int_equal(take("wang", code_at(secret, now), now + 29), TD_EINVALID);
    assert_int_equal(take("wang", code_at(secret, now + 30), now), 0);
    assert_int_equal(take("wang", code_at(secret, now), now), TD_EINVALID); /* nor an older one */
    assert_int_equal(take("wang", "", now), TD_EINVALID);
    assert_int_equal(take("wang", "12345", now), TD_EINVALID);
    assert_int_equal(take("wang", "not a code", now), TD_EINVALID);
}

static void recovery_codes_work_once_and_for_their_owner(void **state)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    (void)state;
    json_t *codes = enrol("li", secret), *others = enrol("zhao", secret);
    assert_int_equal(json_array_size(codes), TD_RECOVERY_CODES);
    const char *code = json_string_value(json_array_get(codes, 0));
    assert_int_equal(take("zhao", code, THEN), TD_EINVALID);
    assert_int_equal(take("li", code, THEN), 0);
    assert_int_equal(take("li", code, THEN), TD_EINVALID);
    for (size_t i = 0; i < TD_RECOVERY_CODES; i++)
        assert_int_equal(take("zhao", json_string_value(json_array_get(others, i)), THEN), 0);
    assert_int_equal(take("zhao", json_string_value(json_array_get(others, 3)), THEN), TD_EINVALID);
    json_decref(codes);
    json_decref(others);
}

static void nobody_has_one_before_he_sets_it_up(void **state)
{
    struct td_error error = TD_ERROR_INIT;
    (void)state;
    assert_int_equal(td_store_write_wait(store, do_insert, (void *)"bare", &error), 0);
    assert_int_equal(take("bare", "000000", THEN), TD_EINVALID);
    struct step offer = {.run = do_offer, .who = "bare"};
    assert_int_equal(run(&offer), 0);
    assert_int_equal(take("bare", "000000", THEN), TD_EINVALID); /* offered is not confirmed */
    struct step wrong = {.run = do_confirm, .who = "bare", .code = "12345"};
    assert_int_equal(run(&wrong), TD_EFIELDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_early_or_late_and_never_twice),
        cmocka_unit_test(recovery_codes_work_once_and_for_their_owner),
        cmocka_unit_test(nobody_has_one_before_he_sets_it_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
