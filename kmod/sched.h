/* SPDX-License-Identifier: GPL-2.0 */
/* Choice of an endpoint for a new flow. */
#ifndef IPSVC_SCHED_H
#define IPSVC_SCHED_H

struct ipsvc_endpoint;
struct ipsvc_endpoint_set;

/* Under RCU; NULL when no endpoint takes new flows. */
struct ipsvc_endpoint *ipsvc_sched_pick(const struct ipsvc_endpoint_set *set);

#endif /* IPSVC_SCHED_H */
