/* facts.c - see facts.h. Finds the plugin and lets the guard blame it. */
#include "scorer/facts.h"

#include "base/json.h"
#include "scorer/guard.h"

json_t *td_facts_of(const struct td_plugins *plugins, const json_t *job, int job_ms,
                    struct td_fault *fault)
{
    const char *series = json_string_value(json_object_get(job, "series"));
    const char *version = td_json_text(job, "plugin");
    const json_t *dossier = json_object_get(job, "dossier");
    if (!series || !json_is_object(dossier)) {
        td_fault_set(fault, "invalid", "the job needs a series and a dossier");
        return NULL;
    }
    int index = td_plugins_find(plugins, series, version);
    if (index < 0) {
        td_fault_set(fault, "plugin", "no plugin for the series \"%.60s\"%s%.40s is loaded", series,
                     *version ? ", version " : "", version);
        return NULL;
    }
    td_guard_begin(TD_GUARD_PLUGIN, plugins->loaded[index].file, job_ms);
    json_t *answer = td_plugins_facts(plugins, index, dossier, fault);
    td_guard_end();
    return answer;
}
