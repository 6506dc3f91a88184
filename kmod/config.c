// SPDX-License-Identifier: GPL-2.0
/* The configuration of an instance, and transactions on it. */
#include <linux/jiffies.h>
#include <linux/netlink.h>
#include <linux/slab.h>

#include "bloom.h"
#include "change.h"
#include "config.h"
#include "hook.h"
#include "netlink.h"
#include "vip.h"

/* An open transaction. */
struct ipsvc_txn {
	u32 cookie;
	u32 portid; /* the socket it belongs to */
	unsigned long touched; /* jiffies of its last request */
	struct ipsvc_change change; /* what is staged */
};

int ipsvc_config_init(struct ipsvc_instance *inst)
{
	int err;

	inst->services = RB_ROOT;
	inst->services_max = IPSVC_SERVICES_MAX_DEFAULT;
	inst->endpoints_max = IPSVC_ENDPOINTS_MAX_DEFAULT;
	inst->timeout_txn = IPSVC_TXN_TIMEOUT_DEFAULT;
	inst->vip_ping = 1;
	seqlock_init(&inst->cluster_lock);
	/* Continues from the last instance: none stands for two configurations. */
	inst->generation = ipsvc_net(inst->net)->generation + 1 ?: 1;
	ipsvc_affinity_init(inst);
	err = ipsvc_endpoints_init(inst);
	if (err)
		return err;
	err = ipsvc_frontends_init(&inst->frontends);
	if (err)
		goto endpoints;
	err = ipsvc_bloom_init(inst);
	if (err)
		goto frontends;
	err = ipsvc_vips_init(inst);
	if (err)
		goto bloom;
	return 0;
bloom:
	ipsvc_bloom_exit(inst);
frontends:
	ipsvc_frontends_exit(&inst->frontends);
endpoints:
	ipsvc_endpoints_exit(inst);
	return err;
}

/* Where clients of a family within the cluster are. */
struct ipsvc_network ipsvc_cluster(const struct ipsvc_instance *inst,
				   u8 family)
{
	struct ipsvc_network net;
	unsigned int seq;

	do {
		seq = read_seqbegin(&inst->cluster_lock);
		net = inst->cluster[ipsvc_family_index(family)];
	} while (read_seqretry(&inst->cluster_lock, seq));
	return net;
}

/* Of an address that is mapped where it is of IPv4. */
static u8 whole_prefix(u8 prefix, u8 family)
{
	return prefix + (family == AF_INET ? 96 : 0);
}

/* No bits beyond the prefix. */
bool ipsvc_network_has_no_host(const struct ipsvc_network *net, u8 family)
{
	struct in6_addr masked;

	ipv6_addr_prefix(&masked, &net->addr.ip6,
			 whole_prefix(net->prefix, family));
	return ipv6_addr_equal(&masked, &net->addr.ip6);
}

/* Likewise; without a prefix the address does not count. */
bool ipsvc_network_is_valid(const struct ipsvc_network *net, u8 family)
{
	return !net->prefix || ipsvc_network_has_no_host(net, family);
}

void ipsvc_cluster_set(struct ipsvc_instance *inst, u8 family,
		       const struct ipsvc_network *net)
{
	write_seqlock_bh(&inst->cluster_lock);
	inst->cluster[ipsvc_family_index(family)] = *net;
	write_sequnlock_bh(&inst->cluster_lock);
}

bool ipsvc_link_parse(const char *text, struct ipsvc_link *link)
{
	size_t len = strlen(text);

	memset(link, 0, sizeof(*link));
	if (!len)
		return true;
	if (len > 1 && text[len - 1] == '+')
		link->len = --len;
	else
		link->len = len + 1;
	if (len >= IFNAMSIZ)
		return false;
	memcpy(link->name, text, len);
	return dev_valid_name(link->name);
}

/* Into IFNAMSIZ + 1 bytes; how many that are. */
int ipsvc_link_format(const struct ipsvc_link *link, char *buf)
{
	return scnprintf(buf, IFNAMSIZ + 1, "%s%s", link->name,
			 link->len && link->name[link->len - 1] ? "+" : "");
}

struct ipsvc_link ipsvc_cluster_link(const struct ipsvc_instance *inst)
{
	struct ipsvc_link link;
	unsigned int seq;

	do {
		seq = read_seqbegin(&inst->cluster_lock);
		link = inst->cluster_link;
	} while (read_seqretry(&inst->cluster_lock, seq));
	return link;
}

