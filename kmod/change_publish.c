// SPDX-License-Identifier: GPL-2.0
/*
 * Publishing a change: stores of pointers, none of which can fail. A frontend
 * leads to its endpoints by itself, and is replaced in one store: so a packet
 * meets a frontend and endpoints of before, or both of after. Frontends that
 * nothing replaces go last: one that moves to another service port is never
 * without an owner.
 *
 * Whoever made a flow meanwhile sees that its endpoint was removed, or its
 * frontend revoked, and looks again: see create_flow() in hook.c.
 */
#include <linux/in.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "change.h"
#include "flow.h"
#include "netlink.h"

/* For the control side: the tree, and bodies. Leaves in the op what there was. */
static void publish_service(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	struct ipsvc_service_body was = {};

	if (op->old)
		swap(was, op->old->body);
	if (ipsvc_op_removes(op)) {
		WRITE_ONCE(op->old->removed, true);
		rb_erase(&op->old->node, &inst->services);
	}
	if (op->svc) {
		op->svc->body = op->body;
		if (op->svc != op->old)
			ipsvc_service_insert(&inst->services, op->svc);
	}
	op->body = was;
}

static void revoke(struct ipsvc_frontend *fe)
{
	/* Who sees the mark sees what took its place. */
	smp_store_release(&fe->revoked, true);
}

static void publish_frontends(struct ipsvc_instance *inst,
			      const struct ipsvc_op *op)
{
	const struct ipsvc_service_body *body = &op->svc->body;
	struct ipsvc_frontend *old;
	u32 i;

	for (i = 0; i < body->n_frontends; i++) {
		old = ipsvc_frontends_publish(&inst->frontends,
					      body->frontends[i]);
		if (old && old->service != op->svc)
			revoke(old);
	}
}

/* Those of before that nothing has replaced. */
static void unpublish_frontends(struct ipsvc_instance *inst,
				const struct ipsvc_op *op)
{
	struct ipsvc_frontend *fe;
	u32 i;

	for (i = 0; i < op->body.n_frontends; i++) {
		fe = op->body.frontends[i];
		if (ipsvc_frontend_find_locked(&inst->frontends,
					       &fe->key) != fe)
			continue;
		ipsvc_frontends_unpublish(&inst->frontends, fe);
		revoke(fe);
	}
}

/*
 * Marks endpoints that are gone. Returns whether there may be UDP flows to them,
 * or by frontends that were revoked.
 */
static bool retire(const struct ipsvc_op *op)
{
	bool flows;
	u32 i;

	/* With a full barrier: flows are counted before they look at marks. */
	flows = ipsvc_endpoint_set_retire(op->body.set);
	for (i = 0; i < op->body.n_frontends && !flows; i++)
		flows = op->body.frontends[i]->revoked &&
			atomic_read(&op->old->flows);
	return flows && op->old->proto == IPPROTO_UDP;
}

static void release(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	ipsvc_service_body_release(inst, &op->body);
	if (ipsvc_op_removes(op))
		ipsvc_service_put(op->old);
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
 * When it returns no new flow goes to an endpoint that was removed, or by a
 * frontend to another service port than its own, and listeners were told.
 *
 * Context: process, &ipsvc_net.lock.
 *
 * Return: whether the caller must call ipsvc_flow_purge_removed(), which does
 * not need the lock, before it says that the change is complete.
 */
bool ipsvc_change_publish(struct ipsvc_instance *inst,
			  struct ipsvc_change *change)
{
	struct ipsvc_op *op;
	bool purge = false;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	ipsvc_change_for_each(op, change)
		publish_service(inst, op);
	ipsvc_change_for_each(op, change)
		if (op->svc)
			publish_frontends(inst, op);
	ipsvc_change_for_each(op, change)
		unpublish_frontends(inst, op);
	ipsvc_change_for_each(op, change)
		if (op->old)
			purge |= retire(op);
	count(inst, change);
	ipsvc_notify_change(inst, change);
	ipsvc_change_for_each(op, change)
		release(inst, op);
	if (inst->n_services)
		return purge;
	/* Flows that go on need the hooks; the collector sees their end. */
	if (atomic_read(&inst->flows.count))
		ipsvc_flow_gc_start(&inst->flows);
	else
		ipsvc_hooks_unregister(inst);
	return purge;
}
