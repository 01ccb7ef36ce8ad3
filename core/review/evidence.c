/* evidence.c - see evidence.h. Owns the tables `evidence` and `evidence_file`. */
#include "review/evidence.h"

#include "review/application.h"
#include "review/blind.h"
#include "review/form.h"
#include "review/panel.h"
#include "review/row.h"
#include "store/files.h"
#include "store/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *magic;
    size_t length;
    const char *type;
    const char *endings[3];
} types[] = {
    {"%PDF-", 5, "application/pdf", {".pdf"}},
    {"\xff\xd8\xff", 3, "image/jpeg", {".jpg", ".jpeg"}},
    {"\x89PNG\r\n\x1a\n", 8, "image/png", {".png"}},
};

static bool ends_with(const char *name, const char *ending)
{
    size_t n = strlen(name), e = strlen(ending);
    return n > e && !strcasecmp(name + n - e, ending);
}

const char *td_evidence_type(const unsigned char *head, size_t length, const char *name)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (length < types[i].length || memcmp(head, types[i].magic, types[i].length))
            continue;
        for (size_t j = 0; j < 3 && types[i].endings[j]; j++)
            if (ends_with(name, types[i].endings[j]))
                return types[i].type;
    }
    return NULL;
}

int td_evidence_sniff(const struct td_evidence_upload *upload, const char **ret_type,
                      struct td_error *reterr)
{
    unsigned char head[16];
    FILE *file = fopen(upload->path, "rb");
    if (!file) {
        bool busy = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
        return td_error_set(reterr, busy ? TD_EBUSY : TD_EIO, "opening the upload: %s",
                            strerror(errno));
    }
    size_t length = fread(head, 1, sizeof(head), file);
    fclose(file);
    const char *type = td_evidence_type(head, length, upload->name);
    if (!type)
        return td_error_key(reterr, TD_EMEDIA, "evidence_type", NULL);
    *ret_type = type;
    return 0;
}

/* The place must be one that the applicant fills in and that takes evidence; an item must exist. */
static int check_place(struct td_review *review, const json_t *application, const char *section_id,
                       const char *item, bool *ret_blind, struct td_error *reterr)
{
    const json_t *section = td_form_section(td_application_form(review, application), section_id);
    if (!section || strcmp(td_form_section_by(section), "applicant") ||
        td_row_equals(section, "evidence", "none"))
        return td_error_field(reterr, "section", "choice", "this section takes no evidence");
    *ret_blind = td_blind_section(section);
    if (!td_form_section_repeats(section))
        return *item ? td_error_field(reterr, "item", "choice", "this section has no items") : 0;
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(json_object_get(application, "content"), section_id), i,
                       entry)
        if (*item && td_row_equals(entry, "id", item))
            return 0;
    return td_error_field(reterr, "item", "choice", "save the item first, then attach to it");
}

static int check_room(struct td_review *review, const char *application_id, const char *section,
                      const char *item, struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_tx_row(
        review->tx, &row,
        "select count(*) as total, coalesce(sum(case when section = $2 and item = $3 then 1 "
        "else 0 end), 0) as here from evidence where application_id = $1 and removed_at is null",
        "sss", application_id, section, item);
    if (!result && (td_row_int(row, "total") >= TD_EVIDENCE_PER_DOSSIER ||
                    td_row_int(row, "here") >= TD_EVIDENCE_PER_ITEM))
        result = td_error_key(reterr, TD_ECONFLICT, "evidence_enough",
                              json_pack("{s:i, s:i}", "per_item", TD_EVIDENCE_PER_ITEM,
                                        "per_dossier", TD_EVIDENCE_PER_DOSSIER));
    json_decref(row);
    return result;
}

int td_evidence_note(struct td_review *review, const struct td_evidence_upload *upload,
                     const char *type)
{
    return td_tx_exec(
        review->tx, NULL,
        "insert into evidence_file (hash, size, type, created_at) values ($1, $2, $3, $4) "
        "on conflict (hash) do nothing",
        "siss", upload->hash, (int64_t)upload->size, type, review->now);
}

