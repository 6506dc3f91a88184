// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets: what is refused, EDNS, cookies, truncation, the case of names. */
#include <stdio.h>

#include "tests/dns_env.h"

#define WEB		"web.default.svc.cluster.local"
#define WEB_ANSWER	"NOERROR AA\n" WEB ". 5 A 10.96.0.20\n"

struct fixture {
	struct dns_env *env;
	uint8_t packet[1024];
	size_t len;
};

static void setup(struct fixture *f)
{
	f->env = dns_env_new(NULL);
	dns_env_fill(f->env);
	f->len = dns_question(f->packet, WEB, "A");
}

/* A question with an OPT record that has @n bytes of options. */
static void add_opt(struct fixture *f, uint16_t size, uint8_t version,
		    const void *options, size_t n)
{
	uint8_t *p = f->packet + f->len;

	memset(p, 0, 11);
	knot_wire_write_u16(p + 1, KNOT_RRTYPE_OPT);
	knot_wire_write_u16(p + 3, size);
	p[6] = version;
	knot_wire_write_u16(p + 9, (uint16_t)n);
	if (n)
		memcpy(p + 11, options, n);
	f->len += 11 + n;
	knot_wire_set_arcount(f->packet, 1);
}

static const char *sent(struct fixture *f)
{
	dns_send(f->env, f->packet, f->len);
	return dns_text(f->env);
}

static void expect_rcode(struct fixture *f, const char *rcode)
{
	char want[32];

	snprintf(want, sizeof(want), "%s\n", rcode);
	assert_string_equal(sent(f), want);
	assert_int_equal(knot_wire_get_id(f->env->out), 0x1234);
}

static void expect_silence(struct fixture *f, size_t len)
{
	dns_send(f->env, f->packet, len);
	assert_int_equal(f->env->response.outcome, DNS_IGNORE);
}

static void test_header(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	assert_string_equal(sent(&f), WEB_ANSWER);
	assert_int_equal(knot_wire_get_id(f.env->out), 0x1234);
	assert_true(knot_wire_get_rd(f.env->out));
	assert_false(knot_wire_get_ra(f.env->out));
	knot_wire_clear_rd(f.packet);
	knot_wire_set_cd(f.packet);
	assert_string_equal(sent(&f), WEB_ANSWER);
	assert_false(knot_wire_get_rd(f.env->out));
	assert_true(knot_wire_get_cd(f.env->out));
	dns_env_free(f.env);
}

/* Nobody can use this server to send packets to others without end. */
static void test_no_queries(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t len = 0; len < KNOT_WIRE_HEADER_SIZE; len++)
		expect_silence(&f, len);
	knot_wire_set_qr(f.packet);
	expect_silence(&f, f.len);
	dns_env_free(f.env);
}

static void test_malformed(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t len = KNOT_WIRE_HEADER_SIZE; len < f.len; len++) {
		dns_send(f.env, f.packet, len);
		assert_string_equal(dns_text(f.env), "FORMERR\n");
	}
	/* Bytes behind the end, which are no record. */
	f.packet[f.len++] = 0;
	expect_rcode(&f, "FORMERR");
	f.len--;
	/* Two questions, and none. */
	knot_wire_set_qdcount(f.packet, 2);
	expect_rcode(&f, "FORMERR");
	knot_wire_set_qdcount(f.packet, 0);
	expect_rcode(&f, "FORMERR");
	knot_wire_set_qdcount(f.packet, 1);
	/* A pointer in the question; a label that is too long. */
	f.packet[KNOT_WIRE_HEADER_SIZE] = 0xc0;
	expect_rcode(&f, "FORMERR");
	f.packet[KNOT_WIRE_HEADER_SIZE] = 0x40;
	expect_rcode(&f, "FORMERR");
	/* A count of records that are not there. */
	f.len = dns_question(f.packet, WEB, "A");
	knot_wire_set_ancount(f.packet, 0xffff);
	knot_wire_set_arcount(f.packet, 0xffff);
	expect_rcode(&f, "FORMERR");
	dns_env_free(f.env);
}

static void test_opcodes(void **state)
{
	static const struct {
		uint8_t opcode;
		const char *rcode;
	} cases[] = {
		{ KNOT_OPCODE_IQUERY, "NOTIMPL" }, { KNOT_OPCODE_STATUS, "NOTIMPL" },
		{ KNOT_OPCODE_NOTIFY, "REFUSED" }, { KNOT_OPCODE_UPDATE, "REFUSED" },
		{ 3, "NOTIMPL" }, { 15, "NOTIMPL" },
	};
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		knot_wire_set_opcode(f.packet, cases[i].opcode);
		dns_send(f.env, f.packet, f.len);
		assert_int_equal(knot_wire_get_opcode(f.env->out),
				 cases[i].opcode);
		assert_int_equal(knot_wire_get_rcode(f.env->out),
				 knot_lookup_by_name(knot_rcode_names,
						     cases[i].rcode)->id);
		assert_int_equal(f.env->response.len, KNOT_WIRE_HEADER_SIZE);
	}
	dns_env_free(f.env);
}

