/* SPDX-License-Identifier: GPL-2.0 */
/* From packets to tuples. */
#ifndef IPSVC_PARSE_H
#define IPSVC_PARSE_H

#include <linux/skbuff.h>

#include "tuple.h"

/**
 * struct ipsvc_packet - what the data path needs to know of a packet
 * @tuple: as it is in the packet
 * @l4: offset of the transport header from the network header (skb->data)
 * @seen: IPSVC_SEEN_*: what this packet adds to what its direction has sent
 */
struct ipsvc_packet {
	struct ipsvc_tuple tuple;
	u16 l4;
	u8 seen;
};

/**
 * enum ipsvc_parsed - kinds of packets
 * @IPSVC_PARSED_OTHER: nothing for us
 * @IPSVC_PARSED_FLOW: TCP or UDP, the tuple is there
 * @IPSVC_PARSED_ICMP: ICMP, only @l4 is there
 */
enum ipsvc_parsed {
	IPSVC_PARSED_OTHER,
	IPSVC_PARSED_FLOW,
	IPSVC_PARSED_ICMP,
};

enum ipsvc_parsed ipsvc_parse(const struct sk_buff *skb,
			      struct ipsvc_packet *pkt);
bool ipsvc_parse_ports(const struct sk_buff *skb, u32 offset,
		       struct ipsvc_tuple *tuple);

#endif /* IPSVC_PARSE_H */
