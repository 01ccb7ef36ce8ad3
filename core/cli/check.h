/* check.h - the parts of `titlectl plugin check`: each looks at one side of a plugin and adds what it finds.
 *
 * A finding says what is wrong and what to do: {"check": "facts", "severity": "error" | "advice",
 * "message": "...", "fix": "..."}. The same message is kept once. An advice does not fail the check. */
#ifndef TD_CLI_CHECK_H
#define TD_CLI_CHECK_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct td_check {
    json_t *findings;
    const char *stage; /* what is looked at now: "object", "interface" ... */
    int errors;
    int kept; /* findings of this stage */

    const char *scorer; /* the worker's program */
    const char *folder; /* of the one plugin */
    const char *series; /* once it is loaded */
    const json_t *descriptor;
    int job_ms;
    uint64_t seed;
    int dossiers;
    int cases; /* golden cases that ran */
};

/* `fix` is a literal. Of a stage a dozen findings are kept. */
void td_check_error(struct td_check *check, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void td_check_advice(struct td_check *check, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --- the object file (check_object.c) ------------------------------------------------------------- */

/* What it imports and links, read from the file without loading it. False when it is no plugin object. */
bool td_check_object(struct td_check *check, const char *path);

/* --- the form (check_form.c) ---------------------------------------------------------------------- */

/* What the core accepts but people would miss: labels in both languages, the list of facts, verifiers,
 * the version's form. */
void td_check_form(struct td_check *check, const json_t *descriptor);

/* --- an answer (check_answer.c) ------------------------------------------------------------------- */

/* {"facts", "problems", "gates"} of `dossier` against the form. `types` remembers the types of facts
 * from dossier to dossier. `where` names the dossier. */
void td_check_answer(struct td_check *check, const json_t *descriptor, const json_t *dossier,
                     const json_t *answer, json_t *types, const char *where);

/* --- dossiers (forge.c) --------------------------------------------------------------------------- */

struct td_forged {
    json_t *dossier;
    bool proper;    /* the core would accept it: facts() has no reason to fail */
    char what[256]; /* "a date that is none in employment.start" */
};

/* Dossier `number` of a series: the first td_forge_proper() ones are as the form wants them, from as
 * little to as much as it allows; the others have been changed in places. The same seed, number and form
 * give the same dossier on every machine. */
struct td_forged td_forge(const json_t *descriptor, uint64_t seed, int number);
int td_forge_proper(const json_t *descriptor);
/* How many of these go through the levels, from the least of the first to the most of the last. */
int td_forge_ordered(const json_t *descriptor);

/* --- many dossiers (check_dossiers.c) ------------------------------------------------------------- */

struct td_check_worker;

/* Facts of every dossier, proper and not, in two workers and two orders: what the answers are like,
 * whether they depend on anything else, and whether memory comes back. The worker may be another one
 * afterwards. */
void td_check_dossiers(struct td_check *check, struct td_check_worker *worker);

/* --- standards (check_standards.c) ---------------------------------------------------------------- */

/* Every <level>.rb of `folder` and the golden cases of `folder`/cases. */
void td_check_standards(struct td_check *check, struct td_check_worker *worker, const char *folder);

/* --- a worker (check_worker.c) -------------------------------------------------------------------- */

/* One titled-scorer in its sandbox, as the server starts it. */
struct td_check_worker {
    pid_t pid; /* 0 = none */
    int fd;
    int deadline_ms;   /* for an answer */
    json_t *catalog;   /* {series: descriptor} */
    json_t *refused;   /* [{"file", "message"}] */
    char loading[128]; /* the plugin it said it would touch last */
    char reason[512];  /* why there is no answer */
};

/* Starts the program `scorer` on the plugins of `folder`; `perturb` fills memory that is taken or freed
 * with a pattern, so that who reads what was never written is seen. False and `reason` when it did not
 * become ready; `loading` then says which plugin took it down. */
bool td_check_worker_start(struct td_check_worker *worker, const char *scorer, const char *folder,
                           int job_ms, bool perturb);

/* One job, a reference handed over. A new reference to the answer, or NULL and `reason` when the worker
 * ended (pid is 0 then: start it again) or when the job is larger than the server sends any. */
json_t *td_check_worker_ask(struct td_check_worker *worker, json_t *job);
void td_check_worker_stop(struct td_check_worker *worker);

#endif
