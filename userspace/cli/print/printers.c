// SPDX-License-Identifier: GPL-2.0-or-later
#include "printers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/object.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/time.h"

/* Longest EXTERNAL-IP of a LoadBalancer that is not cut, unless wide. */
#define LB_WIDTH	16
#define LB_CUT		13
/* Most endpoints that are listed. */
#define ENDPOINTS_SHOWN	3

static const struct out_column service_columns[] = {
	{ "NAME", "name", false },
	{ "TYPE", "type", false },
	{ "CLUSTER-IP", "clusterIP", false },
	{ "EXTERNAL-IP", "externalIP", false },
	{ "PORT(S)", "ports", false },
	{ "AGE", "age", false },
	{ "SELECTOR", "selector", true },
};

static const struct out_column pod_columns[] = {
	{ "NAME", "name", false },
	{ "READY", "ready", false },
	{ "STATUS", "status", false },
	{ "RESTARTS", "restarts", false },
	{ "AGE", "age", false },
	{ "IP", "ip", true },
	{ "NODE", "node", true },
	{ "NOMINATED NODE", "nominatedNode", true },
	{ "READINESS GATES", "readinessGates", true },
};

static const struct out_column endpoints_columns[] = {
	{ "NAME", "name", false },
	{ "ENDPOINTS", "endpoints", false },
	{ "AGE", "age", false },
};

#define COLUMNS(columns, n) \
	(*(n) = sizeof(columns) / sizeof((columns)[0]), (columns))

const struct out_column *printer_columns(enum printer_table table, size_t *n)
{
	switch (table) {
	case PRINTER_SERVICES:
		return COLUMNS(service_columns, n);
	case PRINTER_PODS:
		return COLUMNS(pod_columns, n);
	default:
		return COLUMNS(endpoints_columns, n);
	}
}

/* ---- rows and JSON ------------------------------------------------------ */

static void add(struct printer_row *row, const char *cell)
{
	row->cells[row->n++] = xstrdup(cell);
}

/* As add(), of a string that is ours. */
static void give(struct printer_row *row, char *cell)
{
	row->cells[row->n++] = cell;
}

void printer_row_free(struct printer_row *row)
{
	for (size_t i = 0; i < row->n; i++)
		free(row->cells[i]);
	row->n = 0;
}

static const json_t *member(const json_t *doc, const char *outer,
			    const char *key)
{
	return json_object_get(json_object_get(doc, outer), key);
}

static const char *text_or(const json_t *value, const char *otherwise)
{
	const char *text = json_string_value(value);

	return text && *text ? text : otherwise;
}

static char *or_none(struct ipsvc_buf *buf)
{
	if (!buf->len)
		ipsvc_buf_puts(buf, "<none>");
	return ipsvc_buf_take(buf);
}

