// SPDX-License-Identifier: GPL-2.0
/* The flow table: lookup, insertion, removal. See flow.h for the rules. */
#include "flow.h"

#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "ipsvc.h"

/* Flows that one packet may evict. */
#define EVICT_TRIES	3

static struct kmem_cache *flow4_cache __read_mostly;
static struct kmem_cache *flow6_cache __read_mostly;

/* All instances together: who may make instances may not take all memory. */
static unsigned int flows_total_max __read_mostly = 16 * 1024 * 1024;
module_param(flows_total_max, uint, 0644);
MODULE_PARM_DESC(flows_total_max, "flows that all instances together may have, of 128 bytes (IPv4) or 256 (IPv6)");

static atomic_t flows_total ____cacheline_aligned_in_smp;

static struct kmem_cache *cache_create(const char *name, u8 family)
{
	size_t size = 2 * ipsvc_half_size(family);

	return kmem_cache_create(name, size, size, SLAB_ACCOUNT, NULL);
}

int ipsvc_flow_cache_init(void)
{
	BUILD_BUG_ON(sizeof(struct ipsvc_half4) != 64);
	BUILD_BUG_ON(sizeof(struct ipsvc_half6) != 128);
	flow4_cache = cache_create("ipsvc_flow", AF_INET);
	flow6_cache = cache_create("ipsvc_flow6", AF_INET6);
	if (flow4_cache && flow6_cache)
		return 0;
	ipsvc_flow_cache_exit();
	return -ENOMEM;
}

/* All flows are freed by now, none of them through call_rcu. */
void ipsvc_flow_cache_exit(void)
{
	kmem_cache_destroy(flow4_cache);
	kmem_cache_destroy(flow6_cache);
}

static struct kmem_cache *cache_of(u8 family)
{
	return family == AF_INET ? flow4_cache : flow6_cache;
}

static __always_inline u32 with_family(u32 hash, const u8 family)
{
	return family == AF_INET ? hash & ~1 : hash | 1;
}

u32 ipsvc_flow_hash4(const struct ipsvc_flows *flows,
		     const struct ipsvc_tuple *tuple)
{
	u32 hash = hsiphash_3u32((__force u32)tuple->saddr.ip4,
				 (__force u32)tuple->daddr.ip4,
				 (__force u32)tuple->sport << 16 |
				 (__force u32)tuple->dport, &flows->key);

	return with_family(hash, AF_INET);
}

u32 ipsvc_flow_hash6(const struct ipsvc_flows *flows,
		     const struct ipsvc_tuple *tuple)
{
	u32 hash = hsiphash(tuple, offsetofend(struct ipsvc_tuple, dport),
			    &flows->key);

	return with_family(hash, AF_INET6);
}

static __always_inline bool half_matches(const struct ipsvc_half *half,
					 const struct ipsvc_tuple *tuple,
					 u32 hash, const u8 family)
{
	return half->hash == hash &&
	       ipsvc_half_has(half, IPSVC_SADDR, &tuple->saddr, family) &&
	       ipsvc_half_has(half, IPSVC_DADDR, &tuple->daddr, family) &&
	       half->sport == tuple->sport && half->dport == tuple->dport &&
	       half->proto == tuple->proto && !ipsvc_half_is_dead(half);
}

/*
 * A packet between the two hooks. Where one hook does both ends, it is the first
 * one for packets of the client and the second one for answers.
 */
static __always_inline bool half_matches_routed(const struct ipsvc_half *half,
						const struct ipsvc_tuple *tuple,
						u32 hash, const u8 family)
{
	if (half->hash != hash || half->proto != tuple->proto)
		return false;
	if (!ipsvc_half_both_ends(half))
		return ipsvc_half_has(half, IPSVC_NEW_DADDR, &tuple->daddr,
				      family) &&
		       ipsvc_half_has(half, IPSVC_SADDR, &tuple->saddr,
				      family) &&
		       ipsvc_half_mid_dport(half) == tuple->dport &&
		       ipsvc_half_mid_sport(half) == tuple->sport;
	if (ipsvc_half_is_reply(half))
		return ipsvc_half_has(half, IPSVC_DADDR, &tuple->daddr,
				      family) &&
		       ipsvc_half_has(half, IPSVC_SADDR, &tuple->saddr,
				      family) &&
		       half->dport == tuple->dport &&
		       half->sport == tuple->sport;
	return ipsvc_half_has(half, IPSVC_NEW_DADDR, &tuple->daddr, family) &&
	       ipsvc_half_has(half, IPSVC_NEW_SADDR, &tuple->saddr, family) &&
	       half->new_dport == tuple->dport &&
	       half->new_sport == tuple->sport;
}

