// SPDX-License-Identifier: GPL-2.0-or-later
#include "nodeview.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "api/labels.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/progress.h"

/* Set on a Service, another proxy than kube-proxy, or ipsvc, is to serve it. */
#define LABEL_PROXY_NAME	"service.kubernetes.io/service-proxy-name"
#define PROXY_NAME		"ipsvc"

/* An endpoint at one port. */
struct candidate {
	struct in6_addr addr;
	uint16_t port;
	bool ready, serving, terminating;
	const struct ipsvc_share *share;
};

struct candidates {
	struct candidate *items;
	size_t n, cap;
};

static bool is_ours(const struct ipsvc_service *svc)
{
	const char *proxy = ipsvc_labels_get(&svc->labels, LABEL_PROXY_NAME);

	return (!proxy || !strcmp(proxy, PROXY_NAME)) &&
	       !ipsvc_labels_get(&svc->labels, IPSVC_LABEL_HEADLESS) &&
	       svc->type != IPSVC_TYPE_EXTERNAL_NAME;
}

/* IPPROTO_…; 0 for what the kernel module does not know. */
static uint8_t protocol_number(const char *word)
{
	if (!strcmp(word, "TCP"))
		return IPPROTO_TCP;
	if (!strcmp(word, "UDP"))
		return IPPROTO_UDP;
	return strcmp(word, "SCTP") ? 0 : IPPROTO_SCTP;
}

/* ---- endpoints ----------------------------------------------------------- */

static void gather_slice(const struct ipsvc_cache *cache,
			 const struct ipsvc_slice *slice, uint16_t port,
			 struct candidates *out)
{
	for (size_t i = 0; i < slice->n; i++) {
		const struct ipsvc_slice_endpoint *ep = &slice->endpoints[i];

		if (ipsvc_cache_is_cluster_ip(cache, &ep->addr))
			continue;
		out->items = ipsvc_grow(out->items, out->n, &out->cap,
					sizeof(*out->items));
		out->items[out->n++] = (struct candidate){
			ep->addr, port, ep->ready, ep->serving, ep->terminating,
			&ep->share,
		};
	}
}

/* Slices are joined to a port by its name and protocol. */
static void gather(const struct ipsvc_cache *cache,
		   const struct ipsvc_cluster_service *s,
		   const struct ipsvc_service_port *port, uint8_t family,
		   struct candidates *out)
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

/* By address and port; of equal ones the better comes first. */
static int candidate_cmp(const void *pa, const void *pb)
{
	const struct candidate *a = pa, *b = pb;
	int d = ipsvc_ip_cmp(&a->addr, &b->addr);

	if (d)
		return d;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->ready != b->ready)
		return a->ready ? -1 : 1;
	if (a->serving != b->serving)
		return a->serving ? -1 : 1;
	return a->terminating - b->terminating;
}

/* Sorts and leaves one of each address and port. True when one is ready. */
static bool unify(struct candidates *c)
{
	bool any_ready = false;
	size_t n = 0;

	if (!c->n)
		return false;
	qsort(c->items, c->n, sizeof(*c->items), candidate_cmp);
	for (size_t i = 0; i < c->n; i++) {
		const struct candidate *ep = &c->items[i];

		if (n && !ipsvc_ip_cmp(&c->items[n - 1].addr, &ep->addr) &&
		    c->items[n - 1].port == ep->port)
			continue;
		any_ready = any_ready || ep->ready;
		c->items[n++] = *ep;
	}
	c->n = n;
	return any_ready;
}

static void add_endpoint(const struct candidate *c, bool draining,
			 const struct ipsvc_service *svc,
			 struct ipsvc_kservice *out)
{
	struct ipsvc_endpoint *ep = ipsvc_kservice_add_endpoint(
		out, &c->addr, c->port, draining ? IPSVC_ENDPOINT_F_DRAIN : 0);

	ep->weight = c->share->weight;
	ep->flows_max = c->share->has_max_connections ?
			c->share->max_connections : svc->choice.max_connections;
}

/*
 * The ready ones get new flows; without any, those that still serve while they
 * terminate do. With any, these only keep the flows they have. What is left out
 * for want of room is first of all the latter.
 */
static void add_endpoints(struct candidates *c, const struct ipsvc_service *svc,
			  struct ipsvc_kservice *out,
			  struct ipsvc_errors *notes)
{
	bool any_ready = unify(c);
	size_t left_out = 0;

	for (int drain = 0; drain <= 1; drain++) {
		for (size_t i = 0; i < c->n; i++) {
			const struct candidate *ep = &c->items[i];
			bool draining = any_ready && !ep->ready;

			if (!ep->ready && !(ep->serving && ep->terminating))
				continue;
			if (draining != (drain == 1))
				continue;
			if (out->nendpoints == IPSVC_ENDPOINTS_MAX)
				left_out++;
			else
				add_endpoint(ep, draining, svc, out);
		}
	}
	if (left_out)
		ipsvc_errors_warn(notes,
				  "service \"%s\" has %zu endpoints; only the first %d are served",
				  out->name, out->nendpoints + left_out,
				  IPSVC_ENDPOINTS_MAX);
}

