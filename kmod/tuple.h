/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses and tuples. */
#ifndef IPSVC_TUPLE_H
#define IPSVC_TUPLE_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/types.h>
#include <net/ipv6.h>

/*
 * An IPv4 address is mapped to ::ffff:a.b.c.d, except in struct ipsvc_tuple, where
 * only @ip4 is set.
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

/* The wildcard address, which node ports have. */
static inline union ipsvc_addr ipsvc_addr_any(u8 family)
{
	return family == AF_INET ? ipsvc_addr_v4(0) : (union ipsvc_addr) {};
}

/* With a constant family: in IPv4 the rest of an address is the same in all. */
static __always_inline bool ipsvc_addr_equal(const union ipsvc_addr *a,
					     const union ipsvc_addr *b,
					     const u8 family)
{
	return family == AF_INET ? a->ip4 == b->ip4 :
				   ipv6_addr_equal(&a->ip6, &b->ip6);
}

/*
 * A whole address and a port, as the format %pISpc prints them. @to has room for
 * IPv6, and all of it is written: it may be memory that user space gets to see.
 */
static inline void ipsvc_sockaddr(void *to, union ipsvc_addr addr, __be16 port)
{
	memset(to, 0, sizeof(struct sockaddr_in6));
	if (ipv6_addr_v4mapped(&addr.ip6))
		*(struct sockaddr_in *)to = (struct sockaddr_in) {
			.sin_family = AF_INET,
			.sin_addr.s_addr = addr.ip4,
			.sin_port = port,
		};
	else
		*(struct sockaddr_in6 *)to = (struct sockaddr_in6) {
			.sin6_family = AF_INET6,
			.sin6_addr = addr.ip6,
			.sin6_port = port,
		};
}

/**
 * struct ipsvc_tuple - one direction of a flow, as in the packet
 * @saddr: source; of an IPv4 packet only @ip4 is there
 * @daddr: destination, likewise
 * @sport: source port
 * @dport: destination port
 * @family: AF_INET or AF_INET6
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP; in what is no flow's, any
 *
 * Up to the ports it is hashed as memory.
 */
struct ipsvc_tuple {
	union ipsvc_addr saddr;
	union ipsvc_addr daddr;
	__be16 sport;
	__be16 dport;
	u8 family;
	u8 proto;
};

/* The whole of an address of a tuple. */
static inline union ipsvc_addr ipsvc_addr_whole(const union ipsvc_addr *addr,
						u8 family)
{
	return family == AF_INET ? ipsvc_addr_v4(addr->ip4) : *addr;
}

static inline union ipsvc_addr ipsvc_tuple_saddr(const struct ipsvc_tuple *tuple)
{
	return ipsvc_addr_whole(&tuple->saddr, tuple->family);
}

static inline union ipsvc_addr ipsvc_tuple_daddr(const struct ipsvc_tuple *tuple)
{
	return ipsvc_addr_whole(&tuple->daddr, tuple->family);
}

/* The tuple of what comes back. */
static inline struct ipsvc_tuple
ipsvc_tuple_turned(const struct ipsvc_tuple *tuple)
{
	return (struct ipsvc_tuple) {
		.saddr = tuple->daddr,
		.daddr = tuple->saddr,
		.sport = tuple->dport,
		.dport = tuple->sport,
		.family = tuple->family,
		.proto = tuple->proto,
	};
}

/* Protocols that begin with two ports, and that Services have. */
static inline bool ipsvc_proto_has_flows(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	       proto == IPPROTO_SCTP;
}

#endif /* IPSVC_TUPLE_H */