static int store(struct td_review *review, const char *application_id, const char *section,
                 const char *item, const struct td_evidence_upload *upload, const char *type,
                 char id[TD_ID_TEXT])
{
    td_id_new(id);
    int result = td_evidence_note(review, upload, type);
    if (!result)
        result = td_tx_exec(
            review->tx, NULL,
            "insert into evidence (id, application_id, section, item, hash, sent_hash, name, "
            "uploaded_at) values ($1, $2, $3, $4, $5, $6, $7, $8)",
            "ssssssss", id, application_id, section, item, upload->hash, upload->sent_hash,
            upload->name, review->now);
    return result ? result
                  : td_row_log(review, "evidence.add", "application", application_id,
                               json_pack("{s:s, s:s, s:s, s:s, s:s}", "evidence", id, "section",
                                         section, "item", item, "hash", upload->hash, "sent_hash",
                                         upload->sent_hash));
}

int td_evidence_check(struct td_review *review, const char *application_id, const char *section,
                      const char *item, const struct td_evidence_upload *upload,
                      const char **ret_type, bool *ret_blind, struct td_error *reterr)
{
    json_t *application = NULL;
    int result = td_application_load_editable(review, application_id, &application, reterr);
    if (!result)
        result = check_place(review, application, section, item, ret_blind, reterr);
    if (!result && *ret_blind)
        result = td_blind_check_file(application, upload->name, reterr);
    if (!result)
        result = check_room(review, application_id, section, item, reterr);
    if (!result)
        result = td_evidence_sniff(upload, ret_type, reterr);
    json_decref(application);
    return result;
}

int td_evidence_add(struct td_review *review, const char *application_id, const char *section,
                    const char *item, const struct td_evidence_upload *upload,
                    char ret_id[TD_ID_TEXT], struct td_error *reterr)
{
    const char *type = NULL;
    bool blind = false;
    int result =
        td_evidence_check(review, application_id, section, item, upload, &type, &blind, reterr);
    if (!result)
        result = store(review, application_id, section, item, upload, type, ret_id);
    if (!result)
        result = td_files_adopt(td_tx_store(review->tx), upload->path, upload->hash, reterr);
    return result;
}

int td_evidence_remove(struct td_review *review, const char *application_id,
                       const char *evidence_id, struct td_error *reterr)
{
    json_t *application = NULL;
    int64_t changed = 0;
    int result = td_application_load_editable(review, application_id, &application, reterr);
    if (!result)
        result =
            td_tx_exec(review->tx, &changed,
                       "update evidence set removed_at = $3 where id = $1 and application_id = $2 "
                       "and removed_at is null",
                       "sss", evidence_id, application_id, review->now);
    if (!result && !changed)
        result = td_error_key(reterr, TD_ENOTFOUND, "evidence_unknown", NULL);
    if (!result)
        result = td_row_log(review, "evidence.remove", "application", application_id,
                            json_pack("{s:s}", "evidence", evidence_id));
    json_decref(application);
    return result;
}

static void describe(json_t *row)
{
    char text[32];
    const char *type = td_row_text(row, "type");
    int64_t size = td_row_int(row, "size");
    if (size < 1024 * 1024)
        snprintf(text, sizeof(text), "%lld KB", (long long)((size + 1023) / 1024));
    else
        snprintf(text, sizeof(text), "%.1f MB", (double)size / (1024 * 1024));
    json_object_set_new(row, "size_text", json_string(text));
    json_object_set_new(row, "type_text",
                        json_string(strcmp(type, "application/pdf") == 0 ? "PDF"
                                    : strcmp(type, "image/png") == 0     ? "PNG"
                                                                         : "JPG"));
    json_object_set_new(row, "rewritten", json_boolean(*td_row_text(row, "sent_hash")));
}

/* Where a file `e` stands among those of its section. */
#define ORDINAL_SQL                                                                                \
    "(select count(*) from evidence x where x.application_id = e.application_id"                   \
    " and x.section = e.section and x.removed_at is null and x.id <= e.id)"

