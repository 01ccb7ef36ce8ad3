/* witness.c - see witness.h. The file is only touched by whoever holds the store's lock: at the
 * start before the writer's thread has work, afterwards by that thread. */
#include "store/witness.h"

#include "base/json.h"
#include "base/keyfile.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "store/checkpoint.h"
#include "store/ledger.h"
#include "store/signer.h"
#include "store/store.h"
#include "store/tx.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TAIL = 16384 };

struct td_witness {
    struct td_signer *signer;
    char path[4096];
    int fd;
    off_t end;         /* of the last whole note */
    int64_t witnessed; /* entries that it covers */
};

const struct td_signer *td_witness_signer(const struct td_witness *witness)
{
    return witness ? witness->signer : NULL;
}

static int path_of(const char *set, const char *beside, const char *name, char path[4096])
{
    char copy[4000];
    const char *whole = *set ? set : beside;
    if (snprintf(copy, sizeof(copy), "%s", whole) >= (int)sizeof(copy))
        return TD_EINVALID;
    if (*set)
        snprintf(path, 4096, "%s", set);
    else
        snprintf(path, 4096, "%s/%s", dirname(copy), name);
    return 0;
}

int td_witness_paths(const struct td_witness_options *options, char key_file[4096], char file[4096])
{
    int r = path_of(options->key_file, options->beside, "ledger.key", key_file);
    return r == 0 ? path_of(options->file, options->beside, "checkpoints", file) : r;
}

/* --- reading --------------------------------------------------------------------------------- */

struct reading {
    int (*each)(void *arg, const char *note);
    void *arg;
    bool skip; /* what comes first may have begun before */
    int64_t notes;
    off_t end; /* behind the last whole note */
};

/* A note ends with the empty line after its signatures. */
static int read_notes(FILE *file, struct reading *reading)
{
    struct td_strbuf note;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool signature = false;
    int r = 0;
    td_strbuf_init(&note);
    while (r == 0 && (length = getline(&line, &room, file)) > 0) {
        bool ends = signature && strcmp(line, "\n") == 0;
        signature = strncmp(line, "\xe2\x80\x94 ", 4) == 0 && line[length - 1] == '\n';
        if (!ends) {
            td_strbuf_add(&note, line, (size_t)length);
            continue;
        }
        if (!reading->skip) {
            reading->notes++;
            reading->end = ftello(file);
            r = note.failed ? TD_ENOMEM : reading->each(reading->arg, note.bytes);
        }
        reading->skip = false;
        td_strbuf_cut(&note, 0);
    }
    td_strbuf_done(&note);
    free(line);
    return r == 0 && ferror(file) ? TD_EIO : r;
}

int td_witness_each(const char *path, int (*each)(void *arg, const char *note), void *arg,
                    int64_t *ret_notes)
{
    struct reading reading = {.each = each, .arg = arg};
    FILE *file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? TD_ENOTFOUND : TD_EIO;
    int r = read_notes(file, &reading);
    fclose(file);
    if (ret_notes)
        *ret_notes = reading.notes;
    return r;
}

static int keep(void *arg, const char *note)
{
    char **last = arg;
    free(*last);
    *last = strdup(note);
    return *last ? 0 : TD_ENOMEM;
}

/* The last whole note, malloc'd, NULL when there is none; sets where the next goes. */
static int read_last(struct td_witness *witness, char **ret_note)
{
    char *last = NULL;
    FILE *file = fopen(witness->path, "re");
    int r = file ? 0 : TD_EIO;
    struct stat st = {0};
    if (file && fstat(fileno(file), &st) < 0)
        r = TD_EIO;
    for (off_t tail = TAIL; r == 0 && !last; tail *= 16) { /* a note is far shorter than that */
        struct reading reading = {.each = keep, .arg = &last, .skip = st.st_size > tail};
        fseeko(file, reading.skip ? st.st_size - tail : 0, SEEK_SET);
        r = read_notes(file, &reading);
        witness->end = reading.end;
        if (st.st_size <= tail)
            break;
    }
    if (file)
        fclose(file);
    if (r == 0)
        *ret_note = last;
    else
        free(last);
    return r;
}

