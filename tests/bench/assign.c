/* assign.c - times the assignment of dossiers to experts: build/release/bin/bench_assign DOSSIERS
 * REVIEWS EXPERTS prints
 * {"ms": of td_assignment_plan, "pass_ms": of a bare pass over the same pairs, "assignments": n,
 * "spread": of loads}. */
#include "review/assignment.h"
#include "review/row.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char seed[] = "000102030405060708090a0b0c0d0e0f";
static const char *const specialties[] = {"chinese", "maths", "music", "art", "english", "physics"};
enum { SPECIALTIES = sizeof(specialties) / sizeof(specialties[0]), BARRED_OF = 20 };

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* One pair of twenty keeps out. */
static json_t *make_inputs(int dossiers, int reviews, int experts)
{
    json_t *d_list = json_array(), *e_list = json_array(), *bars = json_object();
    char id[32];
    for (int e = 0; e < experts; e++) {
        snprintf(id, sizeof(id), "01EXPERT%018d", e);
        json_array_append_new(e_list, json_pack("{s:s, s:[s, s], s:i}", "id", id, "specialties",
                                                specialties[e % SPECIALTIES],
                                                specialties[(e + 1) % SPECIALTIES], "load", 0));
    }
    for (int d = 0; d < dossiers; d++) {
        json_t *out = json_array();
        for (int e = d % BARRED_OF; e < experts; e += BARRED_OF)
            json_array_append(out, json_object_get(json_array_get(e_list, (size_t)e), "id"));
        snprintf(id, sizeof(id), "01DOSSIER%017d", d);
        json_array_append_new(d_list, json_pack("{s:s, s:s, s:[]}", "id", id, "specialty",
                                                specialties[d * 7 % SPECIALTIES], "readers"));
        json_object_set_new(bars, id, out);
    }
    return json_pack("{s:i, s:o, s:o, s:o}", "reviews", reviews, "dossiers", d_list, "experts",
                     e_list, "barred", bars);
}

/* The reference: a lot for every pair and nothing else. */
static double bare_pass(int dossiers, int experts)
{
    unsigned char key[crypto_shorthash_KEYBYTES] = {0}, hash[crypto_shorthash_BYTES];
    volatile unsigned char sink = 0;
    char text[64];
    double start = now_ms();
    for (int d = 0; d < dossiers; d++)
        for (int e = 0; e < experts; e++) {
            int length = snprintf(text, sizeof(text), "01DOSSIER%017d/01EXPERT%018d", d, e);
            crypto_shorthash(hash, (const unsigned char *)text, (unsigned long long)length, key);
            sink ^= hash[0];
        }
    (void)sink;
    return now_ms() - start;
}

static int spread_of(const json_t *plan, int experts, size_t *ret_count)
{
    int *load = calloc((size_t)experts + 1, sizeof(*load)), least, most;
    const char *dossier;
    json_t *list, *one;
    size_t i;
    *ret_count = 0;
    json_object_foreach(json_object_get(plan, "readers"), dossier, list)
        json_array_foreach(list, i, one) {
            load[atoi(json_string_value(one) + strlen("01EXPERT"))]++;
            (*ret_count)++;
        }
    least = most = load[0];
    for (int e = 0; e < experts; e++) {
        least = load[e] < least ? load[e] : least;
        most = load[e] > most ? load[e] : most;
    }
    free(load);
    return most - least;
}

int main(int argc, char **argv)
{
    if (argc != 4 || sodium_init() < 0)
        return 2;
    int dossiers = atoi(argv[1]), experts = atoi(argv[3]);
    json_t *inputs = make_inputs(dossiers, atoi(argv[2]), experts), *plan = NULL;
    double start = now_ms();
    if (td_assignment_plan(inputs, seed, &plan, NULL) < 0)
        return 1;
    double ms = now_ms() - start;
    size_t count;
    int spread = spread_of(plan, experts, &count);
    printf("{\"ms\": %.2f, \"pass_ms\": %.2f, \"assignments\": %zu, \"spread\": %d}\n", ms,
           bare_pass(dossiers, experts), count, spread);
    json_decref(plan);
    json_decref(inputs);
    return 0;
}
