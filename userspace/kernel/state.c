// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Room for one more: powers of two, so that no capacity need be kept. */
static void *grow_by_one(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return xreallocarray(items, n ? 2 * n : 1, size);
}

void ipsvc_state_move(struct ipsvc_state *st, struct ipsvc_kservice *svc)
{
	st->services = ipsvc_grow(st->services, st->n, &st->cap,
				  sizeof(*st->services));
	st->services[st->n++] = *svc;
	memset(svc, 0, sizeof(*svc));
}

struct ipsvc_kservice *ipsvc_state_add(struct ipsvc_state *st, const char *name,
				       uint8_t family, uint8_t protocol)
{
	struct ipsvc_kservice svc = {
		.name = xstrdup(name),
		.family = family,
		.protocol = protocol,
	};

	ipsvc_state_move(st, &svc);
	return &st->services[st->n - 1];
}

void ipsvc_kservice_add_frontend(struct ipsvc_kservice *svc, uint8_t class,
				 const struct in6_addr *addr, uint16_t port,
				 uint32_t flags)
{
	struct ipsvc_frontend *fe;

	svc->frontends = grow_by_one(svc->frontends, svc->nfrontends,
				     sizeof(*svc->frontends));
	fe = &svc->frontends[svc->nfrontends++];
	memset(fe, 0, sizeof(*fe));
	fe->class = class;
	fe->addr = *addr;
	fe->port = port;
	fe->flags = flags;
}

struct ipsvc_endpoint *
ipsvc_kservice_add_endpoint(struct ipsvc_kservice *svc,
			    const struct in6_addr *addr, uint16_t port,
			    uint32_t flags)
{
	struct ipsvc_endpoint *ep;

	svc->endpoints = grow_by_one(svc->endpoints, svc->nendpoints,
				     sizeof(*svc->endpoints));
	ep = &svc->endpoints[svc->nendpoints++];
	memset(ep, 0, sizeof(*ep));
	ep->addr = *addr;
	ep->port = port;
	ep->flags = flags;
	ep->weight = 1;
	return ep;
}

void ipsvc_kservice_add_range(struct ipsvc_kservice *svc,
			      const struct ipsvc_cidr *cidr, bool deny)
{
	svc->ranges = grow_by_one(svc->ranges, svc->nranges,
				  sizeof(*svc->ranges));
	svc->ranges[svc->nranges++] = (struct ipsvc_range){
		.cidr = *cidr, .flags = deny ? IPSVC_RANGE_F_DENY : 0,
	};
}

static int cmp_frontends(const void *pa, const void *pb)
{
	const struct ipsvc_frontend *a = pa, *b = pb;
	int d;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	d = ipsvc_ip_cmp(&a->addr, &b->addr);
	return d ? d : (a->port > b->port) - (a->port < b->port);
}

static int cmp_endpoints(const void *pa, const void *pb)
{
	const struct ipsvc_endpoint *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->addr, &b->addr);

	return d ? d : (a->port > b->port) - (a->port < b->port);
}

/* Of equal ones, those that get new flows come first and stay. */
static int cmp_endpoints_and_flags(const void *pa, const void *pb)
{
	const struct ipsvc_endpoint *a = pa, *b = pb;
	int d = cmp_endpoints(a, b);

	return d ? d : (a->flags > b->flags) - (a->flags < b->flags);
}

static int cmp_ranges(const void *pa, const void *pb)
{
	const struct ipsvc_range *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->cidr.net, &b->cidr.net);

	return d ? d : (int)a->cidr.prefix - (int)b->cidr.prefix;
}

/* Of equal ones, that which is denied comes first and stays. */
static int cmp_ranges_and_flags(const void *pa, const void *pb)
{
	const struct ipsvc_range *a = pa, *b = pb;
	int d = cmp_ranges(a, b);

	return d ? d : (a->flags < b->flags) - (a->flags > b->flags);
}

int ipsvc_kservice_cmp(const struct ipsvc_kservice *a,
		       const struct ipsvc_kservice *b)
{
	int d = strcmp(a->name, b->name);

	return d ? d : (a->family > b->family) - (a->family < b->family);
}

static int cmp_services(const void *a, const void *b)
{
	return ipsvc_kservice_cmp(a, b);
}

static void sort_ranges(struct ipsvc_kservice *svc)
{
	size_t n = 0;

	if (svc->nranges)
		qsort(svc->ranges, svc->nranges, sizeof(*svc->ranges),
		      cmp_ranges_and_flags);
	for (size_t i = 0; i < svc->nranges; i++)
		if (!n || cmp_ranges(&svc->ranges[n - 1], &svc->ranges[i]))
			svc->ranges[n++] = svc->ranges[i];
	svc->nranges = n;
}

static void sort_service(struct ipsvc_kservice *svc)
{
	size_t i, n = 0;

	sort_ranges(svc);

	if (svc->nfrontends)
		qsort(svc->frontends, svc->nfrontends, sizeof(*svc->frontends),
		      cmp_frontends);
	if (!svc->nendpoints)
		return;
	qsort(svc->endpoints, svc->nendpoints, sizeof(*svc->endpoints),
	      cmp_endpoints_and_flags);
	for (i = 0; i < svc->nendpoints; i++)
		if (!n || cmp_endpoints(&svc->endpoints[n - 1],
					&svc->endpoints[i]))
			svc->endpoints[n++] = svc->endpoints[i];
	svc->nendpoints = n;
}

void ipsvc_state_sort(struct ipsvc_state *st)
{
	size_t i;

	for (i = 0; i < st->n; i++)
		sort_service(&st->services[i]);
	if (st->n)
		qsort(st->services, st->n, sizeof(*st->services), cmp_services);
}

/* So much as grow_by_one() takes for granted. */
static void *copy_items(const void *items, size_t n, size_t size)
{
	size_t room = 1;
	void *copy;

	while (room < n)
		room *= 2;
	copy = n ? xcalloc(room, size) : NULL;
	if (n)
		memcpy(copy, items, n * size);
	return copy;
}

void ipsvc_kservice_copy(struct ipsvc_kservice *to,
			 const struct ipsvc_kservice *from)
{
	*to = (struct ipsvc_kservice){
		.name = xstrdup(from->name),
		.family = from->family,
		.protocol = from->protocol,
		.options = from->options,
		.frontends = copy_items(from->frontends, from->nfrontends,
					sizeof(*from->frontends)),
		.nfrontends = from->nfrontends,
		.endpoints = copy_items(from->endpoints, from->nendpoints,
					sizeof(*from->endpoints)),
		.nendpoints = from->nendpoints,
		.ranges = copy_items(from->ranges, from->nranges,
				     sizeof(*from->ranges)),
		.nranges = from->nranges,
	};
}

void ipsvc_kservice_clear(struct ipsvc_kservice *svc)
{
	free(svc->name);
	free(svc->frontends);
	free(svc->endpoints);
	free(svc->ranges);
	memset(svc, 0, sizeof(*svc));
}

void ipsvc_state_free(struct ipsvc_state *st)
{
	size_t i;

	for (i = 0; i < st->n; i++)
		ipsvc_kservice_clear(&st->services[i]);
	free(st->services);
	memset(st, 0, sizeof(*st));
}
