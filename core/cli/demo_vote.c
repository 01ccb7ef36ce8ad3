/* demo_vote.c - the secret vote of a meeting: all trustees and voters are played by this process.
 */
#include "cli/demo.h"

#include "base/json.h"
#include "cli/vote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRUSTEES = 3 };

/* Known to everybody, like the demonstration's password: who tries the pages can be a trustee with
 * them. */
static const char *const seeds[TRUSTEES] = {
    "DemoChairDemoChairDemo",
    "DemoWatchDemoWatchDemo",
    "DemoofficeDemoofficeDe",
};

/* Chair, supervisor, office. */
static int take_turn(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting,
                     int trustee, struct td_error *reterr)
{
    char chair[TD_DEMO_LOGIN];
    struct td_client *client;
    td_demo_expert_login(desk, 1, chair);
    const char *logins[TRUSTEES] = {chair, "supervisor", desk->office};
    int given, result = td_demo_as(demo, logins[trustee], &client, reterr);
    return result < 0 ? result : td_vote_turn(client, meeting, seeds[trustee], &given, reterr);
}

int td_demo_make_key(struct td_demo *demo, const struct td_demo_desk *desk, const char *meeting,
                     struct td_error *reterr)
{
    enum { ROUNDS = 3 };
    int result = 0;
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < TRUSTEES && result == 0; i++)
            result = take_turn(demo, desk, meeting, i, reterr);
    return result;
}

/* --- voters ----------------------------------------------------------------------------------- */

struct voter {
    struct td_demo_case *const *cases;
    size_t count;
    int expert;
};

/* The weaker a dossier, the fewer vote for it; the weakest fail. */
static int choose(void *arg, const json_t *motion)
{
    const struct voter *voter = arg;
    const char *application = td_json_text(motion, "application_id");
    int64_t ratio = 60;
    for (size_t i = 0; i < voter->count; i++)
        if (strcmp(voter->cases[i]->application, application) == 0)
            ratio = json_integer_value(json_object_get(voter->cases[i]->dossier, "expert_ratio"));
    if (voter->expert * 12 <= ratio + 20)
        return 0;
    return voter->expert % 2 ? 1 : 2;
}

static int as_expert(struct td_demo *demo, const struct td_demo_desk *desk, int expert,
                     struct td_client **ret_client, struct td_error *reterr)
{
    char login[TD_DEMO_LOGIN];
    td_demo_expert_login(desk, expert, login);
    return td_demo_as(demo, login, ret_client, reterr);
}

static int vote(struct td_demo *demo, const char *meeting, struct td_demo_case *const *cases,
                size_t count, struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(cases[0]->series);
    char codes[TD_DEMO_EXPERTS][TD_CREDENTIAL_ROOM];
    struct td_client *client;
    int result = 0;
    for (int i = 0; i < desk->present && result == 0; i++) {
        td_credential_make(codes[i]);
        result = as_expert(demo, desk, i + 1, &client, reterr);
        if (result == 0)
            result = td_vote_register(client, meeting, codes[i], reterr);
    }
    for (int i = 0; i < desk->present && result == 0; i++) {
        struct voter voter = {cases, count, i + 1};
        result = as_expert(demo, desk, i + 1, &client, reterr);
        if (result == 0)
            result = td_vote_cast(client, meeting, codes[i], choose, &voter, NULL, reterr);
    }
    return result;
}

/* --- from one end to the other ---------------------------------------------------------------- */

/* The codes of a run that was cut off are lost: such votes are void and their motions put up again.
 */
static int annul_started(struct td_demo *demo, const char *chair, const char *meeting,
                         struct td_error *reterr)
{
    json_t *view = NULL, *election;
    size_t i, annulled = 0;
    int result =
        td_demo_call(demo, chair, "GET", NULL, &view, reterr, "/api/v1/meetings/%s", meeting);
    json_array_foreach(json_object_get(view, "elections"), i, election) {
        const char *state = td_json_text(election, "election_state");
        bool begun = json_integer_value(json_object_get(election, "registered")) > 0;
        char number[16];
        snprintf(number, sizeof(number), "%d",
                 (int)json_integer_value(json_object_get(election, "number")));
        if (result < 0 ||
            !(strcmp(state, "voting") == 0 || (strcmp(state, "registering") == 0 && begun)))
            continue;
        result = td_demo_call(demo, chair, "POST", json_pack("{s:s}", "reason", "演示中断"), NULL,
                              reterr, "/api/v1/meetings/%s/elections/%s/annul", meeting, number);
        annulled++;
    }
    json_decref(view);
    if (result == 0 && annulled > 0)
        result = td_demo_call(demo, chair, "POST", json_object(), NULL, reterr,
                              "/api/v1/meetings/%s/motions/open", meeting);
    return result;
}

static bool has_election(struct td_demo *demo, const char *chair, const char *meeting,
                         const char *state)
{
    json_t *view = NULL, *election;
    size_t i;
    bool has = false;
    td_demo_call(demo, chair, "GET", NULL, &view, NULL, "/api/v1/meetings/%s", meeting);
    json_array_foreach(json_object_get(view, "elections"), i, election)
        has |= strcmp(td_json_text(election, "election_state"), state) == 0;
    json_decref(view);
    return has;
}

int td_demo_vote(struct td_demo *demo, const char *meeting, struct td_demo_case *const *cases,
                 size_t count, struct td_error *reterr)
{
    const struct td_demo_desk *desk = td_demo_desk(cases[0]->series);
    char chair[TD_DEMO_LOGIN];
    td_demo_expert_login(desk, 1, chair);
    int result = annul_started(demo, chair, meeting, reterr);
    if (result == 0 && has_election(demo, chair, meeting, "registering"))
        result = vote(demo, meeting, cases, count, reterr);
    if (result == 0 && has_election(demo, chair, meeting, "voting"))
        result = td_demo_call(demo, chair, "POST", json_object(), NULL, reterr,
                              "/api/v1/meetings/%s/elections/close", meeting);
    for (int i = 0; i < 2 && result == 0; i++) /* any two: the chair and the supervisor */
        result = take_turn(demo, desk, meeting, i, reterr);
    return result;
}
