/* ceremony.c - the board of the trustees' messages. Owns the table `trustee` and the key of
 * `meeting`. */
#include "review/ceremony.h"

#include "ballot/proof.h"
#include "ballot/trustee.h"
#include "ballot/trustees.h"
#include "base/json.h"
#include "review/meeting.h"
#include "review/row.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

static const char *const seats[TD_CEREMONY_TRUSTEES] = {"chair", "supervisor", "office"};
/* The column of each round's messages, and their names. */
static const char *const columns[] = {"certificate", "dealt", "output"};
static const char *const rounds[] = {"certificate", "deal", "output", "done"};
enum round { CERTIFICATE, DEAL, OUTPUT, DONE };

static int seat_of(const struct td_review *review, const struct td_meeting_seat *seat)
{
    if (seat->leads)
        return 1;
    if (td_row_is(review, TD_ROLE_SUPERVISOR))
        return 2;
    return seat->office ? 3 : 0;
}

static int load_trustees(struct td_tx *tx, const char *meeting_id, json_t **ret_trustees)
{
    return td_tx_rows(tx, ret_trustees,
                      "select t.*, c.name from trustee t join account c on c.id = t.account_id"
                      " where t.meeting_id = $1 order by t.number",
                      "s", meeting_id);
}

/* The first round that not everybody has given his message of. */
static enum round round_of(const json_t *trustees)
{
    size_t i;
    json_t *row = NULL;
    if (json_array_size(trustees) < TD_CEREMONY_TRUSTEES)
        return CERTIFICATE;
    for (enum round round = DEAL; round < DONE; round++)
        json_array_foreach((json_t *)trustees, i, row)
            if (!*td_row_text(row, columns[round]))
                return round;
    return DONE;
}

static json_t *find(const json_t *trustees, int number)
{
    size_t i;
    json_t *row = NULL;
    json_array_foreach((json_t *)trustees, i, row)
        if (td_row_int(row, "number") == number)
            return row;
    return NULL;
}

/* The messages of a round as JSON values, in the trustees' order. */
static json_t *messages(const json_t *trustees, enum round round)
{
    size_t i;
    json_t *row = NULL, *list = json_array();
    json_array_foreach((json_t *)trustees, i, row) {
        const char *text = td_row_text(row, columns[round]);
        if (*text)
            json_array_append_new(list, json_loads(text, 0, NULL));
    }
    return list;
}

int td_ceremony_number(struct td_tx *tx, const char *meeting_id, const char *account_id,
                       int *ret_number)
{
    int64_t number = 0;
    int rc = td_tx_int(tx, &number,
                       "select max(number) from trustee where meeting_id = $1 and account_id = $2",
                       "ss", meeting_id, account_id);
    if (rc == 0)
        *ret_number = (int)number;
    return rc;
}

/* --- view ------------------------------------------------------------------------------------- */

static bool may_restart(const struct td_meeting_seat *seat, const json_t *meeting,
                        const json_t *trustees)
{
    return seat->leads && json_array_size(trustees) > 0 &&
           strcmp(td_row_text(meeting, "state"), "closed") != 0;
}

static bool may_give(const struct td_review *review, const json_t *meeting, int number,
                     const json_t *row, enum round round)
{
    return number > 0 && strcmp(td_row_text(meeting, "state"), "closed") != 0 && round != DONE &&
           (row ? !strcmp(td_row_text(row, "account_id"), review->who->id) &&
                      !*td_row_text(row, columns[round])
                : round == CERTIFICATE);
}

static json_t *people(const json_t *trustees, enum round round)
{
    json_t *list = json_array();
    for (int number = 1; number <= TD_CEREMONY_TRUSTEES; number++) {
        const json_t *row = find(trustees, number);
        const char *given = round == DONE ? "done" : td_row_text(row, columns[round]);
        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s, s:b}", "number", number, "seat",
                                              seats[number - 1], "trustee_seat", seats[number - 1],
                                              "name", td_row_text(row, "name"), "given",
                                              (int)(*given != 0)));
    }
    return list;
}

/* The same as texts. */
static json_t *texts(const json_t *trustees, enum round round)
{
    size_t i;
    json_t *row = NULL, *list = json_array();
    json_array_foreach((json_t *)trustees, i, row)
        json_array_append(list, json_object_get(row, columns[round]));
    return list;
}

