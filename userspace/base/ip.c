// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* ---- addresses ---------------------------------------------------------- */

/* Four decimal numbers, some with zeros in front that inet_pton() refuses. */
static bool parse_leading_zeros(const char *text, struct in6_addr *ip)
{
	char plain[INET_ADDRSTRLEN] = "", *to = plain;
	struct in_addr ip4;

	if (strlen(text) > 32)
		return false;
	for (const char *p = text; *p; p++) {
		bool starts = p == text || p[-1] == '.';

		while (starts && p[0] == '0' && isdigit((unsigned char)p[1]))
			p++;
		if (to == plain + sizeof(plain) - 1)
			return false;
		*to++ = *p;
	}
	if (inet_pton(AF_INET, plain, &ip4) != 1)
		return false;
	*ip = ipsvc_ip_from4(ip4);
	return true;
}

/* Any address that inet_pton() knows. */
static bool parse(const char *text, struct in6_addr *ip)
{
	struct in_addr ip4;

	if (inet_pton(AF_INET, text, &ip4) != 1)
		return inet_pton(AF_INET6, text, ip) == 1;
	*ip = ipsvc_ip_from4(ip4);
	return true;
}

static const char *ip_problem(const char *text, struct in6_addr *ip)
{
	if (parse(text, ip))
		return ipsvc_ip_is4(ip) && strchr(text, ':') ?
		       "must not be an IPv4-mapped IPv6 address" : NULL;
	if (parse_leading_zeros(text, ip))
		return "must not have leading 0s";
	return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
}

bool ipsvc_ip_parse(const char *text, struct in6_addr *ip, const char **why)
{
	const char *problem = ip_problem(text, ip);

	if (why)
		*why = problem;
	return !problem;
}

static bool parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !value || value > UINT16_MAX)
		return false;
	*port = (uint16_t)value;
	return true;
}

bool ipsvc_ip_parse_port(const char *text, struct in6_addr *ip, uint16_t *port)
{
	bool bracket = *text == '[', ok;
	const char *start = text + bracket, *end, *rest;
	char *host;

	end = start + strcspn(start, bracket ? "]" : ":");
	/* Without brackets, an address with several colons has no port. */
	if (!bracket && *end && strchr(end + 1, ':'))
		end += strlen(end);
	if (bracket && !*end)
		return false;
	rest = end + bracket;
	host = xstrndup(start, (size_t)(end - start));
	ok = ipsvc_ip_parse(host, ip, NULL) && (!bracket || !ipsvc_ip_is4(ip));
	free(host);
	return ok && (!*rest || (*rest == ':' && parse_port(rest + 1, port)));
}

bool ipsvc_ip_parse_sloppy(const char *text, struct in6_addr *ip)
{
	return parse(text, ip) || parse_leading_zeros(text, ip);
}

const char *ipsvc_ip_format(const struct in6_addr *ip, char *buf)
{
	buf[0] = '\0';
	if (ipsvc_ip_is4(ip))
		inet_ntop(AF_INET, &ip->s6_addr32[3], buf, INET_ADDRSTRLEN);
	else if (!IN6_IS_ADDR_UNSPECIFIED(ip))
		inet_ntop(AF_INET6, ip, buf, INET6_ADDRSTRLEN);
	return buf;
}

uint8_t ipsvc_ip_family(const struct in6_addr *ip)
{
	if (ipsvc_ip_is4(ip))
		return AF_INET;
	return IN6_IS_ADDR_UNSPECIFIED(ip) ? AF_UNSPEC : AF_INET6;
}

bool ipsvc_ip_is4(const struct in6_addr *ip)
{
	return IN6_IS_ADDR_V4MAPPED(ip);
}

int ipsvc_ip_cmp(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, sizeof(*a));
}

struct in6_addr ipsvc_ip_from4(struct in_addr ip4)
{
	return (struct in6_addr){
		.s6_addr32 = { 0, 0, htonl(0xffff), ip4.s_addr },
	};
}

struct in_addr ipsvc_ip_to4(const struct in6_addr *ip)
{
	return (struct in_addr){ ip->s6_addr32[3] };
}

/* ---- networks ----------------------------------------------------------- */

/* The bits of the 128 that all addresses of @cidr share. */
static unsigned int shared_bits(const struct ipsvc_cidr *cidr)
{
	return cidr->prefix + (ipsvc_ip_is4(&cidr->net) ? 96 : 0);
}

/* Whether @a and @b are the same in the bits [@from, @to). */
static bool same_bits(const struct in6_addr *a, const struct in6_addr *b,
		      unsigned int from, unsigned int to)
{
	for (unsigned int bit = from; bit < to; bit++)
		if ((a->s6_addr[bit / 8] ^ b->s6_addr[bit / 8]) &
		    (0x80 >> bit % 8))
			return false;
	return true;
}

