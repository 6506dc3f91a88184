// SPDX-License-Identifier: GPL-2.0
/* Schedulers that share by weight: random, round robin, weighted round robin. */
#include <linux/gcd.h>
#include <linux/math64.h>
#include <linux/random.h>

#include "sched.h"

/* The golden ratio, of 2^32. */
#define GOLDEN	2654435769U

/* The candidate that has the @at-th of all shares. */
static u32 owner(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among, u32 at)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 low = 0, high = among->n - 1, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (slot[mid].sum - among->before > at)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* A random one, in proportion to the weights. */
u32 ipsvc_sched_any(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among)
{
	if (among->even)
		return get_random_u32_below(among->n);
	return owner(set, among, get_random_u32_below(among->sum));
}

static u32 pick_random(const struct ipsvc_endpoint_set *set,
		       const struct ipsvc_candidates *among,
		       const struct ipsvc_sched_query *query)
{
	return ipsvc_sched_any(set, among);
}

static u32 pick_rr(const struct ipsvc_endpoint_set *set,
		   const struct ipsvc_candidates *among,
		   const struct ipsvc_sched_query *query)
{
	return (u32)atomic_inc_return(query->turn) % among->n;
}

/*
 * Multiples of the stride come to each of the shares once in so many turns, and
 * those that follow each other are far apart: of any number of turns an endpoint
 * gets about its part, and none gets its turns in a row. No state but the turn.
 */
u32 ipsvc_sched_stride(u32 turns)
{
	u32 stride = max_t(u32, (u64)turns * GOLDEN >> 32, 1);

	while (gcd(stride, turns) != 1)
		stride++;
	return stride;
}

static u32 pick_wrr(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among,
		    const struct ipsvc_sched_query *query)
{
	u32 turns = among->sum / among->unit;
	u32 turn = (u32)atomic_inc_return(query->turn) % turns, at;

	div_u64_rem((u64)turn * among->stride, turns, &at);
	return owner(set, among, at * among->unit);
}

const struct ipsvc_sched_ops ipsvc_sched_random = {
	.name = "random",
	.pick = pick_random,
};

const struct ipsvc_sched_ops ipsvc_sched_rr = {
	.name = "rr",
	.pick = pick_rr,
};

const struct ipsvc_sched_ops ipsvc_sched_wrr = {
	.name = "wrr",
	.pick = pick_wrr,
};
