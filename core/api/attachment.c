/* attachment.c - see attachment.h. */
#include "api/attachment.h"

#include "review/row.h"

int td_attachment_of(const struct td_call *call, struct td_evidence_upload *ret_upload,
                     struct td_error *reterr)
{
    if (!call->upload || !call->upload->size)
        return td_error_field(reterr, "file", "required", "choose a file");
    *ret_upload = (struct td_evidence_upload){.path = call->upload->path,
                                              .name = call->upload->name,
                                              .hash = call->upload->hash,
                                              .sent_hash = call->upload->sent_hash,
                                              .size = call->upload->size};
    return 0;
}

int td_attachment_examine(struct td_call *call, const char *type)
{
    call->job = td_arena_json(call->arena, json_string(type));
    return call->job ? 0 : TD_ENOMEM;
}

int td_attachment_reply(struct td_call *call, struct td_reply *reply, const json_t *row)
{
    reply->file = td_arena_strdup(call->arena, td_row_text(row, "path"));
    reply->tag = td_arena_strdup(call->arena, td_row_text(row, "hash"));
    reply->type = td_arena_strdup(call->arena, td_row_text(row, "type"));
    reply->filename = td_arena_strdup(call->arena, td_row_text(row, "name"));
    return reply->file && reply->tag && reply->type && reply->filename ? 0 : TD_ENOMEM;
}
