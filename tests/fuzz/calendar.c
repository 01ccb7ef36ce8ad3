/* The bytes of a calendar file: refused with words, or days can be counted forth and back with it.
 */
#include "review/calendar.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "calendar: %s\n", what);
    abort();
}

static void count_days(const struct td_calendar *calendar)
{
    td_date start, end;
    int days;
    bool confirmed;
    demand(td_date_parse("2026-09-10", &start) == 0, "a date is no date");
    for (int n = 1; n <= 40; n += 13) {
        struct td_error err = TD_ERROR_INIT;
        if (td_calendar_add(calendar, start, n, &end, &confirmed, &err) == 0) {
            demand(end > start, "working days go backwards");
            demand(td_calendar_between(calendar, start, end, &days, NULL) == 0 && days == n,
                   "adding and counting disagree");
        } else {
            demand(err.code < 0, "a refusal without its code");
        }
        td_error_done(&err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static int file = -1;
    static char path[64];
    if (file < 0) {
        file = memfd_create("calendar", MFD_CLOEXEC);
        snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    }
    demand(file >= 0 && ftruncate(file, 0) == 0 &&
               pwrite(file, bytes, length, 0) == (ssize_t)length,
           "no file to read from");
    struct td_calendar *calendar = NULL;
    struct td_error err = TD_ERROR_INIT;
    int result = td_calendar_load(path, &calendar, &err);
    demand((result == 0) == (calendar != NULL), "a refused calendar came back");
    demand(result == 0 || err.detail[0], "a refusal without words");
    if (calendar)
        count_days(calendar);
    td_calendar_free(calendar);
    td_error_done(&err);
    return 0;
}
