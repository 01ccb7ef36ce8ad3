#include "examiner/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What each orientation makes of the picture "abc" above "def" (TIFF 6.0, tag 274). */
static void every_orientation(void **state)
{
    (void)state;
    static const char *const upright[] = {"abc/def",  "cba/fed",  "fed/cba",  "def/abc",
                                          "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"};
    for (unsigned orientation = 1; orientation <= 8; orientation++) {
        unsigned char pixels[] = "abcdef";
        struct td_picture picture = {3, 2, 1, orientation, pixels};
        char text[16] = "";
        uint32_t width, height;
        td_picture_upright(&picture, &width, &height);
        for (uint32_t y = 0; y < height; y++) {
            unsigned char row[4] = "";
            td_picture_row(&picture, y, row);
            if (y)
                strcat(text, "/");
            strncat(text, (char *)row, width);
        }
        assert_string_equal(text, upright[orientation - 1]);
    }
}

static void limits(void **state)
{
    (void)state;
    assert_true(td_picture_fits(8192, 8192));
    assert_true(td_picture_fits(65500, 1));
    assert_false(td_picture_fits(8192, 8193));
    assert_false(td_picture_fits(65501, 1));
    assert_false(td_picture_fits(0, 1));
    assert_false(td_picture_fits(1, 0));
    assert_false(td_picture_fits(UINT32_MAX, UINT32_MAX));
}

static unsigned orientation_of(const char *bytes, size_t length)
{
    unsigned char *exact = malloc(length ? length : 1); /* a sanitizer sees a read too far */
    memcpy(exact, bytes, length);
    unsigned orientation = td_picture_orientation(exact, length);
    free(exact);
    return orientation;
}

static void orientation_in_tiff(void **state)
{
    (void)state;
    static const char big[] = "MM\0*\0\0\0\x08\0\x02"
                              "\x01\x0f\0\x02\0\0\0\x01\0\0\0\0"
                              "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    static const char little[] = "II*\0\x08\0\0\0\x01\0"
                                 "\x12\x01\x03\0\x01\0\0\0\x08\0\0\0";
    assert_int_equal(orientation_of(big, sizeof(big) - 1), 6);
    assert_int_equal(orientation_of(little, sizeof(little) - 1), 8);
    for (size_t length = 0; length < sizeof(big) - 1; length++)
        assert_int_equal(orientation_of(big, length), 1);
    char wrong[sizeof(little) - 1];
    memcpy(wrong, little, sizeof(wrong));
    wrong[18] = 9;
    assert_int_equal(orientation_of(wrong, sizeof(wrong)), 1);
    memcpy(wrong + 4, "\xff\xff\xff\xff", 4); /* the table lies far outside */
    assert_int_equal(orientation_of(wrong, sizeof(wrong)), 1);
    memcpy(wrong + 4, "\x15\0\0\0", 4); /* or at the very end */
    assert_int_equal(orientation_of(wrong, sizeof(wrong)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_orientation),
                                       cmocka_unit_test(limits),
                                       cmocka_unit_test(orientation_in_tiff)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