/* What a trustee needs for his next message; nothing for others. */
static void add_messages(json_t *view, const json_t *trustees, enum round round, const json_t *mine)
{
    if (mine && round > CERTIFICATE)
        json_object_set_new(view, "certificates", texts(trustees, CERTIFICATE));
    if (mine && round > DEAL)
        json_object_set_new(view, "dealt", texts(trustees, DEAL));
    if (mine)
        json_object_set_new(view, "mine",
                            json_pack("{s:O, s:s, s:O}", "number", json_object_get(mine, "number"),
                                      "seat", seats[td_row_int(mine, "number") - 1], "output",
                                      json_object_get(mine, "output")));
}

int td_ceremony_view(struct td_review *review, const char *meeting_id, json_t **ret_ceremony,
                     struct td_error *reterr)
{
    json_t *meeting = NULL, *trustees = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc == 0)
        rc = load_trustees(review->tx, meeting_id, &trustees);
    if (rc == 0) {
        int number = seat_of(review, &seat);
        enum round round = round_of(trustees);
        const json_t *row = find(trustees, number);
        bool own = row && !strcmp(td_row_text(row, "account_id"), review->who->id);
        json_t *view = json_pack(
            "{s:s, s:s, s:O, s:i, s:s, s:o, s:{s:b, s:b}, s:n}", "id", meeting_id, "meeting_id",
            meeting_id, "meeting_name", json_object_get(meeting, "name"), "threshold",
            TD_CEREMONY_THRESHOLD, "round", rounds[round], "trustees", people(trustees, round),
            "can", "give", (int)may_give(review, meeting, number, row, round), "restart",
            (int)may_restart(&seat, meeting, trustees), "mine");
        if (view)
            json_object_set_new(view, "trustee_round", json_string(rounds[round]));
        if (view)
            json_object_set_new(view, "done", json_boolean(round == DONE));
        if (view)
            add_messages(view, trustees, round, own ? row : NULL);
        *ret_ceremony = view;
        rc = view ? 0 : TD_ENOMEM;
    }
    json_decref(trustees);
    json_decref(meeting);
    return rc;
}

/* --- a message -------------------------------------------------------------------------------- */

static int refuse_turn(const struct td_review *review, const json_t *meeting, int number,
                       const json_t *row, enum round round, struct td_error *reterr)
{
    if (number == 0)
        return td_error_key(reterr, TD_EFORBIDDEN, "trustees_only", NULL);
    if (may_give(review, meeting, number, row, round))
        return 0;
    if (row && strcmp(td_row_text(row, "account_id"), review->who->id) != 0)
        return td_error_key(reterr, TD_ECONFLICT, "seat_taken",
                            json_pack("{s:s}", "name", td_row_text(row, "name")));
    return td_error_key(reterr, TD_ECONFLICT, round == DONE ? "ceremony_done" : "ceremony_given",
                        NULL);
}

int td_ceremony_prepare(struct td_review *review, const char *meeting_id, json_t **ret_kept,
                        struct td_error *reterr)
{
    json_t *meeting = NULL, *trustees = NULL;
    struct td_meeting_seat seat;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc == 0)
        rc = load_trustees(review->tx, meeting_id, &trustees);
    int number = rc == 0 ? seat_of(review, &seat) : 0;
    enum round round = round_of(trustees);
    if (rc == 0)
        rc = refuse_turn(review, meeting, number, find(trustees, number), round, reterr);
    if (rc == 0) {
        *ret_kept = json_pack("{s:i, s:i, s:O}", "number", number, "round", (int)round, "trustees",
                              trustees);
        rc = *ret_kept ? 0 : TD_ENOMEM;
    }
    json_decref(trustees);
    json_decref(meeting);
    return rc;
}

static bool check_certificate(struct td_group *group, const json_t *trustees, const json_t *message)
{
    size_t i;
    json_t *row = NULL;
    BIGNUM *verification = td_group_number(group), *encryption = td_group_number(group);
    if (!td_trustees_certificate(group, message, verification, encryption))
        return false;
    json_array_foreach((json_t *)trustees, i, row) { /* two seats with one key are one trustee */
        BIGNUM *other = td_group_number(group);
        json_t *certificate = json_loads(td_row_text(row, "certificate"), 0, NULL);
        bool same = td_trustees_certificate(group, certificate, other, encryption) &&
                    td_group_same(group, other, verification);
        json_decref(certificate);
        if (same)
            return false;
    }
    return true;
}

