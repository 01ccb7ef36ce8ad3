/* post_view.c - titles in use as people read them: the certificate page's history and what may be
 * done, the list of what is late, and the reminders. Reads `post`, `title_move` and `transition`;
 * writes `title_reminder`. */
#include "review/post_row.h"

#include "review/message.h"
#include "review/row.h"
#include "review/tick.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* --- one title -------------------------------------------------------------------------------- */

static int load_history(struct td_review *review, json_t *title)
{
    json_t *posts = NULL, *moves = NULL, *changes = NULL;
    const char *id = td_row_text(title, "id");
    int rc = td_tx_rows(review->tx, &posts,
                        "select p.ladder, p.grade, p.from_on, p.until_on, p.pay_effective_on,"
                        " p.pay_due_on, p.pay_honoured_on, p.document, coalesce(u.name, p.place)"
                        " as unit_name from post p left join unit u on u.id = p.unit_id"
                        " where p.title_id = $1 order by p.from_on, p.id",
                        "s", id);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &moves,
                        "select m.effect, m.moved_on, m.to_name, m.document, m.grade_before,"
                        " m.grade_after, coalesce(u.name, '') as from_name from title_move m"
                        " left join unit u on u.id = m.from_unit_id where m.title_id = $1"
                        " order by m.id",
                        "s", id);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &changes,
            "select action, at as changed_at, note from transition where"
            " application_id = $1 and action in ('certify', 'appoint', 'supersede', 'suspend',"
            " 'resume', 'convert', 'revoke', 'retire') order by id",
            "s", td_row_text(title, "application_id"));
    if (rc < 0) {
        json_decref(posts);
        json_decref(moves);
        return rc;
    }
    json_object_set_new(title, "posts", posts);
    json_object_set_new(title, "moves", moves);
    json_object_set_new(title, "changes", changes);
    return 0;
}

/* The open post, and the grade of the directed one. */
static void add_present(json_t *title)
{
    json_t *post, *present = json_null();
    size_t i;
    json_array_foreach(json_object_get(title, "posts"), i, post)
        if (!*td_row_text(post, "until_on"))
            present = post;
    json_object_set(title, "present", present);
}

/* The unit learns before it appoints what the appointment will end, and need not ask for the grade
 * that is on record. */
static int add_below(struct td_review *review, json_t *title)
{
    json_t *below = NULL;
    int64_t before;
    json_object_set(title, "title_id", json_object_get(title, "id"));
    int rc = td_post_below(review, title, &below);
    json_object_del(title, "title_id");
    if (rc < 0)
        return rc;
    json_object_set_new(title, "rises", json_boolean(json_array_size(below) > 0));
    if (!td_row_equals(title, "track", "general") && td_post_grade_before(below, &before))
        json_object_update_new(
            title, json_pack("{s:I, s:b}", "grade_before", (json_int_t)before, "knows_before", 1));
    json_decref(below);
    return 0;
}

static int add_can(struct td_review *review, json_t *title)
{
    const char *state = td_row_text(title, "use_state"), *unit = td_row_text(title, "present_unit");
    bool self = review->who && td_row_equals(title, "account_id", review->who->id);
    bool bureau = td_row_is(review, TD_ROLE_BUREAU) && !self;
    bool local = bureau || (!self && *unit && td_account_has(review->who, TD_ROLE_UNIT, unit));
    bool certified = !strcmp(state, "certified"), appointed = !strcmp(state, "appointed");
    bool superseded = !strcmp(state, "superseded"), suspended = !strcmp(state, "suspended");
    const char *higher = "";
    int rc = local && superseded ? td_post_outranked(review, title, &higher) : 0;
    bool may_appoint = local && (certified || (superseded && !*higher));
    const json_t *present = json_object_get(title, "present");
    json_object_set_new(
        title, "can",
        json_pack("{s:b, s:b, s:b, s:b}", "appoint", may_appoint, "pay",
                  local && appointed && !*td_row_text(present, "pay_honoured_on"), "transfer",
                  bureau && (certified || appointed || superseded || suspended), "retire",
                  bureau && (certified || appointed || (superseded && !*higher))));
    int first, last;
    json_t *grades = json_array();
    td_post_grades(td_row_text(title, "level"), &first, &last);
    for (int grade = first; grade && grade <= last; grade++)
        json_array_append_new(grades, json_pack("{s:i}", "grade", grade));
    json_object_set_new(title, "grades", grades);
    json_object_set_new(title, "today", json_string(review->today));
    return rc == 0 && may_appoint ? add_below(review, title) : rc;
}

/* Since when the certificate is in its state and why: the move, the general title, or the change
 * itself. A move before the award has suspended it from its first day; a superseded title is as
 * valid as before. */
