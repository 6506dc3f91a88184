// SPDX-License-Identifier: GPL-2.0
/*
 * Masquerading: the source an endpoint sees is an address of this node where the
 * answer would not come back to it otherwise, and a port that makes the
 * endpoint's direction unique.
 */
#include "masquerade.h"

#include <linux/random.h>
#include <net/route.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "parse.h"
#include "service.h"

/* Softirq context: a search of the whole range risks a soft lockup. */
#define PORT_TRIES	128

static bool wanted(const struct ipsvc_packet *pkt,
		   const struct ipsvc_frontend *fe,
		   const struct ipsvc_endpoint *ep, bool local)
{
	/*
	 * A frontend's choice: Kubernetes' externalTrafficPolicy Cluster. A pod that
	 * reaches itself: it would drop packets from its own address. This
	 * host: its socket chose a source for the way to the service, which
	 * need not do for the way to the endpoint.
	 */
	return fe->flags & IPSVC_FRONTEND_F_MASQUERADE || local ||
	       ep->addr.ip4 == pkt->tuple.saddr.ip4;
}

/**
 * ipsvc_masquerade_address - the source address an endpoint is to see
 * @inst: the instance
 * @skb: first packet of the flow
 * @pkt: parsed
 * @fe: what the client connected to
 * @ep: chosen endpoint
 * @local: the client is this host
 * @addr: the address; the client's own where nothing needs to be hidden
 *
 * Context: under RCU.
 * Return: 0 or a negative errno when there is no route to the endpoint.
 */
int ipsvc_masquerade_address(const struct ipsvc_instance *inst,
			     const struct sk_buff *skb,
			     const struct ipsvc_packet *pkt,
			     const struct ipsvc_frontend *fe,
			     const struct ipsvc_endpoint *ep, bool local,
			     __be32 *addr)
{
	struct flowi4 fl4 = {
		.daddr = ep->addr.ip4,
		.flowi4_mark = skb->mark,
		.flowi4_proto = pkt->tuple.proto,
		.fl4_dport = ep->port,
	};
	struct rtable *rt;

	*addr = pkt->tuple.saddr.ip4;
	if (!wanted(pkt, fe, ep, local))
		return 0;
	rt = ip_route_output_key(inst->net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	/*
	 * What stays on this host comes back to us anyway. But a server that
	 * answers from the address its route gives it answers our own sockets
	 * from the one it was asked at only if it was asked from there.
	 */
	if (local || !(rt->rt_flags & RTCF_LOCAL))
		*addr = fl4.saddr;
	ip_rt_put(rt);
	return 0;
}

static bool reply_taken(const struct ipsvc_flows *flows,
			const struct ipsvc_flow_half *reply)
{
	struct ipsvc_tuple tuple = {
		.saddr.ip4 = reply->saddr,
		.daddr.ip4 = reply->daddr,
		.sport = reply->sport,
		.dport = reply->dport,
		.family = AF_INET,
		.proto = reply->proto,
	};

	return ipsvc_flow_find(flows, &tuple, ipsvc_flow_hash(flows, &tuple));
}

static void set_port(struct ipsvc_flow *flow, __be16 port)
{
	flow->half[0].new_sport = port;
	flow->half[1].dport = port;
}

/*
 * From the endpoint's own address and port to it: that would be taken for the
 * answer when it comes in, and connect the client with itself.
 */
static bool is_endpoints_own(const struct ipsvc_flow_half *orig, __be16 port)
{
	return orig->new_saddr == orig->new_daddr && port == orig->new_dport;
}

static void mark_masqueraded(struct ipsvc_flow *flow)
{
	flow->half[0].flags |= IPSVC_HALF_MASQ;
	flow->half[1].flags |= IPSVC_HALF_MASQ;
}

/**
 * ipsvc_masquerade_insert - inserts a flow, with a source port that is free
 * @inst: the instance
 * @flow: complete but for the source port the endpoint sees
 * @clash: see ipsvc_flow_insert()
 *
 * The client's port is kept where the client's address is; else, and when that
 * is taken (the same client reaches the same endpoint through another
 * frontend), a random one of the masquerade range is tried, a bounded number of
 * times. This host's own sockets always get one of the range: they may reach the
 * endpoint directly from the port they have here, which no table of ours shows.
 *
 * Context: under RCU.
 * Return: 0; -EEXIST as ipsvc_flow_insert(); -EADDRINUSE when no port was found.
 */
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow,
			    struct ipsvc_flow_half **clash)
{
	u16 min = READ_ONCE(inst->masquerade_min);
	u16 max = READ_ONCE(inst->masquerade_max);
	u32 range = max >= min ? max - min + 1 : 1;
	u32 offset, i;
	__be16 port;
	int err;

	if (flow->half[0].new_saddr == flow->half[0].saddr &&
	    !(flow->half[0].flags & IPSVC_HALF_LOCAL)) {
		set_port(flow, flow->half[0].sport);
		err = ipsvc_flow_insert(inst, flow, clash);
		if (err != -EADDRINUSE)
			return err;
	}
	mark_masqueraded(flow);
	offset = get_random_u32_below(range);
	for (i = 0; i < min_t(u32, range, PORT_TRIES); i++) {
		port = htons(min + (offset + i) % range);
		if (is_endpoints_own(&flow->half[0], port))
			continue;
		set_port(flow, port);
		if (reply_taken(&inst->flows, &flow->half[1]))
			continue;
		err = ipsvc_flow_insert(inst, flow, clash);
		if (err != -EADDRINUSE)
			return err;
	}
	return -EADDRINUSE;
}
