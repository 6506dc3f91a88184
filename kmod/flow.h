/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow table: ipsvc's own NAT state.
 *
 * A flow is two halves, one a direction, of one cache line each in IPv4 and two
 * in IPv6. A half holds the tuple its packets arrive with and the tuple they
 * leave with. The first hook makes a flow; the flow is unconfirmed until a
 * packet of the client has passed the second hook, which is when routing and
 * firewalls have accepted it.
 *
 * Lookups take no lock and no reference: RCU keeps a half readable. Insertion
 * and removal take the locks of the two hashes. A packet writes to its own half
 * only, in the second hook, and only what differs.
 *
 * A bucket is the high bits of the hash, so the order of a walk by hash is the
 * same whatever the size of the table, and a lock covers neighbouring buckets.
 * The lowest bit of the hash is the family, so that halves of both are in one
 * table and none is compared with a tuple of the other family.
 *
 * What each packet passes takes the family as an argument that is constant where
 * it is called, and is inlined: each family has code of its own, from one source.
 */
#ifndef IPSVC_FLOW_H
#define IPSVC_FLOW_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/jiffies.h>
#include <linux/netfilter.h>
#include <linux/siphash.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/ipsvc.h>

#include "tuple.h"

struct ipsvc_endpoint;
struct ipsvc_instance;
struct ipsvc_packet;
struct mem_cgroup;

/* Bits of ipsvc_half.flags, fixed at insertion but for DEAD and EVICTED. */
#define IPSVC_HALF_REPLY	0x01	/* endpoint to client */
#define IPSVC_HALF_MASQ		0x02	/* the endpoint sees another source */
#define IPSVC_HALF_LOCAL_CLIENT	0x04	/* the client is this host */
#define IPSVC_HALF_DIRECT	0x08	/* no Service: reserves its tuple */
#define IPSVC_HALF_LATE_PORT	0x10	/* the source port changes in POST_ROUTING */
#define IPSVC_HALF_ONE_PACKET	0x20	/* of several that a client's tuple has */
#define IPSVC_HALF_EVICTED	0x40	/* not counted any more */
#define IPSVC_HALF_DEAD		0x80	/* matches no arriving packet */

/*
 * Bits of ipsvc_half.seen: what this direction has sent and the stack has
 * accepted. Zero in the client's half: the flow is unconfirmed.
 */
#define IPSVC_SEEN_SYN		0x01
#define IPSVC_SEEN_NON_SYN	0x02	/* anything that is not a lone SYN */
#define IPSVC_SEEN_FIN		0x04
#define IPSVC_SEEN_RST		0x08
#define IPSVC_SEEN_STREAM	0x10	/* UDP, client: more after an answer */
#define IPSVC_SEEN_SYN_AGAIN	0x20	/* client: a SYN, after other segments */

/**
 * struct ipsvc_exit_ref - how a packet may leave without the full path
 * @id: of the exit (device, next hop, link-layer header); 0: none known
 * @generation: of the exit table when @id was written
 * @csum_l3: what the translation adds to the IPv4 header's checksum
 * @csum_l4: what it adds to the transport header's
 */
struct ipsvc_exit_ref {
	u16 id;
	u16 generation;
	u16 csum_l3;
	u16 csum_l4;
};

/**
 * struct ipsvc_half - one direction of a flow, whatever its family
 * @next: chain of the bucket
 * @hash: of the tuple packets arrive with; in the client's half of a flow that is
 *	IPSVC_HALF_ONE_PACKET, of that and the endpoint, so that no packet finds it
 *	before its endpoint is chosen
 * @stamp: jiffies of the last packet accepted, written at most once a second
 * @endpoint: identity of the endpoint (both halves); 0 in a direct flow
 * @sport: source port as packets arrive
 * @dport: destination port as packets arrive
 * @new_sport: as they leave
 * @new_dport: as they leave
 * @proto: IPPROTO_TCP, IPPROTO_UDP or IPPROTO_SCTP
 * @flags: IPSVC_HALF_*
 * @seen: IPSVC_SEEN_*
 * @family: AF_INET or AF_INET6, which is how the half goes on
 * @exit: place of the fast path's exit
 * @end: TCP: sequence number after the last packet; SCTP: the tag of who sends
 * @ack: TCP: last acknowledgment number
 */
struct ipsvc_half {
	struct ipsvc_half __rcu *next;
	u32 hash;
	u32 stamp;
	u32 endpoint;
	__be16 sport;
	__be16 dport;
	__be16 new_sport;
	__be16 new_dport;
	u8 proto;
	u8 flags;
	u8 seen;
	u8 family;
	struct ipsvc_exit_ref exit;
	u32 end;
	u32 ack;
};

