/* png.c - decodes a PNG to its end and writes its pixels as a new one: of an animation the first
 * picture, 16 bits as 8, interlaced as not interlaced. Palettes stay, so that screenshots stay
 * small. libpng reports failures with longjmp; what must be freed then lies in struct codec. */
#include "examiner/picture.h"
#include "examiner/verdict.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MAX = 4 << 20, CHUNKS_MAX = 200, LEVEL = 4 };

struct codec {
    const unsigned char *bytes; /* what is still to be read */
    size_t length;
    struct td_sink *sink;
    enum td_finding finding;
    struct td_picture picture;
    int colour;
    png_color palette[PNG_MAX_PALETTE_LENGTH];
    png_byte alpha[PNG_MAX_PALETTE_LENGTH];
    int colours, alphas;
    png_bytep row;
    png_bytepp rows;
    png_structp png;
    png_infop info;
};

static _Noreturn void fail(png_structp png, enum td_finding finding)
{
    struct codec *codec = png_get_error_ptr(png);
    codec->finding = finding;
    png_longjmp(png, 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    (void)message;
    fail(png, TD_FINDING_IMAGE_DAMAGED);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void give_bytes(png_structp png, png_bytep place, size_t length)
{
    struct codec *codec = png_get_io_ptr(png);
    if (length > codec->length)
        png_error(png, "truncated");
    memcpy(place, codec->bytes, length);
    codec->bytes += length;
    codec->length -= length;
}

static void take_bytes(png_structp png, png_bytep bytes, size_t length)
{
    struct codec *codec = png_get_io_ptr(png);
    if (!codec->sink->write(codec->sink, bytes, length))
        fail(png, TD_FINDING_TOO_COMPLEX);
}

static void flush(png_structp png)
{
    (void)png;
}

/* What libpng is to hand out: 8 bits a channel, or one index. */
static void choose_channels(struct codec *codec)
{
    png_structp png = codec->png;
    int colour = png_get_color_type(png, codec->info);
    if (colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_packing(png);
    } else {
        if (colour == PNG_COLOR_TYPE_GRAY)
            png_set_expand_gray_1_2_4_to_8(png);
        if (png_get_valid(png, codec->info, PNG_INFO_tRNS))
            png_set_tRNS_to_alpha(png);
        png_set_scale_16(png);
    }
    png_set_interlace_handling(png);
    png_read_update_info(png, codec->info);
    codec->colour = png_get_color_type(png, codec->info);
    codec->picture.channels = png_get_channels(png, codec->info);
}

static void keep_palette(struct codec *codec)
{
    png_colorp colours;
    png_bytep alphas;
    png_color_16p colour;
    if (codec->colour != PNG_COLOR_TYPE_PALETTE)
        return;
    if (png_get_PLTE(codec->png, codec->info, &colours, &codec->colours))
        memcpy(codec->palette, colours, sizeof(*colours) * (size_t)codec->colours);
    if (png_get_tRNS(codec->png, codec->info, &alphas, &codec->alphas, &colour) && alphas)
        memcpy(codec->alpha, alphas, (size_t)codec->alphas);
    else
        codec->alphas = 0;
}

static void read_rows(struct codec *codec)
{
    struct td_picture *picture = &codec->picture;
    const size_t stride = (size_t)picture->width * picture->channels;
    if (png_get_rowbytes(codec->png, codec->info) != stride)
        png_error(codec->png, "rows of another size");
    picture->pixels = malloc(stride * picture->height);
    codec->rows = malloc(sizeof(*codec->rows) * picture->height);
    if (!picture->pixels || !codec->rows)
        fail(codec->png, TD_FINDING_TOO_COMPLEX);
    for (uint32_t y = 0; y < picture->height; y++)
        codec->rows[y] = picture->pixels + stride * y;
    png_read_image(codec->png, codec->rows);
}

static void read_orientation(struct codec *codec)
{
    png_bytep exif = NULL;
    png_uint_32 length = 0;
    codec->picture.orientation = 1;
    if (png_get_eXIf_1(codec->png, codec->info, &length, &exif) && exif)
        codec->picture.orientation = td_picture_orientation(exif, length);
}

static void decode(struct codec *codec)
{
    png_structp png = codec->png;
    png_set_read_fn(png, codec, give_bytes);
    png_set_user_limits(png, PNG_UINT_31_MAX,
                        PNG_UINT_31_MAX); /* td_picture_fits says it in words */
    png_set_chunk_malloc_max(png, CHUNK_MAX);
    png_set_chunk_cache_max(png, CHUNKS_MAX);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_read_info(png, codec->info);
    codec->picture.width = png_get_image_width(png, codec->info);
    codec->picture.height = png_get_image_height(png, codec->info);
    if (!td_picture_fits(codec->picture.width, codec->picture.height))
        fail(png, TD_FINDING_IMAGE_HUGE);
    choose_channels(codec);
    read_rows(codec);
    keep_palette(codec);
    png_read_end(png, codec->info);
    read_orientation(codec);
}

static void encode(struct codec *codec)
{
    png_structp png = codec->png;
    uint32_t width, height;
    td_picture_upright(&codec->picture, &width, &height);
    codec->row = malloc((size_t)width * codec->picture.channels);
    if (!codec->row)
        fail(png, TD_FINDING_TOO_COMPLEX);
    png_set_write_fn(png, codec, take_bytes, flush);
    png_set_compression_level(png, LEVEL);
    png_set_IHDR(png, codec->info, width, height, 8, codec->colour, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (codec->colour == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, codec->info, codec->palette, codec->colours);
    if (codec->alphas)
        png_set_tRNS(png, codec->info, codec->alpha, codec->alphas, NULL);
    png_write_info(png, codec->info);
    for (uint32_t y = 0; y < height; y++) {
        td_picture_row(&codec->picture, y, codec->row);
        png_write_row(png, codec->row);
    }
    png_write_end(png, NULL);
}

/* Runs one half; false when it failed, `finding` then says how. */
static bool run(struct codec *codec, bool reading)
{
    codec->png = reading
                     ? png_create_read_struct(PNG_LIBPNG_VER_STRING, codec, on_error, on_warning)
                     : png_create_write_struct(PNG_LIBPNG_VER_STRING, codec, on_error, on_warning);
    codec->info = codec->png ? png_create_info_struct(codec->png) : NULL;
    codec->finding = TD_FINDING_TOO_COMPLEX;
    volatile bool done = false;
    if (codec->info && setjmp(png_jmpbuf(codec->png)) == 0) {
        if (reading)
            decode(codec);
        else
            encode(codec);
        done = true;
    }
    if (reading)
        png_destroy_read_struct(&codec->png, &codec->info, NULL);
    else
        png_destroy_write_struct(&codec->png, &codec->info);
    return done;
}

void td_png_examine(const unsigned char *bytes, size_t length, struct td_sink *sink,
                    struct td_verdict *verdict)
{
    struct codec *codec = calloc(1, sizeof(*codec));
    if (!codec) {
        td_verdict_add(verdict, TD_FINDING_TOO_COMPLEX);
        return;
    }
    codec->bytes = bytes;
    codec->length = length;
    codec->sink = sink;
    if (run(codec, true) && run(codec, false))
        verdict->rewritten = true;
    else
        td_verdict_add(verdict, codec->finding);
    free(codec->row);
    free(codec->rows);
    free(codec->picture.pixels);
    free(codec);
}
