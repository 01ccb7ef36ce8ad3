/* meeting.h - a committee's meeting: agenda, attendance, quorum, motions, minutes.
 *
 *     planned --open (3·present >= 2·members)--> open --close--> closed
 *     a motion: waiting --put to the vote--> voting --count--> counted
 *
 * Members check themselves in while the meeting is planned; attendance is fixed when it opens
 * (article 19 of 人社部令第40号: two thirds; article 20: nobody votes by proxy or afterwards).
 * Chair or deputy lead it, the office may do the clerk's part. Whom a record bars from judging does not lead; when
 * neither chair nor deputy may, the office names an acting chair of the members. How ballots are kept is in ballot.h.
 */
#ifndef TD_REVIEW_MEETING_H
#define TD_REVIEW_MEETING_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stdint.h>

/* Two thirds open a meeting (of the members, article 19) and pass a motion (of those present, article 20). */
enum { TD_MEETING_PARTS = 2, TD_MEETING_WHOLE = 3 };

/* The fewest that are two thirds of `all`. */
int64_t td_meeting_two_thirds(int64_t all);

/* present and yes are two thirds, of somebody. */
bool td_meeting_quorum(int64_t members, int64_t present);
bool td_meeting_passes(int64_t present, int64_t yes);

/* What the caller is in a meeting. */
struct td_meeting_seat {
    bool office;  /* clerk: the office of the series */
    bool reads;   /* bureau, supervisor */
    bool member;  /* on the committee */
    bool leads;   /* chair, deputy or acting chair */
    bool barred;  /* would lead, but a record bars him */
    bool attends; /* has checked in */
};

/* The meeting (row with "committee_name", "series", "level", "cycle_name") and the caller's seat.
 * TD_ENOTFOUND for who has none. */
int td_meeting_load(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                    struct td_meeting_seat *ret_seat, struct td_error *reterr);

/* --- meeting_chair.c: who leads ---------------------------------------------------------------------- */

/* Sets "leads" and "barred" of the caller's seat, who holds this position on the meeting's committee. */
int td_meeting_lead(struct td_review *review, const json_t *meeting, const char *position,
                    struct td_meeting_seat *seat);

/* 0 for who leads and, with `clerk`, for the office; TD_EFORBIDDEN "chair_barred" with the record that bars him,
 * "chair_or_office", "chair_only". */
int td_meeting_check_lead(struct td_review *review, const struct td_meeting_seat *seat, bool clerk,
                          struct td_error *reterr);

/* Whom the office may name as acting chair: [{"account_id", "name"}], members with a vote, in the room once the
 * meeting is open; empty while chair, deputy or an acting chair can lead, and when the minutes are signed. */
int td_meeting_chair_candidates(struct td_review *review, const char *meeting_id, json_t **ret_people);

/* The office names one of them; he is told. TD_ECONFLICT "chair_there"; TD_EFIELDS "account_id". */
int td_meeting_name_chair(struct td_review *review, const char *meeting_id, const char *account_id,
                          struct td_error *reterr);

/* [{"name", "named_at", "named_by_name"}] */
int td_meeting_acting_chairs(struct td_tx *tx, const char *meeting_id, json_t **ret_people);

/* ----------------------------------------------------------------------------------------------------- */

/* Meetings of the caller's scope or committees, newest first. */
int td_meeting_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* The console: the meeting with "members" (and who is here), "motions" and "can" (what the caller may do now),
 * never a count of a motion that is not counted. Of a motion from which a member must recuse himself he sees
 * its place on the agenda only: "recused". The office sees of how many who gave a sheet it is known by now that
 * they may not judge: "barred_sheets", absent when 0; and "chair_candidates" when there are any. Who would lead
 * but is barred sees "lead_barred". */
int td_meeting_view(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                    struct td_error *reterr);

/* A motion of the meeting: {"id", "sequence", "state", "application_id"}, for who is of the meeting and
 * need not recuse. */
int td_meeting_motion(struct td_review *review, const char *meeting_id, const char *motion_id,
                      json_t **ret_motion, struct td_error *reterr);

/* {"members", "present", "state", "motions": [{"id", "state", "voted", "voters"}]}: how many have
 * voted, never what. */
int td_meeting_progress(struct td_review *review, const char *meeting_id, json_t **ret_progress,
                        struct td_error *reterr);

/* From {"committee_id", "cycle_id", "name", "held_on"}. The committee's members are told. */
int td_meeting_create(struct td_review *review, const json_t *meeting, char ret_id[TD_ID_TEXT],
                      struct td_error *reterr);

/* Tells the committee's members of its meetings that are called and not closed; each of each once, so that whoever
 * changes the members calls it. */
int td_meeting_call(struct td_review *review, const char *committee_id);

/* Puts dossiers that wait for the committee on the agenda: those named (array of ids) or all of the
 * cycle and level (NULL). *ret_added is how many. */
int td_meeting_add(struct td_review *review, const char *meeting_id, const json_t *applications,
                   int64_t *ret_added, struct td_error *reterr);

/* A member says that he is here. Nobody can say it for him. */
int td_meeting_attend(struct td_review *review, const char *meeting_id, struct td_error *reterr);

/* Fixes members and attendance; TD_ECONFLICT "no_quorum" with the numbers. */
int td_meeting_open(struct td_review *review, const char *meeting_id, struct td_error *reterr);

/* The chair ends the meeting once every motion on the agenda is counted; the minutes are made. */
int td_meeting_close(struct td_review *review, const char *meeting_id, struct td_error *reterr);

/* The minutes of a closed meeting, for a member without what he may not read (review/minutes.h), with "id",
 * "signatures", "can_sign" and "ranking_annex". TD_ECONFLICT "no_minutes_yet". */
int td_meeting_minutes(struct td_review *review, const char *meeting_id, json_t **ret_minutes,
                       struct td_error *reterr);

#endif
