// SPDX-License-Identifier: GPL-2.0-or-later
#include "name.h"

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
