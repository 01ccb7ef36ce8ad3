/* png_test.c - kinds of PNG that libpng itself writes here, and what becomes of them. */
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <png.h>

enum { WIDTH = 24, HEIGHT = 10 };

struct kind {
    int colour, depth, interlace;
    bool transparent; /* a tRNS chunk */
};

static void take(png_structp png, png_bytep bytes, size_t length)
{
    struct memory_sink *sink = png_get_io_ptr(png);
    sink->sink.write(&sink->sink, bytes, length);
}

static void nothing(png_structp png)
{
    (void)png;
}

static struct memory_sink make(const struct kind *kind)
{
    static png_byte bytes[WIDTH * 8];
    struct memory_sink sink = memory_sink(1 << 20);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[2] = {{10, 20, 30}, {200, 100, 50}};
    png_byte alpha[2] = {0, 255};
    png_color_16 clear = {.gray = 1, .red = 1, .green = 1, .blue = 1};
    png_text text = {.compression = PNG_TEXT_COMPRESSION_NONE, .key = "Comment", .text = "secret"};
    bool indexed = kind->colour == PNG_COLOR_TYPE_PALETTE;
    memset(bytes, indexed ? 0x11 : 0x55, sizeof(bytes)); /* index 1; grey 0101... */
    png_set_write_fn(png, &sink, take, nothing);
    png_set_IHDR(png, info, WIDTH, HEIGHT, kind->depth, kind->colour, kind->interlace,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (indexed)
        png_set_PLTE(png, info, palette, 2);
    if (kind->transparent)
        png_set_tRNS(png, info, alpha, 2, &clear);
    png_set_text(png, info, &text, 1);
    png_write_info(png, info);
    png_bytep rows[HEIGHT];
    for (int y = 0; y < HEIGHT; y++)
        rows[y] = bytes;
    png_write_image(png, rows);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return sink;
}

/* A pixel as red, green, blue, alpha. */
static void look(const struct memory_sink *sink, png_byte pixel[4])
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, sink->bytes, sink->length));
    assert_int_equal(image.width, WIDTH);
    assert_int_equal(image.height, HEIGHT);
    image.format = PNG_FORMAT_RGBA;
    image.flags = PNG_IMAGE_FLAG_16BIT_sRGB; /* as browsers take it */
    png_byte *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    memcpy(pixel, pixels + 4 * (WIDTH * 3 + 5), 4);
    free(pixels);
}

static void every_kind(void **state)
{
    (void)state;
    static const struct {
        struct kind kind;
        int colour; /* of what is kept */
    } cases[] = {
        {{PNG_COLOR_TYPE_GRAY, 2, PNG_INTERLACE_NONE, false}, PNG_COLOR_TYPE_GRAY},
        {{PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_ADAM7, false}, PNG_COLOR_TYPE_GRAY},
        {{PNG_COLOR_TYPE_GRAY, 16, PNG_INTERLACE_NONE, false}, PNG_COLOR_TYPE_GRAY},
        {{PNG_COLOR_TYPE_GRAY, 8, PNG_INTERLACE_NONE, true}, PNG_COLOR_TYPE_GRAY_ALPHA},
        {{PNG_COLOR_TYPE_GRAY_ALPHA, 16, PNG_INTERLACE_ADAM7, false}, PNG_COLOR_TYPE_GRAY_ALPHA},
        {{PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_ADAM7, false}, PNG_COLOR_TYPE_RGB},
        {{PNG_COLOR_TYPE_RGB, 16, PNG_INTERLACE_NONE, false}, PNG_COLOR_TYPE_RGB},
        {{PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_NONE, true}, PNG_COLOR_TYPE_RGB_ALPHA},
        {{PNG_COLOR_TYPE_RGB_ALPHA, 8, PNG_INTERLACE_NONE, false}, PNG_COLOR_TYPE_RGB_ALPHA},
        {{PNG_COLOR_TYPE_PALETTE, 4, PNG_INTERLACE_NONE, false}, PNG_COLOR_TYPE_PALETTE},
        {{PNG_COLOR_TYPE_PALETTE, 4, PNG_INTERLACE_ADAM7, true}, PNG_COLOR_TYPE_PALETTE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct memory_sink sent = make(&cases[i].kind), kept = memory_sink(1 << 20);
        struct td_verdict verdict = {0};
        png_byte before[4], after[4];
        td_png_examine(sent.bytes, sent.length, &kept.sink, &verdict);
        assert_int_equal(verdict.findings, 0);
        assert_true(verdict.rewritten);
        assert_null(memmem(kept.bytes, kept.length, "secret", 6));
        assert_int_equal(kept.bytes[24], 8); /* bits */
        assert_int_equal(kept.bytes[25], cases[i].colour);
        assert_int_equal(kept.bytes[28], PNG_INTERLACE_NONE);
        look(&sent, before);
        look(&kept, after);
        assert_memory_equal(before, after, 4);
        free(sent.bytes);
        free(kept.bytes);
    }
}

static void cut_anywhere(void **state)
{
    (void)state;
    const struct kind kind = {PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_ADAM7, false};
    struct memory_sink sent = make(&kind);
    for (size_t cut = 0; cut < sent.length; cut++) {
        struct memory_sink kept = memory_sink(1 << 20);
        struct td_verdict verdict = {0};
        unsigned char *exact = malloc(cut ? cut : 1);
        memcpy(exact, sent.bytes, cut);
        td_png_examine(exact, cut, &kept.sink, &verdict);
        assert_int_equal(verdict.findings, 1u << TD_FINDING_IMAGE_DAMAGED);
        assert_int_equal(kept.length, 0);
        free(exact);
    }
    free(sent.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind),
                                       cmocka_unit_test(cut_anywhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
