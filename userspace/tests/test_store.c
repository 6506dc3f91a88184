// SPDX-License-Identifier: GPL-2.0-or-later
/* What the store allocates, keeps and releases as Services come and change. */
#include "base/memory.h"
#include "store/check.h"
#include "store_env.h"

#define PORT80	"'ports':[{'port':80,'protocol':'TCP'}]"
#define PLAIN	"{'type':'ClusterIP'," PORT80 "}"
#define NODE	"{'type':'NodePort'," PORT80 "}"
#define NAMED	"{'type':'ClusterIP','clusterIP':'10.96.1.1','clusterIPs':['10.96.1.1']," PORT80 "}"

static bool matches(const char *text, const char *pattern)
{
	/* x: a hexadecimal digit, 0: a decimal one, else itself. */
	for (; *pattern; pattern++, text++) {
		if (*pattern == 'x' ? !*text || !strchr("0123456789abcdef", *text) :
		    *pattern == '0' ? *text < '0' || *text > '9' :
		    *pattern != *text)
			return false;
	}
	return !*text;
}

static void test_create(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_object *obj = add_service(&objs, "web", PLAIN);
	enum ipsvc_write_outcome outcome;
	unsigned int a, b, c, d;
	char *ip, *uid, *when;
	json_t *doc;

	(void)state;
	assert_int_equal(ipsvc_store_write(store, obj, IPSVC_WRITE_CREATE, false,
					   &outcome, &errs), IPSVC_STORE_OK);
	assert_int_equal(outcome, IPSVC_WROTE_CREATED);
	assert_int_equal(ipsvc_store_revision(store), 1);
	assert_int_equal(obj->revision, 1);
	doc = stored("web");
	assert_true(json_equal(doc, obj->doc));
	json_decref(doc);

	ip = string_field("web", "spec.clusterIP");
	assert_int_equal(sscanf(ip, "%u.%u.%u.%u", &a, &b, &c, &d), 4);
	assert_int_equal(a, 10);
	assert_in_range(b, 96, 111);
	/* Not in the static band. */
	assert_true((b - 96) * 65536 + c * 256 + d > 256);
	free(ip);
	ip = string_field("web", "spec.clusterIPs.0");
	assert_field("web", "spec.clusterIPs.1", NULL);
	uid = xasprintf("'%s'", ip);
	assert_field("web", "spec.clusterIP", uid);
	free(uid);
	assert_field("web", "spec.ipFamilies", "['IPv4']");
	assert_field("web", "spec.ipFamilyPolicy", "'SingleStack'");
	assert_field("web", "spec.ports.0.nodePort", NULL);
	assert_field("web", "metadata.resourceVersion", "'1'");
	uid = string_field("web", "metadata.uid");
	assert_true(matches(uid, "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx"));
	assert_non_null(strchr("89ab", uid[19]));
	when = string_field("web", "metadata.creationTimestamp");
	assert_true(matches(when, "0000-00-00T00:00:00Z"));
	free(ip);
	free(uid);
	free(when);
	ipsvc_objects_free(&objs);
	assert_consistent();
}

/* What must not change however often a Service is applied. */
static void test_reapply(void **state)
{
	static const char *const kept[] = {
		"metadata.uid", "metadata.creationTimestamp", "spec.clusterIP",
		"spec.clusterIPs", "spec.ports.0.nodePort",
	};
	json_t *before[COUNT(kept)];

	(void)state;
	assert_int_equal(apply("web", NODE), IPSVC_WROTE_CREATED);
	for (size_t i = 0; i < COUNT(kept); i++)
		before[i] = field("web", kept[i]);
	assert_in_range(node_port("web", 0), 30086, 32767);

	assert_int_equal(apply("web", NODE), IPSVC_WROTE_UNCHANGED);
	/* Written otherwise, but the same. */
	assert_int_equal(apply("web", "{'clusterIP':'','clusterIPs':[]," PORT80
			       ",'type':'NodePort'}"), IPSVC_WROTE_UNCHANGED);
	assert_int_equal(ipsvc_store_revision(store), 1);
	assert_int_equal(apply("web", "{'type':'NodePort','ports':[{'port':81,'protocol':'TCP'}],'selector':{'app':'x'}}"),
			 IPSVC_WROTE_CONFIGURED);
	assert_int_equal(ipsvc_store_revision(store), 2);
	assert_field("web", "metadata.resourceVersion", "'2'");
	assert_field("web", "spec.ports.0.port", "81");
	/* The new document wins. */
	assert_int_equal(apply("web", NODE), IPSVC_WROTE_CONFIGURED);
	assert_field("web", "spec.selector", NULL);

	for (size_t i = 0; i < COUNT(kept); i++) {
		json_t *now = field("web", kept[i]);

		assert_true(json_equal(now, before[i]));
		json_decref(now);
		json_decref(before[i]);
	}
	assert_consistent();
}

