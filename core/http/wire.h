/* wire.h - what the files of the connection share: connection.c (life and order), listener.c (server,
 * accepting, clock), request.c (header block), body.c, upload.c, response.c, tail.c, tls.c, sse.c.
 * Nobody else includes it. Memory is owned downwards: server > connection > exchange; only an exchange
 * outlives its connection, until the frame ends it. */
#ifndef TD_HTTP_WIRE_H
#define TD_HTTP_WIRE_H

#include "base/strbuf.h"
#include "http/address.h"
#include "http/chunk.h"
#include "http/connection.h"
#include "http/head.h"
#include "http/tls.h"
#include "http/upload.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <sys/queue.h>

#define TD_LISTENERS_MAX 4
#define TD_PROXIES_MAX   8

struct td_listener {
    struct evconnlistener *handle;
    struct td_http_server *server;
    bool is_control;
    bool is_tls;
    char *path; /* of the control socket; unlinked at the end */
    char *site; /* "https://titled.example": every request is sent there; NULL = served here */
};

struct td_http_server {
    struct event_base *base;
    struct td_http_callbacks callbacks;
    void *frame;
    struct td_http_limits limits;
    struct td_tls *tls; /* borrowed; NULL = plain */
    struct td_spool *spool; /* borrowed; NULL = no uploads */
    bool hsts;
    struct td_listener listeners[TD_LISTENERS_MAX];
    size_t listener_count;
    struct event *tick;    /* looks at every deadline a few times a second */
    struct event *stopped; /* fires on_stopped once */
    LIST_HEAD(td_connection_list, td_connection) connections;
    struct td_address_table addresses;
    char proxies[TD_PROXIES_MAX][TD_ADDRESS_TEXT]; /* trusted */
    size_t proxy_count;
    struct td_http_counters counters;
    struct td_strbuf scratch; /* head of the reply being built */
    char date[32];
    int64_t date_second;
    size_t control_open; /* part of counters.open: not limited */
    uint64_t refused_logged;
    bool stopping, listening;
};

enum td_phase {
    TD_PHASE_HEAD,   /* reading, or waiting for, a header block */
    TD_PHASE_DECIDE, /* on_head called; the frame has not decided */
    TD_PHASE_BODY,   /* accepted; reading the body */
    TD_PHASE_ANSWER, /* on_request called */
    TD_PHASE_STREAM, /* event stream */
    TD_PHASE_CLOSE,  /* send what is queued, then linger or close */
    TD_PHASE_LINGER, /* our side is shut; read away what still comes, so that the reply is not lost to a reset */
    TD_PHASE_GONE    /* to be freed at the next chance, nothing more is sent */
};

/* Bytes that are expected to flow, against limits.body_rate. What flows too late is owed, what flows early is
 * no credit: a fast beginning buys no right to stall. */
struct td_pace {
    int64_t looked_ms; /* 0 = nothing is expected */
    int64_t bytes;     /* since then */
    int64_t owed;      /* thousandths of bytes */
};

/* What the client has to take. It took what it has acknowledged: the kernel's buffer would hide a client that
 * never reads a page. */
struct td_outflow {
    struct td_pace pace;
    int64_t written;   /* ever */
    int64_t delivered; /* of it, when last looked at */
    int64_t goal;      /* what had been written when nothing was owed; delivered, nothing is owed again */
};

/* What is left of a file for a client that speaks TLS. */
struct td_tail {
    int fd; /* open while left > 0 */
    off_t at;
    size_t left;
};

/* An exchange with what the frame does not see. One allocation holds it, the header list and the texts. */
struct td_exchange_own {
    struct td_exchange exchange;
    struct td_connection *connection; /* NULL after the client has gone */
    struct td_http_server *server;
    struct td_strbuf buffer; /* body in memory */
    size_t body_limit;
    struct td_upload *upload;
    bool upload_ended; /* the disk may still have to take its rest */
    bool keep_alive, expects_continue, complete, accepted, chunked, is_stream, was_gone;
    size_t header_count, header_room;
    struct td_http_header *headers;
    int refusal; /* HTTP status, when the request was refused */
    const char *reason;
};

