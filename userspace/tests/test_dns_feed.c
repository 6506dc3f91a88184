// SPDX-License-Identifier: GPL-2.0-or-later
/* From objects to items, from items to messages, from messages to a zone. */
#include <stdio.h>

#include "daemon/dns_records.h"
#include "dns_tell.h"
#include "manifest/manifest.h"
#include "tests/dns_env.h"

static const char world[] =
"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
"spec: {clusterIP: 10.96.0.20, selector: {app: web},\n"
"  ports: [{name: http, port: 80, targetPort: main}]}\n"
"---\n"
"apiVersion: v1\nkind: Service\nmetadata: {name: db}\n"
"spec: {clusterIP: None, selector: {app: db}, ports: [{name: pg, port: 5432}]}\n"
"---\n"
"apiVersion: v1\nkind: Service\nmetadata: {name: early}\n"
"spec: {clusterIP: None, selector: {app: db}, publishNotReadyAddresses: true}\n"
"---\n"
"apiVersion: v1\nkind: Service\nmetadata: {name: ext}\n"
"spec: {type: ExternalName, externalName: www.example.com}\n"
"---\n"
"apiVersion: v1\nkind: Service\nmetadata: {name: hand}\n"
"spec: {clusterIP: None, ports: [{name: p, port: 1}]}\n"
"---\n"
"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
"metadata: {name: hand-1, labels: {kubernetes.io/service-name: hand}}\n"
"addressType: IPv4\n"
"ports: [{name: p, port: 7, protocol: UDP}]\n"
"endpoints: [{addresses: [10.9.0.1], hostname: h},\n"
"  {addresses: [10.9.0.2], conditions: {ready: false}},\n"
"  {addresses: [10.9.0.3], conditions: {ready: true}}]\n"
"---\n"
"apiVersion: v1\nkind: Pod\nmetadata: {name: web-0, labels: {app: web}}\n"
"spec: {containers: [{name: c, image: i, ports: [{name: main, containerPort: 8080}]}]}\n"
"status: {podIP: 10.244.1.4, conditions: [{type: Ready, status: \"True\"}]}\n"
"---\n"
"apiVersion: v1\nkind: Pod\nmetadata: {name: db-0, labels: {app: db}}\n"
"spec: {hostname: db-0, subdomain: db, containers: [{name: c, image: i}]}\n"
"status: {podIP: 10.244.1.5, conditions: [{type: Ready, status: \"True\"}]}\n"
"---\n"
"apiVersion: v1\nkind: Pod\nmetadata: {name: db-1, labels: {app: db}}\n"
"spec: {hostname: db-1, subdomain: db, containers: [{name: c, image: i}]}\n"
"status: {podIP: 10.244.1.6, conditions: [{type: Ready, status: \"False\"}]}\n"
"---\n"
"apiVersion: v1\nkind: Pod\nmetadata: {name: db-2, labels: {app: db}}\n"
"spec: {containers: [{name: c, image: i}]}\n"
"status: {podIP: 10.244.1.7, phase: Failed, conditions: [{type: Ready, status: \"True\"}]}\n"
"---\n"
"apiVersion: v1\nkind: Pod\nmetadata: {name: other, namespace: alone}\n"
"spec: {containers: [{name: c, image: i}]}\n"
"status: {podIP: 10.244.1.8, conditions: [{type: Ready, status: \"True\"}]}\n";

/* What there is, and has been told. */
struct world {
	struct dns_records *records;
	struct dns_items *items;
	struct ipsvc_objects told;
};

/* The manifest @text takes the place of what there was. */
static void tell(struct world *w, const char *text, const json_t *refused)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors errs = {0};

	if (!w->records) {
		w->records = dns_records_new();
		w->items = dns_records_items(w->records);
	}
	assert_true(ipsvc_manifest_read(text, strlen(text), NULL, "default",
					&objs, &errs));
	tell_objects(w->records, &w->told, &objs);
	dns_records_settle(w->records, refused);
	ipsvc_errors_free(&errs);
}

static void free_world(struct world *w)
{
	dns_records_free(w->records);
	ipsvc_objects_free(&w->told);
}

