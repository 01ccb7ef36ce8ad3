/* jpeg.c - decodes a JPEG to its end and writes its pixels as a new one. libjpeg reports failures
 * with longjmp; what must be freed then lies in struct codec, outside of the frames it leaves. */
#include "examiner/picture.h"
#include "examiner/verdict.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum { QUALITY = 88, SCANS_MAX = 200, BUFFER = 32 << 10 };

struct codec {
    struct jpeg_error_mgr errors; /* first: libjpeg hands it back */
    struct jpeg_progress_mgr progress;
    struct jpeg_destination_mgr destination;
    jmp_buf failed;
    enum td_finding finding;
    struct td_sink *sink;
    struct td_picture picture;
    unsigned char *row;
    struct jpeg_decompress_struct reader;
    struct jpeg_compress_struct writer;
    JOCTET buffer[BUFFER];
};

static _Noreturn void fail(j_common_ptr info, enum td_finding finding)
{
    struct codec *codec = (struct codec *)info->err;
    codec->finding = finding;
    longjmp(codec->failed, 1);
}

static void on_error(j_common_ptr info)
{
    int code = info->err->msg_code;
    fail(info, code == JERR_IMAGE_TOO_BIG   ? TD_FINDING_IMAGE_HUGE
               : code == JERR_OUT_OF_MEMORY ? TD_FINDING_TOO_COMPLEX
                                            : TD_FINDING_IMAGE_DAMAGED);
}

/* Cameras pad and mislabel; a picture that lacks a part is another matter. */
static void on_message(j_common_ptr info, int level)
{
    static const int lacking[] = {JWRN_HIT_MARKER, JWRN_HUFF_BAD_CODE, JWRN_ARITH_BAD_CODE,
                                  JWRN_MUST_RESYNC, JWRN_JPEG_EOF};
    if (level >= 0)
        return;
    for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++)
        if (info->err->msg_code == lacking[i])
            fail(info, TD_FINDING_IMAGE_DAMAGED);
}

static void on_output(j_common_ptr info)
{
    (void)info;
}

/* A progressive file of a few kilobytes can ask for thousands of passes over its pixels. */
static void on_progress(j_common_ptr info)
{
    if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > SCANS_MAX)
        fail(info, TD_FINDING_TOO_COMPLEX);
}

static void begin_output(j_compress_ptr writer)
{
    struct codec *codec = (struct codec *)writer->err;
    codec->destination.next_output_byte = codec->buffer;
    codec->destination.free_in_buffer = BUFFER;
}

static void hand_on(j_compress_ptr writer, size_t length)
{
    struct codec *codec = (struct codec *)writer->err;
    if (length && !codec->sink->write(codec->sink, codec->buffer, length))
        fail((j_common_ptr)writer, TD_FINDING_TOO_COMPLEX);
}

static boolean empty_output(j_compress_ptr writer)
{
    hand_on(writer, BUFFER);
    begin_output(writer);
    return TRUE;
}

static void end_output(j_compress_ptr writer)
{
    hand_on(writer, BUFFER - writer->dest->free_in_buffer);
}

static unsigned orientation_of(const struct jpeg_decompress_struct *reader)
{
    for (jpeg_saved_marker_ptr marker = reader->marker_list; marker; marker = marker->next)
        if (marker->marker == JPEG_APP0 + 1 && marker->data_length > 6 &&
            !memcmp(marker->data, "Exif\0\0", 6))
            return td_picture_orientation(marker->data + 6, marker->data_length - 6);
    return 1;
}

/* Four inks on white paper, in the way every viewer without a colour profile shows them. Adobe's
 * programs store them inverted and say so with their marker. */
static void ink_to_rgb(const unsigned char *ink, unsigned char *rgb, uint32_t width, bool inverted)
{
    for (; width > 0; width--, ink += 4, rgb += 3)
        for (int i = 0; i < 3; i++) {
            unsigned light = inverted ? ink[i] : 255u - ink[i];
            unsigned black = inverted ? ink[3] : 255u - ink[3];
            rgb[i] = (unsigned char)(light * black / 255);
        }
}

