/* config.c - the settings as rows; a row gives parsing, default, validation and --help.
 *
 * Order: defaults, the file of --config, the command line. Paths are relative to the working
 * directory. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { TEXT, NUMBER, FLAG, CHOICE };

struct row {
    const char *name;
    enum type type;
    const char *value; /* default */
    size_t offset;
    int64_t min, max;
    const char *help; /* of a CHOICE it begins with its words, "off|on:"; stored as TEXT */
};

#define AT(member) offsetof(struct td_config, member)

static const struct row rows[] = {
    {"listen_address", TEXT, "127.0.0.1", AT(listen_address), 0, 0, "numeric IPv4 or IPv6 address"},
    {"listen_port", NUMBER, "8080", AT(listen_port), 0, 65535,
     "0 = any; see server.listening in the log"},
    {"trusted_proxy", TEXT, "", AT(trusted_proxy), 0, 0,
     "addresses of proxies whose X-Forwarded-For counts; empty = none"},
    {"tls_certificate", TEXT, "", AT(tls_certificate), 0, 0,
     "PEM file: certificate, then its chain; empty = plain HTTP"},
    {"tls_key", TEXT, "", AT(tls_key), 0, 0, "PEM file: the certificate's private key"},
    {"redirect_port", NUMBER, "-1", AT(redirect_port), -1, 65535,
     "with TLS: plain HTTP here is sent to public_url; -1 = none"},
    {"certificate_issuer", TEXT, "乌鲁木齐市人力资源和社会保障局", AT(certificate_issuer), 0, 0,
     "who issues certificates, as it stands on them"},
    {"public_url", TEXT, "http://127.0.0.1:8080", AT(public_url), 0, 0,
     "how people reach the server; in QR codes"},
    {"control_socket", TEXT, "", AT(control_socket), 0, 0,
     "unix socket for titlectl; empty = none"},
    {"demo", FLAG, "false", AT(demo), 0, 0,
     "demonstration: a clock that can be moved, pages re-read when edited"},
    {"log_level", NUMBER, "1", AT(log_level), 0, 3, "0 debug, 1 info, 2 warnings, 3 errors"},

    {"state_folder", TEXT, "state", AT(state_folder), 0, 0, "database and evidence files"},
    {"key_file", TEXT, "state/key", AT(key_file), 0, 0,
     "seals identity numbers; made when missing"},
    {"ledger_key_file", TEXT, "", AT(ledger_key_file), 0, 0,
     "signs the ledger's checkpoints; empty = ledger.key beside key_file; made when missing"},
    {"checkpoint_file", TEXT, "", AT(checkpoint_file), 0, 0,
     "every checkpoint once more, outside state_folder; empty = checkpoints beside key_file"},
    {"ledger_origin", TEXT, "titled", AT(ledger_origin), 0, 0,
     "name of this ledger in its checkpoints, as host/path; choose once"},
    {"checkpoint_seconds", NUMBER, "60", AT(checkpoint_seconds), 1, 86400,
     "between checkpoints of a ledger that only grew"},
    {"web_folder", TEXT, "web", AT(web_folder), 0, 0, "templates, assets, locales"},
    {"plugin_folder", TEXT, "plugins", AT(plugin_folder), 0, 0, "series plugins (*.so)"},
    {"plugin_rebuilt", FLAG, "false", AT(plugin_rebuilt), 0, 0,
     "a plugin with other content and the same version takes its place: for who writes one"},
    {"standard_consent", FLAG, "false", AT(standard_consent), 0, 0,
     "a standard is approved only with the consent of the region's industry department"},
    {"script_folder", TEXT, "scripts", AT(script_folder), 0, 0, "scoring standards"},
    {"scorer", TEXT, "titled-scorer", AT(scorer), 0, 0, "the scorer program"},
    {"examiner", TEXT, "titled-examiner", AT(examiner), 0, 0,
     "the program that examines uploaded files"},
    {"calendar_file", TEXT, "ops/calendar.json", AT(calendar_file), 0, 0, "working days"},
    {"results_consent", TEXT, "teacher:自治区教育厅", AT(results_consent), 0, 0,
     "series:authority, with blanks between: its consent comes before results are filed"},
    {"outgoing_file", TEXT, "", AT(outgoing_file), 0, 0,
     "addresses and keys of the other parties (JSON); one that is not there gets files"},
    {"outgoing_folder", TEXT, "", AT(outgoing_folder), 0, 0,
     "files for an upload by hand; empty = outgoing in state_folder"},
    {"payment_key_file", TEXT, "", AT(payment_key_file), 0, 0,
     "key shared with the payment platform; empty = fees are recorded by hand"},

    {"committee_outside_pool", CHOICE, "reason", AT(committee_outside_pool), 0, 0,
     "reason|refuse: who is in no approved pool sits on a committee with a reason, or not at all"},
    {"founding_units", TEXT, "市教育局|市继续教育和职称评价管理中心", AT(founding_units), 0, 0,
     "who founds committees; '|' between the names"},
    {"committee_series_minimum", NUMBER, "15", AT(committee_series_minimum), 1, 999,
     "members of an intermediate or junior committee by series (senior: 25 by law)"},
    {"committee_specialty_minimum", NUMBER, "7", AT(committee_specialty_minimum), 1, 999,
     "members of an intermediate or junior committee by specialty (senior: 11 by law)"},

    {"redis_socket", TEXT, "redis.sock", AT(redis_socket), 0, 0, "unix socket of Redis"},
    {"redis_user", TEXT, "", AT(redis_user), 0, 0, "ACL user; empty = default"},
    {"redis_password", TEXT, "", AT(redis_password), 0, 0, "empty = none"},
    {"redis_password_file", TEXT, "", AT(redis_password_file), 0, 0,
     "or a file whose first line it is"},

    {"workers", NUMBER, "0", AT(workers), 0, 256, "scorer processes; 0 = cores"},
    {"examiners", NUMBER, "0", AT(examiners), 0, 256, "uploaded files examined at once; 0 = cores"},
    {"examiner_queue", NUMBER, "64", AT(examiner_queue), 0, 10000,
     "uploaded files that wait for it"},
    {"examiner_per_account", NUMBER, "4", AT(examiner_per_account), 1, 1000,
     "of these and those examined, from one account"},
    {"examiner_seconds", NUMBER, "15", AT(examiner_seconds), 1, 600,
     "processor time for one file; by the clock three times that"},
    {"readers", NUMBER, "4", AT(readers), 1, 64, "store reader threads"},
    {"memo_bytes", NUMBER, "33554432", AT(memo_bytes), 0, 1073741824,
     "texts of dossiers kept for the next reader; 0 = none"},
    {"cpu_threads", NUMBER, "2", AT(cpu_threads), 1, 64,
     "threads for password hashing and the like"},

    {"stall_warn_ms", NUMBER, "50", AT(stall_warn_ms), 1, 60000,
     "a stall of the event loop this long is logged"},

    {"session_idle_seconds", NUMBER, "1800", AT(session_idle_seconds), 60, 86400,
     "a session ends without requests"},
    {"session_absolute_seconds", NUMBER, "43200", AT(session_absolute_seconds), 60, 604800,
     "and after login"},
    {"step_up_seconds", NUMBER, "600", AT(step_up_seconds), 5, 86400,
     "how long a password or code counts for votes, publication, standards and roles"},
    {"step_up_most_seconds", NUMBER, "14400", AT(step_up_most_seconds), 5, 86400,
     "and how long when such acts follow each other"},
    {"second_factor", CHOICE, "required", AT(second_factor), 0, 0,
     "off|offered|required: codes of an authenticator, of all but applicants"},
    {"second_factor_issuer", TEXT, "titled", AT(second_factor_issuer), 0, 0,
     "how an authenticator calls this system"},
    {"password_policy", CHOICE, "modern", AT(password_policy), 0, 0,
     "modern|mlps: at least 90 days, 5 remembered, 3 classes of characters"},
    {"password_max_days", NUMBER, "0", AT(password_max_days), 0, 3650,
     "a password must be changed after so many days; 0 = never"},
    {"password_history", NUMBER, "0", AT(password_history), 0, 24,
     "former passwords that may not come back"},
    {"password_classes", NUMBER, "1", AT(password_classes), 1, 4,
     "of small, capital, digit, other: how many a password needs"},
    {"password_cost", CHOICE, "full", AT(password_cost), 0, 0,
     "full|least: least is for demonstrations only, where everybody knows the passwords"},
    {"lease_seconds", NUMBER, "900", AT(lease_seconds), 10, 86400,
     "how long a dossier is held without work on it"},

    {"complaint_accept_days", NUMBER, "15", AT(complaint_accept_days), 1, 250,
     "days in which a complaint is accepted or passed on"},
    {"complaint_answer_days", NUMBER, "60", AT(complaint_answer_days), 1, 500,
     "days in which it is answered"},
    {"reminder_days", NUMBER, "1", AT(reminder_days), 1, 30,
     "so many days before a deadline a person is reminded of it"},
    {"integrity_bar", CHOICE, "decision", AT(integrity_bar), 0, 0,
     "decision|next_year: the three years that a record bars count from the decision, or from the "
     "next "
     "year on"},

    {"throttle_account", NUMBER, "1200", AT(throttle_account), 0, 60000000,
     "requests of one account in a minute, on each node; 0 = not counted"},
    {"throttle_address", NUMBER, "12000", AT(throttle_address), 0, 60000000,
     "of one address, an office behind one included; 0 = not counted"},
    {"lockout_failures", NUMBER, "5", AT(lockout_failures), 1, 1000000,
     "wrong passwords or codes of a login until it has to wait"},
    {"lockout_first_seconds", NUMBER, "1", AT(lockout_first_seconds), 1, 3600,
     "the first wait; each more failure doubles it"},
    {"lockout_most_seconds", NUMBER, "900", AT(lockout_most_seconds), 1, 86400,
     "the longest wait after a wrong password or code"},
    {"throttle_login_address", NUMBER, "100", AT(throttle_login_address), 1, 1000000,
     "wrong passwords from one address in 10 minutes"},
    {"throttle_public", NUMBER, "20", AT(throttle_public), 1, 1000000,
     "writes without a session, and receipts looked up, from one address in 10 minutes"},
    {"throttle_write", NUMBER, "600", AT(throttle_write), 1, 1000000,
     "writes of one account in a minute"},
    {"throttle_upload", NUMBER, "120", AT(throttle_upload), 1, 1000000,
     "uploads of one account in a minute"},

    {"limit_request_line", NUMBER, "8192", AT(limit_request_line), 256, 65536,
     "bytes of method and address"},
    {"limit_header_bytes", NUMBER, "16384", AT(limit_header_bytes), 1024, 262144,
     "bytes of a header block"},
    {"limit_header_count", NUMBER, "100", AT(limit_header_count), 8, 1000, "header lines"},
    {"limit_body", NUMBER, "1048576", AT(limit_body), 1024, 67108864, "bytes of a body"},
    {"limit_upload", NUMBER, "20971520", AT(limit_upload), 1024, 1073741824,
     "bytes of an evidence file"},
    {"limit_header_seconds", NUMBER, "10", AT(limit_header_seconds), 1, 600,
     "to send a header block"},
    {"limit_idle_seconds", NUMBER, "15", AT(limit_idle_seconds), 1, 3600,
     "between requests of a connection"},
    {"limit_body_rate", NUMBER, "1000", AT(limit_body_rate), 1, 1000000,
     "bytes a second, at least, in and out"},
    {"limit_rate_seconds", NUMBER, "10", AT(limit_rate_seconds), 1, 600,
     "time over which that rate must be reached"},
    {"limit_output", NUMBER, "262144", AT(limit_output), 4096, 67108864,
     "unsent bytes above which a connection is not read"},
    {"limit_linger_seconds", NUMBER, "2", AT(limit_linger_seconds), 1, 60,
     "to read away what a refused client sends"},
    {"limit_connections", NUMBER, "2000", AT(limit_connections), 4, 100000, "open connections"},
    {"limit_per_address", NUMBER, "64", AT(limit_per_address), 1, 100000,
     "open connections of one address"},
    {"limit_streams", NUMBER, "3", AT(limit_streams), 1, 1000,
     "live pages of one account on a node; one more ends the oldest"},
    {"stream_seconds", NUMBER, "600", AT(stream_seconds), 1, 86400,
     "a live page's stream ends; its page comes back and rights are looked at again"},
    {"stream_heartbeat_seconds", NUMBER, "15", AT(stream_heartbeat_seconds), 1, 3600,
     "between signs of life on a stream"},
    {"limit_pipeline", NUMBER, "32", AT(limit_pipeline), 1, 10000,
     "requests of one connection in a row"},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const struct row *find_row(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static int set_text(struct td_config *config, const struct row *row, const char *value)
{
    char **place = (char **)((char *)config + row->offset);
    char *copy = strdup(value);
    if (!copy)
        return TD_ENOMEM;
    free(*place);
    *place = copy;
    return 0;
}

static int set_choice(struct td_config *config, const struct row *row, const char *value,
                      struct td_error *reterr)
{
    const char *at = row->help, *end = strchr(row->help, ':');
    while (at < end) {
        size_t length = strcspn(at, "|:");
        if (strlen(value) == length && strncmp(at, value, length) == 0)
            return set_text(config, row, value);
        at += length + 1;
    }
    return td_error_set(reterr, TD_EINVALID, "%s: \"%s\" is none of %.*s", row->name, value,
                        (int)(end - row->help), row->help);
}

static int set_number(struct td_config *config, const struct row *row, const char *value,
                      struct td_error *reterr)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno || end == value || *end || number < row->min || number > row->max)
        return td_error_set(reterr, TD_EINVALID, "%s: \"%s\" is not a number from %lld to %lld",
                            row->name, value, (long long)row->min, (long long)row->max);
    *(int64_t *)((char *)config + row->offset) = number;
    return 0;
}

