/* title.c - issues titles and answers the certificate check. Writes `title` and a checkpoint. */
#include "review/title.h"

#include "config.h"
#include "review/application.h"
#include "review/certificate.h"
#include "review/ladder.h"
#include "review/post.h"
#include "review/row.h"
#include "store/checkpoint.h"
#include "store/store.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { TD_TITLE_NUMBER_TEXT = 96 };

static int level_digit(const char *level)
{
    static const char *const levels[] = {"full_senior", "senior", "intermediate", "junior"};
    for (int i = 0; i < 4; i++)
        if (!strcmp(levels[i], level))
            return i + 1;
    return 9;
}

/* The next number of this series, year and level. */
static int next_number(struct td_review *review, const json_t *application,
                       char number[TD_TITLE_NUMBER_TEXT])
{
    char prefix[64], setting[80];
    int n = snprintf(prefix, sizeof(prefix), "%.40s-%lld-%d-", td_row_text(application, "series"),
                     (long long)td_row_int(application, "year"),
                     level_digit(td_row_text(application, "level")));
    for (int i = 0; i < n; i++)
        prefix[i] = (char)toupper((unsigned char)prefix[i]);
    snprintf(setting, sizeof(setting), "certificate.%s", prefix);
    int64_t count = 0;
    int rc = td_row_next(review->tx, setting, &count);
    snprintf(number, TD_TITLE_NUMBER_TEXT, "%s%05lld", prefix, (long long)count);
    return rc;
}

/* What the check page shows, in both languages; never a number of the person. */
static json_t *listed(const json_t *application)
{
    static const char *const members[] = {"series_name",   "series_name_en", "title_name",
                                          "title_name_en", "specialty_name", "specialty_name_en"};
    json_t *shown = json_pack("{s:s, s:s}", "name", td_row_text(application, "applicant_name"),
                              "level", td_row_text(application, "level"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *value = json_object_get(application, members[i]);
        if (value)
            json_object_set(shown, members[i], value);
    }
    return shown;
}

/* Signs what the certificate of a title says; `title` is {"number", "awarded_on", "issued_at",
 * "track", "listed"}. */
static int sign(struct td_review *review, const json_t *title, const char **ret_token)
{
    unsigned char signature[TD_CERTIFICATE_SIGNATURE];
    struct td_strbuf text, token;
    const json_t *listed = json_object_get(title, "listed");
    json_t *said = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "number",
        td_row_text(title, "number"), "name", td_row_text(listed, "name"), "title",
        td_row_text(listed, "title_name"), "specialty", td_row_text(listed, "specialty_name"),
        "series", td_row_text(listed, "series_name"), "level", td_row_text(listed, "level"),
        "track", td_row_text(title, "track"), "awarded_on", td_row_text(title, "awarded_on"),
        "issuer", review->config->certificate_issuer, "issued_on", td_row_text(title, "issued_on"));
    td_strbuf_init(&text);
    td_strbuf_init(&token);
    int rc = said ? td_certificate_state(said, &text) : TD_ENOMEM;
    if (rc == 0)
        rc = td_checkpoint_sign(review->tx, text.bytes, text.length, signature);
    if (rc == 0) {
        td_certificate_token(text.bytes, text.length, signature, &token);
        *ret_token =
            token.failed ? NULL : td_arena_strndup(review->arena, token.bytes, token.length);
        rc = *ret_token ? 0 : TD_ENOMEM;
    }
    json_decref(said);
    td_strbuf_done(&text);
    td_strbuf_done(&token);
    return rc;
}

/* Signed once, at the issue, so that every copy is the same. A store without a key signs nothing.
 */
static int keep_token(struct td_review *review, const char *title_id)
{
    json_t *title = NULL;
    const char *token;
    int rc = td_tx_row(review->tx, &title,
                       "select number, awarded_on, track, listed, $2 as issued_on from title"
                       " where id = $1",
                       "ss", title_id, review->today);
    if (rc == 0)
        rc = sign(review, title, &token);
    json_decref(title);
    if (rc == TD_ENOTFOUND)
        return 0;
    return rc < 0 ? rc
                  : td_tx_exec(review->tx, NULL, "update title set token = $2 where id = $1", "ss",
                               title_id, token);
}

