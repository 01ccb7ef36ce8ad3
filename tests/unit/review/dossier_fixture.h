/* dossier_fixture.h - a store with a small city in it: one unit, one cycle, one account per role,
 * and a descriptor of a series called "sample". Include after cmocka.h.
 *
 * Steps run on the writer thread, where nothing may be asserted: they leave what they saw in their
 * argument, and the test asserts afterwards. */
#ifndef TD_TESTS_DOSSIER_FIXTURE_H
#define TD_TESTS_DOSSIER_FIXTURE_H

#include "../store/fixture.h"
#include "base/arena.h"
#include "base/id.h"
#include "base/seal.h"
#include "review/calendar.h"
#include "review/review.h"

#define CYCLE    "01CYC000000000000000000000"
#define DIVISION "650121"

static const char fixture_descriptor[] =
    "{\"sample\": {\"series\": \"sample\", \"name\": \"样例\", \"plugin_version\": \"1.0.0\","
    " \"levels\": [{\"id\": \"junior\", \"name\": \"初级\", \"title\": \"助理\"}],"
    " \"specialties\": [{\"id\": \"one\", \"name\": \"一\", \"exam_based\": false},"
    "                   {\"id\": \"nurse\", \"name\": \"护理\", \"exam_based\": true}],"
    " \"sections\": ["
    "  {\"id\": \"jobs\", \"name\": \"经历\", \"by\": \"applicant\", \"repeat\": true, \"min\": 1, "
    "\"max\": 5,"
    "   \"evidence\": \"none\", \"verifier\": [\"unit\", \"district_industry\"], \"fields\": ["
    "    {\"id\": \"place\", \"name\": \"单位\", \"type\": \"text\", \"required\": true, "
    "\"max_length\": 20},"
    "    {\"id\": \"years\", \"name\": \"年数\", \"type\": \"integer\", \"min\": 0, \"max\": 60, "
    "\"required\": true}]},"
    "  {\"id\": \"summary\", \"name\": \"总结\", \"by\": \"applicant\", \"min\": 1, \"evidence\": "
    "\"none\","
    "   \"verifier\": [\"unit\"], \"fields\": ["
    "    {\"id\": \"text\", \"name\": \"正文\", \"type\": \"longtext\", \"required\": true, "
    "\"max_length\": 100}]},"
    "  {\"id\": \"grade\", \"name\": \"鉴定\", \"by\": \"unit\", \"evidence\": \"none\","
    "   \"verifier\": [\"district_industry\"], \"fields\": ["
    "    {\"id\": \"passed\", \"name\": \"合格\", \"type\": \"yesno\", \"required\": true}]}]}}";

/* Accounts by what they are; "insider" is a unit clerk who declares himself. */
static const struct fixture_actor {
    const char *id;
    enum td_role role;
    const char *scope;
    const char *unit;
} fixture_actors[] = {
    {"applicant", TD_ROLE_APPLICANT, "", "U1"},
    {"unit", TD_ROLE_UNIT, "U1", "U1"},
    {"other_unit", TD_ROLE_UNIT, "U2", "U2"},
    {"district_industry", TD_ROLE_DISTRICT_INDUSTRY, DIVISION "/sample", ""},
    {"district_hr", TD_ROLE_DISTRICT_HR, DIVISION, ""},
    {"office", TD_ROLE_OFFICE, "sample", ""},
    {"expert", TD_ROLE_EXPERT, "sample", ""},
    {"bureau", TD_ROLE_BUREAU, "", ""},
    {"admin", TD_ROLE_ADMIN, "", ""},
    {"supervisor", TD_ROLE_SUPERVISOR, "", ""},
    {"security", TD_ROLE_SECURITY, "", ""},
    {"audit", TD_ROLE_AUDIT, "", ""},
    {"other_applicant", TD_ROLE_APPLICANT, "", "U1"},
};

enum { FIXTURE_ACTORS = sizeof(fixture_actors) / sizeof(fixture_actors[0]) };

struct fixture {
    char *folder;
    struct td_store *store;
    struct td_calendar *calendar;
    struct td_seal_key *seal;
    json_t *catalog;
    char now[TD_TIME_TEXT], today[TD_DATE_TEXT];
};

