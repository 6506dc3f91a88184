// SPDX-License-Identifier: GPL-2.0-or-later
#include "respond.h"

#include <libknot/consts.h>
#include <libknot/cookies.h>
#include <libknot/descriptor.h>
#include <libknot/errcode.h>
#include <libknot/packet/wire.h>
#include <libknot/wire.h>
#include <string.h>

#include "base/ip.h"
#include "edns.h"

#define POINTER		0xc000
#define CHAIN_MAX	8	/* names that an alias leads over */
/* As long as nobody's clock is off by more. */
#define COOKIE_LIFETIME	3600
#define COOKIE_SKEW	300

#define FLAG_AA		0x0400
#define FLAG_TC		0x0200
#define FLAG_RD		0x0100
#define FLAG_RA		0x0080
#define FLAG_CD		0x0010

/* An answer in the making. */
struct message {
	const struct dns_responder *responder;
	const struct dns_request *req;
	struct dns_response *response;
	uint8_t *out;
	size_t len;
	size_t limit;		/* of records; there is room for OPT after it */
	size_t apex;		/* where in the question our zone begins */
	uint16_t flags, answers, authorities, extras;
	uint16_t rcode;		/* of which the upper bits are in OPT */
};

/* ---- header, question and OPT ------------------------------------------- */

static size_t opt_size(const struct message *m)
{
	const struct dns_query *q = &m->response->query;

	if (!q->edns)
		return 0;
	return KNOT_EDNS_MIN_SIZE + (q->cookie ? 4u + 24 : 0) +
	       (q->nsid ? 4u + strlen(m->responder->nsid) : 0);
}

static size_t size_limit(const struct message *m, size_t size)
{
	const struct dns_query *q = &m->response->query;
	size_t limit = DNS_UDP_MIN;

	if (m->req->tcp)
		limit = KNOT_WIRE_MAX_PKTSIZE;
	else if (q->edns && q->udp_size > DNS_UDP_MIN)
		limit = q->udp_size < DNS_UDP_MAX ? q->udp_size : DNS_UDP_MAX;
	return limit < size ? limit : size;
}

static void begin(struct message *m, size_t size)
{
	const struct dns_routes *routes = m->responder->routes;
	const struct dns_query *q = &m->response->query;

	m->len = KNOT_WIRE_HEADER_SIZE + q->question;
	memcpy(m->out + KNOT_WIRE_HEADER_SIZE,
	       q->packet + KNOT_WIRE_HEADER_SIZE, q->question);
	m->limit = size_limit(m, size) - opt_size(m);
	m->flags = (uint16_t)(0x8000 | q->opcode << 11 |
			      (q->flags & (FLAG_RD | FLAG_CD)));
	if (routes && routes->n)
		m->flags |= FLAG_RA;
}

static struct sockaddr_storage server_address(void)
{
	/* Cookies are those of the client, whichever address it asked. */
	return (struct sockaddr_storage){ .ss_family = AF_UNSPEC };
}

static knot_edns_cookie_params_t cookie_params(const struct message *m,
				const struct sockaddr_storage *server)
{
	knot_edns_cookie_params_t params = {
		.version = KNOT_EDNS_COOKIE_VERSION,
		.timestamp = m->req->now,
		.lifetime_before = COOKIE_LIFETIME,
		.lifetime_after = COOKIE_SKEW,
		.client_addr = m->req->client,
		.server_addr = server,
	};

	memcpy(params.secret, m->responder->cookie_secret,
	       sizeof(params.secret));
	return params;
}

/* Whether the client has shown before that it is at this address. */
static bool check_cookie(const struct message *m)
{
	const struct dns_query *q = &m->response->query;
	struct sockaddr_storage server = server_address();
	knot_edns_cookie_params_t params = cookie_params(m, &server);
	knot_edns_cookie_t client = { .len = 8 }, ours;

	if (q->cookie_len <= client.len)
		return false;
	memcpy(client.data, q->cookie, client.len);
	ours.len = (uint16_t)(q->cookie_len - client.len);
	memcpy(ours.data, q->cookie + client.len, ours.len);
	return knot_edns_cookie_server_check(&ours, &client, &params) ==
	       KNOT_EOK;
}

