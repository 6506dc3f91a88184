/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPSVC_NAT_H
#define IPSVC_NAT_H

#include <linux/skbuff.h>
#include <linux/types.h>

enum ipsvc_nat_end {
	IPSVC_NAT_SRC,
	IPSVC_NAT_DST,
};

int ipsvc_nat4(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	       const void *addr, __be16 port);
int ipsvc_nat6(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	       const void *addr, __be16 port);

#endif /* IPSVC_NAT_H */
