// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster/categorize.h: which endpoints a node uses. The cases are those of
 * kube-proxy's TestCategorizeEndpoints.
 */
#include "nodeview_env.h"

/* This node is n1. */
#define ZONE(zone) \
	"---\n{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/zone: '" zone "'}}}\n"

#define WEB_OF(spec) SVC("web", "10.96.0.1", "ports: [{port: 80, nodePort: 30080}], " spec)
#define INTERNAL SVC("web", "10.96.0.1", "ports: [{port: 80}]")
#define INTERNAL_LOCAL SVC("web", "10.96.0.1", "internalTrafficPolicy: Local, ports: [{port: 80}]")
#define CLUSTER WEB_OF("type: NodePort")
#define EXTERNAL_LOCAL WEB_OF("type: NodePort, externalTrafficPolicy: Local")
#define ITP_LOCAL WEB_OF("type: NodePort, internalTrafficPolicy: Local")
#define BOTH_LOCAL WEB_OF("type: NodePort, internalTrafficPolicy: Local, externalTrafficPolicy: Local")

#define SLICE(endpoints) SLICE_NAMED(s, endpoints)
#define SLICE_NAMED(name, endpoints) \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " #name ", labels: " \
	"{kubernetes.io/service-name: web}}, addressType: IPv4, ports: [{port: 80}], endpoints: [" endpoints "]}\n"
#define EP(n, rest) "{addresses: [10.1.2." #n "], " rest "},"
#define HERE "nodeName: n1, "
#define THERE "nodeName: n2, "
#define READY_ "conditions: {ready: true}, "
#define UNREADY "conditions: {ready: false, serving: false}, "
#define LEAVING_ "conditions: {ready: false, serving: true, terminating: true}, "
#define GONE "conditions: {ready: false, serving: false, terminating: true}, "
#define ZONES(list) "hints: {forZones: [" list "]}"
#define HINTS(zone, node) "hints: {forZones: [{name: " zone "}], forNodes: [{name: " node "}]}"
#define Z(zone) "{name: " zone "},"

