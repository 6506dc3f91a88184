// SPDX-License-Identifier: GPL-2.0-or-later
/* cluster/nodeview.h: from Services and Pods to what the kernel is to have. */
#include "api/endpoints/endpoints.h"
#include "api/pod/pod.h"
#include "api/service/service.h"
#include "cluster/mirror.h"
#include "nodeview_env.h"

static void test_services(void **unused)
{
	(void)unused;
	expect("", "");
	expect(SVC("web", "10.96.0.1", WEB), WEB_IS);
	/* Several ports, protocols, and node ports. */
	expect(SVC("web", "10.96.0.1", "type: NodePort, selector: {a: b}, ports: ["
		   "{name: http, port: 80, nodePort: 30080}, "
		   "{name: dns, port: 53, protocol: UDP}, "
		   "{name: s, port: 5, protocol: SCTP}]"),
	       "default/web:dns udp 10.96.0.1:53 ->\n"
	       "default/web:http tcp 10.96.0.1:80 *:30080 ->\n"
	       "default/web:s sctp 10.96.0.1:5 ->");
	/* Nothing to serve: headless, ExternalName, no address yet. */
	expect(SVC("web", "None", WEB), "");
	expect("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ExternalName, externalName: x.y, ports: [{port: 1}]}}", "");
	expect("{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {" WEB "}}", "");
	/* Of another proxy; ours; labelled headless. */
	expect("{apiVersion: v1, kind: Service, metadata: {name: a, labels: {service.kubernetes.io/service-proxy-name: x}}, spec: {clusterIP: 10.96.0.1, " WEB "}}", "");
	expect("{apiVersion: v1, kind: Service, metadata: {name: a, labels: {service.kubernetes.io/service-proxy-name: ipsvc}}, spec: {clusterIP: 10.96.0.1, " WEB "}}",
	       "default/a tcp 10.96.0.1:80 ->");
	expect("{apiVersion: v1, kind: Service, metadata: {name: a, labels: {service.kubernetes.io/headless: ''}}, spec: {clusterIP: 10.96.0.1, " WEB "}}", "");
}

#define NOTED(name, notes, status) \
	POD_META(name, "labels: {app: web}, annotations: {" notes "}", "", status)
#define NOTED_SVC(uid, notes, rest) \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: web" uid \
	", annotations: {" notes "}}, spec: {clusterIP: 10.96.0.1, " rest "}}\n"

static void test_shares(void **unused)
{
	(void)unused;
	expect(NOTED_SVC("", "ipsvc.io/max-connections: '9'", WEB)
	       NOTED("a", "ipsvc.io/weight: '0'", "podIP: 10.1.0.1" READY)
	       NOTED("b", "ipsvc.io/max-connections: '0', ipsvc.io/weight: '65535'",
		     "podIP: 10.1.0.2" READY)
	       POD("c", "podIP: 10.1.0.3" READY),
	       WEB_IS " 10.1.0.1:8080(0,9) 10.1.0.2:8080(65535,0) 10.1.0.3:8080(1,9)");
	/* All endpoints of a slice alike. */
	expect(SVC("web", "10.96.0.1", "ports: [{port: 80}]")
	       "---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, "
	       "metadata: {name: x, labels: {kubernetes.io/service-name: web}, annotations: {ipsvc.io/weight: '7'}}, "
	       "ports: [{port: 8080}], endpoints: [{addresses: [10.1.0.4]}, {addresses: [10.1.0.5]}]}\n",
	       WEB_IS " 10.1.0.4:8080(7,0) 10.1.0.5:8080(7,0)");
}

/* The options of the ports of a Service, "TCP" and "UDP". */
static void options_of(const char *uid, const char *notes,
		       struct ipsvc_koptions options[2])
{
	char *text = xasprintf("{apiVersion: v1, kind: Service, metadata: {name: web%s, annotations: {%s}}, "
			       "spec: {clusterIP: 10.96.0.1, ports: [{name: a, port: 80}, {name: b, port: 53, protocol: UDP}]}}",
			       uid, notes);
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notices = {0};
	struct ipsvc_state st;

	read_objects(text, &objs);
	compute(&objs, &st, &notices);
	assert_int_equal(st.n, 2);
	options[0] = st.services[0].options;
	options[1] = st.services[1].options;
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
	free(text);
}

#define MAGLEV	"ipsvc.io/scheduler: maglev"

