// SPDX-License-Identifier: GPL-2.0
/*
 * What would happen to a packet: the way of a first packet, by the functions that
 * packets take, but into no table.
 */
#include "explain.h"

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "endpoint.h"
#include "flow.h"
#include "hook.h"
#include "ipsvc.h"
#include "masquerade.h"
#include "sched.h"
#include "service.h"
#include "verdict.h"

static void end(struct ipsvc_explanation *to, u8 class,
		enum ipsvc_reason reason)
{
	to->reason = reason;
	to->action = ipsvc_verdict_action(class, reason);
}

/*
 * What this host sends has the source that fits the way to the destination; what
 * others send comes by the link that this host reaches them by.
 */
static int fill_in(const struct ipsvc_ctx *ctx,
		   struct ipsvc_explain_query *query)
{
	struct ipsvc_tuple *tuple = &query->tuple;
	union ipsvc_addr to = query->has_source ? ipsvc_tuple_saddr(tuple) :
						  ipsvc_tuple_daddr(tuple);
	struct ipsvc_path path;

	if (query->ifindex || (query->has_source &&
			       ipsvc_is_local(ctx->inst->net, &to,
					      tuple->family)))
		return 0;
	if (ipsvc_route_to(ctx, &to, 0, &path))
		return -ENETUNREACH;
	if (query->has_source)
		query->ifindex = path.ifindex;
	else if (tuple->family == AF_INET)
		tuple->saddr.ip4 = path.source.ip4;
	else
		tuple->saddr.ip6 = path.source.ip6;
	return 0;
}

/* What is routed to the ipsvc link is for a service; the rest is not ours. */
static void explain_none(const struct ipsvc_ctx *ctx,
			 struct ipsvc_explanation *to)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	const union ipsvc_addr addr = ipsvc_tuple_daddr(tuple);
	struct ipsvc_path path;

	to->action = IPSVC_ACTION_PASS;
	to->direct = ipsvc_endpoint_exists(ctx->inst, tuple->proto, &addr,
					   tuple->dport);
	if (!to->direct &&
	    !ipsvc_route_to(ctx, &addr, tuple->dport, &path) &&
	    path.ifindex == ctx->inst->dev->ifindex)
		end(to, 0, IPSVC_REASON_NO_SERVICE);
}

static void explain_source(const struct ipsvc_ctx *ctx,
			   const struct ipsvc_endpoint *ep,
			   struct ipsvc_explanation *to)
{
	const union ipsvc_addr client = ipsvc_tuple_saddr(&ctx->pkt.tuple);
	const union ipsvc_addr *source = &client;
	const struct net_device *in = ctx->state->in;
	enum ipsvc_reason reason;
	struct ipsvc_path path;

	reason = ipsvc_masquerade_address(ctx, to->fe, ep, &path, &source);
	if (reason) {
		end(to, to->fe->class, reason);
		return;
	}
	to->source = *source;
	if (source != &client) {
		to->masquerade = ipsvc_masquerade_why(ctx, to->fe, ep);
	} else if (in && !ipsvc_route_to(ctx, &ep->addr, ep->port, &path) &&
		   path.ifindex == in->ifindex) {
		to->masquerade = IPSVC_MASQUERADE_LINK;
		to->source = path.source;
	}
	to->action = IPSVC_ACTION_FORWARD;
}

static void explain_service(const struct ipsvc_ctx *ctx,
			    const struct ipsvc_frontend *fe,
			    struct ipsvc_explanation *to)
{
	atomic_t turn = ATOMIC_INIT(atomic_read(&fe->service->turn));
	enum ipsvc_reason reason;

	to->fe = fe;
	reason = ipsvc_choose_endpoint(ctx, fe, &turn, &to->choice);
	to->local = to->choice.among == &fe->set->scope[IPSVC_SCOPE_LOCAL];
	if (reason)
		end(to, fe->class, reason);
	else
		explain_source(ctx, to->choice.slot->ep, to);
}

static void explain_packet(struct ipsvc_ctx *ctx, struct ipsvc_explanation *to)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	const struct ipsvc_half *half;
	struct ipsvc_frontend *fe;

	ctx->hash = ipsvc_flow_hash(&ctx->inst->flows, tuple, tuple->family);
	half = ipsvc_flow_find(&ctx->inst->flows, tuple, ctx->hash,
			       tuple->family);
	if (half && !ipsvc_is_reused(ctx, half)) {
		to->flow = ipsvc_half_flow(half);
		to->action = IPSVC_ACTION_FORWARD;
		return;
	}
	fe = ipsvc_choose_frontend(ctx);
	if (fe)
		explain_service(ctx, fe, to);
	else
		explain_none(ctx, to);
}

static int explain(struct ipsvc_ctx *ctx, struct nf_hook_state *state,
		   struct ipsvc_explain_query *query,
		   struct ipsvc_explanation *to)
{
	int err;

	ctx->pkt.tuple = query->tuple;
	err = fill_in(ctx, query);
	if (err)
		return err;
	ctx->pkt.tuple = query->tuple;
	if (query->ifindex) {
		state->hook = NF_INET_PRE_ROUTING;
		state->in = dev_get_by_index_rcu(state->net, query->ifindex);
		if (!state->in)
			return -ENODEV;
	}
	explain_packet(ctx, to);
	return 0;
}

int ipsvc_explain(struct ipsvc_instance *inst,
		  struct ipsvc_explain_query *query,
		  struct ipsvc_explanation *to)
{
	struct nf_hook_state state = {
		.hook = NF_INET_LOCAL_OUT,
		.pf = query->tuple.family == AF_INET ? NFPROTO_IPV4 :
						       NFPROTO_IPV6,
		.net = inst->net,
	};
	struct ipsvc_ctx ctx = {
		.inst = inst,
		.state = &state,
		.pkt.tcp_flags = query->tuple.proto == IPPROTO_UDP ?
				 0 : IPSVC_TCP_SYN,
	};
	int err;

	memset(to, 0, sizeof(*to));
	ctx.skb = alloc_skb(0, GFP_ATOMIC);
	if (!ctx.skb)
		return -ENOMEM;
	ctx.skb->mark = query->mark;
	err = explain(&ctx, &state, query, to);
	kfree_skb(ctx.skb);
	return err;
}

enum ipsvc_standing ipsvc_explain_standing(const struct ipsvc_explanation *to,
					   const struct ipsvc_endpoint_slot *slot)
{
	const struct ipsvc_endpoint_slot *first;

	if (slot == to->choice.slot)
		return to->choice.remembered ? IPSVC_STANDING_REMEMBERED :
					       IPSVC_STANDING_CHOSEN;
	first = ipsvc_sched_slots(to->fe->set, to->choice.among);
	if (slot >= first && slot < first + to->choice.among->n)
		return ipsvc_slot_is_full(slot) ? IPSVC_STANDING_FULL :
						  IPSVC_STANDING_CANDIDATE;
	return to->local && !(slot->flags & IPSVC_ENDPOINT_F_LOCAL) ?
	       IPSVC_STANDING_NOT_LOCAL : IPSVC_STANDING_DRAINING;
}
