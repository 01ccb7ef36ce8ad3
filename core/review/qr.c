/* qr.c - one path of unit squares, a row's dark run as one rectangle. */
#include "review/qr.h"

#include "base/error.h"

#include <errno.h>
#include <qrencode.h>

enum { QUIET = 4 };

static void add_row(const QRcode *code, int y, struct td_strbuf *svg)
{
    const unsigned char *row = code->data + (size_t)y * (size_t)code->width;
    for (int x = 0; x < code->width;) {
        int run = 0;
        while (x + run < code->width && (row[x + run] & 1))
            run++;
        if (run)
            td_strbuf_addf(svg, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, run, run);
        x += run ? run : 1;
    }
}

int td_qr_svg(const char *text, struct td_strbuf *svg)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return errno == ENOMEM ? TD_ENOMEM : TD_EINVALID;
    int size = code->width + 2 * QUIET;
    td_strbuf_addf(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
        " shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
        size, size, size, size);
    for (int y = 0; y < code->width; y++)
        add_row(code, y, svg);
    td_strbuf_adds(svg, "\"/></svg>\n");
    QRcode_free(code);
    return svg->failed ? TD_ENOMEM : 0;
}
