/* rehearsal.h - a whole election in one process, with all its secrets: to try verifiers, people and rooms.
 *
 * It takes the steps of a real one in their order and wipes every secret at the end, but since one process held them
 * all it proves nothing about anybody's secrecy. */
#ifndef TD_BALLOT_REHEARSAL_H
#define TD_BALLOT_REHEARSAL_H

#include "ballot/election.h"

enum { TD_REHEARSAL_VOTERS_MAX = 100, TD_REHEARSAL_DOSSIERS_MAX = 100, TD_REHEARSAL_STAYS_AWAY = -1 };

struct td_rehearsal {
    const char *name;
    struct td_election_rule rule;
    int voters, dossiers;
    const int *choices; /* [voter * dossiers + dossier]: 0 同意, 1 不同意, 2 弃权. A first choice of STAYS_AWAY: no ballot */
    int trustees, threshold;
};

/* The archive's bytes, malloc'd. TD_ENOMEM. */
int td_rehearsal_run(const struct td_rehearsal *rehearsal, char **ret_bytes, size_t *ret_length,
                     struct td_error *reterr);

#endif
