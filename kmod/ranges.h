/* SPDX-License-Identifier: GPL-2.0 */
/* Which clients a service port takes, by where their addresses are. */
#ifndef IPSVC_RANGES_H
#define IPSVC_RANGES_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "tuple.h"

struct nlattr;

/* Clients whose addresses begin alike. */
struct ipsvc_range {
	union ipsvc_addr addr; /* zero beyond the prefix */
	u8 prefix; /* of an address of the family: up to 32, or 128 */
	u32 flags; /* enum ipsvc_range_flags */
	const struct nlattr *attr; /* for errors; NULL once the request is gone */
};

/*
 * Immutable. Clients are allowed from one of the edges on, refused from the next
 * one on, and so forth: a lookup is a bisection, whatever the ranges overlap.
 */
struct ipsvc_ranges {
	struct rcu_head rcu;
	u32 n;
	u32 n_edges;
	struct ipsvc_range *range; /* as given; behind the edges */
	union ipsvc_addr edge[];
};

int ipsvc_range_cmp(const void *a, const void *b);
struct ipsvc_ranges *ipsvc_ranges_build(const struct ipsvc_range *range, u32 n,
					u8 family);
bool ipsvc_ranges_allow(const struct ipsvc_ranges *ranges,
			const union ipsvc_addr *client);

#endif /* IPSVC_RANGES_H */
