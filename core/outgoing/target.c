/* target.c - see target.h. */
#include "outgoing/target.h"

#include "base/json.h"
#include "base/keyfile.h"
#include "base/strbuf.h"
#include "review/delivery.h"
#include "store/ledger.h"

#include <ctype.h>
#include <openssl/hmac.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MIN = 16 };

/* --- the file --------------------------------------------------------------------------------- */

static const struct number {
    const char *name;
    size_t offset;
    int64_t otherwise, min, max;
} numbers[] = {
    {"deadline_seconds", offsetof(struct td_target, deadline_seconds), 20, 1, 300},
    {"answer_bytes", offsetof(struct td_target, answer_bytes), 262144, 256, 16777216},
    {"at_once", offsetof(struct td_target, at_once), 8, 1, 64},
    {"retry_ms", offsetof(struct td_target, retry_ms), 2000, 10, 3600000},
    {"retry_most_ms", offsetof(struct td_target, retry_most_ms), 900000, 10, 86400000},
};

enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static bool is_loopback(const char *url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        size_t length = strlen(hosts[i]);
        if (!strncmp(url, hosts[i], length) && (!url[length] || strchr(":/", url[length])))
            return true;
    }
    return false;
}

static int check_url(const char *name, const char *url, struct td_error *reterr)
{
    bool known = !strncmp(url, "https://", 8) ? url[8] != 0 : is_loopback(url);
    if (known && !strpbrk(url, "?#@ \t\r\n"))
        return 0;
    return td_error_set(reterr, TD_EINVALID,
                        "target %s: url must be https:// (or http:// to 127.0.0.1, [::1] or"
                        " localhost), without user, query or fragment",
                        name);
}

static int read_key(struct td_target *target, const char *path, struct td_error *reterr)
{
    struct td_error why = TD_ERROR_INIT;
    int rc = td_keyfile_read(path, target->key, sizeof(target->key), &target->key_length, &why);
    while (rc == 0 && target->key_length && isspace(target->key[target->key_length - 1]))
        target->key_length--;
    if (rc == 0 && target->key_length < KEY_MIN)
        rc = td_error_set(&why, TD_EINVALID, "%s holds fewer than %d bytes", path, KEY_MIN);
    if (rc < 0)
        td_error_set(reterr, rc, "target %s: key_file: %s", target->name, why.detail);
    td_error_done(&why);
    return rc;
}

static int set_number(struct td_target *target, const struct number *number, const json_t *value,
                      struct td_error *reterr)
{
    int64_t *place = (int64_t *)((char *)target + number->offset);
    *place = value ? json_integer_value(value) : number->otherwise;
    if (!value || (json_is_integer(value) && *place >= number->min && *place <= number->max))
        return 0;
    return td_error_set(reterr, TD_EINVALID, "target %s: %s is not a number from %lld to %lld",
                        target->name, number->name, (long long)number->min, (long long)number->max);
}

static int check_members(const char *name, const json_t *row, struct td_error *reterr)
{
    const char *member;
    json_t *value;
    if (!json_is_object(row))
        return td_error_set(reterr, TD_EINVALID, "target %s is no object", name);
    json_object_foreach((json_t *)row, member, value) {
        bool known =
            !strcmp(member, "url") || !strcmp(member, "key_file") || !strcmp(member, "ca_file");
        for (size_t i = 0; i < NUMBERS && !known; i++)
            known = !strcmp(member, numbers[i].name);
        if (!known)
            return td_error_set(reterr, TD_EINVALID, "target %s: there is no \"%s\"", name, member);
    }
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name)
               ? 0
               : td_error_set(reterr, TD_EINVALID, "target \"%s\": small letters and _ only", name);
}

