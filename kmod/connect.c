// SPDX-License-Identifier: GPL-2.0
/*
 * The way of a packet that has no flow yet into the flow table: to the endpoint
 * that is chosen for it; or, where it goes to an endpoint directly, a flow that only
 * reserves its tuple.
 */
#include <linux/hash.h>
#include <linux/in.h>
#include <linux/ipsvc.h>

#include "affinity.h"
#include "choose.h"
#include "endpoint.h"
#include "hook.h"
#include "ipsvc.h"
#include "masquerade.h"
#include "route.h"
#include "stats.h"
#include "trace.h"
#include "verdict.h"

/* Times an endpoint is chosen anew when it is removed while being chosen. */
#define PICK_TRIES	3

static bool is_local_out(const struct ipsvc_ctx *ctx)
{
	return ctx->state->hook == NF_INET_LOCAL_OUT;
}

/**
 * struct ends - what a new flow connects
 * @client: address of the client
 * @frontend: what the client connected to
 * @source: the address the endpoint sees
 * @address: the endpoint's
 * @client_port: port of the client
 * @frontend_port: port of @frontend
 * @port: the endpoint's
 * @endpoint: its identity, or 0
 * @family: of all addresses
 * @proto: protocol
 * @flags: IPSVC_HALF_* of both directions
 */
struct ends {
	const union ipsvc_addr *client;
	const union ipsvc_addr *frontend;
	const union ipsvc_addr *source;
	const union ipsvc_addr *address;
	__be16 client_port;
	__be16 frontend_port;
	__be16 port;
	u32 endpoint;
	u8 family;
	u8 proto;
	u8 flags;
};

/* What both halves have alike. */
static void fill_half(struct ipsvc_half *half, const struct ends *ends,
		      u8 flags)
{
	half->flags = flags;
	half->proto = ends->proto;
	half->endpoint = ends->endpoint;
	half->stamp = (u32)jiffies;
}

static __always_inline void fill_addrs(struct ipsvc_half *orig,
				       struct ipsvc_half *reply,
				       const struct ends *ends, const u8 family)
{
	ipsvc_half_set(orig, IPSVC_SADDR, ends->client, family);
	ipsvc_half_set(orig, IPSVC_DADDR, ends->frontend, family);
	ipsvc_half_set(orig, IPSVC_NEW_SADDR, ends->source, family);
	ipsvc_half_set(orig, IPSVC_NEW_DADDR, ends->address, family);
	ipsvc_half_set(reply, IPSVC_SADDR, ends->address, family);
	ipsvc_half_set(reply, IPSVC_DADDR, ends->source, family);
	ipsvc_half_set(reply, IPSVC_NEW_SADDR, ends->frontend, family);
	ipsvc_half_set(reply, IPSVC_NEW_DADDR, ends->client, family);
}

/* All but the port that the endpoint sees; @hash is of the client's tuple. */
static void fill_flow(struct ipsvc_flow *flow, const struct ends *ends,
		      u32 hash)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);

	if (ends->family == AF_INET)
		fill_addrs(orig, reply, ends, AF_INET);
	else
		fill_addrs(orig, reply, ends, AF_INET6);
	fill_half(orig, ends, ends->flags);
	orig->sport = ends->client_port;
	orig->dport = ends->frontend_port;
	orig->new_dport = ends->port;
	orig->hash = hash;

	fill_half(reply, ends, ends->flags | IPSVC_HALF_REPLY);
	reply->sport = ends->port;
	reply->new_sport = ends->frontend_port;
	reply->new_dport = ends->client_port;
}

static struct ends ends_of_packet(const struct ipsvc_ctx *ctx)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;

	return (struct ends) {
		.client = &tuple->saddr,
		.client_port = tuple->sport,
		.frontend = &tuple->daddr,
		.frontend_port = tuple->dport,
		.source = &tuple->saddr,
		.address = &tuple->daddr,
		.port = tuple->dport,
		.family = tuple->family,
		.proto = tuple->proto,
		.flags = is_local_out(ctx) ? IPSVC_HALF_LOCAL_CLIENT : 0,
	};
}

