/* election.h - what is voted on: one question per dossier, and the key that the votes are encrypted with.
 *
 * The election is a JSON text (Belenios 2.0, section 4.10) whose bytes count: its fingerprint goes into every proof.
 * Questions here are counted by adding up ciphertexts, so nothing but the sums is ever decrypted. A meeting asks
 * 同意 / 不同意 / 弃权 with exactly one answer; leaving everything open is no answer, since 弃权 is one. */
#ifndef TD_BALLOT_ELECTION_H
#define TD_BALLOT_ELECTION_H

#include "ballot/group.h"
#include "base/error.h"

enum {
    TD_ELECTION_QUESTIONS_MAX = 2000,
    TD_ELECTION_ANSWERS_MAX = 8,
    TD_ELECTION_FINGERPRINT = 43, /* base64 of SHA-256 without padding */
};

struct td_election_question {
    const char *title; /* the election's */
    int answers, min, max;
};

/* A meeting's numbers, bound by the fingerprint since the description carries them (as JSON):
 * {"members": 11, "present": 9, "of": 9, "quorum": [2, 3], "majority": [2, 3]}. members is 0 when it says nothing of the
 * kind. */
struct td_election_rule {
    int members;     /* of the committee */
    int present;     /* when the meeting opened; who must recuse himself is present and holds no credential */
    int of;          /* how many the majority is a part of: present, or without who must recuse himself */
    int quorum[2];   /* this part of the members must be present */
    int majority[2]; /* this part of `of` must say yes, the first answer: who stays away has not agreed */
};

struct td_election {
    json_t *value;
    const char *uuid, *name;
    char fingerprint[TD_ELECTION_FINGERPRINT + 1];
    BIGNUM *y; /* of the caller's frame */
    struct td_election_rule rule;
    size_t count;
    struct td_election_question *questions;
};

/* Reads the election's text; refusals name the member. */
int td_election_read(struct td_group *group, const char *text, size_t length, struct td_election *ret,
                     struct td_error *reterr);
void td_election_done(struct td_election *election);

/* The text of a meeting's election, malloc'd; NULL without memory. `titles` is an array of texts, one per dossier. */
char *td_election_make(struct td_group *group, const char *uuid, const char *name,
                       const struct td_election_rule *rule, const BIGNUM *y, const json_t *titles);

/* base64(SHA-256) without padding, as elections, ballots and lists are fingerprinted. */
void td_election_fingerprint(const char *text, size_t length, char ret[TD_ELECTION_FINGERPRINT + 1]);

#endif
