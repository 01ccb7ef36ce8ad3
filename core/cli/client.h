/* client.h - titlectl's way to a running server: blocking HTTP over the control socket or TCP.
 *
 * Over the control socket the peer is the console account; over TCP a client logs in as a person
 * and keeps that session's cookie and CSRF token, so several clients are several people at once.
 * One connection per client, kept alive. Not thread-safe; every request has a deadline. */
#ifndef TD_CLI_CLIENT_H
#define TD_CLI_CLIENT_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct td_client;

/* `control` is the path of a unix socket; when it is NULL or "", `url` is "http://host:port".
 * Nothing is sent yet. TD_EINVALID when neither is given. */
int td_client_new(const char *control, const char *url, struct td_client **ret_client,
                  struct td_error *reterr);
void td_client_free(struct td_client *client); /* NULL is fine; does not log out */

/* From now on a request that a busy server has refused, or whose facts are still being derived, is sent again when the
 * server says, some times. */
void td_client_be_patient(struct td_client *client);

struct td_request {
    const char *method; /* "GET", "POST" ... */
    const char
        *path; /* "/api/v1/applications?state=draft": from the first slash, already encoded */
    const json_t *body; /* borrowed; NULL = none */
    int64_t version;    /* > 0: sent as If-Match */
    bool unsaved;       /* sends If-Match "0": a record that nobody saved yet */
    const char *key;    /* Idempotency-Key; NULL = none */
    const char *accept; /* NULL = application/json */
    /* A file makes the body multipart/form-data; `body`, when given, then is an object of text
     * members. */
    const char *file_field; /* "file" */
    const char *file_name;
    const char *file_type;
    const void *file_bytes;
    size_t file_length;
};

struct td_answer {
    int status;    /* 0 when no answer came */
    json_t *value; /* of a JSON answer, problems included; else NULL */
    char *bytes;   /* the body as it came, NUL-terminated */
    size_t length;
    int64_t version;    /* of the ETag when that is a record's version; else 0 */
    char location[512]; /* "" without */
    char type[96];
};

/* 0 for an answer below 400. Otherwise the TD_E* that the problem names (TD_EIO when no answer
 * came, with the reason), its words in reterr->detail and its fields in reterr->fields.
 * `ret_answer` (may be NULL) is filled in every case and released with td_answer_done. */
int td_client_send(struct td_client *client, const struct td_request *request,
                   struct td_answer *ret_answer, struct td_error *reterr);
void td_answer_done(struct td_answer *answer);

/* The usual call: JSON in, JSON out. Takes over `body` (NULL = none). *ret_value (may be NULL) is a
 * new reference, NULL for an answer without a body. */
int td_client_json(struct td_client *client, const char *method, const char *path, json_t *body,
                   json_t **ret_value, struct td_error *reterr);

/* Starts a session (TCP only) and keeps its cookie and token. *ret_account (may be NULL) is a new
 * reference. */
int td_client_login(struct td_client *client, const char *login, const char *password,
                    json_t **ret_account, struct td_error *reterr);

/* "/api/v1/applications/%s" with each argument percent-encoded: malloc'd. Only %s is known. */
char *td_client_path(const char *format, ...);

#endif