/* False when the endpoint has got its most meanwhile. @max: 0: any number. */
static bool count_flow(struct ipsvc_endpoint *ep, u32 max)
{
	u32 flows = atomic_inc_return(&ep->flows);

	if (unlikely(max && flows > max)) {
		atomic_dec(&ep->flows);
		return false;
	}
	atomic64_inc(&ep->connections);
	atomic_inc(&ep->service->flows);
	atomic64_inc(&ep->service->connections);
	return true;
}

static void uncount_connection(struct ipsvc_endpoint *ep)
{
	atomic64_dec(&ep->connections);
	atomic64_dec(&ep->service->connections);
}

static enum ipsvc_reason reason_of(int err)
{
	switch (err) {
	case -ENOSPC:
		return IPSVC_REASON_FLOW_LIMIT;
	case -ENOMEM:
		return IPSVC_REASON_NO_MEMORY;
	case -EADDRINUSE:
		return IPSVC_REASON_MASQUERADE_PORTS;
	default:
		return IPSVC_REASON_FLOW_CLASH;
	}
}

/* Whether a flow that was just inserted leads to what was removed meanwhile. */
static bool is_stale(struct ipsvc_flow *flow, struct ipsvc_endpoint *ep,
		     const struct ipsvc_frontend *fe)
{
	/* Pairs with the barrier before ipsvc_flow_purge_removed(). */
	smp_mb();
	if (!READ_ONCE(ep->removed) && !(fe && READ_ONCE(fe->revoked)))
		return false;
	if (ipsvc_flow_kill(flow, IPSVC_HALF_DEAD))
		uncount_connection(ep);
	return true;
}

/*
 * Makes a flow to an endpoint. Sets @half to its first half, or to that of a
 * flow another CPU was faster with. @max: of flows that the endpoint may have, or
 * 0. @port: the source port it is to have, or 0.
 */
static enum ipsvc_reason make_flow(const struct ipsvc_ctx *ctx,
				   const struct ipsvc_frontend *fe,
				   struct ipsvc_endpoint *ep,
				   const struct ends *ends, u32 max,
				   __be16 port, struct ipsvc_half **half)
{
	struct ipsvc_instance *inst = ctx->inst;
	struct ipsvc_flow *flow;
	int err;

	if (!ipsvc_endpoint_get(ep))
		return IPSVC_REASON_STALE;
	flow = ipsvc_flow_alloc(inst, ctx->hash, ends->family);
	if (IS_ERR(flow)) {
		ipsvc_endpoint_put(inst, ep);
		return reason_of(PTR_ERR(flow));
	}
	fill_flow(flow, ends, ctx->hash);
	/* Before it can be seen and collected. */
	if (!count_flow(ep, max)) {
		ipsvc_flow_release(&inst->flows, flow);
		ipsvc_endpoint_put(inst, ep);
		return IPSVC_REASON_STALE;
	}
	err = port ? ipsvc_masquerade_insert_port(inst, flow, port, half) :
		     ipsvc_masquerade_insert(inst, flow, half);
	if (!err) {
		*half = ipsvc_flow_orig(flow);
		if (is_stale(flow, ep, fe))
			return IPSVC_REASON_STALE;
		ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_CREATED);
		trace_flow_new(inst, flow);
		return IPSVC_REASON_NONE;
	}
	uncount_connection(ep);
	ipsvc_flow_release(&inst->flows, flow);
	ipsvc_endpoint_put_flow(inst, ep);
	return err == -EEXIST ? IPSVC_REASON_NONE : reason_of(err);
}

static bool is_one_packet(const struct ipsvc_frontend *fe)
{
	return fe->set->options.flags & IPSVC_SERVICE_F_ONE_PACKET;
}

static enum ipsvc_reason
connect_endpoint(const struct ipsvc_ctx *ctx, const struct ipsvc_frontend *fe,
		 const struct ipsvc_endpoint_slot *slot,
		 struct ipsvc_half **half)
{
	struct ends ends = ends_of_packet(ctx);
	struct ipsvc_endpoint *ep = slot->ep;
	enum ipsvc_reason reason;
	struct ipsvc_path path;

