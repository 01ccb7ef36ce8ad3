/* ranking_test.c - posts to places: own pots first, equals share, promised posts are not free. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/ranking.h"
#include "review/row.h"

#include <stdio.h>
#include <string.h>

/* The outcomes of a group, "place:outcome" in order, with blanks between; the contested posts last
 * when there are any. */
static const char *allot(const char *group_text, char *text, size_t size)
{
    json_error_t error;
    json_t *group = json_loads(group_text, 0, &error), *entry;
    size_t i, at = 0;
    if (!group)
        fail_msg("%s: %s", error.text, group_text);
    td_ranking_allot(group);
    text[0] = 0;
    json_array_foreach(json_object_get(group, "entries"), i, entry)
        at += (size_t)snprintf(text + at, size - at, "%s%d:%s", i ? " " : "",
                               (int)td_row_int(entry, "place"),
                               td_row_text(entry, "ranking_outcome"));
    if (td_row_int(group, "contested"))
        snprintf(text + at, size - at, " /%d", (int)td_row_int(group, "contested"));
    json_decref(group);
    return text;
}

#define GROUP(policy, shared, pools, promised, entries)                                            \
    "{\"policy\": \"" policy "\", \"granted\": true, \"shared\": " shared ", \"pools\": {" pools   \
    "}, \"promised\": [" promised "], \"entries\": [" entries "]}"
#define E(unit, yes, total) "{\"unit_id\": \"" unit "\", \"yes\": " yes ", \"total\": " total "}"
#define C(unit, yes, total, chosen)                                                                \
    "{\"unit_id\": \"" unit "\", \"yes\": " yes ", \"total\": " total ", \"chosen\": " chosen "}"

static const struct {
    const char *what, *group, *outcome;
} cases[] = {
    {"as many as posts", GROUP("rank", "2", "", "", E("a", "8", "7000") "," E("b", "7", "9000")),
     "1:in 2:in"},
    {"yes before points", GROUP("rank", "1", "", "", E("a", "8", "6000") "," E("b", "7", "9900")),
     "1:in 2:out"},
    {"points among equal yes",
     GROUP("rank", "1", "", "", E("a", "8", "6001") "," E("b", "8", "6000")), "1:in 2:out"},
    {"equals share a place and are all in",
     GROUP("rank", "3", "", "",
           E("a", "8", "1") "," E("b", "8", "1") "," E("c", "7", "1") "," E("d", "6", "1")),
     "1:in 1:in 3:in 4:out"},
    {"equals at the last post",
     GROUP("rank", "2", "", "", E("a", "8", "2") "," E("b", "8", "1") "," E("c", "8", "1")),
     "1:in 2:tied 2:tied /1"},
    {"below equals at the last post nothing is left",
     GROUP("rank", "1", "", "", E("a", "8", "1") "," E("b", "8", "1") "," E("c", "7", "1")),
     "1:tied 1:tied 3:out /1"},
    {"the bureau's choice",
     GROUP("rank", "1", "", "", C("a", "8", "1", "false") "," C("b", "8", "1", "true")),
     "1:out 1:in"},
    {"a choice of too many does not count",
     GROUP("rank", "1", "", "", C("a", "8", "1", "true") "," C("b", "8", "1", "true")),
     "1:tied 1:tied /1"},
    {"a choice of too few does not count",
     GROUP("rank", "1", "", "", C("a", "8", "1", "false") "," C("b", "8", "1", "false")),
     "1:tied 1:tied /1"},
    {"a unit's own posts first, and only for its people",
     GROUP("rank", "0", "\"b\": 1", "", E("a", "8", "1") "," E("b", "7", "1")), "1:out 2:in"},
    {"own posts leave the shared ones to others",
     GROUP("rank", "1", "\"a\": 1", "", E("a", "8", "2") "," E("b", "8", "1")), "1:in 2:in"},
    {"whose unit has enough is out of the contest",
     GROUP("rank", "1", "\"a\": 1", "", E("a", "8", "1") "," E("b", "8", "1") "," E("c", "8", "1")),
     "1:in 1:tied 1:tied /1"},
    {"two of one unit for its own post and a shared one",
     GROUP("rank", "1", "\"a\": 1", "", E("a", "8", "1") "," E("a", "8", "1") "," E("c", "8", "1")),
     "1:tied 1:tied 1:tied /2"},
    {"the unit's own post cannot go elsewhere",
     GROUP("rank", "1", "\"a\": 1", "",
           C("a", "8", "1", "false") "," C("a", "8", "1", "false") "," C("c", "8", "1", "true")),
     "1:tied 1:tied 1:tied /2"},
    {"but one of its people and somebody else may have both",
     GROUP("rank", "1", "\"a\": 1", "",
           C("a", "8", "1", "true") "," C("a", "8", "1", "false") "," C("c", "8", "1", "true")),
     "1:in 1:out 1:in"},
    {"promised posts are not free",
     GROUP("rank", "2", "\"a\": 1", "\"a\", \"b\"", E("a", "8", "1") "," E("b", "7", "1")),
     "1:in 2:out"},
    {"all posts taken", GROUP("rank", "1", "", "\"b\"", E("a", "8", "1")), "1:out"},
    {"not controlled", GROUP("rank", "-1", "", "", E("a", "8", "1") "," E("b", "6", "1")),
     "1:in 2:in"},
    {"policy all", GROUP("all", "0", "", "", E("a", "8", "1") "," E("b", "6", "1")), "1:in 2:in"},
    {"policy revote", GROUP("revote", "1", "", "", E("a", "8", "1") "," E("b", "6", "1")),
     "1:revote 2:revote"},
    {"policy revote with posts for all",
     GROUP("revote", "2", "", "", E("a", "8", "1") "," E("b", "6", "1")), "1:in 2:in"},
    {"nothing granted fails nobody",
     "{\"policy\": \"rank\", \"granted\": false, \"shared\": 0, \"pools\": {}, \"promised\": [],"
     " \"entries\": [" E("a", "8", "1") "]}",
     "1:no_posts"},
};

static void posts_go_by_place(void **state)
{
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (strcmp(allot(cases[i].group, text, sizeof(text)), cases[i].outcome))
            fail_msg("%s: %s instead of %s", cases[i].what, text, cases[i].outcome);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(posts_go_by_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
