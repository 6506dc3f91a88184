/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many answers a network gets over UDP: who forges its addresses cannot have it
 * flooded. Buckets of a fixed number; networks that share one share its rate.
 */
#ifndef IPSVC_DNS_LIMIT_H
#define IPSVC_DNS_LIMIT_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/siphash.h"

struct dns_bucket {
	uint32_t tag;		/* of the network it is for */
	uint32_t time;		/* of the last answer, milliseconds */
	uint32_t credit;	/* thousandths of answers */
	uint32_t refused;
};

struct dns_limiter {
	uint32_t rate;		/* answers a second; 0: no limit */
	struct ipsvc_siphash_key key;
	struct dns_bucket *buckets;
};

enum dns_verdict {
	DNS_PASS,
	DNS_LIMIT_DROP,
	DNS_LIMIT_TRUNCATE,	/* a real client comes again, over TCP */
};

void dns_limiter_init(struct dns_limiter *limiter, uint32_t rate);
void dns_limiter_free(struct dns_limiter *limiter);
/* One more answer to @addr (its /24 or /56); every other refusal is a truncated one. */
enum dns_verdict dns_limiter_ask(struct dns_limiter *limiter,
				 const struct in6_addr *addr, uint32_t now);

#endif
