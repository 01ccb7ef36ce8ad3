/* pdf.c - what a PDF would do besides being read.
 *
 * qpdf resolves objects, also those in object streams, and names, also those written with #xx.
 * Every object is looked at, whether anything refers to it or not, and so is every earlier revision
 * of a file that was saved incrementally. Streams of pages are not decoded: they cannot act.
 *
 * A file that qpdf would have to repair, or wonders about, is refused: two readers may read it
 * differently, and then what was examined is not what is opened. Actions are allowed by list at the
 * places where actions stand, and refused by name wherever they stand. */
#include "examiner/verdict.h"

#include <qpdf/qpdf-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OBJECTS_MAX = 300000, STEPS_MAX = 8000000, REVISIONS_MAX = 32, PAGES_MAX = 5000 };

struct walk {
    qpdf_data pdf;
    struct td_verdict *verdict;
    qpdf_oh *stack; /* containers that are still to be looked at */
    size_t depth, room;
    size_t steps;
    struct {
        int id, generation;
    } * later; /* objects of other generations than 0 that something refers to */
    size_t later_count, later_room;
    bool stopped;
};

struct rule {
    const char *name;
    enum td_finding finding;
};

/* Members that no harmless document needs. */
static const struct rule members[] = {
    {"/JS", TD_FINDING_PDF_SCRIPT},
    {"/JavaScript", TD_FINDING_PDF_SCRIPT},
    {"/EmbeddedFiles", TD_FINDING_PDF_ATTACHMENT},
    {"/EF", TD_FINDING_PDF_ATTACHMENT},
    {"/Collection", TD_FINDING_PDF_ATTACHMENT},
    {"/XFA", TD_FINDING_PDF_FORM},
    {"/RichMediaContent", TD_FINDING_PDF_MEDIA},
};

static const struct rule actions[] = {
    {"/JavaScript", TD_FINDING_PDF_SCRIPT}, {"/Launch", TD_FINDING_PDF_LAUNCH},
    {"/SubmitForm", TD_FINDING_PDF_FORM},   {"/ImportData", TD_FINDING_PDF_FORM},
    {"/GoToR", TD_FINDING_PDF_REMOTE},      {"/GoToE", TD_FINDING_PDF_REMOTE},
    {"/Thread", TD_FINDING_PDF_REMOTE},     {"/Rendition", TD_FINDING_PDF_MEDIA},
    {"/Movie", TD_FINDING_PDF_MEDIA},       {"/Sound", TD_FINDING_PDF_MEDIA},
    {"/GoTo3DView", TD_FINDING_PDF_MEDIA},  {"/RichMediaExecute", TD_FINDING_PDF_MEDIA},
};

static const struct rule subtypes[] = {
    {"/FileAttachment", TD_FINDING_PDF_ATTACHMENT},
    {"/RichMedia", TD_FINDING_PDF_MEDIA},
    {"/Screen", TD_FINDING_PDF_MEDIA},
    {"/Movie", TD_FINDING_PDF_MEDIA},
    {"/Sound", TD_FINDING_PDF_MEDIA},
    {"/3D", TD_FINDING_PDF_MEDIA},
    {"/PS", TD_FINDING_PDF_MEDIA},
};

/* What may follow a click. */
static const char *const clicks[] = {"/GoTo",  "/URI",         "/Named",    "/Hide",
                                     "/Trans", "/SetOCGState", "/ResetForm"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void find(struct walk *walk, enum td_finding finding)
{
    td_verdict_add(walk->verdict, finding);
}

static void stop(struct walk *walk)
{
    find(walk, TD_FINDING_TOO_COMPLEX);
    walk->stopped = true;
}

/* --- what is still to be looked at --------------------------------------------------------- */

static bool grow(void **list, size_t *room, size_t count, size_t size)
{
    if (count < *room)
        return true;
    size_t wanted = *room ? 2 * *room : 256;
    void *larger = realloc(*list, wanted * size);
    if (!larger)
        return false;
    *list = larger;
    *room = wanted;
    return true;
}

static void remember(struct walk *walk, qpdf_oh object)
{
    int id = qpdf_oh_get_object_id(walk->pdf, object);
    int generation = qpdf_oh_get_generation(walk->pdf, object);
    if (generation == 0) /* look_at_objects comes to it */
        return;
    for (size_t i = 0; i < walk->later_count; i++)
        if (walk->later[i].id == id && walk->later[i].generation == generation)
            return;
    if (walk->later_count >= REVISIONS_MAX * REVISIONS_MAX ||
        !grow((void **)&walk->later, &walk->later_room, walk->later_count, sizeof(*walk->later))) {
        stop(walk);
        return;
    }
    walk->later[walk->later_count].id = id;
    walk->later[walk->later_count++].generation = generation;
}

/* Takes the handle over. */
static void push(struct walk *walk, qpdf_oh object)
{
    bool kept = false;
    if (qpdf_oh_is_indirect(walk->pdf, object)) {
        remember(walk, object);
    } else {
        enum qpdf_object_type_e type = qpdf_oh_get_type_code(walk->pdf, object);
        kept = type == ot_dictionary || type == ot_array || type == ot_stream;
    }
    if (kept && !grow((void **)&walk->stack, &walk->room, walk->depth, sizeof(*walk->stack))) {
        stop(walk);
        kept = false;
    }
    if (kept)
        walk->stack[walk->depth++] = object;
    else
        qpdf_oh_release(walk->pdf, object);
}

/* --- rules ---------------------------------------------------------------------------------- */

static bool is_name(struct walk *walk, qpdf_oh object, const char *name)
{
    return qpdf_oh_is_name_and_equals(walk->pdf, object, name);
}

static void look_up(struct walk *walk, qpdf_oh name, const struct rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_name(walk, name, rules[i].name))
            find(walk, rules[i].finding);
}