/* The addresses of a half, in this order. */
enum ipsvc_half_addr {
	IPSVC_SADDR, /* source as packets arrive */
	IPSVC_DADDR, /* destination as packets arrive */
	IPSVC_NEW_SADDR, /* as they leave */
	IPSVC_NEW_DADDR, /* as they leave */
	IPSVC_HALF_ADDRS
};

/**
 * struct ipsvc_half4 - one direction of an IPv4 flow
 * @h: head
 * @addr: by enum ipsvc_half_addr
 */
struct ipsvc_half4 {
	struct ipsvc_half h;
	__be32 addr[IPSVC_HALF_ADDRS];
} __aligned(64);

/**
 * struct ipsvc_half6 - one direction of an IPv6 flow
 * @h: head
 * @addr: by enum ipsvc_half_addr
 */
struct ipsvc_half6 {
	struct ipsvc_half h;
	struct in6_addr addr[IPSVC_HALF_ADDRS];
} __aligned(128);

/**
 * struct ipsvc_flow - a flow, of two halves of its family
 * @orig: from the client; the half from the endpoint is behind it
 *
 * Aligned to its size: the other half is found from either.
 */
struct ipsvc_flow {
	struct ipsvc_half orig;
};

/* How long an unconfirmed flow lives, in seconds. */
#define IPSVC_FLOW_UNCONFIRMED_TIMEOUT	3
/* How long a half-open flow keeps its masquerade port, in seconds. */
#define IPSVC_FLOW_PORT_HELD	2

/* A lock covers the hashes that share their upper bits. */
#define IPSVC_FLOW_LOCK_BITS	8
#define IPSVC_FLOW_LOCKS	BIT(IPSVC_FLOW_LOCK_BITS)
/* Each lock has whole words of the bitmap of used buckets. */
#define IPSVC_FLOW_BITS_MIN	(IPSVC_FLOW_LOCK_BITS + 6)
#define IPSVC_FLOW_BITS_MAX	24
/* Flows that may wait for the collector after an early eviction. */
#define IPSVC_FLOW_EVICTED_MAX	4096
/* Flows that one run of the collector takes. */
#define IPSVC_FLOW_BATCH	4096

/**
 * struct ipsvc_flow_timeouts - idle times, in seconds
 * @tcp_syn: no answer yet
 * @tcp_established: both directions seen
 * @tcp_closing: one FIN seen
 * @tcp_closed: both FIN, or RST
 * @udp: no answer yet, or a question and its answer
 * @udp_stream: answered, and the client went on
 * @sctp_init: no answer yet, or the client has not gone on
 * @sctp_established: both directions seen; heartbeats keep it
 * @sctp_closing: SHUTDOWN or ABORT seen
 */
struct ipsvc_flow_timeouts {
	u32 tcp_syn;
	u32 tcp_established;
	u32 tcp_closing;
	u32 tcp_closed;
	u32 udp;
	u32 udp_stream;
	u32 sctp_init;
	u32 sctp_established;
	u32 sctp_closing;
};

/**
 * struct ipsvc_flow_table - buckets of one size
 * @bits: 2^@bits buckets; the index is the upper @bits of the hash
 * @shift: 32 - @bits
 * @used: a bit for each bucket with a chain, so that walks cost what there is;
 *	written under the bucket's lock
 * @future: the table that replaces this one, while flows move to it
 * @bucket: heads of chains
 */
struct ipsvc_flow_table {
	u32 bits;
	u32 shift;
	unsigned long *used;
	struct ipsvc_flow_table __rcu *future;
	struct ipsvc_half __rcu *bucket[];
};

/**
 * struct ipsvc_flows - the flow table of an instance
 * @table: lookups begin here; replaced by the collector
 * @key: of the hash, random for each instance
 * @max: cap, READ_ONCE/WRITE_ONCE (sysfs)
 * @timeouts: READ_ONCE/WRITE_ONCE (sysfs)
 * @locks: IPSVC_FLOW_LOCKS of them, by the upper bits of the hash
 * @memcg: whom flows are charged to, a reference, or NULL
 * @count: live flows
 * @grow_at: number of flows at which the table is to grow
 * @kicked: jiffies of the last time the collector was made to run at once
 * @evict_lock: protects @evicted and @n_evicted
 * @evicted: flows killed to make room, for the collector
 * @n_evicted: how many
 * @buckets: of the table, READ_ONCE (sysfs, which outlives the table)
 * @resizes: grows when the table begins and ends to be replaced: odd meanwhile
 * @gc: the collector
 * @gc_pos: hash its round goes on from
 * @dying: killed, seen by the collector, to be unlinked after a grace period
 * @unlinked: unlinked, to be freed after a grace period; collector only
 * @n_dying: how many
 * @n_unlinked: how many
 */
