/* ledger.c - titlectl ledger: proves it, straight from the database, with or without a server. */
#include "cli/command.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/keyfile.h"
#include "store/checkpoint.h"
#include "store/ledger_verify.h"
#include "store/signer.h"
#include "store/store.h"
#include "store/witness.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_MAX = 8192 };

static struct td_witness_options where(const struct td_cli *cli)
{
    return (struct td_witness_options){.key_file = cli->ledger_key_file,
                                       .file = cli->checkpoint_file,
                                       .beside = cli->key_file,
                                       .origin = cli->ledger_origin};
}

/* --- verify ---------------------------------------------------------------------------------- */

struct proof {
    struct td_ledger_claim claim;
    struct td_ledger_report report;
    double seconds;
    char witness[4096]; /* its path, for the claim */
};

static int check(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct proof *proof = arg;
    int64_t started = td_clock_mono_ms();
    int result = td_ledger_verify(tx, &proof->claim, &proof->report, reterr);
    proof->seconds = (double)(td_clock_mono_ms() - started) / 1000;
    return result;
}

static bool to_size(const char *text, int64_t *ret_size)
{
    char *end;
    *ret_size = strtoll(text, &end, 10);
    return end != text && !*end && *ret_size >= 0;
}

/* A checkpoint as the name of a file or as its own text. */
static int read_checkpoint(const char *given, char note[NOTE_MAX], struct td_error *reterr)
{
    size_t length = 0;
    if (strchr(given, '\n')) {
        length = (size_t)snprintf(note, NOTE_MAX - 1, "%s", given);
    } else {
        FILE *file = fopen(given, "re");
        if (!file)
            return td_error_set(reterr, TD_EINVALID, "%s cannot be read", given);
        length = fread(note, 1, NOTE_MAX - 2, file);
        fclose(file);
    }
    if (length >= NOTE_MAX - 2)
        return td_error_set(reterr, TD_EINVALID, "that is no checkpoint: it is too long");
    while (length > 0 && note[length - 1] == '\n')
        length--;
    memcpy(note + length, "\n", 2); /* pasted text often lacks its last newline */
    return 0;
}

static double rate(const struct proof *proof)
{
    double entries = (double)(proof->report.entries - proof->claim.since);
    return proof->seconds > 0 ? entries / proof->seconds : entries;
}

static void print_json(const struct proof *proof)
{
    const struct td_ledger_report *report = &proof->report;
    json_t *value =
        json_pack("{s:b, s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:O, s:I}", "intact",
                  report->found == 0, "entries", report->entries, "head", report->head, "root",
                  report->root, "checkpoints", report->checkpoints, "witnessed", report->witnessed,
                  "covered", report->covered, "covered_at", report->covered_at,
                  "accepted_rollbacks", report->accepted, "found", report->found, "findings",
                  report->findings, "entries_per_second", (json_int_t)rate(proof));
    td_cli_print_json(value);
    json_decref(value);
}

static void print_words(const struct proof *proof)
{
    const struct td_ledger_report *report = &proof->report;
    printf("The ledger is intact: %" PRId64 " entries, head %s\n", report->entries, report->head);
    printf("Root %s\n", report->root);
    printf("%" PRId64 " checkpoints hold, and %" PRId64 " in the witness file", report->checkpoints,
           report->witnessed < 0 ? 0 : report->witnessed);
    if (report->covered > 0)
        printf("; signed up to entry %" PRId64 " on %s", report->covered, report->covered_at);
    printf("\n");
    if (report->witnessed < 0)
        printf("There is no witness file: an older backup in place of the records would not be"
               " noticed\n");
    if (report->accepted > 0)
        printf("%" PRId64 " times older records were accepted: entries with the subject %s\n",
               report->accepted, TD_WITNESS_SUBJECT);
    printf("%.0f entries a second\n", rate(proof));
}

/* The others than the first, which is the error's own sentence. */
static json_t *further(const struct td_ledger_report *report)
{
    size_t i;
    json_t *finding, *fields = json_array();
    json_array_foreach(report->findings, i, finding)
        if (i > 0)
            json_array_append_new(fields,
                                  json_pack("{s:O, s:O}", "field", json_object_get(finding, "kind"),
                                            "message", json_object_get(finding, "words")));
    if (report->found > (int64_t)json_array_size(report->findings))
        json_array_append_new(
            fields,
            json_pack("{s:s, s:o}", "field", "more", "message",
                      json_sprintf("%" PRId64 " more findings",
                                   report->found - (int64_t)json_array_size(report->findings))));
    return fields;
}

static int run_proof(struct td_cli *cli, struct proof *proof, struct td_error *reterr)
{
    struct td_witness_options options = where(cli);
    struct td_signer *signer = NULL;
    char key[4096];
    int result = td_witness_paths(&options, key, proof->witness);
    if (result == 0 && access(key, R_OK) == 0) /* else the keys that the ledger names must do */
        result = td_signer_load(key, cli->ledger_origin, &signer, reterr);
    proof->claim.signer = signer;
    proof->claim.witness = proof->witness;
    if (result == 0)
        result = td_cli_read(cli, check, proof, reterr);
    td_signer_free(signer);
    return result;
}