static uint8_t *put_cookie(const struct message *m, uint8_t *p)
{
	struct sockaddr_storage server = server_address();
	knot_edns_cookie_params_t params = cookie_params(m, &server);
	knot_edns_cookie_t client = { .len = 8 }, ours;
	uint8_t both[24];

	memcpy(client.data, m->response->query.cookie, client.len);
	if (knot_edns_cookie_server_generate(&ours, &client, &params) !=
	    KNOT_EOK || ours.len != 16)
		return p;
	memcpy(both, client.data, 8);
	memcpy(both + 8, ours.data, 16);
	return dns_opt_put(p, KNOT_EDNS_OPTION_COOKIE, both, sizeof(both));
}

static void put_opt(struct message *m)
{
	const struct dns_query *q = &m->response->query;
	uint8_t *start = m->out + m->len, *p;

	if (!q->edns)
		return;
	p = dns_opt_begin(start, DNS_UDP_MAX, q->dnssec_ok);
	start[5] = (uint8_t)(m->rcode >> 4);
	if (q->cookie)
		p = put_cookie(m, p);
	if (q->nsid && *m->responder->nsid)
		p = dns_opt_put(p, KNOT_EDNS_OPTION_NSID, m->responder->nsid,
				strlen(m->responder->nsid));
	dns_opt_end(start, p);
	m->len += (size_t)(p - start);
	m->extras++;
}

static void end(struct message *m)
{
	const struct dns_query *q = &m->response->query;

	put_opt(m);
	knot_wire_set_id(m->out, q->id);
	knot_wire_write_u16(m->out + 2,
			    (uint16_t)(m->flags | (m->rcode & 15)));
	knot_wire_set_qdcount(m->out, q->question ? 1 : 0);
	knot_wire_set_ancount(m->out, m->answers);
	knot_wire_set_nscount(m->out, m->authorities);
	knot_wire_set_arcount(m->out, m->extras);
	m->response->outcome = DNS_REPLY;
	m->response->rcode = (uint8_t)m->rcode;
	m->response->truncated = m->flags & FLAG_TC;
	m->response->len = m->len;
}

/* ---- records ------------------------------------------------------------ */

/* How many bytes of whole records at @p, of @n bytes, fit; *@count of them. */
static size_t that_fits(const uint8_t *p, size_t n, size_t room, uint16_t *count)
{
	size_t len = 0;

	*count = 0;
	while (len < n) {
		/* The name of each is a pointer. */
		size_t next = 12u + knot_wire_read_u16(p + len + 10);

		if (len + next > room)
			break;
		len += next;
		++*count;
	}
	return len;
}

/* Lets names of records point to @owner instead of to the question. */
static void set_owner(uint8_t *p, size_t len, size_t owner)
{
	const uint8_t *end_of = p + len;

	for (; p < end_of; p += 12u + knot_wire_read_u16(p + 10))
		knot_wire_write_u16(p, (uint16_t)(POINTER | owner));
}

/* Addresses in turn, the first of them another one each time. */
static void copy_rotated(uint8_t *to, const uint8_t *from, size_t len,
			 unsigned int turn, unsigned int count)
{
	size_t first = turn % count * (len / count);

	memcpy(to, from + first, len - first);
	memcpy(to + len - first, from, first);
}

static bool is_address(uint16_t type)
{
	return type == KNOT_RRTYPE_A || type == KNOT_RRTYPE_AAAA;
}

/* All of a set; @owner is where its name is in the message. */
static void put_set(struct message *m, const struct dns_node *node,
		    const struct dns_set *set, size_t owner)
{
	const uint8_t *from = dns_set_data(node, set);
	uint8_t *to = m->out + m->len;
	size_t len = set->len;
	uint16_t count = set->count;

	if (len > m->limit - m->len) {
		m->flags |= FLAG_TC;
		len = that_fits(from, len, m->limit - m->len, &count);
	}
	if (set->cut)
		m->flags |= FLAG_TC;
	if (len == set->len && is_address(set->type) && count > 1)
		copy_rotated(to, from, len, m->req->turn, count);
	else
		memcpy(to, from, len);
	if (owner != KNOT_WIRE_HEADER_SIZE)
		set_owner(to, len, owner);
	m->len += len;
	m->answers += count;
	/* What is added may be left out without a word (RFC 2181 §9). */
	if (len < set->len || owner != KNOT_WIRE_HEADER_SIZE ||
	    !set->extra_len || set->extra_len > m->limit - m->len)
		return;
	memcpy(m->out + m->len, from + set->len, set->extra_len);
	m->len += set->extra_len;
	m->extras += set->extra_count;
}

