/* demo_walk.h - dossiers on the whole way, each step by the person whose step it is (demo.h).
 *
 * The way is a table by states. The server is asked for the state after every step, so who walks goes on from
 * where the server is. Several walk together: they share the notices, meetings and filings of their cycles' clock. */
#ifndef TD_CLI_DEMO_WALK_H
#define TD_CLI_DEMO_WALK_H

#include "cli/demo.h"

#include <stdint.h>

struct td_demo_walk {
    struct td_demo *demo; /* borrowed; its units are loaded */
    struct td_demo_case one; /* td_demo_walk_end frees its dossier */
    const char *series;
    char cycle[27];
    char level[24];
    char state[32];
    char panel[27]; /* that was drawn; "" = the usual one is formed */
    int *step; /* printed before each; shared by who walks together */
};

/* The person with this number, "walk-<number>": gets an account and begins a dossier, or has both from before. */
int td_demo_walk_begin(struct td_demo_walk *walk, uint32_t number, struct td_error *reterr);
void td_demo_walk_end(struct td_demo_walk *walk);

/* Walks on until everybody's dossier is certified, step by step together. TD_ECONFLICT with the state of who
 * cannot. */
int td_demo_walk_on(struct td_demo_walk *walks, size_t count, struct td_error *reterr);

/* Reads the state again. */
int td_demo_walk_reload(struct td_demo_walk *walk, struct td_error *reterr);

/* What anybody sees who scans the certificate's QR code, without a session: prints it. */
int td_demo_walk_check(struct td_demo_walk *walk, struct td_error *reterr);

/* A line of the walk: its number, the state, the series, the words. */
void td_demo_walk_say(struct td_demo_walk *walk, const char *words);

/* titlectl demo walk --all [FOLDER] (demo_year.c). */
int td_demo_year(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);

#endif