/* Web pages and mail; an address without a scheme belongs to one of these. */
static bool harmless_address(const char *text)
{
    static const char *const schemes[] = {"http:", "https:", "mailto:"};
    while (*text && (unsigned char)*text <= ' ')
        text++;
    size_t scheme = strcspn(text, ":/?#\\");
    if (text[scheme] == '\\')
        return false;
    if (text[scheme] != ':')
        return true;
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (!strncasecmp(text, schemes[i], strlen(schemes[i])))
            return true;
    return false;
}

static void look_at_address(struct walk *walk, qpdf_oh address)
{
    if (qpdf_oh_get_type_code(walk->pdf, address) == ot_string &&
        !harmless_address(qpdf_oh_get_utf8_value(walk->pdf, address)))
        find(walk, TD_FINDING_PDF_REMOTE);
}

static bool is_click(struct walk *walk, qpdf_oh name)
{
    for (size_t i = 0; i < COUNT(clicks); i++)
        if (is_name(walk, name, clicks[i]))
            return true;
    return false;
}

/* An action behind /A, /PA or /Next. /A of a structure element is no action: it has no /S. */
static void look_at_action(struct walk *walk, qpdf_oh action)
{
    if (qpdf_oh_get_type_code(walk->pdf, action) != ot_dictionary)
        return;
    qpdf_oh name = qpdf_oh_get_key(walk->pdf, action, "/S");
    if (qpdf_oh_get_type_code(walk->pdf, name) == ot_name && !is_click(walk, name))
        find(walk, TD_FINDING_PDF_AUTOMATIC);
    qpdf_oh_release(walk->pdf, name);
}

static void look_at_actions(struct walk *walk, qpdf_oh next)
{
    if (qpdf_oh_get_type_code(walk->pdf, next) != ot_array) {
        look_at_action(walk, next);
        return;
    }
    int count = qpdf_oh_get_array_n_items(walk->pdf, next);
    for (int i = 0; i < count && walk->steps < STEPS_MAX; i++, walk->steps++) {
        qpdf_oh action = qpdf_oh_get_array_item(walk->pdf, next, i);
        look_at_action(walk, action);
        qpdf_oh_release(walk->pdf, action);
    }
}

/* What happens without a click may only turn to a page. */
static void look_at_automatic(struct walk *walk, qpdf_oh action)
{
    enum qpdf_object_type_e type = qpdf_oh_get_type_code(walk->pdf, action);
    if (type == ot_null || type == ot_array || type == ot_name || type == ot_string)
        return; /* a destination */
    qpdf_oh name = qpdf_oh_get_key_if_dict(walk->pdf, action, "/S");
    qpdf_oh next = qpdf_oh_get_key_if_dict(walk->pdf, action, "/Next");
    if (!is_name(walk, name, "/GoTo") || !qpdf_oh_is_null(walk->pdf, next))
        find(walk, TD_FINDING_PDF_AUTOMATIC);
    qpdf_oh_release(walk->pdf, name);
    qpdf_oh_release(walk->pdf, next);
}

/* /AA: an action for each event. */
static void look_at_events(struct walk *walk, qpdf_oh events)
{
    if (qpdf_oh_get_type_code(walk->pdf, events) != ot_dictionary)
        return;
    qpdf_oh_begin_dict_key_iter(walk->pdf, events);
    while (qpdf_oh_dict_more_keys(walk->pdf)) {
        qpdf_oh action = qpdf_oh_get_key(walk->pdf, events, qpdf_oh_dict_next_key(walk->pdf));
        look_at_automatic(walk, action);
        qpdf_oh_release(walk->pdf, action);
    }
}

