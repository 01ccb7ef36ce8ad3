/* complaint_file.c - files of a case. Owns `complaint_file`. Declared in complaint.h. */
#include "review/complaint.h"

#include "review/complaint_rows.h"
#include "review/evidence.h"
#include "review/row.h"
#include "store/files.h"
#include "store/store.h"

int td_complaint_check_file(struct td_review *review, const char *id,
                            const struct td_evidence_upload *upload, const char **ret_type,
                            struct td_error *reterr)
{
    json_t *row = NULL;
    int result = td_complaint_load(review, id, &row, reterr);
    if (!result && !td_row_bool(row, "mine"))
        result = td_error_key(reterr, TD_EFORBIDDEN, "complaint_not_yours", NULL);
    else if (!result && !td_row_bool(json_object_get(row, "can"), "attach"))
        result = td_error_key(
            reterr, TD_ECONFLICT, "complaint_state_wrong",
            json_pack("{s:s}", "complaint_state", td_row_text(row, "complaint_state")));
    if (!result && json_array_size(json_object_get(row, "files")) >= TD_EVIDENCE_PER_ITEM)
        result = td_error_key(reterr, TD_ECONFLICT, "evidence_enough",
                              json_pack("{s:i, s:i}", "per_item", TD_EVIDENCE_PER_ITEM,
                                        "per_dossier", TD_EVIDENCE_PER_ITEM));
    json_decref(row);
    return result ? result : td_evidence_sniff(upload, ret_type, reterr);
}

int td_complaint_attach(struct td_review *review, const char *id,
                        const struct td_evidence_upload *upload, char ret_id[TD_ID_TEXT],
                        struct td_error *reterr)
{
    const char *type = NULL;
    int result = td_complaint_check_file(review, id, upload, &type, reterr);
    td_id_new(ret_id);
    if (!result)
        result = td_evidence_note(review, upload, type);
    if (!result)
        result = td_tx_exec(review->tx, NULL,
                            "insert into complaint_file (id, complaint_id, hash, name, account_id, "
                            "uploaded_at) values ($1, $2, $3, $4, $5, $6)",
                            "ssssss", ret_id, id, upload->hash, upload->name, review->who->id,
                            review->now);
    if (!result)
        result = td_complaint_step(review, id, "attach", upload->name);
    return result ? result
                  : td_files_adopt(td_tx_store(review->tx), upload->path, upload->hash, reterr);
}

int td_complaint_open_file(struct td_review *review, const char *id, const char *file_id,
                           json_t **ret_file, struct td_error *reterr)
{
    json_t *seen = NULL, *row = NULL;
    char path[4096];
    int result = td_complaint_load(review, id, &seen, reterr);
    json_decref(seen);
    if (!result)
        result = td_tx_row(review->tx, &row,
                           "select c.name, c.hash, f.type from complaint_file c join evidence_file "
                           "f on f.hash = c.hash where c.id = $1 and c.complaint_id = $2",
                           "ss", file_id, id);
    if (result == TD_ENOTFOUND)
        return td_error_key(reterr, TD_ENOTFOUND, "evidence_unknown", NULL);
    if (!result)
        result =
            td_files_path(td_tx_store(review->tx), td_row_text(row, "hash"), path, sizeof(path));
    if (result) {
        json_decref(row);
        return result;
    }
    json_object_set_new(row, "path", json_string(path));
    *ret_file = row;
    return 0;
}
