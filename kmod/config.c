// SPDX-License-Identifier: GPL-2.0
/* The configuration of an instance, and transactions on it. */
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "address.h"
#include "change.h"
#include "config.h"

/**
 * struct ipsvc_txn - an open transaction
 * @cookie: its name
 * @portid: the socket it belongs to
 * @change: what was staged
 */
struct ipsvc_txn {
	u32 cookie;
	u32 portid;
	struct ipsvc_change change;
};

/**
 * ipsvc_config_init() - set up an empty configuration
 * @inst: the instance, zeroed; nobody knows of it yet
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int ipsvc_config_init(struct ipsvc_instance *inst)
{
	inst->services = RB_ROOT;
	inst->addresses = RB_ROOT;
	inst->services_max = IPSVC_SERVICES_MAX_DEFAULT;
	inst->endpoints_max = IPSVC_ENDPOINTS_MAX_DEFAULT;
	/* Goes on where the last instance ended: a number says what was read. */
	inst->generation = ipsvc_net(inst->net)->generation + 1 ?: 1;
	xa_init_flags(&inst->endpoints, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_BH |
					XA_FLAGS_ACCOUNT);
	return ipsvc_frontends_init(&inst->frontends);
}

static void txn_close(struct ipsvc_instance *inst)
{
	struct ipsvc_txn *txn = inst->txn;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	inst->txn = NULL;
	WRITE_ONCE(ipsvc_net(inst->net)->txn_portid, 0);
	ipsvc_change_free(&txn->change);
	kfree(txn);
}

static void service_free(struct ipsvc_instance *inst, struct ipsvc_service *svc)
{
	struct ipsvc_endpoint_set *set = ipsvc_service_set(inst, svc);
	u32 i;

	WRITE_ONCE(svc->dead, true);
	RCU_INIT_POINTER(svc->set, &ipsvc_endpoint_set_empty);
	for (i = 0; i < svc->n_frontends; i++)
		ipsvc_frontend_free(svc->frontends[i]);
	kfree(svc->frontends);
	svc->frontends = NULL;
	svc->n_frontends = 0;
	ipsvc_endpoint_set_release(inst, set);
	ipsvc_service_put(svc);
}

/**
 * ipsvc_config_exit() - free the configuration
 * @inst: the instance; the data path does not read it any more, and its flows
 *	are gone
 *
 * Dumps that go on in user space may keep single services alive.
 *
 * Context: process, takes &ipsvc_net.lock.
 */
void ipsvc_config_exit(struct ipsvc_instance *inst)
{
	struct ipsvc_net *pn = ipsvc_net(inst->net);
	struct ipsvc_service *svc, *tmp;

	mutex_lock(&pn->lock);
	if (inst->txn)
		txn_close(inst);
	rbtree_postorder_for_each_entry_safe(svc, tmp, &inst->services, node) {
		service_free(inst, svc);
		cond_resched();
	}
	pn->generation = inst->generation;
	inst->services = RB_ROOT;
	inst->n_services = 0;
	inst->n_endpoints = 0;
	ipsvc_frontends_exit(&inst->frontends);
	ipsvc_addresses_free(&inst->addresses);
	WARN_ON_ONCE(!xa_empty(&inst->endpoints));
	xa_destroy(&inst->endpoints);
	mutex_unlock(&pn->lock);
}

/* Prepares and publishes; @change is empty afterwards. */
static int apply(struct ipsvc_instance *inst, struct ipsvc_change *change,
		 struct netlink_ext_ack *extack)
{
	int err = ipsvc_change_prepare(inst, change, extack);

	if (!err)
		ipsvc_change_publish(inst, change);
	ipsvc_change_free(change);
	return err;
}

/* Is the transaction the request names the one that is open, and its own. */
static int txn_check(const struct ipsvc_instance *inst,
		     const struct ipsvc_txn_ref *ref,
		     struct netlink_ext_ack *extack)
{
	const struct ipsvc_txn *txn = inst->txn;

	if (!txn) {
		NL_SET_ERR_MSG_ATTR(extack, ref->attr,
				    "there is no such transaction");
		return -ENOENT;
	}
	if (txn->cookie != ref->cookie || txn->portid != ref->portid) {
		NL_SET_ERR_MSG_ATTR(extack, ref->attr,
				    "another transaction is open");
		return -EBUSY;
	}
	return 0;
}

/* What is staged is bounded by what could ever be applied. */
static int stage(struct ipsvc_instance *inst, struct ipsvc_change *change,
		 struct netlink_ext_ack *extack)
{
	struct ipsvc_change *staged = &inst->txn->change;
	int err;

