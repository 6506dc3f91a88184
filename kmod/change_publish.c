// SPDX-License-Identifier: GPL-2.0
/*
 * Publishing a change: stores of pointers, none of which can fail. A packet finds
 * a frontend and through it endpoints, and meets both as they were before, or
 * both as they are after the change: a frontend that comes carries the endpoints
 * it leads to, and services get theirs only after all frontends have changed
 * hands. Who found a frontend that was replaced meanwhile sees that it was
 * (&ipsvc_frontend.removed) and looks again.
 */
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "address.h"
#include "change.h"
#include "flow_gc.h"
#include "netlink.h"

/* Returns the set that was. */
static struct ipsvc_endpoint_set *replace_set(const struct ipsvc_instance *inst,
					      struct ipsvc_service *svc,
					      struct ipsvc_endpoint_set *set)
{
	struct ipsvc_endpoint_set *old = ipsvc_service_set(inst, svc);

	rcu_assign_pointer(svc->set, set);
	return old;
}

/*
 * Gives a new service its set, and any its frontends. Nobody finds a new service
 * yet; one that stays keeps its set until the frontends have changed hands.
 */
static void publish_op(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	struct ipsvc_service *svc = op->svc;

	if (ipsvc_op_removes(op))
		ipsvc_service_erase(&inst->services, op->old);
	if (op->kind == IPSVC_OP_NEW) {
		ipsvc_service_insert(&inst->services, svc);
		rcu_assign_pointer(svc->set, op->set);
		op->set = NULL;
	}
	if (op->fes) {
		swap(svc->frontends, op->fes);
		svc->n_frontends = op->n_frontends;
	}
}

/*
 * All frontends of the service lead to its new set: the new ones do already, so
 * they need not carry it any longer.
 */
static void publish_set(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	struct ipsvc_service *svc = op->svc;
	u32 i;

	op->set = replace_set(inst, svc, op->set);
	if (!op->has_frontends)
		return;
	/* Pairs with the barrier in ipsvc_frontend_set(). */
	smp_wmb();
	for (i = 0; i < svc->n_frontends; i++)
		RCU_INIT_POINTER(svc->frontends[i]->set, NULL);
}

/* Clients of a UDP frontend that leads elsewhere now, or nowhere, are to notice. */
static bool strands_flows(const struct ipsvc_key_use *use)
{
	if (!use->old || use->key.proto != IPPROTO_UDP)
		return false;
	if (use->new && use->new->service == use->old->service)
		return false;
	return atomic_read(&use->old->service->flows);
}

/*
 * Keys that change hands first: they are never without an owner. Returns whether
 * there are UDP flows to be purged.
 */
static bool publish_keys(struct ipsvc_instance *inst,
			 struct ipsvc_change *change)
{
	struct ipsvc_key_use *use, *tmp;
	bool purge = false;

	rbtree_postorder_for_each_entry_safe(use, tmp, &change->keys, node) {
		if (use->new)
			ipsvc_frontends_publish(&inst->frontends, use->new);
		else if (use->old)
			ipsvc_frontends_unpublish(&inst->frontends, use->old);
		if (use->old)
			/* Who sees the mark sees what took its place. */
			smp_store_release(&use->old->removed, true);
		cond_resched();
	}
	/* Flows are counted first, then look at @removed. */
	smp_mb();
	rbtree_postorder_for_each_entry_safe(use, tmp, &change->keys, node) {
		purge |= strands_flows(use);
		if (use->old)
			ipsvc_frontend_free_rcu(use->old);
		kfree(use);
		cond_resched();
	}
	change->keys = RB_ROOT;
	return purge;
}

/*
 * The service is gone for new packets; flows may still refer to it. Returns
 * whether there are UDP flows to be purged, as retire() does.
 */
static bool bury(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	struct ipsvc_service *svc = op->old;
	bool flows;

	WRITE_ONCE(svc->dead, true);
	op->dead_set = replace_set(inst, svc, &ipsvc_endpoint_set_empty);
	flows = ipsvc_endpoint_set_retire(op->dead_set);
	kfree(svc->frontends);
	svc->frontends = NULL;
	svc->n_frontends = 0;
	return flows && svc->proto == IPPROTO_UDP;
}

static bool retire(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	bool purge = false;

	if (op->set) {
		publish_set(inst, op);
		purge = ipsvc_endpoint_set_retire(op->set) &&
			op->proto == IPPROTO_UDP;
	}
	if (ipsvc_op_removes(op))
		purge |= bury(inst, op);
	return purge;
}

/* After the flows of removed endpoints are gone, so that most memory goes now. */
static void release(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	kfree(op->fes);
	op->fes = NULL;
	if (op->set)
		ipsvc_endpoint_set_release(inst, op->set);
	op->set = NULL;
	if (op->dead_set)
		ipsvc_endpoint_set_release(inst, op->dead_set);
	op->dead_set = NULL;
	if (ipsvc_op_removes(op))
		ipsvc_service_put(op->old);
	op->old = NULL;
}

static void count(struct ipsvc_instance *inst,
		  const struct ipsvc_change *change)
{
	WRITE_ONCE(inst->n_services, inst->n_services + change->d_services);
	WRITE_ONCE(inst->n_endpoints, inst->n_endpoints + change->d_endpoints);
	/* 0 stands for no generation, in requests and for dumps. */
	WRITE_ONCE(inst->generation, inst->generation + 1 ?: 1);
}

/**
 * ipsvc_change_publish() - let a prepared change take effect
 * @inst: the instance
 * @change: to be freed by the caller
 *
 * When it returns no new flow goes to an endpoint that was removed, UDP flows
 * to those, and of frontends that were removed, are gone, and listeners were
 * told.
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_change_publish(struct ipsvc_instance *inst,
			  struct ipsvc_change *change)
{
	struct ipsvc_op *op;
	bool purge;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		publish_op(inst, op);
		cond_resched();
	}
	purge = publish_keys(inst, change);
	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		purge |= retire(inst, op);
		cond_resched();
	}
	if (purge)
		ipsvc_flow_purge_removed(inst);
	ipsvc_addresses_apply(inst, &change->addresses);
	count(inst, change);
	ipsvc_notify_change(inst, change);
	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		release(inst, op);
		cond_resched();
	}
	if (inst->n_services)
		return;
	/* Flows that go on need the hooks; the collector sees their end. */
	if (atomic_read(&inst->flows.count))
		ipsvc_flow_gc_start(&inst->flows);
	else
		ipsvc_hooks_unregister(inst);
}
