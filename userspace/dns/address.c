// SPDX-License-Identifier: GPL-2.0-or-later
#include "address.h"

#include <string.h>

#include "base/ip.h"

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
	struct in6_addr addr;

	if (!ipsvc_ip_parse_port(text, &addr, &port))
		return false;
	fill(to, &addr, port);
	return true;
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