static void with_member(struct walk *walk, qpdf_oh dictionary, const char *name,
                        void (*look)(struct walk *walk, qpdf_oh value))
{
    if (!qpdf_oh_has_key(walk->pdf, dictionary, name))
        return;
    qpdf_oh value = qpdf_oh_get_key(walk->pdf, dictionary, name);
    look(walk, value);
    qpdf_oh_release(walk->pdf, value);
}

static void look_at_kind(struct walk *walk, qpdf_oh name)
{
    look_up(walk, name, actions, COUNT(actions));
}

static void look_at_subtype(struct walk *walk, qpdf_oh name)
{
    look_up(walk, name, subtypes, COUNT(subtypes));
}

static void look_at_type(struct walk *walk, qpdf_oh name)
{
    if (is_name(walk, name, "/EmbeddedFile"))
        find(walk, TD_FINDING_PDF_ATTACHMENT);
}

/* --- objects -------------------------------------------------------------------------------- */

static void look_at_dictionary(struct walk *walk, qpdf_oh dictionary)
{
    for (size_t i = 0; i < COUNT(members); i++)
        if (qpdf_oh_has_key(walk->pdf, dictionary, members[i].name))
            find(walk, members[i].finding);
    with_member(walk, dictionary, "/S", look_at_kind);
    with_member(walk, dictionary, "/Subtype", look_at_subtype);
    with_member(walk, dictionary, "/Type", look_at_type);
    with_member(walk, dictionary, "/URI", look_at_address);
    with_member(walk, dictionary, "/Base", look_at_address);
    with_member(walk, dictionary, "/A", look_at_action);
    with_member(walk, dictionary, "/PA", look_at_action);
    with_member(walk, dictionary, "/Next", look_at_actions);
    with_member(walk, dictionary, "/OpenAction", look_at_automatic);
    with_member(walk, dictionary, "/AA", look_at_events);
    qpdf_oh_begin_dict_key_iter(walk->pdf, dictionary);
    while (qpdf_oh_dict_more_keys(walk->pdf) && walk->steps < STEPS_MAX) {
        walk->steps++;
        push(walk, qpdf_oh_get_key(walk->pdf, dictionary, qpdf_oh_dict_next_key(walk->pdf)));
    }
}

static void look_at_stream(struct walk *walk, qpdf_oh stream)
{
    qpdf_oh dictionary = qpdf_oh_get_dict(walk->pdf, stream);
    if (qpdf_oh_has_key(walk->pdf, dictionary, "/F") ||
        qpdf_oh_has_key(walk->pdf, dictionary, "/Ref"))
        find(walk, TD_FINDING_PDF_REMOTE); /* its content is another file's */
    look_at_dictionary(walk, dictionary);
    qpdf_oh_release(walk->pdf, dictionary);
}

static void look_at_array(struct walk *walk, qpdf_oh array)
{
    int count = qpdf_oh_get_array_n_items(walk->pdf, array);
    for (int i = 0; i < count && walk->steps < STEPS_MAX; i++) {
        walk->steps++;
        push(walk, qpdf_oh_get_array_item(walk->pdf, array, i));
    }
}

/* Takes the handle over; looks at all that is in this object and not in others. */
static void look_at(struct walk *walk, qpdf_oh object)
{
    for (;;) {
        enum qpdf_object_type_e type = qpdf_oh_get_type_code(walk->pdf, object);
        if (type == ot_dictionary)
            look_at_dictionary(walk, object);
        else if (type == ot_stream)
            look_at_stream(walk, object);
        else if (type == ot_array)
            look_at_array(walk, object);
        qpdf_oh_release(walk->pdf, object);
        if (walk->steps >= STEPS_MAX)
            stop(walk);
        if (walk->stopped || !walk->depth)
            return;
        object = walk->stack[--walk->depth];
    }
}

static void look_at_objects(struct walk *walk, int count)
{
    look_at(walk, qpdf_get_trailer(walk->pdf));
    for (int id = 1; id <= count && !walk->stopped; id++)
        look_at(walk, qpdf_get_object_by_id(walk->pdf, id, 0));
    for (size_t i = 0; i < walk->later_count && !walk->stopped; i++)
        look_at(walk,
                qpdf_get_object_by_id(walk->pdf, walk->later[i].id, walk->later[i].generation));
}

/* --- files ---------------------------------------------------------------------------------- */

/* How many objects there are, from the trailer. Many programs count them wrong, which qpdf says:
 * harmless once both numbers are known. */
