/* listener.c - the server: its sockets, who is let in, and the clock that looks at every deadline.
 *
 * One tick a few times a second walks the connections. That is cheaper than a timer per connection
 * that every request would move, and exact enough for deadlines of seconds. At the limit of
 * connections the listeners rest and clients wait in the kernel's backlog; out of descriptors,
 * until the next tick. */
#include "http/wire.h"

#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024

void td_http_limits_default(struct td_http_limits *limits)
{
    *limits = (struct td_http_limits){
        .request_line = 8 * 1024,
        .header_bytes = 16 * 1024,
        .header_count = 100,
        .form_fields_bytes = 64 * 1024,
        .header_ms = 10 * 1000,
        .idle_ms = 15 * 1000,
        .grace_ms = 10 * 1000,
        .body_rate = 1000,
        .linger_ms = 2 * 1000,
        .heartbeat_ms = 15 * 1000,
        .connections = 2000,
        .per_address = 64,
        .pipeline = 32,
        .output_bytes = 256 * 1024,
        .stream_bytes = 64 * 1024,
    };
}

const char *td_http_server_date(struct td_http_server *server)
{
    time_t now = time(NULL);
    if (now != server->date_second) {
        struct tm utc;
        gmtime_r(&now, &utc);
        strftime(server->date, sizeof(server->date), "%a, %d %b %Y %H:%M:%S GMT", &utc);
        server->date_second = now;
    }
    return server->date;
}

struct td_strbuf *td_http_server_scratch(struct td_http_server *server)
{
    if (server->scratch.failed)
        td_strbuf_done(&server->scratch);
    td_strbuf_cut(&server->scratch, 0);
    return &server->scratch;
}

static bool full(const struct td_http_server *server)
{
    return server->counters.open - server->control_open >= server->limits.connections;
}

/* Listening follows from the state: not at the limit, not when stopping. The control socket only
 * rests when stopping. */
static void set_listening(struct td_http_server *server, bool wanted)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        if (server->stopping || (!wanted && !server->listeners[i].is_control))
            evconnlistener_disable(server->listeners[i].handle);
        else
            evconnlistener_enable(server->listeners[i].handle);
    }
    server->listening = wanted;
}

void td_http_server_settle(struct td_http_server *server)
{
    if (server->stopping && server->counters.open == 0)
        event_active(server->stopped, EV_TIMEOUT, 0);
    else if (!server->stopping && !server->listening && !full(server))
        set_listening(server, true);
}

