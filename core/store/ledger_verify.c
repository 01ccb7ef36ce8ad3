/* ledger_verify.c - see ledger_verify.h: the checkpoints against what the walk found sound. */
#include "store/ledger_verify.h"

#include "base/json.h"
#include "store/checkpoint.h"
#include "store/ledger_findings.h"
#include "store/schema_check.h"
#include "store/store.h"
#include "store/tx.h"
#include "store/witness.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Checkpoints of one origin, in the order of their sizes. */
struct series {
    struct td_tx *tx;
    const struct td_ledger_claim *claim;
    struct td_ledger_report *report;
    const char *place;      /* in words */
    const char *short_kind; /* what it is when the records are shorter */
    int64_t sound;          /* entries whose tree can be asked */
    int64_t held;           /* checkpoints that hold */
    int64_t number;         /* of the note at hand */
    struct td_checkpoint good, longest;
    bool rewritten; /* told once: the later ones only follow from it */
};

void td_ledger_found(struct td_ledger_report *report, const char *kind, int64_t entry,
                     int64_t until, const char *words, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, words);
    vsnprintf(text, sizeof(text), words, ap);
    va_end(ap);
    if (json_array_size(report->findings) < TD_LEDGER_FINDINGS)
        json_array_append_new(report->findings,
                              json_pack("{s:s, s:I, s:I, s:s}", "kind", kind, "entry", entry,
                                        "until", until, "words", text));
    report->found++;
}

/* --- one checkpoint -------------------------------------------------------------------------- */

/* An accepted rollback gave up the checkpoints between what it kept and what had been witnessed. */
static int given_up(struct series *series, const struct td_checkpoint *checkpoint, bool *ret_given)
{
    json_t *rows = NULL, *row;
    size_t i;
    *ret_given = false;
    if (series->report->accepted == 0)
        return 0;
    int r = td_tx_rows(series->tx, &rows,
                       "select payload from ledger where subject = $1 and action = $2", "ss",
                       TD_WITNESS_SUBJECT, TD_WITNESS_ACTION);
    json_array_foreach(rows, i, row) {
        const json_t *payload = json_object_get(row, "payload");
        int64_t kept = json_integer_value(json_object_get(payload, "kept"));
        int64_t witnessed = json_integer_value(json_object_get(payload, "witnessed"));
        *ret_given = *ret_given || (checkpoint->size > kept && checkpoint->size <= witnessed);
    }
    json_decref(rows);
    return r;
}

static void tell_rewritten(struct series *series, const struct td_checkpoint *checkpoint)
{
    if (series->rewritten)
        return;
    series->rewritten = true;
    td_ledger_found(series->report, "rewritten", series->good.size + 1, checkpoint->size,
                    "the ledger was rewritten between entry %lld and entry %lld: its first %lld"
                    " entries give another root than the checkpoint of %s %s signs",
                    (long long)series->good.size + 1, (long long)checkpoint->size,
                    (long long)checkpoint->size, checkpoint->at, series->place);
}

static void hold(struct series *series, const struct td_checkpoint *checkpoint)
{
    series->held++;
    series->good = *checkpoint;
    if (checkpoint->size <= series->report->covered)
        return;
    series->report->covered = checkpoint->size;
    memcpy(series->report->covered_at, checkpoint->at, TD_TIME_TEXT);
}

/* Its signature is good. */
static int judge(struct series *series, const struct td_checkpoint *checkpoint)
{
    struct td_merkle_hash root;
    bool shorter = checkpoint->size > series->report->entries, given = false;
    if (!shorter && checkpoint->size > series->sound)
        return 0; /* something before is broken already: nothing to ask */
    int r = shorter ? 0 : td_ledger_root(series->tx, checkpoint->size, &root);
    if (r < 0)
        return r;
    bool fits = !shorter && td_merkle_same(&root, &checkpoint->root);
    if (!fits)
        r = given_up(series, checkpoint, &given);
    if (r < 0 || given)
        return r;
    if (fits)
        hold(series, checkpoint);
    else if (!shorter)
        tell_rewritten(series, checkpoint);
    else if (checkpoint->size > series->longest.size)
        series->longest = *checkpoint;
    return 0;
}

