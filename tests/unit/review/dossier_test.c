/* dossier_test.c - the way of a dossier from its draft to the fee, through the functions of
 * review/: what is kept of a draft, what blocks submission, item by item verification, the notice,
 * returns and their consequences. Facts come from a worker in the server; here they are given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dossier_fixture.h"
#include "review/application.h"
#include "review/draft.h"
#include "review/evaluation.h"
#include "review/evidence.h"
#include "review/fee.h"
#include "review/notice.h"
#include "review/objection.h"
#include "review/queue.h"
#include "review/submission.h"
#include "review/tick.h"
#include "review/timeline.h"
#include "review/verification.h"
#include "review/workflow.h"

/* One step in the name of an actor; `run` leaves its result and what it saw. */
struct step {
    struct fixture *fixture;
    const char *actor;
    int (*run)(struct td_review *review, struct step *step, struct td_error *reterr);
    const char *id;        /* the dossier */
    const char *word;      /* action, section ... */
    const char *sent;      /* JSON */
    json_t *answer;        /* what came out; the caller's */
    char key[48];          /* of the refusal */
    char text[TD_ID_TEXT]; /* an id it made */
    int result;
};

static int run_step(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct step *step = arg;
    struct td_arena *arena = td_arena_new(1 << 20);
    struct td_review review;
    int r = fixture_review(step->fixture, tx, arena, step->actor, &review);
    if (!r)
        r = step->run(&review, step, reterr);
    td_arena_free(arena);
    return r;
}

static int do_step(struct step *step)
{
    struct td_error err = TD_ERROR_INIT;
    step->result = td_store_write_wait(step->fixture->store, run_step, step, &err);
    snprintf(step->key, sizeof(step->key), "%s", step->result ? err.key : "");
    if (step->result && err.fields) {
        json_decref(step->answer);
        step->answer = json_incref(err.fields);
    }
    td_error_done(&err);
    return step->result;
}

static json_t *sent_json(const struct step *step)
{
    json_t *value = json_loads(step->sent, JSON_DECODE_ANY, NULL);
    return value ? value : json_null();
}

/* --- the steps
 * ------------------------------------------------------------------------------------ */

static int run_create(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_application_create(review, CYCLE, "junior", step->word, "directed", step->text,
                                 reterr);
}

static int run_save(struct td_review *review, struct step *step, struct td_error *reterr)
{
    struct td_draft_saved saved = {0};
    json_t *application = NULL, *sent = sent_json(step);
    int r = td_application_load_editable(review, step->id, &application, reterr);
    if (!r)
        r = td_draft_save(review, application, step->word, sent, &saved, reterr);
    if (!r)
        step->answer = json_pack("{s:O, s:O, s:I}", "value", saved.value, "problems",
                                 saved.problems, "version", (json_int_t)saved.version);
    td_draft_saved_done(&saved);
    json_decref(application);
    json_decref(sent);
    return r;
}

static int run_submit(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *job = NULL, *mark = NULL, *answer = sent_json(step), *application = NULL;
    struct td_pledge pledge = {true, !step->word};
    int r = td_submission_prepare(review, step->id, &job, &mark, reterr);
    if (!r)
        r = td_submission_finish(review, step->id, mark, answer, &pledge, &application, reterr);
    step->answer = application;
    json_decref(job);
    json_decref(mark);
    json_decref(answer);
    return r;
}

static int run_stale_submit(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *answer = sent_json(step), *mark = json_string("another dossier");
    struct td_pledge pledge = {true, true};
    int r = td_submission_finish(review, step->id, mark, answer, &pledge, NULL, reterr);
    json_decref(answer);
    json_decref(mark);
    return r;
}

static int run_act(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_workflow_apply(review, step->id, step->word, NULL, &step->answer, reterr);
}

/* A verdict on everything the stage checks; `word` = verdict. */
static int run_verify_all(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *application = NULL, *items = NULL, *item;
    size_t i;
    int r = td_application_load(review, step->id, &application, reterr);
    if (!r)
        r = td_verification_items(
            review, application,
            td_verification_stage(json_string_value(json_object_get(application, "state"))),
            &items);
    json_array_foreach(items, i, item) {
        json_object_set_new(item, "verdict", json_string(step->word));
        json_object_set_new(item, "code", json_string(strcmp(step->word, "ok") ? "format" : ""));
    }
    if (!r)
        r = td_verification_save(review, step->id, items, reterr);
    if (!r)
        step->answer = json_integer((json_int_t)json_array_size(items));
    json_decref(application);
    json_decref(items);
    return r;
}

