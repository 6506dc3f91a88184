// SPDX-License-Identifier: GPL-2.0-or-later
/* The writer's half of a zone: namespaces, Pods, and whole states. */
#include <libknot/descriptor.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "entries.h"
#include "reverse.h"
#include "zone.h"

struct dns_node *dns_zone_node(struct dns_zone *zone, const struct dns_name *name)
{
	return (struct dns_node *)dns_table_find(&zone->table, name->wire,
						 name->len);
}

/* ---- namespaces and Pods ------------------------------------------------ */

/* A name without records. */
static void put_item(struct dns_zone *zone, const struct dns_name *name,
		     enum dns_item item)
{
	struct dns_node *node = dns_zone_node(zone, name);
	struct dns_draft draft = {0};

	if (!node) {
		node = dns_draft_finish(&draft, name->wire, name->len);
		node->item = item;
		dns_table_put(&zone->table, node);
	}
	node->round = zone->round;
}

void dns_zone_put_namespace(struct dns_zone *zone, const char *ns)
{
	struct dns_name name;

	if (dns_name_child(&name, ns, &zone->svc))
		put_item(zone, &name, DNS_ITEM_NAMESPACE);
	if (zone->config.pods != DNS_PODS_OFF &&
	    dns_name_child(&name, ns, &zone->pod))
		put_item(zone, &name, DNS_ITEM_NAMESPACE);
}

static void delete_item(struct dns_zone *zone, const char *label,
			const struct dns_name *parent)
{
	struct dns_name name;

	if (dns_name_child(&name, label, parent))
		dns_table_remove(&zone->table, name.wire, name.len);
}

void dns_zone_delete_namespace(struct dns_zone *zone, const char *ns)
{
	delete_item(zone, ns, &zone->svc);
	delete_item(zone, ns, &zone->pod);
}

static bool pod_name(const struct dns_zone *zone, const char *ns,
		     const struct in6_addr *addr, struct dns_name *name)
{
	char label[DNS_DASHED_SIZE];

	return dns_name_child(name, ns, &zone->pod) &&
	       dns_name_child(name, dns_dashed(addr, label), name);
}

static struct dns_node *pod_node(const struct dns_zone *zone,
				 const struct in6_addr *addr,
				 const struct dns_name *name)
{
	struct dns_entry entry = { .addr = *addr }, *item = &entry;
	struct dns_draft draft = {0};
	struct dns_node *node;

	if (zone->config.pods == DNS_PODS_VERIFIED) {
		dns_draft_addresses(&draft, KNOT_RRTYPE_A, zone->config.ttl,
				    &item, 1);
		dns_draft_addresses(&draft, KNOT_RRTYPE_AAAA, zone->config.ttl,
				    &item, 1);
	}
	node = dns_draft_finish(&draft, name->wire, name->len);
	node->absent = !node->nsets;
	node->item = DNS_ITEM_POD;
	return node;
}

void dns_zone_put_pod(struct dns_zone *zone, const char *ns,
		      const struct in6_addr *addr)
{
	struct dns_node *node;
	struct dns_name name;

	if ((zone->config.pods != DNS_PODS_VERIFIED && !zone->config.clients) ||
	    !pod_name(zone, ns, addr, &name))
		return;
	node = dns_zone_node(zone, &name);
	if (!node) {
		node = pod_node(zone, addr, &name);
		dns_table_put(&zone->table, node);
		if (zone->config.clients)
			dns_reverse_put_client(zone, addr, ns);
	}
	node->round = zone->round;
}

void dns_zone_delete_pod(struct dns_zone *zone, const char *ns,
			 const struct in6_addr *addr)
{
	const char *now = dns_zone_client(zone, addr);
	struct dns_name name;

	if (!pod_name(zone, ns, addr, &name))
		return;
	dns_table_remove(&zone->table, name.wire, name.len);
	if (now && !strcmp(now, ns))
		dns_reverse_put_client(zone, addr, NULL);
}

/* ---- states ------------------------------------------------------------- */

void dns_zone_begin(struct dns_zone *zone)
{
	zone->round++;
}

struct stale {
	uint32_t round;
	struct dns_node **nodes;
	size_t n, cap;
};

