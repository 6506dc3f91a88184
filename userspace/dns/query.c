// SPDX-License-Identifier: GPL-2.0-or-later
#include "query.h"

#include <libknot/consts.h>
#include <libknot/descriptor.h>
#include <libknot/dname.h>
#include <libknot/packet/wire.h>
#include <libknot/rrtype/opt.h>
#include <libknot/wire.h>
#include <string.h>

#include "edns.h"

/* Bytes of an uncompressed name that begins at @p; 0 when it is none. */
static size_t name_size(const uint8_t *p, size_t left)
{
	size_t len = 0;

	for (;;) {
		if (len >= left || len >= DNS_NAME_MAX || p[len] > DNS_LABEL_MAX)
			return 0;
		if (!p[len])
			return len + 1;
		len += p[len] + 1u;
	}
}

static bool parse_question(struct dns_query *q, size_t *at)
{
	size_t len = name_size(q->packet + *at, q->len - *at);

	if (!len || q->len - *at - len < 4)
		return false;
	q->name.len = (uint8_t)len;
	dns_name_lower(q->name.wire, q->packet + *at, len);
	q->type = knot_wire_read_u16(q->packet + *at + len);
	q->class = knot_wire_read_u16(q->packet + *at + len + 2);
	q->question = len + 4;
	*at += len + 4;
	return true;
}

static bool parse_options(struct dns_query *q, const uint8_t *p, size_t left)
{
	while (left >= 4) {
		uint16_t code = knot_wire_read_u16(p);
		size_t len = knot_wire_read_u16(p + 2);

		if (len > left - 4)
			return false;
		if (code == KNOT_EDNS_OPTION_NSID)
			q->nsid = true;
		if (code == KNOT_EDNS_OPTION_COOKIE) {
			/* A client's part, and none or one of a server. */
			if (len != 8 && (len < 16 || len > 40))
				return false;
			q->cookie = p + 4;
			q->cookie_len = len;
		}
		p += 4 + len;
		left -= 4 + len;
	}
	return !left;
}

/* @p is at the type of an OPT record, whose @len bytes of data follow. */
static bool parse_opt(struct dns_query *q, const uint8_t *p, size_t len, bool root)
{
	if (q->edns || !root)
		return false;
	q->edns = true;
	q->udp_size = knot_wire_read_u16(p + 2);
	q->version = p[5];
	q->dnssec_ok = p[6] & 0x80;
	return parse_options(q, p + 10, len);
}

/* Any record; only OPT is looked at, which is in the last section. */
static bool parse_record(struct dns_query *q, size_t *at, bool additional)
{
	const uint8_t *end = q->packet + q->len, *p = q->packet + *at;
	int name = knot_dname_wire_check(p, end, q->packet);
	size_t len;

	if (name <= 0 || end - p - name < 10)
		return false;
	len = knot_wire_read_u16(p + name + 8);
	if ((size_t)(end - p - name - 10) < len)
		return false;
	*at += (size_t)name + 10 + len;
	if (knot_wire_read_u16(p + name) != KNOT_RRTYPE_OPT)
		return true;
	return additional && parse_opt(q, p + name, len, name == 1);
}

static bool parse_body(struct dns_query *q)
{
	size_t at = KNOT_WIRE_HEADER_SIZE;
	unsigned int before = knot_wire_get_ancount(q->packet) +
			      knot_wire_get_nscount(q->packet);
	unsigned int n = before + knot_wire_get_arcount(q->packet);

	if (knot_wire_get_qdcount(q->packet) != 1 || !parse_question(q, &at))
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (!parse_record(q, &at, i >= before))
			return false;
	return at == q->len;
}

enum dns_parsed dns_query_parse(const uint8_t *packet, size_t len,
				struct dns_query *query)
{
	/* Names and options are written before they are read. */
	memset(query, 0, offsetof(struct dns_query, name));
	memset(&query->edns, 0, sizeof(*query) -
	       offsetof(struct dns_query, edns));
	query->packet = packet;
	query->len = len;
	if (len < KNOT_WIRE_HEADER_SIZE || knot_wire_get_qr(packet))
		return DNS_NO_QUERY;
	query->id = knot_wire_get_id(packet);
	query->flags = knot_wire_read_u16(packet + 2);
	query->opcode = knot_wire_get_opcode(packet);
	if (query->opcode != KNOT_OPCODE_QUERY)
		return DNS_PARSED;
	if (parse_body(query))
		return DNS_PARSED;
	return DNS_MALFORMED;
}

static uint8_t *put_opt(const struct dns_query *q, uint8_t *start)
{
	uint8_t *p = dns_opt_begin(start, q->udp_size, q->dnssec_ok);

	start[6] = q->version;
	if (q->cookie)
		p = dns_opt_put(p, KNOT_EDNS_OPTION_COOKIE, q->cookie,
				q->cookie_len);
	if (q->nsid)
		p = dns_opt_put(p, KNOT_EDNS_OPTION_NSID, NULL, 0);
	dns_opt_end(start, p);
	return p;
}

size_t dns_query_shorten(const struct dns_query *query,
			 uint8_t to[static DNS_QUERY_SHORT_MAX])
{
	size_t len = KNOT_WIRE_HEADER_SIZE + query->question;

	memcpy(to, query->packet, len);
	knot_wire_set_ancount(to, 0);
	knot_wire_set_nscount(to, 0);
	knot_wire_set_arcount(to, query->edns ? 1 : 0);
	return query->edns ? (size_t)(put_opt(query, to + len) - to) : len;
}
