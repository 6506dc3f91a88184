// SPDX-License-Identifier: GPL-2.0
/*
 * Preparing a change: everything that can go wrong does so here, before anyone
 * sees anything of it. Costs what changes.
 */
#include <linux/bsearch.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/ipsvc.h>

#include "address.h"
#include "change.h"

#define to_key_use(n) rb_entry(n, struct ipsvc_key_use, node)

/* Finds or makes the entry of a key; NULL without memory. */
static struct ipsvc_key_use *key_use(struct ipsvc_change *change,
				     const struct ipsvc_frontend_key *key)
{
	struct rb_node **link = &change->keys.rb_node, *parent = NULL;
	struct ipsvc_key_use *use;
	int cmp;

	while (*link) {
		parent = *link;
		cmp = memcmp(key, &to_key_use(parent)->key, sizeof(*key));
		if (!cmp)
			return to_key_use(parent);
		link = cmp < 0 ? &parent->rb_left : &parent->rb_right;
	}
	use = kzalloc(sizeof(*use), GFP_KERNEL_ACCOUNT);
	if (!use)
		return NULL;
	use->key = *key;
	rb_link_node(&use->node, parent, link);
	rb_insert_color(&use->node, &change->keys);
	return use;
}

static int use_cluster_ip(struct ipsvc_change *change,
			  const struct ipsvc_frontend_key *key, int n,
			  const struct nlattr *attr)
{
	struct ipsvc_address *use;

	if (key->class != IPSVC_FRONTEND_CLUSTER_IP)
		return 0;
	use = ipsvc_address_use(&change->addresses, &key->addr);
	if (!use)
		return -ENOMEM;
	use->cluster_ips += n;
	if (attr)
		use->attr = attr;
	return 0;
}

static int use_endpoint(struct ipsvc_change *change,
			const union ipsvc_addr *addr, int n,
			const struct nlattr *attr)
{
	struct ipsvc_address *use;

	use = ipsvc_address_use(&change->addresses, addr);
	if (!use)
		return -ENOMEM;
	use->endpoints += n;
	if (attr)
		use->attr = attr;
	return 0;
}

static int frontend_goes(struct ipsvc_change *change, struct ipsvc_frontend *fe)
{
	struct ipsvc_key_use *use = key_use(change, &fe->key);

	if (!use)
		return -ENOMEM;
	use->old = fe;
	return use_cluster_ip(change, &fe->key, -1, NULL);
}

/*
 * Returns the new frontend or an error. Whoever finds it is to find the new
 * endpoints, though the service still has the old ones for its other frontends:
 * so it carries them.
 */
static struct ipsvc_frontend *
frontend_comes(struct ipsvc_change *change, const struct ipsvc_op *op,
	       const struct ipsvc_frontend_spec *spec,
	       struct netlink_ext_ack *extack)
{
	struct ipsvc_key_use *use = key_use(change, &spec->key);

	if (!use)
		return ERR_PTR(-ENOMEM);
	if (use->new) {
		NL_SET_ERR_MSG_ATTR(extack, spec->attr,
				    "two services are to have the same frontend");
		return ERR_PTR(-EADDRINUSE);
	}
	use->new = ipsvc_frontend_alloc(&spec->key, op->svc);
	if (!use->new || use_cluster_ip(change, &spec->key, 1, spec->attr))
		return ERR_PTR(-ENOMEM);
	if (op->kind == IPSVC_OP_SET)
		RCU_INIT_POINTER(use->new->set, op->set);
	use->attr = spec->attr;
	change->n_publish++;
	return use->new;
}

/* All that the service there is has, goes. */
static int prepare_removal(struct ipsvc_instance *inst,
			   struct ipsvc_change *change,
			   const struct ipsvc_service *svc)
{
	const struct ipsvc_endpoint_set *set = ipsvc_service_set(inst, svc);
	int err = 0;
	u32 i;

	for (i = 0; i < svc->n_frontends && !err; i++)
		err = frontend_goes(change, svc->frontends[i]);
	for (i = 0; i < set->n && !err; i++)
		err = use_endpoint(change, &set->slot[i].ep->addr, -1, NULL);
	change->d_endpoints -= set->n;
	change->d_services--;
	return err;
}

