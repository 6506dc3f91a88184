// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The names of a cluster, question by question. The rules are those of Kubernetes'
 * DNS specification 1.1.0 and of CoreDNS' kubernetes plugin.
 */
#include <stdio.h>

#include "tests/dns_env.h"

struct question {
	const char *name, *type, *want;
};

#define SVC(name)	name ".default.svc.cluster.local"

static const struct question cluster_ips[] = {
	{ SVC("web"), "A", "NOERROR AA\n" SVC("web") ". 5 A 10.96.0.20\n" },
	{ SVC("web"), "AAAA", DNS_NODATA_TEXT },
	{ SVC("web"), "MX", DNS_NODATA_TEXT },
	{ SVC("web"), "TXT", DNS_NODATA_TEXT },
	{ SVC("web"), "CNAME", DNS_NODATA_TEXT },
	{ SVC("dual"), "A", "NOERROR AA\n" SVC("dual") ". 5 A 10.96.0.21\n" },
	{ SVC("dual"), "AAAA", "NOERROR AA\n" SVC("dual") ". 5 AAAA fd00::21\n" },
	{ SVC("none"), "A", DNS_NXDOMAIN_TEXT },
	{ SVC("none"), "AAAA", DNS_NXDOMAIN_TEXT },
	{ "web.none.svc.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "web.default.none.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "*.default.svc.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	/* A port with a name, and one without. */
	{ SVC("_http._tcp.web"), "SRV",
	  "NOERROR AA\n" SVC("_http._tcp.web") ". 5 SRV 0 100 80 " SVC("web")
	  ".\n+" SVC("web") ". 5 A 10.96.0.20\n" },
	{ SVC("_dns._udp.web"), "SRV",
	  "NOERROR AA\n" SVC("_dns._udp.web") ". 5 SRV 0 100 53 " SVC("web")
	  ".\n+" SVC("web") ". 5 A 10.96.0.20\n" },
	{ SVC("_http._udp.web"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("_80._tcp.dual"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("_tcp.web"), "SRV", DNS_NODATA_TEXT },
	{ SVC("_tcp.dual"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("a._http._tcp.web"), "SRV", DNS_NXDOMAIN_TEXT },
	/* CoreDNS: all ports at the name itself, addresses at those of ports. */
	{ SVC("web"), "SRV",
	  "NOERROR AA\n" SVC("web") ". 5 SRV 0 50 53 " SVC("web") ".\n"
	  SVC("web") ". 5 SRV 0 50 80 " SVC("web") ".\n"
	  "+" SVC("web") ". 5 A 10.96.0.20\n" },
	{ SVC("dual"), "SRV",
	  "NOERROR AA\n" SVC("dual") ". 5 SRV 0 50 80 " SVC("dual") ".\n"
	  "+" SVC("dual") ". 5 A 10.96.0.21\n"
	  "+" SVC("dual") ". 5 AAAA fd00::21\n" },
	{ SVC("_http._tcp.web"), "A",
	  "NOERROR AA\n" SVC("_http._tcp.web") ". 5 A 10.96.0.20\n" },
	/* CoreDNS: an endpoint of a Service that has an address. */
	{ SVC("10-244-1-4.web"), "A",
	  "NOERROR AA\n" SVC("10-244-1-4.web") ". 5 A 10.244.1.4\n" },
	{ SVC("10-244-1-5.web"), "A", DNS_NXDOMAIN_TEXT },
};

static const struct question headless[] = {
	{ SVC("db"), "A",
	  "NOERROR AA\n" SVC("db") ". 5 A 10.244.1.5\n"
	  SVC("db") ". 5 A 10.244.1.6\n" SVC("db") ". 5 A 10.244.1.7\n" },
	{ SVC("db"), "AAAA",
	  "NOERROR AA\n" SVC("db") ". 5 AAAA fd00::6\n"
	  SVC("db") ". 5 AAAA fd00::7\n" },
	{ SVC("db-0.db"), "A", "NOERROR AA\n" SVC("db-0.db") ". 5 A 10.244.1.5\n" },
	{ SVC("db-0.db"), "AAAA", DNS_NODATA_TEXT },
	{ SVC("db-1.db"), "AAAA", "NOERROR AA\n" SVC("db-1.db") ". 5 AAAA fd00::6\n" },
	{ SVC("10-244-1-7.db"), "A",
	  "NOERROR AA\n" SVC("10-244-1-7.db") ". 5 A 10.244.1.7\n" },
	{ SVC("fd00--7.db"), "AAAA",
	  "NOERROR AA\n" SVC("fd00--7.db") ". 5 AAAA fd00::7\n" },
	/* An endpoint with a hostname has no other name. */
	{ SVC("10-244-1-5.db"), "A", DNS_NXDOMAIN_TEXT },
	{ SVC("db-2.db"), "A", DNS_NXDOMAIN_TEXT },
	{ SVC("_pg._tcp.db"), "SRV",
	  "NOERROR AA\n"
	  SVC("_pg._tcp.db") ". 5 SRV 0 20 15432 " SVC("10-244-1-7.db") ".\n"
	  SVC("_pg._tcp.db") ". 5 SRV 0 20 15432 " SVC("db-0.db") ".\n"
	  SVC("_pg._tcp.db") ". 5 SRV 0 20 15432 " SVC("db-1.db") ".\n"
	  SVC("_pg._tcp.db") ". 5 SRV 0 20 15432 " SVC("fd00--7.db") ".\n"
	  "+" SVC("10-244-1-7.db") ". 5 A 10.244.1.7\n"
	  "+" SVC("db-0.db") ". 5 A 10.244.1.5\n"
	  "+" SVC("db-1.db") ". 5 A 10.244.1.6\n"
	  "+" SVC("db-1.db") ". 5 AAAA fd00::6\n"
	  "+" SVC("fd00--7.db") ". 5 AAAA fd00::7\n" },
	{ SVC("_tcp.db"), "A", DNS_NODATA_TEXT },
	{ SVC("empty"), "A", DNS_NXDOMAIN_TEXT },
	{ SVC("empty"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("_pg._tcp.empty"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("bare"), "A", "NOERROR AA\n" SVC("bare") ". 5 A 10.244.1.9\n" },
	{ SVC("bare"), "SRV", DNS_NODATA_TEXT },
};

static const struct question external[] = {
	{ SVC("ext"), "A", "NOERROR AA\n" SVC("ext") ". 5 CNAME www.example.com.\n" },
	{ SVC("ext"), "AAAA", "NOERROR AA\n" SVC("ext") ". 5 CNAME www.example.com.\n" },
	{ SVC("ext"), "CNAME", "NOERROR AA\n" SVC("ext") ". 5 CNAME www.example.com.\n" },
	{ SVC("ext"), "SRV", DNS_NODATA_TEXT },
	{ SVC("ext"), "TXT", DNS_NODATA_TEXT },
	{ SVC("a.ext"), "A", DNS_NXDOMAIN_TEXT },
	{ SVC("_http._tcp.ext"), "SRV", DNS_NXDOMAIN_TEXT },
	{ SVC("alias"), "A",
	  "NOERROR AA\n" SVC("alias") ". 5 CNAME " SVC("web") ".\n"
	  SVC("web") ". 5 A 10.96.0.20\n" },
	{ SVC("alias"), "AAAA",
	  "NOERROR AA\n" SVC("alias") ". 5 CNAME " SVC("web") ".\n"
	  DNS_SOA_IN("cluster.local.") },
	{ SVC("odd"), "A", DNS_NXDOMAIN_TEXT },
};

#define ARPA4	"244.10.in-addr.arpa"
#define ARPA6	"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"

static const struct question reverse[] = {
	{ "20.0.96.10.in-addr.arpa", "PTR",
	  "NOERROR AA\n20.0.96.10.in-addr.arpa. 5 PTR " SVC("web") ".\n" },
	{ "1.2.0.0." ARPA6, "PTR",
	  "NOERROR AA\n1.2.0.0." ARPA6 ". 5 PTR " SVC("dual") ".\n" },
	{ "5.1." ARPA4, "PTR",
	  "NOERROR AA\n5.1." ARPA4 ". 5 PTR " SVC("db-0.db") ".\n" },
	{ "7.0.0.0." ARPA6, "PTR",
	  "NOERROR AA\n7.0.0.0." ARPA6 ". 5 PTR " SVC("fd00--7.db") ".\n" },
	{ "4.1." ARPA4, "PTR",
	  "NOERROR AA\n4.1." ARPA4 ". 5 PTR " SVC("10-244-1-4.web") ".\n" },
	{ "20.0.96.10.in-addr.arpa", "A",
	  "NOERROR AA\n" DNS_SOA_IN("0.96.10.in-addr.arpa.") },
	{ "21.0.96.10.in-addr.arpa", "PTR",
	  "NOERROR AA\n21.0.96.10.in-addr.arpa. 5 PTR " SVC("dual") ".\n" },
	{ "99.1." ARPA4, "PTR", "REFUSED\n" },
	{ ARPA4, "PTR", "REFUSED\n" },
};

static const struct question fixed[] = {
	{ "cluster.local", "A", DNS_NODATA_TEXT },
	{ "cluster.local", "SOA",
	  "NOERROR AA\ncluster.local. 5 SOA ns.dns.cluster.local. "
	  "hostmaster.cluster.local. 7 7200 1800 86400 5\n" },
	{ "cluster.local", "NS",
	  "NOERROR AA\ncluster.local. 5 NS ns.dns.cluster.local.\n"
	  "+ns.dns.cluster.local. 5 A 10.96.0.10\n" },
	{ "svc.cluster.local", "A", DNS_NODATA_TEXT },
	{ "pod.cluster.local", "A", DNS_NODATA_TEXT },
	{ "svc.cluster.local", "TXT", DNS_NODATA_TEXT },
	{ "default.svc.cluster.local", "A", DNS_NODATA_TEXT },
	{ "default.pod.cluster.local", "A", DNS_NODATA_TEXT },
	{ "none.svc.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "none.pod.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "none.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "dns.cluster.local", "A", DNS_NODATA_TEXT },
	{ "ns.dns.cluster.local", "A",
	  "NOERROR AA\nns.dns.cluster.local. 5 A 10.96.0.10\n" },
	{ "ns.dns.cluster.local", "AAAA", DNS_NODATA_TEXT },
	{ "dns-version.cluster.local", "TXT",
	  "NOERROR AA\ndns-version.cluster.local. 28800 TXT \"1.1.0\"\n" },
	{ "dns-version.cluster.local", "A", DNS_NODATA_TEXT },
	{ "local", "A", "REFUSED\n" },
	{ "www.example.com", "A", "REFUSED\n" },
	{ ".", "NS", "REFUSED\n" },
	{ "notcluster.local", "A", "REFUSED\n" },
};

#define POD(name)	name ".default.pod.cluster.local"

static const struct question pods_insecure[] = {
	{ POD("10-244-1-4"), "A", "NOERROR AA\n" POD("10-244-1-4") ". 5 A 10.244.1.4\n" },
	{ POD("10-244-1-4"), "AAAA", DNS_NODATA_TEXT },
	{ POD("1-2-3-4"), "A", "NOERROR AA\n" POD("1-2-3-4") ". 5 A 1.2.3.4\n" },
	{ POD("fd00--1"), "AAAA", "NOERROR AA\n" POD("fd00--1") ". 5 AAAA fd00::1\n" },
	{ POD("1-2-3-256"), "A", DNS_NXDOMAIN_TEXT },
	{ POD("1-2-3"), "A", DNS_NXDOMAIN_TEXT },
	{ POD("a.1-2-3-4"), "A", DNS_NXDOMAIN_TEXT },
	{ "1-2-3-4.none.pod.cluster.local", "A", DNS_NXDOMAIN_TEXT },
};

static const struct question pods_verified[] = {
	{ POD("10-244-1-4"), "A", "NOERROR AA\n" POD("10-244-1-4") ". 5 A 10.244.1.4\n" },
	{ POD("10-244-1-5"), "A", DNS_NXDOMAIN_TEXT },
	{ "default.pod.cluster.local", "A", DNS_NODATA_TEXT },
};

static const struct question pods_off[] = {
	{ POD("10-244-1-4"), "A", DNS_NXDOMAIN_TEXT },
	{ "default.pod.cluster.local", "A", DNS_NXDOMAIN_TEXT },
	{ "pod.cluster.local", "A", DNS_NODATA_TEXT },
};

static void ask_all(struct dns_env *env, const struct question *q, size_t n)
{
	for (; n; q++, n--)
		assert_string_equal(dns_ask(env, q->name, q->type), q->want);
}

#define ASK_ALL(env, list) ask_all(env, list, sizeof(list) / sizeof(*(list)))

static struct dns_env *filled(void)
{
	struct dns_env *env = dns_env_new(NULL);

	dns_env_fill(env);
	return env;
}

static void test_records(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	ASK_ALL(env, cluster_ips);
	ASK_ALL(env, headless);
	ASK_ALL(env, external);
	ASK_ALL(env, reverse);
	ASK_ALL(env, fixed);
	dns_env_free(env);
}

/* All of it once more: nothing may depend on the order things came in. */
static void test_put_again(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	dns_env_fill(env);
	ASK_ALL(env, cluster_ips);
	ASK_ALL(env, headless);
	ASK_ALL(env, reverse);
	assert_int_equal(env->zone.services, 9);
	dns_env_free(env);
}

static void verified(struct dns_zone_config *config)
{
	config->pods = DNS_PODS_VERIFIED;
	config->clients = true;
}

static void off(struct dns_zone_config *config)
{
	config->pods = DNS_PODS_OFF;
}

static void test_pods(void **state)
{
	const struct in6_addr addr = dns_ip("10.244.1.4");
	struct dns_env *env = filled();

	(void)state;
	ASK_ALL(env, pods_insecure);
	dns_env_free(env);

	env = dns_env_new(off);
	dns_env_fill(env);
	ASK_ALL(env, pods_off);
	dns_env_free(env);

	env = dns_env_new(verified);
	dns_env_fill(env);
	dns_zone_put_pod(&env->zone, "default", &addr);
	ASK_ALL(env, pods_verified);
	ASK_ALL(env, reverse);
	assert_string_equal(dns_zone_client(&env->zone, &addr), "default");
	dns_zone_delete_pod(&env->zone, "default", &addr);
	assert_string_equal(dns_ask(env, POD("10-244-1-4"), "A"),
			    DNS_NXDOMAIN_TEXT);
	assert_null(dns_zone_client(&env->zone, &addr));
	ASK_ALL(env, reverse);
	dns_env_free(env);
}

/* A Pod's address without a name of a Service is not ours to answer for. */
static void test_client_without_service(void **state)
{
	const struct in6_addr addr = dns_ip("10.244.1.99");
	struct dns_env *env = dns_env_new(verified);

	(void)state;
	dns_env_fill(env);
	dns_zone_put_pod(&env->zone, "default", &addr);
	assert_string_equal(dns_zone_client(&env->zone, &addr), "default");
	assert_string_equal(dns_ask(env, "99.1." ARPA4, "PTR"), "REFUSED\n");
	assert_string_equal(dns_ask(env, "99.1." ARPA4, "TYPE65280"), "REFUSED\n");
	dns_env_free(env);
}

static void put_two(struct dns_env *env, const char *first, const char *second)
{
	dns_put(env, &(struct dns_service){
		.ns = "default", .name = "db", .external_name = "",
		.type = DNS_HEADLESS, DNS_PORTS({ "pg", IPPROTO_TCP, 5432 }),
		DNS_SUBSETS({ DNS_PORTS({ "pg", IPPROTO_TCP, 15432 }),
			      DNS_ENDPOINTS({ dns_ip(first), "" },
					    { dns_ip(second), "db-0" }) }),
	});
	dns_zone_commit(&env->zone, DNS_SERIAL);
}

/* Names follow endpoints: what went has none any more, in both directions. */
static void test_change(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	put_two(env, "10.244.1.7", "10.244.1.8");
	assert_string_equal(dns_ask(env, SVC("db"), "A"),
			    "NOERROR AA\n" SVC("db") ". 5 A 10.244.1.7\n"
			    SVC("db") ". 5 A 10.244.1.8\n");
	assert_string_equal(dns_ask(env, SVC("db"), "AAAA"), DNS_NODATA_TEXT);
	assert_string_equal(dns_ask(env, SVC("db-0.db"), "A"),
			    "NOERROR AA\n" SVC("db-0.db") ". 5 A 10.244.1.8\n");
	assert_string_equal(dns_ask(env, SVC("db-1.db"), "A"), DNS_NXDOMAIN_TEXT);
	assert_string_equal(dns_ask(env, SVC("fd00--7.db"), "A"),
			    DNS_NXDOMAIN_TEXT);
	assert_string_equal(dns_ask(env, "8.1." ARPA4, "PTR"),
			    "NOERROR AA\n8.1." ARPA4 ". 5 PTR " SVC("db-0.db") ".\n");
	assert_string_equal(dns_ask(env, "5.1." ARPA4, "PTR"), "REFUSED\n");
	/* The Service becomes another one, and another type. */
	dns_put_external(env, "db", "db.example.com");
	assert_string_equal(dns_ask(env, SVC("db"), "A"),
			    "NOERROR AA\n" SVC("db") ". 5 CNAME db.example.com.\n");
	assert_string_equal(dns_ask(env, SVC("_pg._tcp.db"), "SRV"),
			    DNS_NXDOMAIN_TEXT);
	assert_string_equal(dns_ask(env, SVC("_tcp.db"), "SRV"),
			    DNS_NXDOMAIN_TEXT);
	assert_string_equal(dns_ask(env, "8.1." ARPA4, "PTR"), "REFUSED\n");
	dns_env_free(env);
}

/* An address that several Services have keeps the names that others gave it. */
static void test_shared_address(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	put_two(env, "10.244.1.4", "10.244.1.9");
	assert_string_equal(dns_ask(env, "4.1." ARPA4, "PTR"),
			    "NOERROR AA\n4.1." ARPA4 ". 5 PTR " SVC("10-244-1-4.web")
			    ".\n4.1." ARPA4 ". 5 PTR " SVC("10-244-1-4.db") ".\n");
	dns_zone_delete_service(&env->zone, "default", "db");
	assert_string_equal(dns_ask(env, "4.1." ARPA4, "PTR"),
			    "NOERROR AA\n4.1." ARPA4 ". 5 PTR " SVC("10-244-1-4.web") ".\n");
	assert_string_equal(dns_ask(env, "9.1." ARPA4, "PTR"),
			    "NOERROR AA\n9.1." ARPA4 ". 5 PTR " SVC("10-244-1-9.bare") ".\n");
	assert_string_equal(dns_ask(env, SVC("db"), "A"), DNS_NXDOMAIN_TEXT);
	dns_env_free(env);
}

static void put_only_web(struct dns_env *env)
{
	dns_zone_begin(&env->zone);
	dns_zone_put_namespace(&env->zone, "default");
	dns_put_plain(env);
	dns_zone_delete_service(&env->zone, "kube-system", "kube-dns");
	dns_zone_end(&env->zone);
	dns_zone_commit(&env->zone, 8);
	dns_reclaim(&env->epoch);
}

/* What a full state has not, is gone; the serial has moved. */
static void test_full_state(void **state)
{
	struct dns_env *env = dns_env_new(verified);
	const struct in6_addr addr = dns_ip("10.244.1.4");

	(void)state;
	dns_env_fill(env);
	dns_zone_put_pod(&env->zone, "default", &addr);
	put_only_web(env);
	assert_int_equal(env->zone.services, 2);
	assert_string_equal(dns_ask(env, SVC("web"), "A"),
			    "NOERROR AA\n" SVC("web") ". 5 A 10.96.0.20\n");
	assert_non_null(strstr(dns_ask(env, SVC("db"), "A"), " 8 7200 "));
	assert_memory_equal(dns_ask(env, SVC("db"), "A"), "NXDOMAIN", 8);
	assert_memory_equal(dns_ask(env, "kube-system.svc.cluster.local", "A"),
			    "NXDOMAIN", 8);
	assert_memory_equal(dns_ask(env, "ns.dns.cluster.local", "A"),
			    "NOERROR AA\n^", 12);
	assert_memory_equal(dns_ask(env, POD("10-244-1-4"), "A"), "NXDOMAIN", 8);
	assert_null(dns_zone_client(&env->zone, &addr));
	assert_string_equal(dns_ask(env, "5.1." ARPA4, "PTR"), "REFUSED\n");
	dns_env_free(env);
}

static void test_before_the_first_state(void **state)
{
	struct dns_env *env = dns_env_new(NULL);

	(void)state;
	assert_string_equal(dns_ask(env, SVC("web"), "A"), "SERVFAIL\n");
	assert_string_equal(dns_ask(env, "cluster.local", "SOA"), "SERVFAIL\n");
	assert_string_equal(dns_ask(env, "www.example.com", "A"), "REFUSED\n");
	dns_env_free(env);
}

static void other_domain(struct dns_zone_config *config)
{
	assert_true(dns_name_parse("K8s.Example.", &config->domain));
	config->ttl = 600;
}

static void test_domain_and_ttl(void **state)
{
	struct dns_env *env = dns_env_new(other_domain);

	(void)state;
	dns_env_fill(env);
	assert_string_equal(dns_ask(env, "web.default.svc.k8s.example", "A"),
			    "NOERROR AA\nweb.default.svc.k8s.example. 600 A 10.96.0.20\n");
	assert_string_equal(dns_ask(env, "none.default.svc.k8s.example", "A"),
			    "NXDOMAIN AA\n^k8s.example. 300 SOA ns.dns.k8s.example. "
			    "hostmaster.k8s.example. 7 7200 1800 86400 600\n");
	assert_string_equal(dns_ask(env, SVC("web"), "A"), "REFUSED\n");
	dns_env_free(env);
}

/* Two names that lead to each other come to an end. */
static void test_loop(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	dns_put_external(env, "a", SVC("b"));
	dns_put_external(env, "b", SVC("a"));
	assert_memory_equal(dns_ask(env, SVC("a"), "A"), "NOERROR AA\n", 11);
	assert_true(env->response.len < 600);
	dns_env_free(env);
}

/* Strangers choose what Services are called; not all of it fits in a name. */
static void test_long_names(void **state)
{
	static const char label[] =
		"a23456789012345678901234567890123456789012345678901234567890123";
	struct dns_env *env = filled();
	char name[300];

	(void)state;
	dns_put(env, &(struct dns_service){
		.ns = label, .name = label, .external_name = "",
		.type = DNS_HEADLESS,
		DNS_SUBSETS({ DNS_PORTS({ label, IPPROTO_TCP, 1 }),
			      DNS_ENDPOINTS({ dns_ip("10.1.1.1"), label },
					    { dns_ip("10.1.1.2"), label }) }),
	});
	snprintf(name, sizeof(name), "%s.%s.svc.cluster.local", label, label);
	assert_memory_equal(dns_ask(env, name, "A"), "NOERROR AA\na", 12);
	snprintf(name, sizeof(name), "%s.%s.%s.svc.cluster.local", label, label,
		 label);
	assert_memory_equal(dns_ask(env, name, "SRV"), "NOERROR AA\na", 12);
	dns_env_free(env);
}

static void put_many(struct dns_env *env, size_t n)
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

/* What no message has room for is cut, and the message says so. */
static void test_more_than_a_message(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	put_many(env, 1000);
	env->tcp = true;
	assert_memory_equal(dns_ask(env, SVC("many"), "A"), "NOERROR AA\nm", 12);
	assert_int_equal(knot_wire_get_ancount(env->out), 1000);
	put_many(env, 1200);
	assert_memory_equal(dns_ask(env, SVC("many"), "SRV"), "NOERROR AA TC\n", 14);
	put_many(env, 5000);
	assert_memory_equal(dns_ask(env, SVC("many"), "A"), "NOERROR AA TC\n", 14);
	assert_true(env->response.len > 60000);
	dns_env_free(env);
}

static void test_records_that_are_none(void **state)
{
	struct dns_env *env = filled();
	struct ipsvc_buf record = {0};

	(void)state;
	dns_service_encode(&(struct dns_service){
		.ns = "default", .name = "db", .external_name = "",
		DNS_SUBSETS({ DNS_PORTS({ "pg", IPPROTO_TCP, 15432 }),
			      DNS_ENDPOINTS({ dns_ip("10.0.0.1"), "db-0" }) }),
	}, &record);
	for (size_t i = 0; i < record.len; i++) {
		char *part = xmalloc(i + 1);

		memcpy(part, record.data, i);
		assert_false(dns_zone_put_service(&env->zone, part, i));
		free(part);
	}
	ipsvc_buf_putc(&record, 'x');
	assert_false(dns_zone_put_service(&env->zone, record.data, record.len));
	assert_true(dns_zone_put_service(&env->zone, record.data, record.len - 1));
	ipsvc_buf_free(&record);
	dns_env_free(env);
}

/* Many names come and go; the table grows, and forgets what went. */
static void test_churn(void **state)
{
	struct dns_env *env = filled();
	size_t nodes = env->zone.table.nodes;
	char name[16];

	(void)state;
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "e%d", i);
			dns_put_external(env, name, "www.example.com");
		}
		assert_memory_equal(dns_ask(env, SVC("e999"), "A"),
				    "NOERROR AA\ne", 12);
		for (int i = 0; i < 1000; i++) {
			snprintf(name, sizeof(name), "e%d", i);
			dns_zone_delete_service(&env->zone, "default", name);
		}
		assert_string_equal(dns_ask(env, SVC("e999"), "A"),
				    DNS_NXDOMAIN_TEXT);
	}
	assert_int_equal(env->zone.table.nodes, nodes);
	assert_true(dns_reclaim(&env->epoch));
	ASK_ALL(env, cluster_ips);
	dns_env_free(env);
}

/* A reader that has begun keeps what it may still see from being freed. */
static void test_readers_are_waited_for(void **state)
{
	struct dns_env *env = filled();

	(void)state;
	assert_true(dns_reclaim(&env->epoch));
	dns_read_begin(&env->epoch, 0);
	dns_zone_delete_service(&env->zone, "default", "web");
	assert_false(dns_reclaim(&env->epoch));
	dns_read_end(&env->epoch, 0);
	assert_true(dns_reclaim(&env->epoch));
	dns_env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_put_again),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_client_without_service),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_shared_address),
		cmocka_unit_test(test_full_state),
		cmocka_unit_test(test_before_the_first_state),
		cmocka_unit_test(test_domain_and_ttl),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_more_than_a_message),
		cmocka_unit_test(test_records_that_are_none),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_readers_are_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
