// SPDX-License-Identifier: GPL-2.0-or-later
/* The names that a Pod's resolver would try one after the other. */
#include <stdio.h>

#include "tests/dns_answer_env.h"

static void with_clients(struct dns_zone_config *config)
{
	config->clients = true;
}

#define SEARCHED(name)	name ".default.svc.cluster.local"
#define SYSTEM		"kube-dns.kube-system"

struct fixture {
	struct dns_env *env;
	struct dns_routes routes;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){ .env = dns_env_new(with_clients) };
	dns_env_fill(f->env);
	assert_true(dns_routes_add_stub(&f->routes, "example.com=10.0.0.1"));
	f->env->responder.routes = &f->routes;
}

static void put_pod(struct fixture *f)
{
	const struct in6_addr pod = dns_ip("10.244.1.4");

	dns_zone_put_pod(&f->env->zone, "default", &pod);
}

static void teardown(struct fixture *f)
{
	dns_routes_free(&f->routes);
	dns_env_free(f->env);
}

/* Asks, after the answer of others to what it was about (NULL: none yet); frees it. */
#define EXPECT(f, name, type, answer, want) do { \
	struct dns_answer *answer_ = (answer); \
	assert_string_equal(ask_with((f)->env, name, type, answer_, 0), want); \
	free(answer_); \
} while (0)

/* The names that it would try next: below svc, and below the domain. */
static void test_names_of_the_cluster(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	EXPECT(&f, SEARCHED(SYSTEM), "A", NULL, DNS_NXDOMAIN_TEXT);
	put_pod(&f);
	EXPECT(&f, SEARCHED(SYSTEM), "A", NULL,
	       "NOERROR AA\n"
	       SEARCHED(SYSTEM) ". 5 CNAME " SYSTEM ".svc.cluster.local.\n"
	       SYSTEM ".svc.cluster.local. 5 A 10.96.0.10\n");
	EXPECT(&f, SEARCHED("web.default.svc"), "A", NULL,
	       "NOERROR AA\n"
	       SEARCHED("web.default.svc") ". 5 CNAME " SEARCHED("web") ".\n"
	       SEARCHED("web") ". 5 A 10.96.0.20\n");
	EXPECT(&f, SEARCHED(SYSTEM), "AAAA", NULL, DNS_NODATA_TEXT);
	EXPECT(&f, SEARCHED("ext.default"), "A", NULL,
	       "FORWARD www.example.com.");
	/* What is there is not looked for elsewhere. */
	EXPECT(&f, "default.svc.cluster.local", "A", NULL, DNS_NODATA_TEXT);
	EXPECT(&f, SEARCHED("web"), "AAAA", NULL, DNS_NODATA_TEXT);
	teardown(&f);
}

static const struct record denial[] = {
	{ "example.com", "SOA", 30, "m", KNOT_AUTHORITY },
	{ 0 },
};

static struct dns_answer *www(uint16_t type, uint8_t rcode,
			      const struct record *records)
{
	return read_answer("www.example.com", type, rcode, records);
}

#define WWW	SEARCHED("www.example.com")

/* And the name as it is. */
static void test_names_of_others(void **state)
{
	struct fixture f;

	(void)state;
	setup(&f);
	EXPECT(&f, WWW, "A", NULL, DNS_NXDOMAIN_TEXT);
	put_pod(&f);
	EXPECT(&f, WWW, "A", NULL, "FORWARD www.example.com.");
	EXPECT(&f, WWW, "A", www(KNOT_RRTYPE_A, 0, cdn),
	       "NOERROR AA\n"
	       WWW ". 5 CNAME www.example.com.\n"
	       "www.example.com. 300 CNAME cdn.example.net.\n"
	       "cdn.example.net. 60 A 192.0.2.1\n"
	       "cdn.example.net. 60 A 192.0.2.2\n"
	       "^example.net. 20 NS ns.example.net.\n"
	       "+ns.example.net. 10 A 192.0.2.53\n");
	EXPECT(&f, WWW, "A", www(KNOT_RRTYPE_A, KNOT_RCODE_NXDOMAIN, denial),
	       DNS_NXDOMAIN_TEXT);
	EXPECT(&f, WWW, "AAAA", www(KNOT_RRTYPE_AAAA, 0, denial),
	       "NOERROR AA\n^example.com. 30 SOA m. m. 10 20 30 40 50\n");
	/* Names that nobody may be asked for, and other namespaces. */
	EXPECT(&f, SEARCHED("www.example.org"), "A", NULL, DNS_NXDOMAIN_TEXT);
	EXPECT(&f, "www.example.com.kube-system.svc.cluster.local", "A", NULL,
	       DNS_NXDOMAIN_TEXT);
	EXPECT(&f, "www.example.com.svc.cluster.local", "A", NULL,
	       DNS_NXDOMAIN_TEXT);
	teardown(&f);
}

/* An alias for the longest names there are, in the shortest messages. */
static void test_longest_names(void **state)
{
	const struct in6_addr pod = dns_ip("10.244.1.4");
	struct dns_routes routes = {0};
	struct dns_env *env = dns_env_new(with_clients);
	bool cut = false, whole = false;
	struct dns_servers servers;
	struct dns_name root = { .len = 1 };
	char base[256], name[300];

	(void)state;
	dns_env_fill(env);
	dns_zone_put_pod(&env->zone, "default", &pod);
	assert_true(dns_servers_parse("10.0.0.1", &servers));
	dns_routes_add(&routes, &root, &servers);
	env->responder.routes = &routes;
	for (size_t len = 2; len < 226; len++) {
		struct record records[] = {
			{ base, "CNAME", 5, "cdn.example.net", KNOT_ANSWER },
			{ "cdn.example.net", "A", 5, "192.0.2.1", KNOT_ANSWER },
			{ 0 },
		};
		struct dns_answer *answer;

		if (len % 64 == 0)
			continue;
		memset(base, 'a', len);
		base[len] = '\0';
		for (size_t i = 63; i + 1 < len; i += 64)
			base[i] = '.';
		snprintf(name, sizeof(name), "%s.default.svc.cluster.local", base);
		answer = read_answer(base, KNOT_RRTYPE_A, 0, records);
		ask_with(env, name, "A", answer, 0);
		assert_true(env->response.len <= DNS_UDP_MIN);
		cut |= env->response.truncated;
		whole |= !env->response.truncated;
		free(answer);
	}
	assert_true(cut && whole);
	dns_routes_free(&routes);
	dns_env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_the_cluster),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_longest_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
