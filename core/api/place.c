/* place.c - see place.h. */
#include "api/place.h"

int td_place_at(struct td_call *call, struct td_reply *reply, const char *folder, const char *id)
{
    reply->location = td_arena_printf(call->arena, "/%s/%s", folder, id);
    if (!reply->value)
        reply->value = json_pack("{s:s}", "id", id);
    return reply->location && reply->value ? 0 : TD_ENOMEM;
}

int td_place_created(struct td_call *call, struct td_reply *reply, const char *folder,
                     const char *id)
{
    reply->status = 201;
    return td_place_at(call, reply, folder, id);
}