struct ipsvc_flows {
	/* Read by each packet. */
	struct ipsvc_flow_table __rcu *table;
	hsiphash_key_t key;
	u32 max;
	struct ipsvc_flow_timeouts timeouts;
	spinlock_t *locks; /* chains of a range of hashes */
	struct mem_cgroup *memcg;

	/* Written by each new flow. */
	atomic_t count ____cacheline_aligned_in_smp;
	u32 grow_at;
	unsigned long kicked;
	spinlock_t evict_lock; /* evicted flows */
	struct ipsvc_flow **evicted;
	u32 n_evicted;

	/* The collector's. */
	struct delayed_work gc ____cacheline_aligned_in_smp;
	u32 gc_pos;
	u32 buckets;
	u32 resizes;
	struct ipsvc_flow **dying;
	struct ipsvc_flow **unlinked;
	u32 n_dying;
	u32 n_unlinked;
};

static inline bool ipsvc_half_is_reply(const struct ipsvc_half *half)
{
	return half->flags & IPSVC_HALF_REPLY;
}

static __always_inline size_t ipsvc_half_size(const u8 family)
{
	return family == AF_INET ? sizeof(struct ipsvc_half4) :
				   sizeof(struct ipsvc_half6);
}

/* An address as it is in packets: four bytes or sixteen. */
static __always_inline const void *ipsvc_half_addr(const struct ipsvc_half *half,
						   enum ipsvc_half_addr which,
						   const u8 family)
{
	if (family == AF_INET)
		return &container_of(half, const struct ipsvc_half4,
				     h)->addr[which];
	return &container_of(half, const struct ipsvc_half6, h)->addr[which];
}

/* Whether a half has the address of a tuple. */
static __always_inline bool ipsvc_half_has(const struct ipsvc_half *half,
					   enum ipsvc_half_addr which,
					   const union ipsvc_addr *addr,
					   const u8 family)
{
	const void *own = ipsvc_half_addr(half, which, family);

	return family == AF_INET ? *(const __be32 *)own == addr->ip4 :
				   ipv6_addr_equal(own, &addr->ip6);
}

/* Whether two addresses of a half are the same. */
static __always_inline bool ipsvc_half_same(const struct ipsvc_half *half,
					    enum ipsvc_half_addr a,
					    enum ipsvc_half_addr b,
					    const u8 family)
{
	const void *x = ipsvc_half_addr(half, a, family);
	const void *y = ipsvc_half_addr(half, b, family);

	return family == AF_INET ?
	       *(const __be32 *)x == *(const __be32 *)y : ipv6_addr_equal(x, y);
}

/* A whole address, of a half of either family. */
static inline union ipsvc_addr ipsvc_half_get(const struct ipsvc_half *half,
					      enum ipsvc_half_addr which)
{
	const void *own = ipsvc_half_addr(half, which, half->family);

	return half->family == AF_INET ?
	       ipsvc_addr_v4(*(const __be32 *)own) :
	       (union ipsvc_addr) { .ip6 = *(const struct in6_addr *)own };
}

/* Before the half is in the table. */
static __always_inline void ipsvc_half_set(struct ipsvc_half *half,
					   enum ipsvc_half_addr which,
					   const union ipsvc_addr *addr,
					   const u8 family)
{
	if (family == AF_INET)
		container_of(half, struct ipsvc_half4, h)->addr[which] =
			addr->ip4;
	else
		container_of(half, struct ipsvc_half6, h)->addr[which] =
			addr->ip6;
}

/* The other direction. */
static inline struct ipsvc_half *ipsvc_half_other(const struct ipsvc_half *half)
{
	return (struct ipsvc_half *)((unsigned long)half ^
				     ipsvc_half_size(half->family));
}

static inline struct ipsvc_flow *ipsvc_half_flow(const struct ipsvc_half *half)
{
	return (struct ipsvc_flow *)((unsigned long)half &
				     ~(2 * ipsvc_half_size(half->family) - 1));
}

static inline struct ipsvc_half *ipsvc_flow_orig(struct ipsvc_flow *flow)
{
	return &flow->orig;
}

static inline struct ipsvc_half *ipsvc_flow_reply(struct ipsvc_flow *flow)
{
	return ipsvc_half_other(&flow->orig);
}

