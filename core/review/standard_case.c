/* standard_case.c - see standard_case.h. Owns the table `standard_case` and
 * standard.cases_revision. */
#include "review/standard_case.h"

#include "review/golden.h"
#include "review/row.h"
#include "review/standard.h"
#include "review/trial.h"
#include "store/store.h"

#include <string.h>

/* Where "expected" keeps what a difference is about; NULL: at its top, under the difference's own
 * name. */
static const struct {
    const char *what, *member;
} places[] = {{"total", NULL},   {"eligible", NULL},          {"vetoed", NULL},
              {"item", "items"}, {"condition", "conditions"}, {"veto", "vetoes"},
              {"gate", "gates"}};
enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* --- values ----------------------------------------------------------------------------------- */

static int apply_one(json_t *expected, const json_t *difference)
{
    const char *id = td_row_text(difference, "id");
    json_t *got = json_object_get(difference, "got");
    for (size_t i = 0; i < PLACES; i++) {
        if (!td_row_equals(difference, "what", places[i].what))
            continue;
        const char *member = places[i].member;
        json_t *inside = member ? json_object_get(expected, member) : expected;
        if (!inside && json_object_set_new(expected, member, inside = json_object()) < 0)
            return TD_ENOMEM;
        const char *name = member ? id : places[i].what;
        if (got && !json_is_null(got))
            return json_object_set(inside, name, got) < 0 ? TD_ENOMEM : 0;
        json_object_del(inside, name);
        return 0;
    }
    return TD_EINVALID;
}

json_t *td_standard_case_apply(const json_t *expected, const json_t *differences)
{
    json_t *made = json_deep_copy(expected), *one;
    size_t i;
    json_array_foreach((json_t *)differences, i, one) {
        if (!made || apply_one(made, one) < 0) {
            json_decref(made);
            return NULL;
        }
    }
    return made;
}

static void note(json_t *changes, const char *what, const char *id, const json_t *was,
                 const json_t *is)
{
    if (was == is || (was && is && json_equal(was, is)))
        return;
    json_array_append_new(changes, json_pack("{s:s, s:s, s:O?, s:O?}", "what", what, "id", id,
                                             "expected", was, "got", is));
}

json_t *td_standard_case_changes(const json_t *before, const json_t *after)
{
    json_t *changes = json_array(), *value;
    const char *id;
    for (size_t i = 0; i < PLACES; i++) {
        const char *what = places[i].what, *member = places[i].member;
        const json_t *was = json_object_get(before, member ? member : what),
                     *is = json_object_get(after, member ? member : what);
        if (!member) {
            note(changes, what, "", was, is);
            continue;
        }
        json_object_foreach((json_t *)was, id, value)
            note(changes, what, id, value, json_object_get(is, id));
        json_object_foreach((json_t *)is, id, value)
            if (!json_object_get(was, id))
                note(changes, what, id, NULL, value);
    }
    return changes;
}

/* --- laid over, taken over -------------------------------------------------------------------- */

static bool is_of(const json_t *row, const json_t *golden)
{
    return golden && td_row_equals(row, "file_hash", td_row_text(golden, "hash"));
}

int td_standard_case_overlay(struct td_tx *tx, const char *standard_id, json_t *cases)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(tx, &rows,
                        "select file, file_hash, expected from standard_case"
                        " where standard_id = $1",
                        "s", standard_id);
    json_array_foreach(rows, i, row) {
        json_t *golden = td_golden_find(cases, td_row_text(row, "file"));
        if (!is_of(row, golden))
            continue;
        json_object_set(golden, "expected", json_object_get(row, "expected"));
        json_object_set_new(golden, "amended", json_true());
    }
    json_decref(rows);
    return rc;
}

