/* minutes.c - makes the minutes of a meeting from what is stored. Writes nothing but the
 * checkpoint. */
#include "review/minutes.h"

#include "ballot/election.h"
#include "base/id.h"
#include "review/application.h"
#include "review/cycle.h"
#include "review/meeting.h"
#include "review/recusal.h"
#include "review/row.h"
#include "store/checkpoint.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

enum { SALT_BYTES = 16 };

static int people(struct td_tx *tx, const json_t *meeting, bool here, json_t **ret_people)
{
    return td_tx_rows(
        tx, ret_people,
        "select c.name, m.position, coalesce(u.name, '') as unit_name, t.at"
        " from committee_member m join account c on c.id = m.account_id"
        " left join unit u on u.id = c.unit_id"
        " left join attendance t on t.account_id = m.account_id and t.meeting_id = $2"
        " where m.committee_id = $1 and (t.at is not null) = $3"
        " order by case m.position when 'chair' then 0 when 'deputy' then 1 else 2 end, c.name",
        "ssb", td_row_text(meeting, "committee_id"), td_row_text(meeting, "id"), (int)here);
}

/* Members of the committee who kept out of a dossier, by name. */
static int recused(struct td_tx *tx, const json_t *meeting, const char *application_id,
                   json_t **ret_names)
{
    return td_tx_rows(
        tx, ret_names,
        "select c.name, coalesce((select min(r.kind) from recusal r where r.application_id = a.id"
        " and r.account_id = c.id and r.lifted_at is null), case when a.account_id = c.id then "
        "'own'"
        " else 'same_unit' end) as kind from committee_member m"
        " join account c on c.id = m.account_id join application a on a.id = $2"
        " where m.committee_id = $1 and " TD_RECUSAL_SQL("m.account_id") " order by c.name",
        "ss", td_row_text(meeting, "committee_id"), application_id);
}

static int results(struct td_review *review, const json_t *meeting, json_t **ret_motions)
{
    struct td_tx *tx = review->tx;
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc =
        td_tx_rows(tx, &rows,
                   "select o.sequence, o.application_id, a.number, c.name, u.name as unit_name,"
                   " a.series, a.specialty, a.level, a.plugin_version, s.total, o.present, "
                   "o.voters, o.yes, o.no,"
                   " o.abstain, o.passed,"
                   " o.counted_at, o.yes + o.no + o.abstain as votes"
                   " from motion o join application a on a.id = o.application_id"
                   " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
                   " left join score s on s.id = a.score_id"
                   " where o.meeting_id = $1 and o.state = 'counted' order by o.sequence",
                   "s", td_row_text(meeting, "id"));
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        json_t *names = NULL;
        rc = recused(tx, meeting, td_row_text(row, "application_id"), &names);
        if (rc < 0) {
            json_decref(rows);
            return rc;
        }
        json_object_set_new(row, "recused", names);
        json_object_set_new(row, "missing",
                            json_integer(td_row_int(row, "present") - td_row_int(row, "yes") -
                                         td_row_int(row, "no") - td_row_int(row, "abstain")));
        td_application_name(review, row);
        json_object_del(row, "plugin_version");
    }
    *ret_motions = rows;
    return 0;
}

/* --- elections -------------------------------------------------------------------------------- */

static int openers(struct td_tx *tx, const char *election_id, json_t **ret_seats)
{
    return td_tx_rows(tx, ret_seats,
                      "select case number when 1 then 'chair' when 2 then 'supervisor' else"
                      " 'office' end as trustee_seat from factor where election_id = $1"
                      " order by number",
                      "s", election_id);
}

/* What everybody needs to check the archives against what was read out. */
static int elections(struct td_tx *tx, const json_t *meeting, json_t **ret_elections)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        tx, &rows,
        "select e.id, e.number, e.state as election_state, e.uuid, e.fingerprint, e.credentials,"
        " e.head, e.announced_at, e.reason, (select count(*) from election_voter v where"
        " v.election_id = e.id) as voters, (select count(*) from paper p where"
        " p.election_id = e.id) as papers from election e where e.meeting_id = $1"
        " order by e.number",
        "s", td_row_text(meeting, "id"));
    json_array_foreach(rows, i, row) {
        const char *credentials = td_row_text(row, "credentials");
        char fingerprint[TD_ELECTION_FINGERPRINT + 1] = "";
        json_t *seats = NULL;
        if (*credentials)
            td_election_fingerprint(credentials, strlen(credentials), fingerprint);
        if (rc == 0)
            rc = openers(tx, td_row_text(row, "id"), &seats);
        json_object_set_new(row, "credentials", json_string(fingerprint));
        json_object_set_new(row, "opened_by", seats ? seats : json_array());
        json_object_del(row, "id");
    }
    if (rc == 0)
        *ret_elections = rows;
    return rc;
}

