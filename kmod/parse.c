// SPDX-License-Identifier: GPL-2.0
/* From packets to tuples. Reads only; knows nothing of services or NAT. */
#include "parse.h"

#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>

#include "flow.h"

/* The byte of a TCP header that holds the flags, and what is read of it. */
#define TCP_FLAGS_OFFSET	13
#define TCP_BYTES		14
#define TCP_FIN			0x01
#define TCP_SYN			0x02
#define TCP_RST			0x04
#define TCP_ACK			0x10

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

static u8 tcp_seen(u8 flags)
{
	u8 seen = 0;

	if ((flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN)
		seen |= IPSVC_SEEN_SYN;
	else
		seen |= IPSVC_SEEN_DATA;
	if (flags & TCP_FIN)
		seen |= IPSVC_SEEN_FIN;
	if (flags & TCP_RST)
		seen |= IPSVC_SEEN_RST;
	return seen;
}

/**
 * ipsvc_parse - reads the headers of an IPv4 packet
 * @skb: the packet, its network header at skb->data and checked by the stack
 * @pkt: filled according to what is returned
 *
 * Fragments have been put together before (nf_defrag_ipv4); what still is one
 * is not for us.
 *
 * Return: enum ipsvc_parsed
 */
enum ipsvc_parsed ipsvc_parse(const struct sk_buff *skb,
			      struct ipsvc_packet *pkt)
{
	const struct iphdr *iph = ip_hdr(skb);
	u8 buf[TCP_BYTES], *tcp;

	if (ip_is_fragment(iph))
		return IPSVC_PARSED_OTHER;
	pkt->l4 = iph->ihl * 4;
	pkt->tuple.saddr.ip4 = iph->saddr;
	pkt->tuple.daddr.ip4 = iph->daddr;
	pkt->tuple.family = AF_INET;
	pkt->tuple.proto = iph->protocol;

	switch (iph->protocol) {
	case IPPROTO_TCP:
		tcp = skb_header_pointer(skb, pkt->l4, TCP_BYTES, buf);
		if (!tcp)
			return IPSVC_PARSED_OTHER;
		memcpy(&pkt->tuple.sport, tcp, sizeof(__be16));
		memcpy(&pkt->tuple.dport, tcp + 2, sizeof(__be16));
		pkt->seen = tcp_seen(tcp[TCP_FLAGS_OFFSET]);
		return IPSVC_PARSED_FLOW;
	case IPPROTO_UDP:
		if (!ipsvc_parse_ports(skb, pkt->l4, &pkt->tuple))
			return IPSVC_PARSED_OTHER;
		pkt->seen = IPSVC_SEEN_DATA;
		return IPSVC_PARSED_FLOW;
	case IPPROTO_ICMP:
		return IPSVC_PARSED_ICMP;
	default:
		return IPSVC_PARSED_OTHER;
	}
}
