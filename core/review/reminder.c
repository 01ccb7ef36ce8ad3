/* reminder.c - see reminder.h. Owns the table `reminder`. */
#include "review/reminder.h"

#include "review/message.h"
#include "review/row.h"
#include "review/tick.h"
#include "store/store.h"

/* What is said of the rows of `sql`: undecided cases with everybody who may decide them, "subject",
 * "about", "due_on", "is_new" (still to be told of), "account_id". */
struct deciding {
    const char *sql;
    const char *filed, *due; /* messages; filed "" = who files tells */
};

/* What was not said yet of such rows; $1 is the last day that is soon, $2 and $3 are the messages.
 */
#define UNTOLD_SQL(cases)                                                                          \
    "select distinct s.* from (select subject, about, due_on, account_id, case when due_on <= $1"  \
    " then $3 else $2 end as kind from (" cases ") where due_on <= $1 or (is_new and $2 <> '')) s" \
    " join account p on p.id = s.account_id where not p.disabled and not exists (select 1 from"    \
    " reminder r where r.subject = s.subject and r.kind = s.kind and r.account_id = s.account_id)" \
    " order by s.subject, s.account_id limit $4"

static const struct deciding deciding[] = {
    /* the unit on its own notice, the office on results */
    {UNTOLD_SQL("select 'objection/' || o.id as subject, n.title as about, o.decide_by as due_on,"
                " 0 as is_new, g.account_id from objection o"
                " join public_notice n on n.id = o.notice_id"
                " join application a on a.id = o.application_id"
                " join account_grant g on g.account_id <> a.account_id and case n.kind"
                " when 'unit' then g.role = 'unit' and g.scope = a.unit_id"
                " else g.role = 'office' and g.scope = a.series end"
                " where o.decided_at is null and o.decide_by <> ''"),
     "", "objection_due"},
    {UNTOLD_SQL("select 'reexamination/' || x.id as subject, a.number as about, x.due_on,"
                " 1 as is_new, g.account_id from reexamination x"
                " join application a on a.id = x.application_id"
                " join account_grant g on g.role = 'bureau' and g.account_id <> a.account_id"
                " where x.decided_at is null"),
     "recheck_filed", "recheck_due"},
    /* who has it, or everybody of the role that has it */
    {UNTOLD_SQL("select 'complaint/' || c.id || case c.complaint_state when 'received' then"
                " '/accept' else '/answer' end as subject, c.number as about,"
                " case c.complaint_state when 'received' then c.accept_by else c.answer_by end"
                " as due_on, c.complaint_state = 'received' as is_new, g.account_id"
                " from complaint c join account_grant g on case when c.assigned_to is null"
                " then g.role = c.handler else g.account_id = c.assigned_to end"
                " where c.complaint_state in ('received', 'accepted', 'investigated')"
                " and not exists (select 1 from complaint_concern n where n.complaint_id = c.id"
                " and n.account_id = g.account_id)"),
     "complaint_filed", "complaint_due"},
};

static int tell(struct td_review *review, const json_t *row)
{
    const char *kind = td_row_text(row, "kind"), *account = td_row_text(row, "account_id");
    json_t *words = json_pack("{s:O, s:O}", "about", json_object_get(row, "about"), "due_on",
                              json_object_get(row, "due_on"));
    int result = td_message_send(review, account, NULL, kind, words);
    json_decref(words);
    if (result)
        return result;
    return td_tx_exec(
        review->tx, NULL,
        "insert into reminder (subject, kind, account_id, at) values ($1, $2, $3, $4)", "ssss",
        td_row_text(row, "subject"), kind, account, review->now);
}

static int tell_of(struct td_review *review, const struct deciding *one, const char *soon,
                   int64_t *changed)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result = td_tx_rows(review->tx, &rows, one->sql, "sssi", soon, one->filed, one->due,
                            (int64_t)TD_TICK_BATCH);
    json_array_foreach(rows, i, row) {
        if (!result)
            result = tell(review, row);
        *changed += !result;
    }
    json_decref(rows);
    return result;
}

int td_reminder_run(struct td_review *review, const char *soon, int64_t *changed)
{
    int result = 0;
    for (size_t i = 0; i < sizeof(deciding) / sizeof(deciding[0]) && !result; i++)
        result = tell_of(review, &deciding[i], soon, changed);
    return result;
}