	ends.address = &ep->addr;
	ends.port = ep->port;
	ends.endpoint = ep->id;
	if (is_one_packet(fe))
		ends.flags |= IPSVC_HALF_ONE_PACKET;
	reason = ipsvc_masquerade_address(ctx, fe, ep, &path, &ends.source);
	return reason ?: make_flow(ctx, fe, ep, &ends, slot->flows_max, 0,
				   half);
}

static unsigned int connect_direct(struct ipsvc_ctx *ctx);

/*
 * What this host sends to its own ipsvc link is for a service, and there is none.
 * The link would say so by ICMP, which a socket that is just connecting does not
 * hear: it learns it from the call.
 */
static unsigned int no_frontend(struct ipsvc_ctx *ctx)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	const union ipsvc_addr addr = ipsvc_tuple_daddr(tuple);

	if (ipsvc_endpoint_exists(ctx->inst, tuple->proto, &addr,
				  tuple->dport))
		return connect_direct(ctx);
	if (!is_local_out(ctx) || ctx->state->out != ctx->inst->dev)
		return NF_ACCEPT;
	if (tuple->proto != IPPROTO_UDP && !ipsvc_packet_is_syn(&ctx->pkt))
		return NF_ACCEPT;
	return ipsvc_verdict(ctx, 0, IPSVC_REASON_NO_SERVICE);
}

/*
 * The flow of a datagram that was given to an endpoint of its own: the client's
 * tuple has one for each endpoint, under a hash that differs from the tuple's. Sets
 * the packet's hash, that of the tuple, to it.
 */
static struct ipsvc_half *find_one_packet(struct ipsvc_ctx *ctx,
					  const struct ipsvc_endpoint *ep)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	struct ipsvc_half *half;

	/* The lowest bit is the family; the next one makes it another hash. */
	ctx->hash ^= (ep->id * GOLDEN_RATIO_32 & ~3) | 2;
	half = ipsvc_flow_find(&ctx->inst->flows, tuple, ctx->hash,
			       tuple->family);
	if (!half || half->endpoint != ep->id)
		return NULL;
	/* The flow is not a new one, but the client is here again. */
	if (ipsvc_half_is_confirmed(half))
		ipsvc_connect_accepted(ctx, half);
	return half;
}

/* The first packet of a flow to a frontend. */
static unsigned int connect_service(struct ipsvc_ctx *ctx,
				    const struct ipsvc_frontend *fe)
{
	const u32 hash = ctx->hash;
	struct ipsvc_choice choice;
	enum ipsvc_reason reason;
	struct ipsvc_half *half;
	int i;

	for (i = 0; i < PICK_TRIES; i++) {
		reason = ipsvc_choose_endpoint(ctx, fe, &fe->service->turn,
					       &choice);
		if (reason)
			return ipsvc_verdict(ctx, fe->class, reason);
		trace_select(ctx, fe->service, choice.slot->ep);
		ctx->hash = hash;
		half = is_one_packet(fe) ?
		       find_one_packet(ctx, choice.slot->ep) : NULL;
		if (!half)
			reason = connect_endpoint(ctx, fe, choice.slot, &half);
		if (!reason)
			return ipsvc_translate(ctx, half);
		if (reason != IPSVC_REASON_STALE)
			return ipsvc_verdict(ctx, fe->class, reason);
		/* What takes their place is published before the marks. */
		smp_rmb();
		fe = ipsvc_choose_frontend(ctx);
		if (!fe)
			return no_frontend(ctx);
	}
	return ipsvc_verdict(ctx, fe->class, IPSVC_REASON_FLOW_CLASH);
}

/*
 * What goes to an endpoint directly reserves its tuple, so that no flow of a
 * Service gets it; where one has it, the direct connection gets another source
 * port. Mostly such a flow changes nothing of a packet.
 */
