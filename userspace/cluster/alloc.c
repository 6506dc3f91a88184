// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/memory.h"

/*
 * The least that leaves an address beside network, broadcast and the one of
 * default/kubernetes, and more than any network has a use for.
 */
#define IP4_PREFIX_MAX	30
#define IP4_PREFIX_MIN	8
/* Kubernetes: "shortest allowed prefix length for service CIDR is 64". */
#define IP6_PREFIX_MAX	126
#define IP6_PREFIX_MIN	64

static const char *range_problem(const struct ipsvc_cidr *cidr)
{
	if (ipsvc_ip_is4(&cidr->net))
		return cidr->prefix < IP4_PREFIX_MIN ||
		       cidr->prefix > IP4_PREFIX_MAX ?
		       "must have a prefix length between 8 and 30" : NULL;
	return cidr->prefix < IP6_PREFIX_MIN || cidr->prefix > IP6_PREFIX_MAX ?
	       "must have a prefix length between 64 and 126 with IPv6" : NULL;
}

bool ipsvc_alloc_cidrs_parse(const char *text, struct ipsvc_cidrs *cidrs,
			     const char **why)
{
	if (!ipsvc_cidrs_parse(text, cidrs, why))
		return false;
	for (size_t i = 0; i < cidrs->n && !*why; i++)
		*why = range_problem(&cidrs->items[i]);
	return !*why;
}

struct ipsvc_families ipsvc_alloc_families(const struct ipsvc_cidrs *cidrs)
{
	struct ipsvc_families families = { .n = cidrs->n };

	for (size_t i = 0; i < cidrs->n; i++)
		families.names[i] = ipsvc_ip_is4(&cidrs->items[i].net) ?
				    "IPv4" : "IPv6";
	return families;
}

/* Size of the static band: a share of the range within bounds. */
static uint64_t static_band(uint64_t size, uint64_t share, uint64_t most)
{
	const uint64_t least = 16;
	uint64_t band = size / share;

	if (size <= least)
		return 0;
	if (band < least)
		return least;
	return band < most ? band : most;
}

/*
 * The broadcast address, which IPv6 does not have, is none to hand out, nor is the
 * last number there is, so that one comes after each.
 */
static uint64_t last_usable(const struct ipsvc_cidr *cidr)
{
	uint64_t last = ipsvc_cidr_last(cidr);

	return last - (ipsvc_ip_is4(&cidr->net) || last == UINT64_MAX);
}

struct ipsvc_alloc_range ipsvc_alloc_ip_range(const struct ipsvc_cidr *cidr)
{
	uint64_t last = ipsvc_cidr_last(cidr);
	struct ipsvc_alloc_range range = {
		.first = IPSVC_ALLOC_KUBERNETES_OFFSET + 1,
		/* The band is counted from the first usable address on. */
		.dynamic = 1 + static_band(last == UINT64_MAX ? last : last + 1,
					   16, 256),
		.last = last_usable(cidr),
	};

	if (range.dynamic < range.first)
		range.dynamic = range.first;
	return range;
}

struct ipsvc_alloc_range ipsvc_alloc_port_range(int min, int max)
{
	return (struct ipsvc_alloc_range){
		.first = min,
		.dynamic = min + static_band(max - min + 1, 32, 128),
		.last = max,
	};
}

char *ipsvc_alloc_ip_refusal(const struct ipsvc_cidr *cidr,
			     const struct in6_addr *addr)
{
	/* Kubernetes counts network and broadcast address as none of it. */
	if (cidr && ipsvc_cidr_contains(cidr, addr) &&
	    ipsvc_cidr_offset(cidr, addr) &&
	    ipsvc_cidr_offset(cidr, addr) <= last_usable(cidr))
		return NULL;
	return xstrdup("the provided network does not match the current range");
}

char *ipsvc_alloc_port_refusal(int min, int max, int64_t port)
{
	if (port >= min && port <= max)
		return NULL;
	return xasprintf("provided port is not in the valid range. The range of valid ports is %d-%d",
			 min, max);
}

/* [from, to] from a random start on, around its end. */
static int pick_from(uint64_t from, uint64_t to,
		     const struct ipsvc_alloc_ops *ops, uint64_t *out)
{
	uint64_t start = from + ops->random(ops->arg, to - from + 1);
	int ret = ops->next_free(ops->arg, start, to, out);

	if (ret || start == from)
		return ret;
	return ops->next_free(ops->arg, from, start - 1, out);
}

int ipsvc_alloc_pick(const struct ipsvc_alloc_range *range,
		     const struct ipsvc_alloc_ops *ops, uint64_t *out)
{
	int ret = 0;

	if (range->dynamic <= range->last)
		ret = pick_from(range->dynamic, range->last, ops, out);
	if (ret || range->first >= range->dynamic)
		return ret;
	return pick_from(range->first, range->dynamic - 1, ops, out);
}

static uint64_t random64(void)
{
	uint64_t n;

	/* Up to 256 bytes come whole, or not at all when a signal was first. */
	while (getrandom(&n, sizeof(n), 0) != sizeof(n)) {
		if (errno != EINTR)
			abort();
	}
	return n;
}

uint64_t ipsvc_alloc_random(void *arg, uint64_t bound)
{
	/* What is below this is one too many for some remainders. */
	uint64_t n, skip = -bound % bound;

	(void)arg;
	do {
		n = random64();
	} while (n < skip);
	return n % bound;
}
