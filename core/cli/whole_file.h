/* whole_file.h - a file that somebody gave, in memory. */
#ifndef TD_CLI_WHOLE_FILE_H
#define TD_CLI_WHOLE_FILE_H

#include "base/error.h"

#include <stddef.h>

enum { TD_WHOLE_FILE_ARCHIVE = 256 << 20 }; /* the largest archive of an election that is read */

/* *ret_bytes is malloc'd, with a zero behind its *ret_length bytes. Refused: no regular file, more than `most`. */
int td_whole_file_read(const char *path, size_t most, char **ret_bytes, size_t *ret_length, struct td_error *reterr);

#endif
