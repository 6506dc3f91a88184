// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting of addresses and ports. The kernel's checksum helpers handle
 * CHECKSUM_PARTIAL (GSO packets as well) and CHECKSUM_COMPLETE.
 */
#include "nat.h"

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/sctp.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "sctp.h"

/* Both are in the pseudo header; an address is four bytes or sixteen. */
static __always_inline void fix_l4(struct sk_buff *skb, __sum16 *check,
				   const __be32 *old_addr, const __be32 *addr,
				   __be16 old_port, __be16 port,
				   const u8 family)
{
	if (family == AF_INET)
		inet_proto_csum_replace4(check, skb, *old_addr, *addr, true);
	else
		inet_proto_csum_replace16(check, skb, old_addr, addr, true);
	inet_proto_csum_replace2(check, skb, old_port, port, false);
}

static __always_inline void
rewrite_port(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	     const __be32 *old_addr, const __be32 *addr, __be16 port,
	     const u8 family)
{
	/* All of them begin with the same two ports. */
	__be16 *field = (__be16 *)(skb_network_header(skb) + l4) +
			(end == IPSVC_NAT_DST);
	__be16 old_port = *field;

	if (proto == IPPROTO_TCP) {
		struct tcphdr *th = (void *)(skb_network_header(skb) + l4);

		fix_l4(skb, &th->check, old_addr, addr, old_port, port, family);
	} else if (unlikely(proto == IPPROTO_SCTP)) {
		ipsvc_sctp_fix_checksum(skb, l4, old_port, port,
					end == IPSVC_NAT_DST);
	} else {
		struct udphdr *uh = (void *)(skb_network_header(skb) + l4);

		/* Zero means "no checksum", unless it is yet to be computed. */
		if (uh->check || (skb->ip_summed == CHECKSUM_PARTIAL &&
				  skb_checksum_start_offset(skb) == l4)) {
			fix_l4(skb, &uh->check, old_addr, addr, old_port, port,
			       family);
			if (!uh->check)
				uh->check = CSUM_MANGLED_0;
		}
	}
	*field = port;
}

/* The address that is to be rewritten, in the packet. */
static __always_inline __be32 *addr_field(const struct sk_buff *skb,
					  enum ipsvc_nat_end end,
					  const u8 family)
{
	if (family == AF_INET)
		return end == IPSVC_NAT_SRC ? &ip_hdr(skb)->saddr :
					      &ip_hdr(skb)->daddr;
	return end == IPSVC_NAT_SRC ? ipv6_hdr(skb)->saddr.s6_addr32 :
				      ipv6_hdr(skb)->daddr.s6_addr32;
}

static __always_inline u32 header_len(u8 proto)
{
	if (proto == IPPROTO_TCP)
		return sizeof(struct tcphdr);
	return proto == IPPROTO_UDP ? sizeof(struct udphdr) :
				      sizeof(struct sctphdr);
}

static __always_inline int nat(struct sk_buff *skb, u32 l4, u8 proto,
			       enum ipsvc_nat_end end, const __be32 *addr,
			       __be16 port, const u8 family)
{
	u32 need = l4 + header_len(proto);
	__be32 *field;

	if (skb->len < need)
		return -EINVAL;
	if (skb_ensure_writable(skb, need))
		return -ENOMEM;
	field = addr_field(skb, end, family);
	rewrite_port(skb, l4, proto, end, field, addr, port, family);
	if (family == AF_INET)
		csum_replace4(&ip_hdr(skb)->check, *field, *addr);
	memcpy(field, addr, family == AF_INET ? sizeof(__be32) :
						sizeof(struct in6_addr));
	return 0;
}

/**
 * ipsvc_nat4 - rewrites source or destination of an IPv4 packet
 * @skb: the packet, its network header at skb->data; pointers into it must be
 *	read again
 * @l4: offset of the transport header
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @end: which of the two
 * @addr: the new address, as in the packet
 * @port: the new port
 *
 * Context: any.
 * Return: 0; -EINVAL when the packet is shorter than its headers, -ENOMEM: the
 * packet is unchanged.
 */
int ipsvc_nat4(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	       const void *addr, __be16 port)
{
	return nat(skb, l4, proto, end, addr, port, AF_INET);
}

/* The same of an IPv6 packet. */
int ipsvc_nat6(struct sk_buff *skb, u32 l4, u8 proto, enum ipsvc_nat_end end,
	       const void *addr, __be16 port)
{
	return nat(skb, l4, proto, end, addr, port, AF_INET6);
}

#ifdef DEBUG
#include "selftest/nat.c"
#endif
