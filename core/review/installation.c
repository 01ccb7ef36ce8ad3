/* installation.c - see installation.h. */
#include "review/installation.h"

#include "base/seal.h"
#include "review/row.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

#define WORD "titled"

struct check {
    const struct td_seal_key *seal;
    const char *key_file;
};

static int remember(struct td_tx *tx, const struct td_seal_key *seal)
{
    char *sealed = td_seal(seal, WORD);
    int result = sealed ? td_tx_exec(tx, NULL,
                                     "insert into setting (name, value) values ('sealed_word', $1)",
                                     "s", sealed)
                        : TD_ENOMEM;
    free(sealed);
    return result;
}

static int compare(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    const struct check *check = arg;
    json_t *row = NULL;
    int result = td_tx_row(tx, &row, "select value from setting where name = 'sealed_word'", "");
    if (result == TD_ENOTFOUND)
        result = remember(tx, check->seal);
    if (result < 0 || !row)
        return result;
    char *word = td_unseal(check->seal, td_row_text(row, "value"));
    bool fits = word && strcmp(word, WORD) == 0;
    free(word);
    json_decref(row);
    return fits ? 0
                : td_error_set(reterr, TD_ECONFLICT,
                               "the records were sealed with another key than that of key_file %s:"
                               " put the one back that belongs to them",
                               check->key_file);
}

int td_installation_check(struct td_store *store, const struct td_seal_key *seal,
                          const char *key_file, struct td_error *reterr)
{
    struct check check = {.seal = seal, .key_file = key_file};
    return td_store_write_wait(store, compare, &check, reterr);
}
