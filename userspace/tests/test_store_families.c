// SPDX-License-Identifier: GPL-2.0-or-later
/* ClusterIPs of both families, of either one alone, and how Services come by them. */
#include "base/ip.h"
#include "store_env.h"

#define RANGE4	"10.96.0.0/16"
#define RANGE6	"fd00:10:96::/112"
#define PORT80	"'ports':[{'port':80}]"
#define PLAIN	"{" PORT80 "}"
#define PREFER	"{" PORT80 ",'ipFamilyPolicy':'PreferDualStack'}"
#define REQUIRE	"{" PORT80 ",'ipFamilyPolicy':'RequireDualStack'}"
#define SINGLE	"{" PORT80 ",'ipFamilyPolicy':'SingleStack'}"

static int env_dual(void **state)
{
	if (env_open(state))
		return -1;
	set_config(RANGE4 "," RANGE6, 30000, 32767);
	return 0;
}

static bool is_of(const char *ip, const char *range)
{
	struct ipsvc_cidr cidr;
	struct in6_addr addr;
	const char *why;

	return ipsvc_cidr_parse(range, &cidr, &why) &&
	       ipsvc_ip_parse(ip, &addr, NULL) &&
	       ipsvc_cidr_contains(&cidr, &addr);
}

/*
 * The Service has addresses of just these ranges (@second may be NULL), in this
 * order, and they are claimed for it.
 */
static void assert_ips(const char *name, const char *first, const char *second)
{
	char *ips[2] = { string_field(name, "spec.clusterIPs.0"), NULL }, *sql;
	char *ip = string_field(name, "spec.clusterIP");

	assert_string_equal(ip, ips[0]);
	assert_true(is_of(ips[0], first));
	if (second) {
		ips[1] = string_field(name, "spec.clusterIPs.1");
		assert_true(is_of(ips[1], second));
	} else {
		assert_field(name, "spec.clusterIPs.1", NULL);
	}
	sql = xasprintf("SELECT count(*) FROM cluster_ips WHERE owner = 'objects/Service/default/%s'",
			name);
	assert_query(sql, second ? "2" : "1");
	free(sql);
	free(ip);
	free(ips[0]);
	free(ips[1]);
}

static void assert_text(const char *name, const char *path, const char *want)
{
	char *got = string_field(name, path);

	assert_string_equal(got, want);
	free(got);
}

static void test_policies(void **state)
{
	(void)state;
	apply("plain", PLAIN);
	assert_ips("plain", RANGE4, NULL);
	assert_field("plain", "spec.ipFamilyPolicy", "'SingleStack'");
	apply("prefer", PREFER);
	assert_ips("prefer", RANGE4, RANGE6);
	assert_field("prefer", "spec.ipFamilies", "['IPv4','IPv6']");
	apply("require", REQUIRE);
	assert_ips("require", RANGE4, RANGE6);
	apply("six", "{" PORT80 ",'ipFamilies':['IPv6']}");
	assert_ips("six", RANGE6, NULL);
	apply("order", "{" PORT80 ",'ipFamilyPolicy':'PreferDualStack','ipFamilies':['IPv6','IPv4']}");
	assert_ips("order", RANGE6, RANGE4);
	apply("named", "{" PORT80 ",'ipFamilyPolicy':'RequireDualStack','clusterIP':'fd00:10:96::9','clusterIPs':['fd00:10:96::9','10.96.3.4']}");
	assert_field("named", "spec.ipFamilies", "['IPv6','IPv4']");
	refuse("again", "{" PORT80 ",'ipFamilyPolicy':'PreferDualStack','clusterIP':'fd00:10:96::9'}",
	       "spec.clusterIPs: Invalid value: [\"fd00:10:96::9\",\"\"]: failed to allocate IP fd00:10:96::9: provided IP is already allocated");
	refuse("single", "{" PORT80 ",'clusterIP':'10.96.3.5','clusterIPs':['10.96.3.5','fd00:10:96::5']}",
	       "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified");
}

