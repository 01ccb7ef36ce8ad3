/* row.c - see row.h. Holds no state. */
#include "review/row.h"

#include "base/json.h"
#include "store/ledger.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

const char *td_row_text(const json_t *row, const char *name)
{
    return td_json_text(row, name);
}

int64_t td_row_int(const json_t *row, const char *name)
{
    return json_integer_value(json_object_get(row, name));
}

bool td_row_bool(const json_t *row, const char *name)
{
    return json_is_true(json_object_get(row, name));
}

bool td_row_equals(const json_t *row, const char *name, const char *value)
{
    return !strcmp(td_row_text(row, name), value);
}

void td_row_name_series(const struct td_review *review, json_t *row)
{
    const json_t *series = json_object_get(review->catalog, td_row_text(row, "series"));
    json_object_set_new(row, "series_name", json_string(td_row_text(series, "name")));
    json_object_set_new(row, "series_name_en", json_string(td_row_text(series, "name_en")));
}

json_t *td_row_page(json_t *rows, const char *member)
{
    json_t *next = json_null();
    if (json_array_size(rows) > TD_ROW_PAGE) {
        json_array_remove(rows, TD_ROW_PAGE);
        next = json_string(td_row_text(json_array_get(rows, TD_ROW_PAGE - 1), member));
    }
    return json_pack("{s:o, s:o}", "items", rows, "next", next);
}

const char *td_row_actor(const struct td_review *review)
{
    return review->who ? review->who->id : "system";
}

bool td_row_is(const struct td_review *review, uint32_t roles)
{
    return review->who && (review->who->roles & roles);
}

int td_row_log(struct td_review *review, const char *action, const char *kind, const char *id,
               json_t *payload)
{
    char subject[96];
    snprintf(subject, sizeof(subject), "%s/%s", kind, id);
    int rc = td_ledger_append(review->tx, td_row_actor(review), action, subject, payload);
    json_decref(payload);
    return rc;
}

int td_row_next(struct td_tx *tx, const char *name, int64_t *ret_number)
{
    int rc = td_tx_exec(
        tx, NULL,
        "insert into setting (name, value) values ($1, '1') on conflict (name) do update "
        "set value = cast(cast(setting.value as bigint) + 1 as text)",
        "s", name);
    return rc ? rc
              : td_tx_int(tx, ret_number,
                          "select cast(value as bigint) from setting where name = $1", "s", name);
}

int td_row_live(struct td_tx *tx, const char *kind, const char *id)
{
    char topic[96];
    snprintf(topic, sizeof(topic), "%s/%s", kind, id);
    json_t *payload = json_pack("{s:s, s:s}", "topic", topic, "event", "changed");
    int rc = payload ? td_tx_outbox(tx, "live", payload) : TD_ENOMEM;
    json_decref(payload);
    return rc;
}
