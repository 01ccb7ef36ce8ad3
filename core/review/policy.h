/* policy.h - how this installation proves who somebody is: second factor and rules of passwords.
 *
 * The settings are read once; accounts are judged by them wherever they are loaded. `modern` follows
 * NIST SP 800-63B: length counts, nothing expires. `mlps` is what evaluations of GB/T 22239 level 3
 * (等保三级) ask for: complexity and regular change. */
#ifndef TD_REVIEW_POLICY_H
#define TD_REVIEW_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum td_second_factor_policy {
    TD_SECOND_FACTOR_OFF, /* never asked for, also of accounts that have one */
    TD_SECOND_FACTOR_OFFERED,
    TD_SECOND_FACTOR_REQUIRED /* of every account with a role beyond applicant */
};

enum { TD_POLICY_MLPS_DAYS = 90, TD_POLICY_MLPS_HISTORY = 5, TD_POLICY_MLPS_CLASSES = 3 };

struct td_policy {
    enum td_second_factor_policy second_factor;
    int64_t password_max_days; /* 0 = never expires */
    int64_t password_history;  /* former passwords that are refused; none are kept when 0 */
    int64_t password_classes;  /* of small, capital, digit, other; 1 = any */
    bool cheap_hashes;         /* of a demonstration, whose passwords are no secret */
};

/* Makes the rules at least as strict as 等保三级. */
void td_policy_add_mlps(struct td_policy *policy);

/* Sets the policy of this process, before its threads run. Until then: no second factor, modern. */
void td_policy_set(const struct td_policy *policy);
const struct td_policy *td_policy(void);

/* True when a password set at this moment (an ISO time; "" never expires) is too old now. */
bool td_policy_expired(const char *password_at);

#endif
