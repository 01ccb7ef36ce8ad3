/* titled/plugin.h - the plugin interface for a professional series, ABI version 1.
 *
 * A plugin is one shared object in the plugin folder, named after its series: teacher.so. It says what
 * a dossier of the series contains and derives facts from it. It assigns no points (scoring standards
 * do) and decides nothing (people do). It links against jansson only, never against the server.
 *
 * The object exports one function:
 *
 *     const struct titled_plugin *titled_plugin_v1(void);
 *
 * The returned struct is constant and lives as long as the object stays loaded; the server never
 * unloads one. Members are only ever appended; a server reads as many as `struct_size` covers.
 *
 * Every function is pure: its answer depends on its arguments alone. No clock, no files, no network, no
 * state kept between calls: plugins run in a sandbox that ends the worker when they try. The day that
 * counts is `cutoff_date` in the dossier. A worker calls from one thread.
 *
 * JSON crosses the border as jansson values: arguments are borrowed, results are new references that
 * the caller releases. On failure a function returns NULL and may call host->fail once with a sentence.
 *
 * C99 and C++ compile this header. Beside it: titled/embed.h (form.json inside the object),
 * titled/dates.h (days and periods of service), titled/facts.h (the frame of an answer). `titlectl plugin
 * new` writes a plugin that uses them, `titlectl plugin check` says what is wrong with one. */
#ifndef TITLED_PLUGIN_H
#define TITLED_PLUGIN_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TITLED_PLUGIN_ABI_MAJOR 1
#define TITLED_PLUGIN_ABI_MINOR 0

/* What the server lends to a call. Opaque state; only these functions. */
struct titled_host {
    uint32_t struct_size; /* sizeof(struct titled_host) in the server */
    uint32_t abi_minor;
    void *opaque;
    /* Says why the call fails; shown to the bureau, so it names the place and what to do. */
    void (*fail)(const struct titled_host *host, const char *sentence);
};

struct titled_plugin {
    uint32_t struct_size; /* sizeof(struct titled_plugin) in the plugin */
    uint16_t abi_major;   /* TITLED_PLUGIN_ABI_MAJOR */
    uint16_t abi_minor;   /* TITLED_PLUGIN_ABI_MINOR */
    const char *id;       /* series id, lower case: equals the file's name without ".so" */
    const char *version;  /* "1.0.0": stored with every fact */

    /* The form descriptor: the text of form.json, embedded at build time. See docs below. */
    json_t *(*describe)(const struct titled_host *host);

    /* Facts of one dossier: {"facts": {name: {"value": number|string|boolean|array, "name": "中文",
     * "unit": "年", "because": "sentence", "sources": ["employment.0", ...]}}, "problems": [...]}.
     * "value" is null while nobody has given it; "by" (applicant | unit | district_industry | system) then
     * says who has still to. Give every fact of the series always: a missing one cannot be told from null.
     * A problem is {"field": "education.0.end", "code": "...", "message": "...", "blocks": true}: found
     * by looking at several fields together (gaps, overlaps, impossible dates). */
    json_t *(*facts)(const struct titled_host *host, const json_t *dossier);

    /* Hard gates: [{"id": "in_service", "name": "中文", "met": true, "because": "sentence with the numbers",
     * "basis": "legal basis", "blocks": "submit"|"accept"}]. `facts` is what facts() answered. Gates that
     * depend on the level's minimum years belong to the scoring standard's `condition`, not here. */
    json_t *(*gates)(const struct titled_host *host, const json_t *dossier, const json_t *facts);
};

typedef const struct titled_plugin *(*titled_plugin_v1_fn)(void);

#ifdef __cplusplus
#define TITLED_PLUGIN_LINKAGE extern "C"
#else
#define TITLED_PLUGIN_LINKAGE extern
#endif

/* Exports a constant `struct titled_plugin`: the last line of a plugin. Everything else of the object
 * should be hidden (-fvisibility=hidden). */
#define TITLED_PLUGIN_EXPORT(plugin)                                                               \
    TITLED_PLUGIN_LINKAGE __attribute__((visibility("default")))                                   \
    const struct titled_plugin *titled_plugin_v1(void);                                            \
    const struct titled_plugin *titled_plugin_v1(void)                                             \
    {                                                                                              \
        return &(plugin);                                                                          \
    }                                                                                              \
    typedef int titled_plugin_is_exported

