/* submission.c - see submission.h. Owns the table `snapshot`, application.number and pledge_at. */
#include "review/submission.h"

#include "base/id.h"
#include "review/application.h"
#include "review/blind.h"
#include "review/draft.h"
#include "review/evaluation.h"
#include "review/integrity.h"
#include "review/plugin.h"
#include "review/ladder.h"
#include "review/row.h"
#include "review/verification.h"
#include "review/window.h"
#include "review/workflow.h"
#include "store/ledger.h"
#include "store/store.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static int check_may(struct td_review *review, const json_t *application, struct td_error *reterr)
{
    int result = td_window_check(review, application, reterr);
    if (!result && td_row_equals(application, "state", "draft"))
        result = td_integrity_check(review, td_row_text(application, "account_id"),
                                    TD_INTEGRITY_APPLYING, reterr);
    return result;
}

static int check_complete(struct td_review *review, const json_t *application,
                          struct td_error *reterr)
{
    json_t *check = NULL, *section, *missing;
    size_t i, j;
    int result = td_draft_completeness(review, application, &check);
    if (result)
        return result;
    if (!td_row_bool(check, "complete")) {
        json_array_foreach(json_object_get(check, "sections"), i, section)
            json_array_foreach(json_object_get(section, "missing"), j, missing)
                result = td_error_field(reterr, td_row_text(missing, "field"),
                                        td_row_text(missing, "code"), "%s: %s",
                                        td_row_text(section, "name"), td_row_text(missing, "name"));
    }
    json_decref(check);
    return result;
}

/* A draft may have been begun under another version of the form. */
static int check_choice(const struct td_review *review, const json_t *application,
                        struct td_error *reterr)
{
    const json_t *form = td_application_form(review, application);
    return form ? td_application_check_choice(form, td_row_text(application, "level"),
                                              td_row_text(application, "specialty"), reterr)
                : 0;
}

static int mark_of(const json_t *dossier, json_t **ret_mark)
{
    char hash[65];
    int result = td_ledger_hash_json(dossier, hash);
    if (!result && !(*ret_mark = json_string(hash)))
        result = TD_ENOMEM;
    return result;
}

int td_submission_prepare(struct td_review *review, const char *application_id, json_t **ret_job,
                          json_t **ret_mark, struct td_error *reterr)
{
    json_t *application = NULL, *dossier = NULL;
    int result = td_application_load_editable(review, application_id, &application, reterr);
    if (!result)
        result = check_may(review, application, reterr);
    if (!result)
        result = check_choice(review, application, reterr);
    if (!result)
        result = td_ladder_check_application(review, application, reterr);
    if (!result)
        result = check_complete(review, application, reterr);
    if (!result)
        result = td_blind_check(review, application, reterr);
    if (!result)
        result = td_draft_dossier(review, application, &dossier);
    if (!result)
        result = mark_of(dossier, ret_mark);
    if (!result)
        *ret_job = json_pack(
            "{s:s, s:s, s:s, s:O}", "op", "facts", "series", td_row_text(application, "series"),
            "plugin", td_application_plugin_version(review, application), "dossier", dossier);
    json_decref(application);
    json_decref(dossier);
    return result;
}

int td_submission_check_answer(const json_t *answer, struct td_error *reterr)
{
    int result = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(answer, "problems"), i, entry) {
        if (!td_row_bool(entry, "blocks"))
            continue;
        char field[160];
        snprintf(field, sizeof(field), "content.%s", td_row_text(entry, "field"));
        result = td_error_field(reterr, field, td_row_text(entry, "code"), "%s",
                                td_row_text(entry, "message"));
    }
    json_array_foreach(json_object_get(answer, "gates"), i, entry) {
        if (!td_row_bool(entry, "met") && td_row_equals(entry, "blocks", "submit"))
            result = td_error_field(reterr, "", "gate", "%s: %s (%s)", td_row_text(entry, "name"),
                                    td_row_text(entry, "because"), td_row_text(entry, "basis"));
    }
    return result;
}

