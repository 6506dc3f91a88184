// SPDX-License-Identifier: GPL-2.0
/* Endpoints, their identities, and immutable sets of them. */
#include <linux/bsearch.h>
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/rhashtable.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ipsvc.h>

#include "affinity.h"
#include "bloom.h"
#include "endpoint.h"
#include "ipsvc.h"
#include "sched.h"

/* Insertion fails with -EBUSY while the hash table is being rebuilt. */
#define INSERT_TRIES	10

/* (protocol, address, port) that @endpoints endpoints share, of any service. */
struct ipsvc_endpoint_addr {
	struct rhash_head node;
	struct ipsvc_frontend_key key;
	u32 endpoints; /* &ipsvc_instance.endpoint_addrs_lock */
	struct rcu_head rcu;
};

static const struct rhashtable_params addr_params = {
	.head_offset = offsetof(struct ipsvc_endpoint_addr, node),
	.key_offset = offsetof(struct ipsvc_endpoint_addr, key),
	.key_len = sizeof(struct ipsvc_frontend_key),
	.automatic_shrinking = true,
};

int ipsvc_endpoints_init(struct ipsvc_instance *inst)
{
	xa_init_flags(&inst->endpoints, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH |
					XA_FLAGS_ACCOUNT);
	spin_lock_init(&inst->endpoint_addrs_lock);
	return rhashtable_init(&inst->endpoint_addrs, &addr_params);
}

/* All endpoints are gone, and so are all flows. */
void ipsvc_endpoints_exit(struct ipsvc_instance *inst)
{
	WARN_ON_ONCE(!xa_empty(&inst->endpoints));
	xa_destroy(&inst->endpoints);
	WARN_ON_ONCE(atomic_read(&inst->endpoint_addrs.nelems));
	rhashtable_destroy(&inst->endpoint_addrs);
}

/*
 * Under RCU. Whether any service port has this endpoint; true also for a
 * removed endpoint that still has flows.
 */
bool ipsvc_endpoint_exists(struct ipsvc_instance *inst, u8 proto,
			   const union ipsvc_addr *addr, __be16 port)
{
	const struct ipsvc_frontend_key key = {
		.addr = *addr,
		.port = port,
		.proto = proto,
	};

	return rhashtable_lookup(&inst->endpoint_addrs, &key, addr_params);
}

/* Returns the entry of @new's key, which may be @new, or an error pointer. */
static struct ipsvc_endpoint_addr *addr_insert(struct ipsvc_instance *inst,
					       struct ipsvc_endpoint_addr *new)
{
	struct ipsvc_endpoint_addr *entry;

	spin_lock_bh(&inst->endpoint_addrs_lock);
	entry = rhashtable_lookup_get_insert_fast(&inst->endpoint_addrs,
						  &new->node, addr_params);
	if (!entry)
		entry = new;
	if (!IS_ERR(entry))
		entry->endpoints++;
	spin_unlock_bh(&inst->endpoint_addrs_lock);
	return entry;
}

static struct ipsvc_endpoint_addr *
addr_get(struct ipsvc_instance *inst, const struct ipsvc_service *svc,
	 const struct ipsvc_endpoint_spec *spec)
{
	struct ipsvc_endpoint_addr *new, *entry;
	int tries = INSERT_TRIES;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	new->key.addr = spec->addr;
	new->key.port = spec->port;
	new->key.proto = svc->proto;
	while ((entry = addr_insert(inst, new)) == ERR_PTR(-EBUSY) && --tries)
		usleep_range(1000, 2000);
	if (entry != new)
		kfree(new);
	return IS_ERR(entry) ? NULL : entry;
}

static void addr_put(struct ipsvc_instance *inst,
		     struct ipsvc_endpoint_addr *entry)
{
	spin_lock_bh(&inst->endpoint_addrs_lock);
	if (!--entry->endpoints) {
		rhashtable_remove_fast(&inst->endpoint_addrs, &entry->node,
				       addr_params);
		kfree_rcu(entry, rcu);
	}
	spin_unlock_bh(&inst->endpoint_addrs_lock);
}

struct ipsvc_endpoint *ipsvc_endpoint_find(struct ipsvc_instance *inst, u32 id)
{
	return xa_load(&inst->endpoints, id);
}

struct ipsvc_service *ipsvc_endpoint_service(struct ipsvc_instance *inst,
					     u32 id)
{
	struct ipsvc_endpoint *ep = ipsvc_endpoint_find(inst, id);

	return ep && !READ_ONCE(ep->service->unpublished) ? ep->service : NULL;
}

bool ipsvc_endpoint_get(struct ipsvc_endpoint *ep)
{
	return refcount_inc_not_zero(&ep->refs);
}

void ipsvc_endpoint_put(struct ipsvc_instance *inst, struct ipsvc_endpoint *ep)
{
	if (!refcount_dec_and_test(&ep->refs))
		return;
	addr_put(inst, ep->addr_entry);
	xa_erase_bh(&inst->endpoints, ep->id);
	ipsvc_service_put(ep->service);
	kfree_rcu(ep, rcu);
}

