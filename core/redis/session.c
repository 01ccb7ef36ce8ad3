/* session.c - see session.h.
 *
 * Redis keys: titled:session:<id> is a hash (account, csrf, address, agent, created, seen, ends,
 * proven, used: times in milliseconds; pending: 1 or 0; subject) that
 * expires when the session does; titled:account:<account id> is a sorted set of that account's
 * session ids by time of creation in microseconds. Members of the set whose session has expired are
 * dropped when somebody looks. Every operation is one script, so one round trip and no half-done
 * state. */
#include "redis/session.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "redis/client.h"
#include "redis/live.h"
#include "redis/reply.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKEN_BYTES = 32,
    HASH_BYTES = 32,
    AGENT_BYTES = 16,
    KEY_TEXT = 128,
    NUMBER_TEXT = 24,
    MOST = TD_SESSION_MOST
};

#define NOW "local t = redis.call('TIME'); local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"

/* Whatever is open for a session, on any node, ends with it. */
#define ENDED                                                                                      \
    "local function ended(id)\n"                                                                   \
    "  redis.call('PUBLISH', '" TD_LIVE_CHANNEL                                                    \
    "', '{\"topic\":\"session/' .. id .. '\",\"event\":\"ended\"}')\n"                             \
    "end\n"

/* The idle expiry never passes the absolute one. ARGV: account, csrf, address, agent, idle ms,
 * absolute ms, id, how many sessions an account may have (the oldest go), prefix of session keys,
 * 1 = pending, how long that lasts in ms, and its subject. */
static const char start_script[] = ENDED NOW
    "local idle, absolute = tonumber(ARGV[5]), tonumber(ARGV[6])\n"
    "local text = string.format('%.0f', now)\n"
    "local lasts = ARGV[10] == '1' and tonumber(ARGV[11]) or absolute\n"
    "redis.call('HSET', KEYS[1], 'account', ARGV[1], 'csrf', ARGV[2], 'address', ARGV[3], "
    "'agent', ARGV[4],\n"
    "  'created', text, 'seen', text, 'proven', text, 'used', text, 'pending', ARGV[10],\n"
    "  'subject', ARGV[12],\n"
    "  'ends', string.format('%.0f', now + lasts))\n"
    "redis.call('PEXPIRE', KEYS[1], math.min(idle, lasts))\n"
    "redis.call('ZADD', KEYS[2], string.format('%.0f', t[1] * 1000000 + t[2]), ARGV[7])\n"
    "redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', (now - absolute) * "
    "1000))\n"
    "for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -ARGV[8] - 1)) do\n"
    "  redis.call('DEL', ARGV[9] .. id)\n"
    "  redis.call('ZREM', KEYS[2], id)\n"
    "  ended(id)\n"
    "end\n"
    "redis.call('PEXPIRE', KEYS[2], absolute)\n"
    "return text\n";

/* ARGV: address, idle ms, "1" when somebody is at work: only then it is used. A session of an older
 * version, which does not know its end, is over. */
static const char find_script[] =
    NOW "local s = redis.call('HMGET', KEYS[1], 'account', 'csrf', 'address', 'agent', 'created', "
        "'seen', 'pending', 'proven', 'used', 'ends', 'subject')\n"
        "if not s[1] then return false end\n"
        "local left = (s[10] or 0) - now\n"
        "if left <= 0 then redis.call('DEL', KEYS[1]); return false end\n"
        "s[8] = string.format('%.0f', now - s[8])\n"
        "s[9] = string.format('%.0f', now - s[9])\n"
        "if ARGV[3] ~= '1' then return s end\n"
        "redis.call('HSET', KEYS[1], 'seen', string.format('%.0f', now), 'address', ARGV[1])\n"
        "redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.min(left, tonumber(ARGV[2]))))\n"
        "return s\n";

/* ARGV: 1 = a use only. Nothing for a session that is gone. */
static const char prove_script[] =
    NOW "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end\n"
        "redis.call('HSET', KEYS[1], 'used', string.format('%.0f', now))\n"
        "if ARGV[1] == '0' then redis.call('HSET', KEYS[1], 'proven', string.format('%.0f', now)) "
        "end\n"
        "return 1\n";

/* ARGV: id. Only of the account whose set holds it. */
static const char end_script[] =
    ENDED "if redis.call('ZREM', KEYS[2], ARGV[1]) == 0 then return 0 end\n"
          "local count = redis.call('DEL', KEYS[1])\n"
          "ended(ARGV[1])\n"
          "return count\n";

