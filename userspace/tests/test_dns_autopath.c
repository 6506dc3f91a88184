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

static void test_autopath(void **state)
{
	const struct in6_addr pod = dns_ip("10.244.1.4");
	struct dns_routes routes = {0};
	struct dns_env *env = dns_env_new(with_clients);
	struct dns_answer *answer = read_answer("www.example.com",
						KNOT_RRTYPE_A, 0, cdn);
	struct dns_answer *none = read_answer("www.example.com", KNOT_RRTYPE_A,
		KNOT_RCODE_NXDOMAIN, (struct record[]){
			{ "example.com", "SOA", 30, "m", KNOT_AUTHORITY },
			{ 0 },
		});
	struct dns_answer *nodata = read_answer("www.example.com",
		KNOT_RRTYPE_AAAA, 0, (struct record[]){
			{ "example.com", "SOA", 30, "m", KNOT_AUTHORITY },
			{ 0 },
		});

	(void)state;
	dns_env_fill(env);
	assert_true(dns_routes_add_stub(&routes, "example.com=10.0.0.1"));
	env->responder.routes = &routes;
	/* Nobody knows the client. */
	assert_string_equal(ask_with(env, SEARCHED("www.example.com"), "A", NULL,
				     0), DNS_NXDOMAIN_TEXT);
	dns_zone_put_pod(&env->zone, "default", &pod);
	/* The names that it would try next: below svc, and below the domain. */
	assert_string_equal(ask_with(env, SEARCHED(SYSTEM), "A", NULL, 0),
		"NOERROR AA\n"
		SEARCHED(SYSTEM) ". 5 CNAME " SYSTEM ".svc.cluster.local.\n"
		SYSTEM ".svc.cluster.local. 5 A 10.96.0.10\n");
	assert_string_equal(ask_with(env, SEARCHED("web.default.svc"), "A", NULL,
				     0),
		"NOERROR AA\n"
		SEARCHED("web.default.svc") ". 5 CNAME "
		SEARCHED("web") ".\n"
		SEARCHED("web") ". 5 A 10.96.0.20\n");
	assert_string_equal(ask_with(env, SEARCHED(SYSTEM), "AAAA", NULL, 0),
			    DNS_NODATA_TEXT);
	assert_string_equal(ask_with(env, SEARCHED("ext.default"), "A", NULL, 0),
			    "FORWARD www.example.com.");
	/* And the name itself. */
	assert_string_equal(ask_with(env, SEARCHED("www.example.com"), "A", NULL,
				     0), "FORWARD www.example.com.");
	assert_string_equal(ask_with(env, SEARCHED("www.example.com"), "A",
				     answer, 0),
		"NOERROR AA\n"
		SEARCHED("www.example.com") ". 5 CNAME www.example.com.\n"
		"www.example.com. 300 CNAME cdn.example.net.\n"
		"cdn.example.net. 60 A 192.0.2.1\n"
		"cdn.example.net. 60 A 192.0.2.2\n"
		"^example.net. 20 NS ns.example.net.\n"
		"+ns.example.net. 10 A 192.0.2.53\n");
	assert_string_equal(ask_with(env, SEARCHED("www.example.com"), "A", none,
				     0), DNS_NXDOMAIN_TEXT);
	assert_string_equal(ask_with(env, SEARCHED("www.example.com"), "AAAA",
				     nodata, 0),
			    "NOERROR AA\n"
			    "^example.com. 30 SOA m. m. 10 20 30 40 50\n");
	/* Others' names that nobody may be asked for, and other namespaces. */
	assert_string_equal(ask_with(env, SEARCHED("www.example.org"), "A", NULL,
				     0), DNS_NXDOMAIN_TEXT);
	assert_string_equal(ask_with(env,
			"www.example.com.kube-system.svc.cluster.local", "A",
			NULL, 0), DNS_NXDOMAIN_TEXT);
	assert_string_equal(ask_with(env, "www.example.com.svc.cluster.local",
				     "A", NULL, 0), DNS_NXDOMAIN_TEXT);
	/* What is there is not looked for elsewhere. */
	assert_string_equal(ask_with(env, "default.svc.cluster.local", "A", NULL,
				     0), DNS_NODATA_TEXT);
	assert_string_equal(ask_with(env, SEARCHED("web"), "AAAA", NULL, 0),
			    DNS_NODATA_TEXT);
	free(answer);
	free(none);
	free(nodata);
	dns_routes_free(&routes);
	dns_env_free(env);
}

/* An alias for the longest names there are, in the shortest messages. */
static void test_autopath_long(void **state)
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
		cmocka_unit_test(test_autopath),
		cmocka_unit_test(test_autopath_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