static int set_flag(struct td_config *config, const struct row *row, const char *value,
                    struct td_error *reterr)
{
    bool yes = strcmp(value, "true") == 0 || strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "false") != 0 && strcmp(value, "no") != 0)
        return td_error_set(reterr, TD_EINVALID, "%s: \"%s\" is neither true nor false", row->name,
                            value);
    *(bool *)((char *)config + row->offset) = yes;
    return 0;
}

static int set_value(struct td_config *config, const char *name, const char *value,
                     struct td_error *reterr)
{
    const struct row *row = find_row(name);
    if (!row)
        return td_error_set(reterr, TD_EINVALID, "there is no setting \"%s\"", name);
    switch (row->type) {
    case TEXT: return set_text(config, row, value);
    case CHOICE: return set_choice(config, row, value, reterr);
    case NUMBER: return set_number(config, row, value, reterr);
    case FLAG: return set_flag(config, row, value, reterr);
    }
    return TD_EINTERNAL;
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (char *end = text + strlen(text); end > text && isspace((unsigned char)end[-1]);)
        *--end = 0;
    return text;
}

static int read_line(struct td_config *config, char *line, struct td_error *reterr)
{
    line = trim(line);
    if (!*line || *line == '#')
        return 0;
    char *equals = strchr(line, '=');
    if (!equals)
        return td_error_set(reterr, TD_EINVALID, "\"%s\" is not \"name = value\"", line);
    *equals = 0;
    return set_value(config, trim(line), trim(equals + 1), reterr);
}