static void collect_stale(void *arg, struct dns_node *node)
{
	struct stale *s = arg;

	if (node->item == DNS_ITEM_NONE || node->round == s->round)
		return;
	s->nodes = ipsvc_grow(s->nodes, s->n, &s->cap, sizeof(*s->nodes));
	s->nodes[s->n++] = node;
}

static void delete_pod_node(struct dns_zone *zone, const struct dns_node *node)
{
	const uint8_t *ns = node->name + 1 + node->name[0];
	char text[DNS_LABEL_MAX + 1];
	struct in6_addr addr;

	memcpy(text, ns + 1, *ns);
	text[*ns] = '\0';
	if (dns_undashed(node->name + 1, node->name[0], &addr))
		dns_zone_delete_pod(zone, text, &addr);
}

void dns_zone_end(struct dns_zone *zone)
{
	struct stale stale = { .round = zone->round };

	dns_table_walk(&zone->table, collect_stale, &stale);
	for (size_t i = 0; i < stale.n; i++) {
		const struct dns_node *node = stale.nodes[i];

		if (node->item == DNS_ITEM_SERVICE)
			dns_zone_delete_node(zone, node);
		else if (node->item == DNS_ITEM_POD)
			delete_pod_node(zone, node);
		else
			dns_table_remove(&zone->table, node->name,
					 node->name_len);
	}
	free(stale.nodes);
	zone->synced = true;
}

/* The addresses of the DNS Service, as those of the name server. */
static void copy_addresses(const struct dns_node *from, uint16_t type,
			   struct dns_draft *draft)
{
	const struct dns_set *set = from ? dns_node_set(from, type) : NULL;
	const uint8_t *p = set ? dns_set_data(from, set) : NULL;
	size_t len = type == KNOT_RRTYPE_A ? 4 : 16;

	dns_draft_begin(draft, type);
	for (unsigned int i = 0; set && i < set->count; i++, p += 12 + len)
		dns_draft_add(draft, knot_wire_read_u32(p + 6), p + 12, len);
	dns_draft_end(draft);
}

static const struct dns_node *dns_service_node(struct dns_zone *zone)
{
	struct dns_name name;

	return dns_name_child(&name, DNS_SERVICE_NS, &zone->svc) &&
	       dns_name_child(&name, DNS_SERVICE_NAME, &name) ?
	       dns_zone_node(zone, &name) : NULL;
}

static void add_ns(struct dns_zone *zone, struct dns_draft *draft,
		   const struct dns_node *server)
{
	static const uint16_t types[] = { KNOT_RRTYPE_A, KNOT_RRTYPE_AAAA };

	dns_draft_begin(draft, KNOT_RRTYPE_NS);
	dns_draft_add(draft, zone->config.ttl, zone->ns.wire, zone->ns.len);
	for (size_t t = 0; t < 2 && server; t++) {
		const struct dns_set *set = dns_node_set(server, types[t]);
		const uint8_t *p = set ? dns_set_data(server, set) : NULL;
		size_t len = t ? 16 : 4;

		for (unsigned int i = 0; set && i < set->count;
		     i++, p += 12 + len)
			dns_draft_add_extra(draft, zone->config.domain.len,
					    zone->ns.wire, zone->ns.len, 12,
					    types[t], zone->config.ttl, p + 12,
					    len);
	}
	dns_draft_end(draft);
}

void dns_zone_commit(struct dns_zone *zone, uint32_t serial)
{
	const struct dns_name *domain = &zone->config.domain;
	const struct dns_node *server = dns_service_node(zone);
	struct dns_draft ns = {0}, apex = {0};
	uint8_t soa[sizeof(zone->soa)];
	uint32_t ttl = zone->config.ttl < 300 ? zone->config.ttl : 300;

	zone->serial = serial;
	copy_addresses(server, KNOT_RRTYPE_A, &ns);
	copy_addresses(server, KNOT_RRTYPE_AAAA, &ns);
	dns_table_put(&zone->table, dns_draft_finish(&ns, zone->ns.wire,
						     zone->ns.len));
	dns_draft_begin(&apex, KNOT_RRTYPE_SOA);
	dns_draft_add(&apex, ttl, soa, dns_zone_soa(zone, soa));
	dns_draft_end(&apex);
	add_ns(zone, &apex, server);
	dns_table_put(&zone->table, dns_draft_finish(&apex, domain->wire,
						     domain->len));
}
