// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting of addresses and ports. The kernel's checksum helpers handle
 * CHECKSUM_PARTIAL (GSO packets as well) and CHECKSUM_COMPLETE.
 */
#include "nat.h"

#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

static void fix_l4(struct sk_buff *skb, __sum16 *check, __be32 old_addr,
		   __be32 addr, __be16 old_port, __be16 port)
{
	inet_proto_csum_replace4(check, skb, old_addr, addr, true);
	inet_proto_csum_replace2(check, skb, old_port, port, false);
}

static void rewrite_port(struct sk_buff *skb, u32 l4, u8 proto,
			 enum ipsvc_nat_end end, __be32 old_addr, __be32 addr,
			 __be16 port)
{
	/* TCP and UDP begin with the same two ports. */
	__be16 *field = (__be16 *)(skb_network_header(skb) + l4) +
			(end == IPSVC_NAT_DST);
	__be16 old_port = *field;

	if (proto == IPPROTO_TCP) {
		struct tcphdr *th = (void *)(skb_network_header(skb) + l4);

		fix_l4(skb, &th->check, old_addr, addr, old_port, port);
	} else {
		struct udphdr *uh = (void *)(skb_network_header(skb) + l4);

		/* Zero means "no checksum", unless it is yet to be computed. */
		if (uh->check || (skb->ip_summed == CHECKSUM_PARTIAL &&
				  skb_checksum_start_offset(skb) == l4)) {
			fix_l4(skb, &uh->check, old_addr, addr, old_port, port);
			if (!uh->check)
				uh->check = CSUM_MANGLED_0;
		}
	}
	*field = port;
}

int ipsvc_nat(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	      __be32 addr, __be16 port)
{
	u32 need = l4 + (proto == IPPROTO_TCP ? sizeof(struct tcphdr) :
						sizeof(struct udphdr));
	__be32 *field, old_addr;
	struct iphdr *iph;

	if (skb->len < need)
		return -EINVAL;
	if (skb_ensure_writable(skb, need))
		return -ENOMEM;
	iph = ip_hdr(skb);
	field = end == IPSVC_NAT_SRC ? &iph->saddr : &iph->daddr;
	old_addr = *field;
	rewrite_port(skb, l4, proto, end, old_addr, addr, port);
	csum_replace4(&iph->check, old_addr, addr);
	*field = addr;
	return 0;
}

#ifdef DEBUG
#include "selftest/nat.c"
#endif
