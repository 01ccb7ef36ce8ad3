/* second_factor.c - see second_factor.h. */
#include "review/second_factor.h"

#include "base/seal.h"
#include "base/strbuf.h"
#include "base/totp.h"
#include "config.h"
#include "review/policy.h"
#include "review/row.h"
#include "store/store.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WINDOW = 1, RECOVERY_DIGITS = 16, RECOVERY_GROUP = 4, SHORT_TEXT = 64 };

static int row_of(struct td_review *review, const char *account_id, json_t **ret_row)
{
    return td_tx_row(review->tx, ret_row,
                     "select secret_sealed, offered_sealed, last_step, confirmed_at"
                     " from second_factor where account_id = $1",
                     "s", account_id);
}

/* --- secrets ---------------------------------------------------------------------------------- */

/* A sealed secret: hex in the seal, because sealing is for text. */
static bool open_secret(const struct td_review *review, const char *sealed,
                        unsigned char secret[TD_TOTP_SECRET_BYTES])
{
    size_t size = 0;
    char *hex = *sealed && review->seal ? td_unseal(review->seal, sealed) : NULL;
    bool ok = hex && sodium_hex2bin(secret, TD_TOTP_SECRET_BYTES, hex, strlen(hex), NULL, &size,
                                    NULL) == 0;
    if (hex)
        sodium_memzero(hex, strlen(hex));
    free(hex);
    return ok && size == TD_TOTP_SECRET_BYTES;
}

static char *new_secret(const struct td_review *review)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    char hex[2 * TD_TOTP_SECRET_BYTES + 1];
    randombytes_buf(secret, sizeof(secret));
    sodium_bin2hex(hex, sizeof(hex), secret, sizeof(secret));
    char *sealed = review->seal ? td_seal(review->seal, hex) : NULL;
    sodium_memzero(secret, sizeof(secret));
    sodium_memzero(hex, sizeof(hex));
    return sealed;
}

/* The step within the window whose code this is and that comes after `last`; 0 when there is none.
 */
static int64_t step_of(const unsigned char *secret, const char *code, int64_t seconds, int64_t last)
{
    int64_t now = seconds / TD_TOTP_STEP_SECONDS, found = 0;
    char expected[TD_TOTP_DIGITS + 1];
    if (strlen(code) != TD_TOTP_DIGITS)
        return 0;
    for (int64_t step = now - WINDOW; step <= now + WINDOW; step++)
        if (td_totp_code(TD_TOTP_SHA1, secret, TD_TOTP_SECRET_BYTES, (uint64_t)step, TD_TOTP_DIGITS,
                         expected) == 0 &&
            sodium_memcmp(expected, code, TD_TOTP_DIGITS) == 0 && step > last && !found)
            found = step;
    return found;
}

/* What was typed, without the blanks and hyphens of its groups, in small letters. */
static void tidy(const char *typed, char text[SHORT_TEXT])
{
    size_t length = 0;
    for (; *typed && length < SHORT_TEXT - 1; typed++)
        if (!strchr(" -", *typed))
            text[length++] = (char)tolower((unsigned char)*typed);
    text[length] = 0;
}

/* --- recovery codes --------------------------------------------------------------------------- */

/* Sixteen digits, because the field for a code opens the keys of a telephone: 53 bits, hashed under
 * the key of the installation. */
static void new_recovery_code(char text[SHORT_TEXT])
{
    size_t length = 0;
    for (int i = 0; i < RECOVERY_DIGITS; i++) {
        if (i && i % RECOVERY_GROUP == 0)
            text[length++] = '-';
        text[length++] = (char)('0' + randombytes_uniform(10));
    }
    text[length] = 0;
}

static void recovery_key(const struct td_review *review, const char *account_id, const char *code,
                         char key[TD_SEAL_FINGERPRINT_TEXT])
{
    char text[2 * SHORT_TEXT];
    snprintf(text, sizeof(text), "recovery/%s/%s", account_id, code);
    td_seal_fingerprint(review->seal, text, key);
}

static int drop_codes(struct td_review *review, const char *account_id)
{
    return td_tx_exec(review->tx, NULL, "delete from recovery_code where account_id = $1", "s",
                      account_id);
}

static int make_codes(struct td_review *review, json_t **ret_codes)
{
    json_t *codes = json_array();
    int result = codes ? drop_codes(review, review->who->id) : TD_ENOMEM;
    for (int i = 0; result == 0 && i < TD_RECOVERY_CODES; i++) {
        char text[SHORT_TEXT], plain[SHORT_TEXT], key[TD_SEAL_FINGERPRINT_TEXT];
        new_recovery_code(text);
        tidy(text, plain);
        recovery_key(review, review->who->id, plain, key);
        result = td_tx_exec(review->tx, NULL,
                            "insert into recovery_code (account_id, code_key) values ($1, $2)",
                            "ss", review->who->id, key);
        json_array_append_new(codes, json_string(text));
    }
    if (result < 0)
        json_decref(codes);
    else
        *ret_codes = codes;
    return result;
}

