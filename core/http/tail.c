/* tail.c - the rest of a file that TLS is still to send. A plain socket takes a file as a whole
 * (sendfile); through TLS it passes our memory, and so in pieces, the next one when the last has
 * been taken. */
#include "http/wire.h"

#include <unistd.h>

#define PIECE (64 * 1024)

static void close_tail(struct td_connection *connection)
{
    close(connection->tail.fd);
    connection->tail.left = 0;
}

bool td_tail_push(struct td_connection *connection)
{
    struct td_tail *tail = &connection->tail;
    if (tail->left == 0)
        return true;
    struct evbuffer *output = bufferevent_get_output(connection->bev);
    size_t wanted = tail->left < PIECE ? tail->left : PIECE;
    struct evbuffer_iovec room;
    bool done = evbuffer_reserve_space(output, (ev_ssize_t)wanted, &room, 1) == 1;
    ssize_t got = done ? pread(tail->fd, room.iov_base, wanted, tail->at) : -1;
    if (got > 0) {
        room.iov_len = (size_t)got;
        tail->at += got;
        tail->left -= (size_t)got;
        if (tail->left == 0)
            close_tail(connection);
        done = evbuffer_commit_space(output, &room, 1) == 0;
    }
    return got > 0 && done; /* a file that ends too soon is as bad as one that cannot be read */
}

bool td_tail_begin(struct td_connection *connection, int fd, off_t offset, size_t length)
{
    connection->tail = (struct td_tail){.fd = fd, .at = offset, .left = length};
    bool sent = td_tail_push(connection);
    if (!sent)
        td_tail_end(connection);
    return sent;
}

void td_tail_end(struct td_connection *connection)
{
    if (connection->tail.left > 0)
        close_tail(connection);
}
