/* reply.h - checked access to replies, for the files of redis/ only. A reply of another shape than
 * expected reads as "nothing": NULL, 0 or an empty array, never a crash. */
#ifndef TD_REDIS_REPLY_H
#define TD_REDIS_REPLY_H

#include <hiredis/hiredis.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Elements of an array reply; 0 for everything else. */
static inline size_t td_reply_count(const struct redisReply *reply)
{
    return reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

/* Element `index` of an array reply; NULL when there is none. */
static inline const struct redisReply *td_reply_at(const struct redisReply *reply, size_t index)
{
    return index < td_reply_count(reply) ? reply->element[index] : NULL;
}

/* The text of a string or status reply; NULL for everything else (also nil). */
static inline const char *td_reply_text(const struct redisReply *reply)
{
    if (!reply || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS))
        return NULL;
    return reply->str;
}

/* An integer reply, or a string reply that holds digits; 0 for everything else. */
static inline int64_t td_reply_int(const struct redisReply *reply)
{
    if (reply && reply->type == REDIS_REPLY_INTEGER)
        return reply->integer;
    const char *text = td_reply_text(reply);
    return text ? strtoll(text, NULL, 10) : 0;
}

#endif
