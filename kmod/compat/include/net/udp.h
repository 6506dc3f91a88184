/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_NET_UDP_H
#define IPSVC_COMPAT_NET_UDP_H

#include_next <net/udp.h>

#include <linux/version.h>

/* The sockets of a namespace by port; those of other namespaces may be there. */
static inline struct udp_table *ipsvc_udp_table(const struct net *net)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	return &udp_table;
#else
	return net->ipv4.udp_table;
#endif
}

#endif /* IPSVC_COMPAT_NET_UDP_H */
