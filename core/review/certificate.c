/* certificate.c - see certificate.h. Pure: no records, no clock. Reads what anybody may have
 * written. */
#include "review/certificate.h"

#include "base/json.h"
#include "store/signer.h"

#include <sodium.h>
#include <string.h>

#define FIRST_LINE "titled-certificate/1\n"
#define BASE64     sodium_base64_VARIANT_URLSAFE_NO_PADDING

enum { SIGNATURE_TEXT = 86, STATEMENT_TEXT = (TD_CERTIFICATE_STATEMENT_MAX * 4 + 2) / 3 };

int td_certificate_state(const json_t *title, struct td_strbuf *out)
{
    static const char *const members[] = {"number", "name",     "title", "specialty",
                                          "series", "level",    "track", "awarded_on",
                                          "issuer", "issued_on"};
    json_t *said = json_object();
    size_t before = out->length;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set_new(said, members[i], json_string(td_json_text(title, members[i])));
    td_strbuf_adds(out, FIRST_LINE);
    td_json_write(said, out);
    json_decref(said);
    if (out->failed)
        return TD_ENOMEM;
    return out->length - before <= TD_CERTIFICATE_STATEMENT_MAX ? 0 : TD_EINVALID;
}

void td_certificate_token(const char *statement, size_t length,
                          const unsigned char signature[TD_CERTIFICATE_SIGNATURE],
                          struct td_strbuf *out)
{
    char text[STATEMENT_TEXT + 2], signed_text[SIGNATURE_TEXT + 1];
    sodium_bin2base64(text, sizeof(text), (const unsigned char *)statement, length, BASE64);
    sodium_bin2base64(signed_text, sizeof(signed_text), signature, TD_CERTIFICATE_SIGNATURE,
                      BASE64);
    td_strbuf_addf(out, TD_CERTIFICATE_MARK "%s.%s", text, signed_text);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool in_base64(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static size_t run_of(const char *bytes, size_t length)
{
    size_t run = 0;
    while (run < length && in_base64(bytes[run]))
        run++;
    return run;
}

/* How long the token at `bytes` is behind its mark; 0 when it is none. */
static size_t measure(const char *bytes, size_t length, size_t *ret_statement)
{
    size_t statement = run_of(bytes, length);
    if (statement == 0 || statement > STATEMENT_TEXT || statement == length ||
        bytes[statement] != '.')
        return 0;
    size_t signature = run_of(bytes + statement + 1, length - statement - 1);
    *ret_statement = statement;
    return signature == SIGNATURE_TEXT ? statement + 1 + signature : 0;
}

/* The last digit of base64 may carry bits that say nothing: only the spelling that we write is one.
 */
static bool decode(const char *text, size_t length, unsigned char *bytes, size_t room,
                   size_t *ret_length)
{
    char again[STATEMENT_TEXT + 2];
    const char *end;
    if (sodium_base642bin(bytes, room, text, length, NULL, ret_length, &end, BASE64) < 0 ||
        end != text + length)
        return false;
    sodium_bin2base64(again, sizeof(again), bytes, *ret_length, BASE64);
    return strlen(again) == length && memcmp(again, text, length) == 0;
}

static bool take_apart(const char *token, size_t statement, struct td_certificate *ret)
{
    size_t signature = 0;
    if (!decode(token, statement, (unsigned char *)ret->statement, TD_CERTIFICATE_STATEMENT_MAX,
                &ret->length) ||
        !decode(token + statement + 1, SIGNATURE_TEXT, ret->signature, sizeof(ret->signature),
                &signature) ||
        signature != sizeof(ret->signature))
        return false;
    ret->statement[ret->length] = 0;
    return strlen(ret->statement) == ret->length &&
           strncmp(ret->statement, FIRST_LINE, strlen(FIRST_LINE)) == 0;
}

int td_certificate_find(const char *bytes, size_t length, struct td_certificate *ret_certificate,
                        struct td_error *reterr)
{
    const char *found = NULL, *end = bytes + length, *at = bytes;
    size_t found_length = 0, found_statement = 0, mark = strlen(TD_CERTIFICATE_MARK);
    while ((at = memmem(at, (size_t)(end - at), TD_CERTIFICATE_MARK, mark))) {
        size_t statement = 0, here = measure(at + mark, (size_t)(end - at) - mark, &statement);
        at += mark;
        if (here == 0)
            return td_error_set(reterr, TD_EINVALID, "the signed statement is damaged");
        if (found && (here != found_length || memcmp(found, at, here) != 0))
            return td_error_set(reterr, TD_EINVALID, "it holds more than one signed statement");
        found = at;
        found_length = here;
        found_statement = statement;
        at += here;
    }
    if (!found)
        return td_error_set(reterr, TD_EINVALID, "it holds no signed statement of a certificate");
    if (!take_apart(found, found_statement, ret_certificate))
        return td_error_set(reterr, TD_EINVALID, "the signed statement is damaged");
    return 0;
}

json_t *td_certificate_content(const struct td_certificate *certificate)
{
    size_t first = strlen(FIRST_LINE);
    json_t *said = certificate->length > first
                       ? json_loadb(certificate->statement + first, certificate->length - first,
                                    JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    if (json_is_object(said))
        return said;
    json_decref(said);
    return NULL;
}

bool td_certificate_holds(const struct td_certificate *certificate, const char *public_key)
{
    return td_signer_sm2_holds(public_key, certificate->statement, certificate->length,
                               certificate->signature);
}