void ipsvc_endpoint_put_flow(struct ipsvc_instance *inst,
			     struct ipsvc_endpoint *ep)
{
	atomic_dec(&ep->flows);
	atomic_dec(&ep->service->flows);
	ipsvc_endpoint_put(inst, ep);
}

static struct ipsvc_endpoint *
endpoint_alloc(struct ipsvc_instance *inst, struct ipsvc_service *svc,
	       const struct ipsvc_endpoint_spec *spec)
{
	struct ipsvc_endpoint *ep;

	ep = kzalloc(sizeof(*ep), GFP_KERNEL_ACCOUNT);
	if (!ep)
		return NULL;
	refcount_set(&ep->refs, 1);
	ep->addr = spec->addr;
	ep->port = spec->port;
	ep->service = svc;
	ep->addr_entry = addr_get(inst, svc, spec);
	if (!ep->addr_entry)
		goto free;
	if (xa_alloc_cyclic_bh(&inst->endpoints, &ep->id, ep,
			       XA_LIMIT(1, U32_MAX), &inst->endpoint_next,
			       GFP_KERNEL_ACCOUNT) < 0)
		goto put;
	ipsvc_service_get(svc);
	ipsvc_bloom_add(inst, svc->proto, &ep->addr, ep->port);
	return ep;
put:
	addr_put(inst, ep->addr_entry);
free:
	kfree(ep);
	return NULL;
}

/* For sort(); 0 when both specify the same endpoint. */
int ipsvc_endpoint_spec_cmp(const void *a, const void *b)
{
	const struct ipsvc_endpoint_spec *x = a, *y = b;

	return memcmp(&x->addr, &y->addr, sizeof(x->addr)) ?:
	       (int)ntohs(x->port) - (int)ntohs(y->port);
}

/* Those that say which scopes an endpoint is in; without weight it is in none. */
static u32 scope_flags(const struct ipsvc_endpoint_spec *spec)
{
	return spec->weight ? spec->flags & (IPSVC_ENDPOINT_F_DRAIN |
					     IPSVC_ENDPOINT_F_LOCAL) :
			      IPSVC_ENDPOINT_F_DRAIN;
}

/* Puts the specs with these of the scopes' flags into the next slots. */
static u32 assign_some(struct ipsvc_endpoint_spec *specs, u32 n, u32 flags,
		       u32 *next)
{
	u32 i, first = *next;

	for (i = 0; i < n; i++)
		if (scope_flags(&specs[i]) == flags)
			specs[i].slot = (*next)++;
	return *next - first;
}

/* In the order that &struct ipsvc_endpoint_set has; sets who is in each scope. */
static void assign_slots(struct ipsvc_candidates *scope,
			 struct ipsvc_endpoint_spec *specs, u32 n)
{
	struct ipsvc_candidates *cluster = &scope[IPSVC_SCOPE_CLUSTER];
	struct ipsvc_candidates *local = &scope[IPSVC_SCOPE_LOCAL];
	u32 next = 0;

	local->first = assign_some(specs, n, 0, &next);
	assign_some(specs, n, IPSVC_ENDPOINT_F_LOCAL, &next);
	cluster->n = next;
	assign_some(specs, n, IPSVC_ENDPOINT_F_LOCAL | IPSVC_ENDPOINT_F_DRAIN,
		    &next);
	local->n = next - local->first;
	assign_some(specs, n, IPSVC_ENDPOINT_F_DRAIN, &next);
}

/*
 * With the tables of the scheduler and of affinity behind the slots, so they are
 * freed as one.
 */
static struct ipsvc_endpoint_set *
set_alloc(const struct ipsvc_service_options *options,
	  struct ipsvc_endpoint_spec *specs, u32 n)
{
	struct ipsvc_candidates scope[IPSVC_SCOPES] = {};
	struct ipsvc_endpoint_set *set;
	u32 i, size = options->affinity_timeout ? n : 0;
	u16 *table;

