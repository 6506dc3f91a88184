/* SPDX-License-Identifier: GPL-2.0 */
/* Rewriting of addresses and ports. */
#ifndef IPSVC_NAT_H
#define IPSVC_NAT_H

#include <linux/skbuff.h>
#include <linux/types.h>

/**
 * enum ipsvc_nat_end - which end of a packet is rewritten
 * @IPSVC_NAT_SRC: source address and port
 * @IPSVC_NAT_DST: destination address and port
 */
enum ipsvc_nat_end {
	IPSVC_NAT_SRC,
	IPSVC_NAT_DST,
};

int ipsvc_nat(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	      __be32 addr, __be16 port);

#endif /* IPSVC_NAT_H */
