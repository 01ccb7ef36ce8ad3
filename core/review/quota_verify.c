/* quota_verify.c - plays `quota_entry` again from its first row. Reads only. What a row must say is
 * worked out here from the rows before it and from the ledger, never with the code that wrote it.
 */
#include "review/quota.h"

#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FINDINGS = 50, WORDS = 400 };

struct replay {
    struct td_tx *tx;
    json_t *pots;    /* {"2026/650121/teacher/senior/": {"granted", "reserved", "consumed"}} */
    json_t *holders; /* {application id: {"kind", "pot"}} */
    json_t *totals;  /* {"2026/teacher/senior": {"total", "given"}} */
    json_t *findings;
    int64_t expected; /* number of the next row */
    int64_t found;
};

__attribute__((format(printf, 3, 4))) static void find(struct replay *replay, const char *kind,
                                                       const char *fmt, ...)
{
    char words[WORDS];
    va_list list;
    va_start(list, fmt);
    vsnprintf(words, sizeof(words), fmt, list);
    va_end(list);
    replay->found++;
    if (json_array_size(replay->findings) < FINDINGS)
        json_array_append_new(replay->findings,
                              json_pack("{s:s, s:s}", "kind", kind, "words", words));
}

/* The object at `key`, made when it is not there. */
static json_t *member(json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!value && json_object_set_new(object, key, json_object()) == 0)
        value = json_object_get(object, key);
    return value;
}

static void add(json_t *object, const char *name, int64_t change)
{
    json_object_set_new(object, name, json_integer(td_row_int(object, name) + change));
}

static bool is(const json_t *row, const char *kind)
{
    return td_row_equals(row, "kind", kind);
}

static void play_grant(struct replay *replay, const json_t *row, json_t *pot)
{
    char key[128];
    bool city = !*td_row_text(row, "division_code");
    int64_t posts = td_row_int(row, "posts"), sequence = td_row_int(row, "sequence");
    snprintf(key, sizeof(key), "%" PRId64 "/%.40s/%.40s", td_row_int(row, "year"),
             td_row_text(row, "series"), td_row_text(row, "level"));
    json_t *sum = member(replay->totals, key);
    add(pot, "granted", posts);
    add(sum, city ? "total" : "given", posts);
    if (!*td_row_text(row, "document"))
        find(replay, "document", "entry %" PRId64 " names no document", sequence);
    if (td_row_int(sum, "given") > td_row_int(sum, "total"))
        find(replay, "total",
             "entry %" PRId64 ": %" PRId64 " posts granted of the city's %" PRId64 " for %s",
             sequence, td_row_int(sum, "given"), td_row_int(sum, "total"), key);
}

static void play_post(struct replay *replay, const json_t *row, const char *place, json_t *pot)
{
    const char *id = td_row_text(row, "application_id");
    int64_t sequence = td_row_int(row, "sequence");
    json_t *holder = member(replay->holders, id);
    const char *held = td_row_text(holder, "kind");
    const char *needed = is(row, "reserve") ? "" : is(row, "consume") ? "reserve" : held;
    if (strcmp(held, needed) != 0 || (is(row, "release") && !*held))
        find(replay, "holder", "entry %" PRId64 ": %s of dossier %s, which holds %s", sequence,
             td_row_text(row, "kind"), id, *held ? held : "nothing");
    if (*held && strcmp(td_row_text(holder, "pot"), place) != 0)
        find(replay, "holder", "entry %" PRId64 ": dossier %s holds a post of another pot",
             sequence, id);
    if (td_row_int(row, "posts") != 1)
        find(replay, "posts", "entry %" PRId64 " is of other than one post", sequence);
    if (is(row, "reserve"))
        add(pot, "reserved", 1);
    else if (is(row, "consume") || !strcmp(held, "reserve"))
        add(pot, "reserved", -1);
    if (is(row, "consume"))
        add(pot, "consumed", 1);
    else if (is(row, "release") && !strcmp(held, "consume"))
        add(pot, "consumed", -1);
    json_object_set_new(holder, "kind",
                        json_string(is(row, "release") ? "" : td_row_text(row, "kind")));
    json_object_set_new(holder, "pot", json_string(place));
}

static void compare(struct replay *replay, const json_t *row, const char *place, const json_t *pot)
{
    static const char *const members[] = {"granted", "reserved", "consumed"};
    int64_t sequence = td_row_int(row, "sequence");
    for (size_t i = 0; i < 3; i++)
        if (td_row_int(row, members[i]) != td_row_int(pot, members[i]))
            find(replay, "balance",
                 "entry %" PRId64 " of %s says %s %" PRId64 ", its entries make %" PRId64, sequence,
                 place, members[i], td_row_int(row, members[i]), td_row_int(pot, members[i]));
    if (td_row_int(pot, "reserved") < 0 || td_row_int(pot, "consumed") < 0 ||
        td_row_int(pot, "granted") < td_row_int(pot, "reserved") + td_row_int(pot, "consumed"))
        find(replay, "negative", "entry %" PRId64 " leaves fewer than no posts in %s", sequence,
             place);
}

