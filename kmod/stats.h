/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU counters. Every packet that is not forwarded is counted under a
 * reason. Names are ABI: none is reused.
 */
#ifndef IPSVC_STATS_H
#define IPSVC_STATS_H

#include <linux/percpu.h>

#include "ipsvc.h"

#define IPSVC_STATS(X)							\
	X(FLOW_CREATED, "flow_created")					\
	X(FLOW_EXPIRED, "flow_expired")					\
	X(FLOW_EVICTED, "flow_evicted")					\
	X(FLOW_PURGED, "flow_purged")					\
	X(FLOW_REPLACED, "flow_replaced")				\
	X(PACKETS_CLIENT, "packets_from_client")			\
	X(PACKETS_ENDPOINT, "packets_from_endpoint")			\
	X(ICMP_TRANSLATED, "icmp_translated")				\
	X(AFFINITY_EVICTED, "affinity_evicted")				\
	X(FLOW_DELETED, "flow_deleted")					\
	X(ECHO_ANSWERED, "echo_answered")				\
	IPSVC_REASONS(X)

/* Why a packet is not translated and let through: verdict.c. */
#define IPSVC_REASONS(X)						\
	X(NO_ENDPOINT, "reject_no_endpoint")				\
	X(NO_SERVICE, "reject_no_service")				\
	X(ENDPOINTS_FULL, "drop_endpoints_full")			\
	X(NO_FLOW, "reset_no_flow")					\
	X(LEFT_TO_HOST, "pass_no_flow")					\
	X(FLOW_LIMIT, "drop_flow_limit")				\
	X(FLOW_CLASH, "drop_flow_clash")				\
	X(MASQUERADE_PORTS, "drop_masquerade_ports")			\
	X(NO_ROUTE, "drop_no_route")					\
	X(NO_MEMORY, "drop_no_memory")					\
	X(TRUNCATED, "drop_truncated")					\
	X(CHECKSUM, "drop_checksum")					\
	X(IPSEC, "drop_ipsec")						\
	X(NO_LOCAL_ENDPOINT, "drop_no_local_endpoint")			\
	X(SOURCE_RANGE, "drop_source_range")

enum ipsvc_stat {
#define X(name, text) IPSVC_STAT_##name,
	IPSVC_STATS(X)
#undef X
	IPSVC_STAT_COUNT,
};

/* Functions of the data path return 0 or a reason. */
enum ipsvc_reason {
	IPSVC_REASON_NONE,
#define X(name, text) IPSVC_REASON_##name,
	IPSVC_REASONS(X)
#undef X
	IPSVC_REASON_COUNT,
	/* Not a verdict: the endpoint is no more to be had, choose again. */
	IPSVC_REASON_STALE = IPSVC_REASON_COUNT,
};

static inline enum ipsvc_stat ipsvc_reason_stat(enum ipsvc_reason reason)
{
	return IPSVC_STAT_NO_ENDPOINT - IPSVC_REASON_NO_ENDPOINT + reason;
}

/* Flows a CPU remembers for ICMP errors about packets it forwards. */
#define IPSVC_ICMP_HINTS	64

struct ipsvc_stats {
	u64 v[IPSVC_STAT_COUNT];
	/* Hashes of the masqueraded flows it saw last: icmp.c */
	u32 icmp_hint[IPSVC_ICMP_HINTS];
};

/* Any context. */
static inline void ipsvc_stat_inc(const struct ipsvc_instance *inst,
				  enum ipsvc_stat stat)
{
	this_cpu_inc(inst->stats->v[stat]);
}

/* Any context. */
const char *ipsvc_stat_name(enum ipsvc_stat stat);
u64 ipsvc_stat_read(const struct ipsvc_instance *inst, enum ipsvc_stat stat);

#endif /* IPSVC_STATS_H */