static int copy_row(struct td_review *review, const json_t *row, const char *to)
{
    const char *origin = td_row_text(row, "inherited_from");
    return td_tx_exec(review->tx, NULL,
                      "insert into standard_case (standard_id, file, file_hash, expected, changes,"
                      " arithmetic, amended_by, amended_at, inherited_from) values ($1, $2, $3, $4,"
                      " $5, $6, $7, $8, $9)",
                      "sssjjssss", to, td_row_text(row, "file"), td_row_text(row, "file_hash"),
                      json_object_get(row, "expected"), json_object_get(row, "changes"),
                      td_row_text(row, "arithmetic"), td_row_text(row, "amended_by"),
                      td_row_text(row, "amended_at"),
                      *origin ? origin : td_row_text(row, "standard_id"));
}

int td_standard_case_inherit(struct td_review *review, const char *from, const char *to,
                             const json_t *cases)
{
    json_t *standard = NULL, *rows = NULL, *row;
    size_t i;
    int rc = td_standard_load(review->tx, to, &standard);
    if (rc == 0)
        rc = td_tx_rows(review->tx, &rows,
                        "select * from standard_case where standard_id = coalesce($1, (select id"
                        " from standard where series = $2 and level = $3 and state = 'active'"
                        " and id <> $4)) order by file",
                        "ssss", from, td_row_text(standard, "series"),
                        td_row_text(standard, "level"), to);
    json_array_foreach(rows, i, row)
        if (rc == 0 && is_of(row, td_golden_find(cases, td_row_text(row, "file"))))
            rc = copy_row(review, row, to);
    json_decref(rows);
    json_decref(standard);
    return rc;
}

/* --- amending --------------------------------------------------------------------------------- */

static int check_amended(struct td_tx *tx, const json_t *standard, const json_t *golden,
                         struct td_error *reterr)
{
    int64_t amended = 0;
    const char *file = td_row_text(golden, "file");
    int rc = td_tx_int(tx, &amended,
                       "select count(*) from standard_case where standard_id = $1 and file = $2"
                       " and file_hash = $3",
                       "sss", td_row_text(standard, "id"), file, td_row_text(golden, "hash"));
    return rc == 0 && !amended
               ? td_error_key(reterr, TD_ECONFLICT, "case_agrees", json_pack("{s:s}", "file", file))
               : rc;
}

/* What the trial that counts found otherwise; none when the case, amended before, agrees with it. A
 * new reference. */
static int find_differences(struct td_review *review, const json_t *standard, const json_t *golden,
                            const char *trial, json_t **ret_differences, struct td_error *reterr)
{
    json_t *verdict = NULL;
    const char *file = td_row_text(golden, "file");
    int rc = td_trial_verdict(review->tx, td_row_text(standard, "id"), &verdict);
    if (rc < 0)
        return rc;
    const json_t *failed =
        td_golden_find(json_object_get(json_object_get(verdict, "golden"), "failed"), file);
    if (*trial && !td_row_equals(json_object_get(verdict, "trial"), "id", trial))
        rc = td_error_key(reterr, TD_ESTALE, "changed_meanwhile", NULL);
    else if (!td_row_equals(json_object_get(verdict, "trial"), "state", "done"))
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_untried",
                          json_pack("{s:s}", "reason", td_row_text(verdict, "reason")));
    else if (!failed)
        rc = check_amended(review->tx, standard, golden, reterr);
    else if (!td_row_equals(failed, "hash", td_row_text(golden, "hash")))
        rc = td_error_key(reterr, TD_ECONFLICT, "case_changed", json_pack("{s:s}", "file", file));
    if (rc == 0)
        *ret_differences =
            failed ? json_incref(json_object_get(failed, "differences")) : json_array();
    json_decref(verdict);
    return rc;
}

/* What the case expected in that trial, or expects since: of its file, or amended. A new reference.
 */
