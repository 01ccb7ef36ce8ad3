/* recheck.c - titlectl score recheck: every stored score of a cycle computed again by the running
 * server. */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>

struct tally {
    long long checked, facts_kept, differences;
};

static void print_difference(const json_t *difference)
{
    json_t *stored = json_object_get(difference, "stored"),
           *recomputed = json_object_get(difference, "recomputed");
    char *was = stored ? json_dumps(stored, JSON_ENCODE_ANY) : NULL;
    char *is = recomputed ? json_dumps(recomputed, JSON_ENCODE_ANY) : NULL;
    printf("%s score %s: %s %s: stored %s, recomputed %s\n",
           td_cli_text(difference, "number")[0] ? td_cli_text(difference, "number")
                                                : td_cli_text(difference, "application"),
           td_cli_text(difference, "score"), td_cli_text(difference, "what"),
           td_cli_text(difference, "id"), was ? was : "nothing", is ? is : "nothing");
    free(was);
    free(is);
}

static void add_page(struct td_cli *cli, const json_t *page, json_t *all, struct tally *tally)
{
    json_t *differences = json_object_get(page, "items"), *difference;
    size_t i;
    tally->checked += (long long)json_integer_value(json_object_get(page, "checked"));
    tally->facts_kept += (long long)json_integer_value(json_object_get(page, "facts_kept"));
    tally->differences += (long long)json_array_size(differences);
    json_array_foreach(differences, i, difference) {
        if (cli->json)
            json_array_append(all, difference);
        else
            print_difference(difference);
    }
}

static void print_tally(struct td_cli *cli, json_t *all, const struct tally *tally)
{
    if (cli->json) {
        json_t *value = json_pack("{s:I, s:I, s:O}", "checked", (json_int_t)tally->checked,
                                  "facts_kept", (json_int_t)tally->facts_kept, "differences", all);
        td_cli_print_json(value);
        json_decref(value);
        return;
    }
    printf("%lld scores computed again, %lld differences\n", tally->checked, tally->differences);
    if (tally->facts_kept)
        printf("of %lld only the points, from the stored facts: the plugin version that derived "
               "them is"
               " not loaded, or they are older than the record of what officials had assessed\n",
               tally->facts_kept);
}

static int recheck(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct tally tally = {0};
    json_t *page = NULL, *all = json_array();
    char *path = count == 1 ? td_client_path("/api/v1/cycles/%s/recheck", arguments[0]) : NULL;
    int result = path ? 0 : TD_EINVALID;
    while (result == 0 && path) {
        result = td_cli_call(cli, "GET", path, NULL, &page, reterr);
        free(path);
        path = NULL;
        if (result < 0)
            break;
        add_page(cli, page, all, &tally);
        if (json_is_string(json_object_get(page, "next")))
            path = td_client_path("/api/v1/cycles/%s/recheck?after=%s", arguments[0],
                                  td_cli_text(page, "next"));
        json_decref(page);
        page = NULL;
    }
    if (result == 0)
        print_tally(cli, all, &tally);
    if (result == 0 && tally.differences)
        result =
            td_error_set(reterr, TD_ECONFLICT, "stored scores differ from what they are made of");
    json_decref(all);
    return result;
}

const struct td_command td_recheck_commands[] = {
    {"score recheck", "CYCLE", "compute every stored score of a cycle again and name what differs",
     recheck},
    {0},
};
