/* SPDX-License-Identifier: GPL-2.0 */
/* ICMP errors about packets of flows. */
#ifndef IPSVC_ICMP_H
#define IPSVC_ICMP_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

struct ipsvc_flow_half;
struct ipsvc_instance;
struct ipsvc_packet;

unsigned int ipsvc_icmp(struct ipsvc_instance *inst, struct sk_buff *skb,
			const struct ipsvc_packet *pkt,
			const struct nf_hook_state *state);
unsigned int ipsvc_icmp_leave(struct ipsvc_instance *inst, struct sk_buff *skb,
			      const struct ipsvc_packet *pkt);
void ipsvc_icmp_remember(const struct ipsvc_instance *inst,
			 const struct ipsvc_flow_half *half, u32 hash);

#endif /* IPSVC_ICMP_H */
