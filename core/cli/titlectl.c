/* titlectl.c - the command line of titled: options, the table of commands, exit codes.
 *
 * Exit 0: done. 1: refused or failed, the reason is on standard error. 2: called wrongly. */
#include "cli/command.h"

#include "base/log.h"
#include "store/store.h"

#include <curl/curl.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct td_command *const families[] = {
#define X(family) td_##family##_commands,
    TD_COMMAND_FAMILIES(X)
#undef X
};

enum { FAMILY_COUNT = sizeof(families) / sizeof(families[0]), EXIT_USAGE = 2 };

static void print_help(FILE *out)
{
    fputs("usage: titlectl [options] COMMAND ...\n\n"
          "  --state FOLDER    the installation (TITLED_STATE; else ./var, the demo, /etc/titled)\n"
          "  --config FILE     its configuration (STATE/titled.conf)\n"
          "  --control PATH    control socket of the server (STATE/control.sock)\n"
          "  --url URL         talk to http://host:port instead of the control socket\n"
          "  --login NAME      as this person (with --url; password asked or in TITLED_PASSWORD)\n"
          "  --json            print JSON\n\n",
          out);
    for (int i = 0; i < FAMILY_COUNT; i++)
        for (const struct td_command *command = families[i]; command->name; command++) {
            char call[128];
            snprintf(call, sizeof(call), "%s %s", command->name, command->usage);
            if (strlen(call) > 44)
                fprintf(out, "  %s\n  %-44s  %s\n", call, "", command->help);
            else
                fprintf(out, "  %-44s  %s\n", call, command->help);
        }
}

/* --- where things are ------------------------------------------------------------------------ */

static bool is_installation(const char *folder)
{
    char path[4200];
    snprintf(path, sizeof(path), "%s/titled.conf", folder);
    return access(path, R_OK) == 0;
}

/* The demo that ops/up started lies beside the build that this program is from; an installed server
 * has its settings in /etc/titled, also for who stands in a clone that has a demo. */
static void find_state(struct td_cli *cli)
{
    const char *named = getenv("TITLED_STATE");
    char program[2048];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    program[length > 0 ? length : 0] = 0;
    for (int up = 0; up < 3 && strrchr(program, '/'); up++) /* build/release/bin/titlectl */
        *strrchr(program, '/') = 0;
    snprintf(cli->state, sizeof(cli->state), "%s", named && named[0] ? named : "var");
    if ((named && named[0]) || is_installation(cli->state))
        return;
    char demo[2100];
    snprintf(demo, sizeof(demo), "%s/demo", program);
    if (is_installation(demo))
        snprintf(cli->state, sizeof(cli->state), "%s", demo);
    else if (is_installation("/etc/titled"))
        snprintf(cli->state, sizeof(cli->state), "/etc/titled");
    else if (is_installation("build/demo"))
        snprintf(cli->state, sizeof(cli->state), "build/demo");
}

/* One setting of "name = value" lines; the server's own reader checks the rest. */
static void read_setting(const char *line, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    line += strspn(line, " \t");
    if (strncmp(line, name, length) != 0)
        return;
    line += length + strspn(line + length, " \t");
    if (*line != '=')
        return;
    line += 1 + strspn(line + 1, " \t");
    size_t end = strcspn(line, "\r\n");
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        end--;
    if (end > 0 && end < size)
        snprintf(value, size, "%.*s", (int)end, line);
}

static int read_config(struct td_cli *cli, const char *config, struct td_error *reterr)
{
    char path[4200];
    snprintf(path, sizeof(path), "%s/titled.conf", cli->state);
    FILE *file = fopen(config ? config : path, "re");
    if (!file && config)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", config, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    while (file && getline(&line, &room, file) >= 0) {
        read_setting(line, "state_folder", cli->records, sizeof(cli->records));
        read_setting(line, "control_socket", cli->control, sizeof(cli->control));
        read_setting(line, "public_url", cli->public_url, sizeof(cli->public_url));
        read_setting(line, "key_file", cli->key_file, sizeof(cli->key_file));
        read_setting(line, "ledger_key_file", cli->ledger_key_file, sizeof(cli->ledger_key_file));
        read_setting(line, "checkpoint_file", cli->checkpoint_file, sizeof(cli->checkpoint_file));
        read_setting(line, "ledger_origin", cli->ledger_origin, sizeof(cli->ledger_origin));
    }
    free(line);
    if (file)
        fclose(file);
    return 0;
}

static int locate(struct td_cli *cli, const char *state, const char *config, const char *control,
                  struct td_error *reterr)
{
    if (state)
        snprintf(cli->state, sizeof(cli->state), "%s", state);
    else
        find_state(cli);
    snprintf(cli->records, sizeof(cli->records), "%.4000s/records", cli->state);
    if (access(cli->records, F_OK) < 0)
        snprintf(cli->records, sizeof(cli->records), "%s", cli->state);
    snprintf(cli->control, sizeof(cli->control), "%.4000s/control.sock", cli->state);
    snprintf(cli->key_file, sizeof(cli->key_file), "%.4000s/key", cli->state);
    snprintf(cli->ledger_origin, sizeof(cli->ledger_origin), "titled");
    int result = read_config(cli, config, reterr);
    if (result == 0 && control)
        snprintf(cli->control, sizeof(cli->control), "%s", control);
    return result;
}