static struct td_target *add(struct td_targets *targets, const char *name)
{
    struct td_target *all = calloc(targets->count + 1, sizeof(*all)), *before = targets->all;
    if (!all)
        return NULL;
    if (before) { /* not realloc: what it leaves behind holds keys */
        memcpy(all, before, targets->count * sizeof(*all));
        sodium_memzero(before, targets->count * sizeof(*all));
        free(before);
    }
    targets->all = all;
    struct td_target *target = &all[targets->count];
    *target = (struct td_target){.name = strdup(name)};
    if (!target->name)
        return NULL;
    targets->count++;
    for (size_t i = 0; i < NUMBERS; i++)
        set_number(target, &numbers[i], NULL, NULL);
    return target;
}

static int read_target(struct td_targets *targets, const char *name, const json_t *row,
                       struct td_error *reterr)
{
    int rc = check_members(name, row, reterr);
    if (rc == 0)
        rc = check_url(name, td_json_text(row, "url"), reterr);
    struct td_target *target = rc == 0 ? add(targets, name) : NULL;
    if (!target)
        return rc < 0 ? rc : TD_ENOMEM;
    target->url = strdup(td_json_text(row, "url"));
    const char *ca = td_json_text(row, "ca_file");
    target->ca_file = *ca ? strdup(ca) : NULL;
    if (!target->url || (*ca && !target->ca_file))
        return TD_ENOMEM;
    for (size_t i = 0; i < NUMBERS && rc == 0; i++)
        rc = set_number(target, &numbers[i], json_object_get(row, numbers[i].name), reterr);
    return rc < 0 ? rc : read_key(target, td_json_text(row, "key_file"), reterr);
}

static bool has(const struct td_targets *targets, const char *name)
{
    for (size_t i = 0; i < targets->count; i++)
        if (!strcmp(targets->all[i].name, name))
            return true;
    return false;
}

static int add_folders(struct td_targets *targets)
{
    for (const struct td_delivery_kind *kind = td_delivery_kinds; kind->kind; kind++)
        if (!has(targets, kind->target) && !add(targets, kind->target))
            return TD_ENOMEM;
    return 0;
}

static int read_file(struct td_targets *targets, const char *path, struct td_error *reterr)
{
    json_error_t where;
    const char *name;
    json_t *row, *file = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
    int rc = 0;
    if (!json_is_object(file)) {
        json_decref(file);
        return td_error_set(reterr, TD_EINVALID, "outgoing_file %s, line %d: %s", path, where.line,
                            file ? "no object" : where.text);
    }
    json_object_foreach(file, name, row) {
        rc = read_target(targets, name, row, reterr);
        if (rc < 0)
            break;
    }
    json_decref(file);
    return rc;
}

int td_targets_load(const char *path, struct td_targets *ret_targets, struct td_error *reterr)
{
    struct td_targets targets = {0};
    int rc = *path ? read_file(&targets, path, reterr) : 0;
    if (rc == 0)
        rc = add_folders(&targets);
    if (rc < 0)
        td_targets_done(&targets);
    else
        *ret_targets = targets;
    return rc;
}

void td_targets_done(struct td_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        struct td_target *target = &targets->all[i];
        free(target->name);
        free(target->url);
        free(target->ca_file);
        sodium_memzero(target->key, sizeof(target->key));
    }
    free(targets->all);
    *targets = (struct td_targets){0};
}

/* --- the signature ---------------------------------------------------------------------------- */

int td_target_sign(const struct td_target *target, const char *method, const char *url,
                   const char *id, const char *time, const char *body, size_t length, char hex[65])
{
    char hash[65];
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    struct td_strbuf text;
    const char *host = strstr(url, "://"), *path = host ? strchr(host + 3, '/') : NULL;
    if (td_ledger_sm3(body, length, hash) < 0)
        return TD_EINTERNAL;
    td_strbuf_init(&text);
    td_strbuf_addf(&text, "%s\n%s\n%s\n%s\n%s", method, path ? path : "/", id, time, hash);
    bool made = !text.failed && HMAC(EVP_sm3(), target->key, (int)target->key_length,
                                     (const unsigned char *)text.bytes, text.length, mac, &size);
    td_strbuf_done(&text);
    if (!made || size != 32)
        return TD_EINTERNAL;
    sodium_bin2hex(hex, 65, mac, size);
    return 0;
}
