/* view.c - loads templates and locales, builds the root of a page's context, renders.
 *
 * Templates are kept sorted by name; partials live among them as "partials/<name>". */
#include "http/view.h"

#include "base/clock.h"
#include "http/enrich.h"
#include "http/mustache.h"

#include <ctype.h>
#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LANGUAGES_MAX = 16 };
#define PAGE_MAX ((size_t)8 << 20)

struct template
{
    char *name;
    struct td_mustache *mustache;
};

struct td_views {
    _Atomic int references;
    unsigned long serial; /* of this process's views: never another's */
    char *folder;
    uint64_t stamp; /* of the files' names, sizes and times */
    struct template *templates;
    size_t count;
    struct td_locale *locales[LANGUAGES_MAX];
    int locale_count;
};

/* --- loading ----------------------------------------------------------------------- */

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int is_template(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return not_hidden(entry) && length > 9 && strcmp(entry->d_name + length - 9, ".mustache") == 0;
}

static void stamp_bytes(uint64_t *stamp, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) /* FNV-1a: notices change, resists nobody */
        *stamp = (*stamp ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
}

static void stamp_folder(uint64_t *stamp, const char *folder, int depth)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, not_hidden, alphasort);
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (stat(path, &st) == 0) {
            stamp_bytes(stamp, path, strlen(path));
            stamp_bytes(stamp, &st.st_mtim, sizeof(st.st_mtim));
            stamp_bytes(stamp, &st.st_size, sizeof(st.st_size));
            if (S_ISDIR(st.st_mode) && depth)
                stamp_folder(stamp, path, depth - 1);
        }
        free(entries[i]);
    }
    free(entries);
}

static uint64_t stamp_all(const char *folder)
{
    uint64_t stamp = UINT64_C(0xcbf29ce484222325);
    char path[4096];
    snprintf(path, sizeof(path), "%s/templates", folder);
    stamp_folder(&stamp, path, 1);
    snprintf(path, sizeof(path), "%s/locales", folder);
    stamp_folder(&stamp, path, 1);
    return stamp;
}

static int read_text(const char *path, struct td_strbuf *out)
{
    FILE *file = fopen(path, "rb");
    char bytes[8192];
    size_t length;
    while (file && (length = fread(bytes, 1, sizeof(bytes), file)) > 0)
        td_strbuf_add(out, bytes, length);
    bool fine = file && !ferror(file) && !out->failed;
    if (file)
        fclose(file);
    return fine ? 0 : TD_EIO;
}

static int load_template(struct td_views *views, const char *path, const char *prefix,
                         const char *file, struct td_error *reterr)
{
    struct td_strbuf text;
    td_strbuf_init(&text);
    struct template template = {0};
    struct td_error fault = TD_ERROR_INIT;
    int r = read_text(path, &text);
    if (r == 0)
        r = td_mustache_parse(text.bytes, text.length, &template.mustache, &fault);
    td_strbuf_done(&text);
    if (r < 0)
        return td_error_set(reterr, TD_EINVALID, "%s: %s", path,
                            fault.detail[0] ? fault.detail : "cannot be read");
    if (asprintf(&template.name, "%s%.*s", prefix, (int)strlen(file) - 9, file) < 0)
        template.name = NULL;
    void *grown = reallocarray(views->templates, views->count + 1, sizeof(template));
    if (!grown || !template.name) {
        td_mustache_free(template.mustache);
        free(template.name);
        views->templates = grown ? grown : views->templates;
        return TD_ENOMEM;
    }
    views->templates = grown;
    views->templates[views->count++] = template;
    return 0;
}

static int load_templates(struct td_views *views, const char *sub, const char *prefix,
                          struct td_error *reterr)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/%s", views->folder, sub);
    struct dirent **entries = NULL;
    int r = 0, count = scandir(folder, &entries, is_template, alphasort);
    if (count < 0)
        return td_error_set(reterr, TD_EINVALID, "cannot read the folder %s", folder);
    for (int i = 0; i < count; i++) {
        char path[4400];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (r == 0)
            r = load_template(views, path, prefix, entries[i]->d_name, reterr);
        free(entries[i]);
    }
    free(entries);
    return r;
}