/* ARGV: id to keep or '', prefix of session keys. */
static const char end_all_script[] =
    ENDED "local count = 0\n"
          "for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do\n"
          "  if id ~= ARGV[1] then\n"
          "    count = count + redis.call('DEL', ARGV[2] .. id)\n"
          "    redis.call('ZREM', KEYS[1], id)\n"
          "    ended(id)\n"
          "  end\n"
          "end\n"
          "return count\n";

/* ARGV: prefix of session keys, how many. */
static const char list_script[] =
    "local list = {}\n"
    "for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do\n"
    "  local s = redis.call('HMGET', ARGV[1] .. id, 'account', 'csrf', 'address', 'agent', "
    "'created', 'seen', 'pending')\n"
    "  if not s[1] then redis.call('ZREM', KEYS[1], id)\n"
    "  elseif s[7] ~= '1' and #list < tonumber(ARGV[2]) then s[#s + 1] = id; list[#list + 1] = s "
    "end\n"
    "end\n"
    "return list\n";

#define SESSION_PREFIX "titled:session:"
#define ACCOUNT_PREFIX "titled:account:"

struct td_sessions {
    struct td_redis *redis;
    char idle_ms[NUMBER_TEXT];
    char absolute_ms[NUMBER_TEXT];
};

/* One request on its way: what it needs when the answer comes. */
struct pending {
    struct td_session session;
    char token[TD_SESSION_TOKEN_TEXT];
    union {
        td_session_fn session;
        td_session_end_fn end;
        td_session_list_fn list;
    } done;
    void *arg;
};

struct td_sessions *td_sessions_new(struct td_redis *redis, int64_t idle_seconds,
                                    int64_t absolute_seconds)
{
    struct td_sessions *sessions = calloc(1, sizeof(*sessions));
    if (!sessions)
        return NULL;
    sessions->redis = redis;
    snprintf(sessions->idle_ms, sizeof(sessions->idle_ms), "%lld", (long long)idle_seconds * 1000);
    snprintf(sessions->absolute_ms, sizeof(sessions->absolute_ms), "%lld",
             (long long)absolute_seconds * 1000);
    return sessions;
}

void td_sessions_free(struct td_sessions *sessions)
{
    free(sessions);
}

/* --- texts ------------------------------------------------------------------------------------ */

static void random_token(char text[TD_SESSION_TOKEN_TEXT])
{
    unsigned char bytes[TOKEN_BYTES];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2base64(text, TD_SESSION_TOKEN_TEXT, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
}

static void hash_text(const char *text, char *hex, size_t bytes)
{
    unsigned char hash[HASH_BYTES];
    crypto_generichash(hash, bytes, (const unsigned char *)text, strlen(text), NULL, 0);
    sodium_bin2hex(hex, bytes * 2 + 1, hash, bytes);
}

static bool looks_like_token(const char *token)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return token && strlen(token) == TD_SESSION_TOKEN_TEXT - 1 &&
           strspn(token, alphabet) == TD_SESSION_TOKEN_TEXT - 1;
}

void td_session_place(const char *address, char text[TD_SESSION_ADDRESS_TEXT])
{
    unsigned char bytes[16];
    char full[INET6_ADDRSTRLEN];
    *text = 0;
    if (address && inet_pton(AF_INET, address, bytes) == 1) {
        snprintf(text, TD_SESSION_ADDRESS_TEXT, "%d.%d.%d.0/24", bytes[0], bytes[1], bytes[2]);
    } else if (address && inet_pton(AF_INET6, address, bytes) == 1) {
        memset(bytes + 6, 0, 10);
        if (inet_ntop(AF_INET6, bytes, full, sizeof(full)))
            snprintf(text, TD_SESSION_ADDRESS_TEXT, "%s/48", full);
    }
}

static void session_key(const char *id, char key[KEY_TEXT])
{
    snprintf(key, KEY_TEXT, SESSION_PREFIX "%s", id);
}

static void account_key(const char *account_id, char key[KEY_TEXT])
{
    snprintf(key, KEY_TEXT, ACCOUNT_PREFIX "%s", account_id);
}

/* Copies the six fields of a script's answer; false when it is not a session. */
static bool read_fields(const struct redisReply *reply, struct td_session *session)
{
    const char *texts[4];
    for (size_t i = 0; i < 4; i++)
        if (!(texts[i] = td_reply_text(td_reply_at(reply, i))))
            return false;
    snprintf(session->account_id, sizeof(session->account_id), "%s", texts[0]);
    snprintf(session->csrf, sizeof(session->csrf), "%s", texts[1]);
    snprintf(session->address, sizeof(session->address), "%s", texts[2]);
    snprintf(session->agent, sizeof(session->agent), "%s", texts[3]);
    session->created_ms = td_reply_int(td_reply_at(reply, 4));
    session->seen_ms = td_reply_int(td_reply_at(reply, 5));
    session->pending = td_reply_int(td_reply_at(reply, 6)) != 0;
    return true;
}

