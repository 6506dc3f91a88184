// SPDX-License-Identifier: GPL-2.0
/* The flow table: lookup, insertion, removal. See flow.h for the rules. */
#include "flow.h"

#include <linux/bitops.h>
#include <linux/find.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "endpoint.h"
#include "flow_gc.h"
#include "ipsvc.h"
#include "stats.h"

static struct kmem_cache *flow_cache __read_mostly;

int ipsvc_flow_cache_init(void)
{
	BUILD_BUG_ON(sizeof(struct ipsvc_flow_half) != 64);
	BUILD_BUG_ON(sizeof(struct ipsvc_flow) != 128);
	flow_cache = kmem_cache_create("ipsvc_flow", sizeof(struct ipsvc_flow),
				       sizeof(struct ipsvc_flow), 0, NULL);
	return flow_cache ? 0 : -ENOMEM;
}

/* All flows are freed by now, none of them through call_rcu. */
void ipsvc_flow_cache_exit(void)
{
	kmem_cache_destroy(flow_cache);
}

/**
 * ipsvc_flow_hash - hash of a tuple, for this instance only
 * @flows: the flow table
 * @tuple: the tuple, of the family AF_INET
 *
 * Return: the hash; its low bits are the bucket.
 */
u32 ipsvc_flow_hash(const struct ipsvc_flows *flows,
		    const struct ipsvc_tuple *tuple)
{
	return hsiphash_4u32((__force u32)tuple->saddr.ip4,
			     (__force u32)tuple->daddr.ip4,
			     (__force u32)tuple->sport << 16 |
			     (__force u32)tuple->dport,
			     tuple->proto, &flows->key);
}

static void half_tuple(const struct ipsvc_flow_half *half,
		       struct ipsvc_tuple *tuple)
{
	tuple->saddr.ip4 = half->saddr;
	tuple->daddr.ip4 = half->daddr;
	tuple->sport = half->sport;
	tuple->dport = half->dport;
	tuple->family = AF_INET;
	tuple->proto = half->proto;
}

static u32 half_hash(const struct ipsvc_flows *flows,
		     const struct ipsvc_flow_half *half)
{
	struct ipsvc_tuple tuple;

	half_tuple(half, &tuple);
	return ipsvc_flow_hash(flows, &tuple);
}

static bool half_matches(const struct ipsvc_flow_half *half,
			 const struct ipsvc_tuple *tuple)
{
	return half->saddr == tuple->saddr.ip4 &&
	       half->daddr == tuple->daddr.ip4 &&
	       half->sport == tuple->sport && half->dport == tuple->dport &&
	       half->proto == tuple->proto &&
	       !(READ_ONCE(half->flags) & IPSVC_HALF_DEAD);
}

/**
 * ipsvc_flow_find - the half of a flow whose packets arrive with this tuple
 * @flows: the flow table
 * @tuple: as in the packet
 * @hash: ipsvc_flow_hash() of @tuple
 *
 * Context: under RCU, which also keeps the result.
 * Return: the half, or NULL.
 */
struct ipsvc_flow_half *ipsvc_flow_find(const struct ipsvc_flows *flows,
					const struct ipsvc_tuple *tuple,
					u32 hash)
{
	struct ipsvc_flow_half *half;

	for (half = rcu_dereference(flows->buckets[hash & flows->mask]); half;
	     half = rcu_dereference(half->next))
		if (half_matches(half, tuple))
			return half;
	return NULL;
}

/**
 * ipsvc_flow_find_routed - the half of a packet whose destination was rewritten
 * @flows: the flow table
 * @tuple: as in the packet: source as it arrived, destination as it leaves
 * @hash: what the arriving tuple hashed to (it travels in skb->hash)
 *
 * The hash is a hint from outside: any value is safe, it is checked against the
 * half that is found. A flow killed since then still matches, so that a packet
 * does not leave half translated.
 *
 * Context: under RCU, which also keeps the result.
 * Return: the half, or NULL.
 */