static const struct {
	const char *name, *world, *endpoints;
} cases[] = {
	{ "all have hints, and some are of the node's zone",
	  ZONE("a") INTERNAL SLICE(EP(3, ZONES(Z("a"))) EP(4, ZONES(Z("b"))) EP(5, ZONES(Z("c"))) EP(6, ZONES(Z("a")))),
	  "3 4! 5! 6" },
	{ "externalTrafficPolicy Local: hints do not matter to local ones",
	  ZONE("a") EXTERNAL_LOCAL SLICE(EP(3, HERE ZONES(Z("a"))) EP(4, HERE ZONES(Z("b"))) EP(5, THERE ZONES(Z("c")))
		EP(6, THERE ZONES(Z("a")))), "3+ 4!+ 5! 6" },
	{ "internalTrafficPolicy Local: hints do not matter to local ones",
	  ZONE("a") ITP_LOCAL SLICE(EP(3, HERE ZONES(Z("a"))) EP(4, HERE ZONES(Z("b"))) EP(5, THERE ZONES(Z("c")))
		EP(6, THERE ZONES(Z("a")))), "3+ 4!+ 5! 6" },
	{ "no Node", INTERNAL SLICE(EP(3, ZONES(Z("a"))) EP(4, ZONES(Z("b")))), "3 4" },
	{ "a Node without a zone", ZONE("") INTERNAL SLICE(EP(3, ZONES(Z("a")))), "3" },
	{ "a Node of a zone that nothing is for", ZONE("b") INTERNAL SLICE(EP(3, ZONES(Z("a")))), "3" },
	{ "one that is not ready counts for nothing",
	  ZONE("a") INTERNAL SLICE(EP(3, ZONES(Z("a"))) EP(4, UNREADY)), "3" },
	{ "one without hints", ZONE("a") INTERNAL SLICE(EP(3, ZONES(Z("a"))) EP(4, READY_)), "3 4" },
	{ "several zones of one",
	  ZONE("c") INTERNAL SLICE(EP(3, ZONES(Z("a") Z("b") Z("c"))) EP(4, ZONES(Z("b") Z("c"))) EP(5, ZONES(Z("b") Z("d")))
		EP(6, ZONES(Z("c")))), "3 4 5! 6" },
	{ "the node itself is nearest",
	  ZONE("a") INTERNAL SLICE(EP(3, HINTS("a", "n1")) EP(4, HINTS("b", "n2")) EP(6, HINTS("a", "n4"))), "3 4! 6!" },
	{ "without a Node its name counts", INTERNAL SLICE(EP(3, HINTS("a", "n1")) EP(4, HINTS("b", "n2"))), "3 4!" },
	{ "not all have hints of the node",
	  ZONE("a") INTERNAL SLICE(EP(3, HINTS("a", "n1")) EP(4, READY_) EP(5, HINTS("c", "n3"))), "3 4 5" },
	{ "none for the node: its zone",
	  ZONE("a") INTERNAL SLICE(EP(3, HINTS("a", "n9")) EP(4, HINTS("b", "n2")) EP(6, HINTS("a", "n4"))), "3 4! 6" },
	{ "internalTrafficPolicy Local, nothing here", INTERNAL_LOCAL SLICE(EP(0, THERE) EP(1, THERE)), "0 1" },
	{ "internalTrafficPolicy Local, all here", INTERNAL_LOCAL SLICE(EP(0, HERE) EP(1, HERE)), "0+ 1+" },
	{ "internalTrafficPolicy Local, some here", INTERNAL_LOCAL SLICE(EP(0, HERE) EP(1, THERE) EP(2, "")), "0+ 1 2" },
	{ "Cluster, none ready", CLUSTER SLICE(EP(0, UNREADY HERE) EP(1, UNREADY)), "" },
	{ "Cluster, one ready", CLUSTER SLICE(EP(0, UNREADY HERE) EP(1, READY_)), "1" },
	{ "Cluster, all leaving", CLUSTER SLICE(EP(0, LEAVING_ HERE) EP(1, LEAVING_ THERE) EP(2, GONE)), "0 1" },
	{ "all leaving: no hints",
	  ZONE("a") CLUSTER SLICE(EP(0, LEAVING_ ZONES(Z("a"))) EP(1, LEAVING_ ZONES(Z("b")))), "0 1" },
	{ "internal Local, external Cluster", ITP_LOCAL SLICE(EP(0, HERE) EP(1, THERE)), "0+ 1" },
	{ "internal Cluster, external Local", EXTERNAL_LOCAL SLICE(EP(0, HERE) EP(1, THERE)), "0+ 1" },
	{ "both Local", BOTH_LOCAL SLICE(EP(0, HERE) EP(1, THERE)), "0+ 1" },
	{ "both Local, all elsewhere", BOTH_LOCAL SLICE(EP(0, THERE) EP(1, THERE)), "0 1" },
	{ "both Local, all elsewhere and leaving", BOTH_LOCAL SLICE(EP(0, LEAVING_ THERE) EP(1, LEAVING_ THERE)), "0 1" },
	{ "external Local, those here leave",
	  EXTERNAL_LOCAL SLICE(EP(0, THERE) EP(1, UNREADY HERE) EP(2, LEAVING_ HERE) EP(3, LEAVING_ THERE)), "0 2!+ 3!" },
	{ "external Local, those here leave but for one",
	  EXTERNAL_LOCAL SLICE(EP(0, THERE) EP(1, HERE) EP(2, LEAVING_ HERE)), "0 1+ 2!" },
	{ "twice the same, here and there: here",
	  EXTERNAL_LOCAL SLICE_NAMED(a, EP(0, THERE) EP(1, HERE)) SLICE_NAMED(b, EP(0, HERE) EP(1, THERE)), "0+ 1+" },
	{ "twice the same: that of this node says whether it is ready",
	  EXTERNAL_LOCAL SLICE_NAMED(a, EP(0, THERE) EP(1, THERE)) SLICE_NAMED(b, EP(0, UNREADY HERE) EP(1, LEAVING_ HERE)), "1+" },
	{ "twice the same elsewhere: the better",
	  CLUSTER SLICE_NAMED(a, EP(0, UNREADY THERE) EP(1, THERE)) SLICE_NAMED(b, EP(0, THERE) EP(1, LEAVING_ THERE)), "0 1" },
	{ "a policy for what there is not",
	  SVC("web", "10.96.0.1", "externalIPs: [1.2.3.4], externalTrafficPolicy: Local, ports: [{port: 80}]") SLICE(EP(0, THERE) EP(1, HERE)), "0 1" },
};