static void test_types_and_classes(void **state)
{
	static const char *const refused[] = { "AXFR", "IXFR" };
	static const char *const wrong[] = { "OPT", "TSIG", "TKEY", "TYPE0" };
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(dns_ask(f.env, "cluster.local", refused[i]),
				    "REFUSED\n");
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(dns_ask(f.env, WEB, wrong[i]), "FORMERR\n");
	assert_string_equal(dns_ask(f.env, WEB, "ANY"), "NOERROR AA\n" WEB
			    ". 5 HINFO \"RFC8482\" \"\"\n");
	assert_string_equal(dns_ask(f.env, "none." WEB, "ANY"),
			    DNS_NXDOMAIN_TEXT);
	knot_wire_write_u16(f.packet + f.len - 2, KNOT_CLASS_CH);
	expect_rcode(&f, "REFUSED");
	dns_env_free(f.env);
}

/* Only those of the networks that were named are answered at all. */
static void test_clients(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.env->addr = dns_ip("192.0.2.1");
	expect_rcode(&f, "REFUSED");
	f.env->addr = dns_ip("2001:db8::1");
	expect_rcode(&f, "REFUSED");
	f.env->addr = dns_ip("11.0.0.1");
	expect_rcode(&f, "REFUSED");
	f.env->addr = dns_ip("fd12::1");
	assert_string_equal(sent(&f), WEB_ANSWER);
	f.env->addr = dns_ip("127.0.0.1");
	assert_string_equal(sent(&f), WEB_ANSWER);
	dns_env_free(f.env);
}

/* The question comes back as it was sent, and so do the names of records (0x20). */
static void test_case_is_kept(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	f.len = dns_question(f.packet, "wEb.DeFault.SVC.cluster.LOCAL", "A");
	dns_send(f.env, f.packet, f.len);
	assert_memory_equal(f.env->out + KNOT_WIRE_HEADER_SIZE,
			    f.packet + KNOT_WIRE_HEADER_SIZE,
			    f.len - KNOT_WIRE_HEADER_SIZE);
	/* A pointer to the question. */
	assert_memory_equal(f.env->out + f.len, "\xc0\x0c", 2);
	/* And one to where the zone's name begins in it. */
	f.len = dns_question(f.packet, "nOne.cluster.LOCAL", "A");
	assert_string_equal(sent(&f), DNS_NXDOMAIN_TEXT);
	assert_memory_equal(f.env->out + f.len, "\xc0\x11", 2);
	dns_env_free(f.env);
}

static void test_rotation(void **state)
{
	static const char name[] = "db.default.svc.cluster.local";
	struct fixture f;

	(void)state;
	setup(&f);
	for (unsigned int i = 0; i < 6; i++) {
		char first[64];

		f.env->turn = i;
		snprintf(first, sizeof(first), "NOERROR AA\n%s. 5 A 10.244.1.%u\n",
			 name, 5 + i % 3);
		assert_memory_equal(dns_ask(f.env, name, "A"), first,
				    strlen(first));
		assert_int_equal(knot_wire_get_ancount(f.env->out), 3);
	}
	dns_env_free(f.env);
}

/* ---- EDNS --------------------------------------------------------------- */

/* Data of the OPT record at the end of the answer; its length in *@len. */
static const uint8_t *opt_of(const struct fixture *f, size_t *len)
{
	size_t n = f->env->response.len;

	for (size_t at = n - 11;; at--) {
		const uint8_t *p = f->env->out + at;

		assert_true(at >= KNOT_WIRE_HEADER_SIZE);
		if (!p[0] && knot_wire_read_u16(p + 1) == KNOT_RRTYPE_OPT &&
		    at + 11 + knot_wire_read_u16(p + 9) == n) {
			*len = knot_wire_read_u16(p + 9);
			return p + 11;
		}
	}
}

