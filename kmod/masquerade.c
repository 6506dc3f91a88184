// SPDX-License-Identifier: GPL-2.0
/*
 * Masquerading: where the answer would not come back to this node otherwise,
 * the endpoint sees an address of this node and a port that makes the tuple
 * unique.
 */
#include "masquerade.h"

#include <linux/random.h>
#include <linux/ipsvc.h>

#include "config.h"
#include "endpoint.h"
#include "host_ports.h"
#include "ipsvc.h"
#include "route.h"
#include "service.h"

/* Ports tried in the first window of a search; each window halves. */
#define WINDOW_FIRST	64
#define WINDOW_LAST	8

/* Privileged ports stay privileged, in nf_nat's range. */
#define PRIVILEGED_END	1024
#define PRIVILEGED_MIN	600
#define PRIVILEGED_MAX	1023

enum ipsvc_masquerade ipsvc_masquerade_why(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;

	/* externalTrafficPolicy Cluster */
	if (fe->flags & IPSVC_FRONTEND_F_MASQUERADE)
		return IPSVC_MASQUERADE_FRONTEND;
	/*
	 * A socket of this host chose its source for the route to the service,
	 * which may not fit the route to the endpoint.
	 */
	if (ctx->state->hook == NF_INET_LOCAL_OUT)
		return IPSVC_MASQUERADE_HOST;
	/* A pod that reaches itself drops packets from its own address. */
	if (ipsvc_addr_equal(&ep->addr, &tuple->saddr, tuple->family))
		return IPSVC_MASQUERADE_HAIRPIN;
	/*
	 * A client outside the cluster has no route to pods. Where it is to keep
	 * its address, with externalTrafficPolicy Local, this node has the
	 * endpoint.
	 */
	if (fe->class == IPSVC_FRONTEND_CLUSTER_IP &&
	    ipsvc_cluster_is_known(ctx->inst, tuple->family) &&
	    !ipsvc_cluster_has_client(ctx))
		return IPSVC_MASQUERADE_OUTSIDE;
	return IPSVC_MASQUERADE_NONE;
}

enum ipsvc_reason ipsvc_masquerade_address(const struct ipsvc_ctx *ctx,
					   const struct ipsvc_frontend *fe,
					   const struct ipsvc_endpoint *ep,
					   struct ipsvc_path *path,
					   const union ipsvc_addr **source)
{
	if (!ipsvc_masquerade_why(ctx, fe, ep))
		return IPSVC_REASON_NONE;
	if (ipsvc_route_to(ctx, &ep->addr, ep->port, path))
		return IPSVC_REASON_NO_ROUTE;
	/*
	 * The answer of an endpoint on this host comes back anyway. But a UDP
	 * server that leaves its source to the route answers a local socket
	 * from the address that was asked only if it was asked from there.
	 */
	if (ctx->state->hook == NF_INET_LOCAL_OUT || !path->is_local)
		*source = &path->source;
	return IPSVC_REASON_NONE;
}

static bool keeps_source(const struct ipsvc_half *orig)
{
	return ipsvc_half_same(orig, IPSVC_SADDR, IPSVC_NEW_SADDR,
			       orig->family);
}

static void set_port(struct ipsvc_flow *flow, __be16 port)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);
	u8 masq = 0;

	orig->new_sport = port;
	reply->dport = port;
	if (!keeps_source(orig) || port != orig->sport)
		masq = IPSVC_HALF_MASQ;
	orig->flags = (orig->flags & ~IPSVC_HALF_MASQ) | masq;
	reply->flags = (reply->flags & ~IPSVC_HALF_MASQ) | masq;
}

/*
 * A half-open flow whose client is silent gives up its tuple: forged first
 * packets keep a port for IPSVC_FLOW_PORT_HELD only. Retransmissions of the
 * endpoint's SYN-ACK do not count.
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

/* With the given source port, which a half-open flow may lose. */
int ipsvc_masquerade_insert_port(struct ipsvc_instance *inst,
				 struct ipsvc_flow *flow, __be16 port,
				 struct ipsvc_half **clash)
{
	int err = insert_port(inst, flow, port, clash);

	if (err == -EADDRINUSE && may_take(*clash)) {
		ipsvc_connect_replaces(inst, *clash);
		err = ipsvc_flow_insert(inst, flow, clash);
	}
	return err;
}

/*
 * Source and destination would be the same: the packet to the endpoint would
 * match the reply half, and the client be connected with itself.
 */
static bool is_endpoints_own(const struct ipsvc_half *orig, __be16 port)
{
	return port == orig->new_dport &&
	       ipsvc_half_same(orig, IPSVC_NEW_SADDR, IPSVC_NEW_DADDR,
			       orig->family);
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
 * Tries consecutive ports from a random one on. Sets @take to a port that a
 * half-open flow would give up.
 */
static int insert_in_window(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow,
			    const struct ipsvc_port_range *range, u32 n,
			    __be16 *take, struct ipsvc_half **clash)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
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

/*
 * A client that keeps its address keeps its port when that is free. Otherwise
 * ports of the masquerade range are tried, in shrinking windows at random
 * places: a search that fails is short. A port is taken over from a half-open
 * flow only where none is free, since its endpoint may have to be asked twice.
 * Ports of sockets of this host, and those of ip_local_port_range and
 * ip_local_reserved_ports, are left alone. Sockets of this host always get a
 * port of the range, because they may connect to the endpoint directly from
 * their own port.
 */
int ipsvc_masquerade_insert(struct ipsvc_instance *inst,
			    struct ipsvc_flow *flow, struct ipsvc_half **clash)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_port_range range;
	int err = -EADDRINUSE;
	__be16 take = 0;
	u32 window;

	if (keeps_source(orig) &&
	    (!(orig->flags & IPSVC_HALF_LOCAL_CLIENT) ||
	     orig->flags & IPSVC_HALF_DIRECT)) {
		err = ipsvc_masquerade_insert_port(inst, flow, orig->sport,
						   clash);
		if (err != -EADDRINUSE)
			return err;
	}
	range = range_for(inst, orig);
	for (window = WINDOW_FIRST; window >= WINDOW_LAST; window /= 2) {
		err = insert_in_window(inst, flow, &range,
				       min(window, range.n), &take, clash);
		if (err != -EADDRINUSE)
			return err;
	}
	return take ? ipsvc_masquerade_insert_port(inst, flow, take, clash) :
		      err;
}
