/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the configuration: what is wanted, in plain memory, and then what
 * is ready to be published. Requests are parsed into a change; it is checked
 * against what there is, and staged in a transaction or prepared at once, which
 * may fail; and published, which may not.
 */
#ifndef IPSVC_CHANGE_H
#define IPSVC_CHANGE_H

#include <linux/netlink.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "endpoint.h"
#include "ipsvc.h"

/**
 * enum ipsvc_op_kind - what becomes of a service port
 * @IPSVC_OP_PUT: it is created, or becomes what is given
 * @IPSVC_OP_DEL: it is removed
 * @IPSVC_OP_APPEND: what is put gets further endpoints; of requests only, part of
 *	the PUT as soon as it is staged
 */
enum ipsvc_op_kind {
	IPSVC_OP_PUT,
	IPSVC_OP_DEL,
	IPSVC_OP_APPEND,
};

/**
 * struct ipsvc_frontend_spec - a frontend that a service port is to have
 * @key: see there
 * @class: enum ipsvc_frontend_class
 * @flags: enum ipsvc_frontend_flags
 * @attr: where it was read; NULL once the request is gone
 */
struct ipsvc_frontend_spec {
	struct ipsvc_frontend_key key;
	u8 class;
	u32 flags;
	const struct nlattr *attr;
};

/**
 * struct ipsvc_op - what a change does to one service port
 * @node: in &ipsvc_change.ops
 * @kind: see there
 * @family: with @name the key of the service port
 * @proto: of a PUT
 * @n_frontends: length of @frontends
 * @n_endpoints: length of @endpoints
 * @frontends: all different
 * @endpoints: sorted, all different
 * @attr: IPSVC_A_SERVICE of the request; NULL once that is gone
 * @old: the service port there is, or NULL; prepared
 * @svc: the service port there will be, @old or a new one, or NULL; prepared
 * @body: what @svc will have; prepared. Once published, what @old had.
 * @name_len: without the terminating zero
 * @name: see @family
 */
struct ipsvc_op {
	struct rb_node node;
	enum ipsvc_op_kind kind;
	u8 family;
	u8 proto;
	u32 n_frontends;
	u32 n_endpoints;
	struct ipsvc_frontend_spec *frontends;
	struct ipsvc_endpoint_spec *endpoints;
	const struct nlattr *attr;
	struct ipsvc_service *old;
	struct ipsvc_service *svc;
	struct ipsvc_service_body body;
	u8 name_len;
	char name[];
};

/**
 * struct ipsvc_change - a change
 * @ops: by name and family
 * @condition: enum ipsvc_condition, or 0
 * @n_put: ops that are IPSVC_OP_PUT; staged
 * @n_endpoints: endpoints in all ops; staged
 * @frontends: new frontends, by key; prepared
 * @n_new_keys: new frontends that do not replace another one; prepared
 * @d_services: service ports added less those removed; prepared
 * @d_endpoints: endpoints added less those removed; prepared
 */
struct ipsvc_change {
	struct rb_root ops;
	u8 condition;
	u32 n_put;
	u32 n_endpoints;
	struct rb_root frontends;
	u32 n_new_keys;
	s32 d_services;
	s32 d_endpoints;
};

static inline struct ipsvc_op *
ipsvc_change_first(const struct ipsvc_change *change)
{
	return rb_entry_safe(rb_first(&change->ops), struct ipsvc_op, node);
}

static inline struct ipsvc_op *ipsvc_change_next(const struct ipsvc_op *op)
{
	return rb_entry_safe(rb_next(&op->node), struct ipsvc_op, node);
}

#define ipsvc_change_for_each(op, change)				\
	for ((op) = ipsvc_change_first(change); (op);			\
	     cond_resched(), (op) = ipsvc_change_next(op))

/* Whether the op ends the life of the service port there is. */
static inline bool ipsvc_op_removes(const struct ipsvc_op *op)
{
	return op->old && op->old != op->svc;
}

/* change.c: memory, and what can be said before anything is prepared */
struct ipsvc_op *ipsvc_op_alloc(enum ipsvc_op_kind kind, const char *name,
				u8 name_len, u8 family);
void ipsvc_op_free(struct ipsvc_op *op);
void ipsvc_change_init(struct ipsvc_change *change);
void ipsvc_change_free(struct ipsvc_change *change);
struct ipsvc_op *ipsvc_change_find(const struct ipsvc_change *change,
				   const char *name, u8 family);
int ipsvc_change_add(struct ipsvc_change *change, struct ipsvc_op *op,
		     struct netlink_ext_ack *extack);
int ipsvc_change_check(struct ipsvc_instance *inst,
		       const struct ipsvc_change *change,
		       const struct ipsvc_change *staged,
		       struct netlink_ext_ack *extack);
int ipsvc_change_append(const struct ipsvc_change *change,
			const struct ipsvc_change *staged,
			struct netlink_ext_ack *extack);
void ipsvc_change_stage(struct ipsvc_change *staged,
			struct ipsvc_change *change);

/* change_prepare.c and change_publish.c */
int ipsvc_change_prepare(struct ipsvc_instance *inst,
			 struct ipsvc_change *change,
			 struct netlink_ext_ack *extack);
bool __must_check ipsvc_change_publish(struct ipsvc_instance *inst,
				       struct ipsvc_change *change);

#endif /* IPSVC_CHANGE_H */