static void test_schedulers(void **unused)
{
	static const struct ipsvc_koptions none;
	struct ipsvc_koptions a[2], b[2];

	(void)unused;
	/* What only hashes need is not there for others. */
	options_of("", "ipsvc.io/hash-table-size: '500'", a);
	assert_memory_equal(&a[0], &none, sizeof(none));
	options_of("", "ipsvc.io/scheduler: wlc, ipsvc.io/one-packet-scheduling: 'true'", a);
	assert_int_equal(a[0].scheduler, IPSVC_SCHEDULER_WLC);
	assert_int_equal(a[0].flags, 0);
	assert_int_equal(a[1].flags, IPSVC_SERVICE_F_ONE_PACKET);
	/* The key is that of the Service, whatever else there is. */
	options_of(", uid: one", MAGLEV, a);
	options_of(", uid: one", MAGLEV ", ipsvc.io/hash-table-size: '500'", b);
	assert_int_equal(a[0].hash_size, 0);
	assert_int_equal(b[0].hash_size, 500);
	assert_memory_equal(a[0].hash_key, b[1].hash_key, 16);
	assert_memory_not_equal(a[0].hash_key, a[0].hash_key + 8, 8);
	options_of(", uid: two", "ipsvc.io/scheduler: sh", b);
	assert_memory_not_equal(a[0].hash_key, b[0].hash_key, 16);
	options_of("", MAGLEV ", ipsvc.io/hash-key: 00112233445566778899aabbccddeeff", a);
	assert_memory_equal(a[0].hash_key, "\0\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16);
}

static void expect_affinity(const char *spec, const char *notes, uint8_t family,
			    uint32_t timeout, uint8_t prefix, bool shared)
{
	char *text = xasprintf("{apiVersion: v1, kind: Service, metadata: {name: web, annotations: {%s}}, "
			       "spec: {clusterIP: '%s', %s, ports: [{port: 80}]}}", notes,
			       family == AF_INET ? "10.96.0.1" : "fd00::1", spec);
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notices = {0};
	struct ipsvc_state st;

	read_objects(text, &objs);
	compute(&objs, &st, &notices);
	assert_int_equal(st.n, 1);
	assert_int_equal(st.services[0].options.affinity_timeout, timeout);
	assert_int_equal(st.services[0].options.affinity_prefix, prefix);
	assert_int_equal(st.services[0].options.flags,
			 shared ? IPSVC_SERVICE_F_SHARED_AFFINITY : 0);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
	free(text);
}

static void test_affinity(void **unused)
{
	static const char notes[] = "ipsvc.io/affinity-prefix-ipv4: '24', ipsvc.io/affinity-prefix-ipv6: '64', "
				    "ipsvc.io/affinity-shared: 'true'";

	(void)unused;
	expect_affinity("sessionAffinity: ClientIP", "", AF_INET, 10800, 0, false);
	expect_affinity("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 7}}",
			notes, AF_INET, 7, 24, true);
	expect_affinity("sessionAffinity: None", notes, AF_INET, 0, 0, false);
}

static void test_selection(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", WEB)
	       POD("b", "podIP: 10.1.0.2" READY) POD("a", "podIP: 10.1.0.1" READY),
	       WEB_IS " 10.1.0.1:8080 10.1.0.2:8080");
	/* All pairs of the selector, in the namespace of the Service. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web, tier: x}, ports: [{port: 80}]")
	       POD("a", "podIP: 10.1.0.1" READY)
	       POD_META("b", "labels: {app: web, tier: x, more: z}", "", "podIP: 10.1.0.2" READY)
	       POD_META("c", "labels: {app: web, tier: x}, namespace: other", "", "podIP: 10.1.0.3" READY)
	       POD_META("d", "labels: {app: web, tier: z}", "", "podIP: 10.1.0.4" READY)
	       POD_META("e", "labels: {tier: x}", "", "podIP: 10.1.0.5" READY),
	       WEB_IS " 10.1.0.2:80");
	/* No selector, and an empty one, select nothing. */
	expect(SVC("web", "10.96.0.1", "ports: [{port: 80}]")
	       POD("a", "podIP: 10.1.0.1" READY), WEB_IS);
	expect(SVC("web", "10.96.0.1", "selector: {}, ports: [{port: 80}]")
	       POD("a", "podIP: 10.1.0.1" READY), WEB_IS);
	/* Finished, without an address, of the other family, a cluster IP. */
	expect(SVC("web", "10.96.0.1", WEB) SVC("b", "10.96.0.2", WEB)
	       POD("a", "podIP: 10.1.0.1, phase: Failed" READY)
	       POD("b", "podIP: 10.1.0.2, phase: Succeeded" READY)
	       POD("c", "phase: Pending" READY)
	       POD("d", "podIP: 'fd00::1'" READY)
	       POD("e", "podIP: 10.96.0.2" READY)
	       POD("f", "podIP: 'fd00::3', podIPs: [{ip: 'fd00::3'}, {ip: 10.1.0.3}], phase: Running" READY),
	       "default/b tcp 10.96.0.2:80 -> 10.1.0.3:8080\n"
	       WEB_IS " 10.1.0.3:8080");
}

