/* What `titlectl score show` prints, from rows in a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/command.c"
#include "cli/score.c"

#include "../store/fixture.h"

static struct td_store *store;

/* The command's doors to the outside: the records here, and no server. */
int td_cli_read(struct td_cli *cli, td_store_fn run, void *arg, struct td_error *reterr)
{
    (void)cli;
    return td_store_read_wait(store, run, arg, reterr);
}

int td_cli_call(struct td_cli *cli, const char *method, const char *path, json_t *body,
                json_t **ret_value, struct td_error *reterr)
{
    (void)cli, (void)method, (void)path, (void)body, (void)ret_value, (void)reterr;
    fail_msg("score show asks the database, not the server");
    return TD_EINTERNAL;
}

char *td_client_path(const char *format, ...)
{
    return strdup(format);
}

static int fill(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)arg, (void)reterr;
    static const char *const rows[] = {
        "insert into division(code, name) values ('999999', 'd')",
        "insert into unit(id, name, division_code, kind, grassroots)"
        " values ('u', '水西沟镇中学', '999999', 'school', 'township')",
        "insert into account(id, login, name, password_hash, created_at)"
        " values ('p', 'p', '古丽', '', 't'), ('x', 'x', 'x', '', 't')",
        "insert into cycle(id, series, year, name, notice_number, notice_text, notice_date, "
        "cutoff_date, opens_on,"
        " closes_on, created_by, created_at)"
        " values ('c', 'teacher', 2026, '2026 年度', 'n', 'n', 'd', '2026-08-31', 'd', 'd', 'x', "
        "'t')",
        "insert into application(id, number, cycle_id, account_id, unit_id, division_code, series, "
        "level, specialty,"
        " year, state, score_id, created_at, updated_at, state_at)"
        " values ('A', 'T2026-0007', 'c', 'p', 'u', '999999', 'teacher', 'intermediate', "
        "'chinese', 2026, 'accepted',"
        " 'S1', 't', 't', 't'), ('B', null, 'c', 'x', 'u', '999999', 'teacher', 'junior', "
        "'chinese', 2026, 'draft',"
        " null, 't', 't', 't')",
        "insert into standard(id, series, level, version, state, source, hash, author, created_at)"
        " values ('N', 'teacher', 'intermediate', 3, 'active', 's', 'standardhash', 'x', 't')",
        "insert into fact_set(id, application_id, snapshot_hash, plugin_version, cutoff_date, "
        "facts, gates, at)"
        " values ('F', 'A', 'snapshothash', '1.2.0', '2026-08-31', '{}', "
        "'[{\"id\":\"in_service\",\"name\":\"在职在岗\","
        "\"met\":true,\"because\":\"在册\",\"basis\":\"第十三条\"}]', 't')",
        "insert into score(id, application_id, fact_set_id, standard_id, standard_hash, "
        "plugin_version, snapshot_hash,"
        " expert, total, vetoed, breakdown, at) values ('S1', 'A', 'F', 'N', 'standardhash', "
        "'1.2.0', 'snapshothash',"
        " '{}', 1455, false, "
        "'{\"total\":1455,\"cap\":10000,\"reference_line\":6000,\"vetoed\":false,\"conditions\":"
        "[{\"name\":\"任职年限\",\"met\":false,\"because\":\"3 年，需 4 "
        "年\"}],\"vetoes\":[{\"name\":\"师德\",\"met\":false,"
        "\"because\":\"无\"}],\"sections\":[{\"id\":\"A\",\"name\":\"政治表现\",\"points\":1455,"
        "\"cap\":1500,\"items\":"
        "[{\"id\":\"A1\",\"name\":\"考核\",\"points\":605,\"cap\":600,\"because\":\"优秀 = "
        "6.05\"},{\"id\":\"A2\",\"name\":"
        "\"扣分\",\"points\":-5,\"cap\":0,\"because\":\"迟报\"},{\"id\":\"D2\",\"name\":\"课堂\","
        "\"points\":0,\"cap\":650,"
        "\"because\":\"待评\",\"pending\":true,\"scorer\":\"expert\"}]}]}', '2026-11-01'),"
        " ('S2', 'A', 'F', 'N', 'standardhash', '1.2.0', 'snapshothash', '{}', 1, false, "
        "'{\"total\":1}', '2026-11-02')",
    };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
        result = td_tx_exec(tx, NULL, rows[i], "");
    return result;
}

