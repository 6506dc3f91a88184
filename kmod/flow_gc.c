// SPDX-License-Identifier: GPL-2.0
/*
 * Collecting flows: one worker an instance goes round the table with a budget,
 * instead of a timer a flow. A flow that is over is killed in one run, unlinked
 * after a grace period, so that a packet between the two hooks still finds it,
 * and freed after another one. With no flow in the table the worker rests.
 */
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "stats.h"
#include "trace.h"

/* How long one run may take, and how long the worker then rests. */
#define GC_BUDGET	usecs_to_jiffies(5000)
#define GC_REST		HZ
/* Buckets with flows between two looks at the clock. */
#define GC_STRIDE	64
/* A table this full (in eighths) gives up closed and unanswered flows early. */
#define GC_PRESSURE	7
#define GC_PRESSURE_IDLE	5	/* seconds */
#define GC_PRESSURE_CLOSED	2	/* seconds */

/**
 * struct gc_run - one run of the collector
 * @pressure: the table is nearly full
 */
struct gc_run {
	bool pressure;
};

/* Frees a flow that no reader can see, and gives back what it holds. */
void ipsvc_flow_free(struct ipsvc_instance *inst, struct ipsvc_flow *flow)
{
	u32 id = ipsvc_flow_orig(flow)->endpoint;
	struct ipsvc_endpoint *ep;

	trace_flow_end(inst, flow);
	rcu_read_lock();
	ep = id ? ipsvc_endpoint_find(inst, id) : NULL;
	if (ep) {
		atomic_dec(&ep->flows);
		atomic_dec(&ep->service->flows);
		ipsvc_endpoint_put(inst, ep);
	}
	rcu_read_unlock();
	ipsvc_flow_release(&inst->flows, flow);
}

/* There is no endpoint any more that a direct flow reserves its tuple towards. */
static bool is_pointless(struct ipsvc_instance *inst,
			 const struct ipsvc_half *orig)
{
	const union ipsvc_addr addr = ipsvc_addr_v4(ipsvc_half4(orig)->daddr);

	return (orig->flags & (IPSVC_HALF_DIRECT | IPSVC_HALF_MASQ)) ==
		       IPSVC_HALF_DIRECT &&
	       !ipsvc_endpoint_exists(inst, orig->proto, &addr, orig->dport);
}

static bool is_over(struct ipsvc_instance *inst, const struct ipsvc_half *orig,
		    bool pressure)
{
	const struct ipsvc_flows *flows = &inst->flows;
	s32 idle;

	if (is_pointless(inst, orig))
		return true;
	if (ipsvc_flow_remaining(&flows->timeouts, orig) <= 0)
		return true;
	if (!pressure)
		return false;
	idle = ipsvc_flow_idle(orig);
	if (ipsvc_flow_state(orig) == IPSVC_FLOW_CLOSED)
		return idle > GC_PRESSURE_CLOSED * HZ;
	/* One question, answered or not: nobody misses it. */
	return idle > GC_PRESSURE_IDLE * HZ &&
	       (ipsvc_flow_is_half_open(orig) ||
		(orig->proto == IPPROTO_UDP &&
		 !(READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM)));
}

/* Takes a flow that is over, or was killed by somebody else. */
static int collect_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
			void *arg)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_flows *flows = &inst->flows;
	const struct gc_run *run = arg;
	u8 flags = READ_ONCE(orig->flags);

	/* Those come through @evicted. */
	if (flags & IPSVC_HALF_EVICTED)
		return 0;
	if (!(flags & IPSVC_HALF_DEAD)) {
		if (!is_over(inst, orig, run->pressure))
			return 0;
		if (ipsvc_flow_kill(flow, IPSVC_HALF_DEAD))
			ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_EXPIRED);
		else if (READ_ONCE(orig->flags) & IPSVC_HALF_EVICTED)
			return 0;
	}
	flows->dying[flows->n_dying++] = flow;
	return flows->n_dying == IPSVC_FLOW_BATCH;
}

/* Returns true when a round of the table ended. */
static bool collect(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	unsigned long end = jiffies + GC_BUDGET;
	struct ipsvc_flow_range range;
	u32 visited = 0, pos;
	struct gc_run run = {
		.pressure = atomic_read(&flows->count) >
			    READ_ONCE(flows->max) / 8 * GC_PRESSURE,
	};

	for (;;) {
		range = ipsvc_flow_next_bucket(flows, flows->gc_pos);
		if (range.begin > U32_MAX)
			return true;
		flows->gc_pos = range.begin;
		if (ipsvc_flow_walk_bucket(inst, &range, 0, &pos, collect_flow,
					   &run))
			return false;
		flows->gc_pos = range.end;
		if (range.end > U32_MAX)
			return true;
		if (++visited % GC_STRIDE)
			continue;
		cond_resched();
		if (time_after(jiffies, end))
			return false;
	}
}

static void collect_evicted(struct ipsvc_flows *flows)
{
	u32 i;

	spin_lock_bh(&flows->evict_lock);
	for (i = 0; i < flows->n_evicted; i++)
		flows->dying[flows->n_dying++] = flows->evicted[i];
	flows->n_evicted = 0;
	spin_unlock_bh(&flows->evict_lock);
}

/* One grace period a run: what was unlinked before it is freed, the next unlinked. */
static void unlink_and_free(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	u32 i;

	if (!flows->n_dying && !flows->n_unlinked)
		return;
	synchronize_rcu();
	for (i = 0; i < flows->n_unlinked; i++) {
		ipsvc_flow_free(inst, flows->unlinked[i]);
		if (!(i % GC_STRIDE))
			cond_resched();
	}
	for (i = 0; i < flows->n_dying; i++) {
		ipsvc_flow_unlink(flows, flows->dying[i]);
		if (!(i % GC_STRIDE))
			cond_resched();
	}
	swap(flows->dying, flows->unlinked);
	flows->n_unlinked = flows->n_dying;
	flows->n_dying = 0;
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
	bool round;

	ipsvc_flows_resize(flows);
	round = collect(inst);
	if (round)
		flows->gc_pos = 0;
	collect_evicted(flows);
	unlink_and_free(inst);
	if (!flows->n_unlinked && !atomic_read(&flows->count) && rest(inst))
		return;
	/* An insertion meanwhile has queued it already, for a long rest. */
	if (round && !flows->n_unlinked)
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_REST);
	else
		mod_delayed_work(system_unbound_wq, &flows->gc, 1);
}

/* Any context: there is something to collect, sooner or later. */
void ipsvc_flow_gc_start(struct ipsvc_flows *flows)
{
	if (!delayed_work_pending(&flows->gc))
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_REST);
}

/* Any context: the collector is to run at once, at most ten times a second. */
void ipsvc_flow_gc_kick(struct ipsvc_flows *flows)
{
	unsigned long last = READ_ONCE(flows->kicked);

	if (time_after(jiffies, last + HZ / 10) &&
	    cmpxchg(&flows->kicked, last, jiffies) == last)
		mod_delayed_work(system_unbound_wq, &flows->gc, 0);
}
