/* session_change.c - a committed reply starts or ends sessions; then it is sent. On the loop. */
#include "http/serving.h"

#include "base/log.h"
#include "http/cookie.h"

#include <string.h>

static void set_cookie(struct td_serving *serving, const char *token)
{
    serving->cookie =
        td_cookie_make(serving->call.config, TD_COOKIE_SESSION, token, serving->arena);
}

static void on_replaced(void *arg, int result, int64_t ended)
{
    (void)arg;
    TD_LOG(TD_LOG_INFO, "session.replaced", TD_I("result", result), TD_I("sessions", ended));
}

/* Whoever logs in again leaves no session behind that no browser holds any more. */
static void end_replaced(struct td_serving *serving)
{
    if (serving->has_session)
        td_session_end(serving->frame->options.sessions, serving->session.account_id,
                       serving->session.id, on_replaced, NULL);
}

static void on_started(void *arg, int result, const struct td_session *session, const char *token)
{
    struct td_serving *serving = arg;
    if (result < 0) {
        td_serving_fail(serving, result);
        return;
    }
    set_cookie(serving, token);
    if (!serving->reply.value)
        serving->reply.value = json_object();
    json_object_set_new(serving->reply.value, "csrf", json_string(session->csrf));
    if (session->pending)
        json_object_set_new(serving->reply.value, "second_factor", json_true());
    end_replaced(serving);
    TD_LOG(TD_LOG_INFO, "session.started", TD_S("account", session->account_id),
           TD_S("session", session->id), TD_S("request", serving->call.request_id));
    td_reply_send(serving);
}

static void on_ended(void *arg, int result, int64_t ended)
{
    struct td_serving *serving = arg;
    if (result < 0) {
        td_serving_fail(serving, result);
        return;
    }
    TD_LOG(TD_LOG_INFO, "session.ended", TD_I("sessions", ended),
           TD_S("request", serving->call.request_id));
    td_reply_send(serving);
}

static void on_proven(void *arg, int result, int64_t count)
{
    (void)count;
    if (result < 0)
        td_serving_fail(arg, result);
    else
        td_reply_send(arg);
}

/* What needed a proof is done: the proof counts on. Commands keep their order, so the session's
 * next request finds it so. */
static void note_use(struct td_serving *serving)
{
    if ((serving->call.route->flags & TD_ROUTE_STEP_UP) && serving->has_session &&
        !serving->is_back)
        td_session_prove(serving->frame->options.sessions, serving->session.id, true, NULL, NULL);
}

/* The password or code was right: only failures count. */
static void note_right(struct td_serving *serving)
{
    const struct td_call *call = &serving->call;
    struct td_redis *redis = serving->frame->options.redis;
    struct td_throttle_use use = {TD_THROTTLE_LOGIN_ADDRESS, serving->from};
    if (!serving->subject[0] || serving->is_back)
        return;
    td_throttle_give_back(redis, &use, 1);
    if (serving->reply.session == TD_SESSION_START_PENDING)
        td_lockout_forgive(redis, serving->subject, call->address);
    else
        td_lockout_clear(redis, serving->subject, call->address);
}

void td_session_change_forgive(struct td_serving *serving)
{
    struct td_redis *redis = serving->frame->options.redis;
    struct td_throttle_use use = {TD_THROTTLE_LOGIN_ADDRESS, serving->from};
    if (!serving->subject[0] || serving->is_back)
        return;
    td_throttle_give_back(redis, &use, 1);
    td_lockout_forgive(redis, serving->subject, serving->call.address);
}

static void unlock(struct td_serving *serving)
{
    char subject[TD_LOCKOUT_SUBJECT_TEXT];
    td_lockout_subject(serving->reply.session_account, subject);
    td_lockout_unlock(serving->frame->options.redis, subject);
    td_reply_send(serving);
}

static int start_session(struct td_serving *serving)
{
    const struct td_reply *reply = &serving->reply;
    return td_session_start(serving->frame->options.sessions, reply->session_account,
                            reply->session == TD_SESSION_START_PENDING ? serving->subject : NULL,
                            serving->call.address, serving->agent, on_started, serving);
}

static int end_sessions(struct td_serving *serving)
{
    struct td_sessions *sessions = serving->frame->options.sessions;
    const struct td_reply *reply = &serving->reply;
    const char *account = serving->call.who->id, *present = serving->call.session_id;
    const char *ended = reply->session_id ? reply->session_id : present;
    switch (reply->session) {
    case TD_SESSION_END_OTHERS:
        return td_session_end_account(sessions, account, present, on_ended, serving);
    case TD_SESSION_END_ALL:
        set_cookie(serving, NULL);
        return td_session_end_account(sessions, account, NULL, on_ended, serving);
    default:
        if (!reply->session_id || (present && strcmp(present, ended) == 0))
            set_cookie(serving, NULL);
        return td_session_end(sessions, account, ended, on_ended, serving);
    }
}

void td_session_change_apply(struct td_serving *serving)
{
    const struct td_reply *reply = &serving->reply;
    int r = 0;
    note_right(serving);
    note_use(serving);
    bool starts = reply->session == TD_SESSION_START || reply->session == TD_SESSION_START_PENDING;
    bool needs = !starts && reply->session != TD_SESSION_UNLOCK; /* a session to change */
    if (reply->session == TD_SESSION_KEEP || (needs && !serving->has_session))
        td_reply_send(serving);
    else if (reply->session == TD_SESSION_UNLOCK)
        unlock(serving);
    else if (starts)
        r = start_session(serving);
    else if (reply->session == TD_SESSION_PROVE)
        r = td_session_prove(serving->frame->options.sessions, serving->session.id, false,
                             on_proven, serving);
    else
        r = end_sessions(serving);
    if (r < 0)
        td_serving_fail(serving, r);
}
