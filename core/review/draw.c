/* draw.c - the life of a draw: witnessed, revealed, answered, closed. Writes `draw` and
 * `draw_invitation`; how it begins is draw_commit.c's, the arithmetic draw_file.c's, what people
 * see draw_view.c's. */
#include "review/draw.h"

#include "base/seal.h"
#include "review/committee.h"
#include "review/draw_file.h"
#include "review/message.h"
#include "review/panel.h"
#include "review/row.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static int store(struct td_review *review, const char *id, const char *state, const json_t *file)
{
    return td_tx_exec(review->tx, NULL, "update draw set state = $2, file = $3 where id = $1",
                      "ssj", id, state, file);
}

/* A draw of the office's series in a state. */
static int load_own(struct td_review *review, const char *draw_id, const char *state,
                    json_t **ret_draw, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw,
                       "select w.*, k.series, k.level from draw w join committee k"
                       " on k.id = w.committee_id where w.id = $1",
                       "s", draw_id);
    if (rc == 0 && td_committee_may_run(review, td_row_text(draw, "series"), NULL) < 0)
        rc = TD_ENOTFOUND;
    if (rc == 0 && state && !td_row_equals(draw, "state", state))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    if (rc < 0)
        json_decref(draw);
    else
        *ret_draw = draw;
    return rc;
}

/* --- witness, reveal -------------------------------------------------------------------------- */

int td_draw_witness(struct td_review *review, const char *draw_id, const char *number,
                    struct td_error *reterr)
{
    json_t *draw = NULL;
    if (!td_row_is(review, TD_ROLE_SUPERVISOR))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the supervisor witnesses");
    size_t length = strlen(number);
    if (length < 1 || length > 40 || strspn(number, "0123456789") != length)
        return td_error_field(reterr, "number", "draw_number", "1 to 40 digits");
    int rc = td_tx_row(review->tx, &draw, "select * from draw where id = $1", "s", draw_id);
    if (rc < 0)
        return rc;
    if (!td_row_equals(draw, "state", "committed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    json_t *file = json_object_get(draw, "file");
    json_object_set_new(
        file, "witness",
        json_pack("{s:s, s:s, s:s}", "by", review->who->id, "number", number, "at", review->now));
    if (rc == 0)
        rc = store(review, draw_id, "witnessed", file);
    if (rc == 0)
        rc = td_row_log(review, "draw.witness", "draw", draw_id,
                        json_pack("{s:s, s:O}", "number", number, "commitment",
                                  json_object_get(draw, "commitment")));
    json_decref(draw);
    return rc;
}

static int tell(struct td_review *review, const json_t *draw, const char *account_id,
                const char *kind)
{
    const json_t *series = json_object_get(review->catalog, td_row_text(draw, "series"));
    json_t *words =
        json_pack("{s:s, s:s, s:s}", "series_name", td_row_text(series, "name"), "series_name_en",
                  td_row_text(series, "name_en"), "draw", td_row_text(draw, "id"));
    int rc = td_message_send(review, account_id, NULL, kind, words);
    json_decref(words);
    return rc;
}

/* Whoever sits and was not asked yet is asked. */
static int invite(struct td_review *review, const json_t *draw, const json_t *file)
{
    const char *id = td_row_text(draw, "id");
    size_t i;
    json_t *seat = NULL;
    json_array_foreach(json_object_get(file, "seats"), i, seat) {
        int64_t inserted = 0;
        const char *account = td_row_text(seat, "id");
        int rc = td_tx_exec(review->tx, &inserted,
                            "insert into draw_invitation (draw_id, account_id, invited_at)"
                            " values ($1, $2, $3) on conflict do nothing",
                            "sss", id, account, review->now);
        if (rc == 0 && inserted)
            rc = tell(review, draw, account, "draw_invitation");
        if (rc < 0)
            return rc;
    }
    return 0;
}

int td_draw_reveal(struct td_review *review, const char *draw_id, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, "witnessed", &draw, reterr);
    if (rc < 0)
        return rc;
    json_t *file = json_object_get(draw, "file");
    char *seed = td_unseal(review->seal, td_row_text(draw, "seed_sealed"));
    char hash[TD_DRAW_HEX] = "";
    if (seed)
        td_draw_hash(seed, hash);
    if (!td_row_equals(file, "seed_hash", hash)) /* the key or the records are not what they were */
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_seed_lost", NULL);
    json_object_set_new(file, "seed", json_string(seed ? seed : ""));
    json_object_set_new(file, "revealed_at", json_string(review->now));
    json_object_set_new(file, "answers", json_array());
    free(seed);
    if (rc == 0)
        rc = td_draw_shuffle(file);
    if (rc == 0)
        rc = td_draw_seat(file);
    if (rc == 0)
        rc = store(review, draw_id, "revealed", file);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "update draw set seed_sealed = '' where id = $1", "s",
                        draw_id);
    if (rc == 0)
        rc = invite(review, draw, file);
    if (rc == 0)
        rc = td_row_log(review, "draw.reveal", "draw", draw_id,
                        json_pack("{s:O}", "seed", json_object_get(file, "seed")));
    json_decref(draw);
    return rc;
}

/* --- answers ---------------------------------------------------------------------------------- */

