/* plugins.c - see plugins.h. Runs in the worker, which is alone with its plugins: what one of them
 * breaks is gone with the process. */
#include "scorer/plugins.h"

#include "review/form.h"
#include "scoring/shelf.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".so"
#define SYMBOL "titled_plugin_v1"
#define STRUCT_MIN                                                                                 \
    (offsetof(struct titled_plugin, gates) + sizeof(((struct titled_plugin *)0)->gates))

/* Text of a plugin that goes into JSON must be UTF-8. */
static bool is_utf8(const char *text)
{
    json_t *json = json_string(text);
    json_decref(json);
    return json != NULL;
}

__attribute__((format(printf, 3, 4))) static bool refuse(struct td_plugins *plugins,
                                                         const char *file, const char *fmt, ...)
{
    char message[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    json_t *refusal = json_pack("{s:s, s:s}", "file", file, "message", message);
    if (!refusal) /* not UTF-8: a name of the file system, a word of the plugin, or one cut short */
        refusal = json_pack("{s:s, s:s}", "file", is_utf8(file) ? file : "?", "message",
                            "is refused for a reason that is not UTF-8");
    json_array_append_new(plugins->refused, refusal);
    return false;
}

/* --- loading ---------------------------------------------------------------------------------- */

static bool hash_file(int fd, char hex[65])
{
    crypto_hash_sha256_state state;
    unsigned char digest[crypto_hash_sha256_BYTES], block[16384];
    ssize_t n;
    crypto_hash_sha256_init(&state);
    while ((n = read(fd, block, sizeof(block))) > 0)
        crypto_hash_sha256_update(&state, block, (unsigned long long)n);
    crypto_hash_sha256_final(&state, digest);
    sodium_bin2hex(hex, 65, digest, sizeof(digest));
    return n == 0;
}

/* Of the shelf: is its content what it was taken for? Dossiers name their version by this hash. */
static bool check_content(struct td_plugins *plugins, const char *file, const char hash[65])
{
    const char *at = strchr(file, '@');
    if (!at || !strncmp(at + 1, hash, 64))
        return true;
    return refuse(plugins, file,
                  "has changed on the shelf: %s has the SHA-256 %.12s…; remove that file, and what "
                  "is in the plugin folder is taken again",
                  file, hash);
}

/* A file that somebody else can change is as good as somebody else's code. */
static bool check_file(struct td_plugins *plugins, const char *path, const char *file,
                       char hash[65])
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refuse(plugins, file,
                      errno == ELOOP ? "is a symbolic link, not a regular file"
                                     : "cannot be opened: %s",
                      strerror(errno));
    bool good = false;
    if (fstat(fd, &status) < 0)
        refuse(plugins, file, "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(status.st_mode))
        refuse(plugins, file, "is not a regular file");
    else if (status.st_mode & 022)
        refuse(plugins, file, "has mode %04o: others may write to it; at most 0755 is accepted",
               (unsigned)status.st_mode & 07777);
    else if (!hash_file(fd, hash))
        refuse(plugins, file, "cannot be read: %s", strerror(errno));
    else
        good = check_content(plugins, file, hash);
    close(fd);
    return good;
}

/* dlsym found no entry: does the object speak another major version? */
static bool refuse_symbol(struct td_plugins *plugins, const char *file, void *object)
{
    for (int major = 2; major < 10; major++) {
        char symbol[32];
        snprintf(symbol, sizeof(symbol), "titled_plugin_v%d", major);
        if (dlsym(object, symbol))
            return refuse(plugins, file, "exports %s; this server looks for " SYMBOL, symbol);
    }
    return refuse(plugins, file, "exports no symbol " SYMBOL);
}

static bool check_interface(struct td_plugins *plugins, const char *file,
                            const struct titled_plugin *plugin)
{
    int length = (int)td_shelf_id_length(file);
    if (!plugin)
        return refuse(plugins, file, SYMBOL "() returned NULL");
    if (plugin->struct_size < STRUCT_MIN)
        return refuse(plugins, file,
                      "its struct titled_plugin has %u bytes; this server needs at least %zu",
                      plugin->struct_size, STRUCT_MIN);
    if (plugin->abi_major != TITLED_PLUGIN_ABI_MAJOR)
        return refuse(plugins, file, "is built for ABI major %u; this server speaks %d",
                      plugin->abi_major, TITLED_PLUGIN_ABI_MAJOR);
    if (!plugin->id || !plugin->version || !plugin->describe || !plugin->facts || !plugin->gates)
        return refuse(plugins, file, "leaves a member of its struct titled_plugin empty");
    int other = td_plugins_find(plugins, plugin->id, NULL);
    if (other >= 0 && !strchr(file, '@'))
        return refuse(plugins, file, "has the id \"%.60s\", which %s has already", plugin->id,
                      plugins->loaded[other].file);
    if ((int)strlen(plugin->id) != length || strncmp(plugin->id, file, (size_t)length) != 0)
        return refuse(plugins, file, "has the id \"%.60s\"; its file name says \"%.*s\"",
                      plugin->id, length, file);
    return true;
}

static void load_one(struct td_plugins *plugins, const char *folder, const char *file)
{
    char path[4096], hash[65];
    snprintf(path, sizeof(path), "%s/%s", folder, file);
    if (plugins->count == TD_PLUGINS_MAX || strlen(file) >= sizeof(plugins->loaded[0].file)) {
        refuse(plugins, file, "is one plugin too many (%d), or its name is too long",
               TD_PLUGINS_MAX);
        return;
    }
    if (!check_file(plugins, path, file, hash))
        return;
    plugins->before(file);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!object) {
        refuse(plugins, file, "cannot be loaded: %s", dlerror());
        return;
    }
    titled_plugin_v1_fn entry = (titled_plugin_v1_fn)dlsym(object, SYMBOL);
    const struct titled_plugin *plugin = entry ? entry() : NULL;
    if (!entry)
        refuse_symbol(plugins, file, object);
    if (!entry || !check_interface(plugins, file, plugin))
        return; /* cppcheck-suppress resourceLeak ; what has run once is never unloaded */
    plugins->loaded[plugins->count].plugin = plugin;
    snprintf(plugins->loaded[plugins->count].file, sizeof(plugins->loaded[0].file), "%s", file);
    memcpy(plugins->loaded[plugins->count].hash, hash, sizeof(hash));
    plugins->count++;
    /* cppcheck-suppress resourceLeak ; see above */
}

