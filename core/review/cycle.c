/* cycle.c - cycles and their parameter table. Writes `cycle` only, whose windows window.c moves;
 * dossiers are the workflow's. */
#include "review/cycle.h"

#include "review/application.h"
#include "review/committee.h"
#include "review/notice.h"
#include "review/panel.h"
#include "review/points.h"
#include "review/row.h"
#include "review/window.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct td_cycle_row parameter_rows[] = {
    {"return_days", TD_CYCLE_INT, 10, 1, 90, "days an applicant has to answer a return"},
    {"supplement_days", TD_CYCLE_INT, 10, 1, 90, "days for the office's one supplement request"},
    {"unit_review_days", TD_CYCLE_INT, 10, 1, 90, "days for the unit"},
    {"district_industry_review_days", TD_CYCLE_INT, 10, 1, 90, "days for the industry authority"},
    {"district_hr_review_days", TD_CYCLE_INT, 10, 1, 90, "days for the district HR authority"},
    {"office_review_days", TD_CYCLE_INT, 15, 1, 90, "days for the committee's office"},
    {"fee_due_days", TD_CYCLE_INT, 10, 1, 90, "days to pay the fee"},
    {"panel_review_days", TD_CYCLE_INT, 15, 1, 90, "days for the panel"},
    {"notice_days", TD_CYCLE_INT, TD_NOTICE_MIN_DAYS, TD_NOTICE_MIN_DAYS, 30,
     "working days of a public notice (order 40: at least 5)"},
    {"objection_hold_days", TD_CYCLE_INT, 10, 1, 60, "working days to decide an objection"},
    {"recheck_days", TD_CYCLE_INT, 10, 5, 60,
     "working days in which who failed may ask for a recheck"},
    {"recheck_decision_days", TD_CYCLE_INT, 15, 5, 60, "working days to decide a recheck"},
    {"panel_minimum", TD_CYCLE_INT, TD_PANEL_MINIMUM, TD_PANEL_MINIMUM, 15,
     "experts on a panel (order 40: at least 3)"},
    {"disagreement_percent", TD_CYCLE_INT, 30, 1, 100,
     "of an indicator's maximum: sheets that far apart are highlighted"},
    {"panel_opinion_required", TD_CYCLE_BOOL, 0, 0, 1,
     "a dossier leaves its panel with the panel's opinion only"},
    {"recusal_years", TD_CYCLE_INT, 3, 0, 20,
     "years for which a unit once shared keeps an expert out of a dossier"},
    {"reference_line_required", TD_CYCLE_BOOL, 0, 0, 1,
     "an agenda takes dossiers below the line only by name"},
    {"recused_count_present", TD_CYCLE_BOOL, 1, 0, 1,
     "a recused member stays in the dossier's denominator"},
    {"rank_by_posts", TD_CYCLE_BOOL, 1, 0, 1,
     "of those who passed, only as many as there are posts are publicised, by yes votes and "
     "points"},
    {"revote_beyond_posts", TD_CYCLE_BOOL, 0, 0, 1,
     "where more passed than there are posts they are voted on anew instead"},
    {"certified_days", TD_CYCLE_INT, 10, 1, 90, "working days the unit has to appoint"},
    {"pay_days", TD_CYCLE_INT, 30, 1, 365, "days after which pay that is not honoured is overdue"},
    {"directed_basis", TD_CYCLE_BOOL, 1, 0, 1,
     "a directed title is a basis for the next directed one"},
    {"general_track", TD_CYCLE_BOOL, 0, 0, 1, "general titles may be declared for as well"},
    {"fee_cents", TD_CYCLE_LEVELS, 0, 0, 1000000, "review fee by level, in cents"},
    {"windows", TD_CYCLE_WINDOWS, 0, 0, 0,
     "first and last day by stage; what is not named has none"},
};

static const char *const levels[] = {"junior", "intermediate", "senior", "full_senior", NULL};

const struct td_cycle_row *td_cycle_rows(size_t *ret_count)
{
    *ret_count = sizeof(parameter_rows) / sizeof(parameter_rows[0]);
    return parameter_rows;
}

