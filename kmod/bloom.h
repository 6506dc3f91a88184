/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Bloom filter of one hash function over the places (protocol, address, port)
 * of frontends and endpoints, so that a packet of no service costs three bits
 * and no lookup.
 */
#ifndef IPSVC_BLOOM_H
#define IPSVC_BLOOM_H

#include <linux/bitops.h>
#include <linux/hash.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "tuple.h"

struct ipsvc_instance;

/**
 * struct ipsvc_bloom - the filter; bits are set before what they stand for is
 *	published, and not cleared as long as there may be flows of it
 * @shift: 64 less the logarithm of the number of bits
 * @used: bits that are set; &ipsvc_net.lock
 * @rcu: for freeing
 * @bits: the filter
 */
struct ipsvc_bloom {
	u32 shift;
	u32 used;
	struct rcu_head rcu;
	unsigned long bits[];
};

static inline u32 ipsvc_addr_fold(const union ipsvc_addr *addr)
{
	return (__force u32)(addr->all[0] ^ addr->all[1] ^ addr->all[2] ^
			     addr->all[3]);
}

/* The same of an address as it is in packets. */
static __always_inline u32 ipsvc_addr_fold_in_packet(const void *addr,
						     const u8 family)
{
	const __be32 *w = addr;

	return family == AF_INET ? (__force u32)(*w ^ htonl(0xffff)) :
				   (__force u32)(w[0] ^ w[1] ^ w[2] ^ w[3]);
}

static inline u32 ipsvc_bloom_index(const struct ipsvc_bloom *bloom, u8 proto,
				    u32 addr, __be16 port)
{
	u64 place = (u64)addr << 32 | (u32)proto << 16 | (__force u16)port;

	return place * GOLDEN_RATIO_64 >> bloom->shift;
}

static inline bool ipsvc_bloom_has_folded(const struct ipsvc_bloom *bloom,
					  u8 proto, u32 addr, __be16 port)
{
	return test_bit(ipsvc_bloom_index(bloom, proto, addr, port),
			bloom->bits);
}

static inline bool ipsvc_bloom_has(const struct ipsvc_bloom *bloom, u8 proto,
				   const union ipsvc_addr *addr, __be16 port)
{
	return ipsvc_bloom_has_folded(bloom, proto, ipsvc_addr_fold(addr),
				      port);
}

/**
 * ipsvc_bloom_has_packet - whether a packet may be of a flow, or begin one
 * @bloom: the filter
 * @proto: its protocol
 * @saddr: its source address, in the packet
 * @daddr: its destination address, in the packet
 * @ports: its two ports
 * @family: of the packet, a constant
 */
static __always_inline bool
ipsvc_bloom_has_packet(const struct ipsvc_bloom *bloom, u8 proto,
		       const void *saddr, const void *daddr,
		       const __be16 *ports, const u8 family)
{
	const union ipsvc_addr any = ipsvc_addr_any(family);

	return ipsvc_bloom_has_folded(bloom, proto,
				      ipsvc_addr_fold_in_packet(daddr, family),
				      ports[1]) ||
	       ipsvc_bloom_has_folded(bloom, proto,
				      ipsvc_addr_fold_in_packet(saddr, family),
				      ports[0]) ||
	       ipsvc_bloom_has_folded(bloom, proto, ipsvc_addr_fold(&any),
				      ports[1]);
}

int ipsvc_bloom_init(struct ipsvc_instance *inst);
void ipsvc_bloom_exit(struct ipsvc_instance *inst);
int ipsvc_bloom_reserve(struct ipsvc_instance *inst, u32 more);
void ipsvc_bloom_add(struct ipsvc_instance *inst, u8 proto,
		     const union ipsvc_addr *addr, __be16 port);

#endif /* IPSVC_BLOOM_H */
