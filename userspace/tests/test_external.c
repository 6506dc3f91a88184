// SPDX-License-Identifier: GPL-2.0-or-later
/* cluster/nodeview.h: the ways from outside to a Service. */
#include "nodeview_env.h"

#include "api/service/service.h"

/* Manifests state no status: as somebody else has written it. */
static void set_status(struct ipsvc_objects *objs, const char *status)
{
	json_t *value = json_loads(status, 0, NULL);

	assert_non_null(value);
	json_object_set_new(objs->items[0].doc, "status", value);
}

/* The frontends of a Service of @spec, and what is said of it. */
static void expect_frontends(const char *spec, const char *status,
			     const char *frontends, const char *warning)
{
	char *text = xasprintf("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: 10.96.0.1, ports: [{port: 80}], %s}}", spec);
	char *want = xasprintf("default/web tcp %s ->", frontends), *got;
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state st;

	read_objects(text, &objs);
	if (status)
		set_status(&objs, status);
	compute(&objs, &st, &notes);
	got = show(&st);
	if (strcmp(got, want))
		print_error("%s\n", text);
	assert_string_equal(got, want);
	assert_int_equal(notes.nwarnings, warning ? 1 : 0);
	if (warning)
		assert_string_equal(notes.warnings[0], warning);
	free(got);
	free(want);
	free(text);
	ipsvc_errors_free(&notes);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
}

#define IPS(list) "{\"loadBalancer\": {\"ingress\": [" list "]}}"

static void test_load_balancer(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", "type: LoadBalancer, " WEB), WEB_IS);
	expect_frontends("type: LoadBalancer",
			 IPS("{\"ip\": \"1.2.3.4\"}, {\"ip\": \"1.2.3.5\", \"ipMode\": \"VIP\"}"),
			 "10.96.0.1:80 lb=1.2.3.4:80 lb=1.2.3.5:80", NULL);
	/* What the balancer does itself, names, the other family, nonsense. */
	expect_frontends("type: LoadBalancer",
			 IPS("{\"ip\": \"1.2.3.4\", \"ipMode\": \"Proxy\"}, {\"hostname\": \"a.b\"}, "
			     "{\"ip\": \"fd00::1\"}, {\"ip\": \"127.0.0.1\"}, {\"ip\": \"x\"}"),
			 "10.96.0.1:80", NULL);
	/* Whoever writes it, as kube-proxy does; each address once. */
	expect_frontends("type: ClusterIP",
			 IPS("{\"ip\": \"1.2.3.4\"}, {\"ip\": \"1.2.3.4\"}, {\"ip\": \"10.96.0.1\"}"),
			 "10.96.0.1:80 lb=1.2.3.4:80", NULL);
	expect_frontends("type: LoadBalancer, externalTrafficPolicy: Local",
			 IPS("{\"ip\": \"1.2.3.4\"}"),
			 "10.96.0.1:80 lb=1.2.3.4:80,local", NULL);
	expect_frontends("type: LoadBalancer, internalTrafficPolicy: Local",
			 IPS("{\"ip\": \"1.2.3.4\"}"),
			 "10.96.0.1:80,local lb=1.2.3.4:80", NULL);
}

static void test_external_ips(void **unused)
{
	struct ipsvc_cidr allowed[2];
	const char *why;

	(void)unused;
	expect_frontends("externalIPs: [203.0.113.7]", NULL, "10.96.0.1:80",
			 "service \"default/web\": external IP 203.0.113.7 is not served: it is in no --external-cidr");
	assert_true(ipsvc_cidr_parse("203.0.113.0/24", &allowed[0], &why));
	assert_true(ipsvc_cidr_parse("2001:db8::/32", &allowed[1], &why));
	config.external = allowed;
	config.nexternal = 2;
	expect_frontends("externalIPs: [203.0.113.7]", NULL,
			 "10.96.0.1:80 ext=203.0.113.7:80", NULL);
	expect_frontends("externalIPs: [203.0.113.7, 203.0.112.7]", NULL,
			 "10.96.0.1:80 ext=203.0.113.7:80",
			 "service \"default/web\": external IP 203.0.112.7 is not served: it is in no --external-cidr");
	/* Of the families that the Service has. */
	expect_frontends("externalIPs: ['2001:db8::7', 203.0.113.7]", NULL,
			 "10.96.0.1:80 ext=203.0.113.7:80", NULL);
	/* Any type; a policy where it is external by these alone; each once. */
	expect_frontends("externalIPs: [203.0.113.7, 203.0.113.7], externalTrafficPolicy: Local", NULL,
			 "10.96.0.1:80 ext=203.0.113.7:80,local", NULL);
	expect_frontends("type: LoadBalancer, externalIPs: [203.0.113.7]",
			 IPS("{\"ip\": \"203.0.113.7\"}"),
			 "10.96.0.1:80 lb=203.0.113.7:80", NULL);
	config = (struct ipsvc_nodeview_config){0};
}

static void test_masquerade_all(void **unused)
{
	(void)unused;
	config.masquerade_all = true;
	expect_frontends("type: NodePort", NULL, "10.96.0.1:80,masquerade", NULL);
	expect_frontends("internalTrafficPolicy: Local", NULL,
			 "10.96.0.1:80,local,masquerade", NULL);
	expect_frontends("type: LoadBalancer, externalTrafficPolicy: Local",
			 IPS("{\"ip\": \"1.2.3.4\"}"),
			 "10.96.0.1:80,masquerade lb=1.2.3.4:80,local", NULL);
	config = (struct ipsvc_nodeview_config){0};
}

/* More addresses than a service port may have. */
static void test_too_many(void **unused)
{
	struct ipsvc_buf list = {0}, want = {0};
	char *status;

	(void)unused;
	for (int i = 1; i <= IPSVC_FRONTENDS_MAX; i++)
		ipsvc_buf_printf(&list, "%s{\"ip\": \"1.2.3.%d\"}",
				 list.len ? ", " : "", i);
	ipsvc_buf_puts(&want, "10.96.0.1:80");
	for (int i = 1; i < IPSVC_FRONTENDS_MAX; i++)
		ipsvc_buf_printf(&want, " lb=1.2.3.%d:80", i);
	status = xasprintf(IPS("%s"), list.data);
	expect_frontends("type: LoadBalancer", status, want.data,
			 "service \"default/web\" has more than 64 addresses; 1.2.3.64 is not served");
	free(status);
	free(list.data);
	free(want.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_balancer),
		cmocka_unit_test(test_external_ips),
		cmocka_unit_test(test_masquerade_all),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