struct ipsvc_flow_half *ipsvc_flow_find_routed(const struct ipsvc_flows *flows,
					       const struct ipsvc_tuple *tuple,
					       u32 hash)
{
	struct ipsvc_flow_half *half;

	for (half = rcu_dereference(flows->buckets[hash & flows->mask]); half;
	     half = rcu_dereference(half->next))
		if (half->saddr == tuple->saddr.ip4 &&
		    half->new_daddr == tuple->daddr.ip4 &&
		    half->sport == tuple->sport &&
		    half->new_dport == tuple->dport &&
		    half->proto == tuple->proto &&
		    half_hash(flows, half) == hash)
			return half;
	return NULL;
}

/**
 * ipsvc_flow_alloc - memory for a flow, within the cap of the instance
 * @inst: the instance
 *
 * Context: any, does not sleep.
 * Return: a zeroed flow that the caller inserts or gives to
 * ipsvc_flow_release(); ERR_PTR(-ENOSPC) at the cap,
 * ERR_PTR(-ENOMEM).
 */
struct ipsvc_flow *ipsvc_flow_alloc(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_flow *flow;

	if (atomic_inc_return(&flows->count) > READ_ONCE(flows->max)) {
		atomic_dec(&flows->count);
		ipsvc_flow_gc_pressed(flows);
		return ERR_PTR(-ENOSPC);
	}
	flow = kmem_cache_zalloc(flow_cache, GFP_ATOMIC | __GFP_NOWARN);
	if (!flow) {
		atomic_dec(&flows->count);
		return ERR_PTR(-ENOMEM);
	}
	return flow;
}

/* Frees a flow that never was in the table, or that no reader can see. */
void ipsvc_flow_release(struct ipsvc_flows *flows, struct ipsvc_flow *flow)
{
	kmem_cache_free(flow_cache, flow);
	atomic_dec(&flows->count);
}

static u32 lock_of(const struct ipsvc_flows *flows, u32 hash)
{
	return (hash & flows->mask) >> flows->lock_shift;
}

/**
 * ipsvc_flow_lock_buckets - locks the buckets of two hashes
 * @flows: the flow table
 * @a: a hash
 * @b: another, or the same
 *
 * Context: takes one or two bucket locks, in order, with BH off.
 */
void ipsvc_flow_lock_buckets(struct ipsvc_flows *flows, u32 a, u32 b)
	__acquires(&flows->locks[a]) __acquires(&flows->locks[b])
{
	u32 first = min(lock_of(flows, a), lock_of(flows, b));
	u32 second = max(lock_of(flows, a), lock_of(flows, b));

	spin_lock_bh(&flows->locks[first]);
	if (second != first)
		spin_lock_nested(&flows->locks[second], SINGLE_DEPTH_NESTING);
	else
		__acquire(&flows->locks[second]);
}

void ipsvc_flow_unlock_buckets(struct ipsvc_flows *flows, u32 a, u32 b)
	__releases(&flows->locks[a]) __releases(&flows->locks[b])
{
	u32 first = min(lock_of(flows, a), lock_of(flows, b));
	u32 second = max(lock_of(flows, a), lock_of(flows, b));

	if (second != first)
		spin_unlock(&flows->locks[second]);
	else
		__release(&flows->locks[second]);
	spin_unlock_bh(&flows->locks[first]);
}

static void half_link(struct ipsvc_flows *flows, struct ipsvc_flow_half *half,
		      u32 hash)
{
	u32 bucket = hash & flows->mask;
	struct ipsvc_flow_half __rcu **head = &flows->buckets[bucket];

	RCU_INIT_POINTER(half->next, rcu_dereference_protected(*head, true));
	rcu_assign_pointer(*head, half);
	__set_bit(bucket, flows->used);
}

static void half_unlink(struct ipsvc_flows *flows, struct ipsvc_flow_half *half,
			u32 hash)
{
	u32 bucket = hash & flows->mask;
	struct ipsvc_flow_half __rcu **p = &flows->buckets[bucket];
	struct ipsvc_flow_half *cur;

	while ((cur = rcu_dereference_protected(*p, true)) && cur != half)
		p = &cur->next;
	if (WARN_ON_ONCE(!cur))
		return;
	rcu_assign_pointer(*p, rcu_dereference_protected(half->next, true));
	if (!rcu_access_pointer(flows->buckets[bucket]))
		__clear_bit(bucket, flows->used);
}

