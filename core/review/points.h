/* points.h - amounts in hundredths (points, money) from what people type. */
#ifndef TD_REVIEW_POINTS_H
#define TD_REVIEW_POINTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A JSON integer is hundredths already; a text is a plain decimal with up to two places ("6.5" =
 * 650). False for anything else: signs, exponents, more than nine digits before the point. */
bool td_points_parse(const json_t *value, int64_t *ret_hundredths);

#endif
