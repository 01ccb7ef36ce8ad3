/* mailbox.h - results come back to the event loop: letters posted from any thread, opened on the
 * loop's. */
#ifndef TD_HTTP_MAILBOX_H
#define TD_HTTP_MAILBOX_H

struct event_base;
struct td_mailbox;

/* Embedded in what is posted; the sender must not touch it until it was opened. */
struct td_letter {
    struct td_letter *next;
    void (*open)(struct td_letter *letter);
};

/* NULL when the event or its descriptor cannot be made. */
struct td_mailbox *td_mailbox_new(struct event_base *base);
/* Opens what is still there, then goes. Nobody may post any more. NULL is fine. */
void td_mailbox_free(struct td_mailbox *mailbox);

/* Has letter->open(letter) called on the loop, in order of posting. Thread-safe, never fails, never
 * calls it from inside. */
void td_mailbox_post(struct td_mailbox *mailbox, struct td_letter *letter);

#endif