/* `row` is the note's row in the records, or NULL. */
static int examine(struct series *series, const char *note, const json_t *row)
{
    struct td_checkpoint checkpoint;
    series->number++;
    if (td_checkpoint_parse(note, &checkpoint) < 0) {
        td_ledger_found(series->report, "forged", 0, 0,
                        "checkpoint %lld %s is none: it was changed", (long long)series->number,
                        series->place);
        return 0;
    }
    int r = td_checkpoint_check(series->tx, series->claim->signer, note);
    bool own = !row || (json_integer_value(json_object_get(row, "size")) == checkpoint.size &&
                        strcmp(td_json_text(row, "at"), checkpoint.at) == 0);
    if (r == TD_ENOTFOUND || (r == 0 && !own)) {
        td_ledger_found(series->report, "forged", checkpoint.size, checkpoint.size,
                        "the checkpoint of %s over %lld entries %s is forged: %s", checkpoint.at,
                        (long long)checkpoint.size, series->place,
                        own ? "it is not signed by this ledger's keys"
                            : "it is not the one of its row");
        return 0;
    }
    return r < 0 ? r : judge(series, &checkpoint);
}

/* The records are shorter than the longest checkpoint. */
static void tell_short(struct series *series)
{
    struct td_ledger_report *report = series->report;
    const struct td_checkpoint *longest = &series->longest;
    if (longest->size <= report->entries)
        return;
    if (strcmp(series->short_kind, "truncated") == 0)
        td_ledger_found(
            report, "truncated", report->entries + 1, longest->size,
            "the ledger was truncated: it ends at entry %lld, the checkpoint of %s %s has"
            " %lld",
            (long long)report->entries, longest->at, series->place, (long long)longest->size);
    else
        td_ledger_found(report, "rolled_back", report->entries + 1, longest->size,
                        "the records were rolled back: they end at entry %lld, the checkpoint of %s"
                        " %s has %lld",
                        (long long)report->entries, longest->at, series->place,
                        (long long)longest->size);
}

/* --- where checkpoints are ------------------------------------------------------------------- */

static int examine_row(json_t *row, void *arg)
{
    return examine(arg, td_json_text(row, "note"), row);
}

/* No checkpoint is over nothing, so no note is worth a look. */
static int tell_size(json_t *row, void *arg)
{
    struct series *series = arg;
    long long size = json_integer_value(json_object_get(row, "size"));
    td_ledger_found(series->report, "forged", 0, 0,
                    "a checkpoint over %lld entries %s is forged: there is no such", size,
                    series->place);
    return 0;
}

static int stored(struct series *series)
{
    series->place = "in the records";
    series->short_kind = "truncated";
    int r = td_tx_each(series->tx, examine_row, series,
                       "select size, at, note from ledger_checkpoint where size > $1 order by size",
                       "i", series->claim->since);
    series->report->checkpoints = series->held;
    tell_short(series);
    return r < 0
               ? r
               : td_tx_each(series->tx, tell_size, series,
                            "select size from ledger_checkpoint where size < 1 order by size", "");
}

static int examine_note(void *arg, const char *note)
{
    return examine(arg, note, NULL);
}

/* A file without a note is as good as none: the server has written some since its first start. */
static int tell_unwitnessed(struct series *series)
{
    int64_t checkpoints = 0;
    int r = td_tx_int(series->tx, &checkpoints, "select count(*) from ledger_checkpoint", "");
    if (r == 0 && checkpoints > 0)
        td_ledger_found(series->report, "unwitnessed", 0, 0,
                        "the records have %lld checkpoints, but the witness file %s is missing,"
                        " empty or unreadable: older records in place of these would not be"
                        " noticed. Put your copy of the file back; without one, the next start of"
                        " the server writes it anew from the records",
                        (long long)checkpoints, series->claim->witness);
    return r;
}

