/* static.c - see static.h. A sorted array of files, filled once; looked up by binary search. */
#include "http/static.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX         "/assets/"
#define FILE_MAX       (4u << 20)
#define TOTAL_MAX      (64u << 20)
#define DEPTH_MAX      8
#define VERSION_LENGTH 16 /* hex digits of the hash in an address */

struct asset {
    char *name; /* "css/print.css" */
    char *url;
    char *bytes;
    size_t length;
    const char *type;
    char etag[67]; /* quoted */
};

struct td_static {
    struct asset *assets;
    size_t count, room, total;
};

static const struct {
    const char *extension, *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".gif", "image/gif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".txt", "text/plain; charset=utf-8"},
    {".html", "text/html; charset=utf-8"},
    {".pdf", "application/pdf"},
    {".md", "text/plain; charset=utf-8"},
};

static const char *type_of(const char *name)
{
    const char *extension = strrchr(name, '.');
    for (size_t i = 0; extension && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(types[i].extension, extension) == 0)
            return types[i].type;
    return NULL;
}

static int read_bytes(int fd, struct asset *asset)
{
    size_t have = 0;
    while (have < asset->length) {
        ssize_t n = read(fd, asset->bytes + have, asset->length - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return TD_EIO;
        have += (size_t)n;
    }
    return 0;
}

/* The ETag and the address with its version. */
static int name_version(struct asset *asset)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(asset->bytes, asset->length, digest, &length, EVP_sha256(), NULL) != 1)
        return TD_EINTERNAL;
    asset->etag[0] = '"';
    for (unsigned i = 0; i < length; i++)
        snprintf(asset->etag + 1 + 2 * i, 3, "%02x", digest[i]);
    memcpy(asset->etag + 1 + 2 * length, "\"", 2);
    return asprintf(&asset->url, PREFIX "%s?v=%.*s", asset->name, VERSION_LENGTH, asset->etag + 1) <
                   0
               ? TD_ENOMEM
               : 0;
}

static struct asset *add_asset(struct td_static *assets, const char *name)
{
    if (assets->count == assets->room) {
        size_t room = assets->room ? assets->room * 2 : 32;
        struct asset *more = reallocarray(assets->assets, room, sizeof(*more));
        if (!more)
            return NULL;
        assets->assets = more;
        assets->room = room;
    }
    struct asset *asset = &assets->assets[assets->count];
    *asset = (struct asset){.name = strdup(name), .type = type_of(name)};
    if (!asset->name)
        return NULL;
    assets->count++;
    return asset;
}

static int load_file(struct td_static *assets, int fd, off_t size, const char *name,
                     struct td_error *reterr)
{
    if (!type_of(name))
        return td_error_set(reterr, TD_EINVALID, "asset %s has an unknown extension", name);
    if (size > (off_t)FILE_MAX || assets->total + (size_t)size > TOTAL_MAX)
        return td_error_set(reterr, TD_ETOOLARGE, "asset %s is too large", name);
    struct asset *asset = add_asset(assets, name);
    if (asset)
        asset->bytes = malloc((size_t)size + 1);
    if (!asset || !asset->bytes)
        return td_error_set(reterr, TD_ENOMEM, "no memory for asset %s", name);
    asset->length = (size_t)size;
    assets->total += asset->length;
    int rc = read_bytes(fd, asset);
    if (rc == 0)
        rc = name_version(asset);
    return rc == 0 ? 0 : td_error_set(reterr, rc, "asset %s could not be read", name);
}

static int load_folder(struct td_static *assets, int folder, const char *prefix, int depth,
                       struct td_error *reterr);

/* Opens one entry of a folder; what is neither file nor folder is left out. Owns nothing
 * afterwards. */
static int load_entry(struct td_static *assets, int folder, const char *entry, const char *prefix,
                      int depth, struct td_error *reterr)
{
    char name[512];
    int length = snprintf(name, sizeof(name), "%s%s", prefix, entry);
    if (length < 0 || (size_t)length >= sizeof(name) - 1) /* a folder gets a slash behind it */
        return td_error_set(reterr, TD_EINVALID, "asset name too long: %s%s", prefix, entry);
    int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat found;
    if (fd < 0 && errno == ELOOP)
        return 0;
    if (fd < 0 || fstat(fd, &found) != 0) {
        int rc = td_error_set(reterr, TD_EIO, "asset %s: %s", name, strerror(errno));
        if (fd >= 0)
            close(fd);
        return rc;
    }
    if (S_ISDIR(found.st_mode)) {
        memcpy(name + length, "/", 2);
        return load_folder(assets, fd, name, depth + 1, reterr);
    }
    int rc = S_ISREG(found.st_mode) ? load_file(assets, fd, found.st_size, name, reterr) : 0;
    close(fd);
    return rc;
}

