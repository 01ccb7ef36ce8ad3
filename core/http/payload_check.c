/* payload_check.c - a decoded body against a row's td_field list. All faults are collected before
 * the answer. */
#include "http/payload.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 2000, FAULTS_MAX = 100 };

struct check {
    const struct td_field *field;
    bool is_form;
    struct td_error *reterr;
    bool failed;
};

/* Adds a fault; `parameters` (may be NULL, handed over) fills the {places} of the locale's
 * sentence. */
static json_t *fault(struct check *check, const char *code, const char *message, json_t *parameters)
{
    check->failed = true;
    td_error_field(check->reterr, check->field->name, code, "%s", message);
    json_t *fields = check->reterr ? check->reterr->fields : NULL;
    json_t *last = json_array_get(fields, json_array_size(fields) - 1);
    if (parameters && last)
        json_object_set(last, "parameters", parameters);
    json_decref(parameters);
    return NULL;
}

static size_t blank_at(const char *text)
{
    if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        return 1;
    if (strncmp(text, "\xe3\x80\x80", 3) == 0) /* ideographic space */
        return 3;
    return strncmp(text, "\xc2\xa0", 2) == 0 ? 2 : 0;
}

/* Narrows the text to what stands between white space. */
static void trim(const char **text, size_t *length)
{
    size_t blank;
    while (*length && (blank = blank_at(*text))) {
        *text += blank;
        *length -= blank;
    }
    for (bool again = true; again;) {
        again = false;
        for (size_t size = 1; size <= 3 && size <= *length; size++)
            if (blank_at(*text + *length - size) == size) {
                *length -= size;
                again = true;
                break;
            }
    }
}

static json_t *check_text(struct check *check, const json_t *sent)
{
    const struct td_field *field = check->field;
    if (!json_is_string(sent))
        return fault(check, "not_text", "must be a text", NULL);
    const char *text = json_string_value(sent);
    size_t length = json_string_length(sent);
    trim(&text, &length);
    size_t characters = td_utf8_count(text, length);
    int64_t max = field->max ? field->max : TEXT_MAX;
    if (field->required && length == 0)
        return fault(check, "required", "is required", NULL);
    if (td_utf8_has_controls(text, length))
        return fault(check, "not_text", "has control characters", NULL);
    if ((int64_t)characters > max)
        return fault(check, "too_long", "is too long", json_pack("{s:I}", "max", (json_int_t)max));
    if (length && (int64_t)characters < field->min)
        return fault(check, "too_short", "is too short",
                     json_pack("{s:I}", "min", (json_int_t)field->min));
    return json_stringn(text, length);
}

static json_t *check_range(struct check *check, int64_t value)
{
    const struct td_field *field = check->field;
    bool points = field->type == TD_FIELD_POINTS;
    if ((field->min || field->max) && (value < field->min || value > field->max)) {
        const char *names[2] = {points ? "min_points" : "min", points ? "max_points" : "max"};
        return fault(check, "out_of_range", "is out of range",
                     json_pack("{s:I, s:I}", names[0], (json_int_t)field->min, names[1],
                               (json_int_t)field->max));
    }
    return json_integer(value);
}

static json_t *check_int(struct check *check, const json_t *sent)
{
    if (json_is_integer(sent))
        return check_range(check, json_integer_value(sent));
    if (!check->is_form || !json_is_string(sent))
        return fault(check, "not_a_number", "must be a whole number", NULL);
    const char *text = json_string_value(sent);
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool digits = strspn(text, "+-0123456789") == strlen(text) && *text;
    if (!digits || *end || errno)
        return fault(check, "not_a_number", "must be a whole number", NULL);
    return check_range(check, value);
}

int td_payload_points(const char *text, int64_t *ret_points)
{
    bool negative = *text == '-';
    const char *digits = text + negative;
    size_t whole = strspn(digits, "0123456789");
    const char *rest = digits + whole;
    size_t places = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    if (whole == 0 || whole > 12 || (*rest == '.' && places == 0) ||
        rest[*rest == '.' ? places + 1 : 0])
        return TD_EINVALID;
    for (size_t i = 3; i <= places; i++) /* "6.500" is fine, "6.505" is not */
        if (rest[i] != '0')
            return TD_EINVALID;
    int64_t points = strtoll(digits, NULL, 10) * 100;
    points += places > 0 ? (rest[1] - '0') * 10 : 0;
    points += places > 1 ? rest[2] - '0' : 0;
    *ret_points = negative ? -points : points;
    return 0;
}

static json_t *check_points(struct check *check, const json_t *sent)
{
    int64_t points;
    if (json_is_number(sent)) {
        double hundredths = json_number_value(sent) * 100.0;
        if (!(fabs(hundredths) < 1e14) || fabs(hundredths - round(hundredths)) > 1e-6)
            return fault(check, "not_points", "must be a number with up to two decimals", NULL);
        return check_range(check, llround(hundredths));
    }
    if (!check->is_form || !json_is_string(sent) ||
        td_payload_points(json_string_value(sent), &points) < 0)
        return fault(check, "not_points", "must be a number with up to two decimals", NULL);
    return check_range(check, points);
}