/* False when there is no room, which the message says then. */
static bool put_record(struct message *m, size_t owner, uint16_t type,
		       uint32_t ttl, const void *data, size_t len)
{
	uint8_t *p = m->out + m->len;

	if (12 + len > m->limit - m->len) {
		m->flags |= FLAG_TC;
		return false;
	}
	knot_wire_write_u16(p, (uint16_t)(POINTER | owner));
	knot_wire_write_u16(p + 2, type);
	knot_wire_write_u16(p + 4, KNOT_CLASS_IN);
	knot_wire_write_u32(p + 6, ttl);
	knot_wire_write_u16(p + 10, (uint16_t)len);
	memcpy(p + 12, data, len);
	m->len += 12 + len;
	return true;
}

/* Of what is not there: how long one may remember that (RFC 2308). */
static void put_soa(struct message *m)
{
	const struct dns_zone *zone = m->responder->zone;
	uint32_t ttl = zone->config.ttl < 300 ? zone->config.ttl : 300;
	uint8_t soa[sizeof(zone->soa)];
	size_t len = dns_zone_soa(zone, soa);

	m->authorities += put_record(m, KNOT_WIRE_HEADER_SIZE + m->apex,
				     KNOT_RRTYPE_SOA, ttl, soa, len);
}

static void put_pod(struct message *m, const struct in6_addr *addr, size_t owner)
{
	bool four = ipsvc_ip_is4(addr);
	size_t len = four ? 4 : 16;

	m->answers += put_record(m, owner,
				 four ? KNOT_RRTYPE_A : KNOT_RRTYPE_AAAA,
				 m->responder->zone->config.ttl,
				 addr->s6_addr + 16 - len, len);
}

/* One record instead of all (RFC 8482). */
static void put_any(struct message *m)
{
	static const char hinfo[] = "\7RFC8482";	/* and an empty string */

	m->answers += put_record(m, KNOT_WIRE_HEADER_SIZE, KNOT_RRTYPE_HINFO,
				 m->responder->zone->config.ttl, hinfo,
				 sizeof(hinfo));
}

/*
 * What others answered. Sections that need not be there are left out before the
 * message is cut.
 */
static void put_foreign(struct message *m, size_t owner)
{
	const struct dns_answer *a = m->req->answer;
	uint16_t *const counts[] = { &m->answers, &m->authorities, &m->extras };
	unsigned int sections = 3, needed = a->counts[0] ? 1 : 2;

	m->rcode = a->rcode;
	while (sections > needed &&
	       dns_answer_len(a, sections) > m->limit - m->len)
		sections--;
	if (dns_answer_len(a, sections) > m->limit - m->len) {
		m->flags |= FLAG_TC;
		return;
	}
	dns_answer_write(a, sections, m->out, m->len, owner, m->req->age,
			 m->req->turn);
	m->len += dns_answer_len(a, sections);
	for (unsigned int i = 0; i < sections; i++)
		*counts[i] += a->counts[i];
}

/* ---- answers ------------------------------------------------------------ */

/* The end of the chain is known; @owner is where its name is. */
static void put_found(struct message *m, const struct dns_found *found,
		      size_t owner)
{
	switch (found->result) {
	case DNS_ANSWER:
		put_set(m, found->node, found->set, owner);
		break;
	case DNS_POD:
		put_pod(m, &found->addr, owner);
		break;
	case DNS_NXDOMAIN:
		m->rcode = KNOT_RCODE_NXDOMAIN;
		put_soa(m);
		break;
	case DNS_NODATA:
		put_soa(m);
		break;
	default:		/* an alias is the whole answer */
		break;
	}
}

