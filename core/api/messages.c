/* messages.c - what the system has told the caller. */
#include "api/api.h"
#include "review/contact.h"
#include "review/message.h"
#include "review/row.h"

static int list_messages(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_message_list(&review, td_call_query(call, "cursor"), &reply->value);
    return result ? td_error_set(reterr, result, "listing messages") : 0;
}

static int mark_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t unread = 0;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_message_read(&review, td_call_text(call, "message"));
    if (!result)
        result = td_message_unread(&review, &unread);
    if (result)
        return td_error_set(reterr, result, "marking messages as read");
    reply->value = json_pack("{s:I}", "unread", (json_int_t)unread);
    reply->location = "/messages";
    return 0;
}

static int contact_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    (void)reterr;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_contact_view(&review, &reply->value);
    if (result)
        return result;
    json_object_set_new(reply->value, "is_off",
                        json_boolean(td_row_equals(reply->value, "notify", "off")));
    json_object_set_new(reply->value, "is_email",
                        json_boolean(td_row_equals(reply->value, "notify", "email")));
    json_object_set_new(reply->value, "is_english",
                        json_boolean(td_row_equals(reply->value, "language", "en")));
    return 0;
}

static int contact_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int result = td_api_review(call, &review);
    if (!result)
        result = td_contact_set(&review, call->body, reterr);
    reply->status = 204;
    reply->location = "/messages/settings";
    return result;
}

static const struct td_field contact_body[] = {
    {"notify", TD_FIELD_CHOICE, true, 0, 0, "off|sms|email", "how messages are sent as well"},
    {"language", TD_FIELD_CHOICE, true, 0, 0, "zh|en", "of what is sent"},
    {"phone", TD_FIELD_TEXT, false, 0, 24, NULL, "a new number; the old one stays when absent"},
    {"email", TD_FIELD_TEXT, false, 0, 120, NULL, "a new address; the old one stays when absent"},
    {0},
};

static const struct td_field read_body[] = {
    {"message", TD_FIELD_ID, false, 0, 0, NULL, "one message; all when absent"},
    {0},
};

const struct td_route td_messages_routes[] = {
    {.method = TD_GET,
     .path = "/messages",
     .roles = TD_ROLE_ANY,
     .summary = "The caller's messages",
     .query = "cursor",
     .read = list_messages,
     .page = "messages"},
    {.method = TD_GET,
     .path = "/messages/settings",
     .roles = TD_ROLE_ANY,
     .summary = "How the caller's messages are sent as well",
     .read = contact_read,
     .page = "message_settings"},
    {.method = TD_POST,
     .path = "/messages/settings",
     .roles = TD_ROLE_ANY,
     .summary = "Change it",
     .write = contact_write,
     .body = contact_body},
    {.method = TD_POST,
     .path = "/messages/read",
     .roles = TD_ROLE_ANY,
     .summary = "Mark one or all as read",
     .write = mark_read,
     .body = read_body},
    {0},
};
