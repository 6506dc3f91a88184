// SPDX-License-Identifier: GPL-2.0
/* The choice is even, has no memory, and takes who is ready. */
#include "selftest.h"

#include <linux/init.h>
#include <linux/slab.h>
#include <linux/ipsvc.h>

#define PICKS	3000
#define READY	3
/* Of PICKS / READY, six standard deviations: once in 10^8 by chance. */
#define SLACK	160

static bool __init selftest_even(const char *what, u32 i, u32 n)
{
	if (n >= PICKS / READY - SLACK && n <= PICKS / READY + SLACK)
		return true;
	pr_err("ipsvc: sched self-tests: FAIL: %s %u: %u of %u\n", what, i, n, PICKS);
	return false;
}

/* @same: how often a pick was that of one, two or three picks before. */
static bool __init selftest_picks(const struct ipsvc_endpoint_set *set,
				  struct ipsvc_endpoint *eps)
{
	u32 picks[READY + 1] = {}, same[READY] = {}, last[READY] = {};
	u32 i, lag, pick;
	bool ok = true;

	for (i = 0; i < PICKS; i++) {
		pick = ipsvc_sched_pick(set) - eps;
		if (pick >= READY) {
			pr_err("ipsvc: sched self-tests: FAIL: one that drains\n");
			return false;
		}
		picks[pick]++;
		for (lag = 0; lag < READY; lag++)
			same[lag] += i > lag && last[(i + READY - 1 - lag) % READY] == pick;
		last[i % READY] = pick;
	}
	for (i = 0; i < READY; i++) {
		ok &= selftest_even("endpoint", i, picks[i]);
		ok &= selftest_even("again after", i + 1, same[i]);
	}
	return ok;
}

bool __init ipsvc_sched_selftest(void)
{
	struct ipsvc_endpoint_set *set;
	struct ipsvc_endpoint *eps;
	bool ok = false;
	u32 i;

	eps = kcalloc(READY + 1, sizeof(*eps), GFP_KERNEL);
	set = kzalloc(struct_size(set, slot, READY + 1), GFP_KERNEL);
	if (!eps || !set) {
		pr_err("ipsvc: sched self-tests: FAIL: no memory\n");
		goto free;
	}
	set->n = READY + 1;
	for (i = 0; i <= READY; i++)
		set->slot[i].ep = &eps[i];
	set->slot[READY].flags = IPSVC_ENDPOINT_F_DRAIN;
	set->n_ready = READY;
	ok = selftest_picks(set, eps);
	set->n_ready = 0;
	if (ipsvc_sched_pick(set)) {
		pr_err("ipsvc: sched self-tests: FAIL: one though none is ready\n");
		ok = false;
	}
	if (ok)
		pr_info("ipsvc: sched self-tests: pass\n");
free:
	kfree(set);
	kfree(eps);
	return ok;
}
