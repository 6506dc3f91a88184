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

#include "bloom.h"
#include "endpoint.h"
#include "ipsvc.h"

/* Times an entry is inserted anew when the hash table is being rebuilt. */
#define INSERT_TRIES	10

/**
 * struct ipsvc_endpoint_addr - a place that endpoints have, of any service port
 * @node: in &ipsvc_instance.endpoint_addrs
 * @key: protocol, address, port
 * @endpoints: how many; &ipsvc_instance.endpoint_addrs_lock
 * @rcu: for freeing
 */
struct ipsvc_endpoint_addr {
	struct rhash_head node;
	struct ipsvc_frontend_key key;
	u32 endpoints;
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

/**
 * ipsvc_endpoint_exists() - is this where flows of a service port may end up
 * @inst: the instance
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @addr: address
 * @port: port
 *
 * Context: RCU. Return: true also for one that was removed, while it has flows.
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

static struct ipsvc_endpoint_addr *addr_insert(struct ipsvc_instance *inst,
					       struct ipsvc_endpoint_addr *new)
{
	struct ipsvc_endpoint_addr *known;

	spin_lock_bh(&inst->endpoint_addrs_lock);
	known = rhashtable_lookup_get_insert_fast(&inst->endpoint_addrs,
						  &new->node, addr_params);
	if (!known)
		known = new;
	if (!IS_ERR(known))
		known->endpoints++;
	spin_unlock_bh(&inst->endpoint_addrs_lock);
	return known;
}

/* Returns the entry of an endpoint, or NULL without memory. */
static struct ipsvc_endpoint_addr *
addr_get(struct ipsvc_instance *inst, const struct ipsvc_service *svc,
	 const struct ipsvc_endpoint_spec *spec)
{
	struct ipsvc_endpoint_addr *new, *known;
	int tries = INSERT_TRIES;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT);
	if (!new)
		return NULL;
	new->key.addr = spec->addr;
	new->key.port = spec->port;
	new->key.proto = svc->proto;
	while ((known = addr_insert(inst, new)) == ERR_PTR(-EBUSY) && --tries)
		usleep_range(1000, 2000);
	if (known != new)
		kfree(new);
	return IS_ERR(known) ? NULL : known;
}

static void addr_put(struct ipsvc_instance *inst,
		     struct ipsvc_endpoint_addr *known)
{
	spin_lock_bh(&inst->endpoint_addrs_lock);
	if (!--known->endpoints) {
		rhashtable_remove_fast(&inst->endpoint_addrs, &known->node,
				       addr_params);
		kfree_rcu(known, rcu);
	}
	spin_unlock_bh(&inst->endpoint_addrs_lock);
}

struct ipsvc_endpoint *ipsvc_endpoint_find(struct ipsvc_instance *inst, u32 id)
{
	return xa_load(&inst->endpoints, id);
}

bool ipsvc_endpoint_get(struct ipsvc_endpoint *ep)
{
	return refcount_inc_not_zero(&ep->refs);
}

/* With the last reference its identity is given up. */
void ipsvc_endpoint_put(struct ipsvc_instance *inst, struct ipsvc_endpoint *ep)
{
	if (!refcount_dec_and_test(&ep->refs))
		return;
	addr_put(inst, ep->known);
	xa_erase_bh(&inst->endpoints, ep->id);
	ipsvc_service_put(ep->service);
	kfree_rcu(ep, rcu);
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
	ep->known = addr_get(inst, svc, spec);
	if (!ep->known)
		goto free;
	if (xa_alloc_cyclic_bh(&inst->endpoints, &ep->id, ep,
			       XA_LIMIT(1, U32_MAX), &inst->endpoint_next,
			       GFP_KERNEL_ACCOUNT) < 0)
		goto put;
	ipsvc_service_get(svc);
	ipsvc_bloom_add(inst, svc->proto, &ep->addr, ep->port);
	return ep;
put:
	addr_put(inst, ep->known);
free:
	kfree(ep);
	return NULL;
}

static int compare(const union ipsvc_addr *addr_a, __be16 port_a,
		   const union ipsvc_addr *addr_b, __be16 port_b)
{
	int cmp = memcmp(addr_a, addr_b, sizeof(*addr_a));

	return cmp ?: (int)ntohs(port_a) - (int)ntohs(port_b);
}

/* Order of specs, for sort(); 0 when both stand for the same endpoint. */
int ipsvc_endpoint_spec_cmp(const void *a, const void *b)
{
	const struct ipsvc_endpoint_spec *x = a, *y = b;

	return compare(&x->addr, x->port, &y->addr, y->port);
}

