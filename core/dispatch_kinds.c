/* dispatch_kinds.c - the outbox kinds of the real server. A new kind is one row here. */
#include "dispatch.h"

#include "review/evaluation.h"
#include "review/quarantine.h"
#include "review/standard.h"

const struct td_dispatch_kind td_dispatch_kinds[] = {
    {"score", td_evaluation_prepare, TD_DISPATCH_SCORER, td_evaluation_finish,
     td_quarantine_failed},
    {"session", NULL, TD_DISPATCH_SESSIONS, NULL, NULL},
    {"trial", NULL, TD_DISPATCH_TRIALS, NULL, NULL},
    {"rescore", NULL, TD_DISPATCH_NONE, td_standard_queue_more, NULL},
    {"deliver", NULL, TD_DISPATCH_OUTGOING, NULL, NULL},
    {0},
};
