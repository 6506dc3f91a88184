// SPDX-License-Identifier: GPL-2.0
/* The lookup table of frontends: open addressing, linear probing, RCU. */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/once.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <net/ipv6.h>

#include "flow.h"
#include "service.h"

/* Percentage of used slots above which the table is rebuilt. */
#define FILL_MAX	60
#define SLOTS_MIN	64

/*
 * Marks the slot of a deleted frontend, so that lookups probe on. No lookup has
 * its key, whose protocol is 0.
 */
static struct ipsvc_frontend tombstone;

static hsiphash_key_t frontend_hash_key __read_mostly;

static inline u32 frontend_hash(const struct ipsvc_frontend_key *key)
{
	u32 rest = (u32)key->proto << 16 | (__force u16)key->port;

	/* Keys of IPv4 differ in two words only. */
	if (likely(ipv6_addr_v4mapped(&key->addr.ip6)))
		return hsiphash_2u32((__force u32)key->addr.ip4, rest,
				     &frontend_hash_key);
	return hsiphash(key, sizeof(*key), &frontend_hash_key);
}

static inline bool same_key(const struct ipsvc_frontend_key *a,
			    const struct ipsvc_frontend_key *b)
{
	return ipv6_addr_equal(&a->addr.ip6, &b->addr.ip6) &&
	       a->port == b->port && a->proto == b->proto;
}

static struct ipsvc_frontend_slots *
slots_locked(const struct ipsvc_frontends *table)
{
	/* Writers hold &ipsvc_net.lock of the instance the table is part of. */
	return rcu_dereference_protected(table->slots, 1);
}

static struct ipsvc_frontend *slot_locked(struct ipsvc_frontend_slots *slots,
					  u32 i)
{
	return rcu_dereference_protected(slots->slot[i & slots->mask], 1);
}

static struct ipsvc_frontend_slots *slots_alloc(u32 n)
{
	struct ipsvc_frontend_slots *slots;

	slots = kvzalloc(struct_size(slots, slot, n), GFP_KERNEL_ACCOUNT);
	if (slots)
		slots->mask = n - 1;
	return slots;
}

/**
 * ipsvc_frontend_alloc() - make a frontend, not in any table yet
 * @key: copied
 * @svc: whose it is
 *
 * Context: process. Return: the frontend or NULL; free with kfree() before it is
 * published, with kfree_rcu() after it was replaced or unpublished.
 */
struct ipsvc_frontend *
ipsvc_frontend_alloc(const struct ipsvc_frontend_key *key,
		     struct ipsvc_service *svc)
{
	struct ipsvc_frontend *fe;

	fe = kzalloc(sizeof(*fe), GFP_KERNEL_ACCOUNT);
	if (!fe)
		return NULL;
	fe->key = *key;
	fe->hash = frontend_hash(key);
	fe->service = svc;
	return fe;
}

/* Process context. Sets up an empty table; returns 0 or -ENOMEM. */
int ipsvc_frontends_init(struct ipsvc_frontends *table)
{
	struct ipsvc_frontend_slots *slots;

	get_random_once(&frontend_hash_key, sizeof(frontend_hash_key));
	slots = slots_alloc(SLOTS_MIN);
	if (!slots)
		return -ENOMEM;
	table->live = 0;
	rcu_assign_pointer(table->slots, slots);
	return 0;
}

/* Frees a table without readers; its frontends are left to the caller. */
void ipsvc_frontends_exit(struct ipsvc_frontends *table)
{
	kvfree(slots_locked(table));
	RCU_INIT_POINTER(table->slots, NULL);
}

/* Puts @fe into the first empty slot of a table that does not have its key. */
static void slots_add(struct ipsvc_frontend_slots *slots,
		      struct ipsvc_frontend *fe)
{
	u32 i = fe->hash;

	while (slot_locked(slots, i))
		i++;
	RCU_INIT_POINTER(slots->slot[i & slots->mask], fe);
	slots->used++;
}

/**
 * ipsvc_frontends_reserve() - make room, so that publishing cannot fail
 * @table: lookups go on meanwhile
 * @more: how many frontends are to be published next
 *
 * What readers see does not change. The cost is amortised: a rebuilt table is
 * at most 40 % full.
 *
 * Context: process, &ipsvc_net.lock. Return: 0, -ENOMEM or -ENOSPC.
 */
int ipsvc_frontends_reserve(struct ipsvc_frontends *table, u32 more)
{
	struct ipsvc_frontend_slots *old = slots_locked(table), *slots;
	struct ipsvc_frontend *fe;
	u64 want;
	u32 i;

	want = (u64)old->used + more;
	if (want * 100 <= ((u64)old->mask + 1) * FILL_MAX)
		return 0;

	want = ((u64)table->live + more) * 5 / 2;
	/* More than that, with its pointers, is more than kvmalloc() gives. */
	if (want > 1U << 27)
		return -ENOSPC;
	slots = slots_alloc(roundup_pow_of_two(max_t(u32, want, SLOTS_MIN)));
	if (!slots)
		return -ENOMEM;
	for (i = 0; i <= old->mask; i++) {
		fe = slot_locked(old, i);
		if (fe && fe != &tombstone)
			slots_add(slots, fe);
		if (!(i & 0xffff))
			cond_resched();
	}
	rcu_assign_pointer(table->slots, slots);
	kvfree_rcu(old, rcu);
	return 0;
}

