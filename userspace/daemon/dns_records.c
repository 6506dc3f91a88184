// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns_records.h"

#include <stdlib.h>
#include <string.h>

#include "api/namespace/namespace.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/ip.h"
#include "base/json.h"
#include "base/memory.h"
#include "cluster/cache.h"

struct compute {
	const struct ipsvc_objects *objs;
	const json_t *refused;
	const struct dns_items *before;
	struct dns_items *out;
};

/* The parts of one struct dns_service that are arrays. */
struct parts {
	struct dns_subset *subsets;
	size_t n, cap;
};

static uint8_t protocol_number(const char *word)
{
	if (!strcmp(word, "UDP"))
		return IPPROTO_UDP;
	return strcmp(word, "SCTP") ? IPPROTO_TCP : IPPROTO_SCTP;
}

/* ---- endpoints ---------------------------------------------------------- */

static const char *hostname_of(const struct ipsvc_service *svc,
			       const struct ipsvc_slice_endpoint *ep)
{
	if (!ep->pod)
		return ep->hostname ? ep->hostname : "";
	return ipsvc_slice_names(svc, ep->pod) ? ep->pod->hostname : "";
}

static void add_slice(struct parts *p, const struct ipsvc_service *svc,
		      const struct ipsvc_slice *slice)
{
	struct dns_subset *s;

	p->subsets = ipsvc_grow(p->subsets, p->n, &p->cap, sizeof(*p->subsets));
	s = &p->subsets[p->n++];
	*s = (struct dns_subset){
		.ports = xcalloc(slice->nports, sizeof(*s->ports)),
		.endpoints = xcalloc(slice->n, sizeof(*s->endpoints)),
	};
	for (size_t i = 0; i < slice->nports; i++) {
		const struct ipsvc_slice_port *port = &slice->ports[i];

		if (port->port)
			s->ports[s->nports++] = (struct dns_port){
				port->name, protocol_number(port->protocol),
				port->port,
			};
	}
	for (size_t i = 0; i < slice->n; i++)
		if (slice->endpoints[i].ready)
			s->endpoints[s->nendpoints++] = (struct dns_endpoint){
				slice->endpoints[i].addr,
				hostname_of(svc, &slice->endpoints[i]),
			};
}

static void free_parts(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->subsets[i].ports);
		free(p->subsets[i].endpoints);
	}
	free(p->subsets);
}

/* ---- Services ----------------------------------------------------------- */

static int by_identity(const void *a, const void *b)
{
	return ipsvc_object_cmp(a, b);
}

static const char *external_name(const struct compute *c,
				 const struct ipsvc_service *svc)
{
	const struct ipsvc_object wanted = {
		.kind = &ipsvc_service_kind, .ns = svc->ns, .name = svc->name,
	};
	const struct ipsvc_object *obj =
		bsearch(&wanted, c->objs->items, c->objs->n,
			sizeof(*c->objs->items), by_identity);

	return ipsvc_json_text(json_object_get(obj ? obj->doc : NULL, "spec"),
			       "externalName");
}

static void fill_service(struct dns_service *out, const struct ipsvc_service *svc)
{
	for (size_t i = 0; i < svc->ncluster_ips; i++)
		if (ipsvc_ip_parse(svc->cluster_ips[i],
				   &out->addrs[out->naddrs], NULL))
			out->naddrs++;
	for (size_t i = 0; i < svc->nports; i++)
		out->ports[out->nports++] = (struct dns_port){
			svc->ports[i].name,
			protocol_number(svc->ports[i].protocol),
			(uint16_t)svc->ports[i].port,
		};
}

static void add_service(struct compute *c,
			const struct ipsvc_cluster_service *from)
{
	const struct ipsvc_service *svc = from->svc;
	struct dns_service out = {
		.ns = svc->ns, .name = svc->name, .external_name = "",
		.addrs = xcalloc(svc->ncluster_ips, sizeof(*out.addrs)),
		.ports = xcalloc(svc->nports, sizeof(*out.ports)),
	};
	struct parts parts = {0};

	if (svc->type == IPSVC_TYPE_EXTERNAL_NAME) {
		out.type = DNS_EXTERNAL_NAME;
		out.external_name = external_name(c, svc);
	} else {
		out.type = ipsvc_service_has_no_ip(svc) ? DNS_HEADLESS :
							  DNS_CLUSTER_IP;
		fill_service(&out, svc);
		for (size_t i = 0; i < from->n; i++)
			add_slice(&parts, svc, from->slices[i]);
	}
	out.subsets = parts.subsets;
	out.nsubsets = parts.n;
	dns_items_add_service(c->out, &out);
	free_parts(&parts);
	free(out.addrs);
	free(out.ports);
}

/* "default/web:http", or without a port, of @ns and @name. */
static bool is_refused(const struct compute *c, const char *ns, const char *name)
{
	size_t ns_len = strlen(ns), len = strlen(name), i;
	json_t *item;

	json_array_foreach(c->refused, i, item) {
		const char *text = ipsvc_json_text(item, "service");

		if (!strncmp(text, ns, ns_len) && text[ns_len] == '/' &&
		    !strncmp(text + ns_len + 1, name, len) &&
		    (!text[ns_len + 1 + len] || text[ns_len + 1 + len] == ':'))
			return true;
	}
	return false;
}

static void add_services(struct compute *c)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;

	ipsvc_cache_put_all(cache, c->objs);
	while (ipsvc_cache_next(cache, &service)) {
		if (!service.svc)
			continue;
		if (is_refused(c, service.ns, service.name))
			dns_items_copy_service(c->out, c->before, service.ns,
					       service.name);
		else
			add_service(c, &service);
	}
	ipsvc_cache_free(cache);
}

/* ---- Pods and namespaces ------------------------------------------------ */

static void add_pod(struct compute *c, const json_t *doc)
{
	const struct in6_addr *addrs[2];
	struct ipsvc_pod pod;

	ipsvc_pod_view(doc, &pod);
	addrs[0] = &pod.ip4;
	addrs[1] = &pod.ip6;
	for (size_t i = 0; i < 2; i++)
		if (ipsvc_ip_family(addrs[i]) && ipsvc_slice_takes(&pod, true))
			dns_items_add_pod(c->out, pod.ns, addrs[i]);
	ipsvc_pod_clear(&pod);
}

/* A namespace is there as long as anything is in it, or it itself. */
static void add_namespaces(struct compute *c)
{
	const char *last = "";

	for (size_t i = 0; i < c->objs->n; i++) {
		const struct ipsvc_object *obj = &c->objs->items[i];
		const char *ns = obj->kind == &ipsvc_namespace_kind ? obj->name :
								      obj->ns;

		if (*ns && strcmp(ns, last))
			dns_items_add_namespace(c->out, ns);
		last = ns;
	}
	dns_items_add_namespace(c->out, "default");
}

void dns_records_compute(const struct ipsvc_objects *objs, const json_t *refused,
			 const struct dns_items *before, struct dns_items *out)
{
	struct compute c = {
		.objs = objs, .refused = refused, .before = before, .out = out,
	};

	*out = (struct dns_items){0};
	add_services(&c);
	for (size_t i = 0; i < objs->n; i++)
		if (objs->items[i].kind == &ipsvc_pod_kind)
			add_pod(&c, objs->items[i].doc);
	add_namespaces(&c);
	dns_items_sort(out);
}
