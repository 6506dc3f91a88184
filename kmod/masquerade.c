// SPDX-License-Identifier: GPL-2.0
/*
 * Masquerading: the source an endpoint sees is an address of this node where the
 * answer would not come back otherwise, and a port that makes the endpoint's
 * direction unique.
 */
#include "masquerade.h"

#include <linux/random.h>
#include <net/route.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "host_ports.h"
#include "ipsvc.h"
#include "service.h"

/* Ports tried in the first window of a search; each window is half the last. */
#define WINDOW_FIRST	64
#define WINDOW_LAST	8

/* A server that trusts ports below 1024 goes on seeing one: nf_nat's range. */
#define PRIVILEGED_END	1024
#define PRIVILEGED_MIN	600
#define PRIVILEGED_MAX	1023

static bool wanted(const struct ipsvc_ctx *ctx, const struct ipsvc_frontend *fe,
		   const struct ipsvc_endpoint *ep)
{
	__be32 client = ctx->pkt.tuple.saddr.ip4;

	/*
	 * A frontend's choice: Kubernetes' externalTrafficPolicy Cluster. A
	 * client outside of the cluster, where pods are not routed to. A pod
	 * that reaches itself: it would drop packets from its own address. This
	 * host: its socket chose a source for the way to the service, which
	 * need not do for the way to the endpoint.
	 */
	return fe->flags & IPSVC_FRONTEND_F_MASQUERADE ||
	       ctx->state->hook == NF_INET_LOCAL_OUT ||
	       ep->addr.ip4 == client ||
	       !ipsvc_instance_is_cluster_client(ctx->inst, client);
}

/**
 * ipsvc_masquerade_address - the source address an endpoint is to see
 * @ctx: first packet of the flow
 * @fe: what the client connected to
 * @ep: chosen endpoint
 * @addr: the address; the client's own where nothing needs to be hidden
 *
 * Context: under RCU.
 * Return: 0, or IPSVC_REASON_NO_ROUTE when there is none to the endpoint.
 */
enum ipsvc_reason ipsvc_masquerade_address(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep,
					   __be32 *addr)
{
	struct flowi4 fl4 = {
		.daddr = ep->addr.ip4,
		.flowi4_mark = ctx->skb->mark,
		.flowi4_proto = ctx->pkt.tuple.proto,
		.fl4_dport = ep->port,
	};
	struct rtable *rt;

	*addr = ctx->pkt.tuple.saddr.ip4;
	if (!wanted(ctx, fe, ep))
		return IPSVC_REASON_NONE;
	rt = ip_route_output_key(ctx->inst->net, &fl4);
	if (IS_ERR(rt))
		return IPSVC_REASON_NO_ROUTE;
	/*
	 * What stays on this host comes back to us anyway. But a server that
	 * answers from the address its route gives it answers our own sockets
	 * from the one it was asked at only if it was asked from there.
	 */
	if (ctx->state->hook == NF_INET_LOCAL_OUT ||
	    !(rt->rt_flags & RTCF_LOCAL))
		*addr = fl4.saddr;
	ip_rt_put(rt);
	return IPSVC_REASON_NONE;
}

static void set_port(struct ipsvc_flow *flow, __be16 port)
{
	struct ipsvc_half4 *orig = &flow->half[0];
	struct ipsvc_half4 *reply = &flow->half[1];
	u8 masq = 0;

	orig->h.new_sport = port;
	reply->h.dport = port;
	if (orig->new_saddr != orig->saddr || port != orig->h.sport)
		masq = IPSVC_HALF_MASQ;
	orig->h.flags = (orig->h.flags & ~IPSVC_HALF_MASQ) | masq;
	reply->h.flags = (reply->h.flags & ~IPSVC_HALF_MASQ) | masq;
}

/*
 * A flow that has the tuple gives it up, if it was never answered or the client
 * never went on, and the client is silent for some time: forged first packets
 * keep no port for longer. An endpoint's SYN-ACK is sent again and does not count.
 */
static bool may_take(const struct ipsvc_half *half)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(ipsvc_half_flow(half));

	return !(orig->flags & IPSVC_HALF_DIRECT) &&
	       ipsvc_flow_is_half_open(orig) &&
	       (s32)((u32)jiffies - READ_ONCE(orig->stamp)) >=
		       IPSVC_FLOW_PORT_HELD * HZ;
}

static int insert_port(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		       __be16 port, struct ipsvc_half **clash)
{
	set_port(flow, port);
	return ipsvc_flow_insert(inst, flow, clash);
}

