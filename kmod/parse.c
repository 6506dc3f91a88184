// SPDX-License-Identifier: GPL-2.0
/* From packets to tuples. Reads only; knows nothing of services or NAT. */
#include "parse.h"

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/unaligned.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "sctp.h"

/* What is read of a TCP header: up to the flags. */
#define TCP_BYTES		14
/*
 * Extension headers of a packet that is for us. A sender has no reason for more
 * than one of each kind, but for two of destination options.
 */
#define EXTENSIONS_MAX		8
/* A packet that is whole may have a fragment header, too. */
#define FRAGMENT		htons(IP6_OFFSET | IP6_MF)

/**
 * ipsvc_parse_ports - reads the two ports that transport headers begin with
 * @skb: the packet
 * @offset: of the header, from skb->data
 * @tuple: its ports are set
 *
 * Return: false when the packet ends before.
 */
bool ipsvc_parse_ports(const struct sk_buff *skb, u32 offset,
		       struct ipsvc_tuple *tuple)
{
	__be16 buf[2], *ports;

	ports = skb_header_pointer(skb, offset, sizeof(buf), buf);
	if (!ports)
		return false;
	tuple->sport = ports[0];
	tuple->dport = ports[1];
	return true;
}

static bool parse_tcp(const struct sk_buff *skb, struct ipsvc_packet *pkt)
{
	u8 buf[TCP_BYTES], *tcp;

	tcp = skb_header_pointer(skb, pkt->l4, TCP_BYTES, buf);
	if (!tcp)
		return false;
	memcpy(&pkt->tuple.sport, tcp, sizeof(__be16));
	memcpy(&pkt->tuple.dport, tcp + 2, sizeof(__be16));
	pkt->seq = get_unaligned_be32(tcp + 4);
	pkt->ack = get_unaligned_be32(tcp + 8);
	pkt->tcp_flags = tcp[13];
	pkt->end = pkt->seq + skb->len - pkt->l4 - (tcp[12] >> 4) * 4 +
		   !!(pkt->tcp_flags & IPSVC_TCP_SYN) +
		   (pkt->tcp_flags & IPSVC_TCP_FIN);
	return true;
}

/* The transport header, whose offset and protocol @pkt has. */
static __always_inline enum ipsvc_parsed
parse_l4(const struct sk_buff *skb, struct ipsvc_packet *pkt, const u8 icmp)
{
	if (pkt->tuple.proto == IPPROTO_TCP)
		return parse_tcp(skb, pkt) ? IPSVC_PARSED_FLOW :
					     IPSVC_PARSED_OTHER;
	if (pkt->tuple.proto == IPPROTO_UDP) {
		if (!ipsvc_parse_ports(skb, pkt->l4, &pkt->tuple))
			return IPSVC_PARSED_OTHER;
		pkt->tcp_flags = 0;
		return IPSVC_PARSED_FLOW;
	}
	if (pkt->tuple.proto == IPPROTO_SCTP)
		return ipsvc_sctp_parse(skb, pkt) ? IPSVC_PARSED_FLOW :
						    IPSVC_PARSED_OTHER;
	/* For tracepoints. */
	pkt->tuple.sport = 0;
	pkt->tuple.dport = 0;
	return pkt->tuple.proto == icmp ? IPSVC_PARSED_ICMP :
					  IPSVC_PARSED_OTHER;
}

enum ipsvc_parsed ipsvc_parse4(const struct sk_buff *skb,
			       struct ipsvc_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(skb);

	pkt->l4 = iph->ihl * 4;
	pkt->tuple.saddr.ip4 = iph->saddr;
	pkt->tuple.daddr.ip4 = iph->daddr;
	pkt->tuple.family = AF_INET;
	pkt->tuple.proto = iph->protocol;
	if (ip_is_fragment(iph))
		return IPSVC_PARSED_OTHER;
	return parse_l4(skb, pkt, IPPROTO_ICMP);
}

static bool is_extension(u8 kind)
{
	return kind == NEXTHDR_HOP || kind == NEXTHDR_ROUTING ||
	       kind == NEXTHDR_DEST || kind == NEXTHDR_FRAGMENT;
}

