/* assignment.c - titlectl assignment: who reads which dossier, computed again from seed and inputs.
 */
#include "cli/command.h"

#include "review/assignment.h"
#include "review/panel.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>

static int check_all(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    return td_panel_verify_runs(tx, arg, reterr);
}

static int verify_file(const char *path, struct td_error *reterr)
{
    json_error_t problem;
    json_t *run = json_load_file(path, 0, &problem);
    if (!run)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path, problem.text);
    int result = td_assignment_verify(run, reterr);
    if (result == 0)
        printf("Assignment %s: seed %s and the inputs %s give the plan %s\n",
               td_cli_text(run, "id"), td_cli_text(run, "seed"), td_cli_text(run, "inputs_hash"),
               td_cli_text(run, "plan_hash"));
    json_decref(run);
    return result;
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    int64_t checked = 0;
    if (count > 1)
        return TD_EINVALID;
    if (sodium_init() < 0)
        return td_error_set(reterr, TD_EINTERNAL, "libsodium does not start");
    if (count == 1)
        return verify_file(arguments[0], reterr);
    int result = td_cli_read(cli, check_all, &checked, reterr);
    if (result == 0)
        printf("%lld assignments come out as they were made\n", (long long)checked);
    return result;
}

const struct td_command td_assignment_commands[] = {
    {"assignment verify", "[FILE]",
     "compute the assignments of the records, or an exported one, again from seed and inputs",
     verify},
    {0},
};