typedef bool (*match_fn)(const struct ipsvc_half *half,
			 const struct ipsvc_tuple *tuple, u32 hash,
			 const u8 family);

/* The first live half that matches, or else a dead one. */
static __always_inline struct ipsvc_half *
flow_find(const struct ipsvc_flows *flows, const struct ipsvc_tuple *tuple,
	  u32 hash, match_fn matches, const u8 family)
{
	const struct ipsvc_flow_table *table = rcu_dereference(flows->table);
	struct ipsvc_half *half, *dead = NULL;

	/* A flow that moves is in the future table before it leaves this one. */
	do {
		for (half = rcu_dereference(table->bucket[hash >> table->shift]);
		     half; half = rcu_dereference(half->next)) {
			if (!matches(half, tuple, hash, family))
				continue;
			if (likely(!ipsvc_half_is_dead(half)))
				return half;
			dead = dead ?: half;
		}
		table = rcu_dereference(table->future);
	} while (unlikely(table));
	return dead;
}

struct ipsvc_half *ipsvc_flow_find4(const struct ipsvc_flows *flows,
				    const struct ipsvc_tuple *tuple, u32 hash)
{
	return flow_find(flows, tuple, hash, half_matches, AF_INET);
}

struct ipsvc_half *ipsvc_flow_find6(const struct ipsvc_flows *flows,
				    const struct ipsvc_tuple *tuple, u32 hash)
{
	return flow_find(flows, tuple, hash, half_matches, AF_INET6);
}

/* A hint that is of the other family must not lead to a half of it. */
struct ipsvc_half *ipsvc_flow_find_routed4(const struct ipsvc_flows *flows,
					   const struct ipsvc_tuple *tuple,
					   u32 hash)
{
	return flow_find(flows, tuple, with_family(hash, AF_INET),
			 half_matches_routed, AF_INET);
}

struct ipsvc_half *ipsvc_flow_find_routed6(const struct ipsvc_flows *flows,
					   const struct ipsvc_tuple *tuple,
					   u32 hash)
{
	return flow_find(flows, tuple, with_family(hash, AF_INET6),
			 half_matches_routed, AF_INET6);
}

/* Counts a flow, if that is within the caps. */
static bool count_flow(struct ipsvc_flows *flows)
{
	int count = atomic_read(&flows->count);

	if (atomic_read(&flows_total) >= READ_ONCE(flows_total_max))
		return false;
	do {
		if (count >= READ_ONCE(flows->max))
			return false;
	} while (!atomic_try_cmpxchg(&flows->count, &count, count + 1));
	atomic_inc(&flows_total);
	return true;
}

/* A flow that is evicted gives up its place before its memory. */
void ipsvc_flow_uncount(struct ipsvc_flows *flows)
{
	atomic_dec(&flows->count);
	atomic_dec(&flows_total);
}

/* The place of an evicted flow may be another CPU's by now: then once more. */
static bool make_room(struct ipsvc_instance *inst, u32 hash)
{
	int i;

	for (i = 0; i < EVICT_TRIES && ipsvc_flow_evict(inst, hash); i++)
		if (count_flow(&inst->flows))
			return true;
	return false;
}

/**
 * ipsvc_flow_alloc - memory for a flow, within the caps
 * @inst: the instance
 * @hash: of the tuple; at the cap a flow near it is evicted, if one may be
 * @family: of both halves
 *
 * Context: under RCU, does not sleep. Charged to who made the instance.
 * Return: a flow with nothing but its family, which the caller inserts or gives
 * to ipsvc_flow_release(); ERR_PTR(-ENOSPC) at the cap, ERR_PTR(-ENOMEM).
 */
