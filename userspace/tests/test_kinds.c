// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces, Nodes, EndpointSlices and Endpoints: defaults, rules in Kubernetes'
 * words, and kubectl's tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/endpoints/endpoints.h"
#include "api/endpointslice/endpointslice.h"
#include "api/namespace/namespace.h"
#include "api/node/node.h"
#include "api/object.h"
#include "api/table.h"
#include "api/validate.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))
#define IP	"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
#define NOW	1700000000

/* Parses JSON in which ' stands for ". */
static json_t *parse(const char *text)
{
	char *copy = xstrdup(text);
	json_error_t error;
	json_t *doc;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	doc = json_loads(copy, 0, &error);
	if (!doc)
		fail_msg("%s: %s", copy, error.text);
	free(copy);
	return doc;
}

static char *said(const struct ipsvc_errors *errs)
{
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < errs->n; i++) {
		char *text = ipsvc_error_format(&errs->items[i]);

		ipsvc_buf_printf(&buf, "%s%s", buf.len ? "\n" : "", text);
		free(text);
	}
	for (size_t i = 0; i < errs->nwarnings; i++)
		ipsvc_buf_printf(&buf, "%sWarning: %s", buf.len ? "\n" : "",
				 errs->warnings[i]);
	return ipsvc_buf_take(&buf);
}

/* Errors and warnings of @text, the new version of @before (NULL: none). */
static char *judge(const struct ipsvc_kind *kind, const char *before,
		   const char *text)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	char *got;

	for (int i = 0; i < 2; i++) {
		const char *what = i ? text : before;

		if (what)
			ipsvc_object_default(ipsvc_objects_add(&objs, kind,
						parse(what), NULL, 0));
	}
	if (before)
		ipsvc_object_validate_update(&objs.items[0], &objs.items[1], NULL,
					     &errs);
	else if (ipsvc_object_validate(&objs.items[0], NULL, &errs))
		ipsvc_object_warnings(&objs.items[0], &errs);
	got = said(&errs);
	ipsvc_errors_free(&errs);
	ipsvc_objects_free(&objs);
	return got;
}

struct rule {
	const struct ipsvc_kind *kind;
	const char *before, *doc, *said;
};

static void check(const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *got = judge(rules[i].kind, rules[i].before, rules[i].doc);

		assert_string_equal(got, rules[i].said);
		free(got);
	}
}

#define NS	&ipsvc_namespace_kind
#define NODE	&ipsvc_node_kind
#define SLICE	&ipsvc_endpointslice_kind
#define EP	&ipsvc_endpoints_kind

/* ---- Namespaces and Nodes ------------------------------------------------ */

static void cluster_scoped(void **state)
{
	static const struct rule rules[] = {
		{ NS, NULL, "{'metadata':{'name':'a'}}", "" },
		{ NS, NULL, "{'metadata':{'name':'a','namespace':'b'},'spec':{'finalizers':['x']}}",
		  "metadata.namespace: Forbidden: not allowed on this type\n"
		  "spec.finalizers: Invalid value: \"x\": name is neither a standard finalizer name nor is it fully qualified" },
		{ NODE, NULL, "{'metadata':{'name':'n.1'},'spec':{'podCIDR':'10.0.0.0/24'}}", "" },
		{ NODE, NULL, "{'metadata':{'name':'n'},'spec':{'podCIDRs':['10.0.0.0/24','10.0.1.0/24','x'],'taints':[{'key':'a','effect':'NoSchedule'},{'key':'a','effect':'NoSchedule'},{'key':'b','effect':'Never'},{'key':'c'}]}}",
		  "metadata.taints[1]: Duplicate value: {\"Key\":\"a\",\"Value\":\"\",\"Effect\":\"NoSchedule\",\"TimeAdded\":null}: taints must be unique by key and effect pair\n"
		  "metadata.taints[2].effect: Unsupported value: \"Never\": supported values: \"NoSchedule\", \"PreferNoSchedule\", \"NoExecute\"\n"
		  "metadata.taints[3].effect: Required value\n"
		  "spec.podCIDRs[2]: Invalid value: \"x\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)\n"
		  "spec.podCIDRs: Invalid value: [\"10.0.0.0/24\",\"10.0.1.0/24\",\"x\"]: may specify no more than one CIDR for each IP family" },
		{ NODE, NULL, "{'metadata':{'name':'n'},'spec':{'podCIDRs':['10.0.0.0/24','fd00::/64']}}", "" },
		{ NODE, "{'metadata':{'name':'n'},'spec':{'podCIDR':'10.0.0.0/24','providerID':'a'}}",
		  "{'metadata':{'name':'n'},'spec':{'podCIDR':'10.0.1.0/24','providerID':'b','externalID':'c'}}",
		  "spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid\n"
		  "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid\n"
		  "spec.externalID: Forbidden: may not be updated" },
		{ NODE, "{'metadata':{'name':'n'}}",
		  "{'metadata':{'name':'n'},'spec':{'podCIDR':'10.0.1.0/24','providerID':'b'}}", "" },
	};

	(void)state;
	check(rules, COUNT(rules));
}

