/* app.h - the running server: made by main.c, wired by server.c. */
#ifndef TD_APP_H
#define TD_APP_H

#include "base/error.h"
#include "config.h"

struct td_server;

/* Opens everything in the order of dependencies; nothing is reachable from outside yet. Redis and
 * the scorer may be absent: they are connected to when they come. `config` is borrowed. */
int td_server_new(const struct td_config *config, struct td_server **ret_server,
                  struct td_error *reterr);

/* Runs until SIGTERM or SIGINT: requests in flight end first. SIGHUP looks for new plugins. 0, or
 * why it could not listen. */
int td_server_run(struct td_server *server, struct td_error *reterr);

/* NULL is fine. */
void td_server_free(struct td_server *server);

#endif
