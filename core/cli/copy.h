/* copy.h - files into the server's folders, complete or not at all. */
#ifndef TD_CLI_COPY_H
#define TD_CLI_COPY_H

#include "base/error.h"

#include <sys/types.h>

/* Copies the regular file `from` over `to`: written under another name beside it, fsynced, renamed, the
 * folder fsynced. `hash` (may be NULL) gets the SHA-256 of what was copied, in hex. TD_EIO with the path. */
int td_copy_file(const char *from, const char *to, mode_t mode, char hash[65],
                 struct td_error *reterr);

/* Makes what happened to the names in `folder` durable, as well as it can. */
void td_copy_sync(const char *folder);

/* Does the folder hold scoring scripts (*.rb)? */
int td_copy_check_scripts(const char *folder, struct td_error *reterr);

/* Copies <folder>/<level>.rb and <folder>/cases/<name>.json to the folder `to`, which is made. Files of the same
 * names are replaced: the standards in force are in the records. */
int td_copy_scripts(const char *folder, const char *to, struct td_error *reterr);

#endif
