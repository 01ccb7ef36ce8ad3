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
    if (serving->login_uses && !serving->is_back) /* the password was right: only failures count */
        td_throttle_give_back(serving->frame->options.redis, serving->login_uses->uses, 3);
    if (reply->session == TD_SESSION_KEEP ||
        (reply->session != TD_SESSION_START && !serving->has_session))
        td_reply_send(serving);
    else if (reply->session == TD_SESSION_START)
        r = td_session_start(serving->frame->options.sessions, reply->session_account,
                             serving->call.address, serving->agent, on_started, serving);
    else
        r = end_sessions(serving);
    if (r < 0)
        td_serving_fail(serving, r);
}
