// SPDX-License-Identifier: GPL-2.0-or-later
#include "local_endpoints.h"

#include <stdlib.h>

#include "base/memory.h"
#include "categorize.h"

struct addresses {
	struct in6_addr *items;
	size_t n, cap;
};

static void add_port(const struct ipsvc_cache *cache,
		     const struct ipsvc_cluster_service *s,
		     const struct ipsvc_service_port *port, uint8_t family,
		     struct addresses *to)
{
	struct ipsvc_candidates c = {0};

	ipsvc_candidates_gather(cache, s, port, family, &c);
	for (size_t i = 0; i < c.n; i++) {
		if (!c.items[i].ready || !c.items[i].here)
			continue;
		to->items = ipsvc_grow(to->items, to->n, &to->cap,
				       sizeof(*to->items));
		to->items[to->n++] = c.items[i].addr;
	}
	free(c.items);
}

static int cmp(const void *a, const void *b)
{
	return ipsvc_ip_cmp(a, b);
}

static size_t count(const struct ipsvc_cache *cache,
		    const struct ipsvc_cluster_service *s, uint8_t family)
{
	struct addresses all = {0};
	size_t n = 0;

	for (size_t i = 0; i < s->svc->nports; i++)
		add_port(cache, s, &s->svc->ports[i], family, &all);
	if (all.n)
		qsort(all.items, all.n, sizeof(*all.items), cmp);
	for (size_t i = 0; i < all.n; i++)
		n += !i || ipsvc_ip_cmp(&all.items[i - 1], &all.items[i]);
	free(all.items);
	return n;
}

struct ipsvc_local_endpoints
ipsvc_local_endpoints(const struct ipsvc_cache *cache,
		      const struct ipsvc_cluster_service *s)
{
	return (struct ipsvc_local_endpoints){
		.ip4 = count(cache, s, AF_INET),
		.ip6 = count(cache, s, AF_INET6),
	};
}
