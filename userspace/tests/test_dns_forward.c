// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of other domains: who is asked, how, and what becomes of the answer. */
#include <stdio.h>

#include "dns/address.h"
#include "dns/ask.h"
#include "dns/cache.h"
#include "tests/dns_answer_env.h"

/* ---- who is asked ------------------------------------------------------- */

static const char *servers_text(const struct dns_servers *servers, char *text,
				size_t size)
{
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; servers && i < servers->n; i++) {
		struct in6_addr ip = dns_address_ip(&servers->addrs[i]);
		char buf[INET6_ADDRSTRLEN];

		len += (size_t)snprintf(text + len, size - len, "%s%s %u",
					i ? ", " : "", ipsvc_ip_format(&ip, buf),
					dns_address_port(&servers->addrs[i]));
	}
	return text;
}

static void test_resolv_conf(void **state)
{
	static const char conf[] =
		"# nameserver 10.9.9.9\n"
		"; nameserver 10.9.9.9\n"
		"nameserver 10.0.0.1\n"
		"\tnameserver\t10.0.0.2   \n"
		"nameserverx 10.9.9.9\n"
		"nameserver\n"
		"nameserver fe80::1%eth0\n"
		"search nameserver 10.9.9.9\n"
		"nameserver fd00::1 # mine\n"
		"options ndots:5\n"
		"nameserver 10.0.0.3";
	struct dns_servers servers;
	char text[512];

	(void)state;
	dns_servers_of_resolv_conf(conf, &servers);
	assert_string_equal(servers_text(&servers, text, sizeof(text)),
			    "10.0.0.1 53, 10.0.0.2 53, fd00::1 53, 10.0.0.3 53");
	dns_servers_of_resolv_conf("", &servers);
	assert_int_equal(servers.n, 0);
	*text = '\0';
	for (int i = 0; i < 20; i++)
		strcat(text, "nameserver 10.0.0.1\n");
	dns_servers_of_resolv_conf(text, &servers);
	assert_int_equal(servers.n, DNS_SERVERS_MAX);
}

static void test_routes(void **state)
{
	static const char *const wrong[] = {
		"", "example.com", "=10.0.0.1", "example.com=",
		"example.com=10.0.0.1,", "example.com=x",
		"a..b=10.0.0.1",
		"a=10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1,10.0.0.1",
	};
	static const char *const want[][2] = {
		{ "example.com", "10.0.0.1 53, fd00::1 5353" },
		{ "www.example.com", "10.0.0.1 53, fd00::1 5353" },
		{ "deep.www.sub.example.com", "10.0.0.2 53" },
		{ "wwwexample.com", "" }, { "com", "" }, { ".", "" },
	};
	struct dns_routes routes = {0};
	struct dns_servers servers;
	struct dns_name name;
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(dns_routes_add_stub(&routes, wrong[i]));
	assert_true(dns_routes_add_stub(&routes,
					"Example.com=10.0.0.1,[fd00::1]:5353"));
	assert_true(dns_routes_add_stub(&routes, "sub.example.com.=10.0.0.2"));
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		name = name_of(want[i][0]);
		assert_string_equal(servers_text(dns_routes_find(&routes,
				name.wire, name.len), text, sizeof(text)),
				    want[i][1]);
	}
	assert_true(dns_servers_parse("10.0.0.9", &servers));
	name = name_of(".");
	dns_routes_add(&routes, &name, &servers);
	name = name_of("com");
	assert_string_equal(servers_text(dns_routes_find(&routes, name.wire,
				name.len), text, sizeof(text)), "10.0.0.9 53");
	dns_routes_free(&routes);
}

/* ---- how they are asked ------------------------------------------------- */

