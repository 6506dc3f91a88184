// SPDX-License-Identifier: GPL-2.0-or-later
/* kubectl's tables, YAML and selectors, against what kubectl prints. */
#include "api/endpoints/endpoints.h"
#include "api/table.h"
#include "cli/print/yaml_out.h"
#include "cli/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "api/object.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "base/buf.h"

#define NOW	INT64_C(1700000000)	/* 2023-11-14T22:13:20Z */

static json_t *parse(const char *text)
{
	json_error_t err;
	json_t *doc = json_loads(text, 0, &err);

	if (!doc)
		fail_msg("%s: %s", err.text, text);
	return doc;
}

/* ---- tables ------------------------------------------------------------- */

#define CREATED "\"creationTimestamp\":\"2023-11-14T22:13:08Z\""

static char *join(struct ipsvc_row *row, size_t n)
{
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < n; i++)
		ipsvc_buf_printf(&buf, "%s%s", i ? "|" : "", row->cells[i]);
	ipsvc_row_free(row);
	return ipsvc_buf_take(&buf);
}

static void services(void **state)
{
	static const struct {
		const char *doc;
		const char *want;	/* from TYPE on */
	} cases[] = {
		{ "{\"metadata\":{" CREATED "},\"spec\":{\"type\":\"NodePort\","
		  "\"clusterIP\":\"10.96.118.7\",\"clusterIPs\":[\"10.96.118.7\"],"
		  "\"selector\":{\"b\":\"2\",\"a\":\"1\"},\"ports\":[{\"port\":"
		  "8080,\"nodePort\":31790,\"protocol\":\"TCP\"}]}}",
		  "NodePort|10.96.118.7|<none>|8080:31790/TCP|12s|a=1,b=2" },
		{ "{\"spec\":{\"type\":\"ClusterIP\",\"clusterIP\":\"None\","
		  "\"ports\":[{\"port\":53,\"protocol\":\"UDP\"},{\"port\":53,"
		  "\"protocol\":\"TCP\"}]}}",
		  "ClusterIP|None|<none>|53/UDP,53/TCP|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"ClusterIP\",\"clusterIPs\":[\"10.96.0.9\","
		  "\"fd00::9\"],\"externalIPs\":[\"1.2.3.4\",\"1.2.3.5\"]}}",
		  "ClusterIP|10.96.0.9|1.2.3.4,1.2.3.5|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"ExternalName\",\"externalName\":"
		  "\"my.db.example\"}}",
		  "ExternalName|<none>|my.db.example|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"LoadBalancer\"}}",
		  "LoadBalancer|<none>|<pending>|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"LoadBalancer\",\"externalIPs\":[\"9.9.9.9\"]},"
		  "\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"2.0.0.2\"},"
		  "{\"ip\":\"1.0.0.1\"},{\"ip\":\"1.0.0.1\"}]}}}",
		  "LoadBalancer|<none>|1.0.0.1,2.0.0.2,9.9.9.9|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"LoadBalancer\",\"externalIPs\":[\"9.9.9.9\"]},"
		  "\"status\":{\"loadBalancer\":{\"ingress\":[{\"hostname\":"
		  "\"lb.long.example.com\"}]}}}",
		  "LoadBalancer|<none>|lb.long.example.com,9.9.9.9|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"LoadBalancer\"},\"status\":{\"loadBalancer\":"
		  "{\"ingress\":[{\"ip\":\"203.0.113.10\"}]}}}",
		  "LoadBalancer|<none>|203.0.113.10|<none>|<unknown>|<none>" },
		{ "{\"spec\":{\"type\":\"Other\"}}",
		  "Other|<none>|<unknown>|<none>|<unknown>|<none>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *doc = parse(cases[i].doc);
		struct ipsvc_row row = {0};
		char *got;

		ipsvc_service_kind.table->row(doc, "web", NOW, &row);
		assert_int_equal(row.n, ipsvc_service_kind.table->ncolumns);
		got = join(&row, row.n);
		assert_string_equal(got + strlen("web|"), cases[i].want);
		free(got);
		json_decref(doc);
	}
}

static void pods(void **state)
{
	static const struct {
		const char *doc, *want;		/* from READY on */
	} cases[] = {
		{ "{\"metadata\":{" CREATED "},\"spec\":{\"nodeName\":\"n1\","
		  "\"containers\":[{\"name\":\"a\"},{\"name\":\"b\"}]},\"status\":{"
		  "\"phase\":\"Running\",\"podIP\":\"10.0.0.1\",\"containerStatuses\":"
		  "[{\"name\":\"a\",\"ready\":true,\"restartCount\":2,\"state\":{"
		  "\"running\":{}}},"
		  "{\"name\":\"b\",\"ready\":false,\"restartCount\":3}]}}",
		  "1/2|Running|5|12s|10.0.0.1|n1|<none>|<none>" },
		{ "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"a\"}]}}",
		  "0/1|Pending|0|<unknown>|<none>|<none>|<none>|<none>" },
		{ "{\"metadata\":{\"deletionTimestamp\":\"2023-11-14T22:13:20Z\"},"
		  "\"spec\":{\"containers\":[{\"name\":\"a\"}],\"readinessGates\":"
		  "[{\"conditionType\":\"x\"},{\"conditionType\":\"y\"}]},"
		  "\"status\":{\"nominatedNodeName\":\"n2\",\"conditions\":[{\"type\":"
		  "\"x\",\"status\":\"True\"}]}}",
		  "0/1|Terminating|0|<unknown>|<none>|<none>|n2|1/2" },
		{ "{\"spec\":{\"containers\":[{\"name\":\"a\"}]},\"status\":{"
		  "\"phase\":\"Failed\",\"reason\":\"Evicted\"}}",
		  "0/1|Evicted|0|<unknown>|<none>|<none>|<none>|<none>" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *doc = parse(cases[i].doc);
		struct ipsvc_row row = {0};
		char *got;

		ipsvc_pod_kind.table->row(doc, "p", NOW, &row);
		assert_int_equal(row.n, ipsvc_pod_kind.table->ncolumns);
		got = join(&row, row.n);
		assert_string_equal(got + strlen("p|"), cases[i].want);
		free(got);
		json_decref(doc);
	}
}

#define A(n)	"{\"ip\":\"10.0.0." #n "\"}"

static void endpoints(void **state)
{
	static const struct {
		const char *subsets, *want;
	} cases[] = {
		{ "[]", "<none>" },
		{ "[{\"notReadyAddresses\":[" A(1) "],\"ports\":[{\"port\":80}]}]",
		  "" },
		{ "[{\"addresses\":[" A(1) "," A(2) "," A(3) "],\"ports\":[{"
		  "\"port\":80}]}]", "10.0.0.1:80,10.0.0.2:80,10.0.0.3:80" },
		{ "[{\"addresses\":[" A(1) "," A(2) "],\"ports\":[{\"port\":80},"
		  "{\"port\":81}]},{\"addresses\":[" A(3) "],\"ports\":[{\"port\":"
		  "82}]}]",
		  "10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 2 more..." },
		{ "[{\"addresses\":[{\"ip\":\"fd00::1\"}],\"ports\":[{\"port\":80}]}]",
		  "[fd00::1]:80" },
		{ "[{\"addresses\":[" A(1) "]}]", "10.0.0.1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		json_t *doc = json_pack("{s:o}", "subsets",
					parse(cases[i].subsets));
		struct ipsvc_row row = {0};

		ipsvc_endpoints_kind.table->row(doc, "e", NOW, &row);
		assert_int_equal(row.n, 3);
		assert_string_equal(row.cells[1], cases[i].want);
		ipsvc_row_free(&row);
		json_decref(doc);
	}
}

/* ---- Endpoints of a Service --------------------------------------------- */

static json_t *pod_doc(const char *name, const char *ip, int port,
		       const char *ready)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s}},"
			 " s:{s:[{s:s, s:[{s:s, s:i}]}]},"
			 " s:{s:s, s:s, s:[{s:s, s:s}]}}",
			 "apiVersion", "v1", "kind", "Pod", "metadata", "name",
			 name, "namespace", "default", "labels", "app", "a",
			 "spec", "containers", "name", "c", "ports", "name",
			 "http", "containerPort", port, "status", "podIP", ip,
			 "phase", "Running", "conditions", "type", "Ready",
			 "status", ready);
}

