/* certificate.c - see certificate.h. What the libraries keep is not given back: for a process that
 * ends. */
#include "paper/certificate.h"

#include "base/error.h"
#include "base/json.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <string.h>

/* Points; A4. */
#define WIDTH  595.276
#define HEIGHT 841.89
#define MARGIN 56.0
#define QR     150.0

#define SERIF "Noto Serif CJK SC"
#define SANS  "Noto Sans CJK SC"

struct sheet {
    cairo_t *cairo;
    PangoContext *context;
    double y;
};

struct style {
    const char *family;
    double size;
    bool bold;
    PangoAlignment align;
    double red, green, blue;
};

static PangoLayout *lay_out(struct sheet *sheet, const struct style *style, const char *text,
                            double width)
{
    PangoLayout *layout = pango_layout_new(sheet->context);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family(font, style->family);
    pango_font_description_set_absolute_size(font, style->size * PANGO_SCALE);
    pango_font_description_set_weight(font, style->bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout, font);
    pango_font_description_free(font);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout, style->align);
    /* Addresses and digits are copied and compared: no hyphens, no joined letters. */
    PangoAttrList *attributes = pango_attr_list_new();
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    pango_attr_list_insert(attributes, pango_attr_font_features_new("liga=0, clig=0"));
    pango_layout_set_attributes(layout, attributes);
    pango_attr_list_unref(attributes);
    pango_layout_set_text(layout, text, -1);
    return layout;
}

/* Draws at x and sheet->y; answers the height. */
static double draw(struct sheet *sheet, const struct style *style, const char *text, double x,
                   double width)
{
    int height;
    PangoLayout *layout = lay_out(sheet, style, text, width);
    pango_layout_get_size(layout, NULL, &height);
    cairo_set_source_rgb(sheet->cairo, style->red, style->green, style->blue);
    cairo_move_to(sheet->cairo, x, sheet->y);
    pango_cairo_show_layout(sheet->cairo, layout);
    g_object_unref(layout);
    return (double)height / PANGO_SCALE;
}

/* One line if a smaller size makes it one, down to `least`; else as many as it takes. */
static void draw_fitting(struct sheet *sheet, struct style style, double least, const char *text)
{
    double width = WIDTH - 2 * MARGIN;
    while (style.size > least) {
        PangoLayout *layout = lay_out(sheet, &style, text, width);
        int lines = pango_layout_get_line_count(layout);
        g_object_unref(layout);
        if (lines <= 1)
            break;
        style.size -= 1;
    }
    sheet->y += draw(sheet, &style, text, MARGIN, width);
}

static void draw_frame(cairo_t *cairo)
{
    static const struct {
        double inset, width;
    } lines[] = {{24, 2.5}, {30, 0.7}};
    cairo_set_source_rgb(cairo, 0.55, 0.1, 0.1);
    for (int i = 0; i < 2; i++) {
        cairo_set_line_width(cairo, lines[i].width);
        cairo_rectangle(cairo, lines[i].inset, lines[i].inset, WIDTH - 2 * lines[i].inset,
                        HEIGHT - 2 * lines[i].inset);
        cairo_stroke(cairo);
    }
}

static int draw_qr(cairo_t *cairo, const char *text, double x, double y)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (!code)
        return TD_EINVALID;
    double module = QR / code->width;
    cairo_set_source_rgb(cairo, 0, 0, 0);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++)
            if (code->data[row * code->width + column] & 1)
                cairo_rectangle(cairo, x + column * module, y + row * module, module, module);
    cairo_fill(cairo);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_DEFAULT);
    QRcode_free(code);
    return 0;
}

static void draw_heading(struct sheet *sheet, bool directed)
{
    const struct style title = {SERIF, 27, true, PANGO_ALIGN_CENTER, 0.55, 0.1, 0.1};
    const struct style track = {SERIF, 16, true, PANGO_ALIGN_CENTER, 0.2, 0.2, 0.2};
    const struct style english = {SANS, 10.5, false, PANGO_ALIGN_CENTER, 0.35, 0.35, 0.35};
    sheet->y = 84;
    sheet->y += draw(sheet, &title, "专业技术职务任职资格证书", MARGIN, WIDTH - 2 * MARGIN) + 2;
    if (directed)
        sheet->y += draw(sheet, &track, "（定向评价、定向使用）", MARGIN, WIDTH - 2 * MARGIN);
    sheet->y += draw(sheet, &english,
                     directed ? "Certificate of professional title, directed track"
                              : "Certificate of professional title",
                     MARGIN, WIDTH - 2 * MARGIN);
}

static void draw_person(struct sheet *sheet, const json_t *certificate)
{
    const struct style name = {SERIF, 30, true, PANGO_ALIGN_CENTER, 0, 0, 0};
    const struct style words = {SERIF, 13, false, PANGO_ALIGN_CENTER, 0.1, 0.1, 0.1};
    const struct style title = {SERIF, 26, true, PANGO_ALIGN_CENTER, 0.55, 0.1, 0.1};
    const struct style english = {SANS, 10.5, false, PANGO_ALIGN_CENTER, 0.35, 0.35, 0.35};
    sheet->y += 30;
    draw_fitting(sheet, name, 15, td_json_text(certificate, "name"));
    sheet->y += 10;
    sheet->y += draw(sheet, &words, "经评审委员会评审，具备下列专业技术职务任职资格：", MARGIN,
                     WIDTH - 2 * MARGIN);
    sheet->y += 10;
    draw_fitting(sheet, title, 15, td_json_text(certificate, "title"));
    sheet->y +=
        draw(sheet, &english, td_json_text(certificate, "title_en"), MARGIN, WIDTH - 2 * MARGIN);
}

