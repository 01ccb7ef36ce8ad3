/* memory.h - what happens when memory runs out.
 *
 * JSON values and arenas are made at so many places that checking each would bury what the code is about.
 * They draw on a reserve when the system refuses, so that nothing they make is missing, and the thread
 * notes it. Whoever runs a piece of work (a store transaction, a CPU job, a step on the loop) asks
 * td_memory_was_short at its end and fails the work as a whole: nothing half made is shown or committed. */
#ifndef TD_BASE_MEMORY_H
#define TD_BASE_MEMORY_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Sets the reserve aside and makes jansson use td_memory_alloc; before the first JSON value and the first
 * thread. */
void td_memory_init(void);

/* malloc that falls back on the reserve; NULL only when that is used up too. For free(). */
void *td_memory_alloc(size_t size);

/* A copy of a text, made with it. */
char *td_memory_text(const char *text);

/* The same as td_memory_alloc, zeroed, for the small records of the loop that have no other way to say no: the program ends
 * when even the reserve is used up. */
void *td_memory_record(size_t size);

/* Notes that a library of others ran short, where its answer does not say so. */
void td_memory_note(void);

/* True when this thread fell back on the reserve since it last asked. Sets the reserve aside again when
 * there is memory. */
bool td_memory_was_short(void);

/* What a piece of work answers that was short of memory, whatever it made of that: TD_ENOMEM, in place of
 * what reterr said. */
int td_memory_error(struct td_error *reterr);

#endif
