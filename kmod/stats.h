/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters, per CPU, and names of them. Every packet that is not forwarded has a
 * reason here. Names are ABI: never reuse one for something else.
 */
#ifndef IPSVC_STATS_H
#define IPSVC_STATS_H

#include <linux/percpu.h>

#include "ipsvc.h"

#define IPSVC_STATS(X)							\
	X(FLOW_CREATED, "flow_created")					\
	X(FLOW_EXPIRED, "flow_expired")					\
	X(FLOW_PURGED, "flow_purged")					\
	X(PACKETS_CLIENT, "packets_from_client")			\
	X(PACKETS_ENDPOINT, "packets_from_endpoint")			\
	X(ICMP_TRANSLATED, "icmp_translated")				\
	X(REJECT_NO_ENDPOINT, "reject_no_endpoint")			\
	X(REJECT_NO_SERVICE, "reject_no_service")			\
	X(RESET_NO_FLOW, "reset_no_flow")				\
	X(DROP_FLOW_LIMIT, "drop_flow_limit")				\
	X(DROP_FLOW_CLASH, "drop_flow_clash")				\
	X(DROP_MASQUERADE_PORTS, "drop_masquerade_ports")		\
	X(DROP_NO_ROUTE, "drop_no_route")				\
	X(DROP_NO_MEMORY, "drop_no_memory")				\
	X(DROP_MALFORMED, "drop_malformed")

enum ipsvc_stat {
#define X(name, text) IPSVC_STAT_##name,
	IPSVC_STATS(X)
#undef X
	IPSVC_STAT_COUNT,
};

/* Flows a CPU remembers for ICMP errors about packets it is forwarding. */
#define IPSVC_ICMP_HINTS	64

/**
 * struct ipsvc_stats - the counters of one CPU
 * @v: packets or events
 * @icmp_hint: hashes of masqueraded flows it saw last; icmp.c
 */
struct ipsvc_stats {
	u64 v[IPSVC_STAT_COUNT];
	u32 icmp_hint[IPSVC_ICMP_HINTS];
};

/* Any context. */
static inline void ipsvc_stat_inc(const struct ipsvc_instance *inst,
				  enum ipsvc_stat stat)
{
	this_cpu_inc(inst->stats->v[stat]);
}

const char *ipsvc_stat_name(enum ipsvc_stat stat);
u64 ipsvc_stat_read(const struct ipsvc_instance *inst, enum ipsvc_stat stat);

#endif /* IPSVC_STATS_H */
