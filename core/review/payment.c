/* payment.c - see payment.h. Owns the tables `payment`, `statement` and `statement_line`. The
 * shared key is read once and never changes. */
#include "review/payment.h"

#include "base/id.h"
#include "base/keyfile.h"
#include "review/application.h"
#include "review/committee.h"
#include "review/delivery.h"
#include "review/message.h"
#include "review/refund.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <openssl/hmac.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    KEY_MIN = 16,
    KEY_ROOM = 256,
    REFERENCE_MAX = 64,
    CATCH_UP_DAYS = 31,
    CENTS_MAX = 100000000
};

#define ASKED_DAY "payment.statement" /* setting: the last day whose statement was asked for */

static unsigned char key[KEY_ROOM];
static size_t key_length;

int td_payment_configure(const char *key_file, struct td_error *reterr)
{
    size_t length = 0;
    if (!*key_file)
        return 0;
    int result = td_keyfile_read(key_file, key, sizeof(key), &length, reterr);
    while (!result && length && strchr("\r\n", key[length - 1]))
        length--;
    if (!result && length < KEY_MIN)
        return td_error_set(reterr, TD_EINVALID, "%s: a key has at least %d bytes", key_file,
                            KEY_MIN);
    if (!result)
        key_length = length;
    return result;
}

bool td_payment_has_platform(void)
{
    return key_length > 0;
}

int td_payment_check(const struct td_payment *payment, const char *signature,
                     struct td_error *reterr)
{
    char text[512], hex[65] = "";
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    int length = snprintf(text, sizeof(text), "%s\n%s\n%lld\n%s", payment->order,
                          payment->reference, (long long)payment->amount_cents, payment->paid_on);
    bool made = key_length && length > 0 && length < (int)sizeof(text) &&
                HMAC(EVP_sm3(), key, (int)key_length, (const unsigned char *)text, (size_t)length,
                     mac, &size) &&
                size == 32;
    if (made)
        sodium_bin2hex(hex, sizeof(hex), mac, size);
    if (key_length && length > 0 && length < (int)sizeof(text) && !made)
        return TD_ENOMEM; /* the platform would take a refusal for final */
    if (made && strlen(signature) == 64 && sodium_memcmp(hex, signature, 64) == 0)
        return 0;
    return td_error_key(reterr, TD_EFORBIDDEN, "payment_signature", NULL);
}

static int check(const struct td_payment *payment, struct td_error *reterr)
{
    td_date day;
    if (!*payment->reference || strlen(payment->reference) > REFERENCE_MAX)
        return td_error_field(reterr, "payment", "required", "needs the platform's number");
    if (!*payment->order || strlen(payment->order) > REFERENCE_MAX + 16)
        return td_error_field(reterr, "order", "required", "needs the order's number");
    if (payment->amount_cents <= 0 || payment->amount_cents > CENTS_MAX)
        return td_error_field(reterr, "amount_cents", "range", "needs an amount");
    if (td_date_parse(payment->paid_on, &day) != 0)
        return td_error_field(reterr, "paid_on", "date", "needs a day");
    return 0;
}

static const char *standing_of(const json_t *order, int64_t cents)
{
    if (!order)
        return "unknown";
    if (td_row_equals(order, "state", "cancelled"))
        return "late";
    if (!td_row_equals(order, "state", "due"))
        return "double";
    return td_row_int(order, "amount_cents") == cents ? "applied" : "amount";
}

static int insert(struct td_review *review, const struct td_payment *payment, const json_t *order,
                  const char *via, const char *standing)
{
    char id[TD_ID_TEXT];
    const char *application = td_row_text(order, "application_id");
    td_id_new(id);
    int result = td_tx_exec(
        review->tx, NULL,
        "insert into payment (id, application_id, order_number, channel, reference, amount_cents, "
        "paid_on, via, standing, at) values ($1, $2, $3, 'platform', $4, $5, $6, $7, $8, $9)",
        "ssssissss", id, *application ? application : NULL, payment->order, payment->reference,
        payment->amount_cents, payment->paid_on, via, standing, review->now);
    if (result)
        return result;
    return td_row_log(review, "payment.take", "payment", id,
                      json_pack("{s:s, s:s, s:I, s:s, s:s}", "order", payment->order, "payment",
                                payment->reference, "amount_cents",
                                (json_int_t)payment->amount_cents, "via", via, "standing",
                                standing));
}

