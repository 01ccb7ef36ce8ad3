/* policy.c - see policy.h. */
#include "review/policy.h"

#include "base/clock.h"

#include <string.h>

static struct td_policy policy = {.password_classes = 1};

static int64_t at_least(int64_t value, int64_t least)
{
    return value > least ? value : least;
}

void td_policy_add_mlps(struct td_policy *own)
{
    if (own->password_max_days == 0 || own->password_max_days > TD_POLICY_MLPS_DAYS)
        own->password_max_days = TD_POLICY_MLPS_DAYS;
    own->password_history = at_least(own->password_history, TD_POLICY_MLPS_HISTORY);
    own->password_classes = at_least(own->password_classes, TD_POLICY_MLPS_CLASSES);
}

void td_policy_set(const struct td_policy *wanted)
{
    policy = *wanted;
}

const struct td_policy *td_policy(void)
{
    return &policy;
}

bool td_policy_expired(const char *password_at)
{
    char before[TD_TIME_TEXT];
    if (!policy.password_max_days || !*password_at)
        return false;
    td_time_format(td_clock_now_ms() - policy.password_max_days * 86400000, before);
    return strcmp(password_at, before) < 0;
}
