/* post_move.c - see post.h: where the holder serves, and what a move does to his titles. Owns
 * `title_move` and a title's `unit_id`, writes that of the account; posts are opened and ended as
 * post_row.h says. */
#include "review/post_row.h"

#include "base/id.h"
#include "review/integrity.h"
#include "review/quota.h"
#include "review/row.h"
#include "review/unit.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>

struct moving {
    json_t *title;
    const char *unit_id, *division, *place; /* where to; "" outside */
    bool grassroots;
    const char *on, *document;
    int64_t grade;  /* of the directed post, 0 = not appointed yet, or on a higher title now */
    int64_t before; /* the grade that is restored outside the grassroots, 0 = none */
};

static int find_target(struct td_review *review, const json_t *move, struct moving *moving,
                       struct td_error *reterr)
{
    json_t *unit = NULL;
    const char *word = td_row_text(move, "to_unit");
    moving->unit_id = moving->division = "";
    moving->place = td_row_text(move, "to_name");
    if (!*word)
        return *moving->place
                   ? 0
                   : td_error_field(reterr, "to_unit", "required", "say where the holder goes");
    int rc = td_integrity_unit(review, "to_unit", word, &moving->unit_id, reterr);
    if (rc == 0)
        rc = td_unit_load(review->tx, moving->unit_id, &unit);
    if (rc < 0)
        return rc;
    unit = td_arena_json(review->arena, unit);
    if (!unit)
        return TD_ENOMEM;
    moving->division = td_row_text(unit, "division_code");
    moving->place = td_row_text(unit, "name");
    moving->grassroots = td_unit_is_grassroots(unit);
    if (td_row_equals(moving->title, "unit_id", moving->unit_id))
        rc = td_error_field(reterr, "to_unit", "same_unit", "the holder is there already");
    return rc;
}

static bool is_suspended(const json_t *title)
{
    return td_row_equals(title, "state", "suspended");
}

/* Its holder was appointed to a higher one: no post goes with this title, here or elsewhere. */
static bool is_superseded(const json_t *title)
{
    return td_row_equals(title, is_suspended(title) ? "returned_to" : "state", "superseded");
}

static int find_grades(struct td_review *review, struct moving *moving)
{
    moving->grade = moving->before = 0;
    if (is_superseded(moving->title))
        return 0;
    moving->before = td_row_int(moving->title, "pre_directed_grade");
    return td_tx_int(review->tx, &moving->grade,
                     "select grade from post where title_id = $1 and ladder <> 'before'"
                     " order by from_on desc, id desc limit 1",
                     "s", td_row_text(moving->title, "title_id"));
}

/* A general title goes with its holder, and so does his appointment. */
static int go_along(struct td_review *review, const struct moving *moving)
{
    struct td_post_opening opening = {"general",     moving->on,       moving->on,
                                      moving->place, moving->document, moving->grade};
    if (!moving->grade)
        return 0;
    int rc = td_post_close(review, td_row_text(moving->title, "title_id"), moving->on);
    return rc < 0 ? rc : td_post_open(review, moving->title, moving->unit_id, &opening);
}

/* Takes the directed post at the new place: consumed when the holder was appointed, else reserved.
 */
static int take_post(struct td_review *review, const struct moving *moving, struct td_error *reterr)
{
    const json_t *title = moving->title;
    struct td_post_opening opening = {"directed",    moving->on,       moving->on,
                                      moving->place, moving->document, moving->grade};
    int rc = td_quota_release(review, td_row_text(title, "id"), "transfer", reterr);
    if (rc == 0 && !moving->grade) {
        json_t *there = json_deep_copy(title);
        json_object_set_new(there, "unit_id", json_string(moving->unit_id));
        json_object_set_new(there, "division_code", json_string(moving->division));
        rc = td_quota_reserve(review, there, reterr);
        json_decref(there);
        return rc;
    }
    if (rc == 0)
        rc = td_quota_consume(review, title, moving->unit_id, moving->division, reterr);
    if (rc == 0)
        rc = td_post_close(review, td_row_text(title, "title_id"), moving->on);
    return rc < 0 ? rc : td_post_open(review, title, moving->unit_id, &opening);
}

