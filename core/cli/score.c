/* score.c - titlectl score: a dossier's whole breakdown, straight from the database.
 *
 * Shows what the applicant and the committee see: every gate and condition with its reason, every
 * item with the sentence that explains it, and what the score was computed from, so that it can be
 * computed again. */
#include "cli/command.h"

#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
    const char *application; /* id or receipt number */
    json_t *dossier;
    json_t *score; /* NULL when there is none yet */
};

static int load(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct search *search = arg;
    int result = td_tx_row(
        tx, &search->dossier,
        "select a.id, a.number, a.series, a.level, a.specialty, a.track, a.state, a.score_id,"
        " p.name as applicant, u.name as unit, c.name as cycle, c.cutoff_date"
        " from application a join account p on p.id = a.account_id"
        " join unit u on u.id = a.unit_id join cycle c on c.id = a.cycle_id"
        " where a.id = $1 or a.number = $1",
        "s", search->application);
    if (result == TD_ENOTFOUND)
        return td_error_set(reterr, result, "there is no application %s", search->application);
    if (result < 0)
        return result;
    result =
        td_tx_row(tx, &search->score,
                  "select s.id, s.total, s.vetoed, s.breakdown, s.plugin_version, s.snapshot_hash,"
                  " s.standard_hash, s.expert, s.at, t.version as standard_version, t.state as "
                  "standard_state,"
                  " f.gates from score s join standard t on t.id = s.standard_id"
                  " join fact_set f on f.id = s.fact_set_id where s.application_id = $1"
                  " order by s.id = $2 desc, s.at desc, s.id desc limit 1",
                  "ss", json_string_value(json_object_get(search->dossier, "id")),
                  json_string_value(json_object_get(search->dossier, "score_id")));
    return result == TD_ENOTFOUND ? 0 : result;
}

static void print_points(const json_t *value, const char *name)
{
    json_int_t points = json_integer_value(json_object_get(value, name));
    printf("%s%lld.%02lld", points < 0 ? "-" : "", llabs(points) / 100, llabs(points) % 100);
}

static void print_checks(const char *heading, const json_t *checks, const char *met,
                         const char *unmet)
{
    size_t index;
    json_t *check;
    if (json_array_size(checks) > 0)
        printf("\n%s\n", heading);
    json_array_foreach(checks, index, check) {
        printf("  [%s] %s: %s", json_is_true(json_object_get(check, "met")) ? met : unmet,
               td_cli_text(check, "name"), td_cli_text(check, "because"));
        const char *basis = td_cli_text(check, "basis");
        printf(basis[0] ? " (%s)\n" : "\n", basis);
    }
}

static void print_item(const json_t *item)
{
    printf("    %-4s ", td_cli_text(item, "id"));
    print_points(item, "points");
    printf(" / ");
    print_points(item, "cap");
    printf("  %s: %s", td_cli_text(item, "name"), td_cli_text(item, "because"));
    if (json_is_true(json_object_get(item, "pending")))
        printf("  [waits for %s]", td_cli_text(item, "scorer"));
    putchar('\n');
}

static void print_line(const json_t *breakdown)
{
    const char *because = td_cli_text(breakdown, "reference_line_because");
    if (json_is_null(json_object_get(breakdown, "reference_line"))) {
        printf("  (no reference line");
    } else {
        printf("  (reference line ");
        print_points(breakdown, "reference_line");
    }
    printf(because[0] ? ", %s)" : ")", because);
}

static void print_components(const json_t *breakdown)
{
    size_t index;
    json_t *component;
    json_array_foreach(json_object_get(breakdown, "components"), index, component) {
        printf("  %-4s ", td_cli_text(component, "id"));
        print_points(component, "points");
        printf(" / ");
        print_points(component, "cap");
        printf("  %s: %s\n", td_cli_text(component, "name"), td_cli_text(component, "because"));
    }
}

static void print_sections(const json_t *breakdown)
{
    size_t index, place;
    json_t *section, *item;
    printf("\nPoints\n");
    json_array_foreach(json_object_get(breakdown, "sections"), index, section) {
        printf("  %-4s ", td_cli_text(section, "id"));
        print_points(section, "points");
        printf(" / ");
        print_points(section, "cap");
        printf("  %s\n", td_cli_text(section, "name"));
        json_array_foreach(json_object_get(section, "items"), place, item)
            print_item(item);
    }
    print_components(breakdown);
    printf("  Total ");
    print_points(breakdown, "total");
    printf(" / ");
    print_points(breakdown, "cap");
    print_line(breakdown);
    printf("%s\n", json_is_true(json_object_get(breakdown, "vetoed")) ? "  VETOED" : "");
}

static void print_score(const json_t *dossier, const json_t *score)
{
    printf("%s  %s  %s  %s\n",
           td_cli_text(dossier, "number")[0] ? td_cli_text(dossier, "number")
                                             : td_cli_text(dossier, "id"),
           td_cli_text(dossier, "applicant"), td_cli_text(dossier, "unit"),
           td_cli_text(dossier, "cycle"));
    printf("%s / %s / %s / %s, state %s, facts up to %s\n", td_cli_text(dossier, "series"),
           td_cli_text(dossier, "level"), td_cli_text(dossier, "specialty"),
           td_cli_text(dossier, "track"), td_cli_text(dossier, "state"),
           td_cli_text(dossier, "cutoff_date"));
    const json_t *breakdown = json_object_get(score, "breakdown");
    print_checks("Gates", json_object_get(score, "gates"), "met", "NOT met");
    print_checks("Conditions", json_object_get(breakdown, "conditions"), "met", "NOT met");
    print_checks("Vetoes", json_object_get(breakdown, "vetoes"), "VETO", "clear");
    print_sections(breakdown);
    printf("\nComputed at %s%s\n", td_cli_text(score, "at"),
           strcmp(td_cli_text(score, "id"), td_cli_text(dossier, "score_id")) == 0
               ? " (the official score)"
               : "");
    printf("  standard  %s/%s version %s (%s), SM3 %s\n", td_cli_text(dossier, "series"),
           td_cli_text(dossier, "level"), td_cli_text(score, "standard_version"),
           td_cli_text(score, "standard_state"), td_cli_text(score, "standard_hash"));
    printf("  plugin    %s %s\n", td_cli_text(dossier, "series"),
           td_cli_text(score, "plugin_version"));
    printf("  snapshot  SM3 %s\n", td_cli_text(score, "snapshot_hash"));
}

static int show(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    if (count != 1)
        return TD_EINVALID;
    struct search search = {.application = arguments[0]};
    int result = td_cli_read(cli, load, &search, reterr);
    if (result == 0 && !search.score)
        result = td_error_set(reterr, TD_ENOTFOUND, "application %s has no score yet (state %s)",
                              arguments[0], td_cli_text(search.dossier, "state"));
    if (result == 0 && cli->json) {
        json_object_set(search.dossier, "score", search.score);
        td_cli_print_json(search.dossier);
    } else if (result == 0) {
        print_score(search.dossier, search.score);
    }
    json_decref(search.dossier);
    json_decref(search.score);
    return result;
}

const struct td_command td_score_commands[] = {
    {"score show", "APPLICATION",
     "print a dossier's points with every sentence (id or receipt number)", show},
    {0},
};
