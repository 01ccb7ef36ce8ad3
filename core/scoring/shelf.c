/* shelf.c - see shelf.h. A copy is written under another name, fsynced and renamed; what is not a
 * whole object for this machine, or changes while it is read, is not taken. */
#include "scoring/shelf.h"

#include "base/json.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX           ".so"
#define HASH             64
#define RECENT_SECONDS   3600 /* a version is kept so long after it was present */
#define RECENT_LOADED    600  /* and loaded so long, for requests that began under it */
#define RECENT_COUNT     4
#define OBJECT_MEGABYTES 64

struct kept {
    char name[256];
    size_t id; /* length of the series' id in `name` */
    time_t served;
    bool dropped;
};

struct look {
    const char *plugins, *shelf;
    const json_t *used;
    int shelf_fd;
    json_t *dropped, *refused;
    struct kept *kept;
    size_t count, room;
    bool changed; /* the shelf's directory */
};

size_t td_shelf_id_length(const char *file)
{
    const char *at = strchr(file, '@');
    size_t length = strlen(file), suffix = strlen(SUFFIX);
    if (length <= suffix || *file == '.' || *file == '@' ||
        strcmp(file + length - suffix, SUFFIX) != 0)
        return 0;
    if (!at)
        return length - suffix;
    return strspn(at + 1, "0123456789abcdef") == HASH && at[1 + HASH] == '.' ? (size_t)(at - file)
                                                                             : 0;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct look *look, const char *file,
                                                         const char *fmt, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    json_t *entry = json_pack("{s:s, s:s}", "file", file, "message", message);
    if (!entry)
        entry = json_pack("{s:s, s:s}", "file", "?", "message", "has a name that is not UTF-8");
    json_array_append_new(look->refused, entry);
}

/* --- an object -------------------------------------------------------------------------------- */

static bool read_at(int fd, void *bytes, size_t length, off_t at)
{
    return pread(fd, bytes, length, at) == (ssize_t)length;
}

/* Is the file as long as its own headers say? A copy under way is not; the system would map it all
 * the same, and a worker would die of it much later. */
static bool is_whole(int fd, off_t size)
{
    Elf64_Ehdr head;
    if (!read_at(fd, &head, sizeof(head), 0) || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
        head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_type != ET_DYN)
        return false;
    uint64_t whole = (uint64_t)size;
    if (head.e_shoff > whole || (uint64_t)head.e_shnum * head.e_shentsize > whole - head.e_shoff ||
        head.e_phentsize != sizeof(Elf64_Phdr))
        return false;
    for (int i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr part;
        if (!read_at(fd, &part, sizeof(part), (off_t)(head.e_phoff + (uint64_t)i * sizeof(part))) ||
            part.p_offset > whole || part.p_filesz > whole - part.p_offset)
            return false;
    }
    return true;
}

/* Hashes the file and, with `to` >= 0, copies it. */
static bool read_through(int from, int to, char hash[HASH + 1])
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES], block[16384];
    ssize_t n;
    crypto_hash_sha256_init(&state);
    if (lseek(from, 0, SEEK_SET) < 0)
        return false;
    while ((n = read(from, block, sizeof(block))) > 0) {
        crypto_hash_sha256_update(&state, block, (unsigned long long)n);
        if (to >= 0 && write(to, block, (size_t)n) != n)
            return false;
    }
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hash, HASH + 1, digest, sizeof(digest));
    return n == 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* A new file on the shelf, complete and durable, with the time that says "never present". */
