// SPDX-License-Identifier: GPL-2.0
/*
 * The collector of expired flows: one worker for each instance, which scans the
 * table with a budget, instead of one timer for each flow. A flow is killed,
 * unlinked a grace period later, so that a packet between the two hooks still
 * finds it, and freed after another one. The worker stops when the table is
 * empty.
 */
#include <linux/rcupdate.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "stats.h"
#include "trace.h"

/* How long one run may take, and the interval between scans of the table. */
#define GC_BUDGET	usecs_to_jiffies(5000)
#define GC_INTERVAL	HZ
/* Nonempty buckets between two checks of the clock. */
#define GC_STRIDE	64
/* In a table this full (eighths) closed and unanswered flows expire early. */
#define GC_PRESSURE	7
#define GC_PRESSURE_IDLE	5	/* seconds */
#define GC_PRESSURE_CLOSED	2	/* seconds */

/* Frees a flow that no reader can see, and drops its references. */
void ipsvc_flow_free(struct ipsvc_instance *inst, struct ipsvc_flow *flow)
{
	u32 id = ipsvc_flow_orig(flow)->endpoint;
	struct ipsvc_endpoint *ep;

	trace_flow_end(inst, flow);
	rcu_read_lock();
	ep = id ? ipsvc_endpoint_find(inst, id) : NULL;
	if (ep)
		ipsvc_endpoint_put_flow(inst, ep);
	rcu_read_unlock();
	ipsvc_flow_release(&inst->flows, flow);
}

/* A direct flow reserves its tuple only while the endpoint exists. */
static bool is_unneeded(struct ipsvc_instance *inst,
			const struct ipsvc_half *orig)
{
	const union ipsvc_addr addr = ipsvc_half_get(orig, IPSVC_DADDR);

	return (orig->flags & (IPSVC_HALF_DIRECT | IPSVC_HALF_MASQ)) ==
		       IPSVC_HALF_DIRECT &&
	       !ipsvc_endpoint_exists(inst, orig->proto, &addr, orig->dport);
}

static bool is_expired(struct ipsvc_instance *inst,
		       const struct ipsvc_half *orig, bool pressure)
{
	const struct ipsvc_flows *flows = &inst->flows;
	s32 idle;

	if (is_unneeded(inst, orig))
		return true;
	if (ipsvc_flow_remaining(&flows->timeouts, orig) <= 0)
		return true;
	if (!pressure)
		return false;
	idle = ipsvc_flow_idle(orig);
	if (ipsvc_flow_state(orig) == IPSVC_FLOW_CLOSED)
		return idle > GC_PRESSURE_CLOSED * HZ;
	/* Half-open, or one datagram, answered or not. */
	return idle > GC_PRESSURE_IDLE * HZ &&
	       (ipsvc_flow_is_half_open(orig) ||
		(orig->proto == IPPROTO_UDP &&
		 !(READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM)));
}

/* Collects a flow that has expired or was killed elsewhere. */
static int collect_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
			void *arg)
{
	struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	struct ipsvc_flows *flows = &inst->flows;
	const bool *pressure = arg;
	u8 flags = READ_ONCE(orig->flags);

	/* Comes through &ipsvc_flows.evicted. */
	if (flags & IPSVC_HALF_EVICTED)
		return 0;
	if (!(flags & IPSVC_HALF_DEAD)) {
		if (!is_expired(inst, orig, *pressure))
			return 0;
		if (ipsvc_flow_kill(flow, IPSVC_HALF_DEAD))
			ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_EXPIRED);
		else if (READ_ONCE(orig->flags) & IPSVC_HALF_EVICTED)
			return 0;
	}
	flows->dying[flows->n_dying++] = flow;
	return flows->n_dying == IPSVC_FLOW_BATCH;
}

/* Returns true at the end of the table. */
static bool collect(struct ipsvc_instance *inst)
{
	struct ipsvc_flows *flows = &inst->flows;
	unsigned long end = jiffies + GC_BUDGET;
	struct ipsvc_flow_range range;
	u32 visited = 0, pos;
	bool pressure = atomic_read(&flows->count) >
			READ_ONCE(flows->max) / 8 * GC_PRESSURE;

	for (;;) {
		range = ipsvc_flow_next_bucket(flows, flows->gc_pos);
		if (range.begin > U32_MAX)
			return true;
		flows->gc_pos = range.begin;
		if (ipsvc_flow_walk_bucket(inst, &range, 0, &pos, collect_flow,
					   &pressure))
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

/* Frees the flows that the last run unlinked, and unlinks those of this run. */
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
 * Unregisters the hooks when there are neither flows nor services. Returns
 * whether the collector may stop. Does not wait for the mutex, whose holder may
 * wait for the collector.
 */
static bool try_stop(struct ipsvc_instance *inst)
{
	struct ipsvc_net *pn = ipsvc_net(inst->net);
	bool empty;

	if (!mutex_trylock(&pn->lock))
		return false;
	/* A packet may have allocated a flow meanwhile. */
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
	bool at_end;

	ipsvc_flows_resize(flows);
	at_end = collect(inst);
	if (at_end)
		flows->gc_pos = 0;
	collect_evicted(flows);
	unlink_and_free(inst);
	if (!flows->n_unlinked && !atomic_read(&flows->count) && try_stop(inst))
		return;
	/* An insertion may have queued the work with the long delay: modify it. */
	if (at_end && !flows->n_unlinked)
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_INTERVAL);
	else
		mod_delayed_work(system_unbound_wq, &flows->gc, 1);
}

/* Any context: schedules the collector, when a flow is in the table. */
void ipsvc_flow_gc_start(struct ipsvc_flows *flows)
{
	if (!delayed_work_pending(&flows->gc))
		queue_delayed_work(system_unbound_wq, &flows->gc, GC_INTERVAL);
}

/* Any context: runs the collector at once, at most ten times a second. */
void ipsvc_flow_gc_kick(struct ipsvc_flows *flows)
{
	unsigned long last = READ_ONCE(flows->kicked);

	if (time_after(jiffies, last + HZ / 10) &&
	    cmpxchg(&flows->kicked, last, jiffies) == last)
		mod_delayed_work(system_unbound_wq, &flows->gc, 0);
}
