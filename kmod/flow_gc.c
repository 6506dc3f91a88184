// SPDX-License-Identifier: GPL-2.0
/*
 * Collecting flows: one worker an instance goes round the buckets with a budget,
 * instead of a timer a flow. What it takes out is freed in batches, one grace
 * period a batch; with no flow in the table it does not run at all.
 *
 * Also the beginning and the end of the table, and the walk that ends UDP flows
 * of what was removed.
 */
#include "flow_gc.h"

#include <linux/find.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "stats.h"

/* Flows freed with one grace period. */
#define GC_BATCH	4096
/* How long one run may take, and how long it then rests. */
#define GC_BUDGET	usecs_to_jiffies(5000)
#define GC_REST		HZ
/* Buckets with flows between two looks at the clock. */
#define GC_STRIDE	64
/* A table this full (in eighths) gives up closed and unanswered flows early. */
#define GC_PRESSURE	7
#define GC_PRESSURE_IDLE	5	/* seconds */
#define GC_PRESSURE_CLOSED	2	/* seconds */
/* How often a full table may make the collector run at once. */
#define GC_KICK_INTERVAL	(HZ / 10)

static const struct ipsvc_flow_timeouts default_timeouts = {
	.tcp_syn = 60,
	.tcp_established = 86400,	/* kube-proxy's tcpEstablishedTimeout */
	.tcp_closing = 3600,		/* kube-proxy's tcpCloseWaitTimeout */
	.tcp_closed = 60,
	.udp = 30,
	.udp_stream = 120,
};

static void flow_free(struct ipsvc_instance *inst, struct ipsvc_flow *flow)
{
	struct ipsvc_endpoint *ep;

	rcu_read_lock();
	ep = ipsvc_endpoint_find(inst, flow->half[0].owner);
	if (!WARN_ON_ONCE(!ep)) {
		atomic_dec(&ep->flows);
		atomic_dec(&ep->service->flows);
		ipsvc_endpoint_put(inst, ep);
	}
	rcu_read_unlock();
	ipsvc_flow_release(&inst->flows, flow);
}

static void free_batch(struct ipsvc_instance *inst, u32 n)
{
	u32 i;

	if (!n)
		return;
	synchronize_rcu();
	for (i = 0; i < n; i++)
		flow_free(inst, inst->flows.dying[i]);
}

static bool flow_is_over(const struct ipsvc_flows *flows,
			 const struct ipsvc_flow *flow, bool pressure)
{
	s32 idle;
	u8 state;

	if (READ_ONCE(flow->half[0].flags) & IPSVC_HALF_DEAD)
		return true;
	if (ipsvc_flow_remaining(&flows->timeouts, flow) <= 0)
		return true;
	if (!pressure)
		return false;
	state = ipsvc_flow_state(flow);
	idle = ipsvc_flow_idle(flow);
	/* The last packets of a connection are still to come, or show that an RST was forged. */
	if (state == IPSVC_FLOW_CLOSED)
		return idle > GC_PRESSURE_CLOSED * HZ;
	/* One question, answered or not: nobody misses it. */
	return idle > GC_PRESSURE_IDLE * HZ &&
	       (state == IPSVC_FLOW_NEW ||
		(flow->half[0].proto == IPPROTO_UDP &&
		 !(READ_ONCE(flow->half[0].seen) & IPSVC_SEEN_STREAM)));
}

/* Collects what is over in one bucket; fewer when the batch is full. */
static u32 collect_bucket(struct ipsvc_instance *inst, u32 bucket, u32 n,
			  bool pressure)
{
	struct ipsvc_flows *flows = &inst->flows;
	struct ipsvc_flow_half *half, *next;
	struct ipsvc_flow *flow;

	rcu_read_lock();
	for (half = rcu_dereference(flows->buckets[bucket]);
	     half && n < GC_BATCH; half = next) {
		next = rcu_dereference(half->next);
		if (ipsvc_half_is_reply(half))
			continue;
		flow = ipsvc_half_flow(half);
		if (!flow_is_over(flows, flow, pressure))
			continue;
		if (!(READ_ONCE(half->flags) & IPSVC_HALF_DEAD)) {
			ipsvc_flow_kill(flow);
			ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_EXPIRED);
		}
		ipsvc_flow_unlink(flows, flow);
		flows->dying[n++] = flow;
	}
	rcu_read_unlock();
	return n;
}

