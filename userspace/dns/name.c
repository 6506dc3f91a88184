// SPDX-License-Identifier: GPL-2.0-or-later
#include "name.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <libknot/dname.h>
#include <stdio.h>
#include <string.h>

#include "base/ip.h"

static const uint8_t in_addr_arpa[] = "\7in-addr\4arpa";	/* with the zero */
static const uint8_t ip6_arpa[] = "\3ip6\4arpa";

bool dns_name_parse(const char *text, struct dns_name *name)
{
	if (!*text || !knot_dname_from_str(name->wire, text, DNS_NAME_MAX))
		return false;
	knot_dname_to_lower(name->wire);
	name->len = (uint8_t)knot_dname_size(name->wire);
	return true;
}

bool dns_name_child(struct dns_name *name, const char *label,
		    const struct dns_name *parent)
{
	size_t len = strlen(label);

	if (!len || len > DNS_LABEL_MAX || len + 1 + parent->len > DNS_NAME_MAX)
		return false;
	memmove(name->wire + 1 + len, parent->wire, parent->len);
	name->len = (uint8_t)(parent->len + 1 + len);
	name->wire[0] = (uint8_t)len;
	for (size_t i = 0; i < len; i++)
		name->wire[1 + i] = (uint8_t)tolower((unsigned char)label[i]);
	return true;
}

bool dns_name_is_below(const uint8_t *name, size_t len,
		       const struct dns_name *parent)
{
	/* The suffix has to begin with a label. */
	while (len > parent->len) {
		len -= (size_t)*name + 1;
		name += *name + 1;
	}
	return len && len == parent->len && !memcmp(name, parent->wire, len);
}

void dns_name_lower(uint8_t *to, const uint8_t *from, size_t len)
{
	/* A length is below 64, and no letter. */
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(from[i] - 'A') < 26 ? from[i] | 0x20 : from[i];
}

unsigned int dns_name_labels(const uint8_t *name)
{
	unsigned int n = 0;

	for (; *name; name += *name + 1)
		n++;
	return n;
}

/* ---- addresses ---------------------------------------------------------- */

static void reverse4(const struct in6_addr *addr, struct dns_name *name)
{
	uint8_t *p = name->wire;

	for (int i = 15; i >= 12; i--) {
		char text[4];
		int n = snprintf(text, sizeof(text), "%u", addr->s6_addr[i]);

		*p++ = (uint8_t)n;
		memcpy(p, text, (size_t)n);
		p += n;
	}
	memcpy(p, in_addr_arpa, sizeof(in_addr_arpa));
	name->len = (uint8_t)(p - name->wire + sizeof(in_addr_arpa));
}

void dns_name_reverse(const struct in6_addr *addr, struct dns_name *name)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *p = name->wire;

	if (ipsvc_ip_is4(addr)) {
		reverse4(addr, name);
		return;
	}
	for (int i = 15; i >= 0; i--) {
		*p++ = 1;
		*p++ = (uint8_t)digits[addr->s6_addr[i] & 15];
		*p++ = 1;
		*p++ = (uint8_t)digits[addr->s6_addr[i] >> 4];
	}
	memcpy(p, ip6_arpa, sizeof(ip6_arpa));
	name->len = (uint8_t)(p - name->wire + sizeof(ip6_arpa));
}

/* Four labels "0" to "255" without zeros in front; the end of them or NULL. */
static const uint8_t *octets(const uint8_t *p, struct in_addr *ip4)
{
	uint8_t bytes[4];

	for (int i = 3; i >= 0; i--) {
		unsigned int value = 0, len = *p++;

		if (!len || len > 3 || (len > 1 && *p == '0'))
			return NULL;
		for (; len; len--, p++) {
			if (!isdigit(*p))
				return NULL;
			value = value * 10 + *p - '0';
		}
		if (value > 255)
			return NULL;
		bytes[i] = (uint8_t)value;
	}
	memcpy(ip4, bytes, sizeof(bytes));
	return p;
}

static bool nibbles(const uint8_t *p, struct in6_addr *addr)
{
	for (int i = 0; i < 32; i++, p += 2) {
		unsigned int value;

		if (p[0] != 1 || !isxdigit(p[1]) || isupper(p[1]))
			return false;
		value = p[1] - (isdigit(p[1]) ? '0' : 'a' - 10u);
		if (i % 2)
			addr->s6_addr[15 - i / 2] |= (uint8_t)(value << 4);
		else
			addr->s6_addr[15 - i / 2] = (uint8_t)value;
	}
	return true;
}

bool dns_name_address(const uint8_t *name, size_t len, struct in6_addr *addr)
{
	struct in_addr ip4;
	const uint8_t *end;

	if (len == 64 + sizeof(ip6_arpa) &&
	    !memcmp(name + 64, ip6_arpa, sizeof(ip6_arpa)))
		return nibbles(name, addr);
	if (len < 8 + sizeof(in_addr_arpa) || dns_name_labels(name) != 6)
		return false;
	end = octets(name, &ip4);
	if (!end || (size_t)(end - name) + sizeof(in_addr_arpa) != len ||
	    memcmp(end, in_addr_arpa, sizeof(in_addr_arpa)))
		return false;
	*addr = ipsvc_ip_from4(ip4);
	return true;
}

const char *dns_dashed(const struct in6_addr *addr,
		       char buf[static DNS_DASHED_SIZE])
{
	size_t len;

	ipsvc_ip_format(addr, buf);
	for (char *p = buf; *p; p++)
		if (*p == '.' || *p == ':')
			*p = '-';
	len = strlen(buf);
	if (len && buf[len - 1] == '-')
		strcpy(buf + len, "0");
	return buf;
}

bool dns_undashed(const uint8_t *label, size_t len, struct in6_addr *addr)
{
	char text[DNS_LABEL_MAX + 1];
	unsigned int dashes = 0;
	bool four;

	memcpy(text, label, len);
	text[len] = '\0';
	for (size_t i = 0; i < len; i++) {
		/* What else an address may have is no part of these labels. */
		if (text[i] == ':' || text[i] == '.' || !text[i])
			return false;
		dashes += text[i] == '-';
	}
	four = dashes == 3 && !strstr(text, "--");
	for (size_t i = 0; i < len; i++)
		if (text[i] == '-')
			text[i] = four ? '.' : ':';
	return ipsvc_ip_parse(text, addr, NULL);
}
