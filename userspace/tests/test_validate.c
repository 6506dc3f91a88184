// SPDX-License-Identifier: GPL-2.0-or-later
/* api/validate.h: defaults, and each rule with its exact words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/metadata.h"
#include "api/object.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "api/validate.h"
#include "base/buf.h"
#include "base/errors.h"
#include "base/memory.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

#define PORTNUM	"must be between 1 and 65535, inclusive"
#define L1123 \
	"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
#define S1123 \
	"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define KEYRULE \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABELVAL \
	"a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
#define IP	"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
#define CIDR	"must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"
#define A63	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A64	"a" A63

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

		ipsvc_buf_printf(&buf, "%s%s", i ? "\n" : "", text);
		free(text);
	}
	return ipsvc_buf_take(&buf);
}

/* What is said of @doc once it is defaulted. */
static char *judge(const struct ipsvc_kind *kind, json_t *doc)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_object *obj = ipsvc_objects_add(&objs, kind, doc, NULL, 0);
	bool ok;
	char *got;

	ipsvc_object_default(obj);
	ok = ipsvc_object_validate(obj, &(struct ipsvc_families){ { "IPv4" }, 1 }, &errs);
	assert_int_equal(ok, errs.n == 0);
	got = said(&errs);
	ipsvc_objects_free(&objs);
	ipsvc_errors_free(&errs);
	return got;
}

struct rule {
	const char *what;	/* spec, metadata or status, in JSON */
	const char *said;	/* "" when it is valid */
};

/* ---- services ------------------------------------------------------------ */

