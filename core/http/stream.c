/* stream.c - live pages: an exchange becomes a stream of server-sent events on some topics.
 *
 * The handler of a TD_ROUTE_STREAM row checks that the account may see the subject and answers
 * {"topics": ["application/01J..."]}. Each message of a topic goes out as an event of its "event"
 * name, with its id; who comes back with Last-Event-ID gets what he missed, or "resync" when that
 * is not known any more or too much. So does a page that listens for the first time: `after` is
 * what had been heard before it was made. A stream ends
 *   - after stream_seconds, so that rights are looked at again when the page reconnects;
 *   - with its session, wherever that was ended: "bye" {"reason": "session"}. Redis itself may have
 *     lost sessions while it was away, so after a gap every stream ends with "resync";
 *   - when its account opens more than limit_streams here, the oldest first: "bye" {"reason":
 *     "many"}, so that the page knows that it is on its own. The newest page is the one that
 *     somebody looks at.
 *
 * Life: made in td_stream_open, in the frame's list until end_stream. The question whether the
 * session is still there may be answered later than that; the last of both frees it. */
#include "http/serving.h"

#include "config.h"
#include "http/sse.h"
#include "redis/live.h"

#include <event2/event.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* CATCH_UP_MAX: missed events that are sent one by one. Who missed more looks again: all of them
 * might not fit the output, and the page would come back for the same ones for ever. */
enum { TOPICS_MAX = 16, CATCH_UP_MAX = 100, RETRY_MS = 2000, RETRY_SPREAD_MS = 3000 };

struct td_stream {
    struct td_owner owner;
    TAILQ_ENTRY(td_stream) link;
    struct td_frame *frame;
    struct td_exchange *exchange;
    struct event *timer;
    char account_id[32];
    struct td_live_subscription *session;
    struct td_live_subscription *subscriptions[TOPICS_MAX];
    int count;
    bool asked; /* whether the session is still there; not answered yet */
    bool over;
};

static void end_stream(struct td_stream *stream)
{
    for (int i = 0; i < stream->count; i++)
        td_live_unsubscribe(stream->subscriptions[i]);
    td_live_unsubscribe(stream->session);
    if (stream->timer)
        event_free(stream->timer);
    TAILQ_REMOVE(&stream->frame->streams, stream, link);
    stream->frame->open--;
    stream->over = true;
    td_exchange_drop(stream->exchange);
    if (!stream->asked)
        free(stream);
}

/* The last word tells the page why, and so whether to come back. */
static void say_bye(struct td_stream *stream, const char *reason)
{
    char text[64];
    snprintf(text, sizeof(text), "{\"event\":\"bye\",\"reason\":\"%s\"}", reason);
    td_sse_send(stream->exchange, NULL, "bye", text);
    end_stream(stream);
}

static void gone(struct td_owner *owner)
{
    end_stream((struct td_stream *)owner);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end_stream(arg);
}

static void heard(void *arg, const json_t *message, const char *id)
{
    struct td_stream *stream = arg;
    const char *event = json_string_value(json_object_get(message, "event"));
    char *text = json_dumps(message, JSON_COMPACT);
    if (text) /* a client that reads too slowly is dropped by the wire, which calls gone() */
        td_sse_send(stream->exchange, id, event, text);
    free(text);
    if (event && strcmp(event, "resync") == 0)
        end_stream(stream);
}

/* Its end, or a gap in which it may have ended: then the topics' own "resync" ends the stream. */
static void heard_of_session(void *arg, const json_t *message, const char *id)
{
    (void)id;
    const char *event = json_string_value(json_object_get(message, "event"));
    if (event && strcmp(event, "ended") == 0)
        say_bye(arg, "session");
}

/* From here on the stream is as good as its session. Streams that end together shall not come back
 * together. */
static void settle(struct td_stream *stream)
{
    td_sse_retry(stream->exchange, RETRY_MS + (int64_t)randombytes_uniform(RETRY_SPREAD_MS));
}

/* Redis has an answer only now when the session ended before we listened. */
static void on_asked(void *arg, int result, int64_t none)
{
    (void)none;
    struct td_stream *stream = arg;
    stream->asked = false;
    if (stream->over)
        free(stream);
    else if (result == TD_ELOGIN)
        say_bye(stream, "session");
    else if (result < 0)
        end_stream(stream);
    else
        settle(stream);
}

/* --- opening ----------------------------------------------------------------------- */

