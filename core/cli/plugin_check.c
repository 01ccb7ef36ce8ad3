/* plugin_check.c - titlectl plugin check: is this object a plugin that a server can live with?
 *
 * The object never runs in this process: it is copied into a folder of its own and loaded by a
 * worker in its sandbox, as a server would. The parts are in check_*.c and forge.c; this file puts
 * them in order and prints what they find. */
#include "cli/check.h"
#include "cli/copy.h"
#include "cli/plugin.h"

#include "base/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <titled/plugin.h>
#include <unistd.h>

#define DOSSIERS     1000
#define DOSSIERS_TRY 200 /* of td_plugin_try: somebody waits for it, and has checked before */
#define JOB_MS       500 /* as a server has it */
#define FINDINGS_MAX 12  /* of one stage */

/* --- findings --------------------------------------------------------------------------------- */

static bool is_known(const struct td_check *check, const char *message)
{
    for (size_t i = 0; i < json_array_size(check->findings); i++)
        if (!strcmp(td_json_text(json_array_get(check->findings, i), "message"), message))
            return true;
    return false;
}

static void keep(struct td_check *check, const char *severity, const char *fix, const char *fmt,
                 va_list args)
{
    char message[700];
    vsnprintf(message, sizeof(message), fmt, args);
    if (is_known(check, message) || check->kept >= FINDINGS_MAX)
        return;
    json_t *finding = json_pack("{s:s, s:s, s:s, s:s}", "check", check->stage, "severity", severity,
                                "message", message, "fix", fix);
    if (!finding) /* cut short inside a character, or the plugin's words are no UTF-8 */
        finding = json_pack("{s:s, s:s, s:s, s:s}", "check", check->stage, "severity", severity,
                            "message", "(a message that is not UTF-8)", "fix", fix);
    json_array_append_new(check->findings, finding);
    check->kept++;
}

void td_check_error(struct td_check *check, const char *fix, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    keep(check, "error", fix, fmt, args);
    va_end(args);
    check->errors++;
}

void td_check_advice(struct td_check *check, const char *fix, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    keep(check, "advice", fix, fmt, args);
    va_end(args);
}

static void begin(struct td_check *check, const char *stage)
{
    check->stage = stage;
    check->kept = 0;
}

/* --- loading ---------------------------------------------------------------------------------- */

/* Words of the worker's refusal (scorer/plugins.c), and what to do about them. */
static const struct {
    const char *words, *fix;
} refusals[] = {
    {"ABI major",
     "compile it again with the headers of this server: .abi_major = TITLED_PLUGIN_ABI_MAJOR"},
    {"exports titled_plugin_v",
     "compile it again with the headers of this server: TITLED_PLUGIN_EXPORT(plugin);"},
    {"struct titled_plugin has", ".struct_size = sizeof(struct titled_plugin)"},
    {"its file name says", "name the file after the id: <id>.so"},
    {"leaves a member", "set id, version, describe, facts and gates"},
    {"returned NULL", "return the address of a constant struct titled_plugin"},
    {"form.json says series", "write the same id in form.json and in the plugin"},
    {"form.json says version", "write the same version in form.json and in the plugin"},
    {"describe() is not accepted",
     "change form.json at the place that is named; titled/plugin.h describes the form"},
    {"describe() failed",
     "return the embedded form.json as it is; on failure call host->fail with the reason"},
    {"undefined symbol", "link what has that function into the object, or leave the call out"},
    {"cannot be loaded", "build it with cc -shared -fPIC, or with titled_add_plugin()"},
};

static const char *fix_for(const char *message)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (strstr(message, refusals[i].words))
            return refusals[i].fix;
    return "titled/plugin.h says what a server expects";
}

static void check_load(struct td_check *check, struct td_check_worker *worker)
{
    if (!td_check_worker_start(worker, check->scorer, check->folder, check->job_ms, false)) {
        td_check_error(
            check,
            *worker->loading
                ? "look at constructors, titled_plugin_v1() and describe(): they must return, and "
                  "neither open a file nor ask the kernel for anything"
                : "run titlectl as installed, beside titled-scorer",
            "%s%s", *worker->loading ? "takes its worker down while it is loaded: " : "no worker: ",
            worker->reason);
        return;
    }
    for (size_t i = 0; i < json_array_size(worker->refused); i++) {
        const char *message = td_json_text(json_array_get(worker->refused, i), "message");
        td_check_error(check, fix_for(message), "%s", message);
    }
}