/* The numbers are the rows of the table these rules were written from. */
static const struct rule spec_rules[] = {
	{ "{'ports':[{'port':80}]}", "" },
	/* 6 */
	{ "{}", "spec.ports: Required value" },
	{ "{'clusterIP':'None'}", "" },
	/* 7 */
	{ "{'clusterIP':'None','type':'NodePort'}",
	  "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services" },
	{ "{'clusterIP':'None','clusterIPs':['None'],'type':'LoadBalancer'}",
	  "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for LoadBalancer services" },
	/* 8, 9 */
	{ "{'type':'ExternalName','externalName':'example.com.'}", "" },
	{ "{'type':'ExternalName','clusterIP':'10.0.0.1','ipFamilies':['IPv4'],'ipFamilyPolicy':'SingleStack'}",
	  "spec.clusterIPs: Forbidden: may not be set for ExternalName services\n"
	  "spec.ipFamilies: Forbidden: may not be set for ExternalName services\n"
	  "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services\n"
	  "spec.externalName: Required value" },
	{ "{'type':'ExternalName','externalName':'Ex_ample'}",
	  "spec.externalName: Invalid value: \"Ex_ample\": " S1123 },
	/* 10, 11, 12 */
	{ "{'ports':[{'port':80},{'port':81,'name':'b'}]}",
	  "spec.ports[0].name: Required value" },
	{ "{'ports':[{'port':80,'name':'A'}]}",
	  "spec.ports[0].name: Invalid value: \"A\": " L1123 },
	{ "{'ports':[{'port':80,'name':'a.b'}]}",
	  "spec.ports[0].name: Invalid value: \"a.b\": must not contain dots" },
	{ "{'ports':[{'port':80,'name':'" A63 "'}]}", "" },
	{ "{'ports':[{'port':80,'name':'" A64 "'}]}",
	  "spec.ports[0].name: Invalid value: \"" A64 "\": must be no more than 63 characters" },
	{ "{'ports':[{'port':80,'name':'http'},{'port':81,'name':'http'}]}",
	  "spec.ports[1].name: Duplicate value: \"http\"" },
	/* 13 */
	{ "{'ports':[{'port':0}]}",
	  "spec.ports[0].port: Invalid value: 0: " PORTNUM "\n"
	  "spec.ports[0].targetPort: Invalid value: 0: " PORTNUM },
	{ "{'ports':[{'targetPort':1}]}",
	  "spec.ports[0].port: Invalid value: 0: " PORTNUM },
	{ "{'ports':[{'port':70000,'targetPort':1}]}",
	  "spec.ports[0].port: Invalid value: 70000: " PORTNUM },
	{ "{'ports':[{'port':-1,'targetPort':1}]}",
	  "spec.ports[0].port: Invalid value: -1: " PORTNUM },
	{ "{'ports':[{'port':65535},{'port':1,'name':'b'}]}",
	  "spec.ports[0].name: Required value" },
	/* 14 */
	{ "{'ports':[{'port':80,'protocol':'HTTP'}]}",
	  "spec.ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"" },
	{ "{'ports':[{'port':80,'protocol':'tcp'}]}",
	  "spec.ports[0].protocol: Unsupported value: \"tcp\": supported values: \"SCTP\", \"TCP\", \"UDP\"" },
	{ "{'ports':[{'port':80,'protocol':''}]}", "" },
	/* 15, 16 */
	{ "{'ports':[{'port':80,'targetPort':65536}]}",
	  "spec.ports[0].targetPort: Invalid value: 65536: " PORTNUM },
	{ "{'ports':[{'port':80,'targetPort':'8080'}]}",
	  "spec.ports[0].targetPort: Invalid value: \"8080\": must contain at least one letter (a-z)" },
	{ "{'ports':[{'port':80,'targetPort':'a234567890123456'}]}",
	  "spec.ports[0].targetPort: Invalid value: \"a234567890123456\": must be no more than 15 characters" },
	{ "{'ports':[{'port':80,'targetPort':'aB'}]}",
	  "spec.ports[0].targetPort: Invalid value: \"aB\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)" },
	{ "{'ports':[{'port':80,'targetPort':'a--b'}]}",
	  "spec.ports[0].targetPort: Invalid value: \"a--b\": must not contain consecutive hyphens" },
	{ "{'ports':[{'port':80,'targetPort':'a-'}]}",
	  "spec.ports[0].targetPort: Invalid value: \"a-\": must not begin or end with a hyphen" },
	{ "{'ports':[{'port':80,'targetPort':'http'}]}", "" },
	/* 17 */
	{ "{'ports':[{'port':80,'appProtocol':'kubernetes.io/h2c'}]}", "" },
	{ "{'ports':[{'port':80,'appProtocol':'-'}]}",
	  "spec.ports[0].appProtocol: Invalid value: \"-\": name part " KEYRULE },
	/* 18 */
	{ "{'ports':[{'port':80}],'selector':{'a/b/c':'x','k':'-v'}}",
	  "spec.selector: Invalid value: \"a/b/c\": a valid label key " KEYRULE " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')\n"
	  "spec.selector: Invalid value: \"-v\": " LABELVAL },
	/* 19, 21, 22 */
	{ "{'ports':[{'port':80}],'sessionAffinity':'Cookie'}",
	  "spec.sessionAffinity: Unsupported value: \"Cookie\": supported values: \"ClientIP\", \"None\"" },
	{ "{'ports':[{'port':80}],'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':0}}}",
	  "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400" },
	{ "{'ports':[{'port':80}],'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':86401}}}",
	  "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less than 86400" },
	{ "{'ports':[{'port':80}],'sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':86400}}}", "" },
	{ "{'ports':[{'port':80}],'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':0}}}", "" },
	/* 23 to 29 */
	{ "{'ports':[{'port':80}],'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.2']}",
	  "spec.clusterIPs: Invalid value: [\"10.0.0.2\"]: first value must match `clusterIP`" },
	{ "{'ports':[{'port':80}],'clusterIP':'','clusterIPs':['10.0.0.2']}",
	  "spec.clusterIPs: Invalid value: [\"10.0.0.2\"]: must be empty when `clusterIP` is not specified" },
	{ "{'ports':[{'port':80}],'clusterIP':'None','clusterIPs':['None','10.0.0.2']}",
	  "spec.clusterIPs: Invalid value: [\"None\",\"10.0.0.2\"]: 'None' must be the first and only value" },
	{ "{'ports':[{'port':80}],'clusterIP':'10.0.0'}",
	  "spec.clusterIPs[0]: Invalid value: \"10.0.0\": " IP },
	{ "{'ports':[{'port':80}],'clusterIP':'010.0.0.1'}",
	  "spec.clusterIPs[0]: Invalid value: \"010.0.0.1\": must not have leading 0s" },
	{ "{'ports':[{'port':80}],'clusterIP':'::ffff:10.0.0.1'}",
	  "spec.clusterIPs[0]: Invalid value: \"::ffff:10.0.0.1\": must not be an IPv4-mapped IPv6 address" },
	{ "{'ports':[{'port':80}],'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','fd00::1','10.0.0.3']}",
	  "spec.clusterIPs: Invalid value: [\"10.0.0.1\",\"fd00::1\",\"10.0.0.3\"]: may only hold up to 2 values" },
	{ "{'ports':[{'port':80}],'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1','10.0.0.3']}",
	  "spec.clusterIPs: Invalid value: [\"10.0.0.1\",\"10.0.0.3\"]: may specify no more than one IP for each IP family" },
	{ "{'ports':[{'port':80}],'clusterIP':'fd00::1','ipFamilies':['IPv4']}",
	  "spec.clusterIPs[0]: Invalid value: \"fd00::1\": expected an IPv4 value as indicated by `ipFamilies[0]`" },
	{ "{'ports':[{'port':80}],'clusterIP':'10.0.0.1','ipFamilies':['IPv6']}",
	  "spec.clusterIPs[0]: Invalid value: \"10.0.0.1\": expected an IPv6 value as indicated by `ipFamilies[0]`" },
	/* 30, 31 */
	{ "{'ports':[{'port':80}],'ipFamilies':['IPv5','IPv4','IPv4']}",
	  "spec.ipFamilies[0]: Unsupported value: \"IPv5\": supported values: \"IPv4\", \"IPv6\"\n"
	  "spec.ipFamilies[2]: Duplicate value: \"IPv4\"" },
	{ "{'ports':[{'port':80}],'ipFamilyPolicy':'Both'}",
	  "spec.ipFamilyPolicy: Unsupported value: \"Both\": supported values: \"PreferDualStack\", \"RequireDualStack\", \"SingleStack\"" },
	/* 32 */
	{ "{'ports':[{'port':80}],'externalIPs':['x','127.0.0.1','0.0.0.0','169.254.1.1','224.0.0.5','::1','fe80::1','1.2.3.4']}",
	  "spec.externalIPs[0]: Invalid value: \"x\": " IP "\n"
	  "spec.externalIPs[1]: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)\n"
	  "spec.externalIPs[2]: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)\n"
	  "spec.externalIPs[3]: Invalid value: \"169.254.1.1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)\n"
	  "spec.externalIPs[4]: Invalid value: \"224.0.0.5\": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)\n"
	  "spec.externalIPs[5]: Invalid value: \"::1\": may not be in the loopback range (127.0.0.0/8, ::1/128)\n"
	  "spec.externalIPs[6]: Invalid value: \"fe80::1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
	/* 33 */
	{ "{'ports':[{'port':80}],'type':'Foo'}",
	  "spec.type: Unsupported value: \"Foo\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"" },
	/* 34, 35, 36 */
	{ "{'ports':[{'port':80,'nodePort':30080}]}",
	  "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'" },
	{ "{'type':'NodePort','ports':[{'name':'a','port':80,'nodePort':30080},{'name':'b','port':81,'nodePort':30080},"
	  "{'name':'c','port':80,'protocol':'UDP','nodePort':30080}]}",
	  "spec.ports[1].nodePort: Duplicate value: 30080" },
	{ "{'ports':[{'name':'a','port':80},{'name':'b','port':80},{'name':'c','port':80,'protocol':'UDP'}]}",
	  "spec.ports[1]: Duplicate value: {\"Name\":\"\",\"Protocol\":\"TCP\",\"AppProtocol\":null,\"Port\":80,\"TargetPort\":0,\"NodePort\":0}" },
	/* 37, 38 */
	{ "{'ports':[{'port':80}],'loadBalancerSourceRanges':['10.0.0.0/8']}",
	  "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'" },
	{ "{'type':'LoadBalancer','ports':[{'port':80}],'loadBalancerSourceRanges':[' 10.0.0.0/8 ','10.0.0.0','10.0.0.0/33','10.0.0.1/8','10.0.0.0/08','fd00::/64']}",
	  "spec.LoadBalancerSourceRanges[1]: Invalid value: \"10.0.0.0\": " CIDR "\n"
	  "spec.LoadBalancerSourceRanges[2]: Invalid value: \"10.0.0.0/33\": " CIDR "\n"
	  "spec.LoadBalancerSourceRanges[3]: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length\n"
	  "spec.LoadBalancerSourceRanges[4]: Invalid value: \"10.0.0.0/08\": must not have leading 0s in IP or prefix length" },
	/* 40, 42 */
	{ "{'ports':[{'port':80}],'allocateLoadBalancerNodePorts':true,'loadBalancerClass':'a'}",
	  "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'\n"
	  "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'" },
	{ "{'type':'LoadBalancer','ports':[{'port':80}],'loadBalancerClass':'/a'}",
	  "spec.loadBalancerClass: Invalid value: \"/a\": prefix part must be non-empty" },
	/* 43, 44 */
	{ "{'ports':[{'port':80}],'externalTrafficPolicy':'Local'}",
	  "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services" },
	{ "{'ports':[{'port':80}],'externalIPs':['1.2.3.4'],'externalTrafficPolicy':'Local'}", "" },
	{ "{'type':'NodePort','ports':[{'port':80}],'externalTrafficPolicy':'Near'}",
	  "spec.externalTrafficPolicy: Unsupported value: \"Near\": supported values: \"Cluster\", \"Local\"" },
	/* 45, 46 */
	{ "{'type':'LoadBalancer','ports':[{'port':80}],'healthCheckNodePort':30000}",
	  "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'" },
	{ "{'type':'LoadBalancer','ports':[{'port':80}],'externalTrafficPolicy':'Local','healthCheckNodePort':70000}",
	  "spec.healthCheckNodePort: Invalid value: 70000: " PORTNUM },
	{ "{'type':'LoadBalancer','ports':[{'port':80}],'externalTrafficPolicy':'Local'}", "" },
	/* 47, 48 */
	{ "{'ports':[{'port':80}],'internalTrafficPolicy':'Near'}",
	  "spec.internalTrafficPolicy: Unsupported value: \"Near\": supported values: \"Cluster\", \"Local\"" },
	{ "{'ports':[{'port':80}],'trafficDistribution':'Any'}",
	  "spec.trafficDistribution: Unsupported value: \"Any\": supported values: \"PreferClose\", \"PreferSameZone\", \"PreferSameNode\"" },
	{ "{'type':'LoadBalancer','ports':[{'port':10250}]}", "" },
	/* What is wrong with the addresses is said alone, before the rest. */
	{ "{'ports':[{'port':0}],'ipFamilyPolicy':'RequireDualStack','ipFamilies':['IPv6']}",
	  "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services\n"
	  "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster" },
	{ "{'ports':[{'port':0}],'clusterIP':'fd00::1'}",
	  "spec.clusterIPs[0]: Invalid value: [\"fd00::1\"]: IPv6 is not configured on this cluster" },
	{ "{'ports':[{'port':80}],'ipFamilyPolicy':'SingleStack','ipFamilies':['IPv4','IPv6']}",
	  "spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified" },
	{ "{'clusterIP':'None','ipFamilyPolicy':'RequireDualStack','ipFamilies':['IPv6','IPv4']}", "" },
	/* A null is nothing; in a list it is an empty thing. */
	{ "{'ports':[{'port':80,'targetPort':null,'name':null}],'type':null,'selector':null}", "" },
	{ "{'ports':[null]}",
	  "spec.ports[0].port: Invalid value: 0: " PORTNUM "\n"
	  "spec.ports[0].targetPort: Invalid value: 0: " PORTNUM },
	{ "{'ports':[{'port':80}],'clusterIPs':[null]}",
	  "spec.clusterIPs: Invalid value: [\"\"]: must be empty when `clusterIP` is not specified\n"
	  "spec.clusterIPs[0]: Invalid value: \"\": " IP },
};

static void test_service_spec(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(spec_rules); i++) {
		json_t *doc = json_pack("{s{ss, ss}, so}", "metadata", "name",
					"web", "namespace", "default", "spec",
					parse(spec_rules[i].what));
		char *got = judge(&ipsvc_service_kind, doc);

		if (strcmp(got, spec_rules[i].said))
			print_error("spec %s\n", spec_rules[i].what);
		assert_string_equal(got, spec_rules[i].said);
		free(got);
	}
}

static const struct rule metadata_rules[] = {
	{ "{'name':'web','namespace':'default'}", "" },
	/* 1, 2, 3 */
	{ "{'namespace':'default'}",
	  "metadata.name: Required value: name or generateName is required" },
	{ "{'name':'1svc','namespace':'default'}", "" },
	{ "{'name':'Web','namespace':'default'}",
	  "metadata.name: Invalid value: \"Web\": " L1123 },
	{ "{'name':'web-','namespace':'default'}",
	  "metadata.name: Invalid value: \"web-\": " L1123 },
	{ "{'name':'" A64 "','namespace':'default'}",
	  "metadata.name: Invalid value: \"" A64 "\": must be no more than 63 characters" },
	{ "{'name':'a'}", "metadata.namespace: Required value" },
	{ "{'name':'a','namespace':'A'}",
	  "metadata.namespace: Invalid value: \"A\": " L1123 },
	/* 4 */
	{ "{'name':'a','namespace':'b','labels':{'':'x'}}",
	  "metadata.labels: Invalid value: \"\": name part must be non-empty\n"
	  "metadata.labels: Invalid value: \"\": name part " KEYRULE },
	{ "{'name':'a','namespace':'b','labels':{'X_y/z':'x'}}",
	  "metadata.labels: Invalid value: \"X_y/z\": prefix part " S1123 },
	{ "{'name':'a','namespace':'b','labels':{'a/" A64 "':'" A64 "'}}",
	  "metadata.labels: Invalid value: \"a/" A64 "\": name part must be no more than 63 bytes\n"
	  "metadata.labels: Invalid value: \"" A64 "\": must be no more than 63 bytes" },
	{ "{'name':'a','namespace':'b','labels':{'example.com/A_b.c':'', 'k':null}}", "" },
	{ "{'name':'a','namespace':'b','annotations':{'Example.com/K':'any thing'}}", "" },
	{ "{'name':'a','namespace':'b','annotations':{'K!':'any thing'}}",
	  "metadata.annotations: Invalid value: \"K!\": name part " KEYRULE },
};

static void test_metadata(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(metadata_rules); i++) {
		json_t *doc = json_pack("{so, s{s[{si}]}}", "metadata",
					parse(metadata_rules[i].what), "spec",
					"ports", "port", 80);
		char *got = judge(&ipsvc_service_kind, doc);

		assert_string_equal(got, metadata_rules[i].said);
		free(got);
	}
}

/* Annotations of ipsvc, which the rest of a document does not matter to. */
static const struct rule service_note_rules[] = {
	{ "{'ipsvc.io/scheduler':'maglev','ipsvc.io/hash-table-size':'1048573','ipsvc.io/max-connections':'0',"
	  "'ipsvc.io/one-packet-scheduling':'true','ipsvc.io/hash-key':'00112233445566778899aabbccddeeff','ipsvc.io/affinity-shared':'false',"
	  "'ipsvc.io/affinity-prefix-ipv4':'32','ipsvc.io/affinity-prefix-ipv6':'128'}", "" },
	/* Of Pods. */
	{ "{'ipsvc.io/weight':'x'}", "" },
	{ "{'ipsvc.io/scheduler':'RR'}",
	  "metadata.annotations[ipsvc.io/scheduler]: Unsupported value: \"RR\": supported values: \"lc\", \"maglev\", \"p2c\", \"random\", \"rr\", \"sh\", \"wlc\", \"wrr\"" },
	{ "{'ipsvc.io/scheduler':'','ipsvc.io/one-packet-scheduling':'yes'}",
	  "metadata.annotations[ipsvc.io/scheduler]: Unsupported value: \"\": supported values: \"lc\", \"maglev\", \"p2c\", \"random\", \"rr\", \"sh\", \"wlc\", \"wrr\"\n"
	  "metadata.annotations[ipsvc.io/one-packet-scheduling]: Unsupported value: \"yes\": supported values: \"false\", \"true\"" },
	{ "{'ipsvc.io/hash-table-size':'0','ipsvc.io/max-connections':'4294967296'}",
	  "metadata.annotations[ipsvc.io/hash-table-size]: Invalid value: \"0\": must be between 1 and 1048573, inclusive\n"
	  "metadata.annotations[ipsvc.io/max-connections]: Invalid value: \"4294967296\": must be between 0 and 4294967295, inclusive" },
	{ "{'ipsvc.io/affinity-prefix-ipv4':'33','ipsvc.io/affinity-prefix-ipv6':'0','ipsvc.io/affinity-shared':'1'}",
	  "metadata.annotations[ipsvc.io/affinity-shared]: Unsupported value: \"1\": supported values: \"false\", \"true\"\n"
	  "metadata.annotations[ipsvc.io/affinity-prefix-ipv4]: Invalid value: \"33\": must be between 1 and 32, inclusive\n"
	  "metadata.annotations[ipsvc.io/affinity-prefix-ipv6]: Invalid value: \"0\": must be between 1 and 128, inclusive" },
	{ "{'ipsvc.io/hash-key':'00112233445566778899AABBCCDDEEFF'}",
	  "metadata.annotations[ipsvc.io/hash-key]: Invalid value: \"00112233445566778899AABBCCDDEEFF\": must be 32 hexadecimal digits, in lower case" },
	{ "{'ipsvc.io/source-ranges-allow':'10.0.0.0/8, fd00::/8','ipsvc.io/source-ranges-deny':'','ipsvc.io/source-ranges-apply':'LoadBalancer,NodePort, ExternalIP,ClusterIP',"
	  "'ipsvc.io/source-ranges-fail-closed':'true'}", "" },
	{ "{'ipsvc.io/source-ranges-allow':'10.0.0.0','ipsvc.io/source-ranges-deny':'10.0.0.0/8,,10.0.0.1/8'}",
	  "metadata.annotations[ipsvc.io/source-ranges-allow]: Invalid value: \"10.0.0.0\": " CIDR "\n"
	  "metadata.annotations[ipsvc.io/source-ranges-deny]: Invalid value: \"\": " CIDR "\n"
	  "metadata.annotations[ipsvc.io/source-ranges-deny]: Invalid value: \"10.0.0.1/8\": must not have bits set beyond the prefix length" },
	{ "{'ipsvc.io/source-ranges-apply':'LoadBalancer,nodeport','ipsvc.io/source-ranges-fail-closed':'yes'}",
	  "metadata.annotations[ipsvc.io/source-ranges-apply]: Unsupported value: \"nodeport\": supported values: \"ClusterIP\", \"ExternalIP\", \"LoadBalancer\", \"NodePort\"\n"
	  "metadata.annotations[ipsvc.io/source-ranges-fail-closed]: Unsupported value: \"yes\": supported values: \"false\", \"true\"" },
};

static const struct rule pod_note_rules[] = {
	{ "{'ipsvc.io/weight':'65535','ipsvc.io/max-connections':'1'}", "" },
	{ "{'ipsvc.io/weight':'0','ipsvc.io/scheduler':'?'}", "" },
	{ "{'ipsvc.io/weight':'65536'}",
	  "metadata.annotations[ipsvc.io/weight]: Invalid value: \"65536\": must be between 0 and 65535, inclusive" },
	{ "{'ipsvc.io/weight':'-1'}",
	  "metadata.annotations[ipsvc.io/weight]: Invalid value: \"-1\": must be between 0 and 65535, inclusive" },
	{ "{'ipsvc.io/weight':'07'}",
	  "metadata.annotations[ipsvc.io/weight]: Invalid value: \"07\": must be between 0 and 65535, inclusive" },
	{ "{'ipsvc.io/weight':' 1','ipsvc.io/max-connections':''}",
	  "metadata.annotations[ipsvc.io/weight]: Invalid value: \" 1\": must be between 0 and 65535, inclusive\n"
	  "metadata.annotations[ipsvc.io/max-connections]: Invalid value: \"\": must be between 0 and 4294967295, inclusive" },
};

static void judge_notes(const struct ipsvc_kind *kind, const char *spec,
			const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_t *doc = json_pack("{s{ss, ss, so}, so}", "metadata",
					"name", "a", "namespace", "b",
					"annotations", parse(rules[i].what),
					"spec", parse(spec));
		char *got = judge(kind, doc);

		assert_string_equal(got, rules[i].said);
		free(got);
	}
}

