/* locale.c - see locale.h. Immutable after loading. */
#include "http/locale.h"

#include "base/memory.h"
#include "base/strbuf.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Merges `addition` into what other files of the same member gave. */
static int add_member(json_t *texts, const char *name, json_t *addition)
{
    json_t *present = json_object_get(texts, name);
    if (!present)
        return json_object_set(texts, name, addition);
    return json_object_update_recursive(present, addition);
}

static int load_file(struct td_locale *locale, const char *folder, const char *file,
                     struct td_error *reterr)
{
    char path[4096], member[64];
    size_t length = strcspn(file, ".");
    if (length >= sizeof(member))
        return td_error_set(reterr, TD_EINVALID, "%s: the name is too long", file);
    memcpy(member, file, length);
    member[length] = 0;
    snprintf(path, sizeof(path), "%s/%s/%s", folder, locale->lang, file);
    json_error_t fault;
    json_t *texts = json_load_file(path, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(texts)) {
        json_decref(texts);
        return td_error_set(reterr, TD_EINVALID, "%s, line %d: %s", path, fault.line,
                            texts ? "not an object" : fault.text);
    }
    int r = add_member(locale->texts, member, texts);
    json_decref(texts);
    return r < 0 ? TD_ENOMEM : 0;
}

static const char *direction(const char *lang)
{
    static const char *const right_to_left[] = {"ar", "fa", "ug", "ur"};
    for (size_t i = 0; i < sizeof(right_to_left) / sizeof(right_to_left[0]); i++)
        if (strncmp(lang, right_to_left[i], 2) == 0)
            return "rtl";
    return "ltr";
}

static int is_json(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

int td_locale_load(const char *folder, const char *lang, struct td_locale **ret_locale,
                   struct td_error *reterr)
{
    struct td_locale *locale = calloc(1, sizeof(*locale));
    if (!locale)
        return TD_ENOMEM;
    locale->lang = strdup(lang);
    locale->texts = json_object();
    locale->dir = direction(lang);
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, lang);
    struct dirent **entries = NULL;
    int r = 0, count = scandir(path, &entries, is_json, alphasort);
    if (count < 0 || !locale->lang || !locale->texts)
        r = td_error_set(reterr, TD_EINVALID, "cannot read the folder %s", path);
    for (int i = 0; i < count; i++) {
        if (r == 0)
            r = load_file(locale, folder, entries[i]->d_name, reterr);
        free(entries[i]);
    }
    free(entries);
    if (r < 0)
        td_locale_free(locale);
    else
        *ret_locale = locale;
    return r;
}

void td_locale_free(struct td_locale *locale)
{
    if (!locale)
        return;
    json_decref(locale->texts);
    free(locale->lang);
    free(locale);
}

const char *td_locale_text(const struct td_locale *locale, const char *file, const char *key)
{
    return json_string_value(json_object_get(json_object_get(locale->texts, file), key));
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

int td_locale_is_points(const char *name)
{
    static const char *const names[] = {"points",       "cap",         "total",   "reference_line",
                                        "above_before", "above_after", "mean",    "median",
                                        "mean_before",  "mean_after",  "change",  "mean_change",
                                        "expected",     "got",         "forward", "reverse"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return 1;
    return ends_with(name, "_points") || ends_with(name, "_total") || ends_with(name, "_cap");
}

/* Of a change the sign is what people look for. */
static char *hundredths(const char *name, json_int_t value)
{
    char text[32];
    unsigned long long size =
        value < 0 ? 0ull - (unsigned long long)value : (unsigned long long)value;
    const char *plus = ends_with(name, "change") && value > 0 ? "+" : "";
    snprintf(text, sizeof(text), "%s%llu.%02llu", value < 0 ? "-" : plus, size / 100, size % 100);
    return td_memory_text(text);
}

/* "2026-10-01T02:03:04.567Z" as "2026-10-01 10:03". NULL when it is not such a time. */
static char *shanghai(const char *text)
{
    struct tm utc = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M", &utc);
    if (!rest || (*rest != ':' && *rest != 'Z'))
        return NULL;
    time_t seconds = timegm(&utc) + 8 * 3600;
    struct tm local;
    char shown[32] = "";
    if (gmtime_r(&seconds, &local))
        strftime(shown, sizeof(shown), "%Y-%m-%d %H:%M", &local);
    return td_memory_text(shown);
}

const json_t *td_locale_label(const struct td_locale *locale, const char *name, const char *text)
{
    const json_t *labels = json_object_get(json_object_get(locale->texts, "label"), name);
    const json_t *label = json_object_get(labels, text);
    return json_is_string(label) ? label : NULL;
}

bool td_locale_is_time(const char *name)
{
    return strcmp(name, "at") == 0 || ends_with(name, "_at");
}

char *td_locale_member_text(const struct td_locale *locale, const char *name, const json_t *value)
{
    if (json_is_integer(value)) {
        bool shown = td_locale_is_points(name) || ends_with(name, "_cents");
        return shown ? hundredths(name, json_integer_value(value)) : NULL;
    }
    const char *text = json_is_true(value)    ? "true"
                       : json_is_false(value) ? "false"
                                              : json_string_value(value);
    if (!text)
        return NULL;
    if (td_locale_is_time(name))
        return shanghai(text);
    const char *label = json_string_value(td_locale_label(locale, name, text));
    return label ? td_memory_text(label) : NULL;
}

static void add_parameter(const struct td_locale *locale, struct td_strbuf *out, const char *name,
                          const json_t *value)
{
    char *shown = td_locale_member_text(locale, name, value);
    if (shown)
        td_strbuf_adds(out, shown);
    else if (json_is_string(value))
        td_strbuf_adds(out, json_string_value(value));
    else if (json_is_integer(value))
        td_strbuf_addf(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        td_strbuf_addf(out, "%.15g", json_real_value(value));
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        if (i)
            td_strbuf_adds(out, strncmp(locale->lang, "zh", 2) == 0 ? "、" : ", ");
        const json_t *member = json_array_get(value, i);
        if (!json_is_array(member))
            add_parameter(locale, out, name, member);
    }
    free(shown);
}

/* The parameter for a place: in another language than Chinese its "<name>_<lang>" when there is
 * one. */
static const json_t *find_parameter(const struct td_locale *locale, const json_t *parameters,
                                    const char *name)
{
    char own[96];
    snprintf(own, sizeof(own), "%s_%s", name, locale->lang);
    const json_t *value = json_object_get(parameters, own);
    return value && !json_is_null(value) ? value : json_object_get(parameters, name);
}

char *td_locale_fill(const struct td_locale *locale, const char *sentence, const json_t *parameters)
{
    struct td_strbuf out;
    td_strbuf_init(&out);
    while (*sentence) {
        size_t plain = strcspn(sentence, "{");
        td_strbuf_add(&out, sentence, plain);
        sentence += plain;
        const char *close = *sentence ? strchr(sentence, '}') : NULL;
        char name[64] = "";
        if (close && (size_t)(close - sentence) <= sizeof(name))
            memcpy(name, sentence + 1, (size_t)(close - sentence) - 1);
        const json_t *value = *name ? find_parameter(locale, parameters, name) : NULL;
        if (value) {
            add_parameter(locale, &out, name, value);
            sentence = close + 1;
        } else if (*sentence) {
            td_strbuf_addc(&out, *sentence++);
        }
    }
    return td_strbuf_take(&out, NULL);
}