static int verify(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct proof proof = {0};
    char note[NOTE_MAX];
    const char *checkpoint = td_cli_option(&count, arguments, "--checkpoint");
    const char *since = td_cli_option(&count, arguments, "--since");
    if (count != 0 || (since && !to_size(since, &proof.claim.since)))
        return TD_EINVALID;
    int result = checkpoint ? read_checkpoint(checkpoint, note, reterr) : 0;
    proof.claim.checkpoint = checkpoint ? note : NULL;
    if (result == 0)
        result = run_proof(cli, &proof, reterr);
    bool answered = result == 0 || proof.report.found > 0;
    if (answered && cli->json)
        print_json(&proof);
    else if (result == 0)
        print_words(&proof);
    if (proof.report.found > 0 && reterr)
        reterr->fields = further(&proof.report);
    json_decref(proof.report.findings);
    return result;
}

/* --- prove, checkpoint, key ------------------------------------------------------------------ */

struct asked {
    int64_t sequence, size;
    json_t *value;
};

static int prove_entry(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct asked *asked = arg;
    json_t *checkpoint = NULL;
    int result = td_checkpoint_covering(tx, asked->sequence, &checkpoint);
    if (result == TD_ENOTFOUND)
        return td_error_set(reterr, result, "entry %" PRId64 " is under no checkpoint yet",
                            asked->sequence);
    if (result == 0)
        result = td_checkpoint_prove(tx, asked->sequence,
                                     json_integer_value(json_object_get(checkpoint, "size")),
                                     &asked->value);
    if (result == 0)
        json_object_set_new(asked->value, "checkpoint", checkpoint);
    else
        json_decref(checkpoint);
    return result;
}

static void print_proof(const json_t *value)
{
    size_t i;
    json_t *hash;
    printf("Entry     %s\nLeaf      %s\n", td_cli_text(value, "entry"), td_cli_text(value, "leaf"));
    json_array_foreach(json_object_get(value, "proof"), i, hash)
        printf("Proof %-3zu %s\n", i, json_string_value(hash));
    printf("Checkpoint\n%s", td_json_text(json_object_get(value, "checkpoint"), "note"));
}

static int prove(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct asked asked = {0};
    if (count != 1 || !to_size(arguments[0], &asked.sequence) || asked.sequence < 1)
        return TD_EINVALID;
    int result = td_cli_read(cli, prove_entry, &asked, reterr);
    if (result < 0)
        return result;
    if (cli->json)
        td_cli_print_json(asked.value);
    else
        print_proof(asked.value);
    json_decref(asked.value);
    return 0;
}

static int find_checkpoint(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct asked *asked = arg;
    int result = asked->size ? td_checkpoint_of_size(tx, asked->size, &asked->value)
                             : td_checkpoint_latest(tx, &asked->value);
    return result == TD_ENOTFOUND ? td_error_set(reterr, result, "there is no such checkpoint")
                                  : result;
}

static int checkpoint(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    struct asked asked = {0};
    if (count > 1 || (count == 1 && !to_size(arguments[0], &asked.size)))
        return TD_EINVALID;
    int result = td_cli_read(cli, find_checkpoint, &asked, reterr);
    if (result < 0)
        return result;
    if (cli->json)
        td_cli_print_json(asked.value);
    else
        fputs(td_cli_text(asked.value, "note"), stdout);
    json_decref(asked.value);
    return 0;
}

static int key(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)arguments;
    struct td_witness_options options = where(cli);
    struct td_signer *signer = NULL;
    char path[4096], file[4096];
    if (count != 0)
        return TD_EINVALID;
    int result = td_witness_paths(&options, path, file);
    if (result == 0 && !td_keyfile_exists(path))
        return td_error_set(reterr, TD_ENOTFOUND, "%s is not there: the server makes it", path);
    if (result == 0)
        result = td_signer_load(path, cli->ledger_origin, &signer, reterr);
    json_t *keys = result == 0 ? td_signer_public(signer) : NULL;
    td_signer_free(signer);
    if (keys && cli->json) {
        td_cli_print_json(keys);
    } else if (keys) {
        const json_t *sm2 = json_object_get(keys, "sm2"),
                     *ed25519 = json_object_get(keys, "ed25519");
        printf("SM2 %s\n%s", td_cli_text(sm2, "id"), td_json_text(sm2, "public_key"));
        printf("Ed25519 %s\n%s", td_cli_text(ed25519, "id"), td_json_text(ed25519, "public_key"));
        printf("%s\n", td_json_text(ed25519, "verifier"));
    }
    json_decref(keys);
    return result;
}

/* --- accepting older records ----------------------------------------------------------------- */

static int accept_rollback(struct td_cli *cli, int count, char **arguments, struct td_error *reterr)
{
    (void)arguments;
    struct td_store *store = NULL;
    struct td_witness *witness = NULL;
    struct td_witness_options options = where(cli);
    struct td_store_options records = {.folder = cli->records, .readers = 1};
    options.accept_rollback = true;
    if (count != 0)
        return TD_EINVALID;
    int result = td_store_open(&records, &store, reterr);
    if (result == 0)
        result = td_witness_open(store, &options, &witness, reterr);
    td_store_close(store);
    td_witness_close(witness);
    if (result == 0)
        printf("Accepted: the ledger goes on from these records, and says so. Start the server.\n");
    return result;
}

const struct td_command td_ledger_commands[] = {
    {"ledger verify", "[--checkpoint FILE|TEXT] [--since ENTRY]",
     "recompute every entry, the tree and every checkpoint; say what was done to which", verify},
    {"ledger checkpoint", "[SIZE]", "the newest signed checkpoint, or that over SIZE entries",
     checkpoint},
    {"ledger prove", "ENTRY", "the proof that an entry is under a checkpoint", prove},
    {"ledger key", "", "the public keys that sign checkpoints", key},
    {"ledger accept-rollback", "", "go on from an older backup, with an entry that says so",
     accept_rollback},
    {0},
};
