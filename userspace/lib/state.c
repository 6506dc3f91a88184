// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Room for one more: powers of two, so that no capacity need be kept. */
static void *grow_by_one(void *items, size_t n, size_t size)
{
	if (n & (n - 1))
		return items;
	return xreallocarray(items, n ? 2 * n : 1, size);
}

struct ipsvc_kservice *ipsvc_state_add(struct ipsvc_state *st, const char *name,
				       uint8_t protocol)
{
	struct ipsvc_kservice *svc;

	st->services = ipsvc_grow(st->services, st->n, &st->cap,
				  sizeof(*st->services));
	svc = &st->services[st->n++];
	memset(svc, 0, sizeof(*svc));
	svc->name = xstrdup(name);
	svc->protocol = protocol;
	return svc;
}

void ipsvc_kservice_add_frontend(struct ipsvc_kservice *svc, uint8_t class,
				 const struct ipsvc_addr *addr, uint16_t port)
{
	struct ipsvc_frontend *fe;

	svc->frontends = grow_by_one(svc->frontends, svc->nfrontends,
				     sizeof(*svc->frontends));
	fe = &svc->frontends[svc->nfrontends++];
	memset(fe, 0, sizeof(*fe));
	fe->class = class;
	fe->addr = *addr;
	fe->port = port;
}

void ipsvc_kservice_add_endpoint(struct ipsvc_kservice *svc,
				 const struct ipsvc_addr *addr, uint16_t port,
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
}

static int cmp_frontends(const void *pa, const void *pb)
{
	const struct ipsvc_frontend *a = pa, *b = pb;
	int d;

	if (a->class != b->class)
		return a->class < b->class ? -1 : 1;
	d = ipsvc_addr_cmp(&a->addr, &b->addr);
	return d ? d : (a->port > b->port) - (a->port < b->port);
}

static int cmp_endpoints(const void *pa, const void *pb)
{
	const struct ipsvc_endpoint *a = pa, *b = pb;
	int d = ipsvc_addr_cmp(&a->addr, &b->addr);

	return d ? d : (a->port > b->port) - (a->port < b->port);
}

/* Of equal ones, those that get new flows come first and stay. */
static int cmp_endpoints_and_flags(const void *pa, const void *pb)
{
	const struct ipsvc_endpoint *a = pa, *b = pb;
	int d = cmp_endpoints(a, b);

	return d ? d : (a->flags > b->flags) - (a->flags < b->flags);
}

static int cmp_services(const void *pa, const void *pb)
{
	const struct ipsvc_kservice *a = pa, *b = pb;

	return strcmp(a->name, b->name);
}

static void sort_service(struct ipsvc_kservice *svc)
{
	size_t i, n = 0;

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

void ipsvc_kservice_clear(struct ipsvc_kservice *svc)
{
	free(svc->name);
	free(svc->frontends);
	free(svc->endpoints);
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

bool ipsvc_addr_parse(const char *text, struct ipsvc_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &addr->ip4) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr->ip6) == 1)
		addr->family = AF_INET6;
	else
		return false;
	return true;
}

const char *ipsvc_addr_format(const struct ipsvc_addr *addr, char *buf)
{
	buf[0] = '\0';
	if (addr->family == AF_INET)
		inet_ntop(AF_INET, &addr->ip4, buf, INET6_ADDRSTRLEN);
	else if (addr->family == AF_INET6)
		inet_ntop(AF_INET6, &addr->ip6, buf, INET6_ADDRSTRLEN);
	return buf;
}

/* By family, then in the order addresses are counted in. */
int ipsvc_addr_cmp(const struct ipsvc_addr *a, const struct ipsvc_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	if (a->family == AF_INET)
		return memcmp(&a->ip4, &b->ip4, sizeof(a->ip4));
	if (a->family == AF_INET6)
		return memcmp(&a->ip6, &b->ip6, sizeof(a->ip6));
	return 0;
}
