/* meeting.c - the life of a meeting: created, filled with motions, attended, opened, closed. What
 * people see of it is in meeting_view.c, the vote in ballot.c, the record in minutes.c. */
#include "review/meeting.h"

#include "review/ballot.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/integrity.h"
#include "review/message.h"
#include "review/minutes.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

int64_t td_meeting_two_thirds(int64_t all)
{
    return (TD_MEETING_PARTS * all + TD_MEETING_WHOLE - 1) / TD_MEETING_WHOLE;
}

bool td_meeting_quorum(int64_t members, int64_t present)
{
    return members > 0 && present >= td_meeting_two_thirds(members);
}

bool td_meeting_passes(int64_t present, int64_t yes)
{
    return present > 0 && yes >= td_meeting_two_thirds(present);
}

static int find_seat(struct td_review *review, const json_t *meeting, struct td_meeting_seat *seat)
{
    const char *position;
    *seat = (struct td_meeting_seat){0};
    if (!review->who)
        return 0;
    seat->office = td_account_has(review->who, TD_ROLE_OFFICE, td_row_text(meeting, "series"));
    seat->reads = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    int rc = td_committee_position(review->tx, td_row_text(meeting, "committee_id"),
                                   review->who->id, &position);
    if (rc < 0)
        return rc;
    seat->member = *position != 0;
    rc = td_meeting_lead(review, meeting, position, seat);
    if (rc < 0)
        return rc;
    int64_t here = 0;
    rc = td_tx_int(review->tx, &here,
                   "select count(*) from attendance where meeting_id = $1 and account_id = $2",
                   "ss", td_row_text(meeting, "id"), review->who->id);
    seat->attends = here > 0;
    return rc;
}

int td_meeting_load(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                    struct td_meeting_seat *ret_seat, struct td_error *reterr)
{
    json_t *meeting = NULL;
    int rc =
        td_tx_row(review->tx, &meeting,
                  "select g.*, g.state as meeting_state, k.name as committee_name, "
                  "k.founding_unit, k.series, k.level,"
                  " y.name as cycle_name, y.notice_number from meeting g"
                  " join committee k on k.id = g.committee_id join cycle y on y.id = g.cycle_id"
                  " where g.id = $1",
                  "s", meeting_id);
    if (rc < 0)
        return rc;
    rc = find_seat(review, meeting, ret_seat);
    if (rc == 0 && !ret_seat->office && !ret_seat->reads && !ret_seat->member)
        rc = td_error_set(reterr, TD_ENOTFOUND, "not a meeting of this account");
    if (rc < 0)
        json_decref(meeting);
    else
        *ret_meeting = meeting;
    return rc;
}

/* Loads a meeting for a change by who leads it or, with `clerk`, the office too. */
static int load_for(struct td_review *review, const char *meeting_id, const char *state, bool clerk,
                    json_t **ret_meeting, struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_meeting_check_lead(review, &seat, clerk, reterr);
    if (rc == 0 && strcmp(td_row_text(meeting, "state"), state))
        rc = td_error_key(reterr, TD_ECONFLICT, "meeting_state",
                          json_pack("{s:s}", "meeting_state", td_row_text(meeting, "state")));
    if (rc < 0)
        json_decref(meeting);
    else
        *ret_meeting = meeting;
    return rc;
}

static int check_place(struct td_review *review, const json_t *meeting, struct td_error *reterr)
{
    json_t *committee = NULL, *cycle = NULL;
    td_date date;
    int rc = td_committee_load_own(review, td_row_text(meeting, "committee_id"), &committee);
    if (rc < 0)
        return rc == TD_ENOTFOUND
                   ? td_error_field(reterr, "committee_id", "choice", "no such committee")
                   : rc;
    rc = td_cycle_load(review->tx, td_row_text(meeting, "cycle_id"), &cycle);
    if (rc == TD_ENOTFOUND ||
        (rc == 0 && strcmp(td_row_text(cycle, "series"), td_row_text(committee, "series"))))
        rc = td_error_field(reterr, "cycle_id", "choice", "not a cycle of the committee's series");
    if (rc == 0 && td_date_parse(td_row_text(meeting, "held_on"), &date) < 0)
        rc = td_error_field(reterr, "held_on", "date", "needs a date, YYYY-MM-DD");
    json_decref(cycle);
    json_decref(committee);
    return rc;
}

