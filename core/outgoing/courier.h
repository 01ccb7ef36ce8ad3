/* courier.h - HTTP requests to other parties, and files for an upload by hand, each on a thread of its own: nothing
 * here can hold up the loop or a transaction, and a slow disk holds up no request. libcurl does the wire; redirects are
 * not followed, no proxy of the environment is used, certificates are verified. */
#ifndef TD_OUTGOING_COURIER_H
#define TD_OUTGOING_COURIER_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

struct td_courier;
struct td_errand_wire; /* the courier's own */

enum td_errand_end {
    TD_ERRAND_ANSWERED, /* `status` and `answer` */
    TD_ERRAND_UNSENT,   /* nothing of the request left: no such host, refused, certificate not good ... */
    TD_ERRAND_LOST,     /* it was under way and no whole answer came */
    TD_ERRAND_WRITTEN   /* the file is there, durably */
};

/* Embedded in what is sent; from td_courier_go to `done` nobody else touches it. All texts are borrowed for that
 * time. With `file` set nothing is sent: the body is written under that name. */
struct td_errand {
    struct td_errand *next;
    void (*done)(struct td_errand *errand); /* on a thread of the courier */
    const char *method, *url;               /* GET or POST */
    const char *const *headers;             /* "Name: value", ended by NULL */
    const char *body;                       /* NULL with GET */
    size_t body_length;
    const char *ca_file; /* NULL = the system's */
    const char *file;    /* folder delivery: complete or not at all */
    long deadline_ms;
    size_t answer_max;

    enum td_errand_end end;
    long status;
    struct td_strbuf answer; /* the owner's to free */
    char reason[256];
    struct td_errand_wire *wire;
};

int td_courier_new(struct td_courier **ret_courier, struct td_error *reterr);
/* Ends what is under way as lost, calling `done`; joins the threads. NULL is fine. */
void td_courier_free(struct td_courier *courier);

/* Thread-safe; always calls `done` later. */
void td_courier_go(struct td_courier *courier, struct td_errand *errand);

#endif
