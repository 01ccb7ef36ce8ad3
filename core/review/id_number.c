/* id_number.c - see id_number.h. Region codes are not checked: old ones stay valid for life. */
#include "review/id_number.h"

#include "base/error.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static char check_character(const char digits[17])
{
    static const int weights[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (int i = 0; i < 17; i++)
        sum += (digits[i] - '0') * weights[i];
    return "10X98765432"[sum % 11];
}

int td_id_number_parse(const char *text, struct td_id_number *ret_number)
{
    struct td_id_number number;
    char date[TD_DATE_TEXT];
    if (strlen(text) != 18 || strspn(text, "0123456789") < 17)
        return TD_EINVALID;
    memcpy(number.text, text, TD_ID_NUMBER_TEXT);
    number.text[17] = (char)toupper((unsigned char)text[17]);
    if (number.text[17] != check_character(text))
        return TD_EINVALID;
    snprintf(date, sizeof(date), "%.4s-%.2s-%.2s", text + 6, text + 10, text + 12);
    if (td_date_parse(date, &number.birth_date) < 0)
        return TD_EINVALID;
    number.female = (text[16] - '0') % 2 == 0;
    *ret_number = number;
    return 0;
}

/* The first `before` and the last four characters. */
static void keep_ends(const char *text, size_t before, size_t stars, size_t least, char *out)
{
    size_t length = strlen(text), shown = length >= least ? before : 0;
    snprintf(out, TD_MASKED_TEXT, "%.*s%.*s%s", (int)shown, text, (int)stars, "********",
             shown ? text + length - 4 : "");
}

void td_id_number_mask(const char *text, char *out)
{
    keep_ends(text, 6, 8, 18, out);
}

void td_phone_mask(const char *text, char *out)
{
    keep_ends(text, 3, 4, 11, out);
}
