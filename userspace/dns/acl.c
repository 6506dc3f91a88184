// SPDX-License-Identifier: GPL-2.0-or-later
#include "acl.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dns_acl_add(struct dns_acl *acl, const struct ipsvc_cidr *cidr)
{
	unsigned int bits = cidr->prefix + (ipsvc_ip_is4(&cidr->net) ? 96 : 0);
	struct dns_network *net;
	uint8_t mask[16] = {0};

	for (unsigned int i = 0; i < bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	acl->nets = ipsvc_grow(acl->nets, acl->n, &acl->cap, sizeof(*acl->nets));
	net = &acl->nets[acl->n++];
	memcpy(net->mask, mask, sizeof(mask));
	memcpy(net->net, &cidr->net, sizeof(net->net));
	net->net[0] &= net->mask[0];
	net->net[1] &= net->mask[1];
}

void dns_acl_add_private(struct dns_acl *acl)
{
	static const char *const nets[] = {
		"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8",
		"169.254.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7",
		"fe80::/10",
	};
	struct ipsvc_cidr cidr;
	const char *why;

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if (ipsvc_cidr_parse(nets[i], &cidr, &why))
			dns_acl_add(acl, &cidr);
}

bool dns_acl_has(const struct dns_acl *acl, const struct in6_addr *addr)
{
	uint64_t a[2];

	memcpy(a, addr, sizeof(a));
	for (size_t i = 0; i < acl->n; i++) {
		const struct dns_network *net = &acl->nets[i];

		if ((a[0] & net->mask[0]) == net->net[0] &&
		    (a[1] & net->mask[1]) == net->net[1])
			return true;
	}
	return false;
}

void dns_acl_free(struct dns_acl *acl)
{
	free(acl->nets);
	*acl = (struct dns_acl){0};
}