/* When it meets, and not on what. */
static int call_member(struct td_review *review, const json_t *meeting)
{
    const char *account = td_row_text(meeting, "account_id");
    json_t *words = json_pack("{s:O, s:O}", "meeting", json_object_get(meeting, "name"), "date",
                              json_object_get(meeting, "held_on"));
    int rc = td_message_send(review, account, NULL, "meeting_called", words);
    json_decref(words);
    return rc < 0
               ? rc
               : td_tx_exec(review->tx, NULL,
                            "insert into meeting_called (meeting_id, account_id) values ($1, $2)",
                            "ss", td_row_text(meeting, "id"), account);
}

int td_meeting_call(struct td_review *review, const char *committee_id)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select g.id, g.name, g.held_on, m.account_id from meeting g"
                        " join committee_member m on m.committee_id = g.committee_id"
                        " join account c on c.id = m.account_id"
                        " where g.committee_id = $1 and g.state <> 'closed' and not c.disabled"
                        " and not exists (select 1 from meeting_called t where t.meeting_id = g.id"
                        " and t.account_id = m.account_id) order by g.id, m.account_id",
                        "s", committee_id);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = call_member(review, row);
    json_decref(rows);
    return rc;
}

int td_meeting_create(struct td_review *review, const json_t *meeting, char ret_id[TD_ID_TEXT],
                      struct td_error *reterr)
{
    int rc = check_place(review, meeting, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into meeting (id, committee_id, cycle_id, name, held_on, created_by, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7)",
        "sssssss", ret_id, td_row_text(meeting, "committee_id"), td_row_text(meeting, "cycle_id"),
        td_row_text(meeting, "name"), td_row_text(meeting, "held_on"), review->who->id,
        review->now);
    if (rc == 0)
        rc = td_meeting_call(review, td_row_text(meeting, "committee_id"));
    if (rc < 0)
        return rc;
    return td_row_log(
        review, "meeting.create", "meeting", ret_id,
        json_pack("{s:s, s:s, s:s}", "committee", td_row_text(meeting, "committee_id"), "cycle",
                  td_row_text(meeting, "cycle_id"), "held_on", td_row_text(meeting, "held_on")));
}

/* --- agenda ----------------------------------------------------------------------------------- */

/* What may be put on the agenda: all that waits, or those of `applications`. */
struct choice {
    const json_t *applications; /* NULL = all */
    bool line_required;         /* of all, only those on or above the reference line */
    json_t *ids;
};

static bool below_line(const json_t *row)
{
    int64_t line = td_row_int(json_object_get(row, "breakdown"), "reference_line");
    return line > 0 && td_row_int(row, "total") < line;
}

static bool chosen(const struct choice *choice, const json_t *row)
{
    size_t i;
    json_t *one = NULL;
    if (!choice->applications)
        return !choice->line_required || !below_line(row);
    json_array_foreach((json_t *)choice->applications, i, one)
        if (json_is_string(one) && !strcmp(json_string_value(one), td_row_text(row, "id")))
            return true;
    return false;
}

static int choose(json_t *row, void *arg)
{
    struct choice *choice = arg;
    if (!chosen(choice, row))
        return 0;
    return json_array_append(choice->ids, json_object_get(row, "id")) < 0 ? TD_ENOMEM : 0;
}

#define WAITING_SQL(columns)                                                                       \
    "select a.id" columns " from application a left join score s on s.id = a.score_id"             \
    " where a.cycle_id = $1 and a.series = $2 and a.level = $3 and a.state = 'committee_vote'"     \
    " and " TD_COMMITTEE_TAKES_SQL(                                                                \
        "$4", "a.specialty") " and not exists (select 1 from motion o where o.application_id = "   \
                             "a.id and o.state <> 'counted')"                                      \
                             " order by a.specialty, a.number limit 5000"

/* Row by row, and without the breakdowns where nobody asks for the line: they are large. */
static int choose_waiting(struct td_review *review, const json_t *meeting, struct choice *choice)
{
    bool reads_line = choice->line_required && !choice->applications;
    return td_tx_each(review->tx, choose, choice,
                      reads_line ? WAITING_SQL(", s.total, s.breakdown") : WAITING_SQL(""), "ssss",
                      td_row_text(meeting, "cycle_id"), td_row_text(meeting, "series"),
                      td_row_text(meeting, "level"), td_row_text(meeting, "committee_id"));
}

