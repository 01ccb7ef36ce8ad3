/* multipart/form-data at every split, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/strbuf.h"
#include "http/multipart.h"

#include <stdlib.h>
#include <string.h>

#define TYPE "multipart/form-data; boundary=xX"

/* What the parser said, as text: "[name|filename|type:bytes]" for every part. */
static int on_part(void *arg, const struct td_multipart_part *part, struct td_error *reterr)
{
    (void)reterr;
    td_strbuf_addf(arg, "[%s|%s|%s:", part->name, part->filename ? part->filename : "-",
                   part->type);
    return 0;
}

static int on_bytes(void *arg, const char *bytes, size_t length, struct td_error *reterr)
{
    if (length >= 4 && memcmp(bytes, "stop", 4) == 0)
        return td_error_set(reterr, TD_ETOOLARGE, "stopped");
    td_strbuf_add(arg, bytes, length);
    return 0;
}

static int on_part_end(void *arg, struct td_error *reterr)
{
    (void)reterr;
    td_strbuf_addc(arg, ']');
    return 0;
}

static const struct td_multipart_events events = {on_part, on_bytes, on_part_end};

/* Reads `text` in pieces: up to `first`, up to `second`, the rest. */
static int parse(const char *text, size_t length, size_t first, size_t second,
                 struct td_strbuf *said, struct td_error *err)
{
    struct td_multipart *multipart;
    td_strbuf_cut(said, 0);
    assert_int_equal(td_multipart_new(TYPE, &events, said, &multipart, err), 0);
    int rc = td_multipart_read(multipart, text, first, err);
    if (rc == 0)
        rc = td_multipart_read(multipart, text + first, second - first, err);
    if (rc == 0)
        rc = td_multipart_read(multipart, text + second, length - second, err);
    if (rc == 0)
        rc = td_multipart_end(multipart, err);
    td_multipart_free(multipart);
    return rc;
}

static const char form[] =
    "--xX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
    "--xX\r\ncontent-disposition: FORM-DATA; name=f; filename=\"b.pdf\"\r\n"
    "Content-Type: application/pdf\r\nX-Other: y\r\n\r\n\r\r\n\r\n--x\r\n--xx\n--xX\r\n\r\n--\r\n"
    "--xX\r\nContent-Disposition: form-data; name=\"e\"; filename=\"\"\r\n\r\n\r\n--xX--\r\n";
static const char expected[] =
    "[a|-|:one][f|b.pdf|application/pdf:\r\r\n\r\n--x\r\n--xx\n--xX\r\n\r\n--][e||:]";

static void every_split_gives_the_same(void **state)
{
    (void)state;
    struct td_strbuf said;
    td_strbuf_init(&said);
    struct td_error err = TD_ERROR_INIT;
    size_t length = sizeof(form) - 1;
    for (size_t first = 0; first <= length; first++) {
        for (size_t second = first; second <= length; second += first % 7 + 1) {
            if (parse(form, length, first, second, &said, &err) != 0)
                fail_msg("split at %zu, %zu: %s", first, second, err.detail);
            assert_string_equal(said.bytes, expected);
        }
    }
    td_strbuf_done(&said);
}

static void an_early_end_is_noticed(void **state)
{
    (void)state;
    struct td_strbuf said;
    td_strbuf_init(&said);
    struct td_error err = TD_ERROR_INIT;
    size_t whole = sizeof(form) - 1;
    for (size_t length = 0; length < whole - 2; length++) /* the last CR LF may be missing */
        assert_int_equal(parse(form, length, length / 2, length, &said, &err), TD_EINVALID);
    assert_int_equal(parse(form, whole - 2, 0, 0, &said, &err), 0);
    td_strbuf_done(&said);
}

#define PART "Content-Disposition: form-data; name=\"a\""

