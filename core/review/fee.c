/* fee.c - see fee.h. Owns the table `fee`. */
#include "review/fee.h"

#include "review/application.h"
#include "review/cycle.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

int td_fee_record(struct td_review *review, const char *application_id, const char *receipt,
                  const char *paid_on, int64_t *ret_cents, struct td_error *reterr)
{
    json_t *application = NULL, *cycle = NULL;
    int64_t cents = 0;
    int result = td_application_load(review, application_id, &application, reterr);
    if (!result)
        result = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (!result && strcmp(paid_on, review->today) > 0)
        result =
            td_error_field(reterr, "paid_on", "too_large", "the day of payment lies in the future");
    if (!result)
        cents = td_cycle_fee_cents(cycle, td_row_text(application, "level"));
    if (!result && !td_row_equals(application, "state", "fee_due"))
        result = td_error_key(reterr, TD_ECONFLICT, "state_wrong",
                              json_pack("{s:s, s:O}", "action", "record_fee", "state",
                                        json_object_get(application, "state")));
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into fee (application_id, amount_cents, receipt, paid_on, account_id, at) "
            "values ($1, $2, $3, $4, $5, $6)",
            "sissss", application_id, cents, receipt, paid_on, review->who->id, review->now);
    if (!result)
        result = td_workflow_apply(review, application_id, "record_fee", receipt, NULL, reterr);
    if (!result)
        *ret_cents = cents;
    json_decref(application);
    json_decref(cycle);
    return result;
}
