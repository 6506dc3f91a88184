// SPDX-License-Identifier: GPL-2.0
/*
 * Maglev's table: against a slow model, its balance by weight, and what moves when an
 * endpoint goes.
 */
#include "selftest.h"

#include <linux/init.h>
#include <linux/random.h>

#define MAGLEV_MAX	40

struct maglev_world {
	struct ipsvc_endpoint ep[MAGLEV_MAX];
	u16 before[16381];
	u16 model[16381];
	u32 share[MAGLEV_MAX];
	u16 weight[MAGLEV_MAX]; /* at random */
};

static bool __init maglev_fail(const char *what, u32 i, u32 got)
{
	pr_err("ipsvc: sched_hash self-tests: FAIL: %s (%u: %u)\n", what, i, got);
	return false;
}

/* A set of the endpoints but @without; weight 0: at random. */
static struct ipsvc_endpoint_set *__init
maglev_set(struct maglev_world *w, u32 n, u32 size, u16 weight, u32 without)
{
	static const u8 key[16] __initconst = "a key of a test";
	struct ipsvc_service_options options = {
		.scheduler = IPSVC_SCHEDULER_MAGLEV,
		.hash_size = size,
	};
	struct ipsvc_endpoint_set *set;
	u32 i, at = 0;

	size = ipsvc_sched_table_size(&options, n);
	set = kvzalloc(struct_size(set, slot, n) + size * sizeof(u16),
		       GFP_KERNEL);
	if (!set)
		return NULL;
	memcpy(options.hash_key, key, sizeof(key));
	for (i = 0; at < n; i++) {
		if (i == without)
			continue;
		w->ep[i].addr = ipsvc_addr_v4(htonl(0x0af40000 + i));
		w->ep[i].port = htons(8080);
		set->slot[at].ep = &w->ep[i];
		set->slot[at++].weight = weight ?: w->weight[i];
	}
	set->n = n;
	set->options = options;
	set->scope[0].n = n;
	set->scope[0].table_size = size;
	set->scope[0].table = (u16 *)&set->slot[n];
	if (!ipsvc_sched_build(set))
		return set;
	kvfree(set);
	return NULL;
}

/* Whose turn it is in a round: who has waited longest. MAGLEV_MAX: nobody's. */
static u32 __init maglev_next(const struct ipsvc_endpoint_set *set,
			      const u32 *turns, const u32 *last, u32 largest,
			      u32 round)
{
	u32 i, next = MAGLEV_MAX;

	for (i = 0; i < set->n; i++)
		if ((turns[i] + 1) * largest <= round * set->slot[i].weight &&
		    (next == MAGLEV_MAX || last[i] < last[next]))
			next = i;
	return next;
}

/* The next entry of an endpoint's order that is free. */
static u32 __init maglev_free(const struct ipsvc_endpoint_set *set, u32 i,
			      const u16 *table)
{
	u64 order = hash(&set->options, &set->slot[i].ep->addr,
			 set->slot[i].ep->port, WITH_PORT);
	u64 size = set->scope[0].table_size, at = (u32)order % size;

	while (table[at] != FREE)
		at = (at + (order >> 32) % (size - 1) + 1) % size;
	return at;
}

/* As the paper has it, with all endpoints looked at for each entry. */
static void __init maglev_model(const struct ipsvc_endpoint_set *set, u16 *table)
{
	u32 turns[MAGLEV_MAX] = {}, last[MAGLEV_MAX], largest = 0;
	u32 i, round, taken = 0, size = set->scope[0].table_size;

	memset(table, 0xff, size * sizeof(*table));
	for (i = 0; i < set->n; i++) {
		largest = max_t(u32, largest, set->slot[i].weight);
		last[i] = i;
	}
	for (round = 1; taken < size; round++) {
		while ((i = maglev_next(set, turns, last, largest, round)) <
			       MAGLEV_MAX && taken < size) {
			table[maglev_free(set, i, table)] = i;
			last[i] = MAGLEV_MAX + taken++;
			turns[i]++;
		}
	}
}

