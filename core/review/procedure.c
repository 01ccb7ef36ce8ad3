/* procedure.c - what the records say of how a dossier was decided, for whoever examines it. Writes
 * nothing. Declared in reexamination.h. */
#include "review/meeting.h"
#include "review/panel.h"
#include "review/recusal.h"
#include "review/reexamination.h"
#include "review/row.h"
#include "store/store.h"

static void add(json_t *checks, const char *check, bool kept, int64_t found, int64_t needed)
{
    json_array_append_new(checks,
                          json_pack("{s:s, s:b, s:I, s:I}", "check", check, "kept", (int)kept,
                                    "found", (json_int_t)found, "needed", (json_int_t)needed));
}

/* The vote: quorum, nobody beyond those present, the result as counted. */
static int add_vote(struct td_review *review, const char *application_id, json_t *checks)
{
    json_t *vote = NULL;
    int result = td_tx_row(review->tx, &vote,
                           "select o.present, o.yes, o.no, o.abstain, o.passed, g.members, "
                           "g.present as attended from motion o join meeting g on g.id = "
                           "o.meeting_id where o.application_id = $1 and o.state = 'counted' "
                           "order by o.counted_at desc limit 1",
                           "s", application_id);
    if (result)
        return result == TD_ENOTFOUND ? 0 : result;
    int64_t members = td_row_int(vote, "members"), attended = td_row_int(vote, "attended");
    int64_t present = td_row_int(vote, "present"), yes = td_row_int(vote, "yes");
    int64_t votes = yes + td_row_int(vote, "no") + td_row_int(vote, "abstain");
    add(checks, "quorum", td_meeting_quorum(members, attended), attended,
        td_meeting_two_thirds(members));
    add(checks, "votes", votes <= attended, votes, attended);
    add(checks, "result", td_meeting_passes(present, yes) == td_row_bool(vote, "passed"), yes,
        td_meeting_two_thirds(present));
    json_decref(vote);
    return 0;
}

static int add_count(struct td_review *review, const char *application_id, json_t *checks,
                     const char *check, int64_t needed, bool least, const char *sql)
{
    int64_t found = 0;
    int result = td_tx_int(review->tx, &found, sql, "s", application_id);
    if (!result)
        add(checks, check, least ? found >= needed : found <= needed, found, needed);
    return result;
}

int td_reexamination_procedure(struct td_review *review, const char *application_id,
                               json_t **ret_checks)
{
    json_t *checks = json_array();
    int result = add_vote(review, application_id, checks);
    if (!result)
        result = add_count(review, application_id, checks, "sheets", TD_PANEL_MINIMUM, true,
                           "select count(*) from sheet h join application a on a.id = "
                           "h.application_id where a.id = $1 and h.submitted_at is not null "
                           "and not " TD_RECUSAL_SQL("h.account_id"));
    if (!result)
        result = add_count(review, application_id, checks, "recusals", 0, false,
                           "select count(*) from sheet h join application a on a.id = "
                           "h.application_id where a.id = $1 and h.submitted_at is not null "
                           "and " TD_RECUSAL_SQL("h.account_id"));
    if (!result)
        result = add_count(review, application_id, checks, "points", 1, true,
                           "select count(*) from application a join score c on c.id = a.score_id "
                           "join snapshot s on s.id = a.snapshot_id where a.id = $1 and "
                           "c.snapshot_hash = s.hash");
    if (result)
        json_decref(checks);
    else
        *ret_checks = checks;
    return result;
}
