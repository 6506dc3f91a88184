// SPDX-License-Identifier: GPL-2.0-or-later
/* cluster/local_endpoints.h: what a health check port tells. */
#include "nodeview_env.h"

#include "cluster/local_endpoints.h"

#define PORTS "selector: {app: web}, ports: [{name: a, port: 80, targetPort: 8080}, {name: b, port: 81}]"

static void expect_local(const char *text, size_t ip4, size_t ip6)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;
	struct ipsvc_local_endpoints local;
	struct ipsvc_objects objs = {0};

	read_objects(text, &objs);
	ipsvc_cache_set_node(cache, "n1");
	ipsvc_cache_put_all(cache, &objs);
	assert_true(ipsvc_cache_next(cache, &service));
	local = ipsvc_local_endpoints(cache, &service);
	assert_int_equal(local.ip4, ip4);
	assert_int_equal(local.ip6, ip6);
	ipsvc_cache_free(cache);
	ipsvc_objects_free(&objs);
}

static void test_local(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", WEB), WEB_IS);
	expect_local(SVC("web", "10.96.0.1", PORTS), 0, 0);
	/* Each once, of two ports; those of other nodes, not ready, leaving, not. */
	expect_local(SVC("web", "10.96.0.1", PORTS)
		     POD_META("a", "labels: {app: web}", "nodeName: n1", "podIP: 10.1.0.1" READY)
		     POD_META("b", "labels: {app: web}", "nodeName: n1", "podIP: 10.1.0.2" READY)
		     POD_META("c", "labels: {app: web}", "nodeName: n2", "podIP: 10.1.0.3" READY)
		     POD_META("d", "labels: {app: web}", "nodeName: n1", "podIP: 10.1.0.4" NOT_READY)
		     POD_META("e", "labels: {app: web}, deletionTimestamp: x", "nodeName: n1", "podIP: 10.1.0.5" READY),
		     2, 0);
	/* By family. */
	expect_local(SVC("web", "10.96.0.1", "ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6], "
			 "clusterIPs: [10.96.0.1, 'fd00::1'], " PORTS)
		     POD_META("a", "labels: {app: web}", "nodeName: n1",
			      "podIPs: [{ip: 10.1.0.1}, {ip: 'fd01::1'}]" READY)
		     POD_META("b", "labels: {app: web}", "nodeName: n1", "podIP: 10.1.0.2" READY),
		     2, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