int td_title_issue(struct td_review *review, json_t *application, const char *awarded_on,
                   struct td_error *reterr)
{
    char id[TD_ID_TEXT], number[TD_TITLE_NUMBER_TEXT], code[17];
    if (strcmp(td_row_text(application, "state"), "filed"))
        return td_error_key(reterr, TD_ECONFLICT, "not_filed", NULL);
    td_application_name(review, application);
    bool directed = !td_row_equals(application, "track", "general");
    int rc = next_number(review, application, number);
    if (rc < 0)
        return rc;
    td_id_new(id);
    td_id_random_hex(code, 8);
    json_t *shown = listed(application);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into title (id, number, check_code, application_id, account_id, series, level,"
        " specialty, name, track, awarded_on, listed, issued_by, issued_at, unit_id)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        "sssssssssssjsss", id, number, code, td_row_text(application, "id"),
        td_row_text(application, "account_id"), td_row_text(application, "series"),
        td_row_text(application, "level"), td_row_text(application, "specialty"),
        td_row_text(application, "title_name"), td_row_text(application, "track"), awarded_on,
        shown, review->who->id, review->now, td_row_text(application, "unit_id"));
    json_decref(shown);
    if (rc == 0)
        rc = td_row_log(review, "title.issue", "title", id,
                        json_pack("{s:s, s:s, s:s}", "application", td_row_text(application, "id"),
                                  "number", number, "awarded_on", awarded_on));
    if (rc == 0)
        rc = keep_token(review, id);
    json_t *made = NULL;
    if (rc == 0)
        rc = td_checkpoint_make(review->tx, "certificate", &made);
    json_decref(made);
    if (rc == 0 && !directed)
        rc = td_ladder_convert(review, td_row_text(application, "account_id"),
                               td_row_text(application, "series"),
                               td_row_text(application, "level"), reterr);
    return rc;
}

/* Adds "ledger" to what is shown of a title. */
static int add_proof(struct td_review *review, const char *title_id, json_t *shown)
{
    json_t *checkpoint = NULL, *proof = NULL;
    int64_t sequence = 0, size;
    const char *subject = td_arena_printf(review->arena, "title/%s", title_id);
    int rc = !subject ? TD_ENOMEM
                      : td_tx_int(review->tx, &sequence,
                                  "select min(sequence) from ledger where subject = $1"
                                  " and action = 'title.issue'",
                                  "s", subject);
    if (rc == 0)
        rc = sequence ? td_checkpoint_covering(review->tx, sequence, &checkpoint) : TD_ENOTFOUND;
    if (rc == TD_ENOTFOUND)
        return json_object_set_new(shown, "ledger", json_null());
    if (rc < 0)
        return rc;
    size = td_row_int(checkpoint, "size");
    rc = td_checkpoint_prove(review->tx, sequence, size, &proof);
    if (rc == 0) {
        json_object_set_new(proof, "checkpoint", checkpoint);
        json_object_set_new(shown, "ledger", proof);
    } else {
        json_decref(checkpoint);
    }
    return rc;
}

/* The title's state as the dossier has it. */
#define STATE_SQL                                                                                  \
    " case when a.state in ('suspended', 'converted', 'revoked', 'retired') then a.state else "    \
    "t.state end "                                                                                 \
    "as state"

static const char *valid_in(const json_t *title)
{
    return td_row_equals(title, "track", "general") ? "region" : "city_grassroots";
}

static bool same(const char *left, const char *right)
{
    size_t length = strlen(left);
    return length > 0 && length == strlen(right) && sodium_memcmp(left, right, length) == 0;
}

static bool opens(const json_t *title, const char *code, const char *name)
{
    if (*code)
        return same(td_row_text(title, "check_code"), code);
    return same(td_row_text(json_object_get(title, "listed"), "name"), name);
}

/* What happened to the title and when; documents and reasons are not the public's. */
static json_t *public_history(const json_t *changes)
{
    json_t *shown = json_array(), *change;
    size_t i;
    json_array_foreach((json_t *)changes, i, change)
        json_array_append_new(shown,
                              json_pack("{s:O, s:O}", "action", json_object_get(change, "action"),
                                        "changed_at", json_object_get(change, "changed_at")));
    return shown;
}

int td_title_check(struct td_review *review, const char *number, const char *code, const char *name,
                   json_t **ret_certificate, struct td_error *reterr)
{
    json_t *title = NULL;
    int rc =
        td_tx_row(review->tx, &title,
                  "select t.id, t.number, t.check_code, t.application_id, t.account_id, t.level,"
                  " t.awarded_on, t.track, t.listed, a.state as use_state," STATE_SQL
                  " from title t join application a on a.id = t.application_id where t.number = $1",
                  "s", number);
    if (rc < 0 && rc != TD_ENOTFOUND)
        return rc;
    if (rc == TD_ENOTFOUND || !opens(title, code, name)) {
        if (rc == 0)
            json_decref(title);
        return td_error_key(reterr, TD_ENOTFOUND, "certificate_not_found", NULL);
    }
    json_t *shown = json_copy(json_object_get(title, "listed"));
    json_object_set(shown, "number", json_object_get(title, "number"));
    json_object_set(shown, "awarded_on", json_object_get(title, "awarded_on"));
    json_object_set(shown, "track", json_object_get(title, "track"));
    json_object_set_new(shown, "certificate_state", json_string(td_row_text(title, "state")));
    json_object_set_new(shown, "valid_in", json_string(valid_in(title)));
    json_object_set_new(title, "certificate_state", json_string(td_row_text(title, "state")));
    rc = td_post_describe(review, title);
    json_object_set(shown, "state_since", json_object_get(title, "state_since"));
    json_object_set(shown, "state_why", json_object_get(title, "state_why"));
    json_object_set_new(shown, "state_history", public_history(json_object_get(title, "changes")));
    if (rc == 0)
        rc = add_proof(review, td_row_text(title, "id"), shown);
    json_decref(title);
    if (rc < 0)
        json_decref(shown);
    else
        *ret_certificate = shown;
    return rc;
}

