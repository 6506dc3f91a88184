/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses and networks of both families. An address is 16 bytes, as in the
 * kernel module's tables: IPv4 is mapped (::ffff:a.b.c.d), and "none" is all
 * zeros.
 */
#ifndef IPSVC_IP_H
#define IPSVC_IP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "10.0.0.1", "fd00::1"; "::ffff:10.0.0.1" is no text for an address. On failure
 * *@why (may be NULL) is a literal to be put after the text, in the words of
 * k8s.io/apimachinery/pkg/util/validation.
 */
bool ipsvc_ip_parse(const char *text, struct in6_addr *ip, const char **why);
/*
 * "10.0.0.1:80", "[fd00::1]:80"; without a port "10.0.0.1" or "fd00::1", and
 * *@port stays. Port 0 is none.
 */
bool ipsvc_ip_parse_port(const char *text, struct in6_addr *ip, uint16_t *port);
/* What others read as an address, too: "010.0.0.1", "::ffff:10.0.0.1". */
bool ipsvc_ip_parse_sloppy(const char *text, struct in6_addr *ip);
/* Returns @buf (INET6_ADDRSTRLEN bytes); "" for none. */
const char *ipsvc_ip_format(const struct in6_addr *ip, char *buf);
/* AF_INET, AF_INET6, or AF_UNSPEC for none. */
uint8_t ipsvc_ip_family(const struct in6_addr *ip);
bool ipsvc_ip_is4(const struct in6_addr *ip);
/* The order that addresses are counted in. */
int ipsvc_ip_cmp(const struct in6_addr *a, const struct in6_addr *b);
struct in6_addr ipsvc_ip_from4(struct in_addr ip4);
/* The last four bytes: all of an IPv4 address. */
struct in_addr ipsvc_ip_to4(const struct in6_addr *ip);

struct ipsvc_cidr {
	struct in6_addr net;
	unsigned int prefix;	/* of the 32 or 128 bits of its family */
};

#define IPSVC_CIDR_SIZE	(INET6_ADDRSTRLEN + 4)	/* of a buffer for its text */

/* "10.96.0.0/12", "fd00::/112"; *@why as above, but never NULL. */
bool ipsvc_cidr_parse(const char *text, struct ipsvc_cidr *cidr,
		      const char **why);
/* Returns @buf. */
const char *ipsvc_cidr_format(const struct ipsvc_cidr *cidr, char *buf);
bool ipsvc_cidr_contains(const struct ipsvc_cidr *cidr,
			 const struct in6_addr *ip);

/* Networks of both families: one of each at most. */
struct ipsvc_cidrs {
	struct ipsvc_cidr items[2];
	size_t n;
};

/* "10.96.0.0/12,fd00:10:96::/112", or one; *@why as ipsvc_cidr_parse(). */
bool ipsvc_cidrs_parse(const char *text, struct ipsvc_cidrs *cidrs,
		       const char **why);
/* That of the family of @ip; NULL when there is none. */
const struct ipsvc_cidr *ipsvc_cidrs_like(const struct ipsvc_cidrs *cidrs,
					  const struct in6_addr *ip);

/*
 * Addresses of a network as numbers, counted from its first: one arithmetic
 * serves both families. Of more than 2^64 addresses these are the first ones.
 */
uint64_t ipsvc_cidr_last(const struct ipsvc_cidr *cidr);
/* Of an address that the network contains. */
uint64_t ipsvc_cidr_offset(const struct ipsvc_cidr *cidr,
			   const struct in6_addr *ip);
struct in6_addr ipsvc_cidr_at(const struct ipsvc_cidr *cidr, uint64_t offset);

#endif
