/* ladder.c - see ladder.h. Owns `held_title`; reads `title` and `post`. */
#include "review/ladder.h"

#include "review/application.h"
#include "review/cycle.h"
#include "review/message.h"
#include "review/post.h"
#include "review/row.h"
#include "review/workflow.h"
#include "store/store.h"

#include <string.h>
#include <titled/dates.h>

const char *const td_ladder_levels[] = {"junior", "intermediate", "senior", "full_senior", NULL};

int td_ladder_rung(const char *level)
{
    for (int i = 0; td_ladder_levels[i]; i++)
        if (!strcmp(td_ladder_levels[i], level))
            return i;
    return -1;
}

/* --- who may ---------------------------------------------------------------------------------- */

static int load_person(struct td_review *review, const char *account_id, json_t **ret_person,
                       struct td_error *reterr)
{
    json_t *person = NULL;
    int rc = td_tx_row(review->tx, &person,
                       "select a.id, a.name, coalesce(a.unit_id, '') as unit_id,"
                       " coalesce(u.name, '') as unit_name from account a"
                       " left join unit u on u.id = a.unit_id where a.id = $1",
                       "s", account_id);
    if (rc < 0)
        return rc == TD_ENOTFOUND ? td_error_set(reterr, rc, "no such person") : rc;
    bool self = review->who && !strcmp(review->who->id, account_id);
    bool own = *td_row_text(person, "unit_id") &&
               td_account_has(review->who, TD_ROLE_UNIT, td_row_text(person, "unit_id"));
    if (!self && !own && !td_row_is(review, TD_ROLE_BUREAU | TD_ROLE_SUPERVISOR)) {
        json_decref(person);
        return td_error_set(reterr, TD_ENOTFOUND, "not this caller's");
    }
    *ret_person = person;
    return 0;
}

/* --- reading ---------------------------------------------------------------------------------- */

static int load_titles(struct td_review *review, const char *account_id, json_t **ret_rows)
{
    int rc = td_tx_rows(
        review->tx, ret_rows,
        "select h.id, h.series, h.level, h.name as title_name, h.track, h.certificate_number,"
        " h.issuer, h.obtained_on, h.appointed_on, h.ended_on, h.state as held_state,"
        " h.state = 'recorded' as waits, null as title_id from held_title h"
        " where h.account_id = $1 and h.state <> 'withdrawn'"
        " union all select t.id, t.series, t.level, t.name, t.track, t.number, '', t.awarded_on,"
        " (select min(p.from_on) from post p where p.title_id = t.id and p.ladder <> 'before'),"
        " (select case when count(p.id) = count(p.until_on) then max(p.until_on) end from post p"
        " where p.title_id = t.id and p.ladder <> 'before'), case when a.state in ('suspended', "
        "'converted', 'revoked', 'retired') then a.state"
        " else 'valid' end, 0, t.id from title t join application a on a.id = t.application_id"
        " where t.account_id = $1 order by 8",
        "s", account_id);
    size_t i;
    json_t *row;
    json_array_foreach(rc < 0 ? NULL : *ret_rows, i, row)
        json_object_set_new(row, "waits", json_boolean(td_row_int(row, "waits")));
    return rc;
}

static json_t *ladders_of(const json_t *rows)
{
    static const char *const tracks[] = {"directed", "general"};
    json_t *ladders = json_array(), *row;
    size_t i;
    for (size_t t = 0; t < 2; t++) {
        json_t *titles = json_array();
        json_array_foreach((json_t *)rows, i, row)
            if (td_row_equals(row, "track", tracks[t]))
                json_array_append(titles, row);
        json_array_append_new(ladders,
                              json_pack("{s:s, s:o}", "track", tracks[t], "titles", titles));
    }
    return ladders;
}

/* Appointments of both ladders, by series, level and day; what a revoked title was used for does
 * not count, nor the lower post of who has moved away. `series` may be "" for all. */
static int load_appointments(struct td_review *review, const char *account_id, const char *series,
                             json_t **ret_rows)
{
    return td_tx_rows(
        review->tx, ret_rows,
        "select t.series, t.level, t.track, p.from_on, p.until_on from post p"
        " join title t on t.id = p.title_id join application a on a.id = t.application_id"
        " where p.account_id = $1 and ($2 = '' or t.series = $2) and p.ladder <> 'before'"
        " and a.state <> 'revoked' union all"
        " select series, level, track, appointed_on, ended_on from held_title"
        " where account_id = $1 and ($2 = '' or series = $2) and state = 'confirmed'"
        " and appointed_on is not null order by 1, 2, 4, 5, 3",
        "ss", account_id, series);
}

