/* recusals.c - who keeps out of what: the register of one's own ties, challenges, and the office's
 * list with its decisions. */
#include "api/api.h"
#include "api/place.h"
#include "review/challenge.h"
#include "review/recusal.h"
#include "review/row.h"
#include "review/tie.h"

#include <string.h>

static int ties_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_tie_list(&review, &reply->value);
}

static int tie_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_tie_add(&review, call->body, id, reterr);
    if (rc < 0)
        return rc;
    rc = td_place_created(call, reply, "ties", id);
    reply->location = "/ties";
    return rc;
}

static int untie_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    reply->location = "/ties";
    return rc < 0 ? rc : td_tie_remove(&review, td_call_param(call, "tie"), reterr);
}

/* --- challenges ------------------------------------------------------------------------------- */

/* The applicant's or the expert's of the two rows. */
static bool by_expert(const struct td_call *call)
{
    return !strncmp(call->route->path, "/reviews/", 9);
}

static int mine_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_challenge_mine(&review, td_call_param(call, "application"), by_expert(call),
                               &reply->value, reterr);
    if (rc == 0)
        json_object_set_new(reply->value, "of_expert", json_boolean(by_expert(call)));
    return rc;
}

/* Back to the page that asked: the applicant's or the expert's. */
static int ask_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    const char *application = td_call_param(call, "application");
    bool expert = by_expert(call);
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_challenge_ask(&review, application, expert, td_call_text(call, "name"),
                              td_call_text(call, "reason"), id, reterr);
    if (rc < 0)
        return rc;
    reply->status = 201;
    reply->value = json_pack("{s:s}", "id", id);
    reply->location = td_arena_printf(call->arena, "/%s/%s/challenges",
                                      expert ? "reviews" : "applications", application);
    return reply->value && reply->location ? 0 : TD_ENOMEM;
}

static int challenges_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    bool all = !strcmp(td_call_query(call, "show"), "all");
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_challenge_list(&review, all, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "all", json_boolean(all));
    return rc;
}

static int decide_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    reply->location = "/challenges";
    return rc < 0 ? rc
                  : td_challenge_decide(&review, td_call_param(call, "challenge"),
                                        td_call_text(call, "outcome"),
                                        td_call_text(call, "because"), reterr);
}

/* --- recusals --------------------------------------------------------------------------------- */

static int recusals_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    return rc < 0 ? rc : td_recusal_list(&review, td_call_query(call, "cursor"), &reply->value);
}

static int lift_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    reply->location = "/recusals";
    return rc < 0 ? rc
                  : td_recusal_lift(&review, td_call_text(call, "application_id"),
                                    td_call_text(call, "account_id"), td_call_text(call, "kind"),
                                    td_call_text(call, "because"), reterr);
}

static const struct td_field tie_body[] = {
    {"kind", TD_FIELD_CHOICE, true, 0, 0, "kin|coauthor|supervisor|unit", "What the other is"},
    {"name", TD_FIELD_TEXT, true, 2, 50, NULL, "Name of the person, or of the unit"},
    {"until_on", TD_FIELD_TEXT, false, 0, 10, NULL, "Of a unit: the last day there, when left"},
    {"note", TD_FIELD_TEXT, false, 0, 200, NULL, "Note"},
    {0},
};

static const struct td_field ask_body[] = {
    {"name", TD_FIELD_TEXT, true, 2, 50, NULL, "Who should keep out, by name"},
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why"},
    {0},
};

static const struct td_field decide_body[] = {
    {"outcome", TD_FIELD_CHOICE, true, 0, 0, "upheld|dismissed", "Decision"},
    {"because", TD_FIELD_TEXT, true, 1, 500, NULL, "Reason"},
    {0},
};

static const struct td_field lift_body[] = {
    {"application_id", TD_FIELD_ID, true, 0, 0, NULL, "Dossier"},
    {"account_id", TD_FIELD_ID, true, 0, 0, NULL, "Expert"},
    {"kind", TD_FIELD_TEXT, true, 1, 20, NULL, "Ground: former_unit, kin or named"},
    {"because", TD_FIELD_TEXT, true, 1, 500, NULL, "Why it is another person or unit"},
    {0},
};

#define DECLARERS (TD_ROLE_EXPERT | TD_ROLE_APPLICANT)
#define DECIDERS  (TD_ROLE_OFFICE | TD_ROLE_SUPERVISOR)
#define READERS   (DECIDERS | TD_ROLE_BUREAU)

const struct td_route td_recusals_routes[] = {
    {TD_GET, "/ties", DECLARERS, "The caller's relatives, co-authors, supervisors, former units",
     .read = ties_read, .page = "ties"},
    {TD_POST, "/ties", DECLARERS, "Declare one", .write = tie_write, .body = tie_body},
    {TD_DELETE, "/ties/{tie}", DECLARERS, "Take one off", .write = untie_write},
    {TD_GET, "/applications/{application}/challenges", TD_ROLE_APPLICANT,
     "Whom the applicant asked to keep out", .read = mine_read, .page = "challenge"},
    {TD_POST, "/applications/{application}/challenges", TD_ROLE_APPLICANT,
     "Ask that somebody keep out of the own dossier", .write = ask_write, .body = ask_body},
    {TD_GET, "/reviews/{application}/challenges", TD_ROLE_EXPERT,
     "Whom this expert asked to keep out", .read = mine_read, .page = "challenge"},
    {TD_POST, "/reviews/{application}/challenges", TD_ROLE_EXPERT,
     "Ask that another keep out of a dossier", .write = ask_write, .body = ask_body},
    {TD_GET, "/challenges", READERS, "Challenges to decide, or all", .query = "show cursor",
     .read = challenges_read, .page = "challenges"},
    {TD_POST, "/challenges/{challenge}", DECIDERS, "Uphold or dismiss, with the reason",
     .write = decide_write, .body = decide_body},
    {TD_GET, "/recusals", READERS, "Recusals with their grounds", .query = "cursor",
     .read = recusals_read, .page = "recusals"},
    {TD_POST, "/recusals/lift", DECIDERS, "Lift one that was found by another's name",
     .write = lift_write, .body = lift_body},
    {0},
};