/* --- writing --------------------------------------------------------------------------------- */

static int write_all(int fd, const char *bytes, size_t length, off_t at)
{
    while (length > 0) {
        ssize_t written = pwrite(fd, bytes, length, at);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        at += written;
        length -= (size_t)written;
    }
    return 0;
}

struct appending {
    struct td_witness *witness;
    off_t end;
    int64_t witnessed;
};

static int append_note(json_t *row, void *arg)
{
    struct appending *appending = arg;
    const char *note = td_json_text(row, "note");
    size_t length = strlen(note);
    if (write_all(appending->witness->fd, note, length, appending->end) < 0 ||
        write_all(appending->witness->fd, "\n", 1, appending->end + (off_t)length) < 0)
        return TD_EIO;
    appending->end += (off_t)length + 1;
    appending->witnessed = json_integer_value(json_object_get(row, "size"));
    return 0;
}

void td_witness_catch_up(struct td_witness *witness, struct td_tx *tx)
{
    struct appending appending = {witness, witness->end, witness->witnessed};
    int r = td_tx_each(tx, append_note, &appending,
                       "select size, note from ledger_checkpoint where size > $1 order by size",
                       "i", witness->witnessed);
    if (r == 0 && appending.end == witness->end)
        return;
    if (r == 0 && fsync(witness->fd) == 0) {
        witness->end = appending.end;
        witness->witnessed = appending.witnessed;
        return;
    }
    TD_LOG(TD_LOG_ERROR, "ledger.witness_failed", TD_S("file", witness->path),
           TD_S("failure", strerror(errno)));
    if (ftruncate(witness->fd, witness->end) < 0) /* the next write goes over what is left */
        TD_LOG(TD_LOG_ERROR, "ledger.witness_torn", TD_S("file", witness->path));
}

static int catch_up(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    (void)reterr;
    td_witness_catch_up(arg, tx);
    return 0;
}

/* --- comparing ------------------------------------------------------------------------------- */

struct comparison {
    struct td_witness *witness;
    const struct td_witness_options *options;
    struct td_tx *tx;
    const char *last; /* note */
    int64_t covered;  /* entries under the records' newest checkpoint, before this start's */
    int64_t kept;     /* entries of the newest witnessed checkpoint that still fits */
};

/* 0 when the records have the checkpoint's root at its size, TD_ECONFLICT when another one,
 * TD_ENOTFOUND when they are shorter. */
static int fits(struct td_tx *tx, const struct td_checkpoint *checkpoint)
{
    struct td_merkle_hash root;
    int r = td_ledger_root(tx, checkpoint->size, &root);
    return r < 0 ? r : td_merkle_same(&root, &checkpoint->root) ? 0 : TD_ECONFLICT;
}

#define REMEDY                                                                                     \
    ". Put the newer records back, or accept the loss, on the ledger: titlectl ledger "            \
    "accept-rollback"

static int compare(struct comparison *comparison, struct td_checkpoint *last,
                   struct td_error *reterr)
{
    const char *path = comparison->witness->path;
    int64_t size = 0;
    if (td_checkpoint_parse(comparison->last, last) < 0)
        return td_error_set(reterr, TD_EINVALID,
                            "the last checkpoint in %s cannot be read: look at the file, mend it or"
                            " move it away",
                            path);
    int r = td_ledger_size(comparison->tx, &size);
    if (r == 0)
        r = fits(comparison->tx, last);
    if (r == TD_ENOTFOUND)
        return td_error_set(reterr, TD_ECONFLICT,
                            "the records are older than their checkpoints: they end at entry %lld,"
                            " the checkpoint of %s in %s has %lld" REMEDY,
                            (long long)size, last->at, path, (long long)last->size);
    if (r == TD_ECONFLICT)
        return td_error_set(reterr, TD_ECONFLICT,
                            "the records are not those of their checkpoints: the first %lld entries"
                            " give another root than the checkpoint of %s in %s" REMEDY,
                            (long long)last->size, last->at, path);
    if (r == TD_EINTERNAL)
        return td_error_set(reterr, r, "the ledger's tree is damaged: see titlectl ledger verify");
    if (r == 0)
        r = td_checkpoint_check(comparison->tx, comparison->witness->signer, comparison->last);
    if (r == TD_ENOTFOUND)
        return td_error_set(reterr, TD_EINVALID,
                            "the last checkpoint in %s is not signed by this ledger's keys: put the"
                            " right key file back, or move %s away",
                            path, path);
    return r;
}