static int read_file(struct td_config *config, const char *path, struct td_error *reterr)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path, strerror(errno));
    char *line = NULL;
    size_t room = 0;
    int r = 0, number = 0;
    while (r == 0 && getline(&line, &room, file) >= 0) {
        struct td_error why = TD_ERROR_INIT;
        number++;
        r = read_line(config, line, &why);
        if (r < 0)
            td_error_set(reterr, r, "%s, line %d: %s", path, number, why.detail);
    }
    free(line);
    fclose(file);
    return r;
}

/* A secret may lie in a file of its own, as ops/redis-start leaves it. */
static int read_password(struct td_config *config, struct td_error *reterr)
{
    const char *path = config->redis_password_file;
    if (!*path)
        return 0;
    if (*config->redis_password)
        return td_error_set(reterr, TD_EINVALID,
                            "redis_password and redis_password_file are both set: keep one");
    errno = 0;
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    bool read = file && getline(&line, &room, file) > 0;
    int r = read ? set_text(config, find_row("redis_password"), trim(line))
                 : td_error_set(reterr, TD_EINVALID, "redis_password_file %s: %s", path,
                                errno ? strerror(errno) : "it is empty");
    free(line);
    if (file)
        fclose(file);
    return r;
}

static void print_help(void)
{
    printf("titled - the server of a professional-title review\n\n"
           "  titled [--config FILE] [--NAME VALUE ...]\n\n"
           "FILE has lines \"name = value\"; # begins a comment. Settings and their defaults:\n\n");
    for (size_t i = 0; i < ROWS; i++)
        printf("  %-26s %-22s %s\n", rows[i].name, *rows[i].value ? rows[i].value : "\"\"",
               rows[i].help);
}

