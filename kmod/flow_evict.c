// SPDX-License-Identifier: GPL-2.0
/*
 * Early eviction: at the cap a new flow takes the place of one that was never
 * accepted or answered, so that such flows do not keep clients out. The packet
 * that creates the new flow pays for the search, which is short.
 */
#include <linux/in.h>
#include <linux/spinlock.h>

#include "flow.h"
#include "ipsvc.h"
#include "stats.h"

/*
 * The best of EVICT_CANDIDATES flows is evicted: of fewer, a client that has just
 * begun to connect might be the only one. Half of the buckets hold reply halves
 * only, others flows that are never evicted: the search is bounded.
 */
#define EVICT_CANDIDATES	4
#define EVICT_BUCKETS_MAX	64
/* Evicted flows that make the collector run. */
#define EVICT_KICK	(IPSVC_FLOW_EVICTED_MAX / 4)

/* Higher ranks go first. A new connection has time for an answer. */
enum evict_rank {
	EVICT_NEVER,
	EVICT_CONNECTING,
	EVICT_DIRECT,
	EVICT_ANSWERED,
	EVICT_HALF_OPEN,
	EVICT_UNCONFIRMED,
};

/* The best candidate so far. */
struct evict_search {
	struct ipsvc_flow *flow;
	enum evict_rank rank;
	s32 idle; /* jiffies */
	u32 candidates; /* flows seen that may be evicted */
};

static enum evict_rank rank_of(const struct ipsvc_half *orig)
{
	s32 silent = (u32)jiffies - READ_ONCE(orig->stamp);

	if (ipsvc_half_is_dead(orig))
		return EVICT_NEVER;
	if (!ipsvc_half_is_confirmed(orig))
		return silent < HZ / 20 ? EVICT_CONNECTING : EVICT_UNCONFIRMED;
	if (ipsvc_flow_is_half_open(orig))
		return silent < HZ ? EVICT_CONNECTING : EVICT_HALF_OPEN;
	/* One datagram and its answer. */
	if (orig->proto == IPPROTO_UDP &&
	    !(READ_ONCE(orig->seen) & IPSVC_SEEN_STREAM))
		return EVICT_ANSWERED;
	/* Not translated: it only gives up the reservation of its tuple. */
	if ((orig->flags & (IPSVC_HALF_DIRECT | IPSVC_HALF_MASQ)) ==
	    IPSVC_HALF_DIRECT)
		return EVICT_DIRECT;
	return EVICT_NEVER;
}

static int consider(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		    void *arg)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	enum evict_rank rank = rank_of(orig);
	struct evict_search *best = arg;
	s32 idle = ipsvc_flow_idle(orig);

	if (rank == EVICT_NEVER)
		return 0;
	best->candidates++;
	if (rank < best->rank || (rank == best->rank && idle <= best->idle))
		return 0;
	best->flow = flow;
	best->rank = rank;
	best->idle = idle;
	return 0;
}

/* Kills a flow and hands it to the collector. */
static bool evict(struct ipsvc_flows *flows, struct ipsvc_flow *flow)
{
	bool done = false;
	u32 n;

	spin_lock_bh(&flows->evict_lock);
	n = flows->n_evicted;
	if (n < IPSVC_FLOW_EVICTED_MAX &&
	    ipsvc_flow_kill(flow, IPSVC_HALF_DEAD | IPSVC_HALF_EVICTED)) {
		flows->evicted[n] = flow;
		flows->n_evicted = n + 1;
		ipsvc_flow_uncount(flows);
		done = true;
	}
	spin_unlock_bh(&flows->evict_lock);
	if (n >= EVICT_KICK && !(n % EVICT_KICK))
		mod_delayed_work(system_unbound_wq, &flows->gc, 0);
	return done;
}

/*
 * Any context, under RCU. Evicts a flow near @hash: the highest rank first, of
 * equal ranks the one that is idle for longer. Returns whether one was evicted;
 * it is not counted any more.
 */
bool ipsvc_flow_evict(struct ipsvc_instance *inst, u32 hash)
{
	struct evict_search best = { .rank = EVICT_NEVER };
	struct ipsvc_flow_range range = { .end = hash };
	u32 i, pos;

	for (i = 0; i < EVICT_BUCKETS_MAX; i++) {
		if (best.candidates >= EVICT_CANDIDATES)
			break;
		range = ipsvc_flow_next_bucket(&inst->flows, range.end);
		if (range.begin > U32_MAX) {
			range.end = 0;
			continue;
		}
		ipsvc_flow_walk_bucket(inst, &range, 0, &pos, consider, &best);
	}
	if (best.flow && evict(&inst->flows, best.flow)) {
		ipsvc_stat_inc(inst, IPSVC_STAT_FLOW_EVICTED);
		return true;
	}
	ipsvc_flow_gc_kick(&inst->flows);
	return false;
}
