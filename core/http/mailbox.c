/* mailbox.c - a locked list and an eventfd that makes the loop look at it. */
#include "http/mailbox.h"

#include <event2/event.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct td_mailbox {
    pthread_mutex_t lock;
    struct td_letter *first, **last;
    struct event *event;
    int fd;
};

static struct td_letter *take_all(struct td_mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct td_letter *letters = mailbox->first;
    mailbox->first = NULL;
    mailbox->last = &mailbox->first;
    pthread_mutex_unlock(&mailbox->lock);
    return letters;
}

static void open_all(struct td_mailbox *mailbox)
{
    for (struct td_letter *letter = take_all(mailbox), *next; letter; letter = next) {
        next = letter->next;
        letter->open(letter);
    }
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    (void)what;
    uint64_t count;
    ssize_t got = read(fd, &count, sizeof(count));
    (void)got; /* only resets the counter; the list says what there is */
    open_all(arg);
}

struct td_mailbox *td_mailbox_new(struct event_base *base)
{
    struct td_mailbox *mailbox = calloc(1, sizeof(*mailbox));
    if (!mailbox)
        return NULL;
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->last = &mailbox->first;
    mailbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (mailbox->fd >= 0)
        mailbox->event = event_new(base, mailbox->fd, EV_READ | EV_PERSIST, on_wake, mailbox);
    if (!mailbox->event || event_add(mailbox->event, NULL) < 0) {
        td_mailbox_free(mailbox);
        return NULL;
    }
    return mailbox;
}

void td_mailbox_free(struct td_mailbox *mailbox)
{
    if (!mailbox)
        return;
    open_all(mailbox);
    if (mailbox->event)
        event_free(mailbox->event);
    if (mailbox->fd >= 0)
        close(mailbox->fd);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

void td_mailbox_post(struct td_mailbox *mailbox, struct td_letter *letter)
{
    letter->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    int was_empty = !mailbox->first;
    *mailbox->last = letter;
    mailbox->last = &letter->next;
    pthread_mutex_unlock(&mailbox->lock);
    if (was_empty) {
        uint64_t one = 1;
        ssize_t sent = write(mailbox->fd, &one, sizeof(one));
        (void)sent; /* full means that a wake-up is already due */
    }
}
