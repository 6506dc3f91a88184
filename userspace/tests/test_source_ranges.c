// SPDX-License-Identifier: GPL-2.0-or-later
/* Source ranges, from the Service to what the kernel is to have of them. */
#include "nodeview_env.h"

#include "api/service/service.h"

#define OPEN	"10.96.0.1:80 *:30080 lb=1.2.3.4:80 ext=1.2.3.5:80"
#define BY_LB	"10.96.0.1:80 *:30080 lb=1.2.3.4:80? ext=1.2.3.5:80"

/* A Service of type @type with annotations, and the address of a balancer. */
static void read_service(const char *type, const char *notes, const char *ranges,
			 struct ipsvc_objects *objs)
{
	char *text = xasprintf("{apiVersion: v1, kind: Service, "
		"metadata: {name: web, annotations: {%s}}, spec: {type: %s, "
		"clusterIPs: [10.96.0.1, 'fd00::1'], clusterIP: 10.96.0.1, "
		"ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6], "
		"externalIPs: [1.2.3.5], loadBalancerSourceRanges: [%s], "
		"ports: [{port: 80, nodePort: 30080}]}}", notes, type, ranges);
	json_t *status = json_pack("{s:{s:[{s:s}, {s:s}]}}", "loadBalancer",
				   "ingress", "ip", "1.2.3.4", "ip", "fd01::4");

	read_objects(text, objs);
	json_object_set_new(objs->items[0].doc, "status", status);
	free(text);
}

/* The frontends and ranges of one family. */
static char *part_of(const char *all, bool v6)
{
	const char *line = strchr(all, '\n') + 1;
	const char *from = strstr(v6 ? line : all, " tcp ") + 5;

	return xstrndup(from, (size_t)(strstr(from, " ->") - from));
}

static void check(struct ipsvc_objects *objs, const char *want4,
		  const char *want6, const char *warning)
{
	struct ipsvc_errors notes = {0};
	const struct ipsvc_cidr any = {
		.net = ipsvc_ip_from4((struct in_addr){0}),
	};
	struct ipsvc_state st;
	char *got, *part;

	config.external = &any;
	config.nexternal = 1;
	compute(objs, &st, &notes);
	got = show(&st);
	part = part_of(got, false);
	assert_string_equal(part, want4);
	free(part);
	part = part_of(got, true);
	if (want6)
		assert_string_equal(part, want6);
	free(part);
	free(got);
	assert_int_equal(notes.nwarnings, warning ? 1 : 0);
	if (warning)
		assert_string_equal(notes.warnings[0], warning);
	ipsvc_errors_free(&notes);
	ipsvc_state_free(&st);
	ipsvc_objects_free(objs);
	config = (struct ipsvc_nodeview_config){0};
}

static void expect_ranges(const char *type, const char *notes,
			  const char *ranges, const char *want4,
			  const char *want6)
{
	struct ipsvc_objects objs = {0};

	read_service(type, notes, ranges, &objs);
	check(&objs, want4, want6, NULL);
}

#define OPEN6	"fd00::1:80 *:30080 lb=fd01::4:80"
#define BY_LB6	"fd00::1:80 *:30080 lb=fd01::4:80?"

static void test_kubernetes(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", WEB), WEB_IS);
	expect_ranges("LoadBalancer", "", "", OPEN, OPEN6);
	/* By family: one without a range is open. */
	expect_ranges("LoadBalancer", "", "10.2.0.0/16, ' 10.1.0.0/16 ', 10.1.0.0/16",
		      BY_LB " +10.1.0.0/16 +10.2.0.0/16", OPEN6);
	expect_ranges("LoadBalancer", "", "10.1.0.0/16, 'fd02::/32'",
		      BY_LB " +10.1.0.0/16", BY_LB6 " +fd02::/32");
	expect_ranges("LoadBalancer", "", "0.0.0.0/1, 128.0.0.0/1, '::/1', '8000::/1'",
		      BY_LB " +0.0.0.0/1 +128.0.0.0/1",
		      BY_LB6 " +::/1 +8000::/1");
	expect_ranges("LoadBalancer", "", "0.0.0.0/0, '::/0'",
		      BY_LB " +0.0.0.0/0", BY_LB6 " +::/0");
	/* The annotation of old, which the field goes before. */
	expect_ranges("LoadBalancer",
		      "service.beta.kubernetes.io/load-balancer-source-ranges: '10.1.0.0/16, fd02::/32'",
		      "", BY_LB " +10.1.0.0/16", BY_LB6 " +fd02::/32");
	expect_ranges("LoadBalancer",
		      "service.beta.kubernetes.io/load-balancer-source-ranges: 10.1.0.0/16",
		      "'fd02::/32'", OPEN, BY_LB6 " +fd02::/32");
}