static int suspend(struct td_review *review, const struct moving *moving, struct td_error *reterr)
{
    const json_t *title = moving->title;
    struct td_post_opening opening = {"before",      moving->on,       moving->on,
                                      moving->place, moving->document, moving->before};
    int rc = td_post_close(review, td_row_text(title, "title_id"), moving->on);
    if (rc == 0 && moving->before)
        rc = td_post_open(review, title, moving->unit_id, &opening);
    if (rc == 0 && !is_suspended(title))
        rc = td_workflow_apply(review, td_row_text(title, "id"), "suspend", moving->document, NULL,
                               reterr);
    return rc;
}

static int record_move(struct td_review *review, const struct moving *moving, const char *effect)
{
    char id[TD_ID_TEXT];
    const json_t *title = moving->title;
    int64_t from = is_suspended(title) ? moving->before : moving->grade;
    int64_t to = !strcmp(effect, "suspends") ? moving->before : moving->grade;
    td_id_new(id);
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into title_move (id, title_id, from_unit_id, to_unit_id, to_name,"
                        " effect, grade_before, grade_after, moved_on, document, recorded_by,"
                        " recorded_at) values ($1, $2, $3, $4, $5, $6, nullif($7, 0), nullif($8,"
                        " 0), $9, $10, $11, $12)",
                        "ssssssiissss", id, td_row_text(title, "title_id"),
                        *td_row_text(title, "unit_id") ? td_row_text(title, "unit_id") : NULL,
                        *moving->unit_id ? moving->unit_id : NULL, moving->place, effect, from, to,
                        moving->on, moving->document, td_row_actor(review), review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update title set unit_id = $2 where id = $1", "ss",
                        td_row_text(title, "title_id"), *moving->unit_id ? moving->unit_id : NULL);
    if (rc == 0)
        rc =
            td_tx_exec(review->tx, NULL, "update account set unit_id = $2 where id = $1", "ss",
                       td_row_text(title, "account_id"), *moving->unit_id ? moving->unit_id : NULL);
    if (rc == 0)
        rc = td_row_log(review, "title.transfer", "title", td_row_text(title, "title_id"),
                        json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "effect", effect, "to_unit",
                                  moving->unit_id, "moved_on", moving->on, "document",
                                  moving->document, "grade_before", (json_int_t)from, "grade_after",
                                  (json_int_t)to));
    return rc;
}

/* What the move does to one title; *ret_effect is the word for it. */
static int move_title(struct td_review *review, struct moving *moving, const char **ret_effect,
                      struct td_error *reterr)
{
    bool suspended = is_suspended(moving->title);
    int rc = find_grades(review, moving);
    if (!td_post_is_directed(moving->title)) {
        *ret_effect = "keeps";
        if (rc == 0)
            rc = go_along(review, moving);
        return rc < 0 ? rc : record_move(review, moving, *ret_effect);
    }
    *ret_effect = moving->grassroots ? (suspended ? "reinstates" : "keeps") : "suspends";
    if (rc == 0 && !moving->grassroots)
        rc = suspend(review, moving, reterr);
    else if (rc == 0 && !is_superseded(moving->title))
        rc = take_post(review, moving, reterr);
    if (rc == 0 && moving->grassroots && suspended)
        rc = td_workflow_apply(review, td_row_text(moving->title, "id"), "resume", moving->document,
                               NULL, reterr);
    return rc < 0 ? rc : record_move(review, moving, *ret_effect);
}

/* The holder goes, and with him every title of his that is in use or suspended: all or none. One
 * that is there already stays as it is. */
static int move_others(struct td_review *review, struct moving *moving, const json_t *others,
                       struct td_error *reterr)
{
    int rc = 0;
    size_t i;
    json_t *other;
    json_array_foreach((json_t *)others, i, other) {
        const char *effect;
        if (rc < 0)
            break;
        rc = td_post_load(review, td_row_text(other, "id"), &moving->title);
        if (rc < 0)
            break;
        bool there = *moving->unit_id && !is_suspended(moving->title) &&
                     td_row_equals(moving->title, "unit_id", moving->unit_id);
        if (!there)
            rc = td_post_check_order(review, moving->title, "moved_on", moving->on, reterr);
        if (rc == 0 && !there)
            rc = move_title(review, moving, &effect, reterr);
        json_decref(moving->title);
    }
    return rc;
}

/* Takes the title itself out of its holder's that go along with him; false when it is none of them.
 */
static bool take_out(json_t *titles, const char *title_id)
{
    size_t i;
    json_t *one;
    json_array_foreach(titles, i, one)
        if (td_row_equals(one, "id", title_id))
            return json_array_remove(titles, i) == 0;
    return false;
}