int td_ladder_appointments(struct td_review *review, const char *account_id, const char *series,
                           json_t **ret_appointments)
{
    json_t *rows = NULL, *row, *list = json_array();
    size_t i;
    int rc = load_appointments(review, account_id, series, &rows);
    json_array_foreach(rows, i, row) {
        json_t *one =
            json_pack("{s:O, s:O, s:O}", "level", json_object_get(row, "level"), "track",
                      json_object_get(row, "track"), "from", json_object_get(row, "from_on"));
        if (*td_row_text(row, "until_on"))
            json_object_set(one, "until", json_object_get(row, "until_on"));
        json_array_append_new(list, one);
    }
    json_decref(rows);
    if (rc < 0)
        json_decref(list);
    else
        *ret_appointments = list;
    return rc;
}

static json_t *tenure_of(const json_t *row, struct periods *periods)
{
    json_int_t days = 0;
    periods_merge(periods);
    for (size_t i = 0; i < periods->count; i++)
        days += periods->list[i].end - periods->list[i].start;
    int months = periods_months(periods);
    return json_pack("{s:O, s:O, s:I, s:i, s:i}", "series", json_object_get(row, "series"), "level",
                     json_object_get(row, "level"), "days", days, "years", months / 12, "months",
                     months % 12);
}

/* The years of each series and level up to today, as series count them up to the cut-off date. The
 * appointments come by series and level, so that each of these is one stretch of rows. */
static json_t *count_periods(const json_t *rows, int today)
{
    struct periods periods = {.count = 0};
    json_t *tenures = json_array();
    size_t i;
    json_t *row;
    json_array_foreach((json_t *)rows, i, row) {
        const json_t *next = json_array_get(rows, i + 1);
        int until = day_parse(td_row_text(row, "until_on"));
        periods_add(&periods, day_parse(td_row_text(row, "from_on")),
                    1 + (until == DAY_NONE || until > today ? today : until));
        if (td_row_equals(row, "series", td_row_text(next, "series")) &&
            td_row_equals(row, "level", td_row_text(next, "level")))
            continue;
        json_array_append_new(tenures, tenure_of(row, &periods));
        periods.count = 0;
    }
    return tenures;
}

static int count_tenure(struct td_review *review, const char *account_id, json_t **ret_tenures)
{
    json_t *rows = NULL;
    int rc = load_appointments(review, account_id, "", &rows);
    if (rc < 0)
        return rc;
    *ret_tenures = count_periods(rows, day_parse(review->today));
    json_decref(rows);
    return 0;
}

int td_ladder_view(struct td_review *review, const char *account_id, json_t **ret_ladder,
                   struct td_error *reterr)
{
    json_t *person = NULL, *rows = NULL, *tenures = NULL;
    int rc = load_person(review, account_id, &person, reterr);
    if (rc == 0)
        rc = load_titles(review, account_id, &rows);
    if (rc == 0)
        rc = count_tenure(review, account_id, &tenures);
    if (rc == 0) {
        bool self = !strcmp(review->who->id, account_id);
        bool bureau = td_row_is(review, TD_ROLE_BUREAU) && !self;
        bool unit =
            !self && td_account_has(review->who, TD_ROLE_UNIT, td_row_text(person, "unit_id"));
        *ret_ladder =
            json_pack("{s:O, s:o, s:O, s:b, s:b}", "account", person, "ladders", ladders_of(rows),
                      "tenure", tenures, "can_record", bureau || unit, "can_confirm", bureau);
        rc = *ret_ladder ? 0 : TD_ENOMEM;
    }
    json_decref(person);
    json_decref(rows);
    json_decref(tenures);
    return rc;
}

/* --- recording -------------------------------------------------------------------------------- */

