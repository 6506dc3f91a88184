// SPDX-License-Identifier: GPL-2.0
/*
 * Source NAT of others on packets of flows: a masquerade rule of a CNI or of
 * docker that applies to a client's packets on their way to the endpoint. It
 * changes the source between our two hooks, and back before our second one.
 * And source ports that such a rule has chosen for other connections.
 */
#include "conntrack.h"

#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

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

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
/* The entry of a TCP connection outlives it. */
static bool is_over(const struct nf_conn *ct)
{
	u8 state = READ_ONCE(ct->proto.tcp.state);

	return nf_ct_protonum(ct) == IPPROTO_TCP &&
	       (state == TCP_CONNTRACK_TIME_WAIT ||
		state == TCP_CONNTRACK_CLOSE);
}

/**
 * ipsvc_ct_has_port - whether conntrack has a connection with a flow's tuple
 * @net: network namespace
 * @orig: half from the client, of a flow that is not in the table yet
 * @port: the source port the endpoint is to see
 *
 * Context: under RCU. In the search for a port only.
 * Return: true when the endpoint's answers would be those of the connection.
 */
bool ipsvc_ct_has_port(struct net *net, const struct ipsvc_half4 *orig,
		       __be16 port)
{
	struct nf_conntrack_tuple_hash *found;
	struct nf_conntrack_tuple answer;
	struct nf_conn *ct;
	bool is;

	if (!nf_conntrack_count(net))
		return false;
	/* Hashed and compared as memory. */
	memset(&answer, 0, sizeof(answer));
	answer.src.l3num = orig->h.family;
	answer.src.u3.ip = orig->new_daddr;
	answer.src.u.all = orig->h.new_dport;
	answer.dst.u3.ip = orig->new_saddr;
	answer.dst.u.all = port;
	answer.dst.protonum = orig->h.proto;
	found = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &answer);
	if (!found)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(found);
	is = !is_over(ct);
	nf_ct_put(ct);
	return is;
}
#else
bool ipsvc_ct_has_port(struct net *net, const struct ipsvc_half4 *orig,
		       __be16 port)
{
	return false;
}
#endif