static bool copy(struct look *look, int from, const char *name, const char *hash)
{
    static const struct timespec never[2] = {{0}, {0}};
    char again[HASH + 1], part[280];
    snprintf(part, sizeof(part), ".%s.part", name);
    int to =
        openat(look->shelf_fd, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return false;
    bool good = read_through(from, to, again) && strcmp(hash, again) == 0 &&
                fchmod(to, 0500) == 0 && futimens(to, never) == 0 && fsync(to) == 0;
    good = close(to) == 0 && good;
    if (good)
        good = renameat(look->shelf_fd, part, look->shelf_fd, name) == 0;
    else
        unlinkat(look->shelf_fd, part, 0);
    look->changed |= good;
    return good;
}

static void take_open(struct look *look, int fd, const char *file)
{
    struct stat before, after, there;
    char hash[HASH + 1], name[256];
    if (fstat(fd, &before) < 0) {
        refuse(look, file, "cannot be read: %s", strerror(errno));
    } else if (!S_ISREG(before.st_mode)) {
        refuse(look, file, "is not a regular file");
    } else if (before.st_mode & 022) {
        refuse(look, file, "has mode %04o: others may write to it; at most 0755 is accepted",
               (unsigned)before.st_mode & 07777);
    } else if (before.st_size > (off_t)OBJECT_MEGABYTES << 20) {
        refuse(look, file, "is larger than %d MB", OBJECT_MEGABYTES);
    } else if (!is_whole(fd, before.st_size)) {
        refuse(look, file, "is no shared object for this machine, or a copy cut short");
    } else if (!read_through(fd, -1, hash) || fstat(fd, &after) < 0 ||
               !same_file(&before, &after)) {
        refuse(look, file, "changed while it was read: copy it under another name and rename it");
    } else {
        snprintf(name, sizeof(name), "%.*s@%s.so", (int)td_shelf_id_length(file), file, hash);
        if (fstatat(look->shelf_fd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 ||
            copy(look, fd, name, hash))
            json_array_append_new(look->dropped, json_string(name));
        else
            refuse(look, file, "cannot be copied to the shelf: %s", strerror(errno));
    }
}

static void take(struct look *look, const char *file)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", look->plugins, file);
    if (strchr(file, '@') || strlen(file) > 64) {
        refuse(look, file, "has no name of the form <series>.so");
        return;
    }
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        if (errno == ELOOP)
            refuse(look, file, "is a symbolic link, not a regular file");
        else
            refuse(look, file, "cannot be opened: %s", strerror(errno));
        return;
    }
    take_open(look, fd, file);
    close(fd);
}

/* --- the two folders -------------------------------------------------------------------------- */

static int is_object(const struct dirent *entry)
{
    return td_shelf_id_length(entry->d_name) > 0;
}

