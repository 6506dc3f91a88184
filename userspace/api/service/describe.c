// SPDX-License-Identifier: GPL-2.0-or-later
#include "api/describe.h"

#include <stdlib.h>
#include <string.h>

#include "api/endpointslice/endpointslice.h"
#include "api/table.h"
#include "base/json.h"
#include "impl.h"

/* Endpoints that are named; the others are counted. */
#define SHOWN_MAX	3

static const char *or_none(const char *text)
{
	return *text ? text : "<none>";
}

static void describe_list(const char *title, const json_t *list,
			  struct ipsvc_buf *out)
{
	char *text = ipsvc_describe_join(list, ",");

	ipsvc_describe_text(title, text, out);
	free(text);
}

static void describe_list_or_none(const char *title, const json_t *list,
				  struct ipsvc_buf *out)
{
	char *text = ipsvc_describe_join(list, ",");

	ipsvc_describe_text(title, or_none(text), out);
	free(text);
}

/* ---- endpoints ----------------------------------------------------------- */

struct endpoints {
	struct ipsvc_buf text;
	size_t slices, n;
};

/* @port 0: a slice without ports has addresses alone. */
static void add_endpoint(struct endpoints *eps, const json_t *endpoint,
			 json_int_t port)
{
	const char *addr = json_string_value(json_array_get(
				json_object_get(endpoint, "addresses"), 0));
	bool six = addr && strchr(addr, ':');

	if (json_is_false(ipsvc_json_member(endpoint, "conditions", "ready")) ||
	    !addr)
		return;
	if (eps->n++ >= SHOWN_MAX)
		return;
	if (eps->n > 1)
		ipsvc_buf_putc(&eps->text, ',');
	if (!port)
		ipsvc_buf_puts(&eps->text, addr);
	else
		ipsvc_buf_printf(&eps->text, six ? "[%s]:%lld" : "%s:%lld", addr,
				 (long long)port);
}

static void add_slice(struct endpoints *eps, const json_t *slice,
		      const char *port_name)
{
	const json_t *ports = json_object_get(slice, "ports");
	const json_t *list = json_object_get(slice, "endpoints");
	json_t *port, *endpoint;
	size_t i, j;

	eps->slices++;
	if (!json_array_size(ports))
		json_array_foreach(list, j, endpoint)
			add_endpoint(eps, endpoint, 0);
	json_array_foreach(ports, i, port)
		if (!strcmp(ipsvc_json_text(port, "name"), port_name))
			json_array_foreach(list, j, endpoint)
				add_endpoint(eps, endpoint,
					     ipsvc_json_int(port, "port"));
}

static bool is_of(const struct ipsvc_object *slice, const json_t *meta)
{
	const json_t *labels = ipsvc_json_member(slice->doc, "metadata", "labels");

	return !strcmp(ipsvc_json_text(labels, IPSVC_LABEL_SERVICE_NAME),
		       ipsvc_json_text(meta, "name")) &&
	       !strcmp(slice->ns, ipsvc_json_text(meta, "namespace"));
}

/* Those of the Service that have the port; as formatEndpointSlices(). */
static void describe_endpoints(const json_t *meta, const char *port_name,
			       const struct ipsvc_objects *slices,
			       struct ipsvc_buf *out)
{
	struct endpoints eps = {0};

	for (size_t i = 0; i < slices->n; i++)
		if (is_of(&slices->items[i], meta))
			add_slice(&eps, slices->items[i].doc, port_name);
	ipsvc_buf_printf(out, "Endpoints:\t%s", !eps.slices ? "<none>" :
			 eps.text.len ? eps.text.data : "");
	if (eps.n > SHOWN_MAX)
		ipsvc_buf_printf(out, " + %zu more...", eps.n - SHOWN_MAX);
	ipsvc_buf_putc(out, '\n');
	ipsvc_buf_free(&eps.text);
}

/* ---- ports --------------------------------------------------------------- */

static void describe_port(const json_t *meta, const json_t *port,
			  const struct ipsvc_objects *slices,
			  struct ipsvc_buf *out)
{
	const char *name = ipsvc_json_text_or(port, "name", "<unset>");
	const char *protocol = ipsvc_json_text(port, "protocol");
	const json_t *target = json_object_get(port, "targetPort");

