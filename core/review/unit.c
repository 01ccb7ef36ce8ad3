/* unit.c - the register of units. Reads and writes `unit` and `division`; knows nothing of
 * dossiers. */
#include "review/unit.h"

#include "review/row.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

bool td_unit_uscc_valid(const char *uscc)
{
    static const char digits[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const int weights[17] = {1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28};
    if (strlen(uscc) != 18)
        return false;
    int sum = 0;
    for (int i = 0; i < 17; i++) {
        const char *at = strchr(digits, uscc[i]);
        if (!at)
            return false;
        sum += (int)(at - digits) * weights[i];
    }
    return uscc[17] == digits[(31 - sum % 31) % 31];
}

const char *td_unit_uscc_doubt(const json_t *unit)
{
    const char *uscc = td_row_text(unit, "uscc");
    if (!*uscc)
        return NULL;
    if (!td_unit_uscc_valid(uscc))
        return "uscc_checksum";
    return strncmp(uscc, "12", 2) && !td_row_equals(unit, "kind", "village_clinic") ? "uscc_kind"
                                                                                    : NULL;
}

int td_unit_divisions(struct td_tx *tx, json_t **ret_divisions)
{
    return td_tx_rows(tx, ret_divisions, "select code, name from division order by code", "");
}

int td_unit_load(struct td_tx *tx, const char *unit_id, json_t **ret_unit)
{
    return td_tx_row(tx, ret_unit,
                     "select u.*, d.name as division_name from unit u"
                     " join division d on d.code = u.division_code where u.id = $1",
                     "s", unit_id);
}

int td_unit_list(struct td_review *review, const char *division, const char *query,
                 const char *cursor, json_t **ret_page)
{
    json_t *rows = NULL;
    int rc = td_tx_rows(review->tx, &rows,
                        "select u.*, d.name as division_name from unit u"
                        " join division d on d.code = u.division_code"
                        " where ($1 = '' or u.division_code = $1)"
                        " and ($2 = '' or replace(u.name, $2, '') <> u.name) and u.id > $3"
                        " order by u.id limit $4",
                        "sssi", division, query, cursor, (int64_t)TD_ROW_PAGE + 1);
    if (rc < 0)
        return rc;
    *ret_page = td_row_page(rows, "id");
    return *ret_page ? 0 : TD_ENOMEM;
}

/* Whether `words`, which "|" separates, has this one. */
static bool one_of(const char *word, const char *words)
{
    size_t length = strlen(word);
    for (; *words; words += strcspn(words, "|"), words += *words == '|')
        if (length && strcspn(words, "|") == length && !strncmp(word, words, length))
            return true;
    return false;
}

static int check_code(const json_t *unit, struct td_error *reterr)
{
    const char *uscc = td_row_text(unit, "uscc");
    if (!*uscc || td_unit_uscc_valid(uscc) || td_row_bool(unit, "uscc_confirmed"))
        return 0;
    return td_error_field(reterr, "uscc", "uscc_checksum",
                          "the check character is wrong (GB 32100); when the certificate says so, "
                          "confirm with uscc_confirmed");
}

bool td_unit_is_grassroots(const json_t *unit)
{
    return !td_row_equals(unit, "grassroots", "none") ||
           one_of(td_row_text(unit, "kind"), TD_UNIT_PRIMARY_HEALTH);
}

static int check(struct td_tx *tx, const json_t *unit, struct td_error *reterr)
{
    int rc = 0;
    if (!*td_row_text(unit, "name"))
        rc = td_error_field(reterr, "name", "required", "a unit has a name");
    if (!one_of(td_row_text(unit, "kind"), TD_UNIT_KINDS))
        rc = td_error_field(reterr, "kind", "choice", "not a kind of unit");
    if (!one_of(td_row_text(unit, "grassroots"), TD_UNIT_GRASSROOTS))
        rc = td_error_field(reterr, "grassroots", "choice", "not a grassroots type");
    int code = check_code(unit, reterr);
    rc = code < 0 ? code : rc;
    int64_t known = 0;
    int failed = td_tx_int(tx, &known, "select count(*) from division where code = $1", "s",
                           td_row_text(unit, "division_code"));
    if (failed < 0)
        return failed;
    if (!known)
        rc = td_error_field(reterr, "division_code", "choice", "no such division");
    return rc;
}

static int insert(struct td_review *review, const char *id, const json_t *unit)
{
    return td_tx_exec(
        review->tx, NULL,
        "insert into unit (id, name, uscc, division_code, town, kind, grassroots, hardship)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        "sssssssb", id, td_row_text(unit, "name"), td_row_text(unit, "uscc"),
        td_row_text(unit, "division_code"), td_row_text(unit, "town"), td_row_text(unit, "kind"),
        td_row_text(unit, "grassroots"), (int)td_row_bool(unit, "hardship"));
}

static int update(struct td_review *review, const char *id, const json_t *unit)
{
    int64_t changed;
    int rc = td_tx_exec(
        review->tx, &changed,
        "update unit set name = $2, uscc = $3, division_code = $4, town = $5, kind = $6,"
        " grassroots = $7, hardship = $8 where id = $1",
        "sssssssb", id, td_row_text(unit, "name"), td_row_text(unit, "uscc"),
        td_row_text(unit, "division_code"), td_row_text(unit, "town"), td_row_text(unit, "kind"),
        td_row_text(unit, "grassroots"), (int)td_row_bool(unit, "hardship"));
    return rc < 0 ? rc : changed ? 0 : TD_ENOTFOUND;
}

int td_unit_save(struct td_review *review, const char *unit_id, const json_t *unit,
                 char ret_id[TD_ID_TEXT], const char **ret_warning, struct td_error *reterr)
{
    if (!td_row_is(review, TD_ROLE_BUREAU))
        return td_error_set(reterr, TD_EFORBIDDEN, "only the bureau keeps the register of units");
    int rc = check(review->tx, unit, reterr);
    if (rc < 0)
        return rc;
    char id[TD_ID_TEXT];
    if (*unit_id)
        snprintf(id, sizeof(id), "%s", unit_id);
    else
        td_id_new(id);
    rc = *unit_id ? update(review, id, unit) : insert(review, id, unit);
    if (rc < 0)
        return rc;
    rc = td_row_log(review, *unit_id ? "unit.change" : "unit.create", "unit", id,
                    json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "name", td_row_text(unit, "name"),
                              "division_code", td_row_text(unit, "division_code"), "kind",
                              td_row_text(unit, "kind"), "grassroots",
                              td_row_text(unit, "grassroots"), "hardship",
                              (int)td_row_bool(unit, "hardship"), "uscc_confirmed",
                              (int)td_row_bool(unit, "uscc_confirmed")));
    if (rc < 0)
        return rc;
    *ret_warning = td_unit_uscc_doubt(unit);
    memcpy(ret_id, id, sizeof(id));
    return 0;
}
