/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the addresses and ports of a Service to records. Of the writer. */
#ifndef IPSVC_DNS_ENTRIES_H
#define IPSVC_DNS_ENTRIES_H

#include "name.h"
#include "node.h"
#include "record.h"

/* An address and a port: one "service" of CoreDNS. */
struct dns_entry {
	const char *label;	/* of an endpoint, below the Service; NULL: it itself */
	char dashed[DNS_DASHED_SIZE];
	struct in6_addr addr;
	const char *port_name;
	uint8_t protocol;
	int port;		/* -1: there are no ports */
	size_t at;		/* where its name is in the set that is made */
};

/* Zero-initialise. Most functions below leave them in another order. */
struct dns_entries {
	struct dns_entry **items;
	size_t n, cap;
};

typedef int dns_entry_order(const void *, const void *);

dns_entry_order dns_by_addr, dns_by_label, dns_by_port_name;
/* The first @n, by @order. */
void dns_entries_sort(struct dns_entry **items, size_t n, dns_entry_order *order);
/* How many from the first on are equal. */
size_t dns_entries_run(struct dns_entry *const *items, size_t n,
		       dns_entry_order *order);

/* @label (may be NULL) has to stay; @port may be NULL. */
struct dns_entry *dns_entries_add(struct dns_entries *list, const char *label,
				  const struct in6_addr *addr,
				  const struct dns_port *port);
/* Each endpoint with each port. */
void dns_entries_add_subset(struct dns_entries *list,
			    const struct dns_subset *subset);
void dns_entries_free(struct dns_entries *list);

/* The name of @e, at or below @base; false when there is no room for one. */
bool dns_entry_name(const struct dns_entry *e, const struct dns_name *base,
		    struct dns_name *name);
/* The addresses of one type, A or AAAA, as a set. */
void dns_draft_addresses(struct dns_draft *draft, uint16_t type, uint32_t ttl,
			 struct dns_entry **items, size_t n);
/* A node with all that @n entries give: addresses and SRV records. */
struct dns_node *dns_entries_node(const struct dns_name *name,
				  const struct dns_name *base, uint32_t ttl,
				  struct dns_entry **items, size_t n);

#endif