static inline bool ipsvc_half_is_dead(const struct ipsvc_half *half)
{
	return READ_ONCE(half->flags) & IPSVC_HALF_DEAD;
}

/* Both ends of the packet change in one hook: see hook.c. */
static inline bool ipsvc_half_both_ends(const struct ipsvc_half *half)
{
	return half->flags & IPSVC_HALF_LOCAL_CLIENT;
}

/*
 * The ports of a packet between its two hooks. The client's port changes in the
 * first hook, and is restored in the second: conntrack is to tell two connections
 * from one port apart. A flow that is made in POST_ROUTING is too late for that.
 */
static inline __be16 ipsvc_half_mid_sport(const struct ipsvc_half *half)
{
	return half->flags & (IPSVC_HALF_REPLY | IPSVC_HALF_LATE_PORT) ?
	       half->sport : half->new_sport;
}

static inline __be16 ipsvc_half_mid_dport(const struct ipsvc_half *half)
{
	return (half->flags & (IPSVC_HALF_REPLY | IPSVC_HALF_LATE_PORT)) ==
			       IPSVC_HALF_REPLY ?
	       half->dport : half->new_dport;
}

/*
 * Packets of a client that is this host begin in LOCAL_OUT, those of others never
 * do. One that differs is forged, or the address has moved to or from this host.
 */
static inline bool ipsvc_half_begins_in(const struct ipsvc_half *half,
					unsigned int hook)
{
	return half->flags & IPSVC_HALF_REPLY ||
	       !!(half->flags & IPSVC_HALF_LOCAL_CLIENT) ==
		       (hook == NF_INET_LOCAL_OUT);
}

static inline bool ipsvc_half_is_confirmed(const struct ipsvc_half *orig)
{
	return READ_ONCE(orig->seen);
}

/* flow.c: lookup, insertion, removal */
int ipsvc_flow_cache_init(void);
void ipsvc_flow_cache_exit(void);

u32 ipsvc_flow_hash4(const struct ipsvc_flows *flows,
		     const struct ipsvc_tuple *tuple);
u32 ipsvc_flow_hash6(const struct ipsvc_flows *flows,
		     const struct ipsvc_tuple *tuple);
struct ipsvc_half *ipsvc_flow_find4(const struct ipsvc_flows *flows,
				    const struct ipsvc_tuple *tuple, u32 hash);
struct ipsvc_half *ipsvc_flow_find6(const struct ipsvc_flows *flows,
				    const struct ipsvc_tuple *tuple, u32 hash);
struct ipsvc_half *ipsvc_flow_find_routed4(const struct ipsvc_flows *flows,
					   const struct ipsvc_tuple *tuple,
					   u32 hash);
struct ipsvc_half *ipsvc_flow_find_routed6(const struct ipsvc_flows *flows,
					   const struct ipsvc_tuple *tuple,
					   u32 hash);

/**
 * ipsvc_flow_hash - hash of a tuple, for this instance only
 * @flows: the flow table
 * @tuple: the tuple
 * @family: of the tuple; best a constant, here and below
 *
 * Protocols share a bucket where all else is the same; the compare tells.
 *
 * Return: the hash; its upper bits are the bucket, its lowest is the family.
 */
static __always_inline u32 ipsvc_flow_hash(const struct ipsvc_flows *flows,
					   const struct ipsvc_tuple *tuple,
					   const u8 family)
{
	return family == AF_INET ? ipsvc_flow_hash4(flows, tuple) :
				   ipsvc_flow_hash6(flows, tuple);
}

/**
 * ipsvc_flow_find - the half of a flow whose packets arrive with this tuple
 * @flows: the flow table
 * @tuple: as in the packet
 * @hash: ipsvc_flow_hash() of @tuple; with any other nothing is found
 * @family: of the tuple
 *
 * Context: under RCU, which also keeps the result.
 * Return: the half, or NULL.
 */
static __always_inline struct ipsvc_half *
ipsvc_flow_find(const struct ipsvc_flows *flows,
		const struct ipsvc_tuple *tuple, u32 hash, const u8 family)
{
	return family == AF_INET ? ipsvc_flow_find4(flows, tuple, hash) :
				   ipsvc_flow_find6(flows, tuple, hash);
}

/* The same where the tuple was not hashed yet. */
static inline struct ipsvc_half *
ipsvc_flow_find_tuple(const struct ipsvc_flows *flows,
		      const struct ipsvc_tuple *tuple)
{
	return ipsvc_flow_find(flows, tuple,
			       ipsvc_flow_hash(flows, tuple, tuple->family),
			       tuple->family);
}

