/* certificate.c - titlectl certificate: checks a certificate's file or QR code with nothing but the
 * public key. */
#include "cli/command.h"

#include "base/json.h"
#include "review/certificate.h"
#include "store/signer.h"
#include "store/witness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 8 << 20, KEY_MAX = 16384 };

/* A file's bytes with a NUL behind them, malloc'd. */
static int read_file(const char *path, size_t limit, char **ret_bytes, size_t *ret_length,
                     struct td_error *reterr)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path, strerror(errno));
    char *bytes = malloc(limit + 2);
    size_t length = bytes ? fread(bytes, 1, limit + 1, file) : 0;
    fclose(file);
    if (!bytes)
        return TD_ENOMEM;
    if (length > limit) {
        free(bytes);
        return td_error_set(reterr, TD_EINVALID, "%s is too long", path);
    }
    bytes[length] = 0;
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}

/* A key as PEM or as the server publishes it (certificates/key): its PEM, malloc'd. */
static int read_key(const char *path, char **ret_pem, struct td_error *reterr)
{
    char *text = NULL;
    size_t length = 0;
    int result = read_file(path, KEY_MAX, &text, &length, reterr);
    if (result < 0)
        return result;
    json_t *published = json_loads(text, 0, NULL);
    if (published) {
        free(text);
        text = strdup(td_json_text(published, "public_key"));
        json_decref(published);
    }
    if (!text)
        return TD_ENOMEM;
    *ret_pem = text;
    return 0;
}

/* That of the installation itself. */
static int own_key(const struct td_cli *cli, char **ret_pem, struct td_error *reterr)
{
    char path[4096], file[4096];
    struct td_signer *signer = NULL;
    struct td_witness_options options = {.key_file = cli->ledger_key_file,
                                         .file = cli->checkpoint_file,
                                         .beside = cli->key_file,
                                         .origin = cli->ledger_origin};
    int result = td_witness_paths(&options, path, file);
    if (result == 0 && access(path, R_OK) != 0)
        return td_error_set(reterr, TD_EINVALID, "no key: give the server's with --key");
    if (result == 0)
        result = td_signer_load(path, cli->ledger_origin, &signer, reterr);
    if (result < 0)
        return result;
    json_t *keys = td_signer_public(signer);
    *ret_pem = strdup(td_json_text(json_object_get(keys, "sm2"), "public_key"));
    json_decref(keys);
    td_signer_free(signer);
    return *ret_pem ? 0 : TD_ENOMEM;
}

static void print(const struct td_cli *cli, const json_t *said)
{
    static const char *const members[][2] = {{"number", "Number"},       {"name", "Holder"},
                                             {"title", "Title"},         {"series", "Series"},
                                             {"specialty", "Specialty"}, {"level", "Level"},
                                             {"track", "Track"},         {"awarded_on", "Awarded"},
                                             {"issuer", "Issuer"},       {"issued_on", "Issued"}};
    if (cli->json) {
        td_cli_print_json(said);
        return;
    }
    printf("The signature is valid. The certificate says:\n");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        printf("  %-10s ", members[i][1]);
        td_cli_print_plain(td_json_text(said, members[i][0]));
        printf("\n");
    }
    printf("Compare this with what the paper shows. Whether the title is valid now, suspended, "
           "converted or"
           " revoked\nonly the server knows: look it up at its check page.\n");
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    static struct td_certificate certificate;
    const char *key = td_cli_option(&count, arguments, "--key");
    char *pem = NULL, *bytes = NULL;
    size_t length = 0;
    if (count != 1)
        return TD_EINVALID;
    int result = key ? read_key(key, &pem, reterr) : own_key(cli, &pem, reterr);
    if (result == 0 && !strstr(arguments[0], TD_CERTIFICATE_MARK))
        result = read_file(arguments[0], FILE_MAX, &bytes, &length, reterr);
    if (result == 0)
        result = td_certificate_find(bytes ? bytes : arguments[0],
                                     bytes ? length : strlen(arguments[0]), &certificate, reterr);
    if (result == 0 && !td_certificate_holds(&certificate, pem))
        result = td_error_set(reterr, TD_ECONFLICT,
                              "the signature does not hold: forged, changed, or another key");
    json_t *said = result == 0 ? td_certificate_content(&certificate) : NULL;
    if (result == 0 && !said)
        result = td_error_set(reterr, TD_EINVALID, "the signed statement is damaged");
    if (result == 0)
        print(cli, said);
    json_decref(said);
    free(bytes);
    free(pem);
    return result;
}

const struct td_command td_certificate_commands[] = {
    {"certificate verify", "FILE.pdf|TEXT [--key FILE]",
     "check a certificate's PDF or the text of its QR code, without the server", verify},
    {0},
};
