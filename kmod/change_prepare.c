// SPDX-License-Identifier: GPL-2.0
/*
 * Preparing a change: everything that may fail does so here, before anything of
 * the change is visible.
 */
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ipsvc.h>

#include "bloom.h"
#include "change.h"
#include "netlink.h"
#include "vip.h"

#define to_frontend(n) rb_entry(n, struct ipsvc_frontend, node)

static int frontend_cmp(struct rb_node *a, const struct rb_node *b)
{
	return memcmp(&to_frontend(a)->key, &to_frontend(b)->key,
		      sizeof(struct ipsvc_frontend_key));
}

/* The frontend must be free, become free, or be the service port's own. */
static int check_frontend(struct ipsvc_instance *inst,
			  struct ipsvc_change *change, struct ipsvc_frontend *fe,
			  const struct nlattr *attr,
			  struct netlink_ext_ack *extack)
{
	const struct ipsvc_frontend *old;

	if (rb_find_add(&fe->node, &change->frontends, frontend_cmp))
		return ipsvc_refuse(extack, attr, -EADDRINUSE,
				    "two services are to have the same frontend");
	old = ipsvc_frontend_find_locked(&inst->frontends, &fe->key);
	if (!old) {
		change->n_new_keys++;
		return 0;
	}
	/* Any op on its service port replaces or removes all its frontends. */
	if (ipsvc_change_find(change, old->service->name, old->service->family))
		return 0;
	return ipsvc_refuse(extack, attr, -EADDRINUSE,
			    "a frontend belongs to another service");
}

static int prepare_frontends(struct ipsvc_instance *inst,
			     struct ipsvc_change *change, struct ipsvc_op *op,
			     struct netlink_ext_ack *extack)
{
	const struct ipsvc_frontend_spec *spec = op->frontends;
	struct ipsvc_service_body *body = &op->body;
	struct ipsvc_frontend *fe;
	int err = 0;

	body->frontends = kcalloc(op->n_frontends, sizeof(*body->frontends),
				  GFP_KERNEL_ACCOUNT);
	if (!body->frontends)
		return -ENOMEM;
	for (; body->n_frontends < op->n_frontends && !err; spec++) {
		fe = ipsvc_frontend_alloc(&spec->key, op->svc);
		if (!fe)
			return -ENOMEM;
		fe->class = spec->class;
		fe->flags = spec->flags;
		fe->set = body->set;
		if (spec->flags & IPSVC_FRONTEND_F_RANGES)
			fe->ranges = body->ranges;
		ipsvc_bloom_add(inst, spec->key.proto, &spec->key.addr,
				spec->key.port);
		body->frontends[body->n_frontends++] = fe;
		if (fe->class != IPSVC_FRONTEND_NODE_PORT)
			err = ipsvc_vip_get(inst, fe);
		if (!err)
			err = check_frontend(inst, change, fe, spec->attr,
					     extack);
	}
	return err;
}

static int prepare_put(struct ipsvc_instance *inst, struct ipsvc_change *change,
		       struct ipsvc_op *op, struct netlink_ext_ack *extack)
{
	const struct ipsvc_endpoint_set *base = NULL;

	if (op->old && op->old->proto == op->proto) {
		op->svc = op->old;
		base = op->old->body.set;
	} else {
		op->svc = ipsvc_service_alloc(op->name, op->name_len,
					      op->family, op->proto);
	}
	if (!op->svc)
		return -ENOMEM;
	op->body.set = ipsvc_endpoint_set_build(inst, op->svc, base,
						&op->options, op->endpoints,
						op->n_endpoints);
	if (!op->body.set)
		return -ENOMEM;
	if (op->n_ranges) {
		op->body.ranges = ipsvc_ranges_build(op->ranges, op->n_ranges,
						     op->family);
		if (!op->body.ranges)
			return -ENOMEM;
	}
	return prepare_frontends(inst, change, op, extack);
}

static int prepare_op(struct ipsvc_instance *inst, struct ipsvc_change *change,
		      struct ipsvc_op *op, struct netlink_ext_ack *extack)
{
	int err = 0;