/* --- form.json -----------------------------------------------------------------------------------
 * {"series": "teacher", "name": "中小学（含幼儿园）教师", "name_en": "...", "version": "1.0.0",
 *  "levels": [{"id": "junior|intermediate|senior|full_senior", "name": "初级", "title": "二级教师",
 *              "title_en": "...", "approval": "who approves the committee, in words",
 *              "exam_based": true, "exam_reason": "..."}],   optional: titles of the level come from a
 *                                         national examination; nobody applies, and pages say the reason
 *                          a level, a branch's title and an option may have a "code": the national code for
 *                          it (GB/T 8561, GB/T 4658 ...), which exports carry beside the words
 *  "branches": [{"id": "nursing", "name": "护理", "titles": [{"level": "senior", "title": "副主任护师"}]}],
 *                          optional: groups of specialties whose titles have names of their own
 *  "specialties": [{"id": "chinese", "name": "语文", "name_en": "...", "exam_based": false,
 *                   "branch": "nursing"}],               optional; without it the level's "title" is used
 *  "facts": [{"id": "tenure_months", "name": "任现职时间", "unit": "月",
 *             "by": "system" | "applicant" | "unit" | "district_industry"}],   what facts() can answer; when
 *                          the list is there, a standard that asks for another fact is refused
 *  "sections": [{"id": "employment", "name": "工作经历", "name_en": "...", "hint": "...",
 *     "by": "applicant" | "unit" | "district_industry",   who fills it in; officials' sections are
 *                                                         filled at their stage, never by applicants
 *     "verifier": ["unit", "district_industry"],           who gives a verdict on it
 *     "repeat": true, "min": 1, "max": 30,                 an array of items, each with its "id";
 *                                                         without "max" there may be 100
 *     "blind": true,                                       optional: to be judged without knowing whose it
 *                                                         is; pages say that it must be de-identified
 *     "evidence": "required" | "optional" | "none", "evidence_hint": "劳动合同、人事档案",
 *     "fields": [{"id": "start", "name": "开始日期", "name_en": "...", "hint": "...", "required": true,
 *                 "type": "text|longtext|integer|decimal|date|choice|yesno",
 *                 "options": [{"value": "x", "name": "...", "name_en": "..."}],
 *                 "min": 0, "max": 100, "min_length": 0, "max_length": 200, "public": false,
 *                 "names": "people" | "unit"}]}]}            optional, of a text: it names co-authors, supervisors ...,
 *                                                         who keep out of the review, or an employer, which the
 *                                                         item's "end", when it has one, says is left
 * All of these may carry English beside Chinese: "name_en", "title_en", "exam_reason_en", "hint_en",
 * "evidence_hint_en". A section that does not repeat must be answered when its "min" is 1, or, without
 * "min", when one of its fields is required. "min_length" is not yet a fault in a draft.
 *
 * --- the dossier that facts() and gates() get -----------------------------------------------------
 * {"cutoff_date": "2026-08-31", "level": "intermediate", "specialty": "chinese", "track": "directed",
 *  "person": {"sex": "female", "birth_date": "1985-03-02", "in_service": true},
 *  "unit": {"id": "...", "name": "...", "kind": "school", "grassroots": "township", "hardship": false,
 *           "division_code": "650121"},
 *  "content": {"education": [{"id": "a1", "degree": "bachelor", ...}], "summary": {"text": "..."}},
 *  "assessments": {"political": {"grade": "excellent"}},   officials' sections given so far
 *  "evidence": {"education/a1": 2},                         files per section/item, or per section
 *  "tracks": ["directed", "general"],                       those that the cycle takes
 *  "appointments": [{"level": "junior", "track": "directed", "from": "2020-09-01", "until": "2022-10-31"}]}
 *                                                           those of the series that the server has on record, of
 *                                                           both ladders; "until" is the last day, absent = goes on
 * Yes/no fields are JSON booleans, integers and decimals JSON numbers, dates text. */

#ifdef __cplusplus
}
#endif
#endif