static int run_assess(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *sent = sent_json(step);
    int r = td_assessment_save(review, step->id, step->word, sent, reterr);
    json_decref(sent);
    return r;
}

static int run_send_back(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *reasons = sent_json(step);
    int r = td_verification_send_back(review, step->id, step->word, "", reasons, "", reterr);
    json_decref(reasons);
    return r ? r : td_application_row(review, step->id, &step->answer, reterr);
}

/* `word` with a deadline of its own; leaves the deadline that the applicant was told. */
static int run_send_back_until(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *reasons = json_pack("[{s:s}]", "code", "condition"), *message = NULL;
    int r =
        td_verification_send_back(review, step->id, step->word, "", reasons, step->sent, reterr);
    json_decref(reasons);
    if (!r)
        r = td_tx_row(review->tx, &message,
                      "select parameters from message where application_id = $1 "
                      "order by id desc limit 1",
                      "s", step->id);
    if (!r)
        step->answer =
            json_incref(json_object_get(json_object_get(message, "parameters"), "due_at"));
    json_decref(message);
    return r;
}

static int run_publish(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *ids = json_pack("[s]", step->id);
    int r = td_notice_publish(review, "unit", CYCLE, "U1", ids, &step->answer, reterr);
    json_decref(ids);
    return r;
}

static int run_tick(struct td_review *review, struct step *step, struct td_error *reterr)
{
    int64_t changed = 0;
    int r = td_tick_run(review, &changed, reterr);
    step->answer = json_integer(changed);
    return r;
}

static int run_object(struct td_review *review, struct step *step, struct td_error *reterr)
{
    struct td_objection objection = {step->word, step->id, "材料与事实不符", "", "zh", false};
    struct td_objection_receipt receipt;
    int result = td_objection_file(review, &objection, &receipt, reterr);
    if (!result)
        snprintf(step->text, sizeof(step->text), "%s", receipt.id);
    return result;
}

static int run_decide(struct td_review *review, struct step *step, struct td_error *reterr)
{
    return td_objection_decide(review, step->id, *step->word == 'u', "已核查", "", reterr);
}

static int run_evaluate(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *payload = json_pack("{s:s}", "application", step->id), *answer = sent_json(step),
           *job = NULL;
    int r = td_evaluation_prepare(review, payload, &job, reterr);
    if (!r)
        r = td_evaluation_finish(review, payload, job, answer, reterr);
    step->answer = job;
    json_decref(payload);
    json_decref(answer);
    return r;
}

/* An assessment comes in while the scorer works: what it answers is about another dossier. */
static int run_late_answer(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *payload = json_pack("{s:s}", "application", step->id), *answer = sent_json(step),
           *job = NULL;
    int64_t before = 0, after = 0;
    int r = td_evaluation_prepare(review, payload, &job, reterr);
    if (!r)
        r = td_tx_exec(review->tx, NULL,
                       "insert into assessment (application_id, section, content, account_id, at) "
                       "values ($1, 'grade', '{\"passed\": true}', 'unit', $2)",
                       "ss", step->id, review->now);
    if (!r)
        r = td_tx_int(review->tx, &before, "select count(*) from outbox where kind = 'score'", "");
    if (!r)
        r = td_evaluation_finish(review, payload, job, answer, reterr);
    if (!r)
        r = td_tx_int(review->tx, &after, "select count(*) from outbox where kind = 'score'", "");
    step->answer = json_integer(after - before);
    json_decref(payload);
    json_decref(answer);
    json_decref(job);
    return r;
}

/* A file `word` attached or, with "off", taken off now. */
static int run_file(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    if (step->sent)
        return td_tx_exec(review->tx, NULL, "update evidence set removed_at = $2 where id = $1",
                          "ss", step->word, review->now);
    int r = td_tx_exec(review->tx, NULL,
                       "insert into evidence_file (hash, size, type, created_at) "
                       "values ($1, 1, 'application/pdf', $2)",
                       "ss", step->word, review->now);
    return r ? r
             : td_tx_exec(review->tx, NULL,
                          "insert into evidence (id, application_id, section, hash, name, "
                          "uploaded_at) values ($1, $2, 'summary', $1, $1, $3)",
                          "sss", step->word, step->id, review->now);
}

static int run_files(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_evidence_list(review, step->id, "", &step->answer);
}

static int run_fee(struct td_review *review, struct step *step, struct td_error *reterr)
{
    int64_t cents = 0;
    int r = td_fee_record(review, step->id, "NT-1", step->word, &cents, reterr);
    step->answer = json_integer(cents);
    return r;
}

