/* plugin_source.c - a small series for tests: ID, VERSION and the form come from the command line.
 * Facts: which version derived them, and how many items of "work" there are. -DCRASH: the process
 * dies while it is loaded. */
#include <titled/embed.h>
#include <titled/plugin.h>

#include <stdlib.h>

TITLED_EMBED(form, "form.json");

static json_t *describe(const struct titled_host *host)
{
    json_error_t error;
    json_t *descriptor = json_loadb(form, form_size(), 0, &error);
    if (!descriptor)
        host->fail(host, error.text);
    return descriptor;
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    const json_t *work = json_object_get(json_object_get(dossier, "content"), "work");
    (void)host;
    return json_pack("{s:{s:{s:s, s:s, s:s}, s:{s:i, s:s, s:s, s:s}}, s:[]}", "facts", "edition",
                     "value", VERSION, "name", "版本", "because", "插件版本 " VERSION, "works",
                     "value", (int)json_array_size(work), "name", "项数", "unit", "项", "because",
                     "所列项数", "problems");
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host;
    (void)dossier;
    (void)found;
    return json_array();
}

static const struct titled_plugin plugin = {
    .struct_size = sizeof(struct titled_plugin),
    .abi_major = ABI,
    .abi_minor = TITLED_PLUGIN_ABI_MINOR,
    .id = ID,
    .version = VERSION,
    .describe = describe,
    .facts = facts,
    .gates = gates,
};

TITLED_PLUGIN_EXPORT(plugin);

#ifdef CRASH
__attribute__((constructor)) static void crash(void)
{
    abort();
}
#endif