static int read_arguments(struct td_config *config, int argc, char **argv, bool files,
                          struct td_error *reterr)
{
    int r = 0;
    for (int i = 1; i < argc && r == 0; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            print_help();
            exit(0);
        }
        if (strncmp(argv[i], "--", 2) != 0 || i + 1 == argc)
            return td_error_set(reterr, TD_EINVALID, "\"%s\": write --name value", argv[i]);
        bool is_file = strcmp(argv[i], "--config") == 0;
        if (is_file && files)
            r = read_file(config, argv[i + 1], reterr);
        else if (!is_file && !files)
            r = set_value(config, argv[i] + 2, argv[i + 1], reterr);
    }
    return r;
}

/* It is printed on certificates and compared with the Origin of every form, so it must be what a
 * browser makes of it: scheme and host, with nothing behind. */
static int check_public_url(const struct td_config *config, struct td_error *reterr)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    const char *url = config->public_url;
    size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;
    if (scheme && url[scheme] && strspn(url + scheme, letters) == strlen(url + scheme))
        return 0;
    return td_error_set(reterr, TD_EINVALID,
                        "public_url: \"%s\" is not http:// or https:// and a host in small letters,"
                        " with a port where needed and no path",
                        url);
}

/* What cannot work together is said now, not by the first browser that is lost. */
static int check_tls(const struct td_config *config, struct td_error *reterr)
{
    bool tls = *config->tls_certificate;
    if (tls != (*config->tls_key != 0))
        return td_error_set(reterr, TD_EINVALID,
                            "tls_certificate and tls_key belong together: give both or none");
    if (tls && !td_config_is_secure(config))
        return td_error_set(reterr, TD_EINVALID,
                            "public_url must begin with https:// when tls_certificate is given");
    if (config->redirect_port >= 0 && !tls)
        return td_error_set(reterr, TD_EINVALID, "redirect_port needs tls_certificate");
    return 0;
}