static int load_locales(struct td_views *views, struct td_error *reterr)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s/locales", views->folder);
    struct dirent **entries = NULL;
    int r = 0, count = scandir(folder, &entries, not_hidden, alphasort);
    for (int i = 0; i < count; i++) {
        if (r == 0 && views->locale_count < LANGUAGES_MAX && !strchr(entries[i]->d_name, '.')) {
            r = td_locale_load(folder, entries[i]->d_name, &views->locales[views->locale_count],
                               reterr);
            views->locale_count += r == 0;
        }
        free(entries[i]);
    }
    free(entries);
    if (r == 0 && !td_views_language(views, "zh"))
        r = td_error_set(reterr, TD_EINVALID, "%s/zh is missing", folder);
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct template *)a)->name, ((const struct template *)b)->name);
}

static const struct td_mustache *find(const struct td_views *views, const char *name)
{
    struct template key = {.name = (char *)name};
    const struct template *template =
        bsearch(&key, views->templates, views->count, sizeof(key), by_name);
    return template ? template->mustache : NULL;
}

static const struct td_mustache *find_partial(const struct td_views *views, const char *name)
{
    char full[128];
    snprintf(full, sizeof(full), "partials/%s", name);
    return find(views, full);
}

struct partial_check {
    struct td_views *views;
    const char *missing;
};

static void check_partial(void *arg, const char *name)
{
    struct partial_check *check = arg;
    if (!find_partial(check->views, name))
        check->missing = name;
}

static int check_partials(struct td_views *views, struct td_error *reterr)
{
    for (size_t i = 0; i < views->count; i++) {
        struct partial_check check = {.views = views};
        td_mustache_partials(views->templates[i].mustache, check_partial, &check);
        if (check.missing)
            return td_error_set(reterr, TD_EINVALID, "template %s: there is no partial \"%s\"",
                                views->templates[i].name, check.missing);
    }
    return 0;
}

int td_views_load(const char *folder, struct td_views **ret_views, struct td_error *reterr)
{
    struct td_views *views = calloc(1, sizeof(*views));
    if (!views)
        return TD_ENOMEM;
    static _Atomic unsigned long last;
    views->references = 1;
    views->serial = atomic_fetch_add(&last, 1) + 1;
    views->folder = strdup(folder);
    views->stamp = stamp_all(folder);
    int r = views->folder ? load_templates(views, "templates", "", reterr) : TD_ENOMEM;
    if (r == 0)
        r = load_templates(views, "templates/partials", "partials/", reterr);
    if (r == 0 && views->count > 0)
        qsort(views->templates, views->count, sizeof(*views->templates), by_name);
    if (r == 0)
        r = check_partials(views, reterr);
    if (r == 0)
        r = load_locales(views, reterr);
    if (r < 0)
        td_views_unref(views);
    else
        *ret_views = views;
    return r;
}

struct td_views *td_views_ref(struct td_views *views)
{
    atomic_fetch_add(&views->references, 1);
    return views;
}

void td_views_unref(struct td_views *views)
{
    if (!views || atomic_fetch_sub(&views->references, 1) > 1)
        return;
    for (size_t i = 0; i < views->count; i++) {
        td_mustache_free(views->templates[i].mustache);
        free(views->templates[i].name);
    }
    for (int i = 0; i < views->locale_count; i++)
        td_locale_free(views->locales[i]);
    free(views->templates);
    free(views->folder);
    free(views);
}

bool td_views_changed(const struct td_views *views)
{
    return stamp_all(views->folder) != views->stamp;
}

unsigned long td_views_serial(const struct td_views *views)
{
    return views->serial;
}

bool td_views_has(const struct td_views *views, const char *page)
{
    return find(views, page) != NULL;
}

/* --- language ---------------------------------------------------------------------- */