static unsigned int connect_direct(struct ipsvc_ctx *ctx)
{
	struct ends ends = ends_of_packet(ctx);
	struct ipsvc_flow *flow;
	struct ipsvc_half *half;
	int err;

	if (ctx->pkt.tcp_flags & IPSVC_TCP_RST)
		return NF_ACCEPT;
	ends.flags |= IPSVC_HALF_DIRECT;
	flow = ipsvc_flow_alloc(ctx->inst, ctx->hash, ends.family);
	/* The connection is none of ours: at the cap it does without. */
	if (IS_ERR(flow))
		return NF_ACCEPT;
	fill_flow(flow, &ends, ctx->hash);
	err = ipsvc_masquerade_insert(ctx->inst, flow, &half);
	if (!err) {
		trace_flow_new(ctx->inst, flow);
		return ipsvc_translate(ctx, ipsvc_flow_orig(flow));
	}
	ipsvc_flow_release(&ctx->inst->flows, flow);
	return err == -EEXIST ? ipsvc_translate(ctx, half) :
				ipsvc_verdict(ctx, 0, reason_of(err));
}

/*
 * The middle of a connection that is not known here. A socket of this host may
 * have it where the frontend's address is this host's.
 */
static unsigned int no_flow(const struct ipsvc_ctx *ctx,
			    const struct ipsvc_frontend *fe)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	enum ipsvc_reason reason = IPSVC_REASON_NO_FLOW;
	u8 class = fe->class;

	if (class != IPSVC_FRONTEND_CLUSTER_IP &&
	    ipsvc_is_local(ctx->inst->net, &tuple->daddr, tuple->family))
		class = IPSVC_FRONTEND_NODE_PORT;
	else if (class != IPSVC_FRONTEND_NODE_PORT && !ipsvc_choose_admits(ctx, fe))
		reason = IPSVC_REASON_SOURCE_RANGE;
	return ipsvc_verdict(ctx, class, reason);
}

/**
 * ipsvc_connect - a packet without a flow, in the first hook
 * @ctx: the packet
 *
 * Context: under RCU.
 * Return: a netfilter verdict.
 */
unsigned int ipsvc_connect(struct ipsvc_ctx *ctx)
{
	struct ipsvc_frontend *fe = ipsvc_choose_frontend(ctx);

	if (!fe)
		return no_frontend(ctx);
	if (ctx->pkt.tuple.proto != IPPROTO_UDP &&
	    !ipsvc_packet_is_syn(&ctx->pkt))
		return no_flow(ctx, fe);
	return connect_service(ctx, fe);
}

/*
 * The SYN of a flow that has seen nothing else of the client, once more: what was
 * reset was the connection of a client that had the masquerade port before.
 */
static bool is_sent_again(const struct ipsvc_ctx *ctx,
			  const struct ipsvc_half *orig)
{
	return ctx->pkt.end == READ_ONCE(orig->end) &&
	       !(READ_ONCE(orig->seen) & IPSVC_SEEN_NON_SYN) &&
	       READ_ONCE(orig->seen) & IPSVC_SEEN_RST;
}

/* The endpoint is removed, or the frontend leads elsewhere. */
static bool is_left_over(const struct ipsvc_ctx *ctx,
			 const struct ipsvc_half *half)
{
	const struct ipsvc_frontend *fe;
	const struct ipsvc_endpoint *ep;

	ep = ipsvc_endpoint_find(ctx->inst, half->endpoint);
	if (!ep || READ_ONCE(ep->removed))
		return true;
	fe = ipsvc_choose_frontend(ctx);
	return !fe || fe->service != ep->service;
}

/**
 * ipsvc_is_reused - whether a SYN begins another connection than its flow's
 * @ctx: the packet
 * @half: its flow's half
 *
 * So it is where the flow is over: the client has used its port again. A flow
 * that nothing new would be given to is not ended by a SYN alone, which may be
 * forged or dropped yet: its endpoint answers if it has the connection.
 *
 * Context: under RCU.
 */
bool ipsvc_is_reused(const struct ipsvc_ctx *ctx, const struct ipsvc_half *half)
{
	if (ipsvc_half_is_reply(half))
		return false;
	if (ipsvc_flow_state(half) == IPSVC_FLOW_CLOSED)
		return !is_sent_again(ctx, half);
	if (half->flags & IPSVC_HALF_DIRECT)
		return false;
	return (ipsvc_flow_is_half_open(half) ||
		ipsvc_flow_is_abandoned(half)) && is_left_over(ctx, half);
}