/* Counts the addresses of endpoints that come with, or go with, the new set. */
static int use_endpoints(struct ipsvc_change *change, const struct ipsvc_op *op,
			 const struct ipsvc_endpoint_set *base)
{
	const struct ipsvc_endpoint *ep;
	int err = 0;
	u32 i;

	for (i = 0; base && i < base->n && !err; i++) {
		ep = base->slot[i].ep;
		if (!ep->kept)
			err = use_endpoint(change, &ep->addr, -1, NULL);
	}
	for (i = 0; i < op->n_endpoints && !err; i++) {
		ep = op->set->slot[op->endpoints[i].slot].ep;
		if (!ep->kept)
			err = use_endpoint(change, &ep->addr, 1,
					   op->endpoints[i].attr);
	}
	return err;
}

static int prepare_endpoints(struct ipsvc_instance *inst,
			     struct ipsvc_change *change, struct ipsvc_op *op)
{
	const struct ipsvc_endpoint_set *base = NULL;

	if (op->kind == IPSVC_OP_SET) {
		if (!op->has_endpoints)
			return 0;
		base = ipsvc_service_set(inst, op->svc);
	}
	op->set = ipsvc_endpoint_set_build(inst, op->svc, base, op->endpoints,
					   op->n_endpoints);
	if (!op->set)
		return -ENOMEM;
	change->d_endpoints += op->set->n - (base ? base->n : 0);
	return use_endpoints(change, op, base);
}

static int key_cmp(const void *key, const void *elt)
{
	const struct ipsvc_frontend_spec *spec = elt;

	return memcmp(key, &spec->key, sizeof(spec->key));
}

/* The frontend the service has of that key, or NULL. */
static struct ipsvc_frontend *own_frontend(struct ipsvc_instance *inst,
					   const struct ipsvc_service *svc,
					   const struct ipsvc_frontend_key *key)
{
	struct ipsvc_frontend *fe;

	rcu_read_lock();
	fe = ipsvc_frontend_find(&inst->frontends, key);
	rcu_read_unlock();
	/* Still there: we hold the lock. */
	return fe && fe->service == svc ? fe : NULL;
}

static int prepare_frontends(struct ipsvc_instance *inst,
			     struct ipsvc_change *change, struct ipsvc_op *op,
			     struct netlink_ext_ack *extack)
{
	struct ipsvc_service *svc = op->svc;
	struct ipsvc_frontend *fe;
	int err = 0;
	u32 i;

	if (!op->has_frontends)
		return 0;
	op->fes = kcalloc(max(op->n_frontends, 1U), sizeof(*op->fes),
			  GFP_KERNEL_ACCOUNT);
	if (!op->fes)
		return -ENOMEM;
	for (i = 0; i < op->n_frontends; i++) {
		fe = own_frontend(inst, svc, &op->frontends[i].key);
		if (!fe)
			fe = frontend_comes(change, op, &op->frontends[i],
					    extack);
		if (IS_ERR(fe))
			return PTR_ERR(fe);
		op->fes[i] = fe;
	}
	for (i = 0; i < svc->n_frontends && !err; i++) {
		fe = svc->frontends[i];
		if (!bsearch(&fe->key, op->frontends, op->n_frontends,
			     sizeof(*op->frontends), key_cmp))
			err = frontend_goes(change, fe);
	}
	return err;
}

static int prepare_op(struct ipsvc_instance *inst, struct ipsvc_change *change,
		      struct ipsvc_op *op, struct netlink_ext_ack *extack)
{
	int err;

	if (ipsvc_op_removes(op)) {
		err = prepare_removal(inst, change, op->old);
		if (err)
			return err;
	}
	if (op->kind == IPSVC_OP_DEL)
		return 0;
	if (op->kind == IPSVC_OP_SET) {
		op->svc = op->old;
	} else {
		op->svc = ipsvc_service_alloc(op->name, op->name_len,
					      op->proto);
		if (!op->svc)
			return -ENOMEM;
		change->d_services++;
	}
	err = prepare_endpoints(inst, change, op);
	return err ?: prepare_frontends(inst, change, op, extack);
}

