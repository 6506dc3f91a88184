// SPDX-License-Identifier: GPL-2.0
/* From packets to tuples. Reads only; knows nothing of services or NAT. */
#include "parse.h"

#include <linux/ip.h>
#include <linux/unaligned.h>
#include <net/ip.h>

/* What is read of a TCP header: up to the flags. */
#define TCP_BYTES		14

/**
 * ipsvc_parse_ports - reads the two ports that begin TCP and UDP headers
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

/**
 * ipsvc_parse - reads the headers of an IPv4 packet
 * @skb: the packet, its network header at skb->data and checked by the stack
 * @pkt: filled according to what is returned
 *
 * Fragments have been put together before; what still is one is not for us.
 *
 * Return: enum ipsvc_parsed
 */
enum ipsvc_parsed ipsvc_parse(const struct sk_buff *skb,
			      struct ipsvc_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(skb);

	if (ip_is_fragment(iph))
		return IPSVC_PARSED_OTHER;
	pkt->l4 = iph->ihl * 4;
	pkt->tuple.saddr.ip4 = iph->saddr;
	pkt->tuple.daddr.ip4 = iph->daddr;
	pkt->tuple.family = AF_INET;
	pkt->tuple.proto = iph->protocol;

	switch (iph->protocol) {
	case IPPROTO_TCP:
		return parse_tcp(skb, pkt) ? IPSVC_PARSED_FLOW :
					     IPSVC_PARSED_OTHER;
	case IPPROTO_UDP:
		if (!ipsvc_parse_ports(skb, pkt->l4, &pkt->tuple))
			return IPSVC_PARSED_OTHER;
		pkt->tcp_flags = 0;
		return IPSVC_PARSED_FLOW;
	case IPPROTO_ICMP:
		/* For tracepoints. */
		pkt->tuple.sport = 0;
		pkt->tuple.dport = 0;
		return IPSVC_PARSED_ICMP;
	default:
		return IPSVC_PARSED_OTHER;
	}
}
