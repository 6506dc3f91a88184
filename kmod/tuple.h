/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and tuples. */
#ifndef IPSVC_TUPLE_H
#define IPSVC_TUPLE_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>

/* An IPv4 address is mapped to ::ffff:a.b.c.d. */
union ipsvc_addr {
	struct in6_addr ip6;
	__be32 all[4];
	struct {
		__be32 mapped[3];
		__be32 ip4;
	};
};

static inline union ipsvc_addr ipsvc_addr_v4(__be32 ip4)
{
	return (union ipsvc_addr) { .all = { 0, 0, htonl(0xffff), ip4 } };
}

/* One direction of a flow, as in the packet. */
struct ipsvc_tuple {
	union ipsvc_addr saddr;
	union ipsvc_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 family;
	u8 proto;
};

/* IPv4 only. */
static inline bool ipsvc_tuple_equal(const struct ipsvc_tuple *a,
				     const struct ipsvc_tuple *b)
{
	return a->saddr.ip4 == b->saddr.ip4 && a->daddr.ip4 == b->daddr.ip4 &&
	       a->sport == b->sport && a->dport == b->dport &&
	       a->proto == b->proto;
}

#endif /* IPSVC_TUPLE_H */