static void test_requested_ip(void **state)
{
	(void)state;
	assert_int_equal(apply("a", "{'type':'ClusterIP','clusterIP':'10.96.0.9'," PORT80 "}"),
			 IPSVC_WROTE_CREATED);
	assert_field("a", "spec.clusterIPs", "['10.96.0.9']");
	refuse("b", "{'type':'ClusterIP','clusterIP':'10.96.0.9'," PORT80 "}",
	       "spec.clusterIPs: Invalid value: [\"10.96.0.9\"]: failed to allocate IP 10.96.0.9: provided IP is already allocated");
	refuse("b", "{'type':'ClusterIP','clusterIP':'10.96.0.1'," PORT80 "}",
	       "spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: provided IP is already allocated");
	refuse("b", "{'type':'ClusterIP','clusterIP':'1.2.3.4'," PORT80 "}",
	       "spec.clusterIPs: Invalid value: [\"1.2.3.4\"]: failed to allocate IP 1.2.3.4: the provided network does not match the current range");
	refuse("b", "{'type':'ClusterIP','clusterIP':'10.96.0.0'," PORT80 "}",
	       "spec.clusterIPs: Invalid value: [\"10.96.0.0\"]: failed to allocate IP 10.96.0.0: the provided network does not match the current range");
	refuse("b", "{'type':'ClusterIP','clusterIP':'fd00::1'," PORT80 "}",
	       "spec.clusterIPs[0]: Invalid value: [\"fd00::1\"]: IPv6 is not configured on this cluster");
	refuse("b", "{'type':'ClusterIP','ipFamilyPolicy':'RequireDualStack'," PORT80 "}",
	       "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services");
	refuse("b", "{'type':'ClusterIP','ipFamilies':['IPv4','IPv6'],'ipFamilyPolicy':'PreferDualStack'," PORT80 "}",
	       "spec.ipFamilies[1]: Invalid value: \"IPv6\": not configured on this cluster");
	/* Had at once by others when it is released. */
	delete("a");
	assert_int_equal(apply("b", "{'type':'ClusterIP','clusterIP':'10.96.0.9','clusterIPs':['10.96.0.9']," PORT80 "}"),
			 IPSVC_WROTE_CREATED);
	assert_field("b", "spec.clusterIP", "'10.96.0.9'");
	/* Said or not, it stays. */
	assert_int_equal(apply("b", PLAIN), IPSVC_WROTE_UNCHANGED);
	assert_consistent();
}

static void test_kubernetes(void **state)
{
	(void)state;
	assert_int_equal(apply("kubernetes", PLAIN), IPSVC_WROTE_CREATED);
	assert_field("kubernetes", "spec.clusterIP", "'10.96.0.1'");
	delete("kubernetes");
	apply("kubernetes", "{'type':'ClusterIP','clusterIP':'10.96.0.1'," PORT80 "}");
	assert_consistent();
}

static void test_requested_node_port(void **state)
{
	(void)state;
	apply("a", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30080}]}");
	/* The protocol does not matter between Services. */
	refuse("b", "{'type':'NodePort','ports':[{'port':80,'protocol':'UDP','nodePort':30080}]}",
	       "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated");
	refuse("b", "{'type':'NodePort','ports':[{'name':'x','port':80,'protocol':'TCP'},{'name':'y','port':81,'protocol':'TCP','nodePort':80}]}",
	       "spec.ports[1].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767");
	refuse("b", "{'type':'NodePort','ports':[{'name':'x','port':80,'protocol':'TCP','nodePort':30081},{'name':'y','port':81,'protocol':'UDP','nodePort':30081}]}",
	       "spec.ports[1].nodePort: Invalid value: 30081: provided port is already allocated");
	/* Nothing of what was refused is left behind. */
	apply("b", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30081}]}");
	/* Changed to another one, the old one is free. */
	apply("b", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30082}]}");
	apply("c", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30081}]}");
	/* A change that is refused takes nothing away. */
	refuse("c", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30082}]}",
	       "spec.ports[0].nodePort: Invalid value: 30082: provided port is already allocated");
	assert_int_equal(node_port("c", 0), 30081);
	assert_consistent();
}