static json_t *endpoints_of(const char *ports, const char *selector)
{
	json_t *docs[] = {
		pod_doc("p2", "10.0.0.2", 8080, "True"),
		pod_doc("p1", "10.0.0.1", 8080, "True"),
		pod_doc("p3", "10.0.0.3", 9090, "False"),
	};
	json_t *service = json_pack("{s:s, s:s, s:{s:s, s:s}, s:{s:s, s:o, s:o}}",
				    "apiVersion", "v1", "kind", "Service",
				    "metadata", "name", "web", "namespace",
				    "default", "spec", "clusterIP", "None",
				    "ports", parse(ports),
				    "selector", parse(selector));
	struct ipsvc_objects objs = {0}, made = {0};
	json_t *doc;

	for (size_t i = 0; i < 3; i++)
		ipsvc_objects_add(&objs, &ipsvc_pod_kind, docs[i], NULL, 0);
	ipsvc_objects_add(&objs, &ipsvc_service_kind, service, NULL, 0);
	ipsvc_endpoints_kind.derived->derive(&objs, NULL, &made);
	doc = made.n ? json_incref(made.items[0].doc) : NULL;
	ipsvc_objects_free(&made);
	ipsvc_objects_free(&objs);
	return doc;
}

static void endpoints_objects(void **state)
{
	json_t *doc, *subsets, *first;
	struct ipsvc_row row = {0};

	(void)state;
	/* A named port: another number, another subset. */
	doc = endpoints_of("[{\"port\":80,\"protocol\":\"TCP\","
			   "\"targetPort\":\"http\"}]", "{\"app\":\"a\"}");
	subsets = json_object_get(doc, "subsets");
	assert_int_equal(json_array_size(subsets), 2);
	ipsvc_endpoints_kind.table->row(doc, "web", NOW, &row);
	assert_string_equal(row.cells[1], "10.0.0.1:8080,10.0.0.2:8080");
	ipsvc_row_free(&row);
	json_decref(doc);

	/* Two ports of the same Pods share one. */
	doc = endpoints_of("[{\"name\":\"a\",\"port\":80,\"targetPort\":80},"
			   "{\"name\":\"b\",\"port\":81,\"targetPort\":81}]",
			   "{\"app\":\"a\"}");
	subsets = json_object_get(doc, "subsets");
	assert_int_equal(json_array_size(subsets), 1);
	first = json_array_get(subsets, 0);
	assert_int_equal(json_array_size(json_object_get(first, "ports")), 2);
	assert_int_equal(json_array_size(json_object_get(first, "addresses")), 2);
	assert_int_equal(json_array_size(json_object_get(first,
						"notReadyAddresses")), 1);
	json_decref(doc);

	/* A headless one without ports has addresses. */
	doc = endpoints_of("[]", "{\"app\":\"a\"}");
	subsets = json_object_get(doc, "subsets");
	assert_int_equal(json_array_size(subsets), 1);
	first = json_array_get(subsets, 0);
	assert_null(json_object_get(first, "ports"));
	assert_int_equal(json_array_size(json_object_get(first,
						"notReadyAddresses")), 1);
	ipsvc_endpoints_kind.table->row(doc, "web", NOW, &row);
	assert_string_equal(row.cells[1], "10.0.0.1,10.0.0.2");
	ipsvc_row_free(&row);
	json_decref(doc);
	doc = endpoints_of("[]", "{\"app\":\"none\"}");
	assert_int_equal(json_array_size(json_object_get(doc, "subsets")), 0);
	json_decref(doc);

	/* Nobody computes those of a Service without a selector. */
	assert_null(endpoints_of("[{\"port\":80}]", "{}"));
}

