/* config.h - every setting of the server, as rows: name, type, default, help (config.c).
 *
 * A file of `name = value` lines, overridden by `--name value` on the command line. `titled --help`
 * prints the rows. Unknown names and bad values are refused with the line. */
#ifndef TD_CONFIG_H
#define TD_CONFIG_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct td_config {
    char *listen_address;   /* 127.0.0.1 */
    int64_t listen_port;    /* 8080; 0 = any, printed in the log as server.listening port=N */
    char *tls_certificate, *tls_key; /* PEM files; "" = plain HTTP */
    int64_t redirect_port;  /* -1 = none */
    char *state_folder;     /* database and evidence files */
    char *redis_socket;     /* unix socket of Redis */
    char *redis_user;       /* ACL user; "" = default */
    char *redis_password;   /* "" = none */
    char *redis_password_file; /* its first line is redis_password; "" = none */
    char *web_folder;       /* templates/, assets/, locales/ */
    char *plugin_folder;
    bool plugin_rebuilt;    /* scoring/pool.h */
    char *script_folder;
    char *scorer;           /* path of titled-scorer */
    char *examiner;         /* path of titled-examiner */
    char *calendar_file;    /* working-day calendar */
    bool standard_consent;  /* review/standard.h */
    char *results_consent;  /* "series:authority ..." whose consent comes before results are filed */
    char *outgoing_file;    /* outgoing/target.h; "" = every target is a folder */
    char *outgoing_folder;  /* deliveries for an upload by hand; "" = outgoing in state_folder */
    char *payment_key_file; /* review/payment.h; "" = no payment platform */
    char *trusted_proxy;    /* numeric addresses; http/connection.h: td_http_server_trust */
    char *certificate_issuer; /* who issues certificates, as it stands on them */
    char *public_url;       /* "http://127.0.0.1:8080": in QR codes */
    char *key_file;         /* 32 random bytes: seals identity numbers; created 0600 when missing */
    char *ledger_key_file;  /* SM2 and Ed25519 keys of the ledger's checkpoints; "" = beside key_file */
    char *checkpoint_file;  /* every checkpoint once more; "" = "checkpoints" beside key_file */
    char *ledger_origin;    /* name of this ledger in its checkpoints */
    int64_t checkpoint_seconds; /* between checkpoints that only the ledger's growth asks for */
    char *control_socket;   /* unix socket of titlectl for a running server; "" = none */
    bool demo;              /* demo mode: moving clock, demo routes */
    int64_t workers;        /* scorer processes; 0 = cores */
    int64_t examiners, examiner_queue, examiner_per_account, examiner_seconds; /* examining/examiners.h */
    int64_t readers;        /* store reader threads */
    int64_t memo_bytes;     /* http/memo.h */
    int64_t cpu_threads;    /* password hashing and the like */
    int64_t limit_request_line, limit_header_bytes, limit_header_count, limit_body, limit_upload;
    int64_t limit_header_seconds, limit_idle_seconds, limit_body_rate, limit_connections,
        limit_per_address, limit_pipeline, limit_streams, limit_rate_seconds, limit_output, limit_linger_seconds;
    int64_t stall_warn_ms;
    int64_t stream_seconds, stream_heartbeat_seconds;
    int64_t session_idle_seconds, session_absolute_seconds, lease_seconds;
    int64_t throttle_account, throttle_address; /* http/rate.h */
    int64_t step_up_seconds, step_up_most_seconds; /* TD_ROUTE_STEP_UP, http/step_up.c */
    char *second_factor;        /* off, offered, required */
    char *second_factor_issuer; /* shown by authenticators */
    char *password_policy;      /* modern, mlps */
    char *password_cost;        /* full, least */
    int64_t reminder_days;                               /* review/tick.c */
    int64_t complaint_accept_days, complaint_answer_days; /* review/complaint.h */
    char *integrity_bar;        /* decision, next_year: review/integrity.h */
    int64_t password_max_days, password_history, password_classes; /* review/policy.h */
    int64_t lockout_failures, lockout_first_seconds, lockout_most_seconds; /* redis/lockout.h */
    int64_t throttle_login_address, throttle_public,
        throttle_write, throttle_upload; /* redis/throttle.h */
    int64_t committee_series_minimum, committee_specialty_minimum; /* review/committee.h */
    char *committee_outside_pool; /* reason, refuse: review/committee.h */
    char *founding_units;       /* names with '|' between: who may found committees */
    int64_t log_level;
};

/* Fills defaults, then the file named by --config, then the arguments. TD_EINVALID with the reason.
 * *ret_config is freed with td_config_free. `--help` prints the rows and exits. */
int td_config_load(int argc, char **argv, struct td_config **ret_config, struct td_error *reterr);
void td_config_free(struct td_config *config);

/* People reach the server by https: public_url says so, whether TLS ends here or at a proxy. Names and
 * attributes of cookies and HSTS follow from it. */
static inline bool td_config_is_secure(const struct td_config *config)
{
    return strncmp(config->public_url, "https://", 8) == 0;
}

#endif
