/* draw_file.c - the arithmetic of a draw: commitment, order, and the verification of both and of
 * the seats (draw_seat.c). Pure; used by the server and by titlectl. See draw_file.h. */
#include "review/draw_file.h"

#include "base/json.h"
#include "review/expert.h"
#include "review/row.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char td_draw_algorithm[] = "S = SHA-256(\"titled-draw-1\\n\" seed \"\\n\" number \"\\n\" "
                                 "commitment), texts as in this file. "
                                 "Block k = SHA-256(S as 32 bytes, k as 8 bytes, most significant "
                                 "first), k = 0, 1, 2 ...; each block is read as "
                                 "four numbers of 64 bits, most significant byte first. Candidates "
                                 "stand in the order of their ids. For i from "
                                 "the last index down to 1: take numbers until one is below the "
                                 "greatest multiple of i + 1 that is at most "
                                 "2^64, and swap i with that number modulo i + 1 (Fisher-Yates "
                                 "with rejection, no modulo bias). Seats: again "
                                 "and again the first of the order who was not seated before, of "
                                 "whose unit fewer than max_per_unit are "
                                 "seated, and who leaves seats enough for those from outside and "
                                 "those new that are still missing "
                                 "(ceil(size * percent / 100) of each, counted apart). Whoever "
                                 "declines leaves his seat, and the same rule "
                                 "fills it.";

static const char *const committed[] = {"format",   "algorithm",  "draw",
                                        "criteria", "candidates", "seed_hash"};

static void hash_bytes(const void *bytes, size_t length, char hex[TD_DRAW_HEX])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, bytes, length);
    sodium_bin2hex(hex, TD_DRAW_HEX, digest, sizeof(digest));
}

void td_draw_hash(const char *text, char hex[TD_DRAW_HEX])
{
    hash_bytes(text, strlen(text), hex);
}

static int hash_json(const json_t *value, char hex[TD_DRAW_HEX])
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (!text)
        return TD_ENOMEM;
    td_draw_hash(text, hex);
    free(text);
    return 0;
}

int td_draw_commitment(const json_t *file, char hex[TD_DRAW_HEX])
{
    json_t *part = json_object();
    int rc = part ? 0 : TD_ENOMEM;
    for (size_t i = 0; i < sizeof(committed) / sizeof(committed[0]); i++) {
        json_t *member = json_object_get(file, committed[i]);
        if (member && json_object_set(part, committed[i], member) < 0)
            rc = TD_ENOMEM; /* a hash of less would be published */
    }
    if (rc == 0)
        rc = hash_json(part, hex);
    json_decref(part);
    return rc;
}

static int record_of(const json_t *file, char hex[TD_DRAW_HEX])
{
    json_t *part = json_copy((json_t *)file);
    json_object_del(part, "record");
    json_object_del(part, "hints");
    int rc = hash_json(part, hex);
    json_decref(part);
    return rc;
}

const char *td_draw_misfit(const json_t *file, const json_t *candidate)
{
    const json_t *criteria = json_object_get(file, "criteria"), *one = NULL;
    const json_t *draw = json_object_get(file, "draw");
    const json_t *wanted = json_object_get(criteria, "specialties");
    const json_t *held = json_object_get(candidate, "specialties");
    const char *day = td_row_text(draw, "day");
    size_t i;
    bool fits = json_array_size(wanted) == 0;
    json_array_foreach((json_t *)wanted, i, one)
        fits |= td_json_lists(held, json_string_value(one));
    if (!fits)
        return "specialties";
    if (td_json_lists(json_object_get(criteria, "exclude_units"), td_row_text(candidate, "unit")))
        return "unit";
    if (strcmp(td_row_text(candidate, "term_from"), day) > 0)
        return "term_from";
    if (strcmp(td_row_text(candidate, "term_until"), day) < 0)
        return "term_until";
    return td_expert_level(td_row_text(candidate, "title_level")) <
                   td_expert_level(td_row_text(draw, "level"))
               ? "title_level"
               : NULL;
}