/* One run. Returns true when a round of the table ended in it. */
static bool collect(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	unsigned long end = jiffies + GC_BUDGET;
	bool pressure, round = false;
	u32 n = 0, visited = 0;

	pressure = atomic_read(&flows->count) >
		   READ_ONCE(flows->max) / 8 * GC_PRESSURE;
	for (;;) {
		flows->gc_next = ipsvc_flow_next_bucket(flows, flows->gc_next);
		round = flows->gc_next > flows->mask;
		if (round)
			break;
		n = collect_bucket(inst, flows->gc_next, n, pressure);
		if (n == GC_BATCH)
			break;
		flows->gc_next++;
		if (++visited % GC_STRIDE)
			continue;
		cond_resched();
		if (time_after(jiffies, end))
			break;
	}
	if (round)
		flows->gc_next = 0;
	free_batch(inst, n);
	return round;
}

/*
 * The table is empty: without services nobody needs the hooks any more. Returns
 * false when that cannot be decided now. No waiting for the mutex: its holder
 * may wait for the collector.
 */
static bool rest(struct ipsvc_instance *inst)
{
	struct ipsvc_net *pn = ipsvc_net(inst->net);
	bool empty;

	if (!mutex_trylock(&pn->lock))
		return false;
	/* A packet may have had memory for a flow just now. */
	empty = !atomic_read(&inst->flows.count);
	if (pn->instance == inst && !inst->n_services && empty)
		ipsvc_hooks_unregister(inst);
	mutex_unlock(&pn->lock);
	return empty;
}

void ipsvc_flow_gc_work(struct work_struct *work)
{
	struct ipsvc_flows *flows =
		container_of(to_delayed_work(work), struct ipsvc_flows, gc);
	struct ipsvc_instance *inst =
		container_of(flows, struct ipsvc_instance, flows);
	bool round = collect(inst);

	if (!atomic_read(&flows->count) && rest(inst))
		return;
	/* An insertion meanwhile has queued it already, for a long rest. */
	if (round)
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_REST);
	else
		mod_delayed_work(system_unbound_wq, &flows->gc, 1);
}

void ipsvc_flow_gc_start(struct ipsvc_flows *flows)
{
	if (!delayed_work_pending(&flows->gc))
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_REST);
}

void ipsvc_flow_gc_kick(struct ipsvc_flows *flows)
{
	mod_delayed_work(system_unbound_wq, &flows->gc, 0);
}

void ipsvc_flow_gc_pressed(struct ipsvc_flows *flows)
{
	unsigned long last = READ_ONCE(flows->kicked);

	if (time_after(jiffies, last + GC_KICK_INTERVAL) &&
	    cmpxchg(&flows->kicked, last, jiffies) == last)
		ipsvc_flow_gc_kick(flows);
}

static void tables_free(struct ipsvc_flows *flows)
{
	kvfree(flows->dying);
	kvfree(flows->locks);
	kvfree(flows->used);
	kvfree(flows->buckets);
}

/**
 * ipsvc_flows_init - an empty flow table with the default limits
 * @inst: the instance
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM, nothing is left allocated then.
 */
