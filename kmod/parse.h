/* SPDX-License-Identifier: GPL-2.0 */
/* From packets to tuples. */
#ifndef IPSVC_PARSE_H
#define IPSVC_PARSE_H

#include <linux/skbuff.h>

#include "tuple.h"

/* Flags of a TCP header, as in its 14th byte. */
#define IPSVC_TCP_FIN	0x01
#define IPSVC_TCP_SYN	0x02
#define IPSVC_TCP_RST	0x04
#define IPSVC_TCP_ACK	0x10
/* No flag of TCP: an ABORT of SCTP that returns a tag. */
#define IPSVC_SCTP_REFLECTED	0x40

/**
 * struct ipsvc_packet - what the data path needs to know of a packet
 * @tuple: as it is in the packet
 * @l4: offset of the transport header from the network header (skb->data)
 * @tcp_flags: IPSVC_TCP_*; what comes nearest to it in SCTP; 0 for UDP
 * @seq: TCP: sequence number of the first byte; SCTP: tag
 * @end: TCP: sequence number after the last one; SYN and FIN count as one;
 *	SCTP: the tag that an INIT or INIT ACK names
 * @ack: TCP: acknowledgment number, where IPSVC_TCP_ACK is set
 */
struct ipsvc_packet {
	struct ipsvc_tuple tuple;
	u16 l4;
	u8 tcp_flags;
	u32 seq;
	u32 end;
	u32 ack;
};

/**
 * enum ipsvc_parsed - kinds of packets
 * @IPSVC_PARSED_OTHER: nothing for us
 * @IPSVC_PARSED_FLOW: TCP, UDP or SCTP, the tuple is there
 * @IPSVC_PARSED_ICMP: ICMP or ICMPv6, only the addresses and @l4 are there
 */
enum ipsvc_parsed {
	IPSVC_PARSED_OTHER,
	IPSVC_PARSED_FLOW,
	IPSVC_PARSED_ICMP,
};

/* A SYN that begins a connection, or an INIT. */
static inline bool ipsvc_packet_is_syn(const struct ipsvc_packet *pkt)
{
	return (pkt->tcp_flags & (IPSVC_TCP_SYN | IPSVC_TCP_ACK |
				  IPSVC_TCP_RST | IPSVC_TCP_FIN)) ==
	       IPSVC_TCP_SYN;
}

enum ipsvc_parsed ipsvc_parse4(const struct sk_buff *skb,
			       struct ipsvc_packet *pkt);
enum ipsvc_parsed ipsvc_parse6(const struct sk_buff *skb,
			       struct ipsvc_packet *pkt);
bool ipsvc_parse_ports(const struct sk_buff *skb, u32 offset,
		       struct ipsvc_tuple *tuple);
bool ipsvc_parse_extensions(const struct sk_buff *skb, u32 *offset, u8 *kind,
			    __be16 fragments);
bool ipsvc_parse_is_fragment6(const struct sk_buff *skb);

/**
 * ipsvc_parse - reads the headers of a packet
 * @skb: the packet, its network header at skb->data and checked by the stack
 * @pkt: filled according to what is returned
 * @family: of the packet, best a constant
 *
 * Fragments have been put together before; what still is one is not for us.
 *
 * Return: enum ipsvc_parsed
 */
static __always_inline enum ipsvc_parsed
ipsvc_parse(const struct sk_buff *skb, struct ipsvc_packet *pkt,
	    const u8 family)
{
	return family == AF_INET ? ipsvc_parse4(skb, pkt) :
				   ipsvc_parse6(skb, pkt);
}

#endif /* IPSVC_PARSE_H */
