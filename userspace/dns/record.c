// SPDX-License-Identifier: GPL-2.0-or-later
#include "record.h"

#include <string.h>

#include "base/memory.h"

/* ---- writing ------------------------------------------------------------ */

static void put_u16(struct ipsvc_buf *out, size_t value)
{
	uint16_t v = (uint16_t)value;

	ipsvc_buf_add(out, &v, sizeof(v));
}

static void put_text(struct ipsvc_buf *out, const char *text)
{
	size_t len = strnlen(text, UINT8_MAX);

	ipsvc_buf_putc(out, (char)len);
	ipsvc_buf_add(out, text, len);
	ipsvc_buf_putc(out, '\0');
}

static void put_ports(struct ipsvc_buf *out, const struct dns_port *ports,
		      size_t n)
{
	put_u16(out, n);
	for (size_t i = 0; i < n; i++) {
		put_text(out, ports[i].name);
		ipsvc_buf_putc(out, (char)ports[i].protocol);
		put_u16(out, ports[i].port);
	}
}

static void put_subset(struct ipsvc_buf *out, const struct dns_subset *subset)
{
	put_ports(out, subset->ports, subset->nports);
	put_u16(out, subset->nendpoints);
	for (size_t i = 0; i < subset->nendpoints; i++) {
		ipsvc_buf_add(out, &subset->endpoints[i].addr,
			      sizeof(subset->endpoints[i].addr));
		put_text(out, subset->endpoints[i].hostname);
	}
}

void dns_service_encode(const struct dns_service *svc, struct ipsvc_buf *out)
{
	put_text(out, svc->ns);
	put_text(out, svc->name);
	ipsvc_buf_putc(out, (char)svc->type);
	put_text(out, svc->external_name);
	put_u16(out, svc->naddrs);
	ipsvc_buf_add(out, svc->addrs, svc->naddrs * sizeof(*svc->addrs));
	put_ports(out, svc->ports, svc->nports);
	put_u16(out, svc->nsubsets);
	for (size_t i = 0; i < svc->nsubsets; i++)
		put_subset(out, &svc->subsets[i]);
}

/* ---- reading ------------------------------------------------------------ */

struct reader {
	const uint8_t *p;
	size_t left;
	bool bad;		/* it ended too early */
	char *arena;		/* what was read is put here */
	size_t used, size;
};

static const void *get(struct reader *r, size_t len)
{
	const void *p = r->p;

	if (r->bad || r->left < len) {
		r->bad = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

static uint8_t get_u8(struct reader *r)
{
	const uint8_t *p = get(r, 1);

	return p ? *p : 0;
}

static size_t get_u16(struct reader *r)
{
	const void *p = get(r, sizeof(uint16_t));
	uint16_t value = 0;

	if (p)
		memcpy(&value, p, sizeof(value));
	return value;
}

/* A string of the record itself: the arena begins with a copy of it. */
static const char *get_text(struct reader *r)
{
	size_t len = get_u8(r);
	const char *text = get(r, len + 1);

	if (!text || strnlen(text, len + 1) != len) {
		r->bad = true;
		return "";
	}
	return text;
}

/* An array of @n elements, each of which has @least bytes in the record. */
static void *get_array(struct reader *r, size_t n, size_t size, size_t least)
{
	size_t at = (r->used + 7) & ~(size_t)7;

	if (r->bad || n * least > r->left || at + n * size > r->size) {
		r->bad = true;
		return NULL;
	}
	r->used = at + n * size;
	return r->arena + at;
}

static struct dns_port *get_ports(struct reader *r, size_t *n)
{
	struct dns_port *ports;

	*n = get_u16(r);
	ports = get_array(r, *n, sizeof(*ports), 5);
	if (r->bad)
		*n = 0;
	for (size_t i = 0; i < *n; i++) {
		ports[i].name = get_text(r);
		ports[i].protocol = get_u8(r);
		ports[i].port = (uint16_t)get_u16(r);
	}
	return ports;
}

static void get_addr(struct reader *r, struct in6_addr *addr)
{
	const void *p = get(r, sizeof(*addr));

	if (p)
		memcpy(addr, p, sizeof(*addr));
}

static void get_subset(struct reader *r, struct dns_subset *subset)
{
	struct dns_endpoint *ep;

	subset->ports = get_ports(r, &subset->nports);
	subset->nendpoints = get_u16(r);
	ep = get_array(r, subset->nendpoints, sizeof(*ep), sizeof(ep->addr) + 2);
	if (r->bad)
		subset->nendpoints = 0;
	for (size_t i = 0; i < subset->nendpoints; i++) {
		get_addr(r, &ep[i].addr);
		ep[i].hostname = get_text(r);
	}
	subset->endpoints = ep;
}

static void get_service(struct reader *r, struct dns_service *svc)
{
	uint8_t type;

	svc->ns = get_text(r);
	svc->name = get_text(r);
	type = get_u8(r);
	svc->type = type;
	svc->external_name = get_text(r);
	svc->naddrs = get_u16(r);
	svc->addrs = get_array(r, svc->naddrs, sizeof(*svc->addrs),
			       sizeof(*svc->addrs));
	if (type > DNS_EXTERNAL_NAME)
		r->bad = true;
	for (size_t i = 0; i < svc->naddrs && !r->bad; i++)
		get_addr(r, &svc->addrs[i]);
	svc->ports = get_ports(r, &svc->nports);
	svc->nsubsets = get_u16(r);
	svc->subsets = get_array(r, svc->nsubsets, sizeof(*svc->subsets), 4);
	for (size_t i = 0; i < svc->nsubsets && !r->bad; i++)
		get_subset(r, &svc->subsets[i]);
}

bool dns_service_decode(const void *data, size_t len, struct dns_service *svc,
			void **memory)
{
	/* No element takes more than 16 times the bytes it has in the record. */
	size_t size = len * 17 + 64;
	struct reader r = {
		.left = len, .arena = xcalloc(1, size), .used = len,
		.size = size,
	};

	if (len)
		memcpy(r.arena, data, len);
	r.p = (const uint8_t *)r.arena;
	*memory = r.arena;
	*svc = (struct dns_service){0};
	get_service(&r, svc);
	return !r.bad && !r.left;
}
