/* whole_file.c - reading a file at once. */
#include "cli/whole_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int td_whole_file_read(const char *path, size_t most, char **ret_bytes, size_t *ret_length,
                       struct td_error *reterr)
{
    struct stat status;
    char *bytes = NULL;
    FILE *file = fopen(path, "re");
    if (!file || fstat(fileno(file), &status) < 0 || !S_ISREG(status.st_mode)) {
        if (file)
            fclose(file);
        return td_error_set(reterr, TD_EINVALID, "%s cannot be read", path);
    }
    if ((size_t)status.st_size <= most)
        bytes = malloc((size_t)status.st_size + 1);
    size_t length = bytes ? fread(bytes, 1, (size_t)status.st_size, file) : 0;
    fclose(file);
    if (!bytes)
        return td_error_set(reterr, TD_ETOOLARGE, "%s is larger than may be", path);
    bytes[length] = 0;
    *ret_bytes = bytes;
    *ret_length = length;
    return 0;
}
