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
		half = ipsvc_flow_find_tuple(flows, &tuple);
		return half && ipsvc_half_is_reply(half) ? half : NULL;
	}
	orig = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	if (tuple.family == AF_INET)
		tuple.saddr.ip4 = orig->src.u3.ip;
	else
		tuple.saddr.ip6 = orig->src.u3.in6;
	tuple.sport = orig->src.u.all;
	return ipsvc_flow_find_routed(flows, &tuple, ctx->skb->hash,
				      tuple.family);
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
	const struct ipsvc_tuple answer = ipsvc_tuple_turned(&ctx->pkt.tuple);

	other = ipsvc_flow_find_tuple(flows, &answer);
	return other && other != ipsvc_half_other(half);
}

#if IS_ENABLED(CONFIG_NF_CONNTRACK)
/* The entry of a connection outlives it. */
static bool is_over(const struct nf_conn *ct)
{
	u8 state;

	if (nf_ct_protonum(ct) == IPPROTO_SCTP) {
		state = READ_ONCE(ct->proto.sctp.state);
		return state == SCTP_CONNTRACK_CLOSED ||
		       state == SCTP_CONNTRACK_SHUTDOWN_ACK_SENT;
	}
	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return false;
	state = READ_ONCE(ct->proto.tcp.state);
	return state == TCP_CONNTRACK_TIME_WAIT || state == TCP_CONNTRACK_CLOSE;
}

static void set_addr(union nf_inet_addr *to, const union ipsvc_addr *addr,
		     u8 family)
{
	if (family == AF_INET)
		to->ip = addr->ip4;
	else
		to->in6 = addr->ip6;
}

/**
 * ipsvc_ct_has_port - whether conntrack has a connection with a flow's tuple
 * @net: network namespace
 * @orig: half from the client, of a flow that is not in the table yet
 * @source: the source address the endpoint is to see
 * @endpoint: its address
 * @port: the source port it is to see
 *
 * Looks in the default zone: only rules of others put connections into another.
 *
 * Context: under RCU. In the search for a port only.
 * Return: true when the endpoint's answers would be those of the connection.
 */
bool ipsvc_ct_has_port(struct net *net, const struct ipsvc_half *orig,
		       const union ipsvc_addr *source,
		       const union ipsvc_addr *endpoint, __be16 port)
{
	struct nf_conntrack_tuple_hash *found;
	struct nf_conntrack_tuple answer;
	struct nf_conn *ct;
	bool is;

	if (!nf_conntrack_count(net))
		return false;
	/* Hashed and compared as memory. */
	memset(&answer, 0, sizeof(answer));
	answer.src.l3num = orig->family;
	set_addr(&answer.src.u3, endpoint, orig->family);
	answer.src.u.all = orig->new_dport;
	set_addr(&answer.dst.u3, source, orig->family);
	answer.dst.u.all = port;
	answer.dst.protonum = orig->proto;
	found = nf_conntrack_find_get(net, &nf_ct_zone_dflt, &answer);
	if (!found)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(found);
	is = !is_over(ct);
	nf_ct_put(ct);
	return is;
}
#else
bool ipsvc_ct_has_port(struct net *net, const struct ipsvc_half *orig,
		       const union ipsvc_addr *source,
		       const union ipsvc_addr *endpoint, __be16 port)
{
	return false;
}
#endif
