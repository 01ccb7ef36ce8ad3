/* draw_view.c - what people see of a draw: lists, the page, the public commitment, the file. */
#include "review/committee.h"
#include "review/draw.h"
#include "review/draw_file.h"
#include "review/row.h"
#include "store/store.h"

#include <string.h>

int td_draw_list(struct td_review *review, const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(
        review->tx, &rows,
        "select w.id, w.kind as draw_kind, w.state as draw_state, w.commitment, w.created_at,"
        " k.name as committee_name, k.level from draw w join committee k"
        " on k.id = w.committee_id where " TD_COMMITTEE_SCOPE_SQL(
            "$1", "k.series") " and ($2 = '' or w.id < $2) order by w.id desc limit $3",
        "ssi", td_committee_scope(review->who), cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

static int load(struct td_review *review, const char *draw_id, json_t **ret_draw,
                struct td_error *reterr)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw,
                       "select w.*, k.series, k.level, k.name as committee_name from draw w"
                       " join committee k on k.id = w.committee_id where w.id = $1",
                       "s", draw_id);
    if (rc == 0)
        rc = td_committee_may_read(review, td_row_text(draw, "series"), reterr);
    if (rc < 0)
        json_decref(draw);
    else
        *ret_draw = draw;
    return rc;
}

/* The office and the witness know at once; the bureau once a meeting of the committee has opened.
 */
static int may_know(struct td_review *review, const json_t *draw, bool *ret_may)
{
    int64_t opened = 0;
    *ret_may = td_row_is(review, TD_ROLE_SUPERVISOR) ||
               td_committee_may_run(review, td_row_text(draw, "series"), NULL) == 0;
    if (*ret_may)
        return 0;
    int rc = td_tx_int(review->tx, &opened,
                       "select count(*) from meeting where committee_id = $1"
                       " and state <> 'planned' and opened_at >= $2",
                       "ss", td_row_text(draw, "committee_id"), td_row_text(draw, "created_at"));
    *ret_may = opened > 0;
    return rc;
}

/* The seats with what the page says of the people. */
static int name_seats(struct td_review *review, const char *draw_id, json_t *seats)
{
    size_t i;
    json_t *seat = NULL;
    json_array_foreach(seats, i, seat) {
        json_t *person = NULL;
        int rc = td_tx_row(review->tx, &person,
                           "select a.name, coalesce(u.name, '') as unit_name, v.reason,"
                           " v.answered_at from draw_invitation v join account a"
                           " on a.id = v.account_id left join unit u on u.id = a.unit_id"
                           " where v.draw_id = $1 and v.account_id = $2",
                           "ss", draw_id, td_row_text(seat, "id"));
        if (rc < 0)
            return rc;
        json_object_update(seat, person);
        json_object_set_new(
            seat, "seat_answer",
            json_string(*td_row_text(seat, "answer") ? td_row_text(seat, "answer") : "waiting"));
        json_decref(person);
    }
    return 0;
}

static json_t *find_acts(const struct td_review *review, const json_t *draw)
{
    bool office = td_committee_may_run(review, td_row_text(draw, "series"), NULL) == 0;
    bool committed = td_row_equals(draw, "state", "committed");
    bool witnessed = td_row_equals(draw, "state", "witnessed");
    bool revealed = td_row_equals(draw, "state", "revealed");
    bool known = revealed || td_row_equals(draw, "state", "closed");
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "witness",
                     committed && td_row_is(review, TD_ROLE_SUPERVISOR), "reveal",
                     office && witnessed, "close", office && revealed, "answer_for",
                     office && revealed, "cancel", office && (committed || witnessed || revealed),
                     "export", known);
}

