/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_LINUX_NETDEVICE_H
#define IPSVC_COMPAT_LINUX_NETDEVICE_H

#include_next <linux/netdevice.h>

/* A feature flag before it was a member. */
static inline void netif_set_netns_immutable(struct net_device *dev)
{
#ifdef NETIF_F_NETNS_LOCAL
	dev->features |= NETIF_F_NETNS_LOCAL;
#else
	dev->netns_immutable = true;
#endif
}

/* Likewise. */
static inline void netif_set_lltx(struct net_device *dev)
{
#ifdef NETIF_F_LLTX
	dev->features |= NETIF_F_LLTX;
#else
	dev->lltx = true;
#endif
}

#endif /* IPSVC_COMPAT_LINUX_NETDEVICE_H */