static int expected_now(struct td_tx *tx, const char *standard_id, const json_t *golden,
                        json_t **ret_expected)
{
    json_t *row = NULL;
    int rc =
        td_tx_row(tx, &row,
                  "select expected from standard_case where standard_id = $1 and file = $2"
                  " and file_hash = $3",
                  "sss", standard_id, td_row_text(golden, "file"), td_row_text(golden, "hash"));
    if (rc < 0 && rc != TD_ENOTFOUND)
        return rc;
    *ret_expected = json_incref(json_object_get(row ? row : golden, "expected"));
    json_decref(row);
    return 0;
}

static int store(struct td_review *review, const char *standard_id, const json_t *golden,
                 const json_t *expected, const json_t *changes, const char *arithmetic)
{
    const char *file = td_row_text(golden, "file");
    int rc = td_tx_exec(review->tx, NULL,
                        "delete from standard_case where standard_id = $1 and file = $2", "ss",
                        standard_id, file);
    if (rc == 0 && json_array_size(changes) > 0)
        rc = td_tx_exec(review->tx, NULL,
                        "insert into standard_case (standard_id, file, file_hash, expected,"
                        " changes, arithmetic, amended_by, amended_at) values ($1, $2, $3, $4, $5,"
                        " $6, $7, $8)",
                        "sssjjsss", standard_id, file, td_row_text(golden, "hash"), expected,
                        changes, arithmetic, review->who->id, review->now);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update standard set cases_revision = cases_revision + 1 where id = $1",
                        "s", standard_id);
    return rc;
}

static int amend(struct td_review *review, const json_t *standard, const json_t *differences,
                 const json_t *golden, const char *arithmetic, json_t **ret_changes,
                 struct td_error *reterr)
{
    const char *id = td_row_text(standard, "id"), *file = td_row_text(golden, "file");
    json_t *before = NULL;
    int rc = expected_now(review->tx, id, golden, &before);
    if (rc < 0)
        return rc;
    json_t *expected = td_standard_case_apply(before, differences);
    json_t *changes =
        expected ? td_standard_case_changes(json_object_get(golden, "expected"), expected) : NULL;
    if (!expected)
        rc = td_error_key(reterr, TD_ECONFLICT, "case_unscored", json_pack("{s:s}", "file", file));
    if (rc == 0)
        rc = store(review, id, golden, expected, changes, arithmetic);
    if (rc == 0)
        rc = td_row_log(review, "standard.amend", "standard", id,
                        json_pack("{s:s, s:O, s:O, s:s, s:O}", "file", file, "file_hash",
                                  json_object_get(golden, "hash"), "hash",
                                  json_object_get(standard, "hash"), "arithmetic", arithmetic,
                                  "changes", changes));
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(before);
    json_decref(expected);
    if (rc < 0)
        json_decref(changes);
    else
        *ret_changes = changes;
    return rc;
}

int td_standard_case_amend(struct td_review *review, const char *standard_id,
                           const struct td_standard_amendment *amendment, json_t **ret_changes,
                           struct td_error *reterr)
{
    json_t *standard = NULL, *differences = NULL;
    const json_t *golden = td_golden_find(amendment->cases, amendment->file);
    int rc = td_standard_load_to_write(review, standard_id, "draft trial", &standard, reterr);
    if (rc == 0 && !golden)
        rc = td_error_key(reterr, TD_ECONFLICT, "case_changed",
                          json_pack("{s:s}", "file", amendment->file));
    if (rc == 0)
        rc = find_differences(review, standard, golden, amendment->trial, &differences, reterr);
    if (rc == 0)
        rc = amend(review, standard, differences, golden, amendment->arithmetic, ret_changes,
                   reterr);
    json_decref(standard);
    json_decref(differences);
    return rc;
}

/* --- what people see -------------------------------------------------------------------------- */

static int load_rows(struct td_tx *tx, const char *standard_id, json_t **ret_rows)
{
    return td_tx_rows(tx, ret_rows,
                      "select c.file, c.file_hash, c.expected, c.changes, c.arithmetic,"
                      " coalesce(a.name, c.amended_by) as amended_by_name, c.amended_by,"
                      " c.amended_at, c.inherited_from from standard_case c left join account a"
                      " on a.id = c.amended_by where c.standard_id = $1 order by c.file",
                      "s", standard_id);
}

