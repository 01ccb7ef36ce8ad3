/* password.c - see password.h. The only state is one hash that nothing matches, made at first use.
 */
#include "review/password.h"

#include "base/memory.h"

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
    return crypto_pwhash_str(hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE)
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

static size_t count_characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

int td_password_check(const char *password, const char *login, const char *field,
                      struct td_error *reterr)
{
    size_t characters = count_characters(password);
    if (characters < TD_PASSWORD_MIN)
        return td_error_field(reterr, field, "password_short", "at least %d characters",
                              TD_PASSWORD_MIN);
    if (characters > TD_PASSWORD_MAX)
        return td_error_field(reterr, field, "password_long", "at most %d characters",
                              TD_PASSWORD_MAX);
    bool repeated = strspn(password, (char[]){password[0], 0}) == strlen(password);
    if (repeated || !strcasecmp(password, login))
        return td_error_field(reterr, field, "password_simple", "too easy to guess");
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
