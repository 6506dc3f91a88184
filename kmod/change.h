/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A change of the configuration: what is wanted, in plain memory, and then what
 * is ready to be published. Life: requests are parsed into a change; it is
 * resolved against the instance; prepared, which may fail; and published, which
 * may not. A transaction is a change that others are merged into.
 */
#ifndef IPSVC_CHANGE_H
#define IPSVC_CHANGE_H

#include <linux/netlink.h>
#include <linux/rbtree.h>
#include <linux/types.h>

#include "endpoint.h"
#include "ipsvc.h"

/**
 * enum ipsvc_op_kind - what becomes of a service
 * @IPSVC_OP_NEW: it is created; if there was one, that one is removed
 * @IPSVC_OP_SET: it stays, and what is given replaces what was
 * @IPSVC_OP_DEL: it is removed
 */
enum ipsvc_op_kind {
	IPSVC_OP_NEW,
	IPSVC_OP_SET,
	IPSVC_OP_DEL,
};

/**
 * struct ipsvc_frontend_spec - a frontend that a service is to have
 * @key: see there; the protocol is filled in when the op is resolved
 * @attr: where it was read; NULL once the request is gone
 */
struct ipsvc_frontend_spec {
	struct ipsvc_frontend_key key;
	const struct nlattr *attr;
};

/**
 * struct ipsvc_op - what a change does to one service
 * @node: in &ipsvc_change.ops
 * @kind: see there
 * @proto: 0 when not given and not resolved yet
 * @has_frontends: @frontends replace those there are
 * @has_endpoints: @endpoints replace those there are
 * @n_frontends: length of @frontends
 * @n_endpoints: length of @endpoints
 * @frontends: sorted, no duplicates
 * @endpoints: sorted, no duplicates
 * @attr: IPSVC_A_SERVICE of the request; NULL once that is gone
 * @old: the service there is; resolved
 * @svc: the service there will be, or NULL; prepared
 * @set: its new set or NULL; prepared. Once published, the one replaced
 * @fes: its new frontends or NULL; prepared. Once published, those replaced
 * @dead_set: the set of @old if that is removed; published
 * @name_len: without the terminating zero
 * @name: the service's
 */
struct ipsvc_op {
	struct rb_node node;
	enum ipsvc_op_kind kind;
	u8 proto;
	bool has_frontends;
	bool has_endpoints;
	u32 n_frontends;
	u32 n_endpoints;
	struct ipsvc_frontend_spec *frontends;
	struct ipsvc_endpoint_spec *endpoints;
	const struct nlattr *attr;
	struct ipsvc_service *old;
	struct ipsvc_service *svc;
	struct ipsvc_endpoint_set *set;
	struct ipsvc_frontend **fes;
	struct ipsvc_endpoint_set *dead_set;
	u8 name_len;
	char name[];
};

/**
 * struct ipsvc_change - a change
 * @ops: by name
 * @n_new: ops that are IPSVC_OP_NEW
 * @n_endpoints: specs of endpoints in all ops
 * @keys: frontend keys that change hands; prepared
 * @addresses: users of addresses, added and removed; prepared
 * @n_publish: frontends to be published; prepared
 * @d_services: services added less services removed; prepared
 * @d_endpoints: endpoints added less endpoints removed; prepared
 */
struct ipsvc_change {
	struct rb_root ops;
	u32 n_new;
	u32 n_endpoints;
	struct rb_root keys;
	struct rb_root addresses;
	u32 n_publish;
	s32 d_services;
	s32 d_endpoints;
};

/**
 * struct ipsvc_key_use - a frontend key that changes hands
 * @node: in &ipsvc_change.keys
 * @key: the key
 * @old: the frontend that goes, or NULL
 * @new: the one that comes, or NULL
 * @attr: where @new was read
 */
struct ipsvc_key_use {
	struct rb_node node;
	struct ipsvc_frontend_key key;
	struct ipsvc_frontend *old;
	struct ipsvc_frontend *new;
	const struct nlattr *attr;
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

/* Whether the op ends the life of the service there is. */
static inline bool ipsvc_op_removes(const struct ipsvc_op *op)
{
	return op->old && op->kind != IPSVC_OP_SET;
}

static inline struct ipsvc_endpoint_set *
ipsvc_service_set(const struct ipsvc_instance *inst,
		  const struct ipsvc_service *svc)
{
	return rcu_dereference_protected(svc->set,
		lockdep_is_held(&ipsvc_net(inst->net)->lock));
}

/* change.c: memory, and what can be said before anything is allocated */
struct ipsvc_op *ipsvc_op_alloc(enum ipsvc_op_kind kind, const char *name,
				u8 name_len);
void ipsvc_op_free(struct ipsvc_op *op);
void ipsvc_change_init(struct ipsvc_change *change);
void ipsvc_change_free(struct ipsvc_change *change);
struct ipsvc_op *ipsvc_change_find(const struct ipsvc_change *change,
				   const char *name);
int ipsvc_change_add(struct ipsvc_change *change, struct ipsvc_op *op,
		     struct netlink_ext_ack *extack);
int ipsvc_change_resolve(struct ipsvc_instance *inst,
			 struct ipsvc_change *change,
			 const struct ipsvc_change *staged,
			 struct netlink_ext_ack *extack);
void ipsvc_change_merge(struct ipsvc_change *staged,
			struct ipsvc_change *change);

/* change_prepare.c and change_publish.c */
int ipsvc_change_prepare(struct ipsvc_instance *inst,
			 struct ipsvc_change *change,
			 struct netlink_ext_ack *extack);
void ipsvc_change_publish(struct ipsvc_instance *inst,
			  struct ipsvc_change *change);

#endif /* IPSVC_CHANGE_H */