static int check_step_up(const struct td_config *config, struct td_error *reterr)
{
    if (config->step_up_most_seconds >= config->step_up_seconds)
        return 0;
    return td_error_set(
        reterr, TD_EINVALID,
        "step_up_most_seconds (%lld) is below step_up_seconds (%lld): a proof cannot"
        " end before the time that each use gives it; raise the one or lower the"
        " other",
        (long long)config->step_up_most_seconds, (long long)config->step_up_seconds);
}

/* What the least cost has hashed is guessed as fast as it is read. */
static int check_password_cost(const struct td_config *config, struct td_error *reterr)
{
    return config->demo || strcmp(config->password_cost, "full") == 0
               ? 0
               : td_error_set(reterr, TD_EINVALID, "password_cost = least needs demo = true");
}

int td_config_load(int argc, char **argv, struct td_config **ret_config, struct td_error *reterr)
{
    struct td_config *config = calloc(1, sizeof(*config));
    int r = config ? 0 : TD_ENOMEM;
    for (size_t i = 0; i < ROWS && r == 0; i++)
        r = set_value(config, rows[i].name, rows[i].value, reterr);
    if (r == 0)
        r = read_arguments(config, argc, argv, true, reterr);
    if (r == 0)
        r = read_arguments(config, argc, argv, false, reterr);
    if (r == 0)
        r = read_password(config, reterr);
    if (r == 0)
        r = check_public_url(config, reterr);
    if (r == 0)
        r = check_tls(config, reterr);
    if (r == 0)
        r = check_step_up(config, reterr);
    if (r == 0)
        r = check_password_cost(config, reterr);
    if (r < 0)
        td_config_free(config);
    else
        *ret_config = config;
    return r;
}

void td_config_free(struct td_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].type == TEXT || rows[i].type == CHOICE)
            free(*(char **)((char *)config + rows[i].offset));
    free(config);
}