const struct td_locale *td_views_language(const struct td_views *views, const char *lang)
{
    for (int i = 0; i < views->locale_count; i++)
        if (strcmp(views->locales[i]->lang, lang) == 0)
            return views->locales[i];
    return NULL;
}

/* One element of Accept-Language: the language of a range and its weight. */
static double accept_element(const char *element, size_t length, char lang[9])
{
    char text[64] = "";
    memcpy(text, element, length < sizeof(text) ? length : sizeof(text) - 1);
    size_t blank = strspn(text, " \t");
    size_t size = strcspn(text + blank, "-;, \t");
    if (size > 8)
        return 0;
    for (size_t i = 0; i < size; i++)
        lang[i] = (char)tolower((unsigned char)text[blank + i]);
    lang[size] = 0;
    const char *weight = strstr(text, "q=");
    return weight ? strtod(weight + 2, NULL) : 1.0;
}

const struct td_locale *td_views_locale(const struct td_views *views, const char *wanted,
                                        const char *accept_language)
{
    const struct td_locale *locale = wanted ? td_views_language(views, wanted) : NULL;
    if (locale)
        return locale;
    double best = 0;
    for (const char *at = accept_language; at && *at;) {
        size_t length = strcspn(at, ",");
        char lang[9] = "";
        double weight = accept_element(at, length, lang);
        const struct td_locale *offered = td_views_language(views, lang);
        if (offered && weight > best) {
            best = weight;
            locale = offered;
        }
        at += length + (at[length] == ',');
    }
    return locale ? locale : td_views_language(views, "zh");
}

/* --- rendering --------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t roles;
} groups[] = {
    {"official", TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE},
    {"searches", TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_OFFICE |
                     TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"sees_posts", TD_ROLE_UNIT | TD_ROLE_DISTRICT_INDUSTRY | TD_ROLE_DISTRICT_HR | TD_ROLE_BUREAU |
                       TD_ROLE_SUPERVISOR},
    {"sees_plugins", TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"sees_jobs", TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"sees_ladders", TD_ROLE_APPLICANT | TD_ROLE_UNIT | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"supervises", TD_ROLE_SUPERVISOR},
    {"oversees", TD_ROLE_BUREAU | TD_ROLE_AUDIT | TD_ROLE_SUPERVISOR},
    {"runs_committee", TD_ROLE_OFFICE | TD_ROLE_BUREAU},
    {"attends", TD_ROLE_EXPERT | TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"declares", TD_ROLE_APPLICANT | TD_ROLE_EXPERT},
    {"runs_year", TD_ROLE_OFFICE | TD_ROLE_BUREAU},
    {"follows_year", TD_ROLE_OFFICE | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"handles_complaints", TD_ROLE_SUPERVISOR | TD_ROLE_BUREAU | TD_ROLE_OFFICE},
    {"sees_integrity", TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR},
    {"sees_accounts", TD_ROLE_ADMIN | TD_ROLE_SECURITY | TD_ROLE_AUDIT | TD_ROLE_SUPERVISOR},
};

static json_t *make_is(const struct td_account *who)
{
    json_t *is = json_object();
#define X(role, bit, name)                                                                         \
    if (who->roles & role)                                                                         \
        json_object_set_new(is, name, json_true());
    TD_ROLES(X)
#undef X
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (who->roles & groups[i].roles)
            json_object_set_new(is, groups[i].name, json_true());
    return is;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, json_string(text ? text : ""));
}

/* Where the page is: page.here for coming back to it, page.filter for its links to other pages of
 * the same list. */
static void set_place(json_t *made, const struct td_page *page)
{
    struct td_strbuf here, filter;
    td_strbuf_init(&here);
    td_strbuf_init(&filter);
    td_strbuf_addf(&here, "%s%s%s", page->path, *page->query ? "?" : "", page->query);
    for (const char *at = page->query; *at; at += strspn(at, "&")) {
        int length = (int)strcspn(at, "&");
        if (length > 0 && strncmp(at, "cursor=", 7) != 0 && strncmp(at, "format=", 7) != 0)
            td_strbuf_addf(&filter, "%.*s&", length, at);
        at += length;
    }
    set_text(made, "here", here.bytes);
    set_text(made, "filter", filter.bytes);
    td_strbuf_done(&here);
    td_strbuf_done(&filter);
}

