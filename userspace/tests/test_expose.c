// SPDX-License-Identifier: GPL-2.0-or-later
/* api/service/expose.h: the Service that kubectl expose makes, and what it says instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/pod/pod.h"
#include "api/service/expose.h"
#include "api/service/service.h"
#include "base/memory.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

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

#define POD(labels, ports) \
	"{'metadata':{'name':'hello-pod','namespace':'ns','labels':{" labels "}}," \
	"'spec':{'containers':[{'name':'c','ports':[" ports "]}]}}"
#define ONE	POD("'app':'hello'", "{'containerPort':8080}")
#define NAMELESS POD("", "{'containerPort':8080}")
#define PORTLESS POD("'app':'hello'", "")
#define TWO	POD("'app':'hello'", "{'containerPort':80},{'containerPort':443},{'containerPort':80}")
#define MIXED	POD("'app':'hello'", "{'containerPort':53,'protocol':'UDP'},{'containerPort':53},{'containerPort':80}")
#define UDP	POD("'app':'hello'", "{'containerPort':53,'protocol':'UDP'}")
#define SVC	"{'metadata':{'name':'web','namespace':'ns','labels':{'l':'m'}}," \
		"'spec':{'selector':{'app':'x'},'ports':[{'name':'a','port':80,'targetPort':8080},{'name':'b','port':90,'protocol':'UDP'}]}}"
#define BARE	"{'metadata':{'name':'web','namespace':'ns'},'spec':{'ports':[{'port':80}]}}"

#define SELECT	"'selector':{'app':'hello'}"
#define META	"'apiVersion':'v1','kind':'Service','metadata':{'name':'hello-pod','namespace':'ns','labels':{'app':'hello'}}"

struct expose_case {
	const struct ipsvc_kind *kind;
	const char *from;
	struct ipsvc_expose_options opts;
	const char *doc;	/* or NULL and … */
	const char *message;
};

