/* filing.c - confirmation, sending, deciding and certifying. Writes `filing`, whose rows
 * filing_prepare.c makes; states of dossiers are the workflow's, titles title.c's, the committee's
 * approval committee_approval.c's. */
#include "review/filing.h"

#include "config.h"
#include "review/application.h"
#include "review/committee.h"
#include "review/cycle.h"
#include "review/delivery.h"
#include "review/expert.h"
#include "review/filing_row.h"
#include "review/post.h"
#include "review/row.h"
#include "review/title.h"
#include "review/workflow.h"
#include "store/files.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

enum { AUTHORITY_ROOM = 100 };

int td_filing_may(const struct td_review *review, struct td_error *reterr)
{
    if (!review->who || td_row_is(review, TD_ROLE_BUREAU))
        return 0;
    return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau does this");
}

/* Applies a workflow action to every {"id"} of `rows` (stolen). */
static int apply_all(struct td_review *review, json_t *rows, const char *action, int64_t *ret_count,
                     struct td_error *reterr)
{
    size_t i;
    json_t *row = NULL;
    int rc = 0;
    *ret_count = (int64_t)json_array_size(rows);
    json_array_foreach(rows, i, row)
        if ((rc = td_workflow_apply(review, td_row_text(row, "id"), action, NULL, NULL, reterr)) <
            0)
            break;
    json_decref(rows);
    return rc;
}

/* An objection keeps back whom it names and nobody else; whatever else refuses, refuses all. */
static int confirm_all(struct td_review *review, const json_t *rows, int64_t *ret_confirmed,
                       int64_t *ret_kept_back, struct td_error *reterr)
{
    size_t i;
    json_t *row = NULL;
    *ret_confirmed = *ret_kept_back = 0;
    json_array_foreach((json_t *)rows, i, row) {
        struct td_error refusal = TD_ERROR_INIT;
        int rc = td_workflow_apply(review, td_row_text(row, "id"), "confirm", NULL, NULL, &refusal);
        bool objected = rc == TD_ECONFLICT && (!strcmp(refusal.key, "objection_open") ||
                                               !strcmp(refusal.key, "objection_upheld"));
        if (rc < 0 && !objected) {
            td_error_key(reterr, rc, refusal.key, json_incref(refusal.parameters));
            td_error_done(&refusal);
            return rc;
        }
        td_error_done(&refusal);
        ++*(objected ? ret_kept_back : ret_confirmed);
    }
    return 0;
}

int td_filing_confirm(struct td_review *review, const char *notice_id, int64_t *ret_confirmed,
                      int64_t *ret_kept_back, struct td_error *reterr)
{
    json_t *rows = NULL;
    int rc = td_filing_may(review, reterr);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &rows,
            "select a.id from public_notice_entry e join public_notice n on n.id = e.notice_id"
            " join application a on a.id = e.application_id where n.id = $1 and n.kind = 'result'"
            " and a.state = 'result_notice' order by a.id",
            "s", notice_id);
    if (rc < 0)
        return rc;
    rc = confirm_all(review, rows, ret_confirmed, ret_kept_back, reterr);
    json_decref(rows);
    if (rc == 0 && *ret_confirmed == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_confirm", NULL);
    return rc;
}

