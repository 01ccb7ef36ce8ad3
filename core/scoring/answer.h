/* answer.h - what a worker said, or that it said nothing, as an error of ours. Internal to
 * scoring/. */
#ifndef TD_SCORING_ANSWER_H
#define TD_SCORING_ANSWER_H

#include "base/error.h"

#include <stdbool.h>

struct td_process_end;

/* 0 for an answer; for a worker's {"error": ...} (protocol.h) TD_ESCRIPT or TD_EPLUGIN with key
 * "script_failed", "script_limit" or "plugin_failed" and its parameters {file, line, rule,
 * message, item, killed}: `item` is the dossier of a trial, `killed` says that it used up its time or memory
 * or took the worker down. */
int td_answer_read(const json_t *answer, struct td_error *reterr);

/* The worker died over a job without a word about it: TD_ETIMEOUT, TD_ESCRIPT when only a script
 * took part (`scores`), else TD_EPLUGIN. */
int td_answer_of_death(const struct td_process_end *end, bool scores, struct td_error *reterr);

#endif