/* Whether others may be asked for @name. */
static bool is_routed(const struct message *m, const uint8_t *name, size_t len)
{
	const struct dns_routes *routes = m->responder->routes;

	return routes && m->response->query.flags & FLAG_RD &&
	       dns_routes_find(routes, name, len);
}

/*
 * @name is of another domain; it is at @owner in the message. Puts what its servers have
 * answered. False, with the name as the target, when they have not been asked yet.
 */
static bool put_elsewhere(struct message *m, const uint8_t *name, size_t len,
			  size_t owner)
{
	const struct dns_answer *a = m->req->answer;
	struct dns_name *target = &m->response->target;

	if (!is_routed(m, name, len)) {
		if (owner == KNOT_WIRE_HEADER_SIZE)
			m->rcode = KNOT_RCODE_REFUSED;
		return true;
	}
	if (a && a->name.len == len && !memcmp(a->name.wire, name, len)) {
		put_foreign(m, owner);
		return true;
	}
	target->len = (uint8_t)len;
	memcpy(target->wire, name, len);
	return false;
}

/*
 * Goes on with what was found at @name, which is at @owner; over aliases, as long as
 * they lead to names of the cluster. False when others are to be asked first.
 */
static bool put_chain(struct message *m, struct dns_found *found,
		      const uint8_t *name, size_t name_len, size_t owner)
{
	const struct dns_zone *zone = m->responder->zone;

	for (int i = 0; found->result == DNS_CNAME && i < CHAIN_MAX; i++) {
		size_t before = m->len;

		name = dns_set_data(found->node, found->set) + 12;
		name_len = found->set->len - 12;
		put_set(m, found->node, found->set, owner);
		if (m->len == before)
			return true;
		owner = before + 12;
		dns_zone_find(zone, name, name_len, m->response->query.type,
			      found);
	}
	if (found->result == DNS_ELSEWHERE)
		return put_elsewhere(m, name, name_len, owner);
	if (found->result != DNS_CNAME)
		put_found(m, found, owner);
	return true;
}

/* ---- search lists -------------------------------------------------------- */

/*
 * The name of the question is below the domain that a Pod searches first, that of
 * its namespace. *@base: bytes of what the Pod was asked for.
 */
static bool is_searched(const struct message *m, size_t *base)
{
	const struct dns_zone *zone = m->responder->zone;
	const struct dns_query *q = &m->response->query;
	const char *ns = zone->config.clients ?
			 dns_zone_client(zone, &m->req->addr) : NULL;
	struct dns_name first;

	if (!ns || !dns_name_child(&first, ns, &zone->svc) ||
	    q->name.len <= first.len ||
	    !dns_name_is_below(q->name.wire, q->name.len, &first))
		return false;
	*base = q->name.len - first.len;
	return true;
}

/* Others said that there is no such name. */
static bool is_denied(const struct message *m, const struct dns_name *name)
{
	const struct dns_answer *a = m->req->answer;

	return a && a->rcode == KNOT_RCODE_NXDOMAIN && a->name.len == name->len &&
	       !memcmp(a->name.wire, name->wire, name->len);
}

/* The next of the names that the Pod would try that is there, or may be. */
static bool complete(const struct message *m, size_t base, struct dns_name *name,
		     struct dns_found *found)
{
	static const struct dns_name root = { .len = 1 };
	const struct dns_zone *zone = m->responder->zone;
	const struct dns_query *q = &m->response->query;
	const struct dns_name *const domains[] = {
		&zone->svc, &zone->config.domain, &root,
	};

	for (size_t i = 0; i < 3; i++) {
		const struct dns_name *domain = domains[i];

		/* Each is shorter than the first one. */
		memcpy(name->wire, q->name.wire, base);
		memcpy(name->wire + base, domain->wire, domain->len);
		name->len = (uint8_t)(base + domain->len);
		dns_zone_find(zone, name->wire, name->len, q->type, found);
		if (found->result == DNS_ELSEWHERE)
			return is_routed(m, name->wire, name->len) &&
			       !is_denied(m, name);
		if (found->result != DNS_NXDOMAIN)
			return true;
	}
	return false;
}