static const struct expose_case cases[] = {
	{ &ipsvc_pod_kind, ONE, { .name = NULL },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'TCP','port':8080,'targetPort':8080}]}}", NULL },
	/* The tutorial's. */
	{ &ipsvc_pod_kind, ONE, { .name = "hello-svc", .target_port = "8080", .type = "NodePort" },
	  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'hello-svc','namespace':'ns','labels':{'app':'hello'}},"
	  "'spec':{" SELECT ",'type':'NodePort','ports':[{'protocol':'TCP','port':8080,'targetPort':8080}]}}", NULL },
	{ &ipsvc_pod_kind, PORTLESS, { .name = "hello-svc", .target_port = "8080", .type = "NodePort" }, NULL,
	  "couldn't find port via --port flag or introspection" },
	{ &ipsvc_pod_kind, TWO, { .target_port = "8080" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'name':'port-1','protocol':'TCP','port':80,'targetPort':8080},"
	  "{'name':'port-2','protocol':'TCP','port':443,'targetPort':8080}]}}", NULL },
	{ &ipsvc_pod_kind, NAMELESS, { .name = NULL }, NULL,
	  "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed" },
	{ &ipsvc_pod_kind, NAMELESS, { .selector = "a=b,c=", .labels = "x=y" },
	  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'hello-pod','namespace':'ns','labels':{'x':'y'}},"
	  "'spec':{'selector':{'a':'b','c':''},'ports':[{'protocol':'TCP','port':8080,'targetPort':8080}]}}", NULL },
	{ &ipsvc_pod_kind, NAMELESS, { .selector = "a=b" },
	  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'hello-pod','namespace':'ns'},"
	  "'spec':{'selector':{'a':'b'},'ports':[{'protocol':'TCP','port':8080,'targetPort':8080}]}}", NULL },
	{ &ipsvc_pod_kind, ONE, { .selector = "a" }, NULL, "unexpected label spec: a" },
	{ &ipsvc_pod_kind, ONE, { .selector = "a=b=c" }, NULL, "unexpected label spec: a=b=c" },
	{ &ipsvc_pod_kind, ONE, { .selector = "a=b," }, NULL, "unexpected label spec: " },
	{ &ipsvc_pod_kind, ONE, { .labels = "=b" }, NULL, "unexpected empty label key" },
	/* --port, a list; protocols as the object has them. */
	{ &ipsvc_pod_kind, UDP, { .port = "53,80", .target_port = "http" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'name':'port-1','protocol':'UDP','port':53,'targetPort':'http'},"
	  "{'name':'port-2','protocol':'TCP','port':80,'targetPort':'http'}]}}", NULL },
	{ &ipsvc_pod_kind, UDP, { .name = NULL },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'UDP','port':53,'targetPort':53}]}}", NULL },
	{ &ipsvc_pod_kind, UDP, { .protocol = "TCP" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'TCP','port':53,'targetPort':53}]}}", NULL },
	{ &ipsvc_pod_kind, MIXED, { .name = NULL },
	  "{" META ",'spec':{" SELECT ",'ports':[{'name':'port-1-udp','protocol':'UDP','port':53,'targetPort':53},"
	  "{'name':'port-1-tcp','protocol':'TCP','port':53,'targetPort':53},{'name':'port-2','protocol':'TCP','port':80,'targetPort':80}]}}", NULL },
	{ &ipsvc_pod_kind, MIXED, { .protocol = "TCP" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'name':'port-1','protocol':'TCP','port':53,'targetPort':53},"
	  "{'name':'port-2','protocol':'TCP','port':80,'targetPort':80}]}}", NULL },
	{ &ipsvc_pod_kind, PORTLESS, { .port = "80" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'TCP','port':80,'targetPort':80}]}}", NULL },
	{ &ipsvc_pod_kind, ONE, { .port = "http" }, NULL, "strconv.Atoi: parsing \"http\": invalid syntax" },
	{ &ipsvc_pod_kind, ONE, { .port = "80," }, NULL, "strconv.Atoi: parsing \"\": invalid syntax" },
	{ &ipsvc_pod_kind, ONE, { .port = "99999999999999999999" }, NULL,
	  "strconv.Atoi: parsing \"99999999999999999999\": value out of range" },
	/* The rest of the options. */
	{ &ipsvc_pod_kind, PORTLESS, { .cluster_ip = "None" },
	  "{" META ",'spec':{" SELECT ",'ports':[],'clusterIP':'None'}}", NULL },
	{ &ipsvc_pod_kind, ONE, { .cluster_ip = "10.96.0.7", .external_ip = "1.2.3.4", .session_affinity = "ClientIP", .load_balancer_ip = "9.9.9.9" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'TCP','port':8080,'targetPort':8080}],'clusterIP':'10.96.0.7',"
	  "'externalIPs':['1.2.3.4'],'sessionAffinity':'ClientIP'}}", NULL },
	{ &ipsvc_pod_kind, ONE, { .type = "LoadBalancer", .load_balancer_ip = "9.9.9.9" },
	  "{" META ",'spec':{" SELECT ",'ports':[{'protocol':'TCP','port':8080,'targetPort':8080}],'type':'LoadBalancer','loadBalancerIP':'9.9.9.9'}}", NULL },
	{ &ipsvc_pod_kind, ONE, { .session_affinity = "Cookie" }, NULL, "unknown session affinity: Cookie" },
	/* A Service: its selector, its ports, its labels; no names, no targets. */
	{ &ipsvc_service_kind, SVC, { .name = "web2" },
	  "{'apiVersion':'v1','kind':'Service','metadata':{'name':'web2','namespace':'ns','labels':{'l':'m'}},"
	  "'spec':{'selector':{'app':'x'},'ports':[{'name':'port-1','protocol':'TCP','port':80,'targetPort':80},"
	  "{'name':'port-2','protocol':'UDP','port':90,'targetPort':90}]}}", NULL },
	{ &ipsvc_service_kind, BARE, { .name = "web2" }, NULL,
	  "couldn't retrieve selectors via --selector flag or introspection: the service has no pod selector set" },
};

static void test_cases(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct ipsvc_objects objs = {0};
		char *message;
		json_t *doc;

		ipsvc_objects_add(&objs, cases[i].kind, parse(cases[i].from),
				  NULL, 0);
		doc = ipsvc_expose(&objs.items[0], &cases[i].opts, &message);
		if (cases[i].doc) {
			json_t *expected = parse(cases[i].doc);

			assert_null(message);
			if (!json_equal(doc, expected))
				fail_msg("case %zu: %s", i, json_dumps(doc, 0));
			json_decref(expected);
		} else {
			assert_null(doc);
			assert_string_equal(message, cases[i].message);
		}
		json_decref(doc);
		free(message);
		ipsvc_objects_free(&objs);
	}
}

/* A name longer than a Service's may be is cut. */
static void test_long_name(void **unused)
{
	static const struct ipsvc_expose_options opts;
	struct ipsvc_objects objs = {0};
	char name[101], *message;
	const char *got;
	json_t *doc;

	(void)unused;
	memset(name, 'a', 100);
	name[100] = '\0';
	doc = parse(ONE);
	json_object_set_new(json_object_get(doc, "metadata"), "name",
			    json_string(name));
	ipsvc_objects_add(&objs, &ipsvc_pod_kind, doc, NULL, 0);
	doc = ipsvc_expose(&objs.items[0], &opts, &message);
	got = json_string_value(json_object_get(
		json_object_get(doc, "metadata"), "name"));
	assert_int_equal(strlen(got), 63);
	json_decref(doc);
	ipsvc_objects_free(&objs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
