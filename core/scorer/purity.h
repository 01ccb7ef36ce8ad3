/* purity.h - words of a script that give away a clock, chance or a memory, and how two results of one
 * dossier differ. */
#ifndef TD_SCORER_PURITY_H
#define TD_SCORER_PURITY_H

#include <jansson.h>
#include <stddef.h>

/* Appends {"kind": "clock" | "random" | "state", "word": "Time", "line": 12} for each such word outside of
 * comments and plain strings. Global and class variables are state: a rule has nothing to keep. */
void td_purity_read(const char *source, size_t length, json_t *findings);

/* Appends {"kind": "order", "dossier": id, "what": "item" | "condition" | "veto" | "total", "id": "A1",
 * "member": "points", "forward": x, "reverse": y, "line": n} for each difference, at most `limit`. `line` is
 * where the rule is named in `source`, 0 when it is not found. */
void td_purity_compare(const char *dossier, const json_t *forward, const json_t *reverse,
                       const char *source, size_t limit, json_t *findings);

#endif
