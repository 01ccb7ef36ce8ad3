/* integrity.h - integrity records (诚信档案): what was decided about a person or a unit, and what it bars.
 *
 *     proposed --confirm (another official)--> in_force --withdraw--> withdrawn
 *
 * False material, plagiarism and other improper means bar from applying for three years (人社部令第40号, article 39;
 * 人社部发〔2024〕56号); what bars from applying also bars from judging others. Violations as expert or as staff bar from
 * judging (articles 41 and 42), a unit's are on file. The day of decision is barred and not counted, and a period of
 * years ends with the day of the same date (Civil Code, articles 201 and 202). Where the local rule counts "from next
 * year", the setting integrity_bar = next_year has it end with the third year after that of the decision. From the
 * moment when a record bars him, an expert's unfinished sheets are taken from him and his desk is closed
 * (td_panel_release). A record in force is seen by bureau, supervisor and the person, who may answer it; of others only
 * the offices of an expert's panels learn, and no more than that he may not judge. */
#ifndef TD_REVIEW_INTEGRITY_H
#define TD_REVIEW_INTEGRITY_H

#include "base/id.h"
#include "review/review.h"

#include <stdbool.h>
#include <stddef.h>

enum { TD_INTEGRITY_YEARS = 3 };

struct td_integrity_kind {
    const char *name;
    const char *role; /* applicant | expert | staff | unit */
    bool bars_applying, bars_judging;
};

const struct td_integrity_kind *td_integrity_kinds(size_t *ret_count);

enum td_integrity_from { TD_INTEGRITY_APPLYING, TD_INTEGRITY_JUDGING };

/* The record that bars this person on that day from applying, or from being in the pool, drawn and seated; of
 * several the one that ends last: {"id", "integrity_kind", "decision_number", "decided_on", "from_on", "until_on",
 * "again_on"}, again_on being the first free day. A new reference; NULL when nothing bars him. */
int td_integrity_barred(struct td_tx *tx, const char *account_id, const char *today,
                        enum td_integrity_from from, json_t **ret_record);

/* TD_ECONFLICT "barred_applying" or "barred_judging" with decision and again_on when td_integrity_barred has one. */
int td_integrity_check(struct td_review *review, const char *account_id, enum td_integrity_from from,
                       struct td_error *reterr);

/* The same for lists: an SQL condition for "the account is barred from judging", both arguments SQL. */
#define TD_INTEGRITY_BARRED_SQL(account, today)                                                    \
    "exists (select 1 from integrity_record i where i.account_id = " account                       \
    " and i.integrity_state = 'in_force' and i.bars_judging"                                       \
    " and i.from_on <= " today " and i.until_on >= " today ")"

/* First and last day of the bar that a decision brings, by the setting. TD_EINVALID for what is no date. */
int td_integrity_period(const struct td_review *review, const char *decided_on,
                        char from_on[TD_DATE_TEXT], char until_on[TD_DATE_TEXT]);

struct td_integrity_decision {
    const char *account_id, *unit_id; /* one of them; the other "" */
    const char *kind;                 /* of td_integrity_kinds */
    const char *decision_number, *decided_on;
    const char *finding;        /* in words */
    const char *application_id; /* the dossier it is about, "" */
};

/* Proposes a record, as bureau; not about oneself. TD_EFIELDS. */
int td_integrity_propose(struct td_review *review, const struct td_integrity_decision *decision,
                         char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Writes a record that is in force at once, inside another decision that two officials have taken: `proposed_by`
 * and the caller. The person is told. */
int td_integrity_write(struct td_review *review, const struct td_integrity_decision *decision,
                       const char *proposed_by, char ret_id[TD_ID_TEXT], struct td_error *reterr);

/* Brings a proposed record into force: by another official than its author. Withdraws one that is proposed or in
 * force, with the reason; one in force by another than its author. TD_EFORBIDDEN "integrity_second_person", "own_record". */
int td_integrity_confirm(struct td_review *review, const char *record_id, struct td_error *reterr);
int td_integrity_withdraw(struct td_review *review, const char *record_id, const char *reason,
                          struct td_error *reterr);

/* What the person says to a record about him that is in force. */
int td_integrity_answer(struct td_review *review, const char *record_id, const char *text,
                        struct td_error *reterr);

/* Records, newest first, for bureau and supervisor: {"items": [...], "next"}; `state` "" = all. */
int td_integrity_list(struct td_review *review, const char *state, const char *cursor,
                      json_t **ret_page);

/* The caller's own that are or were in force: an array. */
int td_integrity_mine(struct td_review *review, json_t **ret_rows);

/* One record with "answers", "barred_now", "again_on", and what the caller may do: "can_confirm",
 * "can_withdraw", "can_answer". For bureau, supervisor and the person; TD_ENOTFOUND. */
int td_integrity_load(struct td_review *review, const char *record_id, json_t **ret_record,
                      struct td_error *reterr);

/* The account with this login or id, the unit with this name, code or id: arena memory; TD_EFIELDS on `field`. */
int td_integrity_person(struct td_review *review, const char *field, const char *word,
                        const char **ret_account, struct td_error *reterr);
int td_integrity_unit(struct td_review *review, const char *field, const char *word,
                      const char **ret_unit, struct td_error *reterr);

#endif
