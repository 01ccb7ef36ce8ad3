/* answer.c - see answer.h. Holds no state. */
#include "scoring/answer.h"

#include "base/json.h"
#include "scoring/process.h"

#include <stdio.h>
#include <string.h>

struct reason {
    const char *file, *rule, *message, *item;
    int line;
    bool killed;
};

/* td_error_key with a detail of its own instead of the parameters. The detail goes through
 * td_error_set, which cuts what is too long between two characters. */
static int explain(struct td_error *reterr, int code, const char *key, const struct reason *reason,
                   const char *detail)
{
    struct td_error words = TD_ERROR_INIT;
    td_error_set(&words, code, "%s", detail);
    td_error_key(reterr, code, key,
                 json_pack("{s:s, s:i, s:s, s:s, s:s, s:b}", "file", reason->file, "line",
                           reason->line, "rule", reason->rule, "message", reason->message, "item",
                           reason->item ? reason->item : "", "killed", reason->killed));
    if (reterr)
        memcpy(reterr->detail, words.detail, sizeof(words.detail));
    return code;
}

int td_answer_read(const json_t *answer, struct td_error *reterr)
{
    const json_t *error = json_object_get(answer, "error");
    if (!error)
        return 0;
    const char *code = td_json_text(error, "code");
    struct reason reason = {
        .file = td_json_text(error, "file"),
        .rule = td_json_text(error, "rule"),
        .message = td_json_text(error, "message"),
        .item = td_json_text(error, "item"),
        .killed = strcmp(code, "plugin") != 0 &&
                  (!strcmp(code, "limit") || json_is_true(json_object_get(answer, "ending"))),
        .line = (int)json_integer_value(json_object_get(error, "line"))};
    char place[200] = "", detail[2048];
    if (reason.line > 0)
        snprintf(place, sizeof(place), "%s:%d: ", reason.file, reason.line);
    else if (reason.file[0])
        snprintf(place, sizeof(place), "%s: ", reason.file);
    snprintf(detail, sizeof(detail), "%s%s%s%s", place, reason.message,
             reason.rule[0] ? ", in rule " : "", reason.rule);
    if (!strcmp(code, "plugin"))
        return explain(reterr, TD_EPLUGIN, "plugin_failed", &reason, detail);
    const char *key = !strcmp(code, "limit") ? "script_limit" : "script_failed";
    return explain(reterr, TD_ESCRIPT, key, &reason, detail);
}

int td_answer_of_death(const struct td_process_end *end, bool scores, struct td_error *reterr)
{
    char message[192];
    snprintf(message, sizeof(message), "the scorer worker %s", end->reason);
    if (end->timed_out)
        return td_error_set(reterr, TD_ETIMEOUT, "%s", message);
    const struct reason reason = {.file = "", .rule = "", .message = message};
    return explain(reterr, scores ? TD_ESCRIPT : TD_EPLUGIN,
                   scores ? "script_failed" : "plugin_failed", &reason, message);
}
