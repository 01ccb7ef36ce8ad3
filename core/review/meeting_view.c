/* meeting_view.c - what people see of a meeting. Reads only. Nothing here looks at the table of
 * ballots: a motion that is not counted has no numbers but how many have voted. */
#include "review/meeting.h"

#include "review/application.h"
#include "review/ballot.h"
#include "review/committee.h"
#include "review/integrity.h"
#include "review/minutes.h"
#include "review/panel.h"
#include "review/ranking.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

int td_meeting_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    const char *me = review->who ? review->who->id : "";
    int rc = td_tx_rows(
        review->tx, &rows,
        "select g.id, g.name, g.held_on, g.state, g.state as meeting_state, g.members, g.present, "
        "k.name as committee_name,"
        " k.series, k.level, y.name as cycle_name,"
        " (select count(*) from motion o where o.meeting_id = g.id) as motions"
        " from meeting g join committee k on k.id = g.committee_id"
        " join cycle y on y.id = g.cycle_id"
        " where (" TD_COMMITTEE_SCOPE_SQL(
            "$1",
            "k.series") " or exists (select 1 from"
                        " committee_member m where m.committee_id = k.id and m.account_id = $2))"
                        " and ($3 = '' or g.id < $3) order by g.id desc limit $4",
        "sssi", td_committee_scope(review->who), me, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static int members(struct td_tx *tx, const json_t *meeting, json_t **ret_members)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        tx, &rows,
        "select c.name, m.position, coalesce(u.name, '') as unit_name, t.at,"
        " exists (select 1 from acting_chair n where n.meeting_id = $2"
        " and n.account_id = m.account_id) as acting"
        " from committee_member m join account c on c.id = m.account_id"
        " left join unit u on u.id = c.unit_id"
        " left join attendance t on t.account_id = m.account_id and t.meeting_id = $2"
        " where m.committee_id = $1"
        " order by case m.position when 'chair' then 0 when 'deputy' then 1 else 2 end, c.name",
        "ss", td_row_text(meeting, "committee_id"), td_row_text(meeting, "id"));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        json_object_set_new(row, "here", json_boolean(*td_row_text(row, "at")));
        json_object_set_new(row, "acting", json_boolean(td_row_int(row, "acting")));
        json_object_del(row, "at");
    }
    *ret_members = rows;
    return 0;
}

/* A counted motion keeps its result; before that only how many have voted, and of how many for who
 * runs or watches the meeting: to others the difference to those present would say how many recuse.
 */
static void add_progress(const struct td_meeting_seat *seat, json_t *motion)
{
    static const char *const result[] = {"present", "yes", "no", "abstain", "passed", "counted_at"};
    const char *state = td_row_text(motion, "state");
    bool counted = !strcmp(state, "counted"), voting = !strcmp(state, "voting");
    for (size_t i = 0; !counted && i < sizeof(result) / sizeof(result[0]); i++)
        json_object_del(motion, result[i]);
    if (!voting)
        json_object_del(motion, "voted");
    if (!(voting || counted) || !(seat->leads || seat->office || seat->reads))
        json_object_del(motion, "voters");
    json_object_set(motion, "motion_state", json_object_get(motion, "state"));
    json_object_set_new(motion, "is_waiting", json_boolean(!counted && !voting));
    json_object_set_new(motion, "is_voting", json_boolean(voting));
    json_object_set_new(motion, "is_counted", json_boolean(counted));
}

/* A member who must recuse does not see the dossier itself, only that there is one. */
static void hide(json_t *motion)
{
    static const char *const about[] = {"application_id",
                                        "number",
                                        "name",
                                        "unit_name",
                                        "specialty",
                                        "specialty_name",
                                        "specialty_name_en",
                                        "total",
                                        "yes",
                                        "no",
                                        "abstain",
                                        "passed",
                                        "present"};
    for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
        json_object_del(motion, about[i]);
}

