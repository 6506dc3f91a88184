// SPDX-License-Identifier: GPL-2.0
/*
 * Schedulers that hash: source hashing and Maglev. Both have Maglev's table (Eisenbud
 * et al., NSDI 2016), of the same entries on each node: every candidate prefers the
 * entries in an order of its own, and they take turns at taking one. So a candidate
 * that comes or goes moves little of what the others have. With weights a candidate
 * takes its k-th turn in the round that is k times the largest weight over its own.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/ipsvc.h>

#include "sched.h"

/* Entries for each candidate, where that many are possible. */
#define SPREAD		400
/* In the table that is being made: nobody's. */
#define FREE		U16_MAX
/* In lists: the end. */
#define NONE		U32_MAX

/* Primes: any step comes to each entry. */
static const u32 sizes[] = {
	251, 509, 1021, 2039, 4093, 8191, 16381, 32749, 65521, 131071, 262139,
	524287, IPSVC_HASH_SIZE_MAX
};

/* The size of a table of @least entries, if that is not too few for @n. */
u32 ipsvc_sched_hash_size(u32 least, u32 n)
{
	u32 i, want = max_t(u32, least, n * SPREAD);

	for (i = 0; i < ARRAY_SIZE(sizes) - 1; i++)
		if (sizes[i] >= want)
			break;
	return sizes[i];
}

/* The same on all nodes, whatever their byte order. */
static u64 hash(const struct ipsvc_service_options *options,
		const union ipsvc_addr *addr, __be16 port, size_t len)
{
	siphash_key_t key = { .key = {
		get_unaligned_le64(options->hash_key),
		get_unaligned_le64(options->hash_key + sizeof(u64)),
	} };
	struct {
		union ipsvc_addr addr;
		__be16 port;
	} __packed data = { *addr, port };

	return siphash(&data, len, &key);
}

/* An address with a port, or alone. */
#define WITH_PORT	(sizeof(union ipsvc_addr) + sizeof(__be16))
#define WITHOUT_PORT	sizeof(union ipsvc_addr)

/* A candidate that takes entries. */
struct taker {
	u32 at; /* the entry it prefers next */
	u32 step; /* from there to the one it prefers after that */
	u32 turns; /* that it has had */
	u32 next; /* of those whose turn is in the same round */
};

/* The candidates of each round, in lists. */
struct rounds {
	u32 n;
	u32 largest; /* weight */
	struct taker *taker;
	u32 *first;
	u32 *last;
};

/* Puts a candidate into the round of its next turn, if there is such a round. */
static void enqueue(struct rounds *rounds, u32 i, u32 weight)
{
	struct taker *taker = &rounds->taker[i];
	u64 round;

	taker->turns++;
	round = (u64)taker->turns * rounds->largest;
	round = div_u64(round + weight - 1, weight) - 1;
	if (round >= rounds->n)
		return;
	taker->next = NONE;
	if (rounds->first[round] == NONE)
		rounds->first[round] = i;
	else
		rounds->taker[rounds->last[round]].next = i;
	rounds->last[round] = i;
}

static void take(const struct ipsvc_candidates *among, struct taker *taker,
		 u32 i)
{
	u32 at = taker->at;

	while (among->table[at] != FREE) {
		at += taker->step;
		if (at >= among->table_size)
			at -= among->table_size;
	}
	among->table[at] = i;
	taker->at = at;
}

static void play(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among, struct rounds *rounds)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 round, i, next, left = among->table_size;

	for (round = 0; round < rounds->n; round++) {
		for (i = rounds->first[round]; i != NONE; i = next) {
			next = rounds->taker[i].next;
			take(among, &rounds->taker[i], i);
			if (!--left)
				return;
			enqueue(rounds, i, slot[i].weight);
			cond_resched();
		}
	}
	WARN_ON_ONCE(left);
}

/* So many rounds fill the table: each takes one entry at least. */
static u32 count_rounds(const struct ipsvc_candidates *among, u32 largest)
{
	u64 turns = (u64)(among->table_size + among->n) * largest;

	return min_t(u64, among->table_size,
		     div_u64(turns, among->sum) + 1);
}

static bool rounds_init(struct rounds *rounds,
			const struct ipsvc_endpoint_set *set,
			const struct ipsvc_candidates *among)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 i;

	for (i = 0; i < among->n; i++)
		rounds->largest = max_t(u32, rounds->largest, slot[i].weight);
	rounds->n = count_rounds(among, rounds->largest);
	rounds->taker = kvcalloc(among->n, sizeof(*rounds->taker),
				 GFP_KERNEL_ACCOUNT);
	rounds->first = kvmalloc_array(rounds->n, sizeof(*rounds->first),
				       GFP_KERNEL_ACCOUNT);
	rounds->last = kvmalloc_array(rounds->n, sizeof(*rounds->last),
				      GFP_KERNEL_ACCOUNT);
	if (!rounds->taker || !rounds->first || !rounds->last)
		return false;
	memset(rounds->first, 0xff, rounds->n * sizeof(*rounds->first));
	return true;
}

static int build(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among)
{
	const struct ipsvc_endpoint_slot *slot = ipsvc_sched_slots(set, among);
	u32 i, size = among->table_size;
	struct rounds rounds = {};
	int err = -ENOMEM;
	u64 order;

	if (!rounds_init(&rounds, set, among))
		goto free;
	for (i = 0; i < among->n; i++) {
		order = hash(&set->options, &slot[i].ep->addr,
			     slot[i].ep->port, WITH_PORT);
		rounds.taker[i].at = (u32)order % size;
		rounds.taker[i].step = (u32)(order >> 32) % (size - 1) + 1;
		enqueue(&rounds, i, slot[i].weight);
	}
	memset(among->table, 0xff, size * sizeof(*among->table));
	play(set, among, &rounds);
	err = 0;
free:
	kvfree(rounds.taker);
	kvfree(rounds.first);
	kvfree(rounds.last);
	return err;
}

static u32 pick(const struct ipsvc_endpoint_set *set,
		const struct ipsvc_candidates *among,
		const struct ipsvc_sched_query *query, size_t len)
{
	const union ipsvc_addr addr = ipsvc_tuple_saddr(query->tuple);
	u64 at = hash(&set->options, &addr, query->tuple->sport, len);

	return among->table[(u32)at % among->table_size];
}

static u32 pick_sh(const struct ipsvc_endpoint_set *set,
		   const struct ipsvc_candidates *among,
		   const struct ipsvc_sched_query *query)
{
	return pick(set, among, query, WITHOUT_PORT);
}

static u32 pick_maglev(const struct ipsvc_endpoint_set *set,
		       const struct ipsvc_candidates *among,
		       const struct ipsvc_sched_query *query)
{
	return pick(set, among, query, WITH_PORT);
}

const struct ipsvc_sched_ops ipsvc_sched_sh = {
	.name = "sh",
	.build = build,
	.pick = pick_sh,
};

const struct ipsvc_sched_ops ipsvc_sched_maglev = {
	.name = "maglev",
	.build = build,
	.pick = pick_maglev,
};

#ifdef DEBUG
#include "selftest/sched_hash.c"
#endif