static void test_notes(void **unused)
{
	(void)unused;
	judge_notes(&ipsvc_service_kind, "{'ports':[{'port':80}]}",
		    service_note_rules, COUNT(service_note_rules));
	judge_notes(&ipsvc_pod_kind, "{'containers':[{'name':'a','image':'a'}]}",
		    pod_note_rules, COUNT(pod_note_rules));
}

static void test_annotations_size(void **unused)
{
	char *large = xmalloc(262144 + 1);
	json_t *doc;
	char *got;

	(void)unused;
	for (int extra = 0; extra <= 1; extra++) {
		memset(large, 'x', 262144);
		/* The key counts, too. */
		large[262144 - 1 + extra] = '\0';
		doc = json_pack("{s{ss, ss, s{ss}}, s{s[{si}]}}", "metadata",
				"name", "a", "namespace", "b", "annotations",
				"k", large, "spec", "ports", "port", 80);
		got = judge(&ipsvc_service_kind, doc);
		assert_string_equal(got, extra ?
			"metadata.annotations: Too long: may not be more than 262144 bytes" : "");
		free(got);
	}
	free(large);
}

/* ---- defaults ------------------------------------------------------------ */

static void test_defaults(void **unused)
{
	static const struct {
		const char *before, *after;	/* spec */
	} cases[] = {
		{ "{'ports':[{'port':80}]}",
		  "{'ports':[{'port':80,'protocol':'TCP','targetPort':80}],'type':'ClusterIP','sessionAffinity':'None','internalTrafficPolicy':'Cluster'}" },
		{ "{'ports':[{'port':80,'targetPort':0,'protocol':'UDP'},{'port':81,'targetPort':''}],'type':'NodePort','clusterIP':'10.0.0.1'}",
		  "{'ports':[{'port':80,'protocol':'UDP','targetPort':80},{'port':81,'protocol':'TCP','targetPort':81}],'type':'NodePort','clusterIP':'10.0.0.1',"
		  "'sessionAffinity':'None','internalTrafficPolicy':'Cluster','externalTrafficPolicy':'Cluster'}" },
		{ "{'type':'LoadBalancer','sessionAffinity':'ClientIP','clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1']}",
		  "{'type':'LoadBalancer','sessionAffinity':'ClientIP','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':10800}},'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1'],"
		  "'internalTrafficPolicy':'Cluster','externalTrafficPolicy':'Cluster','allocateLoadBalancerNodePorts':true}" },
		{ "{'type':'ExternalName','externalName':'x','sessionAffinityConfig':{'clientIP':{'timeoutSeconds':1}}}",
		  "{'type':'ExternalName','externalName':'x','sessionAffinity':'None'}" },
		{ "{'externalIPs':['1.2.3.4'],'selector':{'a':null},'clusterIP':null}",
		  "{'externalIPs':['1.2.3.4'],'selector':{'a':''},'type':'ClusterIP','sessionAffinity':'None','internalTrafficPolicy':'Cluster','externalTrafficPolicy':'Cluster'}" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		json_t *expected = parse(cases[i].after), *got;

		ipsvc_objects_add(&objs, &ipsvc_service_kind,
				  json_pack("{so}", "spec", parse(cases[i].before)),
				  NULL, 0);
		ipsvc_object_default(&objs.items[0]);
		/* Once more changes nothing. */
		ipsvc_object_default(&objs.items[0]);
		got = json_object_get(objs.items[0].doc, "spec");
		if (!json_equal(got, expected))
			fail_msg("%s", json_dumps(got, 0));
		json_decref(expected);
		ipsvc_objects_free(&objs);
	}
}

/* ---- pods ---------------------------------------------------------------- */

static const struct rule pod_rules[] = {
	{ "{'metadata':{'name':'p.q','namespace':'d'}}", "" },
	{ "{'metadata':{'name':'p_q','namespace':'d'}}",
	  "metadata.name: Invalid value: \"p_q\": " S1123 },
	{ "{'metadata':{'name':'p','namespace':'d'},'spec':{'containers':[{'ports':[{'containerPort':80,'name':'http'},{'containerPort':81,'name':'http'}]}]}}",
	  "spec.containers[0].ports[1].name: Duplicate value: \"http\"" },
	{ "{'metadata':{'name':'p','namespace':'d'},'spec':{'containers':[{'ports':[{'name':'a'},{'containerPort':70000},{'containerPort':1,'hostPort':-1,'protocol':'udp'}]}]}}",
	  "spec.containers[0].ports[0].containerPort: Required value\n"
	  "spec.containers[0].ports[1].containerPort: Invalid value: 70000: " PORTNUM "\n"
	  "spec.containers[0].ports[2].hostPort: Invalid value: -1: " PORTNUM "\n"
	  "spec.containers[0].ports[2].protocol: Unsupported value: \"udp\": supported values: \"SCTP\", \"TCP\", \"UDP\"" },
	{ "{'metadata':{'name':'p','namespace':'d'},'spec':{'initContainers':[{},{'ports':[{'name':'-'}]}]}}",
	  "spec.initContainers[1].ports[0].name: Invalid value: \"-\": must contain at least one letter (a-z)\n"
	  "spec.initContainers[1].ports[0].name: Invalid value: \"-\": must not begin or end with a hyphen\n"
	  "spec.initContainers[1].ports[0].containerPort: Required value" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'10.0.0.1','phase':'Running'}}", "" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'fd00::1'}}", "" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'10.0.0.256'}}",
	  "status.podIP: Invalid value: \"10.0.0.256\": " IP },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'127.0.0.1'}}",
	  "status.podIP: Invalid value: \"127.0.0.1\": may not be in the loopback range (127.0.0.0/8, ::1/128)" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'0.0.0.0'}}",
	  "status.podIP: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'169.254.0.1'}}",
	  "status.podIP: Invalid value: \"169.254.0.1\": may not be in the link-local range (169.254.0.0/16, fe80::/10)" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'239.1.1.1'}}",
	  "status.podIP: Invalid value: \"239.1.1.1\": may not be in the multicast range (224.0.0.0/4, ff00::/8)" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'255.255.255.255'}}",
	  "status.podIP: Invalid value: \"255.255.255.255\": may not be in a reserved range (0.0.0.0/8, 240.0.0.0/4)" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIPs':[{'ip':'10.0.0.1'},{'ip':'x'}]}}",
	  "status.podIPs[1].ip: Invalid value: \"x\": " IP },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'podIP':'10.0.0.2','podIPs':[{'ip':'10.0.0.1'}]}}",
	  "status.podIPs[0].ip: Invalid value: \"10.0.0.1\": must be equal to `podIP`" },
	{ "{'metadata':{'name':'p','namespace':'d'},'status':{'phase':'failed'}}",
	  "status.phase: Unsupported value: \"failed\": supported values: \"Failed\", \"Pending\", \"Running\", \"Succeeded\", \"Unknown\"" },
};

