/* standard_life.c - see standard.h: who puts a standard in force and takes it out again. Owns the
 * state of `standard` after its draft, and the table `standard_release`; scores are evaluation.c's.
 */
#include "config.h"
#include "review/standard.h"

#include "review/evaluation.h"
#include "review/message.h"
#include "review/row.h"
#include "review/trial.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

enum { SCORES_PAGE = 500 };

static const char *const writers[3] = {"bureau", "admin"};

/* --- writing and telling ---------------------------------------------------------------------- */

/* What the ledger keeps of an act on a standard. */
static json_t *entry(const json_t *standard, const char *reason)
{
    return json_pack("{s:s, s:s, s:I, s:s, s:s*}", "series", td_row_text(standard, "series"),
                     "level", td_row_text(standard, "level"), "version",
                     (json_int_t)td_row_int(standard, "version"), "hash",
                     td_row_text(standard, "hash"), "reason", reason);
}

/* A message to one account, unless it is the one who acts or none of the store (the console). */
static int tell_one(struct td_review *review, const json_t *standard, const char *account_id,
                    const char *kind)
{
    int64_t known = 0;
    int rc = td_tx_int(review->tx, &known, "select count(*) from account where id = $1", "s",
                       account_id);
    if (rc < 0 || !known || !strcmp(account_id, td_row_actor(review)))
        return rc;
    json_t *words = td_standard_words(standard);
    rc = td_message_send(review, account_id, NULL, kind, words);
    json_decref(words);
    return rc;
}

/* --- trial and approval ----------------------------------------------------------------------- */

int td_standard_tried(struct td_review *review, const char *standard_id, const char *hash,
                      bool passed)
{
    json_t *standard = NULL;
    int rc = td_standard_load(review->tx, standard_id, &standard);
    if (rc < 0)
        return rc;
    bool counts =
        passed && td_row_equals(standard, "hash", hash) &&
        (td_row_equals(standard, "state", "draft") || td_row_equals(standard, "state", "trial"));
    if (counts)
        rc = td_standard_tell_roles(review, standard, "standard_waits", writers, true);
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(standard);
    return rc;
}

static int check_second(struct td_review *review, const json_t *standard, struct td_error *reterr)
{
    int64_t own = 0;
    int rc = td_tx_int(review->tx, &own,
                       "select (select count(*) from standard_source where standard_id = $1"
                       " and author = $2) + (select count(*) from standard_case where"
                       " standard_id = $1 and amended_by = $2 and inherited_from is null)",
                       "ss", td_row_text(standard, "id"), review->who->id);
    if (rc == 0 && own > 0)
        rc = td_error_key(reterr, TD_EFORBIDDEN, "second_person", NULL);
    return rc;
}

static int check_sound(const json_t *standard, const char *hash, int64_t cases,
                       struct td_error *reterr)
{
    if ((*hash && !td_row_equals(standard, "hash", hash)) ||
        (cases >= 0 && td_row_int(standard, "cases_revision") != cases))
        return td_error_key(reterr, TD_ESTALE, "changed_meanwhile", NULL);
    if (!json_is_null(json_object_get(standard, "fault")))
        return td_error_key(reterr, TD_ECONFLICT, "standard_faulty", NULL);
    return 0;
}

