/* SPDX-License-Identifier: GPL-2.0 */
/* Which source address and port an endpoint sees. */
#ifndef IPSVC_MASQUERADE_H
#define IPSVC_MASQUERADE_H

#include <linux/skbuff.h>

#include "flow.h"

struct ipsvc_endpoint;
struct ipsvc_frontend;
struct ipsvc_instance;
struct ipsvc_packet;

int ipsvc_masquerade_address(const struct ipsvc_instance *inst,
			     const struct sk_buff *skb,
			     const struct ipsvc_packet *pkt,
			     const struct ipsvc_frontend *fe,
			     const struct ipsvc_endpoint *ep, bool local,
			     __be32 *addr);
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow,
			    struct ipsvc_flow_half **clash);

#endif /* IPSVC_MASQUERADE_H */