/* "0+ 1!" of "… -> 10.1.2.0:80+ 10.1.2.1:80!" */
static char *short_form(const struct ipsvc_state *st)
{
	char *all = show(st), *at = strstr(all, " ->");
	struct ipsvc_buf buf = {0};

	for (at = strstr(at, " 10.1.2."); at; at = strstr(at, " 10.1.2.")) {
		at += strlen(" 10.1.2.");
		ipsvc_buf_printf(&buf, "%s%.*s", buf.len ? " " : "",
				 (int)strcspn(at, ":"), at);
		at += strcspn(at, ":") + strlen(":80");
		ipsvc_buf_printf(&buf, "%.*s", (int)strcspn(at, " "), at);
	}
	free(all);
	return buf.len ? ipsvc_buf_take(&buf) : xstrdup("");
}

static void test_cases(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors notes = {0};
		struct ipsvc_state st;
		char *got;

		read_objects(cases[i].world, &objs);
		compute(&objs, &st, &notes);
		got = short_form(&st);
		if (strcmp(got, cases[i].endpoints))
			print_error("%s\n", cases[i].name);
		assert_string_equal(got, cases[i].endpoints);
		free(got);
		ipsvc_errors_free(&notes);
		ipsvc_state_free(&st);
		ipsvc_objects_free(&objs);
	}
}

/* Of Pods: the Service asks, their Nodes say where they are. */
#define POD_ON(name, node, ip) \
	POD_META(name, "labels: {app: web}", "nodeName: " node, "podIP: " ip READY)
#define NODE_IN(name, zone) \
	"---\n{apiVersion: v1, kind: Node, metadata: {name: " name ", labels: {topology.kubernetes.io/zone: " zone "}}}\n"
#define NODES NODE_IN("n1", "a") NODE_IN("n2", "a") NODE_IN("n3", "b")
#define PODS POD_ON("p2", "n2", "10.1.0.2") POD_ON("p3", "n3", "10.1.0.3")
#define WEB_HERE POD_ON("p1", "n1", "10.1.0.1")

static void test_pods(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", WEB) NODES PODS WEB_HERE,
	       WEB_IS " 10.1.0.1:8080 10.1.0.2:8080 10.1.0.3:8080");
	expect(SVC("web", "10.96.0.1", "trafficDistribution: PreferClose, " WEB) NODES PODS WEB_HERE,
	       WEB_IS " 10.1.0.1:8080 10.1.0.2:8080 10.1.0.3:8080!");
	expect(SVC("web", "10.96.0.1", "trafficDistribution: PreferSameNode, " WEB) NODES PODS WEB_HERE,
	       WEB_IS " 10.1.0.1:8080 10.1.0.2:8080! 10.1.0.3:8080!");
	expect(SVC("web", "10.96.0.1", "trafficDistribution: PreferSameNode, " WEB) NODES PODS,
	       WEB_IS " 10.1.0.2:8080 10.1.0.3:8080!");
	expect(SVC("web", "10.96.0.1", "internalTrafficPolicy: Local, " WEB) NODES PODS WEB_HERE,
	       "default/web tcp 10.96.0.1:80,local -> 10.1.0.1:8080+ 10.1.0.2:8080 10.1.0.3:8080");
}

/* A Node that moves matters to all Services. */
static void test_node_moves(void **unused)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;
	struct ipsvc_objects objs = {0}, node = {0};
	size_t told = 0;

	(void)unused;
	ipsvc_cache_set_node(cache, "n1");
	read_objects(SVC("web", "10.96.0.1", WEB) SVC("b", "10.96.0.2", WEB) NODES, &objs);
	ipsvc_cache_put_all(cache, &objs);
	while (ipsvc_cache_next(cache, &service))
		;
	assert_string_equal(ipsvc_cache_zone(cache), "a");
	read_objects(NODE_IN("n2", "b") NODE_IN("n3", "b"), &node);
	ipsvc_cache_put_all(cache, &node);
	assert_false(ipsvc_cache_next(cache, &service));
	read_objects(NODE_IN("n1", "b"), &node);
	ipsvc_cache_put_all(cache, &node);
	assert_string_equal(ipsvc_cache_zone(cache), "b");
	while (ipsvc_cache_next(cache, &service))
		told++;
	assert_int_equal(told, 2);
	ipsvc_objects_free(&objs);
	ipsvc_objects_free(&node);
	ipsvc_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_node_moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
