// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of the flow table: setup, resizing while it is used, and walks.
 *
 * The collector alone replaces a table. The new one becomes the future of the
 * old one; after a grace period everybody who misses in the old one looks in
 * the new one, too. Then the halves move, each from the end of its chain: a
 * reader on a half that moves continues in a chain of the new table, and misses
 * nothing of the old one, because the moved half was the last. Then the new
 * table replaces the old.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "flow.h"
#include "ipsvc.h"

/* Nonempty buckets between two calls of cond_resched(). */
#define STRIDE		64
/* A table with this many buckets for each flow shrinks. */
#define SPARSE		16

static const struct ipsvc_flow_timeouts default_timeouts = {
	.tcp_syn = 60,
	.tcp_established = 86400,	/* kube-proxy's tcpEstablishedTimeout */
	.tcp_closing = 3600,		/* kube-proxy's tcpCloseWaitTimeout */
	.tcp_closed = 60,
	.udp = 30,
	.udp_stream = 120,
	.sctp_init = 30,
	.sctp_established = 210,	/* nf_conntrack's, of 7 heartbeats */
	.sctp_closing = 10,
};

static struct ipsvc_flow_table *table_alloc(u32 bits)
{
	struct ipsvc_flow_table *table;

	table = kvzalloc(struct_size(table, bucket, BIT(bits)),
			 GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table)
		return NULL;
	table->used = kvcalloc(BITS_TO_LONGS(BIT(bits)), sizeof(long),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!table->used) {
		kvfree(table);
		return NULL;
	}
	table->bits = bits;
	table->shift = 32 - bits;
	return table;
}

static void table_free(struct ipsvc_flow_table *table)
{
	if (table)
		kvfree(table->used);
	kvfree(table);
}

static void flows_free(struct ipsvc_flows *flows)
{
	table_free(rcu_dereference_protected(flows->table, true));
	mem_cgroup_put(flows->memcg);
	kvfree(flows->unlinked);
	kvfree(flows->dying);
	kvfree(flows->evicted);
	kvfree(flows->locks);
}

static struct ipsvc_flow **batch_alloc(u32 n)
{
	return kvcalloc(n, sizeof(struct ipsvc_flow *), GFP_KERNEL_ACCOUNT);
}

/* May sleep. Flows are charged to the caller's memory cgroup. 0 or -ENOMEM. */
int ipsvc_flows_init(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_flow_table *table = table_alloc(IPSVC_FLOW_BITS_MIN);
	u32 i;

	flows->memcg = get_mem_cgroup_from_mm(current->mm);
	flows->locks = kvmalloc_array(IPSVC_FLOW_LOCKS, sizeof(*flows->locks),
				      GFP_KERNEL_ACCOUNT);
	flows->evicted = batch_alloc(IPSVC_FLOW_EVICTED_MAX);
	flows->dying = batch_alloc(IPSVC_FLOW_BATCH + IPSVC_FLOW_EVICTED_MAX);
	flows->unlinked = batch_alloc(IPSVC_FLOW_BATCH +
				      IPSVC_FLOW_EVICTED_MAX);
	RCU_INIT_POINTER(flows->table, table);
	if (!table || !flows->locks || !flows->evicted || !flows->dying ||
	    !flows->unlinked) {
		flows_free(flows);
		return -ENOMEM;
	}
	for (i = 0; i < IPSVC_FLOW_LOCKS; i++)
		spin_lock_init(&flows->locks[i]);
	spin_lock_init(&flows->evict_lock);
	flows->grow_at = BIT(IPSVC_FLOW_BITS_MIN);
	flows->buckets = BIT(IPSVC_FLOW_BITS_MIN);
	flows->max = IPSVC_FLOWS_MAX_DEFAULT;
	flows->timeouts = default_timeouts;
	get_random_bytes(&flows->key, sizeof(flows->key));
	flows->kicked = jiffies - HZ;
	atomic_set(&flows->count, 0);
	INIT_DELAYED_WORK(&flows->gc, ipsvc_flow_gc_work);
	return 0;
}

static void free_chain(struct ipsvc_instance *inst,
		       struct ipsvc_half __rcu **head)
{
	struct ipsvc_half *half;
	struct ipsvc_flow *flow;

