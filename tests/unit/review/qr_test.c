/* qr_test.c - the picture, read back square by square, is the code that the library made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "review/qr.h"

#include "base/error.h"

#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BORDER = 4, SIDE_MAX = 200 };

/* Paints the rectangles of the last path into `squares`. */
static void paint(const char *svg, unsigned char squares[SIDE_MAX][SIDE_MAX])
{
    const char *path = strrchr(svg, 'd');
    while (path && strncmp(path, "d=\"", 3))
        path = NULL;
    assert_non_null(path);
    for (const char *at = path + 3; *at == 'M';) {
        int x, y, run, back, read = 0;
        assert_int_equal(sscanf(at, "M%d %dh%dv1h-%dz%n", &x, &y, &run, &back, &read), 4);
        assert_int_equal(run, back);
        for (int i = 0; i < run; i++)
            squares[y][x + i] = 1;
        at += read;
    }
}

static void picture_is_the_code(void **state)
{
    (void)state;
    static unsigned char squares[SIDE_MAX][SIDE_MAX];
    const char *text =
        "http://127.0.0.1:8080/certificates/TEACHER-2026-3-00001?code=0123456789abcdef";
    struct td_strbuf svg;
    td_strbuf_init(&svg);
    assert_int_equal(td_qr_svg(text, &svg), 0);
    paint(svg.bytes, squares);
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    assert_non_null(code);
    for (int y = -BORDER; y < code->width + BORDER; y++)
        for (int x = -BORDER; x < code->width + BORDER; x++) {
            bool inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
            int dark = inside ? code->data[y * code->width + x] & 1 : 0;
            assert_int_equal(squares[y + BORDER][x + BORDER], dark);
        }
    QRcode_free(code);
    td_strbuf_done(&svg);
}

static void too_long(void **state)
{
    (void)state;
    char text[4000];
    struct td_strbuf svg;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    td_strbuf_init(&svg);
    assert_int_equal(td_qr_svg(text, &svg), TD_EINVALID);
    assert_int_equal(svg.length, 0);
    td_strbuf_done(&svg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_is_the_code),
        cmocka_unit_test(too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
