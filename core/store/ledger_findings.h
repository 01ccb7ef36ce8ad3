/* ledger_findings.h - what a verification has found so far. Internal to ledger_verify.c and
 * ledger_walk.c. */
#ifndef TD_STORE_LEDGER_FINDINGS_H
#define TD_STORE_LEDGER_FINDINGS_H

#include "store/ledger_verify.h"

enum { TD_LEDGER_FINDINGS = 100, TD_LEDGER_DAMAGES = 64 };

/* Adds a finding about entries `entry` to `until` (0 = about the whole); `words` is the sentence. */
void td_ledger_found(struct td_ledger_report *report, const char *kind, int64_t entry, int64_t until,
                     const char *words, ...) __attribute__((format(printf, 5, 6)));

/* ledger_walk.c: streams the entries after `since`; findings go into the report, *ret_sound is how
 * many entries, with the tree over them, are as they were. */
int td_ledger_walk(struct td_tx *tx, int64_t since, struct td_ledger_report *report,
                   int64_t *ret_sound);

#endif
