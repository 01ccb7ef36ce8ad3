/* pace.c - how fast the bytes of a connection flow, against limits.body_rate: what a client sends
 * of a body, and what it takes of the replies. Only measures; connection.c acts. */
#include "http/wire.h"

#include "base/clock.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

void td_pace_wrote(struct td_connection *connection, size_t length)
{
    struct td_outflow *out = &connection->out;
    out->written += (int64_t)length;
    if (out->pace.looked_ms == 0 && length > 0) {
        out->pace = (struct td_pace){.looked_ms = td_clock_mono_ms()};
        out->goal = out->written;
    }
}

/* True when what limits.body_rate asks for in grace_ms is owed. */
static bool falls_behind(struct td_pace *pace, const struct td_http_limits *limits, int64_t now)
{
    if (pace->looked_ms == 0)
        return false;
    pace->owed += limits->body_rate * (now - pace->looked_ms) - pace->bytes * 1000;
    if (pace->owed < 0)
        pace->owed = 0;
    pace->bytes = 0;
    pace->looked_ms = now;
    return pace->owed >= limits->body_rate * limits->grace_ms;
}

bool td_pace_sends_slowly(struct td_connection *connection, int64_t now)
{
    if (td_body_waits(connection->exchange)) { /* the disk is slow, not the client */
        connection->in = (struct td_pace){.looked_ms = now};
        return false;
    }
    return falls_behind(&connection->in, &connection->server->limits, now);
}

static int64_t unsent(const struct td_connection *connection)
{
    return (int64_t)evbuffer_get_length(bufferevent_get_output(connection->bev));
}

/* What the kernel keeps because the client has not acknowledged it. */
static int64_t unacknowledged(const struct td_connection *connection)
{
    int bytes = 0;
    if (connection->is_control || ioctl(bufferevent_getfd(connection->bev), SIOCOUTQ, &bytes) != 0)
        return 0;
    return bytes;
}

bool td_pace_reads_slowly(struct td_connection *connection, int64_t now)
{
    struct td_outflow *out = &connection->out;
    if (out->pace.looked_ms == 0)
        return false;
    int64_t left = unsent(connection) + unacknowledged(connection);
    out->pace.bytes = out->written - left - out->delivered;
    out->delivered = out->written - left;
    if (left == 0 || out->delivered >= out->goal) {
        out->pace = (struct td_pace){.looked_ms = left ? now : 0};
        out->goal = out->written;
        return false;
    }
    return falls_behind(&out->pace, &connection->server->limits, now);
}