static int spec_find_cmp(const void *key, const void *elt)
{
	const struct ipsvc_endpoint_spec *spec = elt;
	const struct ipsvc_endpoint *ep = key;

	return compare(&ep->addr, ep->port, &spec->addr, spec->port);
}

/* Gives each spec its slot: those that get new flows first. */
static u32 assign_slots(struct ipsvc_endpoint_spec *specs, u32 n)
{
	u32 i, ready = 0, draining;

	for (i = 0; i < n; i++)
		if (!(specs[i].flags & IPSVC_ENDPOINT_F_DRAIN))
			specs[i].slot = ready++;
	for (i = 0, draining = ready; i < n; i++)
		if (specs[i].flags & IPSVC_ENDPOINT_F_DRAIN)
			specs[i].slot = draining++;
	return ready;
}

/* Takes over the endpoints of the current set that stay. */
static void reuse(struct ipsvc_endpoint_set *set,
		  const struct ipsvc_endpoint_set *base,
		  const struct ipsvc_endpoint_spec *specs, u32 n)
{
	const struct ipsvc_endpoint_spec *spec;
	struct ipsvc_endpoint *ep;
	u32 i;

	for (i = 0; i < base->n; i++) {
		ep = base->slot[i].ep;
		cond_resched();
		spec = bsearch(ep, specs, n, sizeof(*specs), spec_find_cmp);
		if (!spec)
			continue;
		refcount_inc(&ep->refs);
		ep->kept = true;
		set->slot[spec->slot].ep = ep;
	}
}

/**
 * ipsvc_endpoint_set_build() - make a candidate for the set of a service
 * @inst: the instance
 * @svc: the service
 * @base: its current set; endpoints that stay are the same objects, and marked
 *	as kept until the candidate is discarded or @base retired. May be NULL.
 * @specs: what the set is to have, sorted by ipsvc_endpoint_spec_cmp(), no
 *	duplicates; on success each has the number of its slot
 * @n: how many
 *
 * Context: process, &ipsvc_net.lock. Return: the set or NULL, no memory.
 */
struct ipsvc_endpoint_set *
ipsvc_endpoint_set_build(struct ipsvc_instance *inst, struct ipsvc_service *svc,
			 const struct ipsvc_endpoint_set *base,
			 struct ipsvc_endpoint_spec *specs, u32 n)
{
	struct ipsvc_endpoint_slot *slot;
	struct ipsvc_endpoint_set *set;
	u32 i;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	set = kvzalloc(struct_size(set, slot, n), GFP_KERNEL_ACCOUNT);
	if (!set)
		return NULL;
	set->n = n;
	set->n_ready = assign_slots(specs, n);
	if (base)
		reuse(set, base, specs, n);
	for (i = 0; i < n; i++) {
		slot = &set->slot[specs[i].slot];
		slot->flags = specs[i].flags;
		if (!slot->ep)
			slot->ep = endpoint_alloc(inst, svc, &specs[i]);
		if (!slot->ep)
			goto discard;
		cond_resched();
	}
	return set;

discard:
	ipsvc_endpoint_set_discard(inst, set);
	return NULL;
}

/**
 * ipsvc_endpoint_set_discard() - forget a candidate
 * @inst: the instance
 * @set: never published
 *
 * Context: process, &ipsvc_net.lock.
 */
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
		ipsvc_endpoint_put(inst, ep);
	}
	kvfree(set);
}

/**
 * ipsvc_endpoint_set_retire() - mark what a replaced set alone had as removed
 * @set: was replaced already, so that new readers do not find it
 *
 * Context: &ipsvc_net.lock. Return: whether a removed endpoint may have flows;
 * to be believed after a full barrier only.
 */
bool ipsvc_endpoint_set_retire(struct ipsvc_endpoint_set *set)
{
	struct ipsvc_endpoint *ep;
	bool flows = false;
	u32 i;

	for (i = 0; i < set->n; i++) {
		ep = set->slot[i].ep;
		if (!ep->kept)
			/* Who sees the mark sees the set that replaced this. */
			smp_store_release(&ep->removed, true);
	}
	/* Flows are counted first, then look at @removed. */
	smp_mb();
	for (i = 0; i < set->n; i++) {
		ep = set->slot[i].ep;
		flows |= !ep->kept && atomic_read(&ep->flows);
		ep->kept = false;
	}
	return flows;
}

/**
 * ipsvc_endpoint_set_release() - free a set that was replaced
 * @inst: the instance
 * @set: readers may go on using it until RCU is released
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_endpoint_set_release(struct ipsvc_instance *inst,
				struct ipsvc_endpoint_set *set)
{
	u32 i;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	for (i = 0; i < set->n; i++)
		ipsvc_endpoint_put(inst, set->slot[i].ep);
	kvfree_rcu(set, rcu);
}