/**
 * ipsvc_masquerade_insert_port - inserts a flow, with a given source port
 * @inst: the instance
 * @flow: complete but for the source port the endpoint sees
 * @port: this port; a half-open flow that has it may lose it
 * @clash: see ipsvc_flow_insert()
 *
 * Context: under RCU.
 * Return: as ipsvc_flow_insert().
 */
int ipsvc_masquerade_insert_port(struct ipsvc_instance *inst,
				 struct ipsvc_flow *flow, __be16 port,
				 struct ipsvc_half **clash)
{
	int err = insert_port(inst, flow, port, clash);

	if (err == -EADDRINUSE && may_take(*clash)) {
		ipsvc_flow_kill(ipsvc_half_flow(*clash), IPSVC_HALF_DEAD);
		err = ipsvc_flow_insert(inst, flow, clash);
	}
	return err;
}

/*
 * From the endpoint's own address and port to it: that would be taken for the
 * answer when it comes in, and connect the client with itself.
 */
static bool is_endpoints_own(const struct ipsvc_half4 *orig, __be16 port)
{
	return orig->new_saddr == orig->new_daddr && port == orig->h.new_dport;
}

static struct ipsvc_port_range range_for(const struct ipsvc_instance *inst,
					 const struct ipsvc_half *orig)
{
	u16 min = READ_ONCE(inst->masquerade_min);
	u16 max = READ_ONCE(inst->masquerade_max);

	if (ntohs(orig->sport) < PRIVILEGED_END)
		return ipsvc_port_range(inst->net, PRIVILEGED_MIN,
					PRIVILEGED_MAX);
	return ipsvc_port_range(inst->net, min, max(min, max));
}

/*
 * A window of ports, one after the other, from a random one on. Sets @take to a
 * port that a half-open flow would give up.
 */
static int insert_in_window(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow,
			    const struct ipsvc_port_range *range, u32 n,
			    __be16 *take, struct ipsvc_half **clash)
{
	const struct ipsvc_half4 *orig = &flow->half[0];
	u32 i, at = get_random_u32_below(range->n);
	__be16 port;
	int err;

	for (i = 0; i < n; i++, at++) {
		at = ipsvc_port_unreserved(inst->net, range, at);
		if (at >= range->n)
			at = ipsvc_port_unreserved(inst->net, range, 0);
		if (at >= range->n)
			break;
		port = htons(ipsvc_port_at(range, at));
		if (is_endpoints_own(orig, port) ||
		    ipsvc_host_uses_port(inst->net, orig, port))
			continue;
		err = insert_port(inst, flow, port, clash);
		if (err != -EADDRINUSE)
			return err;
		if (may_take(*clash))
			*take = port;
	}
	return -EADDRINUSE;
}

/**
 * ipsvc_masquerade_insert - inserts a flow, with a source port that is free
 * @inst: the instance
 * @flow: complete but for the source port the endpoint sees
 * @clash: see ipsvc_flow_insert()
 *
 * The client's port is kept where the client's address is; else, and when that
 * is taken, ports of the masquerade range are tried, in windows that shrink: a
 * search that finds nothing is short, and the windows are far from each other.
 * A port is taken over from a half-open flow only where none is free: its
 * endpoint may have to be asked twice. None is taken from a socket of this host,
 * nor from the ranges that the host gives out or reserves. Sockets of this host
 * always get one of the range: they may reach the endpoint directly from the port
 * they have here.
 *
 * Context: under RCU.
 * Return: 0; -EEXIST as ipsvc_flow_insert(); -EADDRINUSE when no port was found.
 */
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow, struct ipsvc_half **clash)
{
	const struct ipsvc_half4 *orig = &flow->half[0];
	struct ipsvc_port_range range;
	int err = -EADDRINUSE;
	__be16 take = 0;
	u32 window;

	if (orig->new_saddr == orig->saddr &&
	    (!(orig->h.flags & IPSVC_HALF_LOCAL_CLIENT) ||
	     orig->h.flags & IPSVC_HALF_DIRECT)) {
		err = ipsvc_masquerade_insert_port(inst, flow, orig->h.sport,
						   clash);
		if (err != -EADDRINUSE)
			return err;
	}
	range = range_for(inst, &orig->h);
	for (window = WINDOW_FIRST; window >= WINDOW_LAST; window /= 2) {
		err = insert_in_window(inst, flow, &range,
				       min(window, range.n), &take, clash);
		if (err != -EADDRINUSE)
			return err;
	}
	return take ? ipsvc_masquerade_insert_port(inst, flow, take, clash) :
		      err;
}
