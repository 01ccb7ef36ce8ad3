/* delivery_kinds.c - what goes to other parties. A new kind is one row here. */
#include "review/delivery.h"

#include "review/contact.h"
#include "review/filing.h"
#include "review/payment.h"
#include "review/refund.h"

#include <string.h>

const struct td_delivery_kind td_delivery_kinds[] = {
    {.kind = "filing",
     .target = "region",
     .delivered = td_filing_received,
     .rejected = td_filing_rejected},
    {.kind = "payment_order", .target = "payment", .delivered = td_payment_ordered},
    {.kind = "payment_cancel", .target = "payment"},
    {.kind = "payment_refund",
     .target = "payment",
     .delivered = td_refund_delivered,
     .rejected = td_refund_rejected,
     .given_up = td_refund_rejected,
     .again = td_refund_again},
    {.kind = "payment_query",
     .target = "payment",
     .asks = true,
     .lifetime_hours = 24,
     .delivered = td_payment_answered},
    {.kind = "payment_statement",
     .target = "payment",
     .asks = true,
     .lifetime_hours = 24 * 31,
     .delivered = td_payment_answered},
    {.kind = "filing_decision",
     .target = "region",
     .asks = true,
     .lifetime_hours = 1,
     .delivered = td_filing_decided,
     .rejected = td_filing_undecided},
    {.kind = "filing_list",
     .target = "region",
     .asks = true,
     .lifetime_hours = 1,
     .delivered = td_filing_listed,
     .rejected = td_filing_unlisted},
    {.kind = "message", .target = "gateway", .lifetime_hours = 72, .make = td_contact_make},
    {0},
};

const struct td_delivery_kind *td_delivery_kind(const char *kind)
{
    for (const struct td_delivery_kind *row = td_delivery_kinds; row->kind; row++)
        if (!strcmp(row->kind, kind))
            return row;
    return NULL;
}