static const char *state_of(const json_t *row, const json_t *golden)
{
    bool same =
        golden && json_equal(json_object_get(golden, "expected"), json_object_get(row, "expected"));
    return is_of(row, golden) ? "current" : same ? "adopted" : "void";
}

/* The file as it should be: the arithmetic is added to what it has. NULL when it cannot be read. */
static json_t *whole_case(const struct td_review *review, const json_t *standard, const json_t *row)
{
    json_t *golden = NULL;
    char hash[65];
    struct td_error ignored = TD_ERROR_INIT;
    int rc = td_golden_file(review->config, td_row_text(standard, "series"),
                            td_row_text(row, "file"), &golden, hash, &ignored);
    td_error_done(&ignored);
    if (rc < 0)
        return NULL;
    json_object_set(golden, "expected", json_object_get(row, "expected"));
    json_t *lines = json_object_get(golden, "arithmetic");
    if (!json_is_array(lines))
        json_object_set_new(golden, "arithmetic", lines = json_array());
    json_array_append(lines, json_object_get(row, "arithmetic"));
    return golden;
}

/* The cases of a standard's level; none when they cannot be read, which its next trial says. */
static json_t *cases_of(const struct td_review *review, const json_t *standard)
{
    json_t *cases = NULL;
    return td_golden_cases(review->config, td_row_text(standard, "series"),
                           td_row_text(standard, "level"), &cases, NULL) < 0
               ? json_array()
               : cases;
}

int td_standard_case_list(struct td_review *review, const json_t *standard, bool whole,
                          json_t **ret_list)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = load_rows(review->tx, td_row_text(standard, "id"), &rows);
    if (rc < 0)
        return rc;
    json_t *cases = json_array_size(rows) ? cases_of(review, standard) : NULL;
    json_array_foreach(rows, i, row) {
        const char *state = state_of(row, td_golden_find(cases, td_row_text(row, "file")));
        json_object_set_new(row, "case_state", json_string(state));
        json_t *file =
            whole && !strcmp(state, "current") ? whole_case(review, standard, row) : NULL;
        if (whole)
            json_object_set_new(row, "case", file ? file : json_null());
        json_object_del(row, "expected");
    }
    json_decref(cases);
    *ret_list = rows;
    return 0;
}

/* What one amendment means for a case that failed in a trial. */
static json_t *settled(const json_t *row, const json_t *failed)
{
    if (!is_of(row, failed))
        return json_null();
    json_t *expected = json_object_get(row, "expected");
    json_t *found = td_standard_case_apply(expected, json_object_get(failed, "differences"));
    bool same = found && json_equal(found, expected);
    json_decref(found);
    return same ? json_pack("{s:O, s:O, s:O}", "arithmetic", json_object_get(row, "arithmetic"),
                            "amended_by_name", json_object_get(row, "amended_by_name"),
                            "amended_at", json_object_get(row, "amended_at"))
                : json_null();
}

int td_standard_case_mark(struct td_tx *tx, const char *standard_id, json_t *failed)
{
    json_t *rows = NULL, *one;
    size_t i;
    int rc = load_rows(tx, standard_id, &rows);
    if (rc < 0)
        return rc;
    json_array_foreach(failed, i, one) {
        json_t *nothing = json_object();
        json_t *found = td_standard_case_apply(nothing, json_object_get(one, "differences"));
        json_object_set_new(one, "can_amend", json_boolean(found && *td_row_text(one, "hash")));
        json_object_set_new(one, "amendment",
                            settled(td_golden_find(rows, td_row_text(one, "file")), one));
        json_decref(found);
        json_decref(nothing);
    }
    json_decref(rows);
    return 0;
}
