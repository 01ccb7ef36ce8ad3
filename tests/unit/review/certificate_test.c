/* certificate_test.c - the signed statement of a certificate: found in anything, one spelling, and
 * no changed byte holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/certificate.h"
#include "store/signer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct td_strbuf token;
static char *public_key;
static struct td_certificate certificate;

static int set_up(void **state)
{
    char path[] = "/tmp/certificate_test.XXXXXX";
    struct td_strbuf text;
    struct td_signer *signer;
    unsigned char signature[TD_CERTIFICATE_SIGNATURE];
    (void)state;
    close(mkstemp(path));
    unlink(path);
    if (td_signer_load(path, "test", &signer, NULL) < 0)
        return -1;
    unlink(path);
    json_t *title = json_pack("{s:s, s:s, s:s, s:s}", "number", "TEACHER-2026-3-00001", "name",
                              "热依拉·吐尔逊", "title", "一级教师", "secret", "x");
    td_strbuf_init(&text);
    td_strbuf_init(&token);
    int r = td_certificate_state(title, &text);
    if (r == 0 && !td_signer_sm2(signer, text.bytes, text.length, signature))
        r = -1;
    td_certificate_token(text.bytes, text.length, signature, &token);
    json_t *keys = td_signer_public(signer);
    public_key =
        strdup(json_string_value(json_object_get(json_object_get(keys, "sm2"), "public_key")));
    json_decref(keys);
    json_decref(title);
    td_strbuf_done(&text);
    td_signer_free(signer);
    return r == 0 ? td_certificate_find(token.bytes, token.length, &certificate, NULL) : r;
}

static int tear_down(void **state)
{
    (void)state;
    td_strbuf_done(&token);
    free(public_key);
    return 0;
}

static void says_what_was_signed_and_nothing_else(void **state)
{
    (void)state;
    assert_true(td_certificate_holds(&certificate, public_key));
    json_t *said = td_certificate_content(&certificate);
    assert_string_equal(json_string_value(json_object_get(said, "name")), "热依拉·吐尔逊");
    assert_null(json_object_get(said, "secret"));
    json_decref(said);
    assert_null(strstr(certificate.statement, "secret"));
}

static void no_flipped_byte_holds(void **state)
{
    (void)state;
    for (size_t at = 0; at < certificate.length; at++) {
        struct td_certificate changed = certificate;
        changed.statement[at] = (char)(changed.statement[at] ^ (1 << at % 8));
        assert_false(td_certificate_holds(&changed, public_key));
    }
    for (size_t at = 0; at < sizeof(certificate.signature); at++) {
        struct td_certificate changed = certificate;
        changed.signature[at] ^= (unsigned char)(1 << at % 8);
        assert_false(td_certificate_holds(&changed, public_key));
    }
}

/* Every place of the token with another sign: no longer a token, or one that does not hold. */
static void no_changed_sign_of_the_token_holds(void **state)
{
    (void)state;
    for (size_t at = 0; at < token.length; at++) {
        char *copy = strdup(token.bytes);
        struct td_certificate changed;
        copy[at] = copy[at] == 'A' ? 'B' : 'A';
        bool holds = td_certificate_find(copy, token.length, &changed, NULL) == 0 &&
                     td_certificate_holds(&changed, public_key);
        free(copy);
        assert_false(holds);
    }
}

static void is_found_once_in_anything(void **state)
{
    struct td_certificate found;
    char *text;
    (void)state;
    assert_true(asprintf(&text, "%%PDF-1.4\n/Keywords (%s)\n%s\n", token.bytes, token.bytes) > 0);
    assert_int_equal(td_certificate_find(text, strlen(text), &found, NULL), 0);
    free(text);
    assert_true(asprintf(&text, "%s\n" TD_CERTIFICATE_MARK "%c%s", token.bytes, 'A',
                         token.bytes + strlen(TD_CERTIFICATE_MARK) + 1) > 0);
    assert_int_equal(td_certificate_find(text, strlen(text), &found, NULL), TD_EINVALID);
    free(text);
    assert_int_equal(td_certificate_find("", 0, &found, NULL), TD_EINVALID);
    assert_int_equal(td_certificate_find(token.bytes, token.length - 1, &found, NULL), TD_EINVALID);
    assert_false(td_certificate_holds(&certificate, "no key"));
}

static void what_is_too_long_is_not_stated(void **state)
{
    char name[TD_CERTIFICATE_STATEMENT_MAX + 1];
    struct td_strbuf text;
    (void)state;
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = 0;
    json_t *title = json_pack("{s:s}", "name", name);
    td_strbuf_init(&text);
    assert_int_equal(td_certificate_state(title, &text), TD_EINVALID);
    td_strbuf_done(&text);
    json_decref(title);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_was_signed_and_nothing_else),
        cmocka_unit_test(no_flipped_byte_holds),
        cmocka_unit_test(no_changed_sign_of_the_token_holds),
        cmocka_unit_test(is_found_once_in_anything),
        cmocka_unit_test(what_is_too_long_is_not_stated),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
