// SPDX-License-Identifier: GPL-2.0
/*
 * The Bloom filter in front of all lookups. The bits of removed frontends and
 * endpoints stay set until the filter is too full and is built anew.
 */
#include "bloom.h"

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "endpoint.h"
#include "flow.h"
#include "ipsvc.h"
#include "service.h"

/* A new filter has at least so many bits for each place. */
#define BITS_BUILT	32
/* A filter with fewer bits for each bit that is set is replaced. */
#define BITS_FULL	16
#define BITS_MIN	BIT(12)
#define BITS_MAX	BIT(30)
/* Endpoints between two calls of cond_resched(). */
#define STRIDE		1024

static struct ipsvc_bloom *bloom_locked(const struct ipsvc_instance *inst)
{
	return rcu_dereference_protected(inst->bloom,
			lockdep_is_held(&ipsvc_net(inst->net)->lock));
}

static struct ipsvc_bloom *bloom_alloc(u64 places)
{
	u64 bits = roundup_pow_of_two(places * BITS_BUILT);
	struct ipsvc_bloom *bloom;

	bits = clamp_t(u64, bits, BITS_MIN, BITS_MAX);
	bloom = kvzalloc(struct_size(bloom, bits, BITS_TO_LONGS(bits)),
			 GFP_KERNEL_ACCOUNT);
	if (bloom)
		bloom->shift = 64 - ilog2(bits);
	return bloom;
}

static void add(struct ipsvc_bloom *bloom, u8 proto,
		const union ipsvc_addr *addr, __be16 port)
{
	u32 i = ipsvc_bloom_index(bloom, proto, ipsvc_addr_fold(addr), port);

	if (!test_and_set_bit(i, bloom->bits))
		bloom->used++;
}

int ipsvc_bloom_init(struct ipsvc_instance *inst)
{
	struct ipsvc_bloom *bloom = bloom_alloc(1);

	rcu_assign_pointer(inst->bloom, bloom);
	return bloom ? 0 : -ENOMEM;
}

/* No reader is left. */
void ipsvc_bloom_exit(struct ipsvc_instance *inst)
{
	kvfree(rcu_dereference_protected(inst->bloom, true));
}

static void add_frontend(const struct ipsvc_frontend_key *key, void *bloom)
{
	add(bloom, key->proto, &key->addr, key->port);
}

/* Also removed endpoints that still have flows. */
static void add_endpoints(struct ipsvc_instance *inst,
			  struct ipsvc_bloom *bloom)
{
	struct ipsvc_endpoint *ep;
	unsigned long id;
	u32 n = 0;

	rcu_read_lock();
	xa_for_each(&inst->endpoints, id, ep) {
		add(bloom, ep->service->proto, &ep->addr, ep->port);
		if (++n % STRIDE)
			continue;
		rcu_read_unlock();
		cond_resched();
		rcu_read_lock();
	}
	rcu_read_unlock();
}

/* Its frontend, or the endpoint it goes to directly, may be removed. */
static int add_flow(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		    void *bloom)
{
	const struct ipsvc_half *orig = ipsvc_flow_orig(flow);
	const union ipsvc_addr addr = ipsvc_half_get(orig, IPSVC_DADDR);

	add(bloom, orig->proto, &addr, orig->dport);
	return 0;
}

/**
 * ipsvc_bloom_reserve() - make room, so that the filter stays sparse
 * @inst: the instance
 * @more: places that are to be added next, at most
 *
 * A flow that is made while the filter is rebuilt has a frontend that is in the
 * table, or is killed by who makes it, because its frontend was revoked before.
 *
 * Context: process, &ipsvc_net.lock. Return: 0 or -ENOMEM.
 */
int ipsvc_bloom_reserve(struct ipsvc_instance *inst, u32 more)
{
	struct ipsvc_bloom *old = bloom_locked(inst), *bloom;
	u64 bits = BIT_ULL(64 - old->shift);

	if (((u64)old->used + more) * BITS_FULL <= bits || bits == BITS_MAX)
		return 0;
	bloom = bloom_alloc((u64)inst->frontends.live + inst->n_endpoints + more);
	if (!bloom)
		return -ENOMEM;
	ipsvc_frontends_walk(&inst->frontends, add_frontend, bloom);
	add_endpoints(inst, bloom);
	ipsvc_flow_walk(inst, add_flow, bloom);
	rcu_assign_pointer(inst->bloom, bloom);
	kvfree_rcu(old, rcu);
	return 0;
}

/**
 * ipsvc_bloom_add() - let packets of a place through to the lookups
 * @inst: the instance
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @addr: address; of a node port the wildcard address of its family
 * @port: port
 *
 * Context: &ipsvc_net.lock, before the place is published.
 */
void ipsvc_bloom_add(struct ipsvc_instance *inst, u8 proto,
		     const union ipsvc_addr *addr, __be16 port)
{
	add(bloom_locked(inst), proto, addr, port);
}