static void make_room(struct td_frame *frame, const char *account_id)
{
    int64_t open = 0;
    struct td_stream *stream, *oldest = NULL;
    TAILQ_FOREACH(stream, &frame->streams, link)
    if (strcmp(stream->account_id, account_id) == 0 && open++ == 0)
        oldest = stream;
    if (oldest && open >= frame->options.config->limit_streams)
        say_bye(oldest, "many");
}

/* False when memory is short: a stream that cannot hear the end of its session must not go on. */
static bool subscribe(struct td_stream *stream, const struct td_serving *serving)
{
    struct td_live *live = stream->frame->options.live;
    const json_t *topics = json_object_get(serving->reply.value, "topics");
    for (size_t i = 0; i < json_array_size(topics) && i < TOPICS_MAX; i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        struct td_live_subscription *subscription =
            topic ? td_live_subscribe(live, topic, heard, stream) : NULL;
        if (!subscription)
            return false;
        stream->subscriptions[stream->count++] = subscription;
    }
    if (!serving->has_session)
        return true;
    char topic[TD_LIVE_TOPIC_MAX];
    snprintf(topic, sizeof(topic), "session/%s", serving->session.id);
    stream->session = td_live_subscribe(live, topic, heard_of_session, stream);
    return stream->session != NULL;
}

struct catching_up {
    struct td_stream *stream;
    int left; /* below 0: there was more */
};

/* Without its id: topic comes after topic, so the place in their common order is known only behind
 * the last. */
static void note(void *arg, const json_t *message, const char *id)
{
    struct catching_up *catching_up = arg;
    (void)id;
    if (--catching_up->left < 0)
        return;
    char *text = json_dumps(message, JSON_COMPACT);
    if (text)
        td_sse_send(catching_up->stream->exchange, NULL,
                    json_string_value(json_object_get(message, "event")), text);
    free(text);
}

/* The id that the client brings: "" for one that is not known, NULL without any. */
static const char *id_of(const struct td_stream *stream, const struct td_serving *serving)
{
    const char *last = td_exchange_header(stream->exchange, "Last-Event-ID");
    return last && *last ? last : json_string_value(json_object_get(serving->call.query, "after"));
}

/* What happened between that id and now. */
static void catch_up(struct td_stream *stream, const struct td_serving *serving)
{
    struct td_live *live = stream->frame->options.live;
    struct catching_up catching_up = {stream, CATCH_UP_MAX};
    const char *since = id_of(stream, serving);
    const json_t *topics = json_object_get(serving->reply.value, "topics");
    bool known = true;
    for (size_t i = 0; since && known && i < json_array_size(topics); i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        known = topic && td_live_replay(live, since, topic, note, &catching_up);
    }
    char position[TD_LIVE_ID_TEXT];
    if (!known || catching_up.left < 0)
        td_sse_send(stream->exchange, NULL, "resync", "{\"event\":\"resync\"}");
    if (td_live_position(live, position))
        td_sse_mark(stream->exchange, position);
}

static void begin(struct td_stream *stream, const struct td_serving *serving)
{
    struct td_frame *frame = stream->frame;
    snprintf(stream->account_id, sizeof(stream->account_id), "%s", serving->session.account_id);
    make_room(frame, stream->account_id);
    stream->exchange->frame_state = stream;
    frame->open++;
    TAILQ_INSERT_TAIL(&frame->streams, stream, link);
    stream->timer = evtimer_new(frame->options.base, on_timer, stream);
    if (!stream->timer || !subscribe(stream, serving)) {
        end_stream(stream);
        return;
    }
    evtimer_add(stream->timer, &(struct timeval){.tv_sec = frame->options.config->stream_seconds});
    catch_up(stream, serving);
    if (!serving->has_session)
        settle(stream);
    else if (td_session_ask(frame->options.sessions, serving->session.id, on_asked, stream) == 0)
        stream->asked = true;
    else
        end_stream(stream);
}

void td_stream_open(struct td_serving *serving)
{
    struct td_exchange *exchange = serving->exchange;
    struct td_stream *stream = exchange ? calloc(1, sizeof(*stream)) : NULL;
    if (!stream) {
        if (exchange)
            td_serving_fail(serving, TD_ENOMEM);
        else
            td_serving_free(serving);
        return;
    }
    *stream = (struct td_stream){.owner.gone = gone, .frame = serving->frame, .exchange = exchange};
    int r = td_sse_open(exchange);
    if (r < 0) {
        if (r == TD_ECONFLICT)
            td_exchange_drop(exchange);
        free(stream);
    } else {
        begin(stream, serving);
    }
    td_serving_free(serving);
}