static int run_queue(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_queue_list(review, step->word, "", "", &step->answer);
}

static int run_list(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    json_t *filter = json_object();
    int r = td_application_list(review, filter, &step->answer);
    json_decref(filter);
    return r;
}

static int run_timeline(struct td_review *review, struct step *step, struct td_error *reterr)
{
    json_t *application = NULL;
    int r = td_application_load(review, step->id, &application, reterr);
    if (!r)
        r = td_timeline(review, application, &step->answer);
    json_decref(application);
    return r;
}

/* Many dossiers that wait for the office, in two districts; word = how many. */
static int run_crowd(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    int r = 0;
    for (unsigned i = 0; !r && i < (unsigned)atoi(step->word); i++) {
        char id[TD_ID_TEXT], account[16], at[TD_TIME_TEXT];
        td_id_new(id);
        snprintf(account, sizeof(account), "person%03u", i % 1000);
        snprintf(at, sizeof(at), "2025-09-%02uT00:00:00.%03uZ", 1 + i * 7 % 28, i % 1000);
        r = td_tx_exec(review->tx, NULL,
                       "insert into account (id, login, name, password_hash, created_at) "
                       "values ($1, $1, $1, '', 'now')",
                       "s", account);
        if (!r)
            r = td_tx_exec(review->tx, NULL,
                           "insert into application (id, number, cycle_id, account_id, unit_id, "
                           "division_code, series, level, specialty, year, state, submitted_at, "
                           "created_at, updated_at, state_at) values ($1, $1, '" CYCLE
                           "', $2, 'U1', $3, 'sample', 'junior', 'one', 2025, 'office_review', "
                           "$4, $4, $4, $4)",
                           "ssss", id, account, i % 2 ? DIVISION : "650102", at);
    }
    return r;
}

/* One page of the queue; word = cursor. */
static int run_page(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_queue_list(review, "office_review", "", step->word, &step->answer);
}

static int run_counts(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_queue_counts(review, &step->answer);
}

static int run_standard(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)step;
    (void)reterr;
    return td_tx_exec(
        review->tx, NULL,
        "insert into standard (id, series, level, version, state, source, hash, "
        "author, created_at) values ('S1', 'sample', 'junior', 1, 'active', 'source', "
        "'hash', 'test', 'now')",
        "");
}

/* The scores of the dossier and which one is official: {"scores", "facts", "total"}. */
static int run_scores(struct td_review *review, struct step *step, struct td_error *reterr)
{
    (void)reterr;
    return td_tx_row(review->tx, &step->answer,
                     "select (select count(*) from score where application_id = a.id) as scores, "
                     "(select count(*) from fact_set where application_id = a.id) as facts, "
                     "s.total, s.standard_hash, s.snapshot_hash from application a "
                     "join score s on s.id = a.score_id where a.id = $1",
                     "s", step->id);
}

/* --- the same in one line each
 * --------------------------------------------------------------------- */

typedef int (*run_fn)(struct td_review *, struct step *, struct td_error *);

static struct step last; /* of the latest step, for what it left */

static int step(struct fixture *fixture, const char *actor, run_fn run, const char *id,
                const char *word, const char *sent)
{
    json_decref(last.answer);
    last = (struct step){
        .fixture = fixture, .actor = actor, .run = run, .id = id, .word = word, .sent = sent};
    return do_step(&last);
}

#define must(...) assert_int_equal(step(__VA_ARGS__), 0)

static const char *state_of(const json_t *row)
{
    return json_string_value(json_object_get(row, "state"));
}

#define FACTS                                                                                       \
    "{\"facts\": {}, \"problems\": [], \"gates\": [{\"id\": \"g\", \"name\": \"在岗\", \"met\": " \
    "true}]}"
#define JOBS "[{\"id\": \"aaaaaaaa\", \"place\": \"水西沟\", \"years\": 12}]"

static char application[TD_ID_TEXT];

static void fill_in(struct fixture *fixture)
{
    must(fixture, "applicant", run_create, NULL, "one", NULL);
    snprintf(application, sizeof(application), "%s", last.text);
    must(fixture, "applicant", run_save, application, "jobs", JOBS);
    must(fixture, "applicant", run_save, application, "summary", "{\"text\": \"总结\"}");
}

static void unit_checks(struct fixture *fixture)
{
    must(fixture, "unit", run_act, application, "begin", NULL);
    must(fixture, "unit", run_verify_all, application, "ok", NULL);
    must(fixture, "unit", run_assess, application, "grade", "{\"passed\": \"yes\"}");
}

