// SPDX-License-Identifier: GPL-2.0
/*
 * Source ranges: a client is taken if it is in a range that is allowed, or if
 * there is none of these, and in none that is denied.
 */
#include "ranges.h"

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <net/ipv6.h>
#include <linux/ipsvc.h>

/* Where ranges begin or end. */
struct mark {
	union ipsvc_addr at;
	s8 allow; /* how many begin, less those that end */
	s8 deny;
};

static int addr_cmp(const union ipsvc_addr *a, const union ipsvc_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* By address and prefix: two that are equal differ in their flags at most. */
int ipsvc_range_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_range *a = pa, *b = pb;

	return addr_cmp(&a->addr, &b->addr) ?: (int)a->prefix - b->prefix;
}

static int mark_cmp(const void *pa, const void *pb)
{
	const struct mark *a = pa, *b = pb;

	return addr_cmp(&a->at, &b->at);
}

/* The address behind those of a range; false when there is none. */
static bool end_of(const struct ipsvc_range *range, u8 family,
		   union ipsvc_addr *end)
{
	int i, last = range->prefix + (family == AF_INET ? 96 : 0) - 1;

	*end = range->addr;
	for (i = last; i >= 0; i--) {
		end->ip6.s6_addr[i / 8] ^= 0x80 >> i % 8;
		/* No carry. */
		if (end->ip6.s6_addr[i / 8] & 0x80 >> i % 8)
			return true;
	}
	return false;
}

/* Two for each range; without any that is allowed, one more: all are. */
static u32 fill_marks(struct mark *mark, const struct ipsvc_range *range, u32 n,
		      u8 family)
{
	bool any_allowed = false;
	u32 i, marks = 0;

	for (i = 0; i < n; i++) {
		bool deny = range[i].flags & IPSVC_RANGE_F_DENY;
		union ipsvc_addr end;

		any_allowed |= !deny;
		mark[marks++] = (struct mark) {
			.at = range[i].addr, .allow = !deny, .deny = deny,
		};
		if (end_of(&range[i], family, &end))
			mark[marks++] = (struct mark) {
				.at = end, .allow = -!deny, .deny = -deny,
			};
	}
	if (!any_allowed)
		mark[marks++] = (struct mark) { .allow = 1 };
	return marks;
}

/* From sorted marks: where it changes whether clients are allowed. */
static u32 fill_edges(union ipsvc_addr *edge, const struct mark *mark, u32 n)
{
	s32 allow = 0, deny = 0;
	bool allowed = false;
	u32 i, edges = 0;

	for (i = 0; i < n; i++) {
		allow += mark[i].allow;
		deny += mark[i].deny;
		if (i + 1 < n && !mark_cmp(&mark[i], &mark[i + 1]))
			continue;
		if (allowed == (allow && !deny))
			continue;
		allowed = !allowed;
		edge[edges++] = mark[i].at;
	}
	return edges;
}

/**
 * ipsvc_ranges_build() - make what clients are looked up in
 * @range: copied
 * @n: how many; not 0
 * @family: of all of them
 *
 * Context: process. Return: to be freed with kvfree() before it is published, with
 * kvfree_rcu() afterwards; NULL: no memory.
 */
struct ipsvc_ranges *ipsvc_ranges_build(const struct ipsvc_range *range, u32 n,
					u8 family)
{
	u32 i, max = 2 * n + 1;
	struct ipsvc_ranges *ranges;
	struct mark *mark;

	mark = kvmalloc_array(max, sizeof(*mark), GFP_KERNEL_ACCOUNT);
	ranges = kvzalloc(struct_size(ranges, edge, max) + n * sizeof(*range),
			  GFP_KERNEL_ACCOUNT);
	if (mark && ranges) {
		max = fill_marks(mark, range, n, family);
		sort(mark, max, sizeof(*mark), mark_cmp, NULL);
		ranges->n_edges = fill_edges(ranges->edge, mark, max);
		ranges->range = (void *)&ranges->edge[2 * n + 1];
		ranges->n = n;
		memcpy(ranges->range, range, n * sizeof(*range));
		for (i = 0; i < n; i++)
			ranges->range[i].attr = NULL;
	} else {
		kvfree(ranges);
		ranges = NULL;
	}
	kvfree(mark);
	return ranges;
}

/* Any context. @client: whole, of the family of the ranges */
bool ipsvc_ranges_allow(const struct ipsvc_ranges *ranges,
			const union ipsvc_addr *client)
{
	u32 low = 0, high = ranges->n_edges, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (addr_cmp(&ranges->edge[mid], client) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low & 1;
}

#ifdef DEBUG
#include "selftest/ranges.c"
#endif