/* --- order ------------------------------------------------------------------------------------ */

struct stream {
    unsigned char seed[crypto_hash_sha256_BYTES], block[crypto_hash_sha256_BYTES];
    uint64_t next;
    size_t used;
};

static void start_stream(struct stream *stream, const json_t *file)
{
    crypto_hash_sha256_state state;
    const char *parts[] = {TD_DRAW_FORMAT, td_row_text(file, "seed"),
                           td_row_text(json_object_get(file, "witness"), "number"),
                           td_row_text(file, "commitment")};
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < 4; i++) {
        crypto_hash_sha256_update(&state, (const unsigned char *)parts[i], strlen(parts[i]));
        if (i < 3)
            crypto_hash_sha256_update(&state, (const unsigned char *)"\n", 1);
    }
    crypto_hash_sha256_final(&state, stream->seed);
    stream->next = 0;
    stream->used = sizeof(stream->block);
}

static uint64_t take_number(struct stream *stream)
{
    if (stream->used == sizeof(stream->block)) {
        unsigned char input[sizeof(stream->seed) + 8];
        memcpy(input, stream->seed, sizeof(stream->seed));
        for (int i = 0; i < 8; i++)
            input[sizeof(stream->seed) + (size_t)i] =
                (unsigned char)(stream->next >> (8 * (7 - i)));
        crypto_hash_sha256(stream->block, input, sizeof(input));
        stream->next++;
        stream->used = 0;
    }
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | stream->block[stream->used++];
    return number;
}

/* 0 ... bound - 1, each as likely as the others. */
static uint64_t take_below(struct stream *stream, uint64_t bound)
{
    uint64_t surplus = (UINT64_MAX % bound + 1) % bound; /* 2^64 mod bound */
    uint64_t number;
    do
        number = take_number(stream);
    while (surplus && number >= UINT64_MAX - surplus + 1);
    return number % bound;
}

int td_draw_shuffle(json_t *file)
{
    struct stream stream;
    const json_t *candidates = json_object_get(file, "candidates");
    size_t count = json_array_size(candidates);
    json_t *order = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *id = json_object_get(json_array_get(candidates, i), "id");
        if (json_array_append_new(order, id ? json_incref(id) : json_null()) < 0) {
            json_decref(order);
            return TD_ENOMEM;
        }
    }
    start_stream(&stream, file);
    for (size_t i = count; i-- > 1;) {
        size_t j = (size_t)take_below(&stream, i + 1);
        json_t *one = json_incref(json_array_get(order, i));
        json_array_set(order, i, json_array_get(order, j));
        json_array_set_new(order, j, one);
    }
    return json_object_set_new(file, "order", order) < 0 ? TD_ENOMEM : 0;
}

/* --- record, hints ---------------------------------------------------------------------------- */

enum { PATH_TEXT = 256 };

/* "candidates", "3" -> "candidates.3". False for a path that is longer than any in a draw. */
static bool extend(const char *path, const char *name, char inner[PATH_TEXT])
{
    int length = snprintf(inner, PATH_TEXT, "%s%s%s", path, *path ? "." : "", name);
    return length >= 0 && length < PATH_TEXT;
}

static bool extend_by(const char *path, size_t index, char inner[PATH_TEXT])
{
    char number[24];
    snprintf(number, sizeof(number), "%zu", index);
    return extend(path, number, inner);
}

/* Calls `each` for every value that is no container, with its path: "candidates.3.unit". What lies
 * under a longer path is left out: the hashes hold it all the same. */
typedef bool (*leaf_fn)(const char *path, const json_t *value, void *arg);