/* ---- service ports ------------------------------------------------------- */

/*
 * All nodes have the Service's UID, and nobody else has: clients do not know who
 * gets which of them. One without a UID is told by its name.
 */
static void default_hash_key(const struct ipsvc_service *svc, uint8_t key[16])
{
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, svc->ns);

	hash = ipsvc_hash_text(ipsvc_hash_text(hash, svc->name), svc->uid);
	for (size_t i = 0; i < 16; i++) {
		if (i == 8)
			hash = ipsvc_hash_text(hash, svc->uid);
		key[i] = (uint8_t)(hash >> (i % 8 * 8));
	}
}

static void add_affinity(const struct ipsvc_service *svc, uint8_t family,
			 struct ipsvc_koptions *options)
{
	if (!svc->affinity_timeout)
		return;
	options->affinity_timeout = svc->affinity_timeout;
	options->affinity_prefix = family == AF_INET ?
				   svc->choice.affinity_prefix4 :
				   svc->choice.affinity_prefix6;
	if (svc->choice.shared_affinity)
		options->flags |= IPSVC_SERVICE_F_SHARED_AFFINITY;
}

static struct ipsvc_koptions options_of(const struct ipsvc_service *svc,
					uint8_t protocol, uint8_t family)
{
	const struct ipsvc_choice *choice = &svc->choice;
	struct ipsvc_koptions options = {
		.scheduler = choice->scheduler,
		.flags = choice->one_packet && protocol == IPPROTO_UDP ?
			 IPSVC_SERVICE_F_ONE_PACKET : 0,
	};

	add_affinity(svc, family, &options);
	if (choice->scheduler != IPSVC_SCHEDULER_SH &&
	    choice->scheduler != IPSVC_SCHEDULER_MAGLEV)
		return options;
	options.hash_size = choice->hash_size;
	if (choice->has_hash_key)
		memcpy(options.hash_key, choice->hash_key,
		       sizeof(options.hash_key));
	else
		default_hash_key(svc, options.hash_key);
	return options;
}

static void add_port(const struct ipsvc_cache *cache,
		     const struct ipsvc_cluster_service *s,
		     const struct ipsvc_service_port *port,
		     const struct in6_addr *addr, struct ipsvc_state *out,
		     struct ipsvc_errors *notes)
{
	uint8_t protocol = protocol_number(port->protocol);
	uint8_t family = ipsvc_ip_family(addr);
	struct candidates candidates = {0};
	struct ipsvc_kservice *made;
	char *name;

	ipsvc_progress();
	if (!protocol)
		return;
	name = xasprintf("%s/%s%s%s", s->ns, s->name, *port->name ? ":" : "",
			 port->name);
	made = ipsvc_state_add(out, name, family, protocol);
	free(name);
	ipsvc_kservice_add_frontend(made, IPSVC_FRONTEND_CLUSTER_IP, addr,
				    (uint16_t)port->port, 0);
	if (port->node_port)
		ipsvc_kservice_add_frontend(made, IPSVC_FRONTEND_NODE_PORT,
					    &in6addr_any,
					    (uint16_t)port->node_port,
					    IPSVC_FRONTEND_F_MASQUERADE);
	gather(cache, s, port, family, &candidates);
	made->options = options_of(s->svc, protocol, family);
	add_endpoints(&candidates, s->svc, made, notes);
	free(candidates.items);
}

/* The first address of each family: there is one kernel service for each. */
static bool is_first(const struct ipsvc_service *svc, size_t i,
		     const struct in6_addr *addr)
{
	struct in6_addr other;

	while (i--)
		if (ipsvc_ip_parse(svc->cluster_ips[i], &other, NULL) &&
		    ipsvc_ip_is4(&other) == ipsvc_ip_is4(addr))
			return false;
	return true;
}

void ipsvc_nodeview(const struct ipsvc_cache *cache,
		    const struct ipsvc_cluster_service *s,
		    struct ipsvc_state *out, struct ipsvc_errors *notes)
{
	const struct ipsvc_service *svc = s->svc;
	struct in6_addr addr;

	if (!svc || !is_ours(svc))
		return;
	for (size_t i = 0; i < svc->ncluster_ips; i++) {
		if (!ipsvc_ip_parse(svc->cluster_ips[i], &addr, NULL) ||
		    !is_first(svc, i, &addr))
			continue;
		for (size_t j = 0; j < svc->nports; j++)
			add_port(cache, s, &svc->ports[j], &addr, out, notes);
	}
	ipsvc_state_sort(out);
}
