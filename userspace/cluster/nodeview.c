// SPDX-License-Identifier: GPL-2.0-or-later
#include "nodeview.h"

#include <linux/ipsvc.h>
#include <stdlib.h>
#include <string.h>

#include "api/labels.h"
#include "base/memory.h"
#include "pod_index.h"
#include "slices.h"

/* Set on a Service, another proxy than kube-proxy, or ipsvc, is to serve it. */
#define LABEL_PROXY_NAME	"service.kubernetes.io/service-proxy-name"
#define LABEL_HEADLESS		"service.kubernetes.io/headless"
#define PROXY_NAME		"ipsvc"

/* All of a computation. */
struct compute {
	struct ipsvc_service *services;
	size_t nservices;
	struct ipsvc_pod_index pods;
	struct in6_addr *cluster_ips;	/* sorted */
	size_t ncluster_ips;
	struct ipsvc_slice_endpoint *candidates;	/* of one port; reused */
	size_t ncandidates, cap;
	struct ipsvc_state *out;
	struct ipsvc_errors *notes;	/* may be NULL */
};

static int addr_cmp(const void *a, const void *b)
{
	return ipsvc_ip_cmp(a, b);
}

static bool is_cluster_ip(const struct compute *c, const struct in6_addr *addr)
{
	return c->ncluster_ips &&
	       bsearch(addr, c->cluster_ips, c->ncluster_ips, sizeof(*addr),
		       addr_cmp);
}

/* The first IPv4 address of @svc; false for headless ones and the like. */
static bool cluster_ip(const struct ipsvc_service *svc, struct in6_addr *addr)
{
	if (svc->type == IPSVC_TYPE_EXTERNAL_NAME)
		return false;
	for (size_t i = 0; i < svc->ncluster_ips; i++)
		if (ipsvc_ip_parse(svc->cluster_ips[i], addr, NULL) &&
		    ipsvc_ip_is4(addr))
			return true;
	return ipsvc_ip_parse(svc->cluster_ip, addr, NULL) &&
	       ipsvc_ip_is4(addr);
}

static bool is_ours(const struct ipsvc_service *svc)
{
	const char *proxy = ipsvc_labels_get(&svc->labels, LABEL_PROXY_NAME);

	return (!proxy || !strcmp(proxy, PROXY_NAME)) &&
	       !ipsvc_labels_get(&svc->labels, LABEL_HEADLESS);
}

/* IPPROTO_…; 0 for what the kernel module does not know. */
static uint8_t protocol_number(const char *word)
{
	if (!strcmp(word, "TCP"))
		return IPPROTO_TCP;
	return strcmp(word, "UDP") ? 0 : IPPROTO_UDP;
}

static void gather_candidates(struct compute *c, const struct ipsvc_service *svc,
			      const struct ipsvc_service_port *port)
{
	struct ipsvc_pod_range range = ipsvc_pod_index_find(&c->pods, svc->ns,
							    &svc->selector);

	c->ncandidates = 0;
	for (size_t i = 0; i < range.n; i++) {
		const struct ipsvc_indexed_pod *p =
			ipsvc_pod_range_at(&c->pods, &range, i);
		struct ipsvc_slice_endpoint ep;

		/* The range is that of one pair, and of one hash. */
		if (strcmp(p->pod.ns, svc->ns) ||
		    !ipsvc_selector_matches(&svc->selector, &p->pod.labels) ||
		    !ipsvc_slice_endpoint(svc, port, &p->pod, &p->addr, &ep) ||
		    is_cluster_ip(c, &ep.addr))
			continue;
		c->candidates = ipsvc_grow(c->candidates, c->ncandidates,
					   &c->cap, sizeof(*c->candidates));
		c->candidates[c->ncandidates++] = ep;
	}
}

/* Sorts and leaves one of each address and port. True when one is ready. */
static bool unify_candidates(struct compute *c)
{
	bool any_ready = false;
	size_t n = 0;

	if (!c->ncandidates)
		return false;
	qsort(c->candidates, c->ncandidates, sizeof(*c->candidates),
	      ipsvc_slice_endpoint_cmp);
	for (size_t i = 0; i < c->ncandidates; i++) {
		const struct ipsvc_slice_endpoint *ep = &c->candidates[i];

		if (n && !ipsvc_ip_cmp(&c->candidates[n - 1].addr, &ep->addr) &&
		    c->candidates[n - 1].port == ep->port)
			continue;
		any_ready = any_ready || ep->ready;
		c->candidates[n++] = *ep;
	}
	c->ncandidates = n;
	return any_ready;
}

/*
 * The ready ones get new flows; without any, those that still serve while they
 * terminate do. With any, these only keep the flows they have. What is left out
 * for want of room is first of all the latter.
 */
