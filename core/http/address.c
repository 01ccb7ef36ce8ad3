/* address.c - see address.h. A chained table; an address is in it only while it holds connections.
 */
#include "http/address.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct td_address_count {
    struct td_address_count *next;
    struct td_address_key key;
    size_t count;
};

void td_address_read(const struct sockaddr *peer, struct td_address_key *ret_key, char *text,
                     size_t size)
{
    memset(ret_key, 0, sizeof(*ret_key));
    snprintf(text, size, "unknown");
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const struct sockaddr_in *)peer;
        ret_key->bytes[10] = ret_key->bytes[11] = 0xff;
        memcpy(ret_key->bytes + 12, &four->sin_addr, 4);
        inet_ntop(AF_INET, &four->sin_addr, text, (socklen_t)size);
    } else if (peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
        memcpy(ret_key->bytes, &six->sin6_addr, mapped ? 16 : 8);
        if (mapped)
            inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text, (socklen_t)size);
        else
            inet_ntop(AF_INET6, &six->sin6_addr, text, (socklen_t)size);
    }
}

bool td_address_parse(const char *numeric, struct td_address_key *ret_key, char *text, size_t size)
{
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    bool is_four = inet_pton(AF_INET, numeric, &four.sin_addr) == 1;
    if (!is_four && inet_pton(AF_INET6, numeric, &six.sin6_addr) != 1)
        return false;
    td_address_read(is_four ? (struct sockaddr *)&four : (struct sockaddr *)&six, ret_key, text,
                    size);
    return true;
}

void td_address_group(const char *text, char group[TD_ADDRESS_GROUP_TEXT])
{
    struct td_address_key key;
    if (!td_address_parse(text, &key, group, TD_ADDRESS_GROUP_TEXT))
        snprintf(group, TD_ADDRESS_GROUP_TEXT, "%s", text);
    else if (strchr(group, ':'))
        inet_ntop(AF_INET6, key.bytes, group, TD_ADDRESS_GROUP_TEXT);
}

static struct td_address_count **find(struct td_address_table *table,
                                      const struct td_address_key *key)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < sizeof(key->bytes); i++)
        hash = (hash ^ key->bytes[i]) * 16777619u;
    struct td_address_count **place = &table->buckets[(hash ^ hash >> 16) & 255];
    while (*place && memcmp((*place)->key.bytes, key->bytes, sizeof(key->bytes)) != 0)
        place = &(*place)->next;
    return place;
}

bool td_address_enter(struct td_address_table *table, const struct td_address_key *key, size_t most)
{
    struct td_address_count **place = find(table, key);
    if (!*place) {
        *place = calloc(1, sizeof(**place));
        if (!*place)
            return false;
        (*place)->key = *key;
    }
    if ((*place)->count >= most)
        return false;
    (*place)->count++;
    return true;
}

void td_address_leave(struct td_address_table *table, const struct td_address_key *key)
{
    struct td_address_count **place = find(table, key);
    assert(*place && (*place)->count > 0);
    if (--(*place)->count == 0) {
        struct td_address_count *empty = *place;
        *place = empty->next;
        free(empty);
    }
}