/* Exactly the source that it has now must have passed. */
static int check_tried(struct td_review *review, const json_t *standard, struct td_error *reterr)
{
    json_t *verdict = NULL;
    int rc = td_trial_verdict(review->tx, td_row_text(standard, "id"), &verdict);
    if (rc == 0 && !td_row_bool(verdict, "passed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_untried",
                          json_pack("{s:s}", "reason", td_row_text(verdict, "reason")));
    json_decref(verdict);
    return rc;
}

/* Who may let it into force while it is frozen. */
static int ask_supervisors(struct td_review *review, const json_t *standard)
{
    bool frozen = false;
    int rc = td_standard_frozen(review->tx, td_row_text(standard, "series"),
                                td_row_text(standard, "level"), &frozen);
    return rc == 0 && frozen ? td_standard_tell_roles(review, standard, "standard_wants_release",
                                                      (const char *[3]){"supervisor"}, false)
                             : rc;
}

static int log_approval(struct td_review *review, const json_t *standard,
                        const struct td_standard_approval *approval)
{
    json_t *payload = entry(standard, NULL);
    if (*approval->consent_reference)
        json_object_set_new(payload, "consent", json_string(approval->consent_reference));
    return td_row_log(review, "standard.approve", "standard", td_row_text(standard, "id"), payload);
}

static int check_consent(const struct td_review *review,
                         const struct td_standard_approval *approval, struct td_error *reterr)
{
    bool number = *approval->consent_reference, day = *approval->consented_on;
    if (number != day)
        return td_error_field(reterr, number ? "consented_on" : "consent_reference", "required",
                              "a consent has a number and a day");
    if (day && strcmp(approval->consented_on, review->today) > 0)
        return td_error_field(reterr, "consented_on", "future", "this day is still to come");
    return number || !review->config->standard_consent
               ? 0
               : td_error_key(reterr, TD_ECONFLICT, "standard_consent", NULL);
}

int td_standard_approve(struct td_review *review, const char *standard_id,
                        const struct td_standard_approval *approval, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = td_standard_load_to_write(review, standard_id, "draft trial", &standard, reterr);
    if (rc < 0)
        return rc;
    rc = check_second(review, standard, reterr);
    if (rc == 0)
        rc = check_sound(standard, approval->hash, approval->cases, reterr);
    if (rc == 0)
        rc = check_tried(review, standard, reterr);
    if (rc == 0)
        rc = check_consent(review, approval, reterr);
    if (rc == 0)
        rc =
            td_tx_exec(review->tx, NULL,
                       "update standard set state = 'approved', approved_by = $2,"
                       " approved_at = $3, consent_reference = $4, consented_on = $5 where id = $1",
                       "sssss", standard_id, review->who->id, review->now,
                       approval->consent_reference, approval->consented_on);
    if (rc == 0)
        rc = log_approval(review, standard, approval);
    if (rc == 0)
        rc = tell_one(review, standard, td_row_text(standard, "author"), "standard_approved");
    if (rc == 0)
        rc = ask_supervisors(review, standard);
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(standard);
    return rc;
}

/* --- in force --------------------------------------------------------------------------------- */

/* A release of this source is used up, also when it was not needed after all: it is for one
 * activation. Frozen and without one, nothing happens. */
static int check_not_frozen(struct td_review *review, const json_t *standard,
                            struct td_error *reterr)
{
    bool frozen = false;
    int64_t used = 0;
    int rc = td_standard_frozen(review->tx, td_row_text(standard, "series"),
                                td_row_text(standard, "level"), &frozen);
    if (rc == 0)
        rc = td_tx_exec(review->tx, &used,
                        "update standard_release set used_at = $3 where standard_id = $1"
                        " and hash = $2 and used_at is null",
                        "sss", td_row_text(standard, "id"), td_row_text(standard, "hash"),
                        review->now);
    if (rc == 0 && frozen && used == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_frozen", NULL);
    return rc;
}

/* The rest is queued after commit, a page at a time: no transaction grows with the city. */
static int queue_rest(struct td_tx *tx, const char *series, const char *level, const char *after)
{
    json_t *payload =
        json_pack("{s:s, s:s, s:s}", "series", series, "level", level, "after", after);
    int rc = payload ? td_tx_outbox(tx, "rescore", payload) : TD_ENOMEM;
    json_decref(payload);
    return rc;
}

/* In the order of ids, of which alone an index is wanted: hence coalesce. */
static int queue_page(struct td_review *review, const char *series, const char *level,
                      const char *after)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select id from application where id > $3 and coalesce(series, '') = $1 and"
        " coalesce(level, '') = $2 and coalesce(state, '') in ('submitted', 'unit_review',"
        " 'unit_notice', 'district_industry_review', 'district_hr_review', 'office_review',"
        " 'fee_due', 'accepted', 'panel_review') order by id limit $4",
        "sssi", series, level, after, (int64_t)SCORES_PAGE);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = td_evaluation_queue(review, td_row_text(row, "id"));
    if (rc == 0 && i == SCORES_PAGE)
        rc = queue_rest(review->tx, series, level,
                        td_row_text(json_array_get(rows, SCORES_PAGE - 1), "id"));
    json_decref(rows);
    return rc;
}

int td_standard_queue_scores(struct td_review *review, const json_t *standard)
{
    return queue_page(review, td_row_text(standard, "series"), td_row_text(standard, "level"), "");
}

