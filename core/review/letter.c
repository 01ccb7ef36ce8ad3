/* letter.c - see letter.h. Writes nothing. */
#include "review/letter.h"

#include "review/evaluation.h"
#include "review/ranking.h"
#include "review/reexamination.h"
#include "review/meeting.h"
#include "review/row.h"
#include "store/store.h"

/* Why it failed, by the last change that made it so. */
static int load_cause(struct td_review *review, const json_t *application, json_t **ret_cause)
{
    json_t *change = NULL;
    int result = td_tx_row(review->tx, &change,
                           "select action, at from transition where application_id = $1 and "
                           "to_state = 'failed' order by at desc, id desc limit 1",
                           "s", td_row_text(application, "id"));
    if (result && result != TD_ENOTFOUND)
        return result;
    const char *cause = td_row_equals(change, "action", "annul")     ? "annulled"
                        : td_row_equals(change, "action", "outrank") ? "outranked"
                                                                     : "vote";
    *ret_cause = json_pack("{s:s, s:s}", "cause", cause, "failed_at", td_row_text(change, "at"));
    json_decref(change);
    return *ret_cause ? 0 : TD_ENOMEM;
}

/* The count, once the chair has announced the results and closed the meeting. */
static int add_vote(struct td_review *review, const json_t *application, json_t *letter)
{
    json_t *vote = NULL;
    int result = td_tx_row(
        review->tx, &vote,
        "select g.name as meeting_name, g.held_on, o.present, o.yes, o.no, o.abstain from motion o "
        "join meeting g on g.id = o.meeting_id where o.application_id = $1 and o.state = 'counted' "
        "and g.state = 'closed' order by o.counted_at desc limit 1",
        "s", td_row_text(application, "id"));
    if (result && result != TD_ENOTFOUND)
        return result;
    if (vote) {
        int64_t present = td_row_int(vote, "present");
        json_object_set_new(vote, "needed", json_integer(td_meeting_two_thirds(present)));
        json_object_set_new(vote, "missing",
                            json_integer(present - td_row_int(vote, "yes") -
                                         td_row_int(vote, "no") - td_row_int(vote, "abstain")));
    }
    json_object_set_new(letter, "vote", vote ? vote : json_null());
    return 0;
}

static int add_finding(struct td_review *review, const json_t *application, json_t *letter)
{
    json_t *objection = NULL;
    if (!td_row_equals(letter, "cause", "annulled"))
        return 0;
    int result = td_tx_row(review->tx, &objection,
                           "select finding from objection where application_id = $1 and upheld "
                           "order by decided_at desc limit 1",
                           "s", td_row_text(application, "id"));
    if (!result)
        json_object_set(letter, "finding", json_object_get(objection, "finding"));
    json_decref(objection);
    return result == TD_ENOTFOUND ? 0 : result;
}

int td_letter_load(struct td_review *review, const json_t *application, json_t **ret_letter,
                   struct td_error *reterr)
{
    json_t *letter = NULL, *evaluation = NULL, *window = NULL, *rank = NULL;
    if (!td_row_equals(application, "state", "failed"))
        return td_error_key(reterr, TD_ECONFLICT, "not_failed", NULL);
    int result = load_cause(review, application, &letter);
    if (!result)
        result = add_vote(review, application, letter);
    if (!result)
        result = add_finding(review, application, letter);
    if (!result)
        result = td_evaluation_load(review, application, &evaluation);
    if (!result)
        result = td_reexamination_window(review, application, &window, reterr);
    if (!result && td_row_equals(letter, "cause", "outranked"))
        result = td_ranking_of(review, td_row_text(application, "id"), &rank);
    if (result) {
        json_decref(letter);
        json_decref(evaluation);
        json_decref(window);
        return result;
    }
    json_object_set_new(letter, "rank", rank ? rank : json_null());
    json_object_set_new(letter, "evaluation", evaluation);
    json_object_set_new(letter, "recheck", window);
    *ret_letter = letter;
    return 0;
}