	op->old = ipsvc_service_find(&inst->services, op->name, op->family);
	if (op->kind == IPSVC_OP_PUT)
		err = prepare_put(inst, change, op, extack);
	change->d_services += !!op->svc - !!op->old;
	change->d_endpoints += op->n_endpoints;
	if (op->old)
		change->d_endpoints -= op->old->body.set->n;
	return err;
}

static int check_caps(const struct ipsvc_instance *inst,
		      const struct ipsvc_change *change,
		      struct netlink_ext_ack *extack)
{
	s64 services = (s64)inst->n_services + change->d_services;
	s64 endpoints = (s64)inst->n_endpoints + change->d_endpoints;

	if (change->d_services > 0 &&
	    services > READ_ONCE(inst->services_max))
		return ipsvc_refuse(extack, NULL, -ENOSPC,
				    "more services than services_max allows");
	if (change->d_endpoints > 0 &&
	    endpoints > READ_ONCE(inst->endpoints_max))
		return ipsvc_refuse(extack, NULL, -ENOSPC,
				    "more endpoints than endpoints_max allows");
	return 0;
}

/* Table space and hooks, which a failure later does not take back. */
static int prepare_instance(struct ipsvc_instance *inst,
			    const struct ipsvc_change *change,
			    struct netlink_ext_ack *extack)
{
	const struct ipsvc_op *op;
	int err;

	err = ipsvc_frontends_reserve(&inst->frontends, change->n_new_keys);
	if (err == -ENOSPC)
		NL_SET_ERR_MSG(extack, "too many frontends");
	if (err)
		return err;
	ipsvc_change_for_each(op, change) {
		if (op->svc)
			err = ipsvc_hooks_register(inst, op->family);
		if (err)
			break;
	}
	if (!err)
		return 0;
	/* Those of the other family may be there, and of no use. */
	if (!inst->n_services && !atomic_read(&inst->flows.count))
		ipsvc_hooks_unregister(inst);
	if (err != -ENOMEM)
		NL_SET_ERR_MSG(extack, "netfilter does not take the hooks");
	return err;
}

static int prepare_all(struct ipsvc_instance *inst, struct ipsvc_change *change,
		       struct netlink_ext_ack *extack)
{
	struct ipsvc_op *op;
	u32 places = 0;
	int err;

	ipsvc_change_for_each(op, change)
		places += op->n_frontends + op->n_endpoints;
	err = ipsvc_bloom_reserve(inst, places);
	if (err)
		return err;
	ipsvc_change_for_each(op, change) {
		err = prepare_op(inst, change, op, extack);
		if (err)
			return err;
	}
	err = check_caps(inst, change, extack);
	return err ?: prepare_instance(inst, change, extack);
}

static void discard(struct ipsvc_instance *inst, struct ipsvc_change *change)
{
	struct ipsvc_op *op;
	u32 i;

	ipsvc_change_for_each(op, change) {
		for (i = 0; i < op->body.n_frontends; i++) {
			ipsvc_vip_put(inst, op->body.frontends[i]);
			kfree(op->body.frontends[i]);
		}
		kfree(op->body.frontends);
		if (op->body.set)
			ipsvc_endpoint_set_discard(inst, op->body.set);
		kvfree(op->body.ranges);
		if (op->svc && op->svc != op->old)
			ipsvc_service_put(op->svc);
	}
}

/**
 * ipsvc_change_prepare() - check a change and allocate all it needs
 * @inst: the instance
 * @change: PUTs and DELs; published next on success, freed on failure
 * @extack: for errors
 *
 * Context: process, &ipsvc_net.lock. Return: 0; -EADDRINUSE when a frontend
 * belongs to another service port, -ENOSPC over a cap, -ENOMEM, or an error of
 * nf_register_net_hooks().
 */
int ipsvc_change_prepare(struct ipsvc_instance *inst,
			 struct ipsvc_change *change,
			 struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	err = prepare_all(inst, change, extack);
	if (!err)
		return 0;
	if (err == -ENOMEM)
		NL_SET_ERR_MSG(extack, "no memory for the change");
	discard(inst, change);
	return err;
}