static void test_pods(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(pod_rules); i++) {
		char *got = judge(&ipsvc_pod_kind, parse(pod_rules[i].what));

		assert_string_equal(got, pod_rules[i].said);
		free(got);
	}
}

/* ---- updates -------------------------------------------------------------- */

static void test_updates(void **unused)
{
	static const struct {
		const char *before, *after, *said;
	} cases[] = {
		{ "{'spec':{'clusterIPs':['10.0.0.1']}}", "{'spec':{'clusterIPs':['10.0.0.1'],'type':'NodePort'}}", "" },
		{ "{'metadata':{'name':'a','namespace':'b','uid':'1'}}", "{'metadata':{'name':'c','namespace':'d','uid':'2'}}",
		  "metadata.name: Invalid value: \"c\": field is immutable\n"
		  "metadata.namespace: Invalid value: \"d\": field is immutable\n"
		  "metadata.uid: Invalid value: \"2\": field is immutable" },
		{ "{'metadata':{'uid':'1'}}", "{'metadata':{}}", "" },
		{ "{'spec':{'clusterIPs':['10.0.0.1']}}", "{'spec':{'clusterIPs':['10.0.0.2']}}",
		  "spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set" },
		{ "{'spec':{'clusterIP':'10.0.0.1','clusterIPs':['10.0.0.1']}}", "{'spec':{'clusterIP':'None','clusterIPs':['None']}}",
		  "spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set" },
		{ "{'spec':{'clusterIPs':['10.0.0.1']}}", "{'spec':{'type':'ExternalName'}}", "" },
		{ "{'spec':{'clusterIPs':['10.0.0.1']}}", "{'spec':{}}",
		  "spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset" },
		{ "{'spec':{'clusterIPs':['10.0.0.1','fd00::1']}}", "{'spec':{'clusterIPs':['10.0.0.1'],'ipFamilyPolicy':'PreferDualStack'}}",
		  "spec.ipFamilyPolicy: Invalid value: \"PreferDualStack\": must be set to 'SingleStack' when releasing the secondary clusterIP" },
		{ "{'spec':{'clusterIPs':['10.0.0.1','fd00::1']}}", "{'spec':{'clusterIPs':['10.0.0.1'],'ipFamilyPolicy':'SingleStack'}}", "" },
		{ "{'spec':{'clusterIPs':['10.0.0.1']}}", "{'spec':{'clusterIPs':['10.0.0.1','fd00::1']}}", "" },
		{ "{'spec':{'ipFamilies':['IPv4']}}", "{'spec':{'ipFamilies':['IPv6']}}",
		  "spec.ipFamilies[0]: Invalid value: [\"IPv6\"]: may not change once set" },
		{ "{'spec':{'ipFamilies':['IPv4','IPv6']}}", "{'spec':{'clusterIPs':['10.0.0.1'],'ipFamilies':['IPv4']}}",
		  "spec.ipFamilyPolicy: Invalid value: null: must be set to 'SingleStack' when releasing the secondary ipFamily" },
		{ "{'spec':{'ipFamilies':['IPv4']}}", "{'spec':{}}",
		  "spec.ipFamilies[0]: Invalid value: null: primary ipFamily can not be unset" },
		{ "{'spec':{'type':'LoadBalancer','loadBalancerClass':'a'}}", "{'spec':{'type':'LoadBalancer','loadBalancerClass':'b'}}",
		  "spec.loadBalancerClass: Invalid value: \"b\": may not change once set" },
		{ "{'spec':{'type':'LoadBalancer','loadBalancerClass':'a'}}", "{'spec':{'type':'NodePort'}}", "" },
		{ "{'spec':{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':30000}}",
		  "{'spec':{'type':'LoadBalancer','externalTrafficPolicy':'Local','healthCheckNodePort':30001}}",
		  "spec.healthCheckNodePort: Forbidden: field is immutable" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		struct ipsvc_errors errs = {0};
		char *got;

		ipsvc_objects_add(&objs, &ipsvc_service_kind,
				  parse(cases[i].before), NULL, 0);
		ipsvc_objects_add(&objs, &ipsvc_service_kind,
				  parse(cases[i].after), NULL, 0);
		ipsvc_metadata_validate_update(objs.items[0].doc,
					       objs.items[1].doc, &errs);
		ipsvc_service_kind.validate_update(objs.items[0].doc,
						   objs.items[1].doc, &errs);
		got = said(&errs);
		assert_string_equal(got, cases[i].said);
		free(got);
		ipsvc_objects_free(&objs);
		ipsvc_errors_free(&errs);
	}
}

/* ---- messages ------------------------------------------------------------- */

static void expect_message(struct ipsvc_errors *errs, const char *expected)
{
	struct ipsvc_object obj = {
		.kind = &ipsvc_service_kind, .name = (char *)"web",
		.file = (char *)"svc.yaml",
	};
	char *got = ipsvc_invalid_message(&obj, errs);

	assert_string_equal(got, expected);
	free(got);
}

static void test_messages(void **unused)
{
	struct ipsvc_errors errs = {0};

	(void)unused;
	ipsvc_errors_add(&errs, IPSVC_ERR_REQUIRED, "spec.ports", NULL, NULL);
	expect_message(&errs, "The Service \"web\" is invalid: spec.ports: Required value");
	ipsvc_errors_add(&errs, IPSVC_ERR_TOO_MANY, "x", "1001",
			 "must have at most %d items", 1000);
	ipsvc_errors_add(&errs, IPSVC_ERR_REQUIRED, "spec.ports", NULL, NULL);
	expect_message(&errs, "The Service \"web\" is invalid: \n"
		       "* spec.ports: Required value\n"
		       "* x: Too many: 1001: must have at most 1000 items");
	ipsvc_errors_free(&errs);
	ipsvc_errors_add(&errs, IPSVC_ERR_DECODE, "spec.a", NULL,
			 "strict decoding error: unknown field \"spec.a\"");
	ipsvc_errors_add(&errs, IPSVC_ERR_DECODE, "spec.b", NULL,
			 "strict decoding error: unknown field \"spec.b\"");
	expect_message(&errs,
		       "Error from server (BadRequest): error when creating \"svc.yaml\": Service in version \"v1\" cannot be handled as a Service: strict decoding error: unknown field \"spec.a\", unknown field \"spec.b\"");
	ipsvc_errors_free(&errs);
}

static void test_quote(void **unused)
{
	static const struct {
		const char *text, *quoted;
	} cases[] = {
		{ "", "\"\"" }, { "a b", "\"a b\"" },
		{ "\"\\", "\"\\\"\\\\\"" }, { "\n\t\x1b\x7f", "\"\\n\\t\\x1b\\x7f\"" },
		{ "\303\251\360\237\230\200", "\"\303\251\360\237\230\200\"" },
		{ "\302\240\342\200\213\xff", "\"\\u00a0\\u200b\\xff\"" },
		{ "\xe2\x82", "\"\\xe2\\x82\"" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *got = ipsvc_quote(cases[i].text);

		assert_string_equal(got, cases[i].quoted);
		free(got);
	}
}

static void test_quote_long(void **unused)
{
	char text[2001], *got;

	(void)unused;
	memset(text, 'x', 2000);
	text[2000] = '\0';
	got = ipsvc_quote(text);
	assert_int_equal(strlen(got), 1024 + strlen("\"\"..."));
	assert_string_equal(got + 1024, "x\"...");
	free(got);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service_spec),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_annotations_size),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_updates),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_quote),
		cmocka_unit_test(test_quote_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