static void test_upgrade_and_downgrade(void **state)
{
	char *first, *second, *spec;

	(void)state;
	apply("web", PLAIN);
	first = string_field("web", "spec.clusterIP");
	apply("web", REQUIRE);
	assert_ips("web", RANGE4, RANGE6);
	spec = xasprintf("'%s'", first);
	assert_field("web", "spec.clusterIP", spec);
	free(spec);
	second = string_field("web", "spec.clusterIPs.1");
	/* Only the main address is named: the other one stays. */
	spec = xasprintf("{" PORT80 ",'ipFamilyPolicy':'RequireDualStack','clusterIP':'%s'}",
			 first);
	assert_int_equal(apply("web", spec), IPSVC_WROTE_UNCHANGED);
	free(spec);
	spec = xasprintf("{" PORT80 ",'clusterIP':'%s','clusterIPs':['%s']}",
			 first, first);
	refuse("web", spec,
	       "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": must be 'SingleStack' to release the secondary cluster IP");
	free(spec);
	/* What SingleStack gives up, another one can have. */
	apply("web", SINGLE);
	assert_ips("web", RANGE4, NULL);
	assert_field("web", "spec.ipFamilies", "['IPv4']");
	spec = xasprintf("{" PORT80 ",'clusterIP':'%s'}", second);
	apply("other", spec);
	free(spec);
	free(first);
	free(second);
}

/* A deleted Service that comes back has its addresses, of the families it has. */
static void test_kept(void **state)
{
	char *first, *second, *want;

	(void)state;
	apply("web", PREFER);
	first = string_field("web", "spec.clusterIP");
	second = string_field("web", "spec.clusterIPs.1");
	delete("web");
	apply("web", PREFER);
	want = xasprintf("['%s','%s']", first, second);
	assert_field("web", "spec.clusterIPs", want);
	free(want);
	delete("web");
	apply("web", PLAIN);
	want = xasprintf("['%s']", first);
	assert_field("web", "spec.clusterIPs", want);
	free(want);
	delete("web");
	apply("web", "{" PORT80 ",'ipFamilies':['IPv6']}");
	assert_ips("web", RANGE6, NULL);
	free(first);
	free(second);
}

static enum ipsvc_store_result apply_manifest(const char *spec, bool *changed)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_store_result result;

	add_service(&objs, "web", spec);
	result = ipsvc_store_apply_file(store, OWNER("/m/web.yaml"), &objs,
					NULL, changed, &errs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return result;
}

/* A manifest that names the main address only says the same each time. */
static void test_manifest(void **state)
{
	static const char spec[] =
		"{" PORT80 ",'ipFamilyPolicy':'RequireDualStack','clusterIP':'10.96.3.4'}";
	bool changed;

	(void)state;
	assert_int_equal(apply_manifest(spec, &changed), IPSVC_STORE_OK);
	assert_true(changed);
	assert_ips("web", RANGE4, RANGE6);
	assert_int_equal(apply_manifest(spec, &changed), IPSVC_STORE_OK);
	assert_false(changed);
	assert_int_equal(apply_manifest(SINGLE, &changed), IPSVC_STORE_OK);
	assert_ips("web", RANGE4, NULL);
}

/* What Kubernetes fills in for a cluster of one family is taken there. */
static void test_one_family(void **state)
{
	(void)state;
	set_config(RANGE4, 30000, 32767);
	apply("prefer", PREFER);
	assert_ips("prefer", RANGE4, NULL);
	assert_field("prefer", "spec.ipFamilies", "['IPv4']");
	refuse("require", REQUIRE,
	       "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services");
	refuse("six", "{" PORT80 ",'ipFamilies':['IPv6']}",
	       "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster");
	refuse("six", "{" PORT80 ",'clusterIP':'fd00:10:96::9'}",
	       "spec.clusterIPs[0]: Invalid value: [\"fd00:10:96::9\"]: IPv6 is not configured on this cluster");
	apply("headless", "{'clusterIP':'None'}");
	assert_field("headless", "spec.ipFamilyPolicy", "'RequireDualStack'");
	assert_field("headless", "spec.ipFamilies", "['IPv4','IPv6']");
	apply("exported", "{" PORT80 ",'clusterIP':'None','clusterIPs':['None'],'internalTrafficPolicy':'Cluster',"
	      "'ipFamilies':['IPv4','IPv6'],'ipFamilyPolicy':'RequireDualStack','sessionAffinity':'None','type':'ClusterIP'}");
}

static void test_ipv6_only(void **state)
{
	(void)state;
	set_config(RANGE6, 30000, 32767);
	apply("web", PLAIN);
	assert_ips("web", RANGE6, NULL);
	assert_field("web", "spec.ipFamilies", "['IPv6']");
	apply("first", "{" PORT80 ",'clusterIP':'fd00:10:96::ffff'}");
	refuse("reserved", "{" PORT80 ",'clusterIP':'fd00:10:96::1'}",
	       "spec.clusterIPs: Invalid value: [\"fd00:10:96::1\"]: failed to allocate IP fd00:10:96::1: provided IP is already allocated");
	refuse("network", "{" PORT80 ",'clusterIP':'fd00:10:96::'}",
	       "spec.clusterIPs: Invalid value: [\"fd00:10:96::\"]: failed to allocate IP fd00:10:96::: the provided network does not match the current range");
	refuse("four", "{" PORT80 ",'ipFamilies':['IPv4']}",
	       "spec.ipFamilies[0]: Invalid value: \"IPv4\": not configured on this cluster");
}

static void test_full(void **state)
{
	(void)state;
	set_config(RANGE4 ",fd00::/126", 30000, 32767);
	apply("a", PREFER);
	apply("b", PREFER);
	refuse("c", PREFER, "spec.clusterIPs: Internal error: failed to allocate a serviceIP for Service \"c\": range is full");
	apply("c", PLAIN);
	delete("a");
	apply("c", PREFER);
	assert_ips("c", RANGE4, "fd00::/126");
}

/* A second range may come while Services have addresses, and none may go. */
static void test_second_range(void **state)
{
	struct ipsvc_cluster_config cfg = {
		.service_cidr = RANGE6 "," RANGE4,
		.node_port_min = 30000, .node_port_max = 32767,
	};

	(void)state;
	set_config(RANGE4, 30000, 32767);
	apply("web", PREFER);
	set_config(RANGE4 "," RANGE6, 30000, 32767);
	/* The same, written otherwise. */
	set_config(RANGE4 ",fd00:0010:96:0::/112", 30000, 32767);
	assert_ips("web", RANGE4, NULL);
	/* Not by itself, but when it is changed. */
	apply("web", "{" PORT80 ",'ipFamilyPolicy':'RequireDualStack'}");
	assert_ips("web", RANGE4, RANGE6);
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_CONFLICT);
	strcpy(cfg.service_cidr, RANGE4);
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_CONFLICT);
	strcpy(cfg.service_cidr, RANGE4 "0");
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_INVALID);
}

