/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frontends and services. A frontend leads to a service, a service to its set
 * of endpoints. Nothing here knows of netlink.
 */
#ifndef IPSVC_SERVICE_H
#define IPSVC_SERVICE_H

#include <linux/atomic.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_endpoint_set;
struct ipsvc_instance;

/**
 * struct ipsvc_frontend_key - what a packet is looked up by
 * @addr: destination; zero for a node port
 * @port: destination port
 * @family: AF_INET
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @class: enum ipsvc_frontend_class
 * @pad: zero; the key is hashed and compared as memory
 */
struct ipsvc_frontend_key {
	union ipsvc_addr addr;
	__be16 port;
	u8 family;
	u8 proto;
	u8 class;
	u8 pad[3];
};

/**
 * struct ipsvc_frontend - a place clients connect to; all but @removed and @set
 *	is immutable once published
 * @key: see there
 * @hash: of @key
 * @removed: not in the table any more, or another one took its place; set before
 *	the flow table is purged, READ_ONCE after a flow was inserted
 * @service: whose it is; the frontend holds a reference
 * @set: where its flows go while the change that brought it is being published:
 *	the set that its service is about to get. Else NULL, and the service's
 *	set counts.
 * @rcu: for freeing
 */
struct ipsvc_frontend {
	struct ipsvc_frontend_key key;
	u32 hash;
	bool removed;
	struct ipsvc_service *service;
	struct ipsvc_endpoint_set __rcu *set;
	struct rcu_head rcu;
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
 * @node_ports: a bit for each (protocol, port) that has a node port frontend, in
 *	host byte order: UDP ports follow TCP ports. Keeps the check of packets
 *	to this host that are not for us to one bit.
 *
 * Writers hold &ipsvc_net.lock. Growing happens before publishing, so that
 * publishing cannot fail.
 */
struct ipsvc_frontends {
	struct ipsvc_frontend_slots __rcu *slots;
	u32 live;
	unsigned long *node_ports;
};

/**
 * struct ipsvc_service - one port of a Kubernetes Service
 * @node: in &ipsvc_instance.services
 * @refs: held by the instance, by frontends and by endpoints
 * @rcu: for freeing
 * @set: where its flows go; never NULL once published, replaced as a whole
 * @frontends: its frontends; &ipsvc_net.lock
 * @n_frontends: how many
 * @connections: flows created
 * @flows: flows it has now
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @dead: removed; kept for flows that still refer to it
 * @name_len: without the terminating zero
 * @name: its key
 */
struct ipsvc_service {
	struct rb_node node;
	refcount_t refs;
	struct rcu_head rcu;
	struct ipsvc_endpoint_set __rcu *set;
	struct ipsvc_frontend **frontends;
	u32 n_frontends;
	atomic64_t connections;
	atomic_t flows;
	u8 proto;
	bool dead;
	u8 name_len;
	char name[];
};

struct ipsvc_frontend *
ipsvc_frontend_alloc(const struct ipsvc_frontend_key *key,
		     struct ipsvc_service *svc);
void ipsvc_frontend_free(struct ipsvc_frontend *fe);
void ipsvc_frontend_free_rcu(struct ipsvc_frontend *fe);

int ipsvc_frontends_init(struct ipsvc_frontends *table);
void ipsvc_frontends_exit(struct ipsvc_frontends *table);
int ipsvc_frontends_reserve(struct ipsvc_frontends *table, u32 more);
void ipsvc_frontends_publish(struct ipsvc_frontends *table,
			     struct ipsvc_frontend *fe);
void ipsvc_frontends_unpublish(struct ipsvc_frontends *table,
			       struct ipsvc_frontend *fe);
struct ipsvc_frontend *
ipsvc_frontend_find(const struct ipsvc_frontends *table,
		    const struct ipsvc_frontend_key *key);
const struct ipsvc_endpoint_set *
ipsvc_frontend_set(const struct ipsvc_frontend *fe);
bool ipsvc_node_port_any(const struct ipsvc_frontends *table, u8 proto,
			 __be16 port);

struct ipsvc_service *ipsvc_service_alloc(const char *name, u8 name_len,
					  u8 proto);
struct ipsvc_service *ipsvc_service_find(const struct rb_root *root,
					 const char *name);
struct ipsvc_service *ipsvc_service_lower_bound(const struct rb_root *root,
						const char *name);
struct ipsvc_service *ipsvc_service_first(const struct rb_root *root);
struct ipsvc_service *ipsvc_service_next(struct ipsvc_service *svc);
void ipsvc_service_insert(struct rb_root *root, struct ipsvc_service *svc);
void ipsvc_service_erase(struct rb_root *root, struct ipsvc_service *svc);
void ipsvc_service_get(struct ipsvc_service *svc);
void ipsvc_service_put(struct ipsvc_service *svc);

#endif /* IPSVC_SERVICE_H */
