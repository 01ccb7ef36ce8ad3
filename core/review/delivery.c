/* delivery.c - see delivery.h. Owns the table `delivery`. */
#include "review/delivery.h"

#include "review/row.h"
#include "store/store.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                    \
    "id, kind, target, subject, path, body, state, attempts, due_at, sent_at, receipt, reason, "   \
    "ends_at, created_at, settled_at"

/* As lists show it: the body may name people. That of a filing is called in words. */
#define LISTED_SQL                                                                                 \
    "select d.id, d.kind as delivery_kind, d.target, d.subject, d.state as delivery_state, "       \
    "d.attempts, d.due_at, d.sent_at, d.receipt, d.reason, d.created_at, d.settled_at, "           \
    "d.state not in ('delivered', 'given_up') as open, coalesce(f.id, '') as filing_id, f.kind "   \
    "as filing_kind, f.level, c.name as cycle_name, d.state in ('waiting', 'sending', 'unknown') " \
    "as tried from delivery d left join filing f on d.kind in ('filing', 'filing_decision') and "  \
    "f.id = substr(d.subject, case d.kind when 'filing' then 8 else 10 end) left join cycle c on " \
    "c.id = f.cycle_id where "

enum { REASON_MAX = 500, HOUR_MS = 3600 * 1000 };

static char online[16][40]; /* written before threads run */

void td_delivery_set_online(const char *target)
{
    for (size_t i = 0; i < sizeof(online) / sizeof(online[0]); i++)
        if (!*online[i]) {
            snprintf(online[i], sizeof(online[i]), "%s", target);
            return;
        }
}

bool td_delivery_online(const char *target)
{
    for (size_t i = 0; i < sizeof(online) / sizeof(online[0]) && *online[i]; i++)
        if (!strcmp(online[i], target))
            return true;
    return false;
}

int td_delivery_post(struct td_review *review, const char *kind_name, const char *subject,
                     const char *path, const json_t *body, char ret_id[TD_ID_TEXT])
{
    const struct td_delivery_kind *kind = td_delivery_kind(kind_name);
    char ends[TD_TIME_TEXT];
    assert(kind && (body || kind->make || kind->asks));
    td_id_new(ret_id);
    td_time_format(td_clock_now_ms() + kind->lifetime_hours * HOUR_MS, ends);
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into delivery (id, kind, target, subject, path, body, due_at,"
                        " ends_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $7)",
                        "sssssjss", ret_id, kind_name, kind->target, subject, path, body,
                        review->now, kind->lifetime_hours ? ends : NULL);
    return rc < 0 ? rc : td_tx_outbox_once(review->tx, "deliver");
}

/* --- for people ------------------------------------------------------------------------------- */

/* SQL says 0 and 1, pages ask for false and true. */
static void name_flags(json_t *row)
{
    static const char *const flags[] = {"open", "tried"};
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
        json_object_set_new(row, flags[i], json_boolean(td_row_int(row, flags[i])));
}

