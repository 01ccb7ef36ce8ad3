/* ballot_view.c - what people see of elections. Reads only. Progress counts people, never papers'
 * contents. */
#include "review/ballot.h"

#include "ballot/election.h"
#include "review/ballot_rows.h"
#include "review/ballot_work.h"
#include "review/ceremony.h"
#include "review/row.h"
#include "store/store.h"

#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define VOTERS "(select count(*) from election_voter v where v.election_id = e.id"
#define LIST_SQL                                                                                   \
    "select e.id, e.number, e.state as election_state, e.reason, e.head, e.announced_at,"          \
    " (select count(*) from motion o where o.election_id = e.id) as motions, " VOTERS              \
    ") as voters, " VOTERS " and v.registered) as registered, " VOTERS " and v.voted) as voted,"   \
    " (select count(*) from factor f where f.election_id = e.id) as opened_by,"                    \
    " case when exists (select 1 from motion o join application a on a.id = o.application_id"      \
    " where o.election_id = e.id and " TD_RECUSAL_SQL(                                             \
        "$2") ") then 1 else 0 end as kept_out"                                                    \
              " from election e where e.meeting_id = $1 order by e.number"

int td_ballot_list(struct td_review *review, const char *meeting_id,
                   const struct td_meeting_seat *seat, bool open, json_t **ret_elections)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int trustee = 0;
    bool sees = seat->office || seat->reads, runs = seat->leads || sees;
    int rc = td_tx_rows(review->tx, &rows, LIST_SQL, "ss", meeting_id, review->who->id);
    if (rc == 0)
        rc = td_ceremony_number(review->tx, meeting_id, review->who->id, &trustee);
    json_array_foreach(rows, i, row) {
        const char *state = td_row_text(row, "election_state");
        if (!runs) {
            json_object_del(row, "voters");
            json_object_del(row, "registered");
        }
        json_object_set_new(row, "readable",
                            json_boolean(sees || trustee > 0 || !td_row_int(row, "kept_out")));
        json_object_del(row, "kept_out");
        json_object_set_new(row, "is_registering", json_boolean(!strcmp(state, "registering")));
        json_object_set_new(row, "is_voting", json_boolean(!strcmp(state, "voting")));
        json_object_set_new(row, "is_closed", json_boolean(!strcmp(state, "closed")));
        json_object_set_new(row, "is_counted", json_boolean(!strcmp(state, "counted")));
        json_object_set_new(row, "can_announce",
                            json_boolean(!strcmp(state, "counted") && seat->leads && open &&
                                         !*td_row_text(row, "announced_at")));
        json_object_set_new(row, "is_annulled", json_boolean(!strcmp(state, "annulled")));
    }
    if (rc < 0)
        json_decref(rows);
    else
        *ret_elections = rows;
    return rc;
}

/* --- one election ----------------------------------------------------------------------------- */

/* A member sees the elections that he may vote in: the others' titles tell from which dossiers he
 * is kept. A trustee needs the encrypted sums of all; once they are opened, what became of a
 * dossier that he keeps out of is withheld from him. */