static bool walk(const char *path, const json_t *value, leaf_fn each, void *arg)
{
    char inner[PATH_TEXT];
    const char *name;
    size_t i;
    json_t *one = NULL;
    bool going = true;
    if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, one)
            if (going && extend(path, name, inner))
                going = walk(inner, one, each, arg);
        return going;
    }
    if (json_is_array(value)) {
        json_array_foreach((json_t *)value, i, one)
            if (going && extend_by(path, i, inner))
                going = walk(inner, one, each, arg);
        return going;
    }
    return each(path, value, arg);
}

enum { HINT_TEXT = 9 };

/* False without memory. */
static bool hint_of(const char *path, const json_t *value, char hint[HINT_TEXT])
{
    char hex[TD_DRAW_HEX] = "", *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t length = strlen(path) + (text ? strlen(text) : 0) + 2;
    char *whole = malloc(length);
    if (whole && text) {
        snprintf(whole, length, "%s=%s", path, text);
        td_draw_hash(whole, hex);
    }
    free(whole);
    free(text);
    snprintf(hint, HINT_TEXT, "%.8s", hex);
    return *hex != 0;
}

static bool add_hint(const char *path, const json_t *value, void *hints)
{
    char hint[HINT_TEXT];
    return hint_of(path, value, hint) && json_object_set_new(hints, path, json_string(hint)) == 0;
}

/* Everything but the hints themselves and what is compared on its own. */
static json_t *hinted(const json_t *file)
{
    json_t *part = json_copy((json_t *)file);
    json_object_del(part, "hints");
    json_object_del(part, "record");
    json_object_del(part, "commitment");
    return part;
}

int td_draw_seal(json_t *file)
{
    char record[TD_DRAW_HEX];
    int rc = record_of(file, record);
    if (rc < 0)
        return rc;
    json_t *hints = json_object(), *part = hinted(file);
    bool all = part && walk("", part, add_hint, hints);
    json_decref(part);
    if (!all || json_object_set_new(file, "record", json_string(record)) < 0) {
        json_decref(hints);
        return TD_ENOMEM;
    }
    return json_object_set_new(file, "hints", hints) < 0 ? TD_ENOMEM : 0;
}

/* --- verification ----------------------------------------------------------------------------- */

struct search {
    const json_t *hints;
    char path[PATH_TEXT]; /* of the first difference, "" */
};

static bool check_hint(const char *path, const json_t *value, void *arg)
{
    struct search *search = arg;
    char hint[HINT_TEXT];
    hint_of(path, value, hint);
    if (td_row_equals(search->hints, path, hint))
        return true;
    snprintf(search->path, sizeof(search->path), "%s", path);
    return false;
}

static int differ(struct td_error *reterr, const char *path, const char *words)
{
    return td_error_set(reterr, TD_ECONFLICT, "%s: %s", path, words);
}

/* Names what a hash that does not fit comes from, as far as the hints tell. */
static int find_change(const json_t *file, const char *otherwise, struct td_error *reterr)
{
    struct search search = {.hints = json_object_get(file, "hints")};
    json_t *part = hinted(file);
    walk("", part, check_hint, &search);
    json_decref(part);
    return differ(reterr, *search.path ? search.path : otherwise,
                  *search.path ? "was changed" : "does not fit what the file holds");
}

static int check_hashes(const json_t *file, const char *published, struct td_error *reterr)
{
    char hex[TD_DRAW_HEX];
    if (!td_row_equals(file, "format", TD_DRAW_FORMAT))
        return differ(reterr, "format", "is not " TD_DRAW_FORMAT);
    if (!td_row_equals(file, "algorithm", td_draw_algorithm))
        return differ(reterr, "algorithm", "is not the one of this format");
    int rc = td_draw_commitment(file, hex);
    if (rc == 0 && !td_row_equals(file, "commitment", hex))
        return find_change(file, "commitment", reterr);
    if (rc == 0 && published && strcmp(published, hex) != 0)
        return differ(reterr, "commitment", "is not the one that was published");
    if (rc == 0)
        rc = record_of(file, hex);
    if (rc == 0 && !td_row_equals(file, "record", hex))
        return find_change(file, "record", reterr);
    return rc;
}

