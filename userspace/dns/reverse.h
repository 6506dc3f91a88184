/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reverse names: those of Services, and whose Pod has an address. Of the writer. */
#ifndef IPSVC_DNS_REVERSE_H
#define IPSVC_DNS_REVERSE_H

#include "entries.h"
#include "zone.h"

/*
 * Lets the reverse name of @addr lead to the @n entries of the Service @base, and
 * to nothing else at or below it. What leads elsewhere stays.
 */
void dns_reverse_put(struct dns_zone *zone, const struct in6_addr *addr,
		     const struct dns_name *base, struct dns_entry **items,
		     size_t n);
/* The namespace of the Pod with @addr; NULL: there is none. */
void dns_reverse_put_client(struct dns_zone *zone, const struct in6_addr *addr,
			    const char *ns);

#endif
