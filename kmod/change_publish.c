// SPDX-License-Identifier: GPL-2.0
/*
 * Publishing a change: stores of pointers, which cannot fail. A frontend points
 * to its endpoint set and is replaced in one store, so a packet sees a frontend
 * and endpoints from before the change, or both from after it. Frontends that
 * nothing replaces are unpublished last, so that one that moves to another
 * service port is always in the table.
 *
 * A hook that has created a flow meanwhile sees that the endpoint is removed or
 * the frontend revoked, and looks up the frontend again (connect.c).
 */
#include <linux/in.h>

#include "change.h"
#include "flow.h"
#include "netlink.h"
#include "vip.h"

/* The op gets the old body. */
static void publish_service(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	struct ipsvc_service_body old_body = {};

	if (op->old)
		swap(old_body, op->old->body);
	if (ipsvc_op_drops_old(op)) {
		WRITE_ONCE(op->old->unpublished, true);
		rb_erase(&op->old->node, &inst->services);
	}
	if (op->svc) {
		op->svc->body = op->body;
		if (op->svc != op->old)
			ipsvc_service_insert(&inst->services, op->svc);
	}
	op->body = old_body;
}

static void revoke(struct ipsvc_frontend *fe)
{
	/* A reader that sees the mark sees the frontend that replaced it. */
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
		ipsvc_vip_publish(body->frontends[i]);
		if (old && old->service != op->svc)
			revoke(old);
	}
}

/* Old frontends that were not replaced. */
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

/* Whether each datagram gets an endpoint, or each flow, is not as it was. */
static bool switches_one_packet(const struct ipsvc_op *op)
{
	const struct ipsvc_endpoint_set *was = op->body.set;

	return op->svc == op->old &&
	       (op->svc->body.set->options.flags ^ was->options.flags) &
		       IPSVC_SERVICE_F_ONE_PACKET;
}

/*
 * Marks removed endpoints. Returns whether UDP flows to them, or by revoked
 * frontends, may exist, or such as are to be made anew.
 */
static bool retire(const struct ipsvc_op *op)
{
	bool flows;
	u32 i;

	/* Its full barrier serves the marks of the frontends as well. */
	flows = ipsvc_endpoint_set_retire(op->body.set);
	if (switches_one_packet(op))
		flows |= atomic_read(&op->old->flows);
	for (i = 0; i < op->body.n_frontends && !flows; i++)
		flows = op->body.frontends[i]->revoked &&
			atomic_read(&op->old->flows);
	return flows && op->old->proto == IPPROTO_UDP;
}

static void release(struct ipsvc_instance *inst, struct ipsvc_op *op)
{
	ipsvc_service_body_release(inst, &op->body);
	if (ipsvc_op_drops_old(op))
		ipsvc_service_put(op->old);
}

static void count(struct ipsvc_instance *inst,
		  const struct ipsvc_change *change)
{
	WRITE_ONCE(inst->n_services, inst->n_services + change->d_services);
	WRITE_ONCE(inst->n_endpoints, inst->n_endpoints + change->d_endpoints);
	/* 0 means "no generation" in requests and dumps. */
	WRITE_ONCE(inst->generation, inst->generation + 1 ?: 1);
}

/**
 * ipsvc_change_publish() - apply a prepared change and notify listeners
 * @inst: the instance
 * @change: to be freed by the caller
 *
 * On return, no new flow is created to a removed endpoint, or by a frontend to
 * another service port than its own.
 *
 * Context: process, &ipsvc_net.lock. Return: whether the caller must call
 * ipsvc_flow_purge_removed(), without the lock, to complete the change.
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
	/* Remaining flows need the hooks; the collector unregisters them. */
	if (atomic_read(&inst->flows.count))
		ipsvc_flow_gc_start(&inst->flows);
	else
		ipsvc_hooks_unregister(inst);
	return purge;
}