static void test_node_port_of_protocols(void **state)
{
	(void)state;
	apply("dns", "{'type':'NodePort','ports':[{'name':'u','port':53,'protocol':'UDP'},{'name':'t','port':53,'protocol':'TCP'},{'name':'m','port':9153,'protocol':'TCP'}]}");
	assert_int_equal(node_port("dns", 0), node_port("dns", 1));
	assert_int_not_equal(node_port("dns", 0), node_port("dns", 2));
	/* The one that is named goes first, wherever it is. */
	apply("two", "{'type':'NodePort','ports':[{'name':'u','port':53,'protocol':'UDP'},{'name':'t','port':53,'protocol':'TCP','nodePort':30053}]}");
	assert_int_equal(node_port("two", 0), 30053);
	apply("three", "{'type':'NodePort','ports':[{'name':'u','port':53,'protocol':'UDP','nodePort':30054},{'name':'t','port':53,'protocol':'TCP','nodePort':30054}]}");
	/* One protocol goes: the number stays with the other. */
	apply("three", "{'type':'NodePort','ports':[{'name':'t','port':53,'protocol':'TCP'}]}");
	assert_int_equal(node_port("three", 0), 30054);
	apply("three", "{'type':'NodePort','ports':[{'name':'t','port':53,'protocol':'TCP'},{'name':'u','port':53,'protocol':'UDP'}]}");
	assert_int_equal(node_port("three", 1), 30054);
	/* A port that shares its number may move. */
	apply("three", "{'type':'NodePort','ports':[{'name':'t','port':54,'protocol':'TCP'},{'name':'u','port':53,'protocol':'UDP'}]}");
	assert_int_equal(node_port("three", 0), 30054);
	assert_int_equal(node_port("three", 1), 30054);
	/* Two ports cannot have one number under one protocol. */
	apply("three", "{'type':'NodePort','ports':[{'name':'t','port':54,'protocol':'TCP'},{'name':'u','port':53,'protocol':'TCP'}]}");
	assert_int_equal(node_port("three", 0), 30054);
	assert_int_not_equal(node_port("three", 1), 30054);
	assert_consistent();
}

static void test_node_port_stays(void **state)
{
	int http, https;

	(void)state;
	apply("web", NODE);
	http = node_port("web", 0);
	/* It gets a name, since a second one comes. */
	apply("web", "{'type':'NodePort','ports':[{'name':'https','port':443,'protocol':'TCP'},{'name':'http','port':80,'protocol':'TCP'}]}");
	https = node_port("web", 0);
	assert_int_equal(node_port("web", 1), http);
	assert_int_not_equal(https, http);
	/* Names tell them apart, whatever their order and numbers. */
	apply("web", "{'type':'NodePort','ports':[{'name':'http','port':443,'protocol':'TCP'},{'name':'https','port':80,'protocol':'TCP'}]}");
	assert_int_equal(node_port("web", 0), http);
	assert_int_equal(node_port("web", 1), https);
	/* A port that comes where a named one was does not take from it. */
	apply("web", "{'type':'NodePort','ports':[{'name':'new','port':443,'protocol':'TCP'},{'name':'http','port':444,'protocol':'TCP'}]}");
	assert_int_equal(node_port("web", 1), http);
	assert_int_not_equal(node_port("web", 0), http);
	apply("web", "{'type':'NodePort','ports':[{'name':'http','port':443,'protocol':'TCP'}]}");
	assert_int_equal(node_port("web", 0), http);
	/* A number that is given to another port is not its own any more. */
	char *spec = xasprintf("{'type':'NodePort','ports':[{'name':'http','port':443,'protocol':'TCP'},{'name':'new','port':90,'protocol':'TCP','nodePort':%d}]}",
			       http);
	apply("web", spec);
	free(spec);
	assert_int_equal(node_port("web", 1), http);
	assert_int_not_equal(node_port("web", 0), http);
	/* Not under another protocol either. */
	https = node_port("web", 0);
	spec = xasprintf("{'type':'NodePort','ports':[{'name':'http','port':443,'protocol':'TCP'},{'name':'new','port':90,'protocol':'UDP','nodePort':%d}]}",
			 https);
	apply("web", spec);
	free(spec);
	assert_int_not_equal(node_port("web", 0), https);
	apply("web", "{'type':'NodePort','ports':[{'name':'new','port':90,'protocol':'TCP'}]}");
	http = node_port("web", 0);
	/* From NodePort to LoadBalancer and back. */
	apply("web", "{'type':'LoadBalancer','ports':[{'name':'new','port':90,'protocol':'TCP'}]}");
	assert_int_equal(node_port("web", 0), http);
	apply("web", "{'type':'NodePort','ports':[{'name':'new','port':90,'protocol':'TCP'}]}");
	assert_int_equal(node_port("web", 0), http);
	assert_consistent();
}

