// SPDX-License-Identifier: GPL-2.0
/* Who is chosen how often: by weight, by turn, by load, and never who is not to be. */
#include "selftest.h"

#include <linux/init.h>
#include <linux/random.h>
#include <linux/slab.h>

#define SCHED_MAX	6
#define PICKS		3000

/* What schedulers see of a service port; the last endpoint drains. */
struct sched_world {
	struct ipsvc_endpoint ep[SCHED_MAX + 1];
	atomic_t turn;
	enum ipsvc_scope scope;
	u32 picks[SCHED_MAX + 1];
	u16 table[2039];
	struct ipsvc_endpoint_set set; /* and its slots */
};

static bool __init sched_fail(const char *what, u32 i, u32 got)
{
	pr_err("ipsvc: sched self-tests: FAIL: %s (%u: %u)\n", what, i, got);
	return false;
}

static void __init sched_setup(struct sched_world *w, u8 scheduler,
			       const u16 *weight, u32 n)
{
	u32 i;

	memset(w, 0, struct_size(w, set.slot, SCHED_MAX + 1));
	w->set.options.scheduler = scheduler;
	w->set.n = n + 1;
	w->set.scope[IPSVC_SCOPE_CLUSTER].n = n;
	for (i = 0; i <= n; i++) {
		w->set.slot[i].ep = &w->ep[i];
		w->set.slot[i].weight = i < n ? weight[i] : 1;
	}
	w->set.slot[n].flags = IPSVC_ENDPOINT_F_DRAIN;
	w->set.scope[IPSVC_SCOPE_CLUSTER].table_size =
		ipsvc_sched_table_size(&w->set.options, n);
	w->set.scope[IPSVC_SCOPE_CLUSTER].table = w->table;
	if (ipsvc_sched_build(&w->set))
		sched_fail("no memory", scheduler, n);
}

/* The number of the endpoint for any client; SCHED_MAX + 1: none. */
static u32 __init sched_pick(struct sched_world *w)
{
	const struct ipsvc_candidates *among = &w->set.scope[w->scope];
	const struct ipsvc_tuple tuple = {
		.saddr.ip4 = (__force __be32)get_random_u32(),
		.sport = (__force __be16)get_random_u32(),
		.family = AF_INET,
	};
	const struct ipsvc_sched_query query = {
		.tuple = &tuple,
		.turn = &w->turn,
	};
	const struct ipsvc_endpoint_slot *slot;

	slot = ipsvc_sched_pick(&w->set, among, &query);
	return slot ? slot->ep - w->ep : SCHED_MAX + 1;
}

static bool __init sched_count(struct sched_world *w, u32 picks, bool stay)
{
	const struct ipsvc_candidates *among = &w->set.scope[w->scope];
	u32 i, at;

	memset(w->picks, 0, sizeof(w->picks));
	for (i = 0; i < picks; i++) {
		at = sched_pick(w);
		if (at < among->first || at >= among->first + among->n)
			return sched_fail("one that is not to be chosen", i, at);
		w->picks[at]++;
		if (stay)
			atomic_inc(&w->ep[at].flows);
	}
	return true;
}

/* Each has its part of @picks, by the weights that count, give or take @slack. */
static bool __init sched_shares(const struct sched_world *w, const char *what,
				u32 picks, bool weighted, u32 slack)
{
	const struct ipsvc_candidates *among = &w->set.scope[w->scope];
	u32 i, end = among->first + among->n, want;
	bool ok = true;

	for (i = among->first; i < end; i++) {
		want = weighted ?
		       picks * w->set.slot[i].weight / among->sum :
		       picks / among->n;
		if (w->picks[i] + slack < want || w->picks[i] > want + slack)
			ok = sched_fail(what, i, w->picks[i]);
	}
	return ok;
}

static const u16 even[] __initconst = { 7, 7, 7 };
static const u16 odd[] __initconst = { 1, 2, 3, 10 };
/* 65535 apart: what is not in lowest terms, and the largest there is. */
static const u16 large[] __initconst = { 65535, 0x7fff, 65535 };

/* At random: six standard deviations, once in 10^8 by chance. */
#define RANDOM_SLACK	160

static bool __init sched_random(struct sched_world *w)
{
	bool ok = true;

	sched_setup(w, IPSVC_SCHEDULER_RANDOM, even, ARRAY_SIZE(even));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "random, even", PICKS, true, RANDOM_SLACK);
	sched_setup(w, IPSVC_SCHEDULER_RANDOM, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "random, by weight", PICKS, true, RANDOM_SLACK);
	/* Without flows the others are random, too. */
	sched_setup(w, IPSVC_SCHEDULER_P2C, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "p2c without flows", PICKS, true, RANDOM_SLACK);
	sched_setup(w, IPSVC_SCHEDULER_WLC, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "wlc without flows", PICKS, true, RANDOM_SLACK);
	sched_setup(w, IPSVC_SCHEDULER_LC, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "lc without flows", PICKS, false, RANDOM_SLACK);
	sched_setup(w, IPSVC_SCHEDULER_SH, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "sh of random clients", PICKS, true, RANDOM_SLACK);
	sched_setup(w, IPSVC_SCHEDULER_MAGLEV, even, ARRAY_SIZE(even));
	ok &= sched_count(w, PICKS, false) &&
	      sched_shares(w, "maglev, random", PICKS, true, RANDOM_SLACK);
	return ok;
}

