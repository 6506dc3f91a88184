// SPDX-License-Identifier: GPL-2.0
/*
 * Choice of an endpoint for a new flow: uniform and random, like kube-proxy.
 * Other schedulers would add their order or table to the set.
 */
#include "sched.h"

#include <linux/random.h>

#include "endpoint.h"

struct ipsvc_endpoint *ipsvc_sched_pick(const struct ipsvc_endpoint_set *set)
{
	if (!set->n_ready)
		return NULL;
	if (set->n_ready == 1)
		return set->slot[0].ep;
	return set->slot[get_random_u32_below(set->n_ready)].ep;
}

#ifdef DEBUG
#include "selftest/sched.c"
#endif
