/* Characters: tokens, UTF-8, escapes, file names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "http/text.h"

#include <string.h>

static void tokens(void **state)
{
    (void)state;
    assert_true(td_text_is_token("X-Request_Id~1", 14));
    assert_false(td_text_is_token("", 0));
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool separator = c <= 0x20 || c >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", c);
        assert_int_equal(td_text_is_token(&byte, 1), !separator);
    }
}

static void utf8(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "a",
                                       "\xc2\x80",
                                       "\xe4\xbd\xa0",
                                       "\xed\x9f\xbf",
                                       "\xef\xbf\xbd",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe4\xbd",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "\xc2\x41"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(td_utf8_is(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(td_utf8_is(bad[i], strlen(bad[i])));
    assert_int_equal(td_utf8_count("a长\xf0\x90\x80\x80", 8), 3);
}

static void form_and_back(void **state)
{
    (void)state;
    char all[256], decoded[257];
    for (int c = 0; c < 256; c++)
        all[c] = (char)c;
    struct td_strbuf buf;
    td_strbuf_init(&buf);
    td_text_add_form(&buf, all, sizeof(all));
    for (size_t i = 0; i < buf.length; i++)
        assert_true(buf.bytes[i] > 0x20 && buf.bytes[i] < 0x7f && !strchr("&=+#?", buf.bytes[i]));
    assert_int_equal(td_text_percent_decode(buf.bytes, buf.length, decoded), 256);
    assert_memory_equal(decoded, all, 256);
    td_strbuf_done(&buf);
    assert_int_equal(td_text_percent_decode("%4", 2, decoded), -1);
    assert_int_equal(td_text_percent_decode("%4x", 3, decoded), -1);
    assert_int_equal(td_text_percent_decode("a%41", 1, decoded), 1);
}

static void file_names(void **state)
{
    (void)state;
    static const struct {
        const char *sent, *safe;
    } samples[] = {
        {"a.pdf", "a.pdf"},
        {"\xe8\xae\xba\xe6\x96\x87 1.pdf", "\xe8\xae\xba\xe6\x96\x87 1.pdf"},
        {"../../etc/passwd", "passwd"},
        {"C:\\dir\\b.doc", "b.doc"},
        {"a/", "file"},
        {"", "file"},
        {"..", "file"},
        {". .", "file"},
        {".htaccess", "htaccess"},
        {" a .pdf ", "a .pdf"},
        {"a\r\nb\x7f.p\x01"
         "df",
         "ab.pdf"},
        {"\xff\xfe", "file"},
        {"a\xe2\x80\xae"
         "fdp.exe",
         "afdp.exe"},
        {"a.", "a"},
        {"a.tar.gz", "a.tar.gz"},
    };
    char name[TD_TEXT_NAME_ROOM];
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        td_text_safe_name(samples[i].sent, strlen(samples[i].sent), name);
        assert_string_equal(name, samples[i].safe);
    }
    td_text_safe_name("a\0b.pdf", 7, name);
    assert_string_equal(name, "ab.pdf");
}

static void long_names_keep_their_extension(void **state)
{
    (void)state;
    char sent[2000] = "", name[TD_TEXT_NAME_ROOM];
    for (int i = 0; i < 400; i++)
        strcat(sent, "\xf0\xa0\x80\x80");
    strcat(sent, ".pdf");
    td_text_safe_name(sent, strlen(sent), name);
    assert_int_equal(strlen(name), 116 * 4 + 4);
    assert_string_equal(name + strlen(name) - 4, ".pdf");
    assert_true(td_utf8_is(name, strlen(name)));
    memset(sent, 'x', 1999);
    sent[1999] = 0;
    td_text_safe_name(sent, 1999, name);
    assert_int_equal(strlen(name), TD_TEXT_NAME_MAX);
}

static void paths_of_this_server(void **state)
{
    (void)state;
    static const char *const local[] = {"/", "/queue?state=x", "/a//b", "/页"};
    static const char *const away[] = {"",
                                       "queue",
                                       "//evil.test/",
                                       "/\\evil.test/",
                                       "/\t/evil.test",
                                       "/\n/evil.test",
                                       "https://evil.test/"};
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        assert_true(td_text_is_local_path(local[i]));
    for (size_t i = 0; i < sizeof(away) / sizeof(away[0]); i++)
        assert_false(td_text_is_local_path(away[i]));
    assert_false(td_text_is_local_path(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(utf8),
        cmocka_unit_test(paths_of_this_server),
        cmocka_unit_test(form_and_back),
        cmocka_unit_test(file_names),
        cmocka_unit_test(long_names_keep_their_extension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