/* Says no without a connection object: what is refused must cost less than what is served. */
static void turn_away(struct td_listener *listener, int fd)
{
    struct td_http_server *server = listener->server;
    char text[2048];
    size_t length = td_response_turn_away(text, sizeof(text));
    if (!listener->is_tls && /* where a handshake would cost more than the refusal is worth */
        send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        shutdown(fd, SHUT_WR);
    evutil_closesocket(fd);
    server->counters.refused++;
}

static bool control_peer_allowed(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    return peer.uid == geteuid() || peer.uid == 0;
}

static void accept_control(struct td_listener *listener, int fd)
{
    struct td_http_server *server = listener->server;
    if (!control_peer_allowed(fd)) {
        TD_LOG(TD_LOG_WARNING, "http.control_refused");
        evutil_closesocket(fd);
        server->counters.refused++;
        return;
    }
    td_connection_new(listener, fd, &(struct td_address_key){{0}}, "control");
}

static void on_accept(struct evconnlistener *handle, evutil_socket_t fd, struct sockaddr *peer,
                      int size, void *arg)
{
    (void)handle;
    (void)size;
    struct td_listener *listener = arg;
    struct td_http_server *server = listener->server;
    if (listener->is_control) {
        accept_control(listener, fd);
        return;
    }
    struct td_address_key key;
    char address[TD_ADDRESS_TEXT];
    td_address_read(peer, &key, address, sizeof(address));
    if (!td_http_server_trusts(server, address) &&
        !td_address_enter(&server->addresses, &key, server->limits.per_address)) {
        turn_away(listener, fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    td_connection_new(listener, fd, &key, address);
    if (full(server))
        set_listening(server, false);
}

/* Mostly EMFILE: rest until the tick, or accept would be called again at once, for ever. */
static void on_accept_error(struct evconnlistener *handle, void *arg)
{
    struct td_listener *listener = arg;
    TD_LOG(TD_LOG_ERROR, "http.accept", TD_S("error", strerror(errno)));
    set_listening(listener->server, false);
    evconnlistener_disable(handle); /* the control socket too, this time */
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_http_server *server = arg;
    int64_t now = td_clock_mono_ms();
    struct td_connection *connection = LIST_FIRST(&server->connections);
    while (connection) {
        struct td_connection *next = LIST_NEXT(connection, link);
        td_connection_check(connection, now);
        connection = next;
    }
    if (server->counters.refused != server->refused_logged) {
        TD_LOG(TD_LOG_WARNING, "http.refused",
               TD_I("count", server->counters.refused - server->refused_logged));
        server->refused_logged = server->counters.refused;
    }
    td_http_server_settle(server);
}

static void on_stopped(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct td_http_server *server = arg;
    event_del(server->tick);
    if (server->callbacks.on_stopped)
        server->callbacks.on_stopped(server->frame);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A fifth of the shortest deadline, between 10 ms and a quarter of a second. */
static struct timeval tick_interval(const struct td_http_limits *limits)
{
    int64_t ms =
        smaller(smaller(limits->header_ms, limits->idle_ms),
                smaller(limits->grace_ms, smaller(limits->linger_ms, limits->heartbeat_ms))) /
        5;
    ms = ms < 10 ? 10 : smaller(ms, 250);
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

int td_http_server_new(struct event_base *base, const struct td_http_callbacks *callbacks,
                       void *frame, const struct td_http_limits *limits,
                       struct td_http_server **ret_server, struct td_error *reterr)
{
    if (limits->body_rate <= 0 || limits->request_line == 0 || limits->connections == 0 ||
        limits->pipeline == 0)
        return td_error_set(reterr, TD_EINVALID, "HTTP limits must be above zero");
    struct td_http_server *server = calloc(1, sizeof(*server));
    if (!server)
        return td_error_set(reterr, TD_ENOMEM, "no memory for the HTTP server");
    server->base = base;
    server->callbacks = *callbacks;
    server->frame = frame;
    server->limits = *limits;
    server->listening = true;
    LIST_INIT(&server->connections);
    td_strbuf_init(&server->scratch);
    server->tick = event_new(base, -1, EV_PERSIST, on_tick, server);
    server->stopped = event_new(base, -1, 0, on_stopped, server);
    struct timeval interval = tick_interval(limits);
    if (!server->tick || !server->stopped || event_add(server->tick, &interval) != 0) {
        td_http_server_free(server);
        return td_error_set(reterr, TD_ENOMEM, "no memory for the HTTP server");
    }
    *ret_server = server;
    return 0;
}

static int add_listener(struct td_http_server *server, const struct sockaddr *address, int size,
                        bool is_control, const char *name, struct td_error *reterr)
{
    if (server->listener_count == TD_LISTENERS_MAX)
        return td_error_set(reterr, TD_EINVALID, "too many listeners");
    struct td_listener *listener = &server->listeners[server->listener_count];
    *listener = (struct td_listener){
        .server = server, .is_control = is_control, .is_tls = server->tls && !is_control};
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE;
    listener->handle =
        evconnlistener_new_bind(server->base, on_accept, listener, flags, BACKLOG, address, size);
    if (!listener->handle)
        return td_error_set(reterr, TD_EIO, "cannot listen on %s: %s", name, strerror(errno));
    evconnlistener_set_error_cb(listener->handle, on_accept_error);
    server->listener_count++;
    return 0;
}

void td_http_server_use_tls(struct td_http_server *server, struct td_tls *tls)
{
    server->tls = tls;
}

void td_http_server_use_spool(struct td_http_server *server, struct td_spool *spool)
{
    server->spool = spool;
}

void td_http_server_use_hsts(struct td_http_server *server)
{
    server->hsts = true;
}

int td_http_server_listen_redirect(struct td_http_server *server, const char *address, int port,
                                   const char *site, int *ret_port, struct td_error *reterr)
{
    struct td_tls *tls = server->tls;
    server->tls = NULL;
    int r = td_http_server_listen(server, address, port, ret_port, reterr);
    server->tls = tls;
    if (r < 0)
        return r;
    struct td_listener *listener = &server->listeners[server->listener_count - 1];
    listener->site = strdup(site);
    return listener->site ? 0 : TD_ENOMEM;
}

int td_http_server_listen(struct td_http_server *server, const char *address, int port,
                          int *ret_port, struct td_error *reterr)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is_four = inet_pton(AF_INET, address, &four.sin_addr) == 1;
    if (port < 0 || port > 65535 || (!is_four && inet_pton(AF_INET6, address, &six.sin6_addr) != 1))
        return td_error_set(reterr, TD_EINVALID, "not an address to listen on: %s port %d", address,
                            port);
    const struct sockaddr *place = is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    int rc =
        add_listener(server, place, is_four ? sizeof(four) : sizeof(six), false, address, reterr);
    if (rc != 0 || !ret_port)
        return rc;
    struct sockaddr_in6 real = {0};
    socklen_t size = sizeof(real);
    getsockname(evconnlistener_get_fd(server->listeners[server->listener_count - 1].handle),
                (struct sockaddr *)&real, &size);
    *ret_port = ntohs(real.sin6_port); /* at the same place in both families */
    return 0;
}

int td_http_server_trust(struct td_http_server *server, const char *addresses,
                         struct td_error *reterr)
{
    struct td_address_key key;
    char one[TD_ADDRESS_TEXT];
    for (size_t length; *addresses; addresses += length) {
        addresses += strspn(addresses, ", ");
        length = strcspn(addresses, ", ");
        if (length == 0)
            break;
        if (server->proxy_count == TD_PROXIES_MAX)
            return td_error_set(reterr, TD_EINVALID, "more than %d trusted proxies",
                                TD_PROXIES_MAX);
        snprintf(one, sizeof(one), "%.*s", (int)length, addresses);
        if (length >= sizeof(one) ||
            !td_address_parse(one, &key, server->proxies[server->proxy_count], sizeof(one)))
            return td_error_set(reterr, TD_EINVALID,
                                "trusted_proxy: \"%.*s\" is not a numeric address", (int)length,
                                addresses);
        server->proxy_count++;
    }
    return 0;
}

bool td_http_server_trusts(const struct td_http_server *server, const char *address)
{
    for (size_t i = 0; i < server->proxy_count; i++)
        if (strcmp(server->proxies[i], address) == 0)
            return true;
    return false;
}

/* Removes a socket file nobody listens on any more; a live one stays and makes bind fail. */
static void remove_dead_socket(const struct sockaddr_un *place)
{
    struct stat found;
    if (lstat(place->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)place, sizeof(*place)) != 0 &&
        errno == ECONNREFUSED)
        unlink(place->sun_path);
    if (fd >= 0)
        close(fd);
}

int td_http_server_listen_control(struct td_http_server *server, const char *path,
                                  struct td_error *reterr)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(place.sun_path))
        return td_error_set(reterr, TD_EINVALID, "control socket path is longer than %zu: %s",
                            sizeof(place.sun_path) - 1, path);
    memcpy(place.sun_path, path, strlen(path) + 1);
    remove_dead_socket(&place);
    mode_t before = umask(0177); /* there is no moment at which others could connect */
    int rc = add_listener(server, (struct sockaddr *)&place, sizeof(place), true, path, reterr);
    umask(before);
    if (rc == 0)
        server->listeners[server->listener_count - 1].path = strdup(path);
    return rc;
}

static void close_listeners(struct td_http_server *server)
{
    for (size_t i = 0; i < server->listener_count; i++) {
        evconnlistener_free(server->listeners[i].handle);
        if (server->listeners[i].path)
            unlink(server->listeners[i].path);
        free(server->listeners[i].path);
    }
    server->listener_count = 0; /* `site` stays: connections name it */
}

void td_http_server_stop(struct td_http_server *server)
{
    if (server->stopping)
        return;
    server->stopping = true;
    close_listeners(server);
    struct td_connection *connection = LIST_FIRST(&server->connections);
    while (connection) {
        struct td_connection *next = LIST_NEXT(connection, link);
        td_connection_quit(connection);
        connection = next;
    }
    td_http_server_settle(server);
}

void td_http_server_free(struct td_http_server *server)
{
    if (!server)
        return;
    close_listeners(server);
    server->stopping = true;
    while (!LIST_EMPTY(&server->connections))
        td_connection_free(LIST_FIRST(&server->connections));
    for (size_t i = 0; i < TD_LISTENERS_MAX; i++)
        free(server->listeners[i].site);
    if (server->tick)
        event_free(server->tick);
    if (server->stopped)
        event_free(server->stopped);
    td_strbuf_done(&server->scratch);
    free(server);
}

void td_http_server_counters(const struct td_http_server *server,
                             struct td_http_counters *ret_counters)
{
    *ret_counters = server->counters;
}
