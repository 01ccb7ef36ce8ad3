/* probe.h - a look at a plugin under test: what `titlectl plugin check` asks a worker for.
 *
 * {"op": "probe", "series": S, "dossier": D, "repeat": N} calls facts() and gates() N times and answers
 *   {"abi_major": 1, "abi_minor": 0, "struct_size": 48,
 *    "answer": {"facts", "problems", "gates"} or "failure": "sentence",     of the first call
 *    "differs": true,           a later call gave other bytes
 *    "dossier_changed": true,   the borrowed dossier is not what it was
 *    "dossier_kept": true,      references to its parts were kept or released once too often
 *    "bytes": 0, "values": 0,   memory, and blocks of it that jansson took, that calls 3 to N did not give back
 *    "grain": 32,               what the smallest piece of memory adds to "bytes"
 *    "heap": 1234567}           all memory in use at the end
 * The server never asks for it. */
#ifndef TD_SCORER_PROBE_H
#define TD_SCORER_PROBE_H

#include "scorer/plugins.h"

#define TD_PROBE_REPEAT_MAX 1000

/* The answer, a new reference, or NULL when memory is gone. Each call has `job_ms` for itself. */
json_t *td_probe_answer(const struct td_plugins *plugins, int index, const json_t *dossier, int repeat,
                        int job_ms);

#endif