/* --- start ------------------------------------------------------------------------------------ */

static struct pending *pending_new(void *arg)
{
    struct pending *pending = calloc(1, sizeof(*pending));
    if (pending)
        pending->arg = arg;
    return pending;
}

static void pending_free(struct pending *pending)
{
    sodium_memzero(pending, sizeof(*pending)); /* tokens do not stay in memory */
    free(pending);
}

/* A request that did not set out will not be answered. */
static int sent(struct pending *pending, int result)
{
    if (result < 0)
        pending_free(pending);
    return result;
}

static void on_started(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    if (result == 0) {
        pending->session.created_ms = pending->session.seen_ms = td_reply_int(reply);
        if (pending->session.created_ms <= 0)
            result = TD_EREDIS;
    }
    pending->done.session(pending->arg, result, result ? NULL : &pending->session,
                          result ? NULL : pending->token);
    pending_free(pending);
}

int td_session_start(struct td_sessions *sessions, const char *account_id,
                     const char *pending_subject, const char *address, const char *agent,
                     td_session_fn done, void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    struct td_session *session = &pending->session;
    pending->done.session = done;
    random_token(pending->token);
    random_token(session->csrf);
    hash_text(pending->token, session->id, HASH_BYTES);
    hash_text(agent ? agent : "", session->agent, AGENT_BYTES);
    td_session_place(address, session->address);
    snprintf(session->account_id, sizeof(session->account_id), "%s", account_id);
    char key[KEY_TEXT], set[KEY_TEXT], most[NUMBER_TEXT], lasts[NUMBER_TEXT];
    session->pending = pending_subject != NULL;
    snprintf(lasts, sizeof(lasts), "%d", TD_SESSION_PENDING_SECONDS * 1000);
    session_key(session->id, key);
    account_key(session->account_id, set);
    snprintf(most, sizeof(most), "%d", MOST);
    return sent(pending,
                td_redis_eval(sessions->redis, on_started, pending, start_script, 2,
                              (const char *[]){key, set, session->account_id, session->csrf,
                                               session->address, session->agent, sessions->idle_ms,
                                               sessions->absolute_ms, session->id, most,
                                               SESSION_PREFIX, session->pending ? "1" : "0", lasts,
                                               pending_subject ? pending_subject : "", NULL}));
}

/* --- find ------------------------------------------------------------------------------------- */

static void on_found(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    struct td_session *session = &pending->session;
    char agent[TD_SESSION_AGENT_TEXT];
    memcpy(agent, session->agent, sizeof(agent));
    if (result == 0 && !read_fields(reply, session))
        result = TD_ELOGIN;
    if (result == 0) {
        session->proven_ago_ms = td_reply_int(td_reply_at(reply, 7));
        session->used_ago_ms = td_reply_int(td_reply_at(reply, 8));
        const char *subject = td_reply_text(td_reply_at(reply, 10));
        snprintf(session->subject, sizeof(session->subject), "%s", subject ? subject : "");
    }
    /* A browser changes its name when it is updated, so this alone does not end a session. */
    if (result == 0 && strcmp(agent, session->agent))
        TD_LOG(TD_LOG_INFO, "session.other_agent", TD_S("session", session->id),
               TD_S("account", session->account_id));
    pending->done.session(pending->arg, result, result ? NULL : session, NULL);
    pending_free(pending);
}

static int find(struct td_sessions *sessions, const char *token, const char *address,
                const char *agent, bool used, td_session_fn done, void *arg)
{
    if (!looks_like_token(token))
        return TD_ELOGIN;
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.session = done;
    hash_text(token, pending->session.id, HASH_BYTES);
    hash_text(agent ? agent : "", pending->session.agent, AGENT_BYTES);
    char key[KEY_TEXT], prefix[TD_SESSION_ADDRESS_TEXT];
    session_key(pending->session.id, key);
    td_session_place(address, prefix);
    return sent(pending, td_redis_eval(sessions->redis, on_found, pending, find_script, 1,
                                       (const char *[]){key, prefix, sessions->idle_ms,
                                                        used ? "1" : "0", NULL}));
}

int td_session_find(struct td_sessions *sessions, const char *token, const char *address,
                    const char *agent, td_session_fn done, void *arg)
{
    return find(sessions, token, address, agent, true, done, arg);
}