/* Which rows of `e` the account $3 ("" = the system) sees: the applicant what is attached now;
 * everybody else, while he changes the dossier, what was attached when he last submitted it. */
#define SEEN_SQL                                                                                   \
    "case when $3 = '' or a.account_id = $3 or a.state not in ('draft', 'returned', 'supplement')" \
    " then e.removed_at is null else e.uploaded_at <= s.created_at"                                \
    " and (e.removed_at is null or e.removed_at > s.created_at) end"

int td_evidence_list(struct td_review *review, const char *application_id, const char *section,
                     json_t **ret_rows)
{
    json_t *rows = NULL, *row;
    size_t i;
    int result =
        td_tx_rows(review->tx, &rows,
                   "select e.id, e.application_id, e.section, e.item, e.name, e.hash, e.sent_hash, "
                   "f.size, f.type, e.uploaded_at, " ORDINAL_SQL
                   " as ordinal from evidence e join evidence_file f on f.hash = e.hash "
                   "join application a on a.id = e.application_id left join snapshot s on s.id = "
                   "a.snapshot_id "
                   "where e.application_id = $1 and ($2 = '' or e.section = $2) and " SEEN_SQL
                   " order by e.id",
                   "sss", application_id, section, review->who ? review->who->id : "");
    json_array_foreach(rows, i, row)
        describe(row);
    if (!result)
        *ret_rows = rows;
    return result;
}

/* Experts see the material of the dossiers before them, and nothing else of a dossier: *ret_blind
 * as td_blind says. */
static int check_access(struct td_review *review, const char *application_id, bool *ret_blind,
                        struct td_error *reterr)
{
    json_t *application = NULL;
    bool sees = false;
    int result = td_application_load(review, application_id, &application, reterr);
    json_decref(application);
    if (result != TD_ENOTFOUND || !review->who || !(review->who->roles & TD_ROLE_EXPERT))
        return result;
    if (td_panel_sees(review, application_id, &sees) || !sees)
        return TD_ENOTFOUND;
    td_error_done(reterr);
    return td_blind(review, application_id, ret_blind);
}

/* Gives the file of a blind section its number for a name; TD_ENOTFOUND for one of another section.
 */
static int hide(struct td_review *review, const char *application_id, json_t *row)
{
    json_t *application = NULL;
    char name[TD_BLIND_NAME_TEXT];
    const char *id = td_row_text(row, "section");
    int result = td_application_row(review, application_id, &application, NULL);
    if (result)
        return result;
    const json_t *form = td_application_form(review, application);
    if (!td_blind_section(td_form_section(form, id)))
        result = TD_ENOTFOUND;
    td_blind_file_name(id, td_row_int(row, "ordinal"), td_row_text(row, "type"), name);
    json_object_set_new(row, "name", json_string(name));
    json_decref(application);
    return result;
}

int td_evidence_open(struct td_review *review, const char *application_id, const char *evidence_id,
                     json_t **ret_evidence, struct td_error *reterr)
{
    json_t *row = NULL;
    char path[4096];
    bool blind = false;
    int result = check_access(review, application_id, &blind, reterr);
    if (!result)
        result = td_tx_row(
            review->tx, &row,
            "select e.id, e.section, e.item, e.name, e.hash, f.size, f.type, " ORDINAL_SQL
            " as ordinal from evidence e "
            "join evidence_file f on f.hash = e.hash where e.id = $1 and e.application_id = $2",
            "ss", evidence_id, application_id);
    if (!result && blind)
        result = hide(review, application_id, row);
    if (!result)
        result =
            td_files_path(td_tx_store(review->tx), td_row_text(row, "hash"), path, sizeof(path));
    if (result) {
        json_decref(row);
        return result == TD_ENOTFOUND ? td_error_key(reterr, TD_ENOTFOUND, "evidence_unknown", NULL)
                                      : result;
    }
    json_object_set_new(row, "path", json_string(path));
    *ret_evidence = row;
    return 0;
}