static const char no_cidr[] =
	"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
static const char zeros_in_cidr[] =
	"must not have leading 0s in IP or prefix length";

static const char *net_problem(const char *ip, struct in6_addr *net)
{
	if (parse(ip, net))
		return NULL;
	return parse_leading_zeros(ip, net) ? zeros_in_cidr : no_cidr;
}

static const char *cidr_problem(const char *text, struct ipsvc_cidr *cidr)
{
	const char *length = strchr(text, '/'), *problem;
	char *ip = xstrndup(text, length ? (size_t)(length - text) : 0);
	size_t digits = length ? strspn(++length, "0123456789") : 0;
	unsigned int above = strchr(text, ':') ? 0 : 96;

	problem = net_problem(ip, &cidr->net);
	free(ip);
	if (problem == no_cidr || !digits || digits > 3 || length[digits])
		return no_cidr;
	cidr->prefix = (unsigned int)strtoul(length, NULL, 10);
	if (above + cidr->prefix > 128)
		return no_cidr;
	if (problem || (digits > 1 && *length == '0'))
		return zeros_in_cidr;
	if (!above && ipsvc_ip_is4(&cidr->net))
		return "must not have an IPv4-mapped IPv6 address";
	return same_bits(&cidr->net, &in6addr_any, above + cidr->prefix, 128) ?
	       NULL : "must not have bits set beyond the prefix length";
}

bool ipsvc_cidr_parse(const char *text, struct ipsvc_cidr *cidr,
		      const char **why)
{
	*why = cidr_problem(text, cidr);
	return !*why;
}

const char *ipsvc_cidr_format(const struct ipsvc_cidr *cidr, char *buf)
{
	char net[INET6_ADDRSTRLEN];

	ipsvc_ip_format(&cidr->net, net);
	/* In a network all zeros are an address, too. */
	snprintf(buf, IPSVC_CIDR_SIZE, "%s/%u", *net ? net : "::",
		 cidr->prefix);
	return buf;
}

bool ipsvc_cidr_contains(const struct ipsvc_cidr *cidr,
			 const struct in6_addr *ip)
{
	return ipsvc_ip_is4(&cidr->net) == ipsvc_ip_is4(ip) &&
	       same_bits(&cidr->net, ip, 0, shared_bits(cidr));
}

/* Adds the network of @len bytes of @text; NULL, or what is wrong with it. */
static const char *add_network(struct ipsvc_cidrs *cidrs, const char *text,
			       size_t len)
{
	char *network = xstrndup(text, len);
	struct ipsvc_cidr cidr;
	const char *why = cidr_problem(network, &cidr);

	free(network);
	if (why)
		return why;
	if (cidrs->n == sizeof(cidrs->items) / sizeof(*cidrs->items))
		return "must not contain more than two ranges";
	if (ipsvc_cidrs_like(cidrs, &cidr.net))
		return "must be of different IP families when there are two ranges";
	cidrs->items[cidrs->n++] = cidr;
	return NULL;
}

bool ipsvc_cidrs_parse(const char *text, struct ipsvc_cidrs *cidrs,
		       const char **why)
{
	*cidrs = (struct ipsvc_cidrs){0};
	for (;;) {
		size_t len = strcspn(text, ",");

		*why = add_network(cidrs, text, len);
		if (*why || !text[len])
			return !*why;
		text += len + 1;
	}
}

const struct ipsvc_cidr *ipsvc_cidrs_like(const struct ipsvc_cidrs *cidrs,
					  const struct in6_addr *ip)
{
	for (size_t i = 0; i < cidrs->n; i++)
		if (ipsvc_ip_is4(&cidrs->items[i].net) == ipsvc_ip_is4(ip))
			return &cidrs->items[i];
	return NULL;
}

static uint64_t low_half(const struct in6_addr *ip)
{
	uint64_t half;

	memcpy(&half, &ip->s6_addr[8], sizeof(half));
	return be64toh(half);
}

uint64_t ipsvc_cidr_last(const struct ipsvc_cidr *cidr)
{
	unsigned int free_bits = 128 - shared_bits(cidr);

	return free_bits < 64 ? (UINT64_C(1) << free_bits) - 1 : UINT64_MAX;
}

uint64_t ipsvc_cidr_offset(const struct ipsvc_cidr *cidr,
			   const struct in6_addr *ip)
{
	return low_half(ip) - low_half(&cidr->net);
}

struct in6_addr ipsvc_cidr_at(const struct ipsvc_cidr *cidr, uint64_t offset)
{
	uint64_t half = htobe64(low_half(&cidr->net) + offset);
	struct in6_addr ip = cidr->net;

	memcpy(&ip.s6_addr[8], &half, sizeof(half));
	return ip;
}
