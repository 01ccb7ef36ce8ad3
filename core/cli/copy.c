/* copy.c - see copy.h. */
#include "cli/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int say(struct td_error *reterr, const char *path)
{
    return td_error_set(reterr, TD_EIO, "%s: %s", path, strerror(errno));
}

static bool pour(int from, int to, char hash[65])
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES], block[16384];
    ssize_t n;
    crypto_hash_sha256_init(&state);
    while ((n = read(from, block, sizeof(block))) > 0) {
        crypto_hash_sha256_update(&state, block, (unsigned long long)n);
        if (write(to, block, (size_t)n) != n)
            return false;
    }
    crypto_hash_sha256_final(&state, digest);
    if (hash)
        sodium_bin2hex(hash, 65, digest, sizeof(digest));
    return n == 0;
}

void td_copy_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static void sync_folder_of(const char *path)
{
    char folder[4400];
    snprintf(folder, sizeof(folder), "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    td_copy_sync(slash ? folder : ".");
}

/* ".name.part" beside `to`: no plugin's name, no script's. */
static void part_of(const char *to, char *part, size_t size)
{
    const char *slash = strrchr(to, '/'), *name = slash ? slash + 1 : to;
    snprintf(part, size, "%.*s.%s.part", (int)(name - to), to, name);
}

int td_copy_file(const char *from, const char *to, mode_t mode, char hash[65],
                 struct td_error *reterr)
{
    char part[4500];
    struct stat status;
    part_of(to, part, sizeof(part));
    int input = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK), output = -1, result = 0;
    if (input < 0)
        return say(reterr, from);
    if (fstat(input, &status) < 0 || !S_ISREG(status.st_mode)) {
        close(input);
        return td_error_set(reterr, TD_EINVALID, "%s is not a regular file", from);
    }
    unlink(part);
    output = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (output < 0 || !pour(input, output, hash) || fchmod(output, mode) < 0 || fsync(output) < 0)
        result = say(reterr, part);
    if (output >= 0 && close(output) < 0 && result == 0)
        result = say(reterr, part);
    close(input);
    if (result == 0 && rename(part, to) < 0)
        result = say(reterr, to);
    if (result < 0)
        unlink(part);
    else
        sync_folder_of(to);
    return result;
}

/* --- scripts ---------------------------------------------------------------------------------- */

static bool ends(const char *name, const char *suffix)
{
    size_t length = strlen(name), tail = strlen(suffix);
    return *name != '.' && length > tail && !strcmp(name + length - tail, suffix);
}

/* Copies the files with this ending; *ret_count of them. With `to` NULL they are only counted. */
static int each(const char *folder, const char *suffix, const char *to, int *ret_count,
                struct td_error *reterr)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    int result = 0;
    *ret_count = 0;
    if (!listing)
        return say(reterr, folder);
    while (result == 0 && (entry = readdir(listing))) {
        char from[4500], target[4500];
        if (!ends(entry->d_name, suffix))
            continue;
        ++*ret_count;
        snprintf(from, sizeof(from), "%.4000s/%s", folder, entry->d_name);
        if (to)
            snprintf(target, sizeof(target), "%.4000s/%s", to, entry->d_name);
        if (to)
            result = td_copy_file(from, target, 0644, NULL, reterr);
    }
    closedir(listing);
    return result;
}

int td_copy_check_scripts(const char *folder, struct td_error *reterr)
{
    int count = 0;
    int result = each(folder, ".rb", NULL, &count, reterr);
    if (result == 0 && count == 0)
        result = td_error_set(reterr, TD_EINVALID, "%s holds no script (LEVEL.rb)", folder);
    return result;
}

static int make_folder(const char *path, struct td_error *reterr)
{
    return mkdir(path, 0755) < 0 && errno != EEXIST ? say(reterr, path) : 0;
}

int td_copy_scripts(const char *folder, const char *to, struct td_error *reterr)
{
    char cases[4400], to_cases[4400];
    int count = 0;
    snprintf(cases, sizeof(cases), "%.4000s/cases", folder);
    snprintf(to_cases, sizeof(to_cases), "%.4000s/cases", to);
    int result = make_folder(to, reterr);
    if (result == 0)
        result = each(folder, ".rb", to, &count, reterr);
    if (result == 0 && access(cases, F_OK) == 0) {
        result = make_folder(to_cases, reterr);
        if (result == 0)
            result = each(cases, ".json", to_cases, &count, reterr);
    }
    return result;
}
