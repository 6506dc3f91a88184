// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster/cache.h: what follows events step by step is what comes of all objects
 * at once, and a change costs what it changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/endpoints/endpoints.h"
#include "api/endpointslice/endpointslice.h"
#include "api/node/node.h"
#include "base/memory.h"
#include "cluster/cache.h"
#include "cluster/nodeview.h"
#include "kernel/ktable.h"

/* ---- a cluster at random ------------------------------------------------- */

#define NAMES	5	/* of each kind */
#define KINDS	5

static unsigned int seed;

static unsigned int below(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static bool chance(unsigned int percent)
{
	return below(100) < percent;
}

/* Few, so that Pods, Services and endpoints by hand have the same ones. */
static json_t *an_ip(void)
{
	static const char *const ips[] = {
		"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "fd00::1",
		"fd00::2",
	};

	return json_string(ips[below(6)]);
}

static json_t *labels(void)
{
	json_t *all = json_object();

	if (chance(80))
		json_object_set_new(all, "app", json_string(chance(70) ? "a" : "b"));
	if (chance(40))
		json_object_set_new(all, "tier", json_string("x"));
	return all;
}

static json_t *a_service(void)
{
	json_t *spec = json_pack("{s:s, s:o, s:[{s:i, s:s, s:i}]}", "type",
				 "ClusterIP", "clusterIP", an_ip(), "ports",
				 "port", 80, "protocol", "TCP", "targetPort",
				 8080 + (int)below(2));

	if (chance(70))
		json_object_set_new(spec, "selector", labels());
	if (chance(20))
		json_object_set_new(spec, "publishNotReadyAddresses", json_true());
	if (chance(50))
		json_object_set_new(spec, "trafficDistribution",
				    json_string("PreferSameZone"));
	return json_pack("{s:o}", "spec", spec);
}

static json_t *a_pod(void)
{
	json_t *doc = json_pack("{s:{s:o}, s:{}, s:{s:o, s:[{s:s, s:s}]}}",
				"metadata", "labels", labels(), "spec",
				"status", "podIP", an_ip(), "conditions",
				"type", "Ready", "status",
				chance(70) ? "True" : "False");

	if (chance(70))
		json_object_set_new(json_object_get(doc, "spec"), "nodeName",
				    json_string(chance(50) ? "n0" : "n1"));
	return doc;
}

static json_t *a_node(void)
{
	return json_pack("{s:{s:{s:s}}}", "metadata", "labels",
			 "topology.kubernetes.io/zone", chance(50) ? "a" : "b");
}

static json_t *a_slice(void)
{
	char service[8];

	snprintf(service, sizeof(service), "n%u", below(NAMES));
	return json_pack("{s:{s:{s:s}}, s:s, s:[{s:[o]}], s:[{s:s, s:s, s:i}]}",
			 "metadata", "labels", IPSVC_LABEL_SERVICE_NAME,
			 service, "addressType", "IPv4", "endpoints",
			 "addresses", an_ip(), "ports", "name", "", "protocol",
			 "TCP", "port", 9000);
}

static json_t *some_endpoints(void)
{
	return json_pack("{s:{}, s:[{s:[{s:o}], s:[{s:i, s:s}]}]}", "metadata",
			 "subsets", "addresses", "ip", an_ip(), "ports",
			 "port", 9001, "protocol", "TCP");
}

static const struct {
	const struct ipsvc_kind *kind;
	json_t *(*make)(void);
} kinds[KINDS] = {
	{ &ipsvc_service_kind, a_service }, { &ipsvc_pod_kind, a_pod },
	{ &ipsvc_node_kind, a_node }, { &ipsvc_endpointslice_kind, a_slice },
	{ &ipsvc_endpoints_kind, some_endpoints },
};

/* Puts or deletes one object of @all; NULL stands for those that are not there. */
static void step(struct ipsvc_cache *cache, json_t *all[KINDS][NAMES])
{
	unsigned int kind = below(KINDS), i = below(NAMES);
	struct ipsvc_objects objs = {0};
	struct ipsvc_change change = { .deleted = chance(30) };
	json_t *doc = kinds[kind].make(), *meta;
	char name[8];

	snprintf(name, sizeof(name), "n%u", i);
	if (!json_object_get(doc, "metadata"))
		json_object_set_new(doc, "metadata", json_object());
	meta = json_object_get(doc, "metadata");
	json_object_set_new(meta, "name", json_string(name));
	if (kinds[kind].kind->namespaced)
		json_object_set_new(meta, "namespace", json_string("d"));
	json_decref(all[kind][i]);
	all[kind][i] = change.deleted ? NULL : json_incref(doc);
	change.obj = ipsvc_objects_add(&objs, kinds[kind].kind, doc, NULL, 0);
	/* Of what is deleted only the name need be known. */
	if (change.deleted && chance(50)) {
		json_decref(objs.items[0].doc);
		objs.items[0].doc = NULL;
	}
	ipsvc_cache_change(&change, cache);
	ipsvc_objects_free(&objs);
}

static const struct ipsvc_nodeview_config plain;

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The endpoints of @doc, which come in any order where addresses are the same. */
static json_t *endpoints_of(const json_t *doc)
{
	const json_t *list = json_object_get(doc, "endpoints");
	size_t n = json_array_size(list);
	char **texts = xcalloc(n, sizeof(*texts));
	json_t *sorted = json_array();

	for (size_t i = 0; i < n; i++)
		texts[i] = json_dumps(json_array_get(list, i), JSON_SORT_KEYS);
	if (n)
		qsort(texts, n, sizeof(*texts), by_text);
	for (size_t i = 0; i < n; i++) {
		json_array_append_new(sorted, json_string(texts[i]));
		free(texts[i]);
	}
	free(texts);
	return sorted;
}

/* With the zones of Nodes, which the kernel's tables do not have. */
static json_t *documents_of(const struct ipsvc_cluster_service *s)
{
	json_t *all = json_array();

	for (size_t i = 0; s->computed && i < s->computed->n; i++) {
		json_t *doc = ipsvc_slice_document(s->svc, &s->computed->items[i],
						   i);

		json_object_set_new(doc, "endpoints", endpoints_of(doc));
		json_array_append_new(all, doc);
	}
	return all;
}

static size_t drain(struct ipsvc_cache *cache, struct ipsvc_ktable *table,
		    json_t *documents)
{
	struct ipsvc_cluster_service service;
	struct ipsvc_errors notes = {0};
	size_t n = 0;

	while (ipsvc_cache_next(cache, &service)) {
		char *name = xasprintf("%s/%s", service.ns, service.name);
		struct ipsvc_state ports = {0};

		ipsvc_nodeview(cache, &plain, &service, &ports, &notes);
		ipsvc_ktable_set(table, name, &ports);
		if (service.svc)
			json_object_set_new(documents, name,
					    documents_of(&service));
		else
			json_object_del(documents, name);
		free(name);
		n++;
	}
	ipsvc_errors_free(&notes);
	return n;
}

static void put_all(struct ipsvc_cache *cache, json_t *all[KINDS][NAMES])
{
	struct ipsvc_objects objs = {0};

	for (int k = 0; k < KINDS; k++)
		for (int i = 0; i < NAMES; i++)
			if (all[k][i])
				ipsvc_objects_add(&objs, kinds[k].kind,
						  json_incref(all[k][i]), NULL,
						  0);
	ipsvc_cache_put_all(cache, &objs);
	ipsvc_objects_free(&objs);
}

static void assert_same(const struct ipsvc_ktable *a,
			const struct ipsvc_ktable *b)
{
	json_t *names = json_object(), *value;
	struct ipsvc_ops ops = {0};
	const char *name;

	ipsvc_ktable_names(a, names);
	ipsvc_ktable_names(b, names);
	json_object_foreach(names, name, value)
		ipsvc_ktable_diff(a, b, name, &ops);
	assert_int_equal(ops.n, 0);
	assert_int_equal(a->nports, b->nports);
	assert_int_equal(a->nendpoints, b->nendpoints);
	ipsvc_ops_free(&ops);
	json_decref(names);
}

static void events_and_lists_agree(void **state)
{
	enum { STEPS = 4000 };
	struct ipsvc_cache *cache = ipsvc_cache_new();
	json_t *all[KINDS][NAMES] = {0};
	struct ipsvc_ktable followed = {0};
	json_t *documents = json_object();
	size_t endpoints = 0;

	(void)state;
	seed = 36;
	for (int i = 0; i < STEPS; i++) {
		struct ipsvc_cache *anew;
		struct ipsvc_ktable listed = {0};
		json_t *listed_documents = json_object();

		for (unsigned int n = 1 + below(3); n; n--)
			step(cache, all);
		drain(cache, &followed, documents);
		anew = ipsvc_cache_new();
		put_all(anew, all);
		drain(anew, &listed, listed_documents);
		assert_same(&followed, &listed);
		assert_true(json_equal(documents, listed_documents));
		json_decref(listed_documents);
		endpoints += listed.nendpoints;
		ipsvc_ktable_free(&listed);
		ipsvc_cache_free(anew);
	}
	assert_true(endpoints > STEPS / 4);
	for (int k = 0; k < KINDS; k++)
		for (int i = 0; i < NAMES; i++)
			json_decref(all[k][i]);
	json_decref(documents);
	ipsvc_ktable_free(&followed);
	ipsvc_cache_free(cache);
}

/* ---- what a change is about ---------------------------------------------- */

static void put(struct ipsvc_cache *cache, const struct ipsvc_kind *kind,
		json_t *doc)
{
	struct ipsvc_objects objs = {0};

	assert_non_null(doc);
	ipsvc_objects_add(&objs, kind, doc, NULL, 0);
	ipsvc_cache_put_all(cache, &objs);
	ipsvc_objects_free(&objs);
}

static json_t *named(const char *name, const char *app)
{
	return json_pack("{s:{s:s, s:s, s:{s:s}}, s:{s:{s:s}, s:[{s:i}]}, s:{s:s}}",
			 "metadata", "name", name, "namespace", "d", "labels",
			 "app", app, "spec", "selector", "app", app, "ports",
			 "port", 80, "status", "podIP", "10.0.0.1");
}

static size_t told(struct ipsvc_cache *cache)
{
	struct ipsvc_cluster_service service;
	size_t n = 0;

	while (ipsvc_cache_next(cache, &service))
		n++;
	return n;
}

static void only_what_changed_is_told(void **state)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();

	(void)state;
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "s%d", i);
		put(cache, &ipsvc_service_kind, named(name, name));
	}
	assert_int_equal(told(cache), 100);
	assert_int_equal(told(cache), 0);
	put(cache, &ipsvc_pod_kind, named("p", "s7"));
	assert_int_equal(told(cache), 1);
	/* From one to the other: both. */
	put(cache, &ipsvc_pod_kind, named("p", "s8"));
	assert_int_equal(told(cache), 2);
	put(cache, &ipsvc_pod_kind, named("p", "none"));
	assert_int_equal(told(cache), 1);
	put(cache, &ipsvc_pod_kind, named("p", "nor this"));
	assert_int_equal(told(cache), 0);
	put(cache, &ipsvc_endpointslice_kind,
	    json_pack("{s:{s:s, s:s, s:{s:s}}, s:s}", "metadata", "name", "x",
		      "namespace", "d", "labels", IPSVC_LABEL_SERVICE_NAME,
		      "s9", "addressType", "IPv4"));
	assert_int_equal(told(cache), 1);
	ipsvc_cache_free(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_and_lists_agree),
		cmocka_unit_test(only_what_changed_is_told),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
