/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of other servers, for the cluster of dns_env.h. */
#ifndef IPSVC_TESTS_DNS_ANSWER_ENV_H
#define IPSVC_TESTS_DNS_ANSWER_ENV_H

#include "tests/dns_env.h"

static inline struct dns_name name_of(const char *text)
{
	struct dns_name name;

	assert_true(dns_name_parse(text, &name));
	return name;
}

struct record {
	const char *owner, *type;
	uint32_t ttl;
	const char *data;	/* a name, or an address */
	knot_section_t section;
};

static inline void put_record(knot_pkt_t *pkt, const struct record *r)
{
	uint8_t rdata[600];
	size_t len = 0;
	knot_dname_t *owner = knot_dname_from_str_alloc(r->owner);
	knot_rrset_t rr;
	uint16_t type;

	assert_int_equal(knot_rrtype_from_string(r->type, &type), 0);
	if (type == KNOT_RRTYPE_A) {
		struct in6_addr addr = dns_ip(r->data);

		memcpy(rdata, addr.s6_addr + 12, 4);
		len = 4;
	} else {
		struct dns_name name = name_of(r->data);

		memcpy(rdata, name.wire, name.len);
		len = name.len;
	}
	if (type == KNOT_RRTYPE_SOA) {
		memcpy(rdata + len, rdata, len);
		len *= 2;
		for (uint32_t i = 1; i <= 5; i++, len += 4)
			knot_wire_write_u32(rdata + len, i * 10);
	}
	knot_rrset_init(&rr, owner, type, KNOT_CLASS_IN, r->ttl);
	assert_int_equal(knot_rrset_add_rdata(&rr, rdata, (uint16_t)len, NULL), 0);
	assert_int_equal(knot_pkt_put(pkt, KNOT_COMPR_HINT_NONE, &rr,
				      KNOT_PF_FREE | KNOT_PF_NOTRUNC), 0);
}

/* The message that another server sends; its length. */
static inline size_t make_message(uint8_t *out, size_t size, const char *name,
			   uint16_t type, uint8_t rcode,
			   const struct record *records)
{
	knot_pkt_t *pkt = knot_pkt_new(out, (uint16_t)size, NULL);
	knot_dname_t *qname = knot_dname_from_str_alloc(name);
	knot_section_t section = KNOT_ANSWER;
	size_t len;

	memset(out, 0, 12);
	knot_wire_set_qr(out);
	knot_wire_set_rcode(out, rcode);
	knot_pkt_put_question(pkt, qname, KNOT_CLASS_IN, type);
	knot_pkt_begin(pkt, KNOT_ANSWER);
	for (; records->owner; records++) {
		if (records->section != section)
			knot_pkt_begin(pkt, records->section);
		section = records->section;
		put_record(pkt, records);
	}
	len = pkt->size;
	knot_dname_free(qname, NULL);
	knot_pkt_free(pkt);
	return len;
}

static inline struct dns_answer *read_answer(const char *name, uint16_t type,
				      uint8_t rcode,
				      const struct record *records)
{
	static uint8_t out[KNOT_WIRE_MAX_PKTSIZE];
	struct dns_name lower = name_of(name);
	size_t len = make_message(out, sizeof(out), name, type, rcode, records);

	return dns_answer_read(out, len, &lower, type);
}

static const struct record cdn[] = {
	{ "WWW.Example.com", "CNAME", 300, "cdn.example.net", KNOT_ANSWER },
	{ "cdn.example.net", "A", 60, "192.0.2.1", KNOT_ANSWER },
	{ "cdn.example.net", "A", 60, "192.0.2.2", KNOT_ANSWER },
	{ "example.net", "NS", 20, "ns.example.net", KNOT_AUTHORITY },
	{ "ns.example.net", "A", 10, "192.0.2.53", KNOT_ADDITIONAL },
	{ 0 },
};

/* What a server answers whose names others know. */
static inline struct dns_env *forwarding_env(struct dns_routes *routes)
{
	struct dns_env *env = dns_env_new(NULL);

	dns_env_fill(env);
	*routes = (struct dns_routes){0};
	assert_true(dns_routes_add_stub(routes, "example.com=10.0.0.1"));
	env->responder.routes = routes;
	return env;
}

static inline const char *ask_with(struct dns_env *env, const char *name,
			    const char *type, const struct dns_answer *answer,
			    uint32_t age)
{
	uint8_t packet[512];
	struct dns_request req = {
		.packet = packet, .client = &env->client, .addr = env->addr,
		.tcp = env->tcp, .turn = env->turn, .answer = answer,
		.age = age,
	};

	req.len = dns_question(packet, name, type);
	dns_read_begin(&env->epoch, 0);
	dns_respond(&env->responder, &req, env->out, sizeof(env->out),
		    &env->response);
	dns_read_end(&env->epoch, 0);
	if (env->response.outcome == DNS_FORWARD) {
		char target[KNOT_DNAME_TXT_MAXLEN + 1];

		ipsvc_buf_reset(&env->text);
		ipsvc_buf_printf(&env->text, "FORWARD %s",
				 knot_dname_to_str(target,
						   env->response.target.wire,
						   sizeof(target)));
		return env->text.data;
	}
	return dns_text(env);
}

#endif
