// SPDX-License-Identifier: GPL-2.0
/* Session affinity: groups of service ports, and the table of their clients. */
#include "affinity.h"

#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/ipsvc.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "stats.h"

#define to_group(n) rb_entry_safe(n, struct ipsvc_affinity_group, node)

struct bucket {
	spinlock_t lock; /* the entries (BH) */
	struct ipsvc_affinity_entry way[IPSVC_AFFINITY_WAYS];
};

struct ipsvc_affinity_table {
	struct rcu_head rcu;
	hsiphash_key_t key;
	u32 n; /* buckets, a power of two */
	struct bucket bucket[];
};

static struct ipsvc_affinity_table *
table_locked(const struct ipsvc_instance *inst)
{
	return rcu_dereference_protected(inst->affinity.table,
					 lockdep_is_held(&ipsvc_net(inst->net)->lock));
}

static struct bucket *bucket_of(struct ipsvc_affinity_table *table,
				const union ipsvc_addr *client, u32 group)
{
	struct {
		union ipsvc_addr client;
		u32 group;
	} __packed key = { *client, group };

	return &table->bucket[hsiphash(&key, sizeof(key), &table->key) &
			      (table->n - 1)];
}

/* ---- entries --------------------------------------------------------------- */

static struct ipsvc_affinity_entry *lookup(struct bucket *bucket,
					   const union ipsvc_addr *client,
					   u32 group)
{
	struct ipsvc_affinity_entry *entry = bucket->way;

	for (; entry < bucket->way + IPSVC_AFFINITY_WAYS; entry++)
		if (entry->group == group &&
		    ipv6_addr_equal(&entry->client.ip6, &client->ip6))
			return entry;
	return NULL;
}

/* A free entry has ended at all times. */
static bool lasts(const struct ipsvc_affinity_entry *entry)
{
	return time_before64(get_jiffies_64(), entry->expires);
}

/* The place for another entry: a free one is the one that ended first. */
static struct ipsvc_affinity_entry *victim(struct bucket *bucket)
{
	struct ipsvc_affinity_entry *entry = bucket->way, *first = entry;

	for (; entry < bucket->way + IPSVC_AFFINITY_WAYS; entry++)
		if (entry->expires < first->expires)
			first = entry;
	return first;
}

/* Returns whether another one that has not ended was evicted. */
static bool insert(struct ipsvc_affinity_table *table,
		   const struct ipsvc_affinity_entry *new)
{
	struct bucket *bucket = bucket_of(table, &new->client, new->group);
	struct ipsvc_affinity_entry *entry;
	bool evicts;

	spin_lock_bh(&bucket->lock);
	entry = lookup(bucket, &new->client, new->group);
	evicts = !entry;
	if (!entry)
		entry = victim(bucket);
	evicts = evicts && lasts(entry);
	*entry = *new;
	spin_unlock_bh(&bucket->lock);
	return evicts;
}

static union ipsvc_addr client_of(const struct ipsvc_endpoint_set *set,
				  const union ipsvc_addr *whole)
{
	union ipsvc_addr client = {};
	u8 prefix = set->options.affinity_prefix;

	if (!prefix)
		return *whole;
	ipv6_addr_prefix(&client.ip6, &whole->ip6,
			 prefix + (ipv6_addr_v4mapped(&whole->ip6) ? 96 : 0));
	return client;
}

static int place_cmp(const struct ipsvc_endpoint *ep,
		     const union ipsvc_addr *addr, u16 port)
{
	return memcmp(&ep->addr, addr, sizeof(*addr)) ?:
	       (int)ntohs(ep->port) - (int)port;
}

