// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SLOTS_MIN	64

/*
 * The tag (upper bits of the hash) of a slot is written before its node, and stays:
 * a slot is used for one name until the table is built anew.
 */
struct slot {
	_Atomic(struct dns_node *) node;
	_Atomic uint32_t tag;
};

struct dns_slots {
	size_t mask;
	struct slot slots[];
};

/* In a slot whose node was removed. */
static struct dns_node removed;

static struct dns_slots *slots_new(size_t n)
{
	struct dns_slots *s = xcalloc(1, sizeof(*s) + n * sizeof(*s->slots));

	s->mask = n - 1;
	return s;
}

void dns_table_init(struct dns_table *table, struct dns_epoch *epoch)
{
	*table = (struct dns_table){ .epoch = epoch };
	ipsvc_siphash_key_init(&table->key);
	atomic_init(&table->slots, slots_new(SLOTS_MIN));
}

static void node_free(struct dns_node *node)
{
	free(node->record);
	free(node);
}

void dns_table_free(struct dns_table *table)
{
	struct dns_slots *s = table->slots;

	for (size_t i = 0; i <= s->mask; i++) {
		struct dns_node *node = s->slots[i].node;

		if (node && node != &removed)
			node_free(node);
	}
	free(s);
}

static inline uint32_t tag_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32);
}

/* The slot of the name, or the empty one where its search ends. */
static struct slot *probe(struct dns_slots *s, uint64_t hash,
			  const uint8_t *name, size_t len)
{
	for (size_t i = hash & s->mask;; i = (i + 1) & s->mask) {
		struct slot *slot = &s->slots[i];
		const struct dns_node *node =
			atomic_load_explicit(&slot->node, memory_order_acquire);

		if (!node)
			return slot;
		if (node != &removed &&
		    atomic_load_explicit(&slot->tag, memory_order_relaxed) ==
		    tag_of(hash) && node->name_len == len &&
		    !memcmp(node->name, name, len))
			return slot;
	}
}

const struct dns_node *dns_table_find(const struct dns_table *table,
				      const uint8_t *name, size_t len)
{
	struct dns_slots *s = atomic_load_explicit(&table->slots,
						   memory_order_acquire);
	uint64_t hash = ipsvc_siphash(&table->key, name, len);
	struct slot *slot = probe(s, hash, name, len);
	const struct dns_node *node = atomic_load_explicit(&slot->node,
							   memory_order_acquire);

	/* The writer may have removed it, or filled the empty slot, meanwhile. */
	if (!node || node == &removed || node->name_len != len ||
	    memcmp(node->name, name, len))
		return NULL;
	return node;
}

static void fill(struct slot *slot, uint64_t hash, struct dns_node *node)
{
	atomic_store_explicit(&slot->tag, tag_of(hash), memory_order_relaxed);
	atomic_store_explicit(&slot->node, node, memory_order_release);
}

/* Another array, a third full at most; readers go on in the old one meanwhile. */
static void rebuild(struct dns_table *table)
{
	struct dns_slots *old = table->slots, *s;
	size_t n = SLOTS_MIN;

	while (n < table->nodes * 3)
		n *= 2;
	s = slots_new(n);
	for (size_t i = 0; i <= old->mask; i++) {
		struct dns_node *node = old->slots[i].node;
		uint64_t hash;

		if (!node || node == &removed)
			continue;
		hash = ipsvc_siphash(&table->key, node->name, node->name_len);
		fill(probe(s, hash, node->name, node->name_len), hash, node);
	}
	table->used = table->nodes;
	atomic_store_explicit(&table->slots, s, memory_order_release);
	dns_retire(table->epoch, old);
}

void dns_table_put(struct dns_table *table, struct dns_node *node)
{
	uint64_t hash = ipsvc_siphash(&table->key, node->name, node->name_len);
	struct slot *slot;
	struct dns_node *old;

	if ((table->used + 1) * 2 > table->slots->mask)
		rebuild(table);
	slot = probe(table->slots, hash, node->name, node->name_len);
	old = slot->node;
	if (!old) {
		table->used++;
		table->nodes++;
	}
	fill(slot, hash, node);
	if (old && old->record != node->record)
		free(old->record);
	dns_retire(table->epoch, old);
}

static void remove_at(struct dns_table *table, struct slot *slot)
{
	struct dns_node *node = slot->node;

	atomic_store_explicit(&slot->node, &removed, memory_order_release);
	table->nodes--;
	free(node->record);
	dns_retire(table->epoch, node);
}

void dns_table_remove(struct dns_table *table, const uint8_t *name, size_t len)
{
	uint64_t hash = ipsvc_siphash(&table->key, name, len);
	struct slot *slot = probe(table->slots, hash, name, len);

	if (slot->node)
		remove_at(table, slot);
}

void dns_table_walk(struct dns_table *table,
		    void (*each)(void *arg, struct dns_node *node), void *arg)
{
	struct dns_slots *s = table->slots;

	for (size_t i = 0; i <= s->mask; i++) {
		struct dns_node *node = s->slots[i].node;

		if (node && node != &removed)
			each(arg, node);
	}
}
