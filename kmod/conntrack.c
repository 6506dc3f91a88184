// SPDX-License-Identifier: GPL-2.0
/*
 * Source NAT of others on packets of flows: a masquerade rule of a CNI or of
 * docker that applies to a client's packets on their way to the endpoint. It
 * changes the source between our two hooks, and back before our second one.
 */
#include "conntrack.h"

#include "flow.h"

/**
 * ipsvc_ct_find - the half of a packet whose source a NAT rule has changed
 * @ctx: the packet in the second hook
 *
 * Context: under RCU.
 * Return: the half, or NULL where there is no such rule or no flow.
 */
struct ipsvc_half *ipsvc_ct_find(struct ipsvc_ctx *ctx)
{
	const struct ipsvc_flows *flows = &ctx->inst->flows;
	const struct nf_conntrack_tuple *orig;
	struct ipsvc_tuple tuple;
	enum ip_conntrack_info ctinfo;
	const struct nf_conn *ct = nf_ct_get(ctx->skb, &ctinfo);
	struct ipsvc_half *half;

	if (likely(!ct || !(ct->status & IPS_SRC_NAT)))
		return NULL;
	tuple = ctx->pkt.tuple;
	/* The client's address is back, and the answer arrived before that. */
	if (CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY) {
		half = ipsvc_flow_find(flows, &tuple,
				       ipsvc_flow_hash(flows, &tuple));
		return half && ipsvc_half_is_reply(half) ? half : NULL;
	}
	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	tuple.saddr.ip4 = orig->src.u3.ip;
	tuple.sport = orig->src.u.all;
	return ipsvc_flow_find_routed(flows, &tuple, ctx->skb->hash);
}

/**
 * ipsvc_ct_clashes - whether a NAT rule chose a tuple that another flow has
 * @ctx: the first packet of a flow in the second hook; a rule changed its source
 * @half: of its flow
 *
 * Context: under RCU.
 * Return: true when the answers would go to the other flow.
 */
bool ipsvc_ct_clashes(const struct ipsvc_ctx *ctx,
		      const struct ipsvc_half *half)
{
	const struct ipsvc_flows *flows = &ctx->inst->flows;
	const struct ipsvc_half *other;
	const struct ipsvc_tuple answer = {
		.saddr.ip4 = ctx->pkt.tuple.daddr.ip4,
		.daddr.ip4 = ctx->pkt.tuple.saddr.ip4,
		.sport = ctx->pkt.tuple.dport,
		.dport = ctx->pkt.tuple.sport,
		.family = AF_INET,
		.proto = ctx->pkt.tuple.proto,
	};

	other = ipsvc_flow_find(flows, &answer, ipsvc_flow_hash(flows, &answer));
	return other && other != ipsvc_half_other(half);
}