static int witnessed(struct series *series)
{
    const char *path = series->claim->witness;
    bool readable = path && access(path, R_OK) == 0;
    series->place = "in the witness file";
    int r = readable ? td_witness_each(path, examine_note, series, NULL) : 0;
    series->report->witnessed = readable ? series->held : -1;
    tell_short(series);
    return r == 0 && path && series->number == 0 ? tell_unwitnessed(series) : r;
}

static int given(struct series *series)
{
    series->place = "that was given";
    int r = series->claim->checkpoint ? examine(series, series->claim->checkpoint, NULL) : 0;
    tell_short(series);
    return r;
}

/* --- all of it ------------------------------------------------------------------------------- */

static int examine_all(struct td_tx *tx, const struct td_ledger_claim *claim, int64_t sound,
                       struct td_ledger_report *report)
{
    static int (*const origins[])(struct series *) = {stored, given, witnessed};
    int r = td_tx_int(tx, &report->accepted,
                      "select count(*) from ledger where subject = $1 and action = $2", "ss",
                      TD_WITNESS_SUBJECT, TD_WITNESS_ACTION);
    for (size_t i = 0; r == 0 && i < sizeof(origins) / sizeof(origins[0]); i++) {
        struct series series = {.tx = tx,
                                .claim = claim,
                                .report = report,
                                .short_kind = "rolled_back",
                                .sound = sound};
        r = origins[i](&series);
    }
    return r;
}

/* Whatever stands in the tree beside the nodes that the walk asked for, which it found missing or
 * not. */
static int check_surplus(struct td_tx *tx, struct td_ledger_report *report)
{
    int64_t nodes = 0, wanted = 0;
    for (int level = TD_LEDGER_STRIDE; level < TD_MERKLE_DEPTH; level += TD_LEDGER_STRIDE)
        wanted += report->entries >> level;
    int r = td_tx_int(tx, &nodes, "select count(*) from ledger_node", "");
    if (r == 0 && nodes > wanted)
        td_ledger_found(report, "tree", 0, 0,
                        "the ledger's tree has %lld hashes that belong to no entries",
                        (long long)(nodes - wanted));
    return r;
}

static void tell_schema(void *arg, const char *words)
{
    td_ledger_found(arg, "schema", 0, 0, "%s", words);
}

int td_ledger_verify(struct td_tx *tx, const struct td_ledger_claim *claim,
                     struct td_ledger_report *ret_report, struct td_error *reterr)
{
    int64_t sound = 0, size = 0;
    *ret_report = (struct td_ledger_report){.findings = json_array()};
    memset(ret_report->head, '0', TD_LEDGER_HEX - 1);
    if (!ret_report->findings)
        return TD_ENOMEM;
    int r = td_schema_compare(tx->db, tell_schema, ret_report, reterr);
    if (r < 0)
        return r;
    bool changed = ret_report->found > 0; /* then a table may be missing, and that is what to say */
    r = td_ledger_size(tx, &size);
    if (r == 0 && claim->since > size)
        return td_error_set(reterr, TD_EINVALID, "the ledger ends at entry %lld, before %lld",
                            (long long)size, (long long)claim->since);
    if (r == 0)
        r = td_ledger_walk(tx, claim->since, ret_report, &sound);
    if (r == 0)
        r = examine_all(tx, claim, sound, ret_report);
    if (r == 0)
        r = check_surplus(tx, ret_report);
    if (r < 0 && !changed)
        return td_error_set(reterr, r, "the ledger cannot be read: %s", td_tx_failure(tx));
    if (ret_report->found > 0)
        return td_error_set(reterr, TD_ECONFLICT, "%s",
                            td_json_text(json_array_get(ret_report->findings, 0), "words"));
    struct td_merkle_hash root;
    r = td_ledger_root(tx, ret_report->entries, &root);
    if (r == 0)
        td_merkle_hex(&root, ret_report->root);
    return r;
}
