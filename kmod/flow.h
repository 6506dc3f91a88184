/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow table: ipsvc's own NAT state.
 *
 * A flow is two halves of one cache line each, one a direction. A half holds
 * the tuple its packets arrive with and the tuple they leave with. Lookups take
 * no lock and no reference: RCU keeps a half readable, and only the two bucket
 * locks of an insertion, or the collector, change a chain. A packet writes to
 * its own half only, and only what differs.
 */
#ifndef IPSVC_FLOW_H
#define IPSVC_FLOW_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "tuple.h"

struct ipsvc_endpoint;
struct ipsvc_instance;

/* Bits of ipsvc_flow_half.flags, fixed at insertion but for DEAD. */
#define IPSVC_HALF_REPLY	0x01	/* endpoint to client */
#define IPSVC_HALF_MASQ		0x02	/* the client's address is hidden */
#define IPSVC_HALF_LOCAL	0x04	/* the client is this host */
#define IPSVC_HALF_DEAD		0x80	/* to be collected; matches nothing */

/* Bits of ipsvc_flow_half.seen: what this direction has sent so far. */
#define IPSVC_SEEN_SYN		0x01
#define IPSVC_SEEN_DATA		0x02	/* anything that is not a lone SYN */
#define IPSVC_SEEN_FIN		0x04
#define IPSVC_SEEN_RST		0x08
#define IPSVC_SEEN_STREAM	0x10	/* UDP, client: more after an answer */

/**
 * struct ipsvc_exit - how a packet may leave without the full path
 * @bytes: device, link-layer addresses, checksum deltas and generation, once
 *	there is a fast path to fill them in
 *
 * Zero: no exit known, the full path serves the flow.
 */
struct ipsvc_exit {
	u8 bytes[20];
};

/**
 * struct ipsvc_flow_half - one direction of a flow
 * @next: chain of the bucket
 * @stamp: jiffies of its last packet, written at most once a second
 * @owner: identity of the endpoint (both halves)
 * @sport: source port as packets arrive
 * @dport: destination port as packets arrive
 * @new_sport: as they leave
 * @new_dport: as they leave
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @flags: IPSVC_HALF_*
 * @seen: IPSVC_SEEN_*
 * @spare: zero
 * @exit: place of the fast path's exit
 * @saddr: source as packets arrive
 * @daddr: destination as packets arrive
 * @new_saddr: as they leave
 * @new_daddr: as they leave
 *
 * The addresses come last: a half for IPv6 has the same head and longer ones.
 */
struct ipsvc_flow_half {
	struct ipsvc_flow_half __rcu *next;
	u32 stamp;
	u32 owner;
	__be16 sport;
	__be16 dport;
	__be16 new_sport;
	__be16 new_dport;
	u8 proto;
	u8 flags;
	u8 seen;
	u8 spare;
	struct ipsvc_exit exit;
	__be32 saddr;
	__be32 daddr;
	__be32 new_saddr;
	__be32 new_daddr;
} __aligned(64);

/**
 * struct ipsvc_flow - a flow
 * @half: [0] from the client, [1] from the endpoint
 */
struct ipsvc_flow {
	struct ipsvc_flow_half half[2];
} __aligned(128);

#define IPSVC_FLOW_LOCKS	256	/* a power of two */

/**
 * struct ipsvc_flow_timeouts - idle times, in seconds
 * @tcp_syn: no answer yet
 * @tcp_established: both directions seen
 * @tcp_closing: one FIN seen
 * @tcp_closed: both FIN, or RST
 * @udp: no answer yet, or a question and its answer
 * @udp_stream: answered, and the client went on
 */
struct ipsvc_flow_timeouts {
	u32 tcp_syn;
	u32 tcp_established;
	u32 tcp_closing;
	u32 tcp_closed;
	u32 udp;
	u32 udp_stream;
};

