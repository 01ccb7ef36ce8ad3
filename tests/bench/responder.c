/* The least that could answer: a bufferevent per connection that reads to the end of a header block
 * and writes the bytes of FILE, which are a reply that titled gave. What titled does beyond it is
 * what the ratio shows.
 *
 *   bench_responder FILE      prints the port it listens on, and serves until SIGTERM */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct answer {
    char *bytes;
    size_t length;
};

static void on_read(struct bufferevent *bev, void *arg)
{
    const struct answer *answer = arg;
    struct evbuffer *input = bufferevent_get_input(bev);
    struct evbuffer_ptr end;
    while ((end = evbuffer_search(input, "\r\n\r\n", 4, NULL)).pos >= 0) {
        evbuffer_drain(input, (size_t)end.pos + 4);
        bufferevent_write(bev, answer->bytes, answer->length);
    }
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    (void)arg;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        bufferevent_free(bev);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int size, void *arg)
{
    (void)peer, (void)size;
    struct bufferevent *bev =
        bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    bufferevent_set_max_single_write(bev, 128 * 1024); /* as the server does: a dossier in one call */
    bufferevent_setcb(bev, on_read, NULL, on_event, arg);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}

static void on_term(evutil_socket_t number, short what, void *base)
{
    (void)number, (void)what;
    event_base_loopbreak(base);
}

static int read_answer(const char *path, struct answer *answer)
{
    FILE *file = fopen(path, "re");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return -1;
    answer->length = (size_t)ftell(file);
    answer->bytes = malloc(answer->length);
    rewind(file);
    size_t got = answer->bytes ? fread(answer->bytes, 1, answer->length, file) : 0;
    fclose(file);
    return got == answer->length ? 0 : -1;
}

int main(int argc, char **argv)
{
    struct answer answer;
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(place);
    if (argc != 2 || read_answer(argv[1], &answer) < 0)
        return EXIT_FAILURE;
    struct event_base *base = event_base_new();
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, on_accept, &answer, LEV_OPT_CLOSE_ON_FREE, 1024,
                                (struct sockaddr *)&place, sizeof(place));
    if (!listener)
        return EXIT_FAILURE;
    struct event *term = evsignal_new(base, SIGTERM, on_term, base);
    event_add(term, NULL);
    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&place, &size);
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    event_base_dispatch(base);
    event_free(term);
    evconnlistener_free(listener);
    event_base_free(base);
    free(answer.bytes);
    return 0;
}
