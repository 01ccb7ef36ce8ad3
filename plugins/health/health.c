/* health.c - the series plugin of health professionals at the grassroots: its entry.
 *
 * form.json says what a dossier contains; facts.c describes the series; service.c, record.c,
 * cases.c and assessed.c derive its facts; gates.c decides the hard gates; rules.h holds the
 * numbers a notice may change. */
#include "facts.h"

#include <titled/embed.h>
#include <titled/plugin.h>

TITLED_EMBED(form, "form.json");

static json_t *describe(const struct titled_host *host)
{
    json_error_t error;
    json_t *descriptor = json_loadb(form, form_size(), JSON_REJECT_DUPLICATES, &error);
    if (!descriptor)
        host->fail(host, error.text);
    return descriptor;
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    json_t *found = health_facts(form, form_size(), dossier);
    if (!found)
        host->fail(host, "the dossier has no cutoff_date as YYYY-MM-DD");
    return found;
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host;
    return health_gates(dossier, found);
}

static const struct titled_plugin plugin = {
    .struct_size = sizeof(struct titled_plugin),
    .abi_major = TITLED_PLUGIN_ABI_MAJOR,
    .abi_minor = TITLED_PLUGIN_ABI_MINOR,
    .id = "health",
    .version = "1.3.0",
    .describe = describe,
    .facts = facts,
    .gates = gates,
};

TITLED_PLUGIN_EXPORT(plugin);