	while ((half = rcu_dereference_protected(*head, true))) {
		flow = ipsvc_half_flow(half);
		ipsvc_flow_unlink(&inst->flows, flow);
		ipsvc_flow_free(inst, flow);
	}
}

/* May sleep. Frees the table and all flows, after the last packet. */
void ipsvc_flows_exit(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_flow_table *table;
	u32 i;

	cancel_delayed_work_sync(&flows->gc);
	for (i = 0; i < flows->n_unlinked; i++)
		ipsvc_flow_free(inst, flows->unlinked[i]);
	table = rcu_dereference_protected(flows->table, true);
	for_each_set_bit(i, table->used, BIT(table->bits)) {
		free_chain(inst, &table->bucket[i]);
		cond_resched();
	}
	WARN_ON_ONCE(atomic_read(&flows->count));
	flows_free(flows);
}

/* Returns the last half of a chain; @at: the pointer to it. */
static struct ipsvc_half *chain_tail(struct ipsvc_half __rcu **head,
				     struct ipsvc_half __rcu ***at)
{
	struct ipsvc_half *half = rcu_dereference_protected(*head, true), *next;

	for (*at = head; half; half = next) {
		next = rcu_dereference_protected(half->next, true);
		if (!next)
			break;
		*at = &half->next;
	}
	return half;
}

/* Under the lock of the bucket, which is that of the new buckets as well. */
static void move_bucket(struct ipsvc_flow_table *from,
			struct ipsvc_flow_table *to, u32 bucket)
{
	struct ipsvc_half __rcu **head, **at;
	struct ipsvc_half *half;
	u32 target;

	while ((half = chain_tail(&from->bucket[bucket], &at))) {
		target = half->hash >> to->shift;
		head = &to->bucket[target];
		rcu_assign_pointer(half->next,
				   rcu_dereference_protected(*head, true));
		rcu_assign_pointer(*head, half);
		__set_bit(target, to->used);
		rcu_assign_pointer(*at, NULL);
	}
	__clear_bit(bucket, from->used);
}

static void move_all(struct ipsvc_flows *flows, struct ipsvc_flow_table *from,
		     struct ipsvc_flow_table *to)
{
	u32 shift = from->bits - IPSVC_FLOW_LOCK_BITS;
	u32 bucket, visited = 0, n = BIT(from->bits);

	for (bucket = 0; bucket < n; bucket++) {
		bucket = find_next_bit(from->used, n, bucket);
		if (bucket >= n)
			break;
		spin_lock_bh(&flows->locks[bucket >> shift]);
		move_bucket(from, to, bucket);
		spin_unlock_bh(&flows->locks[bucket >> shift]);
		if (!(++visited % STRIDE))
			cond_resched();
	}
}

/* After growing, at most one flow (two halves) for each bucket. */
static u32 wanted_bits(const struct ipsvc_flows *flows, u32 bits)
{
	u32 count = max(atomic_read(&flows->count), 1);

	if (count <= BIT(bits) && count >= BIT(bits) / SPARSE)
		return bits;
	return clamp_t(u32, ilog2(count) + 1, IPSVC_FLOW_BITS_MIN,
		       IPSVC_FLOW_BITS_MAX);
}

/*
 * In the collector; sleeps for two grace periods when it replaces the table.
 * Lookups and insertions go on. Without memory the table stays as it is.
 */
void ipsvc_flows_resize(struct ipsvc_flows *flows)
{
	struct ipsvc_flow_table *from, *to;
	struct mem_cgroup *memcg;
	u32 bits;

	from = rcu_dereference_protected(flows->table, true);
	bits = wanted_bits(flows, from->bits);
	if (bits == from->bits)
		return;
	memcg = set_active_memcg(flows->memcg);
	to = table_alloc(bits);
	set_active_memcg(memcg);
	/* Set even without memory: no retry with each flow that is inserted. */
	WRITE_ONCE(flows->grow_at, bits == IPSVC_FLOW_BITS_MAX ? U32_MAX :
							       BIT(bits));
	if (!to)
		return;
	WRITE_ONCE(flows->resizes, flows->resizes + 1);
	rcu_assign_pointer(from->future, to);
	/* From here on every reader looks in the future table, too. */
	synchronize_rcu();
	move_all(flows, from, to);
	rcu_assign_pointer(flows->table, to);
	WRITE_ONCE(flows->buckets, BIT(bits));
	synchronize_rcu();
	WRITE_ONCE(flows->resizes, flows->resizes + 1);
	table_free(from);
}

