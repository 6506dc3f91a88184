// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include <libknot/libknot.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define POINTER		0xc000
/* An owner refers to data + n - 1; so far messages are referred to at all. */
#define REFER_MAX	0x3000
#define KNOWN_MAX	32
#define SIZE_MAX_OF	65535

/* An answer in the making, and names of it that owners may refer to. */
struct reader {
	const struct dns_name *name;
	uint8_t *data;
	size_t len;
	struct {
		size_t at, len;
	} known[KNOWN_MAX];
	size_t names;
};

/* ---- names -------------------------------------------------------------- */

static void know(struct reader *r, size_t at, size_t len)
{
	if (r->names == KNOWN_MAX || at >= REFER_MAX)
		return;
	r->known[r->names].at = at;
	r->known[r->names++].len = len;
}

/* What stands for the owner @name of @len bytes, or 0. */
static uint16_t refer(const struct reader *r, const uint8_t *name, size_t len)
{
	if (len == r->name->len && !memcmp(name, r->name->wire, len))
		return POINTER;
	for (size_t i = 0; i < r->names; i++)
		if (r->known[i].len == len &&
		    !memcmp(r->data + r->known[i].at, name, len))
			return (uint16_t)(POINTER | (r->known[i].at + 1));
	return 0;
}

static bool put_owner(struct reader *r, const knot_dname_t *owner)
{
	size_t len = knot_dname_size(owner);
	uint16_t pointer = refer(r, owner, len);

	if (r->len + (pointer ? 2 : len) > SIZE_MAX_OF)
		return false;
	if (pointer) {
		knot_wire_write_u16(r->data + r->len, pointer);
		r->len += 2;
		return true;
	}
	memcpy(r->data + r->len, owner, len);
	know(r, r->len, len);
	r->len += len;
	return true;
}

/* ---- records ------------------------------------------------------------ */

static bool is_name(uint16_t type)
{
	return type == KNOT_RRTYPE_CNAME || type == KNOT_RRTYPE_NS ||
	       type == KNOT_RRTYPE_PTR;
}

static bool put_record(struct reader *r, const knot_rrset_t *rr,
		       const knot_rdata_t *rdata)
{
	uint8_t *p;

	if (!put_owner(r, rr->owner) || r->len + 10 + rdata->len > SIZE_MAX_OF)
		return false;
	p = r->data + r->len;
	knot_wire_write_u16(p, rr->type);
	knot_wire_write_u16(p + 2, rr->rclass);
	knot_wire_write_u32(p + 4, rr->ttl);
	knot_wire_write_u16(p + 8, rdata->len);
	memcpy(p + 10, rdata->data, rdata->len);
	r->len += 10;
	if (is_name(rr->type))
		know(r, r->len, rdata->len);
	r->len += rdata->len;
	return true;
}

/*
 * A record of the class that was asked for; libknot does not check the data of others.
 * Those that are about this one message are left out.
 */
static bool is_data(const knot_rrset_t *rr)
{
	return rr->rclass == KNOT_CLASS_IN && rr->type != KNOT_RRTYPE_OPT &&
	       rr->type != KNOT_RRTYPE_TSIG && rr->type != KNOT_RRTYPE_SIG;
}

static bool put_section(struct reader *r, const knot_pktsection_t *section,
			uint16_t *count)
{
	*count = 0;
	for (unsigned int i = 0; i < section->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(section, (uint16_t)i);
		const knot_rdata_t *rdata = rr->rrs.rdata;

		for (unsigned int j = 0; j < rr->rrs.count && is_data(rr); j++) {
			if (!put_record(r, rr, rdata))
				return false;
			++*count;
			rdata = knot_rdataset_next((knot_rdata_t *)rdata);
		}
	}
	return true;
}

/* ---- how long it may be kept -------------------------------------------- */

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Of a section, @ttl at most; whether a record is of @type. */
static uint32_t least_ttl(const knot_pktsection_t *section, uint32_t ttl,
			  uint16_t type, bool *has)
{
	for (unsigned int i = 0; i < section->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(section, (uint16_t)i);

		if (!is_data(rr))
			continue;
		/* One with the highest bit counts as 0 (RFC 2181 §8). */
		ttl = least(ttl, rr->ttl >> 31 ? 0 : rr->ttl);
		*has |= rr->type == type || type == KNOT_RRTYPE_ANY;
	}
	return ttl;
}

/* That there is nothing: as long as the SOA record says. */
static uint32_t negative_ttl(const knot_pktsection_t *authority)
{
	for (unsigned int i = 0; i < authority->count; i++) {
		const knot_rrset_t *rr = knot_pkt_rr(authority, (uint16_t)i);

		if (is_data(rr) && rr->type == KNOT_RRTYPE_SOA &&
		    rr->rrs.count && !(rr->ttl >> 31))
			return least(rr->ttl, knot_soa_minimum(rr->rrs.rdata));
	}
	return 0;
}

static uint32_t keep_ttl(const knot_pkt_t *pkt, uint16_t type, uint8_t rcode)
{
	bool has = false;
	uint32_t ttl = least_ttl(knot_pkt_section(pkt, KNOT_ANSWER),
				 DNS_KEEP_MAX, type, &has);

	if (has && rcode == KNOT_RCODE_NOERROR)
		return ttl;
	ttl = least(ttl, DNS_KEEP_NO_MAX);
	return least(ttl, negative_ttl(knot_pkt_section(pkt, KNOT_AUTHORITY)));
}

