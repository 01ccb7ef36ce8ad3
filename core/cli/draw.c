/* draw.c - titlectl draw: recomputes a draw from its file, without the server. */
#include "cli/command.h"

#include "review/draw_file.h"

#include <sodium.h>
#include <stdio.h>

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    json_error_t fault;
    const char *commitment = td_cli_option(&count, arguments, "--commitment");
    (void)cli;
    if (count != 1)
        return TD_EINVALID;
    if (sodium_init() < 0)
        return td_error_set(reterr, TD_EINTERNAL, "libsodium does not start");
    json_t *file = json_load_file(arguments[0], JSON_REJECT_DUPLICATES, &fault);
    if (!file)
        return td_error_set(reterr, TD_EINVALID, "%s: line %d: %s", arguments[0], fault.line,
                            fault.text);
    int rc = td_draw_verify(file, commitment, reterr);
    if (rc == 0) {
        const json_t *seats = json_object_get(file, "seats");
        size_t i;
        json_t *seat;
        printf("The draw comes out as the file says: %zu candidates, %zu seats asked for\n",
               json_array_size(json_object_get(file, "candidates")), json_array_size(seats));
        printf("Commitment %s\n", td_cli_text(file, "commitment"));
        json_array_foreach((json_t *)seats, i, seat)
            printf("%s\t%s\t%s\t%s\n", td_cli_text(seat, "rank"), td_cli_text(seat, "round"),
                   td_cli_text(seat, "id"), td_cli_text(seat, "answer"));
    }
    json_decref(file);
    return rc;
}

const struct td_command td_draw_commands[] = {
    {"draw verify", "FILE.json [--commitment HEX]",
     "recompute order and seats of a draw of experts; name the first difference", verify},
    {0},
};