static int motions(struct td_review *review, const json_t *meeting,
                   const struct td_meeting_seat *seat, json_t **ret_motions)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select o.id, o.sequence, o.state, o.application_id, a.number, c.name,"
        " u.name as unit_name, a.series, a.specialty, a.level, s.total, o.present, o.yes, o.no,"
        " o.abstain, o.passed, o.counted_at,"
        " (select count(*) from election_voter v where v.election_id = o.election_id and v.voted)"
        " as voted, case when o.state = 'counted' then o.voters else"
        " (select count(*) from election_voter v where v.election_id = o.election_id) end as "
        "voters,"
        " (select count(*) from sheet h where h.application_id = a.id and h.submitted_at is not "
        "null"
        " and " TD_INTEGRITY_BARRED_SQL(
            "h.account_id",
            "$3") ") as barred_sheets,"
                  " e.number as election, case when " TD_PANEL_OPEN_SQL
                  " then 1 else 0 end as undecided,"
                  " case when " TD_RECUSAL_SQL(
                      "$2") " then 1 else 0 end as mine_recused"
                            " from motion o join application a on a.id = o.application_id"
                            " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
                            " left join score s on s.id = a.score_id"
                            " left join election e on e.id = o.election_id where o.meeting_id = $1 "
                            "order by "
                            "o.sequence",
        "sss", td_row_text(meeting, "id"), review->who->id, review->today);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        if (!(seat->office || seat->reads) || !td_row_int(row, "barred_sheets"))
            json_object_del(row, "barred_sheets");
        bool recused = td_row_int(row, "mine_recused") != 0 && seat->member;
        json_object_del(row, "mine_recused");
        json_object_set_new(row, "recused", json_boolean(recused));
        bool open = td_row_int(row, "undecided") || seat->office || seat->reads;
        json_object_del(row, "undecided");
        json_object_set_new(row, "readable", json_boolean(open && !recused));
        td_application_name(review, row);
        if (recused)
            hide(row);
        add_progress(seat, row);
    }
    *ret_motions = rows;
    return 0;
}

static size_t in_state(const json_t *list, const char *flag)
{
    size_t i, count = 0;
    json_t *one = NULL;
    json_array_foreach((json_t *)list, i, one)
        count += td_row_bool(one, flag);
    return count;
}

/* What the caller may do now, by the states of motions and elections. */
static json_t *can(const json_t *meeting, const struct td_meeting_seat *seat, const json_t *list,
                   const json_t *elections)
{
    const char *state = td_row_text(meeting, "state");
    bool planned = !strcmp(state, "planned"), open = !strcmp(state, "open");
    bool runs = seat->leads || seat->office, key = *td_row_text(meeting, "public_key") != 0;
    size_t registering = in_state(elections, "is_registering"),
           voting = in_state(elections, "is_voting");
    return json_pack(
        "{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:b}", "add",
        seat->office && (planned || open), "attend", seat->member && planned && !seat->attends,
        "open", runs && planned, "put", runs && open && key && in_state(list, "is_waiting") > 0,
        "vote", seat->member && seat->attends && open && registering + voting > 0, "begin",
        seat->leads && open && registering > 0, "close_vote", runs && open && voting > 0,
        "close_vote_early", seat->leads && open && voting > 0, "close",
        seat->leads && open && in_state(list, "is_voting") == 0, "minutes", !planned && !open);
}

static int count_waiting(struct td_tx *tx, const json_t *meeting, int64_t *ret_count)
{
    return td_tx_int(tx, ret_count,
                     "select count(*) from application a where a.cycle_id = $1 and a.series = $2 "
                     "and a.level = $3"
                     " and a.state = 'committee_vote' and not exists (select 1 from motion o"
                     " where o.application_id = a.id and o.state <> 'counted')",
                     "sss", td_row_text(meeting, "cycle_id"), td_row_text(meeting, "series"),
                     td_row_text(meeting, "level"));
}

int td_meeting_view(struct td_review *review, const char *meeting_id, json_t **ret_meeting,
                    struct td_error *reterr)
{
    json_t *meeting = NULL, *people = NULL, *list = NULL, *elections = NULL, *candidates = NULL;
    struct td_meeting_seat seat;
    int64_t waiting = 0, here = 0;
    size_t i;
    json_t *person = NULL;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = members(review->tx, meeting, &people);
    if (rc == 0)
        rc = motions(review, meeting, &seat, &list);
    if (rc == 0)
        rc = td_ballot_list(review, meeting_id, &seat,
                            !strcmp(td_row_text(meeting, "state"), "open"), &elections);
    if (rc == 0)
        rc = count_waiting(review->tx, meeting, &waiting);
    if (rc == 0 && seat.office)
        rc = td_meeting_chair_candidates(review, meeting_id, &candidates);
    if (rc < 0) {
        json_decref(people);
        json_decref(list);
        json_decref(elections);
        json_decref(meeting);
        return rc;
    }
    json_array_foreach(people, i, person)
        here += td_row_bool(person, "here");
    int64_t size = (int64_t)json_array_size(people);
    json_object_del(meeting, "minutes");
    json_object_set(meeting, "meeting_id", json_object_get(meeting, "id"));
    json_object_set_new(meeting, "can", can(meeting, &seat, list, elections));
    json_object_set_new(meeting, "has_key", json_boolean(*td_row_text(meeting, "public_key")));
    json_object_del(meeting, "trustees");
    json_object_del(meeting, "public_key");
    json_object_set_new(meeting, "elections", elections);
    json_object_set_new(meeting, "quorum",
                        json_pack("{s:I, s:I, s:I, s:b}", "members", size, "present", here,
                                  "needed", td_meeting_two_thirds(size), "met",
                                  (int)td_meeting_quorum(size, here)));
    json_object_set_new(meeting, "committee_members", people);
    json_object_set_new(meeting, "motions", list);
    json_object_set_new(meeting, "waiting_dossiers", json_integer(waiting));
    json_object_set_new(meeting, "attends", json_boolean(seat.attends));
    if (seat.barred)
        json_object_set_new(meeting, "lead_barred", json_true());
    if (json_array_size(candidates))
        json_object_set(meeting, "chair_candidates", candidates);
    json_decref(candidates);
    *ret_meeting = meeting;
    return 0;
}