static int take_recovery_code(struct td_review *review, const char *account_id, const char *code)
{
    char key[TD_SEAL_FINGERPRINT_TEXT];
    int64_t changed = 0;
    if (strlen(code) != RECOVERY_DIGITS || !review->seal)
        return TD_EINVALID;
    recovery_key(review, account_id, code, key);
    int result = td_tx_exec(review->tx, &changed,
                            "delete from recovery_code where account_id = $1 and code_key = $2",
                            "ss", account_id, key);
    if (result < 0)
        return result;
    return changed ? td_row_log(review, "account.recovery_code", "account", account_id, NULL)
                   : TD_EINVALID;
}

/* --- taking a code ---------------------------------------------------------------------------- */

int td_second_factor_take_at(struct td_review *review, const char *account_id, const char *typed,
                             int64_t seconds)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    char code[SHORT_TEXT];
    json_t *row = NULL;
    int result = row_of(review, account_id, &row);
    if (result < 0)
        return result == TD_ENOTFOUND ? TD_EINVALID : result;
    tidy(typed, code);
    bool known = open_secret(review, td_row_text(row, "secret_sealed"), secret);
    int64_t step = known ? step_of(secret, code, seconds, td_row_int(row, "last_step")) : 0;
    sodium_memzero(secret, sizeof(secret));
    json_decref(row);
    if (!known)
        return TD_EINVALID;
    if (!step)
        return take_recovery_code(review, account_id, code);
    return td_tx_exec(review->tx, NULL,
                      "update second_factor set last_step = $1 where account_id = $2", "is", step,
                      account_id);
}

int td_second_factor_take(struct td_review *review, const char *account_id, const char *code)
{
    return td_second_factor_take_at(review, account_id, code, (int64_t)time(NULL));
}

/* --- the own one ------------------------------------------------------------------------------ */

static void add_encoded(struct td_strbuf *uri, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        td_strbuf_addf(uri, isalnum(*c) || strchr("-._~", *c) ? "%c" : "%%%02X", *c);
}

/* otpauth://totp/ISSUER:LOGIN?secret=...&issuer=ISSUER; the other parameters are the defaults that
 * all authenticators share. */
static char *make_uri(const struct td_review *review, const char *secret)
{
    const char *issuer = review->config ? review->config->second_factor_issuer : "titled";
    struct td_strbuf uri;
    size_t length;
    td_strbuf_init(&uri);
    td_strbuf_adds(&uri, "otpauth://totp/");
    add_encoded(&uri, issuer);
    td_strbuf_adds(&uri, ":");
    add_encoded(&uri, review->who->login);
    td_strbuf_addf(&uri, "?secret=%s&issuer=", secret);
    add_encoded(&uri, issuer);
    return uri.failed ? (td_strbuf_done(&uri), NULL) : td_strbuf_take(&uri, &length);
}

static int add_offer(struct td_review *review, const char *sealed, json_t *view)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    char text[TD_TOTP_SECRET_TEXT], groups[2 * TD_TOTP_SECRET_TEXT];
    size_t length = 0;
    if (!open_secret(review, sealed, secret))
        return 0; /* sealed with another key: as if none were offered */
    td_totp_base32(secret, sizeof(secret), text);
    sodium_memzero(secret, sizeof(secret));
    for (size_t i = 0; text[i]; i++) {
        if (i && i % 4 == 0)
            groups[length++] = ' ';
        groups[length++] = text[i];
    }
    groups[length] = 0;
    char *uri = make_uri(review, text);
    json_object_set_new(view, "secret", json_string(groups));
    json_object_set_new(view, "uri", json_string(uri ? uri : ""));
    int result = uri ? 0 : TD_ENOMEM;
    free(uri);
    return result;
}

/* Of who acts: applicants have rights over their own dossier only. */
static bool is_required(const struct td_review *review)
{
    return td_policy()->second_factor == TD_SECOND_FACTOR_REQUIRED &&
           (review->who->roles & ~(uint32_t)TD_ROLE_APPLICANT);
}