int td_post_transfer(struct td_review *review, const char *title_id, const json_t *move,
                     const char **ret_effect, struct td_error *reterr)
{
    struct moving moving = {.on = td_row_text(move, "moved_on"),
                            .document = td_row_text(move, "document")};
    json_t *others = NULL;
    int rc = td_post_load_for(review, title_id, false, &moving.title, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_rows(review->tx, &others,
                    "select t.id from title t join application a on a.id = t.application_id"
                    " where t.account_id = $1 and a.state in ('certified', 'appointed',"
                    " 'superseded', 'suspended') order by t.id",
                    "s", td_row_text(moving.title, "account_id"));
    if (rc == 0 && !take_out(others, title_id))
        rc = td_post_state_wrong(moving.title, "transfer", reterr);
    if (rc == 0)
        rc = find_target(review, move, &moving, reterr);
    if (rc == 0)
        rc = td_post_check_order(review, moving.title, "moved_on", moving.on, reterr);
    if (rc == 0)
        rc = move_title(review, &moving, ret_effect, reterr);
    json_decref(moving.title);
    if (rc == 0)
        rc = move_others(review, &moving, others, reterr);
    json_decref(others);
    return rc;
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* Where the holder serves by the last move recorded of him, and that move. False in *ret_moved when
 * it is where he declared from. */
static int find_holder(struct td_review *review, struct moving *moving, bool *ret_moved)
{
    json_t *row = NULL;
    int rc = td_tx_row(
        review->tx, &row,
        "select u.id as unit_id, u.division_code, u.kind, u.grassroots, coalesce(u.name, m.to_name)"
        " as place, m.moved_on, m.document from account p left join unit u on u.id = p.unit_id"
        " left join title_move m on m.id = (select max(l.id) from title_move l"
        " join title t on t.id = l.title_id where t.account_id = p.id) where p.id = $1",
        "s", td_row_text(moving->title, "account_id"));
    if (rc < 0)
        return rc;
    row = td_arena_json(review->arena, row);
    if (!row)
        return TD_ENOMEM;
    const char *moved_on = td_row_text(row, "moved_on");
    *ret_moved = !td_row_equals(moving->title, "unit_id", td_row_text(row, "unit_id"));
    moving->unit_id = td_row_text(row, "unit_id");
    moving->division = td_row_text(row, "division_code");
    moving->place = td_row_text(row, "place");
    moving->grassroots = *moving->unit_id && td_unit_is_grassroots(row);
    moving->on = *moved_on ? moved_on : td_row_text(moving->title, "awarded_on");
    moving->document = td_row_text(row, "document");
    return 0;
}

/* What was recorded of the holder through his other titles settles how this one begins. */
static int begin_in_use(struct td_review *review, const char *title_id, struct td_error *reterr)
{
    struct moving moving = {.title = NULL};
    const char *effect;
    bool moved = false;
    int rc = td_post_load(review, title_id, &moving.title);
    if (rc == 0)
        rc = find_holder(review, &moving, &moved);
    if (rc == 0 && moved)
        rc = move_title(review, &moving, &effect, reterr);
    else if (rc == 0 && td_post_is_directed(moving.title) && !is_superseded(moving.title))
        rc = td_quota_reserve(review, moving.title, reterr);
    json_decref(moving.title);
    return rc;
}

int td_post_begin(struct td_review *review, const char *application_id, struct td_error *reterr)
{
    json_t *title = NULL;
    const char *higher = "";
    int rc = td_tx_row(review->tx, &title,
                       "select t.application_id as id, t.id as title_id, t.account_id, t.series,"
                       " t.level, t.track, (select count(*) from title o join application a on a.id"
                       " = o.application_id where o.account_id = t.account_id and a.state ="
                       " 'retired') as retired from title t where t.application_id = $1",
                       "s", application_id);
    if (rc == 0 && td_row_int(title, "retired")) {
        rc = td_workflow_apply(review, application_id, "retire", NULL, NULL, reterr);
        json_decref(title);
        return rc;
    }
    if (rc == 0)
        rc = td_post_outranked(review, title, &higher);
    if (rc == 0 && *higher)
        rc = td_post_supersede(review, title, higher, review->today, reterr);
    if (rc == 0)
        rc = begin_in_use(review, td_row_text(title, "title_id"), reterr);
    json_decref(title);
    return rc;
}