static void test_ask(void **state)
{
	struct dns_name name = name_of("www.example.com");
	struct dns_ask first, ask;
	bool other_id = false, other_case = false;
	knot_pkt_t *pkt;

	(void)state;
	dns_ask_make(&first, &name, KNOT_RRTYPE_AAAA, DNS_ASK_DO | DNS_ASK_CD,
		     true);
	pkt = knot_pkt_new(first.packet, (uint16_t)first.len, NULL);
	assert_int_equal(knot_pkt_parse(pkt, 0), 0);
	assert_int_equal(knot_pkt_qtype(pkt), KNOT_RRTYPE_AAAA);
	assert_true(knot_dname_is_case_equal(knot_pkt_qname(pkt), name.wire));
	assert_true(knot_wire_get_rd(first.packet));
	assert_true(knot_wire_get_cd(first.packet));
	assert_true(knot_pkt_has_dnssec(pkt));
	knot_pkt_free(pkt);
	for (int i = 0; i < 16; i++) {
		dns_ask_make(&ask, &name, KNOT_RRTYPE_A, 0, true);
		other_id |= memcmp(ask.packet, first.packet, 2) != 0;
		other_case |= memcmp(ask.packet + 12, first.packet + 12,
				     name.len) != 0;
	}
	assert_true(other_id && other_case);
	dns_ask_make(&ask, &name, KNOT_RRTYPE_A, 0, false);
	assert_int_equal(ask.len, 12 + name.len + 4);
}

static enum dns_asked check(const struct dns_ask *ask, const uint8_t *packet)
{
	return dns_ask_check(ask, packet, ask->len, false);
}

/* Each part of an answer that does not fit the question. */
static void test_forged(void **state)
{
	struct dns_name name = name_of("www.example.com");
	struct dns_ask ask;
	uint8_t packet[DNS_ASK_MAX], changed[DNS_ASK_MAX];

	(void)state;
	dns_ask_make(&ask, &name, KNOT_RRTYPE_A, 0, true);
	memcpy(packet, ask.packet, sizeof(packet));
	assert_int_equal(check(&ask, packet), DNS_ASKED_FOREIGN);
	knot_wire_set_qr(packet);
	assert_int_equal(check(&ask, packet), DNS_ASKED_ANSWER);
	for (size_t at = 0; at < 12u + name.len + 4; at++) {
		bool known = (at >= 2 && at < 4) || (at >= 6 && at < 12);

		memcpy(changed, packet, sizeof(changed));
		changed[at] ^= 1;
		if (!known)
			assert_int_equal(check(&ask, changed), DNS_ASKED_FOREIGN);
		memcpy(changed, packet, sizeof(changed));
		changed[at] ^= 0x20;
		if (at >= 12 && at < 12u + name.len &&
		    knot_dname_is_case_equal(changed + 12, name.wire))
			assert_int_equal(check(&ask, changed),
					 DNS_ASKED_OTHER_CASE);
	}
	for (size_t len = 0; len < 12u + name.len + 4; len++)
		assert_int_equal(dns_ask_check(&ask, packet, len, true),
				 DNS_ASKED_FOREIGN);
	knot_wire_set_rcode(packet, KNOT_RCODE_FORMERR);
	assert_int_equal(check(&ask, packet), DNS_ASKED_NO_EDNS);
	knot_wire_set_qdcount(packet, 0);
	assert_int_equal(check(&ask, packet), DNS_ASKED_NO_EDNS);
	knot_wire_set_qdcount(packet, 1);
	knot_wire_set_rcode(packet, KNOT_RCODE_SERVFAIL);
	assert_int_equal(check(&ask, packet), DNS_ASKED_FAILURE);
	knot_wire_set_tc(packet);
	assert_int_equal(check(&ask, packet), DNS_ASKED_TRUNCATED);
}

/* Where the case does not matter, the answer counts, whatever it says. */
static void test_any_case(void **state)
{
	struct dns_name name = name_of("www.example.com");
	struct dns_ask ask;
	uint8_t packet[DNS_ASK_MAX];

	(void)state;
	dns_ask_make(&ask, &name, KNOT_RRTYPE_A, 0, true);
	memcpy(packet, ask.packet, sizeof(packet));
	knot_wire_set_qr(packet);
	packet[13] ^= 0x20;
	assert_int_equal(dns_ask_check(&ask, packet, ask.len, true),
			 DNS_ASKED_ANSWER);
	knot_wire_set_rcode(packet, KNOT_RCODE_FORMERR);
	assert_int_equal(dns_ask_check(&ask, packet, ask.len, true),
			 DNS_ASKED_NO_EDNS);
	packet[13] ^= 1;
	assert_int_equal(dns_ask_check(&ask, packet, ask.len, true),
			 DNS_ASKED_FOREIGN);
}

/* ---- answers ------------------------------------------------------------ */

