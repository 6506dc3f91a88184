// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "base/memory.h"

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*port = (uint16_t)value;
	return *text >= '0' && *text <= '9' && !*end && value &&
	       value <= UINT16_MAX;
}

static void fill(struct sockaddr_storage *to, const struct in6_addr *addr,
		 uint16_t port)
{
	memset(to, 0, sizeof(*to));
	if (ipsvc_ip_is4(addr))
		*(struct sockaddr_in *)to = (struct sockaddr_in){
			.sin_family = AF_INET, .sin_port = htons(port),
			.sin_addr = ipsvc_ip_to4(addr),
		};
	else
		*(struct sockaddr_in6 *)to = (struct sockaddr_in6){
			.sin6_family = AF_INET6, .sin6_port = htons(port),
			.sin6_addr = *addr,
		};
}

bool dns_address_parse(const char *text, uint16_t port,
		       struct sockaddr_storage *to)
{
	bool bracket = *text == '[', ok = true;
	const char *start = text + bracket, *end, *rest;
	struct in6_addr addr;
	char *host;

	end = start + strcspn(start, bracket ? "]" : ":");
	/* Without brackets, an address with several colons has no port. */
	if (!bracket && *end && strchr(end + 1, ':'))
		end += strlen(end);
	if (bracket && !*end)
		return false;
	rest = end + bracket;
	if (*rest)
		ok = *rest == ':' && parse_port(rest + 1, &port);
	host = xstrndup(start, (size_t)(end - start));
	ok = ok && ipsvc_ip_parse(host, &addr, NULL) &&
	     (!bracket || !ipsvc_ip_is4(&addr));
	free(host);
	if (ok)
		fill(to, &addr, port);
	return ok;
}

struct in6_addr dns_address_ip(const struct sockaddr_storage *from)
{
	if (from->ss_family == AF_INET)
		return ipsvc_ip_from4(((const struct sockaddr_in *)from)->sin_addr);
	return ((const struct sockaddr_in6 *)from)->sin6_addr;
}

uint16_t dns_address_port(const struct sockaddr_storage *from)
{
	return ntohs(from->ss_family == AF_INET ?
		     ((const struct sockaddr_in *)from)->sin_port :
		     ((const struct sockaddr_in6 *)from)->sin6_port);
}

socklen_t dns_address_size(const struct sockaddr_storage *from)
{
	return from->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
					    sizeof(struct sockaddr_in6);
}