static bool apply(struct dns_env *env, const struct ipsvc_buf *text, bool full,
		  uint32_t serial)
{
	const struct dns_feed_header header = {
		.full = full, .size = text->len, .serial = serial,
	};
	bool ok = dns_feed_apply(&env->zone, &header, text->data);

	dns_reclaim(&env->epoch);
	return ok;
}

#define SVC(name)	name ".default.svc.cluster.local"

static void expect_world(struct dns_env *env)
{
	static const char *const cases[][3] = {
		{ SVC("web"), "A", "NOERROR AA\n" SVC("web") ". 5 A 10.96.0.20\n" },
		{ SVC("10-244-1-4.web"), "SRV",
		  "NOERROR AA\n" SVC("10-244-1-4.web") ". 5 SRV 0 100 8080 "
		  SVC("10-244-1-4.web") ".\n+" SVC("10-244-1-4.web")
		  ". 5 A 10.244.1.4\n" },
		{ SVC("db"), "A", "NOERROR AA\n" SVC("db") ". 5 A 10.244.1.5\n" },
		{ SVC("db-0.db"), "A", "NOERROR AA\n" SVC("db-0.db") ". 5 A 10.244.1.5\n" },
		{ SVC("early"), "A",
		  "NOERROR AA\n" SVC("early") ". 5 A 10.244.1.5\n"
		  SVC("early") ". 5 A 10.244.1.6\n" },
		/* A hostname is one below the Pod's subdomain only. */
		{ SVC("10-244-1-6.early"), "A",
		  "NOERROR AA\n" SVC("10-244-1-6.early") ". 5 A 10.244.1.6\n" },
		{ SVC("ext"), "A", "NOERROR AA\n" SVC("ext") ". 5 CNAME www.example.com.\n" },
		{ SVC("hand"), "A",
		  "NOERROR AA\n" SVC("hand") ". 5 A 10.9.0.1\n"
		  SVC("hand") ". 5 A 10.9.0.3\n" },
		{ SVC("_p._udp.hand"), "SRV",
		  "NOERROR AA\n" SVC("_p._udp.hand") ". 5 SRV 0 50 7 "
		  SVC("10-9-0-3.hand") ".\n" SVC("_p._udp.hand")
		  ". 5 SRV 0 50 7 " SVC("h.hand") ".\n"
		  "+" SVC("10-9-0-3.hand") ". 5 A 10.9.0.3\n"
		  "+" SVC("h.hand") ". 5 A 10.9.0.1\n" },
		{ "alone.svc.cluster.local", "A", DNS_NODATA_TEXT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(dns_ask(env, cases[i][0], cases[i][1]),
				    cases[i][2]);
}

static void test_full(void **state)
{
	struct dns_env *env = dns_env_new(NULL);
	struct ipsvc_buf text = {0};
	struct world w = {0};

	(void)state;
	tell(&w, world, NULL);
	dns_items_write(w.items, &text);
	assert_true(apply(env, &text, true, DNS_SERIAL));
	expect_world(env);
	ipsvc_buf_free(&text);
	free_world(&w);
	dns_env_free(env);
}

static const char smaller[] =
"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
"spec: {clusterIP: 10.96.0.20, selector: {app: web},\n"
"  ports: [{name: https, port: 443}]}\n";

/* Changes make of one state what the other is, there and back. */
static void test_changes(void **state)
{
	struct dns_env *env = dns_env_new(NULL);
	struct world w = {0};
	struct ipsvc_buf *changes;

	(void)state;
	tell(&w, world, NULL);
	changes = &w.items->changes;
	assert_true(apply(env, changes, true, DNS_SERIAL));
	expect_world(env);
	ipsvc_buf_reset(changes);
	tell(&w, smaller, NULL);
	assert_true(apply(env, changes, false, DNS_SERIAL));
	assert_int_equal(env->zone.services, 1);
	assert_string_equal(dns_ask(env, SVC("_http._tcp.web"), "SRV"),
			    DNS_NXDOMAIN_TEXT);
	assert_memory_equal(dns_ask(env, SVC("_https._tcp.web"), "SRV"),
			    "NOERROR", 7);
	assert_string_equal(dns_ask(env, "alone.svc.cluster.local", "A"),
			    DNS_NXDOMAIN_TEXT);
	ipsvc_buf_reset(changes);
	tell(&w, world, NULL);
	assert_true(apply(env, changes, false, DNS_SERIAL));
	expect_world(env);
	/* The same once more changes nothing. */
	ipsvc_buf_reset(changes);
	tell(&w, world, NULL);
	assert_int_equal(changes->len, 0);
	free_world(&w);
	dns_env_free(env);
}

#define POD(name, ip) \
	"---\n{apiVersion: v1, kind: Pod, metadata: {name: " name "}, " \
	"spec: {containers: [{name: c, image: i}]}, status: {podIP: " ip "}}\n"

/* A Pod's name is there as long as one Pod has the address, and never gone between. */
static void test_pods(void **state)
{
	struct world w = {0};
	struct ipsvc_buf *changes;

	(void)state;
	tell(&w, POD("a", "10.0.0.1") POD("b", "10.0.0.1"), NULL);
	changes = &w.items->changes;
	ipsvc_buf_reset(changes);
	tell(&w, POD("b", "10.0.0.1"), NULL);
	assert_int_equal(changes->len, 0);
	tell(&w, POD("b", "10.0.0.2"), NULL);
	assert_int_equal(w.items->map.n, 2);	/* and the namespace */
	assert_int_equal(changes->data[0], 1);
	ipsvc_buf_reset(changes);
	tell(&w, "", NULL);
	assert_int_equal(w.items->map.n, 1);
	assert_int_equal(changes->data[0], 0);
	free_world(&w);
}

/* That of the Service web, or NULL. */
static const struct dns_feed_item *web(const struct world *w)
{
	struct dns_feed_item *key = dns_item_no_service("default", "web");
	const struct dns_feed_item *found = dns_items_find(&w->items->map, key);

	free(key);
	return found;
}

/* What the kernel refuses stays as it was, or has no name yet. */
static void test_refused(void **state)
{
	json_t *refused = json_pack("[{s:s}, {s:s}]", "service",
				    "default/web:https", "service", "default/we");
	struct world w = {0}, without = {0};
	const struct dns_feed_item *before;

	(void)state;
	tell(&without, smaller, refused);
	assert_null(web(&without));
	tell(&w, world, NULL);
	before = web(&w);
	tell(&w, smaller, refused);
	assert_ptr_equal(web(&w), before);
	assert_int_equal(w.items->map.n, 2);	/* and the namespace */
	/* Once it is taken, nothing else need happen. */
	dns_records_settle(w.records, NULL);
	assert_ptr_not_equal(web(&w), before);
	tell(&w, "", refused);
	assert_non_null(web(&w));
	dns_records_settle(w.records, NULL);
	assert_null(web(&w));
	free_world(&w);
	free_world(&without);
	json_decref(refused);
}

/* Whatever is wrong with a message, it is seen. */
static void test_damage(void **state)
{
	struct dns_env *env = dns_env_new(NULL);
	struct ipsvc_buf part = {0};
	const struct ipsvc_buf *text;
	struct world w = {0};

	(void)state;
	tell(&w, smaller, NULL);
	text = &w.items->changes;
	for (size_t i = 0; i < text->len; i++) {
		ipsvc_buf_reset(&part);
		ipsvc_buf_add(&part, text->data, i);
		/* An end between two items is none that could be seen. */
		if (i && i != 8 + sizeof("default"))
			assert_false(apply(env, &part, true, 1));
		ipsvc_buf_reset(&part);
		ipsvc_buf_add(&part, text->data, text->len);
		part.data[i] ^= 0x80;
		apply(env, &part, true, 1);
	}
	assert_true(apply(env, text, true, DNS_SERIAL));
	assert_memory_equal(dns_ask(env, SVC("web"), "A"), "NOERROR AA\nw", 12);
	ipsvc_buf_free(&part);
	free_world(&w);
	dns_env_free(env);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
