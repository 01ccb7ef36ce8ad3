/* locale.h - the texts of one language, and sentences with {places}.
 *
 * A language is a folder of locales/: each <member>.json (or <member>.<area>.json, merged) is the
 * member of that name in `texts`. Loaded once, never changed afterwards, read from every thread. */
#ifndef TD_HTTP_LOCALE_H
#define TD_HTTP_LOCALE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

struct td_locale {
    char *lang;      /* "zh" */
    const char *dir; /* "ltr" or "rtl" */
    json_t *texts;
};

/* Loads `folder`/<lang>. TD_EINVALID names the file and the line of a fault. */
int td_locale_load(const char *folder, const char *lang, struct td_locale **ret_locale,
                   struct td_error *reterr);
void td_locale_free(struct td_locale *locale);

/* texts.<file>.<key>, borrowed; NULL when there is none. */
const char *td_locale_text(const struct td_locale *locale, const char *file, const char *key);

/* `sentence` with its {places} filled from `parameters`; a place without a parameter stays.
 * malloc'd, the caller frees; NULL when memory is short. */
char *td_locale_fill(const struct td_locale *locale, const char *sentence,
                     const json_t *parameters);

/* The label of a member's text: t.label.<name>.<text>, borrowed; NULL when there is none. */
const json_t *td_locale_label(const struct td_locale *locale, const char *name, const char *text);

/* A member as people read it, malloc'd: its label (t.label.<name>.<text>), a time in Asia/Shanghai
 * for x_at, "13.50" for points and cents. NULL when the plain value is all there is to say. */
char *td_locale_member_text(const struct td_locale *locale, const char *name, const json_t *value);

/* True for members in hundredths: points, cap, total, reference_line, x_points, x_total, and those of trials:
 * means, medians, changes (shown with their sign) and shares in per cent. */
int td_locale_is_points(const char *name);

/* True for members that hold a time: at, x_at. */
bool td_locale_is_time(const char *name);

#endif
