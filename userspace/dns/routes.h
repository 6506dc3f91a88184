/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which other servers are asked for which names. */
#ifndef IPSVC_DNS_ROUTES_H
#define IPSVC_DNS_ROUTES_H

#include <sys/socket.h>

#include "name.h"

#define DNS_SERVERS_MAX	8

struct dns_servers {
	struct sockaddr_storage addrs[DNS_SERVERS_MAX];
	size_t n;
};

struct dns_route {
	struct dns_name domain;
	struct dns_servers servers;
};

/* Zero-initialise: nobody is asked for anything. */
struct dns_routes {
	struct dns_route *items;
	size_t n, cap;
};

/* "10.0.0.1,[fd00::1]:5353"; false when it is no such list. */
bool dns_servers_parse(const char *text, struct dns_servers *servers);
/* The name servers of a resolv.conf(5) that are addresses; the first eight. */
void dns_servers_of_resolv_conf(const char *text, struct dns_servers *servers);

/* For names at and below @domain, unless a longer domain has others. */
void dns_routes_add(struct dns_routes *routes, const struct dns_name *domain,
		    const struct dns_servers *servers);
/* "example.com=10.0.0.1,10.0.0.2"; false when it is no such thing. */
bool dns_routes_add_stub(struct dns_routes *routes, const char *text);
/* Of a name in lower case; NULL: nobody is asked for it. */
const struct dns_servers *dns_routes_find(const struct dns_routes *routes,
					  const uint8_t *name, size_t len);
void dns_routes_free(struct dns_routes *routes);

#endif