static void test_type_changes(void **state)
{
	(void)state;
	apply("web", "{'type':'NodePort','clusterIP':'10.96.0.9','ports':[{'port':80,'protocol':'TCP','nodePort':30080}]}");
	apply("web", PLAIN);
	assert_field("web", "spec.clusterIP", "'10.96.0.9'");
	assert_field("web", "spec.ports.0.nodePort", NULL);
	assert_query("SELECT count(*) FROM node_ports", "0");
	apply("web", "{'type':'ExternalName','externalName':'example.com'}");
	assert_field("web", "spec.clusterIP", NULL);
	assert_field("web", "spec.ipFamilies", NULL);
	assert_query("SELECT count(*) FROM cluster_ips", "0");
	apply("other", "{'type':'ClusterIP','clusterIP':'10.96.0.9'," PORT80 "}");
	apply("web", NODE);
	assert_in_range(node_port("web", 0), 30086, 32767);
	assert_query("SELECT count(*) FROM cluster_ips", "2");
	assert_consistent();
}

/* As stored, but for the type: Kubernetes drops what the type has no more. */
static void test_type_changes_in_place(void **state)
{
	(void)state;
	apply("web", "{'type':'LoadBalancer','clusterIP':'10.96.0.9','externalTrafficPolicy':'Local','allocateLoadBalancerNodePorts':true,'loadBalancerClass':'a/b','healthCheckNodePort':30100,"
	      "'ports':[{'port':80,'name':'a','protocol':'TCP','nodePort':30080},{'port':81,'name':'b','protocol':'TCP','nodePort':30081}]}");
	assert_query("SELECT count(*) FROM node_ports", "3");
	apply("web", "{'type':'ClusterIP','clusterIP':'10.96.0.9','clusterIPs':['10.96.0.9'],'externalTrafficPolicy':'Local','allocateLoadBalancerNodePorts':true,'loadBalancerClass':'a/b','healthCheckNodePort':30100,"
	      "'ports':[{'port':80,'name':'a','protocol':'TCP','nodePort':30080},{'port':81,'name':'b','protocol':'TCP','nodePort':30081}]}");
	assert_field("web", "spec.ports.0.nodePort", NULL);
	assert_field("web", "spec.externalTrafficPolicy", NULL);
	assert_field("web", "spec.allocateLoadBalancerNodePorts", NULL);
	assert_field("web", "spec.loadBalancerClass", NULL);
	assert_field("web", "spec.healthCheckNodePort", NULL);
	assert_field("web", "spec.clusterIP", "'10.96.0.9'");
	assert_query("SELECT count(*) FROM node_ports", "0");
	apply("web", "{'type':'ExternalName','externalName':'example.com','clusterIP':'10.96.0.9','clusterIPs':['10.96.0.9'],'ipFamilies':['IPv4'],'ipFamilyPolicy':'SingleStack'}");
	assert_field("web", "spec.clusterIP", NULL);
	assert_field("web", "spec.clusterIPs", NULL);
	assert_field("web", "spec.ipFamilies", NULL);
	assert_field("web", "spec.ipFamilyPolicy", NULL);
	assert_query("SELECT count(*) FROM cluster_ips", "0");
	assert_consistent();
}

