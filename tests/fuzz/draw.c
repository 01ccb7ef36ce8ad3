/* The bytes of a draw's file, as they are and as one could write it who makes the hashes anew:
 * refused with the place of the difference, or verified. */
#include "review/draw_file.h"

#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "draw: %s\n", what);
    abort();
}

static int verify(const json_t *file, const char *commitment)
{
    struct td_error err = TD_ERROR_INIT;
    int result = td_draw_verify(file, commitment, &err);
    demand(result == 0 || strstr(err.detail, ": "), "a refusal without its place");
    td_error_done(&err);
    return result;
}

static bool is_set(const json_t *file, const char *name)
{
    return json_is_string(json_object_get(file, name));
}

/* What the file says of people and numbers, under hashes that fit. */
static void make_anew(json_t *file)
{
    char hex[TD_DRAW_HEX];
    const char *seed = json_string_value(json_object_get(file, "seed"));
    json_object_set_new(file, "format", json_string(TD_DRAW_FORMAT));
    json_object_set_new(file, "algorithm", json_string(td_draw_algorithm));
    td_draw_hash(seed ? seed : "", hex);
    json_object_set_new(file, "seed_hash", json_string(hex));
    demand(td_draw_commitment(file, hex) == 0, "no commitment");
    json_object_set_new(file, "commitment", json_string(hex));
    demand(td_draw_shuffle(file) == 0, "no order");
    bool seated = td_draw_seat(file) == 0;
    demand(td_draw_seal(file) == 0 && is_set(file, "record"), "no record");
    int result = verify(file, hex);
    demand(seated || result < 0, "somebody answers who was not asked");
    demand(verify(file, "0") < 0, "another commitment than the published one");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static bool ready;
    ready = ready || sodium_init() >= 0;
    json_t *file = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (!file)
        return 0;
    verify(file, NULL);
    if (json_is_object(file))
        make_anew(file);
    json_decref(file);
    return 0;
}
