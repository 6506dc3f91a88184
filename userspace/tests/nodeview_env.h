/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of cluster/nodeview.h share: manifests in, the kernel's state as text out. */
#ifndef IPSVC_TESTS_NODEVIEW_ENV_H
#define IPSVC_TESTS_NODEVIEW_ENV_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/ipsvc.h>

#include "base/buf.h"
#include "base/memory.h"
#include "cluster/nodeview.h"
#include "manifest/manifest.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* Two lists of JSON flow mappings are the shortest way to write objects down. */
static void read_objects(const char *text, struct ipsvc_objects *objs)
{
	struct ipsvc_errors errs = {0};
	bool ok = ipsvc_manifest_read(text, strlen(text), NULL, "default", objs,
				      &errs);

	for (size_t i = 0; i < errs.n; i++) {
		char *s = ipsvc_error_format(&errs.items[i]);

		print_error("%s: %d: %s\n", text, errs.items[i].line, s);
		free(s);
	}
	ipsvc_errors_free(&errs);
	assert_true(ok);
}

/* Of a test; each begins with none. */
static struct ipsvc_nodeview_config config;

static void compute(const struct ipsvc_objects *objs, struct ipsvc_state *out,
		    struct ipsvc_errors *notes)
{
	struct ipsvc_cache *cache = ipsvc_cache_new();
	struct ipsvc_cluster_service service;

	*out = (struct ipsvc_state){0};
	ipsvc_cache_set_node(cache, "n1");
	ipsvc_cache_put_all(cache, objs);
	while (ipsvc_cache_next(cache, &service)) {
		struct ipsvc_state one = {0};

		ipsvc_nodeview(cache, &config, &service, &one, notes);
		for (size_t i = 0; i < one.n; i++)
			ipsvc_state_move(out, &one.services[i]);
		one.n = 0;
		ipsvc_state_free(&one);
	}
	ipsvc_state_sort(out);
	ipsvc_cache_free(cache);
}

static const char *const classes[] = {
	[IPSVC_FRONTEND_CLUSTER_IP] = "",
	[IPSVC_FRONTEND_NODE_PORT] = "",
	[IPSVC_FRONTEND_LOAD_BALANCER] = "lb=",
	[IPSVC_FRONTEND_EXTERNAL_IP] = "ext=",
};

/* All but ClusterIPs are masqueraded, unless the policy is Local. */
static const char *flags_of(const struct ipsvc_frontend *fe)
{
	bool local = fe->flags & IPSVC_FRONTEND_F_LOCAL;
	bool masquerade = fe->flags & IPSVC_FRONTEND_F_MASQUERADE;

	if (fe->class == IPSVC_FRONTEND_CLUSTER_IP)
		return local ? masquerade ? ",local,masquerade" : ",local" :
		       masquerade ? ",masquerade" : "";
	assert_int_equal(masquerade, !local);
	return local ? ",local" : "";
}

/*
 * The state, a service a line: "default/web tcp 10.96.0.1:80 *:30080 ->
 * 10.1.0.1:8080 10.1.0.2:8080!+(0,5)", where ! means draining and + that it takes
 * flows under the policy Local; the weight and the most connections are there where
 * they are not as usual. A frontend that source ranges apply to has a question mark,
 * and before the arrow is what they allow (+) and deny (-).
 */
static char *show(const struct ipsvc_state *st)
{
	struct ipsvc_buf buf = {0};
	char ip[INET6_ADDRSTRLEN], cidr[IPSVC_CIDR_SIZE];

	for (size_t i = 0; i < st->n; i++) {
		const struct ipsvc_kservice *svc = &st->services[i];

		ipsvc_buf_printf(&buf, "%s%s %s", i ? "\n" : "", svc->name,
				 svc->protocol == IPPROTO_TCP ? "tcp" :
				 svc->protocol == IPPROTO_UDP ? "udp" : "sctp");
		for (size_t j = 0; j < svc->nfrontends; j++) {
			const struct ipsvc_frontend *fe = &svc->frontends[j];

			assert_int_equal(IN6_IS_ADDR_UNSPECIFIED(&fe->addr),
					 fe->class == IPSVC_FRONTEND_NODE_PORT);
			ipsvc_buf_printf(&buf, " %s%s:%u%s%s", classes[fe->class],
				fe->class == IPSVC_FRONTEND_NODE_PORT ? "*" :
				ipsvc_ip_format(&fe->addr, ip), fe->port,
				flags_of(fe),
				fe->flags & IPSVC_FRONTEND_F_RANGES ? "?" : "");
		}
		for (size_t j = 0; j < svc->nranges; j++)
			ipsvc_buf_printf(&buf, " %s%s",
				svc->ranges[j].flags & IPSVC_RANGE_F_DENY ?
				"-" : "+",
				ipsvc_cidr_format(&svc->ranges[j].cidr, cidr));
		ipsvc_buf_puts(&buf, " ->");
		for (size_t j = 0; j < svc->nendpoints; j++) {
			const struct ipsvc_endpoint *ep = &svc->endpoints[j];

			ipsvc_buf_printf(&buf, " %s:%u%s%s",
				ipsvc_ip_format(&ep->addr, ip), ep->port,
				ep->flags & IPSVC_ENDPOINT_F_DRAIN ? "!" : "",
				ep->flags & IPSVC_ENDPOINT_F_LOCAL ? "+" : "");
			if (ep->weight != 1 || ep->flows_max)
				ipsvc_buf_printf(&buf, "(%u,%u)", ep->weight,
						 ep->flows_max);
		}
	}
	return ipsvc_buf_take(&buf);
}

static void expect(const char *text, const char *expected)
{
	struct ipsvc_objects objs = {0};
	struct ipsvc_errors notes = {0};
	struct ipsvc_state st;
	char *got;

	read_objects(text, &objs);
	compute(&objs, &st, &notes);
	assert_int_equal(notes.nwarnings, 0);
	got = show(&st);
	if (strcmp(got, expected))
		print_error("%s\n", text);
	assert_string_equal(got, expected);
	free(got);
	ipsvc_state_free(&st);
	ipsvc_objects_free(&objs);
}

#define SVC(name, ip, rest) \
	"---\n{apiVersion: v1, kind: Service, metadata: {name: " name "}, " \
	"spec: {clusterIP: " ip ", " rest "}}\n"
#define POD_META(name, meta, spec, status) \
	"---\n{apiVersion: v1, kind: Pod, metadata: {name: " name ", " meta "}, " \
	"spec: {" spec "}, status: {" status "}}\n"
#define READY		", conditions: [{type: Ready, status: 'True'}]"
#define NOT_READY	", conditions: [{type: Ready, status: 'False'}]"
#define POD(name, status) POD_META(name, "labels: {app: web}", "", status)
#define LEAVING(name, status) \
	POD_META(name, "labels: {app: web}, deletionTimestamp: x", "", status)
#define WEB		"selector: {app: web}, ports: [{port: 80, targetPort: 8080}]"
#define WEB_IS		"default/web tcp 10.96.0.1:80 ->"

#endif
