// SPDX-License-Identifier: GPL-2.0-or-later
#include "entries.h"

#include <libknot/descriptor.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"

/* ---- lists -------------------------------------------------------------- */

struct dns_entry *dns_entries_add(struct dns_entries *list, const char *label,
				  const struct in6_addr *addr,
				  const struct dns_port *port)
{
	struct dns_entry *e = xcalloc(1, sizeof(*e));

	e->addr = *addr;
	e->label = label;
	e->port_name = port ? port->name : "";
	e->protocol = port ? port->protocol : 0;
	e->port = port ? port->port : -1;
	list->items = ipsvc_grow(list->items, list->n, &list->cap,
				 sizeof(*list->items));
	list->items[list->n++] = e;
	return e;
}

static void add_endpoint(struct dns_entries *list, const struct dns_endpoint *ep,
			 const struct dns_port *port)
{
	struct dns_entry *e = dns_entries_add(list, ep->hostname, &ep->addr,
					      port);

	if (!*ep->hostname)
		e->label = dns_dashed(&ep->addr, e->dashed);
}

void dns_entries_add_subset(struct dns_entries *list,
			    const struct dns_subset *subset)
{
	for (size_t i = 0; i < subset->nendpoints; i++) {
		if (!subset->nports)
			add_endpoint(list, &subset->endpoints[i], NULL);
		for (size_t j = 0; j < subset->nports; j++)
			add_endpoint(list, &subset->endpoints[i],
				     &subset->ports[j]);
	}
}

void dns_entries_free(struct dns_entries *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i]);
	free(list->items);
}

/* ---- orders ------------------------------------------------------------- */

static const struct dns_entry *entry_at(const void *p)
{
	return *(struct dns_entry *const *)p;
}

int dns_by_addr(const void *a, const void *b)
{
	return ipsvc_ip_cmp(&entry_at(a)->addr, &entry_at(b)->addr);
}

int dns_by_label(const void *a, const void *b)
{
	const char *x = entry_at(a)->label, *y = entry_at(b)->label;

	return strcasecmp(x ? x : "", y ? y : "");
}

int dns_by_port_name(const void *a, const void *b)
{
	int d = entry_at(a)->protocol - entry_at(b)->protocol;

	return d ? d : strcasecmp(entry_at(a)->port_name,
				  entry_at(b)->port_name);
}

static int by_label_addr(const void *a, const void *b)
{
	int d = dns_by_label(a, b);

	return d ? d : dns_by_addr(a, b);
}

static int by_label_port(const void *a, const void *b)
{
	int d = dns_by_label(a, b);

	return d ? d : entry_at(a)->port - entry_at(b)->port;
}

void dns_entries_sort(struct dns_entry **items, size_t n, dns_entry_order *order)
{
	if (n)
		qsort(items, n, sizeof(*items), order);
}

size_t dns_entries_run(struct dns_entry *const *items, size_t n,
		       dns_entry_order *order)
{
	size_t len = 1;

	while (len < n && !order(&items[0], &items[len]))
		len++;
	return len;
}

/* ---- records ------------------------------------------------------------ */

/* Data of a record of @addr, and its type. */
static const void *address_data(const struct in6_addr *addr, uint16_t *type,
				size_t *len)
{
	bool four = ipsvc_ip_is4(addr);

	*type = four ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA;
	*len = four ? 4 : 16;
	return addr->s6_addr + 16 - *len;
}

bool dns_entry_name(const struct dns_entry *e, const struct dns_name *base,
		    struct dns_name *name)
{
	*name = *base;
	return !e->label || dns_name_child(name, e->label, base);
}

void dns_draft_addresses(struct dns_draft *draft, uint16_t type, uint32_t ttl,
			 struct dns_entry **items, size_t n)
{
	size_t len;

	dns_entries_sort(items, n, dns_by_addr);
	dns_draft_begin(draft, type);
	for (size_t i = 0; i < n;
	     i += dns_entries_run(items + i, n - i, dns_by_addr)) {
		uint16_t its_type;
		const void *data = address_data(&items[i]->addr, &its_type,
						&len);

		if (its_type == type)
			dns_draft_add(draft, ttl, data, len);
	}
	dns_draft_end(draft);
}

/*
 * The records of one name, one a port. Returns where the name is in the data of
 * the set, which begins at @start; 0 when it is not.
 */
static size_t add_targets(struct dns_draft *draft, size_t start,
			  const struct dns_name *target, uint32_t ttl,
			  size_t weight, struct dns_entry **items, size_t n)
{
	uint8_t rdata[6 + DNS_NAME_MAX];
	size_t at = 0, before;

	knot_wire_write_u16(rdata, 0);
	knot_wire_write_u16(rdata + 2, (uint16_t)weight);
	memcpy(rdata + 6, target->wire, target->len);
	for (size_t i = 0; i < n; i++) {
		if (items[i]->port < 0 ||
		    (i && items[i]->port == items[i - 1]->port))
			continue;
		knot_wire_write_u16(rdata + 4, (uint16_t)items[i]->port);
		before = draft->len;
		dns_draft_add(draft, ttl, rdata, 6u + target->len);
		if (!at && draft->len > before)
			at = draft->len - start - target->len;
	}
	return at;
}

/* One SRV record a name and port, with its share of 100 as the weight. */
static void add_srv_records(struct dns_draft *draft, const struct dns_name *base,
			    uint32_t ttl, struct dns_entry **items, size_t n)
{
	size_t weight = n < 100 ? 100 / n : 1, start = draft->len, len;

	dns_entries_sort(items, n, by_label_port);
	for (size_t i = 0; i < n; i += len) {
		struct dns_name target;
		size_t at = 0;

		len = dns_entries_run(items + i, n - i, dns_by_label);
		if (dns_entry_name(items[i], base, &target))
			at = add_targets(draft, start, &target, ttl, weight,
					 items + i, len);
		for (size_t j = 0; j < len; j++)
			items[i + j]->at = at;
	}
}

/* The addresses of the names in the SRV records, each once. */
static void add_extras(struct dns_draft *draft, size_t question_len,
		       const struct dns_name *base, uint32_t ttl,
		       struct dns_entry **items, size_t n)
{
	dns_entries_sort(items, n, by_label_addr);
	for (size_t i = 0; i < n;
	     i += dns_entries_run(items + i, n - i, by_label_addr)) {
		struct dns_name owner;
		uint16_t type;
		size_t len;
		const void *data = address_data(&items[i]->addr, &type, &len);

		if (items[i]->at && dns_entry_name(items[i], base, &owner))
			dns_draft_add_extra(draft, question_len, owner.wire,
					    owner.len, items[i]->at, type, ttl,
					    data, len);
	}
}

struct dns_node *dns_entries_node(const struct dns_name *name,
				  const struct dns_name *base, uint32_t ttl,
				  struct dns_entry **items, size_t n)
{
	struct dns_draft draft = {0};

	if (n) {
		dns_draft_addresses(&draft, KNOT_RRTYPE_A, ttl, items, n);
		dns_draft_addresses(&draft, KNOT_RRTYPE_AAAA, ttl, items, n);
		dns_draft_begin(&draft, KNOT_RRTYPE_SRV);
		add_srv_records(&draft, base, ttl, items, n);
		add_extras(&draft, name->len, base, ttl, items, n);
		dns_draft_end(&draft);
	}
	return dns_draft_finish(&draft, name->wire, name->len);
}