/**
 * ipsvc_connect_replaces - ends the flow whose tuple another one is to have
 * @inst: the instance
 * @half: one of its halves
 *
 * What was never accepted was no connection of its endpoint.
 *
 * Context: under RCU.
 */
void ipsvc_connect_replaces(struct ipsvc_instance *inst,
			    struct ipsvc_half *half)
{
	struct ipsvc_flow *flow = ipsvc_half_flow(half);
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_endpoint *ep;

	if (!ipsvc_flow_kill(flow, IPSVC_HALF_DEAD))
		return;
	ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_REPLACED);
	ep = ipsvc_endpoint_find(inst, orig->endpoint);
	if (ep && !ipsvc_half_is_confirmed(orig))
		uncount_connection(ep);
}

/**
 * ipsvc_connect_accepted - the first packet of a flow passed its second hook
 * @ctx: the packet
 * @orig: the flow's half of the client
 *
 * Only now the client counts as one: the source of a packet that the stack drops
 * may be forged.
 *
 * Context: under RCU.
 */
void ipsvc_connect_accepted(const struct ipsvc_ctx *ctx,
			    const struct ipsvc_half *orig)
{
	const struct ipsvc_frontend *fe;
	const struct ipsvc_endpoint *ep;
	union ipsvc_addr client;

	if (orig->flags & IPSVC_HALF_DIRECT ||
	    !rcu_access_pointer(ctx->inst->affinity.table))
		return;
	ep = ipsvc_endpoint_find(ctx->inst, orig->endpoint);
	fe = ipsvc_frontend_find_of(&ctx->inst->frontends, orig);
	if (!ep || !fe || fe->service != ep->service || !fe->set->affinity)
		return;
	client = ipsvc_half_get(orig, IPSVC_SADDR);
	ipsvc_affinity_learn(ctx->inst, fe->set, &client, ep);
}

/**
 * ipsvc_connect_again - another flow in place of an unconfirmed one
 * @ctx: the packet in POST_ROUTING, its destination rewritten
 * @orig: half of its flow, which is killed
 * @masquerade: the endpoint is to see an address of this node; else the client
 *
 * Context: under RCU.
 * Return: the first half of the new flow, or NULL: the packet is to be dropped.
 */
struct ipsvc_half *ipsvc_connect_again(struct ipsvc_ctx *ctx,
				       struct ipsvc_half *orig, bool masquerade)
{
	const union ipsvc_addr client = ipsvc_half_get(orig, IPSVC_SADDR);
	const union ipsvc_addr frontend = ipsvc_half_get(orig, IPSVC_DADDR);
	const union ipsvc_addr address = ipsvc_half_get(orig, IPSVC_NEW_DADDR);
	union ipsvc_addr source = client;
	struct ipsvc_half *half = NULL;
	struct ipsvc_endpoint *ep;
	struct ends ends = {
		.client = &client,
		.client_port = orig->sport,
		.frontend = &frontend,
		.frontend_port = orig->dport,
		.source = &source,
		.address = &address,
		.port = orig->new_dport,
		.endpoint = orig->endpoint,
		.family = orig->family,
		.proto = orig->proto,
		/* conntrack has seen the packet with the port that it has now. */
		.flags = (masquerade ? IPSVC_HALF_LATE_PORT : 0) |
			 (orig->flags & IPSVC_HALF_ONE_PACKET),
	};

	ep = ipsvc_endpoint_find(ctx->inst, orig->endpoint);
	if (!ep || (masquerade && !ipsvc_route_source(ctx, &address, &source)))
		return NULL;
	/* Who has killed it meanwhile may have revoked the frontend. */
	if (!ipsvc_flow_kill(ipsvc_half_flow(orig), IPSVC_HALF_DEAD))
		return NULL;
	uncount_connection(ep);
	ctx->hash = orig->hash;
	if (make_flow(ctx, NULL, ep, &ends, 0,
		      masquerade ? 0 : orig->new_sport, &half))
		return NULL;
	return half;
}