	assign_slots(scope, specs, n);
	for (i = 0; i < IPSVC_SCOPES; i++) {
		scope[i].table_size = ipsvc_sched_table_size(options,
							     scope[i].n);
		size += scope[i].table_size;
	}
	set = kvzalloc(struct_size(set, slot, n) + size * sizeof(*table),
		       GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	set->n = n;
	set->options = *options;
	table = (u16 *)&set->slot[n];
	for (i = 0; i < IPSVC_SCOPES; i++) {
		set->scope[i] = scope[i];
		set->scope[i].table = table;
		table += scope[i].table_size;
	}
	set->by_addr = table;
	return set;
}

static bool add_affinity(struct ipsvc_instance *inst,
			 const struct ipsvc_service *svc,
			 struct ipsvc_endpoint_set *set,
			 const struct ipsvc_endpoint_spec *specs)
{
	const struct ipsvc_service_options *options = &set->options;
	u32 i;

	if (!options->affinity_timeout)
		return true;
	for (i = 0; i < set->n; i++)
		set->by_addr[i] = specs[i].slot;
	set->affinity = ipsvc_affinity_group_get(inst, svc->name, svc->family,
						 options->flags &
						 IPSVC_SERVICE_F_SHARED_AFFINITY);
	return set->affinity;
}

/* Endpoints that stay are the same objects in both sets. */
static void reuse(struct ipsvc_endpoint_set *set,
		  const struct ipsvc_endpoint_set *base,
		  const struct ipsvc_endpoint_spec *specs, u32 n)
{
	const struct ipsvc_endpoint_spec *spec;
	struct ipsvc_endpoint_spec key = {};
	struct ipsvc_endpoint *ep;
	u32 i;

	for (i = 0; i < base->n; i++) {
		ep = base->slot[i].ep;
		key.addr = ep->addr;
		key.port = ep->port;
		cond_resched();
		spec = bsearch(&key, specs, n, sizeof(*specs),
			       ipsvc_endpoint_spec_cmp);
		if (!spec)
			continue;
		refcount_inc(&ep->refs);
		ep->kept = true;
		ep->demoted = i < ipsvc_endpoint_set_active(base) &&
			      spec->slot >= ipsvc_endpoint_set_active(set);
		set->slot[spec->slot].ep = ep;
	}
}

/**
 * ipsvc_endpoint_set_build() - make a candidate for the set of a service port
 * @inst: the instance
 * @svc: the service port
 * @base: its current set or NULL; endpoints that stay are the same objects, and
 *	marked &ipsvc_endpoint.kept until the candidate is discarded or @base retired
 * @options: how an endpoint is to be chosen
 * @specs: sorted by ipsvc_endpoint_spec_cmp(), no duplicates
 * @n: length of @specs
 *
 * Context: process, &ipsvc_net.lock. Return: the set; NULL: no memory.
 */
struct ipsvc_endpoint_set *
ipsvc_endpoint_set_build(struct ipsvc_instance *inst, struct ipsvc_service *svc,
			 const struct ipsvc_endpoint_set *base,
			 const struct ipsvc_service_options *options,
			 struct ipsvc_endpoint_spec *specs, u32 n)
{
	struct ipsvc_endpoint_slot *slot;
	struct ipsvc_endpoint_set *set;
	u32 i;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	set = set_alloc(options, specs, n);
	if (!set)
		return NULL;
	if (base)
		reuse(set, base, specs, n);
	for (i = 0; i < n; i++) {
		slot = &set->slot[specs[i].slot];
		slot->flags = specs[i].flags;
		slot->flows_max = specs[i].flows_max;
		slot->weight = specs[i].weight;
		if (!slot->ep)
			slot->ep = endpoint_alloc(inst, svc, &specs[i]);
		if (!slot->ep)
			goto discard;
		cond_resched();
	}
	if (ipsvc_sched_build(set) || !add_affinity(inst, svc, set, specs))
		goto discard;
	return set;

discard:
	ipsvc_endpoint_set_discard(inst, set);
	return NULL;
}

/* Process, &ipsvc_net.lock. Frees a set that was never published. */
void ipsvc_endpoint_set_discard(struct ipsvc_instance *inst,
				struct ipsvc_endpoint_set *set)
{
	struct ipsvc_endpoint *ep;
	u32 i;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	for (i = 0; i < set->n; i++) {
		ep = set->slot[i].ep;
		if (!ep)
			continue;
		ep->kept = false;
		ep->demoted = false;
		ipsvc_endpoint_put(inst, ep);
	}
	if (set->affinity)
		ipsvc_affinity_group_put(inst, set->affinity);
	kvfree(set);
}

/**
 * ipsvc_endpoint_set_retire() - mark the endpoints that a change removes or drains
 * @set: already replaced: new readers do not find it
 *
 * A full barrier separates the marks from the look at the counters of flows.
 *
 * Context: &ipsvc_net.lock. Return: whether a removed endpoint may have flows.
 */
bool ipsvc_endpoint_set_retire(struct ipsvc_endpoint_set *set)
{
	struct ipsvc_endpoint *ep;
	bool flows = false;
	u32 i;

	for (i = 0; i < set->n; i++) {
		ep = set->slot[i].ep;
		if (!ep->kept)
			/* A reader that sees the mark sees the new set. */
			smp_store_release(&ep->removed, true);
		if (ep->demoted)
			WRITE_ONCE(ep->epoch, ep->epoch + 1);
		ep->demoted = false;
	}
	/* A new flow is counted before it checks @removed. */
	smp_mb();
	for (i = 0; i < set->n; i++) {
		ep = set->slot[i].ep;
		flows |= !ep->kept && atomic_read(&ep->flows);
		ep->kept = false;
	}
	return flows;
}

/* Process, &ipsvc_net.lock. Frees a replaced set after a grace period. */
void ipsvc_endpoint_set_release(struct ipsvc_instance *inst,
				struct ipsvc_endpoint_set *set)
{
	u32 i;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	for (i = 0; i < set->n; i++)
		ipsvc_endpoint_put(inst, set->slot[i].ep);
	if (set->affinity)
		ipsvc_affinity_group_put(inst, set->affinity);
	kvfree_rcu(set, rcu);
}
