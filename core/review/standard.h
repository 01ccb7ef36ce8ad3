/* standard.h - scoring standards: the scripts of a series and level, and who may put one in force.
 *
 *     draft --a trial begins--> trial --approve (a second person)--> approved --activate--> active
 *       ^                         |                                     |                     |
 *       +------------ edit -------+-------------------------------------+       the next one, a rollback
 *                                                                                             v
 *     draft, trial, approved --discard--> discarded                 retired --activate--> active
 *
 * At most one standard of a series and level is active. What was ever saved is kept with its SM3
 * hash; scores name theirs. A draft may hold a source that does not load: it is kept with its
 * "fault", and goes nowhere before that is mended. Only at the first installation, when a level has
 * no standard yet, may the console import and activate in one step ("bootstrap"), which the ledger
 * says. Whoever follows "standard/<id>" or "standard/<series>/<level>" is told of changes.
 *
 * Standards are frozen from the opening of a committee's first meeting until every dossier of that
 * cycle is decided. One is changed then only with the supervisor's release: a reason, on the
 * ledger, good for one activation of exactly that source. */
#ifndef TD_REVIEW_STANDARD_H
#define TD_REVIEW_STANDARD_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>

/* --- standard.c: reading ---------------------------------------------------------------------- */

/* The active standard of a series and level with its source; TD_ENOTFOUND. A new reference. */
int td_standard_active(struct td_tx *tx, const char *series, const char *level,
                       json_t **ret_standard);

/* One standard by id, source and outline included. */
int td_standard_load(struct td_tx *tx, const char *standard_id, json_t **ret_standard);

/* The same in one of these `states` ("draft trial"): TD_ECONFLICT "standard_state" in another. */
int td_standard_load_in(struct td_review *review, const char *standard_id, const char *states,
                        json_t **ret_standard, struct td_error *reterr);

/* The same for td_standard_writer: TD_EFORBIDDEN for anybody else. */
int td_standard_load_to_write(struct td_review *review, const char *standard_id, const char *states,
                              json_t **ret_standard, struct td_error *reterr);

/* States in which the source may still be changed. */
#define TD_STANDARD_EDITABLE "draft trial approved"

/* td_standard_load for who may see it: TD_ENOTFOUND for an outsider unless it is or was in force. */
int td_standard_load_seen(struct td_review *review, const char *standard_id, json_t **ret_standard,
                          struct td_error *reterr);

/* The public sees active and retired ones, insiders (bureau, admin, supervisor, the series' office)
 * all but the discarded: without source and outline. */
int td_standard_list(struct td_review *review, const char *series, const char *level,
                     const char *cursor, json_t **ret_page);

/* One standard as people read it ("head", "conditions", "vetoes", "sections" from its outline), with
 * "can" {what the caller may do now: bool}; for insiders also who wrote and approved it, its saved
 * sources, its amended golden "cases" (standard_case.h) and whether it is frozen. TD_ENOTFOUND for a draft and an outsider. */
int td_standard_view(struct td_review *review, const char *standard_id, json_t **ret_standard,
                     struct td_error *reterr);

/* Replaces "outline" of an object by the members that pages show: "head", "conditions", "vetoes",
 * "sections". */
void td_standard_split_outline(json_t *standard);

/* The indicators that experts score: [{"id", "name", "rule", "min", "max", "section_name"}]; NULL
 * only when memory is short. */
json_t *td_standard_expert_items(const json_t *standard);

/* Who may write standards, and who reads of trials and cases beside the public tables; for route rows. */
#define TD_STANDARD_WRITERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU)
#define TD_STANDARD_READERS (TD_STANDARD_WRITERS | TD_ROLE_SUPERVISOR | TD_ROLE_OFFICE)

/* True when somebody acts who may write standards. */
bool td_standard_writer(const struct td_review *review);

/* True when standards of this series and level are frozen. */
int td_standard_frozen(struct td_tx *tx, const char *series, const char *level, bool *ret_frozen);

/* {"name", "version", "standard"}: what a message about it says. A new reference. */
json_t *td_standard_words(const json_t *standard);

/* Tells followers of the standard itself, and with `in_force` of its series and level. */
int td_standard_tell(struct td_tx *tx, const json_t *standard, bool in_force);

/* A message to every enabled account with one of `roles` (in its series, for an office; NULL = none) but the
 * one who acts and, when `second`, those who wrote it or amended its cases. */
int td_standard_tell_roles(struct td_review *review, const json_t *standard, const char *kind,
                           const char *const roles[3], bool second);

/* --- standard_script.c: sources --------------------------------------------------------------- */

enum { TD_STANDARD_SOURCE_MAX = 64 << 10 }; /* bytes; what the scorer accepts */

/* True for the name of a series or level as files may have it: a-z, 0-9 and '_', at most 32. */
bool td_standard_plain_word(const char *word);

/* Reads scripts/<series>/<level>.rb: *ret_source is malloc'd, the caller frees. TD_EINVALID for
 * names that are no plain words, TD_ENOTFOUND without a file. */
