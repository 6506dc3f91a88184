// SPDX-License-Identifier: GPL-2.0-or-later
#include "categorize.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- endpoints ----------------------------------------------------------- */

static void gather_slice(const struct ipsvc_cache *cache,
			 const struct ipsvc_slice *slice, uint16_t port,
			 struct ipsvc_candidates *out)
{
	const char *node = ipsvc_cache_node(cache);

	for (size_t i = 0; i < slice->n; i++) {
		const struct ipsvc_slice_endpoint *ep = &slice->endpoints[i];

		if (ipsvc_cache_is_cluster_ip(cache, &ep->addr))
			continue;
		out->items = ipsvc_grow(out->items, out->n, &out->cap,
					sizeof(*out->items));
		out->items[out->n++] = (struct ipsvc_candidate){
			.addr = ep->addr,
			.port = port,
			.ready = ep->ready,
			.serving = ep->serving,
			.terminating = ep->terminating,
			.here = ep->node && node && !strcmp(ep->node, node),
			.from = ep,
		};
	}
}

/* Slices are joined to a port by its name and protocol. */
static void gather(const struct ipsvc_cache *cache,
		   const struct ipsvc_cluster_service *s,
		   const struct ipsvc_service_port *port, uint8_t family,
		   struct ipsvc_candidates *out)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct ipsvc_slice *slice = s->slices[i];

		if (slice->family != family || slice->headless)
			continue;
		for (size_t j = 0; j < slice->nports; j++) {
			const struct ipsvc_slice_port *p = &slice->ports[j];

			if (p->port && !strcmp(p->name, port->name) &&
			    !strcmp(p->protocol, port->protocol))
				gather_slice(cache, slice, p->port, out);
		}
	}
}

/*
 * By address and port; of equal ones that of this node comes first, as in
 * kube-proxy, then the better.
 */
static int candidate_cmp(const void *pa, const void *pb)
{
	const struct ipsvc_candidate *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->addr, &b->addr);

	if (d)
		return d;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->here != b->here)
		return a->here ? -1 : 1;
	if (a->ready != b->ready)
		return a->ready ? -1 : 1;
	if (a->serving != b->serving)
		return a->serving ? -1 : 1;
	return a->terminating - b->terminating;
}

/* Sorts and leaves one of each address and port. */
static void unify(struct ipsvc_candidates *c)
{
	size_t n = 0;

	if (c->n)
		qsort(c->items, c->n, sizeof(*c->items), candidate_cmp);
	for (size_t i = 0; i < c->n; i++) {
		const struct ipsvc_candidate *ep = &c->items[i];

		if (n && !ipsvc_ip_cmp(&c->items[n - 1].addr, &ep->addr) &&
		    c->items[n - 1].port == ep->port)
			continue;
		c->items[n++] = *ep;
	}
	c->n = n;
}

void ipsvc_candidates_gather(const struct ipsvc_cache *cache,
			     const struct ipsvc_cluster_service *s,
			     const struct ipsvc_service_port *port,
			     uint8_t family, struct ipsvc_candidates *out)
{
	gather(cache, s, port, family, out);
	unify(out);
}

/* ---- policies ------------------------------------------------------------ */

/* Whether all that are ready have hints of @kind, and one of them @name. */
static bool hints_hold(const struct ipsvc_candidates *c, const char *kind,
		       const char *name)
{
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct ipsvc_candidate *ep = &c->items[i];

		if (!ep->ready)
			continue;
		if (!ipsvc_slice_has_hints(ep->from, kind))
			return false;
		any = any || ipsvc_slice_is_for(ep->from, kind, name);
	}
	return any;
}

/* By which hints endpoints are chosen, and with which name; NULL: by none. */
static const char *topology(const struct ipsvc_cache *cache,
			    const struct ipsvc_candidates *c,
			    const char **name)
{
	*name = ipsvc_cache_node(cache);
	if (*name && hints_hold(c, "forNodes", *name))
		return "forNodes";
	*name = ipsvc_cache_zone(cache);
	if (*name && hints_hold(c, "forZones", *name))
		return "forZones";
	return NULL;
}

/* One that still serves while it terminates is taken for want of a ready one. */
static bool is_leaving(const struct ipsvc_candidate *ep)
{
	return !ep->ready && ep->serving && ep->terminating;
}

/* Of the whole cluster, or those that hints say are for this node. */
static void choose_cluster(const struct ipsvc_cache *cache,
			   struct ipsvc_candidates *c)
{
	const char *name, *kind = topology(cache, c, &name);
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		struct ipsvc_candidate *ep = &c->items[i];

		ep->cluster = ep->ready &&
			(!kind || ipsvc_slice_is_for(ep->from, kind, name));
		any = any || ep->cluster;
	}
	for (size_t i = 0; i < c->n && !any; i++)
		c->items[i].cluster = is_leaving(&c->items[i]);
}

/* Of this node: no hints. */
static void choose_local(struct ipsvc_candidates *c)
{
	bool any = false;

	for (size_t i = 0; i < c->n; i++) {
		struct ipsvc_candidate *ep = &c->items[i];

		ep->local = ep->here && ep->ready;
		any = any || ep->local;
	}
	for (size_t i = 0; i < c->n && !any; i++)
		c->items[i].local = c->items[i].here &&
				    is_leaving(&c->items[i]);
}

void ipsvc_candidates_categorize(const struct ipsvc_cache *cache,
				 struct ipsvc_candidates *c)
{
	choose_cluster(cache, c);
	choose_local(c);
}
