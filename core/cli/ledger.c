/* ledger.c - titlectl ledger: proves the chain, straight from the database. */
#include "cli/command.h"

#include "store/ledger.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>

struct proof {
    int64_t entries;
    char head[65];
};

static int prove(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct proof *proof = arg;
    return td_ledger_verify(tx, &proof->entries, proof->head, reterr);
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)arguments;
    if (count != 0)
        return TD_EINVALID;
    struct proof proof;
    int result = td_cli_read(cli, prove, &proof, reterr);
    if (result < 0)
        return result;
    if (cli->json)
        printf("{\"intact\": true, \"entries\": %" PRId64 ", \"head\": \"%s\"}\n", proof.entries,
               proof.head);
    else
        printf("The ledger is intact: %" PRId64 " entries, head %s\n", proof.entries, proof.head);
    return 0;
}

const struct td_command td_ledger_commands[] = {
    {"ledger verify", "", "recompute the chain of every entry and prove it whole", verify},
    {0},
};