/* A Service that is made again with other families has what it can have of before. */
static void test_kept_in_another_order(void **state)
{
	char *four, *six;
	int port;

	(void)state;
	apply("web", "{'type':'NodePort'," PORT80 ",'ipFamilyPolicy':'RequireDualStack'}");
	four = string_field("web", "spec.clusterIPs.0");
	six = string_field("web", "spec.clusterIPs.1");
	port = node_port("web", 0);
	delete("web");
	apply("web", "{'type':'NodePort'," PORT80 ",'ipFamilyPolicy':'RequireDualStack','ipFamilies':['IPv6','IPv4']}");
	assert_text("web", "spec.clusterIPs.0", six);
	assert_text("web", "spec.clusterIPs.1", four);
	assert_int_equal(node_port("web", 0), port);
	delete("web");
	apply("web", "{'type':'NodePort'," PORT80 ",'ipFamilies':['IPv6']}");
	assert_text("web", "spec.clusterIP", six);
	assert_int_equal(node_port("web", 0), port);
	delete("web");
	apply("web", "{'type':'NodePort'," PORT80 "}");
	assert_ips("web", RANGE4, NULL);
	assert_int_equal(node_port("web", 0), port);
	free(four);
	free(six);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_dual, env_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_policies),
		TEST(test_upgrade_and_downgrade),
		TEST(test_kept),
		TEST(test_kept_in_another_order),
		TEST(test_manifest),
		TEST(test_one_family),
		TEST(test_ipv6_only),
		TEST(test_full),
		TEST(test_second_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
