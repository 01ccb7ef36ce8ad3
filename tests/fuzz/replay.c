/* replay.c - runs a fuzz target over a folder of samples without a fuzzer: each sample as it is,
 * then mutated. The mutations are the same in every run. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE_MAX (64 * 1024)
#define MUTATIONS  300   /* of each sample */
#define RUNS_MAX   12000 /* of all: a large corpus has fewer mutations of each */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint64_t random_state;

static size_t random_below(size_t n)
{
    random_state ^= random_state << 13; /* xorshift64 */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return n ? (size_t)(random_state % n) : 0;
}

/* Changes, removes, repeats or inserts a few bytes; the length afterwards. */
static size_t mutate(uint8_t *bytes, size_t length)
{
    static const char telling[] = "\r\n \t:;,-=%/\"\\0aA+\0\xff";
    for (size_t times = 1 + random_below(3); times > 0 && length > 0; times--) {
        size_t at = random_below(length), n = 1 + random_below(8);
        uint8_t c = (uint8_t)telling[random_below(sizeof(telling) - 1)];
        if (n > length - at)
            n = length - at;
        switch (random_below(4)) {
        case 0: bytes[at] = c; break;
        case 1:
            memmove(bytes + at, bytes + at + n, length - at - n);
            length -= n;
            break;
        case 2:
            if (length + n > SAMPLE_MAX)
                break;
            memmove(bytes + at + n, bytes + at, length - at);
            length += n;
            break;
        default:
            if (length == SAMPLE_MAX)
                break;
            memmove(bytes + at + 1, bytes + at, length - at);
            bytes[at] = c;
            length++;
        }
    }
    return length;
}

/* The target gets memory of the exact size, so that a sanitizer sees a read too far. */
static void run(const uint8_t *bytes, size_t length)
{
    uint8_t *exact = malloc(length ? length : 1);
    if (!exact)
        abort();
    memcpy(exact, bytes, length);
    LLVMFuzzerTestOneInput(exact, length);
    free(exact);
}

static int replay(const char *path, size_t mutations)
{
    static uint8_t sample[SAMPLE_MAX], changed[SAMPLE_MAX];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    size_t length = fread(sample, 1, sizeof(sample), file);
    fclose(file);
    run(sample, length);
    random_state = 88172645463325252u;
    for (size_t i = 0; i < mutations; i++) {
        memcpy(changed, sample, length);
        run(changed, mutate(changed, length));
    }
    return 0;
}

static size_t mutations_of_each(DIR *folder)
{
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    rewinddir(folder);
    return count * MUTATIONS > RUNS_MAX ? RUNS_MAX / count : MUTATIONS;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    int failed = 0, count = 0;
    size_t mutations = mutations_of_each(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        failed |= replay(path, mutations);
        count++;
    }
    closedir(folder);
    printf("%d samples, %zu mutations of each\n", count, mutations);
    return failed || count == 0;
}