static void test_headless(void **state)
{
	(void)state;
	apply("db", "{'type':'ClusterIP','clusterIP':'None'}");
	assert_field("db", "spec.clusterIPs", "['None']");
	/* Its endpoints are anybody's: it has both families. */
	assert_field("db", "spec.ipFamilyPolicy", "'RequireDualStack'");
	assert_field("db", "spec.ipFamilies", "['IPv4','IPv6']");
	apply("pods", "{'type':'ClusterIP','clusterIP':'None','selector':{'a':'b'}}");
	assert_field("pods", "spec.ipFamilies", "['IPv4']");
	assert_int_equal(apply("db", "{'type':'ClusterIP'}"),
			 IPSVC_WROTE_UNCHANGED);
	assert_query("SELECT count(*) FROM cluster_ips", "0");
	assert_consistent();
}

static void test_load_balancer(void **state)
{
	(void)state;
	apply("lb", "{'type':'LoadBalancer'," PORT80 "}");
	assert_in_range(node_port("lb", 0), 30086, 32767);
	/* What is not needed any more stays only if it is named. */
	apply("lb", "{'type':'LoadBalancer','allocateLoadBalancerNodePorts':false,'ports':[{'port':80,'protocol':'TCP','nodePort':30079}]}");
	assert_int_equal(node_port("lb", 0), 30079);
	apply("lb", "{'type':'LoadBalancer','allocateLoadBalancerNodePorts':false," PORT80 "}");
	assert_field("lb", "spec.ports.0.nodePort", NULL);
	assert_query("SELECT count(*) FROM node_ports", "0");
	apply("lb2", "{'type':'LoadBalancer','allocateLoadBalancerNodePorts':false,'ports':[{'port':80,'name':'a','protocol':'TCP','nodePort':30080},{'port':81,'name':'b','protocol':'TCP'}]}");
	assert_int_equal(node_port("lb2", 0), 30080);
	assert_int_equal(node_port("lb2", 1), 0);
	assert_consistent();
}

static void test_health_port(void **state)
{
	json_t *port, *same;

	(void)state;
	apply("lb", "{'type':'LoadBalancer','externalTrafficPolicy':'Local','allocateLoadBalancerNodePorts':false," PORT80 "}");
	port = field("lb", "spec.healthCheckNodePort");
	assert_in_range(json_integer_value(port), 30086, 32767);
	apply("lb", "{'type':'LoadBalancer','externalTrafficPolicy':'Local','allocateLoadBalancerNodePorts':false,'selector':{'a':'b'}," PORT80 "}");
	same = field("lb", "spec.healthCheckNodePort");
	assert_true(json_equal(port, same));
	json_decref(port);
	json_decref(same);
	assert_query("SELECT count(*) FROM node_ports", "1");
	apply("lb", "{'type':'LoadBalancer','externalTrafficPolicy':'Cluster','allocateLoadBalancerNodePorts':false," PORT80 "}");
	assert_query("SELECT count(*) FROM node_ports", "0");
	apply("a", "{'type':'NodePort','ports':[{'port':80,'protocol':'TCP','nodePort':30080}]}");
	refuse("lb", "{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':30080," PORT80 "}",
	       "spec.healthCheckNodePort: Internal error: failed to allocate requested HealthCheck NodePort 30080: provided port is already allocated");
	assert_consistent();
}

static void test_full(void **state)
{
	char name[8];

	(void)state;
	set_config("192.168.7.0/29", 31000, 31001);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		apply(name, PLAIN);
	}
	refuse("full", PLAIN, "spec.clusterIPs: Internal error: failed to allocate a serviceIP for Service \"full\": range is full");
	assert_query("SELECT group_concat(doc ->> '$.spec.clusterIP') FROM (SELECT doc FROM objects ORDER BY doc ->> '$.spec.clusterIP')",
		     "192.168.7.2,192.168.7.3,192.168.7.4,192.168.7.5,192.168.7.6");
	apply("s0", NODE);
	apply("s1", NODE);
	refuse("s2", NODE, "spec.ports[0].nodePort: Internal error: failed to allocate a nodePort: range is full");
	refuse("s2", "{'type':'LoadBalancer','externalTrafficPolicy':'Local','allocateLoadBalancerNodePorts':false," PORT80 "}",
	       "spec.healthCheckNodePort: Internal error: failed to allocate a HealthCheck NodePort 0: range is full");
	delete("s0");
	apply("full", NODE);
	assert_consistent();
}

