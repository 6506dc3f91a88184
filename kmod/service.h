/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frontends and service ports. A frontend points to its service port and to a
 * set of endpoints.
 */
#ifndef IPSVC_SERVICE_H
#define IPSVC_SERVICE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/ipsvc.h>

#include "tuple.h"

struct ipsvc_endpoint_set;
struct ipsvc_half;
struct ipsvc_instance;
struct ipsvc_ranges;
struct ipsvc_vip;

/*
 * What a packet is looked up by. A node port has the wildcard address of its
 * family. The key is hashed and compared as memory: @pad is zero.
 */
struct ipsvc_frontend_key {
	union ipsvc_addr addr;
	__be16 port;
	u8 proto;
	u8 pad;
};

/*
 * A place clients connect to. Immutable once published, but for @revoked: a
 * change of its service port replaces it.
 */
struct ipsvc_frontend {
	struct ipsvc_frontend_key key;
	u32 hash; /* of @key */
	u32 flags; /* enum ipsvc_frontend_flags */
	u8 class; /* enum ipsvc_frontend_class */
	/*
	 * @key leads to another service port now, or to none; not set when a
	 * frontend of the same service port replaces this one. READ_ONCE after
	 * a flow was inserted.
	 */
	bool revoked;
	struct ipsvc_service *service;
	const struct ipsvc_endpoint_set *set;
	const struct ipsvc_ranges *ranges; /* NULL: all clients */
	struct ipsvc_vip *vip; /* of @key; NULL: a node port */
	struct hlist_node vip_node; /* in its frontends */
	union {
		struct rb_node node; /* in &ipsvc_change.frontends */
		struct rcu_head rcu; /* once published */
	};
};

/* Slots hold a frontend, NULL (empty), or the tombstone of a deleted one. */
struct ipsvc_frontend_slots {
	u32 mask; /* number of slots - 1 */
	u32 used; /* not empty, with tombstones; writers only */
	struct rcu_head rcu;
	struct ipsvc_frontend __rcu *slot[];
};

/*
 * Open-addressed hash table of frontends. Writers hold &ipsvc_net.lock, and
 * make room before they publish, so that publishing cannot fail.
 */
struct ipsvc_frontends {
	/* Replaced to grow; at most 60 % used: probes are short and end. */
	struct ipsvc_frontend_slots __rcu *slots;
	u32 live; /* frontends; writers only */
};

/*
 * What a PUT replaces as a whole. All frontends point to @set, which is not
 * NULL in a service port that is in the tree; those with the flag to @ranges.
 */
struct ipsvc_service_body {
	struct ipsvc_endpoint_set *set;
	struct ipsvc_ranges *ranges; /* NULL: none */
	struct ipsvc_frontend **frontends;
	u32 n_frontends;
};

/* One port of a Kubernetes Service in one family. */
struct ipsvc_service {
	struct rb_node node;
	refcount_t refs; /* held by the instance and by endpoints */
	struct rcu_head rcu;
	struct ipsvc_service_body body; /* &ipsvc_net.lock */
	atomic64_t connections; /* flows created */
	atomic_t flows; /* flows it has now */
	atomic_t turn; /* of schedulers that take turns */
	bool unpublished; /* only flows refer to it; READ_ONCE */
	u8 family; /* with @name the key */
	u8 proto;
	u8 name_len; /* without the terminating zero */
	char name[];
};

/*
 * The position of a walk over all service ports by key, zeroed at the
 * beginning. It stays valid while service ports come and go.
 */
struct ipsvc_cursor {
	u32 item; /* number of the next one in @name, @family */
	bool at_end;
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
ipsvc_frontend_find_of(const struct ipsvc_frontends *table,
		       const struct ipsvc_half *orig);
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
