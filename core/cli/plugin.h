/* plugin.h - the commands of `titlectl plugin` that are long enough for files of their own. */
#ifndef TD_CLI_PLUGIN_H
#define TD_CLI_PLUGIN_H

#include "cli/command.h"

int td_plugin_new(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);
int td_plugin_check(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);

#endif
