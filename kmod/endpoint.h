/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Endpoints and sets of them. A set is immutable: a change builds another one,
 * and new frontends that lead to it. An endpoint keeps its identity from set to
 * set, and as long as flows refer to it after the last.
 */
#ifndef IPSVC_ENDPOINT_H
#define IPSVC_ENDPOINT_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_endpoint_addr;
struct ipsvc_instance;
struct ipsvc_service;
struct nlattr;

/**
 * struct ipsvc_endpoint - where flows end up
 * @id: index in &ipsvc_instance.endpoints, never 0; what flows store
 * @refs: one for being in the current set (or a candidate for it), one a flow
 * @addr: address
 * @port: port
 * @removed: not in the current set of its service port any more; set before the
 *	flow table is purged, READ_ONCE after a flow was inserted
 * @kept: scratch of a change: it is in the set that will replace the current
 *	one; &ipsvc_net.lock
 * @flows: flows that refer to it
 * @connections: flows created
 * @known: its entry in &ipsvc_instance.endpoint_addrs
 * @service: whose it is; the endpoint holds a reference
 * @rcu: for freeing
 */
struct ipsvc_endpoint {
	u32 id;
	refcount_t refs;
	union ipsvc_addr addr;
	__be16 port;
	bool removed;
	bool kept;
	atomic_t flows;
	atomic64_t connections;
	struct ipsvc_endpoint_addr *known;
	struct ipsvc_service *service;
	struct rcu_head rcu;
};

/**
 * struct ipsvc_endpoint_slot - an endpoint in a set
 * @ep: the endpoint; the set holds a reference
 * @flags: enum ipsvc_endpoint_flags
 */
struct ipsvc_endpoint_slot {
	struct ipsvc_endpoint *ep;
	u32 flags;
};

/**
 * struct ipsvc_endpoint_set - the endpoints of a service
 * @rcu: for freeing
 * @n: number of slots
 * @n_ready: the first @n_ready slots get new flows, the others drain
 * @slot: the endpoints
 */
struct ipsvc_endpoint_set {
	struct rcu_head rcu;
	u32 n;
	u32 n_ready;
	struct ipsvc_endpoint_slot slot[];
};

/**
 * struct ipsvc_endpoint_spec - an endpoint that a set is to have
 * @addr: address
 * @port: port
 * @flags: enum ipsvc_endpoint_flags
 * @slot: scratch of ipsvc_endpoint_set_build()
 * @attr: where it was read; NULL once the request is gone
 */
struct ipsvc_endpoint_spec {
	union ipsvc_addr addr;
	__be16 port;
	u32 flags;
	u32 slot;
	const struct nlattr *attr;
};

int ipsvc_endpoint_spec_cmp(const void *a, const void *b);

struct ipsvc_endpoint_set *
ipsvc_endpoint_set_build(struct ipsvc_instance *inst, struct ipsvc_service *svc,
			 const struct ipsvc_endpoint_set *base,
			 struct ipsvc_endpoint_spec *specs, u32 n);
void ipsvc_endpoint_set_discard(struct ipsvc_instance *inst,
				struct ipsvc_endpoint_set *set);
bool ipsvc_endpoint_set_retire(struct ipsvc_endpoint_set *set);
void ipsvc_endpoint_set_release(struct ipsvc_instance *inst,
				struct ipsvc_endpoint_set *set);

int ipsvc_endpoints_init(struct ipsvc_instance *inst);
void ipsvc_endpoints_exit(struct ipsvc_instance *inst);
bool ipsvc_endpoint_exists(struct ipsvc_instance *inst, u8 proto,
			   const union ipsvc_addr *addr, __be16 port);

/* Under RCU: the endpoint of an identity, or NULL. */
struct ipsvc_endpoint *ipsvc_endpoint_find(struct ipsvc_instance *inst, u32 id);
/* Under RCU: false when it is on its way out. */
bool __must_check ipsvc_endpoint_get(struct ipsvc_endpoint *ep);
/* Any context. */
void ipsvc_endpoint_put(struct ipsvc_instance *inst, struct ipsvc_endpoint *ep);

#endif /* IPSVC_ENDPOINT_H */
