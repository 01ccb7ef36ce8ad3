/* form_change.h - answers of a draft that a newer version of its form does not ask for. */
#ifndef TD_REVIEW_FORM_CHANGE_H
#define TD_REVIEW_FORM_CHANGE_H

#include <jansson.h>

/* Parts `content` ({section: value}) by `form`: *ret_asked is what it asks the applicant for, *ret_left the
 * rest, [{"section", "item", "field", "name", "name_en", "value"}] with the names that `before` (the older
 * form, may be NULL) gave them, else their ids. An answer whose type or choice no longer fits stays: the
 * form names it as a fault. New references. */
void td_form_change_part(const json_t *form, const json_t *before, const json_t *content,
                         json_t **ret_asked, json_t **ret_left);

#endif
