/* blind.c - see blind.h. Holds no state; reads application and sheet. */
#include "review/blind.h"

#include "base/error.h"
#include "review/application.h"
#include "review/form.h"
#include "review/id_number.h"
#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A row of digits this long is a number of a person: a mobile telephone has 11. */
enum { PERSONAL_DIGITS = 11, ID_DIGITS = 17 };

bool td_blind_section(const json_t *section)
{
    return json_is_true(json_object_get(section, "blind"));
}

static bool is_blind(const json_t *form)
{
    size_t i;
    json_t *section;
    json_array_foreach(json_object_get(form, "sections"), i, section)
        if (td_blind_section(section))
            return true;
    return false;
}

bool td_blind_row(const struct td_review *review, const json_t *row)
{
    return td_row_equals(row, "state", "panel_review") && !*td_row_text(row, "submitted_at") &&
           is_blind(td_application_form(review, row));
}

int td_blind(struct td_review *review, const char *application_id, bool *ret_blind)
{
    json_t *row = NULL;
    *ret_blind = false;
    if (!td_row_is(review, TD_ROLE_EXPERT))
        return 0;
    int rc = td_tx_row(review->tx, &row,
                       "select a.series, a.plugin_version, a.state, h.submitted_at"
                       " from application a left join sheet h on h.application_id = a.id"
                       " and h.account_id = $2 where a.id = $1",
                       "ss", application_id, review->who->id);
    if (rc < 0)
        return rc;
    *ret_blind = td_blind_row(review, row);
    json_decref(row);
    return 0;
}

void td_blind_file_name(const char *section, int64_t number, const char *type,
                        char name[TD_BLIND_NAME_TEXT])
{
    const char *ending = !strcmp(type, "application/pdf") ? "pdf"
                         : !strcmp(type, "image/png")     ? "png"
                                                          : "jpg";
    snprintf(name, TD_BLIND_NAME_TEXT, "%.40s-%lld.%s", section, (long long)number, ending);
}

/* --- what tells who somebody is --------------------------------------------------------------- */

/* Seventeen digits and their check character, which may be an X, in a longer text. */
static bool is_id_number(const char *text, size_t digits)
{
    struct td_id_number number;
    char candidate[TD_ID_NUMBER_TEXT];
    if (digits < ID_DIGITS || strlen(text) < ID_DIGITS + 1)
        return false;
    memcpy(candidate, text, ID_DIGITS + 1);
    candidate[ID_DIGITS + 1] = 0;
    return td_id_number_parse(candidate, &number) == 0;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A mobile telephone as people write it down: 138 0000 0000, 138-0000-0000. */
static bool is_telephone(const char *text)
{
    static const char form[] = "1dd-dddd-dddd";
    size_t i = 0;
    for (; form[i]; i++) {
        bool fits = form[i] == '-' ? text[i] == '-' || text[i] == ' '
                                   : is_digit(text[i]) && (form[i] == 'd' || text[i] == form[i]);
        if (!fits)
            return false;
    }
    return !is_digit(text[i]);
}

static bool has_number(const char *text)
{
    while (*text) {
        size_t digits = strspn(text, "0123456789");
        if (digits >= PERSONAL_DIGITS || is_id_number(text, digits) || is_telephone(text))
            return true;
        text += digits ? digits : 1;
    }
    return false;
}

bool td_blind_has_number(const char *text)
{
    static const char wide[] = "\xef\xbc\x90"; /* U+FF10, a digit as wide as a character */
    char *narrow = malloc(strlen(text) + 1), *to = narrow;
    if (!narrow)
        return true; /* nothing passes unread */
    while (*text) {
        bool is_wide = !strncmp(text, wide, 2) && (unsigned char)text[2] >= 0x90 &&
                       (unsigned char)text[2] <= 0x99;
        *to++ = is_wide ? (char)('0' + (unsigned char)text[2] - 0x90) : *text;
        text += is_wide ? 3 : 1;
    }
    *to = 0;
    bool found = has_number(narrow);
    free(narrow);
    return found;
}

/* A name of one character would be found in every text. */
static bool mentions(const char *text, const char *name)
{
    return strlen(name) > 3 && strstr(text, name);
}

static int check_text(const json_t *application, const char *field, const char *text,
                      struct td_error *reterr)
{
    int rc = 0;
    if (mentions(text, td_row_text(application, "applicant_name")))
        rc = td_error_field(reterr, field, "blind_name", "names the applicant");
    if (mentions(text, td_row_text(application, "unit_name")))
        rc = td_error_field(reterr, field, "blind_unit", "names the unit");
    if (td_blind_has_number(text))
        rc = td_error_field(reterr, field, "blind_number",
                            "has a row of digits as long as a telephone or identity number");
    return rc;
}

/* One item of a section; `place` = "content.case_records.0". */
static int check_item(const json_t *application, const json_t *section, const json_t *item,
                      const char *place, struct td_error *reterr)
{
    size_t i;
    json_t *field;
    int rc = 0;
    json_array_foreach(json_object_get(section, "fields"), i, field) {
        const char *type = td_row_text(field, "type"), *id = td_row_text(field, "id");
        char name[160];
        if (strcmp(type, "text") && strcmp(type, "longtext"))
            continue;
        snprintf(name, sizeof(name), "%s.%.40s", place, id);
        int one = check_text(application, name, td_row_text(item, id), reterr);
        rc = one < 0 ? one : rc;
    }
    return rc;
}

static int check_section(const json_t *application, const json_t *section, struct td_error *reterr)
{
    const char *id = td_row_text(section, "id");
    const json_t *value = json_object_get(json_object_get(application, "content"), id);
    char place[100];
    size_t i;
    json_t *item;
    int rc = 0;
    snprintf(place, sizeof(place), "content.%.40s", id);
    if (!json_is_array(value))
        return check_item(application, section, value, place, reterr);
    json_array_foreach(value, i, item) {
        snprintf(place, sizeof(place), "content.%.40s.%zu", id, i);
        int one = check_item(application, section, item, place, reterr);
        rc = one < 0 ? one : rc;
    }
    return rc;
}

int td_blind_check(const struct td_review *review, const json_t *application,
                   struct td_error *reterr)
{
    const json_t *descriptor = td_application_form(review, application);
    size_t i;
    json_t *section;
    int rc = 0;
    json_array_foreach(json_object_get(descriptor, "sections"), i, section) {
        int one = td_blind_section(section) ? check_section(application, section, reterr) : 0;
        rc = one < 0 ? one : rc;
    }
    return rc;
}

int td_blind_check_file(const json_t *application, const char *name, struct td_error *reterr)
{
    return check_text(application, "file", name, reterr);
}
