/* password.c - see password.h. The only state is one hash that nothing matches, made at first use.
 */
#include "review/password.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "review/password_common.h"
#include "review/policy.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>
#include <strings.h>

_Static_assert(TD_PASSWORD_HASH_TEXT == crypto_pwhash_STRBYTES, "a hash fits");

static char nobody[TD_PASSWORD_HASH_TEXT];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int hash_with_limits(const char *password, char hash[TD_PASSWORD_HASH_TEXT])
{
    bool cheap = td_policy()->cheap_hashes;
    return crypto_pwhash_str(
               hash, password, strlen(password),
               cheap ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_INTERACTIVE,
               cheap ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_INTERACTIVE)
               ? TD_ENOMEM
               : 0;
}

static void make_nobody(void)
{
    char password[TD_PASSWORD_GENERATED_TEXT];
    td_password_generate(password);
    if (hash_with_limits(password, nobody) < 0)
        nobody[0] = 0;
}

static int count_classes(const char *text)
{
    bool small = false, capital = false, digit = false, other = false;
    for (; *text; text++) {
        small |= *text >= 'a' && *text <= 'z';
        capital |= *text >= 'A' && *text <= 'Z';
        digit |= *text >= '0' && *text <= '9';
        other |= !isalnum((unsigned char)*text);
    }
    return small + capital + digit + other;
}

int td_password_check(const char *password, const char *login, const char *name, const char *field,
                      struct td_error *reterr)
{
    size_t characters = td_utf8_count(password, strlen(password));
    if (characters < TD_PASSWORD_MIN)
        return td_error_field(reterr, field, "password_short", "at least %d characters",
                              TD_PASSWORD_MIN);
    if (characters > TD_PASSWORD_MAX)
        return td_error_field(reterr, field, "password_long", "at most %d characters",
                              TD_PASSWORD_MAX);
    if (!strcasecmp(password, login) || !strcasecmp(password, name) ||
        td_password_is_common(password))
        return td_error_field(reterr, field, "password_simple", "too easy to guess");
    if (count_classes(password) < td_policy()->password_classes)
        return td_error_field(reterr, field, "password_classes",
                              "at least %d classes of characters",
                              (int)td_policy()->password_classes);
    return 0;
}

int td_password_hash(const char *password, char hash[TD_PASSWORD_HASH_TEXT])
{
    return hash_with_limits(password, hash);
}

bool td_password_verify(const char *hash, const char *password)
{
    pthread_once(&once, make_nobody);
    bool known = *hash != 0;
    errno = 0;
    bool right = crypto_pwhash_str_verify(known ? hash : nobody, password, strlen(password)) == 0;
    if (!right && errno == ENOMEM)
        td_memory_note(); /* the password may well be right */
    return right && known;
}

void td_password_generate(char text[TD_PASSWORD_GENERATED_TEXT])
{
    static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* no i l o 0 1 */
    for (size_t i = 0; i < TD_PASSWORD_GENERATED_TEXT - 1; i++)
        text[i] = i % 5 == 4 ? '-' : alphabet[randombytes_uniform(sizeof(alphabet) - 1)];
    text[TD_PASSWORD_GENERATED_TEXT - 1] = 0;
}
