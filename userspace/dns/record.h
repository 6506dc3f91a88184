/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What DNS has to know of Services, and the bytes it is handed over in, from ipsvcd
 * to ipsvc-dnsd: numbers in the byte order of the host, strings after a byte with
 * their length. Nothing here knows of objects, or of names.
 */
#ifndef IPSVC_DNS_RECORD_H
#define IPSVC_DNS_RECORD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum dns_service_type {
	DNS_CLUSTER_IP,		/* has addresses: node port, load balancer, too */
	DNS_HEADLESS,
	DNS_EXTERNAL_NAME,
};

struct dns_port {
	const char *name;	/* "" when it has none */
	uint8_t protocol;	/* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP */
	uint16_t port;
};

struct dns_endpoint {
	struct in6_addr addr;
	const char *hostname;	/* "" when it has none */
};

/* Ready endpoints that share their ports, as of an EndpointSlice. */
struct dns_subset {
	struct dns_port *ports;
	size_t nports;		/* 0: there are endpoints, and no ports */
	struct dns_endpoint *endpoints;
	size_t nendpoints;
};

struct dns_service {
	const char *ns, *name;
	enum dns_service_type type;
	const char *external_name;	/* "" for all others */
	struct in6_addr *addrs;		/* cluster IPs */
	size_t naddrs;
	struct dns_port *ports;
	size_t nports;
	struct dns_subset *subsets;
	size_t nsubsets;
};

/* Appends the record of @svc. Strings are cut at 255 bytes. */
void dns_service_encode(const struct dns_service *svc, struct ipsvc_buf *out);
/*
 * Reads a record; false when it is none. Strings point into *@memory, which the
 * caller frees, in either case.
 */
bool dns_service_decode(const void *data, size_t len, struct dns_service *svc,
			void **memory);

#endif