int td_delivery_list(struct td_review *review, const char *state, const char *cursor,
                     json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = *state
                 ? td_tx_rows(review->tx, &rows,
                              LISTED_SQL "d.state = $1 and d.id > $2 order by d.id limit $3", "ssi",
                              state, cursor, (int64_t)TD_ROW_PAGE + 1)
                 : td_tx_rows(review->tx, &rows,
                              LISTED_SQL
                              "d.state in ('waiting', 'sending', 'unknown', 'folder', 'rejected')"
                              " and d.id > $1 order by d.id limit $2",
                              "si", cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row)
        name_flags(row);
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_delivery_counts(struct td_tx *tx, json_t **ret_counts)
{
    return td_tx_rows(tx, ret_counts,
                      "select target, state as delivery_state, count(*) as count from delivery"
                      " group by target, state order by target, state",
                      "");
}

int td_delivery_of(struct td_tx *tx, const char *subject, json_t **ret_delivery)
{
    int rc = td_tx_row(tx, ret_delivery, LISTED_SQL "d.subject = $1 order by d.id desc limit 1",
                       "s", subject);
    if (rc == 0)
        name_flags(*ret_delivery);
    if (rc != TD_ENOTFOUND)
        return rc;
    *ret_delivery = json_null();
    return 0;
}

/* The delivery, when its state is one of `states` ("|waiting|unknown|"). */
static int load_in(struct td_review *review, const char *id, const char *states,
                   json_t **ret_delivery, struct td_error *reterr)
{
    json_t *row = NULL;
    char mark[32];
    if (!td_row_is(review, TD_ROLE_ADMIN | TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "the administrator or the bureau does this");
    int rc = td_tx_row(review->tx, &row, "select " COLUMNS " from delivery where id = $1", "s", id);
    if (rc < 0)
        return rc;
    snprintf(mark, sizeof(mark), "|%s|", td_row_text(row, "state"));
    if (!strstr(states, mark)) {
        rc = td_error_key(reterr, TD_ECONFLICT, "delivery_state",
                          json_pack("{s:s}", "delivery_state", td_row_text(row, "state")));
        json_decref(row);
        return rc;
    }
    *ret_delivery = row;
    return 0;
}

int td_delivery_retry(struct td_review *review, const char *id, struct td_error *reterr)
{
    json_t *delivery = NULL;
    int rc = load_in(review, id, "|waiting|unknown|folder|delivered|rejected|given_up|", &delivery,
                     reterr);
    if (rc < 0)
        return rc;
    /* What may have arrived is asked for first, and so is what did and seems to be lost there. */
    bool unknown = td_row_equals(delivery, "state", "unknown") ||
                   td_row_equals(delivery, "state", "delivered");
    bool ended = td_row_equals(delivery, "state", "rejected") ||
                 td_row_equals(delivery, "state", "given_up");
    const struct td_delivery_kind *kind = td_delivery_kind(td_row_text(delivery, "kind"));
    if (ended && kind && kind->again)
        rc = kind->again(review, delivery, reterr);
    json_decref(delivery);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update delivery set state = $2, attempts = 0, due_at = $3, ends_at = null,"
                        " settled_at = null where id = $1",
                        "sss", id, unknown ? "unknown" : "waiting", review->now);
    if (rc == 0)
        rc = td_tx_outbox_once(review->tx, "deliver");
    return rc < 0 ? rc : td_row_log(review, "delivery.retry", "delivery", id, NULL);
}

/* The end of a delivery, and what its kind does then. */
static int settle(struct td_review *review, const json_t *delivery, const char *state,
                  const json_t *answer, const char *reason, struct td_error *reterr)
{
    const struct td_delivery_kind *kind = td_delivery_kind(td_row_text(delivery, "kind"));
    int rc = td_tx_exec(
        review->tx, NULL,
        "update delivery set state = $2, receipt = $3, answer = $4, reason = $5, settled_at = $6,"
        " holder = '' where id = $1",
        "sssjss", td_row_text(delivery, "id"), state, td_row_text(answer, "receipt"), answer,
        reason, review->now);
    if (rc < 0 || !kind)
        return rc;
    if (answer && kind->delivered)
        return kind->delivered(review, delivery, answer, reterr);
    if (!strcmp(state, "rejected") && kind->rejected)
        return kind->rejected(review, delivery, reason, reterr);
    if (!strcmp(state, "given_up") && kind->given_up)
        return kind->given_up(review, delivery, reason, reterr);
    return 0;
}

int td_delivery_give_up(struct td_review *review, const char *id, const char *reason,
                        struct td_error *reterr)
{
    json_t *delivery = NULL;
    if (!*reason)
        return td_error_field(reterr, "reason", "required", "giving up needs a reason");
    int rc = load_in(review, id, "|waiting|sending|unknown|folder|rejected|", &delivery, reterr);
    if (rc < 0)
        return rc;
    rc = settle(review, delivery, "given_up", NULL, reason, reterr);
    json_decref(delivery);
    return rc < 0 ? rc
                  : td_row_log(review, "delivery.give_up", "delivery", id,
                               json_pack("{s:s}", "reason", reason));
}

int td_delivery_receive(struct td_review *review, const char *id, const char *receipt,
                        struct td_error *reterr)
{
    json_t *delivery = NULL;
    if (!*receipt)
        return td_error_field(reterr, "receipt", "required", "the receipt is missing");
    int rc = load_in(review, id, "|waiting|sending|unknown|folder|", &delivery, reterr);
    if (rc < 0)
        return rc;
    json_t *answer = json_pack("{s:s, s:s}", "receipt", receipt, "by", td_row_actor(review));
    rc = answer ? settle(review, delivery, "delivered", answer, "", reterr) : TD_ENOMEM;
    json_decref(answer);
    json_decref(delivery);
    return rc < 0 ? rc
                  : td_row_log(review, "delivery.receive", "delivery", id,
                               json_pack("{s:s}", "receipt", receipt));
}

int td_delivery_reject(struct td_review *review, const char *id, const char *reason,
                       struct td_error *reterr)
{
    json_t *delivery = NULL;
    if (!*reason)
        return td_error_field(reterr, "reason", "required", "the other side's reason is missing");
    int rc = load_in(review, id, "|waiting|sending|unknown|folder|", &delivery, reterr);
    if (rc < 0)
        return rc;
    rc = settle(review, delivery, "rejected", NULL, reason, reterr);
    json_decref(delivery);
    return rc < 0 ? rc
                  : td_row_log(review, "delivery.reject", "delivery", id,
                               json_pack("{s:s}", "reason", reason));
}

int td_delivery_close(struct td_review *review, const char *subject, const char *receipt,
                      const char *reason)
{
    return td_tx_exec(review->tx, NULL,
                      "update delivery set state = $2, receipt = $3, reason = $4, settled_at = $5,"
                      " holder = '' where subject = $1 and state not in ('delivered', 'given_up')",
                      "sssss", subject, *receipt ? "delivered" : "given_up", receipt, reason,
                      review->now);
}

/* --- for core/outgoing/ ----------------------------------------------------------------------- */

/* Given up by itself: its time is over, or there is nothing to say any more. */
static int drop(struct td_review *review, const json_t *delivery, const char *reason)
{
    return settle(review, delivery, "given_up", NULL, reason, NULL);
}

static bool is_over(const struct td_review *review, const json_t *delivery)
{
    const char *ends = td_row_text(delivery, "ends_at");
    return *ends && strcmp(ends, review->now) <= 0;
}

/* Whether the other side must be asked first. */
static bool must_ask(const json_t *delivery, const struct td_delivery_kind *kind)
{
    return !kind->asks && !td_row_equals(delivery, "state", "waiting");
}

static int take_one(struct td_review *review, const struct td_delivery_take *take, json_t *delivery,
                    json_t *taken, struct td_error *reterr)
{
    const struct td_delivery_kind *kind = td_delivery_kind(td_row_text(delivery, "kind"));
    json_t *made = NULL;
    int rc = 0;
    if (!kind)
        return drop(review, delivery, "no kind of this name");
    if (is_over(review, delivery))
        return drop(review, delivery, "expired");
    bool ask = must_ask(delivery, kind);
    if (!ask && kind->make)
        rc = kind->make(review, delivery, &made, reterr);
    if (rc == TD_ENOTFOUND)
        return drop(review, delivery, "gone");
    if (rc == 0)
        rc =
            td_tx_exec(review->tx, NULL,
                       "update delivery set state = 'sending', attempts = attempts + 1,"
                       " due_at = $2, holder = $3, sent_at = $4 where id = $1",
                       "ssss", td_row_text(delivery, "id"), take->until, take->holder, review->now);
    if (rc == 0) {
        json_object_set_new(delivery, "ask", json_boolean(ask));
        json_object_set_new(delivery, "question", json_boolean(kind->asks));
        if (made)
            json_object_set(delivery, "body", made);
        rc = json_array_append(taken, delivery) < 0 ? TD_ENOMEM : 0;
    }
    json_decref(made);
    return rc;
}

#define DUE "target = $1 and state in ('waiting', 'sending', 'unknown')"

int td_delivery_take(struct td_review *review, const struct td_delivery_take *take, json_t *taken,
                     char ret_next[TD_TIME_TEXT], struct td_error *reterr)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select " COLUMNS " from delivery where " DUE " and due_at <= $2"
                        " order by due_at, id limit $3",
                        "ssi", take->target, review->now, take->room);
    json_array_foreach(rows, i, row) {
        if (rc == 0)
            rc = take_one(review, take, row, taken, reterr);
    }
    json_decref(rows);
    if (rc < 0)
        return rc;
    *ret_next = 0;
    rc = td_tx_row(review->tx, &row,
                   "select due_at from delivery where " DUE " order by due_at limit 1", "s",
                   take->target);
    if (rc == 0) {
        snprintf(ret_next, TD_TIME_TEXT, "%s", td_row_text(row, "due_at"));
        json_decref(row);
    }
    return rc == TD_ENOTFOUND ? 0 : rc;
}

