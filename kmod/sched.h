/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Choice of an endpoint for a new flow. A scheduler is a property of the set: what
 * it needs is made when the set is, and never for a packet.
 */
#ifndef IPSVC_SCHED_H
#define IPSVC_SCHED_H

#include <linux/atomic.h>
#include <linux/types.h>

#include "endpoint.h"

struct ipsvc_tuple;

/* Of a set with more candidates so many are compared or tried. */
#define IPSVC_SCHED_SCAN_MAX	256

/* Who asks. */
struct ipsvc_sched_query {
	const struct ipsvc_tuple *tuple; /* as the client has sent it */
	atomic_t *turn; /* of the service port */
};

/**
 * struct ipsvc_sched_ops - a scheduler
 * @name: in /proc
 * @build: process context: makes the table; NULL: there is none
 * @pick: under RCU, with two candidates or more: the number of one
 */
struct ipsvc_sched_ops {
	const char *name;
	int (*build)(const struct ipsvc_endpoint_set *set,
		     const struct ipsvc_candidates *among);
	u32 (*pick)(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among,
		    const struct ipsvc_sched_query *query);
};

/* The first of the candidates; the others follow. */
static inline const struct ipsvc_endpoint_slot *
ipsvc_sched_slots(const struct ipsvc_endpoint_set *set,
		  const struct ipsvc_candidates *among)
{
	return &set->slot[among->first];
}

/* sched_weight.c */
extern const struct ipsvc_sched_ops ipsvc_sched_random;
extern const struct ipsvc_sched_ops ipsvc_sched_rr;
extern const struct ipsvc_sched_ops ipsvc_sched_wrr;
u32 ipsvc_sched_any(const struct ipsvc_endpoint_set *set,
		    const struct ipsvc_candidates *among);
u32 ipsvc_sched_stride(u32 turns);

/* sched_load.c */
extern const struct ipsvc_sched_ops ipsvc_sched_p2c;
extern const struct ipsvc_sched_ops ipsvc_sched_lc;
extern const struct ipsvc_sched_ops ipsvc_sched_wlc;

/* sched_hash.c */
extern const struct ipsvc_sched_ops ipsvc_sched_sh;
extern const struct ipsvc_sched_ops ipsvc_sched_maglev;
u32 ipsvc_sched_hash_size(u32 least, u32 n);

/* Entries of the table for @n candidates. */
u32 ipsvc_sched_table_size(const struct ipsvc_service_options *options, u32 n);
/* Process context: for a set that is complete but for this; 0 or -ENOMEM. */
int __must_check ipsvc_sched_build(struct ipsvc_endpoint_set *set);

/* Under RCU; NULL when there are no candidates, or each has its most flows. */
const struct ipsvc_endpoint_slot *
ipsvc_sched_pick(const struct ipsvc_endpoint_set *set,
		 const struct ipsvc_candidates *among,
		 const struct ipsvc_sched_query *query);
const char *ipsvc_sched_name(const struct ipsvc_endpoint_set *set);

#endif /* IPSVC_SCHED_H */
