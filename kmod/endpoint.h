/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Endpoints and sets of them. A set is immutable: a change builds another one,
 * and new frontends that point to it. An endpoint that stays keeps its
 * identity; one that was removed keeps it as long as flows refer to it.
 */
#ifndef IPSVC_ENDPOINT_H
#define IPSVC_ENDPOINT_H

#include <linux/atomic.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_affinity_group;
struct ipsvc_endpoint_addr;
struct ipsvc_instance;
struct ipsvc_service;
struct nlattr;

struct ipsvc_endpoint {
	u32 id; /* in &ipsvc_instance.endpoints, never 0; what flows store */
	refcount_t refs; /* one for the current set, one for each flow */
	union ipsvc_addr addr;
	__be16 port;
	/*
	 * Not in the current set of its service port; set before the flow table
	 * is purged, READ_ONCE after a flow was inserted.
	 */
	bool removed;
	bool kept; /* during a change: in the next set, too; &ipsvc_net.lock */
	bool demoted; /* likewise: gets no new flows in the next set */
	/*
	 * Grows when it ceases to get new flows: who had it before does not
	 * come back to it for that. &ipsvc_net.lock; READ_ONCE
	 */
	u32 epoch;
	atomic_t flows; /* flows that refer to it */
	atomic64_t connections; /* flows created */
	struct ipsvc_endpoint_addr *addr_entry;
	struct ipsvc_service *service; /* a reference */
	struct rcu_head rcu;
};

struct ipsvc_endpoint_slot {
	struct ipsvc_endpoint *ep; /* a reference */
	u32 flags; /* enum ipsvc_endpoint_flags */
	u32 sum; /* sum of the weights of this one and those before */
	u32 flows_max; /* gets no more flows at so many; 0: any number */
	u16 weight; /* 0: gets no new flows */
};

/* Gets no more flows for now. */
static inline bool ipsvc_slot_is_full(const struct ipsvc_endpoint_slot *slot)
{
	return unlikely(slot->flows_max) &&
	       atomic_read(&slot->ep->flows) >= slot->flows_max;
}

/* How an endpoint is chosen; what a PUT says of the service port. */
struct ipsvc_service_options {
	u8 scheduler; /* enum ipsvc_scheduler */
	u8 hash_key[16];
	u8 affinity_prefix; /* of clients' addresses; 0: the whole */
	u32 affinity_timeout; /* seconds; 0: no affinity */
	u32 hash_size; /* at least */
	u32 flags; /* enum ipsvc_service_flags */
};

/* Who gets the new flows of a frontend, by its traffic policy. */
enum ipsvc_scope {
	IPSVC_SCOPE_CLUSTER,
	IPSVC_SCOPE_LOCAL,
	IPSVC_SCOPES
};

/*
 * Endpoints that a scheduler chooses from: @n slots of a set from the @first on,
 * and what it has made of them.
 */
struct ipsvc_candidates {
	u32 first;
	u32 n;
	bool even; /* all have the same weight */
	u32 before; /* sum of the weights in the slots before */
	u32 sum; /* sum of their weights */
	u32 unit; /* greatest common divisor of the weights */
	u32 stride; /* sched_weight.c: from turn to turn */
	u32 table_size;
	u16 *table; /* sched_hash.c: numbers of candidates; behind the slots */
};

/*
 * The slots of each scope follow each other: those of the cluster alone, of both,
 * of the local one alone, of none. The latter drain.
 */
struct ipsvc_endpoint_set {
	struct rcu_head rcu;
	u32 n;
	struct ipsvc_service_options options;
	struct ipsvc_affinity_group *affinity; /* a reference, or NULL */
	u16 *by_addr; /* with @affinity: numbers of slots, behind the slots */
	struct ipsvc_candidates scope[IPSVC_SCOPES];
	struct ipsvc_endpoint_slot slot[];
};

/* How many slots get new flows by any policy: the first ones. */
static inline u32
ipsvc_endpoint_set_active(const struct ipsvc_endpoint_set *set)
{
	const struct ipsvc_candidates *local = &set->scope[IPSVC_SCOPE_LOCAL];

	return local->first + local->n;
}

/* An endpoint that a set is to have. */
struct ipsvc_endpoint_spec {
	union ipsvc_addr addr;
	__be16 port;
	u32 flags; /* enum ipsvc_endpoint_flags */
	u32 flows_max; /* 0: any number */
	u16 weight;
	u32 slot; /* used by ipsvc_endpoint_set_build() */
	const struct nlattr *attr; /* for errors; NULL once the request is gone */
};

int ipsvc_endpoint_spec_cmp(const void *a, const void *b);

struct ipsvc_endpoint_set *
ipsvc_endpoint_set_build(struct ipsvc_instance *inst, struct ipsvc_service *svc,
			 const struct ipsvc_endpoint_set *base,
			 const struct ipsvc_service_options *options,
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
/* Under RCU: its service port; NULL when that or the endpoint is gone. */
struct ipsvc_service *ipsvc_endpoint_service(struct ipsvc_instance *inst,
					     u32 id);
/* Under RCU: false when its last reference is gone. */
bool __must_check ipsvc_endpoint_get(struct ipsvc_endpoint *ep);
/* Any context. */
void ipsvc_endpoint_put(struct ipsvc_instance *inst, struct ipsvc_endpoint *ep);
/* Any context: the reference of a flow that was counted. */
void ipsvc_endpoint_put_flow(struct ipsvc_instance *inst,
			     struct ipsvc_endpoint *ep);

#endif /* IPSVC_ENDPOINT_H */
