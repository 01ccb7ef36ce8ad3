/* standard_draft.c - see standard.h: drafts, from their first source to the last. Owns the tables
 * `standard` (with standard_life.c) and `standard_source`. */
#include "review/standard.h"

#include "review/row.h"
#include "review/standard_case.h"
#include "store/ledger.h"
#include "store/store.h"

#include <string.h>

static int keep_source(struct td_review *review, const char *standard_id, int64_t revision,
                       const char *source, const char *hash)
{
    return td_tx_exec(
        review->tx, NULL,
        "insert into standard_source (standard_id, revision, source, hash, author, at)"
        " values ($1, $2, $3, $4, $5, $6)",
        "sissss", standard_id, revision, source, hash, review->who->id, review->now);
}

/* --- a new one -------------------------------------------------------------------------------- */

static int check_new(struct td_review *review, const struct td_standard_draft *draft,
                     const char *hash, const json_t *fault, struct td_error *reterr)
{
    int64_t same = 0, any = 0;
    int rc = td_tx_int(review->tx, &same,
                       "select count(*) from standard s where s.series = $1 and s.level = $2"
                       " and s.hash = $3 and s.version = (select max(version) from standard"
                       " where series = $1 and level = $2 and state <> 'discarded')",
                       "sss", draft->series, draft->level, hash);
    if (rc == 0)
        rc = td_tx_int(review->tx, &any,
                       "select count(*) from standard where series = $1 and level = $2", "ss",
                       draft->series, draft->level);
    if (rc == 0 && draft->bootstrap && (any > 0 || strcmp(review->who->id, "console")))
        rc = td_error_key(reterr, TD_EFORBIDDEN, "bootstrap_refused", NULL);
    if (rc == 0 && same > 0 && strcmp(draft->origin, "version"))
        rc = td_error_key(reterr, TD_ECONFLICT, "standard_unchanged", NULL);
    if (rc == 0 && draft->bootstrap && !json_is_null(fault))
        rc = td_error_key(reterr, TD_ESCRIPT, "script_fault",
                          json_pack("{s:s, s:I, s:s}", "file", draft->level, "line",
                                    (json_int_t)td_row_int(fault, "line"), "message",
                                    td_row_text(fault, "message")));
    return rc;
}

static int insert(struct td_review *review, const struct td_standard_draft *draft, const char *id,
                  const char *hash, const json_t *outline, const json_t *fault)
{
    int rc = td_tx_exec(
        review->tx, NULL,
        "insert into standard (id, series, level, version, state, source, hash, outline, author,"
        " created_at, fault, origin, based_on, note, activated_at) values ($1, $2, $3,"
        " (select coalesce(max(version), 0) + 1 from standard where series = $2 and level = $3),"
        " $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        "ssssssjssjssss", id, draft->series, draft->level, draft->bootstrap ? "active" : "draft",
        draft->source, hash, outline, review->who->id, review->now,
        json_is_null(fault) ? NULL : fault, draft->origin, draft->based_on, draft->note,
        draft->bootstrap ? review->now : NULL);
    return rc < 0 ? rc : keep_source(review, id, 1, draft->source, hash);
}

int td_standard_create(struct td_review *review, const struct td_standard_draft *draft,
                       char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    char hash[65];
    json_t *outline = NULL, *fault = NULL;
    if (!td_standard_writer(review))
        return td_error_set(reterr, TD_EFORBIDDEN, "only administrator and bureau write standards");
    int rc = td_ledger_sm3(draft->source, strlen(draft->source), hash);
    if (rc == 0)
        rc = td_standard_checked(draft->answer, draft->series, draft->level, &outline, &fault);
    if (rc < 0)
        return rc;
    rc = check_new(review, draft, hash, fault, reterr);
    td_id_new(ret_id);
    if (rc == 0)
        rc = insert(review, draft, ret_id, hash, outline, fault);
    if (rc == 0)
        rc = td_standard_case_inherit(review, draft->based_on, ret_id, draft->cases);
    if (rc == 0)
        rc = td_row_log(review, draft->bootstrap ? "standard.bootstrap" : "standard.import",
                        "standard", ret_id,
                        json_pack("{s:s, s:s, s:s, s:s}", "series", draft->series, "level",
                                  draft->level, "hash", hash, "origin", draft->origin));
    json_decref(outline);
    json_decref(fault);
    return rc;
}

/* --- editing ---------------------------------------------------------------------------------- */

static int store_source(struct td_review *review, const json_t *standard, const char *source,
                        const char *hash, const json_t *answer, int64_t revision)
{
    json_t *outline = NULL, *fault = NULL;
    const char *id = td_row_text(standard, "id");
    int64_t changed = 0;
    int rc = td_standard_checked(answer, td_row_text(standard, "series"),
                                 td_row_text(standard, "level"), &outline, &fault);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(review->tx, &changed,
                    "update standard set source = $2, hash = $3, outline = $4, fault = $5,"
                    " revision = $6, state = 'draft', approved_by = null, approved_at = null"
                    " where id = $1 and revision = $7",
                    "sssjjii", id, source, hash, outline, json_is_null(fault) ? NULL : fault,
                    revision, td_row_int(standard, "revision"));
    json_decref(outline);
    json_decref(fault);
    if (rc == 0 && changed != 1)
        rc = TD_ESTALE;
    if (rc == 0)
        rc = keep_source(review, id, revision, source, hash);
    if (rc == 0)
        rc = td_row_log(review, "standard.save", "standard", id,
                        json_pack("{s:s, s:I, s:s}", "hash", hash, "revision", (json_int_t)revision,
                                  "was", td_row_text(standard, "state")));
    return rc == 0 ? td_standard_tell(review->tx, standard, false) : rc;
}

static int store_note(struct td_review *review, const json_t *standard, const char *note)
{
    const char *id = td_row_text(standard, "id");
    int rc =
        td_tx_exec(review->tx, NULL, "update standard set note = $2 where id = $1", "ss", id, note);
    return rc < 0 ? rc
                  : td_row_log(review, "standard.note", "standard", id,
                               json_pack("{s:s}", "note", note));
}

int td_standard_save(struct td_review *review, const json_t *standard, const char *source,
                     const char *note, const json_t *answer, int64_t *ret_revision,
                     struct td_error *reterr)
{
    char hash[65];
    int64_t revision = td_row_int(standard, "revision");
    int rc = td_ledger_sm3(source, strlen(source), hash);
    bool same = rc == 0 && td_row_equals(standard, "hash", hash);
    if (rc == 0 && !same)
        rc = store_source(review, standard, source, hash, answer, ++revision);
    if (rc == 0 && note && !td_row_equals(standard, "note", note))
        rc = store_note(review, standard, note);
    if (rc == TD_ESTALE)
        return td_error_key(reterr, TD_ESTALE, "changed_meanwhile", NULL);
    if (rc == 0)
        *ret_revision = revision;
    return rc;
}

int td_standard_discard(struct td_review *review, const char *standard_id, struct td_error *reterr)
{
    json_t *standard = NULL;
    int rc =
        td_standard_load_to_write(review, standard_id, TD_STANDARD_EDITABLE, &standard, reterr);
    if (rc < 0)
        return rc;
    rc = td_tx_exec(review->tx, NULL, "update standard set state = 'discarded' where id = $1", "s",
                    standard_id);
    if (rc == 0)
        rc = td_row_log(review, "standard.discard", "standard", standard_id,
                        json_pack("{s:s}", "hash", td_row_text(standard, "hash")));
    if (rc == 0)
        rc = td_standard_tell(review->tx, standard, false);
    json_decref(standard);
    return rc;
}