static int add_motion(struct td_review *review, const char *meeting_id, int64_t sequence,
                      const char *application_id)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    return td_tx_exec(
        review->tx, NULL,
        "insert into motion (id, meeting_id, application_id, sequence) values ($1, $2, $3, $4)",
        "sssi", id, meeting_id, application_id, sequence);
}

static int add_motions(struct td_review *review, const json_t *meeting, const json_t *ids)
{
    const char *meeting_id = td_row_text(meeting, "id");
    json_t *members = NULL, *id = NULL;
    int64_t last = 0;
    size_t i;
    int rc = td_committee_members(review->tx, td_row_text(meeting, "committee_id"), &members);
    if (rc == 0)
        rc = td_tx_int(review->tx, &last, "select max(sequence) from motion where meeting_id = $1",
                       "s", meeting_id);
    json_array_foreach((json_t *)ids, i, id)
        if (rc == 0)
            rc = add_motion(review, meeting_id, last + 1 + (int64_t)i, json_string_value(id));
    if (rc == 0)
        rc = td_recusal_record(review, ids, members);
    json_decref(members);
    return rc;
}

static int add_all(struct td_review *review, const json_t *meeting, const json_t *applications,
                   int64_t *ret_added)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load(review->tx, td_row_text(meeting, "cycle_id"), &cycle);
    if (rc < 0)
        return rc;
    struct choice choice = {.applications = applications,
                            .line_required =
                                td_cycle_parameter(cycle, "reference_line_required", 0) != 0,
                            .ids = json_array()};
    json_decref(cycle);
    rc = choose_waiting(review, meeting, &choice);
    if (rc == 0)
        rc = add_motions(review, meeting, choice.ids);
    *ret_added = (int64_t)json_array_size(choice.ids);
    json_decref(choice.ids);
    return rc;
}

int td_meeting_add(struct td_review *review, const char *meeting_id, const json_t *applications,
                   int64_t *ret_added, struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    if (!seat.office)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "office_only", NULL);
    else if (!strcmp(td_row_text(meeting, "state"), "closed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "meeting_state",
                          json_pack("{s:s}", "meeting_state", "closed"));
    if (rc == 0)
        rc = add_all(review, meeting, applications, ret_added);
    if (rc == 0 && *ret_added == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_vote", NULL);
    if (rc == 0)
        rc = td_row_log(review, "meeting.agenda", "meeting", meeting_id,
                        json_pack("{s:I}", "added", *ret_added));
    json_decref(meeting);
    return rc;
}

/* --- attendance, opening, closing ------------------------------------------------------------- */

int td_meeting_attend(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    if (!seat.member)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "members_only", NULL);
    else if (td_committee_check_voter(review->who, td_row_text(meeting, "series"), reterr) < 0)
        rc = TD_EFORBIDDEN;
    else if (strcmp(td_row_text(meeting, "state"), "planned"))
        rc = td_error_key(reterr, TD_ECONFLICT, "attendance_fixed", NULL);
    else
        rc = td_integrity_check(review, review->who->id, TD_INTEGRITY_JUDGING, reterr);
    json_decref(meeting);
    if (rc < 0 || seat.attends)
        return rc;
    rc = td_tx_exec(review->tx, NULL,
                    "insert into attendance (meeting_id, account_id, at) values ($1, $2, $3)",
                    "sss", meeting_id, review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "meeting.attend", "meeting", meeting_id, NULL);
    if (rc == 0)
        rc = td_row_live(review->tx, "meeting", meeting_id);
    return rc;
}

/* Who checked in and is barred from judging since then is not there. */
static int send_away(struct td_review *review, const char *meeting_id)
{
    return td_tx_exec(review->tx, NULL,
                      "delete from attendance where meeting_id = $1 and " TD_INTEGRITY_BARRED_SQL(
                          "attendance.account_id", "$2"),
                      "ss", meeting_id, review->today);
}

