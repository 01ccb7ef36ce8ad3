/* receipt.c - see receipt.h. Owns no table: number, code and answer are columns of the cases. */
#include "review/receipt.h"

#include "base/id.h"
#include "config.h"
#include "review/complaint.h"
#include "review/contact.h"
#include "review/message.h"
#include "review/objection.h"
#include "review/row.h"
#include "store/store.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define OF_NUMBER                                                                                  \
    "select 'complaint' as kind, code_key from complaint where number = $1 union all "             \
    "select 'objection', code_key from objection where receipt_number = $1"

/* The text says "complaint" for all, because theirs were the first. */
static void key_of(const struct td_review *review, const char *number, const char *code,
                   char key[TD_SEAL_FINGERPRINT_TEXT])
{
    char text[128];
    snprintf(text, sizeof(text), "complaint %.40s %.40s", number, code);
    td_seal_fingerprint(review->seal, text, key);
}

int td_receipt_issue(struct td_review *review, enum td_receipt_kind kind,
                     struct td_receipt *ret_receipt)
{
    struct td_receipt *receipt = ret_receipt;
    const char *prefix = kind == TD_RECEIPT_COMPLAINT ? "XF" : "YY";
    int64_t taken = 1;
    int result = 0;
    while (!result && taken) {
        snprintf(receipt->number, sizeof(receipt->number), "%s-%.4s-%08u", prefix, review->today,
                 randombytes_uniform(100 * 1000 * 1000));
        result = td_tx_int(review->tx, &taken, "select count(*) from (" OF_NUMBER ") f", "s",
                           receipt->number);
    }
    td_id_random_hex(receipt->code, (TD_RECEIPT_CODE_TEXT - 1) / 2);
    key_of(review, receipt->number, receipt->code, receipt->key);
    return result;
}

static const char *address(const struct td_review *review)
{
    return td_arena_printf(review->arena, "%s/receipts",
                           review->config ? review->config->public_url : "");
}

json_t *td_receipt_json(const struct td_review *review, enum td_receipt_kind kind,
                        const struct td_receipt *receipt, const char *accept_by,
                        const char *answer_by)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "receipt_kind",
                     kind == TD_RECEIPT_COMPLAINT ? "complaint" : "objection", "receipt_number",
                     receipt->number, "receipt_code", receipt->code, "received_at", review->now,
                     "accept_by", accept_by, "answer_by", answer_by, "address", address(review));
}

/* As it was issued, whatever a person makes of it when he copies it. */
static void tidy(const char *typed, bool code, char out[41])
{
    size_t length = 0;
    for (const char *c = typed; *c && length < 40; c++) {
        if (*c == ' ' || *c == '\t' || (code && *c == '-'))
            continue;
        bool lower = *c >= 'a' && *c <= 'z', upper = *c >= 'A' && *c <= 'Z';
        out[length++] = code && upper ? (char)(*c + 32) : !code && lower ? (char)(*c - 32) : *c;
    }
    out[length] = 0;
}

static void complete(const struct td_review *review, json_t *status)
{
    bool received = td_row_equals(status, "receipt_state", "received");
    bool first = received && *td_row_text(status, "accept_by");
    bool waits = *td_row_text(status, "receipt_turn") != 0;
    const char *due = waits ? td_row_text(status, first ? "accept_by" : "answer_by") : "";
    json_object_set_new(status, "due_on", json_string(due));
    json_object_set_new(status, "overdue", json_boolean(*due && strcmp(due, review->today) < 0));
}

int td_receipt_open(struct td_review *review, const char *typed_number, const char *typed_code,
                    json_t **ret_status, struct td_error *reterr)
{
    json_t *row = NULL, *status = NULL;
    char number[41], code[41], key[TD_SEAL_FINGERPRINT_TEXT];
    tidy(typed_number, false, number);
    tidy(typed_code, true, code);
    int result = td_tx_row(review->tx, &row, OF_NUMBER, "s", number);
    if (result && result != TD_ENOTFOUND)
        return result;
    key_of(review, number, code, key);
    const char *kept = td_row_text(row, "code_key");
    bool opens = strlen(kept) == strlen(key) && !sodium_memcmp(kept, key, strlen(key));
    bool objection = td_row_equals(row, "kind", "objection");
    json_decref(row);
    if (!opens)
        return td_error_field(reterr, "receipt_code", "receipt_unknown", "no such receipt");
    result = objection ? td_objection_status(review, number, &status)
                       : td_complaint_status(review, number, &status);
    if (result)
        return result;
    complete(review, status);
    *ret_status = status;
    return 0;
}

int td_receipt_tell(struct td_review *review, const char *number, const char *account_id,
                    const char *contact_sealed, const char *language)
{
    json_t *words = json_pack("{s:s, s:s}", "receipt", number, "address", address(review));
    bool reached = false;
    int result = words ? 0 : TD_ENOMEM;
    if (!result && *account_id)
        result = td_message_send(review, account_id, NULL, "receipt_answered", words);
    if (!result && *account_id)
        result = td_contact_reaches(review, account_id, &reached);
    if (!result && !reached)
        result = td_contact_tell(review, contact_sealed, language, "receipt_answered", words);
    json_decref(words);
    return result;
}