static int wait_again(struct td_review *review, const char *id, const char *state,
                      const char *reason, const char *due_at)
{
    return td_tx_exec(review->tx, NULL,
                      "update delivery set state = $2, reason = $3, due_at = $4, holder = ''"
                      " where id = $1",
                      "ssss", id, state, reason, due_at);
}

/* Cuts another party's words between characters. */
static void cut(char out[REASON_MAX + 1], const char *text)
{
    size_t length = strlen(text);
    if (length > REASON_MAX)
        for (length = REASON_MAX; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
            length--;
    memcpy(out, text, length);
    out[length] = 0;
}

int td_delivery_record(struct td_review *review, const char *id, enum td_delivery_outcome outcome,
                       const json_t *answer, const char *reason, const char *due_at,
                       struct td_error *reterr)
{
    json_t *delivery = NULL;
    char short_reason[REASON_MAX + 1];
    cut(short_reason, reason);
    /* A receipt is true also for what was given up while it was under way. */
    int rc = td_tx_row(review->tx, &delivery,
                       "select " COLUMNS " from delivery where id = $1 and"
                       " (state = 'sending' or (state = 'given_up' and $2))",
                       "sb", id, (int)(outcome == TD_DELIVERY_RECEIVED));
    if (rc < 0)
        return rc == TD_ENOTFOUND ? 0 : rc;
    switch (outcome) {
    case TD_DELIVERY_RECEIVED:
        rc = settle(review, delivery, "delivered", answer, "", reterr);
        break;
    case TD_DELIVERY_REFUSED:
        rc = settle(review, delivery, "rejected", NULL, short_reason, reterr);
        break;
    case TD_DELIVERY_UNSENT: rc = wait_again(review, id, "waiting", short_reason, due_at); break;
    case TD_DELIVERY_UNCLEAR: rc = wait_again(review, id, "unknown", short_reason, due_at); break;
    case TD_DELIVERY_ABSENT: rc = wait_again(review, id, "waiting", "", review->now); break;
    case TD_DELIVERY_WRITTEN: rc = wait_again(review, id, "folder", "", review->now); break;
    }
    json_decref(delivery);
    return rc;
}

int td_delivery_recover(struct td_review *review, const char *holder)
{
    return td_tx_exec(review->tx, NULL,
                      "update delivery set state = 'unknown', due_at = $2, holder = ''"
                      " where state = 'sending' and holder = $1",
                      "ss", holder, review->now);
}
