// SPDX-License-Identifier: GPL-2.0
/*
 * Where a packet without a flow goes: from its destination to a frontend, and from
 * there, by traffic policy, affinity and scheduler, to an endpoint. Changes nothing
 * but the scheduler's turn.
 */
#include "choose.h"

#include <net/ipv6.h>
#include <linux/ipsvc.h>

#include "affinity.h"
#include "bloom.h"
#include "config.h"
#include "endpoint.h"
#include "hook.h"
#include "ipsvc.h"
#include "ranges.h"
#include "route.h"
#include "sched.h"
#include "service.h"

static bool is_local_out(const struct ipsvc_ctx *ctx)
{
	return ctx->state->hook == NF_INET_LOCAL_OUT;
}

static bool is_unspecified(const struct ipsvc_tuple *tuple)
{
	return tuple->family == AF_INET ? !tuple->daddr.ip4 :
					  ipv6_addr_any(&tuple->daddr.ip6);
}

static bool is_loopback(const struct ipsvc_tuple *tuple)
{
	return tuple->family == AF_INET ?
	       ipv4_is_loopback(tuple->daddr.ip4) :
	       ipv6_addr_loopback(&tuple->daddr.ip6);
}

struct ipsvc_frontend *ipsvc_choose_frontend(const struct ipsvc_ctx *ctx)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	struct ipsvc_instance *inst = ctx->inst;
	struct ipsvc_frontend_key key = {
		.addr = ipsvc_tuple_daddr(tuple),
		.port = tuple->dport,
		.proto = tuple->proto,
	};
	struct ipsvc_frontend *fe;

	/* Node ports have this address, and nobody else. */
	if (is_unspecified(tuple))
		return NULL;
	fe = ipsvc_frontend_find(&inst->frontends, &key);
	if (fe)
		return fe;
	key.addr = ipsvc_addr_any(tuple->family);
	if (!ipsvc_bloom_has(rcu_dereference(inst->bloom), key.proto,
			     &key.addr, key.port))
		return NULL;
	/* Nobody outside talks to our loopback address. */
	if (is_loopback(tuple) && !is_local_out(ctx))
		return NULL;
	if (!ipsvc_is_local(inst->net, &tuple->daddr, tuple->family))
		return NULL;
	return ipsvc_frontend_find(&inst->frontends, &key);
}

bool ipsvc_choose_admits(const struct ipsvc_ctx *ctx,
			 const struct ipsvc_frontend *fe)
{
	union ipsvc_addr client;

	if (likely(!fe->ranges))
		return true;
	client = ipsvc_tuple_saddr(&ctx->pkt.tuple);
	return ipsvc_ranges_allow(fe->ranges, &client);
}

/*
 * Pods and this host are within the cluster: what they send to an external
 * frontend is as if it had gone out and come back in by any node.
 */
static bool is_within_cluster(const struct ipsvc_ctx *ctx)
{
	return is_local_out(ctx) ||
	       (ipsvc_cluster_is_known(ctx->inst, ctx->pkt.tuple.family) &&
		ipsvc_cluster_has_client(ctx));
}

/* By the traffic policy. */
static const struct ipsvc_candidates *
candidates_of(const struct ipsvc_ctx *ctx, const struct ipsvc_frontend *fe)
{
	enum ipsvc_scope scope = IPSVC_SCOPE_CLUSTER;

	if (fe->flags & IPSVC_FRONTEND_F_LOCAL &&
	    (fe->class == IPSVC_FRONTEND_CLUSTER_IP || !is_within_cluster(ctx)))
		scope = IPSVC_SCOPE_LOCAL;
	return &fe->set->scope[scope];
}

/* The endpoint that the client had last, if it is a candidate. */
static const struct ipsvc_endpoint_slot *
find_remembered(const struct ipsvc_ctx *ctx, const struct ipsvc_frontend *fe,
		const struct ipsvc_candidates *among)
{
	const struct ipsvc_endpoint_slot *first, *slot;
	const union ipsvc_addr client = ipsvc_tuple_saddr(&ctx->pkt.tuple);

	slot = ipsvc_affinity_find(ctx->inst, fe->set, &client);
	first = ipsvc_sched_slots(fe->set, among);
	return slot && slot >= first && slot < first + among->n ? slot : NULL;
}

/* A balancer tries another node where the endpoints are elsewhere. */
static enum ipsvc_reason why_none(const struct ipsvc_endpoint_set *set,
				  const struct ipsvc_candidates *among)
{
	if (among->n)
		return IPSVC_REASON_ENDPOINTS_FULL;
	return set->scope[IPSVC_SCOPE_CLUSTER].n ?
	       IPSVC_REASON_NO_LOCAL_ENDPOINT : IPSVC_REASON_NO_ENDPOINT;
}

enum ipsvc_reason ipsvc_choose_endpoint(const struct ipsvc_ctx *ctx,
					const struct ipsvc_frontend *fe,
					atomic_t *turn,
					struct ipsvc_choice *choice)
{
	const struct ipsvc_sched_query query = {
		.tuple = &ctx->pkt.tuple,
		.turn = turn,
	};
	const struct ipsvc_candidates *among = candidates_of(ctx, fe);

	choice->among = among;
	choice->slot = NULL;
	if (unlikely(!ipsvc_choose_admits(ctx, fe)))
		return IPSVC_REASON_SOURCE_RANGE;
	choice->slot = unlikely(fe->set->affinity) ?
		       find_remembered(ctx, fe, among) : NULL;
	choice->remembered = choice->slot;
	if (!choice->slot)
		choice->slot = ipsvc_sched_pick(fe->set, among, &query);
	return choice->slot ? IPSVC_REASON_NONE : why_none(fe->set, among);
}

enum ipsvc_reason ipsvc_choose_any(const struct ipsvc_ctx *ctx,
				   const struct ipsvc_frontend *fe)
{
	const struct ipsvc_candidates *among = candidates_of(ctx, fe);

	if (!ipsvc_choose_admits(ctx, fe))
		return IPSVC_REASON_SOURCE_RANGE;
	return among->n ? IPSVC_REASON_NONE : why_none(fe->set, among);
}