static void set_day(struct fixture *fixture, const char *day)
{
    snprintf(fixture->today, sizeof(fixture->today), "%s", day);
    snprintf(fixture->now, sizeof(fixture->now), "%sT02:00:00.000Z", day);
}

/* --- tests
 * ---------------------------------------------------------------------------------------- */

static void a_dossier_is_one_a_year_and_never_for_examined_specialties(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(step(fixture, "applicant", run_create, NULL, "nurse", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "exam_based");
    assert_int_equal(step(fixture, "applicant", run_create, NULL, "nothing", NULL), TD_EFIELDS);
    must(fixture, "applicant", run_create, NULL, "one", NULL);
    assert_int_equal(step(fixture, "applicant", run_create, NULL, "one", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "one_per_year");
    assert_int_equal(step(fixture, "office", run_create, NULL, "one", NULL), TD_EFORBIDDEN);
}

static void a_draft_keeps_what_fits_and_names_the_rest(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_save, application, "jobs",
         "[{\"id\": \"aaaaaaaa\", \"place\": \"永丰\", \"years\": \"many\"}]");
    const json_t *problem = json_array_get(json_object_get(last.answer, "problems"), 0);
    assert_string_equal(json_string_value(json_object_get(problem, "field")),
                        "content.jobs.0.years");
    const json_t *item = json_array_get(json_object_get(last.answer, "value"), 0);
    assert_string_equal(json_string_value(json_object_get(item, "place")), "永丰");
    assert_null(json_object_get(item, "years"));
    assert_int_equal(step(fixture, "other_applicant", run_save, application, "jobs", JOBS),
                     TD_ENOTFOUND);
    assert_int_equal(
        step(fixture, "applicant", run_save, application, "grade", "{\"passed\": \"yes\"}"),
        TD_ENOTFOUND); /* the unit's section */
}

static void submission_asks_for_everything_first(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_save, application, "jobs",
         "[{\"id\": \"aaaaaaaa\", \"place\": \"永丰\"}]");
    assert_int_equal(step(fixture, "applicant", run_submit, application, NULL, FACTS), TD_EFIELDS);
    assert_string_equal(json_string_value(json_object_get(json_array_get(last.answer, 0), "field")),
                        "content.jobs.0.years");
    must(fixture, "applicant", run_save, application, "jobs", JOBS);
    assert_int_equal(step(fixture, "applicant", run_submit, application, "no pledge", FACTS),
                     TD_EFIELDS);
    assert_int_equal(
        step(fixture, "applicant", run_submit, application, NULL,
             "{\"gates\": [{\"name\": \"在岗\", \"met\": false, \"blocks\": \"submit\"}]}"),
        TD_EFIELDS);
    assert_int_equal(step(fixture, "applicant", run_submit, application, NULL,
                          "{\"problems\": [{\"field\": \"jobs.0.years\", \"message\": \"x\", "
                          "\"blocks\": true}]}"),
                     TD_EFIELDS);
    assert_int_equal(step(fixture, "applicant", run_stale_submit, application, NULL, FACTS),
                     TD_ESTALE);
    assert_int_equal(step(fixture, "applicant", run_act, application, "submit", NULL),
                     TD_ECONFLICT);
    assert_string_equal(last.key, "submission_incomplete");
    set_day(fixture, "2025-10-21");
    assert_int_equal(step(fixture, "applicant", run_submit, application, NULL, FACTS),
                     TD_ECONFLICT);
    set_day(fixture, "2025-10-20");
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    assert_string_equal(json_string_value(json_object_get(last.answer, "number")),
                        "2025-SAM-000001");
    assert_string_equal(state_of(last.answer), "submitted");
}