/* What each has of the table is within @slack of its weight. */
static bool __init maglev_balance(struct maglev_world *w,
				  const struct ipsvc_endpoint_set *set, u32 slack)
{
	u32 i, want, size = set->scope[0].table_size;

	memset(w->share, 0, sizeof(w->share));
	for (i = 0; i < size; i++) {
		if (set->scope[0].table[i] >= set->n)
			return maglev_fail("an entry without owner", i, 0);
		w->share[set->scope[0].table[i]]++;
	}
	for (i = 0; i < set->n; i++) {
		want = (u64)size * set->slot[i].weight /
		       set->slot[set->n - 1].sum;
		if (w->share[i] + slack < want || w->share[i] > want + slack)
			return maglev_fail("not its share", i, w->share[i]);
	}
	return true;
}

/* Of the entries that @gone did not have, at most @permille have moved. */
static bool __init maglev_moved(const struct maglev_world *w,
				const struct ipsvc_endpoint_set *set, u32 gone,
				u32 permille)
{
	u32 i, moved = 0, was, is, size = set->scope[0].table_size;

	for (i = 0; i < size; i++) {
		was = w->before[i];
		is = set->scope[0].table[i];
		/* Those behind the one that is gone have another number. */
		is += is >= gone;
		moved += was != gone && was != is;
	}
	if (moved * 1000 <= permille * size)
		return true;
	return maglev_fail("too much has moved, of thousand", gone,
			   moved * 1000 / size);
}

/* All but one of @n endpoints, each left out in turn. */
static bool __init maglev_removals(struct maglev_world *w, u32 n, u32 size,
				   u16 weight, u32 permille)
{
	struct ipsvc_endpoint_set *set = maglev_set(w, n, size, weight, n);
	bool ok;
	u32 i;

	if (!set)
		return maglev_fail("no memory", n, size);
	size = set->scope[0].table_size;
	ok = maglev_balance(w, set, 2);
	maglev_model(set, w->model);
	if (memcmp(w->model, set->scope[0].table, size * sizeof(u16)))
		ok = maglev_fail("not as the model", n, size);
	memcpy(w->before, set->scope[0].table, size * sizeof(u16));
	kvfree(set);
	for (i = 0; i < n && ok && n > 2; i += 1 + n / 8) {
		set = maglev_set(w, n - 1, size, weight, i);
		if (!set)
			return maglev_fail("no memory", n, size);
		ok = maglev_moved(w, set, i, permille);
		kvfree(set);
	}
	return ok;
}

bool __init ipsvc_sched_hash_selftest(void)
{
	struct maglev_world *w = kvzalloc(sizeof(*w), GFP_KERNEL);
	bool ok;
	u32 i;

	if (!w)
		return maglev_fail("no memory", 0, 0);
	for (i = 0; i < MAGLEV_MAX; i++)
		w->weight[i] = get_random_u32_below(20) + 1;
	ok = maglev_removals(w, 2, 0, 1, 0) &
	     maglev_removals(w, 10, 0, 7, 20) &
	     maglev_removals(w, 20, 0, 1, 20) &
	     maglev_removals(w, MAGLEV_MAX, 0, 65535, 20) &
	     maglev_removals(w, 3, 16381, 1, 20) &
	     /* Weights change more: rounds are counted by the largest one. */
	     maglev_removals(w, 20, 16381, 0, 40);
	if (ipsvc_sched_hash_size(0, 65535) != IPSVC_HASH_SIZE_MAX ||
	    ipsvc_sched_hash_size(5000, 2) != 8191)
		ok = maglev_fail("the size of the table", 0, 0);
	if (ok)
		pr_info("ipsvc: sched_hash self-tests: pass\n");
	kvfree(w);
	return ok;
}
