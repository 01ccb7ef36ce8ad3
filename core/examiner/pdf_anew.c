/* pdf_anew.c - a PDF without what it says about itself.
 *
 * For files that are read without knowing whose they are. What no page shows is left out: the
 * properties (author, title, program, dates), XMP of the file and of its parts, private data of
 * programs, authors of notes, the file's identifier, and earlier revisions with whatever they said.
 * Pages stay as they are: names on them are for people to find. */
#include "examiner/verdict.h"

#include <qpdf/qpdf-c.h>
#include <string.h>

static const char *const properties[] = {"/Metadata", "/PieceInfo", "/LastModified"};
/* Of notes on a page: author, name and dates. */
static const char *const note_properties[] = {"/T", "/NM", "/M", "/CreationDate"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void remove_keys(qpdf_data pdf, qpdf_oh dictionary, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (qpdf_oh_has_key(pdf, dictionary, keys[i]))
            qpdf_oh_remove_key(pdf, dictionary, keys[i]);
}

/* A field of a form needs its /T. */
static bool is_note(qpdf_data pdf, qpdf_oh dictionary)
{
    qpdf_oh kind = qpdf_oh_get_key_if_dict(pdf, dictionary, "/Subtype");
    bool note = qpdf_oh_has_key(pdf, dictionary, "/Rect") && qpdf_oh_is_name(pdf, kind) &&
                !qpdf_oh_is_name_and_equals(pdf, kind, "/Widget");
    qpdf_oh_release(pdf, kind);
    return note;
}

static void clean(qpdf_data pdf, qpdf_oh object)
{
    bool stream = qpdf_oh_is_stream(pdf, object);
    qpdf_oh dictionary = stream ? qpdf_oh_get_dict(pdf, object) : object;
    if (qpdf_oh_is_dictionary(pdf, dictionary)) {
        remove_keys(pdf, dictionary, properties, COUNT(properties));
        if (is_note(pdf, dictionary))
            remove_keys(pdf, dictionary, note_properties, COUNT(note_properties));
    }
    if (stream)
        qpdf_oh_release(pdf, dictionary);
}

/* Notes may stand in a page itself. */
static void clean_notes(qpdf_data pdf, qpdf_oh page)
{
    qpdf_oh notes = qpdf_oh_get_key_if_dict(pdf, page, "/Annots");
    int count = qpdf_oh_is_array(pdf, notes) ? qpdf_oh_get_array_n_items(pdf, notes) : 0;
    for (int i = 0; i < count; i++) {
        qpdf_oh note = qpdf_oh_get_array_item(pdf, notes, i);
        clean(pdf, note);
        qpdf_oh_release(pdf, note);
    }
    qpdf_oh_release(pdf, notes);
}

static void clean_all(qpdf_data pdf)
{
    static const char *const trailer_keys[] = {"/Info", "/ID"};
    int count = 0;
    qpdf_oh trailer = qpdf_get_trailer(pdf), size = qpdf_oh_get_key(pdf, trailer, "/Size");
    if (!qpdf_oh_get_value_as_int(pdf, size, &count))
        count = 0;
    for (int id = 1; id <= count; id++) {
        qpdf_oh object = qpdf_get_object_by_id(pdf, id, 0);
        clean(pdf, object);
        clean_notes(pdf, object);
        qpdf_oh_release(pdf, object);
    }
    remove_keys(pdf, trailer, trailer_keys, COUNT(trailer_keys));
    qpdf_oh_release(pdf, size);
    qpdf_oh_release(pdf, trailer);
}

static bool write_out(qpdf_data pdf, struct td_sink *sink)
{
    if (qpdf_init_write_memory(pdf) & QPDF_ERRORS)
        return false;
    qpdf_set_preserve_encryption(pdf, QPDF_FALSE);
    qpdf_set_deterministic_ID(pdf, QPDF_TRUE);
    if (qpdf_write(pdf) & QPDF_ERRORS)
        return false;
    return sink->write(sink, qpdf_get_buffer(pdf), qpdf_get_buffer_length(pdf));
}

void td_pdf_write_anew(const unsigned char *bytes, size_t length, struct td_sink *sink,
                       struct td_verdict *verdict)
{
    qpdf_data pdf = qpdf_init();
    qpdf_silence_errors(pdf);
    qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(pdf, QPDF_FALSE);
    bool read = !(qpdf_read_memory(pdf, "file", (const char *)bytes, length, NULL) & QPDF_ERRORS);
    if (read)
        clean_all(pdf);
    if (read && (write_out(pdf, sink) || sink->failure))
        verdict->rewritten = true;
    else
        td_verdict_add(verdict, TD_FINDING_PDF_DAMAGED);
    qpdf_cleanup(&pdf);
}
