/* connection.h - HTTP/1.1 on sockets: requests come out whole and checked, replies go in.
 *
 * Invariants the rest of the server may rely on:
 *   - Everything runs on the loop thread. Nothing here is thread-safe.
 *   - Requests of one connection are handed out one at a time, in order. Pipelined ones wait in the
 *     input buffer, so replies may come at any later time and still leave in order.
 *   - A request that could be read in two ways never reaches the frame: it is answered with a problem
 *     document and the connection closes.
 *   - Every exchange given to on_head is ended by the frame with exactly one td_exchange_reply*,
 *     td_exchange_problem or td_exchange_drop, also after on_gone. Then the pointer is invalid.
 *   - Security headers, Date, X-Request-Id and Cache-Control are on every reply.
 *
 * The order of calls for one exchange:
 *
 *     on_head     header block read and checked. Now or later the frame calls
 *                 td_exchange_accept_body, td_exchange_accept_upload, or replies (which refuses the body)
 *     on_request  once, after an accept: the body is complete, or `body_error` says why it is not.
 *                 Never before the accept call returned
 *     on_gone     at any time before the reply: the client vanished or broke the rules of the wire.
 *                 What is replied afterwards is thrown away
 *
 * Only the files that include wire.h know bufferevents. */
#ifndef TD_HTTP_CONNECTION_H
#define TD_HTTP_CONNECTION_H

#include "base/error.h"
#include "base/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct td_http_server;
struct td_connection;

#define TD_ADDRESS_TEXT 46 /* an IPv6 address as text and the NUL */

struct td_http_header {
    const char *name; /* NULL ends a list */
    const char *value;
};

/* A file that came in. The file at `path`, if it was made, is the frame's to adopt or to give to
 * td_spool_remove, whatever happens. */
struct td_http_upload {
    const char *path;  /* as given to td_exchange_accept_upload */
    const char *name;  /* as sent, made safe: no folders, no controls, valid UTF-8, at most 120 characters */
    const char *type;  /* media type as the client claims it; "" when it does not */
    const char *field; /* name of the form field; "" for a raw body */
    size_t size;
    char hash[65]; /* SHA-256, lower-case hex */
    bool present;  /* false: a form was sent without choosing a file; nothing was written */
};

/* One request. The frame reads the members and writes only `frame_state`. */
struct td_exchange {
    void *frame_state;   /* the frame's own, NULL at on_head */
    const char *method;  /* GET HEAD POST PUT PATCH DELETE OPTIONS; others are answered 501 here */
    const char *target;  /* as sent, in origin form */
    const char *path;    /* decoded: valid UTF-8, no controls, no %2F, no "." or ".." segments */
    const char *query;   /* as sent, without the '?', still encoded; "" when absent */
    const struct td_http_header *headers; /* in order of arrival, values trimmed, NULL-ended */
    const char *body;    /* from on_request on: bytes and a NUL. After an upload: the form's text fields,
                          * as application/x-www-form-urlencoded */
    size_t body_length;
    const struct td_http_upload *upload; /* after td_exchange_accept_upload, else NULL */
    int body_error;      /* 0, or why the body was not taken: TD_ETOOLARGE, TD_EINVALID (not a proper form),
                          * TD_EIO, TD_EFULL. `body` and `upload` are NULL then; the reply closes the connection */
    const char *body_error_detail; /* one English sentence, "" without an error */
    bool has_body;       /* a body is announced: Content-Length above zero or chunked */
    int64_t announced_length; /* Content-Length; -1 when chunked; 0 without a body */
    bool is_control;     /* came over the control socket */
    bool http_1_0;
    bool untold;         /* set by the frame: no line in the access log */
    bool is_secret;      /* set by the frame: the body is overwritten when it is freed */
    int64_t started_ms;  /* td_clock_mono_ms when the header block was complete */
    char address[TD_ADDRESS_TEXT]; /* the client's, also behind a trusted proxy; "control" on the control socket */
    char request_id[TD_ID_TEXT];   /* also in the access log and in X-Request-Id */
};

struct td_http_callbacks {
    void (*on_head)(void *frame, struct td_exchange *exchange);
    void (*on_request)(void *frame, struct td_exchange *exchange);
    void (*on_gone)(void *frame, struct td_exchange *exchange);
    void (*on_stopped)(void *frame); /* td_http_server_stop has finished; may be NULL */
};

/* Every limit a client can push against. td_http_limits_default fills all of them. */
struct td_http_limits {
    size_t request_line;        /* 8 kB; 414 */
    size_t header_bytes;        /* 16 kB, request line not counted; 431 */
    size_t header_count;        /* 100; 431 */
    size_t form_fields_bytes;   /* 64 kB: text fields beside an upload */
    int64_t header_ms;          /* 10 s from the first byte of a request to the end of its header; 408. Also for a
                                 * TLS handshake, which is taken off the first header's time */
    int64_t idle_ms;            /* 15 s between requests */
    int64_t grace_ms;           /* 10 s: the rate below is asked for in every such stretch of time */
    int64_t body_rate;          /* 1000 bytes a second, in (408) and out (closed) */
    int64_t linger_ms;          /* 2 s without bytes, 20 s in all and not under body_rate, to read away what a
                                 * refused client still sends; a quarter of it after a 408 */
    int64_t heartbeat_ms;       /* 15 s between comments on an event stream */
    size_t connections;         /* 2000; more wait in the backlog */
    size_t per_address;         /* 64; an IPv6 /64 counts as one address; 503. Not for a trusted proxy */
    size_t pipeline;            /* 32 requests of one connection before others have their turn */
    size_t output_bytes;        /* 256 kB unsent: no further request of that connection is read */
    size_t stream_bytes;        /* 64 kB unsent on an event stream: the client is dropped */
};