/**
 * ipsvc_flow_insert - puts a flow into the table, both halves or none
 * @inst: the instance
 * @flow: complete, from ipsvc_flow_alloc()
 * @clash: set to the half that is there already, with -EEXIST
 *
 * Context: under RCU; takes two bucket locks.
 * Return: 0; -EEXIST when the client's tuple has a flow (made by another CPU
 * meanwhile); -EADDRINUSE when the endpoint's tuple belongs to another flow. The
 * caller keeps @flow on errors.
 */
int ipsvc_flow_insert(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		      struct ipsvc_flow_half **clash)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_tuple orig, reply;
	u32 hash[2];
	int err = 0;

	half_tuple(&flow->half[0], &orig);
	half_tuple(&flow->half[1], &reply);
	hash[0] = ipsvc_flow_hash(flows, &orig);
	hash[1] = ipsvc_flow_hash(flows, &reply);

	ipsvc_flow_lock_buckets(flows, hash[0], hash[1]);
	*clash = ipsvc_flow_find(flows, &orig, hash[0]);
	if (*clash) {
		err = -EEXIST;
	} else if (ipsvc_flow_find(flows, &reply, hash[1])) {
		err = -EADDRINUSE;
	} else {
		half_link(flows, &flow->half[1], hash[1]);
		half_link(flows, &flow->half[0], hash[0]);
	}
	ipsvc_flow_unlock_buckets(flows, hash[0], hash[1]);

	if (!err)
		ipsvc_flow_gc_start(flows);
	return err;
}

/**
 * ipsvc_flow_unlink - takes a flow out of the table
 * @flows: the flow table
 * @flow: a flow in it
 *
 * Readers may see it for another grace period. Only the collector calls this,
 * so a flow is unlinked once.
 */
void ipsvc_flow_unlink(struct ipsvc_flows *flows, struct ipsvc_flow *flow)
{
	u32 orig = half_hash(flows, &flow->half[0]);
	u32 reply = half_hash(flows, &flow->half[1]);

	ipsvc_flow_lock_buckets(flows, orig, reply);
	half_unlink(flows, &flow->half[0], orig);
	half_unlink(flows, &flow->half[1], reply);
	ipsvc_flow_unlock_buckets(flows, orig, reply);
}

/**
 * ipsvc_flow_kill - makes a flow match nothing; the collector frees it
 * @flow: a flow in the table
 *
 * Context: any, under RCU. Killing twice is harmless.
 */
void ipsvc_flow_kill(struct ipsvc_flow *flow)
{
	int i;

	for (i = 0; i < 2; i++)
		WRITE_ONCE(flow->half[i].flags,
			   flow->half[i].flags | IPSVC_HALF_DEAD);
}

/**
 * ipsvc_flow_next_bucket - the next bucket that has flows
 * @flows: the flow table
 * @bucket: where to begin
 *
 * A flow that was inserted before the caller's last full barrier is not missed.
 *
 * Return: the first such bucket that is not before @bucket, or more than the
 * table's mask.
 */
u32 ipsvc_flow_next_bucket(const struct ipsvc_flows *flows, u32 bucket)
{
	return find_next_bit(flows->used, flows->mask + 1, bucket);
}

/**
 * ipsvc_flow_walk_bucket - calls a function for the live flows of a bucket
 * @inst: the instance
 * @bucket: which
 * @skip: how many of its flows to pass over, to resume a dump
 * @pos: counts flows up to and without the one where @fn returned nonzero
 * @fn: the function
 * @arg: for it
 *
 * Context: takes RCU.
 * Return: 0 at the end of the bucket, or what @fn returned.
 */
int ipsvc_flow_walk_bucket(struct ipsvc_instance *inst, u32 bucket, u32 skip,
			   u32 *pos, ipsvc_flow_walk_fn fn, void *arg)
{
	struct ipsvc_flow_half *half;
	int err = 0;

	*pos = 0;
	rcu_read_lock();
	for (half = rcu_dereference(inst->flows.buckets[bucket]); half;
	     half = rcu_dereference(half->next)) {
		if (READ_ONCE(half->flags) & (IPSVC_HALF_REPLY | IPSVC_HALF_DEAD))
			continue;
		if (*pos >= skip) {
			err = fn(inst, ipsvc_half_flow(half), arg);
			if (err)
				break;
		}
		(*pos)++;
	}
	rcu_read_unlock();
	return err;
}

#ifdef DEBUG
#include "selftest/flow.c"
#endif
