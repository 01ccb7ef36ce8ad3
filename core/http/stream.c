/* stream.c - live pages: an exchange becomes a stream of server-sent events on some topics.
 *
 * The handler of a TD_ROUTE_STREAM row checks that the account may see the subject and answers
 * {"topics": ["application/01J..."]}. Each message of a topic goes out as an event of its "event"
 * name. After STREAM_SECONDS the stream ends, so that rights are looked at again when the page
 * reconnects. */
#include "http/serving.h"

#include "http/sse.h"
#include "redis/live.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { STREAM_SECONDS = 600, TOPICS_MAX = 16, RETRY_MS = 3000 };

struct stream {
    struct td_owner owner;
    struct td_frame *frame;
    struct td_exchange *exchange;
    struct event *timer;
    struct td_live_subscription *subscriptions[TOPICS_MAX];
    int count;
};

static void end_stream(struct stream *stream)
{
    for (int i = 0; i < stream->count; i++)
        td_live_unsubscribe(stream->subscriptions[i]);
    if (stream->timer)
        event_free(stream->timer);
    td_exchange_drop(stream->exchange);
    stream->frame->open--;
    free(stream);
}

static void gone(struct td_owner *owner)
{
    end_stream((struct stream *)owner);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end_stream(arg);
}

static void heard(void *arg, const json_t *message)
{
    struct stream *stream = arg;
    const char *event = json_string_value(json_object_get(message, "event"));
    char *text = json_dumps(message, JSON_COMPACT);
    if (text) /* a client that reads too slowly is dropped by the wire, which calls gone() */
        td_sse_send(stream->exchange, NULL, event, text);
    free(text);
}

static void subscribe(struct stream *stream, const json_t *topics)
{
    for (size_t i = 0; i < json_array_size(topics) && stream->count < TOPICS_MAX; i++) {
        const char *topic = json_string_value(json_array_get(topics, i));
        struct td_live_subscription *subscription =
            topic ? td_live_subscribe(stream->frame->options.live, topic, heard, stream) : NULL;
        if (subscription)
            stream->subscriptions[stream->count++] = subscription;
    }
}

void td_stream_open(struct td_serving *serving)
{
    struct td_exchange *exchange = serving->exchange;
    struct stream *stream = exchange ? calloc(1, sizeof(*stream)) : NULL;
    if (!stream) {
        if (exchange)
            td_serving_fail(serving, TD_ENOMEM);
        else
            td_serving_free(serving);
        return;
    }
    *stream = (struct stream){.owner.gone = gone, .frame = serving->frame, .exchange = exchange};
    int r = td_sse_open(exchange);
    if (r < 0) {
        if (r == TD_ECONFLICT)
            td_exchange_drop(exchange);
        free(stream);
        td_serving_free(serving);
        return;
    }
    exchange->frame_state = stream;
    stream->frame->open++;
    subscribe(stream, json_object_get(serving->reply.value, "topics"));
    td_sse_retry(exchange, RETRY_MS);
    stream->timer = evtimer_new(stream->frame->options.base, on_timer, stream);
    if (stream->timer)
        evtimer_add(stream->timer, &(struct timeval){.tv_sec = STREAM_SECONDS});
    td_serving_free(serving);
}