/* The context of a step: in the name of an actor, NULL = the system. */
static inline int fixture_review(struct fixture *fixture, struct td_tx *tx, struct td_arena *arena,
                                 const char *actor, struct td_review *review)
{
    *review = (struct td_review){
        .tx = tx,
        .arena = arena,
        .catalog = fixture->catalog,
        .calendar = fixture->calendar,
        .seal = fixture->seal};
    snprintf(review->now, sizeof(review->now), "%s", fixture->now);
    snprintf(review->today, sizeof(review->today), "%s", fixture->today);
    return actor ? td_account_load(tx, arena, actor, &review->who) : 0;
}

static inline int fixture_people(struct td_tx *tx)
{
    int r = 0;
    for (int i = 0; !r && i < FIXTURE_ACTORS; i++) {
        const struct fixture_actor *actor = &fixture_actors[i];
        r = td_tx_exec(tx, NULL,
                       "insert into account (id, login, name, password_hash, unit_id, created_at) "
                       "values ($1, $1, $1, '', $2, 'now')",
                       "ss", actor->id, *actor->unit ? actor->unit : NULL);
        if (!r)
            r = td_tx_exec(
                tx, NULL,
                "insert into account_grant (account_id, role, scope, granted_by, granted_at) "
                "values ($1, $2, $3, 'test', 'now')",
                "sss", actor->id, td_role_name(actor->role), actor->scope);
    }
    return r ? r
             : td_tx_exec(
                   tx, NULL,
                   "insert into account_grant (account_id, role, scope, granted_by, granted_at) "
                   "values ('unit', 'applicant', '', 'test', 'now')",
                   "");
}

static inline int fixture_city(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg;
    int r = 0; /* the schema knows the districts already */
    for (int i = 1; !r && i <= 2; i++)
        r = td_tx_exec(tx, NULL,
                       "insert into unit (id, name, division_code, kind, grassroots) "
                       "values ($1, '水西沟镇中学', '" DIVISION "', 'school', 'township')",
                       "s", i == 1 ? "U1" : "U2");
    if (!r)
        r = td_tx_exec(
            tx, NULL,
            "insert into cycle (id, series, year, name, notice_number, notice_text, notice_date, "
            "cutoff_date, opens_on, closes_on, parameters, state, created_by, created_at) values "
            "('" CYCLE
            "', 'sample', 2025, '2025', 'n', 'n', '2025-08-20', '2025-08-31', '2025-09-01', "
            "'2025-10-20', '{\"fee_cents\": {\"junior\": 10000}}', 'open', 'test', 'now')",
            "");
    if (!r)
        r = fixture_people(tx);
    return r ? td_error_set(reterr, r, "%s", td_tx_failure(tx)) : 0;
}

static inline void fixture_make(struct fixture *fixture)
{
    struct td_error err = TD_ERROR_INIT;
    char key[512];
    *fixture = (struct fixture){.folder = fixture_folder()};
    snprintf(key, sizeof(key), "%s/key", fixture->folder);
    if (td_seal_load(key, &fixture->seal, &err))
        fail_msg("key: %s", err.detail);
    fixture->store = fixture_open(fixture->folder);
    fixture->catalog = json_loads(fixture_descriptor, 0, NULL);
    assert_non_null(fixture->catalog);
    snprintf(fixture->now, sizeof(fixture->now), "2025-09-10T02:00:00.000Z");
    snprintf(fixture->today, sizeof(fixture->today), "2025-09-10");
    if (td_calendar_load(TD_SOURCE_FOLDER "/ops/calendar.json", &fixture->calendar, &err))
        fail_msg("calendar: %s", err.detail);
    if (td_store_write_wait(fixture->store, fixture_city, NULL, &err))
        fail_msg("city: %s", err.detail);
}

static inline void fixture_drop(struct fixture *fixture)
{
    td_store_close(fixture->store);
    td_calendar_free(fixture->calendar);
    td_seal_free(fixture->seal);
    json_decref(fixture->catalog);
    fixture_remove(fixture->folder);
}

#endif