static void test_conditions(void **unused)
{
	static const struct {
		const char *pods, *endpoints;
	} cases[] = {
		/* Absent is not ready. */
		{ POD("a", "podIP: 10.1.0.1"), "" },
		{ POD("a", "podIP: 10.1.0.1" NOT_READY), "" },
		{ POD("a", "podIP: 10.1.0.1, conditions: [{type: Initialized, status: 'True'}]"), "" },
		{ POD("a", "podIP: 10.1.0.1" READY) POD("b", "podIP: 10.1.0.2" NOT_READY),
		  " 10.1.0.1:8080" },
		/* One that leaves drains while another is there, … */
		{ POD("a", "podIP: 10.1.0.1" READY) LEAVING("b", "podIP: 10.1.0.2" READY),
		  " 10.1.0.1:8080 10.1.0.2:8080!" },
		/* … and serves when it is the last, … */
		{ POD("a", "podIP: 10.1.0.1" NOT_READY) LEAVING("b", "podIP: 10.1.0.2" READY),
		  " 10.1.0.2:8080" },
		/* … if it is ready. */
		{ LEAVING("b", "podIP: 10.1.0.2" NOT_READY), "" },
		{ POD("a", "podIP: 10.1.0.1" READY) LEAVING("b", "podIP: 10.1.0.2" NOT_READY),
		  " 10.1.0.1:8080" },
		/* Two with one address: the better one counts. */
		{ LEAVING("a", "podIP: 10.1.0.1" READY) POD("b", "podIP: 10.1.0.1" READY),
		  " 10.1.0.1:8080" },
		{ POD("b", "podIP: 10.1.0.1" READY) LEAVING("a", "podIP: 10.1.0.1" READY),
		  " 10.1.0.1:8080" },
		{ POD("b", "podIP: 10.1.0.1" NOT_READY) POD("a", "podIP: 10.1.0.1" READY),
		  " 10.1.0.1:8080" },
	};

	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *text = xasprintf("%s%s", SVC("web", "10.96.0.1", WEB),
				       cases[i].pods);
		char *expected = xasprintf(WEB_IS "%s", cases[i].endpoints);

		expect(text, expected);
		free(text);
		free(expected);
	}
	/* All of them are good enough; but a finished one is none. */
	expect(SVC("web", "10.96.0.1", "publishNotReadyAddresses: true, " WEB)
	       POD("a", "podIP: 10.1.0.1" NOT_READY) POD("b", "podIP: 10.1.0.2")
	       LEAVING("c", "podIP: 10.1.0.3" READY)
	       POD("d", "podIP: 10.1.0.4, phase: Failed"),
	       WEB_IS " 10.1.0.1:8080 10.1.0.2:8080 10.1.0.3:8080");
}

#define PORTS(list)	"containers: [{name: c, ports: [" list "]}]"

