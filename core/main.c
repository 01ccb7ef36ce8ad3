/* main.c - titled: settings, then the server. */
#include "app.h"

#include "base/log.h"
#include "base/memory.h"

#include <sodium.h>
#include <stdio.h>

static int complain(const char *event, const struct td_error *err)
{
    TD_LOG(TD_LOG_ERROR, event,
           TD_S("reason", err->detail[0] ? err->detail : td_error_text(err->code)));
    return 1;
}

int main(int argc, char **argv)
{
    struct td_error err = TD_ERROR_INIT;
    struct td_config *config;
    struct td_server *server = NULL;
    if (sodium_init() < 0)
        return 1;
    td_memory_init();
    json_object_seed(0);
    if ((err.code = td_config_load(argc, argv, &config, &err)) < 0) {
        fprintf(stderr, "titled: %s (see titled --help)\n", err.detail);
        return 2;
    }
    td_log_set_level((enum td_log_level)config->log_level);
    int r = td_server_new(config, &server, &err);
    if (r == 0)
        r = td_server_run(server, &err);
    if (r < 0) {
        err.code = r;
        complain("server.failed", &err);
    }
    td_server_free(server);
    td_config_free(config);
    td_error_done(&err);
    return r < 0;
}
