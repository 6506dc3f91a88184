/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and networks. An address is 16 bytes, as in the kernel module's
 * tables: IPv4 is mapped (::ffff:a.b.c.d), and "none" is all zeros.
 */
#ifndef IPSVC_ADDR_H
#define IPSVC_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* "10.0.0.1", "fd00::1"; "::ffff:10.0.0.1" is no text for an address. */
bool ipsvc_addr_parse(const char *text, struct in6_addr *addr);
/* Returns @buf (INET6_ADDRSTRLEN bytes); "" for none. */
const char *ipsvc_addr_format(const struct in6_addr *addr, char *buf);
/* AF_INET, AF_INET6, or AF_UNSPEC for none. */
uint8_t ipsvc_addr_family(const struct in6_addr *addr);
int ipsvc_addr_cmp(const struct in6_addr *a, const struct in6_addr *b);
struct in6_addr ipsvc_addr_map(struct in_addr ip4);
/* The last four bytes: all of an IPv4 address. */
struct in_addr ipsvc_addr_ip4(const struct in6_addr *addr);

/* A network of IPv4. */
struct ipsvc_cidr {
	struct in6_addr net;
	unsigned int prefix;	/* of the 32 bits */
};

/* "10.96.0.0/12". On failure *@why is a literal to be put after the text. */
bool ipsvc_cidr_parse(const char *text, struct ipsvc_cidr *cidr,
		      const char **why);

#endif
