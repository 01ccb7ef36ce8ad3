/* message.c - see message.h. Owns the table `message`. Reading is not a change of the field and is
 * therefore not on the ledger. */
#include "review/message.h"

#include "base/id.h"
#include "review/contact.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>

int td_message_send(struct td_review *review, const char *account_id, const char *application_id,
                    const char *kind, const json_t *parameters)
{
    char id[TD_ID_TEXT];
    td_id_new(id);
    json_t *empty = json_object();
    int result =
        td_tx_exec(review->tx, NULL,
                   "insert into message (id, account_id, application_id, kind, parameters, at) "
                   "values ($1, $2, $3, $4, $5, $6)",
                   "ssssjs", id, account_id, application_id, kind,
                   parameters ? parameters : (const json_t *)empty, review->now);
    json_decref(empty);
    if (!result)
        result = td_contact_post(review, account_id, id);
    return result ? result : td_row_live(review->tx, "account", account_id);
}

int td_message_send_each(struct td_review *review, const json_t *people, const char *application_id,
                         const char *kind, const json_t *parameters)
{
    int result = 0;
    size_t i;
    json_t *person;
    json_array_foreach((json_t *)people, i, person)
        if (!result)
            result = td_message_send(review, td_row_text(person, "account_id"), application_id,
                                     kind, parameters);
    return result;
}

int td_message_send_role(struct td_review *review, const char *role, const char *scope,
                         const char *except, const char *application_id, const char *kind,
                         const json_t *parameters)
{
    json_t *officials = NULL;
    int result = td_tx_rows(review->tx, &officials,
                            "select distinct g.account_id from account_grant g join account c on"
                            " c.id = g.account_id where g.role = $1 and g.scope = $2 and"
                            " g.account_id <> $3 and not c.disabled order by g.account_id",
                            "sss", role, scope, except);
    if (!result)
        result = td_message_send_each(review, officials, application_id, kind, parameters);
    json_decref(officials);
    return result;
}

int td_message_unread(struct td_review *review, int64_t *ret_count)
{
    return td_tx_int(review->tx, ret_count,
                     "select count(*) from message where account_id = $1 and read_at is null", "s",
                     review->who->id);
}

/* "say" names the sentence: the view looks it up among the texts that handlers may speak. */
static void word(json_t *row)
{
    char say[64];
    snprintf(say, sizeof(say), "message_%s", td_row_text(row, "kind"));
    json_object_set_new(row, "say", json_string(say));
    json_object_set_new(row, "unread", json_boolean(!*td_row_text(row, "read_at")));
}

int td_message_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   "select m.id, m.application_id, a.number, m.kind, m.parameters, m.at as "
                   "sent_at, m.read_at, "
                   "(select d.state from delivery d where d.subject = 'message/' || m.id order by "
                   "d.id desc limit 1) "
                   "as delivery_state "
                   "from message m left join application a on a.id = m.application_id "
                   "where m.account_id = $1 and ($2 = '' or m.id < $2) order by m.id desc limit $3",
                   "ssi", review->who->id, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (result)
        return result;
    json_array_foreach(rows, i, row)
        word(row);
    int64_t unread = 0;
    result = td_message_unread(review, &unread);
    if (result) {
        json_decref(rows);
        return result;
    }
    *ret_page = td_row_page(rows, "id");
    json_object_set_new(*ret_page, "unread", json_integer(unread));
    return 0;
}

int td_message_read(struct td_review *review, const char *message_id)
{
    return td_tx_exec(review->tx, NULL,
                      "update message set read_at = $3 where account_id = $1 and read_at is null "
                      "and ($2 = '' or id = $2)",
                      "sss", review->who->id, message_id, review->now);
}
