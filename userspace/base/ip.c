// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool ipsvc_addr_parse(const char *text, struct in6_addr *addr)
{
	struct in_addr ip4;

	if (inet_pton(AF_INET, text, &ip4) == 1) {
		*addr = ipsvc_addr_map(ip4);
		return true;
	}
	return inet_pton(AF_INET6, text, addr) == 1 &&
	       !IN6_IS_ADDR_V4MAPPED(addr);
}

const char *ipsvc_addr_format(const struct in6_addr *addr, char *buf)
{
	buf[0] = '\0';
	if (IN6_IS_ADDR_V4MAPPED(addr))
		inet_ntop(AF_INET, &addr->s6_addr32[3], buf, INET_ADDRSTRLEN);
	else if (!IN6_IS_ADDR_UNSPECIFIED(addr))
		inet_ntop(AF_INET6, addr, buf, INET6_ADDRSTRLEN);
	return buf;
}

uint8_t ipsvc_addr_family(const struct in6_addr *addr)
{
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return AF_INET;
	return IN6_IS_ADDR_UNSPECIFIED(addr) ? AF_UNSPEC : AF_INET6;
}

/* The order that addresses are counted in. */
int ipsvc_addr_cmp(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

struct in6_addr ipsvc_addr_map(struct in_addr ip4)
{
	return (struct in6_addr){
		.s6_addr32 = { 0, 0, htonl(0xffff), ip4.s_addr },
	};
}

struct in_addr ipsvc_addr_ip4(const struct in6_addr *addr)
{
	return (struct in_addr){ addr->s6_addr32[3] };
}

static bool parse_prefix(const char *text, unsigned int *prefix)
{
	char *end;
	unsigned long n;

	if (*text < '0' || *text > '9' || (text[0] == '0' && text[1]))
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (*end || errno || n > 32)
		return false;
	*prefix = n;
	return true;
}

bool ipsvc_cidr_parse(const char *text, struct ipsvc_cidr *cidr,
		      const char **why)
{
	const char *slash = strchr(text, '/');
	char net[INET_ADDRSTRLEN] = "";
	struct in_addr ip4;

	if (slash && (size_t)(slash - text) < sizeof(net))
		memcpy(net, text, slash - text);
	if (inet_pton(AF_INET, net, &ip4) != 1 ||
	    !parse_prefix(slash + 1, &cidr->prefix)) {
		*why = "must be an IPv4 CIDR value, (e.g. 10.96.0.0/12)";
		return false;
	}
	if (ntohl(ip4.s_addr) & (UINT64_C(0xffffffff) >> cidr->prefix)) {
		*why = "must not have bits set beyond the prefix length";
		return false;
	}
	cidr->net = ipsvc_addr_map(ip4);
	return true;
}
