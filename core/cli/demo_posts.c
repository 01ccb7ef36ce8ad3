/* demo_posts.c - the demonstration's posts: what the bureau grants before anybody gets a title. */
#include "cli/demo.h"

static int grant(struct td_demo *demo, const char *series, const char *level, int year,
                 const char *division, int posts, struct td_error *reterr)
{
    json_t *body = json_pack("{s:s, s:i, s:s, s:s, s:s, s:i, s:s}", "kind", "grant", "year", year,
                             "division_code", division, "series", series, "level", level, "posts",
                             posts, "document", "乌人社（演示）〔2026〕9号");
    return td_demo_call(demo, "bureau", "POST", body, NULL, reterr, "/api/v1/quota/entries");
}

int td_demo_grant_posts(struct td_demo *demo, const char *series, int year, struct td_error *reterr)
{
    static const char *const levels[] = {"intermediate", "senior", "full_senior"};
    enum { SHARE = 40 };
    json_t *divisions = NULL, *division;
    size_t i;
    int result = td_demo_call(demo, "bureau", "GET", NULL, &divisions, reterr, "/api/v1/divisions");
    json_t *items = json_object_get(divisions, "items");
    for (size_t level = 0; result == 0 && level < 3; level++) {
        result = grant(demo, series, levels[level], year, "", SHARE * (int)json_array_size(items),
                       reterr);
        json_array_foreach(items, i, division)
            if (result == 0)
                result = grant(demo, series, levels[level], year, td_cli_text(division, "code"),
                               SHARE, reterr);
    }
    json_decref(divisions);
    return result;
}
