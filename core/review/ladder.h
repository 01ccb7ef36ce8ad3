/* ladder.h - the two ladders of a person: directed titles and the region's general ones, and their link.
 *
 *     directed   junior -> intermediate -> senior -> full senior     used at grassroots units only
 *     general    junior -> intermediate -> senior -> full senior     used everywhere
 *
 * A directed title is no basis for a higher general one: the general title of the same level comes first, and
 * turns the directed one into it (converted). An appointment to a higher title ends the one below
 * (review/post.h). Years of appointment accumulate over both ladders (seed notice, part 3). Titles of this
 * server are in `title`; those from elsewhere are recorded by the person's unit and count once the bureau has
 * confirmed them, or are the bureau's own record. */
#ifndef TD_REVIEW_LADDER_H
#define TD_REVIEW_LADDER_H

#include "base/id.h"
#include "review/review.h"

/* {"account": {"id", "name", "unit_id", "unit_name"}, "ladders": [{"track", "titles": [...]}], "tenure": [{"series",
 * "level", "days", "years", "months"}], "can_record", "can_confirm"}: each title {"id", "series", "level", "title_name",
 * "track", "certificate_number", "issuer", "obtained_on", "appointed_on", "ended_on", "title_state", "title_id"?}.
 * For the person, his unit, bureau and supervisor; TD_ENOTFOUND for others. */
int td_ladder_view(struct td_review *review, const char *account_id, json_t **ret_ladder,
                   struct td_error *reterr);

/* Records a title from elsewhere: {"series", "level", "track", "name", "certificate_number", "issuer", "obtained_on",
 * "appointed_on"?, "ended_on"?}. The bureau's counts at once (as td_ladder_confirm), the unit's waits for it. Nobody
 * does it for himself. TD_EFIELDS, TD_EFORBIDDEN, TD_ENOTFOUND. */
int td_ladder_record(struct td_review *review, const char *account_id, const json_t *held,
                     char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Confirms one that a unit recorded; a general one converts the directed title of the same series and level,
 * and one with an appointment that goes on supersedes the titles below (review/post.h). Withdraws one that was
 * recorded wrongly; what it converted or superseded stays so. Bureau. TD_ECONFLICT "held_state". */
int td_ladder_confirm(struct td_review *review, const char *held_id, struct td_error *reterr);
int td_ladder_withdraw(struct td_review *review, const char *held_id, const char *note,
                       struct td_error *reterr);

/* Turns the person's directed title of this series and level, when he has one in use or suspended, into the
 * general one he obtained. */
int td_ladder_convert(struct td_review *review, const char *account_id, const char *series,
                      const char *level, struct td_error *reterr);

/* May this person declare for this level on this track? TD_ECONFLICT "general_first" for a higher general title on
 * the strength of a directed one; "directed_no_basis" for the next directed one where the cycle says so
 * (parameter directed_basis). `stated` is what the dossier's form says of the present title, {"level", "track"}, or
 * NULL; TD_EFIELDS "track" for a general title in a cycle that takes none (parameter general_track). */
int td_ladder_check(struct td_review *review, const json_t *cycle, const char *account_id,
                    const char *level, const char *track, const json_t *stated,
                    struct td_error *reterr);

/* The same of a dossier with its form as it is now: at submission, and again at acceptance, since titles are recorded,
 * withdrawn and revoked meanwhile. */
int td_ladder_check_application(struct td_review *review, const json_t *application,
                                struct td_error *reterr);

/* His appointments of this series on both ladders, as plugins get them (titled/plugin.h): a new reference. */
int td_ladder_appointments(struct td_review *review, const char *account_id, const char *series,
                           json_t **ret_appointments);

/* The levels from the lowest up, NULL-ended, and a level's place among them; -1 for an unknown one. */
extern const char *const td_ladder_levels[];
int td_ladder_rung(const char *level);

#endif
