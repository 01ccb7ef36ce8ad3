/* files.c - see files.h. files/incoming holds what is being received: after a crash nobody owns it,
 * so opening the store empties it. */
#include "store/files.h"

#include "base/id.h"
#include "base/log.h"
#include "store/tx.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 4096, HASH_DIGITS = 64 };

static int io_error(struct td_error *reterr, const char *path)
{
    int code = errno == ENOSPC || errno == EDQUOT ? TD_EFULL : TD_EIO;
    TD_LOG(TD_LOG_ERROR, "files.failure", TD_S("path", path), TD_S("failure", strerror(errno)));
    return td_error_set(reterr, code, "%s", td_error_text(code));
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    int saved = errno;
    close(fd);
    errno = saved;
    return result;
}

/* Makes `path` durable inside `parent`; an existing folder is synced too: its maker may have
 * crashed. */
static int make_durable_folder(const char *path, const char *parent)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return -1;
    return sync_path(parent, O_DIRECTORY);
}

static int empty_incoming(const char *incoming, struct td_error *reterr)
{
    DIR *dir = opendir(incoming);
    if (!dir)
        return io_error(reterr, incoming);
    int removed = 0;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.' && unlinkat(dirfd(dir), entry->d_name, 0) == 0)
            removed++;
    closedir(dir);
    if (removed > 0)
        TD_LOG(TD_LOG_INFO, "files.stale_removed", TD_I("count", removed));
    return 0;
}

int td_files_prepare(const char *folder, struct td_error *reterr)
{
    char files[PATH_ROOM], incoming[PATH_ROOM + 16];
    snprintf(files, sizeof(files), "%s/files", folder);
    snprintf(incoming, sizeof(incoming), "%s/incoming", files);
    if (make_durable_folder(files, folder) < 0)
        return io_error(reterr, files);
    if (make_durable_folder(incoming, files) < 0)
        return io_error(reterr, incoming);
    return empty_incoming(incoming, reterr);
}

int td_files_name(struct td_store *store, char *path, size_t size, struct td_error *reterr)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    int length = snprintf(path, size, "%s/files/incoming/%s", td_store_folder(store), id);
    if (length < 0 || (size_t)length >= size)
        return td_error_set(reterr, TD_EINTERNAL, "no room for the path of an upload");
    return 0;
}

int td_files_create(struct td_store *store, int *ret_fd, char *path, size_t size,
                    struct td_error *reterr)
{
    int result = td_files_name(store, path, size, reterr);
    if (result < 0)
        return result;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return io_error(reterr, path);
    *ret_fd = fd;
    return 0;
}

static int hash_content(int fd, EVP_MD_CTX *hash, size_t *ret_size)
{
    static _Thread_local char piece[64 << 10];
    ssize_t n;
    *ret_size = 0;
    while ((n = read(fd, piece, sizeof(piece))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || EVP_DigestUpdate(hash, piece, (size_t)n) != 1)
            return -1;
        *ret_size += (size_t)n;
    }
    return fsync(fd);
}

int td_files_measure(const char *path, char ret_hash[65], size_t *ret_size, struct td_error *reterr)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t size = 0;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool fine = hash && fd >= 0 && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 &&
                hash_content(fd, hash, &size) == 0 && EVP_DigestFinal_ex(hash, digest, NULL) == 1;
    int result = fine ? 0 : io_error(reterr, path);
    EVP_MD_CTX_free(hash);
    if (fd >= 0)
        close(fd);
    if (!fine)
        return result;
    for (int i = 0; i < HASH_DIGITS / 2; i++)
        snprintf(ret_hash + 2 * i, 3, "%02x", digest[i]);
    *ret_size = size;
    return 0;
}

int td_files_path(struct td_store *store, const char *hash, char *path, size_t size)
{
    if (strlen(hash) != HASH_DIGITS || strspn(hash, "0123456789abcdef") != HASH_DIGITS)
        return TD_EINVALID;
    int length = snprintf(path, size, "%s/files/%.2s/%s", td_store_folder(store), hash, hash);
    return length < 0 || (size_t)length >= size ? TD_EINTERNAL : 0;
}

/* Order matters: the content is durable before the name exists, and the name before we answer. */
int td_files_adopt(struct td_store *store, const char *path, const char *hash,
                   struct td_error *reterr)
{
    char files[PATH_ROOM], shelf[PATH_ROOM + 8], place[PATH_ROOM + 80];
    int result = td_files_path(store, hash, place, sizeof(place));
    if (result < 0)
        return td_error_set(reterr, result, "\"%.80s\" is not the hash of a file", hash);
    snprintf(files, sizeof(files), "%s/files", td_store_folder(store));
    snprintf(shelf, sizeof(shelf), "%s/%.2s", files, hash);
    if (chmod(path, 0400) < 0 || sync_path(path, 0) < 0)
        return io_error(reterr, path);
    if (make_durable_folder(shelf, files) < 0)
        return io_error(reterr, shelf);
    /* link(2), unlike rename(2), never replaces: the same content may be adopted twice at once. */
    if (link(path, place) < 0 && errno != EEXIST)
        return io_error(reterr, place);
    if (unlink(path) < 0)
        return io_error(reterr, path);
    return sync_path(shelf, O_DIRECTORY) < 0 ? io_error(reterr, shelf) : 0;
}
