// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of the flow table: begin and end, growing and shrinking while it is
 * used, and walks through it.
 *
 * A table is replaced like this, by the collector alone: the new one becomes the
 * future of the old one; after a grace period everybody who misses in the old
 * one looks in the new one, too; the halves move, each from the end of its
 * chain, so that a reader on one goes on in a chain that is none of its own but
 * misses nothing; the new one takes the place of the old.
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

/* Buckets with flows between two looks at the scheduler. */
#define STRIDE		64
/* A table of this many buckets a flow is too large. */
#define SPARSE		16

static const struct ipsvc_flow_timeouts default_timeouts = {
	.tcp_syn = 60,
	.tcp_established = 86400,	/* kube-proxy's tcpEstablishedTimeout */
	.tcp_closing = 3600,		/* kube-proxy's tcpCloseWaitTimeout */
	.tcp_closed = 60,
	.udp = 30,
	.udp_stream = 120,
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

/**
 * ipsvc_flows_init - an empty flow table with the default limits
 * @inst: the instance; its flows are charged to the caller's cgroup
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM, nothing is left allocated then.
 */
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

/**
 * ipsvc_flows_exit - frees the table and all flows
 * @inst: the instance; no packet can reach the table any more: the hooks are
 *	gone and a grace period has passed
 *
 * Context: may sleep.
 */
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

/* The last half of a chain, and the pointer to it. */
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

/* Under the lock of the bucket's hashes, which is that of the new ones as well. */
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

/* A flow a bucket, two halves, after growing; far fewer before shrinking. */
static u32 wanted_bits(const struct ipsvc_flows *flows, u32 bits)
{
	u32 count = max(atomic_read(&flows->count), 1);

	if (count <= BIT(bits) && count >= BIT(bits) / SPARSE)
		return bits;
	return clamp_t(u32, ilog2(count) + 1, IPSVC_FLOW_BITS_MIN,
		       IPSVC_FLOW_BITS_MAX);
}

/**
 * ipsvc_flows_resize - give the table the size its flows need
 * @flows: the flow table; lookups and insertions go on
 *
 * Without memory the table stays as it is, and chains become longer.
 *
 * Context: the collector; sleeps for two grace periods when it does something.
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
	/* Not with each flow that is inserted, where there is no memory. */
	WRITE_ONCE(flows->grow_at, bits == IPSVC_FLOW_BITS_MAX ? U32_MAX :
							       BIT(bits));
	if (!to)
		return;
	WRITE_ONCE(flows->resizes, flows->resizes + 1);
	rcu_assign_pointer(from->future, to);
	/* Nobody misses what has moved. */
	synchronize_rcu();
	move_all(flows, from, to);
	rcu_assign_pointer(flows->table, to);
	WRITE_ONCE(flows->buckets, BIT(bits));
	synchronize_rcu();
	WRITE_ONCE(flows->resizes, flows->resizes + 1);
	table_free(from);
}

/* The first bucket of 2^@bits that has a chain in @table and is not before @i. */
static u32 next_used(const struct ipsvc_flow_table *table, u32 bits, u32 i)
{
	u32 fine = table->bits - bits;

	return find_next_bit(table->used, BIT(table->bits), i << fine) >> fine;
}

/**
 * ipsvc_flow_next_bucket - the next bucket that has flows
 * @flows: the flow table
 * @hash: where to begin; a walk goes on with &ipsvc_flow_range.end
 *
 * While the table is replaced a bucket is one of the smaller table, with all of
 * the larger one that it stands for. A flow that was inserted before the
 * caller's last full barrier is not missed.
 *
 * Context: any.
 * Return: the range of the bucket that holds @hash, or of the first one after it.
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

/* The arguments of ipsvc_flow_walk_bucket(). */
struct chain_walk {
	struct ipsvc_instance *inst;
	u32 skip;
	u32 *pos;
	ipsvc_flow_walk_fn fn;
	void *arg;
};

static int walk_chain(const struct chain_walk *walk, struct ipsvc_half *half)
{
	struct ipsvc_half *next;
	int err;

	for (; half; half = next) {
		next = rcu_dereference(half->next);
		if (ipsvc_half_is_reply(half))
			continue;
		if (*walk->pos >= walk->skip) {
			err = walk->fn(walk->inst, ipsvc_half_flow(half),
				       walk->arg);
			if (err)
				return err;
		}
		(*walk->pos)++;
	}
	return 0;
}

static int walk_range(const struct chain_walk *walk,
		      const struct ipsvc_flow_table *table,
		      const struct ipsvc_flow_range *range)
{
	u64 i = range->begin >> table->shift;
	int err = 0;

	/* A range of a table that is gone is at least the bucket it begins in. */
	do {
		err = walk_chain(walk, rcu_dereference(table->bucket[i]));
	} while (!err && ++i << table->shift < range->end);
	return err;
}

/**
 * ipsvc_flow_walk_bucket - calls a function for the flows of a bucket
 * @inst: the instance
 * @range: from ipsvc_flow_next_bucket()
 * @skip: how many of its flows to pass over, to resume a dump
 * @pos: counts flows up to and without the one where @fn returned nonzero
 * @fn: the function
 * @arg: for it
 *
 * A flow that moves meanwhile may be seen twice, and is seen once at least.
 *
 * Context: takes RCU.
 * Return: 0 at the end of the bucket, or what @fn returned.
 */
int ipsvc_flow_walk_bucket(struct ipsvc_instance *inst,
			   const struct ipsvc_flow_range *range, u32 skip,
			   u32 *pos, ipsvc_flow_walk_fn fn, void *arg)
{
	const struct chain_walk walk = { inst, skip, pos, fn, arg };
	const struct ipsvc_flow_table *table;
	int err;

	*pos = 0;
	rcu_read_lock();
	table = rcu_dereference(inst->flows.table);
	do {
		err = walk_range(&walk, table, range);
		table = rcu_dereference(table->future);
	} while (!err && table);
	rcu_read_unlock();
	return err;
}
