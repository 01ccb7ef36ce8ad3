/* standard.h - scoring standards: the scripts of a series and level, and who may put one in force.
 *
 *     draft --approve (a second person)--> approved --activate--> active --(the next one)-->
 *     retired
 *
 * At most one standard of a series and level is active. A standard is its script's text, kept for
 * ever with its SM3 hash; scores name it. Only at the first installation, when a level has no
 * standard yet, may the console import and activate in one step ("bootstrap"), which the ledger
 * says. */
#ifndef TD_REVIEW_STANDARD_H
#define TD_REVIEW_STANDARD_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* The active standard of a series and level with its source; TD_ENOTFOUND. A new reference. */
int td_standard_active(struct td_tx *tx, const char *series, const char *level,
                       json_t **ret_standard);

/* One standard by id, source and outline included. */
int td_standard_load(struct td_tx *tx, const char *standard_id, json_t **ret_standard);

/* The public sees active and retired ones, insiders (bureau, admin, supervisor, the series' office)
 * all: without source and outline. */
int td_standard_list(struct td_review *review, const char *series, const char *level,
                     const char *cursor, json_t **ret_page);

/* One standard as people read it, "sections" from its outline; TD_ENOTFOUND for a draft and an
 * outsider. */
int td_standard_view(struct td_review *review, const char *standard_id, json_t **ret_standard,
                     struct td_error *reterr);

/* The indicators that experts score: [{"id", "name", "rule", "min", "max", "section_name"}]; NULL
 * only when memory is short. */
json_t *td_standard_expert_items(const json_t *standard);

/* Reads scripts/<series>/<level>.rb: *ret_source is malloc'd, the caller frees. TD_EINVALID for
 * names that are no plain words, TD_ENOTFOUND without a file. */
int td_standard_read_script(const struct td_config *config, const char *series, const char *level,
                            char **ret_source, struct td_error *reterr);

/* What the scorer's "check" gets: {"op", "standard": {"name", "hash", "source"}}. A new reference.
 */
json_t *td_standard_check_job(const char *series, const char *level, const char *source);

/* Stores a checked script as the next version, a draft. `outline` is the table that the check
 * answered. The same source as the newest version is refused. `bootstrap` as above: TD_EFORBIDDEN
 * when the level has a standard or the caller is not the console. */
int td_standard_import(struct td_review *review, const char *series, const char *level,
                       const char *source, const json_t *outline, bool bootstrap,
                       char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* By a second person: the author is refused. */
int td_standard_approve(struct td_review *review, const char *standard_id, struct td_error *reterr);

/* Puts an approved one (or a retired one again) in force; the present one retires. Refused while a
 * committee of the series and level votes: standards are frozen from the opening of its first
 * meeting until every dossier of that cycle is decided. Queues new scores for dossiers not yet with
 * the committee. */
int td_standard_activate(struct td_review *review, const char *standard_id,
                         struct td_error *reterr);

#endif
