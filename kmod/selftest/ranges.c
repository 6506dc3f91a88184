// SPDX-License-Identifier: GPL-2.0
/* Edges of ranges against a walk over all of them, for random lists. */
#include "selftest.h"

#include <linux/init.h>
#include <linux/random.h>

#define RANGES_LISTS	400
#define RANGES_MAX	24
#define RANGES_CLIENTS	64

static bool __init ranges_fail(const char *what, u32 i, u32 n)
{
	pr_err("ipsvc: ranges self-tests: FAIL: %s (%u of %u ranges)\n", what,
	       i, n);
	return false;
}

static u8 __init ranges_bits(u8 family)
{
	return family == AF_INET ? 32 : 128;
}

/* Near each other, so that they overlap and touch; and near both ends. */
static union ipsvc_addr __init ranges_addr(u8 family)
{
	union ipsvc_addr addr = {};
	u8 fill = get_random_u32() & 1 ? 0xff : 0;

	memset(&addr, fill, sizeof(addr));
	addr.ip6.s6_addr[15] = get_random_u32();
	if (get_random_u32() & 1)
		addr.ip6.s6_addr[12] = get_random_u32() & 3;
	return ipsvc_addr_whole(&addr, family);
}

static struct ipsvc_range __init ranges_random(u8 family)
{
	u8 bits = ranges_bits(family);
	struct ipsvc_range range = {
		.addr = ranges_addr(family),
		.flags = get_random_u32() % 3 ? 0 : IPSVC_RANGE_F_DENY,
	};
	struct in6_addr masked;

	range.prefix = get_random_u32() % 8 ?
		       bits - get_random_u32() % 9 : get_random_u32() % 2;
	ipv6_addr_prefix(&masked, &range.addr.ip6, 128 - bits + range.prefix);
	range.addr.ip6 = masked;
	return range;
}

/* As it is defined. */
static bool __init ranges_want(const struct ipsvc_range *range, u32 n,
			       u8 family, const union ipsvc_addr *client)
{
	bool allowed = false, any_allowed = false;
	u32 i, base = 128 - ranges_bits(family);

	for (i = 0; i < n; i++) {
		bool deny = range[i].flags & IPSVC_RANGE_F_DENY;
		bool in = ipv6_prefix_equal(&client->ip6, &range[i].addr.ip6,
					    base + range[i].prefix);

		if (in && deny)
			return false;
		allowed |= in && !deny;
		any_allowed |= !deny;
	}
	return allowed || !any_allowed;
}

static bool __init ranges_list(struct ipsvc_range *range, u32 n, u8 family)
{
	struct ipsvc_ranges *ranges;
	union ipsvc_addr client;
	bool ok = true;
	u32 i;

	for (i = 0; i < n; i++)
		range[i] = ranges_random(family);
	sort(range, n, sizeof(*range), ipsvc_range_cmp, NULL);
	ranges = ipsvc_ranges_build(range, n, family);
	if (!ranges)
		return ranges_fail("no memory", 0, n);
	for (i = 0; i < RANGES_CLIENTS && ok; i++) {
		client = ranges_addr(family);
		if (ipsvc_ranges_allow(ranges, &client) !=
		    ranges_want(range, n, family, &client))
			ok = ranges_fail("another verdict", i, n);
	}
	for (i = 1; i < ranges->n_edges && ok; i++)
		if (addr_cmp(&ranges->edge[i - 1], &ranges->edge[i]) >= 0)
			ok = ranges_fail("edges are not sorted", i, n);
	if (ranges->n_edges > 2 * n + 1 || ranges->n != n)
		ok = ranges_fail("size", ranges->n_edges, n);
	kvfree(ranges);
	return ok;
}

bool __init ipsvc_ranges_selftest(void)
{
	struct ipsvc_range *range;
	bool ok = true;
	u32 i;

	range = kcalloc(RANGES_MAX, sizeof(*range), GFP_KERNEL);
	if (!range)
		return ranges_fail("no memory", 0, 0);
	for (i = 0; i < RANGES_LISTS && ok; i++)
		ok = ranges_list(range, 1 + i % RANGES_MAX,
				 i & 1 ? AF_INET : AF_INET6);
	kfree(range);
	if (ok)
		pr_info("ipsvc: ranges self-tests: pass\n");
	return ok;
}
