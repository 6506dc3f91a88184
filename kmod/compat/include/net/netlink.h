/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_COMPAT_NET_NETLINK_H
#define IPSVC_COMPAT_NET_NETLINK_H

#include_next <net/netlink.h>

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
/* An unsigned number in four bytes, or eight if it needs them. */
static inline int nla_put_uint(struct sk_buff *skb, int attrtype, u64 value)
{
	if (value == (u32)value)
		return nla_put_u32(skb, attrtype, (u32)value);
	return nla_put(skb, attrtype, sizeof(value), &value);
}
#endif

#endif /* IPSVC_COMPAT_NET_NETLINK_H */
