/* credential.c - codes of 14 random characters of base 58 and a check digit, and what derives from
 * them. */
#include "ballot/credential.h"

#include "ballot/base58.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

enum { RANDOM = 14, CHECK = 53, ROUNDS = 1000, GROUP_OF = 3 };

/* The number that the characters spell in base 58, as the check digit has it. */
static int check_digit(const char *characters)
{
    unsigned rest = 0;
    for (int i = 0; i < RANDOM; i++)
        rest =
            (rest * TD_BASE58 + (unsigned)(strchr(td_base58, characters[i]) - td_base58)) % CHECK;
    return (int)(CHECK - rest); /* 1 to 53: a rest of 0 gives 53 */
}

void td_credential_make(char ret[TD_CREDENTIAL_ROOM])
{
    char plain[RANDOM + 1];
    td_base58_random(plain, RANDOM);
    plain[RANDOM] = td_base58[check_digit(plain)];
    for (int i = 0; i < RANDOM + 1; i++)
        ret[i + i / GROUP_OF] = plain[i];
    for (int i = GROUP_OF; i < TD_CREDENTIAL_ROOM - 1; i += GROUP_OF + 1)
        ret[i] = '-';
    ret[TD_CREDENTIAL_ROOM - 1] = 0;
    OPENSSL_cleanse(plain, sizeof(plain));
}

void td_credential_wipe(char code[TD_CREDENTIAL_ROOM])
{
    OPENSSL_cleanse(code, TD_CREDENTIAL_ROOM);
}

bool td_credential_is(const char *code)
{
    char plain[RANDOM + 1];
    if (strlen(code) != TD_CREDENTIAL_ROOM - 1)
        return false;
    for (int i = 0; i < TD_CREDENTIAL_ROOM - 1; i++) {
        bool dash = i % (GROUP_OF + 1) == GROUP_OF;
        if (dash ? code[i] != '-' : !strchr(td_base58, code[i]))
            return false;
        if (!dash)
            plain[i - i / (GROUP_OF + 1)] = code[i];
    }
    bool is = plain[RANDOM] == td_base58[check_digit(plain)];
    OPENSSL_cleanse(plain, sizeof(plain));
    return is;
}

void td_credential_secret(struct td_group *group, const char *code, const char *uuid,
                          BIGNUM *ret_secret)
{
    unsigned char bytes[32];
    bool made = PKCS5_PBKDF2_HMAC(code, (int)strlen(code), (const unsigned char *)uuid,
                                  (int)strlen(uuid), ROUNDS, EVP_sha256(), sizeof(bytes), bytes) &&
                BN_bin2bn(bytes, sizeof(bytes), ret_secret) &&
                BN_nnmod(ret_secret, ret_secret, group->q, group->numbers);
    if (!made)
        group->failed = true;
    OPENSSL_cleanse(bytes, sizeof(bytes));
}

void td_credential_uuid(char ret[TD_CREDENTIAL_UUID_ROOM])
{
    td_base58_random(ret, TD_CREDENTIAL_UUID_ROOM - 1);
}
