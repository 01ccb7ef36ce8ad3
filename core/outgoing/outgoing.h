/* outgoing.h - sends the deliveries of review/delivery.h.
 *
 * The table is the truth. A commit that posts leaves one outbox row "deliver", whose job wakes the node that gets it;
 * a timer looks by itself when the next one is due, and every half minute. A target that does not answer is tried
 * with one delivery at a time, ever more rarely: ten thousand that wait for it cost nothing and hold up nobody else.
 * The log hears of a target when it stops and when it is back.
 *
 * A request is POST <url> (a question: GET <url><path>) with Idempotency-Key, Titled-Kind, Titled-Time and
 * Titled-Signature (target.h). What the answers mean:
 *   2xx {"receipt": "..."}   delivered             2xx without, 5xx, no answer   unknown
 *   408, 425, 429            tried again           other 3xx, 4xx {"reason"}     rejected
 * What is unknown is asked with GET <url>/<id>: 200 {"receipt"} or {"rejected": true, "reason"}; 404 = never came. */
#ifndef TD_OUTGOING_OUTGOING_H
#define TD_OUTGOING_OUTGOING_H

#include "base/error.h"

#include <jansson.h>

struct event_base;
struct td_calendar;
struct td_config;
struct td_outgoing;
struct td_seal_key;
struct td_store;

struct td_outgoing_options {
    struct event_base *base;
    struct td_store *store; /* all borrowed, all outlive it */
    const struct td_config *config;
    const struct td_calendar *calendar;
    const struct td_seal_key *seal;
    /* The sentence `say` in a language, its {places} filled: malloc'd, NULL when there is none. May be NULL. */
    char *(*speak)(void *arg, const char *locale, const char *say, const json_t *parameters);
    void *speak_arg;
};

/* Reads the targets (TD_EINVALID says what is wrong with the file) and starts. */
int td_outgoing_new(const struct td_outgoing_options *options, struct td_outgoing **ret_outgoing,
                    struct td_error *reterr);
void td_outgoing_stop(struct td_outgoing *outgoing); /* before the store closes; nothing is sent any more */
void td_outgoing_free(struct td_outgoing *outgoing); /* after it closed. NULL is fine for both */

void td_outgoing_wake(void *outgoing); /* on the loop: something may be due */

#endif