	err = ipsvc_change_resolve(inst, change, staged, extack);
	if (err)
		return err;
	if ((u64)staged->n_new + change->n_new >
	    READ_ONCE(inst->services_max)) {
		NL_SET_ERR_MSG(extack,
			       "more services staged than services_max allows");
		return -ENOSPC;
	}
	if ((u64)staged->n_endpoints + change->n_endpoints >
	    READ_ONCE(inst->endpoints_max)) {
		NL_SET_ERR_MSG(extack,
			       "more endpoints staged than endpoints_max allows");
		return -ENOSPC;
	}
	ipsvc_change_merge(staged, change);
	return 0;
}

/**
 * ipsvc_config_change() - apply a change, or stage it
 * @inst: the instance
 * @ref: the transaction it is part of, if it names one
 * @change: of one request; to be freed by the caller
 * @extack: where to complain
 *
 * Context: process, &ipsvc_net.lock.
 *
 * Return: 0; -EBUSY when the open transaction is not the one of @ref, -ENOENT
 * when none is open and @ref names one; -EEXIST, -ENOENT, -EINVAL, -EADDRINUSE,
 * -ENOSPC, -ENOMEM as ipsvc_change_resolve() and ipsvc_change_prepare().
 */
int ipsvc_config_change(struct ipsvc_instance *inst,
			const struct ipsvc_txn_ref *ref,
			struct ipsvc_change *change,
			struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	if (ref->cookie) {
		err = txn_check(inst, ref, extack);
		return err ?: stage(inst, change, extack);
	}
	if (inst->txn) {
		NL_SET_ERR_MSG(extack, "a transaction is open");
		return -EBUSY;
	}
	err = ipsvc_change_resolve(inst, change, NULL, extack);
	return err ?: apply(inst, change, extack);
}

/**
 * ipsvc_txn_begin() - open a transaction
 * @inst: the instance
 * @portid: the socket it is to belong to
 * @cookie: its name
 * @extack: where to complain
 *
 * Context: process, &ipsvc_net.lock. Return: 0, -EBUSY or -ENOMEM.
 */
int ipsvc_txn_begin(struct ipsvc_instance *inst, u32 portid, u32 *cookie,
		    struct netlink_ext_ack *extack)
{
	struct ipsvc_txn *txn;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	if (inst->txn) {
		NL_SET_ERR_MSG(extack, "a transaction is open");
		return -EBUSY;
	}
	txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);
	if (!txn) {
		NL_SET_ERR_MSG(extack, "no memory for a transaction");
		return -ENOMEM;
	}
	ipsvc_change_init(&txn->change);
	inst->txn_cookie = inst->txn_cookie + 1 ?: 1;
	txn->cookie = inst->txn_cookie;
	txn->portid = portid;
	inst->txn = txn;
	WRITE_ONCE(ipsvc_net(inst->net)->txn_portid, portid);
	*cookie = txn->cookie;
	return 0;
}

/**
 * ipsvc_txn_commit() - apply what was staged
 * @inst: the instance; &ipsvc_instance.generation is new on success
 * @ref: the transaction; it is over whether it was applied or refused
 * @extack: where to complain
 *
 * Context: process, &ipsvc_net.lock.
 *
 * Return: 0; -ENOENT, -EBUSY when it is not @ref's; as ipsvc_change_prepare().
 */
int ipsvc_txn_commit(struct ipsvc_instance *inst,
		     const struct ipsvc_txn_ref *ref,
		     struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	err = txn_check(inst, ref, extack);
	if (err)
		return err;
	err = apply(inst, &inst->txn->change, extack);
	txn_close(inst);
	return err;
}

/**
 * ipsvc_txn_abort() - forget what was staged
 * @inst: the instance
 * @ref: the transaction
 * @extack: where to complain
 *
 * Context: process, &ipsvc_net.lock. Return: 0; -ENOENT, -EBUSY when it is not
 * @ref's.
 */
int ipsvc_txn_abort(struct ipsvc_instance *inst,
		    const struct ipsvc_txn_ref *ref,
		    struct netlink_ext_ack *extack)
{
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	err = txn_check(inst, ref, extack);
	if (!err)
		txn_close(inst);
	return err;
}

/**
 * ipsvc_txn_release() - a socket was closed
 * @inst: the instance
 * @portid: the socket; its transaction, if it has one, is aborted
 *
 * Context: process, &ipsvc_net.lock.
 */
void ipsvc_txn_release(struct ipsvc_instance *inst, u32 portid)
{
	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	if (inst->txn && inst->txn->portid == portid)
		txn_close(inst);
}
