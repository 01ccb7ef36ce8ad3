/* messages.c - what the system has told the caller. */
#include "api/api.h"
#include "review/message.h"

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
    {.method = TD_POST,
     .path = "/messages/read",
     .roles = TD_ROLE_ANY,
     .summary = "Mark one or all as read",
     .write = mark_read,
     .body = read_body},
    {0},
};
