/* picture.h - a decoded image in memory, and the way it is up. */
#ifndef TD_EXAMINER_PICTURE_H
#define TD_EXAMINER_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TD_PICTURE_PIXELS_MAX ((uint64_t)64 << 20)
#define TD_PICTURE_SIDE_MAX   65500u

struct td_picture {
    uint32_t width, height; /* as decoded */
    unsigned channels;      /* bytes of a pixel, 1 to 4 */
    unsigned orientation;   /* EXIF, 1 to 8; 1 = upright */
    unsigned char *pixels;  /* malloc'd */
};

bool td_picture_fits(uint64_t width, uint64_t height);

/* The size once upright, and one row of it, `row` having room for upright width * channels. */
void td_picture_upright(const struct td_picture *picture, uint32_t *ret_width, uint32_t *ret_height);
void td_picture_row(const struct td_picture *picture, uint32_t y, unsigned char *row);

/* The orientation that a TIFF block (EXIF without its "Exif\0\0") names; 1 when it names none. */
unsigned td_picture_orientation(const unsigned char *tiff, size_t length);

#endif
