/* address.h - how many connections each client address holds. */
#ifndef TD_HTTP_ADDRESS_H
#define TD_HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#define TD_ADDRESS_GROUP_TEXT 46

/* IPv4 whole (as mapped IPv6); of IPv6 the first 64 bits: one household, one key. */
struct td_address_key {
    unsigned char bytes[16];
};

struct td_address_count;

struct td_address_table {
    struct td_address_count *buckets[256];
};

/* Key and text of a peer; "unknown" and a zero key for other families. `size` at least 46. */
void td_address_read(const struct sockaddr *peer, struct td_address_key *ret_key, char *text, size_t size);

/* The same of a numeric IPv4 or IPv6 address as text; false, and nothing written, for anything else. */
bool td_address_parse(const char *numeric, struct td_address_key *ret_key, char *text, size_t size);

/* Who is meant by an address when requests are counted: an IPv4 address whole, the first 64 bits of an IPv6
 * address ("2001:db8:1:2::"), any other text as it is. */
void td_address_group(const char *text, char group[TD_ADDRESS_GROUP_TEXT]);

/* Counts one more, unless `most` are counted already or memory is short: false. */
bool td_address_enter(struct td_address_table *table, const struct td_address_key *key, size_t most);
void td_address_leave(struct td_address_table *table, const struct td_address_key *key);

#endif
