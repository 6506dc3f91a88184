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
	X(udp)			/* queries that came by it */ \
	X(tcp) \
	X(truncated)		/* answers that said that they are */ \
	X(ignored)		/* packets that are no queries */ \
	X(limited)		/* answers that were held back */ \
	X(send_failed)		/* answers that no socket took */ \
	X(tcp_accepted)		/* connections */ \
	X(tcp_refused)		/* those of a client that has too many */ \
	X(tcp_evicted)		/* closed to make room */ \
	X(tcp_timeout) \
	X(forwarded)		/* questions that others were asked, or are */ \
	X(cached)		/* those that others had answered before */ \
	X(forward_full)		/* that there was no room for */ \
	X(forward_failed)	/* that nobody answered */ \
	X(forward_timeout)	/* attempts without an answer in time */ \
	X(forward_tcp)		/* attempts over TCP */ \
	X(forward_mismatch)	/* packets that were no answers */

#define STATS_MEMBER(name) stats_counter name;
struct stats {
	STATS_COUNTERS(STATS_MEMBER)
	stats_counter type[STATS_TYPES];	/* of queries that were answered */
	stats_counter rcode[STATS_RCODES];
	stats_counter latency[STATS_BUCKETS];
	stats_counter latency_us;		/* the sum */
	stats_counter upstream[STATS_BUCKETS];	/* the same of other servers */
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
/* @n answers took so long each, at most. */
void stats_latency(struct stats *stats, uint64_t us, uint64_t n);
/* Another server's answer took so long. */
void stats_upstream(struct stats *stats, uint64_t us);
/* The sum of @n, as a document; the caller owns the reference. */
json_t *stats_document(const struct stats *const *stats, size_t n);

#endif
