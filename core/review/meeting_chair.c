/* meeting_chair.c - who leads a meeting: chair and deputies by their position, and whom the office
 * names when none of them may. Owns `acting_chair`. */
#include "review/committee.h"
#include "review/integrity.h"
#include "review/meeting.h"
#include "review/message.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

/* Who could lead by his position, $1 meeting, $2 today: not barred, and in the room once it is
 * open. */
#define ABLE_SQL(columns)                                                                          \
    "select " columns " from meeting g join committee_member m on m.committee_id = g.committee_id" \
    " join account c on c.id = m.account_id"                                                       \
    " left join acting_chair n on n.meeting_id = g.id and n.account_id = m.account_id"             \
    " where g.id = $1 and not c.disabled and (g.state = 'planned' or exists (select 1 from"        \
    " attendance t where t.meeting_id = g.id and t.account_id = m.account_id))"                    \
    " and not " TD_INTEGRITY_BARRED_SQL("m.account_id", "$2")

/* Of these, who does: whom the office named once he is there, so that it can name another who is.
 */
#define LEADS_SQL                                                                                  \
    " and (m.position in ('chair', 'deputy') or (n.account_id is not null and exists (select 1"    \
    " from attendance t where t.meeting_id = g.id and t.account_id = m.account_id)))"

/* Of those of ABLE_SQL, whom the office can name: members with a vote whom it has not named yet. */
#define CANDIDATE_SQL                                                                              \
    " and n.account_id is null and exists (select 1 from committee k join account_grant e on"      \
    " e.scope = k.series and e.role = 'expert' where k.id = g.committee_id and"                    \
    " e.account_id = c.id) and not exists (select 1 from account_grant e where"                    \
    " e.account_id = c.id and e.role = 'office') order by c.name, c.id"

int td_meeting_lead(struct td_review *review, const json_t *meeting, const char *position,
                    struct td_meeting_seat *seat)
{
    json_t *record = NULL;
    int64_t acts = 0;
    bool post = !strcmp(position, "chair") || !strcmp(position, "deputy");
    int rc = 0;
    if (seat->member && !post)
        rc =
            td_tx_int(review->tx, &acts,
                      "select count(*) from acting_chair where meeting_id = $1 and account_id = $2",
                      "ss", td_row_text(meeting, "id"), review->who->id);
    if (rc == 0 && (post || acts))
        rc = td_integrity_barred(review->tx, review->who->id, review->today, TD_INTEGRITY_JUDGING,
                                 &record);
    seat->barred = record != NULL;
    seat->leads = (post || acts) && !seat->barred;
    json_decref(record);
    return rc;
}

int td_meeting_check_lead(struct td_review *review, const struct td_meeting_seat *seat, bool clerk,
                          struct td_error *reterr)
{
    if (seat->leads || (clerk && seat->office))
        return 0;
    if (!seat->barred)
        return td_error_key(reterr, TD_EFORBIDDEN, clerk ? "chair_or_office" : "chair_only", NULL);
    json_t *record = NULL;
    int rc = td_integrity_barred(review->tx, review->who->id, review->today, TD_INTEGRITY_JUDGING,
                                 &record);
    if (rc < 0)
        return rc;
    json_t *words = json_pack(
        "{s:O?, s:O?, s:O?, s:O?}", "integrity_kind", json_object_get(record, "integrity_kind"),
        "decision", json_object_get(record, "decision_number"), "decided_on",
        json_object_get(record, "decided_on"), "until_on", json_object_get(record, "until_on"));
    json_decref(record);
    return td_error_key(reterr, TD_EFORBIDDEN, "chair_barred", words);
}

/* Whether nobody leads the meeting any more, and somebody still has to. */
static int is_headless(struct td_review *review, const char *meeting_id, bool *ret_is)
{
    int64_t able = 0, signed_off = 0;
    int rc = td_tx_int(review->tx, &able, ABLE_SQL("count(*)") LEADS_SQL, "ss", meeting_id,
                       review->today);
    if (rc == 0)
        rc = td_tx_int(
            review->tx, &signed_off,
            "select count(*) from minutes_signature where meeting_id = $1 and seat = 'chair'", "s",
            meeting_id);
    if (rc == 0)
        *ret_is = able == 0 && signed_off == 0;
    return rc;
}

/* Nobody while somebody leads. */
static int find_candidates(struct td_review *review, const char *meeting_id, bool *ret_headless,
                           json_t **ret_people)
{
    int rc = is_headless(review, meeting_id, ret_headless);
    if (rc < 0)
        return rc;
    if (*ret_headless)
        return td_tx_rows(review->tx, ret_people,
                          ABLE_SQL("c.id as account_id, c.name") CANDIDATE_SQL, "ss", meeting_id,
                          review->today);
    *ret_people = json_array();
    return *ret_people ? 0 : TD_ENOMEM;
}

int td_meeting_chair_candidates(struct td_review *review, const char *meeting_id,
                                json_t **ret_people)
{
    bool headless = false;
    return find_candidates(review, meeting_id, &headless, ret_people);
}

static const json_t *find_person(const json_t *people, const char *account_id)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)people, i, one)
        if (td_row_equals(one, "account_id", account_id))
            return one;
    return NULL;
}

/* Writes down that the office named this member, and tells him. */
static int name_chair(struct td_review *review, const json_t *meeting, const char *account_id)
{
    const char *id = td_row_text(meeting, "id");
    json_t *words = json_pack("{s:O}", "meeting", json_object_get(meeting, "name"));
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into acting_chair (meeting_id, account_id, named_by, named_at)"
                        " values ($1, $2, $3, $4)",
                        "ssss", id, account_id, review->who->id, review->now);
    if (rc == 0)
        rc = td_message_send(review, account_id, NULL, "acting_chair", words);
    json_decref(words);
    if (rc == 0)
        rc = td_row_log(review, "meeting.acting_chair", "meeting", id,
                        json_pack("{s:s}", "account", account_id));
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", id);
}

int td_meeting_name_chair(struct td_review *review, const char *meeting_id, const char *account_id,
                          struct td_error *reterr)
{
    json_t *meeting = NULL, *people = NULL;
    struct td_meeting_seat seat;
    bool headless = false;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    if (!seat.office)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "office_only", NULL);
    else
        rc = find_candidates(review, meeting_id, &headless, &people);
    if (rc == 0 && !headless)
        rc = td_error_key(reterr, TD_ECONFLICT, "chair_there", NULL);
    if (rc == 0 && !find_person(people, account_id))
        rc = td_error_field(reterr, "account_id", "choice", "cannot lead this meeting");
    if (rc == 0)
        rc = name_chair(review, meeting, account_id);
    json_decref(people);
    json_decref(meeting);
    return rc;
}

int td_meeting_acting_chairs(struct td_tx *tx, const char *meeting_id, json_t **ret_people)
{
    return td_tx_rows(tx, ret_people,
                      "select c.name, n.named_at, b.name as named_by_name from acting_chair n"
                      " join account c on c.id = n.account_id join account b on b.id = n.named_by"
                      " where n.meeting_id = $1 order by n.named_at, c.name",
                      "s", meeting_id);
}
