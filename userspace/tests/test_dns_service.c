// SPDX-License-Identifier: GPL-2.0-or-later
/* The DNS Service and the Pod of a node, in a store. */
#include "daemon/dns_service.h"

#include "tests/store_env.h"

static json_t *get(const struct ipsvc_kind *kind, const char *name)
{
	struct ipsvc_objects objs = {0};
	json_t *doc = NULL;

	if (ipsvc_store_get(store, kind, "kube-system", name, &objs) ==
	    IPSVC_STORE_OK)
		doc = json_incref(objs.items[0].doc);
	ipsvc_objects_free(&objs);
	return doc;
}

static void expect_field(const json_t *doc, const char *outer, const char *field,
			 const char *want)
{
	assert_string_equal(json_string_value(json_object_get(
		json_object_get(doc, outer), field)), want);
}

static void ensure(const char *target, const char *node, enum dns_pod_state ready)
{
	struct dns_target t;
	char *why;

	assert_true(dns_target_parse(target, &t));
	why = dns_service_apply(store, &t, node, ready);
	if (why)
		fail_msg("%s", why);
}

static void expect_pod(const char *name, const char *ip, const char *ready)
{
	json_t *doc = get(&ipsvc_pod_kind, name), *condition;

	assert_non_null(doc);
	expect_field(doc, "status", "podIP", ip);
	condition = json_array_get(json_object_get(json_object_get(doc, "status"),
						   "conditions"), 0);
	assert_string_equal(json_string_value(json_object_get(condition, "status")),
			    ready);
	json_decref(doc);
}

