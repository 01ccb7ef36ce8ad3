/* jpeg_test.c - kinds of JPEG that libjpeg itself writes here, and what becomes of them. */
#include "sink.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <jpeglib.h>

enum { WIDTH = 32, HEIGHT = 16 };

struct kind {
    J_COLOR_SPACE from, to;
    int components;
    bool progressive, adobe, restarts;
};

/* One colour all over: the first component 200, the others 40, black ink (4th) 220. */
static unsigned char *make(const struct kind *kind, unsigned long *ret_length)
{
    struct jpeg_compress_struct writer;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    JSAMPLE row[WIDTH * 4];
    for (int x = 0; x < WIDTH * kind->components; x++)
        row[x] = (JSAMPLE[]){200, 40, 40, 220}[x % kind->components];
    *ret_length = 0;
    writer.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writer);
    jpeg_mem_dest(&writer, &bytes, ret_length);
    writer.image_width = WIDTH;
    writer.image_height = HEIGHT;
    writer.input_components = kind->components;
    writer.in_color_space = kind->from;
    jpeg_set_defaults(&writer);
    jpeg_set_colorspace(&writer, kind->to);
    jpeg_set_quality(&writer, 100, TRUE);
    if (kind->progressive)
        jpeg_simple_progression(&writer);
    writer.write_Adobe_marker = kind->adobe;
    writer.restart_interval = kind->restarts;
    jpeg_start_compress(&writer, TRUE);
    jpeg_write_marker(&writer, JPEG_COM, (const JOCTET *)"secret", 6);
    for (int y = 0; y < HEIGHT; y++)
        jpeg_write_scanlines(&writer, (JSAMPROW[]){row}, 1);
    jpeg_finish_compress(&writer);
    jpeg_destroy_compress(&writer);
    return bytes;
}

/* Decodes; *ret_channels and the first pixel. */
static void look(const struct memory_sink *sink, int *ret_channels, unsigned char pixel[3])
{
    struct jpeg_decompress_struct reader;
    struct jpeg_error_mgr errors;
    JSAMPLE row[WIDTH * 3];
    reader.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reader);
    jpeg_mem_src(&reader, sink->bytes, sink->length);
    jpeg_read_header(&reader, TRUE);
    assert_int_equal(reader.image_width, WIDTH);
    assert_int_equal(reader.image_height, HEIGHT);
    *ret_channels = reader.num_components;
    jpeg_start_decompress(&reader);
    jpeg_read_scanlines(&reader, (JSAMPROW[]){row}, 1);
    memcpy(pixel, row, 3);
    jpeg_destroy_decompress(&reader);
}

static void near(unsigned value, unsigned wanted)
{
    assert_in_range(value, wanted > 4 ? wanted - 4 : 0, wanted + 4);
}

static void every_kind(void **state)
{
    (void)state;
    static const struct {
        struct kind kind;
        int channels;
        unsigned char pixel[3];
    } cases[] = {
        {{JCS_GRAYSCALE, JCS_GRAYSCALE, 1, false, false, false}, 1, {200, 200, 200}},
        {{JCS_RGB, JCS_YCbCr, 3, false, false, false}, 3, {200, 40, 40}},
        {{JCS_RGB, JCS_YCbCr, 3, true, false, false}, 3, {200, 40, 40}},
        {{JCS_RGB, JCS_YCbCr, 3, false, false, true}, 3, {200, 40, 40}},
        {{JCS_RGB, JCS_RGB, 3, false, true, false}, 3, {200, 40, 40}},
        {{JCS_CMYK, JCS_CMYK, 4, false, true, false}, 3, {172, 34, 34}}, /* 200 * 220 / 255 */
        {{JCS_CMYK, JCS_YCCK, 4, true, true, false}, 3, {172, 34, 34}},
        {{JCS_CMYK, JCS_CMYK, 4, false, false, false}, 3, {7, 29, 29}}, /* 55 * 35 / 255 */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned long length;
        unsigned char *bytes = make(&cases[i].kind, &length), pixel[3];
        struct memory_sink sink = memory_sink(1 << 20);
        struct td_verdict verdict = {0};
        int channels;
        td_jpeg_examine(bytes, length, &sink.sink, &verdict);
        assert_int_equal(verdict.findings, 0);
        assert_true(verdict.rewritten);
        assert_null(memmem(sink.bytes, sink.length, "secret", 6));
        look(&sink, &channels, pixel);
        assert_int_equal(channels, cases[i].channels);
        for (int c = 0; c < channels; c++)
            near(pixel[c], cases[i].pixel[c]);
        free(sink.bytes);
        free(bytes);
    }
}

/* Cut at every byte: refused or, behind the last pixel, whole; never half. */
static void cut_anywhere(void **state)
{
    (void)state;
    const struct kind kind = {JCS_RGB, JCS_YCbCr, 3, true, false, false};
    unsigned long length;
    unsigned char *bytes = make(&kind, &length);
    for (unsigned long cut = 0; cut < length; cut++) {
        struct memory_sink sink = memory_sink(1 << 20);
        struct td_verdict verdict = {0};
        unsigned char *exact = malloc(cut ? cut : 1);
        memcpy(exact, bytes, cut);
        td_jpeg_examine(exact, cut, &sink.sink, &verdict);
        assert_int_equal(verdict.findings, 1u << TD_FINDING_IMAGE_DAMAGED);
        assert_false(verdict.rewritten);
        assert_int_equal(sink.length, 0);
        free(exact);
    }
    free(bytes);
}

static void a_full_sink_is_no_finding_about_the_file(void **state)
{
    (void)state;
    const struct kind kind = {JCS_RGB, JCS_YCbCr, 3, false, false, false};
    unsigned long length;
    unsigned char *bytes = make(&kind, &length);
    struct memory_sink sink = memory_sink(100);
    struct td_verdict verdict = {0};
    td_jpeg_examine(bytes, length, &sink.sink, &verdict);
    assert_false(verdict.rewritten);
    assert_int_equal(sink.sink.failure, ENOSPC);
    free(sink.bytes);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind), cmocka_unit_test(cut_anywhere),
                                       cmocka_unit_test(a_full_sink_is_no_finding_about_the_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