static void improper_forms_are_refused(void **state)
{
    (void)state;
    static const char *const samples[] = {
        "",
        "hello",
        "\r\n--xX\r\n" PART "\r\n\r\nb\r\n--xX--",
        "--xY\r\n" PART "\r\n\r\nb\r\n--xX--",
        "--xX\n" PART "\r\n\r\nb\r\n--xX--",
        "--xX \r\n" PART "\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\n\nb\r\n--xX--",
        "--xX\r\n" PART "\r\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\n folded\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\nNo colon\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\nA: \x01\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\n" PART "\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\nContent-Transfer-Encoding: base64\r\n\r\nb\r\n--xX--",
        "--xX\r\n\r\nb\r\n--xX--",
        "--xX\r\nContent-Disposition: form-data\r\n\r\nb\r\n--xX--",
        "--xX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nb\r\n--xX--",
        "--xX\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nb\r\n--xX--",
        "--xX\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nb\r\n--xX--",
        "--xX\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\r\n\r\nb\r\n--xX--",
        "--xX\r\n" PART "\r\n\r\nb\r\n--xXY\r\n--xX--",
        "--xX\r\n" PART "\r\n\r\nb\r\n--xX-",
        "--xX\r\n" PART "\r\n\r\nb\r\n--xX-x",
        "--xX\r\n" PART "\r\n\r\nb\r\n--xX--\n",
        "--xX\r\n" PART "\r\n\r\nb\r\n--xX--\r\nx",
        "--xX\r\n" PART "\r\n\r\nb--xX--",
        "--xX\r\n" PART "\r\n\r\nb\n--xX--",
    };
    struct td_strbuf said;
    td_strbuf_init(&said);
    struct td_error err = TD_ERROR_INIT;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
        for (size_t split = 0; split <= strlen(samples[i]); split++)
            if (parse(samples[i], strlen(samples[i]), split, split, &said, &err) != TD_EINVALID)
                fail_msg("%s split at %zu", samples[i], split);
    td_strbuf_done(&said);
}

static void limits_and_refusals_of_the_reader(void **state)
{
    (void)state;
    struct td_strbuf said, text;
    td_strbuf_init(&said);
    td_strbuf_init(&text);
    struct td_error err = TD_ERROR_INIT;
    const char *stop = "--xX\r\n" PART "\r\n\r\nstop\r\n--xX--";
    assert_int_equal(parse(stop, strlen(stop), 0, 0, &said, &err), TD_ETOOLARGE);
    td_strbuf_adds(&text, "--xX\r\n" PART "\r\nA: ");
    while (text.length < 5000)
        td_strbuf_addc(&text, 'a');
    td_strbuf_adds(&text, "\r\n\r\nb\r\n--xX--");
    assert_int_equal(parse(text.bytes, text.length, 0, 0, &said, &err), TD_EINVALID);
    td_strbuf_cut(&text, 0);
    for (int i = 0; i < TD_MULTIPART_PARTS_MAX + 1; i++)
        td_strbuf_adds(&text, "--xX\r\n" PART "\r\n\r\nb\r\n");
    size_t all = text.length;
    td_strbuf_adds(&text, "--xX--");
    assert_int_equal(parse(text.bytes, text.length, 0, 0, &said, &err), TD_EINVALID);
    size_t one = all / (TD_MULTIPART_PARTS_MAX + 1);
    assert_int_equal(parse(text.bytes + one, text.length - one, 0, 0, &said, &err), 0);
    td_strbuf_done(&text);
    td_strbuf_done(&said);
}

static void boundaries(void **state)
{
    (void)state;
    struct td_strbuf said;
    td_strbuf_init(&said);
    static const char *const good[] = {
        "multipart/form-data; boundary=a", "multipart/form-data; charset=utf-8; boundary=\"a b:c\"",
        "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW"};
    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=\"a\\b\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; boundary=1234567890123456789012345678901234567890"
        "1234567890123456789012345678901"};
    struct td_multipart *multipart;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(td_multipart_new(good[i], &events, &said, &multipart, NULL), 0);
        td_multipart_free(multipart);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(td_multipart_new(bad[i], &events, &said, &multipart, NULL), TD_EINVALID);
    td_strbuf_done(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same),
        cmocka_unit_test(an_early_end_is_noticed),
        cmocka_unit_test(improper_forms_are_refused),
        cmocka_unit_test(limits_and_refusals_of_the_reader),
        cmocka_unit_test(boundaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
