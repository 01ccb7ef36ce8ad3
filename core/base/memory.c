/* memory.c - see memory.h. The reserve is one block: freed when it is needed, so that the
 * allocations after it, of whatever size, find room. */
#include "base/memory.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { RESERVE = 2 << 20 };

static void *_Atomic reserve;
static _Thread_local bool short_of_memory;

void td_memory_init(void)
{
    atomic_store(&reserve, malloc(RESERVE));
    json_set_alloc_funcs(td_memory_alloc, free);
}

void *td_memory_alloc(size_t size)
{
    void *memory = malloc(size);
    if (memory || size == 0)
        return memory;
    short_of_memory = true;
    free(atomic_exchange(&reserve, NULL));
    return malloc(size);
}

char *td_memory_text(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = td_memory_alloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

void *td_memory_record(size_t size)
{
    void *memory = td_memory_alloc(size);
    if (!memory)
        abort();
    return memset(memory, 0, size);
}

void td_memory_note(void)
{
    short_of_memory = true;
}

bool td_memory_was_short(void)
{
    bool was_short = short_of_memory;
    short_of_memory = false;
    if (was_short && !atomic_load(&reserve)) {
        void *fresh = malloc(RESERVE), *none = NULL;
        if (!atomic_compare_exchange_strong(&reserve, &none, fresh))
            free(fresh); /* another thread was quicker */
    }
    return was_short;
}

int td_memory_error(struct td_error *reterr)
{
    if (reterr)
        td_error_done(reterr);
    return td_error_set(reterr, TD_ENOMEM, "short of memory");
}
