/* api.h - the resources: each file of api/ ends with its rows, td_<resource>_routes, and has one
 * line here. */
#ifndef TD_API_API_H
#define TD_API_API_H

#include "http/route.h"
#include "review/review.h"

#define TD_RESOURCES(X)                                                                            \
    X(accounts)                                                                                    \
    X(applications)                                                                                \
    X(calendar)                                                                                    \
    X(codes)                                                                                       \
    X(committees)                                                                                  \
    X(complaints)                                                                                  \
    X(cycles)                                                                                      \
    X(deliveries)                                                                                  \
    X(demo)                                                                                        \
    X(discussions)                                                                                 \
    X(drafts)                                                                                      \
    X(draws)                                                                                       \
    X(elections)                                                                                   \
    X(evidence)                                                                                    \
    X(experts)                                                                                     \
    X(fees)                                                                                        \
    X(filings)                                                                                     \
    X(health)                                                                                      \
    X(home)                                                                                        \
    X(integrity)                                                                                   \
    X(jobs)                                                                                        \
    X(ledger)                                                                                      \
    X(ladders)                                                                                     \
    X(live)                                                                                        \
    X(meetings)                                                                                    \
    X(messages)                                                                                    \
    X(notices)                                                                                     \
    X(panels)                                                                                      \
    X(payments)                                                                                    \
    X(plugins)                                                                                     \
    X(rankings)                                                                                    \
    X(posts)                                                                                       \
    X(quarantine)                                                                                  \
    X(quota)                                                                                       \
    X(queue)                                                                                       \
    X(receipts)                                                                                    \
    X(recheck)                                                                                     \
    X(reexaminations)                                                                              \
    X(recusals)                                                                                    \
    X(reviews)                                                                                     \
    X(series)                                                                                      \
    X(revocations)                                                                                 \
    X(second_factor)                                                                               \
    X(session)                                                                                     \
    X(standard_cases)                                                                              \
    X(standard_drafts)                                                                             \
    X(standards)                                                                                   \
    X(submissions)                                                                                 \
    X(titles)                                                                                      \
    X(trials)                                                                                      \
    X(units)                                                                                       \
    X(verification)

#define X(resource) extern const struct td_route td_##resource##_routes[];
TD_RESOURCES(X)
#undef X

/* All row arrays, ended by NULL. */
extern const struct td_route *const td_api_resources[];

/* The context for review/ in a step of this call: transaction, account, clock. 0. */
int td_api_review(struct td_call *call, struct td_review *ret_review);

#endif
