/* arena.c - a list of malloc'd blocks and a list of release notes, both freed in td_arena_free. */
#include "base/arena.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 8192, ALIGNMENT = 16 };

struct block {
    struct block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

struct note {
    struct note *next;
    td_arena_release_fn release;
    void *arg;
};

struct td_arena {
    struct block *blocks;
    struct note *notes;
    size_t cap;
    size_t total;
};

struct td_arena *td_arena_new(size_t cap)
{
    struct td_arena *arena = calloc(1, sizeof(*arena));
    if (arena)
        arena->cap = cap;
    return arena;
}

void td_arena_free(struct td_arena *arena)
{
    if (!arena)
        return;
    for (struct note *note = arena->notes; note; note = note->next)
        note->release(note->arg);
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static struct block *grow(struct td_arena *arena, size_t size)
{
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    if (room > arena->cap - arena->total)
        room = size;
    if (room > arena->cap - arena->total)
        return NULL;
    struct block *block = td_memory_alloc(sizeof(*block) + room);
    if (!block)
        return NULL;
    /* its bytes are cleared as td_arena_alloc gives them */
    *block = (struct block){.next = arena->blocks, .size = room};
    arena->blocks = block;
    arena->total += room;
    return block;
}

void *td_arena_alloc(struct td_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct block *block = arena->blocks;
    if (!block || size > block->size - block->used)
        block = grow(arena, size);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

char *td_arena_strndup(struct td_arena *arena, const char *text, size_t length)
{
    if (!text || length == SIZE_MAX)
        return NULL;
    char *copy = td_arena_alloc(arena, length + 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

char *td_arena_strdup(struct td_arena *arena, const char *text)
{
    return text ? td_arena_strndup(arena, text, strlen(text)) : NULL;
}

char *td_arena_printf(struct td_arena *arena, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int length = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *text = length < 0 ? NULL : td_arena_alloc(arena, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(ap, fmt);
    vsnprintf(text, (size_t)length + 1, fmt, ap);
    va_end(ap);
    return text;
}

int td_arena_defer(struct td_arena *arena, td_arena_release_fn release, void *arg)
{
    struct note *note = td_arena_alloc(arena, sizeof(*note));
    if (!note) {
        release(arg);
        return TD_ENOMEM;
    }
    *note = (struct note){.next = arena->notes, .release = release, .arg = arg};
    arena->notes = note;
    return 0;
}

static void release_json(void *value)
{
    json_decref(value);
}

json_t *td_arena_json(struct td_arena *arena, json_t *value)
{
    if (!value || td_arena_defer(arena, release_json, value) < 0)
        return NULL;
    return value;
}
