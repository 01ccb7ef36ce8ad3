/* live.c - pages that stay fresh: streams of "changed" events of one record, for who may see it. */
#include "api/api.h"

#include "review/application.h"
#include "review/meeting.h"
#include "review/row.h"
#include "review/sheet.h"

static int answer_topic(struct td_call *call, struct td_reply *reply, const char *kind,
                        const char *id)
{
    const char *topic = td_arena_printf(call->arena, "%s/%s", kind, id);
    reply->value = topic ? json_pack("{s:[s]}", "topics", topic) : NULL;
    return reply->value ? 0 : TD_ENOMEM;
}

/* The dossier, and what is in force for it. */
static int answer_dossier(struct td_call *call, struct td_reply *reply, const json_t *application)
{
    const char *own =
        td_arena_printf(call->arena, "application/%s", td_row_text(application, "id"));
    const char *standard =
        td_arena_printf(call->arena, "standard/%s/%s", td_row_text(application, "series"),
                        td_row_text(application, "level"));
    reply->value = own && standard ? json_pack("{s:[s, s]}", "topics", own, standard) : NULL;
    return reply->value ? 0 : TD_ENOMEM;
}

static int follow_application(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *application = NULL;
    const char *id = td_call_param(call, "application");
    int r = td_api_review(call, &review);
    if (r == 0)
        r = td_application_load(&review, id, &application, reterr);
    if (r < 0)
        return r;
    r = answer_dossier(call, reply, application);
    json_decref(application);
    return r;
}

/* The same for an expert at his sheet, whom the dossier's own page is not for. */
static int follow_sheet(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *sheet = NULL, *application = NULL;
    const char *id = td_call_param(call, "application");
    int r = td_api_review(call, &review);
    if (r == 0)
        r = td_sheet_load(&review, id, &sheet, reterr);
    json_decref(sheet);
    if (r == 0)
        r = td_application_row(&review, id, &application, reterr);
    if (r == 0)
        r = answer_dossier(call, reply, application);
    json_decref(application);
    return r;
}

static int follow_meeting(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    struct td_meeting_seat seat;
    json_t *meeting = NULL;
    const char *id = td_call_param(call, "meeting");
    int r = td_api_review(call, &review);
    if (r == 0)
        r = td_meeting_load(&review, id, &meeting, &seat, reterr);
    if (r < 0)
        return r;
    json_decref(meeting);
    return answer_topic(call, reply, "meeting", id);
}

static int follow_account(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    (void)reterr;
    return answer_topic(call, reply, "account", call->who->id);
}

const struct td_route td_live_routes[] = {
    {.method = TD_GET,
     .path = "/account/live",
     .roles = TD_ROLE_ANY,
     .summary = "An event for every new message",
     .read = follow_account,
     .flags = TD_ROUTE_STREAM},
    {.method = TD_GET,
     .path = "/applications/{application}/live",
     .roles = TD_ROLE_ANY,
     .summary = "An event whenever the dossier, or the standard in force for it, changes",
     .read = follow_application,
     .flags = TD_ROUTE_STREAM},
    {.method = TD_GET,
     .path = "/reviews/{application}/live",
     .roles = TD_ROLE_EXPERT,
     .summary = "An event whenever the dossier, or the standard in force for it, changes",
     .read = follow_sheet,
     .flags = TD_ROUTE_STREAM},
    {.method = TD_GET,
     .path = "/meetings/{meeting}/live",
     .roles = TD_ROLE_EXPERT | TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     .summary = "An event whenever the meeting or its count of votes changes",
     .read = follow_meeting,
     .flags = TD_ROUTE_STREAM},
    {0},
};