static void join(struct ipsvc_buf *buf, const char *text)
{
	if (buf->len)
		ipsvc_buf_putc(buf, ',');
	ipsvc_buf_puts(buf, text);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *printer_labels(const json_t *map)
{
	size_t n = json_object_size(map), i = 0;
	const char **keys = xcalloc(n ? n : 1, sizeof(*keys)), *key;
	struct ipsvc_buf buf = {0};
	json_t *value;

	json_object_foreach((json_t *)map, key, value)
		keys[i++] = key;
	qsort(keys, n, sizeof(*keys), by_text);
	for (i = 0; i < n; i++)
		ipsvc_buf_printf(&buf, "%s%s=%s", i ? "," : "", keys[i],
				 text_or(json_object_get(map, keys[i]), ""));
	free(keys);
	return or_none(&buf);
}

const char *printer_age(const json_t *doc, int64_t now, char *buf)
{
	const char *text = json_string_value(member(doc, "metadata",
						    "creationTimestamp"));
	int64_t then;

	if (!text || !ipsvc_time_parse(text, &then))
		return strcpy(buf, "<unknown>");
	return ipsvc_duration_format(now - then, buf);
}

/* ---- Services ----------------------------------------------------------- */

static const char *cluster_ip(const json_t *doc)
{
	const json_t *ips = member(doc, "spec", "clusterIPs");

	return text_or(json_array_get(ips, 0),
		       text_or(member(doc, "spec", "clusterIP"), "<none>"));
}

static void join_external_ips(struct ipsvc_buf *buf, const json_t *doc)
{
	size_t i;
	json_t *ip;

	json_array_foreach(member(doc, "spec", "externalIPs"), i, ip)
		join(buf, text_or(ip, ""));
}

/* The addresses of a LoadBalancer, sorted, each once; "" without any. */
static char *load_balancer_ips(const json_t *doc, bool wide)
{
	const json_t *ingress = json_object_get(member(doc, "status",
						       "loadBalancer"),
						"ingress");
	size_t n = json_array_size(ingress);
	const char **all = xcalloc(n ? n : 1, sizeof(*all));
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < n; i++) {
		const json_t *point = json_array_get(ingress, i);

		all[i] = text_or(json_object_get(point, "ip"),
				 text_or(json_object_get(point, "hostname"), ""));
	}
	qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++)
		if (*all[i] && (!i || strcmp(all[i], all[i - 1])))
			join(&buf, all[i]);
	free(all);
	if (!wide && buf.len > LB_WIDTH) {
		buf.len = LB_CUT;
		ipsvc_buf_puts(&buf, "...");
	}
	return ipsvc_buf_take(&buf);
}

static char *external_ip(const json_t *doc, const char *type, bool wide)
{
	struct ipsvc_buf buf = {0};
	char *ips;

	if (strcmp(type, "ExternalName") == 0)
		return xstrdup(text_or(member(doc, "spec", "externalName"), ""));
	if (strcmp(type, "LoadBalancer") == 0) {
		ips = load_balancer_ips(doc, wide);
		ipsvc_buf_puts(&buf, ips);
		free(ips);
		join_external_ips(&buf, doc);
		if (!buf.len)
			ipsvc_buf_puts(&buf, "<pending>");
		return ipsvc_buf_take(&buf);
	}
	if (strcmp(type, "ClusterIP") != 0 && strcmp(type, "NodePort") != 0)
		return xstrdup("<unknown>");
	join_external_ips(&buf, doc);
	return or_none(&buf);
}

static char *service_ports(const json_t *doc)
{
	struct ipsvc_buf buf = {0};
	json_t *port;
	size_t i;

	json_array_foreach(member(doc, "spec", "ports"), i, port) {
		json_int_t node = json_integer_value(json_object_get(port, "nodePort"));

		ipsvc_buf_printf(&buf, "%s%lld", i ? "," : "",
				 (long long)json_integer_value(
					 json_object_get(port, "port")));
		if (node)
			ipsvc_buf_printf(&buf, ":%lld", (long long)node);
		ipsvc_buf_printf(&buf, "/%s",
				 text_or(json_object_get(port, "protocol"), "TCP"));
	}
	return or_none(&buf);
}

void printer_service(const json_t *doc, const char *name, bool wide,
		     int64_t now, struct printer_row *row)
{
	const char *type = text_or(member(doc, "spec", "type"), "ClusterIP");
	char age[IPSVC_TIME_SIZE];

	row->n = 0;
	add(row, name);
	add(row, type);
	add(row, cluster_ip(doc));
	give(row, external_ip(doc, type, wide));
	give(row, service_ports(doc));
	add(row, printer_age(doc, now, age));
	give(row, printer_labels(member(doc, "spec", "selector")));
}

/* ---- Pods --------------------------------------------------------------- */

static const char *pod_status(const json_t *doc, const struct ipsvc_pod *pod)
{
	if (pod->terminating)
		return "Terminating";
	return text_or(member(doc, "status", "reason"),
		       *pod->phase ? pod->phase : "Pending");
}

static json_int_t restarts(const json_t *doc)
{
	json_int_t sum = 0;
	json_t *status;
	size_t i;

	json_array_foreach(member(doc, "status", "containerStatuses"), i, status)
		sum += json_integer_value(json_object_get(status, "restartCount"));
	return sum;
}

