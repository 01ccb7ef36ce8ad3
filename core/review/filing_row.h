/* filing_row.h - what the files of filing share. Internal to review/filing*.c. */
#ifndef TD_REVIEW_FILING_ROW_H
#define TD_REVIEW_FILING_ROW_H

#include "review/filing.h"

/* 0 for the bureau and for the system itself. */
int td_filing_may(const struct td_review *review, struct td_error *reterr);

/* The row with "cycle_name", "series", "year"; TD_ENOTFOUND. */
int td_filing_load(struct td_tx *tx, const char *filing_id, json_t **ret_filing);

/* The same when the caller may and its state is one of `states` ("|sent|received|"); else TD_ECONFLICT "filing_state". */
int td_filing_load_in(struct td_review *review, const char *filing_id, const char *states,
                      json_t **ret_filing, struct td_error *reterr);

/* The ends of a filing, whoever decided. */
int td_filing_end_well(struct td_review *review, const json_t *filing, const char *reference,
                       const char *approved_on, struct td_error *reterr);
int td_filing_end_badly(struct td_review *review, const json_t *filing, const char *reason,
                        struct td_error *reterr);

#endif