static bool check_folder(struct td_plugins *plugins, const char *folder)
{
    struct stat status;
    if (stat(folder, &status) < 0)
        return refuse(plugins, "", "the plugin folder %s cannot be read: %s", folder,
                      strerror(errno));
    if (status.st_mode & 022)
        return refuse(plugins, "",
                      "the plugin folder %s has mode %04o: others may write to it; at most 0755 "
                      "is accepted",
                      folder, (unsigned)status.st_mode & 07777);
    return true;
}

static int is_object(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > strlen(SUFFIX) && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

static bool listed(const char *const *skip, const char *file)
{
    for (; *skip; skip++)
        if (!strcmp(*skip, file))
            return true;
    return false;
}

void td_plugins_load(struct td_plugins *plugins, const char *folder, const char *const *skip)
{
    plugins->count = 0;
    plugins->catalog = json_object();
    plugins->refused = json_array();
    if (!check_folder(plugins, folder))
        return;
    struct dirent **entries;
    int found = scandir(folder, &entries, is_object, alphasort);
    if (found < 0) {
        refuse(plugins, "", "the plugin folder %s cannot be read: %s", folder, strerror(errno));
        return;
    }
    for (int i = 0; i < found; i++) {
        if (!listed(skip, entries[i]->d_name))
            load_one(plugins, folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
}

/* The first of the same series and number from `from` on. Content differs, as names on a shelf do.
 */
static int find_namesake(const struct td_plugins *plugins, int index, int from, int to)
{
    const struct titled_plugin *plugin = plugins->loaded[index].plugin;
    for (int i = from; i < to; i++)
        if (!strcmp(plugins->loaded[i].plugin->id, plugin->id) &&
            !strcmp(plugins->loaded[i].plugin->version, plugin->version))
            return i;
    return -1;
}

static void refuse_namesakes(struct td_plugins *plugins)
{
    int kept = 0;
    for (int i = 0; i < plugins->count; i++) {
        int other = find_namesake(plugins, i, i + 1, plugins->count);
        if (other < 0)
            plugins->loaded[kept++] = plugins->loaded[i];
        else
            refuse(
                plugins, plugins->loaded[i].file,
                "says that it is version %.40s, which this server already has with other content "
                "(SHA-256 %.12s, not %.12s): give it a new version number",
                plugins->loaded[i].plugin->version, plugins->loaded[other].hash,
                plugins->loaded[i].hash);
    }
    plugins->count = kept;
}

static void drop_rebuilt(struct td_plugins *plugins)
{
    int kept = 0;
    for (int i = 0; i < plugins->count; i++)
        if (find_namesake(plugins, i, 0, kept) < 0)
            plugins->loaded[kept++] = plugins->loaded[i];
    plugins->count = kept;
}

void td_plugins_load_files(struct td_plugins *plugins, const char *folder, const char *const *files,
                           bool rebuilt)
{
    plugins->count = 0;
    plugins->catalog = json_object();
    plugins->refused = json_array();
    if (!check_folder(plugins, folder))
        return;
    for (; *files; files++)
        load_one(plugins, folder, *files);
    if (rebuilt)
        drop_rebuilt(plugins);
    else
        refuse_namesakes(plugins);
}

int td_plugins_find(const struct td_plugins *plugins, const char *id, const char *version)
{
    for (int i = 0; i < plugins->count; i++)
        if (!strcmp(plugins->loaded[i].plugin->id, id) &&
            (!version || !*version || !strcmp(plugins->loaded[i].plugin->version, version)))
            return i;
    return -1;
}

/* --- calls ------------------------------------------------------------------------------------ */

static void keep_sentence(const struct titled_host *host, const char *sentence)
{
    struct td_fault *fault = host->opaque;
    if (sentence && !fault->message[0])
        snprintf(fault->message, sizeof(fault->message), "%s", sentence);
}

static struct titled_host host_for(struct td_fault *fault)
{
    return (struct titled_host){.struct_size = sizeof(struct titled_host),
                                .abi_minor = TITLED_PLUGIN_ABI_MINOR,
                                .opaque = fault,
                                .fail = keep_sentence};
}

static bool check_description(struct td_plugins *plugins, int index, const json_t *descriptor)
{
    const struct titled_plugin *plugin = plugins->loaded[index].plugin;
    const char *file = plugins->loaded[index].file;
    struct td_error error = TD_ERROR_INIT;
    bool good = false;
    const char *series = json_string_value(json_object_get(descriptor, "series"));
    const char *version = json_string_value(json_object_get(descriptor, "version"));
    if (td_form_check_descriptor(descriptor, &error) < 0)
        refuse(plugins, file, "describe() is not accepted: %s", error.detail);
    else if (!series || strcmp(series, plugin->id) != 0)
        refuse(plugins, file, "form.json says series \"%.60s\"; the plugin says \"%.60s\"",
               series ? series : "", plugin->id);
    else if (!version || strcmp(version, plugin->version) != 0)
        refuse(plugins, file, "form.json says version \"%.60s\"; the plugin says \"%.60s\"",
               version ? version : "", plugin->version);
    else
        good = true;
    td_error_done(&error);
    return good;
}

/* The first good one of a series is the present version; the others are its member "kept". */
static void enter(json_t *catalog, const struct titled_plugin *plugin, json_t *descriptor)
{
    json_t *present = json_object_get(catalog, plugin->id);
    if (!present) {
        json_object_set(catalog, plugin->id, descriptor);
        return;
    }
    if (!json_object_get(present, "kept"))
        json_object_set_new(present, "kept", json_object());
    json_object_set(json_object_get(present, "kept"), plugin->version, descriptor);
}

static bool describe_one(struct td_plugins *plugins, int index)
{
    const struct titled_plugin *plugin = plugins->loaded[index].plugin;
    const char *file = plugins->loaded[index].file;
    struct td_fault fault = TD_FAULT_INIT;
    struct titled_host host = host_for(&fault);
    plugins->before(file);
    json_t *descriptor = plugin->describe(&host);
    if (!json_is_object(descriptor)) {
        refuse(plugins, file, "describe() failed: %s",
               fault.message[0] && is_utf8(fault.message) ? fault.message
                                                          : "it gave no object and no reason");
        json_decref(descriptor);
        return false;
    }
    bool good = check_description(plugins, index, descriptor);
    if (good) {
        json_object_del(descriptor, "kept"); /* the server's own words */
        json_object_del(descriptor, "retired");
        json_object_set_new(descriptor, "plugin_version", json_string(plugin->version));
        json_object_set_new(descriptor, "plugin_hash", json_string(plugins->loaded[index].hash));
        enter(plugins->catalog, plugin, descriptor);
    }
    json_decref(descriptor);
    return good;
}

void td_plugins_describe(struct td_plugins *plugins)
{
    int kept = 0;
    for (int i = 0; i < plugins->count; i++)
        if (describe_one(plugins, i))
            plugins->loaded[kept++] = plugins->loaded[i];
    plugins->count = kept;
}

static json_t *fail(struct td_fault *fault, const char *file, const char *what)
{
    char reason[sizeof(fault->message)];
    snprintf(reason, sizeof(reason), "%s", fault->message);
    if (!reason[0] || !is_utf8(reason))
        snprintf(reason, sizeof(reason), "it gave no reason");
    td_fault_set(fault, "plugin", "%s: %.400s", what, reason);
    snprintf(fault->file, sizeof(fault->file), "%s", file);
    return NULL;
}

json_t *td_plugins_facts(const struct td_plugins *plugins, int index, const json_t *dossier,
                         struct td_fault *fault)
{
    const struct titled_plugin *plugin = plugins->loaded[index].plugin;
    const char *file = plugins->loaded[index].file;
    struct titled_host host = host_for(fault);
    json_t *found = plugin->facts(&host, dossier);
    if (!found)
        return fail(fault, file, "facts() failed");
    json_t *facts = json_object_get(found, "facts"), *problems = json_object_get(found, "problems");
    json_t *gates = NULL, *answer = NULL;
    if (!json_is_object(facts) || (problems && !json_is_array(problems))) {
        fail(fault, file, "facts() gave no object \"facts\", or \"problems\" that are no array");
    } else if (gates = plugin->gates(&host, dossier, found), !json_is_array(gates)) {
        fail(fault, file, "gates() failed");
    } else {
        answer = json_object();
        json_object_set(answer, "facts", facts);
        json_object_set_new(answer, "problems", problems ? json_incref(problems) : json_array());
        json_object_set(answer, "gates", gates);
    }
    json_decref(gates);
    json_decref(found);
    return answer;
}