/* The first of a set, by address and port, that is not before these. */
static u32 lower_bound(const struct ipsvc_endpoint_set *set,
		       const union ipsvc_addr *addr, u16 port)
{
	u32 low = 0, high = set->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (place_cmp(set->slot[set->by_addr[mid]].ep, addr, port) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Another port of the Service has the endpoint at another port. */
static const struct ipsvc_endpoint_slot *
shared_slot(const struct ipsvc_endpoint_set *set,
	    const struct ipsvc_affinity_entry *entry)
{
	u32 at;

	for (at = lower_bound(set, &entry->addr, 0); at < set->n; at++) {
		const struct ipsvc_endpoint_slot *slot =
			&set->slot[set->by_addr[at]];

		if (!ipv6_addr_equal(&slot->ep->addr.ip6, &entry->addr.ip6))
			return NULL;
		if (set->by_addr[at] < ipsvc_endpoint_set_active(set))
			return slot;
	}
	return NULL;
}

const struct ipsvc_endpoint_slot *
ipsvc_affinity_slot(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_affinity_entry *entry)
{
	const struct ipsvc_endpoint_slot *slot;
	u32 at;

	if (set->options.flags & IPSVC_SERVICE_F_SHARED_AFFINITY)
		return shared_slot(set, entry);
	at = lower_bound(set, &entry->addr, ntohs(entry->port));
	if (at == set->n || set->by_addr[at] >= ipsvc_endpoint_set_active(set))
		return NULL;
	slot = &set->slot[set->by_addr[at]];
	return slot->ep->id == entry->endpoint &&
	       READ_ONCE(slot->ep->epoch) == entry->epoch ? slot : NULL;
}

const struct ipsvc_endpoint_slot *
ipsvc_affinity_find(const struct ipsvc_instance *inst,
		    const struct ipsvc_endpoint_set *set,
		    const union ipsvc_addr *whole)
{
	struct ipsvc_affinity_entry copy = {}, *entry;
	const struct ipsvc_endpoint_slot *slot;
	struct ipsvc_affinity_table *table;
	union ipsvc_addr client;
	struct bucket *bucket;

	table = rcu_dereference(inst->affinity.table);
	if (!table)
		return NULL;
	client = client_of(set, whole);
	bucket = bucket_of(table, &client, set->affinity->id);
	spin_lock_bh(&bucket->lock);
	entry = lookup(bucket, &client, set->affinity->id);
	if (entry)
		copy = *entry;
	spin_unlock_bh(&bucket->lock);
	slot = lasts(&copy) ? ipsvc_affinity_slot(set, &copy) : NULL;
	return slot && !ipsvc_slot_is_full(slot) ? slot : NULL;
}

void ipsvc_affinity_learn(const struct ipsvc_instance *inst,
			  const struct ipsvc_endpoint_set *set,
			  const union ipsvc_addr *client,
			  const struct ipsvc_endpoint *ep)
{
	struct ipsvc_affinity_table *table;
	struct ipsvc_affinity_entry entry;

	table = rcu_dereference(inst->affinity.table);
	if (!table)
		return;
	entry = (struct ipsvc_affinity_entry) {
		.client = client_of(set, client),
		.addr = ep->addr,
		.port = ep->port,
		.endpoint = ep->id,
		.epoch = READ_ONCE(ep->epoch),
		.group = set->affinity->id,
		.expires = get_jiffies_64() +
			   (u64)set->options.affinity_timeout * HZ,
	};
	if (insert(table, &entry))
		ipsvc_stat_inc(inst, IPSVC_STAT_AFFINITY_EVICTED);
}

/* ---- the table ------------------------------------------------------------- */

static struct ipsvc_affinity_table *table_alloc(u32 max)
{
	u32 i, n = rounddown_pow_of_two(max_t(u32, max / IPSVC_AFFINITY_WAYS, 1));
	struct ipsvc_affinity_table *table;

	table = kvzalloc(struct_size(table, bucket, n), GFP_KERNEL_ACCOUNT);
	if (!table)
		return NULL;
	get_random_bytes(&table->key, sizeof(table->key));
	table->n = n;
	for (i = 0; i < n; i++)
		spin_lock_init(&table->bucket[i].lock);
	return table;
}

static void move_bucket(struct bucket *from, struct ipsvc_affinity_table *to)
{
	struct ipsvc_affinity_entry way[IPSVC_AFFINITY_WAYS];
	u32 i;

	spin_lock_bh(&from->lock);
	memcpy(way, from->way, sizeof(way));
	spin_unlock_bh(&from->lock);
	for (i = 0; i < IPSVC_AFFINITY_WAYS; i++)
		if (way[i].group)
			insert(to, &way[i]);
}

/*
 * A table of the size that is wanted by now. What is learned while entries move is
 * lost: it is learned again.
 */
static bool table_reserve(struct ipsvc_instance *inst)
{
	struct ipsvc_affinity_table *old = table_locked(inst), *new;
	u32 i, max = READ_ONCE(inst->affinity.max);

	if (old && old->n * IPSVC_AFFINITY_WAYS <= max &&
	    old->n * IPSVC_AFFINITY_WAYS > max / 2)
		return true;
	new = table_alloc(max);
	if (!new)
		return old;
	for (i = 0; old && i < old->n; i++) {
		move_bucket(&old->bucket[i], new);
		cond_resched();
	}
	rcu_assign_pointer(inst->affinity.table, new);
	if (old)
		kvfree_rcu(old, rcu);
	return true;
}

static void table_release(struct ipsvc_instance *inst)
{
	struct ipsvc_affinity_table *table = table_locked(inst);

	RCU_INIT_POINTER(inst->affinity.table, NULL);
	if (table)
		kvfree_rcu(table, rcu);
}

/* ---- groups ---------------------------------------------------------------- */

void ipsvc_affinity_init(struct ipsvc_instance *inst)
{
	inst->affinity.groups = RB_ROOT;
	inst->affinity.max = IPSVC_AFFINITIES_MAX_DEFAULT;
	xa_init_flags(&inst->affinity.ids, XA_FLAGS_ALLOC1 | XA_FLAGS_ACCOUNT);
}

/* All sets are gone, and so are all groups. */
void ipsvc_affinity_exit(struct ipsvc_instance *inst)
{
	WARN_ON_ONCE(!xa_empty(&inst->affinity.ids));
	xa_destroy(&inst->affinity.ids);
}

/* @len: of @name, which may go on */
static int group_cmp(const char *name, size_t len, u8 family,
		     const struct ipsvc_affinity_group *group)
{
	return strncmp(name, group->name, len) ?:
	       (group->name[len] ? -1 : (int)family - group->family);
}

static struct ipsvc_affinity_group *
group_find(const struct ipsvc_affinity *aff, const char *name, size_t len,
	   u8 family)
{
	struct rb_node *n = aff->groups.rb_node;
	int cmp;

	while (n) {
		cmp = group_cmp(name, len, family, to_group(n));
		if (!cmp)
			return to_group(n);
		n = cmp < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

struct ipsvc_affinity_group *
ipsvc_affinity_group_find(const struct ipsvc_affinity *aff, const char *name,
			  u8 family)
{
	return group_find(aff, name, strlen(name), family);
}

static bool group_less(struct rb_node *a, const struct rb_node *b)
{
	const struct ipsvc_affinity_group *group = to_group(a);

	return group_cmp(group->name, strlen(group->name), group->family,
			 to_group(b)) < 0;
}

static struct ipsvc_affinity_group *group_add(struct ipsvc_affinity *aff,
					      const char *name, size_t len,
					      u8 family)
{
	struct ipsvc_affinity_group *group;

	group = kzalloc(struct_size(group, name, len + 1), GFP_KERNEL_ACCOUNT);
	if (!group)
		return NULL;
	memcpy(group->name, name, len);
	group->family = family;
	if (xa_alloc_cyclic(&aff->ids, &group->id, group,
			    XA_LIMIT(1, U32_MAX), &aff->next_id,
			    GFP_KERNEL_ACCOUNT) < 0) {
		kfree(group);
		return NULL;
	}
	rb_add(&group->node, &aff->groups, group_less);
	return group;
}

struct ipsvc_affinity_group *
ipsvc_affinity_group_get(struct ipsvc_instance *inst, const char *name,
			 u8 family, bool shared)
{
	size_t len = shared ? strcspn(name, ":") : strlen(name);
	struct ipsvc_affinity *aff = &inst->affinity;
	struct ipsvc_affinity_group *group;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (!table_reserve(inst))
		return NULL;
	group = group_find(aff, name, len, family);
	if (!group)
		group = group_add(aff, name, len, family);
	if (group)
		group->refs++;
	else if (xa_empty(&aff->ids))
		table_release(inst);
	return group;
}

/* What is left in the table of the last one is of no group, and is not found. */
void ipsvc_affinity_group_put(struct ipsvc_instance *inst,
			      struct ipsvc_affinity_group *group)
{
	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (--group->refs)
		return;
	rb_erase(&group->node, &inst->affinity.groups);
	xa_erase(&inst->affinity.ids, group->id);
	kfree_rcu(group, rcu);
	if (xa_empty(&inst->affinity.ids))
		table_release(inst);
}

/* ---- for people and programs ----------------------------------------------- */

const struct ipsvc_affinity_group *
ipsvc_affinity_group(struct ipsvc_instance *inst,
		     const struct ipsvc_affinity_entry *entry)
{
	return xa_load(&inst->affinity.ids, entry->group);
}

typedef bool (*set_fn)(const struct ipsvc_endpoint_set *set,
		       struct ipsvc_affinity_entry *entry);

/*
 * Whether @fn says yes to one of the sets of a group: that of the service port of
 * its name, or of those whose names go on after it with a colon.
 */
static bool any_set(struct ipsvc_instance *inst,
		    const struct ipsvc_affinity_group *group, set_fn fn,
		    struct ipsvc_affinity_entry *entry)
{
	struct ipsvc_cursor cursor = {};
	struct ipsvc_service *svc;
	size_t len;

	svc = ipsvc_service_find(&inst->services, group->name, group->family);
	if (svc && svc->body.set->affinity == group &&
	    fn(svc->body.set, entry))
		return true;
	len = scnprintf(cursor.name, sizeof(cursor.name), "%s:", group->name);
	svc = ipsvc_cursor_resume(&cursor, &inst->services);
	for (; svc && !strncmp(svc->name, cursor.name, len);
	     svc = ipsvc_service_next(svc))
		if (svc->body.set->affinity == group &&
		    fn(svc->body.set, entry))
			return true;
	return false;
}

static bool is_usable(const struct ipsvc_endpoint_set *set,
		      struct ipsvc_affinity_entry *entry)
{
	return ipsvc_affinity_slot(set, entry);
}

int ipsvc_affinity_read(struct ipsvc_instance *inst, u32 bucket,
			struct ipsvc_affinity_entry *to)
{
	struct ipsvc_affinity_table *table = table_locked(inst);
	const struct ipsvc_affinity_group *group;
	int i, n = 0;

	if (!table || bucket >= table->n)
		return -1;
	spin_lock_bh(&table->bucket[bucket].lock);
	memcpy(to, table->bucket[bucket].way,
	       sizeof(table->bucket[bucket].way));
	spin_unlock_bh(&table->bucket[bucket].lock);
	for (i = 0; i < IPSVC_AFFINITY_WAYS; i++) {
		group = ipsvc_affinity_group(inst, &to[i]);
		if (group && lasts(&to[i]) &&
		    any_set(inst, group, is_usable, &to[i]))
			to[n++] = to[i];
	}
	return n;
}

bool ipsvc_affinity_has(struct ipsvc_instance *inst,
			const struct ipsvc_affinity_filter *filter,
			const struct ipsvc_affinity_entry *entry)
{
	u8 family = ipv6_addr_v4mapped(&entry->client.ip6) ? AF_INET : AF_INET6;
	const struct ipsvc_affinity_group *group =
		ipsvc_affinity_group(inst, entry);

	return (!filter->service ||
		(group && !strcmp(filter->service, group->name))) &&
	       (!filter->family || filter->family == family) &&
	       (!filter->client || ipv6_addr_equal(&filter->client->ip6,
						   &entry->client.ip6));
}

bool ipsvc_affinity_knows(const struct ipsvc_instance *inst,
			  const struct ipsvc_affinity_filter *filter)
{
	const struct ipsvc_affinity *aff = &inst->affinity;
	const char *name = filter->service;

	return (filter->family != AF_INET6 &&
		ipsvc_affinity_group_find(aff, name, AF_INET)) ||
	       (filter->family != AF_INET &&
		ipsvc_affinity_group_find(aff, name, AF_INET6));
}

void ipsvc_affinity_flush(struct ipsvc_instance *inst,
			  const struct ipsvc_affinity_filter *filter)
{
	struct ipsvc_affinity_table *table = table_locked(inst);
	struct ipsvc_affinity_entry *entry;
	u32 i, way;

	for (i = 0; table && i < table->n; i++) {
		spin_lock_bh(&table->bucket[i].lock);
		for (way = 0; way < IPSVC_AFFINITY_WAYS; way++) {
			entry = &table->bucket[i].way[way];
			if (entry->group &&
			    ipsvc_affinity_has(inst, filter, entry))
				memset(entry, 0, sizeof(*entry));
		}
		spin_unlock_bh(&table->bucket[i].lock);
		cond_resched();
	}
}

/* The identity of an endpoint by its address and port. */
static bool identify(const struct ipsvc_endpoint_set *set,
		     struct ipsvc_affinity_entry *entry)
{
	u32 at = lower_bound(set, &entry->addr, ntohs(entry->port));
	const struct ipsvc_endpoint *ep;

	if (at == set->n)
		return false;
	ep = set->slot[set->by_addr[at]].ep;
	entry->endpoint = ep->id;
	entry->epoch = ep->epoch;
	return !place_cmp(ep, &entry->addr, ntohs(entry->port)) &&
	       set->by_addr[at] < ipsvc_endpoint_set_active(set);
}

bool ipsvc_affinity_complete(struct ipsvc_instance *inst,
			     struct ipsvc_affinity_entry *entry)
{
	return any_set(inst, ipsvc_affinity_group(inst, entry), identify,
		       entry);
}

void ipsvc_affinity_restore(struct ipsvc_instance *inst,
			    const struct ipsvc_affinity_entry *entry)
{
	struct ipsvc_affinity_table *table = table_locked(inst);

	if (table && insert(table, entry))
		ipsvc_stat_inc(inst, IPSVC_STAT_AFFINITY_EVICTED);
}

#ifdef DEBUG
#include "selftest/affinity.c"
#endif