	ipsvc_buf_printf(out, "Port:\t%s\t%lld/%s\n", name,
			 (long long)ipsvc_json_int(port, "port"), protocol);
	if (json_is_string(target))
		ipsvc_buf_printf(out, "TargetPort:\t%s/%s\n",
				 json_string_value(target), protocol);
	else
		ipsvc_buf_printf(out, "TargetPort:\t%lld/%s\n",
				 (long long)json_integer_value(target),
				 protocol);
	ipsvc_describe_text("AppProtocol", ipsvc_json_text(port, "appProtocol"),
			    out);
	if (ipsvc_json_int(port, "nodePort"))
		ipsvc_buf_printf(out, "NodePort:\t%s\t%lld/%s\n", name,
				 (long long)ipsvc_json_int(port, "nodePort"),
				 protocol);
	describe_endpoints(meta, ipsvc_json_text(port, "name"), slices, out);
}

/* ---- the rest ------------------------------------------------------------ */

static void describe_ingress(const json_t *doc, struct ipsvc_buf *out)
{
	const json_t *list = json_object_get(
		ipsvc_json_member(doc, "status", "loadBalancer"), "ingress");
	json_t *point;
	size_t i;

	if (json_array_size(list))
		ipsvc_buf_puts(out, "LoadBalancer Ingress:\t");
	json_array_foreach(list, i, point) {
		const char *mode = ipsvc_json_text(point, "ipMode");
		const char *ip = ipsvc_json_text(point, "ip");

		ipsvc_buf_printf(out, "%s%s", i ? ", " : "", *ip ? ip :
				 ipsvc_json_text(point, "hostname"));
		if (*ip && *mode)
			ipsvc_buf_printf(out, " (%s)", mode);
	}
	if (json_array_size(list))
		ipsvc_buf_putc(out, '\n');
}

static void describe_addresses(const json_t *doc, const json_t *spec,
			       struct ipsvc_buf *out)
{
	ipsvc_describe_text("IP Family Policy",
			    ipsvc_json_text(spec, "ipFamilyPolicy"), out);
	describe_list_or_none("IP Families", json_object_get(spec, "ipFamilies"),
			      out);
	ipsvc_buf_printf(out, "IP:\t%s\n", ipsvc_json_text(spec, "clusterIP"));
	describe_list_or_none("IPs", json_object_get(spec, "clusterIPs"), out);
	describe_list("External IPs", json_object_get(spec, "externalIPs"), out);
	ipsvc_describe_text("Desired LoadBalancer IP",
			    ipsvc_json_text(spec, "loadBalancerIP"), out);
	ipsvc_describe_text("External Name",
			    ipsvc_json_text(spec, "externalName"), out);
	describe_ingress(doc, out);
}

static void describe_policies(const json_t *spec, struct ipsvc_buf *out)
{
	ipsvc_buf_printf(out, "Session Affinity:\t%s\n",
			 ipsvc_json_text(spec, "sessionAffinity"));
	ipsvc_describe_text("External Traffic Policy",
			    ipsvc_json_text(spec, "externalTrafficPolicy"), out);
	ipsvc_describe_text("Internal Traffic Policy",
			    ipsvc_json_text(spec, "internalTrafficPolicy"), out);
	if (ipsvc_json_int(spec, "healthCheckNodePort"))
		ipsvc_buf_printf(out, "HealthCheck NodePort:\t%lld\n",
				 (long long)ipsvc_json_int(spec,
						"healthCheckNodePort"));
	describe_list("LoadBalancer Source Ranges",
		      json_object_get(spec, "loadBalancerSourceRanges"), out);
	ipsvc_describe_text("Traffic Distribution",
			    ipsvc_json_text(spec, "trafficDistribution"), out);
}

static void describe(const json_t *doc, const struct ipsvc_objects *slices,
		     int64_t now, struct ipsvc_buf *out)
{
	const json_t *spec = json_object_get(doc, "spec");
	const json_t *meta = json_object_get(doc, "metadata");
	char *selector = ipsvc_cell_labels(json_object_get(spec, "selector"));
	json_t *port;
	size_t i;

	(void)now;
	ipsvc_describe_names(doc, out);
	ipsvc_describe_metadata(doc, out);
	ipsvc_buf_printf(out, "Selector:\t%s\nType:\t%s\n", selector,
			 ipsvc_json_text(spec, "type"));
	free(selector);
	describe_addresses(doc, spec, out);
	json_array_foreach(json_object_get(spec, "ports"), i, port)
		describe_port(meta, port, slices, out);
	describe_policies(spec, out);
	ipsvc_describe_no_events(out);
}

const struct ipsvc_describer ipsvc_service_describer = {
	.with = &ipsvc_endpointslice_kind,
	.describe = describe,
};