/* ---- messages ----------------------------------------------------------- */

static struct dns_answer *read_sections(struct reader *r, const knot_pkt_t *pkt)
{
	struct dns_answer head = {0}, *answer;

	for (unsigned int i = 0; i < 3; i++) {
		size_t before = r->len;

		if (!put_section(r, knot_pkt_section(pkt, KNOT_ANSWER + i),
				 &head.counts[i]))
			return NULL;
		head.lens[i] = (uint32_t)(r->len - before);
	}
	answer = xmalloc(sizeof(*answer) + r->len);
	*answer = head;
	memcpy(answer->data, r->data, r->len);
	return answer;
}

static struct dns_answer *read_message(const knot_pkt_t *pkt,
				       const struct dns_name *name, uint16_t type)
{
	uint16_t rcode = knot_pkt_ext_rcode(pkt);
	struct reader r = { .name = name };
	struct dns_answer *answer;

	if (rcode != KNOT_RCODE_NOERROR && rcode != KNOT_RCODE_NXDOMAIN)
		return NULL;
	r.data = xmalloc(SIZE_MAX_OF);
	answer = read_sections(&r, pkt);
	free(r.data);
	if (!answer)
		return NULL;
	answer->name = *name;
	answer->type = type;
	answer->rcode = (uint8_t)rcode;
	answer->ttl = keep_ttl(pkt, type, answer->rcode);
	return answer;
}

struct dns_answer *dns_answer_read(uint8_t *packet, size_t len,
				   const struct dns_name *name, uint16_t type)
{
	knot_pkt_t *pkt = knot_pkt_new(packet, (uint16_t)len, NULL);
	struct dns_answer *answer = NULL;

	if (!pkt)
		ipsvc_out_of_memory();
	if (knot_pkt_parse(pkt, 0) == KNOT_EOK)
		answer = read_message(pkt, name, type);
	knot_pkt_free(pkt);
	return answer;
}

size_t dns_answer_len(const struct dns_answer *answer, unsigned int sections)
{
	size_t len = 0;

	for (unsigned int i = 0; i < sections; i++)
		len += answer->lens[i];
	return len;
}

/* ---- writing ------------------------------------------------------------- */

/* A record of an answer, and where its parts are in the answer's data. */
struct record {
	bool refers;		/* its owner is a reference */
	size_t owner;		/* what that means; the same of the same owner */
	size_t fixed, rdata, end;	/* fixed: type, class, TTL and length */
	uint16_t type;
};

static struct record record_at(const uint8_t *data, size_t at)
{
	uint16_t pointer = knot_wire_read_u16(data + at);
	struct record r = { .refers = pointer >= POINTER };

	r.owner = r.refers ? pointer & ~POINTER : at + 1;
	r.fixed = at + (r.refers ? 2 : knot_dname_size(data + at));
	r.type = knot_wire_read_u16(data + r.fixed);
	r.rdata = r.fixed + 10;
	r.end = r.rdata + knot_wire_read_u16(data + r.fixed + 8);
	return r;
}

/*
 * Lets the addresses of each name, which follow one another, begin with another one.
 * Owners stay, which others refer to: addresses are of one size.
 */
static void rotate(const struct dns_answer *answer, uint8_t *to,
		   unsigned int turn)
{
	const uint8_t *from = answer->data;
	struct record r;

	for (size_t at = 0; at < answer->lens[0]; at = r.end) {
		struct record first = record_at(from, at), next;
		size_t size = first.end - first.rdata, n = 1;

		for (r = first; r.end < answer->lens[0]; r = next, n++) {
			next = record_at(from, r.end);
			if (next.owner != first.owner || next.type != first.type ||
			    next.end - next.rdata != size)
				break;
		}
		if (first.type != KNOT_RRTYPE_A && first.type != KNOT_RRTYPE_AAAA)
			continue;
		/* All but the first have a reference as their owner. */
		for (size_t i = 0, k = turn % n; i < n; i++, k = (k + 1) % n)
			memcpy(to + first.rdata + i * (12 + size),
			       from + first.rdata + k * (12 + size), size);
	}
}

void dns_answer_write(const struct dns_answer *answer, unsigned int sections,
		      uint8_t *out, size_t base, size_t owner, uint32_t age,
		      unsigned int turn)
{
	size_t len = dns_answer_len(answer, sections);
	uint8_t *to = out + base;
	struct record r;

	memcpy(to, answer->data, len);
	for (size_t at = 0; at < len; at = r.end) {
		uint32_t ttl;

		r = record_at(answer->data, at);
		if (r.refers)
			knot_wire_write_u16(to + at, (uint16_t)(POINTER |
					    (r.owner ? base + r.owner - 1 :
						       owner)));
		ttl = knot_wire_read_u32(to + r.fixed + 4);
		knot_wire_write_u32(to + r.fixed + 4, ttl > age ? ttl - age : 0);
	}
	rotate(answer, to, turn);
}