/* ---- EndpointSlices ------------------------------------------------------ */

#define S(rest)	"{'metadata':{'name':'s','namespace':'d'}," rest "}"
#define V4	"'addressType':'IPv4'"

static void slices(void **state)
{
	static const struct rule rules[] = {
		{ SLICE, NULL, S(V4 ",'endpoints':[{'addresses':['10.0.0.1']}],'ports':[{'port':80},{'name':'b','appProtocol':'x.y/z'}]"), "" },
		{ SLICE, NULL, S("'endpoints':[]"), "addressType: Required value" },
		{ SLICE, NULL, S("'addressType':'IPv5'"),
		  "addressType: Unsupported value: \"IPv5\": supported values: \"FQDN\", \"IPv4\", \"IPv6\"" },
		{ SLICE, NULL, S(V4 ",'endpoints':[{},{'addresses':['fd00::1','127.0.0.1','x'],'nodeName':'','hostname':'A'}]"),
		  "endpoints[0].addresses: Required value: must contain at least 1 address\n"
		  "endpoints[1].addresses: Invalid value: \"fd00::1\": must be an IPv4 address\n"
		  "endpoints[1].addresses[1]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)\n"
		  "endpoints[1].addresses[2]: Invalid value: \"x\": " IP "\n"
		  "endpoints[1].nodeName: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')\n"
		  "endpoints[1].hostname: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')" },
		{ SLICE, NULL, S("'addressType':'IPv6','endpoints':[{'addresses':['10.0.0.1','FD00::1']}]"),
		  "endpoints[0].addresses: Invalid value: \"10.0.0.1\": must be an IPv6 address\n"
		  "endpoints[0].addresses[1]: Invalid value: \"FD00::1\": must be in canonical form (\"fd00::1\")" },
		{ SLICE, NULL, S("'addressType':'FQDN','endpoints':[{'addresses':['db.example.']}]"),
		  "Warning: spec.addressType: FQDN endpoints are deprecated" },
		{ SLICE, NULL, S("'addressType':'FQDN','endpoints':[{'addresses':['db','']}]"),
		  "endpoints[0].addresses[0]: Invalid value: \"db\": should be a domain with at least two segments separated by dots\n"
		  "endpoints[0].addresses[1]: Required value" },
		{ SLICE, NULL, S(V4 ",'ports':[{},{'name':''},{'name':'a','protocol':'X'},{'name':'a','port':0}]"),
		  "ports[1].name: Duplicate value: \"\"\n"
		  "ports[2].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\"\n"
		  "ports[3].name: Duplicate value: \"a\"" },
		{ SLICE, NULL, S(V4 ",'endpoints':[{'addresses':['10.0.0.1'],'hints':{'forZones':[{'name':'a'},{'name':'a'}],'forNodes':[{'name':'1'},{'name':'2'},{'name':'3'},{'name':'4'},{'name':'5'},{'name':'6'},{'name':'7'},{'name':'8'},{'name':'9'}]}}]"),
		  "endpoints[0].hints.forZones[1].name: Duplicate value: \"a\"\n"
		  "endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items" },
		{ SLICE, S(V4), S("'addressType':'IPv6'"),
		  "addressType: Invalid value: \"IPv6\": field is immutable" },
	};

	(void)state;
	check(rules, COUNT(rules));
}

