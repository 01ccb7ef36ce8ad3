/* quarantine.c - see quarantine.h. Owns the table `standard_kill` and standard.quarantine. */
#include "review/quarantine.h"

#include "base/log.h"
#include "review/row.h"
#include "review/standard.h"
#include "store/store.h"

#include <string.h>

#define OF_JOB "series = $1 and level = $2 and hash = $3 and state = 'active'"

static const char *hash_of(const json_t *job)
{
    return td_row_text(json_object_get(job, "standard"), "hash");
}

int td_quarantine_passed(struct td_review *review, const json_t *payload, const json_t *job)
{
    return td_tx_exec(review->tx, NULL,
                      "delete from standard_kill where application_id = $4 and standard_id in"
                      " (select id from standard where " OF_JOB ")",
                      "ssss", td_row_text(job, "series"), td_row_text(job, "level"), hash_of(job),
                      td_row_text(payload, "application"));
}

/* Those of a standard are forgotten. */
static int forget(struct td_review *review, const char *standard_id)
{
    return td_tx_exec(review->tx, NULL, "delete from standard_kill where standard_id = $1", "s",
                      standard_id);
}

static int count(struct td_review *review, const char *standard_id, const char *application_id,
                 int64_t *ret_kills)
{
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into standard_kill (standard_id, application_id, kills) values ($1,"
                        " $2, 1) on conflict (standard_id, application_id) do update set"
                        " kills = standard_kill.kills + 1",
                        "ss", standard_id, application_id);
    return rc < 0 ? rc
                  : td_tx_int(review->tx, ret_kills,
                              "select sum(kills) from standard_kill where standard_id = $1", "s",
                              standard_id);
}

/* The one that served before it, as far as it is good; else the one that served last. */
static int last_good(struct td_tx *tx, const json_t *standard, json_t **ret_good)
{
    return td_tx_row(tx, ret_good,
                     "select * from standard where series = $1 and level = $2 and state = 'retired'"
                     " and quarantine is null order by id = $3 desc, activated_at desc limit 1",
                     "sss", td_row_text(standard, "series"), td_row_text(standard, "level"),
                     td_row_text(standard, "replaces"));
}

/* *ret_good is its successor, NULL when there is none or standards are frozen. */
static int replace(struct td_review *review, const json_t *standard, json_t **ret_good)
{
    bool frozen = false;
    json_t *good = NULL;
    int rc = td_standard_frozen(review->tx, td_row_text(standard, "series"),
                                td_row_text(standard, "level"), &frozen);
    if (rc < 0 || frozen)
        return rc;
    rc = last_good(review->tx, standard, &good);
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    rc = td_tx_exec(review->tx, NULL,
                    "update standard set state = 'active', activated_at = $2 where id = $1", "ss",
                    td_row_text(good, "id"), review->now);
    if (rc == 0)
        rc = td_standard_queue_scores(review, good);
    if (rc == 0)
        rc = td_standard_tell(review->tx, good, true);
    if (rc < 0)
        json_decref(good);
    else
        *ret_good = good;
    return rc;
}

static int put_aside(struct td_review *review, const json_t *standard, const json_t *blame)
{
    const char *id = td_row_text(standard, "id");
    json_t *good = NULL;
    json_t *reason = json_pack("{s:s, s:s, s:s, s:I}", "at", review->now, "message",
                               td_row_text(blame, "message"), "file", td_row_text(blame, "file"),
                               "line", (json_int_t)td_row_int(blame, "line"));
    int rc = td_tx_exec(review->tx, NULL,
                        "update standard set state = 'quarantined', quarantine = $2 where id = $1",
                        "sj", id, reason);
    json_decref(reason);
    if (rc == 0)
        rc = forget(review, id);
    if (rc == 0)
        rc = replace(review, standard, &good);
    if (rc == 0)
        rc = td_row_log(
            review, "standard.quarantine", "standard", id,
            json_pack("{s:s, s:I, s:s, s:s, s:O?}", "hash", td_row_text(standard, "hash"), "kills",
                      (json_int_t)TD_QUARANTINE_KILLS, "file", td_row_text(blame, "file"),
                      "message", td_row_text(blame, "message"), "serves",
                      json_object_get(good, "id")));
    if (rc == 0)
        rc = td_standard_tell_roles(review, standard, "standard_quarantined",
                                    (const char *[3]){"admin", "bureau", "supervisor"}, false);
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, true);
    TD_LOG(TD_LOG_ERROR, "standard.quarantined", TD_S("standard", id),
           TD_S("because", td_row_text(blame, "message")), TD_S("serves", td_row_text(good, "id")));
    json_decref(good);
    return rc;
}

int td_quarantine_failed(struct td_review *review, const json_t *payload, const json_t *job,
                         const json_t *blame, struct td_error *reterr)
{
    json_t *standard = NULL;
    int64_t kills = 0;
    (void)reterr;
    if (!td_row_bool(blame, "killed") || !*td_row_text(blame, "file"))
        return 0;
    int rc = td_tx_row(review->tx, &standard, "select * from standard where " OF_JOB, "sss",
                       td_row_text(job, "series"), td_row_text(job, "level"), hash_of(job));
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    rc = count(review, td_row_text(standard, "id"), td_row_text(payload, "application"), &kills);
    if (rc == 0 && kills >= TD_QUARANTINE_KILLS)
        rc = put_aside(review, standard, blame);
    json_decref(standard);
    return rc;
}

int td_quarantine_lift(struct td_review *review, const char *standard_id, const char *reason,
                       struct td_error *reterr)
{
    json_t *standard = NULL;
    if (!td_row_is(review, TD_ROLE_ADMIN))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the administrator ends a quarantine");
    int rc = td_standard_load_in(review, standard_id, "quarantined", &standard, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(review->tx, NULL,
                    "update standard set state = 'retired', quarantine = null where id = $1", "s",
                    standard_id);
    if (rc == 0)
        rc = td_row_log(
            review, "standard.quarantine_lift", "standard", standard_id,
            json_pack("{s:s, s:s}", "hash", td_row_text(standard, "hash"), "reason", reason));
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(standard);
    return rc;
}
