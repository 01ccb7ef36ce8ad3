/* jobs.c - work after commit that was given up: operators see why, and let it be tried again. */
#include "api/api.h"

#include "dispatch.h"
#include "review/row.h"
#include "store/store.h"

static int list_read(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    json_t *rows = NULL;
    (void)reterr;
    const char *cursor = td_call_query(call, "cursor");
    int result =
        td_tx_rows(call->tx, &rows,
                   "select id, kind as job, attempts, failure, created_at from outbox"
                   " where done_at is null and attempts >= $1 and id > $2 order by id limit $3",
                   "isi", (int64_t)TD_DISPATCH_ATTEMPTS, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (result < 0)
        return result;
    reply->value = td_row_page(rows, "id");
    return reply->value ? 0 : TD_ENOMEM;
}

/* The dispatcher's next sweep takes it up. */
static int retry_write(struct td_call *call, struct td_reply *reply, struct td_error *reterr)
{
    struct td_review review;
    int64_t changed = 0;
    const char *id = td_call_param(call, "job");
    int result = td_api_review(call, &review);
    if (result == 0)
        result = td_tx_exec(call->tx, &changed,
                            "update outbox set attempts = 0, failure = ''"
                            " where id = $1 and done_at is null and attempts >= $2",
                            "si", id, (int64_t)TD_DISPATCH_ATTEMPTS);
    if (result == 0 && changed == 0)
        return td_error_set(reterr, TD_ENOTFOUND, "no job of this id was given up");
    reply->status = 204;
    reply->location = "/jobs";
    return result < 0 ? result : td_row_log(&review, "job.retry", "job", id, NULL);
}

const struct td_route td_jobs_routes[] = {
    {.method = TD_GET,
     .path = "/jobs",
     .roles = TD_ROLE_ADMIN | TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR,
     .summary = "Work after commit that was given up, and why",
     .query = "cursor",
     .read = list_read,
     .page = "jobs"},
    {.method = TD_POST,
     .path = "/jobs/{job}/retry",
     .roles = TD_ROLE_ADMIN,
     .summary = "Let a job that was given up be tried again",
     .write = retry_write},
    {0},
};