static void slice_defaults(void **state)
{
	struct ipsvc_objects objs = {0};
	json_t *want = parse(S(V4 ",'endpoints':[{'addresses':['10.0.0.1'],'conditions':{}}],'ports':[{'port':80,'name':'','protocol':'TCP'}]"));
	struct ipsvc_object *obj;

	(void)state;
	obj = ipsvc_objects_add(&objs, SLICE, parse(S(V4 ",'endpoints':[{'addresses':['10.0.0.1'],'deprecatedTopology':{'a':'b'}}],'ports':[{'port':80}]")), NULL, 0);
	ipsvc_object_default(obj);
	assert_true(json_equal(obj->doc, want));
	json_decref(want);
	ipsvc_objects_free(&objs);
}

static void many_endpoints(void **state)
{
	json_t *doc = parse(S(V4 ",'endpoints':[]"));
	char *text, *got;

	(void)state;
	for (int i = 0; i < 1001; i++)
		json_array_append_new(json_object_get(doc, "endpoints"),
				      json_object());
	text = json_dumps(doc, 0);
	got = judge(SLICE, NULL, text);
	assert_string_equal(got, "endpoints: Too many: 1001: must have at most 1000 items");
	free(got);
	free(text);
	json_decref(doc);
}

/* ---- Endpoints ----------------------------------------------------------- */

#define DEPRECATED "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"

static void endpoints(void **state)
{
	static const struct rule rules[] = {
		{ EP, NULL, S("'subsets':[{'addresses':[{'ip':'10.0.0.1'}],'ports':[{'port':80}]}]"), DEPRECATED },
		{ EP, NULL, S("'subsets':[{'notReadyAddresses':[{'ip':'FD00::1'}]}]"),
		  DEPRECATED "\nWarning: subsets[0].notReadyAddresses[0].ip: IPv6 address \"FD00::1\" should be in RFC 5952 canonical format (\"fd00::1\")" },
		{ EP, NULL, S("'subsets':[{'ports':[{'port':80}]}]"),
		  "subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`" },
		{ EP, NULL, S("'subsets':[{'addresses':[{'ip':'x'},{'ip':'0.0.0.0'}],'ports':[{'port':0},{'name':'b','port':1,'protocol':'X'}]}]"),
		  "subsets[0].addresses[0].ip: Invalid value: \"x\": " IP "\n"
		  "subsets[0].addresses[0].ip: Invalid value: \"x\": must be a valid IP address\n"
		  "subsets[0].addresses[1].ip: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)\n"
		  "subsets[0].ports[0].name: Required value\n"
		  "subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive\n"
		  "subsets[0].ports[1].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\"" },
	};

	(void)state;
	check(rules, COUNT(rules));
}

/* As Kubernetes' controller mirrors them. */
static void many_addresses(void **state)
{
	json_t *list = json_array(), *doc;
	char *text, *got;

	(void)state;
	for (int i = 0; i <= 1000; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.0.%d.%d", i / 250, i % 250 + 1);
		json_array_append_new(list, json_pack("{s:s}", "ip", ip));
	}
	doc = json_pack("{s:{s:s, s:s}, s:[{s:o}]}", "metadata", "name", "x",
			"namespace", "default", "subsets", "addresses", list);
	text = json_dumps(doc, JSON_COMPACT);
	got = judge(EP, NULL, text);
	assert_string_equal(got, DEPRECATED "\nWarning: subsets[0]: has 1001 addresses; only the first 1000 of those with the same ports are used");
	free(got);
	free(text);
	json_decref(doc);
}

