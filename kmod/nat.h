/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_NAT_H
#define IPSVC_NAT_H

#include <linux/skbuff.h>
#include <linux/types.h>

enum ipsvc_nat_end {
	IPSVC_NAT_SRC,
	IPSVC_NAT_DST,
};

/*
 * Any context. Rewrites source or destination of an IPv4 packet, whose network
 * header is at skb->data, and its checksums; @l4: offset of the transport
 * header. Pointers into the packet must be read again. Returns 0; -EINVAL when
 * the packet is shorter than its headers, -ENOMEM: the packet is unchanged.
 */
int ipsvc_nat(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	      __be32 addr, __be16 port);

#endif /* IPSVC_NAT_H */