static json_t *summary(const json_t *motions)
{
    size_t i;
    json_t *motion = NULL;
    int64_t passed = 0, failed = 0, count = (int64_t)json_array_size(motions);
    json_array_foreach((json_t *)motions, i, motion) {
        bool shown = !td_row_bool(motion, "withheld");
        passed += shown && td_row_bool(motion, "passed");
        failed += shown && !td_row_bool(motion, "passed");
    }
    return json_pack("{s:I, s:I, s:I}", "motions", count, "passed", passed, "failed", failed);
}

/* The newest ledger entry: the minutes say up to where the account of what happened reached. */
static int ledger_head(struct td_tx *tx, json_t **ret_head)
{
    int rc = td_tx_row(tx, ret_head,
                       "select sequence, hash from ledger order by sequence desc limit 1", "");
    if (rc != TD_ENOTFOUND)
        return rc;
    *ret_head = json_pack("{s:i, s:s}", "sequence", 0, "hash", "");
    return *ret_head ? 0 : TD_ENOMEM;
}

static json_t *describe(const json_t *meeting)
{
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", td_row_text(meeting, "id"),
        "name", td_row_text(meeting, "name"), "held_on", td_row_text(meeting, "held_on"),
        "committee_name", td_row_text(meeting, "committee_name"), "founding_unit",
        td_row_text(meeting, "founding_unit"), "cycle_name", td_row_text(meeting, "cycle_name"),
        "notice_number", td_row_text(meeting, "notice_number"), "series",
        td_row_text(meeting, "series"), "level", td_row_text(meeting, "level"), "opened_at",
        td_row_text(meeting, "opened_at"));
}

static int policy(struct td_tx *tx, const json_t *meeting, json_t **ret_policy)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load(tx, td_row_text(meeting, "cycle_id"), &cycle);
    if (rc < 0)
        return rc;
    *ret_policy = json_pack("{s:b}", "recused_count_present",
                            td_cycle_parameter(cycle, "recused_count_present", 1) != 0);
    json_decref(cycle);
    return 0;
}

int td_minutes_make(struct td_review *review, const json_t *meeting, json_t **ret_minutes)
{
    json_t *minutes = json_object(), *part = NULL;
    char salt[2 * SALT_BYTES + 1];
    int64_t members = td_row_int(meeting, "members"), present = td_row_int(meeting, "present");
    int rc = people(review->tx, meeting, true, &part);
    if (rc == 0)
        json_object_set_new(minutes, "attendance", part);
    if (rc == 0 && (rc = people(review->tx, meeting, false, &part)) == 0)
        json_object_set_new(minutes, "absent", part);
    if (rc == 0 &&
        (rc = td_meeting_acting_chairs(review->tx, td_row_text(meeting, "id"), &part)) == 0)
        json_object_set_new(minutes, "acting_chairs", part);
    if (rc == 0 && (rc = results(review, meeting, &part)) == 0) {
        json_object_set_new(minutes, "summary", summary(part));
        json_object_set_new(minutes, "motions", part);
    }
    if (rc == 0 && (rc = elections(review->tx, meeting, &part)) == 0)
        json_object_set_new(minutes, "elections", part);
    if (rc == 0 && (rc = policy(review->tx, meeting, &part)) == 0)
        json_object_set_new(minutes, "policy", part);
    if (rc == 0 && (rc = ledger_head(review->tx, &part)) == 0)
        json_object_set_new(minutes, "ledger", part);
    if (rc == 0 && (rc = td_checkpoint_make(review->tx, "minutes", &part)) == 0)
        json_object_set_new(minutes, "checkpoint", part);
    json_object_set_new(minutes, "meeting", describe(meeting));
    json_object_set_new(minutes, "quorum",
                        json_pack("{s:I, s:I, s:I}", "members", members, "present", present,
                                  "needed", td_meeting_two_thirds(members)));
    json_object_set_new(minutes, "made_at", json_string(review->now));
    td_id_random_hex(salt, SALT_BYTES);
    json_object_set_new(minutes, "salt", json_string(salt));
    if (rc < 0)
        json_decref(minutes);
    else
        *ret_minutes = minutes;
    return rc;
}

/* --- what a member may not read --------------------------------------------------------------- */

/* Dossiers of the agenda from which an account keeps out: {application id: true}. */
static int kept_out(struct td_tx *tx, const char *meeting_id, const char *account_id,
                    json_t **ret_ids)
{
    json_t *rows = NULL, *row, *ids = json_object();
    size_t i;
    int rc = td_tx_rows(tx, &rows,
                        "select a.id from motion o join application a on a.id = o.application_id"
                        " where o.meeting_id = $1 and " TD_RECUSAL_SQL("$2"),
                        "ss", meeting_id, account_id);
    json_array_foreach(rows, i, row)
        json_object_set_new(ids, td_row_text(row, "id"), json_true());
    json_decref(rows);
    if (rc < 0)
        json_decref(ids);
    else
        *ret_ids = ids;
    return rc;
}