static void test_config(void **state)
{
	struct ipsvc_cluster_config cfg;

	(void)state;
	assert_int_equal(ipsvc_store_config(store, &cfg), IPSVC_STORE_OK);
	assert_string_equal(cfg.service_cidr, "10.96.0.0/12");
	assert_int_equal(cfg.node_port_min, 30000);
	assert_int_equal(cfg.node_port_max, 32767);
	assert_int_equal(ipsvc_store_revision(store), 0);
	set_config("10.0.0.0/24", 20000, 20100);
	assert_int_equal(ipsvc_store_revision(store), 1);
	set_config("10.0.0.0/24", 20000, 20100);
	assert_int_equal(ipsvc_store_revision(store), 1);
	assert_int_equal(ipsvc_store_config(store, &cfg), IPSVC_STORE_OK);
	assert_string_equal(cfg.service_cidr, "10.0.0.0/24");
	assert_int_equal(cfg.node_port_min, 20000);

	apply("web", NODE);
	set_config("10.0.0.0/24", 20000, 20100);
	cfg.node_port_max = 20101;
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_CONFLICT);
	assert_string_equal(ipsvc_store_message(store),
			    "services already have addresses or ports out of 10.0.0.0/24 and 20000-20100: delete them before changing these ranges to 10.0.0.0/24 and 20000-20101");
	delete("web");
	assert_int_equal(ipsvc_store_set_config(store, &cfg), IPSVC_STORE_OK);

	strcpy(cfg.service_cidr, "10.0.0.0/31");
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_INVALID);
	assert_string_equal(ipsvc_store_message(store),
			    "service-cidr: Invalid value: \"10.0.0.0/31\": must have a prefix length between 8 and 30");
	strcpy(cfg.service_cidr, "10.0.0.0/24");
	cfg.node_port_min = 0;
	assert_int_equal(ipsvc_store_set_config(store, &cfg),
			 IPSVC_STORE_INVALID);
}

/* The same as the defaults is written down too, and does not hurt services. */
static void test_config_defaults_pinned(void **state)
{
	(void)state;
	apply("web", NODE);
	set_config("10.96.0.0/12", 30000, 32767);
	assert_query("SELECT value FROM records WHERE key = 'config'",
		     "{\"serviceCidr\":\"10.96.0.0/12\",\"nodePortMin\":30000,\"nodePortMax\":32767}");
}

/* What one manifest gives up another may have, also one that comes before it. */
static void test_check_gives_up(void **state)
{
	struct ipsvc_store_file files[2] = {
		{ .file = "/m/a.yaml" }, { .file = "/m/b.yaml" },
	};
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char *message;
	bool changed;

	(void)state;
	add_service(&objs, "x", NAMED);
	assert_int_equal(ipsvc_store_apply_file(store, OWNER("/m/b.yaml"), &objs,
						NULL, &changed, &errs),
			 IPSVC_STORE_OK);
	add_service(&files[0].objs, "y", NAMED);
	add_service(&files[1].objs, "z", PLAIN);
	assert_int_equal(ipsvc_store_check(store, NULL, "host", files, 2,
					   &message), IPSVC_STORE_OK);
	assert_int_equal(files[0].errs.n, 0);
	assert_int_equal(files[1].errs.n, 0);
	/* But not as long as that stays. */
	ipsvc_objects_free(&files[1].objs);
	add_service(&files[1].objs, "x", NAMED);
	assert_int_equal(ipsvc_store_check(store, NULL, "host", files, 2,
					   &message), IPSVC_STORE_OK);
	assert_int_equal(files[0].errs.n, 1);
	assert_int_equal(files[1].errs.n, 0);
	ipsvc_errors_free(&files[0].errs);
	ipsvc_objects_free(&files[0].objs);
	ipsvc_objects_free(&files[1].objs);
	ipsvc_objects_free(&objs);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, env_open, env_remove)
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_reapply),
		TEST(test_requested_ip),
		TEST(test_kubernetes),
		TEST(test_requested_node_port),
		TEST(test_node_port_of_protocols),
		TEST(test_node_port_stays),
		TEST(test_type_changes),
		TEST(test_type_changes_in_place),
		TEST(test_headless),
		TEST(test_load_balancer),
		TEST(test_health_port),
		TEST(test_full),
		TEST(test_config),
		TEST(test_config_defaults_pinned),
		TEST(test_check_gives_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