static bool check_deal(struct td_group *group, const json_t *own, const json_t *message)
{
    static const char *const members[] = {"polynomial", "secrets", "coefexps", NULL};
    BIGNUM *powers[TD_TRUSTEES_MAX];
    BIGNUM *verification = td_group_number(group), *encryption = td_group_number(group);
    json_t *certificate = json_loads(td_row_text(own, "certificate"), 0, NULL);
    bool holds = td_proof_shape(message, members) &&
                 json_array_size(json_object_get(message, "secrets")) == TD_CEREMONY_TRUSTEES &&
                 td_trustees_certificate(group, certificate, verification, encryption) &&
                 td_trustees_coefficients(group, json_object_get(message, "coefexps"), verification,
                                          powers) == TD_CEREMONY_THRESHOLD;
    json_decref(certificate);
    return holds;
}

static bool check_output(struct td_group *group, const json_t *trustees, int number,
                         const json_t *message, struct td_error *reterr)
{
    static const char *const members[] = {"private_key", "public_key", NULL};
    json_t *certificates = messages(trustees, CERTIFICATE), *dealt = messages(trustees, DEAL);
    json_t *published = json_array(), *one = NULL;
    size_t i;
    json_array_foreach(dealt, i, one)
        json_array_append(published, json_object_get(one, "coefexps"));
    bool holds =
        td_proof_shape(message, members) &&
        td_trustees_check_key(group, certificates, published, TD_CEREMONY_THRESHOLD, number - 1,
                              json_object_get(message, "public_key"), reterr) == 0;
    json_decref(published);
    json_decref(certificates);
    json_decref(dealt);
    return holds;
}

/* With the last output there is a key: the text of all trustees, as archives have it, and what they
 * make. */
static int join(struct td_group *group, const json_t *trustees, const json_t *message, int number,
                json_t *checked, struct td_error *reterr)
{
    json_t *certificates = messages(trustees, CERTIFICATE), *dealt = messages(trustees, DEAL);
    json_t *outputs = messages(trustees, OUTPUT);
    struct td_trustees read;
    json_array_insert(outputs, (size_t)number - 1, (json_t *)message);
    char *text = td_trustee_join(certificates, dealt, outputs);
    int rc = text ? td_trustees_read(group, text, strlen(text), &read, reterr) : TD_ENOMEM;
    if (rc == 0) {
        if (json_object_set_new(checked, "joined", json_string(text)) < 0 ||
            json_object_set_new(checked, "public_key", td_group_json(group, read.y)) < 0)
            rc = TD_ENOMEM;
    }
    free(text);
    json_decref(certificates);
    json_decref(dealt);
    json_decref(outputs);
    return rc;
}

static int check_message(struct td_group *group, const json_t *kept, const json_t *message,
                         json_t *checked, struct td_error *reterr)
{
    const json_t *trustees = json_object_get(kept, "trustees");
    int number = (int)td_row_int(kept, "number");
    enum round round = (enum round)td_row_int(kept, "round");
    struct td_error why = TD_ERROR_INIT;
    bool holds = false;
    if (round == CERTIFICATE)
        holds = check_certificate(group, trustees, message);
    else if (round == DEAL)
        holds = check_deal(group, find(trustees, number), message);
    else
        holds = check_output(group, trustees, number, message, &why);
    int rc =
        holds ? 0
              : td_error_field(reterr, "message", "trustee_message", "not a %s that holds here%s%s",
                               rounds[round], why.detail[0] ? ": " : "", why.detail);
    td_error_done(&why);
    size_t outputs = 0, i;
    json_t *row = NULL;
    json_array_foreach((json_t *)trustees, i, row)
        outputs += *td_row_text(row, "output") != 0;
    if (rc == 0 && round == OUTPUT && outputs == TD_CEREMONY_TRUSTEES - 1)
        rc = join(group, trustees, message, number, checked, reterr);
    return rc;
}