static bool condition_is_true(const json_t *doc, const char *type)
{
	json_t *condition;
	size_t i;

	json_array_foreach(member(doc, "status", "conditions"), i, condition)
		if (!strcmp(text_or(json_object_get(condition, "type"), ""), type))
			return !strcmp(text_or(json_object_get(condition,
							       "status"), ""),
				       "True");
	return false;
}

static char *readiness_gates(const json_t *doc)
{
	const json_t *gates = member(doc, "spec", "readinessGates");
	size_t i, ready = 0;
	json_t *gate;

	if (!json_array_size(gates))
		return xstrdup("<none>");
	json_array_foreach(gates, i, gate)
		ready += condition_is_true(doc, text_or(json_object_get(gate,
						"conditionType"), ""));
	return xasprintf("%zu/%zu", ready, json_array_size(gates));
}

void printer_pod(const json_t *doc, const char *name, int64_t now,
		 struct printer_row *row)
{
	struct ipsvc_errors errs = {0};
	struct ipsvc_pod pod;
	char age[IPSVC_TIME_SIZE];

	row->n = 0;
	ipsvc_pod_decode(doc, &pod, &errs);
	add(row, name);
	give(row, xasprintf("%zu/%zu", pod.nready_containers, pod.ncontainers));
	add(row, pod_status(doc, &pod));
	give(row, xasprintf("%lld", (long long)restarts(doc)));
	add(row, printer_age(doc, now, age));
	add(row, *pod.ip ? pod.ip : "<none>");
	add(row, *pod.node ? pod.node : "<none>");
	add(row, text_or(member(doc, "status", "nominatedNodeName"), "<none>"));
	give(row, readiness_gates(doc));
	ipsvc_pod_clear(&pod);
	ipsvc_errors_free(&errs);
}

/* ---- Endpoints ---------------------------------------------------------- */

struct endpoint_list {
	struct ipsvc_buf text;
	size_t count;
};

static void list_endpoint(struct endpoint_list *list, const char *ip,
			  const json_t *port)
{
	struct ipsvc_buf *text = &list->text;
	bool v6 = strchr(ip, ':');

	if (++list->count > ENDPOINTS_SHOWN)
		return;
	if (list->count > 1)
		ipsvc_buf_putc(text, ',');
	if (!port)
		ipsvc_buf_puts(text, ip);
	else
		ipsvc_buf_printf(text, "%s%s%s:%lld", v6 ? "[" : "", ip,
				 v6 ? "]" : "", (long long)json_integer_value(
					 json_object_get(port, "port")));
}

static void list_subset(struct endpoint_list *list, const json_t *subset)
{
	const json_t *ports = json_object_get(subset, "ports");
	const json_t *addresses = json_object_get(subset, "addresses");
	size_t nports = json_array_size(ports), p = 0, a;
	json_t *address;

	/* A headless Service may have no ports. */
	do {
		const json_t *port = json_array_get(ports, p);

		json_array_foreach(addresses, a, address)
			list_endpoint(list, text_or(json_object_get(address,
								    "ip"), ""),
				      port);
	} while (++p < nports);
}

static char *endpoints_cell(const json_t *doc)
{
	const json_t *subsets = json_object_get(doc, "subsets");
	struct endpoint_list list = {0};
	json_t *subset;
	size_t i;

	if (!json_array_size(subsets))
		return xstrdup("<none>");
	json_array_foreach(subsets, i, subset)
		list_subset(&list, subset);
	if (list.count > ENDPOINTS_SHOWN)
		ipsvc_buf_printf(&list.text, " + %zu more...",
				 list.count - ENDPOINTS_SHOWN);
	return ipsvc_buf_take(&list.text);
}

void printer_endpoints(const json_t *doc, const char *name, int64_t now,
		       struct printer_row *row)
{
	char age[IPSVC_TIME_SIZE];

	row->n = 0;
	add(row, name);
	give(row, endpoints_cell(doc));
	add(row, printer_age(doc, now, age));
}
