/* draw.h - drawing experts from a pool for a committee or a panel (人社部令第40号, article 11).
 *
 *     committed --witness--> witnessed --reveal--> revealed --close--> closed      cancel: not once closed
 *
 * The office sets criteria and seals a seed; candidates and the seed's hash are fixed and committed to (the
 * commitment is public and on the ledger). The supervisor witnesses and adds a number of his own, which
 * neither he nor the office can choose knowing what comes out. Then the seed is opened and the order follows
 * (review/draw_file.h). Who is seated is invited, without a word of whose dossiers; who declines, or does
 * not answer, gives way to the next one. Once every seat is confirmed its people are seated: from then on
 * whoever approves and reads the committee or the panel reads their names there. Of the draw itself, who was
 * asked and who declined, nobody but the office of the series, the supervisor and the invited person learns
 * before a meeting of the committee has opened. */
#ifndef TD_REVIEW_DRAW_H
#define TD_REVIEW_DRAW_H

#include "base/id.h"
#include "review/review.h"

/* Draws of the caller's scope, newest first: [{"id", "kind", "draw_state", "committee_name", "commitment",
 * "created_at"}]. */
int td_draw_list(struct td_review *review, const char *cursor, json_t **ret_page);

/* One draw: its file as far as it has come (without the seed before it is revealed), "can": {"witness",
 * "reveal", "close", "cancel", "answer_for"} and "seats" with "name", "unit_name", "reason" for who may
 * know; "sealed" for others. TD_ENOTFOUND outside the caller's scope. */
int td_draw_view(struct td_review *review, const char *draw_id, json_t **ret_draw,
                 struct td_error *reterr);

/* What the public may see: {"id", "draw_state", "seed_hash", "commitment", "committed_at"}. */
int td_draw_public(struct td_review *review, const char *draw_id, json_t **ret_draw);

/* The file of a revealed draw, for titlectl draw verify. TD_ECONFLICT "draw_sealed" before. */
int td_draw_export(struct td_review *review, const char *draw_id, json_t **ret_file,
                   struct td_error *reterr);

/* From {"committee_id", "kind": committee | panel, "cycle_id", "name" (of a panel), "size", "reserves",
 * "specialties", "max_per_unit", "outside_percent", "new_percent", "exclude_units",
 * "exclude_applicant_units", "seed"}. Without a seed (64 hex digits) one is made. Left out as candidates
 * are who is not confirmed, suspended, out of his term, barred, below the level, of the office, an
 * applicant of the cycle or on the committee already. TD_ECONFLICT "pool_not_approved", "draw_too_few"
 * {found, needed}; TD_EFIELDS for a cycle of another series and a panel smaller than its cycle allows. */
int td_draw_create(struct td_review *review, const json_t *draw, char ret_id[TD_ID_TEXT],
                   struct td_error *reterr);

/* As supervisor: a number of up to 40 digits. */
int td_draw_witness(struct td_review *review, const char *draw_id, const char *number,
                    struct td_error *reterr);

/* As office. */
int td_draw_reveal(struct td_review *review, const char *draw_id, struct td_error *reterr);
int td_draw_close(struct td_review *review, const char *draw_id, struct td_error *reterr);
int td_draw_cancel(struct td_review *review, const char *draw_id, const char *reason,
                   struct td_error *reterr);

/* An invited person answers for himself: "confirmed", or "declined" with the reason. */
int td_draw_answer(struct td_review *review, const char *draw_id, const char *answer,
                   const char *reason, struct td_error *reterr);

/* The office notes that somebody does not answer, with what it tried: declined. */
int td_draw_no_answer(struct td_review *review, const char *draw_id, const char *account_id,
                      const char *reason, struct td_error *reterr);

/* The caller's own invitations. */
int td_draw_invitations(struct td_review *review, json_t **ret_page);

#endif