/**
 * ipsvc_frontends_publish() - insert or replace a frontend
 * @table: has room, see ipsvc_frontends_reserve()
 * @fe: replaces the frontend of the same key, if there is one, in one store
 *
 * Context: &ipsvc_net.lock. Return: the frontend that was replaced, to be freed
 * by the caller after a grace period, or NULL.
 */
struct ipsvc_frontend *
ipsvc_frontends_publish(struct ipsvc_frontends *table,
			struct ipsvc_frontend *fe)
{
	struct ipsvc_frontend_slots *slots = slots_locked(table);
	struct ipsvc_frontend *at;
	u32 i, free = 0;
	bool tomb = false;

	for (i = fe->hash; (at = slot_locked(slots, i)); i++) {
		if (at == &tombstone && !tomb) {
			tomb = true;
			free = i;
		}
		if (at->hash == fe->hash && same_key(&at->key, &fe->key)) {
			rcu_assign_pointer(slots->slot[i & slots->mask], fe);
			return at;
		}
	}
	if (!tomb) {
		free = i;
		slots->used++;
	}
	table->live++;
	rcu_assign_pointer(slots->slot[free & slots->mask], fe);
	return NULL;
}

/* A tombstone before an empty slot is not needed: empties it and those before. */
static void sweep(struct ipsvc_frontend_slots *slots, u32 i)
{
	if (slot_locked(slots, i + 1))
		return;
	for (; slot_locked(slots, i) == &tombstone; i--) {
		RCU_INIT_POINTER(slots->slot[i & slots->mask], NULL);
		slots->used--;
	}
}

/**
 * ipsvc_frontends_unpublish() - remove a frontend from the table
 * @table: has it
 * @fe: to be freed by the caller after a grace period
 *
 * Context: &ipsvc_net.lock.
 */
void ipsvc_frontends_unpublish(struct ipsvc_frontends *table,
			       struct ipsvc_frontend *fe)
{
	struct ipsvc_frontend_slots *slots = slots_locked(table);
	u32 i = fe->hash;

	while (slot_locked(slots, i) != fe) {
		if (WARN_ON_ONCE(!slot_locked(slots, i)))
			return;
		i++;
	}
	rcu_assign_pointer(slots->slot[i & slots->mask], &tombstone);
	table->live--;
	sweep(slots, i);
}

/**
 * ipsvc_frontend_find() - look up the frontend of a destination
 * @table: where to look
 * @key: compared as memory
 *
 * Context: RCU. Return: the frontend, for as long as RCU is held, or NULL.
 */
struct ipsvc_frontend *
ipsvc_frontend_find(const struct ipsvc_frontends *table,
		    const struct ipsvc_frontend_key *key)
{
	const struct ipsvc_frontend_slots *slots;
	u32 hash = frontend_hash(key), i;
	struct ipsvc_frontend *fe;

	slots = rcu_dereference(table->slots);
	for (i = hash;; i++) {
		fe = rcu_dereference(slots->slot[i & slots->mask]);
		if (!fe || (fe->hash == hash && same_key(&fe->key, key)))
			return fe;
	}
}

/**
 * ipsvc_frontend_find_of() - look up the frontend that a flow was made by
 * @table: where to look
 * @orig: the flow's half of the client
 *
 * Where a node address was asked, the frontend is that of all of them.
 *
 * Context: RCU. Return: the frontend that is there by now, or NULL.
 */
struct ipsvc_frontend *
ipsvc_frontend_find_of(const struct ipsvc_frontends *table,
		       const struct ipsvc_half *orig)
{
	struct ipsvc_frontend_key key = {
		.addr = ipsvc_half_get(orig, IPSVC_DADDR),
		.port = orig->dport,
		.proto = orig->proto,
	};
	struct ipsvc_frontend *fe;

	fe = ipsvc_frontend_find(table, &key);
	if (fe)
		return fe;
	key.addr = ipsvc_addr_any(orig->family);
	return ipsvc_frontend_find(table, &key);
}

/* The same for writers: &ipsvc_net.lock keeps the frontend. */
struct ipsvc_frontend *
ipsvc_frontend_find_locked(const struct ipsvc_frontends *table,
			   const struct ipsvc_frontend_key *key)
{
	struct ipsvc_frontend *fe;

	rcu_read_lock();
	fe = ipsvc_frontend_find(table, key);
	rcu_read_unlock();
	return fe;
}

/* Under &ipsvc_net.lock: calls @fn with the key of each frontend. */
void ipsvc_frontends_walk(const struct ipsvc_frontends *table,
			  void (*fn)(const struct ipsvc_frontend_key *key,
				     void *arg),
			  void *arg)
{
	struct ipsvc_frontend_slots *slots = slots_locked(table);
	struct ipsvc_frontend *fe;
	u32 i;

	for (i = 0; i <= slots->mask; i++) {
		fe = slot_locked(slots, i);
		if (fe && fe != &tombstone)
			fn(&fe->key, arg);
		if (!(i & 0xffff))
			cond_resched();
	}
}

#ifdef DEBUG
#include "selftest/frontend.c"
#endif
