/* telling.c - see telling.h. Owns the table `telling`. */
#include "review/telling.h"

#include "base/id.h"
#include "review/message.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

int td_telling_add(struct td_review *review, const json_t *cycle, const char *stage,
                   const char *division, const char *kind, const json_t *parameters)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    return td_tx_exec(review->tx, NULL,
                      "insert into telling (id, cycle_id, stage, division_code, kind, parameters, "
                      "created_at) values ($1, $2, $3, $4, $5, $6, $7)",
                      "sssssjs", id, td_row_text(cycle, "id"), stage, division, kind, parameters,
                      review->now);
}

/* Whom it concerns: ids of accounts after $3 in their order, $4 of them. $1 the cycle, $2 the
 * division. */
#define NEXT       " and p.id > $3 order by p.id limit $4"
#define HERE(code) "($2 = '' or " code " = $2)"
/* Whose own dossier stands in a state; its id goes with the message. */
#define HOLDERS(state)                                                                             \
    "select p.id, min(a.id) as application_id from application a join account p on "               \
    "p.id = a.account_id where a.cycle_id = $1 and a.state = '" state                              \
    "' and " HERE("a.division_code") " and p.id > $3 group by p.id order by p.id limit $4"
/* Units are their division's, an industry authority's scope begins with it, an HR authority's is
 * it. */
#define OFFICIALS(roles)                                                                           \
    "select distinct p.id from account_grant p0 join account p on p.id = p0.account_id "           \
    "join cycle c on c.id = $1 left join unit u on p0.role = 'unit' and u.id = p0.scope "          \
    "where not p.disabled and p0.role in (" roles ") and "                                         \
    "(p0.role <> 'district_industry' or p0.scope like '%/' || c.series) and "                      \
    "(p0.role <> 'office' or p0.scope = c.series) and ($2 = '' or p0.role = 'office' or "          \
    "u.division_code = $2 or p0.scope = $2 or p0.scope = $2 || '/' || c.series)"

static const struct {
    const char *stage, *sql;
} listeners[] = {
    {"submission",
     "select p.id from account p join account_grant g on g.account_id = p.id and g.role = "
     "'applicant' join unit u on u.id = p.unit_id join cycle c on c.id = $1 where not p.disabled "
     "and " HERE(
         "u.division_code") " and not exists (select 1 from application a where "
                            "a.account_id = p.id and a.year = c.year and a.submitted_at is not "
                            "null) and p.id > $3 "
                            "union " OFFICIALS(
                                "'unit', 'district_industry', 'district_hr'") " and p.id > $3 "
                                                                              "order by 1 limit "
                                                                              "$4"},
    {"resubmission", HOLDERS("returned")},
    {"fee", HOLDERS("fee_due")},
    {"unit", OFFICIALS("'unit'") NEXT},
    {"district_industry", OFFICIALS("'district_industry'") NEXT},
    {"district_hr", OFFICIALS("'district_hr'") NEXT},
    {"office", OFFICIALS("'office'") NEXT},
    {"review", OFFICIALS("'office'") NEXT},
};

static const char *listeners_of(const char *stage)
{
    for (size_t i = 0; i < sizeof(listeners) / sizeof(listeners[0]); i++)
        if (!strcmp(listeners[i].stage, stage))
            return listeners[i].sql;
    return NULL;
}

/* The next batch of one order; *changed grows, and the order is done when nobody is left. */
static int tell_next(struct td_review *review, const json_t *order, int64_t *changed)
{
    json_t *people = NULL, *person;
    size_t i;
    const char *sql = listeners_of(td_row_text(order, "stage"));
    const char *told = td_row_text(order, "told_to");
    int result =
        !sql ? 0
             : td_tx_rows(review->tx, &people, sql, "sssi", td_row_text(order, "cycle_id"),
                          td_row_text(order, "division_code"), told, (int64_t)TD_TELLING_BATCH);
    json_array_foreach(people, i, person) {
        const char *application = td_row_text(person, "application_id");
        told = td_row_text(person, "id");
        if (!result)
            result =
                td_message_send(review, told, *application ? application : NULL,
                                td_row_text(order, "kind"), json_object_get(order, "parameters"));
        *changed += !result;
    }
    bool done = json_array_size(people) < TD_TELLING_BATCH;
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update telling set told_to = $2, done_at = $3 where id = $1", "sss",
                            td_row_text(order, "id"), told, done ? review->now : NULL);
    *changed += !result && done;
    json_decref(people);
    return result;
}

int td_telling_run(struct td_review *review, int64_t *changed)
{
    json_t *orders = NULL, *order;
    size_t i;
    int result = td_tx_rows(review->tx, &orders,
                            "select * from telling where done_at is null order by id limit 1", "");
    json_array_foreach(orders, i, order)
        if (!result)
            result = tell_next(review, order, changed);
    json_decref(orders);
    return result;
}
