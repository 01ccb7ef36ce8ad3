/* reminder.h - who has to decide something by a day is told: of objections, reexaminations and complaints. */
#ifndef TD_REVIEW_REMINDER_H
#define TD_REVIEW_REMINDER_H

#include "review/review.h"

#include <stdint.h>

/* Tells everybody who has it or whose role decides it, once each, that a reexamination was asked for or a complaint has
 * come in ("recheck_filed", "complaint_filed"; of an objection its filing tells), and that the last day is `soon` (a
 * date) or before ("objection_due", "recheck_due", "complaint_due"); not the applicant of the dossier, nor whom a
 * complaint concerns. Parameters: {"about" (the notice's title, the dossier's or the receipt's number), "due_on"}. At
 * most TD_TICK_BATCH messages of each; *changed grows by what was done. */
int td_reminder_run(struct td_review *review, const char *soon, int64_t *changed);

#endif
