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
#include <stdbool.h>
#include <titled/plugin.h>

#define TD_PLUGINS_MAX 128

struct td_plugins {
    struct {
        const struct titled_plugin *plugin;
        char file[160]; /* "teacher.so", or of the shelf "teacher@<hash>.so" */
        char hash[65];
    } loaded[TD_PLUGINS_MAX];
    int count;
    json_t *catalog; /* {id: descriptor + plugin_version, plugin_hash, kept}, protocol.h */
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

/* The same first step for just these files of a shelf (scoring/shelf.h; NULL-terminated), in this order:
 * the first of a series that is good is its present version, the others are kept for dossiers that name
 * them. One whose content has not the hash in its name is refused. A version number stands for one object: of
 * two that share it, the one listed last stays, with `rebuilt` the one listed first. */
void td_plugins_load_files(struct td_plugins *plugins, const char *folder,
                           const char *const *files, bool rebuilt);

/* Index of a series in this version, "" or NULL = the present one; or -1. */
int td_plugins_find(const struct td_plugins *plugins, const char *id, const char *version);

/* facts() and gates() of one dossier: {"facts", "problems", "gates"} as protocol.h has them, or
 * NULL and `fault`. */
json_t *td_plugins_facts(const struct td_plugins *plugins, int index, const json_t *dossier,
                         struct td_fault *fault);

#endif