static json_t *check_date(struct check *check, const json_t *sent)
{
    td_date date;
    if (!json_is_string(sent) || td_date_parse(json_string_value(sent), &date) < 0)
        return fault(check, "not_a_date", "must be a date, YYYY-MM-DD", NULL);
    return json_incref((json_t *)sent);
}

static json_t *check_bool(struct check *check, const json_t *sent)
{
    static const char *const yes[] = {"1", "true", "on", "yes"}, *const no[] = {"0", "false", "off",
                                                                                "no"};
    if (json_is_boolean(sent))
        return json_incref((json_t *)sent);
    const char *text = check->is_form && json_is_string(sent) ? json_string_value(sent) : "";
    for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
        if (strcmp(text, yes[i]) == 0)
            return json_true();
        if (strcmp(text, no[i]) == 0)
            return json_false();
    }
    return fault(check, "not_yes_no", "must be yes or no", NULL);
}

static json_t *check_choice(struct check *check, const json_t *sent)
{
    const char *text = json_is_string(sent) ? json_string_value(sent) : "";
    size_t length = strlen(text);
    for (const char *option = check->field->options; option && length;) {
        const char *end = strchrnul(option, '|');
        if ((size_t)(end - option) == length && memcmp(option, text, length) == 0)
            return json_incref((json_t *)sent);
        option = *end ? end + 1 : NULL;
    }
    return fault(check, "not_a_choice", "is not one of the choices", NULL);
}

static json_t *check_id(struct check *check, const json_t *sent)
{
    if (!json_is_string(sent) || !td_id_valid(json_string_value(sent)))
        return fault(check, "not_an_id", "must be an id", NULL);
    return json_incref((json_t *)sent);
}

static json_t *check_array(struct check *check, const json_t *sent)
{
    if (json_is_array(sent))
        return json_incref((json_t *)sent);
    if (check->is_form && json_is_string(sent))
        return json_pack("[O]", sent);
    return fault(check, "not_a_list", "must be a list", NULL);
}

static json_t *check_value(struct check *check, const json_t *sent)
{
    switch (check->field->type) {
    case TD_FIELD_TEXT: return check_text(check, sent);
    case TD_FIELD_INT: return check_int(check, sent);
    case TD_FIELD_POINTS: return check_points(check, sent);
    case TD_FIELD_DATE: return check_date(check, sent);
    case TD_FIELD_BOOL: return check_bool(check, sent);
    case TD_FIELD_CHOICE: return check_choice(check, sent);
    case TD_FIELD_ID: return check_id(check, sent);
    case TD_FIELD_ARRAY: return check_array(check, sent);
    case TD_FIELD_OBJECT:
        return json_is_object(sent) ? json_incref((json_t *)sent)
                                    : fault(check, "not_an_object", "must be an object", NULL);
    }
    return NULL;
}

static bool is_absent(const struct check *check, const json_t *sent)
{
    if (!sent || json_is_null(sent))
        return true;
    return check->is_form && check->field->type != TD_FIELD_TEXT && json_is_string(sent) &&
           json_string_length(sent) == 0;
}

static int check_field(struct check *check, const json_t *all, json_t *body)
{
    const struct td_field *field = check->field;
    const json_t *sent = json_object_get(all, field->name);
    if (is_absent(check, sent)) {
        if (check->is_form && field->type == TD_FIELD_BOOL && !field->required)
            return json_object_set_new(body, field->name, json_false()) < 0 ? TD_ENOMEM : 0;
        if (field->required)
            fault(check, "required", "is required", NULL);
        return 0;
    }
    bool before = check->failed;
    check->failed = false;
    json_t *value = check_value(check, sent);
    bool faulty = check->failed;
    check->failed = before || faulty;
    if (!value)
        return faulty ? 0 : TD_ENOMEM;
    return json_object_set_new(body, field->name, value) < 0 ? TD_ENOMEM : 0;
}

static void refuse_unknown(struct check *check, const struct td_field *fields, const json_t *sent)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)sent, name, value) {
        const struct td_field *field = fields;
        while (field && field->name && strcmp(field->name, name) != 0)
            field++;
        if ((field && field->name) || (check->is_form && name[0] == '_'))
            continue;
        if (check->reterr && json_array_size(check->reterr->fields) >= FAULTS_MAX)
            return;
        const struct td_field unknown = {.name = name};
        check->field = &unknown;
        fault(check, "unknown_field", "is not known here", NULL);
        check->field = NULL;
    }
}

int td_payload_check(const struct td_field *fields, const json_t *sent, bool is_form,
                     json_t **ret_body, struct td_error *reterr)
{
    json_t *body = json_object();
    if (!body)
        return TD_ENOMEM;
    struct check check = {.is_form = is_form, .reterr = reterr};
    int r = 0;
    for (const struct td_field *field = fields; field && field->name && r == 0; field++) {
        check.field = field;
        r = check_field(&check, sent, body);
    }
    if (r == 0)
        refuse_unknown(&check, fields, sent);
    if (r == 0 && check.failed)
        r = TD_EFIELDS;
    if (r < 0)
        json_decref(body);
    else
        *ret_body = body;
    return r;
}
