/* protocol.h - what the server and a scorer worker say to each other.
 *
 * A frame is a 4-byte big-endian length and that many bytes of JSON, TD_PROTOCOL_FRAME_MAX at most.
 * A starting worker says {"loading": "x.so"} before code of a plugin runs for the first time, then
 * {"ready": true, "catalog": {...}, "refused": [...]}, or {"ready": false, "message": "..."} when
 * it cannot enter its sandbox. The catalog has {series: descriptor} of the present versions, each with
 * "plugin_version", "plugin_hash" and, when older ones are loaded too, "kept": {version: descriptor}.
 * Then it answers jobs:
 *
 *   {"op": "facts", "series": S, "plugin": V, "dossier": D}
 *       {"facts": {...}, "problems": [...], "gates": [...]}
 *       by version V of the plugin; by the present one when V is "" or absent
 *   {"op": "score", "series": S, "level": L, "facts": {...}, "gates": [...], "expert": {"D2": [600, 650]},
 *    "standard": {"name": "teacher/intermediate.rb", "hash": H, "source": "..."}}
 *       {"score": SCORE}
 *   {"op": "evaluate", ...both...}
 *       {"facts": ..., "problems": ..., "gates": ..., "score": SCORE}
 *   {"op": "check", "standard": {...}, "series": S, "cases": [CASE]?}
 *       {"table": [...], "golden": GOLDEN}: the standard as people read it; GOLDEN only for cases
 *   {"op": "golden", "trial": ID, "series": S, "standard": {...}, "cases": [CASE]}
 *       GOLDEN = {"cases": [{"file", "name", "passed", "differences": [{"what": "item", "id": "A1",
 *       "expected", "got", "because"}]}], "findings": [FINDING]}
 *       CASE = {"file", "name", "dossier", "expert", "expected"} as scripts/README.md has it
 *   {"op": "trial", "trial": ID, "standard": {...}, "base": {...}?, "dossiers": [{"id", "facts", "gates",
 *    "expert"}]}
 *       {"results": [{"id", "before": OUTCOME or null, "after": OUTCOME}], "findings": [FINDING]}
 *       "op" comes first, compact: then the dossiers are cut out of the frame, not parsed (scorer/dossier.h)
 *       OUTCOME = {"total", "vetoed", "eligible", "line", "failed": [id of a condition]}
 *       FINDING = why the standard is refused (scorer/purity.h), or {"kind": "script" | "limit" | "clock" |
 *       "random", "dossier", "message", "file", "line", "rule"}; results after one are incomplete
 *
 *   {"op": "compare", "standard": {...}, "base": {...}?, "dossier": {"id", "facts", "gates", "expert"}}
 *       {"before": SCORE or null, "after": SCORE}
 *   {"op": "recheck", "series": S, "standards": {HASH: {"name", "source"}}, "scores": [{"id", "standard": HASH,
 *    "plugin_version", "dossier": D or null, "facts", "gates", "expert", "breakdown": SCORE}]}
 *       {"differences": [{"score", "what": "fact" | "gate" | "item" | "condition" | "veto" | "total", "id",
 *       "stored", "recomputed"}]}: facts of D, where it is given, against "facts"; points of "facts" against
 *       "breakdown"
 *   {"op": "probe", ...}
 *       a plugin under test, looked at by `titlectl plugin check` (scorer/probe.h); the server never asks
 *
 * Trials with one ID share their VMs and no others'.
 *
 * A failed job answers {"error": {"code": "script"|"plugin"|"limit"|"invalid", "message": "...",
 * "file": "teacher/intermediate.rb", "line": 12, "rule": "A1"}}, of a trial's dossier with "item": id; the
 * worker stays usable, unless the answer also has "ending": true (it ran out of time, crashed or left its sandbox).
 *
 * SCORE = {"total": 7350, "cap": 10000, "vetoed": false, "eligible": true, "reference_line": 6000,
 *  "conditions": [{"id": "tenure", "name": "任职年限", "met": true, "because": "...",
 *                  "basis": "..."}],
 *  "vetoes": [{"id": "A0", "name": "...", "met": false, "because": "..."}],
 *  "sections": [{"id": "A", "name": "政治表现与师德师风", "points": 1350, "cap": 1500,
 *    "items": [{"id": "A1", "name": "...", "kind": "tier", "points": 600, "cap": 600,
 *               "scorer": "unit", "because": "优秀 = 6.00", "facts": ["political_grade"],
 *               "pending": false}]}],
 *  "tie_break": [7350, 12]}   what to compare when totals are equal, most important first
 * "reference_line" may be null; where it depends on a fact, "reference_line_because" says on which.
 * Where sections count with weights, "components": [{"id", "name", "points", "cap", "because"}] add up
 * to the total. "expert" has the points of every sheet, or one number that is their mean already.
 * Points are integers in hundredths. `pending` marks items that wait for an official or an expert.
 * The worker keeps the compiled standards of the last jobs. */
#ifndef TD_SCORING_PROTOCOL_H
#define TD_SCORING_PROTOCOL_H

#include <jansson.h>
#include <stddef.h>

#define TD_PROTOCOL_FRAME_MAX ((size_t)8 << 20)
#define TD_PROTOCOL_HEADER    4

/* Serialises a frame: malloc'd header + JSON, caller frees; NULL when memory is short or it is too
 * long. */
unsigned char *td_protocol_encode(const json_t *message, size_t *ret_length);

/* Writes the header of a payload of `length` bytes. Safe in a signal handler. */
void td_protocol_header(unsigned char header[TD_PROTOCOL_HEADER], size_t length);

/* The payload length in a header, or 0 when it is zero or over the maximum. */
size_t td_protocol_length(const unsigned char header[TD_PROTOCOL_HEADER]);

#endif
