/* keyfile.c - see keyfile.h. */
#include "base/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool td_keyfile_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 || errno != ENOENT;
}

static int sync_folder_of(const char *path)
{
    char copy[4096];
    if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
        return -1;
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

/* Written under another name first, so that a crash never leaves a short key under the real one.
 * link(2) does not overwrite: when two processes start together, both read the same key. */
int td_keyfile_make(const char *path, const void *bytes, size_t length, struct td_error *reterr)
{
    char draft[4096];
    if (snprintf(draft, sizeof(draft), "%s.XXXXXX", path) >= (int)sizeof(draft))
        return td_error_set(reterr, TD_EINVALID, "key file: the path is too long");
    int fd = mkostemp(draft, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return td_error_set(reterr, TD_EIO, "key file %s cannot be made: %s", path,
                            strerror(errno));
    int result = 0;
    errno = ENOSPC; /* what a short write means, which sets none */
    if (write(fd, bytes, length) != (ssize_t)length || fsync(fd) < 0 ||
        (link(draft, path) < 0 && errno != EEXIST) || sync_folder_of(path) < 0)
        result =
            td_error_set(reterr, TD_EIO, "key file %s cannot be made: %s", path, strerror(errno));
    close(fd);
    unlink(draft);
    return result;
}

int td_keyfile_read(const char *path, void *bytes, size_t room, size_t *ret_length,
                    struct td_error *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return td_error_set(reterr, TD_EIO, "key file %s: %s", path, strerror(errno));
    struct stat st;
    int result = 0;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
        result = td_error_set(reterr, TD_EINVALID, "key file %s is not a regular file", path);
    else if (st.st_mode & 077)
        result = td_error_set(reterr, TD_EINVALID,
                              "key file %s has mode %04o, not 0600: others could read it", path,
                              (unsigned)st.st_mode & 07777u);
    else if (st.st_uid != geteuid() && geteuid() != 0) /* titlectl of root beside titled's server */
        result = td_error_set(reterr, TD_EINVALID, "key file %s belongs to another user", path);
    else if ((size_t)st.st_size > room || read(fd, bytes, room) != st.st_size)
        result =
            td_error_set(reterr, TD_EINVALID, "key file %s is not one: its size is wrong", path);
    else
        *ret_length = (size_t)st.st_size;
    close(fd);
    return result;
}