/* The interface that the plugin was built for, when it is not this one's. */
static void check_interface(struct td_check *check, struct td_check_worker *worker)
{
    struct td_forged forged = td_forge(check->descriptor, check->seed, 0);
    json_t *answer = td_check_worker_ask(worker, json_pack("{s:s, s:s, s:o, s:i}", "op", "probe",
                                                           "series", check->series, "dossier",
                                                           forged.dossier, "repeat", 1));
    json_int_t minor = json_integer_value(json_object_get(answer, "abi_minor"));
    if (minor > TITLED_PLUGIN_ABI_MINOR)
        td_check_advice(check,
                        "compile it with the headers of the server that will load it, or look at "
                        "host->abi_minor before using what is newer",
                        "is built for interface %d.%lld; this server has %d.%d",
                        TITLED_PLUGIN_ABI_MAJOR, (long long)minor, TITLED_PLUGIN_ABI_MAJOR,
                        TITLED_PLUGIN_ABI_MINOR);
    json_decref(answer);
    if (!worker->pid)
        td_check_worker_start(worker, check->scorer, check->folder, check->job_ms, false);
}

/* --- running ---------------------------------------------------------------------------------- */

struct asked {
    const char *path;    /* the object */
    const char *scripts; /* NULL: none */
    int show;            /* a dossier to print instead; -1 = none */
};

static void run_stages(struct td_check *check, const struct asked *asked,
                       struct td_check_worker *worker)
{
    begin(check, "interface");
    check_load(check, worker);
    const char *series;
    json_t *descriptor;
    json_object_foreach(worker->catalog, series, descriptor) {
        check->series = series;
        check->descriptor = descriptor;
    }
    if (!check->descriptor)
        return;
    json_t *own = json_incref((json_t *)check->descriptor); /* workers come and go */
    char id[80];
    snprintf(id, sizeof(id), "%s", check->series);
    check->series = id;
    if (asked->show >= 0) {
        struct td_forged forged = td_forge(own, check->seed, asked->show);
        td_cli_print_json(forged.dossier);
        json_decref(forged.dossier);
    } else {
        check_interface(check, worker);
        begin(check, "form");
        td_check_form(check, own);
        if (worker->pid)
            td_check_dossiers(check, worker);
        if (asked->scripts && worker->pid)
            td_check_standards(check, worker, asked->scripts);
    }
    check->series = NULL;
    check->descriptor = NULL;
    json_decref(own);
}