/**
 * struct extension - an extension header
 * @kind: NEXTHDR_*
 * @buf: for those that are in pages
 * @at: its first 8 bytes
 */
struct extension {
	u8 kind;
	u8 buf[sizeof(struct frag_hdr)];
	const void *at;
};

/* Reads a header and moves on behind it. False: the packet ends before. */
static bool next_extension(const struct sk_buff *skb, u32 *offset, u8 *kind,
			   struct extension *ext)
{
	const struct ipv6_opt_hdr *header;

	header = skb_header_pointer(skb, *offset, sizeof(ext->buf), ext->buf);
	if (!header)
		return false;
	ext->kind = *kind;
	ext->at = header;
	/* A fragment header does not tell its length. */
	*offset += *kind == NEXTHDR_FRAGMENT ? sizeof(struct frag_hdr) :
					       ipv6_optlen(header);
	*kind = header->nexthdr;
	return true;
}

/* Bits of the fragment header, if it is one. */
static bool has_fragment_bits(const struct extension *ext, __be16 bits)
{
	const struct frag_hdr *fh = ext->at;

	return ext->kind == NEXTHDR_FRAGMENT && fh->frag_off & bits;
}

/* The destination of the packet is a stop on its way. */
static bool is_under_way(const struct extension *ext)
{
	const struct ipv6_rt_hdr *rh = ext->at;

	return ext->kind == NEXTHDR_ROUTING && rh->segments_left;
}

/**
 * ipsvc_parse_extensions - skips the extension headers of an IPv6 packet
 * @skb: the packet
 * @offset: of the header of the kind @kind, from skb->data; moved
 * @kind: NEXTHDR_* or protocol of the header at @offset, likewise
 * @fragments: bits of a fragment header that make the packet one to leave alone
 *
 * Authentication and encryption end the chain: nobody may change such a packet.
 *
 * Return: false for what is not to be translated: a fragment, a packet that has
 * not arrived, too many headers, or headers cut off.
 */
bool ipsvc_parse_extensions(const struct sk_buff *skb, u32 *offset, u8 *kind,
			    __be16 fragments)
{
	struct extension ext;
	int i;

	for (i = 0; is_extension(*kind); i++)
		if (i == EXTENSIONS_MAX ||
		    !next_extension(skb, offset, kind, &ext) ||
		    has_fragment_bits(&ext, fragments) || is_under_way(&ext))
			return false;
	return true;
}

/* Whether an IPv6 packet is one that defragmentation is to see. */
bool ipsvc_parse_is_fragment6(const struct sk_buff *skb)
{
	u8 kind = ipv6_hdr(skb)->nexthdr;
	u32 offset = sizeof(struct ipv6hdr);
	struct extension ext;
	int i;

	for (i = 0; is_extension(kind) && i < EXTENSIONS_MAX; i++) {
		if (!next_extension(skb, &offset, &kind, &ext))
			return false;
		if (has_fragment_bits(&ext, FRAGMENT))
			return true;
	}
	return false;
}

enum ipsvc_parsed ipsvc_parse6(const struct sk_buff *skb,
			       struct ipsvc_packet *pkt)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	u32 l4 = sizeof(*ip6h);

	pkt->tuple.saddr.ip6 = ip6h->saddr;
	pkt->tuple.daddr.ip6 = ip6h->daddr;
	pkt->tuple.family = AF_INET6;
	pkt->tuple.proto = ip6h->nexthdr;
	if (unlikely(is_extension(ip6h->nexthdr)) &&
	    !ipsvc_parse_extensions(skb, &l4, &pkt->tuple.proto, FRAGMENT))
		return IPSVC_PARSED_OTHER;
	/* Not valid on the wire, and in the tables it would be an IPv4 address. */
	if (unlikely(ipv6_addr_v4mapped(&ip6h->saddr) ||
		     ipv6_addr_v4mapped(&ip6h->daddr)))
		return IPSVC_PARSED_OTHER;
	pkt->l4 = l4;
	return parse_l4(skb, pkt, IPPROTO_ICMPV6);
}

#ifdef DEBUG
#include "selftest/parse.c"
#endif
