/* Lists as tables: what a cell says, and that a table is the whole list. */
#include "http/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_csv(void **state)
{
    (void)state;
    struct td_locale locale = {.lang = "zh",
                               .texts = json_pack("{s:{s:{s:s}}, s:{s:s, s:s, s:s, s:s, s:s}}",
                                                  "label", "state", "draft", "草稿", "column",
                                                  "name", "姓名", "state", "状态", "points", "得分",
                                                  "ok", "可", "count", "数")};
    json_t *items =
        json_pack("[{s:s, s:s, s:i}, {s:s, s:b, s:{}, s:i}, {s:s, s:s}, {s:s}, {s:s}]", "name",
                  "=1+1", "state", "draft", "points", -650, "name", "a\"b,c", "ok", 1, "person",
                  "count", -3, "name", "\t@x", "id", "01J", "name", "＝1+1", "name", "\n=1");
    struct td_strbuf out;
    td_strbuf_init(&out);
    assert_int_equal(td_table_csv(&locale, items, &out, NULL), 0);
    assert_string_equal(out.bytes, "\xef\xbb\xbf\"姓名\",\"状态\",\"得分\",\"可\",\"数\"\r\n"
                                   "\"'=1+1\",\"草稿\",\"-6.50\",\"\",\"\"\r\n"
                                   "\"a\"\"b,c\",\"\",\"\",\"1\",\"-3\"\r\n"
                                   "\"'\t@x\",\"\",\"\",\"\",\"\"\r\n"
                                   "\"'＝1+1\",\"\",\"\",\"\",\"\"\r\n"
                                   "\"'\n=1\",\"\",\"\",\"\",\"\"\r\n");
    /* Too much to keep until somebody has read it. */
    struct td_error err = TD_ERROR_INIT;
    char *long_name = calloc(1, (1 << 20) + 1);
    memset(long_name, 'x', 1 << 20);
    json_t *one = json_pack("{s:s}", "name", long_name);
    for (int i = 0; i < 40; i++)
        json_array_append(items, one);
    td_strbuf_done(&out);
    td_strbuf_init(&out);
    assert_int_equal(td_table_csv(&locale, items, &out, &err), TD_ECONFLICT);
    assert_string_equal(err.key, "table_too_long");
    assert_int_equal(out.length, 0);
    td_error_done(&err);
    json_decref(one);
    free(long_name);
    td_strbuf_done(&out);
    json_decref(items);
    json_decref((json_t *)locale.texts);
}

enum { PAGE = 50 };

static int last; /* number of the list's last item */

/* The items after the cursor: numbers from 1. */
static int read_page(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    int from = atoi(td_call_query(call, "cursor")), to = from + PAGE < last ? from + PAGE : last;
    json_t *items = json_array();
    if (from == 3 * PAGE && !strcmp(td_call_query(call, "q"), "fails"))
        return json_decref(items), td_error_set(reterr, TD_EIO, "the third page");
    for (int i = from + 1; i <= to; i++)
        json_array_append_new(items, json_pack("{s:i}", "number", i));
    reply->value = json_pack("{s:o, s:o}", "items", items, "next",
                             to < last ? json_sprintf("%d", to) : json_null());
    return 0;
}

static int gather(int count, const char *q, size_t *ret_items, struct td_error *reterr)
{
    const struct td_route route = {.method = TD_GET, .query = "q cursor", .read = read_page};
    struct td_call call = {.route = &route,
                           .query = json_pack("{s:s, s:s}", "format", "csv", "q", q)};
    struct td_reply reply = {0};
    last = count;
    assert_int_equal(route.read(&call, &reply, reterr), 0);
    assert_int_equal(td_table_asked(&call, &reply), TD_TABLE_CSV);
    int r = td_table_gather(&call, &reply, reterr);
    json_t *items = json_object_get(reply.value, "items");
    *ret_items = json_array_size(items);
    for (size_t i = 0; i < *ret_items; i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(items, i), "number")),
                         i + 1);
    json_decref(reply.value);
    json_decref(call.query);
    return r;
}

static void test_gathers_all_pages(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    size_t items;
    assert_int_equal(gather(PAGE, "", &items, &err), 0);
    assert_int_equal(items, PAGE);
    assert_int_equal(gather(3 * PAGE + 1, "", &items, &err), 0);
    assert_int_equal(items, 3 * PAGE + 1);
    assert_int_equal(gather(TD_TABLE_ROWS, "", &items, &err), 0);
    assert_int_equal(items, TD_TABLE_ROWS);
    assert_int_equal(gather(TD_TABLE_ROWS + 1, "", &items, &err), TD_ECONFLICT);
    assert_string_equal(err.key, "table_too_long");
    td_error_done(&err);
    assert_int_equal(gather(9 * PAGE, "fails", &items, &err), TD_EIO);
    td_error_done(&err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_csv),
                                       cmocka_unit_test(test_gathers_all_pages)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
