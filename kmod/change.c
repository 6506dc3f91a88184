// SPDX-License-Identifier: GPL-2.0
/* Changes as they are asked for: memory, merging, names and protocols. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "change.h"

#define to_op(n) rb_entry(n, struct ipsvc_op, node)

/**
 * ipsvc_op_alloc() - make an op without frontends or endpoints
 * @kind: see there
 * @name: of the service
 * @name_len: without a terminating zero
 *
 * Context: process. Return: the op or NULL.
 */
struct ipsvc_op *ipsvc_op_alloc(enum ipsvc_op_kind kind, const char *name,
				u8 name_len)
{
	struct ipsvc_op *op;

	op = kzalloc(struct_size(op, name, name_len + 1), GFP_KERNEL_ACCOUNT);
	if (!op)
		return NULL;
	op->kind = kind;
	op->name_len = name_len;
	memcpy(op->name, name, name_len);
	return op;
}

/**
 * ipsvc_op_free() - free an op
 * @op: in no change; what was prepared for it is published or discarded
 */
void ipsvc_op_free(struct ipsvc_op *op)
{
	kvfree(op->frontends);
	kvfree(op->endpoints);
	kfree(op);
}

/**
 * ipsvc_change_init() - begin with nothing to be changed
 * @change: to be set up
 */
void ipsvc_change_init(struct ipsvc_change *change)
{
	memset(change, 0, sizeof(*change));
	change->ops = RB_ROOT;
	change->keys = RB_ROOT;
	change->addresses = RB_ROOT;
}

/**
 * ipsvc_change_free() - forget all ops
 * @change: published, discarded or never prepared; empty afterwards
 */
void ipsvc_change_free(struct ipsvc_change *change)
{
	struct ipsvc_op *op, *tmp;

	rbtree_postorder_for_each_entry_safe(op, tmp, &change->ops, node) {
		ipsvc_op_free(op);
		cond_resched();
	}
	ipsvc_change_init(change);
}

/**
 * ipsvc_change_find() - what does a change do to a service
 * @change: where to look
 * @name: of the service
 *
 * Return: the op or NULL.
 */