/* Who checked in and still is a member counts. */
static int count_people(struct td_review *review, const json_t *meeting, int64_t *ret_members,
                        int64_t *ret_present, int64_t *ret_leaders)
{
    const char *committee = td_row_text(meeting, "committee_id"), *id = td_row_text(meeting, "id");
    int rc =
        td_tx_int(review->tx, ret_members,
                  "select count(*) from committee_member where committee_id = $1", "s", committee);
    if (rc == 0)
        rc = td_tx_int(
            review->tx, ret_present,
            "select count(*) from attendance t join committee_member m"
            " on m.account_id = t.account_id and m.committee_id = $1 where t.meeting_id = $2",
            "ss", committee, id);
    if (rc == 0)
        rc = td_tx_int(review->tx, ret_leaders,
                       "select count(*) from attendance t join committee_member m"
                       " on m.account_id = t.account_id and m.committee_id = $1"
                       " where t.meeting_id = $2 and (m.position in ('chair', 'deputy')"
                       " or exists (select 1 from acting_chair n where n.meeting_id = t.meeting_id"
                       " and n.account_id = t.account_id))",
                       "ss", committee, id);
    return rc;
}

static int check_quorum(int64_t members, int64_t present, int64_t leaders, struct td_error *reterr)
{
    if (!td_meeting_quorum(members, present))
        return td_error_key(reterr, TD_ECONFLICT, "no_quorum",
                            json_pack("{s:I, s:I, s:I}", "present", present, "members", members,
                                      "needed", td_meeting_two_thirds(members)));
    if (!leaders)
        return td_error_key(reterr, TD_ECONFLICT, "no_chair_present", NULL);
    return 0;
}

int td_meeting_open(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    json_t *meeting = NULL;
    int64_t members = 0, present = 0, leaders = 0;
    int rc = load_for(review, meeting_id, "planned", true, &meeting, reterr);
    if (rc < 0)
        return rc;
    rc = td_committee_check_valid(review, td_row_text(meeting, "committee_id"), reterr);
    if (rc == 0)
        rc = send_away(review, meeting_id);
    if (rc == 0)
        rc = count_people(review, meeting, &members, &present, &leaders);
    json_decref(meeting);
    if (rc == 0)
        rc = check_quorum(members, present, leaders, reterr);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "update meeting set state = 'open', members = $2, present = $3, opened_at = $4,"
            " version = version + 1 where id = $1",
            "siis", meeting_id, members, present, review->now);
    if (rc == 0)
        rc = td_row_log(review, "meeting.open", "meeting", meeting_id,
                        json_pack("{s:I, s:I}", "members", members, "present", present));
    if (rc == 0)
        rc = td_row_live(review->tx, "meeting", meeting_id);
    return rc;
}

/* A motion that was never put to the vote leaves the agenda, so that another meeting can take it.
 */
static int drop_waiting(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    int64_t voting = 0;
    int rc = td_tx_int(review->tx, &voting,
                       "select count(*) from motion where meeting_id = $1 and state = 'voting'",
                       "s", meeting_id);
    if (rc == 0 && voting > 0)
        rc =
            td_error_key(reterr, TD_ECONFLICT, "motions_open", json_pack("{s:I}", "count", voting));
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "delete from motion where meeting_id = $1 and state = 'waiting'", "s",
                        meeting_id);
    return rc;
}

int td_meeting_close(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    json_t *meeting = NULL, *minutes = NULL;
    char hash[65];
    int rc = load_for(review, meeting_id, "open", false, &meeting, reterr);
    if (rc < 0)
        return rc;
    rc = drop_waiting(review, meeting_id, reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update election set announced_at = $2 where meeting_id = $1"
                        " and state = 'counted' and announced_at = ''",
                        "ss", meeting_id, review->now);
    if (rc == 0)
        rc = td_minutes_make(review, meeting, &minutes);
    if (rc == 0)
        rc = td_ledger_hash_json(minutes, hash);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update meeting set state = 'closed', minutes = $2, closed_at = $3,"
                        " version = version + 1 where id = $1",
                        "sjs", meeting_id, minutes, review->now);
    if (rc == 0)
        rc = td_row_log(review, "meeting.close", "meeting", meeting_id,
                        json_pack("{s:s}", "minutes_hash", hash));
    if (rc == 0)
        rc = td_row_live(review->tx, "meeting", meeting_id);
    json_decref(minutes);
    json_decref(meeting);
    return rc;
}