static void draw_row(struct sheet *sheet, const char *label, const char *english, const char *value)
{
    const struct style left = {SANS, 11, true, PANGO_ALIGN_LEFT, 0.15, 0.15, 0.15};
    const struct style small = {SANS, 8, false, PANGO_ALIGN_LEFT, 0.4, 0.4, 0.4};
    const struct style right = {SERIF, 12.5, false, PANGO_ALIGN_LEFT, 0, 0, 0};
    const double label_width = 118, x = MARGIN + 24;
    double top = sheet->y;
    double height = draw(sheet, &left, label, x, label_width);
    sheet->y = top + height;
    height += draw(sheet, &small, english, x, label_width);
    sheet->y = top;
    double value_height =
        draw(sheet, &right, value, x + label_width + 8, WIDTH - 2 * MARGIN - label_width - 56);
    sheet->y = top + (height > value_height ? height : value_height) + 5;
    cairo_set_source_rgb(sheet->cairo, 0.8, 0.8, 0.8);
    cairo_set_line_width(sheet->cairo, 0.5);
    cairo_move_to(sheet->cairo, x, sheet->y);
    cairo_line_to(sheet->cairo, WIDTH - x, sheet->y);
    cairo_stroke(sheet->cairo);
    sheet->y += 5;
}

static void draw_rows(struct sheet *sheet, const json_t *certificate, bool directed)
{
    static const struct {
        const char *label, *english, *member;
    } rows[] = {{"系列", "Series", "series"},
                {"专业", "Specialty", "specialty"},
                {"层级", "Level", "level"},
                {"取得日期", "Awarded on", "awarded_on"},
                {"证书编号", "Number", "number"}};
    sheet->y += 18;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        draw_row(sheet, rows[i].label, rows[i].english, td_json_text(certificate, rows[i].member));
    draw_row(sheet, "使用范围", "Valid in",
             directed ? "限本市县以下基层事业单位聘任使用" : "自治区通用");
}

static int draw_foot(struct sheet *sheet, const json_t *certificate)
{
    const struct style issuer = {SERIF, 14, true, PANGO_ALIGN_RIGHT, 0, 0, 0};
    const struct style small = {SANS, 8, false, PANGO_ALIGN_LEFT, 0.25, 0.25, 0.25};
    const double top = HEIGHT - MARGIN - QR, right = MARGIN + 24 + QR + 16;
    const double width = WIDTH - MARGIN - 24 - right;
    char text[1200], key[65];
    snprintf(key, sizeof(key), "%-64.64s", td_json_text(certificate, "key"));
    sheet->y = top - 4;
    sheet->y += draw(sheet, &issuer, td_json_text(certificate, "issuer"), right, width);
    sheet->y += draw(sheet, &issuer, td_json_text(certificate, "issued_on"), right, width) + 8;
    snprintf(
        text, sizeof(text),
        "查验 Check: %s\n校验码 Check code: %s\n"
        "二维码含有签名的证书内容，可离线验证（SM2）。证书现在是有效、暂停、已转通用还是已撤销，"
        "以联网查验为准。\nThe code holds the signed content and is valid offline; the present "
        "state is told by the server only.\n公钥指纹 Key (SM3): %.16s %.16s %.16s %.16s",
        td_json_text(certificate, "check_url"), td_json_text(certificate, "check_code"), key,
        key + 16, key + 32, key + 48);
    draw(sheet, &small, text, right, width);
    return draw_qr(sheet->cairo, td_json_text(certificate, "qr"), MARGIN + 24, top);
}

/* --- the file --------------------------------------------------------------------------------- */

static cairo_status_t keep(void *arg, const unsigned char *bytes, unsigned int length)
{
    struct td_strbuf *pdf = arg;
    if (pdf->length + length > TD_PAPER_MAX)
        return CAIRO_STATUS_WRITE_ERROR;
    td_strbuf_add(pdf, (const char *)bytes, length);
    return pdf->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* The day of issue stands for the moment of making, so that nothing but the content is in the
 * bytes. Version 1.4 keeps the keywords readable without taking the file apart. */
static cairo_surface_t *open_file(const json_t *certificate, struct td_strbuf *pdf)
{
    char made[48];
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(keep, pdf, WIDTH, HEIGHT);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);
    snprintf(made, sizeof(made), "%.10sT00:00:00+08:00", td_json_text(certificate, "issued_on"));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, made);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   td_json_text(certificate, "number"));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_KEYWORDS,
                                   td_json_text(certificate, "token"));
    return surface;
}

int td_paper_certificate(const json_t *certificate, struct td_strbuf *pdf)
{
    bool directed = json_is_true(json_object_get(certificate, "directed"));
    cairo_surface_t *surface = open_file(certificate, pdf);
    PangoFontMap *fonts =
        pango_cairo_font_map_new(); /* not the thread's: what it keeps goes with it */
    struct sheet sheet = {cairo_create(surface), pango_font_map_create_context(fonts), 0};
    pango_context_set_language(sheet.context, pango_language_from_string("zh-cn"));
    draw_frame(sheet.cairo);
    draw_heading(&sheet, directed);
    draw_person(&sheet, certificate);
    draw_rows(&sheet, certificate, directed);
    int result = draw_foot(&sheet, certificate);
    cairo_show_page(sheet.cairo);
    g_object_unref(sheet.context);
    cairo_destroy(sheet.cairo);
    g_object_unref(fonts);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (result == 0 && status != CAIRO_STATUS_SUCCESS)
        result = status == CAIRO_STATUS_WRITE_ERROR ? TD_EFULL : TD_ENOMEM;
    return result;
}
