/* draw_file_test.c - who is seated under which criteria, and the numbers that no draw has. How the
 * order comes out is told by tests/integration/draw.test.mjs, which writes it down once more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../core/review/draw_file.c"
#include "../../../core/review/draw_seat.c"

/* A draw among `count` candidates E01, E02 ... in this order; of each two one unit. */
static json_t *make_draw(int count, json_int_t size, json_int_t per_unit, json_int_t outside,
                         json_int_t fresh)
{
    json_t *candidates = json_array(), *order = json_array();
    for (int i = 1; i <= count; i++) {
        char id[16], unit[16];
        snprintf(id, sizeof(id), "E%02d", i);
        snprintf(unit, sizeof(unit), "U%d", (i + 1) / 2);
        json_array_append_new(candidates,
                              json_pack("{s:s, s:s, s:b, s:b, s:s, s:[s], s:s, s:s}", "id", id,
                                        "unit", unit, "outside", i % 4 == 0, "new", i % 5 == 0,
                                        "title_level", "senior", "specialties", "one", "term_from",
                                        "2025-01-01", "term_until", "2025-12-31"));
        json_array_append_new(order, json_string(id));
    }
    return json_pack("{s:{s:s, s:s}, s:{s:I, s:I, s:I, s:I, s:I, s:[s], s:[]}, s:o, s:o, s:[],"
                     " s:{s:s}, s:s}",
                     "draw", "level", "senior", "day", "2025-09-10", "criteria", "size", size,
                     "reserves", (json_int_t)0, "max_per_unit", per_unit, "outside_percent",
                     outside, "new_percent", fresh, "specialties", "one", "exclude_units",
                     "candidates", candidates, "order", order, "answers", "witness", "number", "7",
                     "seed", "s");
}

/* The seats as "E01 E04?..." : "!" declined, "+" confirmed, a digit for every round after the
 * first. */
static void expect_seats(json_t *file, const char *expected)
{
    char text[512] = "";
    size_t i;
    json_t *seat;
    assert_int_equal(td_draw_seat(file), 0);
    json_array_foreach(json_object_get(file, "seats"), i, seat) {
        size_t length = strlen(text);
        const char *answer = td_row_text(seat, "answer");
        int64_t round = td_row_int(seat, "round");
        snprintf(text + length, sizeof(text) - length, "%s%s%s", i ? " " : "",
                 td_row_text(seat, "id"),
                 !strcmp(answer, "declined") ? "!"
                 : *answer                   ? "+"
                                             : "");
        if (round > 1)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d", (int)round);
    }
    assert_string_equal(text, expected);
}

static void answer(json_t *file, const char *id, const char *word)
{
    json_array_append_new(json_object_get(file, "answers"),
                          json_pack("{s:s, s:s}", "id", id, "answer", word));
}

static void the_first_ones_sit(void **state)
{
    (void)state;
    json_t *file = make_draw(10, 3, 0, 0, 0);
    expect_seats(file, "E01 E02 E03");
    json_decref(file);
}

static void no_more_than_may_of_a_unit(void **state)
{
    (void)state;
    json_t *file = make_draw(10, 3, 1, 0, 0);
    expect_seats(file, "E01 E03 E05");
    json_decref(file);
}

/* 34 percent of 5 are 2: seats that nobody from inside may take are left for E04 and E08. */
static void seats_are_kept_for_those_from_outside(void **state)
{
    (void)state;
    json_t *file = make_draw(10, 5, 0, 34, 0);
    expect_seats(file, "E01 E02 E03 E04 E08");
    json_decref(file);
    file = make_draw(10, 5, 0, 34, 34);
    expect_seats(file, "E01 E04 E05 E08 E10");
    json_decref(file);
}

/* E20 is new and from outside at once: the seat that was kept from E02 is free again. */
static void whom_a_kept_seat_shut_out_comes_before_later_ones(void **state)
{
    (void)state;
    json_t *file = make_draw(20, 3, 0, 33, 33);
    json_object_set_new(file, "order", json_pack("[s, s, s, s]", "E01", "E02", "E20", "E03"));
    expect_seats(file, "E01 E20 E02");
    json_decref(file);
}

static void who_declines_gives_way(void **state)
{
    (void)state;
    json_t *file = make_draw(6, 3, 1, 0, 0);
    answer(file, "E01", "declined");
    answer(file, "E03", "confirmed");
    expect_seats(file, "E01! E03+ E05 E022"); /* of E01's unit one may sit now */
    answer(file, "E02", "declined");
    expect_seats(file, "E01! E03+ E05 E02!2"); /* and nobody else is left */
    json_decref(file);
}