static int look(void *arg, const char *note)
{
    struct comparison *comparison = arg;
    struct td_checkpoint checkpoint;
    if (td_checkpoint_parse(note, &checkpoint) == 0 && checkpoint.size > comparison->kept &&
        fits(comparison->tx, &checkpoint) == 0)
        comparison->kept = checkpoint.size;
    return 0;
}

static int accept(struct comparison *comparison, const struct td_checkpoint *last,
                  struct td_error *reterr)
{
    struct td_witness *witness = comparison->witness;
    char root[TD_MERKLE_HEX];
    td_merkle_hex(&last->root, root);
    int r = td_witness_each(witness->path, look, comparison, NULL);
    if (r == 0)
        r = td_ledger_size(comparison->tx, &witness->witnessed);
    json_t *payload = json_pack("{s:I, s:I, s:s, s:s}", "kept", comparison->kept, "witnessed",
                                last->size, "root", root, "at", last->at);
    if (r == 0)
        r = td_ledger_append(comparison->tx, "system", TD_WITNESS_ACTION, TD_WITNESS_SUBJECT,
                             payload);
    json_decref(payload);
    if (r < 0)
        td_error_set(reterr, r, "%s", td_error_text(r));
    return r;
}

/* In one transaction: the comparison, what was accepted, the keys' entry, a checkpoint over all. */
static int begin(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    struct comparison *comparison = arg;
    struct td_witness *witness = comparison->witness;
    struct td_checkpoint last = {0};
    json_t *made = NULL;
    comparison->tx = tx;
    int r = td_tx_int(tx, &comparison->covered,
                      "select coalesce(max(size), 0) from ledger_checkpoint", "");
    if (r == 0 && comparison->last)
        r = compare(comparison, &last, reterr);
    bool accepting = comparison->options->accept_rollback;
    if (r == 0)
        witness->witnessed = last.size;
    if (r == 0 && accepting)
        return td_error_set(reterr, TD_ECONFLICT,
                            "there is no rollback to accept: the records fit their checkpoints");
    if (r == TD_ECONFLICT && accepting) {
        td_error_done(reterr);
        r = accept(comparison, &last, reterr);
    }
    if (r == 0)
        r = td_checkpoint_record_keys(tx, witness->signer);
    if (r == 0)
        r = td_checkpoint_make(tx, accepting ? "rollback" : "started", &made);
    json_decref(made);
    return r;
}

/* --- opening and closing --------------------------------------------------------------------- */