/* --- what commands use ----------------------------------------------------------------------- */

int td_cli_client(struct td_cli *cli, struct td_client **ret_client, struct td_error *reterr)
{
    int result = 0;
    if (!cli->client)
        result = td_client_new(cli->url ? NULL : cli->control, cli->url, &cli->client, reterr);
    if (result == 0 && cli->login) {
        const char *known = getenv("TITLED_PASSWORD");
        char *password = known ? strdup(known) : NULL;
        if (!password)
            result = td_cli_password("Password: ", &password, reterr);
        if (result == 0)
            result = td_client_login(cli->client, cli->login, password, NULL, reterr);
        free(password);
        cli->login = NULL;
    }
    *ret_client = cli->client;
    return result;
}

int td_cli_call(struct td_cli *cli, const char *method, const char *path, json_t *body,
                json_t **ret_value, struct td_error *reterr)
{
    struct td_client *client;
    int result = td_cli_client(cli, &client, reterr);
    if (result == 0)
        return td_client_json(client, method, path, body, ret_value, reterr);
    json_decref(body);
    return result;
}

int td_cli_read(struct td_cli *cli, td_store_fn run, void *arg, struct td_error *reterr)
{
    struct td_store *store;
    struct td_store_options options = {.folder = cli->records, .readers = 1, .read_only = true};
    int result = td_store_open(&options, &store, reterr);
    if (result < 0)
        return result;
    result = td_store_read_wait(store, run, arg, reterr);
    td_store_close(store);
    return result;
}

/* --- running --------------------------------------------------------------------------------- */

/* The longest command whose words the arguments begin with; *ret_words is how many. */
static const struct td_command *find_command(int count, char **arguments, int *ret_words)
{
    const struct td_command *best = NULL;
    size_t best_length = 0;
    for (int i = 0; i < FAMILY_COUNT; i++)
        for (const struct td_command *command = families[i]; command->name; command++) {
            const char *rest = command->name;
            int words = 0;
            while (words < count && *rest) {
                size_t length = strcspn(rest, " ");
                if (strncmp(rest, arguments[words], length) != 0 || arguments[words][length])
                    break;
                rest += length + (rest[length] == ' ');
                words++;
            }
            if (!*rest && strlen(command->name) > best_length) {
                best = command;
                best_length = strlen(command->name);
                *ret_words = words;
            }
        }
    return best;
}

int td_cli_run(struct td_cli *cli, const char *name, int count, char **arguments,
               struct td_error *reterr)
{
    for (int i = 0; i < FAMILY_COUNT; i++)
        for (const struct td_command *command = families[i]; command->name; command++)
            if (strcmp(command->name, name) == 0)
                return command->run(cli, count, arguments, reterr);
    return td_error_set(reterr, TD_EINTERNAL, "no such command: %s", name);
}

static int fail(const struct td_command *command, int result, const struct td_error *err)
{
    if (result == TD_EINVALID && err->code == 0) {
        fprintf(stderr, "usage: titlectl %s %s\n", command->name, command->usage);
        return EXIT_USAGE;
    }
    fprintf(stderr, "titlectl: %s\n", err->detail[0] ? err->detail : td_error_text(result));
    size_t index;
    json_t *field;
    json_array_foreach(err->fields, index, field)
        fprintf(stderr, "  %s: %s\n", td_cli_text(field, "field"), td_cli_text(field, "message"));
    return EXIT_FAILURE;
}

static int run(struct td_cli *cli, int count, char **arguments)
{
    int words = 0;
    const struct td_command *command = find_command(count, arguments, &words);
    if (!command) {
        fprintf(stderr, "titlectl: no such command: %s\n", arguments[0]);
        return EXIT_USAGE;
    }
    struct td_error err = TD_ERROR_INIT;
    int result = command->run(cli, count - words, arguments + words, &err);
    int code = result < 0 ? fail(command, result, &err) : EXIT_SUCCESS;
    if (fflush(stdout) != 0)
        code = EXIT_FAILURE;
    td_error_done(&err);
    return code;
}

int main(int argc, char **argv)
{
    static struct td_cli cli;
    int count = argc - 1;
    char **arguments = argv + 1;
    struct td_error err = TD_ERROR_INIT;
    setlocale(LC_CTYPE, "C.UTF-8");
    td_log_set_level(TD_LOG_ERROR);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const char *state = td_cli_option(&count, arguments, "--state");
    const char *config = td_cli_option(&count, arguments, "--config");
    const char *control = td_cli_option(&count, arguments, "--control");
    cli.url = td_cli_option(&count, arguments, "--url");
    cli.login = td_cli_option(&count, arguments, "--login");
    cli.json = td_cli_flag(&count, arguments, "--json");
    if (count == 0 || strcmp(arguments[0], "help") == 0 || strcmp(arguments[0], "--help") == 0) {
        print_help(count == 0 ? stderr : stdout);
        return count == 0 ? EXIT_USAGE : EXIT_SUCCESS;
    }
    int code;
    if (locate(&cli, state, config, control, &err) < 0) {
        fprintf(stderr, "titlectl: %s\n", err.detail);
        code = EXIT_FAILURE;
    } else {
        code = run(&cli, count, arguments);
    }
    td_client_free(cli.client);
    td_error_done(&err);
    curl_global_cleanup();
    return code;
}
