/* unit_test.c - codes of units against the check characters of GB 32100. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/unit.h"

#include <string.h>

static void genuine_codes(void **state)
{
    (void)state;
    static const char *const codes[] = {"91110000101623741K", "911101066976941872",
                                        "126501214576123492", "12650109457612349N",
                                        "12650107457612349R"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_true(td_unit_uscc_valid(codes[i]));
}

static void broken_codes(void **state)
{
    (void)state;
    static const char *const codes[] = {"",
                                        "1265012145761234",
                                        "126501214576123493",
                                        "91110000101623741k",
                                        "91110000I01623741K",
                                        "126501214576123492 ",
                                        "１２６５０１２１４"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_false(td_unit_uscc_valid(codes[i]));
}

/* Every single wrong character is noticed: the weights are units modulo the prime 31. */
static void each_character_counts(void **state)
{
    (void)state;
    static const char digits[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    for (int place = 0; place < 17; place++) {
        char code[] = "126501214576123492";
        for (const char *digit = digits; *digit; digit++) {
            bool same = code[place] == *digit;
            char kept = code[place];
            code[place] = *digit;
            assert_int_equal(td_unit_uscc_valid(code), same);
            code[place] = kept;
        }
    }
}

static const char *doubt(const char *kind, const char *uscc)
{
    json_t *unit = json_pack("{s:s, s:s}", "kind", kind, "uscc", uscc);
    const char *found = td_unit_uscc_doubt(unit);
    json_decref(unit);
    return found ? found : "";
}

/* A unit of the scheme is an institution registered by the establishment office; a village clinic
 * may be anything. */
static void a_code_of_another_body_is_doubted(void **state)
{
    (void)state;
    assert_string_equal(doubt("primary_school", "126501214576123492"), "");
    assert_string_equal(doubt("primary_school", ""), "");
    assert_string_equal(doubt("primary_school", "911101066976941872"), "uscc_kind");
    assert_string_equal(doubt("village_clinic", "911101066976941872"), "");
    assert_string_equal(doubt("village_clinic", "911101066976941873"), "uscc_checksum");
}

static void primary_health_is_grassroots_wherever_it_lies(void **state)
{
    static const struct {
        const char *kind, *grassroots;
        bool is;
    } rows[] = {{"school", "none", false},
                {"school", "township", true},
                {"secondary_school", "village", true},
                {"agri_station", "agri_street", true},
                {"agri_station", "none", false},
                {"community_centre", "none", true},
                {"village_clinic", "none", true},
                {"other", "none", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *unit =
            json_pack("{s:s, s:s}", "kind", rows[i].kind, "grassroots", rows[i].grassroots);
        assert_int_equal(td_unit_is_grassroots(unit), rows[i].is);
        json_decref(unit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_codes),
        cmocka_unit_test(broken_codes),
        cmocka_unit_test(each_character_counts),
        cmocka_unit_test(a_code_of_another_body_is_doubted),
        cmocka_unit_test(primary_health_is_grassroots_wherever_it_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
