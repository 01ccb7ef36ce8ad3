/* second_reader.h - what llhttp reads in the bytes of a client, to hold our own reader against it. */
#ifndef TD_FUZZ_SECOND_READER_H
#define TD_FUZZ_SECOND_READER_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

enum { SECOND_MESSAGES = 32 }; /* compared; what follows is not */

struct second_message {
    struct td_strbuf method, target, fields, body; /* fields: "name=value" lines, blanks around values cut */
    bool complete; /* the body too */
};

void second_init(struct second_message *message);
void second_done(struct second_message *message);
void second_add_field(struct second_message *message, const char *name, size_t name_length, const char *value,
                      size_t value_length);

/* Aborts unless llhttp reads each of the `count` messages that were taken from `bytes` in the same way. Where
 * llhttp refuses what is legal it is not asked further. */
void second_compare(const char *bytes, size_t length, const struct second_message *taken, size_t count);

#endif