int td_standard_read_script(const struct td_config *config, const char *series, const char *level,
                            char **ret_source, struct td_error *reterr);

/* A source as it is kept: lines end with LF, the text with one, no byte order mark. malloc'd; TD_EINVALID,
 * TD_ETOOLARGE; TD_EFIELDS (source: misleads) for characters that a reader does not see as what they are. */
int td_standard_clean(const char *source, char **ret_source, struct td_error *reterr);

/* A standard as the scorer gets it (scoring/protocol.h): {"name": "teacher/intermediate.rb", "hash", "source"}.
 * `hash` may be NULL: it is left out. A new reference. */
json_t *td_standard_job_part(const char *series, const char *level, json_t *hash, json_t *source);

/* What the scorer's "check" gets: {"op", "standard": {"name", "hash", "source"}}. A new reference.
 */
json_t *td_standard_check_job(const char *series, const char *level, const char *source);

/* What the check answered: *ret_outline (an array, empty with a fault) and *ret_fault ({"line", "rule",
 * "message"} or, about another series, "say" and "parameters"; else null). New references. */
int td_standard_checked(const json_t *answer, const char *series, const char *level,
                        json_t **ret_outline, json_t **ret_fault);

/* The lines around a fault: [{"line", "text", "here"}], empty without one. A new reference. */
json_t *td_standard_excerpt(const char *source, const json_t *fault);

/* Scripts in the script folder that are none of the sources of their level's newest version:
 * [{"series", "level", "hash", "newest"}]. A new reference. */
int td_standard_offers(struct td_review *review, json_t **ret_offers);

/* --- standard_draft.c: drafts ----------------------------------------------------------------- */

struct td_standard_draft {
    const char *series, *level;
    const char *origin;   /* "file", "version", "text" */
    const char *based_on; /* id of the version it is a copy of; NULL */
    const char *source;   /* as td_standard_clean makes it */
    const char *note;     /* what is changed and why; may be "" */
    const json_t *answer; /* of the scorer's check of that source */
    const json_t *cases;  /* golden.h: of that level, for the amendments that it takes over */
    bool bootstrap;
};

/* Stores the next version, a draft. A file that is the newest version's is refused. `bootstrap` as
 * above: TD_EFORBIDDEN when the level has a standard or the caller is not the console, TD_ESCRIPT
 * when the source does not load. */
int td_standard_create(struct td_review *review, const struct td_standard_draft *draft,
                       char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Keeps another source. It is a draft again, whatever it was; the same source changes nothing but the
 * note. `note` may be NULL: as it was. */
int td_standard_save(struct td_review *review, const json_t *standard, const char *source,
                     const char *note, const json_t *answer, int64_t *ret_revision,
                     struct td_error *reterr);

/* Takes it out of the lists. What was saved stays. */
int td_standard_discard(struct td_review *review, const char *standard_id, struct td_error *reterr);

/* --- standard_life.c: into force and out of it ------------------------------------------------ */

/* A trial of exactly this source is over: when it passed, those who may approve are told. Another source
 * or state: nothing happens. */
int td_standard_tried(struct td_review *review, const char *standard_id, const char *hash,
                      bool passed);

struct td_standard_approval {
    const char *hash;  /* of the source that was read; "" = whichever: TD_ESTALE when it is another now */
    int64_t cases;     /* the "cases_revision" that was read; -1 = any: the same */
    /* The region's industry department's consent (seed notice, 2 (1)): number and day, both or none. */
    const char *consent_reference, *consented_on;
};

/* By a second person, who wrote none of its sources and amended none of its cases, after a passed trial.
 * TD_EFIELDS for half a consent or a day to come; TD_ECONFLICT "standard_consent" when the setting
 * standard_consent asks for one. */
int td_standard_approve(struct td_review *review, const char *standard_id,
                        const struct td_standard_approval *approval, struct td_error *reterr);

/* Puts an approved one (or a retired one again) in force; the present one retires. While frozen only
 * with a release, which it uses up. Queues new scores for dossiers not yet with the committee. */
int td_standard_activate(struct td_review *review, const char *standard_id,
                         struct td_error *reterr);

/* Queues new scores for the dossiers of its series and level that are not yet with the committee. */
int td_standard_queue_scores(struct td_review *review, const json_t *standard);

/* The rest of them: writes what an outbox row "rescore", {"series", "level", "after"}, asks for. */
int td_standard_queue_more(struct td_review *review, const json_t *payload, const json_t *job,
                           const json_t *answer, struct td_error *reterr);

/* Puts the one that was in force before the active one `standard_id` back, as td_standard_activate
 * does; *ret_id is that one. TD_ECONFLICT "standard_first" without one, "standard_state" when that one is in
 * quarantine. */
int td_standard_rollback(struct td_review *review, const char *standard_id, const char *reason,
                         char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* The supervisor's leave to put this approved or retired one in force once, frozen or not yet: the next
 * activation of this source uses up whatever was given for it. */
int td_standard_release(struct td_review *review, const char *standard_id, const char *reason,
                        struct td_error *reterr);

#endif