int td_standard_queue_more(struct td_review *review, const json_t *payload, const json_t *job,
                           const json_t *answer, struct td_error *reterr)
{
    (void)job, (void)answer, (void)reterr;
    return queue_page(review, td_row_text(payload, "series"), td_row_text(payload, "level"),
                      td_row_text(payload, "after"));
}

/* Those concerned: who wrote it, who approved it, the series' office and who watches. */
static int tell_concerned(struct td_review *review, const json_t *standard, const char *kind)
{
    int rc = tell_one(review, standard, td_row_text(standard, "author"), kind);
    if (rc == 0 && *td_row_text(standard, "approved_by") &&
        !td_row_equals(standard, "approved_by", td_row_text(standard, "author")))
        rc = tell_one(review, standard, td_row_text(standard, "approved_by"), kind);
    if (rc == 0)
        rc = td_standard_tell_roles(review, standard, kind,
                                    (const char *[3]){"office", "supervisor"}, false);
    return rc == 0 ? td_standard_tell(review->tx, standard, true) : rc;
}

/* The present one retires, this one takes its place. `onward`: it is a step that a rollback undoes.
 */
static int put_in_force(struct td_review *review, const json_t *standard, bool onward,
                        struct td_error *reterr)
{
    const char *series = td_row_text(standard, "series"), *level = td_row_text(standard, "level");
    const char *id = td_row_text(standard, "id");
    int rc = check_not_frozen(review, standard, reterr);
    if (rc == 0 && onward)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set replaces = (select id from standard where series = $2"
                        " and level = $3 and state = 'active') where id = $1",
                        "sss", id, series, level);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'retired' where series = $1 and level = $2"
                        " and state = 'active'",
                        "ss", series, level);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'active', activated_at = $2 where id = $1",
                        "ss", id, review->now);
    return rc == 0 ? td_standard_queue_scores(review, standard) : rc;
}

int td_standard_activate(struct td_review *review, const char *standard_id, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc = td_standard_load_to_write(review, standard_id, "approved retired", &standard, reterr);
    if (rc < 0)
        return rc;
    rc = put_in_force(review, standard, true, reterr);
    if (rc == 0)
        rc =
            td_row_log(review, "standard.activate", "standard", standard_id, entry(standard, NULL));
    if (rc == 0)
        rc = tell_concerned(review, standard, "standard_activated");
    json_decref(standard);
    return rc;
}

int td_standard_rollback(struct td_review *review, const char *standard_id, const char *reason,
                         char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *present = NULL, *before = NULL;
    int rc = td_standard_load_to_write(review, standard_id, "active", &present, reterr);
    if (rc < 0)
        return rc;
    /* It may have been put aside since. */
    rc = td_standard_load_in(review, td_row_text(present, "replaces"), "retired", &before, reterr);
    if (rc == TD_ENOTFOUND)
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_first", NULL);
    if (rc == 0)
        rc = put_in_force(review, before, false, reterr);
    if (rc == 0)
        rc = td_row_log(review, "standard.rollback", "standard", td_row_text(before, "id"),
                        entry(before, reason));
    if (rc == 0)
        rc = td_standard_tell(review->tx, present, false);
    if (rc == 0)
        rc = tell_concerned(review, before, "standard_rolled_back");
    if (rc == 0)
        memcpy(ret_id, td_row_text(before, "id"), TD_ID_TEXT);
    json_decref(present);
    json_decref(before);
    return rc;
}

int td_standard_release(struct td_review *review, const char *standard_id, const char *reason,
                        struct td_error *reterr)
{
    json_t *standard = NULL;
    char id[TD_ID_TEXT];
    if (!td_row_is(review, TD_ROLE_SUPERVISOR))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the supervisor releases a standard");
    int rc = td_standard_load_in(review, standard_id, "approved retired", &standard, reterr);
    if (rc < 0)
        return rc;
    td_id_new(id);
    rc = td_tx_exec(review->tx, NULL,
                    "insert into standard_release (id, standard_id, hash, reason, released_by, at)"
                    " values ($1, $2, $3, $4, $5, $6)",
                    "ssssss", id, standard_id, td_row_text(standard, "hash"), reason,
                    review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "standard.release", "standard", standard_id,
                        entry(standard, reason));
    if (rc == 0)
        rc = td_standard_tell_roles(review, standard, "standard_released", writers, false);
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(standard);
    return rc;
}
