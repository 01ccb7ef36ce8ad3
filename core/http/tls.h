/* tls.h - TLS 1.2 and 1.3 for the listeners: certificate, key, and the few suites that are offered.
 *
 * Only ECDHE with AEAD, no renegotiation, no compression, no resumption: a connection has keys of its own and
 * nothing that is kept could give away an earlier one. ALPN offers http/1.1 and nothing else. Replacing the
 * certificate concerns new connections; those that are open go on with theirs. */
#ifndef TD_HTTP_TLS_H
#define TD_HTTP_TLS_H

#include "base/error.h"

#include <stdbool.h>

struct bufferevent;
struct event_base;
struct td_tls;

/* Loads two PEM files: the certificate followed by its chain, and its private key. TD_EINVALID says what is
 * wrong and what to do: unreadable, not PEM, a key that others may read, that has a passphrase, that belongs to
 * another certificate. A certificate out of its time is taken with a warning in the log. The names are copied. */
int td_tls_new(const char *certificate, const char *key, struct td_tls **ret_tls, struct td_error *reterr);

/* Reads the same files again. On failure, which is as above, the former certificate stays. */
int td_tls_reload(struct td_tls *tls, struct td_error *reterr);
void td_tls_free(struct td_tls *tls); /* NULL is fine; open connections keep what they use */

/* --- for the files of the connection --- */

/* Takes a client's socket, which is closed with the bufferevent. NULL when memory is short: the socket is
 * still the caller's. BEV_EVENT_CONNECTED says that the handshake is done. */
struct bufferevent *td_tls_bufferevent(struct td_tls *tls, struct event_base *base, int fd);

/* Says close_notify if it can be said now: the end that the client hears is ours, nobody cut it. */
void td_tls_bye(struct bufferevent *bev);

/* After BEV_EVENT_ERROR: the client spoke HTTP where TLS was due. */
bool td_tls_heard_http(struct bufferevent *bev);

#endif