/* ---- YAML and selectors ------------------------------------------------- */

static void yaml(void **state)
{
	static const char *const quoted[] = {
		"", "yes", "No", "null", "~", "80", "-1", "1e3", "1.5", "0x10",
		"1_000", "12:30", "2023-11-14", ".inf", "0b1", "0o7", "+.5"
	};
	static const char *const plain[] = {
		"10.96.0.1", "web", "1a", "v1", "a-b", "n1", "2c6861c4-6dc6",
		"10.0.0.0/8", "-", "yesterday"
	};
	json_t *doc = parse("{\"b\":[{\"port\":80,\"on\":true}],\"a\":\"x: y\","
			    "\"c\":{},\"d\":[],\"e\":null,\"f\":\"80\"}");
	char *text;
	size_t len;
	FILE *fp = open_memstream(&text, &len);

	(void)state;
	for (size_t i = 0; i < sizeof(quoted) / sizeof(*quoted); i++)
		if (!yaml_out_needs_quotes(quoted[i]))
			fail_msg("\"%s\" needs quotes", quoted[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (yaml_out_needs_quotes(plain[i]))
			fail_msg("\"%s\" needs no quotes", plain[i]);
	yaml_out(fp, doc);
	fclose(fp);
	assert_string_equal(text, "a: 'x: y'\nb:\n- \"on\": true\n  port: 80\n"
				  "c: {}\nd: []\ne: null\nf: \"80\"\n");
	free(text);
	json_decref(doc);
}

static void selectors(void **state)
{
	static const struct {
		const char *selector;
		bool matches;
	} cases[] = {
		{ "app=web", true }, { "app==web", true }, { "app=db", false },
		{ "app!=db", true }, { "app!=web", false }, { "app", true },
		{ "!app", false }, { "tier", false }, { "!tier", true },
		{ "tier!=x", true }, { "app=web,ver=1", true },
		{ "app=web,ver=2", false }, { "empty=", true },
		{ "", true },
	};
	static const char *const invalid[] = {
		"=x", "a=b=c", "a b", "!a=b", "a in (b)", "!", "a=b,=c"
	};
	json_t *labels = parse("{\"app\":\"web\",\"ver\":\"1\",\"empty\":\"\"}");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(selector_is_valid(cases[i].selector));
		if (selector_matches(cases[i].selector, labels) !=
		    cases[i].matches)
			fail_msg("%s", cases[i].selector);
	}
	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++)
		if (selector_is_valid(invalid[i]))
			fail_msg("%s is valid", invalid[i]);
	assert_false(selector_matches("app=web", NULL));
	json_decref(labels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(services),
		cmocka_unit_test(pods),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(endpoints_objects),
		cmocka_unit_test(yaml),
		cmocka_unit_test(selectors),
	};

	return cmocka_run_group_tests_name("printers", tests, NULL, NULL);
}
