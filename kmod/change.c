// SPDX-License-Identifier: GPL-2.0
/* Changes before they are prepared: memory, preconditions, staging. */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "change.h"
#include "netlink.h"

#define to_op(n) rb_entry(n, struct ipsvc_op, node)

struct ipsvc_op *ipsvc_op_alloc(enum ipsvc_op_kind kind, const char *name,
				u8 name_len, u8 family)
{
	struct ipsvc_op *op;

	op = kzalloc(struct_size(op, name, name_len + 1), GFP_KERNEL_ACCOUNT);
	if (!op)
		return NULL;
	op->kind = kind;
	op->family = family;
	op->name_len = name_len;
	memcpy(op->name, name, name_len);
	return op;
}

void ipsvc_op_free(struct ipsvc_op *op)
{
	kvfree(op->frontends);
	kvfree(op->endpoints);
	kvfree(op->ranges);
	kfree(op);
}

void ipsvc_change_init(struct ipsvc_change *change)
{
	memset(change, 0, sizeof(*change));
	change->ops = RB_ROOT;
	change->frontends = RB_ROOT;
}

/* @change is not prepared, or discarded, or published; empty afterwards. */
void ipsvc_change_free(struct ipsvc_change *change)
{
	struct ipsvc_op *op, *tmp;

	rbtree_postorder_for_each_entry_safe(op, tmp, &change->ops, node) {
		ipsvc_op_free(op);
		cond_resched();
	}
	ipsvc_change_init(change);
}

static int key_cmp(const char *name, u8 family, const struct ipsvc_op *op)
{
	return strcmp(name, op->name) ?: (int)family - op->family;
}

struct ipsvc_op *ipsvc_change_find(const struct ipsvc_change *change,
				   const char *name, u8 family)
{
	struct rb_node *n = change->ops.rb_node;
	int cmp;

	while (n) {
		cmp = key_cmp(name, family, to_op(n));
		if (!cmp)
			return to_op(n);
		n = cmp < 0 ? n->rb_left : n->rb_right;
	}
	return NULL;
}

static int op_cmp(struct rb_node *a, const struct rb_node *b)
{
	return key_cmp(to_op(a)->name, to_op(a)->family, to_op(b));
}

/* Takes over @op; -EINVAL when the request has its service port twice. */
int ipsvc_change_add(struct ipsvc_change *change, struct ipsvc_op *op,
		     struct netlink_ext_ack *extack)
{
	if (rb_find_add(&op->node, &change->ops, op_cmp))
		return ipsvc_refuse(extack, op->attr, -EINVAL,
				    "the request has this service twice");
	return 0;
}

static int check_op(const struct ipsvc_op *op, u8 condition, bool exists,
		    struct netlink_ext_ack *extack)
{
	if (op->kind == IPSVC_OP_PUT && condition == IPSVC_CONDITION_ABSENT &&
	    exists)
		return ipsvc_refuse(extack, op->attr, -EEXIST,
				    "there is a service of this name already");
	if ((op->kind == IPSVC_OP_DEL ||
	     condition == IPSVC_CONDITION_PRESENT) && !exists)
		return ipsvc_refuse(extack, op->attr, -ENOENT,
				    "there is no service of this name");
	return 0;
}

/**
 * ipsvc_change_check() - check the preconditions of a request
 * @inst: the instance
 * @change: PUTs or DELs
 * @staged: what was staged before the request, or NULL
 * @extack: for errors
 *
 * Context: process, &ipsvc_net.lock. Return: 0, -EEXIST or -ENOENT.
 */
int ipsvc_change_check(struct ipsvc_instance *inst,
		       const struct ipsvc_change *change,
		       const struct ipsvc_change *staged,
		       struct netlink_ext_ack *extack)
{
	const struct ipsvc_op *op, *before;
	bool exists;
	int err;

	lockdep_assert_held(&ipsvc_net(inst->net)->lock);
	ipsvc_change_for_each(op, change) {
		before = staged ? ipsvc_change_find(staged, op->name,
						    op->family) : NULL;
		if (before)
			exists = before->kind == IPSVC_OP_PUT;
		else
			exists = ipsvc_service_find(&inst->services, op->name,
						    op->family);
		err = check_op(op, change->condition, exists, extack);
		if (err)
			return err;
	}
	return 0;
}

/* Merges two sorted lists of endpoints. */
static int merge(struct ipsvc_endpoint_spec *into,
		 const struct ipsvc_op *before, const struct ipsvc_op *op,
		 struct netlink_ext_ack *extack)
{
	const struct ipsvc_endpoint_spec *a = before->endpoints;
	const struct ipsvc_endpoint_spec *b = op->endpoints;
	const struct ipsvc_endpoint_spec *a_end = a + before->n_endpoints;
	const struct ipsvc_endpoint_spec *b_end = b + op->n_endpoints;
	int cmp;

