/* paper.h - one ballot paper: answers encrypted, proven well-formed and signed by a credential (Belenios 2.0,
 * sections 4.11, 4.12, 4.14 and 4.15). Its text is the receipt's matter: SHA-256 of it is the tracker. */
#ifndef TD_BALLOT_PAPER_H
#define TD_BALLOT_PAPER_H

#include "ballot/election.h"
#include "ballot/proof.h"

/* A paper with one answer chosen per question, choices[i] from 0. Malloc'd text; NULL without memory. `code`, one that
 * td_credential_is holds for, and `choices` are the voter's secrets: theirs to wipe. */
char *td_paper_make(struct td_group *group, const struct td_election *election, const char *code, const int *choices);

/* Checks everything in a paper; a refusal names the question and the proof. *ret_paper is a new reference to the paper
 * as a value. Whether its credential is on the list is not asked. */
int td_paper_check(struct td_group *group, const struct td_election *election, const char *text, size_t length,
                   json_t **ret_paper, struct td_error *reterr);

/* The ciphertext of an answer in a paper that td_paper_check accepted. */
void td_paper_sealed(struct td_group *group, const json_t *paper, size_t question, size_t answer,
                     struct td_ciphertext *ret);

#endif