static void test_targets(void **state)
{
	static const char *const wrong[] = {
		"", ":", "auto:", "auto:0", "10.0.0.1:", "10.0.0.1:65536",
		"10.0.0.1:5x", "10.0.0", "fd00::1", "x",
	};
	struct dns_target t;

	(void)state;
	assert_true(dns_target_parse("10.0.0.1", &t));
	assert_int_equal(t.port, 10053);
	assert_true(t.wanted && ipsvc_ip_is4(&t.addr));
	assert_true(dns_target_parse("auto:53", &t));
	assert_int_equal(t.port, 53);
	assert_int_equal(ipsvc_ip_family(&t.addr), 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_false(dns_target_parse(wrong[i], &t));
}

static void test_service_and_pod(void **state)
{
	json_t *doc;

	(void)state;
	ensure("10.0.0.1", "Node-1", DNS_POD_NOT_READY);
	doc = get(&ipsvc_service_kind, "kube-dns");
	assert_non_null(doc);
	expect_field(doc, "spec", "clusterIP", "10.96.0.10");
	json_decref(doc);
	expect_pod("ipsvc-dnsd-node-1", "10.0.0.1", "False");
	ensure("10.0.0.1", "Node-1", DNS_POD_READY);
	expect_pod("ipsvc-dnsd-node-1", "10.0.0.1", "True");
	ensure("10.0.0.2:53", "Node-1", DNS_POD_READY);
	expect_pod("ipsvc-dnsd-node-1", "10.0.0.2", "True");
}

/* The same again writes nothing. */
static void test_nothing_changes(void **state)
{
	int64_t before;

	(void)state;
	ensure("10.0.0.1", "a", DNS_POD_READY);
	before = ipsvc_store_revision(store);
	ensure("10.0.0.1", "a", DNS_POD_READY);
	assert_int_equal(ipsvc_store_revision(store), before);
}

/* As after a restart of ipsvcd, before ipsvc-dnsd has come back. */
static void test_not_known_yet(void **state)
{
	int64_t before;

	(void)state;
	ensure("10.0.0.1", "a", DNS_POD_UNKNOWN);
	ensure("10.0.0.1", "a", DNS_POD_READY);
	before = ipsvc_store_revision(store);
	ensure("10.0.0.1", "a", DNS_POD_UNKNOWN);
	assert_int_equal(ipsvc_store_revision(store), before);
	expect_pod("ipsvc-dnsd-a", "10.0.0.1", "True");
	ensure("10.0.0.1", "a", DNS_POD_NOT_READY);
	expect_pod("ipsvc-dnsd-a", "10.0.0.1", "False");
}

/* That of a node which is gone can be deleted; one of somebody else's stays. */
static void test_deleted(void **state)
{
	const struct dns_target none = {0};
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	json_t *doc;

	(void)state;
	ensure("10.0.0.1", "a", DNS_POD_READY);
	assert_int_equal(ipsvc_store_delete(store, &ipsvc_pod_kind,
					    "kube-system", "ipsvc-dnsd-a",
					    false, NULL), IPSVC_STORE_OK);
	ipsvc_objects_add(&objs, &ipsvc_pod_kind,
			  json("{'metadata': {'name': 'ipsvc-dnsd-a', 'namespace': 'kube-system'}, 'spec': {'containers': [{'name': 'c', 'image': 'i'}]}}"),
			  NULL, 0);
	assert_int_equal(ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_CREATE, false, &outcome,
					   &errs), IPSVC_STORE_OK);
	assert_null(dns_service_apply(store, &none, "a", DNS_POD_NOT_READY));
	doc = get(&ipsvc_pod_kind, "ipsvc-dnsd-a");
	assert_non_null(doc);
	json_decref(doc);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

/* Each node has a Pod, and takes away its own only. */
static void test_nodes(void **state)
{
	const struct dns_target none = {0};
	json_t *doc;

	(void)state;
	ensure("10.0.0.1", "a", DNS_POD_READY);
	ensure("10.0.0.2", "b", DNS_POD_READY);
	assert_null(dns_service_apply(store, &none, "a", DNS_POD_READY));
	assert_null(get(&ipsvc_pod_kind, "ipsvc-dnsd-a"));
	expect_pod("ipsvc-dnsd-b", "10.0.0.2", "True");
	doc = get(&ipsvc_service_kind, "kube-dns");
	assert_non_null(doc);
	json_decref(doc);
}

static const char taken[] =
	"{'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': 'web',"
	" 'namespace': 'default'}, 'spec': {'clusterIP': '10.96.0.10', 'clusterIPs': ['10.96.0.10'],"
	" 'ports': [{'port': 80, 'targetPort': 80, 'protocol': 'TCP'}],"
	" 'type': 'ClusterIP', 'sessionAffinity': 'None'}}";

/* Another Service has the address: that is said, and nothing is made. */
static void test_address_taken(void **state)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	enum ipsvc_write_outcome outcome;
	struct dns_target t;
	char *why;

	(void)state;
	ipsvc_objects_add(&objs, &ipsvc_service_kind, json(taken), NULL, 0);
	assert_int_equal(ipsvc_store_write(store, &objs.items[0],
					   IPSVC_WRITE_CREATE, false, &outcome,
					   &errs), IPSVC_STORE_OK);
	assert_true(dns_target_parse("10.0.0.1", &t));
	why = dns_service_apply(store, &t, "a", DNS_POD_READY);
	assert_non_null(why);
	assert_non_null(strstr(why, "provided IP is already allocated"));
	assert_null(get(&ipsvc_pod_kind, "ipsvc-dnsd-a"));
	free(why);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
}

/* A name that no Pod can have is said to be the node's. */
static void test_bad_node_name(void **state)
{
	struct dns_target t;
	char *why;

	(void)state;
	assert_true(dns_target_parse("10.0.0.1", &t));
	why = dns_service_apply(store, &t, "a_b", DNS_POD_READY);
	assert_non_null(why);
	free(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),
		cmocka_unit_test_setup_teardown(test_service_and_pod, env_open,
						env_remove),
		cmocka_unit_test_setup_teardown(test_nothing_changes, env_open,
						env_remove),
		cmocka_unit_test_setup_teardown(test_not_known_yet, env_open,
						env_remove),
		cmocka_unit_test_setup_teardown(test_deleted, env_open,
						env_remove),
		cmocka_unit_test_setup_teardown(test_nodes, env_open, env_remove),
		cmocka_unit_test_setup_teardown(test_address_taken, env_open,
						env_remove),
		cmocka_unit_test_setup_teardown(test_bad_node_name, env_open,
						env_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
