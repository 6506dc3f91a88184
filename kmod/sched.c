// SPDX-License-Identifier: GPL-2.0
/*
 * Choice of an endpoint for a new flow: the schedulers, and what they have in
 * common, weights and limits.
 */
#include "sched.h"

#include <linux/gcd.h>
#include <linux/minmax.h>
#include <linux/ipsvc.h>

static const struct ipsvc_sched_ops * const schedulers[] = {
	[IPSVC_SCHEDULER_RANDOM] = &ipsvc_sched_random,
	[IPSVC_SCHEDULER_RR] = &ipsvc_sched_rr,
	[IPSVC_SCHEDULER_WRR] = &ipsvc_sched_wrr,
	[IPSVC_SCHEDULER_P2C] = &ipsvc_sched_p2c,
	[IPSVC_SCHEDULER_LC] = &ipsvc_sched_lc,
	[IPSVC_SCHEDULER_WLC] = &ipsvc_sched_wlc,
	[IPSVC_SCHEDULER_SH] = &ipsvc_sched_sh,
	[IPSVC_SCHEDULER_MAGLEV] = &ipsvc_sched_maglev,
};

const char *ipsvc_sched_name(const struct ipsvc_endpoint_set *set)
{
	return schedulers[set->options.scheduler]->name;
}

u32 ipsvc_sched_table_size(const struct ipsvc_service_options *options, u32 n)
{
	/* There is no choice from one. */
	if (!schedulers[options->scheduler]->build || n < 2)
		return 0;
	return ipsvc_sched_hash_size(options->hash_size, n);
}

static void add_weights(struct ipsvc_endpoint_set *set)
{
	u32 i, sum = 0;

	/* Whatever the weights, the sum of all fits. */
	BUILD_BUG_ON((u64)IPSVC_ENDPOINTS_MAX * U16_MAX > U32_MAX);
	for (i = 0; i < set->n; i++) {
		sum += set->slot[i].weight;
		set->slot[i].sum = sum;
	}
}

static int build(const struct ipsvc_endpoint_set *set,
		 struct ipsvc_candidates *c)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, c);
	u32 i;

	c->even = true;
	for (i = 0; i < c->n; i++) {
		c->unit = gcd(c->unit, slot[i].weight);
		c->even &= slot[i].weight == slot[0].weight;
	}
	if (!c->n)
		return 0;
	c->before = c->first ? set->slot[c->first - 1].sum : 0;
	c->sum = slot[c->n - 1].sum - c->before;
	c->stride = ipsvc_sched_stride(c->sum / c->unit);
	return c->table_size ?
	       schedulers[set->options.scheduler]->build(set, c) : 0;
}

int ipsvc_sched_build(struct ipsvc_endpoint_set *set)
{
	int err = 0;
	u32 i;

	add_weights(set);
	for (i = 0; i < IPSVC_SCOPES && !err; i++)
		err = build(set, &set->scope[i]);
	return err;
}

/* Where the chosen one is full, the next that is not gets the flow. */
const struct ipsvc_endpoint_slot *
ipsvc_sched_pick(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among,
		 const struct ipsvc_sched_query *query)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 at = 0, tries = min_t(u32, among->n, IPSVC_SCHED_SCAN_MAX);

	if (among->n > 1)
		at = schedulers[set->options.scheduler]->pick(set, among,
							      query);
	for (; tries && ipsvc_slot_is_full(&slot[at]); tries--)
		at = at + 1 < among->n ? at + 1 : 0;
	return tries ? &slot[at] : NULL;
}

#ifdef DEBUG
#include "selftest/sched.c"
#endif