	while (a < a_end || b < b_end) {
		if (a == a_end)
			cmp = 1;
		else if (b == b_end)
			cmp = -1;
		else
			cmp = ipsvc_endpoint_spec_cmp(a, b);
		if (!cmp)
			return ipsvc_refuse(extack, b->attr, -EEXIST,
					    "the service has this endpoint already");
		*into++ = cmp < 0 ? *a++ : *b++;
	}
	return 0;
}

/* Gives @op the endpoints of both. */
static int append(struct ipsvc_op *op, const struct ipsvc_op *before,
		  struct netlink_ext_ack *extack)
{
	u32 n = before->n_endpoints + op->n_endpoints;
	struct ipsvc_endpoint_spec *all;
	int err;

	if (n > IPSVC_ENDPOINTS_MAX)
		return ipsvc_refuse(extack, op->attr, -E2BIG,
				    "a service cannot have that many endpoints");
	if (!op->n_endpoints)
		return 0;
	all = kvmalloc_array(n, sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return ipsvc_refuse(extack, NULL, -ENOMEM,
				    "no memory for the request");
	err = merge(all, before, op, extack);
	if (err) {
		kvfree(all);
		return err;
	}
	kvfree(op->endpoints);
	op->endpoints = all;
	op->n_endpoints = n;
	return 0;
}

/**
 * ipsvc_change_append() - find the PUTs that a request appends to
 * @change: APPENDs; they have the endpoints of the PUTs as well afterwards
 * @staged: what was staged before the request
 * @extack: for errors
 *
 * Context: process. Return: 0; -ENOENT, -EEXIST, -E2BIG or -ENOMEM.
 */
int ipsvc_change_append(const struct ipsvc_change *change,
			const struct ipsvc_change *staged,
			struct netlink_ext_ack *extack)
{
	const struct ipsvc_op *before;
	struct ipsvc_op *op;
	int err;

	ipsvc_change_for_each(op, change) {
		before = ipsvc_change_find(staged, op->name, op->family);
		if (!before || before->kind != IPSVC_OP_PUT)
			return ipsvc_refuse(extack, op->attr, -ENOENT,
					    "the transaction has not put this service");
		err = append(op, before, extack);
		if (err)
			return err;
	}
	return 0;
}

/* The request's memory goes away. */
static void clear_attrs(struct ipsvc_op *op)
{
	u32 i;

	op->attr = NULL;
	for (i = 0; i < op->n_frontends; i++)
		op->frontends[i].attr = NULL;
	for (i = 0; i < op->n_endpoints; i++)
		op->endpoints[i].attr = NULL;
	for (i = 0; i < op->n_ranges; i++)
		op->ranges[i].attr = NULL;
}

static void count(struct ipsvc_change *staged, const struct ipsvc_op *op,
		  int sign)
{
	staged->n_put += sign * (op->kind == IPSVC_OP_PUT);
	staged->n_endpoints += sign * op->n_endpoints;
}

/* @op has the endpoints of both: see append(). */
static void stage_append(struct ipsvc_change *staged, struct ipsvc_op *before,
			 struct ipsvc_op *op)
{
	if (op->n_endpoints) {
		count(staged, before, -1);
		swap(before->endpoints, op->endpoints);
		swap(before->n_endpoints, op->n_endpoints);
		count(staged, before, 1);
	}
	ipsvc_op_free(op);
}

static void stage_op(struct ipsvc_change *staged, struct ipsvc_op *before,
		     struct ipsvc_op *op)
{
	count(staged, op, 1);
	if (!before) {
		rb_find_add(&op->node, &staged->ops, op_cmp);
		return;
	}
	count(staged, before, -1);
	rb_replace_node(&before->node, &op->node, &staged->ops);
	ipsvc_op_free(before);
}

/*
 * Moves the ops of a request, which passed ipsvc_change_check() or
 * ipsvc_change_append(), into @staged.
 */
void ipsvc_change_stage(struct ipsvc_change *staged,
			struct ipsvc_change *change)
{
	struct ipsvc_op *op, *before;

	while ((op = ipsvc_change_first(change))) {
		cond_resched();
		rb_erase(&op->node, &change->ops);
		clear_attrs(op);
		before = ipsvc_change_find(staged, op->name, op->family);
		if (op->kind == IPSVC_OP_APPEND)
			stage_append(staged, before, op);
		else
			stage_op(staged, before, op);
	}
}
