/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domain names in wire format, in lower case: a row of labels, each after a byte
 * with its length, up to an empty one (RFC 1035 §3.1).
 */
#ifndef IPSVC_DNS_NAME_H
#define IPSVC_DNS_NAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX	255	/* bytes, with the empty label at the end */
#define DNS_LABEL_MAX	63

struct dns_name {
	uint8_t len;
	uint8_t wire[DNS_NAME_MAX];
};

/* "cluster.local", with or without a dot at the end. False when it is no name. */
bool dns_name_parse(const char *text, struct dns_name *name);
/*
 * @label below @parent, which may be @name itself. False when either is too long,
 * or the label empty.
 */
bool dns_name_child(struct dns_name *name, const char *label,
		    const struct dns_name *parent);
/* @name is @parent or below it; both are whole names in lower case. */
bool dns_name_is_below(const uint8_t *name, size_t len,
		       const struct dns_name *parent);
/* Copies @len bytes of a checked, uncompressed name in lower case. */
void dns_name_lower(uint8_t *to, const uint8_t *from, size_t len);
/* How many labels there are before the empty one. */
unsigned int dns_name_labels(const uint8_t *name);

/* 10.0.96.10.in-addr.arpa, or the 32 nibbles of ip6.arpa. */
void dns_name_reverse(const struct in6_addr *addr, struct dns_name *name);

#define DNS_DASHED_SIZE	48

/*
 * The label of an endpoint without a hostname, as CoreDNS makes it: the address
 * with dashes, and a zero after one at the end. Returns @buf.
 */
const char *dns_dashed(const struct in6_addr *addr,
		       char buf[static DNS_DASHED_SIZE]);
/*
 * The address that a label of @len bytes below <namespace>.pod names; false when
 * it is none.
 */
bool dns_undashed(const uint8_t *label, size_t len, struct in6_addr *addr);

#endif
