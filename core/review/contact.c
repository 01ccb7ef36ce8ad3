/* contact.c - see contact.h. Owns notify, email_sealed and language of `account`, and writes
 * phone_sealed. */
#include "review/contact.h"

#include "base/seal.h"
#include "review/delivery.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int td_contact_post(struct td_review *review, const char *account_id, const char *message_id)
{
    char subject[64], delivery[TD_ID_TEXT];
    int64_t wants = 0;
    if (!td_delivery_online("gateway"))
        return 0;
    int rc = td_tx_int(review->tx, &wants,
                       "select count(*) from account where id = $1 and not disabled and"
                       " ((notify = 'sms' and phone_sealed <> '') or"
                       " (notify = 'email' and email_sealed <> ''))",
                       "s", account_id);
    if (rc < 0 || wants == 0)
        return rc;
    snprintf(subject, sizeof(subject), "message/%s", message_id);
    return td_delivery_post(review, "message", subject, "", NULL, delivery);
}

static json_t *body_of(const struct td_review *review, const json_t *row)
{
    char say[80];
    bool sms = td_row_equals(row, "notify", "sms");
    char *to = td_unseal(review->seal, td_row_text(row, sms ? "phone_sealed" : "email_sealed"));
    snprintf(say, sizeof(say), "message_%s", td_row_text(row, "kind"));
    json_t *body = to ? json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "message",
                                  td_row_text(row, "id"), "channel", sms ? "sms" : "email", "to",
                                  to, "locale", td_row_text(row, "language"), "say", say,
                                  "parameters", json_object_get(row, "parameters"))
                      : NULL;
    free(to);
    return body;
}

int td_contact_make(struct td_review *review, const json_t *delivery, json_t **ret_body,
                    struct td_error *reterr)
{
    json_t *row = NULL;
    const char *slash = strchr(td_row_text(delivery, "subject"), '/');
    (void)reterr;
    int rc = td_tx_row(review->tx, &row,
                       "select m.id, m.kind, m.parameters, a.notify, a.language, a.phone_sealed,"
                       " a.email_sealed from message m join account a on a.id = m.account_id"
                       " where m.id = $1 and not a.disabled and ((a.notify = 'sms' and"
                       " a.phone_sealed <> '') or (a.notify = 'email' and a.email_sealed <> ''))",
                       "s", slash ? slash + 1 : "");
    if (rc < 0)
        return rc;
    *ret_body = body_of(review, row);
    json_decref(row);
    return *ret_body ? 0 : TD_ENOTFOUND;
}

int td_contact_view(struct td_review *review, json_t **ret_contact)
{
    json_t *row = NULL;
    int rc = td_tx_row(review->tx, &row,
                       "select notify, language, phone_sealed, email_sealed from account"
                       " where id = $1",
                       "s", review->who->id);
    if (rc < 0)
        return rc;
    *ret_contact =
        json_pack("{s:s, s:s, s:b, s:b, s:b}", "notify", td_row_text(row, "notify"), "language",
                  td_row_text(row, "language"), "has_phone", *td_row_text(row, "phone_sealed") != 0,
                  "has_email", *td_row_text(row, "email_sealed") != 0, "gateway",
                  td_delivery_online("gateway"));
    json_decref(row);
    return *ret_contact ? 0 : TD_ENOMEM;
}

static int check(const char *phone, const char *email, struct td_error *reterr)
{
    const char *at = strchr(email, '@');
    size_t digits = strspn(phone, "+0123456789- ");
    int rc = 0;
    if (*phone && (phone[digits] || digits < 5 || digits > 24))
        rc = td_error_field(reterr, "phone", "phone", "digits of a telephone number");
    if (*email &&
        (!at || at == email || !at[1] || strchr(at + 1, '@') || strpbrk(email, " \t\r\n<>,;\"")))
        rc = td_error_field(reterr, "email", "email", "an e-mail address");
    return rc;
}

/* What is "" stays as it is. */
static int keep(struct td_review *review, const char *sql, const char *value)
{
    char *sealed = *value ? td_seal(review->seal, value) : NULL;
    int rc = 0;
    if (*value)
        rc = sealed ? td_tx_exec(review->tx, NULL, sql, "ss", review->who->id, sealed) : TD_ENOMEM;
    free(sealed);
    return rc;
}

int td_contact_set(struct td_review *review, const json_t *contact, struct td_error *reterr)
{
    const char *phone = td_row_text(contact, "phone"), *email = td_row_text(contact, "email");
    int rc = check(phone, email, reterr);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL, "update account set notify = $2, language = $3 where id = $1", "sss",
            review->who->id, td_row_text(contact, "notify"), td_row_text(contact, "language"));
    if (rc == 0)
        rc = keep(review, "update account set phone_sealed = $2 where id = $1", phone);
    if (rc == 0)
        rc = keep(review, "update account set email_sealed = $2 where id = $1", email);
    return rc < 0 ? rc : td_row_log(review, "account.contact", "account", review->who->id, NULL);
}
