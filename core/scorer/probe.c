/* probe.c - see probe.h. Measures around the plugin's calls, inside the process, so that what the
 * worker itself does between two jobs does not count. */
#include "scorer/probe.h"

#include "scorer/guard.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The first calls may fill what is filled once, such as the allocator's own caches. */
#define WARM_CALLS 2

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
size_t __sanitizer_get_current_allocated_bytes(void); /* gcc has no header for it */
#define GRAIN 1
static int64_t heap_bytes(void)
{
    return (int64_t)__sanitizer_get_current_allocated_bytes();
}
#else
#include <malloc.h>
#define GRAIN 32 /* the smallest chunk */
static int64_t heap_bytes(void)
{
    struct mallinfo2 heap = mallinfo2();
    return (int64_t)heap.uordblks + (int64_t)heap.hblkhd;
}
#endif

/* --- jansson's share -------------------------------------------------------------------------- */

static int64_t blocks;

static void *count_malloc(size_t size)
{
    void *block = malloc(size);
    blocks += block != NULL;
    return block;
}

static void count_free(void *block)
{
    blocks -= block != NULL;
    free(block);
}

/* --- the borrowed dossier --------------------------------------------------------------------- */

/* Every value of a parsed text has one owner. true, false and null are shared by all and uncounted.
 */
static bool has_one_owner(json_t *value)
{
    json_t *part;
    const char *key;
    size_t i;
    if (json_is_boolean(value) || json_is_null(value))
        return true;
    if (value->refcount != 1)
        return false;
    json_object_foreach(value, key, part)
        if (!has_one_owner(part))
            return false;
    json_array_foreach(value, i, part)
        if (!has_one_owner(part))
            return false;
    return true;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* One call as text that can be compared, malloc'd. */
static char *call(const struct td_plugins *plugins, int index, const json_t *dossier, int job_ms)
{
    struct td_fault fault = TD_FAULT_INIT;
    td_guard_begin(TD_GUARD_PLUGIN, plugins->loaded[index].file, job_ms);
    json_t *found = td_plugins_facts(plugins, index, dossier, &fault);
    td_guard_end();
    json_t *answer =
        found ? json_pack("{s:o}", "answer", found) : json_pack("{s:s}", "failure", fault.message);
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    json_decref(answer);
    return text;
}

json_t *td_probe_answer(const struct td_plugins *plugins, int index, const json_t *dossier,
                        int repeat, int job_ms)
{
    const struct titled_plugin *plugin = plugins->loaded[index].plugin;
    json_t *own = json_deep_copy(dossier), *mirror = json_deep_copy(dossier);
    int64_t bytes = 0, values = 0;
    bool differs = false;
    json_set_alloc_funcs(count_malloc, count_free);
    char *first = own ? call(plugins, index, own, job_ms) : NULL;
    for (int i = 1; i < repeat && first; i++) {
        char *text = call(plugins, index, own, job_ms);
        differs = differs || !text || strcmp(text, first) != 0;
        count_free(text);
        if (i + 1 == WARM_CALLS) {
            bytes = heap_bytes();
            values = blocks;
        }
    }
    bool measured = repeat > WARM_CALLS;
    bytes = measured ? heap_bytes() - bytes : 0;
    values = measured ? blocks - values : 0;
    json_t *answer = first ? json_loads(first, 0, NULL) : NULL;
    json_t *result = json_pack(
        "{s:i, s:i, s:I, s:i, s:b, s:b, s:b, s:I, s:I}", "abi_major", plugin->abi_major,
        "abi_minor", plugin->abi_minor, "struct_size", (json_int_t)plugin->struct_size, "grain",
        GRAIN, "differs", differs, "dossier_changed", !json_equal(own, mirror), "dossier_kept",
        own && !has_one_owner(own), "bytes", (json_int_t)bytes, "values", (json_int_t)values);
    json_object_update(result, answer);
    json_decref(answer);
    count_free(first);
    json_decref(own);
    json_decref(mirror);
    json_object_set_new(result, "heap", json_integer(heap_bytes()));
    return result;
}