/**
 * ipsvc_flow_find_routed - the half of a packet between the two hooks
 * @flows: the flow table
 * @tuple: as in the packet now
 * @hash: of the tuple the packet arrived with (it travels in skb->hash); a hint
 *	from outside, which is compared with the hash of the half
 * @family: of the tuple
 *
 * A flow killed since the first hook still matches, so that a packet does not
 * leave half translated.
 *
 * Context: under RCU, which also keeps the result.
 * Return: the half, or NULL.
 */
static __always_inline struct ipsvc_half *
ipsvc_flow_find_routed(const struct ipsvc_flows *flows,
		       const struct ipsvc_tuple *tuple, u32 hash,
		       const u8 family)
{
	return family == AF_INET ? ipsvc_flow_find_routed4(flows, tuple, hash) :
				   ipsvc_flow_find_routed6(flows, tuple, hash);
}

struct ipsvc_flow *ipsvc_flow_alloc(struct ipsvc_instance *inst, u32 hash,
				    u8 family);
void ipsvc_flow_release(struct ipsvc_flows *flows, struct ipsvc_flow *flow);
void ipsvc_flow_uncount(struct ipsvc_flows *flows);
int ipsvc_flow_insert(struct ipsvc_instance *inst, struct ipsvc_flow *flow,
		      struct ipsvc_half **clash);
void ipsvc_flow_unlink(struct ipsvc_flows *flows, struct ipsvc_flow *flow);
bool ipsvc_flow_kill(struct ipsvc_flow *flow, u8 flags);

/* flow_table.c: memory, growing and shrinking, walks */
int ipsvc_flows_init(struct ipsvc_instance *inst);
void ipsvc_flows_exit(struct ipsvc_instance *inst);
void ipsvc_flows_resize(struct ipsvc_flows *flows);

/**
 * typedef ipsvc_flow_walk_fn - callback of ipsvc_flow_walk_bucket()
 *
 * Called under RCU with each flow, dead ones as well. Nonzero ends the walk.
 */
typedef int (*ipsvc_flow_walk_fn)(struct ipsvc_instance *inst,
				  struct ipsvc_flow *flow, void *arg);

/**
 * struct ipsvc_flow_range - the hashes that a bucket holds
 * @begin: the first; above U32_MAX: there is no such bucket
 * @end: the first after it
 */
struct ipsvc_flow_range {
	u64 begin;
	u64 end;
};

struct ipsvc_flow_range ipsvc_flow_next_bucket(const struct ipsvc_flows *flows,
					       u64 hash);
int ipsvc_flow_walk_bucket(struct ipsvc_instance *inst,
			   const struct ipsvc_flow_range *range, u32 skip,
			   u32 *pos, ipsvc_flow_walk_fn fn, void *arg);
void ipsvc_flow_walk(struct ipsvc_instance *inst, ipsvc_flow_walk_fn fn,
		     void *arg);

/* flow_gc.c: the end of flows */
void ipsvc_flow_gc_start(struct ipsvc_flows *flows);
void ipsvc_flow_gc_kick(struct ipsvc_flows *flows);
void ipsvc_flow_gc_work(struct work_struct *work);
void ipsvc_flow_free(struct ipsvc_instance *inst, struct ipsvc_flow *flow);
void ipsvc_flow_purge_removed(struct ipsvc_instance *inst);

/* flow_evict.c: room for new flows at the cap */
bool ipsvc_flow_evict(struct ipsvc_instance *inst, u32 hash);

/* proto.c: what packets do to a flow; states and timeouts */
void ipsvc_flow_touch(struct ipsvc_half *half, const struct ipsvc_packet *pkt);
u8 ipsvc_flow_state(const struct ipsvc_half *orig);

/* For users, who are told of those that only reserve their tuple as well. */
static inline u8 ipsvc_flow_shown_state(const struct ipsvc_half *orig)
{
	return orig->flags & IPSVC_HALF_DIRECT ? IPSVC_FLOW_DIRECT :
						 ipsvc_flow_state(orig);
}

s32 ipsvc_flow_idle(const struct ipsvc_half *orig);
long ipsvc_flow_remaining(const struct ipsvc_flow_timeouts *t,
			  const struct ipsvc_half *orig);
bool ipsvc_flow_is_half_open(const struct ipsvc_half *orig);
bool ipsvc_flow_is_abandoned(const struct ipsvc_half *orig);

#endif /* IPSVC_FLOW_H */
