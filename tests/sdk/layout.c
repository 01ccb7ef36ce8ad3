/* layout.c - the binary interface of plugins, number by number. Compiled against today's header in every
 * build, and by sdk.test.mjs against every frozen one (abi/). It has no code: it compiles or it does not. */
#include <titled/plugin.h>

#define APPEND_ONLY                                                                                \
    "the plugin interface changed: plugins that are compiled already would break. Undo it, or append "  \
    "the new member at the end of its struct, raise TITLED_PLUGIN_ABI_MINOR, freeze the header as "      \
    "tests/sdk/abi/1.<minor>/titled/plugin.h and add the member's line to tests/sdk/layout.c"
#define AT(type, member, place)                                                                    \
    _Static_assert(offsetof(struct type, member) == (place), #type "." #member ": " APPEND_ONLY)
#define SIZE(type, bytes) _Static_assert(sizeof(struct type) == (bytes), #type ": " APPEND_ONLY)

_Static_assert(TITLED_PLUGIN_ABI_MAJOR == 1, "another major version needs a layout of its own here");
_Static_assert(sizeof(void *) == 8, "these numbers are those of 64-bit machines");

/* since 1.0 */
AT(titled_host, struct_size, 0);
AT(titled_host, abi_minor, 4);
AT(titled_host, opaque, 8);
AT(titled_host, fail, 16);
AT(titled_plugin, struct_size, 0);
AT(titled_plugin, abi_major, 4);
AT(titled_plugin, abi_minor, 6);
AT(titled_plugin, id, 8);
AT(titled_plugin, version, 16);
AT(titled_plugin, describe, 24);
AT(titled_plugin, facts, 32);
AT(titled_plugin, gates, 40);

#if TITLED_PLUGIN_ABI_MINOR == 0
SIZE(titled_host, 24);
SIZE(titled_plugin, 48);
#else
#error "a new minor version of the interface: add its members and the sizes of its structs here"
#endif

/* The functions, by their types: the same place with other arguments breaks as well. */
#define IS(expression, type)                                                                       \
    _Static_assert(_Generic((expression), type: 1, default: 0), #expression ": " APPEND_ONLY)
#define OF(type, member) (((struct type *)0)->member)
IS(OF(titled_host, fail), void (*)(const struct titled_host *, const char *));
IS(OF(titled_plugin, id), const char *);
IS(OF(titled_plugin, version), const char *);
IS(OF(titled_plugin, describe), json_t *(*)(const struct titled_host *));
IS(OF(titled_plugin, facts), json_t *(*)(const struct titled_host *, const json_t *));
IS(OF(titled_plugin, gates), json_t *(*)(const struct titled_host *, const json_t *, const json_t *));
