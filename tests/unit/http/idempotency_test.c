/* idempotency_test.c - what makes two requests the same one, and what is kept of the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../store/fixture.h"
#include "http/serving.h"

#include "http/idempotency.c"

static const struct td_route revoking = {.method = TD_DELETE, .path = "/accounts/{account}/grants"};

struct request {
    const char *path, *query, *body, *key;
    int result;
    bool found;
    int status;
    char value[64];
};

static void begin(struct td_serving *serving, const struct request *request)
{
    *serving = (struct td_serving){.path = request->path, .key = request->key};
    serving->arena = td_arena_new(1 << 20);
    serving->call.arena = serving->arena;
    serving->call.route = &revoking;
    serving->call.query = td_arena_json(serving->arena, json_loads(request->query, 0, NULL));
    serving->call.body = td_arena_json(serving->arena, json_loads(request->body, 0, NULL));
    assert_int_equal(td_idempotency_hash(serving), 0);
}

static void end(struct td_serving *serving)
{
    json_decref(serving->reply.value);
    td_error_done(&serving->error);
    td_arena_free(serving->arena);
}

static int store_answer(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    struct td_serving *serving = arg;
    serving->reply = (struct td_reply){.status = 201, .value = json_pack("{s:s}", "id", "one")};
    return td_idempotency_store(serving, tx);
}

static int find_answer(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    bool found;
    struct td_serving *serving = arg;
    return td_idempotency_find(serving, tx, &found, reterr);
}

static void ask(struct td_store *store, struct request *request, td_store_fn run)
{
    struct td_serving serving;
    begin(&serving, request);
    request->result = td_store_write_wait(store, run, &serving, NULL);
    request->found = serving.replayed;
    request->status = serving.reply.status;
    const char *id = json_string_value(json_object_get(serving.reply.value, "id"));
    snprintf(request->value, sizeof(request->value), "%s", id ? id : "");
    end(&serving);
}

static void a_repeat_is_answered_and_another_request_is_refused(void **state)
{
    (void)state;
    static const struct request others[] = {
        {.path = "/accounts/B/grants", .query = "{\"scope\": \"U1\"}", .body = "{}"},
        {.path = "/accounts/A/grants", .query = "{\"scope\": \"U2\"}", .body = "{}"},
        {.path = "/accounts/A/grants", .query = "{\"scope\": \"U1\"}", .body = "{\"a\": 1}"},
    };
    char *folder = fixture_folder();
    struct td_store *store = fixture_open(folder);
    struct request first = {"/accounts/A/grants", "{\"scope\": \"U1\"}", "{}", "k", 0, 0, 0, ""};
    ask(store, &first, find_answer);
    assert_int_equal(first.result, 0);
    assert_false(first.found);
    ask(store, &first, store_answer);
    ask(store, &first, find_answer);
    assert_true(first.found);
    assert_int_equal(first.status, 201);
    assert_string_equal(first.value, "one");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct request other = others[i];
        other.key = "k";
        ask(store, &other, find_answer);
        assert_int_equal(other.result, TD_EFIELDS);
        assert_false(other.found);
        other.key = "another";
        ask(store, &other, find_answer);
        assert_int_equal(other.result, 0);
        assert_false(other.found);
    }
    td_store_close(store);
    fixture_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeat_is_answered_and_another_request_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
