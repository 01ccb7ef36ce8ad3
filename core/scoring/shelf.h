/* shelf.h - every version of a series plugin that is still of use, as the workers load them.
 *
 * Who installs plugins writes <series>.so into the plugin folder, in whatever way and at whatever moment.
 * Workers never map those files: each one is first copied to the shelf, a folder of the server's own, as
 * <series>@<SHA-256>.so. Files there appear complete and never change, so what is done in the plugin
 * folder hurts no worker that runs, and the version that a dossier was submitted under stays when a newer
 * one takes its place. The time of a file's last change is when it last became a series' present version;
 * 1970 says that it never did. */
#ifndef TD_SCORING_SHELF_H
#define TD_SCORING_SHELF_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

enum { TD_SHELF_FILES_MAX = 96 }; /* loaded by a worker; further ones are listed as refused */

/* Looks at the plugin folder, copies what is new, and says what a worker is to load:
 *   {"files": ["teacher@<hash>.so", ...], of each series the present version first
 *    "dropped": ["teacher@<hash>.so", ...], those of the plugin folder
 *    "refused": [{"file": "teacher.so", "message": "..."}], which were not copied
 *    "readable": false when the plugin folder cannot be used at all}
 * `used` = {"hashes": {hash: series}, "series": {id: true}}: versions that a dossier names, and series that
 * some record names, may be NULL. Besides those the shelf keeps what was present a short while ago, for
 * requests under way and for a new one that turns out bad; the rest is taken away. Blocks: not on the
 * loop. TD_EIO when the shelf itself cannot be used. */
int td_shelf_look(const char *plugin_folder, const char *shelf, const json_t *used,
                  json_t **ret_found, struct td_error *reterr);

/* These files have become the present versions of their series. Blocks. */
void td_shelf_served(const char *shelf, const json_t *files);

/* Of a file's name on the shelf or in the plugin folder: the length of the series' id, 0 for neither. */
size_t td_shelf_id_length(const char *file);

#endif