/* The first nonempty bucket from @i on, in units of a table of 2^@bits. */
static u32 next_used(const struct ipsvc_flow_table *table, u32 bits, u32 i)
{
	u32 fine = table->bits - bits;

	return find_next_bit(table->used, BIT(table->bits), i << fine) >> fine;
}

/**
 * ipsvc_flow_next_bucket() - find the next nonempty bucket
 * @flows: the flow table
 * @hash: where to begin; a walk continues at &ipsvc_flow_range.end
 *
 * While the table is replaced, a bucket is one of the smaller table and the
 * range of the larger one that corresponds to it. No flow is missed that was
 * inserted before the caller's last full barrier.
 *
 * Context: any. Return: the hashes of the bucket that holds @hash, or of the
 * next.
 */
struct ipsvc_flow_range ipsvc_flow_next_bucket(const struct ipsvc_flows *flows,
					       u64 hash)
{
	const struct ipsvc_flow_table *table, *future;
	struct ipsvc_flow_range range = { U64_MAX, U64_MAX };
	u32 bits, i;

	if (hash > U32_MAX)
		return range;
	rcu_read_lock();
	table = rcu_dereference(flows->table);
	future = rcu_dereference(table->future);
	bits = future ? min(table->bits, future->bits) : table->bits;
	i = next_used(table, bits, hash >> (32 - bits));
	if (future)
		i = min(i, next_used(future, bits, hash >> (32 - bits)));
	rcu_read_unlock();
	if (i >= BIT(bits))
		return range;
	range.begin = (u64)i << (32 - bits);
	range.end = range.begin + BIT_ULL(32 - bits);
	return range;
}

static int walk_chain(struct ipsvc_instance *inst, struct ipsvc_half *half,
		      u32 skip, u32 *pos, ipsvc_flow_walk_fn fn, void *arg)
{
	struct ipsvc_half *next;
	int err;

	for (; half; half = next) {
		next = rcu_dereference(half->next);
		if (ipsvc_half_is_reply(half))
			continue;
		if (*pos >= skip) {
			err = fn(inst, ipsvc_half_flow(half), arg);
			if (err)
				return err;
		}
		(*pos)++;
	}
	return 0;
}

/**
 * ipsvc_flow_walk_bucket() - call a function for each flow of a bucket
 * @inst: the instance
 * @range: from ipsvc_flow_next_bucket()
 * @skip: number of flows to skip, to resume a dump
 * @pos: set to the number of flows up to the one where @fn returned nonzero
 * @fn: the function
 * @arg: passed to @fn
 *
 * A flow that moves meanwhile is seen once or twice.
 *
 * Context: takes RCU. Return: 0 at the end of the bucket, or what @fn returned.
 */
int ipsvc_flow_walk_bucket(struct ipsvc_instance *inst,
			   const struct ipsvc_flow_range *range, u32 skip,
			   u32 *pos, ipsvc_flow_walk_fn fn, void *arg)
{
	const struct ipsvc_flow_table *table;
	int err;
	u64 i;

	*pos = 0;
	rcu_read_lock();
	table = rcu_dereference(inst->flows.table);
	do {
		i = range->begin >> table->shift;
		/* After a resize the range may be smaller than a bucket. */
		do {
			err = walk_chain(inst,
					 rcu_dereference(table->bucket[i]),
					 skip, pos, fn, arg);
		} while (!err && ++i << table->shift < range->end);
		table = rcu_dereference(table->future);
	} while (!err && table);
	rcu_read_unlock();
	return err;
}

/**
 * ipsvc_flow_walk() - call a function for each flow
 * @inst: the instance
 * @fn: the function; what it returns does not matter
 * @arg: passed to @fn
 *
 * Context: may sleep.
 */
void ipsvc_flow_walk(struct ipsvc_instance *inst, ipsvc_flow_walk_fn fn,
		     void *arg)
{
	struct ipsvc_flow_range range = {};
	u32 pos, visited = 0;

	while ((range = ipsvc_flow_next_bucket(&inst->flows, range.end)).begin <=
	       U32_MAX) {
		ipsvc_flow_walk_bucket(inst, &range, 0, &pos, fn, arg);
		if (!(++visited % STRIDE))
			cond_resched();
	}
}
