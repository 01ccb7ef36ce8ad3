/* meetings.c - meetings: agenda, attendance, opening, minutes. The vote is in elections.c. */
#include "api/api.h"
#include "api/material.h"
#include "api/place.h"
#include "review/committee.h"
#include "review/discussion.h"
#include "review/cycle.h"
#include "review/meeting.h"
#include "review/minutes.h"
#include "review/row.h"
#include "review/sheet.h"

#include <string.h>

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_list(&review, td_call_query(call, "cursor"), &reply->value);
    if (rc == 0)
        json_object_set_new(reply->value, "can_write",
                            json_boolean(call->who && (call->who->roles & TD_ROLE_OFFICE)));
    return rc;
}

static int new_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *committees = NULL, *cycles = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_committee_list(&review, "", &committees);
    if (rc < 0)
        return rc;
    rc = td_cycle_list(&review, "", "", "", &cycles);
    if (rc == 0)
        reply->value =
            json_pack("{s:O, s:O, s:s}", "committees", json_object_get(committees, "items"),
                      "cycles", json_object_get(cycles, "items"), "today", review.today);
    if (rc == 0)
        json_decref(cycles);
    json_decref(committees);
    return rc;
}

static int view_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_view(&review, td_call_param(call, "meeting"), &reply->value, reterr);
    return rc;
}

static int progress_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_progress(&review, td_call_param(call, "meeting"), &reply->value, reterr);
    return rc;
}

/* The dossier of a motion with what the panel says about it. */
static int motion_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *motion = NULL;
    const char *meeting = td_call_param(call, "meeting");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_motion(&review, meeting, td_call_param(call, "motion"), &motion, reterr);
    if (rc < 0)
        return rc;
    const char *application = td_row_text(motion, "application_id");
    rc = td_sheet_present(&review, application, &reply->value, reterr);
    if (rc == 0)
        rc = td_discussion_add(&review, application, reply->value);
    if (rc == 0)
        rc = td_material_add(&review, application, reply->value, reterr);
    if (rc == 0) {
        json_object_set(reply->value, "motion", motion);
        json_object_set_new(reply->value, "meeting_id", json_string(meeting));
    }
    json_decref(motion);
    return rc;
}

static int minutes_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return rc < 0
               ? rc
               : td_meeting_minutes(&review, td_call_param(call, "meeting"), &reply->value, reterr);
}

/* --- writing ---------------------------------------------------------------------------------- */

static int create_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    char id[TD_ID_TEXT];
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_create(&review, call->body, id, reterr);
    return rc < 0 ? rc : td_place_created(call, reply, "meetings", id);
}

/* Ends a write: back to the meeting, with a count of what was done under `member`. */
static int done(struct td_call *call, struct td_reply *reply, int rc, const char *member,
                int64_t count)
{
    if (rc < 0)
        return rc;
    const char *id = td_call_param(call, "meeting");
    reply->value = member ? json_pack("{s:s, s:I}", "id", id, member, count) : NULL;
    return td_place_at(call, reply, "meetings", id);
}

static int agenda_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t added = 0;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_add(&review, td_call_param(call, "meeting"),
                            td_call_json(call, "applications"), &added, reterr);
    return done(call, reply, rc, "added", added);
}

static int attend_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_attend(&review, td_call_param(call, "meeting"), reterr);
    return done(call, reply, rc, NULL, 0);
}

static int open_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_open(&review, td_call_param(call, "meeting"), reterr);
    return done(call, reply, rc, NULL, 0);
}

static int chair_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_name_chair(&review, td_call_param(call, "meeting"),
                                   td_call_text(call, "account_id"), reterr);
    return done(call, reply, rc, NULL, 0);
}

static int sign_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    const char *id = td_call_param(call, "meeting");
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_minutes_sign(&review, id, reterr);
    if (rc < 0)
        return rc;
    reply->location = td_arena_printf(call->arena, "/meetings/%s/minutes", id);
    reply->value = json_pack("{s:s}", "id", id);
    return reply->location && reply->value ? 0 : TD_ENOMEM;
}

static int close_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_meeting_close(&review, td_call_param(call, "meeting"), reterr);
    return done(call, reply, rc, NULL, 0);
}

static const struct td_field create_body[] = {
    {"committee_id", TD_FIELD_ID, true, 0, 0, NULL, "Committee"},
    {"cycle_id", TD_FIELD_ID, true, 0, 0, NULL, "Cycle"},
    {"name", TD_FIELD_TEXT, true, 1, 120, NULL, "Name"},
    {"held_on", TD_FIELD_DATE, true, 0, 0, NULL, "Day of the meeting"},
    {0},
};

static const struct td_field chair_body[] = {
    {"account_id", TD_FIELD_ID, true, 0, 0, NULL, "A member with a vote"},
    {0},
};

static const struct td_field agenda_body[] = {
    {"applications", TD_FIELD_ARRAY, false, 0, 0, NULL,
     "Ids of dossiers; all that wait when absent"},
    {0},
};

#define READERS (TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR | TD_ROLE_EXPERT)
#define LEADERS (TD_ROLE_OFFICE | TD_ROLE_EXPERT)

const struct td_route td_meetings_routes[] = {
    {TD_GET, "/meetings", READERS, "Meetings of the caller's scope or committees",
     .query = "cursor", .read = list_read, .page = "meetings"},
    {TD_GET, "/meetings/new", TD_ROLE_OFFICE, "What a new meeting needs", .read = new_read,
     .page = "meeting_new"},
    {TD_POST, "/meetings", TD_ROLE_OFFICE, "Plan a meeting", .write = create_write,
     .body = create_body},
    {TD_GET, "/meetings/{meeting}", READERS, "A meeting: members, motions, what the caller may do",
     .read = view_read, .page = "meeting"},
    {TD_GET, "/meetings/{meeting}/progress", READERS,
     "How many have voted on each motion, never what", .read = progress_read},
    {TD_POST, "/meetings/{meeting}/agenda", TD_ROLE_OFFICE, "Put dossiers on the agenda",
     .write = agenda_write, .body = agenda_body},
    {TD_POST, "/meetings/{meeting}/attendance", TD_ROLE_EXPERT, "Check in, for oneself",
     .write = attend_write},
    {TD_POST, "/meetings/{meeting}/open", LEADERS, "Open the meeting when there is a quorum",
     .write = open_write},
    {TD_POST, "/meetings/{meeting}/acting-chair", TD_ROLE_OFFICE,
     "Name who leads when neither chair nor deputy may", .write = chair_write, .body = chair_body,
     .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/meetings/{meeting}/motions/{motion}", READERS,
     "The dossier of a motion with the panel's sheets", .read = motion_read, .page = "motion"},
    {TD_POST, "/meetings/{meeting}/close", TD_ROLE_EXPERT, "Close the meeting and make the minutes",
     .write = close_write},
    {TD_GET, "/meetings/{meeting}/minutes", READERS, "Minutes of a closed meeting, for print",
     .read = minutes_read, .page = "minutes"},
    {TD_POST, "/meetings/{meeting}/minutes/sign", TD_ROLE_EXPERT | TD_ROLE_SUPERVISOR,
     "Confirm the minutes, as chair or supervisor", .write = sign_write, .flags = TD_ROUTE_STEP_UP},
    {TD_GET, "/meetings/{meeting}/tally", READERS,
     "Summary of the votes of a closed meeting, for print", .read = minutes_read, .page = "tally"},
    {0},
};
