/* command.h - the commands of titlectl: one file per family, one row per command.
 *
 * A row names the command ("account add"), how it is called and what it does; `titlectl help` is printed
 * from the rows. A new family is one file with its rows and one line in TD_COMMAND_FAMILIES. */
#ifndef TD_CLI_COMMAND_H
#define TD_CLI_COMMAND_H

#include "base/error.h"
#include "cli/client.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How this run reaches the server and its records. */
struct td_cli {
    char state[4096];   /* folder of the installation */
    char records[4096]; /* folder of the database */
    char control[4096]; /* control socket */
    char key_file[4096];        /* of the installation; the ledger's files lie beside it unless */
    char ledger_key_file[4096]; /* these are set */
    char checkpoint_file[4096];
    char ledger_origin[128];
    char public_url[512]; /* address of the server for browsers, from its configuration */
    const char *url;    /* --url: TCP instead of the control socket; NULL = none */
    const char *login;  /* --login: as this person, over TCP */
    bool json;          /* --json: print values as JSON */
    struct td_client *client; /* opened by td_cli_client */
};

/* 0 when the command did its work; a TD_E* with the words in reterr otherwise. TD_EINVALID without words
 * makes titlectl print the usage. `arguments` are those after the command's name. */
typedef int (*td_command_fn)(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);

struct td_command {
    const char *name;  /* "ledger verify"; NULL ends the list */
    const char *usage; /* "APPLICATION" */
    const char *help;  /* one line */
    td_command_fn run;
};

#define TD_COMMAND_FAMILIES(X)                                                                     \
    X(account)                                                                                     \
    X(api)                                                                                         \
    X(assignment)                                                                                  \
    X(ballot)                                                                                      \
    X(certificate)                                                                                 \
    X(clock)                                                                                       \
    X(demo)                                                                                        \
    X(draw)                                                                                        \
    X(cycle)                                                                                       \
    X(ledger)                                                                                      \
    X(plugin)                                                                                      \
    X(quota)                                                                                       \
    X(reference)                                                                                   \
    X(recheck)                                                                                     \
    X(score)                                                                                       \
    X(standard)                                                                                    \
    X(standard_case)                                                                               \
    X(trial)                                                                                       \
    X(trustee)                                                                                     \
    X(vote)                                                                                        \
    X(workflow)

#define X(family) extern const struct td_command td_##family##_commands[];
TD_COMMAND_FAMILIES(X)
#undef X

/* Runs another command by its name; it prints what it prints. */
int td_cli_run(struct td_cli *cli, const char *command, int count, char **arguments, struct td_error *reterr);

/* The connection of this run, made on first use. */
int td_cli_client(struct td_cli *cli, struct td_client **ret_client, struct td_error *reterr);

/* One request through it; takes over `body`. *ret_value (may be NULL) is a new reference. */
int td_cli_call(struct td_cli *cli, const char *method, const char *path, json_t *body, json_t **ret_value,
                struct td_error *reterr);

/* Every page of a list as one array, a new reference: `path` ends with '?' or '&', "cursor=" is appended. */
int td_cli_list(struct td_cli *cli, const char *path, json_t **ret_items, struct td_error *reterr);

/* Runs `run` in a read transaction of the database itself, beside a running server. */
struct td_tx;
int td_cli_read(struct td_cli *cli, int (*run)(struct td_tx *tx, void *arg, struct td_error *reterr), void *arg,
                struct td_error *reterr);

/* Takes "--name VALUE" out of the arguments; NULL when it is not there. */
const char *td_cli_option(int *count, char **arguments, const char *name);

/* Takes "--name" out of the arguments; false when it is not there. */
bool td_cli_flag(int *count, char **arguments, const char *name);

/* The member as text for a person: "" when absent, numbers and true/false as words. Static memory of the
 * calling thread, good until the eighth call after this one. */
const char *td_cli_text(const json_t *value, const char *name);

/* Prints a text that somebody else wrote: what would steer the terminal or break the line is a space. */
void td_cli_print_plain(const char *text);

/* Prints the rows of a list, one line each, the named members separated by tabs under a heading. With
 * --json the whole value. */
void td_cli_table(const struct td_cli *cli, const json_t *value, const char *const *members);
void td_cli_print_json(const json_t *value);

/* Asks on the terminal without echo, or reads a line when standard input is none; malloc'd. */
int td_cli_password(const char *prompt, char **ret_password, struct td_error *reterr);

#endif