/* In a folder that holds nothing but a copy of the object. */
static int run_apart(struct td_check *check, const struct asked *asked, struct td_error *reterr)
{
    const char *temporary = getenv("TMPDIR"), *slash = strrchr(asked->path, '/');
    const char *file = slash ? slash + 1 : asked->path;
    char folder[1024], copy[1300];
    snprintf(folder, sizeof(folder), "%.900s/titled-check-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(folder))
        return td_error_set(reterr, TD_EIO, "cannot make a folder in %s: %s", folder,
                            strerror(errno));
    snprintf(copy, sizeof(copy), "%s/%.255s", folder, file);
    struct td_check_worker worker = {.pid = 0};
    int result = td_copy_file(asked->path, copy, 0700, NULL, reterr);
    check->folder = folder;
    if (result == 0)
        run_stages(check, asked, &worker);
    td_check_worker_stop(&worker);
    check->folder = NULL;
    unlink(copy);
    rmdir(folder);
    return result;
}

/* titled-scorer lies beside titlectl. */
static const char *find_scorer(void)
{
    static char path[4200];
    ssize_t length = readlink("/proc/self/exe", path, 4000);
    path[length > 0 ? length : 0] = 0;
    char *slash = strrchr(path, '/');
    snprintf(slash ? slash + 1 : path, 100, "titled-scorer");
    return path;
}

/* --- printing --------------------------------------------------------------------------------- */

static void print_findings(const struct td_check *check, FILE *out)
{
    size_t i;
    json_t *finding;
    json_array_foreach(check->findings, i, finding) {
        bool error = !strcmp(td_json_text(finding, "severity"), "error");
        fprintf(out, "%s %s: %s\n       %s\n", error ? "FAULT" : "hint ",
                td_json_text(finding, "check"), td_json_text(finding, "message"),
                td_json_text(finding, "fix"));
    }
}

static void print_result(const struct td_check *check, const struct asked *asked, bool json)
{
    if (json) {
        json_t *result =
            json_pack("{s:s, s:b, s:I, s:i, s:i, s:O}", "file", asked->path, "ok",
                      check->errors == 0, "seed", (json_int_t)check->seed, "dossiers",
                      check->dossiers, "cases", check->cases, "findings", check->findings);
        td_cli_print_json(result);
        json_decref(result);
        return;
    }
    print_findings(check, stdout);
    if (check->errors == 0)
        printf("%s is in order: object, interface, form, %d dossiers in two processes and orders, "
               "leaks",
               asked->path, check->dossiers);
    if (check->errors == 0 && asked->scripts)
        printf(", %d golden cases", check->cases);
    printf("%s(seed %llu)\n", check->errors == 0 ? " " : "", (unsigned long long)check->seed);
}

/* A whole number from 0 to `most`; false when the text is none. */
static bool read_number(const char *text, long long most, long long *number)
{
    char *end;
    if (!text)
        return true;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return !errno && end != text && !*end && *number >= 0 && *number <= most;
}

static int run_check(struct td_check *check, const struct asked *asked, struct td_error *reterr)
{
    begin(check, "object");
    return td_check_object(check, asked->path) ? run_apart(check, asked, reterr) : 0;
}

static int not_ready(const char *path, struct td_error *reterr)
{
    return td_error_set(reterr, TD_EPLUGIN, "%s is not ready for a server: see the faults above",
                        path);
}

int td_plugin_try(const char *path, const char *scripts, struct td_error *reterr)
{
    struct asked asked = {path, scripts, -1};
    struct td_check check = {.findings = json_array(),
                             .scorer = find_scorer(),
                             .job_ms = JOB_MS,
                             .seed = 1,
                             .dossiers = DOSSIERS_TRY};
    int result = run_check(&check, &asked, reterr);
    if (result == 0 && check.errors > 0) {
        print_findings(&check, stderr);
        result = not_ready(path, reterr);
    }
    json_decref(check.findings);
    return result;
}

int td_plugin_check(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    long long seed = 0, dossiers = DOSSIERS, show = -1, job_ms = JOB_MS;
    if (getrandom(&seed, sizeof(seed), 0) < 0)
        seed = 0;
    seed &= 0xffffff;
    const char *scripts = td_cli_option(&count, arguments, "--scripts");
    if (!read_number(td_cli_option(&count, arguments, "--seed"), INT64_MAX, &seed) ||
        !read_number(td_cli_option(&count, arguments, "--dossiers"), 1000000, &dossiers) ||
        !read_number(td_cli_option(&count, arguments, "--dossier"), 1000000, &show) ||
        !read_number(td_cli_option(&count, arguments, "--job-ms"), 60000, &job_ms) || count != 1 ||
        job_ms < 1 || dossiers < 1)
        return TD_EINVALID;
    struct asked asked = {arguments[0], scripts, (int)show};
    struct td_check check = {.findings = json_array(),
                             .scorer = find_scorer(),
                             .job_ms = (int)job_ms,
                             .seed = (uint64_t)seed,
                             .dossiers = (int)dossiers};
    int result = run_check(&check, &asked, reterr);
    if (result == 0 && (show < 0 || check.errors > 0))
        print_result(&check, &asked, cli->json);
    json_decref(check.findings);
    if (result == 0 && check.errors > 0)
        result = not_ready(asked.path, reterr);
    return result;
}