/* False when the plugin folder cannot be used. */
static bool take_all(struct look *look)
{
    struct stat status;
    struct dirent **entries = NULL;
    int found = -1;
    if (stat(look->plugins, &status) == 0 && (status.st_mode & 022)) {
        refuse(look, "", "the plugin folder %s may be written by others; at most 0755 is accepted",
               look->plugins);
        return false;
    }
    found = scandir(look->plugins, &entries, is_object, alphasort);
    if (found < 0) {
        refuse(look, "", "the plugin folder %.300s cannot be read: %s", look->plugins,
               strerror(errno));
        return false;
    }
    for (int i = 0; i < found; i++) {
        take(look, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return true;
}

/* By series, in each the dropped one, then the others from the newest. */
static int by_rank(const void *a, const void *b)
{
    const struct kept *one = a, *other = b;
    size_t shorter = one->id < other->id ? one->id : other->id;
    int order = memcmp(one->name, other->name, shorter);
    if (order == 0 && one->id != other->id)
        order = one->id < other->id ? -1 : 1;
    if (order == 0 && one->dropped != other->dropped)
        order = one->dropped ? -1 : 1;
    if (order == 0 && one->served != other->served)
        order = one->served > other->served ? -1 : 1;
    return order ? order : strcmp(one->name, other->name);
}

static int read_shelf(struct look *look)
{
    int fd = openat(look->shelf_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    struct stat status;
    if (!folder) {
        if (fd >= 0)
            close(fd);
        return TD_EIO;
    }
    while ((entry = readdir(folder))) {
        if (!td_shelf_id_length(entry->d_name) || !strchr(entry->d_name, '@') ||
            fstatat(look->shelf_fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (look->count == look->room) {
            look->room = look->room ? 2 * look->room : 32;
            struct kept *more = realloc(look->kept, look->room * sizeof(*more));
            if (!more) {
                closedir(folder);
                return TD_ENOMEM;
            }
            look->kept = more;
        }
        struct kept *kept = &look->kept[look->count++];
        snprintf(kept->name, sizeof(kept->name), "%s", entry->d_name);
        kept->id = td_shelf_id_length(kept->name);
        kept->served = status.st_mtim.tv_sec;
        kept->dropped = td_json_lists(look->dropped, kept->name);
    }
    closedir(folder);
    if (look->count)
        qsort(look->kept, look->count, sizeof(*look->kept), by_rank);
    return 0;
}

/* --- what is loaded, what goes ---------------------------------------------------------------- */

static bool names_series(const struct look *look, const struct kept *kept)
{
    return json_object_getn(json_object_get(look->used, "series"), kept->name, kept->id) != NULL;
}

static bool names_version(const struct look *look, const struct kept *kept)
{
    const char *series = json_string_value(
        json_object_getn(json_object_get(look->used, "hashes"), kept->name + kept->id + 1, HASH));
    return series && strlen(series) == kept->id && !strncmp(series, kept->name, kept->id);
}

struct place {
    bool has_dropped; /* the series has a file in the plugin folder */
    int rank;         /* among those that were present, from 0 */
};

/* Without a usable plugin folder nothing says that a series is gone: its last version goes on. */
static bool loads(const struct look *look, const struct kept *kept, const struct place *place,
                  bool readable, time_t now)
{
    if (kept->dropped || names_version(look, kept))
        return true;
    if (kept->served == 0)
        return false;
    if (place->rank == 0 && (place->has_dropped || !readable || names_series(look, kept)))
        return true;
    return place->has_dropped && place->rank < RECENT_COUNT && now - kept->served < RECENT_LOADED;
}

static void decide(struct look *look, bool readable, json_t *files)
{
    struct place place = {0};
    time_t now = time(NULL);
    for (size_t i = 0; i < look->count; i++) {
        const struct kept *kept = &look->kept[i], *last = i ? kept - 1 : NULL;
        if (!last || last->id != kept->id || memcmp(last->name, kept->name, kept->id) != 0)
            place = (struct place){
                .has_dropped = kept->dropped}; /* NOLINT: nothing is counted that is not there */
        if (loads(look, kept, &place, readable, now)) {
            if (json_array_size(files) < TD_SHELF_FILES_MAX)
                json_array_append_new(files, json_string(kept->name));
            else
                refuse(look, kept->name, "is not loaded: more than %d versions are in use",
                       TD_SHELF_FILES_MAX);
        } else if (now - kept->served > RECENT_SECONDS) {
            unlinkat(look->shelf_fd, kept->name, 0);
            look->changed = true;
        }
        place.rank += kept->served != 0 && !kept->dropped;
    }
}

static int open_shelf(struct look *look, struct td_error *reterr)
{
    if (mkdir(look->shelf, 0700) < 0 && errno != EEXIST)
        return td_error_set(reterr, TD_EIO, "%s cannot be made: %s", look->shelf, strerror(errno));
    look->shelf_fd = open(look->shelf, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (look->shelf_fd < 0)
        return td_error_set(reterr, TD_EIO, "%s cannot be opened: %s", look->shelf,
                            strerror(errno));
    return 0;
}

int td_shelf_look(const char *plugin_folder, const char *shelf, const json_t *used,
                  json_t **ret_found, struct td_error *reterr)
{
    struct look look = {.plugins = plugin_folder, .shelf = shelf, .used = used, .shelf_fd = -1};
    int result = open_shelf(&look, reterr);
    if (result < 0)
        return result;
    look.dropped = json_array();
    look.refused = json_array();
    json_t *files = json_array();
    bool readable = take_all(&look);
    result = read_shelf(&look);
    if (result == 0)
        decide(&look, readable, files);
    if (look.changed && fsync(look.shelf_fd) < 0)
        result = TD_EIO;
    if (result == 0)
        *ret_found = json_pack("{s:O, s:O, s:O, s:b}", "files", files, "dropped", look.dropped,
                               "refused", look.refused, "readable", (int)readable);
    else
        td_error_set(reterr, result, "%s cannot be used: %s", shelf, strerror(errno));
    json_decref(files);
    json_decref(look.dropped);
    json_decref(look.refused);
    free(look.kept);
    close(look.shelf_fd);
    return result < 0 ? result : *ret_found ? 0 : TD_ENOMEM;
}

void td_shelf_served(const char *shelf, const json_t *files)
{
    size_t i;
    json_t *file;
    char path[4096];
    json_array_foreach((json_t *)files, i, file) {
        snprintf(path, sizeof(path), "%s/%s", shelf, json_string_value(file));
        utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
    }
}
