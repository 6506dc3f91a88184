/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Networks whose clients are answered. */
#ifndef IPSVC_DNS_ACL_H
#define IPSVC_DNS_ACL_H

#include "base/ip.h"

struct dns_network {
	uint64_t net[2], mask[2];	/* of 16 bytes, IPv4 mapped */
};

/* Zero-initialise: it has no network, and nobody is in it. */
struct dns_acl {
	struct dns_network *nets;
	size_t n, cap;
};

void dns_acl_add(struct dns_acl *acl, const struct ipsvc_cidr *cidr);
/* Loopback, private and link-local networks, and those shared by a provider. */
void dns_acl_add_private(struct dns_acl *acl);
bool dns_acl_has(const struct dns_acl *acl, const struct in6_addr *addr);
void dns_acl_free(struct dns_acl *acl);

#endif