static int count_objects(qpdf_data pdf, const char *complaint)
{
    int declared = 0, highest = 0, count = 0;
    qpdf_oh trailer = qpdf_get_trailer(pdf), size = qpdf_oh_get_key(pdf, trailer, "/Size");
    if (!qpdf_oh_get_value_as_int(pdf, size, &declared))
        declared = 0;
    if (complaint)
        sscanf(complaint,
               "reported number of objects (%d) is not one plus the highest object number (%d)",
               &count, &highest);
    qpdf_oh_release(pdf, size);
    qpdf_oh_release(pdf, trailer);
    return declared > highest ? declared : highest;
}

/* What failed since the last time; qpdf talks about an error that nobody took. */
static bool take_failure(qpdf_data pdf)
{
    return qpdf_has_error(pdf) && qpdf_get_error(pdf);
}

/* True when qpdf had something to say that leaves doubt about what the file contains. */
static bool is_doubtful(qpdf_data pdf, char *complaint, size_t room)
{
    bool doubtful = take_failure(pdf);
    while (qpdf_more_warnings(pdf)) {
        const char *text = qpdf_get_error_message_detail(pdf, qpdf_next_warning(pdf));
        if (strncmp(text, "reported number of objects", 26) == 0)
            snprintf(complaint, room, "%s", text);
        else
            doubtful = true;
    }
    return doubtful;
}

/* Looks at the objects of an opened file; false when it is damaged. */
static bool look_at_file(qpdf_data pdf, struct td_verdict *verdict)
{
    char complaint[160] = "";
    struct walk walk = {.pdf = pdf, .verdict = verdict};
    if (is_doubtful(pdf, complaint, sizeof(complaint)))
        return false;
    int count = count_objects(pdf, complaint);
    if (count <= OBJECTS_MAX)
        look_at_objects(&walk, count);
    else
        stop(&walk);
    free(walk.stack);
    free(walk.later);
    return !is_doubtful(pdf, complaint, sizeof(complaint));
}

static void count_pages(qpdf_data pdf, struct td_verdict *verdict)
{
    int pages = qpdf_get_num_pages(pdf);
    if (pages > PAGES_MAX)
        td_verdict_add(verdict, TD_FINDING_TOO_COMPLEX);
    if (take_failure(pdf) || pages <= 0)
        td_verdict_add(verdict, TD_FINDING_PDF_DAMAGED);
}

/* One revision: the file from its start to an end mark. An earlier one that cannot be read is none
 * (the first end mark of a linearized file). */
static void look_at_revision(const unsigned char *bytes, size_t length, bool is_last,
                             struct td_verdict *verdict)
{
    qpdf_data pdf = qpdf_init();
    qpdf_silence_errors(pdf);
    qpdf_set_suppress_warnings(pdf, QPDF_TRUE);
    qpdf_set_attempt_recovery(pdf, QPDF_FALSE);
    QPDF_ERROR_CODE result = qpdf_read_memory(pdf, "file", (const char *)bytes, length, NULL);
    if (result & QPDF_ERRORS) {
        bool secret = qpdf_get_error_code(pdf, qpdf_get_error(pdf)) == qpdf_e_password;
        if (secret || is_last)
            td_verdict_add(verdict, secret ? TD_FINDING_PDF_PASSWORD : TD_FINDING_PDF_DAMAGED);
    } else {
        if (!look_at_file(pdf, verdict) && is_last)
            td_verdict_add(verdict, TD_FINDING_PDF_DAMAGED);
        if (is_last)
            count_pages(pdf, verdict);
    }
    qpdf_cleanup(&pdf);
}

/* The end mark after `at`: behind it, or 0 when there is none. Only one that follows a startxref
 * ends a revision. */
static size_t next_end(const unsigned char *bytes, size_t length, size_t at)
{
    static const char mark[] = "%%EOF", start[] = "startxref";
    while (at < length) {
        const unsigned char *found = memmem(bytes + at, length - at, mark, sizeof(mark) - 1);
        if (!found)
            return 0;
        size_t place = (size_t)(found - bytes), back = place < 64 ? place : 64;
        at = place + sizeof(mark) - 1;
        if (memmem(found - back, back, start, sizeof(start) - 1))
            return at;
    }
    return 0;
}

void td_pdf_examine(const unsigned char *bytes, size_t length, struct td_verdict *verdict)
{
    int revisions = 0;
    look_at_revision(bytes, length, true, verdict);
    for (size_t end = next_end(bytes, length, 0), after; end && !verdict->findings; end = after) {
        after = next_end(bytes, length, end);
        if (!after)
            return; /* the last one is the whole file */
        if (++revisions > REVISIONS_MAX)
            td_verdict_add(verdict, TD_FINDING_TOO_COMPLEX);
        else
            look_at_revision(bytes, end, false, verdict);
    }
}
