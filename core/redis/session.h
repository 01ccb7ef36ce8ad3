/* session.h - who is logged in.
 *
 * A session is a random 256-bit token in the client's cookie. Redis knows only its hash: whoever
 * reads Redis cannot act as anybody. A session ends after `idle_seconds` without a request, and
 * `absolute_seconds` after login whatever happens; a login always makes a new one. A pending one
 * belongs to somebody whose password was right and whose code is still missing: it lasts
 * TD_SESSION_PENDING_SECONDS, is in no list, and lets its holder do nothing else. Times are those
 * of Redis, so that nodes agree and the demo's clock does not matter.
 *
 * The end of a session is published as {"topic": "session/<id>", "event": "ended"} (live.h).
 *
 * Every function answers 0 and calls `done` exactly once later on the loop, or a negative code
 * (TD_EREDIS, TD_EBUSY, TD_ENOMEM) and never calls it. Sessions passed to callbacks are valid
 * during the call. */
#ifndef TD_REDIS_SESSION_H
#define TD_REDIS_SESSION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct td_redis;
struct td_sessions;

enum {
    TD_SESSION_TOKEN_TEXT = 44, /* 43 characters of base64url and the NUL */
    TD_SESSION_ID_TEXT = 65, /* BLAKE2b-256 of the token in hex: the id, safe to log and to show */
    TD_SESSION_ADDRESS_TEXT = 64,
    TD_SESSION_AGENT_TEXT = 33,
    TD_SESSION_PENDING_SECONDS = 300,
    TD_SESSION_MOST = 100 /* sessions of one account; one more ends the oldest */
};

struct td_session {
    char id[TD_SESSION_ID_TEXT];
    char account_id[32];
    char csrf[TD_SESSION_TOKEN_TEXT];
    char address[TD_SESSION_ADDRESS_TEXT]; /* prefix: /24 of IPv4, /48 of IPv6 */
    char agent[TD_SESSION_AGENT_TEXT];     /* digest of the User-Agent */
    int64_t created_ms, seen_ms;           /* UTC milliseconds, real time */
    int64_t proven_ago_ms; /* since a password or code was proven in it */
    int64_t used_ago_ms;   /* since that, or since what needed it was last done */
    bool pending;
    char subject[33]; /* of a pending one: what redis/lockout.h counts its codes under */
};

/* Uses `redis` (borrowed, outlives it). NULL when memory is short. */
struct td_sessions *td_sessions_new(struct td_redis *redis, int64_t idle_seconds,
                                    int64_t absolute_seconds);
void td_sessions_free(struct td_sessions *sessions);

/* `result`: 0 and the session; TD_ELOGIN when there is none (any more); TD_EREDIS. `token` is
 * only set by td_session_start: the cookie's value. */
typedef void (*td_session_fn)(void *arg, int result, const struct td_session *session,
                              const char *token);

/* A new session for `account_id`: whole, or pending when `pending_subject` is given. `address` and
 * `agent` (User-Agent, may be NULL) are as sent. */
int td_session_start(struct td_sessions *sessions, const char *account_id, const char *pending_subject,
                     const char *address, const char *agent, td_session_fn done, void *arg);

/* Looks a cookie's value up and moves its idle expiry: one round trip. A value that cannot be a
 * token is refused with TD_ELOGIN at once, without `done`. */
int td_session_find(struct td_sessions *sessions, const char *token, const char *address,
                    const char *agent, td_session_fn done, void *arg);

/* Notes in a session that its holder has proven a password or code just now, or (`use`) has done
 * something that needed it. `done` may be NULL. */
typedef void (*td_session_end_fn)(void *arg, int result, int64_t count);
int td_session_prove(struct td_sessions *sessions, const char *id, bool use, td_session_end_fn done,
                     void *arg);

/* Ends one session by id, of `account_id` only; ending one that is gone is a success. `done` may be
 * NULL. */
int td_session_end(struct td_sessions *sessions, const char *account_id, const char *id,
                   td_session_end_fn done, void *arg);

/* The same, but the idle expiry stays where it is: for what a page asks by itself, so that an open
 * window is not taken for a person. */
int td_session_look(struct td_sessions *sessions, const char *token, const char *address,
                    const char *agent, td_session_fn done, void *arg);

/* Whether the session is still there, without using it: `result` 0, TD_ELOGIN or TD_EREDIS. Whose
 * stream listens to "session/<id>" (live.h) before asking misses no end. */
int td_session_ask(struct td_sessions *sessions, const char *id, td_session_end_fn done, void *arg);

/* Ends all sessions of an account but `keep_id` (NULL = none is kept). */
int td_session_end_account(struct td_sessions *sessions, const char *account_id,
                           const char *keep_id, td_session_end_fn done, void *arg);

/* The live sessions of an account but pending ones, newest first. */
typedef void (*td_session_list_fn)(void *arg, int result, const struct td_session *list,
                                   size_t count);
int td_session_list(struct td_sessions *sessions, const char *account_id, td_session_list_fn done,
                    void *arg);

/* A list for people: [{"id", "address", "created_at", "seen_at", "current": true for
 * `current_id`}]; a new reference. The token's hash is a name, not a secret. */
json_t *td_session_list_json(const struct td_session *list, size_t count, const char *current_id);

/* Enough of an address to recognise a place, not a device; "" when it is none. */
void td_session_place(const char *address, char text[TD_SESSION_ADDRESS_TEXT]);

/* Compares the CSRF value a request sent (NULL or any text) with the session's, in constant time: 0
 * or TD_EFORBIDDEN. */
int td_session_check_csrf(const struct td_session *session, const char *sent);

#endif