/* The row against what the ledger, which is proven by itself, has of it. */
static int compare_ledger(struct replay *replay, const json_t *row)
{
    char subject[48], action[48];
    json_t *entry = NULL, *payload = td_quota_payload(row);
    int64_t sequence = td_row_int(row, "sequence");
    snprintf(subject, sizeof(subject), "quota/%" PRId64, sequence);
    snprintf(action, sizeof(action), "quota.%.30s", td_row_text(row, "kind"));
    int rc = td_tx_row(replay->tx, &entry,
                       "select payload, actor, at from ledger where subject = $1 and action = $2",
                       "ss", subject, action);
    if (rc == TD_ENOTFOUND)
        find(replay, "ledger", "entry %" PRId64 " is not on the ledger", sequence);
    else if (rc == 0 && !json_equal(json_object_get(entry, "payload"), payload))
        find(replay, "ledger", "entry %" PRId64 " is not what the ledger says it was", sequence);
    json_decref(entry);
    json_decref(payload);
    return rc == TD_ENOTFOUND ? 0 : rc;
}

static int play(json_t *row, void *arg)
{
    struct replay *replay = arg;
    char place[200];
    int64_t sequence = td_row_int(row, "sequence");
    snprintf(place, sizeof(place), "%" PRId64 "/%.12s/%.40s/%.40s/%.40s", td_row_int(row, "year"),
             td_row_text(row, "division_code"), td_row_text(row, "series"),
             td_row_text(row, "level"), td_row_text(row, "pool"));
    json_t *pot = member(replay->pots, place);
    if (sequence != replay->expected)
        find(replay, "gap", "entry %" PRId64 " follows where %" PRId64 " should be", sequence,
             replay->expected);
    replay->expected = sequence + 1;
    if (is(row, "grant") || is(row, "adjust"))
        play_grant(replay, row, pot);
    else if (is(row, "reserve") || is(row, "consume") || is(row, "release"))
        play_post(replay, row, place, pot);
    else
        find(replay, "kind", "entry %" PRId64 " is of no known kind", sequence);
    compare(replay, row, place, pot);
    return compare_ledger(replay, row);
}

/* Nothing that the ledger knows of may be missing at the end of the table either. */
static int compare_count(struct replay *replay)
{
    int64_t known = 0;
    int rc = td_tx_int(replay->tx, &known,
                       "select count(*) from ledger where subject like 'quota/%'", "");
    if (rc == 0 && known != replay->expected - 1)
        find(replay, "ledger", "the ledger has %" PRId64 " entries, here are %" PRId64, known,
             replay->expected - 1);
    return rc;
}

/* Who is appointed on a directed title holds a consumed post, who has its certificate a reserved
 * one, all others none. */
static int compare_dossiers(struct replay *replay)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc =
        td_tx_rows(replay->tx, &rows,
                   "select a.id, a.state, a.track from application a where a.level <> 'junior' and"
                   " (a.state in ('certified', 'appointed') or exists"
                   " (select 1 from quota_entry q where q.application_id = a.id))",
                   "");
    json_array_foreach(rows, i, row) {
        const char *id = td_row_text(row, "id"), *state = td_row_text(row, "state");
        const char *held = td_row_text(json_object_get(replay->holders, id), "kind");
        const char *due = td_row_equals(row, "track", "general") ? ""
                          : !strcmp(state, "appointed")          ? "consume"
                          : !strcmp(state, "certified")          ? "reserve"
                                                                 : "";
        if (strcmp(held, due) != 0)
            find(replay, "dossier", "dossier %s is %s and holds %s", id, state,
                 *held ? held : "nothing");
    }
    json_decref(rows);
    return rc;
}

int td_quota_verify(struct td_tx *tx, json_t **ret_report)
{
    struct replay replay = {.tx = tx,
                            .pots = json_object(),
                            .holders = json_object(),
                            .totals = json_object(),
                            .findings = json_array(),
                            .expected = 1};
    int rc = td_tx_each(tx, play, &replay, "select * from quota_entry order by sequence", "");
    if (rc == 0)
        rc = compare_count(&replay);
    if (rc == 0)
        rc = compare_dossiers(&replay);
    if (rc == 0)
        *ret_report = json_pack("{s:I, s:I, s:I, s:O}", "entries", (json_int_t)replay.expected - 1,
                                "pots", (json_int_t)json_object_size(replay.pots), "found",
                                (json_int_t)replay.found, "findings", replay.findings);
    json_decref(replay.pots);
    json_decref(replay.holders);
    json_decref(replay.totals);
    json_decref(replay.findings);
    return rc == 0 && !*ret_report ? TD_ENOMEM : rc;
}
