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

/* An object that was told. */
struct known {
	struct ipsvc_map_node node;
	struct in6_addr addrs[2];	/* of a Pod that has a name; or none */
	char key[];			/* kind, namespace and name */
};

struct dns_records {
	struct ipsvc_cache *cache;
	struct dns_items items;
	struct ipsvc_map waiting;	/* Services, struct dns_feed_item */
	struct ipsvc_map known;		/* struct known */
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

static struct dns_feed_item *item_of(const struct ipsvc_cluster_service *from)
{
	const struct ipsvc_service *svc = from->svc;
	struct dns_service out = {
		.ns = svc->ns, .name = svc->name, .external_name = "",
		.addrs = xcalloc(svc->ncluster_ips, sizeof(*out.addrs)),
		.ports = xcalloc(svc->nports, sizeof(*out.ports)),
	};
	struct dns_feed_item *item;
	struct parts parts = {0};

	if (svc->type == IPSVC_TYPE_EXTERNAL_NAME) {
		out.type = DNS_EXTERNAL_NAME;
		out.external_name = svc->external_name;
	} else {
		out.type = ipsvc_service_has_no_ip(svc) ? DNS_HEADLESS :
							  DNS_CLUSTER_IP;
		fill_service(&out, svc);
		for (size_t i = 0; i < from->n; i++)
			add_slice(&parts, svc, from->slices[i]);
	}
	out.subsets = parts.subsets;
	out.nsubsets = parts.n;
	item = dns_item_service(&out);
	free_parts(&parts);
	free(out.addrs);
	free(out.ports);
	return item;
}

static void let_wait(struct dns_records *r, struct dns_feed_item *item)
{
	struct dns_feed_item *old = dns_items_find(&r->waiting, item);

	if (old) {
		ipsvc_map_remove(&r->waiting, &old->node);
		free(old);
	}
	ipsvc_map_add(&r->waiting, &item->node, item->node.hash);
}

/* "default/web:http", or without a port, of @ns and @name. */
static bool is_refused(const json_t *refused, const char *ns, const char *name)
{
	size_t ns_len = strlen(ns), len = strlen(name), i;
	json_t *item;

	json_array_foreach(refused, i, item) {
		const char *text = ipsvc_json_text(item, "service");

		if (!strncmp(text, ns, ns_len) && text[ns_len] == '/' &&
		    !strncmp(text + ns_len + 1, name, len) &&
		    (!text[ns_len + 1 + len] || text[ns_len + 1 + len] == ':'))
			return true;
	}
	return false;
}

void dns_records_settle(struct dns_records *r, const json_t *refused)
{
	struct ipsvc_cluster_service service;
	struct ipsvc_map_node *node, *next;

	while (ipsvc_cache_next(r->cache, &service))
		let_wait(r, service.svc ? item_of(&service) :
			 dns_item_no_service(service.ns, service.name));
	for (node = ipsvc_map_walk(&r->waiting, NULL); node; node = next) {
		struct dns_feed_item *item = (struct dns_feed_item *)node;

		next = ipsvc_map_walk(&r->waiting, node);
		if (is_refused(refused, dns_item_ns(item), dns_item_name(item)))
			continue;
		ipsvc_map_remove(&r->waiting, node);
		dns_items_put(&r->items, item);
	}
}

/* ---- Pods and namespaces ------------------------------------------------ */

static void view_pod(const json_t *doc, struct in6_addr *addrs)
{
	struct ipsvc_pod pod;

	ipsvc_pod_view(doc, &pod);
	if (ipsvc_slice_takes(&pod, true)) {
		addrs[0] = pod.ip4;
		addrs[1] = pod.ip6;
	}
	ipsvc_pod_clear(&pod);
}

static void use_pods(struct dns_records *r, const char *ns,
		     const struct in6_addr *addrs, int by)
{
	for (size_t i = 0; i < 2; i++)
		if (ipsvc_ip_family(&addrs[i]))
			dns_items_use_pod(&r->items, ns, &addrs[i], by);
}

static struct known *find_known(const struct dns_records *r, const char *key,
				uint64_t hash)
{
	struct ipsvc_map_node *node = ipsvc_map_first(&r->known, hash);

	while (node && strcmp(((struct known *)node)->key, key))
		node = ipsvc_map_next(node);
	return (struct known *)node;
}

static struct known *add_known(struct dns_records *r, const char *key,
			       uint64_t hash)
{
	struct known *k = xcalloc(1, sizeof(*k) + strlen(key) + 1);

	strcpy(k->key, key);
	ipsvc_map_add(&r->known, &k->node, hash);
	return k;
}

/* A namespace is there as long as anything is in it, or it itself. */
static void note(struct dns_records *r, const struct ipsvc_object *obj,
		 struct known *k, bool is_new, bool deleted)
{
	const char *ns = obj->kind == &ipsvc_namespace_kind ? obj->name : obj->ns;
	struct in6_addr now[2] = {0};

	if (!deleted && obj->kind == &ipsvc_pod_kind)
		view_pod(obj->doc, now);
	use_pods(r, ns, now, 1);
	use_pods(r, ns, k->addrs, -1);
	memcpy(k->addrs, now, sizeof(now));
	if (*ns && is_new != deleted)
		dns_items_use_namespace(&r->items, ns, deleted ? -1 : 1);
}

void dns_records_change(const struct ipsvc_change *change, void *arg)
{
	const struct ipsvc_object *obj = change->obj;
	char *key = xasprintf("%s/%s/%s", obj->kind->kind, obj->ns, obj->name);
	uint64_t hash = ipsvc_hash_text(IPSVC_HASH_START, key);
	struct dns_records *r = arg;
	struct known *k = find_known(r, key, hash);
	bool is_new = !k;

	ipsvc_cache_change(change, r->cache);
	if (is_new && !change->deleted)
		k = add_known(r, key, hash);
	if (k)
		note(r, obj, k, is_new, change->deleted);
	if (k && change->deleted) {
		ipsvc_map_remove(&r->known, &k->node);
		free(k);
	}
	free(key);
}

/* ---- beginning and end --------------------------------------------------- */

struct dns_records *dns_records_new(void)
{
	struct dns_records *r = xcalloc(1, sizeof(*r));

	r->cache = ipsvc_cache_new();
	dns_items_use_namespace(&r->items, "default", 1);
	return r;
}

struct dns_items *dns_records_items(struct dns_records *r)
{
	return &r->items;
}

void dns_records_free(struct dns_records *r)
{
	if (!r)
		return;
	ipsvc_cache_free(r->cache);
	dns_items_free(&r->items);
	ipsvc_map_free_all(&r->waiting);
	ipsvc_map_free_all(&r->known);
	free(r);
}