/* What was found at @name, behind an alias where there are records. */
static bool put_completed(struct message *m, const struct dns_name *name,
			  struct dns_found *found)
{
	const struct dns_answer *a = m->req->answer;
	size_t owner = KNOT_WIRE_HEADER_SIZE;
	bool records = found->result == DNS_ELSEWHERE ? !a || a->counts[0] :
		       found->result != DNS_NODATA;

	if (records) {
		if (!put_record(m, owner, KNOT_RRTYPE_CNAME,
				m->responder->zone->config.ttl, name->wire,
				name->len))
			return true;
		m->answers++;
		owner = m->len - name->len;
	}
	return put_chain(m, found, name->wire, name->len, owner);
}

/* False when others are to be asked first. */
static bool answer(struct message *m)
{
	const struct dns_query *q = &m->response->query;
	struct dns_found found, other;
	struct dns_name name;
	size_t base;

	dns_zone_find(m->responder->zone, q->name.wire, q->name.len, q->type,
		      &found);
	m->apex = found.apex;
	if (found.result == DNS_NOT_READY) {
		m->rcode = KNOT_RCODE_SERVFAIL;
		return true;
	}
	if (found.result != DNS_ELSEWHERE)
		m->flags |= FLAG_AA;
	if (q->type == KNOT_RRTYPE_ANY && found.result != DNS_NXDOMAIN &&
	    found.result != DNS_ELSEWHERE) {
		put_any(m);
		return true;
	}
	if (found.result == DNS_NXDOMAIN && is_searched(m, &base) &&
	    complete(m, base, &name, &other))
		return put_completed(m, &name, &other);
	return put_chain(m, &found, q->name.wire, q->name.len,
			 KNOT_WIRE_HEADER_SIZE);
}

/* What is refused before anything is looked for; 0: nothing. */
static uint16_t refusal(const struct message *m)
{
	const struct dns_query *q = &m->response->query;

	if (!dns_acl_has(m->responder->acl, &m->req->addr))
		return KNOT_RCODE_REFUSED;
	if (q->opcode == KNOT_OPCODE_UPDATE || q->opcode == KNOT_OPCODE_NOTIFY)
		return KNOT_RCODE_REFUSED;
	if (q->opcode != KNOT_OPCODE_QUERY)
		return KNOT_RCODE_NOTIMPL;
	if (q->edns && q->version)
		return KNOT_RCODE_BADVERS;
	if (q->class != KNOT_CLASS_IN)
		return KNOT_RCODE_REFUSED;
	if (q->type == KNOT_RRTYPE_AXFR || q->type == KNOT_RRTYPE_IXFR)
		return KNOT_RCODE_REFUSED;
	if (q->type == 0 || q->type == KNOT_RRTYPE_OPT ||
	    q->type == KNOT_RRTYPE_TSIG || q->type == KNOT_RRTYPE_TKEY)
		return KNOT_RCODE_FORMERR;
	return 0;
}

void dns_respond(const struct dns_responder *responder,
		 const struct dns_request *req, uint8_t *out, size_t size,
		 struct dns_response *response)
{
	struct message m = {
		.responder = responder, .req = req, .response = response,
		.out = out,
	};
	enum dns_parsed parsed = dns_query_parse(req->packet, req->len,
						 &response->query);

	response->outcome = DNS_IGNORE;
	response->known = false;
	if (parsed == DNS_NO_QUERY)
		return;
	begin(&m, size);
	if (response->query.cookie)
		response->known = check_cookie(&m);
	m.rcode = parsed == DNS_MALFORMED ? KNOT_RCODE_FORMERR : refusal(&m);
	if (m.rcode || answer(&m))
		end(&m);
	else
		response->outcome = DNS_FORWARD;
}

void dns_respond_empty(const struct dns_responder *responder,
		       const struct dns_request *req, uint8_t rcode,
		       bool truncated, uint8_t *out, size_t size,
		       struct dns_response *response)
{
	struct message m = {
		.responder = responder, .req = req, .response = response,
		.out = out, .rcode = rcode,
	};

	begin(&m, size);
	if (truncated)
		m.flags |= FLAG_TC;
	end(&m);
}