static void test_annotations(void **unused)
{
	(void)unused;
	/* By which frontends. */
	expect_ranges("LoadBalancer",
		      "ipsvc.io/source-ranges-apply: 'LoadBalancer, NodePort,ExternalIP,ClusterIP'",
		      "10.1.0.0/16",
		      "10.96.0.1:80? *:30080? lb=1.2.3.4:80? ext=1.2.3.5:80? +10.1.0.0/16",
		      OPEN6);
	expect_ranges("NodePort",
		      "ipsvc.io/source-ranges-apply: NodePort, ipsvc.io/source-ranges-allow: 10.1.0.0/16",
		      "", "10.96.0.1:80 *:30080? lb=1.2.3.4:80 ext=1.2.3.5:80 +10.1.0.0/16",
		      OPEN6);
	/* By none. */
	expect_ranges("LoadBalancer", "ipsvc.io/source-ranges-apply: ''",
		      "10.1.0.0/16", OPEN, OPEN6);
	/* Both lists together; what is on both is denied. */
	expect_ranges("LoadBalancer",
		      "ipsvc.io/source-ranges-allow: 'fd02::/32,10.3.0.0/16', ipsvc.io/source-ranges-deny: '10.3.0.0/16,10.1.1.0/24'",
		      "10.1.0.0/16",
		      BY_LB " +10.1.0.0/16 -10.1.1.0/24 -10.3.0.0/16",
		      BY_LB6 " +fd02::/32");
	expect_ranges("LoadBalancer", "ipsvc.io/source-ranges-deny: 'fd02::/32'",
		      "", OPEN, BY_LB6 " -fd02::/32");
	/* A family without a range. */
	expect_ranges("LoadBalancer", "ipsvc.io/source-ranges-fail-closed: 'true'",
		      "10.1.0.0/16", BY_LB " +10.1.0.0/16", BY_LB6 " -::/0");
	expect_ranges("LoadBalancer", "ipsvc.io/source-ranges-fail-closed: 'true'",
		      "'fd02::/32'", BY_LB " -0.0.0.0/0", BY_LB6 " +fd02::/32");
	expect_ranges("LoadBalancer", "ipsvc.io/source-ranges-fail-closed: 'true'",
		      "", OPEN, OPEN6);
}

/* What this node sends to an address that it has comes from that address. */
static void test_own_address(void **unused)
{
	static const char node[] =
		"---\n{apiVersion: v1, kind: Node, metadata: {name: n1}, status: {addresses: ["
		"{type: Hostname, address: 10.1.9.9}, {type: ExternalIP, address: 10.1.0.8}, "
		"{type: InternalIP, address: 192.168.0.1}, {type: InternalIP, address: 'fd02::7'}]}}\n";
	struct ipsvc_objects objs = {0};

	(void)unused;
	read_service("LoadBalancer", "", "192.168.0.0/24, 'fd03::/32'", &objs);
	read_objects(node, &objs);
	check(&objs, BY_LB " +1.2.3.4/32 +192.168.0.0/24", BY_LB6 " +fd03::/32",
	      NULL);
	objs = (struct ipsvc_objects){0};
	read_service("LoadBalancer", "", "10.1.0.0/16, 'fd02::/32'", &objs);
	read_objects(node, &objs);
	check(&objs, BY_LB " +10.1.0.0/16",
	      BY_LB6 " +fd01::4/128 +fd02::/32", NULL);
}

/* @n of them, "10.0.0.0/24, 10.0.1.0/24, …" */
static char *many(int n)
{
	struct ipsvc_buf list = {0};

	for (int i = 0; i < n; i++)
		ipsvc_buf_printf(&list, "%s10.%d.%d.0/24", i ? "," : "", i / 256,
				 i % 256);
	return ipsvc_buf_take(&list);
}

static void test_too_many(void **unused)
{
	char *list = many(IPSVC_RANGES_MAX + 1), *notes;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};
	struct ipsvc_state st;

	(void)unused;
	notes = xasprintf("ipsvc.io/source-ranges-deny: '%s'", list);
	read_service("LoadBalancer", notes, "10.0.0.0/8", &objs);
	check(&objs, BY_LB " -0.0.0.0/0", OPEN6,
	      "service \"default/web\" has more than 512 source ranges: nobody is taken");
	objs = (struct ipsvc_objects){0};
	read_service("LoadBalancer", "ipsvc.io/source-ranges-deny: '10.0.0.0/25'",
		     list, &objs);
	compute(&objs, &st, &errs);
	assert_int_equal(st.services[0].nranges, IPSVC_RANGES_MAX);
	assert_int_equal(st.services[0].ranges[1].flags, IPSVC_RANGE_F_DENY);
	/* And that the external address is not served. */
	assert_int_equal(errs.nwarnings, 2);
	assert_string_equal(errs.warnings[1],
			    "service \"default/web\" has more than 512 source ranges: not all that are allowed are taken");
	ipsvc_errors_free(&errs);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
	free(notes);
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kubernetes),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_own_address),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