int td_ceremony_check(const json_t *kept, const char *message, json_t **ret_checked,
                      struct td_error *reterr)
{
    json_t *value = json_loads(message, JSON_REJECT_DUPLICATES, NULL);
    struct td_group *group = td_group_new();
    json_t *checked =
        json_pack("{s:O, s:O, s:O}", "number", json_object_get(kept, "number"), "round",
                  json_object_get(kept, "round"), "before", json_object_get(kept, "trustees"));
    int rc = group && checked ? 0 : TD_ENOMEM;
    if (rc == 0 && !value)
        rc = td_error_field(reterr, "message", "trustee_message", "no JSON");
    if (rc == 0) {
        td_group_start(group);
        rc = check_message(group, kept, value, checked, reterr);
        td_group_end(group);
    }
    if (group && group->failed) { /* then no check held, and a refusal means nothing */
        if (reterr)
            td_error_done(reterr);
        rc = TD_ENOMEM;
    }
    char *text = rc == 0 ? json_dumps(value, JSON_COMPACT) : NULL;
    if (rc == 0 && (!text || json_object_set_new(checked, "message", json_string(text)) < 0))
        rc = TD_ENOMEM;
    free(text);
    td_group_free(group);
    json_decref(value);
    if (rc < 0)
        json_decref(checked);
    else
        *ret_checked = checked;
    return rc;
}

static int put(struct td_review *review, const char *meeting_id, int number, enum round round,
               const char *message)
{
    if (round == CERTIFICATE)
        return td_tx_exec(review->tx, NULL,
                          "insert into trustee (meeting_id, number, account_id, certificate)"
                          " values ($1, $2, $3, $4)",
                          "siss", meeting_id, (int64_t)number, review->who->id, message);
    return td_tx_exec(review->tx, NULL,
                      round == DEAL
                          ? "update trustee set dealt = $3 where meeting_id = $1 and number = $2"
                          : "update trustee set output = $3 where meeting_id = $1 and number = $2",
                      "sis", meeting_id, (int64_t)number, message);
}

int td_ceremony_give(struct td_review *review, const char *meeting_id, const json_t *checked,
                     struct td_error *reterr)
{
    const char *message = td_row_text(checked, "message");
    int number = (int)td_row_int(checked, "number");
    enum round round = (enum round)td_row_int(checked, "round");
    json_t *kept = NULL;
    char hash[65];
    int rc = td_ceremony_prepare(review, meeting_id, &kept, reterr);
    if (rc < 0)
        return rc;
    if (!json_equal(json_object_get(kept, "trustees"), json_object_get(checked, "before")))
        rc = td_error_key(reterr, TD_ESTALE, "ceremony_moved", NULL);
    json_decref(kept);
    if (rc == 0)
        rc = put(review, meeting_id, number, round, message);
    if (rc == 0 && *td_row_text(checked, "joined"))
        rc = td_tx_exec(
            review->tx, NULL, "update meeting set trustees = $2, public_key = $3 where id = $1",
            "sss", meeting_id, td_row_text(checked, "joined"), td_row_text(checked, "public_key"));
    if (rc == 0)
        rc = td_ledger_hash_json(json_object_get(checked, "message"), hash);
    if (rc == 0)
        rc = td_row_log(review, "meeting.trustee", "meeting", meeting_id,
                        json_pack("{s:s, s:s, s:s}", "seat", seats[number - 1], "round",
                                  rounds[round], "message_hash", hash));
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}

int td_ceremony_restart(struct td_review *review, const char *meeting_id, const char *reason,
                        struct td_error *reterr)
{
    json_t *meeting = NULL;
    struct td_meeting_seat seat;
    int64_t open = 0;
    int rc = td_meeting_load(review, meeting_id, &meeting, &seat, reterr);
    if (rc < 0)
        return rc;
    rc = td_meeting_check_lead(review, &seat, false, reterr);
    if (rc == 0 && !strcmp(td_row_text(meeting, "state"), "closed"))
        rc = td_error_key(reterr, TD_ECONFLICT, "meeting_state",
                          json_pack("{s:s}", "meeting_state", "closed"));
    json_decref(meeting);
    if (rc == 0)
        rc = td_tx_int(review->tx, &open,
                       "select count(*) from election where meeting_id = $1"
                       " and state in ('registering', 'voting', 'closed')",
                       "s", meeting_id);
    if (rc == 0 && open > 0)
        rc =
            td_error_key(reterr, TD_ECONFLICT, "elections_open", json_pack("{s:I}", "count", open));
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL, "delete from trustee where meeting_id = $1", "s",
                        meeting_id);
    if (rc == 0)
        rc = td_tx_exec(review->tx, NULL,
                        "update meeting set trustees = '', public_key = '' where id = $1", "s",
                        meeting_id);
    if (rc == 0)
        rc = td_row_log(review, "meeting.trustees_restart", "meeting", meeting_id,
                        json_pack("{s:s}", "reason", reason));
    return rc < 0 ? rc : td_row_live(review->tx, "meeting", meeting_id);
}