static void test_edns(void **state)
{
	struct fixture f;
	const uint8_t *opt;
	size_t len;

	(void)state;
	setup(&f);
	add_opt(&f, 4096, 0, NULL, 0);
	f.packet[f.len - 4] = 0x80;	/* DO */
	assert_string_equal(sent(&f), WEB_ANSWER);
	opt = opt_of(&f, &len);
	assert_int_equal(len, 0);
	assert_int_equal(knot_wire_read_u16(opt - 8), DNS_UDP_MAX);
	assert_int_equal(opt[-4], 0x80);
	/* Without OPT in the question there is none in the answer. */
	f.len = dns_question(f.packet, WEB, "A");
	assert_string_equal(sent(&f), WEB_ANSWER);
	assert_int_equal(knot_wire_get_arcount(f.env->out), 0);
	dns_env_free(f.env);
}

static void test_edns_errors(void **state)
{
	static const uint8_t short_option[] = { 0, 3, 0, 9, 1 };
	static const uint8_t short_cookie[] = { 0, 10, 0, 7, 1, 2, 3, 4, 5, 6, 7 };
	struct fixture f;

	(void)state;
	setup(&f);
	add_opt(&f, 1232, 1, NULL, 0);
	expect_rcode(&f, "BADVERS");
	f.len = dns_question(f.packet, WEB, "A");
	add_opt(&f, 1232, 0, short_option, sizeof(short_option));
	expect_rcode(&f, "FORMERR");
	f.len = dns_question(f.packet, WEB, "A");
	add_opt(&f, 1232, 0, short_cookie, sizeof(short_cookie));
	expect_rcode(&f, "FORMERR");
	f.len = dns_question(f.packet, WEB, "A");
	add_opt(&f, 1232, 0, NULL, 0);
	add_opt(&f, 1232, 0, NULL, 0);
	knot_wire_set_arcount(f.packet, 2);
	expect_rcode(&f, "FORMERR");
	/* An OPT record that is none of the additional ones. */
	f.len = dns_question(f.packet, WEB, "A");
	add_opt(&f, 1232, 0, NULL, 0);
	knot_wire_set_arcount(f.packet, 0);
	knot_wire_set_ancount(f.packet, 1);
	expect_rcode(&f, "FORMERR");
	dns_env_free(f.env);
}

static void test_nsid(void **state)
{
	static const uint8_t nsid[] = { 0, 3, 0, 0 };
	static const uint8_t want[] = { 0, 3, 0, 4, 'n', 'o', 'd', 'e' };
	struct fixture f;
	const uint8_t *opt;
	size_t len;

	(void)state;
	setup(&f);
	add_opt(&f, 1232, 0, nsid, sizeof(nsid));
	assert_string_equal(sent(&f), WEB_ANSWER);
	opt_of(&f, &len);
	assert_int_equal(len, 0);
	strcpy(f.env->responder.nsid, "node");
	assert_string_equal(sent(&f), WEB_ANSWER);
	opt = opt_of(&f, &len);
	assert_int_equal(len, sizeof(want));
	assert_memory_equal(opt, want, sizeof(want));
	dns_env_free(f.env);
}

/* A client that shows the cookie it was given is known, another one is not. */
static void test_cookies(void **state)
{
	uint8_t cookie[4 + 24] = { 0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8 };
	struct fixture f;
	const uint8_t *opt;
	size_t len;

	(void)state;
	setup(&f);
	add_opt(&f, 1232, 0, cookie, 12);
	assert_string_equal(sent(&f), WEB_ANSWER);
	assert_false(f.env->response.known);
	opt = opt_of(&f, &len);
	assert_int_equal(len, sizeof(cookie));
	memcpy(cookie, opt, sizeof(cookie));
	assert_memory_equal(cookie + 4, "\1\2\3\4\5\6\7\10", 8);
	f.len = dns_question(f.packet, WEB, "A");
	add_opt(&f, 1232, 0, cookie, sizeof(cookie));
	assert_string_equal(sent(&f), WEB_ANSWER);
	assert_true(f.env->response.known);
	/* The same of another client, and one that was made up. */
	((struct sockaddr_in *)&f.env->client)->sin_addr.s_addr = 1;
	sent(&f);
	assert_false(f.env->response.known);
	((struct sockaddr_in *)&f.env->client)->sin_addr.s_addr = 0;
	f.packet[f.len - 1] ^= 1;
	sent(&f);
	assert_false(f.env->response.known);
	dns_env_free(f.env);
}

/* ---- sizes -------------------------------------------------------------- */

static void put_endpoints(struct dns_env *env, size_t n)
{
	struct dns_endpoint *endpoints = xcalloc(n, sizeof(*endpoints));
	struct dns_port port = { "p", IPPROTO_TCP, 1 };
	struct dns_subset subset = {
		.ports = &port, .nports = 1,
		.endpoints = endpoints, .nendpoints = n,
	};

	for (size_t i = 0; i < n; i++) {
		struct in_addr ip4 = { htonl((uint32_t)(0x0a000001 + i)) };

		endpoints[i] = (struct dns_endpoint){ ipsvc_ip_from4(ip4), "" };
	}
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "many", .external_name = "",
		.type = DNS_HEADLESS, .subsets = &subset, .nsubsets = 1,
	});
	free(endpoints);
}