/* Every key that comes is free, or becomes free. */
static int check_frontends(struct ipsvc_instance *inst,
			   struct ipsvc_change *change,
			   struct netlink_ext_ack *extack)
{
	struct ipsvc_key_use *use;
	struct rb_node *n;
	bool taken;

	for (n = rb_first(&change->keys); n; n = rb_next(n)) {
		cond_resched();
		use = to_key_use(n);
		if (!use->new || use->old)
			continue;
		rcu_read_lock();
		taken = ipsvc_frontend_find(&inst->frontends, &use->key);
		rcu_read_unlock();
		if (!taken)
			continue;
		NL_SET_ERR_MSG_ATTR(extack, use->attr,
				    "a frontend belongs to another service");
		return -EADDRINUSE;
	}
	return 0;
}

static int check_caps(const struct ipsvc_instance *inst,
		      const struct ipsvc_change *change,
		      struct netlink_ext_ack *extack)
{
	s64 services = (s64)inst->n_services + change->d_services;
	s64 endpoints = (s64)inst->n_endpoints + change->d_endpoints;

	if (change->d_services > 0 &&
	    services > READ_ONCE(inst->services_max)) {
		NL_SET_ERR_MSG(extack, "more services than services_max allows");
		return -ENOSPC;
	}
	if (change->d_endpoints > 0 &&
	    endpoints > READ_ONCE(inst->endpoints_max)) {
		NL_SET_ERR_MSG(extack,
			       "more endpoints than endpoints_max allows");
		return -ENOSPC;
	}
	return 0;
}

/* What is not undone when it was not needed in the end: room, and hooks. */
static int prepare_instance(struct ipsvc_instance *inst,
			    const struct ipsvc_change *change,
			    struct netlink_ext_ack *extack)
{
	int err;

	err = ipsvc_frontends_reserve(&inst->frontends, change->n_publish);
	if (err) {
		NL_SET_ERR_MSG(extack, "too many frontends");
		return err;
	}
	if (inst->n_services + change->d_services == 0)
		return 0;
	err = ipsvc_hooks_register(inst);
	if (err)
		NL_SET_ERR_MSG(extack, "netfilter does not take the hooks");
	return err;
}

static int prepare_all(struct ipsvc_instance *inst, struct ipsvc_change *change,
		       struct netlink_ext_ack *extack)
{
	struct ipsvc_op *op;
	int err;

	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		err = prepare_op(inst, change, op, extack);
		if (err)
			return err;
		cond_resched();
	}
	err = check_frontends(inst, change, extack);
	if (!err)
		err = check_caps(inst, change, extack);
	if (!err)
		err = ipsvc_addresses_check(inst, &change->addresses, extack);
	return err ?: prepare_instance(inst, change, extack);
}

static void discard(struct ipsvc_instance *inst, struct ipsvc_change *change)
{
	struct ipsvc_key_use *use, *tmp;
	struct ipsvc_op *op;

	rbtree_postorder_for_each_entry_safe(use, tmp, &change->keys, node) {
		if (use->new)
			ipsvc_frontend_free(use->new);
		kfree(use);
		cond_resched();
	}
	change->keys = RB_ROOT;
	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		cond_resched();
		kfree(op->fes);
		if (op->set)
			ipsvc_endpoint_set_discard(inst, op->set);
		if (op->kind == IPSVC_OP_NEW && op->svc)
			ipsvc_service_put(op->svc);
		op->fes = NULL;
		op->set = NULL;
		op->svc = NULL;
	}
	ipsvc_addresses_discard(inst, &change->addresses);
}

/**
 * ipsvc_change_prepare() - check a change and allocate all it needs
 * @inst: the instance
 * @change: resolved, or merged of resolved ones
 * @extack: where to complain
 *
 * On success ipsvc_change_publish() must follow. On failure nothing is left of
 * it but its ops.
 *
 * Context: process, &ipsvc_net.lock.
 *
 * Return: 0; -EADDRINUSE when a frontend belongs to another service, -EINVAL
 * when an address would be cluster IP and endpoint, -ENOSPC over a cap, -ENOMEM.
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
