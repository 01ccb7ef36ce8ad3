/* arena.h - memory that lives as long as one request.
 *
 * An arena hands out zeroed, 16-byte aligned memory up to a cap and frees all of it at once. What is
 * not memory (a JSON reference, a descriptor) is handed over with td_arena_defer and released in
 * reverse order when the arena goes. One thread at a time. */
#ifndef TD_BASE_ARENA_H
#define TD_BASE_ARENA_H

#include <jansson.h>
#include <stddef.h>

struct td_arena;

/* A new arena that refuses to grow past `cap` bytes; NULL when memory is short. */
struct td_arena *td_arena_new(size_t cap);

/* Runs the deferred releases, newest first, and frees everything. NULL is fine. */
void td_arena_free(struct td_arena *arena);

/* `size` zeroed bytes, or NULL when the cap or memory is reached. */
void *td_arena_alloc(struct td_arena *arena, size_t size);

/* Copies; NULL when the cap is reached or `text` is NULL. */
char *td_arena_strdup(struct td_arena *arena, const char *text);
char *td_arena_strndup(struct td_arena *arena, const char *text, size_t length);
char *td_arena_printf(struct td_arena *arena, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

typedef void (*td_arena_release_fn)(void *arg);

/* Has `release(arg)` called when the arena is freed. When the note itself cannot be stored, releases
 * at once and returns TD_ENOMEM. */
int td_arena_defer(struct td_arena *arena, td_arena_release_fn release, void *arg);

/* Gives the caller's reference to the arena and returns a borrowed one; NULL in, NULL out. */
json_t *td_arena_json(struct td_arena *arena, json_t *value);

#endif
