/* plugin.h - the commands of `titlectl plugin` that are long enough for files of their own. */
#ifndef TD_CLI_PLUGIN_H
#define TD_CLI_PLUGIN_H

#include "cli/command.h"

int td_plugin_new(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);
/* What td_plugin_check does, for who is about to use the object: says nothing when all is well. With faults
 * they are printed on standard error, and TD_EPLUGIN. `scripts` may be NULL. */
int td_plugin_try(const char *path, const char *scripts, struct td_error *reterr);
int td_plugin_check(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);

#endif
