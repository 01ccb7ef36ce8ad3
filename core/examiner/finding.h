/* finding.h - why a file is not accepted: what the examiner may say and the server knows, and the one type that
 * is no media type.
 *
 * The second word goes over the pipe and is the locale key of the sentence under "field_problem". */
#ifndef TD_EXAMINER_FINDING_H
#define TD_EXAMINER_FINDING_H

#define TD_FINDINGS(X)                                                                             \
    X(IMAGE_DAMAGED, "image_damaged")     /* not to be decoded to its end */                       \
    X(IMAGE_HUGE, "image_huge")           /* more pixels than TD_PICTURE_PIXELS_MAX */             \
    X(TOO_COMPLEX, "file_too_complex")    /* objects, revisions, scans, or the size of the result */ \
    X(PDF_DAMAGED, "pdf_damaged")         /* two readers might read it differently */              \
    X(PDF_PASSWORD, "pdf_password")       /* cannot be read without one */                         \
    X(PDF_SCRIPT, "pdf_script")           /* JavaScript */                                         \
    X(PDF_LAUNCH, "pdf_launch")           /* starts a program */                                   \
    X(PDF_ATTACHMENT, "pdf_attachment")   /* embedded or associated files, a portfolio */          \
    X(PDF_FORM, "pdf_form")               /* XFA, or a form that sends or fetches */               \
    X(PDF_REMOTE, "pdf_remote")           /* opens other files, or content that lies elsewhere */  \
    X(PDF_AUTOMATIC, "pdf_automatic")     /* does something by itself */                           \
    X(PDF_MEDIA, "pdf_media")             /* sound, film, 3D, PostScript */

/* A PDF that is kept without its properties. */
#define TD_EXAMINE_PDF_ANEW "application/pdf+anew"

enum td_finding {
#define X(name, key) TD_FINDING_##name,
    TD_FINDINGS(X)
#undef X
    TD_FINDING_COUNT
};

#endif