int td_filing_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc =
        td_tx_rows(review->tx, &rows,
                   "select f.id, f.kind, f.kind as filing_kind, f.state, f.state as filing_state, "
                   "f.package_hash, f.reference, f.approved_on, f.created_at, f.due_on, f.sent_at,"
                   " f.level, f.approver, y.name as cycle_name,"
                   " (select count(*) from filing_entry e where e.filing_id = f.id) as dossiers"
                   " from filing f join cycle y on y.id = f.cycle_id where " TD_COMMITTEE_SCOPE_SQL(
                       "$1", "y.series") " and ($2 = '' or f.id < $2) order by f.id desc"
                                         " limit $3",
                   "ssi", td_committee_scope(review->who), cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

int td_filing_load(struct td_tx *tx, const char *filing_id, json_t **ret_filing)
{
    return td_tx_row(
        tx, ret_filing,
        "select f.*, f.state as filing_state, f.kind as filing_kind, y.name as cycle_name,"
        " y.series, y.year, (select count(*) from filing_entry e"
        " join application a on a.id = e.application_id where e.filing_id = f.id"
        " and a.state = 'filed') as uncertified from filing f join cycle y on y.id = f.cycle_id"
        " where f.id = $1",
        "s", filing_id);
}

/* The authority whose consent these results need first, by the setting results_consent; "" when
 * none. */
static void authority_of(const struct td_review *review, const json_t *filing,
                         char authority[AUTHORITY_ROOM])
{
    const char *series = td_row_text(filing, "series"), *at = review->config->results_consent;
    size_t length = strlen(series);
    authority[0] = 0;
    while (*at && td_row_equals(filing, "kind", "results")) {
        at += strspn(at, " ");
        size_t word = strcspn(at, " ");
        if (word > length && !strncmp(at, series, length) && at[length] == ':') {
            snprintf(authority, AUTHORITY_ROOM, "%.*s", (int)(word - length - 1), at + length + 1);
            return;
        }
        at += word;
    }
}

static bool is_in(const json_t *filing, const char *states)
{
    char mark[40];
    snprintf(mark, sizeof(mark), "|%s|", td_row_text(filing, "state"));
    return strstr(states, mark) != NULL;
}

/* What the city decided itself goes to the platform for the record. */
static bool may_send(const json_t *filing)
{
    bool own = td_row_equals(filing, "approver", "city") && !*td_row_text(filing, "sent_at");
    return is_in(filing, "|prepared|") || (own && is_in(filing, "|approved|"));
}

static bool may_decide(const json_t *filing)
{
    bool own = td_row_equals(filing, "approver", "city");
    return is_in(filing, own ? "|prepared|sent|received|" : "|sent|received|");
}

static json_t *what_may_be_done(const struct td_review *review, const json_t *filing)
{
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    bool consented = !*td_row_text(filing, "needs_consent") || *td_row_text(filing, "consent_on");
    return json_pack(
        "{s:b, s:b, s:b, s:b, s:b, s:b}", "send", bureau && may_send(filing) && consented,
        "consent", bureau && !consented && is_in(filing, "|prepared|"), "decide",
        bureau && may_decide(filing) && *td_row_text(filing, "approver"), "refuse",
        bureau && may_decide(filing), "certify",
        bureau && is_in(filing, "|approved|") && td_row_int(filing, "uncertified") > 0, "ask",
        bureau && is_in(filing, "|received|") && td_row_bool(filing, "online") &&
            td_row_equals(filing, "approver", "region"));
}

/* By when it should have been sent, and was not. */
static bool is_late(const struct td_review *review, const json_t *filing)
{
    const char *due = td_row_text(filing, "due_on"), *sent = td_row_text(filing, "sent_at");
    td_date day;
    char end[TD_TIME_TEXT];
    if (!*due || td_date_parse(due, &day) < 0)
        return false;
    td_time_format(td_clock_day_end_ms(day), end);
    return strcmp(*sent ? sent : review->now, end) >= 0;
}

int td_filing_view(struct td_review *review, const char *filing_id, json_t **ret_filing,
                   struct td_error *reterr)
{
    json_t *filing = NULL, *entries = NULL, *entry = NULL, *delivery = NULL;
    char subject[64], authority[AUTHORITY_ROOM];
    size_t i;
    snprintf(subject, sizeof(subject), "filing/%s", filing_id);
    int rc = td_filing_load(review->tx, filing_id, &filing);
    if (rc < 0)
        return rc;
    rc = td_committee_may_read(review, td_row_text(filing, "series"), reterr);
    if (rc == 0)
        rc = td_tx_rows(
            review->tx, &entries,
            "select a.id, a.number, c.name, u.name as unit_name, a.series, a.specialty, a.level, "
            "a.plugin_version, a.state,"
            " coalesce(t.number, '') as certificate_number, coalesce(t.id, '') as title_id"
            " from filing_entry e join application a on a.id = e.application_id"
            " join account c on c.id = a.account_id join unit u on u.id = a.unit_id"
            " left join title t on t.application_id = a.id where e.filing_id = $1 order by "
            "a.number",
            "s", filing_id);
    if (rc == 0)
        rc = td_delivery_of(review->tx, subject, &delivery);
    if (rc < 0) {
        json_decref(entries);
        json_decref(filing);
        return rc;
    }
    json_array_foreach(entries, i, entry)
        td_application_name(review, entry);
    json_object_set_new(filing, "dossiers", entries);
    json_object_set_new(filing, "delivery", delivery);
    authority_of(review, filing, authority);
    json_object_set_new(filing, "needs_consent", json_string(authority));
    json_object_set_new(filing, "is_late", json_boolean(is_late(review, filing)));
    json_object_set_new(filing, "can", what_may_be_done(review, filing));
    *ret_filing = filing;
    return 0;
}

/* --- sending and deciding --------------------------------------------------------------------- */

int td_filing_load_in(struct td_review *review, const char *filing_id, const char *states,
                      json_t **ret_filing, struct td_error *reterr)
{
    json_t *filing = NULL;
    int rc = td_filing_may(review, reterr);
    if (rc == 0)
        rc = td_filing_load(review->tx, filing_id, &filing);
    if (rc < 0)
        return rc;
    if (!is_in(filing, states)) {
        rc = td_error_key(reterr, TD_ECONFLICT, "filing_state",
                          json_pack("{s:s}", "filing_state", td_row_text(filing, "state")));
        json_decref(filing);
        return rc;
    }
    *ret_filing = filing;
    return 0;
}

/* What the platform gets. */
static int post(struct td_review *review, const json_t *filing, char ret_delivery[TD_ID_TEXT])
{
    static const char *const members[] = {"kind",        "level",          "approver",  "reference",
                                          "approved_on", "consent_number", "consent_on"};
    char subject[64];
    const char *id = td_row_text(filing, "id");
    snprintf(subject, sizeof(subject), "filing/%s", id);
    json_t *body =
        json_pack("{s:s, s:O, s:O}", "filing", id, "hash", json_object_get(filing, "package_hash"),
                  "package", json_object_get(filing, "package"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        json_object_set_new(body, members[i], json_string(td_row_text(filing, members[i])));
    int rc = body ? td_delivery_post(review, "filing", subject, "", body, ret_delivery) : TD_ENOMEM;
    json_decref(body);
    return rc;
}

static int check_consent(const struct td_review *review, const json_t *filing,
                         struct td_error *reterr)
{
    char authority[AUTHORITY_ROOM];
    authority_of(review, filing, authority);
    if (!*authority || *td_row_text(filing, "consent_on"))
        return 0;
    return td_error_key(reterr, TD_ECONFLICT, "consent_missing",
                        json_pack("{s:s}", "authority", authority));
}

int td_filing_send(struct td_review *review, const char *filing_id, struct td_error *reterr)
{
    json_t *filing = NULL;
    char delivery[TD_ID_TEXT] = "";
    int rc = td_filing_load_in(review, filing_id, "|prepared|approved|", &filing, reterr);
    if (rc < 0)
        return rc;
    if (!may_send(filing))
        rc = td_error_key(reterr, TD_ECONFLICT, "filing_state",
                          json_pack("{s:s}", "filing_state", td_row_text(filing, "state")));
    if (rc == 0)
        rc = check_consent(review, filing, reterr);
    if (rc == 0)
        rc = post(review, filing, delivery);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update filing set delivery_id = $2, sent_at = $3, state = case state"
                        " when 'prepared' then 'sent' else state end where id = $1",
                        "sss", filing_id, delivery, review->now);
    json_decref(filing);
    return rc < 0 ? rc
                  : td_row_log(review, "filing.send", "filing", filing_id,
                               json_pack("{s:s}", "delivery", delivery));
}

/* --- the consent that comes before ------------------------------------------------------------ */

static int check_day(const struct td_review *review, const char *field, const char *day,
                     struct td_error *reterr)
{
    td_date date;
    if (td_date_parse(day, &date) == 0 && strcmp(day, review->today) <= 0)
        return 0;
    return td_error_field(reterr, field, "date", "needs a day that has come");
}

int td_filing_consent_check(struct td_review *review, const char *filing_id,
                            const struct td_filing_consent *consent, const char **ret_type,
                            struct td_error *reterr)
{
    json_t *filing = NULL;
    char authority[AUTHORITY_ROOM];
    int rc = td_filing_load_in(review, filing_id, "|prepared|", &filing, reterr);
    if (rc < 0)
        return rc;
    authority_of(review, filing, authority);
    if (!*authority)
        rc = td_error_key(reterr, TD_ECONFLICT, "consent_not_needed", NULL);
    json_decref(filing);
    if (rc == 0)
        rc = check_day(review, "given_on", consent->given_on, reterr);
    return rc < 0 ? rc : td_evidence_sniff(consent->document, ret_type, reterr);
}

int td_filing_consent(struct td_review *review, const char *filing_id,
                      const struct td_filing_consent *consent, struct td_error *reterr)
{
    const char *type = NULL;
    const struct td_evidence_upload *document = consent->document;
    int rc = td_filing_consent_check(review, filing_id, consent, &type, reterr);
    if (rc == 0)
        rc = td_files_adopt(td_tx_store(review->tx), document->path, document->hash, reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update filing set consent_number = $2, consent_on = $3, consent_hash = $4,"
                        " consent_name = $5, consent_type = $6 where id = $1",
                        "ssssss", filing_id, consent->number, consent->given_on, document->hash,
                        document->name, type);
    return rc < 0 ? rc
                  : td_row_log(review, "filing.consent", "filing", filing_id,
                               json_pack("{s:s, s:s, s:s}", "number", consent->number, "given_on",
                                         consent->given_on, "document", document->hash));
}

/* --- the decision ----------------------------------------------------------------------------- */

static int entries_in(struct td_tx *tx, const char *filing_id, const char *state, json_t **ret_rows)
{
    return td_tx_rows(
        tx, ret_rows,
        "select a.id from filing_entry e join application a on a.id = e.application_id"
        " where e.filing_id = $1 and a.state = $2 order by a.number",
        "ss", filing_id, state);
}

/* The committee or pool that is filed. One whose office waits for no decision has it in its
 * register already. */
static int waits(struct td_tx *tx, const json_t *filing, bool *ret_waits)
{
    int64_t count = 0;
    int rc = td_tx_int(
        tx, &count,
        "select (select count(*) from committee where id = $1 and submitted_at is not null) +"
        " (select count(*) from expert_pool where id = $2 and submitted_at is not null)",
        "ss", td_row_text(filing, "committee_id"), td_row_text(filing, "pool_id"));
    *ret_waits = count > 0;
    return rc;
}

static int register_approval(struct td_review *review, const json_t *filing, const char *reference,
                             const char *approved_on, struct td_error *reterr)
{
    const char *committee = td_row_text(filing, "committee_id"),
               *pool = td_row_text(filing, "pool_id");
    const struct td_committee_approval approval = {td_row_text(filing, "approver"), reference,
                                                   approved_on};
    bool waiting = false;
    int rc = waits(review->tx, filing, &waiting);
    if (rc < 0 || !waiting)
        return rc;
    return *pool ? td_expert_pool_approve(review, pool, &approval, reterr)
                 : td_committee_approve(review, committee, &approval, reterr);
}

static int register_refusal(struct td_review *review, const json_t *filing, const char *reason,
                            struct td_error *reterr)
{
    const char *committee = td_row_text(filing, "committee_id"),
               *pool = td_row_text(filing, "pool_id");
    bool waiting = false;
    int rc = waits(review->tx, filing, &waiting);
    if (rc < 0 || !waiting)
        return rc;
    return *pool ? td_expert_pool_refuse(review, pool, reason, reterr)
                 : td_committee_refuse(review, committee, reason, reterr);
}

/* That somebody decided there proves that it arrived; what is refused here is not sent any more. */
static int end_delivery(struct td_review *review, const json_t *filing, const char *reference,
                        const char *reason)
{
    char subject[64];
    snprintf(subject, sizeof(subject), "filing/%s", td_row_text(filing, "id"));
    return td_delivery_close(review, subject, reference, reason);
}

int td_filing_end_well(struct td_review *review, const json_t *filing, const char *reference,
                       const char *approved_on, struct td_error *reterr)
{
    const char *id = td_row_text(filing, "id");
    json_t *rows = NULL;
    int64_t filed;
    int rc = *reference ? 0
                        : td_error_field(reterr, "reference", "required",
                                         "the approving authority's number is missing");
    if (check_day(review, "approved_on", approved_on, reterr) < 0)
        rc = TD_EFIELDS;
    if (rc == 0)
        rc = register_approval(review, filing, reference, approved_on, reterr);
    if (rc == 0)
        rc = td_tx_exec(
            review->tx, NULL,
            "update filing set state = 'approved', reference = $2, approved_on = $3 where id = $1",
            "sss", id, reference, approved_on);
    if (rc == 0)
        rc =
            td_row_log(review, "filing.approve", "filing", id,
                       json_pack("{s:s, s:s}", "reference", reference, "approved_on", approved_on));
    if (rc == 0 && td_row_equals(filing, "approver", "region")) /* the city's still goes there */
        rc = end_delivery(review, filing, reference, "");
    if (rc == 0)
        rc = entries_in(review->tx, id, "confirmed", &rows);
    if (rc == 0)
        rc = apply_all(review, rows, "file", &filed, reterr);
    return rc < 0 ? rc : td_row_live(review->tx, "filing", id);
}

/* What was in it can be filed again; a committee or pool goes back to its office. */
int td_filing_end_badly(struct td_review *review, const json_t *filing, const char *reason,
                        struct td_error *reterr)
{
    const char *id = td_row_text(filing, "id");
    int rc = td_tx_exec(review->tx, NULL,
                        "update filing set state = 'refused', reason = $2 where id = $1", "ss", id,
                        reason);
    if (rc == 0)
        rc =
            td_row_log(review, "filing.refuse", "filing", id, json_pack("{s:s}", "reason", reason));
    if (rc == 0)
        rc = register_refusal(review, filing, reason, reterr);
    return rc < 0 ? rc : td_row_live(review->tx, "filing", id);
}

static int not_decided(const json_t *filing, struct td_error *reterr)
{
    return td_error_key(reterr, TD_ECONFLICT, "filing_state",
                        json_pack("{s:s}", "filing_state", td_row_text(filing, "state")));
}

int td_filing_refuse(struct td_review *review, const char *filing_id, const char *reason,
                     struct td_error *reterr)
{
    json_t *filing = NULL;
    if (!*reason)
        return td_error_field(reterr, "reason", "required", "a refusal states its reason");
    int rc = td_filing_load_in(review, filing_id, "|prepared|sent|received|", &filing, reterr);
    if (rc < 0)
        return rc;
    rc = may_decide(filing) ? td_filing_end_badly(review, filing, reason, reterr)
                            : not_decided(filing, reterr);
    if (rc == 0)
        rc = end_delivery(review, filing, "", reason);
    json_decref(filing);
    return rc;
}

int td_filing_approve(struct td_review *review, const char *filing_id, const char *reference,
                      const char *approved_on, struct td_error *reterr)
{
    json_t *filing = NULL;
    int rc = td_filing_load_in(review, filing_id, "|prepared|sent|received|", &filing, reterr);
    if (rc < 0)
        return rc;
    if (!*td_row_text(filing, "approver")) /* a plan, a report: filed, nobody decides */
        rc = td_error_key(reterr, TD_ECONFLICT, "filing_only", NULL);
    else
        rc = may_decide(filing) ? td_filing_end_well(review, filing, reference, approved_on, reterr)
                                : not_decided(filing, reterr);
    json_decref(filing);
    return rc;
}

static int certify_one(struct td_review *review, const char *application_id, const char *awarded_on,
                       struct td_error *reterr)
{
    json_t *application = NULL;
    int rc = td_application_row(review, application_id, &application, reterr);
    if (rc < 0)
        return rc;
    rc = td_title_issue(review, application, awarded_on, reterr);
    json_decref(application);
    if (rc == 0)
        rc = td_workflow_apply(review, application_id, "certify", NULL, NULL, reterr);
    return rc < 0 ? rc : td_post_begin(review, application_id, reterr);
}

int td_filing_certify(struct td_review *review, const char *filing_id, int64_t *ret_issued,
                      struct td_error *reterr)
{
    json_t *filing = NULL, *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_filing_load_in(review, filing_id, "|approved|", &filing, reterr);
    if (rc < 0)
        return rc;
    rc = entries_in(review->tx, filing_id, "filed", &rows);
    if (rc == 0 && json_array_size(rows) == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "nothing_to_certify", NULL);
    json_array_foreach(rows, i, row) {
        if (rc == 0)
            rc = certify_one(review, td_row_text(row, "id"), td_row_text(filing, "approved_on"),
                             reterr);
    }
    *ret_issued = (int64_t)json_array_size(rows);
    json_decref(rows);
    json_decref(filing);
    return rc;
}
