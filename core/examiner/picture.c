/* picture.c - see picture.h. */
#include "examiner/picture.h"

#include <string.h>

#define TAG_ORIENTATION 0x0112
#define TYPE_SHORT      3

bool td_picture_fits(uint64_t width, uint64_t height)
{
    return width && height && width <= TD_PICTURE_SIDE_MAX && height <= TD_PICTURE_SIDE_MAX &&
           width * height <= TD_PICTURE_PIXELS_MAX;
}

static bool lies_down(const struct td_picture *picture)
{
    return picture->orientation >= 5;
}

void td_picture_upright(const struct td_picture *picture, uint32_t *ret_width, uint32_t *ret_height)
{
    *ret_width = lies_down(picture) ? picture->height : picture->width;
    *ret_height = lies_down(picture) ? picture->width : picture->height;
}

/* Where the pixel that belongs to (x, y) of the upright picture was decoded to. */
static const unsigned char *pixel(const struct td_picture *picture, uint32_t x, uint32_t y)
{
    const uint32_t right = picture->width - 1, bottom = picture->height - 1;
    uint32_t column = x, row = y;
    switch (picture->orientation) {
    case 2: column = right - x; break;
    case 3: column = right - x, row = bottom - y; break;
    case 4: row = bottom - y; break;
    case 5: column = y, row = x; break;
    case 6: column = y, row = bottom - x; break;
    case 7: column = right - y, row = bottom - x; break;
    case 8: column = right - y, row = x; break;
    default: break;
    }
    return picture->pixels + ((size_t)row * picture->width + column) * picture->channels;
}

void td_picture_row(const struct td_picture *picture, uint32_t y, unsigned char *row)
{
    uint32_t width, height;
    td_picture_upright(picture, &width, &height);
    if (picture->orientation <= 1 || picture->orientation > 8) {
        memcpy(row, pixel(picture, 0, y), (size_t)width * picture->channels);
        return;
    }
    for (uint32_t x = 0; x < width; x++, row += picture->channels)
        memcpy(row, pixel(picture, x, y), picture->channels);
}

static uint32_t number(const unsigned char *bytes, unsigned size, bool big_endian)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[big_endian ? i : size - 1 - i];
    return value;
}

unsigned td_picture_orientation(const unsigned char *tiff, size_t length)
{
    if (length < 8 || (memcmp(tiff, "II*\0", 4) && memcmp(tiff, "MM\0*", 4)))
        return 1;
    bool big_endian = tiff[0] == 'M';
    size_t at = number(tiff + 4, 4, big_endian);
    if (at > length - 2)
        return 1;
    size_t entries = number(tiff + at, 2, big_endian);
    for (at += 2; entries > 0 && length - at >= 12; entries--, at += 12) {
        if (number(tiff + at, 2, big_endian) != TAG_ORIENTATION ||
            number(tiff + at + 2, 2, big_endian) != TYPE_SHORT)
            continue;
        uint32_t value = number(tiff + at + 8, 2, big_endian);
        return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}
