/* bad.c - one plugin for each mistake that authors make, by KIND_*; without one it is in order. ID is the
 * file's name. check.test.mjs says what `titlectl plugin check` must answer to each. Needs titled/plugin.h
 * alone, of any version of the interface. */
#include <titled/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef KIND_NO_ENGLISH
#define ENGLISH
#else
#define ENGLISH "\"name_en\": \"Posts\","
#endif
#ifdef KIND_BAD_FORM
#define TYPE "colour"
#else
#define TYPE "text"
#endif
#ifdef KIND_VERSION
#define VERSION "one"
#else
#define VERSION "1.0.0"
#endif

static const char form[] =
    "{\"series\": \"" ID "\", \"name\": \"试\", \"name_en\": \"Trial\", \"version\": \"" VERSION "\","
    "\"levels\": [{\"id\": \"junior\", \"name\": \"初级\", \"name_en\": \"Junior\", \"title\": \"员\","
    "  \"title_en\": \"Clerk\", \"approval\": \"市\", \"approval_en\": \"City\"},"
    " {\"id\": \"senior\", \"name\": \"副高\", \"name_en\": \"Senior\", \"title\": \"师\","
    "  \"title_en\": \"Master\", \"approval\": \"市\", \"approval_en\": \"City\"}],"
    "\"specialties\": [{\"id\": \"general\", \"name\": \"综合\", \"name_en\": \"General\", \"exam_based\": false}],"
    "\"facts\": [{\"id\": \"posts\", \"name\": \"岗位数\", \"unit\": \"个\", \"by\": \"applicant\"},"
    "  {\"id\": \"first\", \"name\": \"首个单位\", \"unit\": \"\", \"by\": \"applicant\"}],"
    "\"sections\": [{\"id\": \"posts\", \"name\": \"岗位\", " ENGLISH " \"by\": \"applicant\","
    "  \"verifier\": [\"unit\"], \"repeat\": true, \"min\": 0, \"max\": 5, \"evidence\": \"none\","
    "  \"fields\": [{\"id\": \"employer\", \"name\": \"单位\", \"name_en\": \"Employer\", \"required\": true,"
    "  \"type\": \"" TYPE "\"}]}]}";

static json_t *describe(const struct titled_host *host)
{
    (void)host;
    return json_loads(form, 0, NULL);
}

/* --- the mistakes ----------------------------------------------------------------------------- */

static json_int_t mistake(json_t *posts, const json_t *dossier)
{
    json_int_t count = (json_int_t)json_array_size(posts);
    (void)dossier;
#if defined KIND_CLOCK
    count += (json_int_t)time(NULL) / 1000000000;
#elif defined KIND_RANDOM
    count += rand() & 1;
#elif defined KIND_FILE
    FILE *file = fopen("/etc/hostname", "r");
    count += file != NULL;
#elif defined KIND_COUNTER
    static json_int_t calls;
    count += calls++;
#elif defined KIND_MEMORY
    static char level[40]; /* remembers the first dossier it ever saw */
    const char *now = json_string_value(json_object_get(dossier, "level"));
    if (!*level && now)
        snprintf(level, sizeof(level), "%s", now);
    count += *level == 's';
#elif defined KIND_UNWRITTEN
    unsigned char *seen = malloc(4096); /* read before anything was written */
    unsigned char *volatile hidden = seen;
    count += hidden[2048];
    free(seen);
#elif defined KIND_LEAK_JSON
    json_t *forgotten = json_pack("[i, s]", 1, "forgotten");
    count += (json_int_t)json_array_size(forgotten) - 2;
#elif defined KIND_LEAK_TEXT
    char *volatile forgotten = malloc(100);
    count += forgotten == NULL;
#elif defined KIND_CRASH
    if (posts && json_is_array(posts)) /* an empty list has no first item */
        count += strlen(json_string_value(json_object_get(json_array_get(posts, 0), "employer"))) > 9000;
#elif defined KIND_SLOW
    volatile unsigned turns = 0;
    while (count == 5) /* the most that the form allows */
        turns++;
#elif defined KIND_EXIT
    if (count > 3)
        exit(0);
#elif defined KIND_WRITES
    json_object_set_new((json_t *)dossier, "seen", json_true());
#elif defined KIND_KEEPS
    json_incref(json_object_get(dossier, "person"));
#endif
    return count;
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    json_t *posts = json_object_get(json_object_get(dossier, "content"), "posts");
    json_int_t count = mistake(posts, dossier);
    const char *employer = json_string_value(json_object_get(json_array_get(posts, 0), "employer"));
    const char *source = "posts";
    (void)host;
#if defined KIND_REFUSES
    if (count == 0) {
        host->fail(host, "no posts");
        return NULL;
    }
#elif defined KIND_SILENT
    if (count > 3)
        return NULL;
#elif defined KIND_SOURCE
    source = "jobs.0";
#endif
    json_t *first = json_pack("{s:s?, s:s, s:s, s:s, s:[s]}", "value", employer, "name", "首个单位", "by", "applicant",
                              "because", "", "sources", source);
#if defined KIND_TYPE
    if (count > 1)
        json_object_set_new(first, "value", json_integer(1));
#endif
    json_t *found = json_pack("{s:{s:{s:I, s:s, s:s}, s:o}, s:[]}", "facts", "posts", "value", count, "name", "岗位数",
                              "because", "数出来的", "first", first, "problems");
#if defined KIND_UNDECLARED
    json_object_set_new(json_object_get(found, "facts"), "shoe_size",
                        json_pack("{s:i, s:s, s:s}", "value", 42, "name", "鞋码", "because", "量出来的"));
#elif defined KIND_MISSING
    if (!employer)
        json_object_del(json_object_get(found, "facts"), "first");
#endif
    return found;
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host;
    (void)dossier;
    (void)found;
#ifdef KIND_GATE
    return json_pack("[{s:s, s:s, s:b}]", "id", "x", "name", "关", "met", 1);
#else
    return json_array();
#endif
}

static const struct titled_plugin plugin = {
    sizeof(struct titled_plugin),
#ifdef KIND_ABI
    TITLED_PLUGIN_ABI_MAJOR + 1,
#else
    TITLED_PLUGIN_ABI_MAJOR,
#endif
#ifdef KIND_NEWER
    TITLED_PLUGIN_ABI_MINOR + 1,
#else
    TITLED_PLUGIN_ABI_MINOR,
#endif
#ifdef KIND_ID
    "somebody_else",
#else
    ID,
#endif
    VERSION, describe, facts, gates};

TITLED_PLUGIN_EXPORT(plugin);