static void the_unit_checks_publicises_and_recommends(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    must(fixture, "unit", run_act, application, "begin", NULL);
    assert_int_equal(step(fixture, "unit", run_publish, application, NULL, NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "verification_missing");
    must(fixture, "unit", run_verify_all, application, "problem", NULL);
    assert_int_equal(json_integer_value(last.answer), 2); /* one job and the summary */
    assert_int_equal(step(fixture, "unit", run_publish, application, NULL, NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "verification_problem");
    must(fixture, "unit", run_verify_all, application, "ok", NULL);
    assert_int_equal(step(fixture, "unit", run_publish, application, NULL, NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "assessment_missing");
    assert_int_equal(step(fixture, "office", run_verify_all, application, "ok", NULL),
                     TD_EFORBIDDEN);
    must(fixture, "unit", run_assess, application, "grade", "{\"passed\": \"yes\"}");

    set_day(fixture, "2025-09-26"); /* five working days over the October holidays: RULES 5.2 */
    must(fixture, "unit", run_publish, application, NULL, NULL);
    assert_string_equal(json_string_value(json_object_get(last.answer, "ends_on")), "2025-10-10");
    char notice[TD_ID_TEXT];
    snprintf(notice, sizeof(notice), "%s", json_string_value(json_object_get(last.answer, "id")));
    set_day(fixture, "2025-10-10");
    assert_int_equal(step(fixture, "unit", run_act, application, "recommend", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "notice_running");
    must(fixture, NULL, run_object, application, notice, NULL);
    char objection[TD_ID_TEXT];
    snprintf(objection, sizeof(objection), "%s", last.text);
    set_day(fixture, "2025-10-11");
    assert_int_equal(step(fixture, NULL, run_object, application, notice, NULL), TD_ECONFLICT);
    assert_int_equal(step(fixture, "unit", run_act, application, "recommend", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "objection_open");
    assert_int_equal(step(fixture, "other_unit", run_decide, objection, "dismissed", NULL),
                     TD_ENOTFOUND);
    must(fixture, "unit", run_decide, objection, "dismissed", NULL);
    assert_int_equal(step(fixture, "unit", run_decide, objection, "upheld", NULL), TD_ECONFLICT);
    must(fixture, "unit", run_act, application, "recommend", NULL);
    assert_string_equal(state_of(last.answer), "district_industry_review");
}

static void returned_dossiers_come_back_to_the_desk_they_left(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    assert_int_equal(step(fixture, "unit", run_send_back, application, "return", "[]"), TD_EFIELDS);
    assert_int_equal(
        step(fixture, "unit", run_send_back, application, "return", "[{\"code\": \"nonsense\"}]"),
        TD_EFIELDS);
    must(fixture, "unit", run_send_back, application, "return",
         "[{\"code\": \"missing\", \"section\": \"jobs\", \"item\": \"aaaaaaaa\", \"field\": "
         "\"years\"}]");
    assert_string_equal(state_of(last.answer), "returned");
    assert_string_equal(json_string_value(json_object_get(last.answer, "returned_to")),
                        "unit_review");
    must(fixture, "applicant", run_timeline, application, NULL, NULL);
    assert_int_equal(json_array_size(json_object_get(last.answer, "orders")), 1);

    must(fixture, "applicant", run_save, application, "jobs",
         "[{\"id\": \"aaaaaaaa\", \"place\": \"水西沟\", \"years\": 13}]");
    set_day(fixture,
            "2025-10-22"); /* submission is closed; an answer to a return has its own window */
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    assert_string_equal(state_of(last.answer), "unit_review");
    /* The changed job must be judged again; the unchanged summary keeps its verdict. */
    assert_int_equal(step(fixture, "unit", run_publish, application, NULL, NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "verification_missing");
}

static void nobody_answers_in_time(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    must(fixture, "unit", run_send_back, application, "return", "[{\"code\": \"format\"}]");
    must(fixture, NULL, run_tick, NULL, NULL, NULL);
    assert_int_equal(json_integer_value(last.answer), 0);
    set_day(fixture, "2025-09-24"); /* the tenth working day, to its end */
    must(fixture, NULL, run_tick, NULL, NULL, NULL);
    must(fixture, "applicant", run_timeline, application, NULL, NULL);
    assert_string_equal(state_of(last.answer), "returned");
    set_day(fixture, "2025-09-25");
    must(fixture, NULL, run_tick, NULL, NULL, NULL);
    assert_int_equal(json_integer_value(last.answer), 1);
    must(fixture, NULL, run_tick, NULL, NULL, NULL);
    assert_int_equal(json_integer_value(last.answer), 0);
    must(fixture, "applicant", run_timeline, application, NULL, NULL);
    assert_string_equal(state_of(last.answer), "abandoned");
}

#define FOUND(findings)                                                                            \
    "{\"facts\": {}, \"gates\": [], \"score\": {\"total\": 0, \"vetoed\": false, " findings "}}"

static void the_office_supplements_once_accepts_and_takes_the_fee(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    must(fixture, "unit", run_publish, application, NULL, NULL);
    set_day(fixture, "2025-09-30");
    must(fixture, "unit", run_act, application, "recommend", NULL);
    assert_int_equal(step(fixture, "district_industry", run_act, application, "forward", NULL),
                     TD_ECONFLICT);
    must(fixture, "district_industry", run_verify_all, application, "ok", NULL);
    assert_int_equal(json_integer_value(last.answer), 2); /* the job and the unit's appraisal */
    must(fixture, "district_industry", run_act, application, "forward", NULL);
    must(fixture, "district_hr", run_act, application, "forward", NULL);
    must(fixture, "office", run_send_back, application, "supplement", "[{\"code\": \"unclear\"}]");
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    assert_int_equal(step(fixture, "office", run_send_back, application, "supplement",
                          "[{\"code\": \"unclear\"}]"),
                     TD_ECONFLICT);
    assert_string_equal(last.key, "supplement_used");
    assert_int_equal(step(fixture, "office", run_act, application, "accept", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "facts_pending");
    must(fixture, NULL, run_evaluate, application, NULL,
         "{\"facts\": {}, \"gates\": [{\"name\": \"g\", \"met\": false}]}");
    assert_int_equal(step(fixture, "office", run_act, application, "accept", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "gate_unmet");
    must(fixture, NULL, run_evaluate, application, NULL, FACTS);
    assert_int_equal(step(fixture, "office", run_act, application, "accept", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "facts_pending"); /* no score yet */
    must(fixture, NULL, run_standard, NULL, NULL, NULL);
    must(fixture, NULL, run_evaluate, application, NULL,
         FOUND("\"conditions\": [{\"name\": \"c\", \"met\": false}], \"vetoes\": []"));
    assert_int_equal(step(fixture, "office", run_act, application, "accept", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "condition_unmet");
    must(fixture, NULL, run_evaluate, application, NULL,
         FOUND("\"conditions\": [], \"vetoes\": [{\"name\": \"v\", \"met\": true}]"));
    assert_int_equal(step(fixture, "office", run_act, application, "accept", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "vetoed");
    must(fixture, NULL, run_evaluate, application, NULL,
         FOUND("\"conditions\": [{\"name\": \"c\", \"met\": true}], \"vetoes\": []"));
    must(fixture, "office", run_act, application, "accept", NULL);
    assert_string_equal(state_of(last.answer), "fee_due");
    assert_int_equal(step(fixture, "office", run_fee, application, "2025-12-01", NULL), TD_EFIELDS);
    must(fixture, "office", run_fee, application, "2025-09-30", NULL);
    assert_int_equal(json_integer_value(last.answer), 10000);
    must(fixture, "applicant", run_timeline, application, NULL, NULL);
    assert_string_equal(state_of(last.answer), "accepted");
}

static void to_the_district(struct fixture *fixture, const char *day)
{
    must(fixture, "unit", run_publish, application, NULL, NULL);
    set_day(fixture, day);
    must(fixture, "unit", run_act, application, "recommend", NULL);
}

static void a_verdict_is_about_what_was_there_to_be_seen(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    to_the_district(fixture, "2025-09-30");
    must(fixture, "district_industry", run_verify_all, application, "ok", NULL);
    must(fixture, "district_industry", run_send_back, application, "return_to_unit",
         "[{\"code\": \"procedure\"}]");
    must(fixture, "unit", run_assess, application, "grade", "{\"passed\": \"yes\"}");
    to_the_district(fixture, "2025-10-20");
    must(fixture, "district_industry", run_act, application, "forward", NULL);
    must(fixture, "district_hr", run_send_back, application, "return_to_unit",
         "[{\"code\": \"procedure\"}]");
    must(fixture, "unit", run_assess, application, "grade", "{\"passed\": \"no\"}");
    to_the_district(fixture, "2025-11-20");
    assert_int_equal(step(fixture, "district_industry", run_act, application, "forward", NULL),
                     TD_ECONFLICT);
    assert_string_equal(last.key, "verification_missing");
}

static void a_doubt_during_the_notice_holds_the_recommendation(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    must(fixture, "unit", run_publish, application, NULL, NULL);
    must(fixture, "unit", run_verify_all, application, "problem", NULL);
    set_day(fixture, "2025-09-30");
    assert_int_equal(step(fixture, "unit", run_act, application, "recommend", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "verification_problem");
    assert_int_equal(
        step(fixture, "unit", run_send_back_until, application, "reject", "2030-01-01"),
        TD_EFIELDS); /* what is over has no deadline */
    assert_int_equal(
        step(fixture, "unit", run_send_back_until, application, "return", "2025-10-01"),
        TD_EFIELDS); /* too soon */
    must(fixture, "unit", run_send_back_until, application, "return", "2025-12-01");
    assert_string_equal(json_string_value(last.answer), "2025-12-01T15:59:59.999Z");
}

static int run_told(struct td_review *review, struct step *step, struct td_error *reterr)
{
    int64_t count = 0;
    (void)reterr;
    int r = td_tx_int(review->tx, &count,
                      "select count(*) from message where application_id = $1 and kind = $2", "ss",
                      step->id, step->word);
    step->answer = json_integer(count);
    return r;
}

static void what_is_upheld_ends_the_way_and_is_told(void **state)
{
    struct fixture *fixture = *state;
    char notice[TD_ID_TEXT], objection[TD_ID_TEXT];
    fill_in(fixture);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    must(fixture, "unit", run_publish, application, NULL, NULL);
    snprintf(notice, sizeof(notice), "%s", json_string_value(json_object_get(last.answer, "id")));
    must(fixture, NULL, run_object, application, notice, NULL);
    snprintf(objection, sizeof(objection), "%s", last.text);
    must(fixture, "unit", run_decide, objection, "upheld", NULL);
    must(fixture, NULL, run_told, application, "objection_upheld", NULL);
    assert_int_equal(json_integer_value(last.answer), 1);
    set_day(fixture, "2025-09-30");
    assert_int_equal(step(fixture, "unit", run_act, application, "recommend", NULL), TD_ECONFLICT);
    assert_string_equal(last.key, "objection_upheld");
}

static void lists_show_each_what_is_his(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *actor;
        size_t before, after;
    } rows[] = {{"applicant", 1, 1},  {"unit", 0, 1},
                {"other_unit", 0, 0}, {"district_industry", 0, 1},
                {"office", 0, 1},     {"supervisor", 0, 1},
                {"admin", 0, 0},      {"other_applicant", 0, 0}};
    fill_in(fixture);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        must(fixture, rows[i].actor, run_list, NULL, NULL, NULL);
        assert_int_equal(json_array_size(json_object_get(last.answer, "items")), rows[i].before);
    }
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        must(fixture, rows[i].actor, run_list, NULL, NULL, NULL);
        assert_int_equal(json_array_size(json_object_get(last.answer, "items")), rows[i].after);
    }
    must(fixture, "unit", run_queue, NULL, "submitted", NULL);
    assert_int_equal(json_array_size(json_object_get(last.answer, "items")), 1);
    must(fixture, "other_unit", run_queue, NULL, "submitted", NULL);
    assert_int_equal(json_array_size(json_object_get(last.answer, "items")), 0);
    must(fixture, "district_industry", run_queue, NULL, "submitted", NULL);
    assert_int_equal(json_array_size(json_object_get(last.answer, "items")), 0);
}

static void a_queue_is_read_page_by_page_in_the_order_of_waiting(void **state)
{
    struct fixture *fixture = *state;
    char cursor[80] = "", before[80] = "";
    size_t seen = 0, pages = 0;
    must(fixture, NULL, run_crowd, NULL, "120", NULL);
    do {
        size_t i;
        json_t *item;
        must(fixture, "office", run_page, NULL, cursor, NULL);
        json_array_foreach(json_object_get(last.answer, "items"), i, item) {
            const char *at = json_string_value(json_object_get(item, "cursor"));
            assert_true(strcmp(before, at) <
                        0); /* later than the one before: no gap shows, none twice */
            snprintf(before, sizeof(before), "%s", at);
            seen++;
        }
        const char *next = json_string_value(json_object_get(last.answer, "next"));
        snprintf(cursor, sizeof(cursor), "%s", next ? next : "");
        pages++;
    } while (*cursor && pages < 10);
    assert_int_equal(seen, 120);
    assert_int_equal(pages, 3);
    must(fixture, "office", run_counts, NULL, NULL, NULL);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(last.answer, 0), "count")),
                     120);
    must(fixture, "district_hr", run_page, NULL, "", NULL);
    assert_int_equal(json_array_size(json_object_get(last.answer, "items")), 0);
}

#define SCORED(total)                                                                              \
    "{\"facts\": {}, \"gates\": [], \"score\": {\"total\": " total ", \"vetoed\": false}}"

static void a_score_is_stored_once_with_what_it_was_made_of(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, NULL, run_standard, NULL, NULL, NULL);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    must(fixture, NULL, run_evaluate, application, NULL, SCORED("6100"));
    assert_string_equal(json_string_value(json_object_get(last.answer, "op")), "evaluate");
    must(fixture, NULL, run_evaluate, application, NULL, SCORED("6100"));
    must(fixture, NULL, run_scores, application, NULL, NULL);
    assert_int_equal(json_integer_value(json_object_get(last.answer, "scores")), 1);
    assert_int_equal(json_integer_value(json_object_get(last.answer, "facts")), 1);
    assert_string_equal(json_string_value(json_object_get(last.answer, "standard_hash")), "hash");
    must(fixture, NULL, run_evaluate, application, NULL, SCORED("6200"));
    must(fixture, NULL, run_scores, application, NULL, NULL);
    assert_int_equal(json_integer_value(json_object_get(last.answer, "scores")), 2);
    assert_int_equal(json_integer_value(json_object_get(last.answer, "total")), 6200);
}

static void an_answer_about_what_has_changed_is_asked_for_again(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, NULL, run_standard, NULL, NULL, NULL);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    must(fixture, NULL, run_late_answer, application, NULL, SCORED("6100"));
    assert_int_equal(json_integer_value(last.answer), 1);
    assert_int_equal(step(fixture, NULL, run_scores, application, NULL, NULL), TD_ENOTFOUND);
    must(fixture, NULL, run_evaluate, application, NULL, SCORED("6100"));
    must(fixture, NULL, run_scores, application, NULL, NULL);
}

static void sees_file(struct fixture *fixture, const char *actor, const char *name)
{
    must(fixture, actor, run_files, application, NULL, NULL);
    assert_int_equal(json_array_size(last.answer), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(last.answer, 0), "name")),
                        name);
}

static void files_not_yet_submitted_are_the_applicants_alone(void **state)
{
    struct fixture *fixture = *state;
    fill_in(fixture);
    must(fixture, "applicant", run_file, application, "old", NULL);
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    unit_checks(fixture);
    must(fixture, "unit", run_send_back, application, "return", "[{\"code\": \"format\"}]");
    set_day(fixture, "2025-09-12");
    must(fixture, "applicant", run_file, application, "old", "off");
    must(fixture, "applicant", run_file, application, "new", NULL);
    sees_file(fixture, "applicant", "new");
    sees_file(fixture, "unit", "old");
    must(fixture, "applicant", run_submit, application, NULL, FACTS);
    sees_file(fixture, "unit", "new");
}

static void evidence_is_known_by_content_and_name(void **state)
{
    (void)state;
    const unsigned char pdf[] = "%PDF-1.7 ...", png[] = "\x89PNG\r\n\x1a\n", exe[] = "MZ......";
    assert_string_equal(td_evidence_type(pdf, sizeof(pdf), "证书.PDF"), "application/pdf");
    assert_string_equal(td_evidence_type(png, sizeof(png), "a.png"), "image/png");
    assert_null(td_evidence_type(pdf, sizeof(pdf), "a.png"));
    assert_null(td_evidence_type(exe, sizeof(exe), "a.pdf"));
    assert_null(td_evidence_type(pdf, 3, "a.pdf"));
    assert_null(td_evidence_type(pdf, sizeof(pdf), ".pdf"));
}

static int make(void **state)
{
    static struct fixture fixture;
    fixture_make(&fixture);
    *state = &fixture;
    return 0;
}

static int drop(void **state)
{
    json_decref(last.answer);
    last = (struct step){0};
    fixture_drop(*state);
    return 0;
}

#define dossier_test(name) cmocka_unit_test_setup_teardown(name, make, drop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        dossier_test(a_dossier_is_one_a_year_and_never_for_examined_specialties),
        dossier_test(a_draft_keeps_what_fits_and_names_the_rest),
        dossier_test(submission_asks_for_everything_first),
        dossier_test(the_unit_checks_publicises_and_recommends),
        dossier_test(returned_dossiers_come_back_to_the_desk_they_left),
        dossier_test(nobody_answers_in_time),
        dossier_test(what_is_upheld_ends_the_way_and_is_told),
        dossier_test(the_office_supplements_once_accepts_and_takes_the_fee),
        dossier_test(a_verdict_is_about_what_was_there_to_be_seen),
        dossier_test(a_doubt_during_the_notice_holds_the_recommendation),
        dossier_test(lists_show_each_what_is_his),
        dossier_test(a_queue_is_read_page_by_page_in_the_order_of_waiting),
        dossier_test(a_score_is_stored_once_with_what_it_was_made_of),
        dossier_test(an_answer_about_what_has_changed_is_asked_for_again),
        dossier_test(files_not_yet_submitted_are_the_applicants_alone),
        cmocka_unit_test(evidence_is_known_by_content_and_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