/* "2026-TEA-000123": the year, the series and a counter that never goes back. */
static int next_number(struct td_review *review, const json_t *application, char *number,
                       size_t size)
{
    char prefix[32], setting[48], code[4] = "";
    const char *series = td_row_text(application, "series");
    for (int i = 0; i < 3 && series[i]; i++)
        code[i] = (char)toupper((unsigned char)series[i]);
    snprintf(prefix, sizeof(prefix), "%d-%s", (int)td_row_int(application, "year"), code);
    snprintf(setting, sizeof(setting), "receipt.%s", prefix);
    int64_t count = 0;
    int result = td_row_next(review->tx, setting, &count);
    snprintf(number, size, "%s-%06lld", prefix, (long long)count);
    return result;
}

static int insert_snapshot(struct td_review *review, const json_t *application,
                           const json_t *dossier, char id[TD_ID_TEXT])
{
    char hash[65];
    int64_t sequence = 0;
    const char *application_id = td_row_text(application, "id");
    const json_t *plugin = td_application_form(review, application);
    int result = td_ledger_hash_json(dossier, hash);
    if (!result)
        result = td_tx_int(review->tx, &sequence,
                           "select count(*) from snapshot where application_id = $1", "s",
                           application_id);
    td_id_new(id);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into snapshot (id, application_id, sequence, dossier, hash, plugin_version, "
            "created_at, plugin_hash) "
            "values ($1, $2, $3, $4, $5, $6, $7, $8)",
            "ssijssss", id, application_id, sequence + 1, dossier, hash,
            td_row_text(plugin, "plugin_version"), review->now, td_row_text(plugin, "plugin_hash"));
    if (!result)
        result = td_row_log(review, "application.snapshot", "application", application_id,
                            json_pack("{s:s, s:s, s:s, s:s}", "snapshot", id, "hash", hash,
                                      "plugin_version", td_row_text(plugin, "plugin_version"),
                                      "plugin_hash", td_row_text(plugin, "plugin_hash")));
    if (!result)
        result = td_plugin_use(review, td_row_text(application, "series"), plugin);
    return result;
}

static int record(struct td_review *review, const json_t *application, const json_t *dossier)
{
    char snapshot[TD_ID_TEXT], number[64];
    const char *id = td_row_text(application, "id");
    snprintf(number, sizeof(number), "%s", td_row_text(application, "number"));
    const json_t *plugin = td_application_form(review, application);
    int result = td_verification_reset(review, application, dossier);
    if (!result)
        result = insert_snapshot(review, application, dossier, snapshot);
    if (!result && !*number)
        result = next_number(review, application, number, sizeof(number));
    if (!result)
        result =
            td_tx_exec(review->tx, NULL,
                       "update application set snapshot_id = $2, number = $3, pledge_at = $4, "
                       "submitted_at = coalesce(submitted_at, $4), plugin_version = $5, "
                       "plugin_hash = $6, form_version = $5 where id = $1",
                       "ssssss", id, snapshot, number, review->now,
                       td_row_text(plugin, "plugin_version"), td_row_text(plugin, "plugin_hash"));
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "update return_order set answered_at = $2 where application_id = $1 "
                            "and answered_at is null",
                            "ss", id, review->now);
    return result;
}

int td_submission_finish(struct td_review *review, const char *application_id, const json_t *mark,
                         const json_t *answer, const struct td_pledge *pledge,
                         json_t **ret_application, struct td_error *reterr)
{
    json_t *application = NULL, *dossier = NULL, *now = NULL;
    int result = td_application_load_editable(review, application_id, &application, reterr);
    if (!result)
        result = td_draft_settle(review, application);
    if (!result)
        result = td_draft_dossier(review, application, &dossier);
    if (!result)
        result = mark_of(dossier, &now);
    if (!result && !json_equal(mark, now))
        result = td_error_key(reterr, TD_ESTALE, "changed_meanwhile", NULL);
    if (!result && !pledge->truth)
        result = td_error_field(reterr, "pledge", "required", "confirm that the material is true");
    if (!pledge->consequences && td_row_equals(application, "track", "directed") &&
        (!result || result == TD_EFIELDS))
        result = td_error_field(reterr, "consequences", "required",
                                "confirm what the directed track means");
    if (!result)
        result = td_submission_check_answer(answer, reterr);
    if (!result)
        result = record(review, application, dossier);
    if (!result)
        result = td_workflow_apply(review, application_id, "submit", NULL, ret_application, reterr);
    if (!result)
        result = td_evaluation_queue(review, application_id);
    json_decref(application);
    json_decref(dossier);
    json_decref(now);
    return result;
}