struct ipsvc_flow *ipsvc_flow_alloc(struct ipsvc_instance *inst, u32 hash,
				    u8 family)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct mem_cgroup *memcg;
	struct ipsvc_flow *flow;

	if (!count_flow(flows) && !make_room(inst, hash))
		return ERR_PTR(-ENOSPC);
	memcg = set_active_memcg(flows->memcg);
	/* No GFP_ATOMIC: it would be charged above the limit of the cgroup. */
	flow = kmem_cache_zalloc(cache_of(family), GFP_NOWAIT | __GFP_NOWARN);
	set_active_memcg(memcg);
	if (!flow) {
		ipsvc_flow_uncount(flows);
		return ERR_PTR(-ENOMEM);
	}
	ipsvc_flow_orig(flow)->family = family;
	ipsvc_flow_reply(flow)->family = family;
	return flow;
}

/* Frees a flow that never was in the table, or that no reader can see. */
void ipsvc_flow_release(struct ipsvc_flows *flows, struct ipsvc_flow *flow)
{
	if (!(ipsvc_flow_orig(flow)->flags & IPSVC_HALF_EVICTED))
		ipsvc_flow_uncount(flows);
	kmem_cache_free(cache_of(flow->orig.family), flow);
}

static u32 lock_of(u32 hash)
{
	return hash >> (32 - IPSVC_FLOW_LOCK_BITS);
}

/* One or two locks, in order, with BH off. */
static void lock_hashes(struct ipsvc_flows *flows, u32 a, u32 b)
	__acquires(&flows->locks[a]) __acquires(&flows->locks[b])
{
	u32 first = min(lock_of(a), lock_of(b));
	u32 second = max(lock_of(a), lock_of(b));

	spin_lock_bh(&flows->locks[first]);
	if (second != first)
		spin_lock_nested(&flows->locks[second], SINGLE_DEPTH_NESTING);
	else
		__acquire(&flows->locks[second]);
}

static void unlock_hashes(struct ipsvc_flows *flows, u32 a, u32 b)
	__releases(&flows->locks[a]) __releases(&flows->locks[b])
{
	u32 first = min(lock_of(a), lock_of(b));
	u32 second = max(lock_of(a), lock_of(b));

	if (second != first)
		spin_unlock(&flows->locks[second]);
	else
		__release(&flows->locks[second]);
	spin_unlock_bh(&flows->locks[first]);
}

/* The table that flows are inserted into; stable under a lock of @flows. */
static struct ipsvc_flow_table *newest_table(const struct ipsvc_flows *flows)
{
	struct ipsvc_flow_table *table, *future;

	table = rcu_dereference_protected(flows->table, true);
	future = rcu_dereference_protected(table->future, true);
	return future ?: table;
}

static void half_link(struct ipsvc_flow_table *table, struct ipsvc_half *half)
{
	u32 bucket = half->hash >> table->shift;
	struct ipsvc_half __rcu **head = &table->bucket[bucket];

	RCU_INIT_POINTER(half->next, rcu_dereference_protected(*head, true));
	rcu_assign_pointer(*head, half);
	__set_bit(bucket, table->used);
}

static bool half_unlink(struct ipsvc_flow_table *table, struct ipsvc_half *half)
{
	u32 bucket = half->hash >> table->shift;
	struct ipsvc_half __rcu **p = &table->bucket[bucket];
	struct ipsvc_half *cur;

	while ((cur = rcu_dereference_protected(*p, true)) && cur != half)
		p = &cur->next;
	if (!cur)
		return false;
	rcu_assign_pointer(*p, rcu_dereference_protected(half->next, true));
	if (!rcu_access_pointer(table->bucket[bucket]))
		__clear_bit(bucket, table->used);
	return true;
}

static __always_inline void half_tuple(const struct ipsvc_half *half,
				       struct ipsvc_tuple *tuple,
				       const u8 family)
{
	tuple->saddr = ipsvc_half_get(half, IPSVC_SADDR);
	tuple->daddr = ipsvc_half_get(half, IPSVC_DADDR);
	tuple->sport = half->sport;
	tuple->dport = half->dport;
	tuple->family = family;
	tuple->proto = half->proto;
}

