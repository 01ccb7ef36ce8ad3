/* post_supersede.c - see post.h: what the appointment to a title ends on others, so that nobody
 * holds two posts of one series. Reads `title` and `held_title`; the state is the workflow's, and
 * with it the post of the ledger becomes free (td_post_follow). */
#include "review/post_row.h"

#include "review/ladder.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <limits.h>
#include <string.h>

/* Keeps of `rows` those whose level lies from `first` to `last` steps above the title's. */
static void keep_levels(json_t *rows, const json_t *title, int first, int last)
{
    int own = td_ladder_rung(td_row_text(title, "level"));
    for (size_t i = json_array_size(rows); i > 0; i--) {
        int steps = td_ladder_rung(td_row_text(json_array_get(rows, i - 1), "level")) - own;
        if (steps < first || steps > last)
            json_array_remove(rows, i - 1);
    }
}

int td_post_outranked(struct td_review *review, const json_t *title, const char **ret_number)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select t.level, t.number from title t join application a on a.id = t.application_id"
        " where t.account_id = $1 and t.series = $2 and ($3 = 'directed' or t.track = 'general')"
        " and (a.state = 'appointed' or (a.state = 'suspended' and a.returned_to = 'appointed'))"
        " union all select level, certificate_number from held_title"
        " where account_id = $1 and series = $2 and ($3 = 'directed' or track = 'general')"
        " and state = 'confirmed' and appointed_on is not null and ended_on is null",
        "sss", td_row_text(title, "account_id"), td_row_text(title, "series"),
        td_row_text(title, "track"));
    if (rc < 0)
        return rc;
    keep_levels(rows, title, 1, INT_MAX);
    rows = td_arena_json(review->arena, rows);
    if (!rows)
        return TD_ENOMEM;
    *ret_number = td_row_text(json_array_get(rows, 0), "number");
    return 0;
}

int td_post_check_ended(struct td_review *review, const json_t *title, const char *day,
                        struct td_error *reterr)
{
    json_t *ends = NULL;
    char free_on[TD_DATE_TEXT];
    td_date last;
    int rc = td_tx_rows(
        review->tx, &ends,
        "select t.level, p.until_on as last from post p join title t on t.id = p.title_id"
        " where t.account_id = $1 and t.series = $2 and ($3 = 'directed' or t.track = 'general')"
        " and p.ladder <> 'before' and p.until_on >= $4 union all"
        " select level, ended_on from held_title where account_id = $1 and series = $2"
        " and ($3 = 'directed' or track = 'general') and state = 'confirmed' and ended_on >= $4"
        " order by last desc",
        "ssss", td_row_text(title, "account_id"), td_row_text(title, "series"),
        td_row_text(title, "track"), day);
    if (rc < 0)
        return rc;
    keep_levels(ends, title, 0, INT_MAX);
    const json_t *end = json_array_get(ends, 0);
    if (end)
        rc = td_date_parse(td_row_text(end, "last"), &last);
    if (end && rc == 0) {
        td_date_format(last + 1, free_on);
        rc = td_error_key(reterr, TD_ECONFLICT, "appointed_until",
                          json_pack("{s:s}", "day", free_on));
    }
    json_decref(ends);
    return rc;
}

int td_post_below(struct td_review *review, const json_t *title, json_t **ret_titles)
{
    const char *here = td_row_text(title, "title_id"); /* "" for a title from elsewhere */
    int rc = td_tx_rows(
        review->tx, ret_titles,
        "select a.id, t.id as title_id, a.state, t.level, t.track,"
        " coalesce(t.pre_directed_grade, 0) as pre_directed_grade"
        " from title t join application a on a.id = t.application_id where t.account_id = $1"
        " and t.id <> $4 and t.series = $2 and (t.track = 'directed' or $3 = 'general')"
        " and (a.state in ('certified', 'appointed')"
        " or (a.state = 'suspended' and a.returned_to <> 'superseded')) order by t.id",
        "ssss", td_row_text(title, "account_id"), td_row_text(title, "series"),
        td_row_text(title, "track"), here);
    if (rc == 0)
        keep_levels(*ret_titles, title, INT_MIN, *here ? 0 : -1);
    return rc;
}

bool td_post_grade_before(const json_t *below, int64_t *ret_grade)
{
    const json_t *first = NULL;
    size_t i;
    json_t *title;
    json_array_foreach((json_t *)below, i, title)
        if (td_row_equals(title, "track", "directed") &&
            td_row_equals(title, "state", "appointed") &&
            (!first || td_ladder_rung(td_row_text(title, "level")) <
                           td_ladder_rung(td_row_text(first, "level"))))
            first = title;
    if (first)
        *ret_grade = td_row_int(first, "pre_directed_grade");
    return first != NULL;
}

int td_post_supersede(struct td_review *review, const json_t *title, const char *number,
                      const char *on, struct td_error *reterr)
{
    const char *title_id = td_row_text(title, "title_id");
    int rc = td_post_close(review, title_id, on);
    if (rc == 0)
        rc = td_row_log(review, "title.supersede", "title", title_id,
                        json_pack("{s:s, s:s}", "by", number, "on", on));
    return rc < 0 ? rc
                  : td_workflow_apply_as(review, td_row_text(title, "id"), "system", "supersede",
                                         number, reterr);
}

int td_post_supersede_below(struct td_review *review, const json_t *higher, const char *number,
                            const char *on, struct td_error *reterr)
{
    json_t *below = NULL, *title;
    size_t i;
    int rc = td_post_below(review, higher, &below);
    json_array_foreach(below, i, title)
        if (rc == 0)
            rc = td_post_supersede(review, title, number, on, reterr);
    json_decref(below);
    return rc;
}
