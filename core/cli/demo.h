/* demo.h - driving the demonstration through the API as the people in it would.
 *
 * Nothing here touches the database: every step is a request that a browser could send, by the
 * person whose step it is. demo_people.c sets the city up, demo_steps.c does one step of one
 * dossier, demo_seed.c and demo_walk.c put steps together. */
#ifndef TD_CLI_DEMO_H
#define TD_CLI_DEMO_H

#include "cli/command.h"

#include <stdbool.h>

#define TD_DEMO_PASSWORD "demo-only-password"

enum { TD_DEMO_EXPERTS = 11, TD_DEMO_OTHER_EXPERTS = 5, TD_DEMO_LOGIN = 64 };

/* One run. Clients are kept by login, so that everybody logs in once. */
struct td_demo {
    struct td_cli *cli;
    json_t *city;  /* ops/demo/city.json */
    json_t *others; /* ops/demo/others.json: farming and health */
    json_t *units; /* entries of city.json with "id" and "clerk" (login) added */
    struct td_client *console;
    struct td_demo_client {
        char login[TD_DEMO_LOGIN];
        struct td_client *client;
    } * clients;
    size_t client_count;
    size_t client_room;
};

/* Who decides on a series. Experts are numbered from 1, which is the chair; 2 to 4 are its panel. */
struct td_demo_desk {
    const char *series, *office;
    const char *expert; /* login with %d for the number */
    int experts;        /* on each committee */
    int present;        /* of these come to a meeting */
};
/* NULL = of teachers. */
const struct td_demo_desk *td_demo_desk(const char *series);
void td_demo_expert_login(const struct td_demo_desk *desk, int number, char login[TD_DEMO_LOGIN]);

int td_demo_open(struct td_cli *cli, struct td_demo *demo, struct td_error *reterr);
void td_demo_close(struct td_demo *demo);

/* The client of this person, logged in. */
int td_demo_as(struct td_demo *demo, const char *login, struct td_client **ret_client,
               struct td_error *reterr);

/* A request by `login` ("" = console) to a path made of `format` (only %s); takes over `body`. */
int td_demo_call(struct td_demo *demo, const char *login, const char *method, json_t *body,
                 json_t **ret_value, struct td_error *reterr, const char *format, ...);

/* Today by the server's clock, which the demonstration moves. */
int td_demo_today(struct td_demo *demo, char date[11], struct td_error *reterr);

/* Moves the clock `days` on. */
int td_demo_advance(struct td_demo *demo, int days, struct td_error *reterr);

/* --- the city (demo_people.c) --- */
int td_demo_register_units(struct td_demo *demo, struct td_error *reterr);
int td_demo_load_units(struct td_demo *demo, struct td_error *reterr);
int td_demo_create_officials(struct td_demo *demo, struct td_error *reterr);
/* Account of an invented teacher (td_demo_dossier) with this login. */
int td_demo_create_teacher(struct td_demo *demo, const char *login, const json_t *unit,
                           const json_t *dossier, struct td_error *reterr);
int td_demo_open_cycle(struct td_demo *demo, char ret_cycle[27], struct td_error *reterr);
/* Directed posts of a series and year: the city's total and a share for each district (demo_posts.c). */
int td_demo_grant_posts(struct td_demo *demo, const char *series, int year, struct td_error *reterr);
/* Registers, submits and approves a committee, as `office` and the bureau. */
int td_demo_found_committee(struct td_demo *demo, const char *office, const char *series,
                            const char *level, const char *name, const json_t *members,
                            char ret_id[27], struct td_error *reterr);
int td_demo_create_committees(struct td_demo *demo, struct td_error *reterr);

/* --- one dossier (demo_steps.c); `unit` is an entry of demo->units --- */
struct td_demo_case {
    char application[27];
    char login[TD_DEMO_LOGIN]; /* of the applicant */
    const json_t *unit;
    json_t *dossier; /* owned */
    const char *series;   /* NULL = teacher */
    const char *without;  /* section whose evidence is forgotten, NULL = none */
};

/* Begins the dossier; sets one->application. */
int td_demo_begin(struct td_demo *demo, struct td_demo_case *one, const char *cycle,
                  const char *level, struct td_error *reterr);
/* Saves every section and attaches the evidence that the form asks for. */
int td_demo_fill(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr);
int td_demo_submit(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr);
int td_demo_verify_unit(struct td_demo *demo, const struct td_demo_case *one,
                        struct td_error *reterr);
/* One notice for all these dossiers, which are of the same unit. */
int td_demo_publicise(struct td_demo *demo, struct td_demo_case *const *cases, size_t count,
                      struct td_error *reterr);
int td_demo_act(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                const char *action, struct td_error *reterr);
int td_demo_verify_district(struct td_demo *demo, const struct td_demo_case *one,
                            struct td_error *reterr);
int td_demo_forward_hr(struct td_demo *demo, const struct td_demo_case *one,
                       struct td_error *reterr);
int td_demo_accept(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr);
int td_demo_pay(struct td_demo *demo, const struct td_demo_case *one, struct td_error *reterr);
/* Back to the applicant from the office's or the unit's desk, with coded reasons. */
int td_demo_send_back(struct td_demo *demo, const struct td_demo_case *one, const char *login,
                      const char *action, struct td_error *reterr);

/* --- panel, meeting, and after (demo_committee.c); dossiers of one series and level --- */
int td_demo_panel(struct td_demo *demo, const char *cycle, const char *level,
                  struct td_demo_case *const *cases, size_t count, char ret_panel[27],
                  struct td_error *reterr);
