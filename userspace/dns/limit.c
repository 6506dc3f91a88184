// SPDX-License-Identifier: GPL-2.0-or-later
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"

#define BUCKETS		8192
#define CREDIT		1000	/* of one answer */

void dns_limiter_init(struct dns_limiter *limiter, uint32_t rate)
{
	*limiter = (struct dns_limiter){ .rate = rate };
	if (!rate)
		return;
	ipsvc_siphash_key_init(&limiter->key);
	limiter->buckets = xcalloc(BUCKETS, sizeof(*limiter->buckets));
}

void dns_limiter_free(struct dns_limiter *limiter)
{
	free(limiter->buckets);
}

static uint64_t network_hash(const struct dns_limiter *limiter,
			     const struct in6_addr *addr)
{
	struct in6_addr net = *addr;
	size_t kept = ipsvc_ip_is4(addr) ? 15 : 7;

	memset(net.s6_addr + kept, 0, sizeof(net) - kept);
	return ipsvc_siphash(&limiter->key, &net, sizeof(net));
}

/* What a second gives is what can be saved up. */
static void earn(struct dns_bucket *b, uint32_t rate, uint32_t now)
{
	uint64_t credit = b->credit + (uint64_t)(now - b->time) * rate;
	uint64_t most = (uint64_t)rate * CREDIT;

	b->credit = (uint32_t)(credit < most ? credit : most);
	b->time = now;
}

enum dns_verdict dns_limiter_ask(struct dns_limiter *limiter,
				 const struct in6_addr *addr, uint32_t now)
{
	struct dns_bucket *b;
	uint64_t hash;

	if (!limiter->rate)
		return DNS_PASS;
	hash = network_hash(limiter, addr);
	b = &limiter->buckets[hash % BUCKETS];
	if (b->tag != hash >> 32 && now - b->time >= 1000) {
		*b = (struct dns_bucket){
			.tag = (uint32_t)(hash >> 32), .time = now,
			.credit = limiter->rate * CREDIT,
		};
	}
	earn(b, limiter->rate, now);
	if (b->credit < CREDIT)
		return b->refused++ % 2 ? DNS_LIMIT_TRUNCATE : DNS_LIMIT_DROP;
	b->credit -= CREDIT;
	return DNS_PASS;
}