/* Money that settles nothing: its payer learns that it has come and waits to be given back. */
static int tell_payer(struct td_review *review, const json_t *order,
                      const struct td_payment *payment, const char *standing)
{
    json_t *person = NULL;
    const char *application = td_row_text(order, "application_id");
    int result =
        td_tx_row(review->tx, &person, "select account_id, number from application where id = $1",
                  "s", application);
    if (result)
        return result;
    json_t *words =
        json_pack("{s:O?, s:o, s:s}", "number", json_object_get(person, "number"), "amount",
                  json_sprintf("%lld.%02lld", (long long)payment->amount_cents / 100,
                               (long long)payment->amount_cents % 100),
                  "difference", standing);
    result = td_message_send(review, td_row_text(person, "account_id"), application,
                             "payment_unsettled", words);
    json_decref(words);
    json_decref(person);
    return result;
}

/* The order is settled, and its dossier goes on: as the system, whoever asked. */
static int settle_order(struct td_review *review, const char *application_id, const char *reference,
                        struct td_error *reterr)
{
    struct td_review system = *review;
    system.who = NULL;
    int result =
        td_tx_exec(review->tx, NULL,
                   "update fee_order set state = 'paid', settled_at = $2 where application_id = $1",
                   "ss", application_id, review->now);
    return result
               ? result
               : td_workflow_apply(&system, application_id, "settle_fee", reference, NULL, reterr);
}

int td_payment_take(struct td_review *review, const struct td_payment *payment, const char *via,
                    const char **ret_standing, struct td_error *reterr)
{
    int64_t known = 0;
    json_t *order = NULL;
    int result = check(payment, reterr);
    if (!result)
        result = td_tx_int(review->tx, &known,
                           "select count(*) from payment where channel = 'platform' and "
                           "reference = $1",
                           "s", payment->reference);
    if (result || known) {
        *ret_standing = "known";
        return result;
    }
    result = td_tx_row(review->tx, &order, "select * from fee_order where number = $1", "s",
                       payment->order);
    if (result && result != TD_ENOTFOUND)
        return result;
    const char *standing = standing_of(order, payment->amount_cents);
    result = insert(review, payment, order, via, standing);
    if (!result && !strcmp(standing, "applied"))
        result =
            settle_order(review, td_row_text(order, "application_id"), payment->reference, reterr);
    else if (!result && order)
        result = tell_payer(review, order, payment, standing);
    json_decref(order);
    *ret_standing = standing;
    return result;
}

/* --- asking ----------------------------------------------------------------------------------- */

static int only_platform(struct td_error *reterr)
{
    return td_payment_has_platform()
               ? 0
               : td_error_key(reterr, TD_ECONFLICT, "no_payment_platform", NULL);
}

int td_payment_ask(struct td_review *review, const char *application_id, struct td_error *reterr)
{
    json_t *application = NULL, *order = NULL;
    char subject[64], path[160], delivery[TD_ID_TEXT];
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result)
        result = only_platform(reterr);
    if (!result)
        result =
            td_tx_row(review->tx, &order, "select number from fee_order where application_id = $1",
                      "s", application_id);
    if (!result) {
        snprintf(subject, sizeof(subject), "fee/%s", application_id);
        snprintf(path, sizeof(path), "?order=%s", td_row_text(order, "number"));
        result = td_delivery_post(review, "payment_query", subject, path, NULL, delivery);
    }
    json_decref(order);
    json_decref(application);
    return result;
}

