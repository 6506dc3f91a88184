/* SPDX-License-Identifier: GPL-2.0 */
/* Which ports of this host masquerading may use. */
#ifndef IPSVC_HOST_PORTS_H
#define IPSVC_HOST_PORTS_H

#include <linux/types.h>

struct ipsvc_half4;
struct net;

/**
 * struct ipsvc_port_range - ports, but for those of ip_local_port_range
 * @min: the first one, host order
 * @hole: how many are before the ports that are left out
 * @skip: how many are left out
 * @n: how many there are
 */
struct ipsvc_port_range {
	u32 min;
	u32 hole;
	u32 skip;
	u32 n;
};

/* The @i-th port, host order. */
static inline u16 ipsvc_port_at(const struct ipsvc_port_range *range, u32 i)
{
	return range->min + i + (i >= range->hole ? range->skip : 0);
}

struct ipsvc_port_range ipsvc_port_range(struct net *net, u16 min, u16 max);
u32 ipsvc_port_unreserved(struct net *net, const struct ipsvc_port_range *range,
			  u32 i);
bool ipsvc_host_uses_port(struct net *net, const struct ipsvc_half4 *orig,
			  __be16 port);

#endif /* IPSVC_HOST_PORTS_H */
