// SPDX-License-Identifier: GPL-2.0-or-later
/* The writer's half of a zone: from Services to names. */
#include <libknot/descriptor.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"
#include "entries.h"
#include "reverse.h"
#include "zone.h"

/* A Service that is put or deleted. */
struct change {
	struct dns_zone *zone;
	struct dns_name base;	/* <name>.<namespace>.svc.<domain> */
	const struct dns_service *svc;
	struct dns_entries entries;	/* at the name itself */
	struct dns_entries endpoints;	/* below it */
};

/* ---- nodes -------------------------------------------------------------- */

static void put_node(struct change *c, struct dns_node *node)
{
	node->edit = c->zone->edit;
	dns_table_put(&c->zone->table, node);
}

static struct dns_node *entries_node(const struct change *c,
				     const struct dns_name *name,
				     struct dns_entry **items, size_t n)
{
	return dns_entries_node(name, &c->base, c->zone->config.ttl, items, n);
}

static const char *protocol_label(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "_tcp";
	case IPPROTO_UDP:
		return "_udp";
	default:
		return "_sctp";
	}
}

/* "_<port>._<protocol>" below the Service; false when there is no such name. */
static bool port_name(const struct change *c, const struct dns_entry *e,
		      struct dns_name *protocol, struct dns_name *name)
{
	char label[DNS_LABEL_MAX + 1];

	return *e->port_name &&
	       snprintf(label, sizeof(label), "_%s", e->port_name) <
	       (int)sizeof(label) &&
	       dns_name_child(protocol, protocol_label(e->protocol), &c->base) &&
	       dns_name_child(name, label, protocol);
}

static void put_ports(struct change *c)
{
	struct dns_entry **items = c->entries.items;
	size_t n = c->entries.n, len;
	struct dns_name protocol, name;

	dns_entries_sort(items, n, dns_by_port_name);
	for (size_t i = 0; i < n; i += len) {
		struct dns_draft nothing = {0};

		len = dns_entries_run(items + i, n - i, dns_by_port_name);
		if (!port_name(c, items[i], &protocol, &name))
			continue;
		put_node(c, entries_node(c, &name, items + i, len));
		put_node(c, dns_draft_finish(&nothing, protocol.wire,
					     protocol.len));
	}
}

static void put_endpoints(struct change *c)
{
	struct dns_entry **items = c->endpoints.items;
	size_t n = c->endpoints.n, len;
	struct dns_name name;

	dns_entries_sort(items, n, dns_by_label);
	for (size_t i = 0; i < n; i += len) {
		len = dns_entries_run(items + i, n - i, dns_by_label);
		if (dns_entry_name(items[i], &c->base, &name))
			put_node(c, entries_node(c, &name, items + i, len));
	}
}

static struct dns_node *external_node(const struct change *c)
{
	struct dns_draft draft = {0};
	struct dns_name target;
	struct in6_addr addr;
	struct dns_node *node;

	/* What is no name cannot be answered with, says CoreDNS. */
	if (!ipsvc_ip_parse(c->svc->external_name, &addr, NULL) &&
	    dns_name_parse(c->svc->external_name, &target)) {
		dns_draft_begin(&draft, KNOT_RRTYPE_CNAME);
		dns_draft_add(&draft, c->zone->config.ttl, target.wire,
			      target.len);
		dns_draft_end(&draft);
	}
	node = dns_draft_finish(&draft, c->base.wire, c->base.len);
	node->absent = !node->nsets;
	return node;
}

static struct dns_node *service_node(const struct change *c)
{
	struct dns_node *node;

	if (c->svc->type == DNS_EXTERNAL_NAME)
		return external_node(c);
	node = entries_node(c, &c->base, c->entries.items, c->entries.n);
	/* Without endpoints a headless Service has no name; any other has. */
	node->absent = c->svc->type == DNS_HEADLESS ? !node->nsets :
						      !c->svc->nports;
	return node;
}

/* ---- Services ----------------------------------------------------------- */

static void add_cluster_ips(struct dns_entries *list, const struct dns_service *svc)
{
	for (size_t i = 0; i < svc->nports; i++)
		for (size_t j = 0; j < svc->naddrs; j++)
			dns_entries_add(list, NULL, &svc->addrs[j], &svc->ports[i]);
}

static void collect(struct change *c)
{
	const struct dns_service *svc = c->svc;
	bool headless = svc->type == DNS_HEADLESS;

	if (svc->type == DNS_CLUSTER_IP)
		add_cluster_ips(&c->entries, svc);
	for (size_t i = 0; i < svc->nsubsets &&
			   svc->type != DNS_EXTERNAL_NAME; i++) {
		dns_entries_add_subset(&c->endpoints, &svc->subsets[i]);
		if (headless)
			dns_entries_add_subset(&c->entries, &svc->subsets[i]);
	}
}

static bool change_init(struct change *c, struct dns_zone *zone,
			const struct dns_service *svc)
{
	struct dns_name ns;

	*c = (struct change){ .zone = zone, .svc = svc };
	if (!dns_name_child(&ns, svc->ns, &zone->svc) ||
	    !dns_name_child(&c->base, svc->name, &ns))
		return false;
	collect(c);
	return true;
}