static void choose_colours(struct codec *codec)
{
    struct jpeg_decompress_struct *reader = &codec->reader;
    J_COLOR_SPACE sent = reader->jpeg_color_space;
    if (sent == JCS_GRAYSCALE)
        reader->out_color_space = JCS_GRAYSCALE;
    else
        reader->out_color_space = sent == JCS_CMYK || sent == JCS_YCCK ? JCS_CMYK : JCS_RGB;
    codec->picture.channels = sent == JCS_GRAYSCALE ? 1 : 3;
}

static void read_rows(struct codec *codec)
{
    struct jpeg_decompress_struct *reader = &codec->reader;
    struct td_picture *picture = &codec->picture;
    const size_t stride = (size_t)picture->width * picture->channels;
    bool inks = reader->out_color_space == JCS_CMYK;
    picture->pixels = malloc(stride * picture->height);
    codec->row = inks ? malloc((size_t)picture->width * 4) : NULL;
    if (!picture->pixels || (inks && !codec->row))
        fail((j_common_ptr)reader, TD_FINDING_TOO_COMPLEX);
    while (reader->output_scanline < reader->output_height) {
        JSAMPROW place = picture->pixels + stride * reader->output_scanline;
        JSAMPROW row = inks ? codec->row : place;
        jpeg_read_scanlines(reader, &row, 1);
        if (inks)
            ink_to_rgb(row, place, picture->width, reader->saw_Adobe_marker);
    }
}

static void decode(struct codec *codec, const unsigned char *bytes, size_t length)
{
    struct jpeg_decompress_struct *reader = &codec->reader;
    jpeg_create_decompress(reader);
    reader->progress = &codec->progress;
    jpeg_mem_src(reader, bytes, length);
    jpeg_save_markers(reader, JPEG_APP0 + 1, 0xffff);
    jpeg_read_header(reader, TRUE);
    if (!td_picture_fits(reader->image_width, reader->image_height))
        fail((j_common_ptr)reader, TD_FINDING_IMAGE_HUGE);
    choose_colours(codec);
    codec->picture.orientation = orientation_of(reader);
    jpeg_start_decompress(reader);
    codec->picture.width = reader->output_width;
    codec->picture.height = reader->output_height;
    read_rows(codec);
    jpeg_finish_decompress(reader);
}

static void encode(struct codec *codec)
{
    struct jpeg_compress_struct *writer = &codec->writer;
    const struct td_picture *picture = &codec->picture;
    uint32_t width, height;
    td_picture_upright(picture, &width, &height);
    free(codec->row);
    codec->row = malloc((size_t)width * picture->channels);
    if (!codec->row)
        fail((j_common_ptr)writer, TD_FINDING_TOO_COMPLEX);
    jpeg_create_compress(writer);
    writer->dest = &codec->destination;
    writer->image_width = width;
    writer->image_height = height;
    writer->input_components = (int)picture->channels;
    writer->in_color_space = picture->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(writer);
    jpeg_set_quality(writer, QUALITY, TRUE);
    jpeg_start_compress(writer, TRUE);
    for (uint32_t y = 0; y < height; y++) {
        td_picture_row(picture, y, codec->row);
        jpeg_write_scanlines(writer, &codec->row, 1);
    }
    jpeg_finish_compress(writer);
}

void td_jpeg_examine(const unsigned char *bytes, size_t length, struct td_sink *sink,
                     struct td_verdict *verdict)
{
    struct codec *codec = calloc(1, sizeof(*codec));
    if (!codec) {
        td_verdict_add(verdict, TD_FINDING_TOO_COMPLEX);
        return;
    }
    codec->sink = sink;
    codec->reader.err = codec->writer.err = jpeg_std_error(&codec->errors);
    codec->errors.error_exit = on_error;
    codec->errors.emit_message = on_message;
    codec->errors.output_message = on_output;
    codec->progress.progress_monitor = on_progress;
    codec->destination = (struct jpeg_destination_mgr){.init_destination = begin_output,
                                                       .empty_output_buffer = empty_output,
                                                       .term_destination = end_output};
    if (setjmp(codec->failed) == 0) {
        decode(codec, bytes, length);
        jpeg_destroy_decompress(&codec->reader);
        encode(codec);
        verdict->rewritten = true;
    } else {
        td_verdict_add(verdict, codec->finding);
    }
    jpeg_destroy_decompress(&codec->reader);
    jpeg_destroy_compress(&codec->writer);
    free(codec->row);
    free(codec->picture.pixels);
    free(codec);
}