static int load(struct td_review *review, const char *meeting_id, int number,
                struct td_meeting_seat *seat, json_t **ret_meeting, json_t **ret_election,
                bool *ret_withheld, struct td_error *reterr)
{
    json_t *meeting = NULL, *election = NULL;
    int64_t kept_out = 0;
    int trustee = 0;
    int rc = td_meeting_load(review, meeting_id, &meeting, seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_ceremony_number(review->tx, meeting_id, review->who->id, &trustee);
    if (rc == 0)
        rc = td_tx_row(review->tx, &election,
                       "select * from election where meeting_id = $1 and number = $2", "si",
                       meeting_id, (int64_t)number);
    if (rc == 0 && !seat->office && !seat->reads)
        rc = td_tx_int(review->tx, &kept_out,
                       "select count(*) from motion o join application a on a.id = o.application_id"
                       " where o.election_id = $1 and " TD_RECUSAL_SQL("$2"),
                       "ss", td_row_text(election, "id"), review->who->id);
    if (rc == 0 && kept_out > 0 && !trustee)
        rc = td_error_set(reterr, TD_ENOTFOUND, "must recuse");
    if (rc < 0) {
        json_decref(meeting);
        json_decref(election);
        return rc;
    }
    *ret_withheld = kept_out > 0 && td_row_equals(election, "state", "counted");
    *ret_meeting = meeting;
    *ret_election = election;
    return 0;
}

static int load_papers(struct td_tx *tx, json_t *election)
{
    json_t *papers = NULL, *factors = NULL;
    int rc = td_ballot_papers(tx, td_row_text(election, "id"), &papers);
    if (rc == 0)
        rc = td_tx_rows(tx, &factors,
                        "select number, factors from factor where election_id = $1 order by number",
                        "s", td_row_text(election, "id"));
    json_object_set_new(election, "papers", papers ? papers : json_array());
    json_object_set_new(election, "factors", factors ? factors : json_array());
    return rc;
}

static bool has_ended(const json_t *election)
{
    const char *state = td_row_text(election, "state");
    return !strcmp(state, "closed") || !strcmp(state, "counted");
}

static json_t *trackers(const json_t *papers)
{
    size_t i;
    json_t *paper = NULL, *list = json_array();
    json_array_foreach((json_t *)papers, i, paper) {
        char tracker[44];
        td_ballot_work_tracker(json_string_value(paper), tracker);
        json_array_append_new(list, json_pack("{s:s}", "tracker", tracker));
    }
    return list;
}

static int questions(struct td_review *review, const json_t *election, json_t **ret_questions)
{
    json_t *row = NULL;
    size_t i;
    int rc = td_tx_rows(review->tx, ret_questions,
                        "select o.sequence, a.number, o.yes, o.no, o.abstain, o.present, o.voters,"
                        " o.passed, o.state = 'counted' as counted from motion o"
                        " join application a on a.id = o.application_id where o.election_id = $1"
                        " order by o.question",
                        "s", td_row_text(election, "id"));
    json_array_foreach(rc < 0 ? NULL : *ret_questions, i, row)
        json_object_set_new(row, "counted", json_boolean(td_row_int(row, "counted")));
    return rc;
}

static bool gave(const json_t *election, int owner)
{
    size_t i;
    json_t *one = NULL;
    json_array_foreach(json_object_get(election, "factors"), i, one)
        if (td_row_int(one, "number") == owner)
            return true;
    return false;
}

static void add_texts(const json_t *row, json_t *view)
{
    static const char *const names[] = {"id",          "uuid",         "election",
                                        "credentials", "fingerprint",  "head",
                                        "reason",      "announced_at", NULL};
    const char *credentials = td_row_text(row, "credentials");
    char fingerprint[TD_ELECTION_FINGERPRINT + 1] = "";
    for (int i = 0; names[i]; i++)
        json_object_set(view, names[i], json_object_get(row, names[i]));
    if (*credentials)
        td_election_fingerprint(credentials, strlen(credentials), fingerprint);
    json_object_set_new(view, "credentials_fingerprint", json_string(fingerprint));
}

int td_ballot_view(struct td_review *review, const char *meeting_id, int number,
                   json_t **ret_election, struct td_error *reterr)
{
    json_t *meeting = NULL, *row = NULL, *list = NULL;
    struct td_meeting_seat seat;
    int owner = 0;
    bool withheld = false;
    int rc = load(review, meeting_id, number, &seat, &meeting, &row, &withheld, reterr);
    if (rc < 0)
        return rc;
    bool ended = has_ended(row) && !withheld, open = !strcmp(td_row_text(meeting, "state"), "open");
    if (ended)
        rc = load_papers(review->tx, row);
    if (withheld)
        list = json_array();
    else if (rc == 0)
        rc = questions(review, row, &list);
    if (rc == 0)
        rc = td_ceremony_number(review->tx, meeting_id, review->who->id, &owner);
    const char *state = td_row_text(row, "state");
    bool opens = open && owner > 0 && !strcmp(state, "closed") && !gave(row, owner);
    bool annuls = open && seat.leads && strcmp(state, "counted") && strcmp(state, "annulled");
    if (rc == 0)
        *ret_election = json_pack(
            "{s:s, s:O, s:i, s:O, s:b, s:b, s:o, s:o, s:{s:b, s:b}}", "meeting_id", meeting_id,
            "meeting_name", json_object_get(meeting, "name"), "number", number, "election_state",
            json_object_get(row, "state"), "ended", (int)ended, "withheld", (int)withheld,
            "questions", list, "trackers", trackers(json_object_get(row, "papers")), "can",
            "open_sums", (int)opens, "annul", (int)annuls);
    else
        json_decref(list);
    if (rc == 0 && *ret_election)
        add_texts(row, *ret_election);
    json_decref(row);
    json_decref(meeting);
    return rc < 0 ? rc : *ret_election ? 0 : TD_ENOMEM;
}

int td_ballot_archive(struct td_review *review, const char *meeting_id, int number,
                      char **ret_bytes, size_t *ret_length, char ret_uuid[65],
                      struct td_error *reterr)
{
    json_t *meeting = NULL, *row = NULL;
    struct td_meeting_seat seat;
    char head[65];
    bool withheld = false;
    int rc = load(review, meeting_id, number, &seat, &meeting, &row, &withheld, reterr);
    if (rc < 0)
        return rc;
    if (withheld)
        rc = td_error_set(reterr, TD_ENOTFOUND, "must recuse");
    else if (!has_ended(row))
        rc = td_error_key(reterr, TD_ECONFLICT, "vote_is_open", NULL);
    if (rc == 0)
        rc = load_papers(review->tx, row);
    if (rc == 0)
        rc = td_ballot_work_archive(row, ret_bytes, ret_length, head);
    if (rc == 0)
        snprintf(ret_uuid, 65, "%s", td_row_text(row, "uuid"));
    json_decref(row);
    json_decref(meeting);
    return rc;
}