static int check_criteria(const json_t *file, struct td_error *reterr)
{
    char path[64];
    const char *member = td_draw_odd_number(json_object_get(file, "criteria"));
    snprintf(path, sizeof(path), "criteria.%s", member ? member : "");
    if (member)
        return differ(reterr, path, "is out of range");
    return json_array_size(json_object_get(file, "candidates")) > TD_DRAW_CANDIDATES
               ? differ(reterr, "candidates", "are too many")
               : 0;
}

static int check_candidates(const json_t *file, struct td_error *reterr)
{
    size_t i;
    json_t *one = NULL;
    const char *last = "";
    json_array_foreach(json_object_get(file, "candidates"), i, one) {
        char path[64];
        const char *member = td_draw_misfit(file, one);
        if (strcmp(last, td_row_text(one, "id")) >= 0)
            member = "id";
        last = td_row_text(one, "id");
        snprintf(path, sizeof(path), "candidates.%zu.%s", i, member ? member : "");
        if (member)
            return differ(reterr, path, "does not fit the criteria or the order of ids");
    }
    return 0;
}

/* The first place where two values differ. */
static bool find_difference(const json_t *got, const json_t *want, const char *path,
                            char found[PATH_TEXT])
{
    char inner[PATH_TEXT];
    size_t i, count = json_array_size(got);
    const char *name;
    json_t *one = NULL;
    if (json_equal(got, want))
        return false;
    snprintf(found, PATH_TEXT, "%s", path);
    if (json_is_array(got) && json_is_array(want))
        for (i = 0; i < count || i < json_array_size(want); i++)
            if (extend_by(path, i, inner) &&
                find_difference(json_array_get(got, i), json_array_get(want, i), inner, found))
                return true;
    if (json_is_object(got) && json_is_object(want))
        json_object_foreach((json_t *)want, name, one)
            if (extend(path, name, inner) &&
                find_difference(json_object_get(got, name), one, inner, found))
                return true;
    return true;
}

static int check_outcome(const json_t *file, struct td_error *reterr)
{
    char hex[TD_DRAW_HEX], path[PATH_TEXT];
    const char *number = td_row_text(json_object_get(file, "witness"), "number");
    if (!*number)
        return differ(reterr, "witness.number", "nobody witnessed the draw");
    td_draw_hash(td_row_text(file, "seed"), hex);
    if (!td_row_equals(file, "seed_hash", hex))
        return differ(reterr, "seed", "is not the one that was committed to");
    json_t *again = json_copy((json_t *)file);
    int rc = td_draw_shuffle(again);
    if (rc == 0 && find_difference(json_object_get(file, "order"), json_object_get(again, "order"),
                                   "order", path))
        rc = differ(reterr, path, "is somebody else");
    if (rc == 0 && td_draw_seat(again) < 0)
        rc = differ(reterr, "answers", "somebody answers who was not asked");
    if (rc == 0 && find_difference(json_object_get(file, "seats"), json_object_get(again, "seats"),
                                   "seats", path))
        rc = differ(reterr, path, "comes out otherwise");
    json_decref(again);
    return rc;
}

int td_draw_verify(const json_t *file, const char *commitment, struct td_error *reterr)
{
    int rc = check_hashes(file, commitment, reterr);
    if (rc == 0)
        rc = check_criteria(file, reterr);
    if (rc == 0)
        rc = check_candidates(file, reterr);
    if (rc == 0)
        rc = check_outcome(file, reterr);
    if (rc < 0)
        return rc;
    json_t *again = json_deep_copy(file);
    char path[PATH_TEXT];
    rc = td_draw_seal(again);
    if (rc == 0 && find_difference(json_object_get(file, "hints"), json_object_get(again, "hints"),
                                   "hints", path))
        rc = differ(reterr, path, "does not fit");
    json_decref(again);
    return rc;
}