void ipsvc_cluster_link_set(struct ipsvc_instance *inst,
			    const struct ipsvc_link *link)
{
	write_seqlock_bh(&inst->cluster_lock);
	inst->cluster_link = *link;
	write_sequnlock_bh(&inst->cluster_lock);
}

static bool has_address(const struct ipsvc_ctx *ctx)
{
	const struct ipsvc_tuple *tuple = &ctx->pkt.tuple;
	const struct ipsvc_network net = ipsvc_cluster(ctx->inst,
						       tuple->family);
	const union ipsvc_addr client = ipsvc_tuple_saddr(tuple);

	return net.prefix &&
	       ipv6_prefix_equal(&client.ip6, &net.addr.ip6,
				 whole_prefix(net.prefix, tuple->family));
}

static bool has_link(const struct ipsvc_ctx *ctx)
{
	const struct ipsvc_link link = ipsvc_cluster_link(ctx->inst);

	return link.len && ctx->state->in &&
	       !memcmp(ctx->state->in->name, link.name, link.len);
}

/* The client of a packet in the first hook, where that is known. */
bool ipsvc_cluster_has_client(const struct ipsvc_ctx *ctx)
{
	return has_address(ctx) || has_link(ctx);
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

/* Takes &ipsvc_net.lock; after the last packet and the last flow. */
void ipsvc_config_exit(struct ipsvc_instance *inst)
{
	struct ipsvc_net *pn = ipsvc_net(inst->net);
	struct ipsvc_service *svc, *tmp;

	mutex_lock(&pn->lock);
	if (inst->txn)
		txn_close(inst);
	rbtree_postorder_for_each_entry_safe(svc, tmp, &inst->services, node) {
		ipsvc_service_body_release(inst, &svc->body);
		ipsvc_service_put(svc);
		cond_resched();
	}
	pn->generation = inst->generation;
	inst->services = RB_ROOT;
	inst->n_services = 0;
	inst->n_endpoints = 0;
	ipsvc_bloom_exit(inst);
	ipsvc_frontends_exit(&inst->frontends);
	ipsvc_vips_exit(inst);
	ipsvc_endpoints_exit(inst);
	ipsvc_affinity_exit(inst);
	mutex_unlock(&pn->lock);
}

static int apply(struct ipsvc_instance *inst, struct ipsvc_change *change,
		 bool *purge, struct netlink_ext_ack *extack)
{
	int err = ipsvc_change_prepare(inst, change, extack);

	if (!err)
		*purge = ipsvc_change_publish(inst, change);
	ipsvc_change_free(change);
	return err;
}

/* Fails when a transaction is open; closes one that timed out. */
static int txn_none(struct ipsvc_instance *inst, struct netlink_ext_ack *extack)
{
	struct ipsvc_txn *txn = inst->txn;
	unsigned long end;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (!txn)
		return 0;
	end = txn->touched + READ_ONCE(inst->timeout_txn) * HZ;
	if (time_before(jiffies, end)) {
		NL_SET_ERR_MSG(extack, "a transaction is open");
		NL_SET_ERR_MSG_FMT(extack,
				   "a transaction is open, for %lu s if nothing more comes",
				   (end - jiffies + HZ - 1) / HZ);
		return -EBUSY;
	}
	inst->txn_lapsed = txn->cookie;
	txn_close(inst);
	return 0;
}

/* Fails unless the request names the open transaction, and its socket's own. */
static int txn_check(const struct ipsvc_instance *inst,
		     const struct ipsvc_txn_ref *ref,
		     struct netlink_ext_ack *extack)
{
	struct ipsvc_txn *txn = inst->txn;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (ref->cookie == inst->txn_lapsed)
		return ipsvc_refuse(extack, ref->attr, -ENOENT,
				    "the transaction timed out");
	if (!txn)
		return ipsvc_refuse(extack, ref->attr, -ENOENT,
				    "there is no such transaction");
	if (txn->cookie != ref->cookie || txn->portid != ref->portid)
		return ipsvc_refuse(extack, ref->attr, -EBUSY,
				    "another transaction is open");
	txn->touched = jiffies;
	return 0;
}

/* Bounds the memory of a transaction by what could ever be applied. */
static int check_staged(const struct ipsvc_instance *inst,
			const struct ipsvc_change *change,
			struct netlink_ext_ack *extack)
{
	const struct ipsvc_change *staged = &inst->txn->change;
	s64 endpoints = staged->n_endpoints, puts = staged->n_put;
	const struct ipsvc_op *op, *before;

	ipsvc_change_for_each(op, change) {
		puts += op->kind == IPSVC_OP_PUT;
		endpoints += op->n_endpoints;
		before = ipsvc_change_find(staged, op->name, op->family);
		if (!before || op->kind == IPSVC_OP_APPEND)
			continue;
		puts -= before->kind == IPSVC_OP_PUT;
		endpoints -= before->n_endpoints;
	}
	if (puts > max(READ_ONCE(inst->services_max), inst->n_services))
		return ipsvc_refuse(extack, NULL, -ENOSPC,
				    "more services staged than services_max allows");
	if (endpoints > max(READ_ONCE(inst->endpoints_max), inst->n_endpoints))
		return ipsvc_refuse(extack, NULL, -ENOSPC,
				    "more endpoints staged than endpoints_max allows");
	return 0;
}

static int stage(struct ipsvc_instance *inst, struct ipsvc_change *change,
		 bool append, struct netlink_ext_ack *extack)
{
	struct ipsvc_change *staged = &inst->txn->change;
	int err;

	err = check_staged(inst, change, extack);
	if (err)
		return err;
	if (append)
		err = ipsvc_change_append(change, staged, extack);
	else
		err = ipsvc_change_check(inst, change, staged, extack);
	if (!err)
		ipsvc_change_stage(staged, change);
	return err;
}

/**
 * ipsvc_config_change() - apply the change of a request, or stage it
 * @inst: the instance
 * @ref: the transaction it is part of, if it names one
 * @change: to be freed by the caller
 * @append: it consists of APPENDs, which require a transaction
 * @purge: set when ipsvc_flow_purge_removed() must be called without the lock
 * @extack: for errors
 *
 * Context: process, &ipsvc_net.lock. Return: 0; -EBUSY when another transaction
 * is open, -ENOENT when that of @ref is not; errors of ipsvc_change_check(),
 * ipsvc_change_append(), ipsvc_change_prepare(), or -ENOSPC.
 */
int ipsvc_config_change(struct ipsvc_instance *inst,
			const struct ipsvc_txn_ref *ref,
			struct ipsvc_change *change, bool append, bool *purge,
			struct netlink_ext_ack *extack)
{
	int err;

	if (ref->cookie) {
		err = txn_check(inst, ref, extack);
		return err ?: stage(inst, change, append, extack);
	}
	err = txn_none(inst, extack);
	if (!err)
		err = ipsvc_change_check(inst, change, NULL, extack);
	return err ?: apply(inst, change, purge, extack);
}

/*
 * Opens a transaction of a socket. -EBUSY while one is open that has not timed
 * out; -ENOMEM.
 */
int ipsvc_txn_begin(struct ipsvc_instance *inst, u32 portid, u32 *cookie,
		    struct netlink_ext_ack *extack)
{
	struct ipsvc_txn *txn;
	int err;

	err = txn_none(inst, extack);
	if (err)
		return err;
	txn = kzalloc(sizeof(*txn), GFP_KERNEL_ACCOUNT);
	if (!txn)
		return ipsvc_refuse(extack, NULL, -ENOMEM,
				    "no memory for a transaction");
	ipsvc_change_init(&txn->change);
	txn->touched = jiffies;
	inst->txn_cookie = inst->txn_cookie + 1 ?: 1;
	txn->cookie = inst->txn_cookie;
	txn->portid = portid;
	inst->txn = txn;
	WRITE_ONCE(ipsvc_net(inst->net)->txn_portid, portid);
	*cookie = txn->cookie;
	return 0;
}

/*
 * Applies what was staged, and closes the transaction even when that fails.
 * @purge and errors as for ipsvc_config_change().
 */
int ipsvc_txn_commit(struct ipsvc_instance *inst,
		     const struct ipsvc_txn_ref *ref, bool *purge,
		     struct netlink_ext_ack *extack)
{
	int err;

	err = txn_check(inst, ref, extack);
	if (err)
		return err;
	err = apply(inst, &inst->txn->change, purge, extack);
	txn_close(inst);
	return err;
}

int ipsvc_txn_abort(struct ipsvc_instance *inst,
		    const struct ipsvc_txn_ref *ref,
		    struct netlink_ext_ack *extack)
{
	int err;

	err = txn_check(inst, ref, extack);
	if (!err)
		txn_close(inst);
	return err;
}

/* Aborts the transaction of a socket that was closed. */
void ipsvc_txn_release(struct ipsvc_instance *inst, u32 portid)
{
	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	if (inst->txn && inst->txn->portid == portid)
		txn_close(inst);
}
