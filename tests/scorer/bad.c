/* bad.c - plugins that mean harm or are broken, one for each KIND_*; ID is the file's name. */
#include <titled/plugin.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static const char form[] =
    "{\"series\": \"" ID "\", \"name\": \"坏\", \"name_en\": \"Bad\", \"version\": \"1\","
    "\"levels\": [{\"id\": \"junior\", \"name\": \"初级\", \"title\": \"员\", \"title_en\": "
    "\"Clerk\", \"approval\": \"市\"}],"
    "\"specialties\": [{\"id\": \"general\", \"name\": \"综合\", \"name_en\": \"General\", "
    "\"exam_based\": false}],"
    "\"sections\": [{\"id\": \"a\", \"name\": \"甲\", \"name_en\": \"A\", \"by\": \"applicant\", "
    "\"verifier\": [\"unit\"],"
    "\"repeat\": false, \"evidence\": \"none\","
#ifdef KIND_BAD_FORM
    "\"fields\": [{\"id\": \"x\", \"name\": \"乙\", \"name_en\": \"X\", \"required\": true, "
    "\"type\": \"colour\"}]}]}";
#else
    "\"fields\": [{\"id\": \"x\", \"name\": \"乙\", \"name_en\": \"X\", \"required\": true, "
    "\"type\": \"integer\"}]}]}";
#endif

/* Volatile, so that the compiler keeps the harm. */
static volatile int forever = 1;
static int *volatile nowhere;

#ifdef KIND_CRASH_LOAD
__attribute__((constructor)) static void crash_early(void)
{
    *nowhere = 1;
}
#endif

#if defined KIND_LEAK_DESCRIBE || defined KIND_LEAK_FACTS
static void leak(size_t pieces)
{
    for (; pieces > 0 && forever; pieces--)
        memset(malloc(16 << 20), 'x', 16 << 20); /* NULL in the end: a crash, as in careless code */
}
#endif

static void do_harm_describing(void)
{
#if defined KIND_CRASH_DESCRIBE
    *nowhere = 1;
#elif defined KIND_LEAK_DESCRIBE
    leak((size_t)-1);
#elif defined KIND_HANG_DESCRIBE
    while (forever)
        ;
#elif defined KIND_OPEN_DESCRIBE
    close(open("/etc/passwd", O_RDONLY));
#endif
}

static json_t *describe(const struct titled_host *host)
{
    json_error_t error;
    do_harm_describing();
    json_t *descriptor = json_loads(form, 0, &error);
    if (!descriptor)
        host->fail(host, error.text);
    return descriptor;
}

static json_t *facts(const struct titled_host *host, const json_t *dossier)
{
    (void)dossier;
    (void)host;
#if defined KIND_CRASH_FACTS
    *nowhere = 1;
#elif defined KIND_LEAK_FACTS
    leak(4);
#elif defined KIND_HANG_FACTS
    while (forever)
        ;
#elif defined KIND_OPEN_FACTS
    int fd = open("/etc/passwd", O_RDONLY);
    return json_pack("{s:{s:{s:i}}}", "facts", "fd", "value", fd);
#elif defined KIND_FORK_FACTS
    return json_pack("{s:{s:{s:i}}}", "facts", "pid", "value", (int)fork());
#elif defined KIND_LOUD_FACTS
    static char huge[9 << 20];
    memset(huge, 'x', sizeof(huge));
    return json_pack("{s:{s:{s:s#}}}", "facts", "huge", "value", huge, (int)sizeof(huge));
#elif defined KIND_FAIL_FACTS
    host->fail(host, "任职年限缺少起始日期");
    return NULL;
#elif defined KIND_WRONG_FACTS
    return json_array();
#endif
    return json_pack("{s:{s:{s:b}}}", "facts", "fine", "value", forever && !nowhere);
}

static json_t *gates(const struct titled_host *host, const json_t *dossier, const json_t *found)
{
    (void)host;
    (void)dossier;
    (void)found;
    return json_array();
}

#if defined KIND_NO_SYMBOL
#define ENTRY titled_something
#elif defined KIND_OTHER_MAJOR
#define ENTRY titled_plugin_v2
#else
#define ENTRY titled_plugin_v1
#endif

static const struct titled_plugin plugin = {
#ifdef KIND_SHORT_STRUCT
    .struct_size = 16,
#else
    .struct_size = sizeof(struct titled_plugin),
#endif
#ifdef KIND_WRONG_MAJOR
    .abi_major = 7,
#else
    .abi_major = TITLED_PLUGIN_ABI_MAJOR,
#endif
    .abi_minor = TITLED_PLUGIN_ABI_MINOR,
#ifdef KIND_WRONG_ID
    .id = "somebody_else",
#else
    .id = ID,
#endif
    .version = "1",
    .describe = describe,
#ifndef KIND_EMPTY_MEMBER
    .facts = facts,
#endif
    .gates = gates,
};

EXPORT const struct titled_plugin *ENTRY(void);
EXPORT const struct titled_plugin *ENTRY(void)
{
    (void)facts;
    return &plugin;
}