void td_http_limits_default(struct td_http_limits *limits);

/* A server without listeners. `callbacks` and `limits` are copied; `frame` is handed to the callbacks. */
int td_http_server_new(struct event_base *base, const struct td_http_callbacks *callbacks, void *frame,
                       const struct td_http_limits *limits, struct td_http_server **ret_server,
                       struct td_error *reterr);

struct td_spool;
struct td_tls;

/* What listens from now on speaks TLS (tls.h); borrowed, outlives the server. */
void td_http_server_use_tls(struct td_http_server *server, struct td_tls *tls);

/* Every reply tells browsers to come by TLS only, for a year (RFC 6797): for a site that is reached by https,
 * here or at the proxy before us. */
void td_http_server_use_hsts(struct td_http_server *server);

/* Listens without TLS and answers every request with 308 to the same path of `site` ("https://host"). */
int td_http_server_listen_redirect(struct td_http_server *server, const char *address, int port, const char *site,
                                   int *ret_port, struct td_error *reterr);

/* Listens on a numeric IPv4 or IPv6 address; port 0 = any. *ret_port (may be NULL) is the real one. */
int td_http_server_listen(struct td_http_server *server, const char *address, int port, int *ret_port,
                          struct td_error *reterr);

/* `addresses`: up to 8 numeric ones, separated by commas or spaces, of proxies in front of this server; ""
 * = none. Of their requests, and of nobody else's, the last address in X-Forwarded-For is the client's; one
 * that is missing or not numeric leaves the proxy's own. Framing is never a proxy's to decide. */
int td_http_server_trust(struct td_http_server *server, const char *addresses, struct td_error *reterr);

/* Listens on a unix socket of mode 0600, replacing a dead one of that name. Only peers with the server's
 * own user id or root are let in. Its exchanges have is_control and no connection limits. */
int td_http_server_listen_control(struct td_http_server *server, const char *path, struct td_error *reterr);

/* Stops listening, closes idle connections and event streams, lets requests in flight end; on_stopped
 * follows, not before this returns. */
void td_http_server_stop(struct td_http_server *server);

/* Closes everything at once: on_gone for every exchange still open. The frame may end them later, also
 * after this has returned. NULL is fine. */
void td_http_server_free(struct td_http_server *server);

/* Since the start, but for `open` and `streams`. */
struct td_http_counters {
    uint64_t accepted, refused, requests, bad_requests, timeouts;
    size_t open, streams;
};
void td_http_server_counters(const struct td_http_server *server, struct td_http_counters *ret_counters);

/* First value of a header, name in any case; NULL when absent. */
const char *td_exchange_header(const struct td_exchange *exchange, const char *name);

/* Takes the body into memory; one above `limit` gives body_error TD_ETOOLARGE. Also the way on for a
 * request without a body. Answers Expect: 100-continue. */
void td_exchange_accept_body(struct td_exchange *exchange, size_t limit);

/* Uploads go through this spool (spool.h); borrowed, outlives the server. */
void td_http_server_use_spool(struct td_http_server *server, struct td_spool *spool);

/* Streams the file of the body (raw, or the one file part of multipart/form-data) into a new file at `path`
 * (copied), hashing on the way; the spool makes and writes it. More than `limit` bytes: TD_ETOOLARGE. */
void td_exchange_accept_upload(struct td_exchange *exchange, const char *path, size_t limit);

/* The head of a reply. Zero but for the status is fine. Values with control characters turn the reply
 * into a 500. */
struct td_http_reply {
    int status;
    const char *type;   /* Content-Type */
    const char *cache;  /* Cache-Control; NULL = no-store */
    const char *policy; /* Content-Security-Policy; NULL = td_http_policy */
    const struct td_http_header *headers; /* further ones, NULL-ended, may be NULL */
    bool close;         /* close the connection afterwards */
};

/* The Content-Security-Policy of pages and JSON. */
extern const char td_http_policy[];

/* Ends the exchange. HEAD, 204 and 304 send no body; HEAD has the length of what GET would send.
 * `bytes` are copied. */
void td_exchange_reply(struct td_exchange *exchange, const struct td_http_reply *reply, const void *bytes,
                       size_t length);

/* The same without a copy: `release(bytes, length, arg)` is called when the bytes are no longer needed,
 * possibly before this returns; NULL = they outlive the server. */
typedef void (*td_http_release_fn)(const void *bytes, size_t length, void *arg);
void td_exchange_reply_owned(struct td_exchange *exchange, const struct td_http_reply *reply,
                             const void *bytes, size_t length, td_http_release_fn release, void *arg);

/* The same with `length` bytes of a file from `offset` on; `fd` is closed here in any case. */
void td_exchange_reply_file(struct td_exchange *exchange, const struct td_http_reply *reply, int fd,
                            off_t offset, size_t length);

/* Ends the exchange with application/problem+json: {"type", "title", "status", "detail", "request_id"}. */
void td_exchange_problem(struct td_exchange *exchange, int status, const char *slug, const char *title,
                         const char *detail);

/* Ends the exchange without a reply and closes the connection; the only way to end it after on_gone that
 * needs no reply at hand, and the end of an event stream (sse.h). */
void td_exchange_drop(struct td_exchange *exchange);

#endif