int td_second_factor_view(struct td_review *review, json_t **ret_view)
{
    static const char *const names[] = {"off", "offered", "required"};
    json_t *row = NULL;
    int64_t left = 0;
    int result = row_of(review, review->who->id, &row);
    if (result == TD_ENOTFOUND)
        result = 0;
    if (result == 0)
        result =
            td_tx_int(review->tx, &left, "select count(*) from recovery_code where account_id = $1",
                      "s", review->who->id);
    const char *confirmed = td_row_text(row, "confirmed_at");
    const char *offered = td_row_text(row, "offered_sealed");
    json_t *view =
        json_pack("{s:s, s:b, s:s, s:b, s:I}", "policy", names[td_policy()->second_factor],
                  "confirmed", *confirmed != 0, "confirmed_at", confirmed, "may_remove",
                  *confirmed && !is_required(review), "codes_left", (json_int_t)left);
    if (result == 0)
        result = !view ? TD_ENOMEM : *offered ? add_offer(review, offered, view) : 0;
    json_decref(row);
    if (result < 0)
        json_decref(view);
    else
        *ret_view = view;
    return result;
}

int td_second_factor_offer(struct td_review *review, struct td_error *reterr)
{
    if (td_policy()->second_factor == TD_SECOND_FACTOR_OFF)
        return td_error_key(reterr, TD_ECONFLICT, "second_factor_off", NULL);
    char *sealed = new_secret(review);
    if (!sealed)
        return td_error_set(reterr, TD_EINTERNAL, "there is no key to seal a secret with");
    int result = td_tx_exec(review->tx, NULL,
                            "insert into second_factor (account_id, offered_sealed)"
                            " values ($1, $2)"
                            " on conflict (account_id) do update set offered_sealed = $2",
                            "ss", review->who->id, sealed);
    free(sealed);
    return result;
}

/* Whether `typed` is a code of the offered secret; then its step. */
static int64_t confirmed_step(struct td_review *review, const json_t *row, const char *typed)
{
    unsigned char secret[TD_TOTP_SECRET_BYTES];
    char code[SHORT_TEXT];
    tidy(typed, code);
    if (!open_secret(review, td_row_text(row, "offered_sealed"), secret))
        return 0;
    int64_t step = step_of(secret, code, (int64_t)time(NULL), 0);
    sodium_memzero(secret, sizeof(secret));
    return step;
}

int td_second_factor_confirm(struct td_review *review, const char *code, const char *keep_session,
                             json_t **ret_codes, struct td_error *reterr)
{
    json_t *row = NULL;
    int result = row_of(review, review->who->id, &row);
    if (result == TD_ENOTFOUND || (result == 0 && !*td_row_text(row, "offered_sealed"))) {
        json_decref(row);
        return td_error_key(reterr, TD_ECONFLICT, "second_factor_not_offered", NULL);
    }
    int64_t step = result == 0 ? confirmed_step(review, row, code) : 0;
    json_decref(row);
    if (result == 0 && !step)
        return td_error_field(reterr, "one_time_code", "code_wrong", "not the present code");
    if (result == 0)
        result = td_tx_exec(review->tx, NULL,
                            "update second_factor set secret_sealed = offered_sealed,"
                            " offered_sealed = '', last_step = $1, confirmed_at = $2"
                            " where account_id = $3",
                            "iss", step, review->now, review->who->id);
    if (result == 0)
        result = td_row_log(review, "account.second_factor", "account", review->who->id, NULL);
    if (result == 0)
        result = td_account_drop_sessions(review, review->who->id, keep_session);
    return result == 0 ? make_codes(review, ret_codes) : result;
}

int td_second_factor_renew(struct td_review *review, json_t **ret_codes, struct td_error *reterr)
{
    if (!review->who->second_factor)
        return td_error_key(reterr, TD_ECONFLICT, "second_factor_not_offered", NULL);
    int result = td_row_log(review, "account.recovery_codes", "account", review->who->id, NULL);
    return result == 0 ? make_codes(review, ret_codes) : result;
}

/* --- removing --------------------------------------------------------------------------------- */

static int remove_all(struct td_review *review, const char *account_id, const char *action)
{
    int64_t changed = 0;
    int result = drop_codes(review, account_id);
    if (result == 0)
        result = td_tx_exec(review->tx, &changed, "delete from second_factor where account_id = $1",
                            "s", account_id);
    return result == 0 && changed ? td_row_log(review, action, "account", account_id, NULL)
                                  : result;
}

int td_second_factor_remove(struct td_review *review, struct td_error *reterr)
{
    if (is_required(review))
        return td_error_key(reterr, TD_ECONFLICT, "second_factor_required", NULL);
    return remove_all(review, review->who->id, "account.second_factor_remove");
}

int td_second_factor_reset(struct td_review *review, const char *account_id,
                           struct td_error *reterr)
{
    int result = td_account_need(review, TD_ROLE_SECURITY, reterr);
    if (result == 0)
        result = td_account_need_other(review, account_id, "own_second_factor", reterr);
    if (result == 0)
        result = remove_all(review, account_id, "account.second_factor_reset");
    return result == 0 ? td_account_drop_sessions(review, account_id, NULL) : result;
}
