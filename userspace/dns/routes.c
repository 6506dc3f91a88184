// SPDX-License-Identifier: GPL-2.0-or-later
#include "routes.h"

#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "base/memory.h"

#define PORT	53
#define BLANKS	" \t"

bool dns_servers_parse(const char *text, struct dns_servers *servers)
{
	char *copy = xstrdup(text), *rest = copy, *word;
	bool ok = true;

	*servers = (struct dns_servers){0};
	while (ok && (word = strsep(&rest, ",")))
		ok = servers->n < DNS_SERVERS_MAX &&
		     dns_address_parse(word, PORT,
				       &servers->addrs[servers->n++]);
	free(copy);
	return ok;
}

static void add_line(struct dns_servers *servers, char *line)
{
	char *word = strtok_r(line, BLANKS, &line);

	if (!word || strcmp(word, "nameserver") != 0)
		return;
	word = strtok_r(NULL, BLANKS, &line);
	if (word && servers->n < DNS_SERVERS_MAX &&
	    dns_address_parse(word, PORT, &servers->addrs[servers->n]))
		servers->n++;
}

void dns_servers_of_resolv_conf(const char *text, struct dns_servers *servers)
{
	char *copy = xstrdup(text), *rest = copy, *line;

	*servers = (struct dns_servers){0};
	while ((line = strsep(&rest, "\n")))
		add_line(servers, line);
	free(copy);
}

void dns_routes_add(struct dns_routes *routes, const struct dns_name *domain,
		    const struct dns_servers *servers)
{
	routes->items = ipsvc_grow(routes->items, routes->n, &routes->cap,
				   sizeof(*routes->items));
	routes->items[routes->n++] = (struct dns_route){ *domain, *servers };
}

bool dns_routes_add_stub(struct dns_routes *routes, const char *text)
{
	const char *equals = strchr(text, '=');
	struct dns_servers servers;
	struct dns_name domain;
	char *name;
	bool ok;

	if (!equals)
		return false;
	name = xstrndup(text, (size_t)(equals - text));
	ok = dns_name_parse(name, &domain) &&
	     dns_servers_parse(equals + 1, &servers);
	free(name);
	if (ok)
		dns_routes_add(routes, &domain, &servers);
	return ok;
}

const struct dns_servers *dns_routes_find(const struct dns_routes *routes,
					  const uint8_t *name, size_t len)
{
	const struct dns_route *best = NULL;

	for (size_t i = 0; i < routes->n; i++) {
		const struct dns_route *r = &routes->items[i];

		if ((!best || r->domain.len > best->domain.len) &&
		    dns_name_is_below(name, len, &r->domain))
			best = r;
	}
	return best ? &best->servers : NULL;
}

void dns_routes_free(struct dns_routes *routes)
{
	free(routes->items);
	*routes = (struct dns_routes){0};
}