static json_t *make_page(const struct td_locale *locale, const struct td_page *page)
{
    json_t *made = json_object();
    char now[TD_TIME_TEXT];
    set_text(made, "lang", locale->lang);
    set_text(made, "dir", locale->dir);
    set_text(made, "path", page->path);
    set_place(made, page);
    json_object_set(made, "query", (json_t *)page->asked);
    set_text(made, "csrf", page->csrf);
    set_text(made, "heard", page->heard);
    const char *title = td_locale_text(locale, "title", page->name);
    const char *problem = json_string_value(json_object_get(page->problem, "title"));
    set_text(made, "title", title ? title : problem ? problem : page->name);
    if (page->who) {
        json_object_set_new(made, "account",
                            json_pack("{s:s, s:s, s:s}", "id", page->who->id, "name",
                                      page->who->name, "login", page->who->login));
        json_object_set_new(made, "is", make_is(page->who));
    }
    if (page->unread)
        json_object_set_new(made, "unread", json_integer(page->unread));
    if (page->demo) {
        td_time_format(page->clock_ms, now);
        json_object_set_new(made, "demo", json_true());
        set_text(made, "clock_at", now);
    }
    json_object_set(made, "asset", (json_t *)page->asset);
    json_object_set(made, "problem", (json_t *)page->problem);
    json_object_set(made, "form", (json_t *)page->form);
    return made;
}

struct rendering {
    const struct td_views *views;
    const struct td_locale *locale;
    json_t *made; /* what templates named and the value has not: labels, texts, counts */
};

static const struct td_mustache *find_for(void *arg, const char *name)
{
    const struct rendering *rendering = arg;
    return find_partial(rendering->views, name);
}

static const json_t *member_for(void *arg, const json_t *object, size_t position, const char *name)
{
    const struct rendering *rendering = arg;
    return td_enrich_member(rendering->locale, object, position, name, rendering->made);
}

/* `page` is the member of that name (stolen), or NULL. */
static int render(const struct td_views *views, const struct td_locale *locale,
                  const struct td_mustache *template, json_t *page, const json_t *value,
                  struct td_strbuf *out, struct td_error *reterr)
{
    struct rendering rendering = {views, locale, json_array()};
    const struct td_mustache_ways ways = {find_for, member_for, &rendering};
    json_t *root = value ? json_copy((json_t *)value) : json_object();
    int r = rendering.made && root && (!page || json_object_set(root, "page", page) == 0) &&
                    json_object_set(root, "t", locale->texts) == 0
                ? 0
                : TD_ENOMEM;
    if (r == 0)
        r = td_mustache_render(template, root, &ways, PAGE_MAX, out, reterr);
    json_decref(root);
    json_decref(rendering.made);
    json_decref(page);
    return r;
}

int td_views_render_partial(const struct td_views *views, const struct td_locale *locale,
                            const char *name, const json_t *value, struct td_strbuf *out,
                            struct td_error *reterr)
{
    const struct td_mustache *template = find_partial(views, name);
    if (!template)
        return td_error_set(reterr, TD_EINTERNAL, "there is no partial %s", name);
    return render(views, locale, template, NULL, value, out, reterr);
}

int td_views_render(const struct td_views *views, const struct td_locale *locale,
                    const struct td_page *page, const json_t *value, struct td_strbuf *out,
                    struct td_error *reterr)
{
    const struct td_mustache *template = find(views, page->name);
    if (!template)
        return td_error_set(reterr, TD_EINTERNAL, "there is no template %s", page->name);
    json_t *member = make_page(locale, page);
    return member ? render(views, locale, template, member, value, out, reterr) : TD_ENOMEM;
}
