/* password_common.c - see password_common.h. No state. */
#include "review/password_common.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { LONG_DIGITS = 16, CORE_TEXT = 256, PERIOD_MOST = 4 };

/* Small letters only. Words of one or two letters would let real phrases be cut into them. */
static const char *const words[] = {
    "password",  "passwd",   "passport", "pass",      "word",       "admin",     "administrator",
    "root",      "super",    "user",     "guest",     "login",      "test",      "testing",
    "welcome",   "letmein",  "master",   "manager",   "system",     "server",    "titled",
    "default",   "changeme", "secret",   "iloveyou",  "love",       "you",       "monkey",
    "dragon",    "sunshine", "princess", "football",  "baseball",   "superman",  "batman",
    "shadow",    "michael",  "freedom",  "whatever",  "trustno",    "hello",     "world",
    "computer",  "internet", "windows",  "microsoft", "google",     "china",     "beijing",
    "shanghai",  "xinjiang", "urumqi",   "wulumuqi",  "zhongguo",   "teacher",   "laoshi",
    "xuexiao",   "school",   "zhicheng", "pingshen",  "woaini",     "woaiwo",    "aini",
    "mima",      "wodemima", "nihao",    "aptx",      "taobao",     "weixin",    "zhang",
    "wang",      "liu",      "chen",     "yang",      "zhao",       "huang",     "zhou",
    "abc",       "abcd",     "qwe",      "asd",       "zxc",        "qwer",      "asdf",
    "zxcv",      "qwert",    "qwerty",   "qazwsx",    "qwertyuiop", "asdfghjkl", "zxcvbnm",
    "january",   "february", "march",    "april",     "june",       "july",      "august",
    "september", "october",  "november", "december",  "spring",     "summer",    "autumn",
    "winter",    "monday",   "friday",   "sunday",    "company",    "office",    "demo",
};

static const char *const runs[] = {
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "01234567890123456789012345678901234567890",
    "`1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./",
    "qwertyuiopasdfghjklzxcvbnmqwertyuiop",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "zaq12wsxcde34rfvbgt56yhnmju7",
    "q1w2e3r4t5y6u7i8o9p0",
    "!@#$%^&*()_+",
};

static size_t fold_case(const char *password, char text[CORE_TEXT])
{
    size_t length = 0;
    for (; *password && length < CORE_TEXT - 1; password++)
        text[length++] = (char)tolower((unsigned char)*password);
    text[length] = 0;
    return length;
}

static bool is_run(const char *text, size_t length)
{
    char back[CORE_TEXT];
    for (size_t i = 0; i < length; i++)
        back[i] = text[length - 1 - i];
    back[length] = 0;
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        if (strstr(runs[i], text) || strstr(runs[i], back))
            return true;
    return false;
}

static bool repeats(const char *text, size_t length)
{
    for (size_t period = 1; period <= PERIOD_MOST && 2 * period <= length; period++) {
        size_t same = period;
        while (same < length && text[same] == text[same - period])
            same++;
        if (same == length)
            return true;
    }
    return false;
}

static char as_letter(char c)
{
    static const char signs[] = "013457@$!|", letters[] = "oieastasil";
    const char *at = c ? strchr(signs, c) : NULL;
    return at ? letters[at - signs] : c;
}

/* The letters without what stands before and after them, read as people read "p@ssw0rd". */
static size_t core_of(const char *text, size_t length, char core[CORE_TEXT])
{
    size_t from = 0, size = 0;
    while (from < length && !isalpha((unsigned char)text[from]))
        from++;
    while (length > from && !isalpha((unsigned char)text[length - 1]))
        length--;
    for (; from < length; from++) {
        char c = as_letter(text[from]);
        if (c >= 'a' && c <= 'z')
            core[size++] = c;
        else if ((unsigned char)c >= 0x80)
            return 0; /* other scripts: not in the list */
    }
    core[size] = 0;
    return size;
}

/* Whether words of the list, one after the other, make up the text: from[i] = the first i letters
 * can be made. */
static bool is_made_of_words(const char *core, size_t size)
{
    bool from[CORE_TEXT] = {true};
    for (size_t i = 0; i < size; i++)
        for (size_t w = 0; from[i] && w < sizeof(words) / sizeof(words[0]); w++) {
            size_t length = strlen(words[w]);
            if (i + length <= size && !strncmp(core + i, words[w], length))
                from[i + length] = true;
        }
    return from[size];
}

bool td_password_is_common(const char *password)
{
    char text[CORE_TEXT], core[CORE_TEXT];
    size_t length = fold_case(password, text);
    if (strlen(password) != length)
        return false; /* long enough not to be in any list */
    if (strspn(text, "0123456789") == length && length < LONG_DIGITS)
        return true;
    if (is_run(text, length) || repeats(text, length))
        return true;
    size_t size = core_of(text, length, core);
    return size > 0 && is_made_of_words(core, size);
}
