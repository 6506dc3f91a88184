/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ipsvc-dnsd counts. Each worker has its own; readers add them up. */
#ifndef IPSVC_DNSD_STATS_H
#define IPSVC_DNSD_STATS_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdint.h>

#include "dns/respond.h"

#define STATS_TYPES	11	/* the last is of all others */
#define STATS_RCODES	7	/* the same */
#define STATS_BUCKETS	24	/* up to 2^n microseconds; the last has no bound */

typedef _Atomic uint64_t stats_counter;

/* The names below are those of the JSON document, and so ABI. */
#define STATS_COUNTERS(X) \
	X(udp)			/* queries over UDP */ \
	X(tcp)			/* queries over TCP */ \
	X(truncated)		/* answers with the bit TC */ \
	X(ignored)		/* packets that are no queries */ \
	X(limited)		/* answers beyond --rate-limit */ \
	X(send_failed)		/* answers that the kernel did not send */ \
	X(tcp_accepted)		/* connections that were served */ \
	X(tcp_refused)		/* of clients with too many */ \
	X(tcp_evicted)		/* closed to make room */ \
	X(tcp_timeout)		/* closed for want of a question */ \
	X(forwarded)		/* queries handed to other servers */ \
	X(cached)		/* queries answered from the cache */ \
	X(forward_full)		/* queries without room to wait */ \
	X(forward_failed)	/* questions nobody answered */ \
	X(forward_timeout)	/* attempts without an answer in time */ \
	X(forward_tcp)		/* attempts over TCP */ \
	X(forward_mismatch)	/* packets that were no answers */

#define STATS_MEMBER(name) stats_counter name;
struct stats {
	STATS_COUNTERS(STATS_MEMBER)
	stats_counter type[STATS_TYPES];	/* of queries that were answered */
	stats_counter rcode[STATS_RCODES];
	stats_counter latency[STATS_BUCKETS];	/* of immediate answers */
	stats_counter latency_us;		/* the sum */
	stats_counter upstream[STATS_BUCKETS];	/* of answers of other servers */
	stats_counter upstream_us;
};

static inline void stats_add(stats_counter *counter, uint64_t n)
{
	/* There is one writer. */
	atomic_store_explicit(counter,
			      atomic_load_explicit(counter,
						   memory_order_relaxed) + n,
			      memory_order_relaxed);
}

/* An answer that is sent. */
void stats_answer(struct stats *stats, const struct dns_response *response);
/* @n immediate answers took @us each, at most. */
void stats_latency(struct stats *stats, uint64_t us, uint64_t n);
/* Another server's answer took so long. */
void stats_upstream(struct stats *stats, uint64_t us);
/* The sum of @n, as a document; the caller owns the reference. */
json_t *stats_document(const struct stats *const *stats, size_t n);

#endif