static __always_inline int flow_insert(struct ipsvc_instance *inst,
				       struct ipsvc_flow *flow,
				       struct ipsvc_half **clash,
				       const u8 family)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_tuple tuple[2];
	struct ipsvc_flow_table *table;
	int err = 0;

	half_tuple(orig, &tuple[0], family);
	half_tuple(reply, &tuple[1], family);
	reply->hash = ipsvc_flow_hash(flows, &tuple[1], family);

	lock_hashes(flows, orig->hash, reply->hash);
	table = newest_table(flows);
	*clash = ipsvc_flow_find(flows, &tuple[0], orig->hash, family);
	if (*clash) {
		err = -EEXIST;
	} else {
		*clash = ipsvc_flow_find(flows, &tuple[1], reply->hash,
					 family);
		if (*clash)
			err = -EADDRINUSE;
	}
	if (!err) {
		half_link(table, reply);
		half_link(table, orig);
	}
	unlock_hashes(flows, orig->hash, reply->hash);

	if (err)
		return err;
	if (unlikely(atomic_read(&flows->count) > READ_ONCE(flows->grow_at)))
		ipsvc_flow_gc_kick(flows);
	else
		ipsvc_flow_gc_start(flows);
	return 0;
}

/**
 * ipsvc_flow_insert - puts a flow into the table, both halves or none
 * @inst: the instance
 * @flow: complete but for the hash of the reply, from ipsvc_flow_alloc()
 * @clash: set to the half that is there already, with an error
 *
 * Context: under RCU, which also keeps @clash; takes two bucket locks.
 * Return: 0; -EEXIST when the client's tuple has a flow (made by another CPU
 * meanwhile); -EADDRINUSE when the endpoint's tuple belongs to another flow. The
 * caller keeps @flow on errors.
 */
int ipsvc_flow_insert(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		      struct ipsvc_half **clash)
{
	return flow->orig.family == AF_INET ?
	       flow_insert(inst, flow, clash, AF_INET) :
	       flow_insert(inst, flow, clash, AF_INET6);
}

/**
 * ipsvc_flow_unlink - takes a flow out of the table
 * @flows: the flow table
 * @flow: a flow in it, killed a grace period ago
 *
 * Readers may see it for another grace period. Only the collector calls this,
 * so a flow is unlinked once.
 */
void ipsvc_flow_unlink(struct ipsvc_flows *flows, struct ipsvc_flow *flow)
{
	struct ipsvc_half *half[2] = {
		ipsvc_flow_orig(flow),
		ipsvc_flow_reply(flow),
	};
	struct ipsvc_flow_table *table;
	int i;

	lock_hashes(flows, half[0]->hash, half[1]->hash);
	table = rcu_dereference_protected(flows->table, true);
	for (i = 0; i < 2; i++)
		if (!half_unlink(table, half[i]))
			WARN_ON_ONCE(!half_unlink(newest_table(flows), half[i]));
	unlock_hashes(flows, half[0]->hash, half[1]->hash);
}

/**
 * ipsvc_flow_kill - makes a flow match no arriving packet; the collector frees it
 * @flow: a flow in the table
 * @flags: IPSVC_HALF_DEAD, with IPSVC_HALF_EVICTED where the caller gives the
 *	flow to the collector itself
 *
 * Context: any, under RCU.
 * Return: false when it was dead already.
 */
bool ipsvc_flow_kill(struct ipsvc_flow *flow, u8 flags)
{
	struct ipsvc_half *reply = ipsvc_flow_reply(flow);
	u8 *at = &ipsvc_flow_orig(flow)->flags;
	u8 was = READ_ONCE(*at), old;

	for (;; was = old) {
		if (was & IPSVC_HALF_DEAD)
			return false;
		old = cmpxchg(at, was, was | flags);
		if (old == was)
			break;
	}
	WRITE_ONCE(reply->flags, reply->flags | IPSVC_HALF_DEAD);
	return true;
}

#ifdef DEBUG
#include "selftest/flow.c"
#endif
