/* What a platform answers, or a payment service notifies: an object of any content ends the
 * delivery and leaves records that can be read, never a failed transaction, which would be tried
 * for ever. The first byte says which kind of delivery it answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../unit/review/dossier_fixture.h"
#include "base/log.h"
#include "review/delivery.h"
#include "review/filing.h"
#include "review/payment.h"
#include "review/refund.h"
#include "review/row.h"

#include <openssl/crypto.h>

#define APPLICATION "01APP000000000000000000001"
#define PAYMENT     "01PAY000000000000000000001"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* The deliveries that are under way; their answers are tried one at a time. */
static const struct {
    const char *kind, *subject;
} under_way[] = {
    {"filing", "filing/F1"},
    {"payment_order", "fee/" APPLICATION},
    {"payment_refund", "refund/R1"},
    {"payment_query", "fee/" APPLICATION},
    {"payment_statement", "statement/2025-09-09"},
    {"filing_decision", "decision/F2"},
    {"filing_list", "reconciliation/L1"},
};
enum { UNDER_WAY = sizeof(under_way) / sizeof(under_way[0]) };

static struct fixture fixture;

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "other_party: %s\n", what);
    abort();
}

static const char *const world[] = {
    "insert into application (id, number, cycle_id, account_id, unit_id, division_code, series,"
    " level, specialty, year, state, created_at, updated_at, submitted_at, state_at) values"
    " ('" APPLICATION "', 'A1', '" CYCLE "', 'applicant', 'U1', '" DIVISION "', 'sample', 'junior',"
    " 'one', 2025, 'fee_due', 'now', 'now', 'now', 'now')",
    "insert into fee_order (application_id, number, cycle_id, series, level, amount_cents, state,"
    " created_at) values ('" APPLICATION "', 'PAY-A1', '" CYCLE "', 'sample', 'junior', 10000,"
    " 'due', 'now')",
    "insert into payment (id, application_id, order_number, channel, reference, amount_cents,"
    " paid_on, via, standing, at) values ('" PAYMENT "', '" APPLICATION "', 'PAY-A1', 'platform',"
    " 'T1', 9000, '2025-09-09', 'notified', 'amount', 'now')",
    "insert into refund (id, payment_id, amount_cents, cause, state, asked_by, asked_at) values"
    " ('R1', '" PAYMENT "', 9000, 'amount', 'approved', 'office', 'now')",
    "insert into statement (day, asked_at) values ('2025-09-09', 'now')",
    "insert into filing (id, cycle_id, kind, state, package, package_hash, delivery_id, sent_at,"
    " created_by, created_at) values ('F1', '" CYCLE "', 'plan', 'sent', '{}', 'h1', 'D0', 'now',"
    " 'office', 'now')",
    "insert into filing (id, cycle_id, kind, state, package, package_hash, delivery_id, sent_at,"
    " online, created_by, created_at) values ('F2', '" CYCLE "', 'plan', 'received', '{}', 'h2',"
    " 'DF2', 'now', true, 'office', 'now')",
    "insert into filing_reconciliation (id, year, asked_by, asked_at) values ('L1', 2025, 'bureau',"
    " 'now')",
};

static int make_world(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    int rc = 0;
    (void)arg;
    for (size_t i = 0; rc == 0 && i < sizeof(world) / sizeof(world[0]); i++)
        rc = td_tx_exec(tx, NULL, world[i], "");
    for (int i = 0; rc == 0 && i < UNDER_WAY; i++) {
        char id[TD_ID_TEXT];
        snprintf(id, sizeof(id), "D%d", i);
        rc = td_tx_exec(tx, NULL,
                        "insert into delivery (id, kind, target, subject, state, due_at, holder,"
                        " created_at) values ($1, $2, 'region', $3, 'sending', 'now', 'me', 'now')",
                        "sss", id, under_way[i].kind, under_way[i].subject);
    }
    return rc ? td_error_set(reterr, rc, "%s", td_tx_failure(tx)) : 0;
}

static void end_world(void)
{
    fixture_drop(&fixture);
}

static void begin_world(void)
{
    struct td_error err = TD_ERROR_INIT;
    td_log_set_level(TD_LOG_ERROR);
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL); /* in a thread it would leak */
    fixture_make(&fixture);
    demand(td_store_write_wait(fixture.store, make_world, NULL, &err) == 0, err.detail);
    atexit(end_world);
}

/* Every list on which the answer may stand now. */
static void read_all(struct td_review *review)
{
    json_t *page = NULL;
    demand(td_delivery_list(review, "delivered", "", &page) == 0, "deliveries cannot be read");
    json_decref(page);
    demand(td_filing_reconciliations(review, "", &page) == 0, "reconciliations cannot be read");
    json_decref(page);
    demand(td_payment_differences(review, true, "", &page) == 0, "differences cannot be read");
    json_decref(page);
    demand(td_refund_list(review, true, "", &page) == 0, "refunds cannot be read");
    json_decref(page);
}

struct answer {
    int number;
    const json_t *said;
};

static int notify(struct td_review *review, const json_t *said)
{
    const struct td_payment payment = {.order = td_row_text(said, "order"),
                                       .reference = td_row_text(said, "payment"),
                                       .paid_on = td_row_text(said, "paid_on"),
                                       .amount_cents = td_row_int(said, "amount_cents")};
    const char *standing = "";
    struct td_error err = TD_ERROR_INIT;
    demand(td_payment_check(&payment, td_row_text(said, "signature"), NULL) < 0,
           "without a key everything is signed");
    int rc = td_payment_take(review, &payment, "notified", &standing, &err);
    td_error_done(&err);
    return rc == TD_EFIELDS ? 0 : rc;
}

/* Always ends badly, so that the next answer finds the same world. */
static int take(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    const struct answer *answer = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review system, bureau;
    struct td_error err = TD_ERROR_INIT;
    char id[TD_ID_TEXT];
    (void)reterr;
    demand(arena && !fixture_review(&fixture, tx, arena, NULL, &system) &&
               !fixture_review(&fixture, tx, arena, "bureau", &bureau),
           "no world");
    snprintf(id, sizeof(id), "D%d", answer->number);
    int rc = answer->number < UNDER_WAY ? td_delivery_record(&system, id, TD_DELIVERY_RECEIVED,
                                                             answer->said, "", "now", &err)
                                        : notify(&system, answer->said);
    bool of_no_use = rc == TD_EFIELDS || rc == TD_ECONFLICT; /* what it has left is undone */
    if (rc < 0 && !of_no_use)
        fprintf(stderr, "%d %s %s\n", rc, err.detail, td_tx_failure(tx));
    demand(rc == 0 || of_no_use, "an answer cannot be recorded");
    if (rc == 0)
        read_all(&bureau);
    td_error_done(&err);
    td_arena_free(arena);
    return TD_ECONFLICT;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct td_error err = TD_ERROR_INIT;
    if (length < 1)
        return 0;
    json_t *said = json_loadb((const char *)bytes + 1, length - 1, JSON_REJECT_DUPLICATES, NULL);
    struct answer answer = {bytes[0] % (UNDER_WAY + 1), said};
    if (json_is_object(said)) {
        if (!fixture.store)
            begin_world();
        td_store_write_wait(fixture.store, take, &answer, &err);
    }
    td_error_done(&err);
    json_decref(said);
    return 0;
}
