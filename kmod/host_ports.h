/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_HOST_PORTS_H
#define IPSVC_HOST_PORTS_H

#include <linux/types.h>

struct ipsvc_half;
struct net;

/* Ports without those of ip_local_port_range. */
struct ipsvc_port_range {
	u32 min; /* host order */
	u32 hole; /* number of ports before those left out */
	u32 skip; /* number of ports left out */
	u32 n; /* number of ports in the range */
};

/* The @i-th port, host order. */
static inline u16 ipsvc_port_at(const struct ipsvc_port_range *range, u32 i)
{
	return range->min + i + (i >= range->hole ? range->skip : 0);
}

/*
 * The range from @min to @max (host order). Has one port at least: the whole
 * range where ip_local_port_range leaves nothing of it.
 */
struct ipsvc_port_range ipsvc_port_range(struct net *net, u16 min, u16 max);
/* Index of the next port from @i on that is not reserved, or @range->n. */
u32 ipsvc_port_unreserved(struct net *net, const struct ipsvc_port_range *range,
			  u32 i);
/*
 * Under RCU. Whether packets of the flow with the source port @port would have
 * the tuple of a TCP socket of this host or of a connection that conntrack
 * knows, or the port of a UDP socket, of a TCP socket without a peer, or of a
 * socket that is bound to a link.
 */
bool ipsvc_host_uses_port(struct net *net, const struct ipsvc_half *orig,
			  __be16 port);

#endif /* IPSVC_HOST_PORTS_H */