static void change_free(struct change *c)
{
	dns_entries_free(&c->entries);
	dns_entries_free(&c->endpoints);
}

static void drop(struct change *c, const struct dns_name *name)
{
	const struct dns_node *node = dns_table_find(&c->zone->table,
						     name->wire, name->len);

	if (node && node->edit != c->zone->edit)
		dns_table_remove(&c->zone->table, name->wire, name->len);
}

/* Takes out the names of @c that the change in progress has not made. */
static void drop_names(struct change *c)
{
	struct dns_name protocol, name;

	for (size_t i = 0; i < c->entries.n; i++) {
		if (!port_name(c, c->entries.items[i], &protocol, &name))
			continue;
		drop(c, &name);
		drop(c, &protocol);
	}
	for (size_t i = 0; i < c->endpoints.n; i++)
		if (dns_entry_name(c->endpoints.items[i], &c->base, &name))
			drop(c, &name);
	drop(c, &c->base);
}

/* Their port says only whether they are of the new state. */
static void add_addresses(struct dns_entries *all, const struct dns_entries *list,
			  bool is_new)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct dns_entry *e = list->items[i];

		dns_entries_add(all, e->label, &e->addr, NULL)->port =
			is_new ? 0 : 1;
	}
}

/* Moves the new ones to the front, and says how many there are. */
static size_t new_first(struct dns_entry **items, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		struct dns_entry *e = items[i];

		if (e->port)
			continue;
		items[i] = items[found];
		items[found++] = e;
	}
	return found;
}

/* Each address that the Service has or had. */
static void put_reverse_names(struct change *c, struct change *old)
{
	struct dns_entries all = {0};
	size_t len;

	add_addresses(&all, &c->entries, true);
	add_addresses(&all, &c->endpoints, true);
	add_addresses(&all, &old->entries, false);
	add_addresses(&all, &old->endpoints, false);
	dns_entries_sort(all.items, all.n, dns_by_addr);
	for (size_t i = 0; i < all.n; i += len) {
		const struct in6_addr addr = all.items[i]->addr;

		len = dns_entries_run(all.items + i, all.n - i, dns_by_addr);
		dns_reverse_put(c->zone, &addr, &c->base, all.items + i,
				new_first(all.items + i, len));
	}
	dns_entries_free(&all);
}

/* From @old to @c, either of which may have no names at all. */
static void make_change(struct change *c, struct change *old,
			struct dns_node *node)
{
	c->zone->edit++;
	if (node)
		put_node(c, node);
	put_ports(c);
	put_endpoints(c);
	drop_names(old);
	put_reverse_names(c, old);
}

/* What @node's record says; @memory is to be freed. */
static void change_of_node(struct change *c, struct dns_zone *zone,
			   const struct dns_node *node, struct dns_service *svc,
			   void **memory)
{
	*c = (struct change){ .zone = zone };
	*memory = NULL;
	if (node && node->record &&
	    dns_service_decode(node->record, node->record_len, svc, memory))
		change_init(c, zone, svc);
}

static void replace_service(struct change *c, struct dns_node *old_node,
			    const void *record, size_t len)
{
	struct dns_zone *zone = c->zone;
	struct dns_node *node = service_node(c);
	struct dns_service old_svc;
	struct change old;
	void *memory;

	change_of_node(&old, zone, old_node, &old_svc, &memory);
	old.base = c->base;
	zone->services += !old_node;
	node->item = DNS_ITEM_SERVICE;
	node->round = zone->round;
	node->record = xmalloc(len);
	node->record_len = len;
	memcpy(node->record, record, len);
	make_change(c, &old, node);
	change_free(&old);
	free(memory);
}

bool dns_zone_put_service(struct dns_zone *zone, const void *record, size_t len)
{
	struct dns_service svc;
	struct dns_node *old;
	struct change c;
	void *memory;
	bool ok = dns_service_decode(record, len, &svc, &memory) &&
		  change_init(&c, zone, &svc);

	if (ok) {
		old = dns_zone_node(zone, &c.base);
		if (old && old->record_len == len &&
		    !memcmp(old->record, record, len))
			old->round = zone->round;
		else
			replace_service(&c, old, record, len);
		change_free(&c);
	}
	free(memory);
	return ok;
}

void dns_zone_delete_node(struct dns_zone *zone, const struct dns_node *node)
{
	struct change nothing = { .zone = zone }, old;
	struct dns_service svc;
	void *memory;

	change_of_node(&old, zone, node, &svc, &memory);
	nothing.base = old.base;
	make_change(&nothing, &old, NULL);
	zone->services--;
	change_free(&old);
	free(memory);
}

void dns_zone_delete_service(struct dns_zone *zone, const char *ns,
			     const char *name)
{
	struct dns_name base;
	const struct dns_node *node;

	if (!dns_name_child(&base, ns, &zone->svc) ||
	    !dns_name_child(&base, name, &base))
		return;
	node = dns_zone_node(zone, &base);
	if (node && node->item == DNS_ITEM_SERVICE)
		dns_zone_delete_node(zone, node);
}
