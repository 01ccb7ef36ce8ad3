/* deliveries.c - what goes to other parties: what waits, what failed, what is done by hand. */
#include "api/api.h"
#include "review/delivery.h"
#include "review/row.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    json_t *counts = NULL;
    (void)reterr;
    int rc = td_api_review(call, &review);
    if (rc == 0)
        rc = td_delivery_list(&review, td_call_query(call, "state"), td_call_query(call, "cursor"),
                              &reply->value);
    if (rc == 0)
        rc = td_delivery_counts(call->tx, &counts);
    if (rc < 0)
        return rc;
    json_object_set_new(reply->value, "counts", counts);
    json_object_set_new(reply->value, "can_write",
                        json_boolean(td_row_is(&review, TD_ROLE_ADMIN | TD_ROLE_BUREAU)));
    return 0;
}

static int done(struct td_reply *reply, int rc)
{
    reply->status = 204;
    reply->location = "/deliveries";
    return rc;
}

static int retry_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return done(reply,
                rc ? rc : td_delivery_retry(&review, td_call_param(call, "delivery"), reterr));
}

static int give_up_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return done(reply, rc ? rc
                          : td_delivery_give_up(&review, td_call_param(call, "delivery"),
                                                td_call_text(call, "reason"), reterr));
}

static int receive_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return done(reply, rc ? rc
                          : td_delivery_receive(&review, td_call_param(call, "delivery"),
                                                td_call_text(call, "receipt"), reterr));
}

static int reject_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int rc = td_api_review(call, &review);
    return done(reply, rc ? rc
                          : td_delivery_reject(&review, td_call_param(call, "delivery"),
                                               td_call_text(call, "reason"), reterr));
}

static const struct td_field reason_body[] = {
    {"reason", TD_FIELD_TEXT, true, 1, 500, NULL, "Why"},
    {0},
};

static const struct td_field receipt_body[] = {
    {"receipt", TD_FIELD_TEXT, true, 1, 120, NULL, "The other side's number for it"},
    {0},
};

#define WRITERS (TD_ROLE_ADMIN | TD_ROLE_BUREAU)

const struct td_route td_deliveries_routes[] = {
    {TD_GET, "/deliveries", WRITERS | TD_ROLE_SUPERVISOR,
     "What goes to other parties and is not settled; or ?state=", .query = "state cursor",
     .read = list_read, .page = "deliveries"},
    {TD_POST, "/deliveries/{delivery}/retry", WRITERS,
     "Send it now, or again after a rejection; what may have arrived is asked for first",
     .write = retry_write},
    {TD_POST, "/deliveries/{delivery}/give-up", WRITERS, "Send it no more", .write = give_up_write,
     .body = reason_body},
    {TD_POST, "/deliveries/{delivery}/receipt", WRITERS,
     "Record the receipt of what was uploaded by hand", .write = receive_write,
     .body = receipt_body, .flags = TD_ROUTE_STEP_UP},
    {TD_POST, "/deliveries/{delivery}/rejection", WRITERS,
     "Record the rejection of what was uploaded by hand", .write = reject_write,
     .body = reason_body, .flags = TD_ROUTE_STEP_UP},
    {0},
};