/* ---- tables -------------------------------------------------------------- */

static void tables(void **state)
{
	static const struct {
		const struct ipsvc_kind *kind;
		const char *doc, *want;
	} cases[] = {
		{ NS, "{'status':{'phase':'Active'}}", "x|Active|<unknown>" },
		{ NODE, "{}", "x|Unknown|<none>|<unknown>||<none>|<none>|<unknown>|<unknown>|<unknown>" },
		{ NODE, "{'metadata':{'creationTimestamp':'2023-11-14T22:13:08Z','labels':{'node-role.kubernetes.io/worker':'','node-role.kubernetes.io/control-plane':'','kubernetes.io/role':'worker'}},"
		  "'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'False'}],'addresses':[{'type':'ExternalIP','address':'1.2.3.4'},{'type':'InternalIP','address':'10.0.0.1'}],"
		  "'nodeInfo':{'kubeletVersion':'v1.36.3','kernelVersion':'6.12','architecture':'amd64','osImage':'Debian','containerRuntimeVersion':'c://2'}}}",
		  "x|NotReady,SchedulingDisabled|control-plane,worker|12s|v1.36.3|10.0.0.1|1.2.3.4|Debian|6.12 (amd64)|c://2" },
		{ SLICE, "{'addressType':'IPv4'}", "x|IPv4|<unset>|<unset>|<unknown>" },
		{ SLICE, "{'addressType':'IPv4','ports':[{'port':80},{'name':'a'},{},{'port':81}],'endpoints':[{'addresses':['10.0.0.1','10.0.0.2']},{'addresses':['10.0.0.3','10.0.0.4','10.0.0.5']}]}",
		  "x|IPv4|80,a,* + 1 more...|10.0.0.1,10.0.0.2,10.0.0.3 + 2 more...|<unknown>" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *doc = parse(cases[i].doc);
		struct ipsvc_buf buf = {0};
		struct ipsvc_row row = {0};

		cases[i].kind->table->row(doc, "x", NOW, &row);
		assert_int_equal(row.n, cases[i].kind->table->ncolumns);
		for (size_t j = 0; j < row.n; j++)
			ipsvc_buf_printf(&buf, "%s%s", j ? "|" : "",
					 row.cells[j]);
		assert_string_equal(buf.data, cases[i].want);
		ipsvc_buf_free(&buf);
		ipsvc_row_free(&row);
		json_decref(doc);
	}
}

/* ---- Namespaces that nobody wrote ---------------------------------------- */

static void namespaces(void **state)
{
	struct ipsvc_objects objs = {0}, out = {0};

	(void)state;
	ipsvc_objects_add(&objs, NODE, parse("{'metadata':{'name':'n'}}"), NULL, 0);
	ipsvc_objects_add(&objs, EP, parse("{'metadata':{'name':'e','namespace':'team'}}"), NULL, 0);
	ipsvc_objects_add(&objs, SLICE, parse("{'metadata':{'name':'e','namespace':'team'}}"), NULL, 0);
	ipsvc_namespace_kind.derived->derive(&objs, NULL, &out);
	ipsvc_objects_sort(&out);
	assert_int_equal(out.n, 2);
	assert_string_equal(out.items[0].name, "default");
	assert_string_equal(out.items[1].name, "team");
	ipsvc_objects_free(&out);
	ipsvc_namespace_kind.derived->derive(&objs, "other", &out);
	assert_int_equal(out.n, 0);
	ipsvc_objects_free(&out);
	ipsvc_objects_free(&objs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cluster_scoped),
		cmocka_unit_test(slices),
		cmocka_unit_test(slice_defaults),
		cmocka_unit_test(many_endpoints),
		cmocka_unit_test(endpoints),
		cmocka_unit_test(many_addresses),
		cmocka_unit_test(tables),
		cmocka_unit_test(namespaces),
	};

	return cmocka_run_group_tests_name("kinds", tests, NULL, NULL);
}
