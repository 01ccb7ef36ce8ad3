/* golden.h - golden cases: dossiers whose points a person worked out by hand, one file each,
 * scripts/<series>/cases/<name>.json. What they expect may be amended for one standard: standard_case.h. */
#ifndef TD_REVIEW_GOLDEN_H
#define TD_REVIEW_GOLDEN_H

#include "base/error.h"

#include <jansson.h>

struct td_config;

/* Those of a level, [{"file", "name", "hash", "dossier", "expert", "expected"}], for the ops "check" and
 * "golden" of the scorer; [] without a folder. "hash" is the file's SM3. A new reference. TD_EINVALID names
 * the file that is no such case. */
int td_golden_cases(const struct td_config *config, const char *series, const char *level,
                    json_t **ret_cases, struct td_error *reterr);

/* One file as it is, with what it says beside the above ("arithmetic"). `file` is a name that
 * td_golden_cases gave. A new reference. */
int td_golden_file(const struct td_config *config, const char *series, const char *file,
                   json_t **ret_case, char ret_hash[65], struct td_error *reterr);

/* The one of this file; NULL when there is none. Borrowed. */
json_t *td_golden_find(const json_t *cases, const char *file);

#endif