static int check_days(const struct td_review *review, const json_t *held, struct td_error *reterr)
{
    const char *obtained = td_row_text(held, "obtained_on");
    const char *appointed = td_row_text(held, "appointed_on"),
               *ended = td_row_text(held, "ended_on");
    if (strcmp(obtained, review->today) > 0)
        td_error_field(reterr, "obtained_on", "future", "this day is still to come");
    if (*appointed && strcmp(appointed, obtained) < 0)
        td_error_field(reterr, "appointed_on", "appointed_before_obtained",
                       "nobody is appointed before he has the title");
    if (*ended && (!*appointed || strcmp(ended, appointed) < 0))
        td_error_field(reterr, "ended_on", "too_small", "it ends before it begins");
    return reterr->code == TD_EFIELDS ? TD_EFIELDS : 0;
}

static int insert(struct td_review *review, const char *account_id, const json_t *held,
                  const char *id)
{
    const char *appointed = td_row_text(held, "appointed_on"),
               *ended = td_row_text(held, "ended_on");
    int rc = td_tx_exec(
        review->tx, NULL,
        "insert into held_title (id, account_id, series, level, name, track, certificate_number,"
        " issuer, obtained_on, appointed_on, ended_on, state, recorded_by, recorded_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'recorded', $12, $13)",
        "sssssssssssss", id, account_id, td_row_text(held, "series"), td_row_text(held, "level"),
        td_row_text(held, "name"), td_row_text(held, "track"),
        td_row_text(held, "certificate_number"), td_row_text(held, "issuer"),
        td_row_text(held, "obtained_on"), *appointed ? appointed : NULL, *ended ? ended : NULL,
        td_row_actor(review), review->now);
    if (rc == 0)
        rc = td_row_log(review, "held_title.record", "held_title", id,
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "account", account_id, "series",
                                  td_row_text(held, "series"), "level", td_row_text(held, "level"),
                                  "track", td_row_text(held, "track"), "certificate_number",
                                  td_row_text(held, "certificate_number"), "obtained_on",
                                  td_row_text(held, "obtained_on")));
    return rc;
}

int td_ladder_record(struct td_review *review, const char *account_id, const json_t *held,
                     char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    json_t *person = NULL;
    int rc = load_person(review, account_id, &person, reterr);
    json_decref(person);
    if (rc < 0)
        return rc;
    if (!strcmp(review->who->id, account_id))
        return td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
    if (!json_object_get(review->catalog, td_row_text(held, "series")))
        return td_error_field(reterr, "series", "unknown", "there is no such series");
    rc = check_days(review, held, reterr);
    if (rc < 0)
        return rc;
    td_id_new(ret_id);
    bool bureau = td_row_is(review, TD_ROLE_BUREAU);
    rc = insert(review, account_id, held, ret_id);
    return rc == 0 && bureau ? td_ladder_confirm(review, ret_id, reterr) : rc;
}

static int load_held(struct td_review *review, const char *held_id, json_t **ret_held,
                     struct td_error *reterr)
{
    if (!td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau does this");
    int rc =
        td_tx_row(review->tx, ret_held, "select * from held_title where id = $1", "s", held_id);
    if (rc == 0 && td_row_equals(*ret_held, "account_id", review->who->id)) {
        json_decref(*ret_held);
        rc = td_error_key(reterr, TD_EFORBIDDEN, "own_dossier", NULL);
    }
    return rc;
}

static int tell_holder(struct td_review *review, const json_t *held, const char *kind)
{
    json_t *words = json_pack("{s:O, s:O, s:O}", "name", json_object_get(held, "name"), "number",
                              json_object_get(held, "certificate_number"), "track",
                              json_object_get(held, "track"));
    int rc = td_message_send(review, td_row_text(held, "account_id"), NULL, kind, words);
    json_decref(words);
    return rc;
}

static int check_state(const json_t *held, bool right, struct td_error *reterr)
{
    return right ? 0
                 : td_error_key(reterr, TD_ECONFLICT, "held_state",
                                json_pack("{s:s}", "held_state", td_row_text(held, "state")));
}

int td_ladder_confirm(struct td_review *review, const char *held_id, struct td_error *reterr)
{
    json_t *held = NULL;
    int rc = load_held(review, held_id, &held, reterr);
    if (rc < 0)
        return rc;
    rc = check_state(held, td_row_equals(held, "state", "recorded"), reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update held_title set state = 'confirmed', confirmed_by = $2,"
                        " confirmed_at = $3 where id = $1",
                        "sss", held_id, review->who->id, review->now);
    if (rc == 0)
        rc = td_row_log(review, "held_title.confirm", "held_title", held_id, NULL);
    if (rc == 0)
        rc = tell_holder(review, held, "held_confirmed");
    if (rc == 0 && td_row_equals(held, "track", "general"))
        rc = td_ladder_convert(review, td_row_text(held, "account_id"), td_row_text(held, "series"),
                               td_row_text(held, "level"), reterr);
    if (rc == 0 && *td_row_text(held, "appointed_on") && !*td_row_text(held, "ended_on"))
        rc = td_post_supersede_below(review, held, td_row_text(held, "certificate_number"),
                                     td_row_text(held, "appointed_on"), reterr);
    json_decref(held);
    return rc;
}

int td_ladder_withdraw(struct td_review *review, const char *held_id, const char *note,
                       struct td_error *reterr)
{
    json_t *held = NULL;
    int rc = load_held(review, held_id, &held, reterr);
    if (rc < 0)
        return rc;
    rc = check_state(held, !td_row_equals(held, "state", "withdrawn"), reterr);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update held_title set state = 'withdrawn' where id = $1",
                        "s", held_id);
    if (rc == 0)
        rc = tell_holder(review, held, "held_withdrawn");
    json_decref(held);
    return rc < 0 ? rc
                  : td_row_log(review, "held_title.withdraw", "held_title", held_id,
                               json_pack("{s:s}", "note", note));
}

