// SPDX-License-Identifier: GPL-2.0-or-later
#include "reverse.h"

#include <libknot/descriptor.h>
#include <libknot/wire.h>
#include <stdlib.h>
#include <string.h>

/* The records of @node (may be NULL) that do not lead to @base (NULL: all). */
static void keep_pointers(struct dns_draft *draft, const struct dns_node *node,
			  const struct dns_name *base)
{
	const struct dns_set *set = node ? dns_node_set(node, KNOT_RRTYPE_PTR) :
					   NULL;
	const uint8_t *p = set ? dns_set_data(node, set) : NULL;

	for (unsigned int i = 0; set && i < set->count; i++) {
		size_t len = knot_wire_read_u16(p + 10);

		if (!base || !dns_name_is_below(p + 12, len, base))
			dns_draft_add(draft, knot_wire_read_u32(p + 6), p + 12,
				      len);
		p += 12 + len;
	}
}

static void add_client(struct dns_draft *draft, const char *ns)
{
	if (!ns)
		return;
	dns_draft_begin(draft, DNS_SET_NAMESPACE);
	dns_draft_add_bytes(draft, ns, strlen(ns) + 1);
	dns_draft_end(draft);
}

static void put(struct dns_zone *zone, struct dns_draft *draft,
		const struct dns_name *name)
{
	struct dns_node *node = dns_draft_finish(draft, name->wire, name->len);

	if (!node->nsets) {
		free(node);
		dns_table_remove(&zone->table, name->wire, name->len);
		return;
	}
	node->absent = !dns_node_set(node, KNOT_RRTYPE_PTR);
	dns_table_put(&zone->table, node);
}

void dns_reverse_put(struct dns_zone *zone, const struct in6_addr *addr,
		     const struct dns_name *base, struct dns_entry **items,
		     size_t n)
{
	struct dns_draft draft = {0};
	struct dns_name name, target;

	dns_name_reverse(addr, &name);
	dns_draft_begin(&draft, KNOT_RRTYPE_PTR);
	keep_pointers(&draft, dns_table_find(&zone->table, name.wire, name.len),
		      base);
	dns_entries_sort(items, n, dns_by_label);
	for (size_t i = 0; i < n;
	     i += dns_entries_run(items + i, n - i, dns_by_label))
		if (dns_entry_name(items[i], base, &target))
			dns_draft_add(&draft, zone->config.ttl, target.wire,
				      target.len);
	dns_draft_end(&draft);
	add_client(&draft, dns_zone_client(zone, addr));
	put(zone, &draft, &name);
}

void dns_reverse_put_client(struct dns_zone *zone, const struct in6_addr *addr,
			    const char *ns)
{
	struct dns_draft draft = {0};
	struct dns_name name;

	dns_name_reverse(addr, &name);
	dns_draft_begin(&draft, KNOT_RRTYPE_PTR);
	keep_pointers(&draft, dns_table_find(&zone->table, name.wire, name.len),
		      NULL);
	dns_draft_end(&draft);
	add_client(&draft, ns);
	put(zone, &draft, &name);
}