/**
 * struct ipsvc_flows - the flow table of an instance
 * @buckets: heads of chains
 * @used: a bit for each bucket that has a chain, so that walks cost what there
 *	is and not what there could be; written under the bucket's lock
 * @mask: number of buckets - 1
 * @key: of the hash, random for each instance
 * @max: cap, READ_ONCE/WRITE_ONCE (sysfs)
 * @count: flows in the table, dead ones included
 * @timeouts: READ_ONCE/WRITE_ONCE (sysfs)
 * @locks: a run of neighbouring buckets each, so that no word of @used has two
 * @lock_shift: how many buckets such a run has, as a power of two
 * @kicked: jiffies of the last time the cap made it run at once
 * @gc: the collector
 * @gc_next: bucket it goes on with; 0 when it begins a round
 * @dying: flows taken out, waiting for a grace period; collector only
 */
struct ipsvc_flows {
	struct ipsvc_flow_half __rcu **buckets;
	unsigned long *used;
	u32 mask;
	hsiphash_key_t key;
	u32 max;
	atomic_t count;
	struct ipsvc_flow_timeouts timeouts;
	spinlock_t *locks; /* chains: one for 2^lock_shift buckets */
	u32 lock_shift;
	unsigned long kicked;
	struct delayed_work gc;
	u32 gc_next;
	struct ipsvc_flow **dying;
};

static inline bool ipsvc_half_is_reply(const struct ipsvc_flow_half *half)
{
	return half->flags & IPSVC_HALF_REPLY;
}

/* The flow of a half: flows are aligned to their size, halves lie side by side. */
static inline struct ipsvc_flow *
ipsvc_half_flow(const struct ipsvc_flow_half *half)
{
	return (struct ipsvc_flow *)(half - ipsvc_half_is_reply(half));
}

int ipsvc_flow_cache_init(void);
void ipsvc_flow_cache_exit(void);

int ipsvc_flows_init(struct ipsvc_instance *inst);
void ipsvc_flows_exit(struct ipsvc_instance *inst);

u32 ipsvc_flow_hash(const struct ipsvc_flows *flows,
		    const struct ipsvc_tuple *tuple);
struct ipsvc_flow_half *ipsvc_flow_find(const struct ipsvc_flows *flows,
					const struct ipsvc_tuple *tuple,
					u32 hash);
struct ipsvc_flow_half *ipsvc_flow_find_routed(const struct ipsvc_flows *flows,
					       const struct ipsvc_tuple *tuple,
					       u32 hash);
struct ipsvc_flow *ipsvc_flow_alloc(struct ipsvc_instance *inst);
void ipsvc_flow_release(struct ipsvc_flows *flows, struct ipsvc_flow *flow);
void ipsvc_flow_lock_buckets(struct ipsvc_flows *flows, u32 a, u32 b);
void ipsvc_flow_unlock_buckets(struct ipsvc_flows *flows, u32 a, u32 b);
void ipsvc_flow_unlink(struct ipsvc_flows *flows, struct ipsvc_flow *flow);
int ipsvc_flow_insert(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		      struct ipsvc_flow_half **clash);
void ipsvc_flow_kill(struct ipsvc_flow *flow);

void ipsvc_flow_purge_removed(struct ipsvc_instance *inst);

/**
 * typedef ipsvc_flow_walk_fn - callback of ipsvc_flow_walk_bucket()
 *
 * Called under RCU with the first half of each live flow, once a flow. Nonzero
 * ends the walk.
 */
typedef int (*ipsvc_flow_walk_fn)(struct ipsvc_instance *inst,
				  struct ipsvc_flow *flow, void *arg);
u32 ipsvc_flow_next_bucket(const struct ipsvc_flows *flows, u32 bucket);
int ipsvc_flow_walk_bucket(struct ipsvc_instance *inst, u32 bucket, u32 skip,
			   u32 *pos, ipsvc_flow_walk_fn fn, void *arg);

/* proto.c: pure functions of what a flow has seen */
u8 ipsvc_flow_state(const struct ipsvc_flow *flow);
u32 ipsvc_flow_timeout(const struct ipsvc_flow_timeouts *t,
		       const struct ipsvc_flow *flow);
/* Jiffies until @flow is idle for too long; 0 or less: it is. */
s32 ipsvc_flow_idle(const struct ipsvc_flow *flow);
long ipsvc_flow_remaining(const struct ipsvc_flow_timeouts *t,
			  const struct ipsvc_flow *flow);

#endif /* IPSVC_FLOW_H */