/* How often a random pick was that of one, two or three picks before. */
static bool __init sched_no_memory(struct sched_world *w)
{
	u32 same[ARRAY_SIZE(even)] = {}, last[ARRAY_SIZE(even)] = {};
	u32 i, lag, pick, n = ARRAY_SIZE(even);
	bool ok = true;

	sched_setup(w, IPSVC_SCHEDULER_RANDOM, even, n);
	for (i = 0; i < PICKS; i++) {
		pick = sched_pick(w);
		for (lag = 0; lag < n; lag++)
			same[lag] += i > lag &&
				     last[(i + n - 1 - lag) % n] == pick;
		last[i % n] = pick;
	}
	for (i = 0; i < n; i++)
		if (same[i] + RANDOM_SLACK < PICKS / n ||
		    same[i] > PICKS / n + RANDOM_SLACK)
			ok = sched_fail("random, again after", i + 1, same[i]);
	return ok;
}

/* Exact over a whole round, and about so over each part of one. */
static bool __init sched_turns(struct sched_world *w)
{
	u32 picks[ARRAY_SIZE(odd)] = {}, i, j, at;
	bool ok = true;

	sched_setup(w, IPSVC_SCHEDULER_RR, odd, ARRAY_SIZE(odd));
	for (i = 0, at = sched_pick(w); i < 8; i++, at = j) {
		j = sched_pick(w);
		if (j != (at + 1) % ARRAY_SIZE(odd))
			ok = sched_fail("rr is not in turn", i, j);
	}
	sched_setup(w, IPSVC_SCHEDULER_WRR, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, 160, false) &&
	      sched_shares(w, "wrr over ten rounds", 160, true, 0);
	for (i = 0; i < 64 && ok; i++) {
		picks[sched_pick(w)]++;
		for (j = 0; j < ARRAY_SIZE(odd); j++)
			if (abs((s32)(picks[j] * 16 - (i + 1) * odd[j])) > 32)
				ok = sched_fail("wrr within a round", j, i);
	}
	sched_setup(w, IPSVC_SCHEDULER_WRR, large, ARRAY_SIZE(large));
	return sched_count(w, PICKS, false) &&
	       sched_shares(w, "wrr of large weights", PICKS, true, 4) && ok;
}

/* Flows that stay end up where the weights say. */
static bool __init sched_load(struct sched_world *w)
{
	bool ok = true;

	sched_setup(w, IPSVC_SCHEDULER_LC, odd, ARRAY_SIZE(odd));
	atomic_set(&w->ep[ARRAY_SIZE(odd)].flows, -1);
	ok &= sched_count(w, 400, true) &&
	      sched_shares(w, "lc", 400, false, 0);
	sched_setup(w, IPSVC_SCHEDULER_WLC, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, 1600, true) &&
	      sched_shares(w, "wlc", 1600, true, 2);
	sched_setup(w, IPSVC_SCHEDULER_P2C, odd, ARRAY_SIZE(odd));
	ok &= sched_count(w, 1600, true) &&
	      sched_shares(w, "p2c", 1600, true, 40);
	return ok;
}

/* Who has its most is passed over, by all of them; then nobody is left. */
static bool __init sched_limits(struct sched_world *w)
{
	bool ok = true;
	u32 i, s;

	for (s = 0; s < ARRAY_SIZE(schedulers); s++) {
		sched_setup(w, s, odd, ARRAY_SIZE(odd));
		for (i = 0; i < ARRAY_SIZE(odd); i++)
			w->set.slot[i].flows_max = 3;
		ok &= sched_count(w, 3 * ARRAY_SIZE(odd), true) &&
		      sched_shares(w, schedulers[s]->name,
				   3 * ARRAY_SIZE(odd), false, 0);
		if (sched_pick(w) <= SCHED_MAX)
			ok = sched_fail("one though all are full", s, 0);
		sched_setup(w, s, odd, 0);
		if (sched_pick(w) <= SCHED_MAX)
			ok = sched_fail("one though none is ready", s, 0);
	}
	return ok;
}

/* Candidates in the middle of a set have it all to themselves. */
static bool __init sched_scopes(struct sched_world *w)
{
	bool ok = true;
	u32 s;

	for (s = 0; s < ARRAY_SIZE(schedulers); s++) {
		sched_setup(w, s, odd, ARRAY_SIZE(odd));
		w->scope = IPSVC_SCOPE_LOCAL;
		w->set.scope[w->scope] = (struct ipsvc_candidates) {
			.first = 1,
			.n = 2,
			.table_size = ipsvc_sched_table_size(&w->set.options, 2),
			.table = w->table,
		};
		if (ipsvc_sched_build(&w->set))
			ok = sched_fail("no memory", s, 0);
		ok &= sched_count(w, 1000, true) &&
		      sched_shares(w, schedulers[s]->name, 1000,
				   s != IPSVC_SCHEDULER_RR &&
				   s != IPSVC_SCHEDULER_LC, RANDOM_SLACK);
	}
	return ok;
}

bool __init ipsvc_sched_selftest(void)
{
	struct sched_world *w;
	bool ok;

	w = kzalloc(struct_size(w, set.slot, SCHED_MAX + 1), GFP_KERNEL);
	if (!w)
		return sched_fail("no memory", 0, 0);
	ok = sched_random(w) & sched_no_memory(w) & sched_turns(w) &
	     sched_load(w) & sched_limits(w) & sched_scopes(w);
	if (ok)
		pr_info("ipsvc: sched self-tests: pass\n");
	kfree(w);
	return ok;
}