static void add_endpoints(struct compute *c, struct ipsvc_kservice *out)
{
	bool any_ready = unify_candidates(c);
	size_t left_out = 0;

	for (int drain = 0; drain <= 1; drain++) {
		for (size_t i = 0; i < c->ncandidates; i++) {
			const struct ipsvc_slice_endpoint *ep = &c->candidates[i];
			bool draining = any_ready && !ep->ready;

			if (!ep->ready && !(ep->serving && ep->terminating))
				continue;
			if (draining != (drain == 1))
				continue;
			if (out->nendpoints == IPSVC_ENDPOINTS_MAX)
				left_out++;
			else
				ipsvc_kservice_add_endpoint(out, &ep->addr,
					ep->port, draining ?
					IPSVC_ENDPOINT_F_DRAIN : 0);
		}
	}
	if (left_out && c->notes)
		ipsvc_errors_warn(c->notes,
				  "service \"%s\" has %zu endpoints; only the first %d are served",
				  out->name, out->nendpoints + left_out,
				  IPSVC_ENDPOINTS_MAX);
}

static void add_port(struct compute *c, const struct ipsvc_service *svc,
		     const struct in6_addr *addr,
		     const struct ipsvc_service_port *port)
{
	uint8_t protocol = protocol_number(port->protocol);
	struct ipsvc_kservice *out;
	char *name;

	if (!protocol)
		return;
	name = xasprintf("%s/%s%s%s", svc->ns, svc->name,
			 *port->name ? ":" : "", port->name);
	out = ipsvc_state_add(c->out, name, AF_INET, protocol);
	free(name);
	ipsvc_kservice_add_frontend(out, IPSVC_FRONTEND_CLUSTER_IP, addr,
				    (uint16_t)port->port, 0);
	if (port->node_port)
		ipsvc_kservice_add_frontend(out, IPSVC_FRONTEND_NODE_PORT,
					    &in6addr_any,
					    (uint16_t)port->node_port,
					    IPSVC_FRONTEND_F_MASQUERADE);
	gather_candidates(c, svc, port);
	add_endpoints(c, out);
}

/* Decodes; @objs are valid, so what does not decode is not there to be served. */
static void load(struct compute *c, const struct ipsvc_objects *objs)
{
	struct ipsvc_errors errs = {0};

	c->services = xcalloc(objs->n, sizeof(*c->services));
	ipsvc_pod_index_init(&c->pods, objs->n);
	for (size_t i = 0; i < objs->n; i++) {
		const struct ipsvc_object *obj = &objs->items[i];
		struct ipsvc_service *svc = &c->services[c->nservices];

		if (obj->kind == &ipsvc_pod_kind)
			ipsvc_pod_index_add(&c->pods, obj->doc);
		else if (obj->kind == &ipsvc_service_kind &&
			 ipsvc_service_decode(obj->doc, svc, &errs))
			c->nservices++;
	}
	ipsvc_pod_index_sort(&c->pods);
	ipsvc_errors_free(&errs);
}

/* The kernel refuses a cluster IP as an endpoint, and all that comes with it. */
static void collect_cluster_ips(struct compute *c)
{
	c->cluster_ips = xcalloc(c->nservices, sizeof(*c->cluster_ips));
	for (size_t i = 0; i < c->nservices; i++)
		if (cluster_ip(&c->services[i], &c->cluster_ips[c->ncluster_ips]))
			c->ncluster_ips++;
	if (c->ncluster_ips)
		qsort(c->cluster_ips, c->ncluster_ips, sizeof(*c->cluster_ips),
		      addr_cmp);
}

void ipsvc_state_compute_notes(const struct ipsvc_objects *objs,
			       struct ipsvc_state *out,
			       struct ipsvc_errors *notes)
{
	struct compute c = { .out = out, .notes = notes };
	struct in6_addr addr;

	*out = (struct ipsvc_state){0};
	load(&c, objs);
	collect_cluster_ips(&c);
	for (size_t i = 0; i < c.nservices; i++) {
		const struct ipsvc_service *svc = &c.services[i];

		if (!is_ours(svc) || !cluster_ip(svc, &addr))
			continue;
		for (size_t j = 0; j < svc->nports; j++)
			add_port(&c, svc, &addr, &svc->ports[j]);
	}
	ipsvc_state_sort(out);
	for (size_t i = 0; i < c.nservices; i++)
		ipsvc_service_clear(&c.services[i]);
	ipsvc_pod_index_free(&c.pods);
	free(c.services);
	free(c.cluster_ips);
	free(c.candidates);
}

void ipsvc_state_compute(const struct ipsvc_objects *objs,
			 struct ipsvc_state *out)
{
	ipsvc_state_compute_notes(objs, out, NULL);
}