static void expect_size(struct fixture *f, size_t max, bool truncated)
{
	assert_memory_equal(sent(f), truncated ? "NOERROR AA TC\n" :
			    "NOERROR AA\n", truncated ? 14 : 11);
	assert_int_equal(f->env->response.truncated, truncated);
	assert_true(f->env->response.len <= max);
	/* As many as there is room for. */
	if (truncated)
		assert_true(f->env->response.len > max - 80);
}

static void test_truncation(void **state)
{
	static const char name[] = "many.default.svc.cluster.local";
	static const char *const types[] = { "A", "SRV" };
	struct fixture f;

	(void)state;
	setup(&f);
	put_endpoints(f.env, 100);
	for (size_t i = 0; i < 2; i++) {
		f.len = dns_question(f.packet, name, types[i]);
		expect_size(&f, 512, true);
		add_opt(&f, 100, 0, NULL, 0);
		expect_size(&f, 512, true);
		f.len = dns_question(f.packet, name, types[i]);
		add_opt(&f, 1000, 0, NULL, 0);
		expect_size(&f, 1000, true);
		f.len = dns_question(f.packet, name, types[i]);
		add_opt(&f, 65535, 0, NULL, 0);
		expect_size(&f, DNS_UDP_MAX, true);
		f.env->tcp = true;
		expect_size(&f, 65535, false);
		assert_int_equal(knot_wire_get_ancount(f.env->out), 100);
		f.env->tcp = false;
	}
	/* Additional records are left out without a word. */
	put_endpoints(f.env, 7);
	f.len = dns_question(f.packet, name, "SRV");
	expect_size(&f, 512, false);
	assert_int_equal(knot_wire_get_arcount(f.env->out), 0);
	dns_env_free(f.env);
}

/* Aliases fill the message; what they lead to, the name of a Pod, has to fit, too. */
static void test_aliases_to_a_pod(void **state)
{
	char names[5][DNS_LABEL_MAX + 1], target[300];
	bool cut = false, whole = false;
	struct fixture f;

	(void)state;
	setup(&f);
	for (int pad = 1; pad <= DNS_LABEL_MAX; pad++) {
		for (int i = 0; i < 5; i++) {
			memset(names[i], 'a' + i, sizeof(names[i]));
			names[i][i == 1 ? 30 : i == 2 ? pad : DNS_LABEL_MAX] = '\0';
		}
		for (int i = 0; i < 4; i++) {
			snprintf(target, sizeof(target),
				 "%s.default.svc.cluster.local", names[i + 1]);
			dns_put_external(f.env, names[i], target);
		}
		dns_put_external(f.env, names[4],
				 "10-0-0-5.default.pod.cluster.local");
		snprintf(target, sizeof(target), "%s.default.svc.cluster.local",
			 names[0]);
		f.len = dns_question(f.packet, target, "A");
		sent(&f);
		assert_true(f.env->response.len <= DNS_UDP_MIN);
		cut |= f.env->response.truncated;
		whole |= !f.env->response.truncated;
		assert_int_equal(strstr(f.env->text.data, "A 10.0.0.5") != NULL,
				 !f.env->response.truncated);
	}
	assert_true(cut && whole);
	dns_env_free(f.env);
}

static void test_empty_answers(void **state)
{
	struct fixture f;
	struct dns_request req;

	(void)state;
	setup(&f);
	sent(&f);
	req = (struct dns_request){
		.packet = f.packet, .len = f.len, .client = &f.env->client,
		.addr = f.env->addr,
	};
	dns_respond_empty(&f.env->responder, &req, KNOT_RCODE_NOERROR, true,
			  f.env->out, sizeof(f.env->out), &f.env->response);
	assert_string_equal(dns_text(f.env), "NOERROR TC\n");
	assert_int_equal(f.env->response.len, f.len);
	dns_env_free(f.env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
		cmocka_unit_test(test_no_queries),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_opcodes),
		cmocka_unit_test(test_types_and_classes),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_case_is_kept),
		cmocka_unit_test(test_rotation),
		cmocka_unit_test(test_edns),
		cmocka_unit_test(test_edns_errors),
		cmocka_unit_test(test_nsid),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_truncation),
		cmocka_unit_test(test_aliases_to_a_pod),
		cmocka_unit_test(test_empty_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
