/* contact.c - see contact.h. Owns the table `outside_message` and notify, email_sealed and language
 * of `account`, and writes phone_sealed. */
#include "review/contact.h"

#include "base/seal.h"
#include "review/delivery.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int post(struct td_review *review, const char *message_id)
{
    char subject[64], delivery[TD_ID_TEXT];
    snprintf(subject, sizeof(subject), "message/%s", message_id);
    return td_delivery_post(review, "message", subject, "", NULL, delivery);
}

int td_contact_reaches(struct td_review *review, const char *account_id, bool *ret_reached)
{
    int64_t wants = 0;
    int rc = 0;
    if (td_delivery_online("gateway"))
        rc = td_tx_int(review->tx, &wants,
                       "select count(*) from account where id = $1 and not disabled and"
                       " ((notify = 'sms' and phone_sealed <> '') or"
                       " (notify = 'email' and email_sealed <> ''))",
                       "s", account_id);
    if (rc == 0)
        *ret_reached = wants > 0;
    return rc;
}

int td_contact_post(struct td_review *review, const char *account_id, const char *message_id)
{
    bool reaches = false;
    int rc = td_contact_reaches(review, account_id, &reaches);
    return rc < 0 || !reaches ? rc : post(review, message_id);
}

/* --- somebody without an account -------------------------------------------------------------- */

/* A mobile number in what begins at `*at`, which moves behind it: digits, with `between` allowed
 * among them. */
static bool take_mobile(const char **at, const char *between, char to[TD_CONTACT_TO_TEXT])
{
    char digits[20];
    size_t count = 0;
    const char *c = *at;
    bool abroad = *c == '+';
    for (c += abroad; (*c >= '0' && *c <= '9') || (*c && strchr(between, *c)); c++)
        if (*c >= '0' && *c <= '9' && count++ < sizeof(digits) - 1)
            digits[count - 1] = *c;
    *at = c > *at ? c : c + 1;
    if (count >= sizeof(digits))
        return false;
    digits[count] = 0;
    const char *inland = count == 15 && !strncmp(digits, "0086", 4) ? digits + 4
                         : count == 13 && !strncmp(digits, "86", 2) ? digits + 2
                         : count == 11 && !abroad                   ? digits
                                                                    : "";
    bool mobile = inland[0] == '1' && inland[1] >= '3';
    if (mobile)
        snprintf(to, TD_CONTACT_TO_TEXT, "%s", inland);
    else if (abroad && count >= 8 && count <= 15)
        snprintf(to, TD_CONTACT_TO_TEXT, "+%s", digits);
    else
        return false;
    return true;
}

static bool find_mobile(const char *contact, const char *between, char to[TD_CONTACT_TO_TEXT])
{
    for (const char *at = contact; *at;) {
        if (*at != '+' && (*at < '0' || *at > '9'))
            at++;
        else if (take_mobile(&at, between, to))
            return true;
    }
    return false;
}

static bool is_of_mail(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("._%+-", c));
}

static bool find_mail(const char *contact, char to[TD_CONTACT_TO_TEXT])
{
    const char *at = strchr(contact, '@'), *from = at, *end = at ? at + 1 : NULL;
    if (!at)
        return false;
    while (from > contact && is_of_mail(from[-1]))
        from--;
    while (is_of_mail(*end))
        end++;
    while (end > at + 1 && end[-1] == '.')
        end--;
    size_t length = (size_t)(end - from);
    if (from == at || *end == '@' || at[1] == '.' || length >= TD_CONTACT_TO_TEXT ||
        !memchr(at + 1, '.', (size_t)(end - at - 1)))
        return false;
    memcpy(to, from, length);
    to[length] = 0;
    return true;
}

const char *td_contact_find(const char *contact, char to[TD_CONTACT_TO_TEXT])
{
    if (find_mobile(contact, "", to) || find_mobile(contact, "- ", to))
        return "sms";
    return find_mail(contact, to) ? "email" : NULL;
}

int td_contact_tell(struct td_review *review, const char *contact_sealed, const char *language,
                    const char *kind, const json_t *parameters)
{
    char id[TD_ID_TEXT], to[TD_CONTACT_TO_TEXT];
    char *contact = td_unseal(review->seal, contact_sealed);
    bool reaches = contact && td_delivery_online("gateway") && td_contact_find(contact, to);
    free(contact);
    if (!reaches)
        return 0;
    td_id_new(id);
    int rc = td_tx_exec(review->tx, NULL,
                        "insert into outside_message (id, kind, parameters, contact_sealed, "
                        "language, at) values ($1, $2, $3, $4, $5, $6)",
                        "ssjsss", id, kind, parameters, contact_sealed, language, review->now);
    return rc < 0 ? rc : post(review, id);
}

/* --- the text --------------------------------------------------------------------------------- */

static json_t *body_to(const json_t *row, const char *channel, const char *to)
{
    char say[80];
    snprintf(say, sizeof(say), "message_%s", td_row_text(row, "kind"));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "message", td_row_text(row, "id"), "channel",
                     channel, "to", to, "locale", td_row_text(row, "language"), "say", say,
                     "parameters", json_object_get(row, "parameters"));
}

static json_t *body_of(const struct td_review *review, const json_t *row)
{
    bool sms = td_row_equals(row, "notify", "sms");
    char *to = td_unseal(review->seal, td_row_text(row, sms ? "phone_sealed" : "email_sealed"));
    json_t *body = to ? body_to(row, sms ? "sms" : "email", to) : NULL;
    free(to);
    return body;
}

static int make_outside(struct td_review *review, const char *id, json_t **ret_body)
{
    json_t *row = NULL;
    char to[TD_CONTACT_TO_TEXT];
    int rc = td_tx_row(review->tx, &row,
                       "select id, kind, parameters, contact_sealed, language from outside_message"
                       " where id = $1",
                       "s", id);
    if (rc < 0)
        return rc;
    char *contact = td_unseal(review->seal, td_row_text(row, "contact_sealed"));
    const char *channel = contact ? td_contact_find(contact, to) : NULL;
    *ret_body = channel ? body_to(row, channel, to) : NULL;
    free(contact);
    json_decref(row);
    return *ret_body ? 0 : TD_ENOTFOUND;
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
    if (rc == TD_ENOTFOUND)
        return make_outside(review, slash ? slash + 1 : "", ret_body);
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