static void test_named_ports(void **unused)
{
	(void)unused;
	/* Each pod has its own number; by protocol; none is no endpoint. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, ports: [{port: 80, targetPort: http}]")
	       POD_META("a", "labels: {app: web}", PORTS("{name: http, containerPort: 8001}"), "podIP: 10.1.0.1" READY)
	       POD_META("b", "labels: {app: web}", PORTS("{name: x, containerPort: 1}, {name: http, containerPort: 8002}"), "podIP: 10.1.0.2" READY)
	       POD_META("c", "labels: {app: web}", PORTS("{name: http, containerPort: 8003, protocol: UDP}"), "podIP: 10.1.0.3" READY)
	       POD("d", "podIP: 10.1.0.4" READY),
	       WEB_IS " 10.1.0.1:8001 10.1.0.2:8002");
	/* A sidecar's port is found, but after that of a container. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, ports: [{port: 80, targetPort: http}]")
	       POD_META("a", "labels: {app: web}",
			"initContainers: [{name: i, ports: [{name: http, containerPort: 1}]}, {name: s, restartPolicy: Always, ports: [{name: http, containerPort: 2}]}]",
			"podIP: 10.1.0.1" READY)
	       POD_META("b", "labels: {app: web}",
			"initContainers: [{name: s, restartPolicy: Always, ports: [{name: http, containerPort: 2}]}], "
			PORTS("{name: http, containerPort: 3}"), "podIP: 10.1.0.2" READY),
	       WEB_IS " 10.1.0.1:2 10.1.0.2:3");
	/* One address, two ports: two endpoints. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, ports: [{port: 80, targetPort: http}]")
	       POD_META("a", "labels: {app: web}", PORTS("{name: http, containerPort: 8002}"), "podIP: 10.1.0.1" READY)
	       POD_META("b", "labels: {app: web}", PORTS("{name: http, containerPort: 8001}"), "podIP: 10.1.0.1" READY),
	       WEB_IS " 10.1.0.1:8001 10.1.0.1:8002");
}

/* Written by hand, or as Endpoints: a Service needs no Pods. */
#define BARE	"ports: [{port: 80}]"
#define SLICE(name, rest) \
	"---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: " \
	"{name: " name ", labels: {kubernetes.io/service-name: web}}, " rest "}\n"
#define V4(endpoints, ports) \
	"addressType: IPv4, endpoints: [" endpoints "], ports: [" ports "]"
#define ENDPOINTS(meta, subsets) \
	"---\n{apiVersion: v1, kind: Endpoints, metadata: {name: web" meta "}, " \
	"subsets: [" subsets "]}\n"

static void test_by_hand(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", BARE)
	       SLICE("a", V4("{addresses: [10.1.0.2, 10.1.0.9]}", "{port: 8080}"))
	       SLICE("b", V4("{addresses: [10.1.0.1], conditions: {ready: false}}, {addresses: [10.1.0.3]}", "{port: 81}")),
	       WEB_IS " 10.1.0.2:8080 10.1.0.3:81");
	/* Of a Service that has Pods, too. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, " BARE)
	       POD("a", "podIP: 10.1.0.1" READY)
	       SLICE("a", V4("{addresses: [10.1.0.2]}", "{port: 8080}")),
	       WEB_IS " 10.1.0.1:80 10.1.0.2:8080");
	/* Another port name, protocol or family; no port; one that is computed. */
	expect(SVC("web", "10.96.0.1", BARE)
	       SLICE("a", V4("{addresses: [10.1.0.1]}", "{name: x, port: 1}"))
	       SLICE("b", V4("{addresses: [10.1.0.1]}", "{port: 1, protocol: UDP}"))
	       SLICE("c", V4("{addresses: [10.1.0.1]}", "{}"))
	       SLICE("d", "addressType: IPv6, endpoints: [{addresses: ['fd00::1']}], ports: [{port: 1}]")
	       SLICE("e", "addressType: FQDN, endpoints: [{addresses: [a.example]}], ports: [{port: 1}]")
	       "---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: f, labels: {kubernetes.io/service-name: web, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io}}, "
	       V4("{addresses: [10.1.0.1]}", "{port: 1}") "}\n"
	       "---\n{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: g, labels: {kubernetes.io/service-name: web, service.kubernetes.io/headless: ''}}, "
	       V4("{addresses: [10.1.0.1]}", "{port: 1}") "}\n",
	       WEB_IS);
	/* Without conditions an endpoint is ready; one that serves drains. */
	expect(SVC("web", "10.96.0.1", BARE)
	       SLICE("a", V4("{addresses: [10.1.0.1]}, {addresses: [10.1.0.2], conditions: {ready: false, terminating: true}}", "{port: 80}")),
	       WEB_IS " 10.1.0.1:80 10.1.0.2:80!");
}

static void test_mirrored(void **unused)
{
	(void)unused;
	expect(SVC("web", "10.96.0.1", BARE)
	       ENDPOINTS("", "{addresses: [{ip: 10.1.0.1}], notReadyAddresses: [{ip: 10.1.0.2}], ports: [{port: 8080}]}"),
	       WEB_IS " 10.1.0.1:8080");
	expect(SVC("web", "10.96.0.1", BARE)
	       ENDPOINTS(", labels: {endpointslice.kubernetes.io/skip-mirror: 'true'}", "{addresses: [{ip: 10.1.0.1}], ports: [{port: 8080}]}"),
	       WEB_IS);
	expect(SVC("web", "10.96.0.1", BARE)
	       ENDPOINTS(", annotations: {control-plane.alpha.kubernetes.io/leader: x}", "{addresses: [{ip: 10.1.0.1}], ports: [{port: 8080}]}"),
	       WEB_IS);
	/* With a selector the Pods are what counts. */
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, " BARE)
	       ENDPOINTS("", "{addresses: [{ip: 10.1.0.1}], ports: [{port: 8080}]}"),
	       WEB_IS);
}

