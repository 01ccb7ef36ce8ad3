/* dossier.h - what a standard is asked about, as the text it came in.
 *
 * A trial asks thousands of dossiers for the same few of their many facts. They are therefore not parsed but cut into
 * slices, which borrow the text; who needs a value parses its slice. */
#ifndef TD_SCORER_DOSSIER_H
#define TD_SCORER_DOSSIER_H

#include <stdbool.h>
#include <stddef.h>

#define TD_DOSSIER_DEPTH_MAX 64

/* A value as JSON text, without white space around it; `text` NULL = there is none. */
struct td_slice {
    const char *text;
    size_t length;
};

struct td_dossier_fact {
    struct td_slice name; /* without its quotes, as written: a name with an escape is refused */
    struct td_slice value, by, because;
};

/* {"id", "facts": {name: {"value", "by", "because", ...}}, "gates": [{"met"}], "expert": {...}} */
struct td_dossier {
    struct td_slice whole;
    struct td_slice id; /* without its quotes */
    struct td_slice facts, expert;
    bool gates_met; /* all of them, or there are none */
    struct td_dossier_fact *fact;
    size_t fact_count, fact_space;
};

/* Cuts the object that begins at `text`, which ends before `end`; returns what comes after it, or NULL when it is not
 * such an object. Values that nobody asks for are passed over without a judgement about them. `dossier` is {0} or one read
 * before, whose room is used again. */
const char *td_dossier_read(struct td_dossier *dossier, const char *text, const char *end);
void td_dossier_done(struct td_dossier *dossier);

/* The fact, or NULL. `hint` is where it was found last and is kept so: facts come in one order. */
const struct td_dossier_fact *td_dossier_find(const struct td_dossier *dossier, const char *name,
                                              size_t length, size_t *hint);

/* Moves `*at` to the next value of the array (or of the object, with its `name`; NULL for an array): begin with `*at` at the
 * bracket, and before the next call move it past the value. False at the end, with `*at` behind the bracket, and when it is
 * broken, with `*at` NULL. */
bool td_slice_enter(const char **at, const char *end, struct td_slice *name);

/* The same, past the value, which is `value`. */
bool td_slice_next(const char **at, const char *end, struct td_slice *name, struct td_slice *value);

#endif
