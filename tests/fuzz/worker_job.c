/* A job as a worker gets it, with a standard of this tree (STANDARD) in the job's place for one:
 * odd facts, gates and points of experts give a score or an error that names its file, never
 * anything else. */
#include "scorer/job.h"
#include "scorer/plugins.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_MS = 5000 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(int holds, const char *what, const json_t *answer)
{
    if (holds)
        return;
    fprintf(stderr, "worker_job: %s\n", what);
    json_dumpf(answer, stderr, JSON_ENCODE_ANY);
    abort();
}

static json_t *load_standard(void)
{
    static char source[256 << 10];
    FILE *file = fopen(STANDARD, "rb");
    size_t length = file ? fread(source, 1, sizeof(source) - 1, file) : 0;
    if (file)
        fclose(file);
    demand(length > 0, "no standard", NULL);
    return json_pack("{s:s, s:s, s:s}", "name", "teacher/junior.rb", "hash", "x", "source", source);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct td_plugins none;
    static json_t *standard;
    if (!standard) {
        none.catalog = json_object();
        standard = load_standard();
    }
    struct td_slice dossiers;
    json_t *job = td_job_parse((const char *)bytes, length, &dossiers);
    if (!json_is_object(job)) {
        json_decref(job);
        return 0;
    }
    json_object_set(job, "standard", standard);
    json_t *answer = td_job_answer(&none, job, &dossiers, JOB_MS);
    const json_t *error = json_object_get(answer, "error");
    demand(json_is_object(answer), "no answer", answer);
    demand(!error || (json_is_string(json_object_get(error, "code")) &&
                      json_string_length(json_object_get(error, "message")) > 0),
           "an error without words", answer);
    json_decref(answer);
    json_decref(job);
    return 0;
}