struct ipsvc_op *ipsvc_change_find(const struct ipsvc_change *change,
				   const char *name)
{
	struct rb_node *n = change->ops.rb_node;
	int cmp;

	while (n) {
		cmp = strcmp(name, to_op(n)->name);
		if (!cmp)
			return to_op(n);
		n = cmp < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static void count(struct ipsvc_change *change, const struct ipsvc_op *op,
		  int sign)
{
	change->n_new += sign * (op->kind == IPSVC_OP_NEW);
	change->n_endpoints += sign * op->n_endpoints;
}

/* Returns the op of the same name that is there already, or NULL. */
static struct ipsvc_op *change_insert(struct ipsvc_change *change,
				      struct ipsvc_op *op)
{
	struct rb_node **link = &change->ops.rb_node, *parent = NULL;
	int cmp;

	while (*link) {
		parent = *link;
		cmp = strcmp(op->name, to_op(parent)->name);
		if (!cmp)
			return to_op(parent);
		link = cmp < 0 ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&op->node, parent, link);
	rb_insert_color(&op->node, &change->ops);
	count(change, op, 1);
	return NULL;
}

static void change_remove(struct ipsvc_change *change, struct ipsvc_op *op)
{
	count(change, op, -1);
	rb_erase(&op->node, &change->ops);
}

/**
 * ipsvc_change_add() - add an op of a request
 * @change: the request's, all of one kind
 * @op: belongs to @change on success
 * @extack: where to complain
 *
 * Context: process. Return: 0, or an error when the request has the service
 * twice: what doing one after the other would end with.
 */
int ipsvc_change_add(struct ipsvc_change *change, struct ipsvc_op *op,
		     struct netlink_ext_ack *extack)
{
	if (!change_insert(change, op))
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, op->attr,
			    "the request has this service twice");
	switch (op->kind) {
	case IPSVC_OP_NEW:
		return -EEXIST;
	case IPSVC_OP_DEL:
		return -ENOENT;
	default:
		return -EINVAL;
	}
}

static int resolve_existence(struct ipsvc_op *op, bool exists,
			     struct netlink_ext_ack *extack)
{
	if (op->kind == IPSVC_OP_NEW && exists) {
		NL_SET_ERR_MSG_ATTR(extack, op->attr,
				    "there is a service of this name already");
		return -EEXIST;
	}
	if (op->kind != IPSVC_OP_NEW && !exists) {
		NL_SET_ERR_MSG_ATTR(extack, op->attr,
				    "there is no service of this name");
		return -ENOENT;
	}
	return 0;
}

static int resolve_proto(struct ipsvc_op *op, u8 proto,
			 struct netlink_ext_ack *extack)
{
	u32 i;

	if (op->kind == IPSVC_OP_SET && op->proto && op->proto != proto) {
		NL_SET_ERR_MSG_ATTR(extack, op->attr,
				    "the protocol of a service cannot change");
		return -EINVAL;
	}
	if (op->kind == IPSVC_OP_SET)
		op->proto = proto;
	for (i = 0; i < op->n_frontends; i++)
		op->frontends[i].key.proto = op->proto;
	return 0;
}

/**
 * ipsvc_change_resolve() - check names and protocols against what there is
 * @inst: the instance
 * @change: of a request
 * @staged: what was staged before it, or NULL
 * @extack: where to complain
 *
 * Context: process, &ipsvc_net.lock. Return: 0, -EEXIST, -ENOENT or -EINVAL.
 */
int ipsvc_change_resolve(struct ipsvc_instance *inst,
			 struct ipsvc_change *change,
			 const struct ipsvc_change *staged,
			 struct netlink_ext_ack *extack)
{
	struct ipsvc_op *op, *before;
	bool exists;
	u8 proto;
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);

	for (op = ipsvc_change_first(change); op; op = ipsvc_change_next(op)) {
		op->old = ipsvc_service_find(&inst->services, op->name);
		exists = op->old;
		proto = op->old ? op->old->proto : 0;
		before = staged ? ipsvc_change_find(staged, op->name) : NULL;
		if (before) {
			exists = before->kind != IPSVC_OP_DEL;
			proto = before->proto;
		}
		err = resolve_existence(op, exists, extack);
		if (!err)
			err = resolve_proto(op, proto, extack);
		if (err)
			return err;
	}
	return 0;
}

/* The request's memory goes away: nothing may point into it. */
static void forget_attrs(struct ipsvc_op *op)
{
	u32 i;

	op->attr = NULL;
	for (i = 0; i < op->n_frontends; i++)
		op->frontends[i].attr = NULL;
	for (i = 0; i < op->n_endpoints; i++)
		op->endpoints[i].attr = NULL;
}

/* @op happens after @before: leaves in @before what both come to. */
static void op_merge(struct ipsvc_op *before, struct ipsvc_op *op)
{
	if (op->kind != IPSVC_OP_SET) {
		before->kind = op->kind;
		before->proto = op->proto;
	}
	if (op->kind != IPSVC_OP_SET || op->has_frontends) {
		before->has_frontends = op->has_frontends;
		swap(before->frontends, op->frontends);
		swap(before->n_frontends, op->n_frontends);
	}
	if (op->kind != IPSVC_OP_SET || op->has_endpoints) {
		before->has_endpoints = op->has_endpoints;
		swap(before->endpoints, op->endpoints);
		swap(before->n_endpoints, op->n_endpoints);
	}
}

/**
 * ipsvc_change_merge() - stage what a request asks for; cannot fail
 * @staged: what was staged before it
 * @change: resolved against @staged; empty afterwards
 */
void ipsvc_change_merge(struct ipsvc_change *staged,
			struct ipsvc_change *change)
{
	struct ipsvc_op *op, *before;

	while ((op = ipsvc_change_first(change))) {
		change_remove(change, op);
		forget_attrs(op);
		before = change_insert(staged, op);
		if (!before)
			continue;
		count(staged, before, -1);
		op_merge(before, op);
		count(staged, before, 1);
		ipsvc_op_free(op);
		if (before->kind == IPSVC_OP_DEL && !before->old) {
			/* Created and removed again: nothing happened. */
			change_remove(staged, before);
			ipsvc_op_free(before);
		}
	}
}
