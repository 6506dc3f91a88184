/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frontends and service ports. A frontend leads to its service port and to a set
 * of endpoints. Nothing here knows of netlink.
 */
#ifndef IPSVC_SERVICE_H
#define IPSVC_SERVICE_H

#include <linux/atomic.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/ipsvc.h>

#include "tuple.h"

struct ipsvc_endpoint_set;
struct ipsvc_instance;

/**
 * struct ipsvc_frontend_key - what a packet is looked up by
 * @addr: destination; of a node port the wildcard address of its family
 * @port: destination port
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @pad: zero; the key is hashed and compared as memory
 */
struct ipsvc_frontend_key {
	union ipsvc_addr addr;
	__be16 port;
	u8 proto;
	u8 pad;
};

/**
 * struct ipsvc_frontend - a place clients connect to; all but @revoked is
 *	immutable once published. A change of its service port replaces it.
 * @key: see there
 * @hash: of @key
 * @flags: enum ipsvc_frontend_flags
 * @class: enum ipsvc_frontend_class
 * @revoked: its key leads to another service port by now, or to none; not set
 *	when one of the same service port replaces it. READ_ONCE after a flow was
 *	inserted.
 * @service: whose it is
 * @set: the endpoints its flows go to
 * @node: in &ipsvc_change.frontends, until it is published
 * @rcu: for freeing
 */
struct ipsvc_frontend {
	struct ipsvc_frontend_key key;
	u32 hash;
	u32 flags;
	u8 class;
	bool revoked;
	struct ipsvc_service *service;
	const struct ipsvc_endpoint_set *set;
	union {
		struct rb_node node;
		struct rcu_head rcu;
	};
};

/**
 * struct ipsvc_frontend_slots - the slots of the lookup table
 * @mask: number of slots - 1
 * @used: slots that are not empty, deleted ones included; writers only
 * @rcu: for freeing
 * @slot: frontends, NULL (empty) or the tombstone of a deleted one
 */
struct ipsvc_frontend_slots {
	u32 mask;
	u32 used;
	struct rcu_head rcu;
	struct ipsvc_frontend __rcu *slot[];
};

/**
 * struct ipsvc_frontends - open-addressed hash table of frontends
 * @slots: replaced as a whole when it grows; never more than 60 % used, so
 *	probes are short and end
 * @live: frontends in it; writers only
 *
 * Writers hold &ipsvc_net.lock. Growing happens before publishing, so that
 * publishing cannot fail.
 */
struct ipsvc_frontends {
	struct ipsvc_frontend_slots __rcu *slots;
	u32 live;
};

/**
 * struct ipsvc_service_body - what a PUT gives a service port, as a whole
 * @set: its endpoints; never NULL in a service port that is in the tree
 * @frontends: its frontends, all of which lead to @set
 * @n_frontends: how many
 */
struct ipsvc_service_body {
	struct ipsvc_endpoint_set *set;
	struct ipsvc_frontend **frontends;
	u32 n_frontends;
};

/**
 * struct ipsvc_service - a service port: one port of a Kubernetes Service in one
 *	family
 * @node: in &ipsvc_instance.services
 * @refs: held by the instance and by endpoints
 * @rcu: for freeing
 * @body: see there; &ipsvc_net.lock
 * @connections: flows created
 * @flows: flows it has now
 * @removed: not in the tree any more; kept for flows that still refer to it
 * @family: AF_INET
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @name_len: without the terminating zero
 * @name: with @family its key
 */
struct ipsvc_service {
	struct rb_node node;
	refcount_t refs;
	struct rcu_head rcu;
	struct ipsvc_service_body body;
	atomic64_t connections;
	atomic_t flows;
	bool removed;
	u8 family;
	u8 proto;
	u8 name_len;
	char name[];
};

/**
 * struct ipsvc_cursor - a place in a walk over all service ports by key, which
 *	stays good while they come and go
 * @endpoint: number of the endpoint to go on with, in its service port
 * @state: whether the walk has begun, and whether it has ended
 * @family: of the service port to go on with
 * @name: of the service port to go on with
 *
 * Zero at the beginning.
 */
struct ipsvc_cursor {
	u32 endpoint;
	enum {
		IPSVC_CURSOR_BEGIN,
		IPSVC_CURSOR_AT,
		IPSVC_CURSOR_END,
	} state;
	u8 family;
	char name[IPSVC_SERVICE_NAME_MAX + 1];
};

struct ipsvc_frontend *
ipsvc_frontend_alloc(const struct ipsvc_frontend_key *key,
		     struct ipsvc_service *svc);

int ipsvc_frontends_init(struct ipsvc_frontends *table);
void ipsvc_frontends_exit(struct ipsvc_frontends *table);
int ipsvc_frontends_reserve(struct ipsvc_frontends *table, u32 more);
struct ipsvc_frontend *
ipsvc_frontends_publish(struct ipsvc_frontends *table,
			struct ipsvc_frontend *fe);
void ipsvc_frontends_unpublish(struct ipsvc_frontends *table,
			       struct ipsvc_frontend *fe);
struct ipsvc_frontend *
ipsvc_frontend_find(const struct ipsvc_frontends *table,
		    const struct ipsvc_frontend_key *key);
struct ipsvc_frontend *
ipsvc_frontend_find_locked(const struct ipsvc_frontends *table,
			   const struct ipsvc_frontend_key *key);
void ipsvc_frontends_walk(const struct ipsvc_frontends *table,
			  void (*fn)(const struct ipsvc_frontend_key *key,
				     void *arg),
			  void *arg);

/* Under &ipsvc_net.lock, but for get and put, which any context may call. */
struct ipsvc_service *ipsvc_service_alloc(const char *name, u8 name_len,
					  u8 family, u8 proto);
struct ipsvc_service *ipsvc_service_find(const struct rb_root *root,
					 const char *name, u8 family);
struct ipsvc_service *ipsvc_service_next(struct ipsvc_service *svc);
void ipsvc_service_insert(struct rb_root *root, struct ipsvc_service *svc);
void ipsvc_service_get(struct ipsvc_service *svc);
void ipsvc_service_put(struct ipsvc_service *svc);
void ipsvc_service_body_release(struct ipsvc_instance *inst,
				struct ipsvc_service_body *body);

struct ipsvc_service *ipsvc_cursor_resume(struct ipsvc_cursor *cursor,
					  const struct rb_root *root);
void ipsvc_cursor_save(struct ipsvc_cursor *cursor,
		       const struct ipsvc_service *svc);

#endif /* IPSVC_SERVICE_H */
