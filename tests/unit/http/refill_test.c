/* Tests of http/refill.h: a refused form keeps what was chosen in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "base/strbuf.h"
#include "http/refill.h"

#define FORM "<form method=\"post\" action=\"/draws\">"

static void expect(const char *sent, const char *before, const char *after)
{
    json_t *form = json_loads(sent, 0, NULL);
    assert_non_null(form);
    struct td_strbuf out;
    td_strbuf_init(&out);
    td_refill(before, strlen(before), "post", "/draws", form, &out);
    assert_string_equal(out.bytes, after);
    td_strbuf_done(&out);
    json_decref(form);
}

static void stays(const char *sent, const char *html)
{
    expect(sent, html, html);
}

static void test_lists(void **state)
{
    (void)state;
    expect("{\"kind\": \"b\"}",
           FORM "<select id=\"k\" name=\"kind\"><option value=\"a\" selected>A</option>"
                "<option value=\"b\">B</option></select></form>",
           FORM "<select id=\"k\" name=\"kind\"><option value=\"a\">A</option>"
                "<option value=\"b\" selected>B</option></select></form>");
    expect(
        "{\"parameters\": {\"x\": \"q & \\\"a\\\"\"}}", /* dotted, escaped, by its text */
        FORM "<select name=\"parameters.x\"><option>q &amp; &quot;a&quot;</option></select>",
        FORM
        "<select name=\"parameters.x\"><option selected>q &amp; &quot;a&quot;</option></select>");
    stays("{\"kind\": \"c\"}",
          FORM "<select name=\"kind\"><option value=\"a\" selected>A</option></select>");
    static const char *const apart[] = {"data-secret", "disabled"};
    for (size_t i = 0; i < 2; i++) {
        struct td_strbuf html;
        td_strbuf_init(&html);
        td_strbuf_addf(&html,
                       FORM "<select name=\"kind\" %s><option value=\"a\">A</option></select>",
                       apart[i]);
        stays("{\"kind\": \"a\"}", html.bytes);
        td_strbuf_done(&html);
    }
    stays("{\"kind\": [{\"x\": \"a\"}]}",
          FORM "<select name=\"kind.1.x\"><option value=\"a\">A</option></select>");
}

static void test_boxes(void **state)
{
    (void)state;
    expect(
        "{\"of\": [\"a\", \"c\"], \"whole\": \"on\"}",
        FORM
        "<input type=\"checkbox\" name=\"of\" value=\"a\"><input type=\"checkbox\" name=\"of\" "
        "value=\"b\" checked><input type=\"checkbox\" name=\"of\" value=\"c\" checked>"
        "<input type=\"checkbox\" name=\"whole\"><input type=\"checkbox\" name=\"not\" checked>",
        FORM
        "<input type=\"checkbox\" name=\"of\" value=\"a\" checked><input type=\"checkbox\" "
        "name=\"of\" "
        "value=\"b\"><input type=\"checkbox\" name=\"of\" value=\"c\" checked>"
        "<input type=\"checkbox\" name=\"whole\" checked><input type=\"checkbox\" name=\"not\">");
    expect("{\"r\": \"no\"}",
           FORM "<input type=\"radio\" name=\"r\" value=\"yes\" checked required><input "
                "type=\"radio\" name=\"r\" value=\"no\">",
           FORM "<input type=\"radio\" name=\"r\" value=\"yes\" required><input type=\"radio\" "
                "name=\"r\" value=\"no\" checked>");
    stays("{}", FORM "<input type=\"radio\" name=\"r\" value=\"yes\" checked>");
    stays("{}", FORM "<input type=\"checkbox\" name=\"c\" value=\"a\" checked disabled>");
    stays("{\"c\": \"a\"}", FORM "<input type=\"checkbox\" name=\"c\" value=\"a\" data-secret>");
    stays("{\"c\": \"a\"}", FORM "<input type=\"radio\" name=\"c\" value=\"a\" data-secret>");
}

static void test_texts(void **state)
{
    (void)state;
    expect(
        "{\"on\": \"1899\", \"n\": \"a \\\"b\\\"\", \"t\": \"<x>\"}",
        FORM
        "<input type=\"date\" name=\"on\" value=\"2026-10-10\" required><input name=\"n\" required>"
        "<textarea name=\"t\">old</textarea>",
        FORM "<input type=\"date\" name=\"on\" value=\"1899\" required><input name=\"n\" required "
             "value=\"a "
             "&quot;b&quot;\"><textarea name=\"t\">&lt;x&gt;</textarea>");
    expect("{\"n\": \"1.5\"}", FORM "<input name=\"n\" inputmode=\"decimal\" autocomplete=\"off\">",
           FORM "<input name=\"n\" inputmode=\"decimal\" autocomplete=\"off\" value=\"1.5\">");
    static const char *kept[] = {
        "<input type=\"password\" name=\"n\">",
        "<textarea name=\"n\" data-secret></textarea>",
        "<input name=\"n\" inputmode=\"numeric\" autocomplete=\"one-time-code\">",
        "<input name=\"n\" autocomplete=\"off\">",
        "<input name=\"n\" data-secret>",
        "<input name=\"n\" disabled>",
        "<input name=\"m\" value=\"v\">",
        "<input type=\"hidden\" name=\"n\" value=\"row 2\"><input name=\"on\">"};
    for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
        struct td_strbuf html;
        td_strbuf_init(&html);
        td_strbuf_addf(&html, "%s%s</form>", FORM, kept[i]);
        stays("{\"n\": \"x\", \"on\": \"y\"}", html.bytes);
        td_strbuf_done(&html);
    }
}

static void test_rows(void **state)
{
    (void)state;
    static const char row[] =
        FORM "<input name=\"r.0.t\" value=\"%s\"><input name=\"r.1.t\" value=\"%s\"></form>";
    struct td_strbuf before, after;
    td_strbuf_init(&before);
    td_strbuf_init(&after);
    td_strbuf_addf(&before, row, "", "");
    td_strbuf_addf(&after, row, "a", "b");
    expect("{\"r\": [{\"t\": \"a\"}, {\"t\": \"b\"}]}", before.bytes, after.bytes);
    stays("{\"r\": [{\"t\": \"b\"}]}", before.bytes); /* of which row? */
    stays("{\"r\": [{\"t\": \"a\"}, {\"t\": \"b\"}, {\"t\": \"c\"}]}", before.bytes);
    td_strbuf_done(&before);
    td_strbuf_done(&after);
}

static void test_others(void **state)
{
    (void)state;
    static const char select[] =
        "<select name=\"kind\"><option value=\"a\">A</option></select></form>";
    static const char *forms[] = {"<form method=\"get\" action=\"/draws\">",
                                  "<form method=\"post\" action=\"/draws/x\">",
                                  FORM "</form><form>", FORM "<a title=\"> <select \"></a></form>"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct td_strbuf html;
        td_strbuf_init(&html);
        td_strbuf_adds(&html, forms[i]);
        td_strbuf_adds(&html, select);
        stays("{\"kind\": \"a\"}", html.bytes);
        td_strbuf_done(&html);
    }
    stays("{}", "");
    stays("{}", FORM "<input type=\"checkbox\" name=\"");
    stays("{\"kind\": \"a\"}", FORM "<select name=\"kind\"><option");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_boxes),
                                       cmocka_unit_test(test_texts), cmocka_unit_test(test_rows),
                                       cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