/* Owns `folder`. */
static int load_folder(struct td_static *assets, int folder, const char *prefix, int depth,
                       struct td_error *reterr)
{
    DIR *list = depth > DEPTH_MAX ? NULL : fdopendir(folder);
    if (!list) {
        close(folder);
        return td_error_set(reterr, TD_EIO, "asset folder %s cannot be read", prefix);
    }
    int rc = 0;
    for (struct dirent *entry; rc == 0 && (entry = readdir(list));)
        if (entry->d_name[0] != '.')
            rc = load_entry(assets, dirfd(list), entry->d_name, prefix, depth, reterr);
    closedir(list);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct asset *)a)->name, ((const struct asset *)b)->name);
}

int td_static_load(const char *folder, struct td_static **ret_assets, struct td_error *reterr)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return td_error_set(reterr, TD_ENOTFOUND, "asset folder %s: %s", folder, strerror(errno));
    struct td_static *assets = calloc(1, sizeof(*assets));
    if (!assets) {
        close(fd);
        return td_error_set(reterr, TD_ENOMEM, "no memory for assets");
    }
    int rc = load_folder(assets, fd, "", 0, reterr);
    if (rc != 0) {
        td_static_free(assets);
        return rc;
    }
    if (assets->count)
        qsort(assets->assets, assets->count, sizeof(struct asset), by_name);
    *ret_assets = assets;
    return 0;
}

void td_static_free(struct td_static *assets)
{
    if (!assets)
        return;
    for (size_t i = 0; i < assets->count; i++) {
        free(assets->assets[i].name);
        free(assets->assets[i].url);
        free(assets->assets[i].bytes);
    }
    free(assets->assets);
    free(assets);
}

static const struct asset *find(const struct td_static *assets, const char *name)
{
    struct asset key = {.name = (char *)name};
    return assets->count ? bsearch(&key, assets->assets, assets->count, sizeof(key), by_name)
                         : NULL;
}

/* The value of the first `v` in a query is this asset's version. */
static bool names_version(const char *query, const struct asset *asset)
{
    return strncmp(query, "v=", 2) == 0 && strcspn(query + 2, "&") == VERSION_LENGTH &&
           strncmp(query + 2, asset->etag + 1, VERSION_LENGTH) == 0;
}

/* If-None-Match: a list of tags, weak ones included, or `*` (RFC 9110, 13.1.2). */
static bool tag_matches(const char *list, const char *etag)
{
    if (!list)
        return false;
    if (strcmp(list, "*") == 0)
        return true;
    while (*list) {
        list += strspn(list, ", \t");
        if (strncmp(list, "W/", 2) == 0)
            list += 2;
        size_t length = strcspn(list, ", \t");
        if (length == strlen(etag) && memcmp(list, etag, length) == 0)
            return true;
        list += length;
    }
    return false;
}

static void send_asset(const struct asset *asset, struct td_exchange *exchange)
{
    bool current = names_version(exchange->query, asset);
    struct td_http_header headers[] = {{"ETag", asset->etag}, {0}};
    struct td_http_reply reply = {
        .status = 200,
        .type = asset->type,
        .cache = current ? "public, max-age=31536000, immutable" : "no-cache",
        .headers = headers,
    };
    if (tag_matches(td_exchange_header(exchange, "If-None-Match"), asset->etag)) {
        reply.status = 304;
        reply.type = NULL;
        td_exchange_reply(exchange, &reply, "", 0);
        return;
    }
    td_exchange_reply_owned(exchange, &reply, asset->bytes, asset->length, NULL, NULL);
}

bool td_static_reply(const struct td_static *assets, struct td_exchange *exchange)
{
    size_t prefix = strlen(PREFIX);
    if (strncmp(exchange->path, PREFIX, prefix) != 0)
        return false;
    if (strcmp(exchange->method, "GET") != 0 && strcmp(exchange->method, "HEAD") != 0) {
        struct td_http_header headers[] = {{"Allow", "GET, HEAD"}, {0}};
        struct td_http_reply reply = {.status = 405, .headers = headers};
        td_exchange_reply(exchange, &reply, "", 0);
        return true;
    }
    const struct asset *asset = find(assets, exchange->path + prefix);
    if (asset)
        send_asset(asset, exchange);
    else
        td_exchange_problem(exchange, 404, td_error_slug(TD_ENOTFOUND), td_error_text(TD_ENOTFOUND),
                            "");
    return true;
}

const char *td_static_url(const struct td_static *assets, const char *name)
{
    const struct asset *asset = find(assets, name);
    return asset ? asset->url : NULL;
}

void td_static_each(const struct td_static *assets, td_static_visit_fn visit, void *arg)
{
    for (size_t i = 0; i < assets->count; i++)
        visit(arg, assets->assets[i].name, assets->assets[i].url);
}