/* With every seat looked at again for every refusal this takes a quarter of an hour. */
static void thousands_may_decline(void **state)
{
    enum { REFUSALS = 4000, SEATS = 99 };
    (void)state;
    json_t *file = make_draw(TD_DRAW_CANDIDATES, SEATS, 0, 0, 0);
    for (int i = 1; i <= REFUSALS; i++) {
        char id[16];
        snprintf(id, sizeof(id), "E%02d", i);
        answer(file, id, "declined");
    }
    assert_int_equal(td_draw_seat(file), 0);
    const json_t *seats = json_object_get(file, "seats");
    const json_t *last = json_array_get(seats, REFUSALS + SEATS - 1);
    assert_int_equal(json_array_size(seats), REFUSALS + SEATS);
    assert_string_equal(td_row_text(last, "id"), "E4099");
    assert_int_equal(td_row_int(last, "round"), 1 + (REFUSALS + SEATS - 1) / SEATS);
    json_decref(file);
}

static void an_answer_is_given_once_and_by_who_sits(void **state)
{
    (void)state;
    json_t *file = make_draw(6, 3, 0, 0, 0);
    answer(file, "E05", "confirmed");
    assert_int_equal(td_draw_seat(file), TD_EINVALID);
    json_decref(file);
    file = make_draw(6, 3, 0, 0, 0);
    answer(file, "E01", "confirmed");
    answer(file, "E01", "declined");
    assert_int_equal(td_draw_seat(file), TD_EINVALID);
    json_decref(file);
    file = make_draw(6, 3, 0, 0, 0);
    answer(file, "E01", "confirmed");
    json_object_del(json_array_get(json_object_get(file, "answers"), 0), "answer");
    assert_int_equal(td_draw_seat(file), TD_EINVALID);
    json_decref(file);
}

static void seal(json_t *file)
{
    char hex[TD_DRAW_HEX];
    json_object_set_new(file, "format", json_string(TD_DRAW_FORMAT));
    json_object_set_new(file, "algorithm", json_string(td_draw_algorithm));
    td_draw_hash(td_row_text(file, "seed"), hex);
    json_object_set_new(file, "seed_hash", json_string(hex));
    assert_int_equal(td_draw_commitment(file, hex), 0);
    json_object_set_new(file, "commitment", json_string(hex));
    assert_int_equal(td_draw_shuffle(file), 0);
    td_draw_seat(file);
    assert_int_equal(td_draw_seal(file), 0);
}

/* Whoever makes the hashes fit can put any number there. */
static void numbers_that_no_draw_has_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *member;
        json_int_t number;
        bool holds;
    } cases[] = {
        {"size", 1, true},
        {"size", TD_DRAW_SIZE, true},
        {"size", 0, false},
        {"size", TD_DRAW_SIZE + 1, false},
        {"size", INT64_MAX, false},
        {"max_per_unit", -1, false},
        {"reserves", -1, false},
        {"outside_percent", 100, true},
        {"outside_percent", 101, false},
        {"new_percent", INT64_MIN, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char path[64];
        struct td_error err = TD_ERROR_INIT;
        json_t *file = make_draw(6, 3, 0, 0, 0);
        json_object_set_new(json_object_get(file, "criteria"), cases[i].member,
                            json_integer(cases[i].number));
        seal(file);
        int result = td_draw_verify(file, NULL, &err);
        snprintf(path, sizeof(path), "criteria.%s: is out of range", cases[i].member);
        if (cases[i].holds)
            assert_int_equal(result, 0);
        else
            assert_string_equal(err.detail, path);
        td_error_done(&err);
        json_decref(file);
    }
}

static void more_candidates_than_a_draw_has_are_refused(void **state)
{
    (void)state;
    struct td_error err = TD_ERROR_INIT;
    json_t *file = make_draw(1, 1, 0, 0, 0), *candidates = json_object_get(file, "candidates");
    for (int i = 2; i <= TD_DRAW_CANDIDATES + 1; i++) {
        json_t *one = json_copy(json_array_get(candidates, 0));
        json_object_set_new(one, "id", json_sprintf("F%05d", i));
        json_array_append_new(candidates, one);
    }
    seal(file);
    assert_int_equal(td_draw_verify(file, NULL, &err), TD_ECONFLICT);
    assert_string_equal(err.detail, "candidates: are too many");
    json_array_remove(candidates, TD_DRAW_CANDIDATES);
    seal(file);
    assert_int_equal(td_draw_verify(file, NULL, NULL), 0);
    td_error_done(&err);
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_ones_sit),
        cmocka_unit_test(no_more_than_may_of_a_unit),
        cmocka_unit_test(seats_are_kept_for_those_from_outside),
        cmocka_unit_test(whom_a_kept_seat_shut_out_comes_before_later_ones),
        cmocka_unit_test(who_declines_gives_way),
        cmocka_unit_test(thousands_may_decline),
        cmocka_unit_test(an_answer_is_given_once_and_by_who_sits),
        cmocka_unit_test(numbers_that_no_draw_has_are_refused),
        cmocka_unit_test(more_candidates_than_a_draw_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