int td_draw_view(struct td_review *review, const char *draw_id, json_t **ret_draw,
                 struct td_error *reterr)
{
    json_t *draw = NULL;
    bool knows = false;
    int rc = load(review, draw_id, &draw, reterr);
    if (rc == 0)
        rc = may_know(review, draw, &knows);
    if (rc < 0) {
        json_decref(draw);
        return rc;
    }
    json_t *file = json_object_get(draw, "file");
    json_t *seats = json_deep_copy(json_object_get(file, "seats"));
    json_object_set_new(
        draw, "candidates_count",
        json_integer((json_int_t)json_array_size(json_object_get(file, "candidates"))));
    json_object_set(draw, "criteria", json_object_get(file, "criteria"));
    json_object_set(draw, "seed_hash", json_object_get(file, "seed_hash"));
    json_object_set(draw, "witness", json_object_get(file, "witness"));
    json_object_set(draw, "record", json_object_get(file, "record"));
    json_t *acts = find_acts(review, draw);
    if (!knows)
        json_object_set_new(acts, "export", json_false());
    json_object_set_new(draw, "can", acts);
    json_object_set_new(draw, "draw_state", json_string(td_row_text(draw, "state")));
    json_object_set_new(draw, "draw_kind", json_string(td_row_text(draw, "kind")));
    json_object_set_new(draw, "sealed", json_boolean(!knows));
    if (knows && seats && (rc = name_seats(review, draw_id, seats)) == 0)
        json_object_set(draw, "seats", seats);
    json_decref(seats);
    for (const char *const *hidden =
             (const char *const[]){"file", "seed_sealed", "state", "kind", NULL};
         *hidden; hidden++)
        json_object_del(draw, *hidden);
    if (rc < 0)
        json_decref(draw);
    else
        *ret_draw = draw;
    return rc;
}

int td_draw_public(struct td_review *review, const char *draw_id, json_t **ret_draw)
{
    json_t *draw = NULL;
    int rc = td_tx_row(review->tx, &draw, "select * from draw where id = $1", "s", draw_id);
    if (rc < 0)
        return rc;
    const json_t *file = json_object_get(draw, "file");
    *ret_draw = json_pack(
        "{s:s, s:O, s:O, s:O, s:O}", "id", draw_id, "draw_state", json_object_get(draw, "state"),
        "seed_hash", json_object_get(file, "seed_hash"), "commitment",
        json_object_get(draw, "commitment"), "committed_at", json_object_get(draw, "created_at"));
    json_decref(draw);
    return *ret_draw ? 0 : TD_ENOMEM;
}

int td_draw_export(struct td_review *review, const char *draw_id, json_t **ret_file,
                   struct td_error *reterr)
{
    json_t *draw = NULL;
    bool knows = false;
    int rc = load(review, draw_id, &draw, reterr);
    if (rc == 0)
        rc = may_know(review, draw, &knows);
    json_t *file = json_object_get(draw, "file");
    if (rc == 0 && (!knows || !json_object_get(file, "order")))
        rc = td_error_key(reterr, TD_ECONFLICT, "draw_sealed", NULL);
    if (rc == 0 && !json_object_get(file, "record"))
        rc = td_draw_seal(file);
    if (rc == 0)
        *ret_file = json_incref(file);
    json_decref(draw);
    return rc;
}

int td_draw_invitations(struct td_review *review, json_t **ret_page)
{
    json_t *rows = NULL, *row = NULL;
    size_t i;
    int rc = td_tx_rows(review->tx, &rows,
                        "select w.id, k.series, k.level, w.kind as draw_kind,"
                        " w.state as draw_state, v.invited_at, v.answer, v.answered_at"
                        " from draw_invitation v join draw w on w.id = v.draw_id"
                        " join committee k on k.id = w.committee_id where v.account_id = $1"
                        " order by w.id desc limit 100",
                        "s", review->who->id);
    if (rc < 0)
        return rc;
    json_array_foreach(rows, i, row) {
        bool open = td_row_equals(row, "draw_state", "revealed") && !*td_row_text(row, "answer");
        td_row_name_series(review, row);
        json_object_set_new(row, "open", json_boolean(open));
        json_object_set_new(
            row, "seat_answer",
            json_string(*td_row_text(row, "answer") ? td_row_text(row, "answer") : "waiting"));
    }
    *ret_page = json_pack("{s:o, s:n}", "items", rows, "next");
    return *ret_page ? 0 : TD_ENOMEM;
}
