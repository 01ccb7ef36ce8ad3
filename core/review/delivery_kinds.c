/* delivery_kinds.c - what goes to other parties. A new kind is one row here. */
#include "review/delivery.h"

#include "review/filing.h"

#include <string.h>

const struct td_delivery_kind td_delivery_kinds[] = {
    {.kind = "filing",
     .target = "region",
     .delivered = td_filing_received,
     .rejected = td_filing_rejected},
    {0},
};

const struct td_delivery_kind *td_delivery_kind(const char *kind)
{
    for (const struct td_delivery_kind *row = td_delivery_kinds; row->kind; row++)
        if (!strcmp(row->kind, kind))
            return row;
    return NULL;
}
