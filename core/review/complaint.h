/* complaint.h - complaints and petitions (投诉、信访) as cases (seed notice, part 4; RULES 4.5).
 *
 *     received --accept--> accepted --investigate--> investigated --answer--> answered --close--> closed
 *         \--not_ours--> not_ours
 *
 * Anybody may file one, also without a name; the receipt (receipt.h) shows the state and the answer to who has
 * it, and a contact is told when the answer is there. Accepted or passed on within complaint_accept_days,
 * answered within complaint_answer_days (settings; days as the Regulation on Petitions, 信访工作条例, counts them,
 * not working days). A case about an official or a committee is the supervisor's, others are the bureau's; both
 * may hand it to another official or an office. It is never with, and never seen by, an account that it
 * concerns: whom the complaint names, the applicant of its dossier, the members of a committee. Nobody else
 * learns of it either. */
#ifndef TD_REVIEW_COMPLAINT_H
#define TD_REVIEW_COMPLAINT_H

#include "base/id.h"
#include "review/receipt.h"
#include "review/review.h"

#include <stdbool.h>

struct td_complaint {
    const char *about; /* dossier | person | committee | official | procedure */
    const char *whom;  /* the dossier's number for "dossier"; else in words */
    const char *text;
    const char *contact_sealed; /* "" = anonymous */
    const char *language;       /* in which he is told that the answer is there */
};

struct td_complaint_receipt {
    struct td_receipt receipt;
    char accept_by[TD_DATE_TEXT], answer_by[TD_DATE_TEXT];
};

/* Files a case; who is logged in is not kept. */
int td_complaint_file(struct td_review *review, const struct td_complaint *complaint,
                      struct td_complaint_receipt *ret_receipt, struct td_error *reterr);

/* What the receipt opens, for receipt.h, which has checked the code. It does not say who has the case: that would tell
 * whether somebody named in it is an expert. */
int td_complaint_status(struct td_review *review, const char *number, json_t **ret_status);

/* Cases that the caller handles or watches, the most urgent first, with "overdue": {"items", "next"}. */
int td_complaint_list(struct td_review *review, bool open, const char *cursor, json_t **ret_page);

/* One with "steps", "files", and what the caller may do ("can": {"accept", "investigate", "answer", "close", "assign",
 * "hold", "attach", "follow"}) and "mine". "contact_sealed" is the caller's to open and take off. TD_ENOTFOUND. */
int td_complaint_load(struct td_review *review, const char *id, json_t **ret_complaint,
                      struct td_error *reterr);

/* Steps of who has the case; TD_ECONFLICT "complaint_state_wrong" out of order, TD_EFORBIDDEN "complaint_not_yours". */
int td_complaint_accept(struct td_review *review, const char *id, const char *note,
                        struct td_error *reterr);
int td_complaint_refer(struct td_review *review, const char *id, const char *answer,
                       struct td_error *reterr); /* not ours: says where to go */
int td_complaint_investigate(struct td_review *review, const char *id, const char *outcome,
                             const char *finding, struct td_error *reterr);
int td_complaint_answer(struct td_review *review, const char *id, const char *answer,
                        struct td_error *reterr);
int td_complaint_close(struct td_review *review, const char *id, const char *note,
                       struct td_error *reterr);

/* Hands the case to an official, in his role of bureau, office or supervisor; TD_EFIELDS when it concerns him. */
int td_complaint_assign(struct td_review *review, const char *id, const char *account_id,
                        const char *note, struct td_error *reterr);

/* Files of who looks into a case (PDF, JPEG, PNG), examined as evidence is. td_complaint_check_file says beforehand
 * whether one may be attached; td_complaint_open_file gives {"name", "hash", "type", "path"}. */
struct td_evidence_upload;
int td_complaint_check_file(struct td_review *review, const char *id,
                            const struct td_evidence_upload *upload, const char **ret_type,
                            struct td_error *reterr);
int td_complaint_attach(struct td_review *review, const char *id,
                        const struct td_evidence_upload *upload, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr);
int td_complaint_open_file(struct td_review *review, const char *id, const char *file_id,
                           json_t **ret_file, struct td_error *reterr);

/* Has the dossier's result wait for the outcome (workflow "hold"), by the bureau; it ends with the answer. */
int td_complaint_hold(struct td_review *review, const char *id, const char *note,
                      struct td_error *reterr);

/* For the guards of a result: cases that hold this dossier, open ones and ones that were found right. */
int td_complaint_count_holds(struct td_review *review, const char *application_id, int64_t *ret_open,
                             int64_t *ret_founded);

#endif
