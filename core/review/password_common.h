/* password_common.h - passwords that everybody thinks of. */
#ifndef TD_REVIEW_PASSWORD_COMMON_H
#define TD_REVIEW_PASSWORD_COMMON_H

#include <stdbool.h>

/* True for what guessers try first: made of nothing but common words (also with digits around them or
 * digits and signs in place of letters), runs along the keyboard or the alphabet, repetitions of up to
 * four characters, and digits alone below 16 (birthdays, telephone and identity numbers). A short list
 * of our own, English and pinyin, because the dictionary of libcrack2 knows no pinyin, cannot be asked by
 * two threads at once, and refuses long phrases for a word in them. */
bool td_password_is_common(const char *password);

#endif