/* Not from a manifest, which is read for a cluster of one family. */
static void test_families(void **unused)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state st;
	char *got;

	(void)unused;
	ipsvc_objects_add(&objs, &ipsvc_service_kind,
		json_pack("{s{ss, ss}, s{s[ss], s[ss], s{ss}, s[{ss, si, si}]}}",
			  "metadata", "name", "web", "namespace", "default",
			  "spec", "clusterIPs", "fd00:96::1", "10.96.0.1",
			  "ipFamilies", "IPv6", "IPv4", "selector", "app",
			  "web", "ports", "protocol", "TCP", "port", 80,
			  "nodePort", 30080), NULL, 0);
	read_objects(POD("a", "podIPs: [{ip: 'fd00::1'}, {ip: 10.1.0.1}]" READY)
		     POD("b", "podIP: 'fd00::2'" READY), &objs);
	compute(&objs, &st, &notes);
	got = show(&st);
	assert_string_equal(got,
		"default/web tcp 10.96.0.1:80 *:30080 -> 10.1.0.1:80\n"
		"default/web tcp fd00:96::1:80 *:30080 -> fd00::1:80 fd00::2:80");
	free(got);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
}

/* As soon as one Node is known, a Pod is to be on one that is. */
static void test_nodes(void **unused)
{
#define NODE "---\n{apiVersion: v1, kind: Node, metadata: {name: n1}}\n"
	(void)unused;
	expect(SVC("web", "10.96.0.1", "selector: {app: web}, " BARE) NODE
	       POD_META("a", "labels: {app: web}", "nodeName: n1", "podIP: 10.1.0.1" READY)
	       POD_META("b", "labels: {app: web}", "nodeName: n2", "podIP: 10.1.0.2" READY)
	       POD("c", "podIP: 10.1.0.3" READY),
	       WEB_IS " 10.1.0.1:80");
	expect(SVC("web", "10.96.0.1", "publishNotReadyAddresses: true, selector: {app: web}, " BARE) NODE
	       POD("c", "podIP: 10.1.0.3" READY),
	       WEB_IS " 10.1.0.3:80");
}

/* ---- many ---------------------------------------------------------------- */

static void add_pod(struct ipsvc_objects *objs, size_t i, size_t app,
		    bool leaving)
{
	char *name = xasprintf("pod-%zu", i), *label = xasprintf("app-%zu", app);
	char *ip = xasprintf("10.%zu.%zu.%zu", 128 + i / 62500, i / 250 % 250,
			     1 + i % 250);
	json_t *doc = json_pack("{s{ss, ss, s{ss, ss}}, s{ss, s[{ss, ss}]}}",
				"metadata", "name", name, "namespace", "default",
				"labels", "app", label, "all", "yes", "status",
				"podIP", ip, "conditions", "type", "Ready",
				"status", "True");

	if (leaving)
		json_object_set_new(json_object_get(doc, "metadata"),
				    "deletionTimestamp", json_string("x"));
	ipsvc_objects_add(objs, &ipsvc_pod_kind, doc, NULL, 0);
	free(name);
	free(label);
	free(ip);
}

static void add_service(struct ipsvc_objects *objs, size_t i)
{
	char *name = xasprintf("svc-%zu", i), *label = xasprintf("app-%zu", i);
	char *ip = xasprintf("10.96.%zu.%zu", i / 250, 1 + i % 250);

	ipsvc_objects_add(objs, &ipsvc_service_kind,
			  json_pack("{s{ss, ss}, s{ss, ss, s{ss, ss}, s[{ss, si, si}]}}",
				    "metadata", "name", name, "namespace",
				    "default", "spec", "type", "ClusterIP",
				    "clusterIP", ip, "selector", "all", "yes",
				    "app", label, "ports", "protocol", "TCP",
				    "port", 80, "targetPort", 8080), NULL, 0);
	free(name);
	free(label);
	free(ip);
}