int td_payment_ask_day(struct td_review *review, const char *day, struct td_error *reterr)
{
    char subject[64], path[64], delivery[TD_ID_TEXT];
    td_date date;
    int result = only_platform(reterr);
    if (!result && review->who && !td_row_is(review, TD_ROLE_BUREAU))
        result = td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    if (!result && (td_date_parse(day, &date) != 0 || strcmp(day, review->today) >= 0))
        result = td_error_field(reterr, "day", "too_large", "the day is not over");
    if (result)
        return result;
    result = td_tx_exec(review->tx, NULL,
                        "insert into statement (day, asked_at) values ($1, $2) on conflict (day) "
                        "do update set asked_at = $2, answered_at = null",
                        "ss", day, review->now);
    snprintf(subject, sizeof(subject), "statement/%s", day);
    snprintf(path, sizeof(path), "?day=%s", day);
    if (!result)
        result = td_delivery_post(review, "payment_statement", subject, path, NULL, delivery);
    return result ? result : td_row_log(review, "payment.statement", "statement", day, NULL);
}

static int asked_until(struct td_review *review, td_date yesterday, td_date *ret_day)
{
    json_t *row = NULL;
    int result =
        td_tx_row(review->tx, &row, "select value from setting where name = $1", "s", ASKED_DAY);
    if (result && result != TD_ENOTFOUND)
        return result;
    if (td_date_parse(td_row_text(row, "value"), ret_day) != 0)
        *ret_day = yesterday - 1;
    json_decref(row);
    return 0;
}

int td_payment_run(struct td_review *review, int64_t *changed)
{
    td_date yesterday, day = 0;
    char text[TD_DATE_TEXT];
    if (!td_payment_has_platform() || td_date_parse(review->today, &yesterday) != 0)
        return 0;
    yesterday--;
    int result = asked_until(review, yesterday, &day);
    if (day < yesterday - CATCH_UP_DAYS)
        day = yesterday - CATCH_UP_DAYS;
    bool behind = day < yesterday;
    while (!result && day < yesterday) {
        td_date_format(++day, text);
        result = td_payment_ask_day(review, text, NULL);
        *changed += !result;
    }
    if (result || !behind)
        return result;
    return td_tx_exec(review->tx, NULL,
                      "insert into setting (name, value) values ($1, $2) on conflict (name) do "
                      "update set value = $2",
                      "ss", ASKED_DAY, text);
}

/* --- what comes back -------------------------------------------------------------------------- */

/* Only an address that a page may lead to. */
static bool is_address(const char *url)
{
    bool web = !strncmp(url, "https://", 8) ||
               (!strncmp(url, "http://127.0.0.1", 16) && strchr(":/", url[16]));
    return web && strlen(url) < 1024 && !strpbrk(url, "\"'<> \r\n");
}

int td_payment_ordered(struct td_review *review, const json_t *delivery, const json_t *answer,
                       struct td_error *reterr)
{
    const char *subject = td_row_text(delivery, "subject"), *url = td_row_text(answer, "pay_url");
    (void)reterr;
    if (strncmp(subject, "fee/", 4) != 0)
        return 0;
    return td_tx_exec(
        review->tx, NULL,
        "update fee_order set platform_id = $2, pay_url = $3 where application_id = $1", "sss",
        subject + 4, td_row_text(answer, "receipt"), is_address(url) ? url : "");
}

static int keep_line(struct td_review *review, const char *day, const struct td_payment *payment)
{
    return td_tx_exec(review->tx, NULL,
                      "insert into statement_line (reference, day, order_number, amount_cents) "
                      "values ($1, $2, $3, $4) on conflict (reference) do update set day = $2, "
                      "order_number = $3, amount_cents = $4",
                      "sssi", payment->reference, day, payment->order, payment->amount_cents);
}

/* An answer's payments; a line that is none is passed over, and its day stays open to be asked for
 * again. */