static void test_answer(void **state)
{
	struct dns_routes routes;
	struct dns_env *env = forwarding_env(&routes);
	struct dns_answer *answer = read_answer("www.example.com",
						KNOT_RRTYPE_A, 0, cdn);

	(void)state;
	assert_non_null(answer);
	assert_int_equal(answer->ttl, 60);
	assert_string_equal(ask_with(env, "www.example.com", "A", NULL, 0),
			    "FORWARD www.example.com.");
	assert_string_equal(ask_with(env, "www.EXAMPLE.com", "A", answer, 15),
		"NOERROR\n"
		"www.example.com. 285 CNAME cdn.example.net.\n"
		"cdn.example.net. 45 A 192.0.2.1\n"
		"cdn.example.net. 45 A 192.0.2.2\n"
		"^example.net. 5 NS ns.example.net.\n"
		"+ns.example.net. 0 A 192.0.2.53\n");
	/* Owners are pointers: to the question, and to names of the answer. */
	assert_true(env->response.len < 170);
	assert_true(knot_wire_get_ra(env->out));
	assert_string_equal(ask_with(env, "www.example.org", "A", NULL, 0),
			    "REFUSED\n");
	free(answer);
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* Another address of each name comes first each time; nothing else changes. */
static void test_turns(void **state)
{
	static const struct record records[] = {
		{ "a.example.com", "CNAME", 300, "cdn.example.net", KNOT_ANSWER },
		{ "cdn.example.net", "A", 60, "192.0.2.1", KNOT_ANSWER },
		{ "cdn.example.net", "A", 60, "192.0.2.2", KNOT_ANSWER },
		{ "cdn.example.net", "A", 60, "192.0.2.3", KNOT_ANSWER },
		{ "other.example.net", "A", 60, "192.0.2.8", KNOT_ANSWER },
		{ "other.example.net", "A", 60, "192.0.2.9", KNOT_ANSWER },
		{ "ns.example.net", "A", 10, "192.0.2.53", KNOT_ADDITIONAL },
		{ "ns.example.net", "A", 10, "192.0.2.54", KNOT_ADDITIONAL },
		{ 0 },
	};
	struct dns_routes routes;
	struct dns_env *env = forwarding_env(&routes);
	struct dns_answer *answer = read_answer("a.example.com", KNOT_RRTYPE_A,
						0, records);

	(void)state;
	for (env->turn = 0; env->turn < 4; env->turn++) {
		unsigned int turn = env->turn;
		char text[512];

		snprintf(text, sizeof(text),
			 "NOERROR\n"
			 "a.example.com. 300 CNAME cdn.example.net.\n"
			 "cdn.example.net. 60 A 192.0.2.%u\n"
			 "cdn.example.net. 60 A 192.0.2.%u\n"
			 "cdn.example.net. 60 A 192.0.2.%u\n"
			 "other.example.net. 60 A 192.0.2.%u\n"
			 "other.example.net. 60 A 192.0.2.%u\n"
			 "+ns.example.net. 10 A 192.0.2.53\n"
			 "+ns.example.net. 10 A 192.0.2.54\n",
			 1 + turn % 3, 1 + (turn + 1) % 3, 1 + (turn + 2) % 3,
			 8 + turn % 2, 8 + (turn + 1) % 2);
		assert_string_equal(ask_with(env, "a.example.com", "A", answer, 0),
				    text);
	}
	free(answer);
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* The question, and in @section a record of @type and @class without data. */
static size_t make_bare(uint8_t out[static 512], knot_section_t section,
			uint16_t type, uint16_t class)
{
	static const struct record none[] = { { 0 } };
	size_t len = make_message(out, 512, "www.example.com", KNOT_RRTYPE_A,
				  0, none);
	const uint8_t record[] = {
		0xc0, 12, (uint8_t)(type >> 8), (uint8_t)type,
		(uint8_t)(class >> 8), (uint8_t)class, 0, 0, 0, 60, 0, 0,
	};

	memcpy(out + len, record, sizeof(record));
	if (section == KNOT_ANSWER)
		knot_wire_set_ancount(out, 1);
	else
		knot_wire_set_nscount(out, 1);
	return len + sizeof(record);
}

/* Records of other classes may have any data, none for example; they are left out. */
static void test_other_classes(void **state)
{
	static const uint16_t classes[] = {
		KNOT_CLASS_ANY, KNOT_CLASS_NONE, KNOT_CLASS_CH,
	};
	static const uint16_t types[] = {
		KNOT_RRTYPE_SOA, KNOT_RRTYPE_A, KNOT_RRTYPE_CNAME,
	};
	struct dns_name name = name_of("www.example.com");

	(void)state;
	for (size_t i = 0; i < 3 * 3 * 2; i++) {
		uint8_t packet[512];
		size_t len = make_bare(packet,
				       i / 9 ? KNOT_ANSWER : KNOT_AUTHORITY,
				       types[i / 3 % 3], classes[i % 3]);
		struct dns_answer *answer;

		answer = dns_answer_read(packet, len, &name, KNOT_RRTYPE_A);
		assert_non_null(answer);
		assert_int_equal(dns_answer_len(answer, 3), 0);
		assert_int_equal(answer->counts[0] + answer->counts[1], 0);
		assert_int_equal(answer->ttl, 0);
		free(answer);
	}
}

/* Without RD nothing is asked of others. */
static void test_no_recursion(void **state)
{
	struct dns_routes routes;
	struct dns_env *env = forwarding_env(&routes);
	uint8_t packet[512];
	size_t len = dns_question(packet, "www.example.com", "A");

	(void)state;
	knot_wire_clear_rd(packet);
	dns_send(env, packet, len);
	assert_string_equal(dns_text(env), "REFUSED\n");
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* The target of an ExternalName Service is looked up for the client. */
static void test_external_name(void **state)
{
	static const char ext[] = "ext.default.svc.cluster.local";
	struct dns_routes routes;
	struct dns_env *env = forwarding_env(&routes);
	struct dns_answer *answer = read_answer("www.example.com",
						KNOT_RRTYPE_A, 0, cdn);
	struct dns_answer *none = read_answer("www.example.com", KNOT_RRTYPE_A,
		KNOT_RCODE_NXDOMAIN, (struct record[]){
			{ "example.com", "SOA", 30, "m", KNOT_AUTHORITY },
			{ 0 },
		});
	struct dns_answer *other = read_answer("x.example.com", KNOT_RRTYPE_A,
					       0, cdn);

	(void)state;
	assert_string_equal(ask_with(env, ext, "A", NULL, 0),
			    "FORWARD www.example.com.");
	assert_string_equal(ask_with(env, ext, "A", answer, 0),
		"NOERROR AA\n"
		"ext.default.svc.cluster.local. 5 CNAME www.example.com.\n"
		"www.example.com. 300 CNAME cdn.example.net.\n"
		"cdn.example.net. 60 A 192.0.2.1\n"
		"cdn.example.net. 60 A 192.0.2.2\n"
		"^example.net. 20 NS ns.example.net.\n"
		"+ns.example.net. 10 A 192.0.2.53\n");
	assert_string_equal(ask_with(env, ext, "A", none, 0),
		"NXDOMAIN AA\n"
		"ext.default.svc.cluster.local. 5 CNAME www.example.com.\n"
		"^example.com. 30 SOA m. m. 10 20 30 40 50\n");
	/* The answer to what the Service led to before. */
	assert_string_equal(ask_with(env, ext, "A", other, 0),
			    "FORWARD www.example.com.");
	assert_string_equal(ask_with(env, ext, "CNAME", NULL, 0),
		"NOERROR AA\n"
		"ext.default.svc.cluster.local. 5 CNAME www.example.com.\n");
	env->responder.routes = NULL;
	assert_string_equal(ask_with(env, ext, "A", NULL, 0),
		"NOERROR AA\n"
		"ext.default.svc.cluster.local. 5 CNAME www.example.com.\n");
	free(answer);
	free(none);
	free(other);
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* What does not fit: additional records, authority, then the answer is cut. */
static void test_sizes(void **state)
{
	struct record records[64] = {{0}};
	struct dns_routes routes;
	struct dns_env *env = forwarding_env(&routes);
	struct dns_answer *answer;
	static const unsigned int want[] = { 1, 20, 27, 28, 40 };

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		unsigned int n = want[i], k;

		for (k = 0; k < n; k++)
			records[k] = (struct record){
				"www.example.com", "A", 60, "192.0.2.1",
				KNOT_ANSWER };
		for (; k < n + 5; k++)
			records[k] = (struct record){
				"ns.example.com", "A", 60, "192.0.2.1",
				KNOT_ADDITIONAL };
		records[k] = (struct record){0};
		answer = read_answer("www.example.com", KNOT_RRTYPE_A, 0,
				     records);
		ask_with(env, "www.example.com", "A", answer, 0);
		assert_true(env->response.len <= DNS_UDP_MIN);
		assert_int_equal(env->response.truncated, n > 29);
		assert_int_equal(knot_wire_get_ancount(env->out), n > 29 ? 0 : n);
		assert_int_equal(knot_wire_get_arcount(env->out), n > 20 ? 0 : 5);
		env->tcp = true;
		ask_with(env, "www.example.com", "A", answer, 0);
		assert_false(env->response.truncated);
		assert_int_equal(knot_wire_get_ancount(env->out), n);
		env->tcp = false;
		free(answer);
	}
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* ---- what is kept ------------------------------------------------------- */

static uint32_t ttl_of(uint16_t type, uint8_t rcode, const struct record *records)
{
	struct dns_answer *answer = read_answer("www.example.com", type, rcode,
						records);
	uint32_t ttl;

	assert_non_null(answer);
	ttl = answer->ttl;
	free(answer);
	return ttl;
}

#define SOA(ttl)	{ "example.com", "SOA", ttl, "m", KNOT_AUTHORITY }
#define WWW(type, ttl, data) \
	{ "www.example.com", type, ttl, data, KNOT_ANSWER }

static void test_ttl(void **state)
{
	(void)state;
#define TTL(type, rcode, ...) \
	ttl_of(KNOT_RRTYPE_ ## type, KNOT_RCODE_ ## rcode, \
	       (struct record[]){ __VA_ARGS__, { 0 } })
	assert_int_equal(TTL(A, NOERROR, WWW("A", 70, "192.0.2.1"),
			     WWW("A", 60, "192.0.2.2")), 60);
	assert_int_equal(TTL(A, NOERROR, WWW("A", 0, "192.0.2.1")), 0);
	assert_int_equal(TTL(A, NOERROR, WWW("A", 90000, "192.0.2.1")),
			 DNS_KEEP_MAX);
	assert_int_equal(TTL(A, NOERROR, WWW("A", 0x80000001, "192.0.2.1")), 0);
	/* The SOA record's last number is 50. */
	assert_int_equal(TTL(A, NXDOMAIN, SOA(90)), 50);
	assert_int_equal(TTL(A, NXDOMAIN, SOA(40)), 40);
	assert_int_equal(TTL(A, NOERROR, SOA(40)), 40);
	assert_int_equal(TTL(A, NOERROR, WWW("CNAME", 30, "a.b"), SOA(40)), 30);
	assert_int_equal(TTL(A, NOERROR, WWW("CNAME", 30, "a.b")), 0);
	assert_int_equal(TTL(CNAME, NOERROR, WWW("CNAME", 30, "a.b")), 30);
	assert_int_equal(TTL(A, NXDOMAIN, { "example.com", "NS", 40, "m",
					    KNOT_AUTHORITY }), 0);
#undef TTL
	assert_null(read_answer("www.example.com", KNOT_RRTYPE_A,
				KNOT_RCODE_SERVFAIL, cdn));
}

static bool kept(struct dns_cache *cache, const char *name, uint8_t flags,
		 uint32_t now)
{
	struct dns_name wire = name_of(name);
	uint32_t age;
	const struct dns_answer *answer = dns_cache_find(cache, &wire,
							 KNOT_RRTYPE_A, flags,
							 now, &age);

	return answer && !memcmp(answer->name.wire, wire.wire, wire.len);
}

static void keep(struct dns_cache *cache, const char *name, uint8_t flags,
		 uint32_t now)
{
	struct dns_answer *answer = read_answer(name, KNOT_RRTYPE_A, 0, cdn);

	answer->flags = flags;
	dns_cache_put(cache, answer, now);
}

static void test_cache(void **state)
{
	struct dns_cache cache;
	uint32_t now = UINT32_MAX - 10;

	(void)state;
	dns_cache_init(&cache, 100);
	assert_false(kept(&cache, "a.example.com", 0, now));
	keep(&cache, "a.example.com", 0, now);
	assert_true(kept(&cache, "a.example.com", 0, now));
	assert_false(kept(&cache, "a.example.com", DNS_ASK_DO, now));
	assert_false(kept(&cache, "b.example.com", 0, now));
	/* 60 seconds; the clock starts again meanwhile. */
	assert_true(kept(&cache, "a.example.com", 0, now + 59));
	assert_false(kept(&cache, "a.example.com", 0, now + 60));
	keep(&cache, "a.example.com", 0, now + 70);
	assert_true(kept(&cache, "a.example.com", 0, now + 129));
	dns_cache_free(&cache);
	dns_cache_init(&cache, 0);
	keep(&cache, "a.example.com", 0, 0);
	assert_false(kept(&cache, "a.example.com", 0, 0));
	dns_cache_free(&cache);
}

/* A flood of names takes no more room, and what is new is kept. */
static void test_cache_bound(void **state)
{
	struct dns_cache cache;
	unsigned int found = 0;
	char name[64];

	(void)state;
	dns_cache_init(&cache, 100);
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example.com", i);
		keep(&cache, name, 0, 0);
		assert_true(kept(&cache, name, 0, 0));
	}
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "n%d.example.com", i);
		found += kept(&cache, name, 0, 0);
	}
	assert_in_range(found, 100, 128);
	dns_cache_free(&cache);
}

/* ---- messages that are cut or changed ------------------------------------ */

static void test_damage(void **state)
{
	uint8_t whole[2048], *packet;
	struct dns_name name = name_of("www.example.com");
	struct dns_answer *answer;
	uint32_t random = 1;
	size_t len;

	(void)state;
	len = make_message(whole, sizeof(whole), "www.example.com",
			   KNOT_RRTYPE_A, 0, cdn);
	for (size_t cut = 12; cut < len; cut++) {
		packet = xmalloc(cut);
		memcpy(packet, whole, cut);
		assert_null(dns_answer_read(packet, cut, &name, KNOT_RRTYPE_A));
		free(packet);
	}
	for (int i = 0; i < 20000; i++) {
		packet = xmalloc(len);
		memcpy(packet, whole, len);
		for (int j = 0; j < 3; j++) {
			random = random * 1103515245 + 12345;
			packet[12 + (random >> 8) % (len - 12)] =
				(uint8_t)(random >> 24);
		}
		answer = dns_answer_read(packet, len, &name, KNOT_RRTYPE_A);
		if (answer) {
			static uint8_t out[KNOT_WIRE_MAX_PKTSIZE * 2];

			dns_answer_write(answer, 3, out, 500, 12, 7,
					 (unsigned int)i);
		}
		free(answer);
		free(packet);
	}
}

/* A question that waits is one with the same question and options. */
static void test_shorten(void **state)
{
	uint8_t packet[512], small[DNS_QUERY_SHORT_MAX];
	struct dns_query q, again;
	size_t len = dns_question(packet, "WwW.example.com", "AAAA");
	static const uint8_t opt[] = {
		0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 12 + 4 + 9 + 5,
		0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8,	/* a cookie */
		0, 12, 0, 5, 0, 0, 0, 0, 0,		/* padding */
		0, 3, 0, 0,				/* NSID */
		0, 99, 0, 1, 7,
	};

	(void)state;
	memcpy(packet + len, opt, sizeof(opt));
	knot_wire_set_arcount(packet, 1);
	assert_int_equal(dns_query_parse(packet, len + sizeof(opt), &q),
			 DNS_PARSED);
	len = dns_query_shorten(&q, small);
	assert_true(len < 12 + 21 + 11 + 30);
	assert_int_equal(dns_query_parse(small, len, &again), DNS_PARSED);
	assert_int_equal(again.id, q.id);
	assert_int_equal(again.flags, q.flags);
	assert_int_equal(again.question, q.question);
	assert_memory_equal(small + 12, packet + 12, q.question);
	assert_true(again.edns && again.dnssec_ok && again.nsid);
	assert_int_equal(again.udp_size, 1232);
	assert_int_equal(again.cookie_len, 8);
	assert_memory_equal(again.cookie, q.cookie, 8);
	/* The longest there is. */
	q.cookie = packet;
	q.cookie_len = 40;
	q.question = DNS_NAME_MAX + 4;
	assert_int_equal(dns_query_shorten(&q, small), DNS_QUERY_SHORT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolv_conf),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_ask),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_any_case),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_other_classes),
		cmocka_unit_test(test_no_recursion),
		cmocka_unit_test(test_external_name),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_cache),
		cmocka_unit_test(test_cache_bound),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_shorten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
