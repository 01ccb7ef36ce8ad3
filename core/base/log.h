/* log.h - one structured line per event, on standard error, as JSON.
 *
 *     TD_LOG(TD_LOG_INFO, "session.login", TD_S("account", id), TD_I("ms", spent));
 *
 * Values are escaped; names and event names are literals. Ids only: never a person's data, never a
 * secret. Lines are written whole with one write(2), so those of several threads do not mix. */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include <stdint.h>

enum td_log_level { TD_LOG_DEBUG, TD_LOG_INFO, TD_LOG_WARNING, TD_LOG_ERROR };

struct td_log_field {
    const char *name; /* NULL ends the list */
    const char *text; /* NULL means: use `number` */
    int64_t number;
};

#define TD_S(name_, text_) ((struct td_log_field){(name_), (text_) ? (text_) : "", 0})
#define TD_I(name_, number_) ((struct td_log_field){(name_), (const char *)0, (int64_t)(number_)})
/* The fields stand between two empty ones: the first takes the comma of a call without fields. */
#define TD_LOG(level_, event_, ...)                                                                \
    td_log_write((level_), (event_),                                                               \
                 &((const struct td_log_field[]){{0}, ##__VA_ARGS__, {0}})[1])

void td_log_write(enum td_log_level level, const char *event, const struct td_log_field *fields);

/* From here on lines of this thread wait for td_log_flush, so that an event loop writes those of a turn
 * with one call. A warning or an error goes out at once, with all that waits before it; a crash in the
 * middle of a turn loses at most the lines of that turn, of requests that ended in it. */
void td_log_hold(void);
void td_log_flush(void);
void td_log_release(void); /* flushes, and holds no longer */

/* Lines below `level` are dropped; the default is TD_LOG_INFO. */
void td_log_set_level(enum td_log_level level);

#endif