static char *folder;

static int set_up(void **state)
{
    (void)state;
    folder = fixture_folder();
    store = fixture_open(folder);
    return td_store_write_wait(store, fill, NULL, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    td_store_close(store);
    fixture_remove(folder);
    return 0;
}

static FILE *file;
static int kept;

static void catch_output(void)
{
    file = tmpfile();
    fflush(stdout);
    kept = dup(STDOUT_FILENO);
    dup2(fileno(file), STDOUT_FILENO);
}

static char *caught_output(void)
{
    static char text[8192];
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    rewind(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    return text;
}

/* What the command prints; its result in *ret_result. */
static char *printed(const char *application, bool json, int *ret_result, struct td_error *reterr)
{
    struct td_cli cli = {.json = json};
    char *arguments[] = {(char *)application};
    catch_output();
    *ret_result = show(&cli, 1, arguments, reterr);
    return caught_output();
}

/* By id and by receipt number; the official score although a later one exists. */
static void test_breakdown(void **state)
{
    (void)state;
    static const char expected[] =
        "T2026-0007  古丽  水西沟镇中学  2026 年度\n"
        "teacher / intermediate / chinese / directed, state accepted, facts up to 2026-08-31\n"
        "\nGates\n"
        "  [met] 在职在岗: 在册 (第十三条)\n"
        "\nConditions\n"
        "  [NOT met] 任职年限: 3 年，需 4 年\n"
        "\nVetoes\n"
        "  [clear] 师德: 无\n"
        "\nPoints\n"
        "  A    14.55 / 15.00  政治表现\n"
        "    A1   6.05 / 6.00  考核: 优秀 = 6.05\n"
        "    A2   -0.05 / 0.00  扣分: 迟报\n"
        "    D2   0.00 / 6.50  课堂: 待评  [waits for expert]\n"
        "  Total 14.55 / 100.00  (reference line 60.00)\n"
        "\nComputed at 2026-11-01 (the official score)\n"
        "  standard  teacher/intermediate version 3 (active), SM3 standardhash\n"
        "  plugin    teacher 1.2.0\n"
        "  snapshot  SM3 snapshothash\n";
    int result;
    assert_string_equal(printed("T2026-0007", false, &result, NULL), expected);
    assert_int_equal(result, 0);
    assert_string_equal(printed("A", false, &result, NULL), expected);
}

static void test_json(void **state)
{
    (void)state;
    int result;
    json_t *value = json_loads(printed("A", true, &result, NULL), 0, NULL);
    assert_string_equal(json_string_value(json_object_get(value, "applicant")), "古丽");
    json_t *score = json_object_get(value, "score");
    assert_string_equal(json_string_value(json_object_get(score, "id")), "S1");
    assert_int_equal(json_integer_value(json_object_get(score, "total")), 1455);
    json_decref(value);
}

static void test_nothing_to_show(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    int result;
    assert_string_equal(printed("B", false, &result, &err), "");
    assert_int_equal(result, TD_ENOTFOUND);
    assert_string_equal(err.detail, "application B has no score yet (state draft)");
    printed("nobody", false, &result, &err);
    assert_int_equal(result, TD_ENOTFOUND);
    assert_string_equal(err.detail, "there is no application nobody");
    td_error_done(&err);
}

/* A name is what somebody typed: it must not steer the terminal of whoever lists it. */
static void test_a_table_prints_no_controls(void **state)
{
    (void)state;
    static const char *const members[] = {"name", "number", NULL};
    json_t *rows = json_pack("[{s:s, s:i}]", "name",
                             "a\x1b[2J\nb\x7f"
                             "c\xc2\x9b"
                             "d é",
                             "number", 7);
    catch_output();
    td_cli_table(&(struct td_cli){0}, rows, members);
    assert_string_equal(caught_output(), "name\tnumber\na [2J b c d é\t7\n");
    json_decref(rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_breakdown), TEST(test_json),
                                       TEST(test_nothing_to_show),
                                       TEST(test_a_table_prints_no_controls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
