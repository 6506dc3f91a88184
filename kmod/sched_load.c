// SPDX-License-Identifier: GPL-2.0
/*
 * Schedulers that look at what endpoints have to do: two random choices, least
 * connections, weighted least connections. What counts is the flows that this
 * node has to an endpoint.
 */
#include <linux/minmax.h>
#include <linux/random.h>

#include "sched.h"

/* Whether @a has fewer flows than @b, in proportion to their weights. */
static bool is_less(const struct ipsvc_endpoint_slot *a, u32 a_weight,
		    const struct ipsvc_endpoint_slot *b, u32 b_weight)
{
	return (u64)atomic_read(&a->ep->flows) * b_weight <
	       (u64)atomic_read(&b->ep->flows) * a_weight;
}

static u32 pick_p2c(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among,
		    const struct ipsvc_sched_query *query)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 a = ipsvc_sched_any(set, among);
	u32 b = ipsvc_sched_any(set, among);

	if (b == a)
		b = (a + 1 + get_random_u32_below(among->n - 1)) % among->n;
	return is_less(&slot[b], slot[b].weight, &slot[a], slot[a].weight) ?
	       b : a;
}

/*
 * The least of all, or of so many from a random one on. Among equals the first one
 * that was looked at, who is random, too: a service without flows is shared by
 * weight.
 */
static u32 least(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among, bool weighted)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 i, n = min_t(u32, among->n, IPSVC_SCHED_SCAN_MAX);
	u32 best, at;

	at = weighted ? ipsvc_sched_any(set, among) :
			get_random_u32_below(among->n);
	best = at;
	for (i = 1; i < n; i++) {
		at = at + 1 < among->n ? at + 1 : 0;
		if (is_less(&slot[at], weighted ? slot[at].weight : 1,
			    &slot[best], weighted ? slot[best].weight : 1))
			best = at;
	}
	return best;
}

static u32 pick_lc(const struct ipsvc_endpoint_set *set,
		   const struct ipsvc_candidates *among,
		   const struct ipsvc_sched_query *query)
{
	return least(set, among, false);
}

static u32 pick_wlc(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among,
		    const struct ipsvc_sched_query *query)
{
	return least(set, among, true);
}

const struct ipsvc_sched_ops ipsvc_sched_p2c = {
	.name = "p2c",
	.pick = pick_p2c,
};

const struct ipsvc_sched_ops ipsvc_sched_lc = {
	.name = "lc",
	.pick = pick_lc,
};

const struct ipsvc_sched_ops ipsvc_sched_wlc = {
	.name = "wlc",
	.pick = pick_wlc,
};
