/* plugins.h - the series plugins of a folder, loaded for good.
 *
 * Loading has two steps because the sandbox lies between them: td_plugins_load maps the objects and
 * checks their interface, td_plugins_describe asks each for its form descriptor and checks that.
 * One bad plugin never stops the others; it is listed in `refused` with what was expected and what
 * was found. Objects are never unloaded. */
#ifndef TD_SCORER_PLUGINS_H
#define TD_SCORER_PLUGINS_H

#include "scorer/fault.h"

#include <jansson.h>
#include <titled/plugin.h>

#define TD_PLUGINS_MAX 64

struct td_plugins {
    struct {
        const struct titled_plugin *plugin;
        char file[80]; /* "teacher.so" */
        char hash[65];
    } loaded[TD_PLUGINS_MAX];
    int count;
    json_t *catalog; /* {id: descriptor + plugin_version, plugin_hash} */
    json_t *refused; /* [{"file", "message"}] */

    /* Called before code of `file` runs for the first time in either step: the last word, should it
     * take the process down. */
    void (*before)(const char *file);
};

/* Loads every *.so of `folder` in the order of their names, but not those in `skip`
 * (NULL-terminated). Plugins are not touched when the folder cannot be read or others may write to
 * it: one refusal with file "" says so. */
void td_plugins_load(struct td_plugins *plugins, const char *folder, const char *const *skip);
void td_plugins_describe(struct td_plugins *plugins);

/* Index of a series, or -1. */
int td_plugins_find(const struct td_plugins *plugins, const char *id);

/* facts() and gates() of one dossier: {"facts", "problems", "gates"} as protocol.h has them, or
 * NULL and `fault`. */
json_t *td_plugins_facts(const struct td_plugins *plugins, int index, const json_t *dossier,
                         struct td_fault *fault);

#endif