/* The counts of the summary are of what is shown: of all, they would tell the rest. */
int td_minutes_withhold(struct td_review *review, const char *meeting_id, json_t *minutes,
                        int64_t *ret_withheld)
{
    json_t *ids = NULL, *motion, *shown;
    size_t i;
    int64_t withheld = 0;
    int rc = kept_out(review->tx, meeting_id, review->who->id, &ids);
    if (rc < 0)
        return rc;
    shown = json_array();
    json_array_foreach(json_object_get(minutes, "motions"), i, motion) {
        bool out = json_object_get(ids, td_row_text(motion, "application_id")) != NULL;
        withheld += out;
        if (out)
            json_array_append_new(shown,
                                  json_pack("{s:O, s:b}", "sequence",
                                            json_object_get(motion, "sequence"), "withheld", 1));
        else
            json_array_append(shown, motion);
    }
    if (withheld) {
        json_object_set_new(minutes, "summary", summary(shown));
        json_object_set(minutes, "motions", shown);
        json_object_del(minutes, "salt");
        json_object_set_new(minutes, "withheld_count", json_integer(withheld));
    }
    json_decref(shown);
    json_decref(ids);
    *ret_withheld = withheld;
    return 0;
}

/* --- signing ---------------------------------------------------------------------------------- */

/* "unread" of a signature: the motions whose result was withheld from who gave it. */
static int add_unread(struct td_tx *tx, const char *meeting_id, json_t *signature)
{
    json_t *rows = NULL;
    int rc = 0;
    if (td_row_equals(signature, "trustee_seat", "chair"))
        rc = td_tx_rows(
            tx, &rows,
            "select o.sequence from motion o join application a on a.id = o.application_id"
            " where o.meeting_id = $1 and " TD_RECUSAL_SQL("$2") " order by o.sequence",
            "ss", meeting_id, td_row_text(signature, "account_id"));
    json_object_del(signature, "account_id");
    json_object_set_new(signature, "unread", rows ? rows : json_array());
    return rc;
}

int td_minutes_signatures(struct td_review *review, const char *meeting_id, json_t **ret_signatures)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select s.seat as trustee_seat, s.account_id, c.name, s.at as signed_at, s.minutes_hash,"
        " exists (select 1 from acting_chair n where n.meeting_id = s.meeting_id"
        " and n.account_id = s.account_id) as acting"
        " from minutes_signature s join account c on c.id = s.account_id"
        " where s.meeting_id = $1 order by s.at, s.seat",
        "s", meeting_id);
    json_array_foreach(rows, i, row)
        if (rc == 0) {
            json_object_set_new(row, "acting", json_boolean(td_row_int(row, "acting")));
            rc = add_unread(review->tx, meeting_id, row);
        }
    if (rc < 0)
        json_decref(rows);
    else
        *ret_signatures = rows;
    return rc;
}

static int sign(struct td_review *review, const char *meeting_id, const char *seat,
                const json_t *minutes, struct td_error *reterr)
{
    char hash[65];
    int rc = td_ledger_hash_json(minutes, hash);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into minutes_signature (meeting_id, seat, account_id, minutes_hash,"
                        " at) values ($1, $2, $3, $4, $5)",
                        "sssss", meeting_id, seat, review->who->id, hash, review->now);
    if (rc == TD_ECONFLICT)
        return td_error_key(reterr, TD_ECONFLICT, "already_signed", NULL);
    return rc < 0 ? rc
                  : td_row_log(review, "minutes.sign", "meeting", meeting_id,
                               json_pack("{s:s, s:s}", "seat", seat, "minutes_hash", hash));
}

int td_minutes_sign(struct td_review *review, const char *meeting_id, struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    const json_t *minutes = json_object_get(meeting, "minutes");
    const char *signs = seat.leads                              ? "chair"
                        : td_row_is(review, TD_ROLE_SUPERVISOR) ? "supervisor"
                                                                : NULL;
    if (!signs && seat.barred)
        rc = td_meeting_check_lead(review, &seat, false, reterr);
    else if (!signs)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "signers_only", NULL);
    else if (!json_is_object(minutes))
        rc = td_error_key(reterr, TD_ECONFLICT, "no_minutes_yet", NULL);
    else
        rc = sign(review, meeting_id, signs, minutes, reterr);
    json_decref(meeting);
    return rc;
}