static const struct td_cycle_row *find_row(const char *name)
{
    size_t count;
    const struct td_cycle_row *row = td_cycle_rows(&count);
    for (; count; row++, count--)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

/* Fills in what was not set, so that readers see every parameter. */
static int complete(json_t *cycle)
{
    json_t *parameters = json_object_get(cycle, "parameters");
    if (!json_is_object(parameters)) {
        parameters = json_object();
        if (json_object_set_new(cycle, "parameters", parameters) < 0)
            return TD_ENOMEM;
    }
    size_t count;
    const struct td_cycle_row *row = td_cycle_rows(&count);
    for (; count; row++, count--) {
        if (json_object_get(parameters, row->name))
            continue;
        json_t *value = row->type == TD_CYCLE_INT    ? json_integer(row->otherwise)
                        : row->type == TD_CYCLE_BOOL ? json_boolean(row->otherwise)
                                                     : json_object();
        if (json_object_set_new(parameters, row->name, value) < 0)
            return TD_ENOMEM;
    }
    return 0;
}

int td_cycle_load(struct td_tx *tx, const char *cycle_id, json_t **ret_cycle)
{
    json_t *cycle = NULL;
    int rc = td_tx_row(tx, &cycle, "select * from cycle where id = $1", "s", cycle_id);
    if (rc < 0)
        return rc;
    rc = complete(cycle);
    if (rc < 0)
        json_decref(cycle);
    else
        *ret_cycle = cycle;
    return rc;
}

int64_t td_cycle_parameter(const json_t *cycle, const char *name, int64_t otherwise)
{
    const struct td_cycle_row *row = find_row(name);
    if (!row || row->type == TD_CYCLE_LEVELS || row->type == TD_CYCLE_WINDOWS)
        return otherwise;
    const json_t *value = json_object_get(json_object_get(cycle, "parameters"), name);
    if (json_is_boolean(value))
        return json_is_true(value);
    return json_is_integer(value) ? json_integer_value(value) : row->otherwise;
}

json_t *td_cycle_tracks(const json_t *cycle)
{
    json_t *tracks = json_pack("[s]", "directed");
    if (td_cycle_parameter(cycle, "general_track", 0))
        json_array_append_new(tracks, json_string("general"));
    return tracks;
}

int64_t td_cycle_fee_cents(const json_t *cycle, const char *level)
{
    const json_t *fees = json_object_get(json_object_get(cycle, "parameters"), "fee_cents");
    return td_row_int(fees, level);
}

int td_cycle_check_open(const struct td_review *review, const json_t *cycle, const char *division,
                        struct td_error *reterr)
{
    struct td_window window;
    const char *state = td_row_text(cycle, "state");
    td_window_of(cycle, "submission", division, &window);
    if (strcmp(state, "planned") == 0 || strcmp(review->today, window.opens) < 0)
        return td_error_key(reterr, TD_ECONFLICT, "cycle_not_open",
                            json_pack("{s:s}", "date", window.opens));
    if (strcmp(state, "open") != 0 || strcmp(review->today, window.closes) > 0)
        return td_error_key(reterr, TD_ECONFLICT, "cycle_closed",
                            json_pack("{s:s}", "date", window.closes));
    return 0;
}

int td_cycle_division(struct td_review *review, char ret_code[16])
{
    json_t *unit = NULL;
    ret_code[0] = 0;
    if (!review->who)
        return 0;
    int result = td_tx_row(review->tx, &unit,
                           "select u.division_code from account p join unit u on u.id = p.unit_id "
                           "where p.id = $1",
                           "s", review->who->id);
    if (!result)
        snprintf(ret_code, 16, "%s", td_row_text(unit, "division_code"));
    json_decref(unit);
    return result == TD_ENOTFOUND ? 0 : result;
}

int td_cycle_open_ones(struct td_tx *tx, const char *series, json_t **ret_cycles)
{
    json_t *cycles = NULL;
    int rc = td_tx_rows(tx, &cycles,
                        "select * from cycle where state = 'open' and ($1 = '' or series = $1)"
                        " order by year desc, id desc limit 100",
                        "s", series);
    if (rc < 0)
        return rc;
    size_t i;
    json_t *cycle = NULL;
    json_array_foreach(cycles, i, cycle)
        if ((rc = complete(cycle)) < 0)
            break;
    if (rc < 0)
        json_decref(cycles);
    else
        *ret_cycles = cycles;
    return rc;
}

bool td_cycle_insider(const struct td_account *who, const char *series)
{
    if (!who)
        return false;
    if (who->roles & (TD_ROLE_BUREAU | TD_ROLE_ADMIN | TD_ROLE_SUPERVISOR))
        return true;
    return td_account_has(who, TD_ROLE_OFFICE, series);
}

int td_cycle_list(struct td_review *review, const char *series, const char *state,
                  const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select id, series, year, name, notice_number, notice_date, cutoff_date, opens_on,"
        " closes_on, state, state as cycle_state, version from cycle"
        " where ($1 = '' or series = $1) and ($2 = '' or state = $2)"
        " and (state <> 'planned' or " TD_COMMITTEE_SCOPE_SQL(
            "$3", "cycle.series") ")"
                                  " and ($4 = '' or id < $4) order by id desc limit $5",
        "ssssi", series, state,
        td_cycle_insider(review->who, "") ? "*" : td_committee_scope(review->who), cursor,
        (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* An integer, or the text of one as a form sends it. */
static bool parse_integer(const json_t *value, int64_t *ret)
{
    const char *text = json_string_value(value);
    if (!json_is_integer(value)) {
        if (!text || !*text || strlen(text) > 9 || text[strspn(text, "0123456789")])
            return false;
        *ret = strtoll(text, NULL, 10);
        return true;
    }
    *ret = json_integer_value(value);
    return true;
}

static bool parse_boolean(const json_t *value, bool *ret)
{
    const char *text = json_string_value(value);
    if (json_is_boolean(value))
        *ret = json_is_true(value);
    else if (text && (!strcmp(text, "1") || !strcmp(text, "yes") || !strcmp(text, "true")))
        *ret = true;
    else if (text && (!strcmp(text, "0") || !strcmp(text, "no") || !strcmp(text, "false")))
        *ret = false;
    else
        return false;
    return true;
}

static bool known_level(const char *level)
{
    for (const char *const *known = levels; *known; known++)
        if (strcmp(*known, level) == 0)
            return true;
    return false;
}

static json_t *clean_levels(const struct td_cycle_row *row, const json_t *value)
{
    json_t *clean = json_is_object(value) ? json_object() : NULL;
    const char *level;
    json_t *amount = NULL;
    if (!clean)
        return NULL;
    json_object_foreach((json_t *)value, level, amount) {
        int64_t number;
        if (json_is_string(amount) && !*json_string_value(amount))
            continue;
        if (!known_level(level) || !td_points_parse(amount, &number) || number < row->min ||
            number > row->max) {
            json_decref(clean);
            return NULL;
        }
        json_object_set_new(clean, level, json_integer(number));
    }
    return clean;
}

/* The typed value of one parameter, a new reference; NULL when it does not fit its row. */
static json_t *clean_parameter(const struct td_cycle_row *row, const json_t *value)
{
    int64_t number;
    bool yes;
    if (row->type == TD_CYCLE_LEVELS)
        return clean_levels(row, value);
    if (row->type == TD_CYCLE_BOOL)
        return parse_boolean(value, &yes) ? json_boolean(yes) : NULL;
    if (!parse_integer(value, &number) || number < row->min || number > row->max)
        return NULL;
    return json_integer(number);
}

static int clean_parameters(const json_t *sent, json_t **ret_clean, struct td_error *reterr)
{
    json_t *clean = json_object();
    const char *name;
    json_t *value = NULL;
    int rc = clean ? 0 : TD_ENOMEM;
    json_object_foreach((json_t *)sent, name, value) {
        const struct td_cycle_row *row = find_row(name);
        char field[96];
        snprintf(field, sizeof(field), "parameters.%.60s", name);
        if (row && row->type == TD_CYCLE_WINDOWS) {
            json_t *windows = td_window_clean(value, reterr);
            rc = windows ? rc : TD_EFIELDS;
            if (windows)
                json_object_set_new(clean, name, windows);
            continue;
        }
        json_t *typed = row ? clean_parameter(row, value) : NULL;
        if (!row)
            rc = td_error_field(reterr, field, "unknown", "there is no such parameter");
        else if (!typed)
            rc = td_error_field(reterr, field, "range", "needs a value from %lld to %lld",
                                (long long)row->min, (long long)row->max);
        else
            json_object_set_new(clean, name, typed);
    }
    if (rc < 0)
        json_decref(clean);
    else
        *ret_clean = clean;
    return rc;
}

static int check_date(const json_t *cycle, const char *name, struct td_error *reterr)
{
    td_date date;
    if (td_date_parse(td_row_text(cycle, name), &date) == 0)
        return 0;
    return td_error_field(reterr, name, "date", "needs a date, YYYY-MM-DD");
}

static int check_members(const struct td_review *review, const json_t *cycle,
                         struct td_error *reterr)
{
    static const char *const texts[] = {"series", "name", "notice_number", "notice_text"};
    static const char *const dates[] = {"notice_date", "cutoff_date", "opens_on", "closes_on"};
    int rc = 0;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!*td_row_text(cycle, texts[i]))
            rc = td_error_field(reterr, texts[i], "required", "is missing");
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++)
        if (check_date(cycle, dates[i], reterr) < 0)
            rc = TD_EFIELDS;
    int64_t year = td_row_int(cycle, "year");
    if (year < 2019 || year > 2199)
        rc = td_error_field(reterr, "year", "range", "needs a year from 2019 to 2199");
    if (rc == 0 && strcmp(td_row_text(cycle, "closes_on"), td_row_text(cycle, "opens_on")) < 0)
        rc = td_error_field(reterr, "closes_on", "order", "closes before it opens");
    if (rc == 0 && strcmp(td_row_text(cycle, "opens_on"), td_row_text(cycle, "notice_date")) < 0)
        rc = td_error_field(reterr, "opens_on", "order", "opens before the notice is issued");
    if (rc == 0 && !td_application_takes(review, td_row_text(cycle, "series")))
        rc = td_error_field(reterr, "series", "choice", "no plugin serves this series");
    return rc;
}

static int only_bureau(const struct td_review *review, struct td_error *reterr)
{
    if (td_row_is(review, TD_ROLE_BUREAU))
        return 0;
    return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau runs cycles");
}

/* What the ledger keeps of a cycle: everything but the long text. */
static json_t *ledger_payload(const json_t *cycle, const json_t *parameters)
{
    json_t *payload = json_deep_copy(cycle);
    json_object_del(payload, "notice_text");
    json_object_set(payload, "parameters", (json_t *)parameters);
    return payload;
}

int td_cycle_create(struct td_review *review, const json_t *cycle, char ret_id[TD_ID_TEXT],
                    struct td_error *reterr)
{
    json_t *parameters = NULL;
    int rc = only_bureau(review, reterr);
    if (rc < 0)
        return rc;
    rc = check_members(review, cycle, reterr);
    int clean = clean_parameters(json_object_get(cycle, "parameters"), &parameters, reterr);
    if (clean < 0)
        return clean;
    if (rc < 0)
        goto out;
    td_id_new(ret_id);
    rc = td_tx_exec(
        review->tx, NULL,
        "insert into cycle (id, series, year, name, notice_number, notice_text, notice_date,"
        " cutoff_date, opens_on, closes_on, parameters, created_by, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        "ssisssssssjss", ret_id, td_row_text(cycle, "series"), td_row_int(cycle, "year"),
        td_row_text(cycle, "name"), td_row_text(cycle, "notice_number"),
        td_row_text(cycle, "notice_text"), td_row_text(cycle, "notice_date"),
        td_row_text(cycle, "cutoff_date"), td_row_text(cycle, "opens_on"),
        td_row_text(cycle, "closes_on"), parameters, review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "cycle.create", "cycle", ret_id, ledger_payload(cycle, parameters));
out:
    json_decref(parameters);
    return rc;
}

int td_cycle_load_in(struct td_review *review, const char *cycle_id, const char *state,
                     json_t **ret_cycle, struct td_error *reterr)
{
    json_t *cycle = NULL;
    int rc = only_bureau(review, reterr);
    if (rc == 0)
        rc = td_cycle_load(review->tx, cycle_id, &cycle);
    if (rc < 0)
        return rc;
    if (strcmp(td_row_text(cycle, "state"), state) != 0) {
        rc = td_error_key(reterr, TD_ECONFLICT, "cycle_state",
                          json_pack("{s:s}", "cycle_state", td_row_text(cycle, "state")));
        json_decref(cycle);
        return rc;
    }
    *ret_cycle = cycle;
    return 0;
}

int td_cycle_update(struct td_review *review, const char *cycle_id, const json_t *cycle,
                    struct td_error *reterr)
{
    json_t *before = NULL, *parameters = NULL;
    int rc = td_cycle_load_in(review, cycle_id, "planned", &before, reterr);
    if (rc < 0)
        return rc;
    json_decref(before);
    rc = check_members(review, cycle, reterr);
    int clean = clean_parameters(json_object_get(cycle, "parameters"), &parameters, reterr);
    if (clean < 0)
        return clean;
    if (rc < 0)
        goto out;
    rc = td_tx_exec(review->tx, NULL,
                    "update cycle set series = $2, year = $3, name = $4, notice_number = $5,"
                    " notice_text = $6, notice_date = $7, cutoff_date = $8, opens_on = $9,"
                    " closes_on = $10, parameters = $11, version = version + 1 where id = $1",
                    "ssisssssssj", cycle_id, td_row_text(cycle, "series"),
                    td_row_int(cycle, "year"), td_row_text(cycle, "name"),
                    td_row_text(cycle, "notice_number"), td_row_text(cycle, "notice_text"),
                    td_row_text(cycle, "notice_date"), td_row_text(cycle, "cutoff_date"),
                    td_row_text(cycle, "opens_on"), td_row_text(cycle, "closes_on"), parameters);
    if (rc == 0)
        rc = td_row_log(review, "cycle.change", "cycle", cycle_id,
                        ledger_payload(cycle, parameters));
out:
    json_decref(parameters);
    return rc;
}

int td_cycle_open(struct td_review *review, const char *cycle_id, struct td_error *reterr)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load_in(review, cycle_id, "planned", &cycle, reterr);
    if (rc < 0)
        return rc;
    int64_t standards = 0;
    rc = td_tx_int(review->tx, &standards,
                   "select count(*) from standard where series = $1 and state = 'active'", "s",
                   td_row_text(cycle, "series"));
    if (rc == 0 && standards == 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "cycle_without_standard", NULL);
    if (rc == 0 && strcmp(td_row_text(cycle, "closes_on"), review->today) < 0)
        rc = td_error_key(reterr, TD_ECONFLICT, "cycle_closed",
                          json_pack("{s:s}", "date", td_row_text(cycle, "closes_on")));
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update cycle set state = 'open', version = version + 1 where id = $1", "s",
                        cycle_id);
    if (rc == 0)
        rc = td_row_log(review, "cycle.open", "cycle", cycle_id, NULL);
    json_decref(cycle);
    return rc;
}

int td_cycle_close(struct td_review *review, const char *cycle_id, const char *reason,
                   struct td_error *reterr)
{
    json_t *cycle = NULL;
    int rc = td_cycle_load_in(review, cycle_id, "open", &cycle, reterr);
    if (rc < 0)
        return rc;
    json_decref(cycle);
    rc = td_tx_exec(review->tx, NULL,
                    "update cycle set state = 'closed', version = version + 1 where id = $1", "s",
                    cycle_id);
    if (rc == 0)
        rc = td_row_log(review, "cycle.close", "cycle", cycle_id,
                        json_pack("{s:s}", "reason", reason));
    return rc;
}