static int open_file(struct td_witness *witness, struct td_error *reterr)
{
    struct stat status;
    witness->fd = open(witness->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (witness->fd < 0 || fstat(witness->fd, &status) < 0)
        return td_error_set(reterr, TD_EIO, "the checkpoints' file %s: %s", witness->path,
                            strerror(errno));
    if (!S_ISREG(status.st_mode)) /* some have no end */
        return td_error_set(reterr, TD_EIO, "the checkpoints' file %s is not a regular file",
                            witness->path);
    char copy[4096];
    snprintf(copy, sizeof(copy), "%s", witness->path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0)
        fsync(folder);
    if (folder >= 0)
        close(folder);
    return 0;
}

/* A witness inside the state folder is put back together with the records. */
static void warn_when_inside(const struct td_store *store, const struct td_witness *witness)
{
    char inner[4096] = "", copy[4096];
    snprintf(copy, sizeof(copy), "%s", witness->path);
    char *folder = realpath(td_store_folder(store), NULL), *place = realpath(dirname(copy), NULL);
    if (folder)
        snprintf(inner, sizeof(inner), "%.4000s/", folder);
    if (folder && place &&
        (strcmp(folder, place) == 0 || strncmp(place, inner, strlen(inner)) == 0))
        TD_LOG(TD_LOG_WARNING, "ledger.witness_inside", TD_S("file", witness->path),
               TD_S("advice", "set checkpoint_file to a place outside state_folder"));
    free(folder);
    free(place);
}

/* What was lost does not stop the office, but whoever took it away must not go unseen. */
static void warn_when_lost(const struct comparison *comparison, const char *new_keys)
{
    if (comparison->covered == 0)
        return;
    if (!comparison->last)
        TD_LOG(TD_LOG_WARNING, "ledger.witness_missing", TD_S("file", comparison->witness->path),
               TD_I("covered", comparison->covered),
               TD_S("advice", "the file was missing or held no checkpoint and is written anew from"
                              " the records, so these were not compared with it: hold your own copy"
                              " of the file or a checkpoint on paper against them with titlectl"
                              " ledger verify --checkpoint"));
    if (new_keys)
        TD_LOG(TD_LOG_WARNING, "ledger.key_new", TD_S("file", new_keys),
               TD_I("covered", comparison->covered),
               TD_S("advice", "the ledger's key file was missing and new keys were made: when that"
                              " was not meant, stop, put your copy of the old file back and start;"
                              " otherwise publish the new keys (titlectl ledger key)"));
}

static int load_keys(struct td_witness *witness, const struct td_witness_options *options,
                     char key[4096], bool *ret_new, struct td_error *reterr)
{
    int r = td_witness_paths(options, key, witness->path);
    if (r < 0)
        return td_error_set(reterr, r, "key_file: the path is too long");
    *ret_new = !td_keyfile_exists(key);
    return td_signer_load(key, options->origin, &witness->signer, reterr);
}

int td_witness_open(struct td_store *store, const struct td_witness_options *options,
                    struct td_witness **ret_witness, struct td_error *reterr)
{
    struct td_witness *witness = calloc(1, sizeof(*witness));
    struct comparison comparison = {.witness = witness, .options = options};
    char *last = NULL, key[4096];
    bool new_keys = false;
    if (!witness)
        return TD_ENOMEM;
    witness->fd = -1;
    int r = load_keys(witness, options, key, &new_keys, reterr);
    if (r == 0)
        r = open_file(witness, reterr);
    if (r == 0 && (r = read_last(witness, &last)) < 0)
        td_error_set(reterr, r, "the checkpoints' file %s cannot be read", witness->path);
    if (r == 0) {
        comparison.last = last;
        td_store_set_witness(store, witness);
        r = td_store_write_wait(store, begin, &comparison, reterr);
    }
    if (r == 0)
        warn_when_lost(&comparison, new_keys ? key : NULL);
    if (r == 0) /* on the writer's thread, which alone has the file from here on */
        r = td_store_write_wait(store, catch_up, witness, reterr);
    free(last);
    if (r < 0) {
        td_store_set_witness(store, NULL);
        td_witness_close(witness);
        return r;
    }
    warn_when_inside(store, witness);
    *ret_witness = witness;
    return 0;
}

static int finish(struct td_tx *tx, void *arg, struct td_error *reterr)
{
    json_t *made = NULL;
    (void)arg, (void)reterr;
    int r = td_checkpoint_make(tx, "stopped", &made);
    json_decref(made);
    return r;
}

void td_witness_finish(struct td_witness *witness, struct td_store *store)
{
    if (witness && !td_store_stopped(store))
        td_store_write_wait(store, finish, NULL, NULL);
}

void td_witness_close(struct td_witness *witness)
{
    if (!witness)
        return;
    if (witness->fd >= 0)
        close(witness->fd);
    td_signer_free(witness->signer);
    free(witness);
}
