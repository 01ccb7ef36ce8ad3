/* sse.h - an exchange that becomes a stream of server-sent events (WHATWG HTML, 9.2).
 *
 * After td_sse_open the exchange lives until td_exchange_drop. The frame drops it when it has nothing more
 * to say, or after on_gone: the client left, read too slowly, or the server stops. A comment goes out every
 * limits.heartbeat_ms so that dead peers are noticed and proxies keep the line open. */
#ifndef TD_HTTP_SSE_H
#define TD_HTTP_SSE_H

#include "http/connection.h"

/* Sends the head of the stream. The exchange must have been given to on_head and not be ended. For HEAD
 * the exchange is ended at once and TD_EMETHOD returned; when the client has gone, TD_ECONFLICT (drop it). */
int td_sse_open(struct td_exchange *exchange);

/* Queues one event. `id` and `event` may be NULL; both must be free of line breaks. `text` may have
 * several lines. TD_EBUSY when the client reads too slowly (on_gone follows), TD_ECONFLICT when it has
 * gone, TD_EINVALID for a line break in id or event. */
int td_sse_send(struct td_exchange *exchange, const char *id, const char *event, const char *text);

/* Tells the client where in the order it is, without an event: what it says as Last-Event-ID when it comes
 * back. */
int td_sse_mark(struct td_exchange *exchange, const char *id);

/* Tells the client how long to wait before it connects again. */
int td_sse_retry(struct td_exchange *exchange, int64_t ms);

#endif
