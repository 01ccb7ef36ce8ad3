/* tallies.h - is a trial's tally (scorer/tally.h) what the whole SCORE says? */
#ifndef TD_TESTS_SCORER_TALLIES_H
#define TD_TESTS_SCORER_TALLIES_H

#include <jansson.h>

/* Scores `inputs` = [{"facts", "gates", "expert"}], and as many again whose facts are drawn from all of them, both ways under
 * the standard `source`; prints what differs and returns how often. A standard without a plan, or no input, is a
 * difference too: there was nothing to compare. */
int tallies_differ(const char *name, const char *source, const json_t *inputs);

#endif
