// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/memory.h"
#include "impl.h"

static const struct ipsvc_column columns[] = {
	{ "NAME", "name", false },
	{ "TYPE", "type", false },
	{ "CLUSTER-IP", "clusterIP", false },
	{ "EXTERNAL-IP", "externalIP", false },
	{ "PORT(S)", "ports", false },
	{ "AGE", "age", false },
	{ "SELECTOR", "selector", true },
};

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

static const char *cluster_ip(const json_t *spec)
{
	const json_t *ips = json_object_get(spec, "clusterIPs");
	const char *first = json_string_value(json_array_get(ips, 0));

	return first && *first ? first :
	       ipsvc_json_text_or(spec, "clusterIP", "<none>");
}

static void join_external_ips(struct ipsvc_buf *buf, const json_t *spec)
{
	size_t i;
	json_t *ip;

	json_array_foreach(json_object_get(spec, "externalIPs"), i, ip)
		join(buf, json_is_string(ip) ? json_string_value(ip) : "");
}

/* The addresses of a LoadBalancer, sorted, each once; "" without any. */
static char *load_balancer_ips(const json_t *doc)
{
	const json_t *ingress = ipsvc_json_member(json_object_get(doc, "status"),
						  "loadBalancer", "ingress");
	size_t n = json_array_size(ingress);
	const char **all = xcalloc(n ? n : 1, sizeof(*all));
	struct ipsvc_buf buf = {0};

	for (size_t i = 0; i < n; i++) {
		const json_t *point = json_array_get(ingress, i);

		all[i] = ipsvc_json_text_or(point, "ip",
					    ipsvc_json_text(point, "hostname"));
	}
	qsort(all, n, sizeof(*all), by_text);
	for (size_t i = 0; i < n; i++)
		if (*all[i] && (!i || strcmp(all[i], all[i - 1])))
			join(&buf, all[i]);
	free(all);
	return ipsvc_buf_take(&buf);
}

static char *external_ip(const json_t *doc, const char *type)
{
	const json_t *spec = json_object_get(doc, "spec");
	struct ipsvc_buf buf = {0};
	char *ips;

	if (strcmp(type, "ExternalName") == 0)
		return ipsvc_json_dup(spec, "externalName");
	if (strcmp(type, "LoadBalancer") == 0) {
		ips = load_balancer_ips(doc);
		ipsvc_buf_puts(&buf, ips);
		free(ips);
		join_external_ips(&buf, spec);
		if (!buf.len)
			ipsvc_buf_puts(&buf, "<pending>");
		return ipsvc_buf_take(&buf);
	}
	if (strcmp(type, "ClusterIP") != 0 && strcmp(type, "NodePort") != 0)
		return xstrdup("<unknown>");
	join_external_ips(&buf, spec);
	return or_none(&buf);
}

static char *service_ports(const json_t *spec)
{
	struct ipsvc_buf buf = {0};
	json_t *port;
	size_t i;

	json_array_foreach(json_object_get(spec, "ports"), i, port) {
		json_int_t node = ipsvc_json_int(port, "nodePort");

		ipsvc_buf_printf(&buf, "%s%lld", i ? "," : "",
				 (long long)ipsvc_json_int(port, "port"));
		if (node)
			ipsvc_buf_printf(&buf, ":%lld", (long long)node);
		ipsvc_buf_printf(&buf, "/%s",
				 ipsvc_json_text_or(port, "protocol", "TCP"));
	}
	return or_none(&buf);
}

static void service_row(const json_t *doc, const char *name,
			int64_t now, struct ipsvc_row *row)
{
	const json_t *spec = json_object_get(doc, "spec");
	const char *type = ipsvc_json_text_or(spec, "type", "ClusterIP");

	ipsvc_row_add(row, name);
	ipsvc_row_add(row, type);
	ipsvc_row_add(row, cluster_ip(spec));
	ipsvc_row_give(row, external_ip(doc, type));
	ipsvc_row_give(row, service_ports(spec));
	ipsvc_row_add_age(row, doc, now);
	ipsvc_row_give(row, ipsvc_cell_labels(json_object_get(spec, "selector")));
}

const struct ipsvc_table ipsvc_service_table = {
	.columns = columns,
	.ncolumns = sizeof(columns) / sizeof(columns[0]),
	.row = service_row,
};