/* The approved committee of a series and level. */
int td_demo_find_committee(struct td_demo *demo, const struct td_demo_desk *desk, const char *level, char ret_id[27],
                           struct td_error *reterr);
/* Gives dossiers to a panel. */
int td_demo_assign(struct td_demo *demo, const struct td_demo_desk *desk, const char *panel,
                   struct td_demo_case *const *cases, size_t count, struct td_error *reterr);
/* Every expert of the panel fills in and submits his sheet of the dossier; with `panel` (may be
 * NULL) the office then sends it to the committee. */
int td_demo_sheets(struct td_demo *demo, const struct td_demo_case *one, const char *panel,
                   struct td_error *reterr);
/* A meeting of the level's committee with these dossiers on its agenda. */
int td_demo_plan_meeting(struct td_demo *demo, const char *cycle, const char *level,
                         struct td_demo_case *const *cases, size_t count, char ret_meeting[27],
                         struct td_error *reterr);
/* The three trustees make the meeting's key; then all who came vote, and two trustees open the sums (demo_vote.c). What an earlier run
 * left half done is voted on again. */
int td_demo_make_key(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting, struct td_error *reterr);
int td_demo_vote(struct td_demo *demo, const char *meeting, struct td_demo_case *const *cases, size_t count,
                 struct td_error *reterr);
/* Attendance, opening, key, motions put to the vote; what is done already is left as it is. */
int td_demo_open_meeting(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting,
                         struct td_error *reterr);
/* The same, then votes, count and close. */
int td_demo_hold_meeting(struct td_demo *demo, const char *meeting,
                         struct td_demo_case *const *cases, size_t count, struct td_error *reterr);
/* Result notice of all passed dossiers of the cycle. */
int td_demo_result_notice(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle,
                          char ret_notice[27], struct td_error *reterr);
int td_demo_confirm(struct td_demo *demo, const char *notice, struct td_error *reterr);
int td_demo_file(struct td_demo *demo, const char *cycle, char ret_filing[27],
                 struct td_error *reterr);
int td_demo_send_filing(struct td_demo *demo, const char *filing, struct td_error *reterr);
int td_demo_approve_filing(struct td_demo *demo, const char *filing, struct td_error *reterr);
int td_demo_certify(struct td_demo *demo, const char *filing, struct td_error *reterr);

/* --- before and after the review (demo_pool.c) --- */
/* The pool of the level, approved and confirmed by its experts; there already from an earlier walk is fine. */
int td_demo_found_pool(struct td_demo *demo, const struct td_demo_desk *desk, const char *cycle, const char *level,
                       struct td_error *reterr);
/* Draws a panel of three, witnessed and confirmed. */
int td_demo_draw_panel(struct td_demo *demo, const struct td_demo_desk *desk, const char *committee, const char *cycle,
                       char ret_draw[27], char ret_panel[27], struct td_error *reterr);
/* Files a "plan", "report", or the pool `pool` (NULL = none), which the region or the city decides on. */
int td_demo_file_kind(struct td_demo *demo, const char *cycle, const char *kind, const char *pool, bool by_region,
                      struct td_error *reterr);

/* The newest record of a list (panels, meetings, notices, filings) whose view names this dossier;
 * "" when none. */
int td_demo_find(struct td_demo *demo, const char *login, const char *list, const char *resource,
                 const char *application, char ret_id[27], struct td_error *reterr);

/* The district's logins for a unit: "edu-650121", "hr-650121". */
void td_demo_district_login(const json_t *unit, const char *kind, char login[TD_DEMO_LOGIN]);

/* --- farming and health (demo_others.c): the entries of others.json's "dossiers", by number --- */

/* How many there are; with `small` those of the small city. */
size_t td_demo_other_count(const struct td_demo *demo, bool small);
/* Their offices, district officials, experts, standards and cycles. */
int td_demo_other_city(struct td_demo *demo, struct td_error *reterr);
/* Who hands in the n-th, and what; *ret_level and *ret_cycle are borrowed from `demo`. */
int td_demo_other_case(struct td_demo *demo, bool small, size_t number, int year, struct td_demo_case *one,
                       const char **ret_level, const char **ret_cycle);
/* One more dossier of the series that is in order, of somebody new; *ret_level is borrowed from `demo`. */
int td_demo_other_walker(const struct td_demo *demo, const char *series, uint32_t person, int year,
                         struct td_demo_case *one, const char **ret_level);
/* Begins, fills in and submits it; leaves the draft where that is the point, and sees to it that what must be
 * refused is. */
int td_demo_other_declare(struct td_demo *demo, const json_t *plan, struct td_demo_case *one,
                          const char *cycle, const char *level, struct td_error *reterr);
/* What becomes of those that were submitted: up to the units' notices, and from there to panels. */
int td_demo_other_publicise(struct td_demo *demo, struct td_demo_case *cases, size_t count, bool small,
                            struct td_error *reterr);
int td_demo_other_carry(struct td_demo *demo, struct td_demo_case *cases, size_t count, bool small,
                        struct td_error *reterr);
const json_t *td_demo_other_plan(const struct td_demo *demo, bool small, size_t number);

/* titlectl demo walk [WALKER | --all [FOLDER]] and demo seed (demo_walk.c, demo_seed.c). */
int td_demo_walk(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);
int td_demo_seed(struct td_cli *cli, int count, char **arguments, struct td_error *reterr);

#endif