int td_ladder_convert(struct td_review *review, const char *account_id, const char *series,
                      const char *level, struct td_error *reterr)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select a.id from title t join application a on a.id = t.application_id"
                        " where t.account_id = $1 and t.series = $2 and t.level = $3"
                        " and t.track = 'directed'"
                        " and a.state in ('certified', 'appointed', 'superseded', 'suspended')",
                        "sss", account_id, series, level);
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = td_workflow_apply(review, td_row_text(row, "id"), "convert", NULL, NULL, reterr);
    json_decref(rows);
    return rc;
}

/* --- what may be declared on which basis ------------------------------------------------------ */

static int has(struct td_review *review, const char *account_id, const char *series,
               const char *level, const char *track, bool *ret_has)
{
    int64_t count = 0;
    int rc = td_tx_int(
        review->tx, &count,
        "select (select count(*) from held_title where account_id = $1 and series = $2 and level ="
        " $3 and track = $4 and state = 'confirmed') + (select count(*) from title t join"
        " application a on a.id = t.application_id where t.account_id = $1 and t.series = $2"
        " and t.level = $3 and t.track = $4"
        " and a.state in ('certified', 'appointed', 'superseded', 'suspended', 'converted'))",
        "ssss", account_id, series, level, track);
    *ret_has = count > 0;
    return rc;
}

int td_ladder_check(struct td_review *review, const json_t *cycle, const char *account_id,
                    const char *level, const char *track, const json_t *stated,
                    struct td_error *reterr)
{
    const char *series = td_row_text(cycle, "series");
    bool general = false, directed = false, wants_general = !strcmp(track, "general");
    int at = td_ladder_rung(level);
    if (wants_general && !td_cycle_parameter(cycle, "general_track", 0))
        return td_error_field(reterr, "track", "track_closed", "this cycle is for directed titles");
    if (at < 1 || (!wants_general && td_cycle_parameter(cycle, "directed_basis", 1)))
        return 0;
    const char *below = td_ladder_levels[at - 1];
    int rc = has(review, account_id, series, below, "general", &general);
    if (rc == 0)
        rc = has(review, account_id, series, below, "directed", &directed);
    directed |= td_row_equals(stated, "level", below) && td_row_equals(stated, "track", "directed");
    if (rc < 0 || general || !directed)
        return rc;
    return td_error_key(reterr, TD_ECONFLICT, wants_general ? "general_first" : "directed_no_basis",
                        json_pack("{s:s}", "level", below));
}

int td_ladder_check_application(struct td_review *review, const json_t *application,
                                struct td_error *reterr)
{
    json_t *cycle = NULL, *content = NULL;
    int rc = td_cycle_load(review->tx, td_row_text(application, "cycle_id"), &cycle);
    if (rc == 0)
        rc = td_application_content(review, application, &content);
    if (rc == 0)
        rc = td_ladder_check(review, cycle, td_row_text(application, "account_id"),
                             td_row_text(application, "level"), td_row_text(application, "track"),
                             json_object_get(content, "current_title"), reterr);
    json_decref(cycle);
    json_decref(content);
    return rc;
}