/* More than fit: those that get new flows come first, and it is said. */
static void test_cap(void **unused)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state st;
	size_t draining = 0;

	(void)unused;
	add_service(&objs, 7);
	for (size_t i = 0; i < IPSVC_ENDPOINTS_MAX + 6; i++)
		add_pod(&objs, i, 7, i < 20);
	compute(&objs, &st, &notes);
	assert_int_equal(st.services[0].nendpoints, IPSVC_ENDPOINTS_MAX);
	for (size_t i = 0; i < IPSVC_ENDPOINTS_MAX; i++)
		draining += st.services[0].endpoints[i].flags != 0;
	assert_int_equal(draining, 20 - 6);
	assert_int_equal(notes.nwarnings, 1);
	assert_string_equal(notes.warnings[0],
			    "service \"default/svc-7\" has 65541 endpoints; only the first 65535 are served");
	ipsvc_state_free(&st);
	ipsvc_errors_free(&notes);
	ipsvc_objects_free(&objs);
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Far from services times pods; the bounds of both have room for ASan. */
static void add_many(struct ipsvc_objects *objs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_service(objs, i);
		add_pod(objs, i, i / 4, false);
	}
}

static void test_large(void **unused)
{
	enum { N = 10000 };
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state st;
	double seconds;

	(void)unused;
	add_many(&objs, N);
	seconds = cpu_seconds();
	compute(&objs, &st, &notes);
	seconds = cpu_seconds() - seconds;
	print_message("# %d services, %d pods: %.3f s\n", N, N, seconds);
	assert_int_equal(st.n, N);
	assert_string_equal(st.services[0].name, "default/svc-0");
	assert_int_equal(st.services[0].nendpoints, 4);
	assert_int_equal(st.services[N - 1].nendpoints, 0);
	assert_true(seconds < 5);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
}

static void test_large_endpoints(void **unused)
{
	enum { N = 20000 };
	struct ipsvc_objects objs = {0}, endpoints = {0};
	double seconds;

	(void)unused;
	add_many(&objs, N);
	seconds = cpu_seconds();
	ipsvc_endpoints_kind.derived->derive(&objs, NULL, &endpoints);
	seconds = cpu_seconds() - seconds;
	print_message("# Endpoints of %d services, %d pods: %.3f s\n", N, N,
		      seconds);
	assert_int_equal(endpoints.n, N);
	assert_true(seconds < 8);
	ipsvc_objects_free(&endpoints);
	ipsvc_objects_free(&objs);
}

/* Adds @n subsets to @all, each of @m addresses and @m ports, from the @first on. */
static void add_subsets(json_t *all, size_t first, size_t n, size_t m)
{
	for (size_t i = 0; i < n; i++, first += m) {
		json_t *addresses = json_array(), *ports = json_array();

		for (size_t j = first; j < first + m; j++) {
			char *ip = xasprintf("10.%zu.%zu.%zu", j >> 16,
					     j >> 8 & 255, j & 255);

			json_array_append_new(addresses, json_pack("{s:s}", "ip",
								   ip));
			json_array_append_new(ports, json_pack("{s:i, s:s}",
				"port", (int)j + 1, "protocol", "TCP"));
			free(ip);
		}
		json_array_append_new(all, json_pack("{s:o, s:o}", "addresses",
						     addresses, "ports", ports));
	}
}

/* What many addresses and many ports cost is not their product. */
static void test_large_mirrored(void **unused)
{
	enum { N = 3000 };
	json_t *subsets = json_array(), *doc, *slices, *slice;
	double seconds;

	(void)unused;
	add_subsets(subsets, 0, 1, N);
	add_subsets(subsets, N, N, 1);
	doc = json_pack("{s:{s:s, s:s}, s:o}", "metadata", "name", "web",
			"namespace", "default", "subsets", subsets);
	seconds = cpu_seconds();
	slices = ipsvc_mirror_slices(doc);
	seconds = cpu_seconds() - seconds;
	print_message("# Endpoints of %d addresses at %d ports: %.3f s\n", N, N,
		      seconds);
	slice = json_array_get(slices, 0);
	assert_int_equal(json_array_size(slices), N + 1);
	assert_int_equal(json_array_size(json_object_get(slice, "ports")), N);
	assert_int_equal(json_array_size(json_object_get(slice, "endpoints")),
			 1000);
	assert_true(seconds < 5);
	json_decref(slices);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_schedulers),
		cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_named_ports),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_mirrored),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_large_endpoints),
		cmocka_unit_test(test_large_mirrored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