struct td_connection {
    LIST_ENTRY(td_connection) link;
    struct td_http_server *server;
    struct bufferevent *bev;
    enum td_phase phase;
    bool running, eof, is_control, is_proxy, is_tls;
    bool sending;         /* plain sockets: the loop sends what the socket has not taken */
    bool too_late;        /* refused for being slow */
    bool handshaking;     /* TLS is not up yet */
    int64_t handshake_ms; /* what of the first header block's time it took */
    const char *site;     /* of the listener that redirects, else NULL */
    struct td_tail tail;
    struct td_exchange_own *exchange;
    struct td_head_scan scan;
    struct td_chunk_reader chunk;
    uint64_t body_left;
    int64_t phase_ms;    /* when the present wait began */
    int64_t beat_ms;     /* last bytes: sent on an event stream, read away while lingering */
    size_t lingered;     /* bytes read away */
    struct td_pace in;
    struct td_outflow out;
    struct td_address_key key;
    char address[TD_ADDRESS_TEXT];
};

/* connection.c */
void td_connection_new(struct td_listener *listener, int fd, const struct td_address_key *key,
                       const char *address);
void td_connection_free(struct td_connection *connection);
void td_connection_check(struct td_connection *connection, int64_t now); /* deadlines; may free it */
void td_connection_wake(struct td_connection *connection); /* runs it soon, never at once */
/* After something was added to the output: sends it, or has the loop do so. `run` ends with it. */
void td_connection_push(struct td_connection *connection);
void td_connection_quit(struct td_connection *connection); /* the server stops */

/* Ends an exchange that has been answered: logs, frees it and lets the connection go on or close. */
void td_exchange_finish(struct td_exchange_own *own, int status, size_t sent, bool close);

/* request.c */
/* Parses a complete header block into a new exchange. 0, or the HTTP status of a refusal with its reason
 * in *ret_reason; *ret_own is NULL then. */
int td_exchange_new(struct td_connection *connection, const char *head, size_t length,
                    struct td_exchange_own **ret_own, const char **ret_reason);
void td_exchange_free(struct td_exchange_own *own);

/* body.c */
enum td_body_step { TD_BODY_MORE, TD_BODY_END, TD_BODY_BROKEN };
/* Hands what has arrived to the accepted sink. MORE: the client is to send, or td_body_waits. BROKEN: *ret_reason
 * says how the framing is wrong. */
enum td_body_step td_body_read(struct td_connection *connection, const char **ret_reason);
/* The disk is waited for, not the client: the connection is woken when it has caught up. */
bool td_body_waits(const struct td_exchange_own *own);
/* The file is complete: the exchange gets to know it. */
void td_body_upload_done(struct td_exchange_own *own);

/* tail.c */
/* Takes `fd`, in any case, and sends `length` bytes of it from `offset` on. False: it cannot be read, the
 * reply is cut. */
bool td_tail_begin(struct td_connection *connection, int fd, off_t offset, size_t length);
bool td_tail_push(struct td_connection *connection); /* the output has drained: the next piece, as above */
void td_tail_end(struct td_connection *connection);

/* pace.c: true when what limits.body_rate asks for in grace_ms is owed */
void td_pace_wrote(struct td_connection *connection, size_t length); /* so much more is to be delivered */
bool td_pace_reads_slowly(struct td_connection *connection, int64_t now);
bool td_pace_sends_slowly(struct td_connection *connection, int64_t now);

/* sse.c */
void td_sse_check(struct td_connection *connection, int64_t now); /* heartbeat, slow readers */

/* listener.c */
bool td_http_server_trusts(const struct td_http_server *server, const char *address);
void td_http_server_settle(struct td_http_server *server); /* a connection has ended */
const char *td_http_server_date(struct td_http_server *server);
struct td_strbuf *td_http_server_scratch(struct td_http_server *server); /* empty */

/* response.c */
/* A problem before or instead of an exchange; the connection closes. */
void td_connection_refuse(struct td_connection *connection, int status, const char *reason);
/* Queues the head of an event stream. */
void td_response_stream_head(struct td_exchange_own *own);
/* A complete reply for a client that is not let in at all. Returns its length. */
size_t td_response_turn_away(char *text, size_t size);
/* The same for a client that speaks HTTP where TLS is due. */
size_t td_response_wrong_scheme(char *text, size_t size);
/* Ends an exchange with 308 to its target on `site`. */
void td_response_redirect(struct td_exchange_own *own, const char *site);

static inline struct td_exchange_own *td_exchange_own(struct td_exchange *exchange)
{
    return (struct td_exchange_own *)exchange; /* first member */
}

#endif