int td_meeting_motion(struct td_review *review, const char *meeting_id, const char *motion_id,
                      json_t **ret_motion, struct td_error *reterr)
{
    json_t *meeting = NULL, *motion = NULL;
    struct td_meeting_seat seat;
    bool recused = false;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    json_decref(meeting);
    rc = td_tx_row(review->tx, &motion,
                   "select id, sequence, state, application_id from motion"
                   " where id = $1 and meeting_id = $2",
                   "ss", motion_id, meeting_id);
    if (rc == 0)
        rc = td_recusal_check(review->tx, review->who->id, td_row_text(motion, "application_id"),
                              &recused);
    if (rc == 0 && recused)
        rc = td_error_set(reterr, TD_ENOTFOUND, "must recuse");
    if (rc == 0 && !seat.office && !seat.reads) {
        bool sees = false;
        rc = td_panel_sees(review, td_row_text(motion, "application_id"), &sees);
        if (rc == 0 && !sees)
            rc = td_error_set(reterr, TD_ENOTFOUND, "decided: the material is closed");
    }
    if (rc < 0)
        json_decref(motion);
    else
        *ret_motion = motion;
    return rc;
}

int td_meeting_progress(struct td_review *review, const char *meeting_id, json_t **ret_progress,
                        struct td_error *reterr)
{
    json_t *meeting = NULL, *rows = NULL, *row = NULL;
    struct td_meeting_seat seat;
    size_t i;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_rows(review->tx, &rows,
                    "select o.id, o.sequence, o.state, (select count(*) from election_voter v"
                    " where v.election_id = o.election_id and v.voted) as voted, (select count(*)"
                    " from election_voter v where v.election_id = o.election_id) as voters"
                    " from motion o where o.meeting_id = $1 order by o.sequence",
                    "s", meeting_id);
    json_array_foreach(rows, i, row)
        add_progress(&seat, row);
    int64_t here = 0;
    if (rc == 0)
        rc = td_tx_int(review->tx, &here, "select count(*) from attendance where meeting_id = $1",
                       "s", meeting_id);
    if (rc == 0)
        *ret_progress =
            json_pack("{s:s, s:O, s:I, s:O}", "id", meeting_id, "state",
                      json_object_get(meeting, "state"), "present", here, "motions", rows);
    json_decref(rows);
    json_decref(meeting);
    return rc;
}

/* The stored minutes as the caller may read them. The places of a ranking tell what became of those
 * that are missing in it: a member with withheld motions gets none. */
static int read_minutes(struct td_review *review, const char *meeting_id, const json_t *stored,
                        const struct td_meeting_seat *seat, json_t *minutes)
{
    json_t *annex = NULL, *signatures = NULL, *one;
    int64_t withheld = 0;
    size_t i;
    int rc = json_object_update(minutes, (json_t *)stored) < 0 ? TD_ENOMEM : 0;
    if (rc == 0 && seat->member)
        rc = td_minutes_withhold(review, meeting_id, minutes, &withheld);
    if (rc == 0 && !withheld)
        rc = td_ranking_annex(review, meeting_id, &annex);
    if (rc == 0)
        rc = td_minutes_signatures(review, meeting_id, &signatures);
    bool signs = seat->leads || td_row_is(review, TD_ROLE_SUPERVISOR);
    json_array_foreach(signatures, i, one) {
        signs &= !td_row_equals(one, "trustee_seat", seat->leads ? "chair" : "supervisor");
        if (withheld) /* others' recusals from the same motions */
            json_object_del(one, "unread");
    }
    json_object_set_new(minutes, "id", json_string(meeting_id));
    json_object_set_new(minutes, "ranking_annex", annex ? annex : json_array());
    json_object_set_new(minutes, "signatures", signatures ? signatures : json_array());
    json_object_set_new(minutes, "can_sign", json_boolean(signs));
    return rc;
}

int td_meeting_minutes(struct td_review *review, const char *meeting_id, json_t **ret_minutes,
                       struct td_error *reterr)
{
    json_t *meeting = NULL, *minutes = json_object();
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    const json_t *stored = json_object_get(meeting, "minutes");
    if (rc == 0 && !json_is_object(stored))
        rc = td_error_key(reterr, TD_ECONFLICT, "no_minutes_yet", NULL);
    if (rc == 0)
        rc = read_minutes(review, meeting_id, stored, &seat, minutes);
    json_decref(meeting);
    if (rc < 0)
        json_decref(minutes);
    else
        *ret_minutes = minutes;
    return rc;
}