/* "<public_url>/certificates/<number>?code=<code>", in the arena. */
static char *check_url(struct td_review *review, const char *number, const char *code)
{
    return td_arena_printf(review->arena, "%s/certificates/%s?code=%s", review->config->public_url,
                           number, code);
}

/* Moves the listed members up and adds the addresses. */
static int complete(struct td_review *review, json_t *title)
{
    const char *number = td_row_text(title, "number"), *code = td_row_text(title, "check_code");
    char *url = check_url(review, number, code);
    char *qr = td_arena_printf(review->arena, "/certificates/%s/qr?code=%s", number, code);
    if (!url || !qr)
        return TD_ENOMEM;
    json_object_set_new(title, "holder_name",
                        json_string(td_row_text(json_object_get(title, "listed"), "name")));
    json_object_set_new(title, "check_url", json_string(url));
    json_object_set_new(title, "qr_path", json_string(qr));
    json_object_set_new(title, "certificate_state", json_string(td_row_text(title, "state")));
    json_object_set_new(title, "valid_in", json_string(valid_in(title)));
    return 0;
}

#define TITLE_SQL                                                                                  \
    "select t.id, t.number, t.check_code, t.application_id, t.account_id, a.unit_id, u.name as "   \
    "unit_name, coalesce(t.unit_id, '') as present_unit, coalesce(n.division_code, '') as "        \
    "present_division, coalesce(n.name, '') as present_name, a.state as use_state,"                \
    " t.pre_directed_grade,"                                                                       \
    " t.series, t.level, t.specialty, t.name as title_name, t.track, t.awarded_on, t.listed,"      \
    " t.issued_at, substr(t.issued_at, 1, 10) as issued_on," STATE_SQL                             \
    " from title t join application a on a.id = t.application_id"                                  \
    " join unit u on u.id = a.unit_id left join unit n on n.id = t.unit_id where "

int td_title_mine(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc =
        td_tx_rows(review->tx, &rows, TITLE_SQL "t.account_id = $1 order by t.id desc limit 50",
                   "s", review->who->id);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row)
        if ((rc = complete(review, row)) < 0)
            break;
    if (rc < 0) {
        json_decref(rows);
        return rc;
    }
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* The holder, the unit and the district where he serves, bureau and supervisor. */
static bool may_see(const struct td_review *review, const json_t *title)
{
    char industry[96];
    const char *unit = td_row_text(title, "present_unit");
    const char *district = td_row_text(title, "present_division");
    if (!review->who)
        return false;
    snprintf(industry, sizeof(industry), "%s/%s", district, td_row_text(title, "series"));
    return !strcmp(td_row_text(title, "account_id"), review->who->id) ||
           td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR) ||
           (*unit && (td_account_has(review->who, TD_ROLE_UNIT, unit) ||
                      td_account_has(review->who, TD_ROLE_DISTRICT_HR, district) ||
                      td_account_has(review->who, TD_ROLE_DISTRICT_INDUSTRY, industry)));
}

int td_title_view(struct td_review *review, const char *title_id, json_t **ret_title,
                  struct td_error *reterr)
{
    json_t *title = NULL;
    int rc = td_tx_row(review->tx, &title, TITLE_SQL "t.id = $1", "s", title_id);
    if (rc < 0)
        return rc;
    bool allowed = may_see(review, title);
    rc = allowed ? complete(review, title)
                 : td_error_set(reterr, TD_ENOTFOUND, "not this account's");
    if (rc == 0)
        rc = td_post_describe(review, title);
    if (rc == 0)
        rc = add_proof(review, title_id, title);
    if (rc < 0)
        json_decref(title);
    else
        *ret_title = title;
    return rc;
}

int td_title_token(struct td_review *review, const char *number, const char **ret_token)
{
    json_t *title = NULL;
    int rc = td_tx_row(review->tx, &title,
                       "select number, awarded_on, track, listed, substr(issued_at, 1, 10) as"
                       " issued_on, coalesce(token, '') as token from title where number = $1",
                       "s", number);
    if (rc == 0 && *td_row_text(title, "token")) {
        *ret_token = td_arena_strdup(review->arena, td_row_text(title, "token"));
        rc = *ret_token ? 0 : TD_ENOMEM;
    } else if (rc == 0) {
        rc = sign(review, title, ret_token);
    }
    json_decref(title);
    return rc;
}

int td_title_qr_text(struct td_review *review, const char *number, const char *code,
                     const char **ret_text)
{
    const char *token = NULL, *url = check_url(review, number, code);
    int rc = url ? td_title_token(review, number, &token) : TD_ENOMEM;
    if (rc < 0 && rc != TD_ENOTFOUND)
        return rc;
    *ret_text = token ? td_arena_printf(review->arena, "%s#%s", url, token) : url;
    return *ret_text ? 0 : TD_ENOMEM;
}