int td_payment_answered(struct td_review *review, const json_t *delivery, const json_t *answer,
                        struct td_error *reterr)
{
    const char *subject = td_row_text(delivery, "subject"), *standing;
    const char *day = !strncmp(subject, "statement/", 10) ? subject + 10 : NULL;
    const json_t *lines = json_object_get(answer, "payments");
    size_t i;
    json_t *line;
    int result = 0;
    bool whole = json_is_array(lines);
    json_array_foreach((json_t *)lines, i, line) {
        const struct td_payment payment = {.order = td_row_text(line, "order"),
                                           .reference = td_row_text(line, "payment"),
                                           .paid_on = td_row_text(line, "paid_on"),
                                           .amount_cents = td_row_int(line, "amount_cents")};
        struct td_error fault = TD_ERROR_INIT;
        bool good = check(&payment, &fault) == 0;
        td_error_done(&fault);
        whole = whole && good;
        if (!result && good && day)
            result = keep_line(review, day, &payment);
        if (!result && good)
            result =
                td_payment_take(review, &payment, day ? "statement" : "asked", &standing, reterr);
    }
    if (!result && day && whole)
        result =
            td_tx_exec(review->tx, NULL, "update statement set answered_at = $2 where day = $1",
                       "ss", day, review->now);
    return result;
}

/* --- differences ------------------------------------------------------------------------------ */

#define MISSING_THERE                                                                              \
    "(p.channel = 'platform' and l.reference is null and exists (select 1 from statement s where " \
    "s.day = p.paid_on and s.answered_at is not null))"
#define TWICE TD_REFUND_TWICE_SQL("r")
#define OPEN  "p.settled_at is null and (coalesce(r.state, '') <> 'done' or " TWICE ")"
#define WRONG "(l.amount_cents is not null and l.amount_cents <> p.amount_cents)"

int td_payment_differences(struct td_review *review, bool all, const char *cursor,
                           json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    bool every = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    int result = td_tx_rows(
        review->tx, &rows,
        "select p.id, case when " TWICE
        " then 'refunded_twice' when p.standing <> 'applied' then p.standing when " WRONG " then "
        "'amount' when p.via = 'statement' then 'missing_here' else 'missing_there' end as "
        "difference, p.order_number, p.reference, p.amount_cents, o.amount_cents as order_cents, "
        "l.amount_cents as there_cents, p.paid_on, r.id as refund_id, r.state as refund_state, "
        "p.settled_note, " OPEN " as is_open, "
        "o.state as order_state, p.standing <> 'applied' and r.id is null and p.settled_at is null "
        "and p.application_id is not null as can_refund from payment p "
        "left join fee_order o on o.application_id = p.application_id left join statement_line l "
        "on l.reference = p.reference and p.channel = 'platform' left join refund r on "
        "r.payment_id = p.id and r.state <> 'refused' where (p.standing <> 'applied' or " WRONG
        " or p.via = 'statement' or " MISSING_THERE " or " TWICE ") and ($1 or (" OPEN
        ")) and ($2 = '*' or " TD_COMMITTEE_SCOPE_SQL(
            "$2", "o.series") ") and ($3 = '' or p.id < $3) order by p.id desc limit $4",
        "bssi", (int)all, every ? "*" : review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (result)
        return result;
    json_array_foreach(rows, i, row) { /* an expression is a number: 0 would be shown as there */
        json_object_set_new(row, "is_open", json_boolean(td_row_int(row, "is_open")));
        json_object_set_new(row, "can_refund", json_boolean(td_row_int(row, "can_refund")));
    }
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_payment_settle(struct td_review *review, const char *payment_id, const char *note,
                      struct td_error *reterr)
{
    int64_t changed = 0, known = 0;
    if (!td_row_is(review, TD_ROLE_BUREAU))
        return td_error_key(reterr, TD_EFORBIDDEN, "role_missing", NULL);
    int result = td_tx_exec(review->tx, &changed,
                            "update payment set settled_note = $2, settled_by = $3, settled_at = "
                            "$4 where id = $1 and settled_at is null",
                            "ssss", payment_id, note, review->who->id, review->now);
    if (!result && !changed)
        result = td_tx_int(review->tx, &known, "select count(*) from payment where id = $1", "s",
                           payment_id);
    if (!result && !changed)
        return known ? 0 : TD_ENOTFOUND; /* settled is settled */
    return result ? result
                  : td_row_log(review, "payment.settle", "payment", payment_id,
                               json_pack("{s:s}", "note", note));
}