int td_session_look(struct td_sessions *sessions, const char *token, const char *address,
                    const char *agent, td_session_fn done, void *arg)
{
    return find(sessions, token, address, agent, false, done, arg);
}

/* --- whether it is there --------------------------------------------------------------------- */

static void on_asked(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    if (result == 0 && td_reply_int(reply) == 0)
        result = TD_ELOGIN;
    pending->done.end(pending->arg, result, 0);
    pending_free(pending);
}

int td_session_ask(struct td_sessions *sessions, const char *id, td_session_end_fn done, void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.end = done;
    char key[KEY_TEXT];
    session_key(id, key);
    return sent(pending, td_redis_command(sessions->redis, on_asked, pending,
                                          (const char *[]){"EXISTS", key, NULL}));
}

/* --- end -------------------------------------------------------------------------------------- */

static void on_ended(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    if (pending->done.end)
        pending->done.end(pending->arg, result, result ? 0 : td_reply_int(reply));
    pending_free(pending);
}

int td_session_prove(struct td_sessions *sessions, const char *id, bool use, td_session_end_fn done,
                     void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.end = done;
    char key[KEY_TEXT];
    session_key(id, key);
    return sent(pending, td_redis_eval(sessions->redis, on_ended, pending, prove_script, 1,
                                       (const char *[]){key, use ? "1" : "0", NULL}));
}

int td_session_end(struct td_sessions *sessions, const char *account_id, const char *id,
                   td_session_end_fn done, void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.end = done;
    char key[KEY_TEXT], set[KEY_TEXT];
    session_key(id, key);
    account_key(account_id, set);
    return sent(pending, td_redis_eval(sessions->redis, on_ended, pending, end_script, 2,
                                       (const char *[]){key, set, id, NULL}));
}

int td_session_end_account(struct td_sessions *sessions, const char *account_id,
                           const char *keep_id, td_session_end_fn done, void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.end = done;
    char set[KEY_TEXT];
    account_key(account_id, set);
    return sent(pending,
                td_redis_eval(sessions->redis, on_ended, pending, end_all_script, 1,
                              (const char *[]){set, keep_id ? keep_id : "", SESSION_PREFIX, NULL}));
}

/* --- list ------------------------------------------------------------------------------------- */

static void on_listed(void *arg, int result, const struct redisReply *reply)
{
    struct pending *pending = arg;
    struct td_session *list = result ? NULL : calloc(MOST, sizeof(*list));
    size_t count = 0;
    if (result == 0 && !list)
        result = TD_ENOMEM;
    for (size_t i = 0; list && i < td_reply_count(reply) && count < MOST; i++) {
        const struct redisReply *fields = td_reply_at(reply, i);
        const char *id = td_reply_text(td_reply_at(fields, 7));
        if (!id || !read_fields(fields, &list[count]))
            continue;
        snprintf(list[count].id, sizeof(list[count].id), "%s", id);
        count++;
    }
    pending->done.list(pending->arg, result, list, count);
    free(list);
    pending_free(pending);
}

int td_session_list(struct td_sessions *sessions, const char *account_id, td_session_list_fn done,
                    void *arg)
{
    struct pending *pending = pending_new(arg);
    if (!pending)
        return TD_ENOMEM;
    pending->done.list = done;
    char set[KEY_TEXT], most[NUMBER_TEXT];
    account_key(account_id, set);
    snprintf(most, sizeof(most), "%d", MOST);
    return sent(pending, td_redis_eval(sessions->redis, on_listed, pending, list_script, 1,
                                       (const char *[]){set, SESSION_PREFIX, most, NULL}));
}

json_t *td_session_list_json(const struct td_session *list, size_t count, const char *current_id)
{
    json_t *items = json_array();
    for (size_t i = 0; items && i < count; i++) {
        char created[TD_TIME_TEXT], seen[TD_TIME_TEXT];
        td_time_format(list[i].created_ms, created);
        td_time_format(list[i].seen_ms, seen);
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", list[i].id, "address",
                                        list[i].address, "created_at", created, "seen_at", seen,
                                        "current", current_id && !strcmp(current_id, list[i].id)));
    }
    return items;
}

int td_session_check_csrf(const struct td_session *session, const char *sent)
{
    size_t length = sent ? strlen(sent) : 0;
    bool equal = length > 0 && length == strlen(session->csrf) &&
                 sodium_memcmp(sent, session->csrf, length) == 0;
    return equal ? 0 : TD_EFORBIDDEN;
}
