/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the configuration. A request is parsed into a change, checked
 * against the configuration, and staged in a transaction or prepared at once.
 * Preparing allocates everything and may fail; publishing cannot.
 */
#ifndef IPSVC_CHANGE_H
#define IPSVC_CHANGE_H

#include <linux/netlink.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "endpoint.h"
#include "ipsvc.h"
#include "ranges.h"

/* What happens to a service port. */
enum ipsvc_op_kind {
	IPSVC_OP_PUT, /* it is created or replaced */
	IPSVC_OP_DEL,
	IPSVC_OP_APPEND, /* endpoints for a staged PUT; in requests only */
};

/* A frontend that a service port is to have. */
struct ipsvc_frontend_spec {
	struct ipsvc_frontend_key key;
	u8 class; /* enum ipsvc_frontend_class */
	u32 flags; /* enum ipsvc_frontend_flags */
	const struct nlattr *attr; /* for errors; NULL once the request is gone */
};

/* What a change does to one service port. */
struct ipsvc_op {
	struct rb_node node; /* in &ipsvc_change.ops */
	enum ipsvc_op_kind kind;
	u8 family; /* with @name the key */
	u8 proto; /* of a PUT */
	struct ipsvc_service_options options; /* likewise */
	u32 n_frontends;
	u32 n_endpoints;
	u32 n_ranges;
	struct ipsvc_frontend_spec *frontends; /* all different */
	struct ipsvc_endpoint_spec *endpoints; /* sorted, all different */
	struct ipsvc_range *ranges; /* likewise */
	const struct nlattr *attr; /* for errors; NULL once the request is gone */
	/* Set when the change is prepared: */
	struct ipsvc_service *old; /* the current service port or NULL */
	struct ipsvc_service *svc; /* the next one: @old, a new one or NULL */
	struct ipsvc_service_body body; /* of @svc; once published, of @old */
	u8 name_len; /* without the terminating zero */
	char name[];
};

struct ipsvc_change {
	struct rb_root ops; /* by name and family */
	u8 condition; /* enum ipsvc_condition, or 0 */
	/* Of all ops; counted when they are staged: */
	u32 n_put;
	u32 n_endpoints;
	/* Set when the change is prepared: */
	struct rb_root frontends; /* new ones, by key */
	u32 n_new_keys; /* new frontends that replace no other */
	s32 d_services; /* added less removed */
	s32 d_endpoints;
};

static inline struct ipsvc_op *
ipsvc_change_first(const struct ipsvc_change *change)
{
	return rb_entry_safe(rb_first(&change->ops), struct ipsvc_op, node);
}

#define ipsvc_change_for_each(op, change)				\
	for ((op) = ipsvc_change_first(change); (op); cond_resched(),	\
	     (op) = rb_entry_safe(rb_next(&(op)->node), struct ipsvc_op, node))

/* Whether the current service port is deleted or replaced by another one. */
static inline bool ipsvc_op_drops_old(const struct ipsvc_op *op)
{
	return op->old && op->old != op->svc;
}

/* change.c */
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