/* `account_id` answers in a loaded, revealed draw. */
static int answer(struct td_review *review, json_t *draw, const char *account_id,
                  const char *answered, const char *reason, struct td_error *reterr)
{
    const char *id = td_row_text(draw, "id");
    json_t *file = json_object_get(draw, "file");
    json_array_append_new(
        json_object_get(file, "answers"),
        json_pack("{s:s, s:s, s:s}", "id", account_id, "answer", answered, "at", review->now));
    int rc = td_draw_seat(file);
    if (rc == TD_EINVALID)
        return td_error_key(reterr, TD_ECONFLICT, "draw_answered", NULL);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update draw_invitation set answer = $3, reason = $4, answered_at = $5"
                        " where draw_id = $1 and account_id = $2",
                        "sssss", id, account_id, answered, reason, review->now);
    if (rc == 0)
        rc = store(review, id, "revealed", file);
    if (rc == 0)
        rc = invite(review, draw, file);
    if (rc == 0)
        rc = td_row_log(review, "draw.answer", "draw", id, json_pack("{s:s}", "answer", answered));
    return rc;
}

int td_draw_answer(struct td_review *review, const char *draw_id, const char *answered,
                   const char *reason, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw,
                       "select w.*, k.series from draw w join committee k on k.id = w.committee_id"
                       " join draw_invitation v on v.draw_id = w.id"
                       " where w.id = $1 and v.account_id = $2",
                       "ss", draw_id, review->who->id);
    if (rc < 0)
        return rc;
    if (!td_row_equals(draw, "state", "revealed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    else if (!strcmp(answered, "declined") && !*reason)
        rc = td_error_field(reterr, "reason", "required", "why");
    if (rc == 0)
        rc = answer(review, draw, review->who->id, answered, reason, reterr);
    json_decref(draw);
    return rc;
}

int td_draw_no_answer(struct td_review *review, const char *draw_id, const char *account_id,
                      const char *reason, struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, "revealed", &draw, reterr);
    if (rc < 0)
        return rc;
    rc = answer(review, draw, account_id, "declined", reason, reterr);
    json_decref(draw);
    return rc;
}

/* --- end -------------------------------------------------------------------------------------- */

/* The confirmed ones, first drawn first; TD_ECONFLICT while somebody has not answered. */
static int find_confirmed(const json_t *file, json_t **ret_ids, struct td_error *reterr)
{
    json_t *ids = json_array(), *seat = NULL;
    size_t i;
    int64_t open = 0;
    json_array_foreach(json_object_get(file, "seats"), i, seat) {
        if (td_row_equals(seat, "answer", "confirmed"))
            json_array_append(ids, json_object_get(seat, "id"));
        open += td_row_equals(seat, "answer", "");
    }
    if (open > 0 || json_array_size(ids) == 0) {
        json_decref(ids);
        return td_error_key(reterr, TD_ECONFLICT, "draw_open", json_pack("{s:I}", "count", open));
    }
    *ret_ids = ids;
    return 0;
}

static int take_seats(struct td_review *review, const json_t *draw, const json_t *ids,
                      struct td_error *reterr)
{
    const char *committee = td_row_text(draw, "committee_id");
    char panel_id[TD_ID_TEXT];
    size_t i;
    json_t *id = NULL;
    int rc = 0;
    if (td_row_equals(draw, "kind", "panel")) {
        json_t *panel =
            json_pack("{s:s, s:s, s:s, s:O, s:O}", "committee_id", committee, "cycle_id",
                      td_row_text(draw, "cycle_id"), "name", td_row_text(draw, "name"), "members",
                      ids, "lead", json_array_get(ids, 0));
        rc = td_panel_create(review, panel, panel_id, reterr);
        json_decref(panel);
        return rc;
    }
    json_array_foreach((json_t *)ids, i, id)
        if (rc == 0)
            rc = td_committee_seat(review, committee, json_string_value(id), "member", "", reterr);
    return rc;
}

int td_draw_close(struct td_review *review, const char *draw_id, struct td_error *reterr)
{
    json_t *draw = NULL, *ids = NULL;
    int rc = load_own(review, draw_id, "revealed", &draw, reterr);
    if (rc < 0)
        return rc;
    json_t *file = json_object_get(draw, "file");
    rc = find_confirmed(file, &ids, reterr);
    if (rc == 0)
        rc = take_seats(review, draw, ids, reterr);
    json_object_set_new(file, "closed_at", json_string(review->now));
    if (rc == 0)
        rc = td_draw_seal(file);
    if (rc == 0)
        rc = store(review, draw_id, "closed", file);
    if (rc == 0)
        rc = td_row_log(review, "draw.close", "draw", draw_id,
                        json_pack("{s:O}", "record", json_object_get(file, "record")));
    json_decref(ids);
    json_decref(draw);
    return rc;
}

/* Who said that he comes, or may still, keeps the days free no longer. */
static int call_off(struct td_review *review, const json_t *draw)
{
    json_t *rows = NULL, *row;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select account_id from draw_invitation where draw_id = $1"
                        " and answer <> 'declined' order by account_id",
                        "s", td_row_text(draw, "id"));
    json_array_foreach(rows, i, row)
        if (rc == 0)
            rc = tell(review, draw, td_row_text(row, "account_id"), "draw_cancelled");
    json_decref(rows);
    return rc;
}

int td_draw_cancel(struct td_review *review, const char *draw_id, const char *reason,
                   struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = load_own(review, draw_id, NULL, &draw, reterr);
    if (rc < 0)
        return rc;
    if (td_row_equals(draw, "state", "closed") || td_row_equals(draw, "state", "cancelled"))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_state",
                          json_pack("{s:s}", "draw_state", td_row_text(draw, "state")));
    if (rc == 0)
        rc = call_off(review, draw);
    json_decref(draw);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update draw set state = 'cancelled', remark = $2, seed_sealed = ''"
                        " where id = $1",
                        "ss", draw_id, reason);
    return rc < 0 ? rc
                  : td_row_log(review, "draw.cancel", "draw", draw_id,
                               json_pack("{s:s}", "reason", reason));
}