static int add_reason(struct td_review *review, json_t *title)
{
    const char *state = td_row_text(title, "certificate_state");
    json_t *row = NULL;
    const char *since = td_row_text(title, "awarded_on"), *why = state;
    int rc = 0;
    if (!strcmp(state, "suspended") || !strcmp(state, "valid")) {
        rc =
            td_tx_row(review->tx, &row,
                      "select m.effect, (select min(n.moved_on) from title_move n where n.title_id"
                      " = $1 and n.effect = m.effect and n.id > coalesce((select max(o.id) from"
                      " title_move o where o.title_id = $1 and o.effect <> m.effect), '')) as since"
                      " from title_move m where m.title_id = $1 order by m.id desc limit 1",
                      "s", td_row_text(title, "id"));
    } else {
        rc = td_tx_row(review->tx, &row,
                       "select substr(at, 1, 10) as since, action as effect from transition"
                       " where application_id = $1 order by id desc limit 1",
                       "s", td_row_text(title, "application_id"));
    }
    if (rc == 0 && (strcmp(state, "valid") != 0 || td_row_equals(row, "effect", "reinstates"))) {
        if (strcmp(td_row_text(row, "since"), since) > 0)
            since = td_row_text(row, "since");
        why = td_row_equals(row, "effect", "reinstates") ? "reinstated" : state;
    }
    if (td_row_equals(title, "use_state", "superseded"))
        why = "superseded";
    if (rc == 0 || rc == TD_ENOTFOUND) {
        json_object_set_new(title, "state_since", json_string(since));
        json_object_set_new(title, "state_why", json_string(why));
        rc = 0;
    }
    json_decref(row);
    return rc;
}

int td_post_describe(struct td_review *review, json_t *title)
{
    int rc = load_history(review, title);
    if (rc == 0)
        rc = add_reason(review, title);
    if (rc < 0)
        return rc;
    add_present(title);
    return add_can(review, title);
}

/* --- lists ------------------------------------------------------------------------------------ */

/* What is late, of alias a (the dossier) and p (the open post), by the moment and the day given. */
#define LATE_SQL(now, today)                                                                       \
    "case when a.state = 'certified' and a.due_at < " now " then 'appointment'"                    \
    " when a.state = 'appointed' and p.ladder <> 'before' and p.pay_honoured_on is null"           \
    " and p.pay_due_on < " today " then 'pay' else '' end"

/* Which titles $1 may see in lists ('*' = all): those of his unit or district now. */
#define SCOPE_SQL                                                                                  \
    " ($1 = '*' or exists (select 1 from account_grant g where g.account_id = $1 and ("            \
    "(g.role = 'unit' and g.scope = t.unit_id)"                                                    \
    " or (g.role = 'district_hr' and g.scope = u.division_code)"                                   \
    " or (g.role = 'district_industry' and g.scope = u.division_code || '/' || t.series))))"

#define LATE_IN_LIST LATE_SQL("$4", "$5")
#define LIST_SQL                                                                                   \
    "select * from (select t.id, t.number, c.name as holder_name, coalesce(u.name, p.place, '')"   \
    " as unit_name, t.series, t.level, t.name as title_name, a.state as use_state, p.grade,"       \
    " p.from_on as appointed_on, p.pay_effective_on, p.pay_due_on, p.pay_honoured_on,"             \
    " a.due_at, " LATE_IN_LIST " as late from title t"                                             \
    " join application a on a.id = t.application_id join account c on c.id = t.account_id"         \
    " left join unit u on u.id = t.unit_id"                                                        \
    " left join post p on p.title_id = t.id and p.until_on is null where" SCOPE_SQL                \
    " and ($2 = '' or t.id < $2)) s where ($3 = '' or s.late <> '') order by s.id desc limit $6"

int td_post_list(struct td_review *review, const char *late, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    bool all = td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR);
    int rc = td_tx_rows(review->tx, &rows, LIST_SQL, "sssssi", all ? "*" : review->who->id, cursor,
                        late, review->now, review->today, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        json_object_set_new(row, "is_late", json_boolean(*td_row_text(row, "late")));
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* --- reminders -------------------------------------------------------------------------------- */

/* The unit's officials and the holder are told; the bureau and the district have the list. */
static int tell(struct td_review *review, const json_t *row)
{
    char kind[48];
    const char *late = td_row_text(row, "late"), *application = td_row_text(row, "application_id");
    snprintf(kind, sizeof(kind), "%s_late", late);
    json_t *parameters = json_pack("{s:s, s:s}", "number", td_row_text(row, "number"), "name",
                                   td_row_text(row, "name"));
    int rc = td_message_send(review, td_row_text(row, "account_id"), application, kind, parameters);
    if (rc == 0)
        rc = td_message_send_role(review, "unit", td_row_text(row, "unit_id"),
                                  td_row_text(row, "account_id"), application, kind, parameters);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into title_reminder (title_id, kind, at) values ($1, $2, $3)",
                        "sss", td_row_text(row, "id"), late, review->now);
    json_decref(parameters);
    return rc;
}

#define LATE_NOW LATE_SQL("$1", "$2")
#define REMIND_SQL                                                                                 \
    "select * from (select t.id, t.number, t.account_id, t.application_id, coalesce(t.unit_id,"    \
    " '') as unit_id, t.name, " LATE_NOW " as late from application a"                             \
    " join title t on t.application_id = a.id"                                                     \
    " left join post p on p.title_id = t.id and p.until_on is null"                                \
    " where a.state in ('certified', 'appointed')) s where s.late <> '' and not exists"            \
    " (select 1 from title_reminder r where r.title_id = s.id and r.kind = s.late)"                \
    " order by s.id limit $3"

int td_post_remind(struct td_review *review, int64_t *changed)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows, REMIND_SQL, "ssi", review->now, review->today,
                        (int64_t)TD_TICK_BATCH);
    json_array_foreach(rows, i, row) {
        if (rc == 0)
            rc = tell(review, row);
        *changed += rc == 0;
    }
    json_decref(rows);
    return rc;
}
