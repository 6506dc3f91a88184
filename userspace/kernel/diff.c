// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void add_op(struct ipsvc_ops *ops, const struct ipsvc_kservice *have,
		   const struct ipsvc_kservice *want)
{
	ops->items = ipsvc_grow(ops->items, ops->n, &ops->cap,
				sizeof(*ops->items));
	ops->items[ops->n++] = (struct ipsvc_op){ have, want };
}

static bool same_frontends(const struct ipsvc_kservice *a,
			   const struct ipsvc_kservice *b)
{
	size_t i;

	if (a->nfrontends != b->nfrontends)
		return false;
	for (i = 0; i < a->nfrontends; i++)
		if (a->frontends[i].class != b->frontends[i].class ||
		    a->frontends[i].port != b->frontends[i].port ||
		    a->frontends[i].flags != b->frontends[i].flags ||
		    ipsvc_ip_cmp(&a->frontends[i].addr, &b->frontends[i].addr))
			return false;
	return true;
}

static bool same_endpoints(const struct ipsvc_kservice *a,
			   const struct ipsvc_kservice *b)
{
	size_t i;

	if (a->nendpoints != b->nendpoints)
		return false;
	for (i = 0; i < a->nendpoints; i++)
		if (a->endpoints[i].port != b->endpoints[i].port ||
		    a->endpoints[i].flags != b->endpoints[i].flags ||
		    a->endpoints[i].weight != b->endpoints[i].weight ||
		    a->endpoints[i].flows_max != b->endpoints[i].flows_max ||
		    ipsvc_ip_cmp(&a->endpoints[i].addr, &b->endpoints[i].addr))
			return false;
	return true;
}

static bool same_ranges(const struct ipsvc_kservice *a,
			const struct ipsvc_kservice *b)
{
	if (a->nranges != b->nranges)
		return false;
	for (size_t i = 0; i < a->nranges; i++)
		if (a->ranges[i].cidr.prefix != b->ranges[i].cidr.prefix ||
		    a->ranges[i].flags != b->ranges[i].flags ||
		    ipsvc_ip_cmp(&a->ranges[i].cidr.net,
				 &b->ranges[i].cidr.net))
			return false;
	return true;
}

static bool same_options(const struct ipsvc_koptions *a,
			 const struct ipsvc_koptions *b)
{
	return a->scheduler == b->scheduler && a->flags == b->flags &&
	       a->hash_size == b->hash_size &&
	       a->affinity_timeout == b->affinity_timeout &&
	       a->affinity_prefix == b->affinity_prefix &&
	       !memcmp(a->hash_key, b->hash_key, sizeof(a->hash_key));
}

static bool same(const struct ipsvc_kservice *a, const struct ipsvc_kservice *b)
{
	return a->protocol == b->protocol &&
	       same_options(&a->options, &b->options) && same_frontends(a, b) &&
	       same_endpoints(a, b) && same_ranges(a, b);
}

/* One walk over both, for what is removed or for what is put. */
static void walk(const struct ipsvc_state *have, const struct ipsvc_state *want,
		 bool removals, struct ipsvc_ops *ops)
{
	size_t i = 0, j = 0;

	while (i < have->n || j < want->n) {
		const struct ipsvc_kservice *h =
			i < have->n ? &have->services[i] : NULL;
		const struct ipsvc_kservice *w =
			j < want->n ? &want->services[j] : NULL;
		int d = !h ? 1 : !w ? -1 : ipsvc_kservice_cmp(h, w);

		if (d < 0 && removals)
			add_op(ops, h, NULL);
		if (d > 0 && !removals)
			add_op(ops, NULL, w);
		if (!d && !removals && !same(h, w))
			add_op(ops, h, w);
		i += d <= 0;
		j += d >= 0;
	}
}

void ipsvc_diff(const struct ipsvc_state *have, const struct ipsvc_state *want,
		struct ipsvc_ops *ops)
{
	walk(have, want, true, ops);
	walk(have, want, false, ops);
}

static int op_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_op *a = pa, *b = pb;

	if (!a->want != !b->want)
		return a->want ? 1 : -1;
	return ipsvc_kservice_cmp(ipsvc_op_service(a), ipsvc_op_service(b));
}

void ipsvc_ops_sort(struct ipsvc_ops *ops)
{
	if (ops->n)
		qsort(ops->items, ops->n, sizeof(*ops->items), op_cmp);
}

void ipsvc_ops_free(struct ipsvc_ops *ops)
{
	free(ops->items);
	memset(ops, 0, sizeof(*ops));
}
