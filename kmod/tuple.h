/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and tuples: the vocabulary of parsing, lookups and NAT. */
#ifndef IPSVC_TUPLE_H
#define IPSVC_TUPLE_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>

/**
 * union ipsvc_addr - an address of either family
 * @ip6: IPv6, or an IPv4 address mapped to ::ffff:a.b.c.d
 * @all: its words
 * @mapped: what an IPv4 address begins with
 * @ip4: the IPv4 address
 */
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

/**
 * struct ipsvc_tuple - one direction of a conversation, as in the packet
 * @saddr: source address
 * @daddr: destination address
 * @sport: source port
 * @dport: destination port
 * @family: AF_INET (AF_INET6 has its place here and in @saddr, @daddr)
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 */
struct ipsvc_tuple {
	union ipsvc_addr saddr;
	union ipsvc_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 family;
	u8 proto;
};

/* Of IPv4; the rest of the addresses is not looked at. */
static inline bool ipsvc_tuple_equal(const struct ipsvc_tuple *a,
				     const struct ipsvc_tuple *b)
{
	return a->saddr.ip4 == b->saddr.ip4 && a->daddr.ip4 == b->daddr.ip4 &&
	       a->sport == b->sport && a->dport == b->dport &&
	       a->proto == b->proto;
}

#endif /* IPSVC_TUPLE_H */
