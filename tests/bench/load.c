/* Clients that each keep one connection and send their next request when the last one is answered.
 * One thread and epoll; it reads of a reply what it must, so that it costs less than a server.
 *
 *   bench_load PORT CONNECTIONS SECONDS FILE...
 *
 * A FILE holds the bytes of a request; connection i sends the file i modulo their number. The text
 * {etag=N} in it stands for the version in the last reply's ETag, N at first. Prints one JSON line:
 * requests, seconds, errors (anything but a 2xx), bytes of a reply, times in microseconds. With 0
 * SECONDS each sends once and then stays, until the input ends. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TIMES_MAX = 1 << 22, REPLY_MAX = 1 << 20, EVENTS = 64 };

struct request {
    char *bytes;
    size_t length;
    char *mark; /* where {etag=N} stands; NULL */
    const char *after;
    char etag[32];
};

struct client {
    int fd;
    const struct request *request;
    char etag[32];
    char *reply;
    size_t length, wanted; /* of the reply; wanted is 0 until its head is there */
    uint64_t sent_ns;
};

static struct {
    uint64_t requests, errors, reply_bytes;
    uint32_t *times;
} sums;

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void load_request(const char *path, struct request *request)
{
    FILE *file = fopen(path, "re");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        die(path);
    request->length = (size_t)ftell(file);
    rewind(file);
    request->bytes = calloc(1, request->length + 1);
    if (!request->bytes || fread(request->bytes, 1, request->length, file) != request->length)
        die(path);
    fclose(file);
    request->mark = strstr(request->bytes, "{etag=");
    if (!request->mark)
        return;
    const char *value = request->mark + 6;
    size_t digits = strspn(value, "0123456789");
    snprintf(request->etag, sizeof(request->etag), "%.*s", (int)digits, value);
    request->after = value + digits + 1;
}

static void send_all(int fd, const char *bytes, size_t length)
{
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length)
        die("a request was not taken whole");
}

static void send_request(struct client *client)
{
    const struct request *request = client->request;
    client->length = client->wanted = 0;
    client->sent_ns = now_ns();
    if (!request->mark) {
        send_all(client->fd, request->bytes, request->length);
        return;
    }
    static char text[REPLY_MAX];
    size_t before = (size_t)(request->mark - request->bytes);
    int length = snprintf(text, sizeof(text), "%.*s%s%s", (int)before, request->bytes, client->etag,
                          request->after);
    send_all(client->fd, text, (size_t)length);
}

/* Learns from a complete head how long the reply is, its status and its version. */
static void read_head(struct client *client)
{
    client->reply[client->length] = 0;
    char *end = strstr(client->reply, "\r\n\r\n");
    if (!end)
        return;
    const char *length = strcasestr(client->reply, "\r\nContent-Length: ");
    const char *etag = client->request->mark ? strcasestr(client->reply, "\r\nETag: \"") : NULL;
    client->wanted = (size_t)(end + 4 - client->reply) +
                     (length && length < end ? (size_t)atol(length + 18) : 0);
    if (client->wanted >= REPLY_MAX)
        die("a reply is too long");
    if (etag && etag < end)
        snprintf(client->etag, sizeof(client->etag), "%.*s", (int)strcspn(etag + 9, "\""),
                 etag + 9);
    sums.errors += client->reply[9] != '2';
    if (client->reply[9] != '2' && sums.errors == 1)
        fprintf(stderr, "bench load: %s\n", client->reply);
}

/* True when a whole reply has been read. */
static bool receive(struct client *client)
{
    ssize_t got =
        recv(client->fd, client->reply + client->length, REPLY_MAX - 1 - client->length, 0);
    if (got <= 0)
        die("the server closed a connection");
    client->length += (size_t)got;
    if (client->wanted == 0)
        read_head(client);
    if (client->wanted == 0 || client->length < client->wanted)
        return false;
    sums.reply_bytes = client->wanted;
    if (sums.requests < TIMES_MAX)
        sums.times[sums.requests] = (uint32_t)((now_ns() - client->sent_ns) / 1000);
    sums.requests++;
    return true;
}

static void open_client(struct client *client, int port)
{
    struct sockaddr_in place = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&place, sizeof(place)) < 0)
        die("connect");
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double run(struct client *clients, int count, double seconds)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[EVENTS];
    uint64_t started = now_ns(), until = started + (uint64_t)(seconds * 1e9), now = started;
    for (int i = 0; i < count; i++) {
        clients[i].reply = malloc(REPLY_MAX); /* touched as far as replies are long */
        events[0] = (struct epoll_event){.events = EPOLLIN, .data.ptr = &clients[i]};
        if (!clients[i].reply || epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, events) < 0)
            die("epoll");
        send_request(&clients[i]);
    }
    for (int open = count; open > 0;) {
        int ready = epoll_wait(epoll, events, EVENTS, 10000);
        if (ready <= 0)
            die("no answer");
        now = now_ns();
        for (int i = 0; i < ready; i++) {
            if (!receive(events[i].data.ptr))
                continue;
            if (now < until)
                send_request(events[i].data.ptr);
            else
                open--;
        }
    }
    close(epoll);
    return (double)(now - started) / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return EXIT_FAILURE;
    int port = atoi(argv[1]), count = atoi(argv[2]), files = argc - 4;
    double seconds = atof(argv[3]);
    struct client *clients = calloc((size_t)count, sizeof(*clients));
    struct request *requests = calloc((size_t)files, sizeof(*requests));
    sums.times = malloc(TIMES_MAX * sizeof(*sums.times));
    if (!clients || !requests || !sums.times)
        die("memory");
    for (int i = 0; i < files; i++)
        load_request(argv[4 + i], &requests[i]);
    for (int i = 0; i < count; i++)
        open_client(&clients[i], port);
    for (int i = 0; i < count; i++) {
        clients[i].request = &requests[i % files];
        memcpy(clients[i].etag, clients[i].request->etag, sizeof(clients[i].etag));
    }
    double spent = run(clients, count, seconds);
    size_t known = sums.requests < TIMES_MAX ? (size_t)sums.requests : TIMES_MAX;
    qsort(sums.times, known, sizeof(*sums.times), by_value);
    printf("{\"requests\": %llu, \"seconds\": %.4f, \"errors\": %llu, \"reply_bytes\": %llu, "
           "\"p50_us\": %u, \"p99_us\": %u}\n",
           (unsigned long long)sums.requests, spent, (unsigned long long)sums.errors,
           (unsigned long long)sums.reply_bytes, sums.times[known / 2],
           sums.times[known * 99 / 100]);
    fflush(stdout);
    while (seconds == 0 && getchar() != EOF)
        ;
    return 0;
}