int ipsvc_flows_init(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	u32 i, buckets = IPSVC_FLOWS_MAX_DEFAULT;

	/* Two locks must not share a word of @used. */
	BUILD_BUG_ON(IPSVC_FLOWS_MAX_DEFAULT / IPSVC_FLOW_LOCKS < BITS_PER_LONG);
	flows->buckets = kvcalloc(buckets, sizeof(*flows->buckets),
				  GFP_KERNEL_ACCOUNT);
	flows->used = kvcalloc(BITS_TO_LONGS(buckets), sizeof(long),
			       GFP_KERNEL_ACCOUNT);
	flows->locks = kvmalloc_array(IPSVC_FLOW_LOCKS, sizeof(*flows->locks),
				      GFP_KERNEL_ACCOUNT);
	flows->dying = kvmalloc_array(GC_BATCH, sizeof(*flows->dying),
				      GFP_KERNEL_ACCOUNT);
	if (!flows->buckets || !flows->used || !flows->locks || !flows->dying) {
		tables_free(flows);
		return -ENOMEM;
	}
	for (i = 0; i < IPSVC_FLOW_LOCKS; i++)
		spin_lock_init(&flows->locks[i]);
	flows->mask = buckets - 1;
	flows->lock_shift = ilog2(buckets / IPSVC_FLOW_LOCKS);
	flows->max = IPSVC_FLOWS_MAX_DEFAULT;
	flows->timeouts = default_timeouts;
	get_random_bytes(&flows->key, sizeof(flows->key));
	flows->kicked = jiffies - HZ;
	atomic_set(&flows->count, 0);
	INIT_DELAYED_WORK(&flows->gc, ipsvc_flow_gc_work);
	return 0;
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
	struct ipsvc_flow_half *half;
	u32 i, visited = 0;

	cancel_delayed_work_sync(&flows->gc);
	for_each_set_bit(i, flows->used, flows->mask + 1) {
		while ((half = rcu_dereference_protected(flows->buckets[i], true))) {
			struct ipsvc_flow *flow = ipsvc_half_flow(half);

			ipsvc_flow_unlink(flows, flow);
			flow_free(inst, flow);
		}
		if (!(++visited % GC_STRIDE))
			cond_resched();
	}
	WARN_ON_ONCE(atomic_read(&flows->count));
	tables_free(flows);
}

/*
 * A flow is stale when its endpoint was removed, or when what the client
 * connects to no longer leads to the endpoint's service.
 */
static bool flow_is_stale(struct ipsvc_instance *inst,
			  const struct ipsvc_flow *flow)
{
	const struct ipsvc_flow_half *half = &flow->half[0];
	struct ipsvc_endpoint *ep = ipsvc_endpoint_find(inst, half->owner);
	struct ipsvc_frontend_key key = {
		.addr = ipsvc_addr_v4(half->daddr),
		.port = half->dport,
		.proto = half->proto,
	};
	struct ipsvc_frontend *fe;

	if (!ep || READ_ONCE(ep->removed))
		return true;
	fe = ipsvc_frontend_find(&inst->frontends, &key);
	if (!fe) {
		key.addr.ip4 = 0;
		fe = ipsvc_frontend_find(&inst->frontends, &key);
	}
	return !fe || fe->service != ep->service;
}

static int purge_one(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		     void *arg)
{
	bool *any = arg;

	if (flow->half[0].proto == IPPROTO_UDP && flow_is_stale(inst, flow)) {
		ipsvc_flow_kill(flow);
		ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_PURGED);
		*any = true;
	}
	return 0;
}

/**
 * ipsvc_flow_purge_removed - ends the UDP flows of what was removed
 * @inst: the instance
 *
 * The caller has marked the endpoints &ipsvc_endpoint.removed and unpublished
 * the frontends, with smp_mb() after that; who inserts a flow looks at the mark
 * afterwards. So none is missed, and after this no datagram goes where it
 * should not. TCP flows stay, as Kubernetes has it.
 *
 * Context: may sleep, &ipsvc_net.walkers. Walks all flows.
 */
void ipsvc_flow_purge_removed(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	bool any = false;
	u32 i, pos, visited = 0;

	for (i = 0; (i = ipsvc_flow_next_bucket(flows, i)) <= flows->mask; i++) {
		ipsvc_flow_walk_bucket(inst, i, 0, &pos, purge_one, &any);
		if (!(++visited % GC_STRIDE))
			cond_resched();
	}
	if (any)
		ipsvc_flow_gc_kick(flows);
}
